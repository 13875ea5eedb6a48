/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Proofs are looked at in a fixed order and the first one that holds is told; where none holds,
 * the nearest miss is told, which is what an administrator wants to know. Everything is compared
 * as A-labels. Whatever cannot be read proves nothing.
 */
#include "sender.h"

#include "address.h"
#include "authres.h"
#include "dkim.h"
#include "domain.h"
#include "err.h"
#include "trace.h"

#include <string.h>
#include <strings.h>

#define FROM_MAILBOXES_MAX ((size_t)20)
#define RESULTS_MAX ((size_t)100)
/* Sendmail: MAXNAME, and less than MAXNAME + MAXATOM; its OperatorChars, and what always parts */
#define PIECE_MAX ((size_t)250)
#define PIECES_MAX ((size_t)1200)
#define SEPARATORS ".:%@!^/[]+()<>,;\" \t\r\n"

/* The methods that can prove a sender. */
enum method { METHOD_DMARC, METHOD_DKIM, METHOD_SPF, METHOD_COUNT };

static const char *const method_names[METHOD_COUNT] = {"dmarc", "dkim", "spf"};

struct work {
    struct mail *mail;
    const struct sender_rules *rules;
    const struct catalogue *catalogue;
    struct sender *sender;
    const char *organisation; /* organisational domain of From's; NULL for none */
    /* of each method the topmost trusted field that has results of it; NULL for none */
    const struct authres *fields[METHOD_COUNT];
    size_t trusted_count; /* fields that were believed */
    size_t result_count;  /* of all of them */
    const char *miss;     /* why nothing is proven, as far as it is known */
    bool temperror;
    bool no_memory;
};

/* ---- small tools ---- */

/* A-labels of a name; NULL where it is none, or without memory. */
static const char *to_ascii(struct work *work, const char *name)
{
    const char *ascii = NULL;

    if (domain_to_ascii(work->mail->arena, name, &ascii) == ERR_NOMEM)
        work->no_memory = true;
    return ascii;
}

/* The domain of a property's value: what stands behind the last '@', or the whole. */
static const char *domain_of(struct work *work, const char *value)
{
    const char *at = value == NULL ? NULL : strrchr(value, '@');

    return value == NULL ? NULL : to_ascii(work, at == NULL ? value : at + 1);
}

/* "method=result ptype.property=domain (where)"; without a domain only "method=result (where)". */
static const char *tell(struct work *work, const char *result, const char *property,
    const char *domain, const char *where)
{
    const char *text = domain == NULL ? arena_printf(work->mail->arena, "%s (%s)", result, where)
                                      : arena_printf(work->mail->arena, "%s %s=%s (%s)", result,
                                            property, domain, where);

    work->no_memory = work->no_memory || text == NULL;
    return text;
}

/* The first reason stays, as that of the strongest method. */
static void remember_miss(struct work *work, const char *why)
{
    if (work->miss == NULL)
        work->miss = why;
}

static void prove(struct work *work, const char *auth)
{
    struct sender *sender = work->sender;

    sender->authenticated = work->organisation;
    sender->auth = auth;
}

static bool is_proven(const struct work *work)
{
    return work->sender->authenticated != NULL;
}

/* ---- From ---- */

/* The mailboxes of the one From field; NULL with the reason told. */
static struct address_mailbox *read_from(struct work *work, size_t *count)
{
    struct mail *mail = work->mail;
    const struct mail_field *field = mail_field(mail, "From", 0);
    struct address_mailbox *mailboxes;
    bool broken;

    if (field == NULL) {
        work->miss = "there is no From field";
        return NULL;
    }
    if (mail_field_count(mail, "From") > 1) {
        work->miss = "there are several From fields";
        return NULL;
    }
    if (address_parse_list(
            mail->arena, field->value, FROM_MAILBOXES_MAX, &mailboxes, count, &broken) != 0) {
        work->no_memory = true;
        return NULL;
    }
    if (broken || *count == 0 || strlen(field->value) != field->length) {
        work->miss = "From cannot be read";
        return NULL;
    }
    return mailboxes;
}

