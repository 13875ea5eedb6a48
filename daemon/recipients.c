/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "recipients.h"

#include <string.h>
#include <strings.h>

#include "err.h"
#include "trace.h"

#define ADDRESSES_MAX ((size_t)100)
#define HOPS_MAX ((size_t)30)
#define RECEIVED "Received"

static bool is_known(const struct recipients *found, const struct judge_recipient *one)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->items[i].address.key, one->address.key) == 0)
            return true;
    return false;
}

static int add(const struct recipients_search *search, struct mail *mail, const char *path,
    bool ours, struct recipients *out)
{
    struct judge_recipient *one = &out->items[out->count];
    int r = 0;

    if (out->count < ADDRESSES_MAX)
        r = judge_read_recipient(mail->arena, search->setup, search->ledger,
            &(struct judge_rcpt){path, NULL, search->now}, one);
    if (r == 0 && out->count < ADDRESSES_MAX && (one->domain != NULL) == ours &&
        !is_known(out, one))
        out->count++;
    return r;
}

/* Adds the addresses of all fields of that name. */
static int read_fields(const struct recipients_search *search, struct mail *mail, const char *name,
    bool ours, struct recipients *out)
{
    const struct mail_field *field;
    struct address_mailbox *mailboxes;
    size_t count;
    bool broken;
    int r = 0;

    for (size_t nth = 0; r == 0 && (field = mail_field(mail, name, nth)) != NULL; nth++) {
        r = address_parse_list(
            mail->arena, field->value, ADDRESSES_MAX, &mailboxes, &count, &broken);
        for (size_t i = 0; r == 0 && i < count; i++)
            r = add(search, mail, mailboxes[i].address.seen, ours, out);
    }
    return r;
}

/* The recipient by which the mail came in: of the topmost Received fields that one machine wrote
 * the lowest, for what stands above is what the machine made of it (the mailbox of a catch-all);
 * where that is none of ours, the next one down. */
static int read_received(
    const struct recipients_search *search, struct mail *mail, bool ours, struct recipients *out)
{
    const struct mail_field *field;
    const char *machine = NULL, *lowest = NULL;
    struct trace_hop hop;
    int r = 0;

    for (size_t nth = 0;
         r == 0 && nth < HOPS_MAX && (field = mail_field(mail, RECEIVED, nth)) != NULL; nth++) {
        r = trace_read(mail->arena, field, &hop);
        if (r != 0 || hop.from == NULL || hop.by == NULL)
            continue;
        if (machine != NULL && strcasecmp(machine, hop.by) != 0 && lowest != NULL) {
            r = add(search, mail, lowest, ours, out);
            if (r != 0 || out->count > 0)
                return r;
            lowest = NULL;
        }
        machine = hop.by;
        if (hop.recipient != NULL)
            lowest = hop.recipient;
    }
    return r == 0 && lowest != NULL ? add(search, mail, lowest, ours, out) : r;
}

static int read_place(const struct recipients_search *search, struct mail *mail, const char *name,
    bool ours, struct recipients *out)
{
    return strcmp(name, RECEIVED) == 0 ? read_received(search, mail, ours, out)
                                       : read_fields(search, mail, name, ours, out);
}

int recipients_find(
    const struct recipients_search *search, struct mail *mail, bool ours, struct recipients *out)
{
    int r = 0;

    *out = (struct recipients){0};
    out->items = arena_array(mail->arena, ADDRESSES_MAX + 1, sizeof(*out->items));
    if (out->items == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; r == 0 && i < search->place_count && out->count == 0; i++) {
        const struct recipients_place *place = &search->places[i];

        out->from = place->field;
        r = read_place(search, mail, place->field, ours, out);
        if (r == 0 && place->other != NULL)
            r = read_place(search, mail, place->other, ours, out);
    }
    if (out->count == 0)
        out->from = NULL;
    return r;
}

int recipients_read_sender(struct mail *mail, const char *path, bool *found)
{
    const struct mail_field *field = mail_field(mail, "Return-Path", 0);
    struct address address;
    int r;

    *found = false;
    if (path == NULL && field != NULL) {
        path = mail_unfold(mail->arena, field);
        if (path == NULL)
            return ERR_NOMEM;
    }
    if (path == NULL)
        return 0;
    r = address_parse_path(mail->arena, path, NULL, &address);
    if (r == 0)
        mail->envelope_from = address.key;
    *found = r == 0;
    return r == ERR_NOMEM ? r : 0;
}
