/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * libopendkim does the canonical forms and the arithmetic; what counts as a signature is
 * decided here, for each signature by itself, because the library would stop at what it takes
 * for good enough.
 *
 * Invariants
 * 1. Keys are asked for at the end of the mail, and only for signatures that may count: a mail
 *    cannot make us ask more than SIGNATURES_MAX times, nor wait longer than PATIENCE_MS.
 *    No body is read for signatures that cannot count.
 * 2. A pass is stated where everything was proven, never where nothing was found wrong.
 */
#include "dkim.h"

/* the library's handle has the tag that ours has */
#define dkim opendkim_handle
#include <sys/types.h>

#include <opendkim/dkim.h>
#undef dkim

#include "address.h"
#include "date.h"
#include "dkim_keys.h"
#include "dkim_length.h"
#include "dkim_tags.h"
#include "dns_wire.h"
#include "domain.h"
#include "err.h"
#include "mail.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELD "DKIM-Signature"
#define SIGNATURES_MAX ((size_t)20)
#define PATIENCE_MS 10000
#define KEY_BITS_MIN 1024u
#define FOR_EVER ((uint64_t)1 << 40) /* seconds */
#define KEY_RECORD_MAX ((size_t)4096)
#define IDENTITY_MAX ((size_t)512)
#define ARENA_LIMIT ((size_t)8 << 20)

struct dkim {
    DKIM_LIB *library;
    DKIM_LIB *timeless; /* for mails that lay in a mailbox: takes no signature for expired */
    struct dkim_keys *keys;
    struct dns *dns;
};

/* What the library's handle and ours know of one field. */
struct entry {
    DKIM_SIGINFO *info; /* NULL: the library does not take it for a signature */
    bool decided;
};

struct dkim_check {
    struct arena *arena;
    const struct dkim *dkim;
    int64_t received; /* of a mail that lay in a mailbox; DATE_NONE: the clock counts */
    const char *from; /* From's domain, or NULL where it cannot be read */
    DKIM *handle;
    struct dkim_signature signatures[SIGNATURES_MAX];
    struct entry entries[SIGNATURES_MAX];
    size_t count;
    int64_t deadline; /* for all keys together; 0 before the first */
    int trouble;      /* ours, not the mail's: the first error code */
    bool measured;    /* some signature has l= */
    char last[2];     /* octets of the body */
    struct dkim_length length;
};

/* What the library calls wrong, and what we say. The rest is malformed. */
static const struct {
    DKIM_SIGERROR error;
    enum dkim_status status;
    const char *why;
} errors[] = {
    {DKIM_SIGERROR_DOMAIN, DKIM_PERMERROR, "i= is not within d="},
    {DKIM_SIGERROR_SUBDOMAIN, DKIM_PERMERROR, "i= is not d=, as the key demands"},
    {DKIM_SIGERROR_EXPIRED, DKIM_FAIL, "it has expired"},
    {DKIM_SIGERROR_FUTURE, DKIM_FAIL, "it is dated in the future"},
    {DKIM_SIGERROR_TIMESTAMPS, DKIM_PERMERROR, "it expires before it is made"},
    {DKIM_SIGERROR_INVALID_A, DKIM_PERMERROR, "its algorithm is unknown"},
    {DKIM_SIGERROR_INVALID_H, DKIM_PERMERROR, "From is not signed"},
    {DKIM_SIGERROR_TOOLARGE_L, DKIM_FAIL, "l= is longer than the body"},
    {DKIM_SIGERROR_NOKEY, DKIM_PERMERROR, "there is no key"},
    {DKIM_SIGERROR_KEYREVOKED, DKIM_PERMERROR, "the key was revoked"},
    {DKIM_SIGERROR_KEYTOOSMALL, DKIM_PERMERROR, "the RSA key has less than 1024 bits"},
    {DKIM_SIGERROR_KEYFAIL, DKIM_TEMPERROR, "no answer from the DNS"},
    {DKIM_SIGERROR_DNSSYNTAX, DKIM_PERMERROR, "the key record is malformed"},
    {DKIM_SIGERROR_MULTIREPLY, DKIM_PERMERROR, "the key record is malformed"},
    {DKIM_SIGERROR_KEYVERSION, DKIM_PERMERROR, "the key record is malformed"},
    {DKIM_SIGERROR_KEYUNKNOWNHASH, DKIM_PERMERROR, "the key is for another algorithm"},
    {DKIM_SIGERROR_KEYHASHMISMATCH, DKIM_PERMERROR, "the key is for another algorithm"},
    {DKIM_SIGERROR_NOTEMAILKEY, DKIM_PERMERROR, "the key is not for mail"},
    {DKIM_SIGERROR_KEYTYPEMISSING, DKIM_PERMERROR, "the key record is malformed"},
    {DKIM_SIGERROR_KEYTYPEUNKNOWN, DKIM_PERMERROR, "the key is for another algorithm"},
    {DKIM_SIGERROR_KEYDECODE, DKIM_PERMERROR, "the key cannot be read"},
};

