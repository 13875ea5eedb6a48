/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Allocation failure on the way of a mail: each of a set of mails goes through the daemon's own
 * callbacks again and again, with the 1st, 2nd, 3rd … allocation failing (that one alone, then all
 * from there on), until it passes without meeting the failure. Each time the answer is the right
 * one or that of on_failure, and the next mail is answered rightly.
 *
 * What fails: arenas, the allocations of our own code, SQLite's, OpenSSL's. What does not: GLib
 * and so GMime, which end the process where memory is out (see doc/threat-model.md), and what other
 * libraries take for themselves. libopendkim does not tell that OpenSSL had no memory, but
 * then that a signature is wrong: a mail that is judged as one without proof is taken for right
 * there.
 *
 * FAULT_LONG=1 lets every allocation fail in every mail, otherwise every few, others in each mail.
 * Usage: fault_memory SAMPLES-DIRECTORY CONF-DIRECTORY
 */
#include <dirent.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* bool must be known before */
#include <libmilter/mfapi.h>

#include <openssl/crypto.h>
#include <sqlite3.h>

/* the library's handle has the tag that ours has */
#define dkim opendkim_handle
#include "../tools/signer.h"
#undef dkim

#include "../unit/responder.h"
#include "arena.h"
#include "milter.h"
#include "server.h"

#define MESSAGES_MOST 40
#define FIELDS_MOST 60
#define CALLS_MOST 200000 /* a loop that gets so far would never end */
#define STRIDE_SHORT 7

/* ---- what fails ---- */

enum layer { LAYER_OURS, LAYER_ARENA, LAYER_SQLITE, LAYER_OPENSSL, LAYER_COUNT };
static const char *const layer_names[LAYER_COUNT] = {"ours", "arena", "SQLite", "OpenSSL"};

static struct {
    _Atomic int layer;
    atomic_long left; /* 0: nothing fails; 1: the next call does */
    atomic_bool lasting;
    atomic_bool met;
} fault;

static bool fails(enum layer layer)
{
    long left = atomic_load(&fault.left);

    if (left == 0 || (int)layer != atomic_load(&fault.layer))
        return false;
    while (left > 0 && !atomic_compare_exchange_weak(&fault.left, &left,
                           left > 1                      ? left - 1
                           : atomic_load(&fault.lasting) ? 1
                                                         : 0))
        ;
    if (left != 1)
        return false;
    atomic_store(&fault.met, true);
    return true;
}

static void arm(enum layer layer, long nth, bool lasting)
{
    atomic_store(&fault.met, false);
    atomic_store(&fault.lasting, lasting);
    atomic_store(&fault.layer, (int)layer);
    atomic_store(&fault.left, nth);
}

/* true: an allocation has failed since. */
static bool disarm(void)
{
    atomic_store(&fault.left, 0);
    return atomic_load(&fault.met);
}

/* The linker sends the calls of our own objects to the second of the two (--wrap). */
#define WRAPPED(type, name, ...)                                                                   \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(void *, malloc, size_t size);
WRAPPED(void *, calloc, size_t count, size_t size);
WRAPPED(void *, realloc, void *old, size_t size);
WRAPPED(void *, reallocarray, void *old, size_t count, size_t size);
WRAPPED(char *, strdup, const char *text);
WRAPPED(char *, strndup, const char *text, size_t length);
WRAPPED(FILE *, open_memstream, char **text, size_t *size);
WRAPPED(struct arena *, arena_new, size_t limit);
WRAPPED(void *, arena_alloc, struct arena *arena, size_t size);
WRAPPED(void *, arena_array, struct arena *arena, size_t count, size_t size);
WRAPPED(char *, arena_strdup, struct arena *arena, const char *text);
WRAPPED(char *, arena_strndup, struct arena *arena, const char *text, size_t length);
char *__wrap_arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void *__wrap_malloc(size_t size)
{
    return fails(LAYER_OURS) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(LAYER_OURS) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails(LAYER_OURS) ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails(LAYER_OURS) ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails(LAYER_OURS) ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t length)
{
    return fails(LAYER_OURS) ? NULL : __real_strndup(text, length);
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
    return fails(LAYER_OURS) ? NULL : __real_open_memstream(text, size);
}

