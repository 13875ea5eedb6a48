/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * For whom a mail is: said on the command line, or taken from the fields that a delivery leaves.
 */
#include <string.h>

#include "err.h"
#include "explain.h"

#define PARAMETERS_MAX ((size_t)16)

static const struct recipients_place places[] = {
    {"Delivered-To", NULL}, {"X-Original-To", NULL}, {"To", NULL}};
#define PLACE_COUNT (sizeof(places) / sizeof(places[0]))

/* The end of the path at the start of "<path> PARAMETER…": a space outside of quotes. */
static char *path_end(char *text)
{
    bool quoted = false;

    for (; *text != '\0' && (quoted || *text != ' '); text++) {
        if (*text == '\\' && text[1] != '\0')
            text++;
        else if (*text == '"')
            quoted = !quoted;
    }
    return text;
}

/* Cuts an argument of -R in place. */
static int split_argument(char *text, const char *parameters[PARAMETERS_MAX + 1])
{
    size_t count = 0;
    char *at = path_end(text), *state = NULL;

    parameters[0] = NULL;
    if (*at == '\0')
        return 0;
    *at++ = '\0';
    for (char *word = strtok_r(at, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state)) {
        if (count == PARAMETERS_MAX)
            return ERR_LIMIT;
        parameters[count++] = word;
    }
    parameters[count] = NULL;
    return 0;
}

static int read_arguments(const struct explain *explain, struct mail *mail, struct recipients *out)
{
    const char *parameters[PARAMETERS_MAX + 1];
    int r = 0;

    out->items = arena_array(mail->arena, explain->recipient_count, sizeof(*out->items));
    if (out->items == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; r == 0 && i < explain->recipient_count; i++) {
        char *copy = arena_strdup(mail->arena, explain->recipients[i]);

        if (copy == NULL)
            return ERR_NOMEM;
        r = split_argument(copy, parameters);
        if (r == 0)
            r = judge_read_recipient(mail->arena, explain->setup, explain->ledger,
                &(struct judge_rcpt){copy, parameters, explain->now}, &out->items[out->count++]);
    }
    out->from = "option";
    return r;
}

int explain_recipients_find(
    const struct explain *explain, struct mail *mail, struct recipients *out)
{
    const struct recipients_search search = {
        explain->setup, explain->ledger, explain->now, places, PLACE_COUNT};
    int r;

    *out = (struct recipients){0};
    if (explain->recipient_count > 0)
        return read_arguments(explain, mail, out);
    r = recipients_find(&search, mail, true, out);
    if (r == 0 && out->count == 0)
        r = recipients_find(&search, mail, false, out);
    return r;
}