/* RFC 7489 §6.6.1: one From field, all of it at one domain. */
static void find_from(struct work *work)
{
    struct sender *sender = work->sender;
    size_t count = 0;
    struct address_mailbox *mailboxes = read_from(work, &count);

    if (mailboxes == NULL)
        return;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(mailboxes[i].address.domain, mailboxes[0].address.domain) != 0) {
            work->miss = "From names several domains";
            return;
        }
    }
    if (count == 1) {
        sender->from = mailboxes[0].address.key;
        sender->from_display = mailboxes[0].display;
    }
    if (mailboxes[0].address.literal)
        work->miss = "From names no domain";
    else
        sender->from_domain = mailboxes[0].address.domain;
}

/* Can From be proven at all? A header that was cut may hold a second From beyond the cut. */
static bool is_provable(struct work *work)
{
    if (work->sender->from_domain == NULL)
        return false;
    if (work->organisation == NULL)
        work->miss = "From names a public suffix";
    else if ((work->mail->cut & MAIL_CUT_HEADER) != 0)
        work->miss = "the header was too large to be read whole";
    return work->miss == NULL;
}

/* ---- our own verification ---- */

static const char *status_name(enum dkim_status status)
{
    switch (status) {
    case DKIM_PASS:
        return "dkim=pass";
    case DKIM_FAIL:
        return "dkim=fail";
    case DKIM_TEMPERROR:
        return "dkim=temperror";
    case DKIM_PERMERROR:
        return "dkim=permerror";
    case DKIM_UNALIGNED:
    case DKIM_NONE_FOUND:
        break;
    }
    return "dkim=none";
}

static void prove_by_signature(struct work *work, const struct dkim_signature *signature)
{
    const char *domain = signature->domain == NULL ? NULL : to_ascii(work, signature->domain);
    bool aligned = domain != NULL && domain_aligned(domain, work->sender->from_domain);

    if (aligned && signature->status == DKIM_PASS) {
        prove(work, tell(work, "dkim=pass", "header.d", domain, "verified here"));
        return;
    }
    /* a signature whose domain is not known may have been the one */
    if (signature->status == DKIM_TEMPERROR && (aligned || domain == NULL))
        work->temperror = true;
    if (aligned)
        remember_miss(work, tell(work, status_name(signature->status), "header.d", domain,
                                signature->why == NULL ? "verified here" : signature->why));
}

static void prove_by_dkim(struct work *work)
{
    const struct dkim_signature *signatures = NULL;
    size_t count = 0;

    if (work->mail->dkim != NULL)
        count = dkim_signatures(work->mail->dkim, &signatures);
    for (size_t i = 0; i < count && !is_proven(work); i++)
        prove_by_signature(work, &signatures[i]);
    if (count == 0 && (work->rules->methods & SENDER_BY_HEADER) == 0)
        remember_miss(work, "no signature");
}

/* ---- trusted Authentication-Results ---- */

/* Only an id with an A-label, or with what becomes one, has a second spelling. */
static bool has_two_spellings(const char *id)
{
    for (const char *c = id; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80 || strncasecmp(c, "xn--", 4) == 0)
            return true;
    return false;
}

static bool is_same_id(struct work *work, const char *written, const char *trusted)
{
    const char *first, *second;

    if (strcasecmp(written, trusted) == 0)
        return true;
    if (!has_two_spellings(trusted))
        return false;
    first = to_ascii(work, written);
    second = to_ascii(work, trusted);
    return first != NULL && second != NULL && strcmp(first, second) == 0;
}

static bool is_trusted(struct work *work, const char *id)
{
    for (size_t i = 0; i < work->rules->trusted_count; i++)
        if (is_same_id(work, id, work->rules->trusted_ids[i]))
            return true;
    return false;
}

static bool has_method(const struct authres *field, enum method method)
{
    for (size_t i = 0; i < field->result_count; i++)
        if (strcmp(field->results[i].method, method_names[method]) == 0)
            return true;
    return false;
}

