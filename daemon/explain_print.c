/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What `goneaway explain` says, for programs and for people. Of the mail's words only addresses
 * and domains are told, and the subject as far as the ledger would keep it.
 */
#include <string.h>

#include "explain.h"
#include "json.h"
#include "mark.h"
#include "paint.h"

#define HEADER_MAX 2048

/* "Name: value" on one line. */
static const char *unfold(const char *name, const char *value, char out[HEADER_MAX])
{
    size_t used;

    snprintf(out, HEADER_MAX, "%s: %s", name, value);
    used = strlen(out);
    for (size_t i = 0; i < used; i++)
        if (out[i] == '\n') {
            out[i] = ' ';
            while (i + 1 < used && (out[i + 1] == '\t' || out[i + 1] == ' '))
                memmove(out + i + 1, out + i + 2, used-- - i - 1);
        }
    return out;
}

static void json_headers(struct json *json, const struct judge_answer *answer)
{
    char line[HEADER_MAX];

    json_open(json, "headers", '[');
    if (answer->mark != NULL)
        json_string(json, NULL, unfold(MARK_FIELD, answer->mark, line));
    if (answer->rrvs != NULL)
        json_string(json, NULL, unfold("Authentication-Results", answer->rrvs, line));
    json_close(json, ']');
}

