/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A message walks once down this file: text, sender, kind; then for each recipient rrvs, holder,
 * policy; then one answer for the whole (judge_answer.c). Nothing walks back.
 */
#include "judge.h"

#include <string.h>
#include <strings.h>

#include "err.h"
#include "judge_answer.h"
#include "mint.h"

/* Parses the path with the subaddress delimiters of its domain, which only the parsed address
 * tells: so with the general ones first. An address that cannot be read is not ours. */
static int read_address(
    struct arena *arena, const struct config *config, const char *path, struct judge_recipient *out)
{
    int r = address_parse_path(arena, path, config->recipient_delimiter, &out->address);

    if (r == 0 && !out->address.literal)
        out->domain = config_domain_of(config, out->address.domain);
    if (r == 0 && out->domain != NULL && out->domain->recipient_delimiter != NULL)
        r = address_parse_path(arena, path, out->domain->recipient_delimiter, &out->address);
    if (r == ERR_NOMEM)
        return r;
    if (r != 0) {
        out->domain = NULL;
        out->address = (struct address){
            .seen = path, .local = "", .domain = "", .key = "", .base = "", .literal = false};
    }
    return 0;
}

/* An own mailbox may be named with or without its subaddress. */
static bool is_configured(const struct config_domain *domain, const struct address *address)
{
    struct address whole = *address;
    const char *at = strrchr(address->base, '@');
    char base_local[512];

    for (size_t i = 0; i < domain->mailboxes.count; i++)
        if (address_matches(&whole, domain->mailboxes.items[i]))
            return true;
    if (address->base == address->key || at == NULL ||
        (size_t)(at - address->base) >= sizeof(base_local))
        return false;
    memcpy(base_local, address->base, (size_t)(at - address->base));
    base_local[at - address->base] = '\0';
    whole.local = base_local;
    for (size_t i = 0; i < domain->mailboxes.count; i++)
        if (address_matches(&whole, domain->mailboxes.items[i]))
            return true;
    return false;
}

/* Finds the one RRVS parameter; a second one could only be there to confuse. */
static int read_parameter(const char *const *parameters, struct judge_recipient *out)
{
    bool found = false;
    char action;

    for (; parameters != NULL && *parameters != NULL; parameters++) {
        if (strncasecmp(*parameters, "RRVS=", 5) != 0)
            continue;
        if (found || rrvs_parse_parameter(*parameters + 5, &out->parameter, &action) != 0)
            return ERR_SYNTAX;
        found = true;
    }
    return 0;
}

static int read_mailbox(struct ledger *ledger, struct judge_recipient *out)
{
    int r = ledger == NULL
                ? 0
                : ledger_find_mailbox(ledger, out->address.key, out->address.base, &out->mailbox);

    if (r != 0) {
        out->unreadable = true;
        return r;
    }
    if (!out->own && out->mailbox.own) {
        out->own = true;
        out->own_by = out->mailbox.source;
    }
    return 0;
}

int judge_read_recipient(struct arena *arena, const struct setup *setup, struct ledger *ledger,
    const struct judge_rcpt *rcpt, struct judge_recipient *out)
{
    int r;

    *out = (struct judge_recipient){
        .parameter = DATE_NONE, .mailbox = {.since = DATE_NONE, .keep_since = DATE_NONE}};
    out->path = arena_strdup(arena, rcpt->path);
    if (out->path == NULL || read_address(arena, setup->config, out->path, out) != 0)
        return ERR_NOMEM;
    if (out->domain == NULL)
        return 0;
    out->untouchable = address_is_untouchable(&out->address);
    out->role = address_is_role(&out->address);
    out->mode = config_mode_at(out->domain, rcpt->when, NULL);
    if (is_configured(out->domain, &out->address)) {
        out->own = true;
        out->own_by = "mailboxes";
    }
    if (!out->own && setup->key != NULL && mint_knows(setup->key, &out->address)) {
        out->own = true;
        out->own_by = "minted";
    }
    r = read_mailbox(ledger, out);
    if (!out->role && read_parameter(rcpt->parameters, out) != 0)
        return ERR_SYNTAX;
    return r;
}