struct arena *__wrap_arena_new(size_t limit)
{
    return fails(LAYER_ARENA) ? NULL : __real_arena_new(limit);
}

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    return fails(LAYER_ARENA) ? NULL : __real_arena_alloc(arena, size);
}

void *__wrap_arena_array(struct arena *arena, size_t count, size_t size)
{
    return fails(LAYER_ARENA) ? NULL : __real_arena_array(arena, count, size);
}

char *__wrap_arena_strdup(struct arena *arena, const char *text)
{
    return fails(LAYER_ARENA) ? NULL : __real_arena_strdup(arena, text);
}

char *__wrap_arena_strndup(struct arena *arena, const char *text, size_t length)
{
    return fails(LAYER_ARENA) ? NULL : __real_arena_strndup(arena, text, length);
}

char *__wrap_arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text = NULL;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    if (length >= 0 && !fails(LAYER_ARENA))
        text = __real_arena_alloc(arena, (size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

static sqlite3_mem_methods sqlite_real;

static void *sqlite_malloc(int size)
{
    return fails(LAYER_SQLITE) ? NULL : sqlite_real.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
    return fails(LAYER_SQLITE) ? NULL : sqlite_real.xRealloc(old, size);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size == 0 || fails(LAYER_OPENSSL) ? NULL : __real_malloc(size);
}

static void *openssl_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails(LAYER_OPENSSL) ? NULL : __real_realloc(old, size);
}

static void openssl_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

static bool hook_libraries(void)
{
    sqlite3_mem_methods methods;

    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_real) != SQLITE_OK)
        return false;
    methods = sqlite_real;
    methods.xMalloc = sqlite_malloc;
    methods.xRealloc = sqlite_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK &&
           CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;
}

/* ---- where libmilter would be ---- */

static struct smfiDesc callbacks;

struct outcome {
    char reply[700]; /* "" where it goes on */
    char edits[6000];
};

struct smfi_str {
    void *private;
    unsigned long actions;
    unsigned long steps;
    struct outcome outcome;
};

int smfi_register(struct smfiDesc description)
{
    callbacks = description;
    return MI_SUCCESS;
}

size_t smfi_setmaxdatasize(size_t size)
{
    return size;
}

int smfi_setconn(char *place)
{
    (void)place;
    return MI_SUCCESS;
}

int smfi_setbacklog(int backlog)
{
    (void)backlog;
    return MI_SUCCESS;
}

int smfi_opensocket(bool remove_first)
{
    (void)remove_first;
    return MI_SUCCESS;
}

int smfi_main(void)
{
    return MI_SUCCESS;
}

int smfi_version(unsigned int *major, unsigned int *minor, unsigned int *patch)
{
    *major = *minor = *patch = 1;
    return MI_SUCCESS;
}

int smfi_stop(void)
{
    return MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *ctx)
{
    return ctx->private;
}

int smfi_setpriv(SMFICTX *ctx, void *data)
{
    ctx->private = data;
    return MI_SUCCESS;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
    static char id[] = "4QUEUEID";

    (void)ctx;
    return strcmp(name, "i") == 0 ? id : NULL;
}

int smfi_setsymlist(SMFICTX *ctx, int stage, char *macros)
{
    (void)ctx;
    (void)stage;
    (void)macros;
    return MI_SUCCESS;
}

int smfi_setreply(SMFICTX *ctx, char *code, char *status, char *text)
{
    snprintf(ctx->outcome.reply, sizeof(ctx->outcome.reply), "%s %s %s", code, status, text);
    return MI_SUCCESS;
}

static void note(SMFICTX *ctx, const char *what, const char *name, const char *value)
{
    size_t length = strlen(ctx->outcome.edits);

    snprintf(ctx->outcome.edits + length, sizeof(ctx->outcome.edits) - length, "%s %s:%s\n", what,
        name, value != NULL ? value : "-");
}

int smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
    if ((ctx->actions & SMFIF_ADDHDRS) == 0)
        return MI_FAILURE;
    (void)index;
    note(ctx, "insert", name, value);
    return MI_SUCCESS;
}

int smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
    if ((ctx->actions & SMFIF_CHGHDRS) == 0)
        return MI_FAILURE;
    (void)index;
    note(ctx, "change", name, value);
    return MI_SUCCESS;
}

int smfi_replacebody(SMFICTX *ctx, unsigned char *bytes, int length)
{
    (void)bytes;
    (void)length;
    note(ctx, "body", "", NULL);
    return MI_SUCCESS;
}

int smfi_progress(SMFICTX *ctx)
{
    (void)ctx;
    return MI_SUCCESS;
}

int smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
    if ((ctx->actions & SMFIF_ADDHDRS) == 0)
        return MI_FAILURE;
    note(ctx, "add", name, value);
    return MI_SUCCESS;
}

int smfi_quarantine(SMFICTX *ctx, char *reason)
{
    if ((ctx->actions & SMFIF_QUARANTINE) == 0)
        return MI_FAILURE;
    note(ctx, "quarantine", "", reason);
    return MI_SUCCESS;
}

void syslog(int priority, const char *format, ...);
void syslog(int priority, const char *format, ...)
{
    (void)priority;
    (void)format;
}

/* ---- the mails ---- */

struct field {
    char *name;
    char *value; /* with its leading space */
};

struct message {
    char name[64];
    char *bytes;
    struct field fields[FIELDS_MOST];
    size_t field_count;
    char *body; /* in bytes */
    const char *recipients[3];
    struct outcome right;
    const struct message *unproven; /* the same, its signature broken; or NULL */
};

static struct message messages[MESSAGES_MOST];
static size_t message_count;

static void die(const char *what, const char *which)
{
    fprintf(stderr, "fault_memory: %s: %s\n", which, what);
    exit(1);
}

/* Splits bytes (LF line ends) into fields and body. */
static void split(struct message *message)
{
    char *at = message->bytes;

    while (*at != '\0' && *at != '\n' && message->field_count < FIELDS_MOST) {
        struct field *field = &message->fields[message->field_count++];
        char *end = at;

        do
            end = strchr(end, '\n') + 1;
        while (*end == ' ' || *end == '\t');
        field->name = at;
        field->value = strchr(at, ':');
        end[-1] = '\0';
        *field->value++ = '\0';
        at = end;
    }
    message->body = *at == '\n' ? at + 1 : at;
}

/* mail: text with LF; service: who is proven by a field of the border's, or NULL */
static struct message *add_message(
    const char *name, const char *mail, const char *service, const char *recipient)
{
    struct message *message = &messages[message_count++];
    char results[200] = "";

    if (message_count == MESSAGES_MOST)
        die("too many mails", name);
    if (service != NULL)
        snprintf(results, sizeof(results),
            "Authentication-Results: mx.example.com; dkim=pass header.d=%s\n", service);
    snprintf(message->name, sizeof(message->name), "%s", name);
    message->bytes = __real_malloc(strlen(results) + strlen(mail) + 1);
    sprintf(message->bytes, "%s%s", results, mail);
    message->recipients[0] = recipient;
    split(message);
    return message;
}

static char *read_file(const char *path)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    size_t length;

    if (file == NULL)
        die("cannot be read", path);
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static void add_samples(const char *directory)
{
    static const struct {
        const char *name, *service, *recipient, *second;
    } samples[] = {
        {"02-shop-reset-en.eml", "shop.example", "<anna@example.com>", NULL},
        {"06-game-reset-ja-iso2022jp.eml", "game.example", "<kenji@example.com>", NULL},
        {"12-news-bulk-en.eml", "news.example", "<anna@example.com>", NULL},
        {"14-personal-en.eml", NULL, "<anna@example.com>", NULL},
        {"16-bounce.eml", NULL, "<anna@example.com>", NULL},
        {"18-own-order-en.eml", "shop.example", "<me@example.com>", NULL},
        {"20-social-rrvs-en.eml", "social.example", "<anna@example.com>", NULL},
        {"25-both.eml", "shop.example", "<anna@example.com>", "<bert@example.com>"},
        {"12-news-bulk-en.eml", "news.example", "<anna@tag.example>", NULL},
        {"02-shop-reset-en.eml", "shop.example", "<anna@observe.example>", NULL},
    };

    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        char path[512];
        struct message *message;

        snprintf(path, sizeof(path), "%s/%s", directory, samples[i].name);
        message =
            add_message(samples[i].name, read_file(path), samples[i].service, samples[i].recipient);
        message->recipients[1] = samples[i].second;
    }
}

