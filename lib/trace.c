/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "trace.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "cfws.h"
#include "date.h"
#include "err.h"

#define WORD_MAX_OCTETS ((size_t)1000)
#define WORDS_MAX 60
/* Received fields that are looked at */
#define HOPS_MAX ((size_t)60)
#define LITERAL_ROOM ((size_t)INET6_ADDRSTRLEN)
/* Nobody else has a machine of such a name: mail goes from one of them to the other. */
#define GOOGLE ".google.com"

/* The end of the word at `at`: brackets and quotes hold together what is in them. */
static const char *word_end(const char *at, const char *end)
{
    bool quoted = false, bracketed = false;

    for (; at < end && (quoted || bracketed || strchr(" \t\r\n;(", *at) == NULL); at++) {
        if (quoted && *at == '\\' && at + 1 < end)
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && (*at == '<' || *at == '>'))
            bracketed = *at == '<';
    }
    return at;
}

/* A copy of a word without the angle brackets around it; NULL stays what it was. */
static int copy_word(struct arena *arena, const char *at, const char *end, const char **out)
{
    if (*out != NULL || at == end || (size_t)(end - at) > WORD_MAX_OCTETS)
        return 0;
    if (end - at >= 2 && *at == '<' && end[-1] == '>') {
        at++;
        end--;
    }
    *out = arena_strndup(arena, at, (size_t)(end - at));
    return *out == NULL ? ERR_NOMEM : 0;
}

static bool is_word(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) == strlen(word) && strncasecmp(at, word, strlen(word)) == 0;
}

/* Where the value of a clause goes; NULL for words that begin no clause. */
static const char **place_of(
    struct trace_hop *hop, const char **nobody, const char *at, const char *end)
{
    if (is_word(at, end, "with"))
        return hop->by == NULL ? nobody : &hop->protocol;
    if (is_word(at, end, "id") || is_word(at, end, "via"))
        return nobody;
    return is_word(at, end, "from")  ? &hop->from
           : is_word(at, end, "by")  ? &hop->by
           : is_word(at, end, "for") ? &hop->recipient
                                     : NULL;
}

/* The date stands behind the last ';'. */
static void read_when(const struct mail_field *field, struct trace_hop *out)
{
    const char *mark = memrchr(field->value, ';', field->length);

    if (mark != NULL && date_parse_rfc5322(mark + 1,
                            field->length - (size_t)(mark + 1 - field->value), &out->when) != 0)
        out->when = DATE_NONE;
}

/* ---- whose machine the client was ---- */

enum client { CLIENT_UNKNOWN, CLIENT_INSIDE, CLIENT_OUTSIDE };

static bool is_private_v4(const unsigned char a[4])
{
    return a[0] == 10 || a[0] == 127 || a[0] == 0 || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
           (a[0] == 192 && a[1] == 168) || (a[0] == 169 && a[1] == 254) ||
           (a[0] == 100 && (a[1] & 0xc0) == 64);
}