static void decide(struct dkim_check *check, size_t index, enum dkim_status status, const char *why)
{
    if (check->entries[index].decided)
        return;
    check->entries[index].decided = true;
    check->signatures[index].status = status;
    check->signatures[index].why = why;
    if (check->entries[index].info != NULL)
        dkim_sig_ignore(check->entries[index].info);
}

/* ---- keys ---- */

/* Waits for keys end here, however many signatures there are. */
static bool has_time(struct dkim_check *check)
{
    int64_t now = dns_wire_now();

    if (check->deadline == 0)
        check->deadline = now + PATIENCE_MS;
    return now < check->deadline;
}

/* What fails for want of memory or descriptors says nothing about a signature. */
static DKIM_CBSTAT give_up(struct dkim_check *check, int error)
{
    if (check->trouble == 0)
        check->trouble = error;
    return DKIM_CBSTAT_TRYAGAIN;
}

static DKIM_CBSTAT fetch_key(struct dkim_check *check, size_t index, u_char *room, size_t size)
{
    const struct dkim_signature *signature = &check->signatures[index];
    char text[KEY_RECORD_MAX], *name;

    name = arena_printf(check->arena, "%s._domainkey.%s", signature->selector, signature->domain);
    if (name == NULL)
        return give_up(check, ERR_NOMEM);
    if (check->dkim->dns == NULL || !has_time(check)) {
        decide(check, index, DKIM_TEMPERROR,
            check->dkim->dns == NULL ? "the network was not asked" : "no answer from the DNS");
        return DKIM_CBSTAT_TRYAGAIN;
    }
    switch (dns_txt(check->dkim->dns, name, text, sizeof(text))) {
    case DNS_FOUND:
        break;
    case DNS_ABSENT:
        return DKIM_CBSTAT_NOTFOUND;
    case DNS_FAILED:
        decide(check, index, DKIM_TEMPERROR, "no answer from the DNS");
        return DKIM_CBSTAT_TRYAGAIN;
    case DNS_UNABLE:
        return give_up(check, ERR_SYSTEM);
    }
    if (strlen(text) >= size) {
        decide(check, index, DKIM_PERMERROR, "the key record is too long");
        return DKIM_CBSTAT_NOTFOUND;
    }
    memcpy(room, text, strlen(text) + 1);
    return DKIM_CBSTAT_CONTINUE;
}

/* Called by the library, which never asks the DNS itself. */
static DKIM_CBSTAT look_up_key(DKIM *handle, DKIM_SIGINFO *info, u_char *room, size_t size)
{
    struct dkim_check *check = dkim_get_user_context(handle);

    for (size_t i = 0; i < check->count; i++)
        if (check->entries[i].info == info)
            return fetch_key(check, i, room, size);
    return DKIM_CBSTAT_ERROR;
}

/* ---- the library ---- */