/* ---- a mail with a signature, and the DNS that has its key ---- */

#define SIGNED                                                                                     \
    "From: Shop <service@signed.example>\nTo: anna@example.com\nSubject: Your order\n"             \
    "Message-ID: <signed@signed.example>\nContent-Type: text/html; charset=utf-8\n\n"              \
    "<p>Thank you for your <b>order</b> 10-2345.</p><p>Total: 12.50 EUR</p>\n"

static struct responder responder;
/* never kept, so that each mail asks */
static struct responder_record records[] = {
    {"key._domainkey.signed.example", RESPONDER_TXT, NULL, 0},
};

static void add_signed(void)
{
    struct signer_options options = {.domain = "signed.example",
        .selector = "key",
        .algorithm = DKIM_SIGN_RSASHA256,
        .header = DKIM_CANON_RELAXED,
        .body = DKIM_CANON_RELAXED,
        .covered = -1};
    struct message *signed_mail, *broken_mail;
    char *key = signer_new_key(1024), *crlf = signer_crlf(SIGNED), *text, *to;

    options.key = key;
    text = crlf != NULL ? signer_sign(&options, crlf) : NULL;
    records[0].text = key != NULL ? signer_record(key) : NULL;
    if (text == NULL || records[0].text == NULL || responder_start(&responder, records, 1) != 0)
        die("cannot be signed", "a mail");
    to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (*from != '\r')
            *to++ = *from;
    *to = '\0';
    signed_mail = add_message("signed", text, NULL, "<anna@example.com>");
    broken_mail = add_message("signed, then changed", text, NULL, "<anna@example.com>");
    broken_mail->body[0] = '_';
    signed_mail->unproven = broken_mail;
    free(text);
    free(crlf);
    free(key);
}

/* ---- the daemon ---- */

static char directory[64];
static struct server *server;

static void remove_all(void)
{
    static const char *const names[] = {"ledger/goneaway.db-wal", "ledger/goneaway.db-shm",
        "ledger/goneaway.db", "ledger/key", "goneaway.conf", "ledger", ""};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        (void)remove(path);
    }
}

static void open_server(const char *conf)
{
    static char path[128];
    struct server_options options = {.path = path};
    FILE *file;

    snprintf(directory, sizeof(directory), "%s/goneaway-memory-XXXXXX",
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(directory) == NULL)
        die("cannot be made", directory);
    atexit(remove_all);
    snprintf(path, sizeof(path), "%s/ledger", directory);
    umask(0027);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/goneaway.conf", directory);
    file = fopen(path, "w");
    if (file == NULL)
        die("cannot be written", path);
    fprintf(file,
        "database = \"%s/ledger/goneaway.db\"; key_file = \"%s/ledger/key\"; data_dir = \"%s\";\n"
        "local_phrases = \"%s/none\"; local_services = \"%s/none.conf\"; synchronous = "
        "\"NORMAL\";\n"
        "authserv_id = \"mx.example.com\"; authentication = \"both\"; keep_subject = \"words\";\n"
        "trusted_authserv_ids = [ \"mx.example.com\" ]; border_removes_forged = true;\n"
        "dns_servers = [ \"%s\" ]; log_target = \"syslog\";\ndomains = (\n",
        directory, directory, conf, directory, directory, responder.server);
    fputs("  { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = \"enforce\";\n"
          "    mailboxes = [ \"me\", \"sales\" ]; },\n"
          "  { name = \"tag.example\"; owned_since = \"2019-10-05\"; mode = \"tag\"; },\n"
          "  { name = \"observe.example\"; owned_since = \"2019-10-05\"; } );\n",
        file);
    fclose(file);
    if (server_open(&options, &server) != 0 || !milter_listen(server, "local:/nowhere"))
        die("does not start", "the server");
}