/* A piece of a field as Sendmail takes fields apart: its octets, 0 for white space and comments. */
static size_t piece_length(const char *text, size_t length, size_t *step)
{
    size_t depth = 0, end = 0;
    bool quoted = text[0] == '"';

    *step = 1;
    if (text[0] != '(' && !quoted) {
        if (strchr(SEPARATORS, text[0]) != NULL)
            return strchr(" \t\r\n", text[0]) == NULL;
        while (end < length && strchr(SEPARATORS, text[end]) == NULL)
            end++;
        *step = end;
        return end;
    }
    for (; end < length; end++) {
        if (text[end] == '\\')
            end++;
        else if (!quoted && text[end] == '(')
            depth++;
        else if (quoted ? end > 0 && text[end] == '"' : text[end] == ')' && --depth == 0)
            break;
    }
    *step = end < length ? end + 1 : length;
    return quoted ? *step : 0;
}

/* Where Sendmail's rules are the border they refuse forged fields, but see none with too long a
 * piece, or too many: such a field may be anybody's. */
static bool is_seen_at_border(const struct mail_field *field)
{
    size_t all = 0, step;

    for (size_t at = 0; at < field->length; at += step) {
        size_t piece = piece_length(field->value + at, field->length - at, &step);

        all += piece + (piece > 0);
        if (piece > PIECE_MAX || all > PIECES_MAX)
            return false;
    }
    return true;
}

/* Reads one field; false where no further ones are to be read. */
static bool read_field(struct work *work, const struct mail_field *field)
{
    struct authres *results = arena_alloc(work->mail->arena, sizeof(*results));
    int error = results == NULL
                    ? ERR_NOMEM
                    : authres_parse(work->mail->arena, field->value, field->length, results);

    if (error == ERR_NOMEM) {
        work->no_memory = true;
        return false;
    }
    if (error != 0 || results->version != 1 || !is_trusted(work, results->authserv_id) ||
        (!work->mail->found && !is_seen_at_border(field)))
        return true;
    work->trusted_count++;
    if (results->result_count > RESULTS_MAX - work->result_count)
        return false;
    work->result_count += results->result_count;
    for (enum method method = 0; method < METHOD_COUNT; method++)
        if (work->fields[method] == NULL && has_method(results, method))
            work->fields[method] = results;
    return true;
}

/* What stands below a Received field came with the mail, whoever it names. */
static void read_fields(struct work *work)
{
    const struct mail *mail = work->mail;

    for (size_t i = 0; i < mail->field_count; i++) {
        const struct mail_field *field = &mail->fields[i];

        if (strcasecmp(field->name, "Received") == 0)
            return;
        if (strcasecmp(field->name, "Authentication-Results") == 0 && !read_field(work, field))
            return;
    }
}

/* Goes on behind a Received field of a mail that lay in a mailbox? Behind one that a machine of
 * the host wrote; the first that tells of a client who is none of them is the last. */
static bool passes(struct work *work, const struct mail_field *field, bool *entered)
{
    struct trace_hop hop;

    if (trace_read(work->mail->arena, field, &hop) != 0) {
        work->no_memory = true;
        return false;
    }
    if (*entered)
        return false;
    if (hop.from == NULL)
        return true;
    *entered = !is_trusted(work, hop.from);
    return hop.by != NULL && is_trusted(work, hop.by);
}

/* See sender.h. */
static void read_found_fields(struct work *work)
{
    const struct mail *mail = work->mail;
    bool entered = false;

    for (size_t i = 0; i < mail->field_count && work->trusted_count == 0; i++) {
        const struct mail_field *field = &mail->fields[i];

        if (strcasecmp(field->name, "Received") == 0 && !passes(work, field, &entered))
            return;
        if (strcasecmp(field->name, "Authentication-Results") == 0 && !read_field(work, field))
            return;
    }
}

static bool is_result(const struct authres_result *result, const char *word)
{
    return strcmp(result->result, word) == 0;
}

