/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * One mail of a mailbox: for whom it is, when it came, and then judged as the daemon would have,
 * by its own code. What was done with it then is known: it was accepted.
 *
 * When it came, the first of these that is there:
 * 1. the topmost Received field, which the host of the mailbox wrote; where the mail was fetched
 *    from another host, that host's;
 * 2. the line "From " of the mbox, or the name of the file in a Maildir;
 * 3. Date, which its sender wrote. That alone must not make an account older than our time, so it
 *    counts as no earlier than the domain became ours;
 * 4. the file's own time.
 * And none is later than now.
 */
#include "scan.h"

#include <string.h>
#include <strings.h>

#include "date.h"
#include "err.h"
#include "mbox.h"
#include "recipients.h"
#include "text_words.h"
#include "trace.h"

#define LABELS_MAX ((size_t)4000)

/* What a thread works with. */
struct work {
    struct scan *scan;
    struct scan_batch *batch;
    struct scan_counts counts;
    struct scan_item *item;
    struct mail *mail;
    struct recipients recipients;
};

bool scan_judge_is_skipped(const struct setup *setup, const char *name, size_t length)
{
    const struct config_list *list = &setup->config->scan_skip_folders;

    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->items[i]) == length && strncasecmp(list->items[i], name, length) == 0)
            return true;
    return false;
}

/* ---- mail that did not come in ---- */

/* Does one of Gmail's labels say so? They are the export's own where it wrote its id on top. 0, 1
 * or ERR_NOMEM. */
static int is_labelled(const struct work *work)
{
    const struct mail *mail = work->mail;
    const struct mail_field *field = mail_field(mail, "X-Gmail-Labels", 0);
    const char *text, *end;

    if (field == NULL || strcasecmp(mail->fields[0].name, "X-GM-THRID") != 0)
        return 0;
    text = text_words_decode(mail->arena, field->value, field->length, LABELS_MAX, NULL);
    if (text == NULL)
        return ERR_NOMEM;
    for (; *text != '\0'; text = *end == '\0' ? end : end + 1) {
        text += strspn(text, " \"");
        end = text + strcspn(text, ",");
        if (scan_judge_is_skipped(work->scan->setup, text, strcspn(text, ",\"")))
            return 1;
    }
    return 0;
}

/* Written at one of our own mailboxes, and never brought by anybody? 0, 1 or an error. */
static int is_own_writing(const struct work *work)
{
    struct mail *mail = work->mail;
    const struct mail_field *field = mail_field(mail, "From", 0);
    struct address_mailbox *mailboxes;
    struct judge_recipient author;
    size_t count = 0;
    bool broken;
    int r;

    if (field == NULL || mail_field(mail, "Received", 0) != NULL ||
        mail_field(mail, "Return-Path", 0) != NULL || mail_field(mail, "Delivered-To", 0) != NULL)
        return 0;
    r = address_parse_list(mail->arena, field->value, 1, &mailboxes, &count, &broken);
    if (r != 0 || count == 0)
        return r;
    r = judge_read_recipient(mail->arena, work->scan->setup, work->scan->ledger,
        &(struct judge_rcpt){mailboxes[0].address.seen, NULL, work->scan->now}, &author);
    return r != 0 ? r : author.own;
}

/* ---- when it came ---- */

/* The date that its sender wrote, not before our time. */
static int64_t written_date(const struct work *work)
{
    const struct mail_field *field = mail_field(work->mail, "Date", 0);
    int64_t when;

    if (field == NULL || date_parse_rfc5322(field->value, field->length, &when) != 0)
        return DATE_NONE;
    for (size_t i = 0; i < work->recipients.count; i++) {
        const struct config_domain *domain = work->recipients.items[i].domain;

        if (domain != NULL && when < domain->owned_since)
            when = domain->owned_since;
    }
    return when;
}

/* What does not depend on the sender's word. */
static int delivery_date(const struct work *work, int64_t *out)
{
    int r = trace_arrival(work->mail, out);

    if (r == 0 && *out == DATE_NONE)
        *out = work->item->date;
    return r;
}

static void set_received(struct work *work, int64_t delivered)
{
    int64_t when = delivered;

    if (when == DATE_NONE)
        when = written_date(work);
    if (when == DATE_NONE)
        when = work->item->changed;
    work->mail->received = when == DATE_NONE || when > work->scan->now ? work->scan->now : when;
}

/* ---- one mail ---- */

static int find_recipients(struct work *work)
{
    struct recipients_search search = {
        .setup = work->scan->setup, .ledger = work->scan->ledger, .now = work->scan->now};
    int64_t when;
    int r = delivery_date(work, &when);

    if (r == 0 && when != DATE_NONE)
        search.now = when;
    if (r == 0)
        r = recipients_trace(&search, work->mail, &work->recipients);
    if (r == 0)
        set_received(work, when);
    return r;
}

/* What tells the ledger of a mail that was counted. */
static int make_mark(
    const struct work *work, const struct judge_recipient *one, struct ledger_entry *out)
{
    int r;

    *out = (struct ledger_entry){.address = one->address.key,
        .address_seen = one->address.seen,
        .domain = one->domain->name,
        .own = one->own,
        .received = work->mail->received,
        .mode = policy_mode_name(MODE_OBSERVE),
        .counted = true};
    r = judge_twin(work->scan->setup, work->mail, one, &out->twin);
    /* without a Message-ID only the whole mail would tell */
    if (r == 0 && mail_field(work->mail, "Message-ID", 0) != NULL)
        r = judge_fingerprint(work->scan->setup, work->mail, one, &out->fingerprint);
    return r;
}

