/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * null_milter - milters on libmilter that decide nothing: what a daemon is measured against.
 *
 *     null_milter -p SOCKET [-m naive|lean|sqlite] [-d DATABASE] [-S FULL|NORMAL]
 *
 * naive   every step is asked for and replied to
 * lean    the reader of header and body with the least that libmilter can cost: no reply where
 *         none is needed, unused steps and macros not sent
 * sqlite  lean, and one row a message, written by one thread that commits all that wait at once
 */
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SILENT                                                                                     \
    (SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)
#define UNUSED (SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOUNKNOWN)

/* A row that waits. It lies on the stack of the callback that waits for it. */
struct row {
    struct row *next;
    const char *sender;
    const char *recipient;
    unsigned long size;
    sem_t done;
    bool written;
};

struct message {
    char sender[256];
    char recipient[256];
    unsigned long size;
};

static bool lean;
static sqlite3 *database;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static struct row *waiting;

static sfsistat go_on(void)
{
    return lean ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static void run_sql(const char *sql)
{
    char *why = NULL;

    if (sqlite3_exec(database, sql, NULL, NULL, &why) != SQLITE_OK) {
        fprintf(stderr, "null_milter: %s: %s\n", sql, why);
        exit(70);
    }
}

static void open_database(const char *path, const char *synchronous)
{
    char pragma[64];

    if (sqlite3_open(path, &database) != SQLITE_OK) {
        fprintf(stderr, "null_milter: %s: %s\n", path, sqlite3_errmsg(database));
        exit(74);
    }
    run_sql("PRAGMA journal_mode = WAL");
    snprintf(pragma, sizeof(pragma), "PRAGMA synchronous = %s", synchronous);
    run_sql(pragma);
    run_sql("CREATE TABLE message (id INTEGER PRIMARY KEY, received INTEGER NOT NULL, sender TEXT "
            "NOT NULL, "
            "recipient TEXT NOT NULL, size INTEGER NOT NULL)");
    run_sql("CREATE INDEX by_received ON message (received)");
    run_sql("CREATE INDEX by_recipient ON message (recipient, received)");
}

static bool insert(sqlite3_stmt *statement, const struct row *row)
{
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)time(NULL));
    sqlite3_bind_text(statement, 2, row->sender, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, row->recipient, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, (sqlite3_int64)row->size);
    return sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK;
}

static void *write_rows(void *cookie)
{
    sqlite3_stmt *statement = NULL;

    (void)cookie;
    sqlite3_prepare_v2(database,
        "INSERT INTO message (received, sender, recipient, size) VALUES (?1, ?2, ?3, ?4)", -1,
        &statement, NULL);
    for (;;) {
        struct row *batch, *next;

        pthread_mutex_lock(&lock);
        while (waiting == NULL)
            pthread_cond_wait(&work, &lock);
        batch = waiting;
        waiting = NULL;
        pthread_mutex_unlock(&lock);
        run_sql("BEGIN IMMEDIATE");
        for (struct row *row = batch; row != NULL; row = row->next)
            row->written = insert(statement, row);
        run_sql("COMMIT");
        for (struct row *row = batch; row != NULL; row = next) {
            next = row->next; /* it is gone once it is told */
            sem_post(&row->done);
        }
    }
    return NULL;
}

static bool record(const struct message *message)
{
    struct row row = {
        .sender = message->sender, .recipient = message->recipient, .size = message->size};

    sem_init(&row.done, 0, 0);
    pthread_mutex_lock(&lock);
    row.next = waiting;
    waiting = &row;
    pthread_cond_signal(&work);
    pthread_mutex_unlock(&lock);
    while (sem_wait(&row.done) != 0)
        continue;
    sem_destroy(&row.done);
    return row.written;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long unused2, unsigned long unused3, unsigned long *our_actions,
    unsigned long *our_steps, unsigned long *our_unused2, unsigned long *our_unused3)
{
    (void)unused2;
    (void)unused3;
    *our_actions = lean ? actions & SMFIF_SETSYMLIST : 0;
    *our_steps = lean ? steps & (SILENT | UNUSED) : 0;
    *our_unused2 = *our_unused3 = 0;
    if (lean && (actions & SMFIF_SETSYMLIST) != 0)
        for (int stage = SMFIM_FIRST; stage <= SMFIM_LAST; stage++)
            smfi_setsymlist(ctx, stage, "");
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
    (void)host;
    (void)address;
    smfi_setpriv(ctx, calloc(1, sizeof(struct message)));
    return go_on();
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    (void)ctx;
    (void)name;
    return SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    struct message *message = smfi_getpriv(ctx);

    message->size = 0;
    snprintf(message->sender, sizeof(message->sender), "%s", arguments[0]);
    return go_on();
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
    struct message *message = smfi_getpriv(ctx);

    snprintf(message->recipient, sizeof(message->recipient), "%s", arguments[0]);
    return go_on();
}

static sfsistat on_data(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct message *message = smfi_getpriv(ctx);

    message->size += strlen(name) + strlen(value) + 4;
    return go_on();
}

static sfsistat on_end_of_header(SMFICTX *ctx)
{
    (void)ctx;
    return go_on();
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t length)
{
    struct message *message = smfi_getpriv(ctx);

    (void)bytes;
    message->size += length;
    return go_on();
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    return database == NULL || record(smfi_getpriv(ctx)) ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

static sfsistat on_close(SMFICTX *ctx)
{
    free(smfi_getpriv(ctx));
    smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

static int usage(void)
{
    fputs("usage: null_milter -p SOCKET [-m naive|lean|sqlite] [-d DATABASE] [-S FULL|NORMAL]\n",
        stderr);
    return 64;
}

static int serve(char *socket)
{
    struct smfiDesc callbacks = {
        .xxfi_name = "null",
        .xxfi_version = SMFI_VERSION,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_data = on_data,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };

    smfi_setmaxdatasize(1048575);
    if (smfi_register(callbacks) != MI_SUCCESS || smfi_setconn(socket) != MI_SUCCESS ||
        smfi_setbacklog(512) != MI_SUCCESS || smfi_opensocket(true) != MI_SUCCESS)
        return 71;
    return smfi_main() == MI_SUCCESS ? 0 : 70;
}

int main(int argc, char **argv)
{
    const char *mode = "lean", *path = NULL, *synchronous = "FULL";
    char *socket = NULL;
    pthread_t writer;
    int option;

    while ((option = getopt(argc, argv, "p:m:d:S:")) != -1) {
        switch (option) {
        case 'p':
            socket = optarg;
            break;
        case 'm':
            mode = optarg;
            break;
        case 'd':
            path = optarg;
            break;
        case 'S':
            synchronous = optarg;
            break;
        default:
            return usage();
        }
    }
    lean = strcmp(mode, "naive") != 0;
    if (socket == NULL || optind != argc || (strcmp(mode, "sqlite") == 0) != (path != NULL))
        return usage();
    if (path != NULL) {
        open_database(path, synchronous);
        if (pthread_create(&writer, NULL, write_rows, NULL) != 0)
            return 71;
    }
    return serve(socket);
}
