/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * answer - see answer.h for what is promised.
 *
 * libmilter's calls take char * and change nothing behind it; the casts are for that.
 */
#include "answer.h"

#include <string.h>

#include "err.h"
#include "field.h"
#include "line.h"
#include "log.h"
#include "mark.h"
#include "replace.h"

#define RESULTS_FIELD "Authentication-Results"

struct reply {
    const char *code;
    const char *status;
    const char *text;
};

static const struct reply reply_apart = {
    "452", "4.5.3", "This recipient needs a message of its own, send to it in a new transaction"};
static const struct reply reply_too_many = {"452", "4.5.3", "Too many recipients"};
static const struct reply reply_bad_parameter = {
    "501", "5.5.4", "RRVS wants a date-time as in RFC 3339"};
static const struct reply reply_busy = {"451", "4.3.2", "Too busy, try again later"};
static const struct reply reply_later = {
    "451", "4.3.0", "Temporary local problem, try again later"};
static const struct reply reply_never = {"554", "5.3.0", "Local problem"};

static const char *or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

/* Refuses or puts off, by the class of the code. */
static sfsistat refuse(SMFICTX *ctx, const struct reply *reply)
{
    if (!line_is_one(reply->text, LINE_REPLY_MAX)) {
        log_error("the reply %s %s is not one line: nothing is refused by it", reply->code,
            reply->status);
        reply = &reply_later;
    }
    if (smfi_setreply(ctx, (char *)reply->code, (char *)reply->status, (char *)reply->text) !=
        MI_SUCCESS)
        log_error("libmilter did not take the reply %s %s: the MTA's own is sent", reply->code,
            reply->status);
    return reply->code[0] == '4' ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

sfsistat answer_failure(
    SMFICTX *ctx, const struct session *session, int error, const char *queue_id)
{
    enum action action = session_on_failure(session);

    if (session != NULL)
        metrics_count_failure(server_metrics(session->server), error);
    log_error("%s: could not be judged: %s; on_failure=%s", or_dash(queue_id), err_text(error),
        policy_action_name(action));
    switch (action) {
    case ACTION_ACCEPT:
        return SMFIS_CONTINUE;
    case ACTION_REJECT:
        return refuse(ctx, &reply_never);
    case ACTION_TEMPFAIL:
    case ACTION_TAG:
    case ACTION_DEFUSE:
    case ACTION_SEAL:
    case ACTION_QUARANTINE:
    case ACTION_DISCARD:
        break;
    }
    return refuse(ctx, &reply_later);
}

/* Why a recipient is not taken, for those answers that are no trouble of ours. */
static void count_refusal(const struct session *session, enum session_rcpt rcpt)
{
    static const enum metrics_refusal refusals[] = {[SESSION_RCPT_APART] = METRICS_APART,
        [SESSION_RCPT_TOO_MANY] = METRICS_TOO_MANY,
        [SESSION_RCPT_BAD_PARAMETER] = METRICS_BAD_PARAMETER,
        [SESSION_RCPT_BUSY] = METRICS_BUSY};

    if (session != NULL && rcpt != SESSION_RCPT_TAKE && rcpt != SESSION_RCPT_TROUBLE)
        metrics_count_refusal(server_metrics(session->server), refusals[rcpt]);
}

static sfsistat refuse_recipient(
    SMFICTX *ctx, const struct reply *reply, const char *path, const char *queue_id)
{
    log_info(
        "%s: to=%s refused at RCPT: %s %s", or_dash(queue_id), path, reply->code, reply->status);
    return refuse(ctx, reply);
}

sfsistat answer_recipient(SMFICTX *ctx, const struct session *session, enum session_rcpt rcpt,
    const char *path, const char *queue_id)
{
    int error = session != NULL && session->message != NULL ? session->message->trouble : ERR_NOMEM;

    count_refusal(session, rcpt);
    switch (rcpt) {
    case SESSION_RCPT_TAKE:
        return SMFIS_CONTINUE;
    case SESSION_RCPT_APART:
        return refuse_recipient(ctx, &reply_apart, path, queue_id);
    case SESSION_RCPT_TOO_MANY:
        return refuse_recipient(ctx, &reply_too_many, path, queue_id);
    case SESSION_RCPT_BAD_PARAMETER:
        return refuse_recipient(ctx, &reply_bad_parameter, path, queue_id);
    case SESSION_RCPT_BUSY:
        return refuse(ctx, &reply_busy);
    case SESSION_RCPT_TROUBLE:
        break;
    }
    return answer_failure(ctx, session, error, queue_id);
}

/* From the last to the first: in Postfix the numbers of those behind a deleted one change. */
static bool remove_fields(SMFICTX *ctx, const char *name, unsigned count)
{
    for (; count > 0; count--)
        if (smfi_chgheader(ctx, (char *)name, (int)count, NULL) != MI_SUCCESS)
            return false;
    return true;
}

/* At the top, where a reader knows that no other machine wrote it (RFC 8601 §5). */
static bool insert_field(
    SMFICTX *ctx, const struct session *session, const char *name, const char *value)
{
    return value == NULL || field_add(ctx, session, FIELD_TOP, name, value);
}

/* The changes of a message that is delivered. */
static bool edit(SMFICTX *ctx, const struct session *session, const struct judge_answer *answer)
{
    const struct message *message = session->message;
    bool done = true;

    if (answer->remove_marks || answer->mark != NULL)
        done = remove_fields(ctx, MARK_FIELD, message->marks);
    if (answer->strip_rrvs)
        done = done && remove_fields(ctx, RRVS_FIELD, message->demands);
    done = done && insert_field(ctx, session, RESULTS_FIELD, answer->rrvs);
    done = done && insert_field(ctx, session, MARK_FIELD, answer->mark);
    if (answer->action == ACTION_QUARANTINE)
        done = done && smfi_quarantine(ctx, "goneaway: mail for somebody else") == MI_SUCCESS;
    return done;
}

/* The key form has no quotes: what could end "to=<…>" early and go on as words of ours is logged
 * in the spelling that came, which has them. */
static const char *loggable(const struct judge_recipient *recipient)
{
    if (recipient->domain == NULL)
        return recipient->path;
    return strpbrk(recipient->address.key, " <>\"") != NULL ? recipient->address.seen
                                                            : recipient->address.key;
}

static void log_verdicts(const struct judgement *judgement, const char *queue_id)
{
    const struct judge_answer *answer = &judgement->answer;

    for (size_t i = 0; i < judgement->count; i++) {
        const struct judge_verdict *verdict = &judgement->verdicts[i];
        const struct judge_recipient *recipient = verdict->recipient;

        log_info("%s: to=<%s> kind=%s service=%s holder=%s action=%s meant=%s reply=%s%s%s",
            or_dash(queue_id), loggable(recipient), kind_name(judgement->kind->kind),
            or_dash(judgement->sender->service), holder_name(verdict->holder.holder),
            policy_action_name(answer->action), policy_action_name(verdict->policy.action),
            or_dash(answer->code), answer->status != NULL ? " " : "",
            answer->status != NULL ? answer->status : "");
    }
}

static void count_verdicts(struct metrics *metrics, const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->count; i++) {
        const struct judge_verdict *verdict = &judgement->verdicts[i];

        if (verdict->recipient->domain != NULL)
            metrics_count_verdict(metrics, &(struct metrics_verdict){.kind = judgement->kind->kind,
                                               .meant = verdict->policy.action,
                                               .mode = verdict->mode,
                                               .holder = verdict->holder.holder});
    }
}