static DKIM_LIB *open_library(void)
{
    DKIM_LIB *library = dkim_init(NULL, NULL);
    u_int flags = DKIM_LIBFLAGS_DELAYSIGPROC, bits = KEY_BITS_MIN;

    if (library != NULL && dkim_libfeature(library, DKIM_FEATURE_SHA256) &&
        dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags)) ==
            DKIM_STAT_OK &&
        dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof(bits)) ==
            DKIM_STAT_OK &&
        dkim_set_key_lookup(library, look_up_key) == DKIM_STAT_OK)
        return library;
    if (library != NULL)
        dkim_close(library);
    return NULL;
}

int dkim_open(struct dns *dns, struct dkim **out)
{
    struct dkim *dkim = calloc(1, sizeof(*dkim));
    uint64_t drift = FOR_EVER;
    int rc = ERR_NOMEM;

    *out = NULL;
    if (dkim == NULL)
        goto out;
    dkim->dns = dns;
    dkim->keys = dkim_keys_new();
    if (dkim->keys == NULL)
        goto out;
    rc = ERR_CRYPTO;
    dkim->library = open_library();
    dkim->timeless = open_library();
    if (dkim->library == NULL || dkim->timeless == NULL ||
        dkim_options(dkim->timeless, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift, sizeof(drift)) !=
            DKIM_STAT_OK)
        goto out;
    *out = dkim;
    dkim = NULL;
    rc = 0;
out:
    dkim_drop(&dkim);
    return rc;
}

void dkim_drop(struct dkim **dkim)
{
    if (*dkim == NULL)
        return;
    if ((*dkim)->library != NULL)
        dkim_close((*dkim)->library);
    if ((*dkim)->timeless != NULL)
        dkim_close((*dkim)->timeless);
    dkim_keys_free(&(*dkim)->keys);
    free(*dkim);
    *dkim = NULL;
}

/* ---- the header ---- */

/* The field as it was on the wire: CRLF where the mail has LF, and the space that was taken off. */
static size_t write_field(const struct mail_field *field, char *out)
{
    char *to = stpcpy(out, field->name);

    *to++ = ':';
    if (!field->tight)
        *to++ = ' ';
    for (size_t i = 0; i < field->length; i++) {
        if (field->value[i] == '\n')
            *to++ = '\r';
        *to++ = field->value[i];
    }
    return (size_t)(to - out);
}

static int feed_field(struct dkim_check *check, const struct mail_field *field, DKIM_STAT *status)
{
    char *text = malloc(strlen(field->name) + 2 * field->length + 3);

    if (text == NULL)
        return ERR_NOMEM;
    *status = dkim_header(check->handle, (u_char *)text, write_field(field, text));
    free(text);
    return 0;
}

/* Feeds all fields but malformed signatures and those beyond the maximum. For each signature an
 * entry is made; those that the library can read are the ones that it will list, in this order. */
static int feed_header(struct dkim_check *check, const struct mail *mail)
{
    /* The library writes one pointer past its list when a signature names every field of a mail
     * and one more. This one cannot be named: h= has no white space. */
    static const struct mail_field unnameable = {"goneaway makes room", "", 0, true};
    DKIM_STAT status;
    int rc = feed_field(check, &unnameable, &status);

    for (size_t i = 0; i < mail->field_count && rc == 0; i++) {
        bool signature = strcasecmp(mail->fields[i].name, FIELD) == 0;

        if (signature && check->count == SIGNATURES_MAX)
            continue;
        status = DKIM_STAT_SYNTAX;
        if (!signature || dkim_tags_are_valid(mail->fields[i].value, mail->fields[i].length))
            rc = feed_field(check, &mail->fields[i], &status);
        if (!signature || rc != 0)
            continue;
        check->signatures[check->count] =
            (struct dkim_signature){.domain = "", .selector = "", .status = DKIM_TEMPERROR};
        check->count++;
        if (status != DKIM_STAT_OK)
            decide(check, check->count - 1, DKIM_PERMERROR, "it is malformed");
    }
    return rc;
}

