/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The border to libmilter: the daemon's own callbacks, with a real setup and a real ledger, called
 * in any order that libmilter might, or might not, call them. This program stands where libmilter
 * stands, and holds the daemon to what libmilter and the MTA ask of it:
 *
 * 1. A step is left without reply where that was negotiated, and only there.
 * 2. A reply is set with a refusal of its class and never else; it is printable ASCII.
 * 3. A message is changed at its end alone, by actions that were negotiated; every line end in a
 *    value is a fold.
 * 4. Mail in observe mode and mail of our own people is not touched; postmaster is not refused,
 *    except by our own trouble.
 * 5. What was judged was committed to the ledger before the answer.
 * 6. What is to be sealed or defused for every recipient is replaced or not taken.
 * 7. A log line is one line; neither it nor reply nor header holds words of the body.
 *
 * An input is a sequence of lines; the first character says what happens (see `events`). In the
 * rest, 0x01 stands for LF and 0x02 for CR.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
/* bool must be known before */
#include <libmilter/mfapi.h>

#include "log.h"
#include "mark.h"
#include "milter.h"
#include "server.h"

/* what the fixture takes from cmocka, which is not here */
#define assert_non_null(value) assert_true((value) != NULL)
#define assert_int_equal(one, other) assert_true((one) == (other))
#define assert_true(is)                                                                            \
    do {                                                                                           \
        if (!(is))                                                                                 \
            abort();                                                                               \
    } while (0)
#define FIXTURE_NOW ((int64_t)time(NULL))
#include "../unit/seal_fixture.h"

/* words that stand in every piece of body, and nowhere else unless an input brings them */
#define SECRET "purple-elephant-7731"
#define ARGUMENTS_MOST 8
#define DATABASE_MOST ((off_t)32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct smfiDesc callbacks;
static struct server *server;
static char directory[64];
static _Atomic bool secret_is_out; /* the input itself names the secret */

/* What libmilter would keep of one connection. */
struct smfi_str {
    void *private;
    unsigned long actions; /* negotiated */
    unsigned long steps;
    const char *login;
    const char *queue_id;
    unsigned fail_in; /* the call to us that fails, 0: none */
    bool at_end;      /* in the callback of the end of the message */
    bool edited;
    bool negotiated; /* with a session that knows of it */
    bool replaced;   /* the body */
    char class;      /* of the reply that was set, 0 for none */
    char status[16];
    bool reply_failed;
    /* of the message that is coming in */
    bool begun;
    bool authored;
    bool local;
    unsigned taken;    /* recipients that were taken */
    unsigned observed; /* of them at the domain in observe mode */
    unsigned judged;   /* of them surely at domains of ours */
    bool only_postmaster;
    unsigned sealed; /* recipients for whom it is to be sealed, and to be defused */
    unsigned defused;
};

static void check_secret(const char *text)
{
    if (!secret_is_out && strcasestr(text, "elephant") != NULL)
        abort();
}

static bool fails(SMFICTX *ctx)
{
    return ctx->fail_in > 0 && --ctx->fail_in == 0;
}

/* libmilter, as far as the daemon uses it */

int smfi_register(struct smfiDesc description)
{
    callbacks = description;
    return MI_SUCCESS;
}

size_t smfi_setmaxdatasize(size_t size)
{
    (void)size;
    return 65535; /* what it was */
}

int smfi_setconn(char *place)
{
    return place != NULL ? MI_SUCCESS : MI_FAILURE;
}

int smfi_setbacklog(int backlog)
{
    return backlog > 0 ? MI_SUCCESS : MI_FAILURE;
}

int smfi_opensocket(bool remove)
{
    return remove ? MI_FAILURE : MI_SUCCESS;
}

int smfi_version(unsigned int *major, unsigned int *minor, unsigned int *patch)
{
    *major = *minor = *patch = 0;
    return MI_SUCCESS;
}

int smfi_main(void)
{
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
    if (data != NULL && fails(ctx))
        return MI_FAILURE;
    ctx->private = data;
    return MI_SUCCESS;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
    const char *value = strcmp(name, "i") == 0               ? ctx->queue_id
                        : strcmp(name, "{auth_authen}") == 0 ? ctx->login
                                                             : NULL;

    return (char *)value;
}

int smfi_setsymlist(SMFICTX *ctx, int stage, char *macros)
{
    if (macros == NULL || stage < SMFIM_FIRST || stage > SMFIM_LAST)
        abort();
    return fails(ctx) ? MI_FAILURE : MI_SUCCESS;
}