enum action answer_action(sfsistat answer, const struct judgement *judgement)
{
    switch (answer) {
    case SMFIS_REJECT:
        return ACTION_REJECT;
    case SMFIS_TEMPFAIL:
        return ACTION_TEMPFAIL;
    case SMFIS_DISCARD:
        return ACTION_DISCARD;
    default:
        return judgement != NULL ? judgement->answer.action : ACTION_ACCEPT;
    }
}

sfsistat answer_message(SMFICTX *ctx, const struct session *session,
    const struct judgement *judgement, const char *queue_id)
{
    const struct judge_answer *answer = judgement != NULL ? &judgement->answer : NULL;

    if (answer == NULL)
        return SMFIS_CONTINUE;
    log_verdicts(judgement, queue_id);
    count_verdicts(server_metrics(session->server), judgement);
    switch (answer->action) {
    case ACTION_REJECT:
    case ACTION_TEMPFAIL:
        if (answer->code == NULL)
            break; /* a refusal without reply is a mistake of ours */
        return refuse(ctx, &(struct reply){answer->code, answer->status, answer->text});
    case ACTION_DISCARD:
        return SMFIS_DISCARD;
    case ACTION_ACCEPT:
    case ACTION_TAG:
    case ACTION_QUARANTINE:
        if (!edit(ctx, session, answer))
            return answer_failure(ctx, session, ERR_SYSTEM, queue_id);
        return SMFIS_CONTINUE;
    case ACTION_DEFUSE:
    case ACTION_SEAL:
        if (!replace_message(ctx, session, answer->action, answer->mark))
            return answer_failure(ctx, session, ERR_SYSTEM, queue_id);
        return SMFIS_CONTINUE;
    }
    return answer_failure(ctx, session, ERR_INTERNAL, queue_id);
}