bool judge_alike(const struct judge_recipient *first, const struct judge_recipient *second)
{
    bool first_free = first->domain == NULL || first->mode == MODE_OBSERVE;
    bool second_free = second->domain == NULL || second->mode == MODE_OBSERVE;

    /* what may never be deferred goes with everything */
    if (first->untouchable || second->untouchable)
        return true;
    /* nor what is none of ours to touch; but behind it ours would have to be left alone too */
    if (second_free)
        return true;
    if (first_free)
        return false;
    return first->own == second->own && first->mode == second->mode;
}

static int judge_rrvs(struct mail *mail, struct judge_verdict *verdict)
{
    const struct judge_recipient *recipient = verdict->recipient;
    const struct rrvs_recipient known = {
        .address = &recipient->address,
        .role = recipient->role,
        .ours = recipient->domain != NULL,
        .owned_since = recipient->domain != NULL ? recipient->domain->owned_since : DATE_NONE,
        .since = recipient->mailbox.since,
        .keep_since = recipient->mailbox.keep_since,
        .unreadable = recipient->unreadable,
        .parameter = recipient->parameter,
    };

    return rrvs_judge(mail, &known, &verdict->rrvs);
}

/* Since when one owner has held the address: the administrator may vouch for more than the
 * domain's date (RFC 7293 §9). */
static int64_t held_since(const struct judge_recipient *recipient)
{
    int64_t vouched = recipient->mailbox.keep_since;
    int64_t owned = recipient->domain->owned_since;

    return vouched != DATE_NONE && vouched < owned ? vouched : owned;
}

static int judge_holder(struct ledger *ledger, const struct mail *mail,
    const struct judgement *judgement, struct judge_verdict *verdict)
{
    const struct judge_recipient *recipient = verdict->recipient;
    const struct sender *sender = judgement->sender;
    struct holder_evidence evidence;
    int r;

    verdict->account = (struct ledger_account){.first_seen = DATE_NONE, .rrvs_date = DATE_NONE};
    if (ledger != NULL && sender->service != NULL) {
        r = ledger_find_account(ledger, recipient->address.key, sender->service, &verdict->account);
        if (r != 0)
            return r;
    }
    /* whether a mail that was found is the first one is for the ledger to tell, by its date */
    evidence = (struct holder_evidence){
        .known =
            verdict->account.known && !(mail->found && verdict->account.by == HOLDER_BY_FIRST_MAIL),
        .known_holder = verdict->account.holder,
        .known_by = verdict->account.by,
        .authenticated = sender->service != NULL,
        .own = recipient->own,
        .kind = judgement->kind->kind,
        .before_us = mail->found && mail->received < held_since(recipient),
        .rrvs_date = verdict->rrvs.when,
        .owned_since = held_since(recipient),
    };
    verdict->holder = holder_find(&evidence);
    return 0;
}

/* Does the answer to RRVS give away when the mailbox changed hands, and was that asked too often?
 * The date of the domain is no secret. */
static bool is_probed(
    const struct setup *setup, const struct mail *mail, const struct judge_verdict *verdict)
{
    const struct judge_recipient *recipient = verdict->recipient;
    const struct rrvs_verdict *rrvs = &verdict->rrvs;

    if (setup->probe == NULL || recipient->mailbox.since == DATE_NONE)
        return false;
    if (rrvs->result != RRVS_PASS &&
        (rrvs->result != RRVS_FAIL || strcmp(rrvs->status, "5.7.17") != 0))
        return false;
    return probe_is_one_too_many(setup->probe, recipient->address.base, rrvs->when, mail->received,
        setup->config->rrvs_probes_max);
}