int smfi_setreply(SMFICTX *ctx, char *code, char *status, char *text)
{
    if (strlen(code) != 3 || (code[0] != '4' && code[0] != '5') || status[0] != code[0] ||
        status[1] != '.' || strlen(status) >= sizeof(ctx->status) || strlen(text) > 900 ||
        ctx->class != 0)
        abort();
    for (const char *p = text; *p != '\0'; p++)
        if (*p < ' ' || *p > '~' || *p == '%')
            abort();
    check_secret(text);
    ctx->reply_failed = fails(ctx);
    if (ctx->reply_failed)
        return MI_FAILURE;
    ctx->class = code[0];
    strcpy(ctx->status, status);
    return MI_SUCCESS;
}

/* True where libmilter would let it through. */
static bool may_edit(SMFICTX *ctx, unsigned long action)
{
    if (!ctx->at_end || (ctx->negotiated && (ctx->actions & action) == 0))
        abort();
    ctx->edited = ctx->edited || (ctx->actions & action) != 0;
    return (ctx->actions & action) != 0 && !fails(ctx);
}

static void check_value(const char *value)
{
    check_secret(value);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\n' && (p[1] == ' ' || p[1] == '\t'))
            p++;
        else if (*p < ' ' || *p > '~')
            abort();
    }
}

int smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
    bool may = may_edit(ctx, SMFIF_ADDHDRS);

    if (index != 0 ||
        (strcmp(name, MARK_FIELD) != 0 && strcmp(name, "Authentication-Results") != 0) ||
        ((ctx->steps & SMFIP_HDR_LEADSPC) != 0) != (value[0] == ' '))
        abort();
    check_value(value);
    return may ? MI_SUCCESS : MI_FAILURE;
}

int smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
    bool may = may_edit(ctx, SMFIF_CHGHDRS);

    /* all of them are removed behind a body that was replaced */
    if (index < 1 || value != NULL ||
        (!ctx->replaced && strcmp(name, MARK_FIELD) != 0 && strcmp(name, RRVS_FIELD) != 0))
        abort();
    return may ? MI_SUCCESS : MI_FAILURE;
}

int smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
    bool may = may_edit(ctx, SMFIF_ADDHDRS);

    if (!ctx->replaced || name[0] == '\0' ||
        ((ctx->steps & SMFIP_HDR_LEADSPC) != 0) != (value[0] == ' '))
        abort();
    check_value(value);
    return may ? MI_SUCCESS : MI_FAILURE;
}

/* What takes a body's place is base64 and nothing else. */
int smfi_replacebody(SMFICTX *ctx, unsigned char *bytes, int length)
{
    bool may = may_edit(ctx, SMFIF_CHGBODY);

    for (int i = 0; i < length; i++)
        if (strchr("\r\n+/=", bytes[i]) == NULL && !isalnum(bytes[i]))
            abort();
    if (length < 1 || length > 65535 || bytes[length - 1] != '\n')
        abort();
    ctx->replaced = true;
    return may ? MI_SUCCESS : MI_FAILURE;
}

int smfi_quarantine(SMFICTX *ctx, char *reason)
{
    bool may = may_edit(ctx, SMFIF_QUARANTINE);

    check_value(reason);
    return may ? MI_SUCCESS : MI_FAILURE;
}

/* The log goes to syslog, and syslog is here. */
void syslog(int priority, const char *format, ...)
{
    char line[LOG_LINE_MAX + 1024];
    va_list args;

    (void)priority;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (strlen(line) > LOG_LINE_MAX)
        abort();
    for (const char *p = line; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            abort();
    check_secret(line);
}

/* Start and end */

static void remove_all(void)
{
    static const char *const names[] = {"ledger/goneaway.db-wal", "ledger/goneaway.db-shm",
        "ledger/goneaway.db", "ledger/key", "goneaway.conf", "keeper.pem", "ledger", ""};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        (void)remove(path);
    }
}

/* A certificate to seal for; nobody has its key. */
static void write_keeper(void)
{
    static const struct fixture_certificate what = {.curve = "P-256"};
    EVP_PKEY *key = fixture_key(&what);
    X509 *x509 = fixture_make(&what, key);
    char path[128];

    snprintf(path, sizeof(path), "%s/keeper.pem", directory);
    fixture_write_pem(path, x509, NULL, NULL);
    X509_free(x509);
    EVP_PKEY_free(key);
}