static void decide_rest(struct dkim_check *check, enum dkim_status status, const char *why)
{
    for (size_t i = 0; i < check->count; i++)
        decide(check, i, status, why);
}

/* Gives the entries that are still open the library's handles. False where they do not agree. */
static bool link_entries(struct dkim_check *check)
{
    DKIM_SIGINFO **list = NULL;
    int count = 0, next = 0;

    if (dkim_getsiglist(check->handle, &list, &count) != DKIM_STAT_OK)
        return false;
    for (size_t i = 0; i < check->count; i++)
        if (!check->entries[i].decided) {
            if (next == count)
                return false;
            check->entries[i].info = list[next++];
        }
    return next == count;
}

static const char *tag(const struct entry *entry, const char *name)
{
    return (const char *)dkim_sig_gettagvalue(entry->info, false, (u_char *)(uintptr_t)name);
}

/* Letters, digits, hyphens, underscores, dots: so that nothing else gets into a name or a log. */
static bool is_selector(const char *text)
{
    return text[0] != '\0' &&
           text[strspn(
               text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] == '\0';
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < '!' || *text > '~')
            return false;
    return true;
}

/* Fills in domain, selector and identity. False where domain or selector are none. */
static bool read_names(struct dkim_check *check, size_t index)
{
    struct dkim_signature *signature = &check->signatures[index];
    const struct entry *entry = &check->entries[index];
    const char *domain = tag(entry, "d"), *selector = tag(entry, "s");
    u_char identity[IDENTITY_MAX];
    int r;

    if (domain == NULL || selector == NULL || !is_selector(selector))
        return false;
    r = domain_to_ascii(check->arena, domain, &domain);
    if (r == ERR_NOMEM)
        give_up(check, r);
    if (r != 0)
        return false;
    selector = arena_strdup(check->arena, selector);
    if (selector == NULL) {
        give_up(check, ERR_NOMEM);
        return false;
    }
    signature->domain = domain;
    signature->selector = selector;
    if (tag(entry, "i") != NULL &&
        dkim_sig_getidentity(check->handle, entry->info, identity, sizeof(identity)) ==
            DKIM_STAT_OK &&
        is_printable((const char *)identity)) {
        signature->identity = arena_strdup(check->arena, (const char *)identity);
        if (signature->identity == NULL)
            give_up(check, ERR_NOMEM);
    }
    return true;
}

/* Of a mail that lay in a mailbox: had the signature expired when it came? */
static bool has_expired(const struct dkim_check *check, const char *expiry)
{
    return check->received != DATE_NONE && expiry != NULL &&
           strtoll(expiry, NULL, 10) < check->received;
}

/* Of one From field. A domain that cannot be told for sure is none: then every signature counts. */
static const char *from_domain(struct arena *arena, const struct mail *mail)
{
    const struct mail_field *from = mail_field(mail, "From", 0);
    struct address_mailbox *mailboxes = NULL;
    size_t count = 0;
    bool broken = false;

    if (from == NULL || mail_field(mail, "From", 1) != NULL ||
        address_parse_list(arena, from->value, 1, &mailboxes, &count, &broken) != 0 || broken ||
        count == 0 || mailboxes[0].address.literal)
        return NULL;
    return mailboxes[0].address.domain;
}

/* Only these can prove who sent the mail. */
static bool is_aligned(const struct dkim_check *check, const struct dkim_signature *signature)
{
    return check->from == NULL || strcmp(check->from, signature->domain) == 0 ||
           domain_aligned(check->from, signature->domain);
}