/* ---- a mail on its way ---- */

static void conclude(struct outcome *outcome, sfsistat answer)
{
    if (answer == SMFIS_CONTINUE)
        outcome->reply[0] = '\0';
    else if (answer != SMFIS_TEMPFAIL && answer != SMFIS_REJECT)
        snprintf(outcome->reply, sizeof(outcome->reply), "answer %d", (int)answer);
}

static void connect_client(SMFICTX *ctx)
{
    struct sockaddr_in client = {.sin_family = AF_INET, .sin_port = htons(25025)};
    unsigned long unused[2];
    char host[] = "client.example.net";

    client.sin_addr.s_addr = htonl(0xc0000219);
    if (callbacks.xxfi_negotiate(ctx, 0x1ff, 0x1fffff, 0, 0, &ctx->actions, &ctx->steps, &unused[0],
            &unused[1]) != SMFIS_CONTINUE)
        die("was not negotiated", "a connection");
    callbacks.xxfi_connect(ctx, host, (struct sockaddr *)&client);
}

/* False where the recipients were refused. */
static bool send_envelope(SMFICTX *ctx, const struct message *message)
{
    char sender[] = "<news@service.example>", *from[] = {sender, NULL};

    callbacks.xxfi_envfrom(ctx, from);
    for (size_t i = 0; message->recipients[i] != NULL; i++) {
        char recipient[64], *to[] = {recipient, NULL};
        sfsistat answer;

        snprintf(recipient, sizeof(recipient), "%s", message->recipients[i]);
        answer = callbacks.xxfi_envrcpt(ctx, to);
        conclude(&ctx->outcome, answer);
        if (answer != SMFIS_CONTINUE)
            return false;
    }
    return true;
}

static struct outcome deliver(const struct message *message)
{
    SMFICTX ctx = {0};

    connect_client(&ctx);
    if (send_envelope(&ctx, message)) {
        for (size_t i = 0; i < message->field_count; i++)
            callbacks.xxfi_header(&ctx, message->fields[i].name, message->fields[i].value);
        callbacks.xxfi_eoh(&ctx);
        for (const char *line = message->body; *line != '\0';) {
            size_t length = strcspn(line, "\n");
            char bytes[2000];

            if (length > sizeof(bytes) - 2)
                die("has too long a line", message->name);
            memcpy(bytes, line, length);
            memcpy(bytes + length, "\r\n", 2);
            callbacks.xxfi_body(&ctx, (unsigned char *)bytes, length + 2);
            line += length + (line[length] == '\n');
        }
        conclude(&ctx.outcome, callbacks.xxfi_eom(&ctx));
    } else {
        callbacks.xxfi_abort(&ctx);
    }
    callbacks.xxfi_close(&ctx);
    return ctx.outcome;
}

static bool is_right(const struct message *message, const struct outcome *outcome)
{
    return strcmp(outcome->reply, message->right.reply) == 0 &&
           strcmp(outcome->edits, message->right.edits) == 0;
}

static bool is_failure(const struct outcome *outcome)
{
    return strncmp(outcome->reply, "451 4.3.0 ", 10) == 0;
}

static bool is_allowed(
    const struct message *message, enum layer layer, const struct outcome *outcome)
{
    return is_right(message, outcome) || is_failure(outcome) ||
           (layer == LAYER_OPENSSL && message->unproven != NULL &&
               is_right(message->unproven, outcome));
}

static unsigned long wrong, runs, failures;

static void complain(const struct message *message, const char *when, const struct outcome *outcome)
{
    if (wrong++ < 20)
        fprintf(stderr, "%s, %s: reply \"%s\" edits \"%s\", not \"%s\" \"%s\"\n", message->name,
            when, outcome->reply, outcome->edits, message->right.reply, message->right.edits);
}

