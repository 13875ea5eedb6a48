/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "trace.h"

#include <string.h>
#include <strings.h>

#include "cfws.h"
#include "date.h"
#include "err.h"

#define WORD_MAX_OCTETS ((size_t)1000)
#define WORDS_MAX 60
/* Received fields above the first whose date can be read */
#define HOPS_MAX ((size_t)20)

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
    if (is_word(at, end, "with") || is_word(at, end, "id") || is_word(at, end, "via"))
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

int trace_read(struct arena *arena, const struct mail_field *field, struct trace_hop *out)
{
    const char *at = field->value, *end = at + field->length, *stop;
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
        at = stop;
    }
    return r;
}

int64_t trace_arrival(const struct mail *mail)
{
    struct trace_hop hop = {.when = DATE_NONE};
    const struct mail_field *field;

    for (size_t nth = 0; nth < HOPS_MAX && (field = mail_field(mail, "Received", nth)) != NULL;
         nth++) {
        read_when(field, &hop);
        if (hop.when != DATE_NONE)
            break;
    }
    return hop.when;
}
