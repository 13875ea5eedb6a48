/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * From a judgement to the rows that the ledger keeps of it. Nothing of the mail's words goes
 * into a row but the subject that redact allowed.
 */
#include <string.h>

#include "buf.h"
#include "err.h"
#include "judge.h"

#define FINGERPRINT_OCTETS 16
#define FINGERPRINT_DATA_MAX ((size_t)16384)

static void add_field(struct buf *buf, const struct mail *mail, const char *name)
{
    const struct mail_field *field = mail_field(mail, name, 0);

    if (field != NULL)
        buf_add(buf, field->value, field->length < 998 ? field->length : 998);
    buf_putc(buf, '\0');
}

/* Where there is no Message-ID, fields that a repetition would share stand in for it. */
static void add_identity(struct buf *buf, const struct mail *mail)
{
    add_field(buf, mail, "Message-ID");
    if (mail_field(mail, "Message-ID", 0) != NULL)
        return;
    add_field(buf, mail, "Date");
    add_field(buf, mail, "From");
    add_field(buf, mail, "Subject");
}

static int digest(const struct setup *setup, struct arena *arena, const char *purpose,
    const struct buf *data, const char **out)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char octets[KEY_DIGEST_SIZE];
    char *text = arena_alloc(arena, 2 * FINGERPRINT_OCTETS + 1);
    int r = buf_failed(data);

    if (r == 0)
        r = key_digest(setup->key, purpose, buf_text(data), data->length, octets);
    if (r != 0 || text == NULL)
        return r != 0 ? r : ERR_NOMEM;
    for (size_t i = 0; i < FINGERPRINT_OCTETS; i++) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15];
    }
    *out = text;
    return 0;
}

/* Envelope and Message-ID tell one delivery from another. */
int judge_fingerprint(const struct setup *setup, struct mail *mail,
    const struct judge_recipient *recipient, const char **out)
{
    struct buf data;
    int r;

    buf_init(&data, FINGERPRINT_DATA_MAX);
    buf_puts(&data, mail->envelope_from != NULL ? mail->envelope_from : "");
    buf_putc(&data, '\0');
    buf_puts(&data, recipient->address.key);
    buf_putc(&data, '\0');
    add_identity(&data, mail);
    if (mail_field(mail, "Message-ID", 0) == NULL)
        buf_printf(&data, "%llu", (unsigned long long)mail->size);
    r = digest(setup, mail->arena, "fingerprint", &data, out);
    buf_free(&data);
    return r;
}

int judge_twin(const struct setup *setup, struct mail *mail,
    const struct judge_recipient *recipient, const char **out)
{
    struct buf data;
    int r;

    *out = NULL;
    if (mail_field(mail, "Message-ID", 0) == NULL && mail_field(mail, "Date", 0) == NULL)
        return 0;
    buf_init(&data, FINGERPRINT_DATA_MAX);
    buf_puts(&data, recipient->address.key);
    buf_putc(&data, '\0');
    add_identity(&data, mail);
    r = digest(setup, mail->arena, "twin", &data, out);
    buf_free(&data);
    return r;
}

static void fill_sender(struct ledger_entry *entry, const struct sender *sender)
{
    entry->service = sender->service;
    entry->sender_domain = sender->authenticated;
    entry->from_domain = sender->from_domain;
    entry->claimed = sender->authenticated == NULL ? sender->claimed : NULL;
    if (sender->entry != NULL) {
        entry->service_name = sender->entry->name;
        entry->category = sender->entry->category;
        entry->risk = sender->entry->risk;
    }
}

static void fill_verdict(struct ledger_entry *entry, const struct judge_verdict *verdict)
{
    const struct judge_recipient *recipient = verdict->recipient;

    entry->address = recipient->address.key;
    entry->address_seen = recipient->address.seen;
    entry->domain = recipient->domain->name;
    entry->own = recipient->own;
    entry->record = verdict->holder.record;
    entry->holder = verdict->holder.holder;
    entry->holder_by = verdict->holder.by;
    entry->rrvs = verdict->rrvs.result;
    entry->rrvs_date = verdict->rrvs.when;
    entry->meant = verdict->policy.action;
    entry->rule = verdict->policy.rule;
    entry->mode = policy_mode_name(verdict->mode);
}

static int fill_entry(const struct setup *setup, struct mail *mail,
    const struct judgement *judgement, const struct judge_verdict *verdict,
    struct ledger_entry *entry)
{
    const struct judge_answer *answer = &judgement->answer;
    int r;

    fill_sender(entry, judgement->sender);
    fill_verdict(entry, verdict);
    entry->received = mail->received;
    entry->kind = judgement->kind->kind;
    entry->action = answer->action;
    entry->size = mail->size;
    entry->subject = judgement->subject;
    if (answer->code != NULL) {
        entry->reply = arena_printf(mail->arena, "%s %s", answer->code, answer->status);
        if (entry->reply == NULL)
            return ERR_NOMEM;
    }
    if (setup->key == NULL)
        return 0; /* a look at a mailbox, which records nothing */
    r = judge_fingerprint(setup, mail, verdict->recipient, &entry->fingerprint);
    return r != 0 ? r : judge_twin(setup, mail, verdict->recipient, &entry->twin);
}

int judge_entries(const struct setup *setup, struct mail *mail, const struct judgement *judgement,
    const char *queue_id, struct ledger_entry **entries, size_t *count)
{
    size_t used = 0;
    int r;

    *count = 0;
    if (setup->key == NULL && !mail->found)
        return ERR_CRYPTO;
    *entries = arena_array(mail->arena, judgement->count, sizeof(**entries));
    if (*entries == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < judgement->count; i++) {
        if (judgement->verdicts[i].recipient->domain == NULL)
            continue;
        r = fill_entry(setup, mail, judgement, &judgement->verdicts[i], &(*entries)[used]);
        if (r != 0)
            return r;
        (*entries)[used++].queue_id = queue_id;
    }
    *count = used;
    return 0;
}