/* Every allocation of a layer; returns how many there were. */
static long fail_each(
    const struct message *message, enum layer layer, bool lasting, long first, long stride)
{
    long nth = first;

    for (; nth < CALLS_MOST; nth += stride) {
        struct outcome outcome;
        char when[100];
        bool met;

        arm(layer, nth, lasting);
        outcome = deliver(message);
        met = disarm();
        runs++;
        failures += is_failure(&outcome);
        snprintf(when, sizeof(when), "%s %ld%s", layer_names[layer], nth, lasting ? " and on" : "");
        if (met ? !is_allowed(message, layer, &outcome) : !is_right(message, &outcome))
            complain(message, when, &outcome);
        if (lasting || nth % 16 == 0) {
            outcome = deliver(message);
            if (!is_right(message, &outcome))
                complain(message, "afterwards", &outcome);
        }
        if (!met)
            break;
    }
    if (nth >= CALLS_MOST)
        die("never passes", message->name);
    return nth;
}

/* Where mail may have to be sealed, trouble before its header puts it off, whatever on_failure
 * says. */
static void fail_before_header(void)
{
    const struct message letter = {.name = "to be sealed", .recipients = {"<anna@example.com>"}};
    struct setup *setup = server_setup(server);
    struct seal *sealing = setup->seal;
    enum action on_failure = setup->config->on_failure;
    SMFICTX ctx = {0};

    setup->config->on_failure = ACTION_REJECT;
    for (int i = 0; i < 2; i++) {
        const char *wanted = i == 0 ? "554 5.3.0 " : "451 4.3.0 ";

        /* only asked whether it is there */
        setup->seal = i == 0 ? NULL : (struct seal *)(void *)&ctx;
        connect_client(&ctx);
        arm(LAYER_ARENA, 1, true);
        send_envelope(&ctx, &letter);
        if (!disarm() || strncmp(ctx.outcome.reply, wanted, strlen(wanted)) != 0)
            complain(&letter, "before the header", &ctx.outcome);
        callbacks.xxfi_close(&ctx);
        ctx = (SMFICTX){0};
    }
    setup->seal = sealing;
    setup->config->on_failure = on_failure;
    setup_drop(&setup);
}

int main(int argc, char **argv)
{
    long stride = getenv("FAULT_LONG") != NULL ? 1 : STRIDE_SHORT;

    if (argc != 3 || !hook_libraries())
        die("cannot begin", argc != 3 ? "usage" : "libraries");
    add_signed();
    add_samples(argv[1]);
    open_server(argv[2]);
    /* the first delivery makes the accounts, the second finds them as all others do */
    for (size_t i = 0; i < message_count; i++)
        (void)deliver(&messages[i]);
    for (size_t i = 0; i < message_count; i++)
        messages[i].right = deliver(&messages[i]);
    for (size_t i = 0; i < message_count; i++) {
        if (is_failure(&messages[i].right))
            die("is not answered even with all memory", messages[i].name);
        printf("%s: %.60s%s;", messages[i].name, messages[i].right.reply,
            messages[i].right.edits[0] != '\0' ? " (changed)" : "");
        for (int layer = 0; layer < LAYER_COUNT; layer++) {
            long calls =
                fail_each(&messages[i], (enum layer)layer, false, 1 + (long)i * 7 % stride, stride);

            fail_each(&messages[i], (enum layer)layer, true, 1 + (long)i * 5 % stride, 3 * stride);
            printf(" %s %ld", layer_names[layer], calls);
        }
        putchar('\n');
        fflush(stdout);
    }
    fail_before_header();
    if (!server_close(server))
        die("is not closed", "the server");
    responder_stop(&responder);
    printf("%lu deliveries, %lu of them put off, %lu wrong\n", runs, failures, wrong);
    for (size_t i = 0; i < message_count; i++)
        free(messages[i].bytes);
    free((char *)(uintptr_t)records[0].text);
    return wrong == 0 ? 0 : 1;
}
