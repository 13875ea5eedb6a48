/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "judge_answer.h"

#include <string.h>

#include "err.h"
#include "mark.h"

static bool is_left_alone(const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->count; i++) {
        const struct judge_verdict *verdict = &judgement->verdicts[i];

        if (verdict->recipient->domain == NULL || verdict->mode == MODE_OBSERVE)
            return true;
    }
    return judgement->count == 0;
}

static bool same_reply(const struct policy_reply *one, const struct policy_reply *other)
{
    if (one->code == NULL || other->code == NULL)
        return one->code == other->code;
    return strcmp(one->code, other->code) == 0 && strcmp(one->status, other->status) == 0;
}

/* The action that every recipient's verdict agrees with. */
static enum action agree(const struct judgement *judgement)
{
    const struct judge_verdict *first = &judgement->verdicts[0];
    bool all = true, any = false;

    for (size_t i = 0; i < judgement->count; i++) {
        const struct judge_verdict *verdict = &judgement->verdicts[i];

        any = any || verdict->action != ACTION_ACCEPT;
        all = all && verdict->action == first->action;
        if (verdict->action == ACTION_REJECT || verdict->action == ACTION_TEMPFAIL)
            all = all && same_reply(&verdict->policy.reply, &first->policy.reply);
    }
    if (all)
        return first->action;
    return any ? ACTION_TAG : ACTION_ACCEPT;
}

/* The reply names the recipient only where there is one. */
static int fill_reply(struct mail *mail, struct judgement *judgement)
{
    const struct judge_verdict *first = &judgement->verdicts[0];
    const struct policy_reply *reply = &first->policy.reply;
    struct judge_answer *answer = &judgement->answer;
    const char *whole = policy_reply_write(
        mail->arena, reply, judgement->count == 1 ? &first->recipient->address : NULL);

    if (whole == NULL)
        return ERR_NOMEM;
    answer->code = reply->code;
    answer->status = reply->status;
    answer->text = whole + strlen(reply->code) + 1 + strlen(reply->status) + 1;
    return 0;
}

static int fill_mark(struct mail *mail, struct judgement *judgement)
{
    const struct judge_verdict *first = &judgement->verdicts[0];
    struct mark mark = {
        .action = policy_action_name(judgement->answer.action),
        .kind = kind_name(judgement->kind->kind),
        .service = judgement->sender->service,
        .holder = holder_name(first->holder.holder),
        .by = holder_by_name(first->holder.by),
        .address = judgement->count == 1 ? first->recipient->address.key : NULL,
    };

    for (size_t i = 1; i < judgement->count; i++)
        if (judgement->verdicts[i].holder.holder != first->holder.holder ||
            judgement->verdicts[i].holder.by != first->holder.by)
            mark.holder = mark.by = NULL;
    judgement->answer.mark = mark_write(mail->arena, &mark);
    return judgement->answer.mark != NULL ? 0 : ERR_NOMEM;
}

/* RFC 7293 §11, and only for a single recipient: a second one could be a blind copy. */
static int fill_rrvs(const struct config *config, struct mail *mail, struct judgement *judgement)
{
    const struct judge_verdict *first = &judgement->verdicts[0];

    if (judgement->count != 1 || first->rrvs.result == RRVS_NONE ||
        first->rrvs.result == RRVS_IGNORED)
        return 0;
    judgement->answer.rrvs = mark_write_rrvs(
        mail->arena, config->authserv_id, first->rrvs.result, first->recipient->address.key);
    return judgement->answer.rrvs != NULL ? 0 : ERR_NOMEM;
}

void judge_answer_too_big(struct judgement *judgement)
{
    judgement->answer = (struct judge_answer){.action = ACTION_REJECT,
        .code = "552",
        .status = "5.3.4",
        .text = "Message too big for this mailbox"};
}

int judge_answer_find(const struct config *config, struct mail *mail, struct judgement *judgement)
{
    struct judge_answer *answer = &judgement->answer;
    int r;

    answer->action = ACTION_ACCEPT;
    if (is_left_alone(judgement))
        return 0;
    answer->action = agree(judgement);
    if (answer->action == ACTION_REJECT || answer->action == ACTION_TEMPFAIL)
        return fill_reply(mail, judgement);
    /* all other fields go inside, or go; those of ours too */
    if (answer->action == ACTION_SEAL || answer->action == ACTION_DEFUSE)
        return fill_mark(mail, judgement);
    answer->remove_marks = mail_field(mail, MARK_FIELD, 0) != NULL;
    answer->strip_rrvs = config->strip_rrvs && mail_field(mail, RRVS_FIELD, 0) != NULL;
    r = answer->action == ACTION_ACCEPT ? 0 : fill_mark(mail, judgement);
    return r != 0 ? r : fill_rrvs(config, mail, judgement);
}