/* Was it counted for every recipient? What only its row says is remembered. 0, 1 or an error. */
static int is_known(struct work *work)
{
    enum ledger_counted counted = LEDGER_COUNTED_SCAN;
    size_t count = work->recipients.count, marked = 0;
    struct ledger_entry *marks;
    int r = 0;

    if (!work->scan->record)
        return 0;
    marks = arena_array(work->mail->arena, count, sizeof(*marks));
    if (marks == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; r == 0 && counted != LEDGER_COUNTED_NOT && i < count; i++) {
        r = make_mark(work, &work->recipients.items[i], &marks[marked]);
        if (r == 0)
            r = ledger_knows(work->scan->ledger, &marks[marked], &counted);
        marked += counted == LEDGER_COUNTED_MESSAGE;
    }
    if (r != 0 || counted == LEDGER_COUNTED_NOT)
        return r;
    r = scan_write_add(work->scan, work->batch, work->item, marks, marked);
    return r != 0 ? r : 1;
}

/* What is not to be judged. 0 to judge it, 1 where it is counted already, or an error. */
static int sort_out(struct work *work)
{
    bool found;
    int r = is_labelled(work);

    if (r == 0)
        r = is_own_writing(work);
    if (r == 1)
        work->counts.outgoing++;
    if (r != 0)
        return r;
    r = find_recipients(work);
    if (r == 0 && work->recipients.count == 0) {
        work->counts.not_ours++;
        return 1;
    }
    if (r == 0)
        r = recipients_read_sender(work->mail, NULL, &found);
    if (r == 0)
        r = is_known(work);
    if (r == 1)
        work->counts.known++;
    return r;
}

/* The rows as they are for a mail that was found, not refused. */
static void make_found(struct ledger_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        entries[i].action = ACTION_ACCEPT;
        entries[i].mode = policy_mode_name(MODE_OBSERVE);
        entries[i].reply = NULL;
        if (!kind_is_service(entries[i].kind))
            entries[i].record = false;
    }
}

static int record(struct work *work, const struct judgement *judgement)
{
    struct ledger_entry *entries;
    size_t count;
    int r;

    r = judge_entries(work->scan->setup, work->mail, judgement, NULL, &entries, &count);
    if (r != 0)
        return r;
    make_found(entries, count);
    return scan_write_add(work->scan, work->batch, work->item, entries, count);
}

static int judge(struct work *work, size_t body)
{
    const struct scan *scan = work->scan;
    struct judgement *judgement;
    char *bytes = work->item->bytes + body;
    size_t length = work->item->length - body;
    int r = mail_end_header(work->mail);

    if (r == 0 && scan->setup->dkim == NULL)
        mail_lend_body(work->mail, bytes, length);
    else if (r == 0)
        r = mail_body_from_bytes(work->mail, bytes, length);
    if (r == 0)
        r = mail_end(work->mail);
    if (r == 0)
        r = judge_mail(scan->setup, scan->ledger, work->mail, work->recipients.items,
            work->recipients.count, &judgement);
    if (r != 0)
        return r;
    work->counts.judged++;
    work->counts.kinds[judgement->kind->kind]++;
    work->counts.proven += judgement->sender->authenticated != NULL;
    return record(work, judgement);
}

static int read_mail(struct work *work)
{
    struct scan_item *item = work->item;
    struct mail *mail = work->mail;
    size_t body;
    int r;

    if (item->quoted)
        item->length = mbox_unquote(item->bytes, item->length);
    mail->found = true;
    r = mail_header_from_bytes(mail, item->bytes, item->length, &body);
    if (r == 0 && mail->field_count == 0) {
        scan_report_error(work->scan->report, item->file, item->offset,
            item->length == 0 ? "the mail is empty" : "this is no mail: no header field begins it");
        return 0;
    }
    if (r == 0)
        r = sort_out(work);
    return r != 0 ? (r > 0 ? 0 : r) : judge(work, body);
}

static void judge_item(struct work *work)
{
    const struct setup *setup = work->scan->setup;
    int r = ERR_NOMEM;

    work->counts.mails++;
    work->recipients = (struct recipients){0};
    work->mail = mail_new(&setup->config->mail_limits, setup->dkim);
    if (work->mail != NULL)
        r = read_mail(work);
    if (r != 0)
        scan_report_error(work->scan->report, work->item->file, work->item->offset, err_text(r));
    mail_free(&work->mail);
    scan_item_free(&work->item);
}

/* Judges some mails, and writes when it is time, as long as nobody ends it. */
static void judge_items(struct work *work, struct scan_item *items)
{
    struct scan *scan = work->scan;

    while (items != NULL && !atomic_load(&scan->stopped) && atomic_load(&scan->broken) == NULL) {
        work->item = items;
        items = items->next;
        judge_item(work);
        if (scan_write_is_due(work->batch))
            scan_write_flush(scan, work->batch, &work->counts);
    }
    scan_item_free_all(&items);
}

void scan_judge_run(struct scan *scan)
{
    struct work work = {.scan = scan, .batch = scan_write_new()};
    struct scan_item *items;
    int got = 0;

    if (work.batch == NULL) {
        scan_give_up(scan, "there is no memory: end what takes it");
        return;
    }
    while (got >= 0) {
        got = scan_queue_get(scan->queue, &items);
        judge_items(&work, items);
        if (got <= 0)
            scan_write_flush(scan, work.batch, &work.counts);
        scan_report_add(scan->report, &work.counts);
    }
    scan_write_free(&work.batch);
}