static void json_reasons(struct json *json, const struct kind_result *kind)
{
    json_open(json, "reasons", '[');
    for (size_t i = 0; i < kind->reason_count; i++) {
        json_open(json, NULL, '{');
        json_string(json, "text", kind->reasons[i].text);
        json_number(json, "weight", kind->reasons[i].weight);
        json_string(json, "kind", kind_name(kind->reasons[i].kind));
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* What is known before a recipient is looked at. */
static void json_mail(struct json *json, const struct explain_case *what)
{
    const struct sender *sender = what->judgement->sender;
    const struct kind_result *kind = what->judgement->kind;

    json_string(json, "sender", what->mail->envelope_from);
    json_string(json, "sender_from", what->sender_from);
    json_string(json, "from_domain", sender->from_domain);
    json_string(json, "authenticated", sender->authenticated);
    json_string(json, "auth", sender->auth);
    json_string(json, "service", sender->service);
    json_string(json, "claimed", sender->claimed);
    json_string(json, "kind", kind_name(kind->kind));
    json_number(json, "score", kind->score);
    json_string(json, "language", kind->language);
    json_reasons(json, kind);
}

static void json_verdict(struct json *json, const struct judge_verdict *verdict)
{
    const struct judge_recipient *recipient = verdict != NULL ? verdict->recipient : NULL;
    bool ours = recipient != NULL && recipient->domain != NULL;

    json_string(json, "rrvs", rrvs_result_name(verdict != NULL ? verdict->rrvs.result : RRVS_NONE));
    json_string(
        json, "holder", holder_name(verdict != NULL ? verdict->holder.holder : HOLDER_UNKNOWN));
    json_string(
        json, "holder_by", holder_by_name(verdict != NULL ? verdict->holder.by : HOLDER_BY_NONE));
    json_string(json, "rule", verdict != NULL ? verdict->policy.rule : "no recipient");
    json_string(json, "mode", ours ? policy_mode_name(verdict->mode) : NULL);
    json_string(json, "meant",
        policy_action_name(verdict != NULL ? verdict->policy.action : ACTION_ACCEPT));
}

void explain_print_json(FILE *out, const struct explain_case *what)
{
    const struct judge_verdict *verdict = what->verdict;
    const struct judge_recipient *recipient = verdict != NULL ? verdict->recipient : NULL;
    struct json json;

    json_begin(&json, out);
    json_open(&json, NULL, '{');
    json_string(&json, "file", what->file);
    json_string(&json, "rcpt", recipient != NULL ? recipient->path : NULL);
    json_string(&json, "rcpt_from", what->recipients_from);
    json_string(&json, "address", recipient != NULL ? recipient->address.key : NULL);
    json_bool(&json, "own", recipient != NULL && recipient->own);
    json_mail(&json, what);
    json_verdict(&json, verdict);
    json_string(&json, "action", policy_action_name(what->judgement->answer.action));
    json_string(&json, "reply", verdict != NULL ? verdict->reply : NULL);
    json_headers(&json, &what->judgement->answer);
    json_string(&json, "subject", what->judgement->subject);
    json_close(&json, '}');
    putc('\n', out);
}

/* Text that a stranger chose, on a terminal: no control characters, be they of one octet or of two
 * (U+0080 to U+009F). */
static void put_safe(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        bool two =
            text[0] == '\xc2' && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0;

        putc(two || (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
        text += two;
    }
}

static void put_line(FILE *out, const char *word, const char *text)
{
    fprintf(out, "  %-10s ", word);
    put_safe(out, text);
    putc('\n', out);
}

static void text_sender(FILE *out, const struct sender *sender)
{
    fprintf(out, "  %-10s ", "sender");
    put_safe(out, sender->from_domain != NULL ? sender->from_domain : "no single From domain");
    fputs(sender->authenticated != NULL ? ", proven: " : ", not proven: ", out);
    put_safe(out, sender->auth != NULL ? sender->auth : "-");
    putc('\n', out);
    if (sender->service != NULL)
        put_line(out, "service", sender->service);
}

static void text_kind(FILE *out, const struct kind_result *kind)
{
    fprintf(out, "  %-10s %s, %.2f%s%s\n", "kind", kind_name(kind->kind), kind->score,
        kind->language != NULL ? ", language " : "", kind->language != NULL ? kind->language : "");
    for (size_t i = 0; i < kind->reason_count; i++) {
        fprintf(out, "  %-10s %+6.2f %-8s ", "", kind->reasons[i].weight,
            kind_name(kind->reasons[i].kind));
        put_safe(out, kind->reasons[i].text);
        putc('\n', out);
    }
}

static void text_recipient(FILE *out, const struct explain_case *what)
{
    const struct judge_recipient *recipient =
        what->verdict != NULL ? what->verdict->recipient : NULL;

    fprintf(out, "  %-10s ", "recipient");
    if (recipient == NULL) {
        fputs("none found: give one with -R\n", out);
        return;
    }
    put_safe(out, recipient->path);
    fprintf(out, ", %s",
        recipient->domain == NULL ? "not ours"
        : recipient->own          ? "own mailbox"
                                  : "no own mailbox");
    if (strcmp(what->recipients_from, "option") != 0)
        fprintf(out, " (from %s)", what->recipients_from);
    putc('\n', out);
}

static void text_verdict(FILE *out, const struct judge_verdict *verdict)
{
    fprintf(out, "  %-10s %s\n", "rrvs", rrvs_result_name(verdict->rrvs.result));
    fprintf(out, "  %-10s %s, by %s\n", "holder", holder_name(verdict->holder.holder),
        holder_by_name(verdict->holder.by));
    put_line(out, "rule", verdict->policy.rule);
    put_line(out, "meant", policy_action_name(verdict->policy.action));
    if (verdict->reply != NULL)
        put_line(out, "reply", verdict->reply);
}

static enum paint action_paint(enum action action)
{
    return action == ACTION_ACCEPT ? PAINT_GOOD : action == ACTION_TAG ? PAINT_CARE : PAINT_BAD;
}

void explain_print_text(FILE *out, const struct explain_case *what)
{
    const struct judge_answer *answer = &what->judgement->answer;
    char line[HEADER_MAX];

    fputs(paint_on(out, PAINT_BOLD), out);
    put_safe(out, what->file);
    fprintf(out, "%s\n", paint_off(out));
    text_recipient(out, what);
    text_sender(out, what->judgement->sender);
    text_kind(out, what->judgement->kind);
    if (what->verdict != NULL)
        text_verdict(out, what->verdict);
    fprintf(out, "  %-10s %s%s%s", "action", paint_on(out, action_paint(answer->action)),
        policy_action_name(answer->action), paint_off(out));
    if (what->verdict != NULL && what->verdict->recipient->domain != NULL)
        fprintf(out, ", mode %s", policy_mode_name(what->verdict->mode));
    putc('\n', out);
    if (answer->mark != NULL)
        put_line(out, "header", unfold(MARK_FIELD, answer->mark, line));
    if (answer->rrvs != NULL)
        put_line(out, "header", unfold("Authentication-Results", answer->rrvs, line));
}