static void write_config(const char *path)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        abort();
    fprintf(file,
        "listen = \"local:%s/milter.sock\"; database = \"%s/ledger/goneaway.db\";\n"
        "key_file = \"%s/ledger/key\"; data_dir = \"%s/conf\"; synchronous = \"NORMAL\";\n"
        "local_phrases = \"%s/none\"; local_services = \"%s/none.conf\";\n"
        "seal_to = \"%s/keeper.pem\"; seal_bytes_max = 65536;\n",
        directory, directory, directory, SOURCE_DIR, directory, directory, directory);
    fputs("authserv_id = \"mx.example.com\"; authentication = \"header\";\n"
          "trusted_authserv_ids = [ \"mx.example.com\" ]; border_removes_forged = true;\n"
          "own_networks = [ \"192.0.2.0/24\" ]; learn_senders = true; recipients_max = 100;\n"
          "header_bytes_max = 65536; header_fields_max = 100; body_bytes_max = 4096;\n"
          "text_bytes_max = 1024; keep_subject = \"words\";\n"
          "log_target = \"syslog\"; log_level = \"debug\";\n"
          "policy = ( { addresses = [ \"held-*\" ]; action = \"quarantine\"; },\n"
          "  { addresses = [ \"sealed-*\" ]; action = \"seal\"; },\n"
          "  { addresses = [ \"defused-*\" ]; action = \"defuse\"; },\n"
          "  { addresses = [ \"lost-*\" ]; action = \"discard\"; },\n"
          "  { addresses = [ \"later-*\" ]; action = \"tempfail\"; reply = \"450 4.2.1 {rcpt}: "
          "later\"; } );\n"
          "domains = (\n",
        file);
    for (const char *const *mode = (const char *const[]){"observe", "tag", "enforce", NULL};
         *mode != NULL; mode++)
        fprintf(file,
            "  %s{ name = \"%s.example\"; owned_since = \"2019-10-05T00:00:00Z\"; mode = \"%s\";\n"
            "    mailboxes = [ \"me\", \"sales+*\" ]; }\n",
            **mode == 'o' ? "" : ", ", *mode, *mode);
    fputs(");\n", file);
    if (fclose(file) != 0)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char path[128];
    struct server_options options = {.path = path};

    (void)argc;
    (void)argv;
    snprintf(directory, sizeof(directory), "%s/goneaway-fuzz-XXXXXX",
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(directory) == NULL)
        abort();
    atexit(remove_all);
    umask(0027);
    snprintf(path, sizeof(path), "%s/ledger", directory);
    if (mkdir(path, 0700) != 0)
        abort();
    snprintf(path, sizeof(path), "%s/goneaway.conf", directory);
    write_config(path);
    write_keeper();
    if (server_open(&options, &server) != 0 || !milter_listen(server, "local:/nowhere"))
        abort();
    return 0;
}

/* A ledger that grew large is taken away, as an administrator might; the next mail makes it anew.
 */
static void bound_ledger(void)
{
    static const char *const names[] = {"", "-wal", "-shm"};
    static unsigned runs;
    struct stat status;
    char path[128];

    if (++runs % 1000 != 0)
        return;
    snprintf(path, sizeof(path), "%s/ledger/goneaway.db", directory);
    if (stat(path, &status) != 0 || status.st_size < DATABASE_MOST)
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/ledger/goneaway.db%s", directory, names[i]);
        (void)unlink(path);
    }
}

/* What happens, and what must come of it */

