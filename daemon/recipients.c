/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "recipients.h"

#include <string.h>
#include <strings.h>

#include "err.h"
#include "trace.h"

#define ADDRESSES_MAX ((size_t)100)
#define RECEIVED "Received"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* Adds the addresses of all fields of that name in a part of the header. */
static int read_part(const struct recipients_search *search, struct mail *mail,
    const struct trace_part *part, const char *name, bool ours, struct recipients *out)
{
    struct address_mailbox *mailboxes;
    size_t count;
    bool broken;
    int r = 0;

    for (size_t at = part->begin; r == 0 && at < part->end; at++) {
        if (strcasecmp(mail->fields[at].name, name) != 0)
            continue;
        r = address_parse_list(
            mail->arena, mail->fields[at].value, ADDRESSES_MAX, &mailboxes, &count, &broken);
        for (size_t i = 0; r == 0 && i < count; i++)
            r = add(search, mail, mailboxes[i].address.seen, ours, out);
    }
    return r;
}

/* Adds the recipients of Received fields in a part of the header, the lowest first, until one is
 * ours: what stands above is what the host made of it (the mailbox of a catch-all). deepest: look
 * at the last field of the part alone, by which the mail came in. */
static int read_received(const struct recipients_search *search, struct mail *mail,
    const struct trace_part *part, bool deepest, struct recipients *out)
{
    struct trace_hop hop;
    int r = 0;

    for (size_t at = part->end; r == 0 && out->count == 0 && at > part->begin; at--) {
        if (strcasecmp(mail->fields[at - 1].name, RECEIVED) != 0)
            continue;
        r = trace_read(mail->arena, &mail->fields[at - 1], &hop);
        if (r == 0 && hop.recipient != NULL)
            r = add(search, mail, hop.recipient, true, out);
        if (deepest)
            break;
    }
    return r;
}

static int read_place(const struct recipients_search *search, struct mail *mail,
    const struct trace_part *part, const struct recipients_place *place, bool ours,
    struct recipients *out)
{
    int r = read_part(search, mail, part, place->field, ours, out);

    out->from = place->field;
    if (r == 0 && place->other != NULL)
        r = read_part(search, mail, part, place->other, ours, out);
    return r;
}

static int begin(struct mail *mail, struct recipients *out)
{
    *out = (struct recipients){0};
    out->items = arena_array(mail->arena, ADDRESSES_MAX + 1, sizeof(*out->items));
    return out->items != NULL ? 0 : ERR_NOMEM;
}

int recipients_find(
    const struct recipients_search *search, struct mail *mail, bool ours, struct recipients *out)
{
    const struct trace_part all = {0, mail->field_count};
    int r = begin(mail, out);

    for (size_t i = 0; r == 0 && i < search->place_count && out->count == 0; i++)
        r = read_place(search, mail, &all, &search->places[i], ours, out);
    if (out->count == 0)
        out->from = NULL;
    return r;
}

/* What deliveries of one host left, the surest first. Which mailbox it was put into says least: it
 * may be that of a catch-all. */
static int read_deliveries(const struct recipients_search *search, struct mail *mail,
    const struct trace_part *part, struct recipients *out)
{
    static const struct recipients_place first = {"X-Gm-Original-To", NULL};
    static const struct recipients_place middle[] = {
        {"X-Original-To", NULL}, {"Envelope-To", "X-Envelope-To"}, {"X-Delivered-To", NULL}};
    static const struct recipients_place last[] = {
        {"Delivered-To", NULL}, {"X-Forwarded-To", NULL}};
    int r = read_place(search, mail, part, &first, true, out);

    if (r == 0 && out->count == 0)
        r = read_received(search, mail, part, true, out);
    for (size_t i = 0; r == 0 && out->count == 0 && i < COUNT(middle); i++)
        r = read_place(search, mail, part, &middle[i], true, out);
    if (r == 0 && out->count == 0)
        r = read_received(search, mail, part, false, out);
    for (size_t i = 0; r == 0 && out->count == 0 && i < COUNT(last); i++)
        r = read_place(search, mail, part, &last[i], true, out);
    return r;
}

int recipients_trace(
    const struct recipients_search *search, struct mail *mail, struct recipients *out)
{
    static const struct recipients_place written = {"To", "Cc"};
    const struct trace_part all = {0, mail->field_count};
    struct trace_part parts[TRACE_PARTS_MAX];
    size_t count = 0;
    int r = begin(mail, out);

    if (r == 0)
        r = trace_parts(mail, parts, &count);
    for (size_t i = 0; r == 0 && out->count == 0 && i < count; i++)
        r = read_deliveries(search, mail, &parts[i], out);
    return r != 0 || out->count > 0 ? r : read_place(search, mail, &all, &written, true, out);
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