static bool is_private_v6(const struct in6_addr *address)
{
    const unsigned char *a = address->s6_addr;

    if (IN6_IS_ADDR_V4MAPPED(address))
        return is_private_v4(a + 12);
    return IN6_IS_ADDR_LOOPBACK(address) || (a[0] & 0xfe) == 0xfc ||
           (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

/* What a word of the clause "from" tells: nothing where it is no address. */
static enum client read_literal(const char *at, size_t length)
{
    char text[LITERAL_ROOM];
    struct in_addr four;
    struct in6_addr six;
    char *colon;

    if (length > 5 && strncasecmp(at, "IPv6:", 5) == 0) {
        at += 5;
        length -= 5;
    }
    if (length >= sizeof(text))
        return CLIENT_UNKNOWN;
    memcpy(text, at, length);
    text[length] = '\0';
    text[strcspn(text, "%")] = '\0'; /* an interface */
    if (inet_pton(AF_INET6, text, &six) == 1)
        return is_private_v6(&six) ? CLIENT_INSIDE : CLIENT_OUTSIDE;
    colon = strchr(text, ':'); /* a port */
    if (colon != NULL)
        *colon = '\0';
    if (inet_pton(AF_INET, text, &four) != 1)
        return CLIENT_UNKNOWN;
    return is_private_v4((const unsigned char *)&four) ? CLIENT_INSIDE : CLIENT_OUTSIDE;
}

static bool ends_in(const char *name, size_t length, const char *end)
{
    size_t tail = strlen(end);

    return length > tail && strncasecmp(name + length - tail, end, tail) == 0;
}

/* Between two of Google's machines? Its own lookup of the name is what stands right before the
 * address, with a dot: "(mail-sor-f41.google.com. [192.0.2.1])". */
static bool is_google(const char *clause, const char *literal, const char *by)
{
    const char *end = literal - 3, *start = end;

    if (literal - clause < 4 || memcmp(end, ". [", 3) != 0 || by == NULL ||
        !ends_in(by, strlen(by), GOOGLE))
        return false;
    while (start > clause && strchr(" \t\n(", start[-1]) == NULL)
        start--;
    return ends_in(start, (size_t)(end - start), GOOGLE);
}

/* The client names itself, and may write an address there: one from outside counts more than any
 * number of others. */
static enum client read_client(const char *clause, const char *end, const char *by)
{
    static const char between[] = " \t\r\n()[]<>=,;\"";
    enum client found = CLIENT_UNKNOWN;

    for (const char *at = clause, *stop; at < end && found != CLIENT_OUTSIDE; at = stop + 1) {
        enum client one;

        for (stop = at; stop < end && strchr(between, *stop) == NULL;)
            stop++;
        one = read_literal(at, (size_t)(stop - at));
        if (one == CLIENT_OUTSIDE && is_google(clause, at, by))
            one = CLIENT_INSIDE;
        found = one == CLIENT_UNKNOWN ? found : one;
    }
    return found;
}

static bool begins_with(const char *text, const char *start)
{
    return text != NULL && strncasecmp(text, start, strlen(start)) == 0;
}

/* clause: what stands in front of "by". */
static void read_way(const char *clause, const char *end, struct trace_hop *out)
{
    enum client client = read_client(clause, end, out->by);

    out->fetched = begins_with(out->protocol, "POP") || begins_with(out->protocol, "IMAP");
    if (out->fetched || begins_with(out->protocol, "LMTP") ||
        begins_with(out->protocol, "UTF8LMTP") || begins_with(out->protocol, "local"))
        out->inside = true;
    else
        out->inside = out->from == NULL || client == CLIENT_INSIDE;
}

int trace_read(struct arena *arena, const struct mail_field *field, struct trace_hop *out)
{
    const char *at = field->value, *end = at + field->length, *stop, *by = end;
    const char **place = NULL, *nobody = "";
    int r = 0;

    *out = (struct trace_hop){.when = DATE_NONE};
    read_when(field, out);
    for (int words = 0; r == 0 && words < WORDS_MAX; words++) {
        if (!cfws_skip(&at, end) || at >= end || *at == ';')
            break;
        stop = word_end(at, end);
        if (stop == at)
            break;
        if (place != NULL)
            r = copy_word(arena, at, stop, place);
        place = place == NULL ? place_of(out, &nobody, at, stop) : NULL;
        if (place == &out->by && by == end)
            by = at;
        at = stop;
    }
    read_way(field->value, by, out);
    return r;
}

int trace_parts(const struct mail *mail, struct trace_part parts[TRACE_PARTS_MAX], size_t *count)
{
    size_t begin = 0, last = 0, hops = 0;
    struct trace_hop hop;
    int r;

    *count = 0;
    for (size_t i = 0; i < mail->field_count && hops < HOPS_MAX && *count < TRACE_PARTS_MAX - 1;
         i++) {
        if (strcasecmp(mail->fields[i].name, "Received") != 0)
            continue;
        r = trace_read(mail->arena, &mail->fields[i], &hop);
        if (r != 0)
            return r;
        hops++;
        last = i + 1;
        if (hop.inside)
            continue;
        parts[(*count)++] = (struct trace_part){begin, last};
        begin = last;
    }
    if (hops == 0)
        last = mail->field_count;
    if (*count == 0) /* nobody brought it from outside */
        parts[(*count)++] = (struct trace_part){0, last};
    return 0;
}

int trace_arrival(const struct mail *mail, int64_t *out)
{
    const struct mail_field *field;
    struct trace_hop hop;
    int r;

    *out = DATE_NONE;
    for (size_t nth = 0; nth < HOPS_MAX && (field = mail_field(mail, "Received", nth)) != NULL;
         nth++) {
        r = trace_read(mail->arena, field, &hop);
        if (r != 0)
            return r;
        if (*out == DATE_NONE || hop.fetched)
            *out = hop.fetched ? DATE_NONE : hop.when;
        if (!hop.inside && *out != DATE_NONE)
            break;
    }
    return 0;
}
