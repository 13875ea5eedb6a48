/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * For whom a mail is: said on the command line, or taken from the fields that a delivery leaves.
 */
#include <string.h>

#include "err.h"
#include "explain.h"

#define ADDRESSES_MAX ((size_t)100)
#define PARAMETERS_MAX ((size_t)16)

static const char *const fields[] = {"Delivered-To", "X-Original-To", "To"};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

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

static int read_arguments(
    const struct explain *explain, struct mail *mail, struct explain_recipients *out)
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

static bool is_known(const struct explain_recipients *found, const struct judge_recipient *one)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->items[i].address.key, one->address.key) == 0)
            return true;
    return false;
}

/* Adds the addresses of one field value. */
static int read_field(const struct explain *explain, struct mail *mail,
    const struct mail_field *field, bool ours, struct explain_recipients *out)
{
    struct address_mailbox *mailboxes;
    struct judge_recipient *one;
    size_t count;
    bool broken;
    int r =
        address_parse_list(mail->arena, field->value, ADDRESSES_MAX, &mailboxes, &count, &broken);

    for (size_t i = 0; r == 0 && i < count && out->count < ADDRESSES_MAX; i++) {
        one = &out->items[out->count];
        r = judge_read_recipient(mail->arena, explain->setup, explain->ledger,
            &(struct judge_rcpt){mailboxes[i].address.seen, NULL, explain->now}, one);
        if (r == 0 && (one->domain != NULL) == ours && !is_known(out, one))
            out->count++;
    }
    return r;
}

static int read_fields(
    const struct explain *explain, struct mail *mail, bool ours, struct explain_recipients *out)
{
    const struct mail_field *field;
    int r = 0;

    for (size_t i = 0; i < FIELD_COUNT && out->count == 0; i++) {
        out->from = fields[i];
        for (size_t nth = 0; r == 0 && (field = mail_field(mail, fields[i], nth)) != NULL; nth++)
            r = read_field(explain, mail, field, ours, out);
        if (r != 0)
            return r;
    }
    return 0;
}

int explain_recipients_find(
    const struct explain *explain, struct mail *mail, struct explain_recipients *out)
{
    int r;

    *out = (struct explain_recipients){0};
    if (explain->recipient_count > 0)
        return read_arguments(explain, mail, out);
    out->items = arena_array(mail->arena, ADDRESSES_MAX + 1, sizeof(*out->items));
    if (out->items == NULL)
        return ERR_NOMEM;
    r = read_fields(explain, mail, true, out);
    if (r == 0 && out->count == 0)
        r = read_fields(explain, mail, false, out);
    if (out->count == 0)
        out->from = NULL;
    return r;
}