static void check_step(const SMFICTX *ctx, unsigned long step, sfsistat answer)
{
    if (answer != ((ctx->steps & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE) || ctx->class != 0)
        abort();
}

static void check_refusal(SMFICTX *ctx, sfsistat answer)
{
    char class = answer == SMFIS_TEMPFAIL ? '4' : answer == SMFIS_REJECT ? '5' : '\0';

    if (ctx->class != (ctx->reply_failed ? '\0' : class))
        abort();
    if (answer != SMFIS_CONTINUE && answer != SMFIS_DISCARD && class == '\0')
        abort();
    ctx->class = 0;
}

static bool is_trouble(const SMFICTX *ctx, sfsistat answer)
{
    return answer == SMFIS_TEMPFAIL && (ctx->reply_failed || strcmp(ctx->status, "4.3.0") == 0);
}

static void on_negotiate(SMFICTX *ctx, char *text)
{
    static const unsigned long actions[] = {0x1ff, 0x3f, 0, 0x1ff & ~(unsigned long)SMFIF_CHGHDRS};
    static const unsigned long steps[] = {0x1fffff, 0x7f, 0, 0x1fffff & ~SMFIP_HDR_LEADSPC};
    unsigned long offered = actions[text[0] & 3], can = steps[text[0] >> 2 & 3];
    unsigned long none[4] = {0, 0, 0, 0};

    if (callbacks.xxfi_negotiate(ctx, offered, can, 0, 0, &none[0], &none[1], &none[2], &none[3]) !=
            SMFIS_CONTINUE ||
        (none[0] & ~offered) != 0 || (none[1] & ~can) != 0)
        abort();
    ctx->negotiated = ctx->private != NULL;
    ctx->actions = none[0];
    ctx->steps = none[1];
}

static void on_connect(SMFICTX *ctx, char *text)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    bool none = text[0] == '-';

    if (ctx->begun)
        return; /* within a message it cannot be, and would change whose it is */
    if (text[0] == '6') {
        address.v6.sin6_family = AF_INET6;
        for (size_t i = 0; i < 16 && text[i] != '\0'; i++)
            address.v6.sin6_addr.s6_addr[i] = (unsigned char)text[i];
    } else if (text[0] == 'u') {
        address.any.sa_family = AF_UNIX;
    } else {
        unsigned char *bits = (unsigned char *)&address.v4.sin_addr;

        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(2525);
        /* o: our own network; any other a stranger's */
        memcpy(bits, text[0] == 'o' ? "\xc0\x00\x02\x07" : "\xcb\x00\x71\x07", 4);
    }
    ctx->local = none || text[0] == 'u' || text[0] == 'o';
    check_step(ctx, SMFIP_NR_CONN, callbacks.xxfi_connect(ctx, text, none ? NULL : &address.any));
}

/* As libmilter gives them: the path, then the parameters. */
static void split(char *text, char *arguments[ARGUMENTS_MOST + 1])
{
    size_t count = 0;

    while (count < ARGUMENTS_MOST && text != NULL)
        arguments[count++] = strsep(&text, " ");
    arguments[count] = NULL;
    if (count == 1 && arguments[0][0] == '\0')
        arguments[0] = NULL;
}

static void on_mail(SMFICTX *ctx, char *text)
{
    char *arguments[ARGUMENTS_MOST + 1];

    split(text, arguments);
    ctx->begun = true;
    /* without memory for a session at the start of the connection nobody knows who comes */
    ctx->authored =
        ctx->private != NULL && (ctx->local || (ctx->login != NULL && ctx->login[0] != '\0'));
    ctx->taken = ctx->observed = ctx->judged = ctx->sealed = ctx->defused = 0;
    ctx->only_postmaster = true;
    check_step(ctx, SMFIP_NR_MAIL, callbacks.xxfi_envfrom(ctx, arguments));
}

/* A recipient of that domain whose local part nobody could read in two ways. */
static bool is_surely_at(const char *path, const char *domain)
{
    size_t length = strspn(path + (path[0] == '<'), "abcdefghijklmnopqrstuvwxyz");

    return path[0] == '<' && length > 0 && length < 50 && strcmp(path + 1 + length, domain) == 0;
}

/* "<sealed-12@enforce.example>" for "<sealed-": the configuration has a rule for it. */
static bool has_rule(const char *path, const char *begin)
{
    size_t length = strlen(begin);

    return strncmp(path, begin, length) == 0 &&
           strcmp(path + length + strspn(path + length, "0123456789"), "@enforce.example>") == 0;
}

static void on_rcpt(SMFICTX *ctx, char *text)
{
    char *arguments[ARGUMENTS_MOST + 1];
    bool observed = is_surely_at(text, "@observe.example>");
    bool ours =
        observed || is_surely_at(text, "@enforce.example>") || is_surely_at(text, "@tag.example>");
    bool postmaster = strcmp(text, "<postmaster@enforce.example>") == 0;
    bool sealed = has_rule(text, "<sealed-"), defused = has_rule(text, "<defused-");
    sfsistat answer;

    split(text, arguments);
    answer = callbacks.xxfi_envrcpt(ctx, arguments);
    if (answer == SMFIS_DISCARD || (ctx->begun && ctx->authored && answer != SMFIS_CONTINUE))
        abort();
    check_refusal(ctx, answer);
    if (answer != SMFIS_CONTINUE)
        return;
    ctx->taken++;
    ctx->observed += observed;
    ctx->judged += ours || sealed || defused;
    ctx->sealed += sealed;
    ctx->defused += defused;
    ctx->only_postmaster = ctx->only_postmaster && postmaster;
}

static void on_header(SMFICTX *ctx, char *text)
{
    char *value = strchr(text, ':');

    if (value != NULL)
        *value++ = '\0';
    check_step(ctx, SMFIP_NR_HDR,
        callbacks.xxfi_header(ctx, text, value != NULL ? value : text + strlen(text)));
}