/* The domain that a DKIM result speaks for: d=, and i= only where d= is not told at all. */
static const char *dkim_domain(struct work *work, const struct authres_result *result)
{
    for (size_t i = 0; i < result->property_count; i++)
        if (strcmp(result->properties[i].ptype, "header") == 0 &&
            strcmp(result->properties[i].property, "d") == 0)
            return domain_of(work, authres_property(result, "header", "d"));
    return domain_of(work, authres_property(result, "header", "i"));
}

/* RFC 8301 §3.1: no pass of rsa-sha1 is one. Several algorithms told for one result are none. */
static bool is_weak(const struct authres_result *result)
{
    for (size_t i = 0; i < result->property_count; i++)
        if (strcmp(result->properties[i].ptype, "header") == 0 &&
            strcmp(result->properties[i].property, "a") == 0 &&
            strcasecmp(result->properties[i].value, "rsa-sha1") == 0)
            return true;
    return false;
}

/* The domain that a result is about, and the property that names it. */
static const char *result_domain(struct work *work, enum method method,
    const struct authres_result *result, const char **property)
{
    switch (method) {
    case METHOD_DMARC:
        *property = "header.from";
        return domain_of(work, authres_property(result, "header", "from"));
    case METHOD_DKIM:
        *property = "header.d";
        return dkim_domain(work, result);
    default:
        *property = "smtp.mailfrom";
        return domain_of(work, authres_property(result, "smtp", "mailfrom"));
    }
}

/* The authserv-id as ASCII, for the line that tells. */
static const char *printable_id(struct work *work, const struct authres *field)
{
    const char *ascii = to_ascii(work, field->authserv_id);

    return ascii == NULL ? "trusted" : ascii;
}

static const char *tell_result(struct work *work, const struct authres *field,
    const struct authres_result *result, const char *property, const char *domain)
{
    const char *words = arena_printf(work->mail->arena, "%s=%s", result->method, result->result);

    if (words == NULL) {
        work->no_memory = true;
        return NULL;
    }
    return tell(work, words, property, domain, printable_id(work, field));
}

static void prove_by_result(struct work *work, enum method method, const struct authres *field,
    const struct authres_result *result)
{
    const char *property;
    const char *domain = result_domain(work, method, result, &property);
    bool aligned = domain != NULL && domain_aligned(domain, work->sender->from_domain);
    const char *told;

    if (is_result(result, "temperror") && (aligned || domain == NULL))
        work->temperror = true;
    if (!aligned)
        return;
    told = tell_result(work, field, result, property, domain);
    if (!is_result(result, "pass"))
        remember_miss(work, told);
    else if (method == METHOD_DKIM && is_weak(result))
        remember_miss(work, "rsa-sha1 is no proof");
    else
        prove(work, told);
}

/* A DMARC failure speaks about From itself, and against every weaker proof. */
static bool is_refuted(struct work *work)
{
    const struct authres *field = work->fields[METHOD_DMARC];

    for (size_t i = 0; field != NULL && i < field->result_count; i++) {
        const struct authres_result *result = &field->results[i];

        if (strcmp(result->method, "dmarc") == 0 && is_result(result, "fail")) {
            work->miss = tell_result(work, field, result, NULL, NULL);
            return true;
        }
    }
    return false;
}

static void prove_by_method(struct work *work, enum method method)
{
    const struct authres *field = work->fields[method];

    for (size_t i = 0; field != NULL && i < field->result_count && !is_proven(work); i++)
        if (strcmp(field->results[i].method, method_names[method]) == 0)
            prove_by_result(work, method, field, &field->results[i]);
}

static void prove_by_header(struct work *work)
{
    if (work->mail->found)
        read_found_fields(work);
    else
        read_fields(work);
    if (work->no_memory || is_refuted(work))
        return;
    for (enum method method = 0; method < METHOD_COUNT && !is_proven(work); method++)
        prove_by_method(work, method);
    if (work->fields[METHOD_DMARC] == NULL && work->fields[METHOD_DKIM] == NULL &&
        work->fields[METHOD_SPF] == NULL)
        remember_miss(work, "no trusted results");
}