/* What is wrong with a signature already now, so that its key need not be asked for. */
static void judge_early(struct dkim_check *check, size_t index)
{
    DKIM_SIGINFO *info = check->entries[index].info;
    DKIM_SIGERROR error = dkim_sig_geterror(info);
    dkim_alg_t algorithm = DKIM_SIGN_UNKNOWN;

    if (!read_names(check, index)) {
        decide(check, index, DKIM_PERMERROR, "it is malformed");
        return;
    }
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (error == errors[i].error)
            decide(check, index, errors[i].status, errors[i].why);
    if (error != DKIM_SIGERROR_UNKNOWN && error != DKIM_SIGERROR_OK)
        decide(check, index, DKIM_PERMERROR, "it is malformed");
    else if (domain_organisational(check->signatures[index].domain) == NULL)
        decide(check, index, DKIM_PERMERROR, "d= is a public suffix");
    else if (!is_aligned(check, &check->signatures[index]))
        decide(check, index, DKIM_UNALIGNED, "d= is of another organisation than From");
    else if (dkim_sig_getsignalg(info, &algorithm) != DKIM_STAT_OK ||
             (algorithm != DKIM_SIGN_RSASHA256 && algorithm != DKIM_SIGN_ED25519SHA256))
        decide(check, index, DKIM_PERMERROR, "rsa-sha1 proves nothing");
    else if (has_expired(check, tag(&check->entries[index], "x")))
        decide(check, index, DKIM_FAIL, "it had expired when the mail came");
    else if (tag(&check->entries[index], "l") != NULL)
        check->measured = true;
}

static void end_header(struct dkim_check *check)
{
    DKIM_STAT status = dkim_eoh(check->handle);

    if (status == DKIM_STAT_SYNTAX) {
        decide_rest(check, DKIM_PERMERROR, "From cannot be read");
        return;
    }
    if (status == DKIM_STAT_NORESOURCE)
        give_up(check, ERR_NOMEM);
    if ((status != DKIM_STAT_OK && status != DKIM_STAT_NOSIG) || !link_entries(check)) {
        decide_rest(check, DKIM_TEMPERROR, "it could not be checked");
        return;
    }
    for (size_t i = 0; i < check->count; i++)
        if (check->entries[i].info != NULL)
            judge_early(check, i);
}

static bool is_signed(const struct mail *mail)
{
    return mail_field(mail, FIELD, 0) != NULL;
}

int dkim_begin(struct dkim *dkim, const struct mail *mail, struct dkim_check **out)
{
    static const u_char id[] = "goneaway";
    struct arena *arena = NULL;
    struct dkim_check *check;
    DKIM_STAT status = DKIM_STAT_NORESOURCE;
    int rc = ERR_NOMEM;

    *out = NULL;
    if (!is_signed(mail))
        return 0;
    arena = arena_new(ARENA_LIMIT);
    check = arena == NULL ? NULL : arena_alloc(arena, sizeof(*check));
    if (check == NULL)
        goto out;
    check->arena = arena;
    check->dkim = dkim;
    check->received = mail->found ? mail->received : DATE_NONE;
    check->from = from_domain(arena, mail);
    check->handle = dkim_verify(mail->found ? dkim->timeless : dkim->library, id, NULL, &status);
    if (check->handle == NULL)
        goto out;
    *out = check;
    arena = NULL;
    dkim_set_user_context(check->handle, check);
    rc = feed_header(check, mail);
    if (rc == 0)
        end_header(check);
    else
        dkim_check_free(out);
out:
    arena_free(&arena);
    return rc;
}

/* ---- the body ---- */

static bool is_open(const struct dkim_check *check)
{
    for (size_t i = 0; i < check->count; i++)
        if (!check->entries[i].decided)
            return true;
    return false;
}

static void note_last(struct dkim_check *check, const char *bytes, size_t length)
{
    check->last[0] = length > 1 ? bytes[length - 2] : check->last[1];
    check->last[1] = bytes[length - 1];
}