static void on_end_of_header(SMFICTX *ctx, char *text)
{
    (void)text;
    check_step(ctx, SMFIP_NR_EOH, callbacks.xxfi_eoh(ctx));
}

static void on_body(SMFICTX *ctx, char *text)
{
    /* in exactly the octets that it has, so that reading beyond them is seen */
    size_t length = strlen(text) + strlen(SECRET);
    char *bytes = malloc(length + 1);

    if (bytes == NULL)
        abort();
    snprintf(bytes, length + 1, SECRET "%s", text);
    bytes = realloc(bytes, length);
    check_step(ctx, SMFIP_NR_BODY, callbacks.xxfi_body(ctx, (unsigned char *)bytes, length));
    free(bytes);
}

static void on_end(SMFICTX *ctx, char *text)
{
    struct ledger_statistics before, after;
    bool spared = ctx->taken > 0 && (ctx->observed == ctx->taken || ctx->only_postmaster);
    sfsistat answer;

    (void)text;
    ledger_statistics(server_ledger(server), &before);
    ctx->at_end = true;
    ctx->edited = ctx->replaced = false;
    answer = callbacks.xxfi_eom(ctx);
    ctx->at_end = false;
    ledger_statistics(server_ledger(server), &after);
    if (ctx->begun && (ctx->authored || spared) &&
        ((ctx->edited && !ctx->only_postmaster) ||
            (answer != SMFIS_CONTINUE && !is_trouble(ctx, answer))))
        abort();
    if (ctx->begun && ctx->authored && (answer != SMFIS_CONTINUE || ctx->edited))
        abort();
    if (ctx->begun && !ctx->authored && ctx->taken > 0 && answer == SMFIS_CONTINUE &&
        (ctx->sealed == ctx->taken || ctx->defused == ctx->taken) && !ctx->replaced)
        abort();
    if (ctx->begun && !ctx->authored && ctx->judged > 0 && !is_trouble(ctx, answer) &&
        after.commits == before.commits)
        abort();
    check_refusal(ctx, answer);
    ctx->begun = false;
    ctx->taken = ctx->observed = ctx->judged = ctx->sealed = ctx->defused = 0;
}

static void on_abort(SMFICTX *ctx, char *text)
{
    (void)text;
    if (callbacks.xxfi_abort(ctx) != SMFIS_CONTINUE || ctx->class != 0)
        abort();
    ctx->begun = false;
    ctx->taken = ctx->observed = ctx->judged = ctx->sealed = ctx->defused = 0;
}

static void on_close(SMFICTX *ctx, char *text)
{
    (void)text;
    if (callbacks.xxfi_close(ctx) != SMFIS_CONTINUE || ctx->private != NULL || ctx->class != 0)
        abort();
    *ctx = (SMFICTX){0};
}

static void on_login(SMFICTX *ctx, char *text)
{
    ctx->login = text;
}

static void on_queue_id(SMFICTX *ctx, char *text)
{
    ctx->queue_id = text;
}

static void on_failing(SMFICTX *ctx, char *text)
{
    ctx->fail_in = text[0] != '\0' ? (unsigned)text[0] & 7 : 0;
}

static const struct {
    char letter;
    void (*happens)(SMFICTX *ctx, char *text);
} events[] = {
    {'N', on_negotiate}, {'C', on_connect},
    {'A', on_login},    /* the macro of SMTP AUTH from now on */
    {'Q', on_queue_id}, /* the queue id from now on */
    {'F', on_failing},  /* one of the next calls of libmilter fails */
    {'M', on_mail}, {'R', on_rcpt}, {'H', on_header}, {'E', on_end_of_header}, {'B', on_body},
    {'Z', on_end}, {'X', on_abort}, {'K', on_close}, /* and a new connection begins */
};

static void happen(SMFICTX *ctx, char *line)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        if (events[i].letter == line[0])
            events[i].happens(ctx, line + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SMFICTX ctx = {0};
    char *text = malloc(size + 1), *rest = text, *line;

    if (text == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        text[i] = (char)data[i];
    text[size] = '\0';
    secret_is_out = strcasestr(text, "elephant") != NULL;
    while ((line = strsep(&rest, "\n")) != NULL) {
        for (char *p = line; *p != '\0'; p++)
            *p = *p == 1 ? '\n' : *p == 2 ? '\r' : *p;
        happen(&ctx, line);
    }
    on_close(&ctx, NULL);
    free(text);
    bound_ledger();
    return 0;
}