/* ---- the service ---- */

/* What From's domain is, were it proven. Mail from a carrier's own domain is somebody's who may
 * be anybody, unless the catalogue knows that very domain. */
static const char *find_service(const struct work *work, const struct catalogue_service **entry)
{
    const char *domain = work->sender->from_domain;
    bool carrier = catalogue_is_carrier(work->catalogue, domain);

    *entry = carrier ? catalogue_by_exact_domain(work->catalogue, domain)
                     : catalogue_by_domain(work->catalogue, domain);
    if (*entry != NULL)
        return (*entry)->id;
    return carrier ? NULL : work->organisation;
}

/* The service of that name, NULL for none. */
static const struct catalogue_service *find_named(struct work *work, const char *text)
{
    const struct catalogue_service *entry = NULL;

    if (catalogue_by_name(work->catalogue, work->mail->arena, text, &entry) != 0)
        work->no_memory = true;
    return entry;
}

/* The service whose name is a label of From's domain, or begins one: "netflix-help.example". Public
 * suffixes name nobody. */
static const struct catalogue_service *find_named_domain(struct work *work)
{
    const char *label = work->sender->from_domain, *last = work->organisation;
    const struct catalogue_service *entry = NULL;

    for (; last != NULL && entry == NULL && label <= last; label = strchr(label, '.') + 1) {
        char *text = arena_strndup(work->mail->arena, label, strcspn(label, "."));

        work->no_memory = work->no_memory || text == NULL;
        if (work->no_memory)
            return NULL;
        entry = find_named(work, text);
    }
    return entry;
}

/* Whom an unproven sender wants to be taken for: the service whose domain it writes into From, or
 * else whose name. */
static void find_claim(struct work *work, const struct catalogue_service *entry)
{
    struct sender *sender = work->sender;

    if (entry == NULL)
        entry = find_named(work, sender->from_display);
    if (entry == NULL)
        entry = find_named_domain(work);
    if (entry != NULL)
        sender->claimed = entry->id;
}

static void find_services(struct work *work)
{
    struct sender *sender = work->sender;
    const struct catalogue_service *entry;

    if (sender->from_domain == NULL)
        return;
    sender->claimed = find_service(work, &entry);
    if (sender->authenticated == NULL) {
        find_claim(work, entry);
        return;
    }
    sender->service = sender->claimed;
    sender->entry = entry;
}

/* ---- the whole ---- */

static void find_proof(struct work *work)
{
    unsigned methods = work->rules->methods;

    if (!is_provable(work))
        return;
    if ((methods & SENDER_BY_DKIM) != 0)
        prove_by_dkim(work);
    if ((methods & SENDER_BY_HEADER) != 0 && !is_proven(work))
        prove_by_header(work);
    if ((methods & SENDER_ASSUMED) != 0 && !is_proven(work))
        prove(work, "assumed");
}

static void tell_miss(struct work *work)
{
    struct sender *sender = work->sender;

    if (is_proven(work))
        return;
    sender->temperror = work->temperror;
    sender->auth = arena_printf(
        work->mail->arena, "none: %s", work->miss == NULL ? "no aligned pass" : work->miss);
    work->no_memory = work->no_memory || sender->auth == NULL;
}

int sender_identify(struct mail *mail, const struct sender_rules *rules,
    const struct catalogue *catalogue, struct sender **out)
{
    struct work work = {.mail = mail, .rules = rules, .catalogue = catalogue};

    *out = NULL;
    work.sender = arena_alloc(mail->arena, sizeof(*work.sender));
    if (work.sender == NULL)
        return ERR_NOMEM;
    work.sender->from_display = "";
    find_from(&work);
    if (work.sender->from_domain != NULL)
        work.organisation = domain_organisational(work.sender->from_domain);
    if (!work.no_memory)
        find_proof(&work);
    tell_miss(&work);
    if (!work.no_memory)
        find_services(&work);
    if (work.no_memory)
        return ERR_NOMEM;
    *out = work.sender;
    return 0;
}