void dkim_feed(struct dkim_check *check, const void *bytes, size_t length)
{
    DKIM_STAT status;

    if (length == 0 || !is_open(check))
        return;
    note_last(check, bytes, length);
    if (check->measured)
        dkim_length_add(&check->length, bytes, length);
    status = dkim_body(check->handle, (u_char *)(uintptr_t)bytes, length);
    if (status == DKIM_STAT_NORESOURCE)
        give_up(check, ERR_NOMEM);
    if (status != DKIM_STAT_OK)
        decide_rest(check, DKIM_TEMPERROR, "it could not be checked");
}

/* Does the body go on where the signature ends? */
static bool has_tail(const struct dkim_check *check, size_t index)
{
    const char *text = tag(&check->entries[index], "l");
    dkim_canon_t header, body = DKIM_CANON_SIMPLE;
    unsigned long long covered;

    if (text == NULL)
        return false;
    if (dkim_sig_getcanons(check->entries[index].info, &header, &body) != DKIM_STAT_OK)
        return true;
    errno = 0;
    covered = strtoull(text, NULL, 10);
    return errno != 0 ||
           covered < (body == DKIM_CANON_RELAXED ? check->length.relaxed : check->length.simple);
}

static void judge_late(struct dkim_check *check, size_t index)
{
    DKIM_SIGINFO *info = check->entries[index].info;
    DKIM_SIGERROR error = dkim_sig_geterror(info);
    unsigned flags = dkim_sig_getflags(info);
    int body = dkim_sig_getbh(info);

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (error == errors[i].error)
            decide(check, index, errors[i].status, errors[i].why);
    if ((flags & DKIM_SIGFLAG_PASSED) != 0 && body == DKIM_SIGBH_MISMATCH)
        decide(check, index, DKIM_FAIL, "the body was changed");
    else if (error == DKIM_SIGERROR_BADSIG)
        decide(check, index, DKIM_FAIL, "it does not fit header and key");
    else if (error == DKIM_SIGERROR_UNKNOWN)
        decide(check, index, DKIM_TEMPERROR, "it could not be checked");
    else if (error != DKIM_SIGERROR_OK || (flags & DKIM_SIGFLAG_PASSED) == 0 ||
             body != DKIM_SIGBH_MATCH)
        decide(check, index, DKIM_PERMERROR, "it is malformed");
    else if (has_tail(check, index))
        decide(check, index, DKIM_FAIL, "l= leaves a tail of the body unsigned");
    else
        decide(check, index, DKIM_PASS, NULL);
}

/* Both canonical forms end a last line that has no end (RFC 6376 §3.4.3, §3.4.4); the library
 * refuses the mail instead. */
static void end_last_line(struct dkim_check *check)
{
    if (check->last[1] != '\0' && memcmp(check->last, "\r\n", 2) != 0)
        dkim_feed(check, "\r\n", 2);
}

int dkim_end(struct dkim_check *check)
{
    _Bool testing = false;

    if (is_open(check))
        end_last_line(check);
    if (!is_open(check) || check->trouble != 0)
        return check->trouble;
    dkim_length_end(&check->length);
    /* its result speaks of one signature only */
    dkim_keys_use(check->dkim->keys);
    (void)dkim_eom(check->handle, &testing);
    dkim_keys_use(NULL);
    for (size_t i = 0; i < check->count; i++)
        if (!check->entries[i].decided)
            judge_late(check, i);
    return check->trouble;
}

void dkim_check_free(struct dkim_check **check)
{
    struct arena *arena;

    if (*check == NULL)
        return;
    if ((*check)->handle != NULL)
        dkim_free((*check)->handle);
    arena = (*check)->arena;
    *check = NULL;
    arena_free(&arena);
}

size_t dkim_signatures(const struct dkim_check *check, const struct dkim_signature **out)
{
    *out = check->signatures;
    return check->count;
}

/* One octet for each part of the version; the last is what was not released yet. */
void dkim_verifier_libraries(FILE *out)
{
    uint32_t version = dkim_libversion();

    fprintf(out, "libopendkim %u.%u.%u\n", version >> 24, (version >> 16) & 0xff,
        (version >> 8) & 0xff);
}