static void judge_policy(const struct setup *setup, const struct mail *mail,
    const struct judgement *judgement, struct judge_verdict *verdict)
{
    const struct config *config = setup->config;
    const struct judge_recipient *recipient = verdict->recipient;
    const struct config_domain *domain = recipient->domain;
    const struct sender *sender = judgement->sender;
    const char *category = sender->entry != NULL ? sender->entry->category : NULL;
    const struct policy_rules rules = {
        .domain = domain->rules,
        .domain_count = domain->rule_count,
        .general = config->rules,
        .general_count = config->rule_count,
        .reply = domain->reply.code != NULL   ? &domain->reply
                 : config->reply.code != NULL ? &config->reply
                                              : NULL,
    };
    const struct policy_case what = {
        .address = &recipient->address,
        .service = sender->service,
        .category = category,
        .holder = verdict->holder.holder,
        .holder_by = verdict->holder.by,
        .kind = judgement->kind->kind,
        .own = recipient->own,
        .authenticated = sender->authenticated != NULL,
        .untouchable = recipient->untouchable,
        .authored = mail->authored,
        .null_sender = mail->envelope_from != NULL && mail->envelope_from[0] == '\0',
        .closing = domain->closing_until != DATE_NONE && mail->received < domain->closing_until,
        .probed = is_probed(setup, mail, verdict),
        .rrvs = &verdict->rrvs,
    };

    verdict->policy = policy_decide(&rules, &what);
    verdict->mode = config_mode_at(domain, mail->received, category);
    verdict->action = policy_carry_out(verdict->mode, verdict->policy.action);
}

static int judge_one(const struct setup *setup, struct ledger *ledger, struct mail *mail,
    const struct judgement *judgement, struct judge_verdict *verdict)
{
    int r = judge_rrvs(mail, verdict);

    if (r != 0)
        return r;
    if (verdict->recipient->domain == NULL) {
        verdict->policy = (struct policy_verdict){.action = ACTION_ACCEPT, .rule = "not ours"};
        return 0;
    }
    r = judge_holder(ledger, mail, judgement, verdict);
    if (r != 0)
        return r;
    judge_policy(setup, mail, judgement, verdict);
    if (verdict->policy.reply.code == NULL)
        return 0;
    verdict->reply =
        policy_reply_write(mail->arena, &verdict->policy.reply, &verdict->recipient->address);
    return verdict->reply != NULL ? 0 : ERR_NOMEM;
}

static int judge_message(const struct setup *setup, struct mail *mail, struct judgement *judgement)
{
    const struct config *config = setup->config;
    const struct catalogue_service *entry;
    int r;

    if ((r = text_read(mail, &config->text_limits, &judgement->text)) != 0 ||
        (r = sender_identify(mail, &config->sender, setup->catalogue, &judgement->sender)) != 0 ||
        (r = kind_judge(mail, judgement->text, judgement->sender->from, setup->phrases,
             setup->kind_rules, &judgement->kind)) != 0)
        return r;
    entry = judgement->sender->entry;
    return redact_subject(mail->arena, judgement->text, setup->phrases,
        entry != NULL ? entry->name : NULL, config->keep_subject, &judgement->subject);
}

int judge_mail(const struct setup *setup, struct ledger *ledger, struct mail *mail,
    const struct judge_recipient *recipients, size_t count, struct judgement **out)
{
    struct judgement *judgement = arena_alloc(mail->arena, sizeof(*judgement));
    int r;

    *out = NULL;
    if (judgement == NULL)
        return ERR_NOMEM;
    judgement->verdicts = arena_array(mail->arena, count, sizeof(*judgement->verdicts));
    judgement->count = count;
    if (judgement->verdicts == NULL)
        return ERR_NOMEM;
    r = judge_message(setup, mail, judgement);
    for (size_t i = 0; r == 0 && i < count; i++) {
        judgement->verdicts[i].recipient = &recipients[i];
        if (recipients[i].unreadable)
            return ERR_LEDGER;
        r = judge_one(setup, ledger, mail, judgement, &judgement->verdicts[i]);
    }
    if (r == 0)
        r = judge_answer_find(setup->config, mail, judgement);
    if (r == 0)
        *out = judgement;
    return r;
}
