/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The header form by the RFC 5322 grammar, the parameter by RFC 3339, and the test of RFC 7293:
 * held continuously far enough back to include the point in time that the sender names.
 *
 * Must never: let a field for one recipient count for another (RFC 7293 §5.2), or take a field
 * that it can only half read; a lenient reading could let through what was to be stopped.
 */
#include "rrvs.h"

#include "cfws.h"
#include "err.h"

#include <string.h>
#include <strings.h>

static const char *const result_names[] = {
    "none", "pass", "fail", "unknown", "temperror", "permerror", "ignored"};

const char *rrvs_result_name(enum rrvs_result result)
{
    return result_names[result];
}

/* An addr-spec being copied without its comments and white space. */
struct copy {
    const char *at;
    const char *end;
    char *to;
};

/* RFC 5322 atext, and what RFC 6532 §3.2 adds to it */
static bool is_atext(char c)
{
    return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool next_is(const struct copy *copy, char wanted)
{
    return copy->at < copy->end && *copy->at == wanted;
}

static bool skip(struct copy *copy)
{
    return cfws_skip(&copy->at, copy->end);
}

static bool copy_atom(struct copy *copy)
{
    const char *start = copy->at;

    while (copy->at < copy->end && is_atext(*copy->at))
        *copy->to++ = *copy->at++;
    return copy->at > start;
}

/* One octet, quoted pair or fold of a quoted string or domain literal. Controls are in none. */
static bool copy_enclosed(struct copy *copy)
{
    const char *fold = copy->at;

    if (*copy->at == '\r' || *copy->at == '\n') {
        fold += *fold == '\r' ? 1 : 0;
        if (copy->end - fold < 2 || fold[0] != '\n' || (fold[1] != ' ' && fold[1] != '\t'))
            return false;
        copy->at = fold + 1;
        return true;
    }
    if (*copy->at == '\\') {
        *copy->to++ = *copy->at++;
        if (copy->at == copy->end)
            return false;
    }
    if (((unsigned char)*copy->at < ' ' && *copy->at != '\t') || *copy->at == 0x7f)
        return false;
    *copy->to++ = *copy->at++;
    return true;
}

static bool copy_quoted(struct copy *copy)
{
    *copy->to++ = *copy->at++;
    while (copy->at < copy->end && *copy->at != '"')
        if (!copy_enclosed(copy))
            return false;
    if (copy->at == copy->end)
        return false;
    *copy->to++ = *copy->at++;
    return true;
}

static bool copy_literal(struct copy *copy)
{
    *copy->to++ = *copy->at++;
    while (copy->at < copy->end && *copy->at != ']') {
        if (*copy->at == '[' || !copy_enclosed(copy))
            return false;
    }
    if (copy->at == copy->end)
        return false;
    *copy->to++ = *copy->at++;
    return skip(copy);
}

/* word *("." word), as local-part and obs-local-part have it; a domain has no quoted words */
static bool copy_words(struct copy *copy, bool quoted)
{
    for (;;) {
        if (!skip(copy))
            return false;
        if (quoted && next_is(copy, '"')) {
            if (!copy_quoted(copy))
                return false;
        } else if (!copy_atom(copy)) {
            return false;
        }
        if (!skip(copy))
            return false;
        if (!next_is(copy, '.'))
            return true;
        *copy->to++ = *copy->at++;
    }
}

/* Copies local-part "@" domain; the cursor then stands behind the white space that follows. */
static bool copy_spec(struct copy *copy)
{
    if (!copy_words(copy, true) || !next_is(copy, '@'))
        return false;
    *copy->to++ = *copy->at++;
    if (!skip(copy))
        return false;
    if (next_is(copy, '[') ? !copy_literal(copy) : !copy_words(copy, false))
        return false;
    *copy->to = '\0';
    return true;
}

int rrvs_parse_header(
    struct arena *arena, const char *value, size_t length, struct address *address, int64_t *when)
{
    char *spec = arena_alloc(arena, length + 1);
    struct copy copy = {value, value + length, spec};
    int rc;

    if (spec == NULL)
        return ERR_NOMEM;
    if (!copy_spec(&copy) || !next_is(&copy, ';'))
        return ERR_SYNTAX;
    copy.at++;
    rc = date_parse_rfc5322(copy.at, (size_t)(copy.end - copy.at), when);
    if (rc == 0)
        rc = address_parse_spec(arena, spec, NULL, address);
    return rc == ERR_CHARSET ? ERR_SYNTAX : rc;
}

int rrvs_parse_parameter(const char *value, int64_t *when, char *action)
{
    const char *behind = value + strcspn(value, ";");
    char letter = 0;

    if (*behind == ';') {
        letter = behind[1];
        if (letter == 'c' || letter == 'r')
            letter = (char)(letter - 'a' + 'A');
        if ((letter != 'C' && letter != 'R') || behind[2] != '\0')
            return ERR_SYNTAX;
    }
    if (date_parse_rfc3339(value, (size_t)(behind - value), when) != 0)
        return ERR_SYNTAX;
    *action = letter;
    return 0;
}

/* One well-formed field. */
struct demand {
    const char *key; /* of the address that it names */
    int64_t when;
};

/* What the fields of a mail ask, read once for all its recipients. */
struct rrvs_demands {
    struct demand *demands;
    size_t count;
    size_t malformed;
};

/* Reads one field; only the key outlives the scratch arena, so that thousands of fields with
 * long comments do not fill the mail's own. */
static int read_field(struct mail *mail, const struct mail_field *field, struct arena *scratch,
    struct rrvs_demands *demands)
{
    struct demand *demand = &demands->demands[demands->count];
    struct address address;
    int rc = rrvs_parse_header(scratch, field->value, field->length, &address, &demand->when);

    if (rc == ERR_NOMEM)
        return rc;
    if (rc != 0) {
        demands->malformed++;
        return 0;
    }
    demand->key = arena_strdup(mail->arena, address.key);
    if (demand->key == NULL)
        return ERR_NOMEM;
    demands->count++;
    return 0;
}

/* A mail of as many fields as recipients costs the sum of both, not the product: each field is
 * read with the first recipient that asks, and compared with the others. */
static int read_fields(struct mail *mail)
{
    size_t fields = mail_field_count(mail, RRVS_FIELD);
    struct rrvs_demands *demands;
    int rc = 0;

    if (mail->rrvs != NULL)
        return 0;
    demands = arena_alloc(mail->arena, sizeof(*demands));
    if (demands == NULL)
        return ERR_NOMEM;
    demands->demands = arena_array(mail->arena, fields, sizeof(*demands->demands));
    if (demands->demands == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < mail->field_count && rc == 0; i++) {
        struct arena *scratch;

        if (strcasecmp(mail->fields[i].name, RRVS_FIELD) != 0)
            continue;
        scratch = arena_new(0);
        rc = scratch == NULL ? ERR_NOMEM : read_field(mail, &mail->fields[i], scratch, demands);
        arena_free(&scratch);
    }
    if (rc == 0)
        mail->rrvs = demands;
    return rc;
}

/* The oldest date that is demanded for the recipient, which is the one that fails if any does. */
static int64_t oldest_for(const struct rrvs_demands *demands, const struct address *recipient)
{
    int64_t when = DATE_NONE;

    for (size_t i = 0; i < demands->count; i++)
        if (strcmp(demands->demands[i].key, recipient->key) == 0 &&
            (when == DATE_NONE || demands->demands[i].when < when))
            when = demands->demands[i].when;
    return when;
}

/* Is there a demand, but none that can be read? Then nobody knows whom it is for. */
static bool is_unreadable(const struct rrvs_demands *demands)
{
    return demands->malformed > 0 && demands->count == 0;
}

static struct rrvs_verdict verdict(enum rrvs_result result, int64_t when, const char *status)
{
    return (struct rrvs_verdict){result, when, status};
}

/* Has nobody else held the mailbox at any point since `when`? (§5.1, §9) */
static struct rrvs_verdict test(const struct rrvs_recipient *recipient, int64_t when)
{
    /* dates of the mailbox can turn the answer either way, so it must wait for them */
    if (recipient->unreadable)
        return verdict(RRVS_TEMPERROR, when, "4.3.0");
    if (recipient->keep_since != DATE_NONE && recipient->keep_since <= when)
        return verdict(RRVS_PASS, when, NULL);
    if (recipient->owned_since != DATE_NONE && when < recipient->owned_since)
        return verdict(RRVS_FAIL, when, "5.7.18");
    if (recipient->since != DATE_NONE && when < recipient->since)
        return verdict(RRVS_FAIL, when, "5.7.17");
    /* a mailbox that changed hands within our time tells that our time had begun */
    if (recipient->owned_since == DATE_NONE && recipient->since == DATE_NONE)
        return verdict(RRVS_UNKNOWN, when, "5.7.19");
    return verdict(RRVS_PASS, when, NULL);
}

int rrvs_judge(struct mail *mail, const struct rrvs_recipient *recipient, struct rrvs_verdict *out)
{
    int64_t when = recipient->parameter;
    bool unreadable = false;

    *out = verdict(RRVS_NONE, DATE_NONE, NULL);
    if (recipient->parameter == DATE_NONE) {
        /* a parameter would set the fields aside (§5) */
        int rc = read_fields(mail);

        if (rc != 0)
            return rc;
        when = oldest_for(mail->rrvs, recipient->address);
        unreadable = is_unreadable(mail->rrvs);
    }
    if (when != DATE_NONE && (recipient->role || !recipient->ours))
        *out = verdict(RRVS_IGNORED, DATE_NONE, NULL);
    else if (when != DATE_NONE)
        *out = test(recipient, when);
    else if (recipient->ours && unreadable)
        *out = verdict(RRVS_PERMERROR, DATE_NONE, NULL);
    return 0;
}
