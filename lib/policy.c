/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Three lists, one after the other, and the first row that fits decides:
 *   1. what is accepted always (`always`), which no rule can change;
 *   2. the administrator's rules, the domain's before the general ones;
 *   3. the built-in list (`builtin`), whose last row fits everything.
 * So an administrator's rule comes before the RRVS refusal too: who writes one means it.
 *
 * Must never: give a reply whose class is not the action's (a milter would send the MTA's
 * default text instead, or a stale one).
 */
#include "policy.h"

#include "err.h"

#include <string.h>
#include <strings.h>

#define HOLDER(name) (1u << HOLDER_##name)
#define KIND(name) (1u << KIND_##name)
#define RRVS(name) (1u << RRVS_##name)
#define OTHERS_ACCOUNT (HOLDER(PRIOR) | HOLDER(STRANGER))
#define NOT_SERVICE_KINDS (~HOLDER_SERVICE_KINDS)

/* Facts that only the built-in rows ask for. */
#define UNTOUCHABLE 1u
#define AUTHORED 2u
#define NULL_SENDER 4u
#define CLOSING 8u
#define SET_BY_ADMIN 16u
#define PROBED 32u

struct row {
    struct policy_rule rule;
    unsigned facts; /* all must be so */
    unsigned rrvs;  /* bit 1u << enum rrvs_result; 0: any */
};

static const struct policy_reply reply_unknown = {
    "550", "5.1.1", "{rcpt}: User unknown; domain has a new owner, please remove this address"};
static const struct policy_reply reply_unknown_here = {"550", "5.1.1",
    "{rcpt}: Intended recipient unknown; domain has a new owner, please remove this address"};
static const struct policy_reply reply_tempfail = {"451", "4.3.0", "Please try again later"};
static const struct policy_reply reply_probed = {
    "450", "4.7.1", "{rcpt}: Too many different dates, try again tomorrow"};

/* The registry's own texts (RFC 7293 §15.3) are what classifiers know. */
static const struct policy_reply rrvs_replies[] = {
    {"550", "5.7.17", "{rcpt}: Mailbox owner has changed"},
    {"550", "5.7.18", "{rcpt}: Domain owner has changed"},
    {"550", "5.7.19", "{rcpt}: RRVS test cannot be completed"},
};

static const struct row always[] = {
    {{.name = "builtin: postmaster and abuse", .action = ACTION_ACCEPT}, UNTOUCHABLE, 0},
    {{.name = "builtin: our own people's mail", .action = ACTION_ACCEPT}, AUTHORED, 0},
    {{.name = "builtin: report for an own mailbox",
         .kinds = NOT_SERVICE_KINDS,
         .own = POLICY_YES,
         .action = ACTION_ACCEPT},
        NULL_SENDER, 0},
};

static const struct row builtin[] = {
    /* both answers wait: either would tell on which side of the secret date the asked one is */
    {{.name = "builtin: too many RRVS dates", .action = ACTION_TEMPFAIL}, PROBED, 0},
    {{.name = "builtin: RRVS fails", .action = ACTION_REJECT}, 0, RRVS(FAIL)},
    {{.name = "builtin: RRVS cannot be answered", .action = ACTION_REJECT}, 0, RRVS(UNKNOWN)},
    {{.name = "builtin: RRVS cannot be answered now", .action = ACTION_TEMPFAIL}, 0,
        RRVS(TEMPERROR)},
    {{.name = "builtin: closing period", .own = POLICY_NO, .action = ACTION_REJECT}, CLOSING, 0},
    {{.name = "builtin: account of somebody else",
         .holders = OTHERS_ACCOUNT,
         .kinds = HOLDER_SERVICE_KINDS,
         .own = POLICY_NO,
         .authenticated = POLICY_YES,
         .action = ACTION_REJECT},
        0, 0},
    {{.name = "builtin: account of somebody else, named by the administrator, at an own mailbox",
         .holders = OTHERS_ACCOUNT,
         .kinds = HOLDER_SERVICE_KINDS,
         .own = POLICY_YES,
         .authenticated = POLICY_YES,
         .action = ACTION_REJECT},
        SET_BY_ADMIN, 0},
    {{.name = "builtin: account of somebody else at an own mailbox",
         .holders = OTHERS_ACCOUNT,
         .kinds = HOLDER_SERVICE_KINDS,
         .own = POLICY_YES,
         .authenticated = POLICY_YES,
         .action = ACTION_TAG},
        0, 0},
    {{.name = "builtin: our own account", .holders = HOLDER(CURRENT), .action = ACTION_ACCEPT}, 0,
        0},
    {{.name = "builtin: own mailbox", .own = POLICY_YES, .action = ACTION_ACCEPT}, 0, 0},
    {{.name = "builtin: bulk or automatic mail to an old address",
         .kinds = KIND(BULK) | KIND(AUTO),
         .own = POLICY_NO,
         .action = ACTION_REJECT},
        0, 0},
    {{.name = "builtin: other mail to an old address", .action = ACTION_TAG}, 0, 0},
};

static const char *const action_names[ACTION_COUNT] = {
    "accept", "tag", "defuse", "seal", "quarantine", "reject", "discard", "tempfail"};
static const char *const mode_names[] = {"observe", "tag", "enforce"};

const char *policy_action_name(enum action action)
{
    return action_names[action];
}

const char *policy_mode_name(enum mode mode)
{
    return mode_names[mode];
}

static bool want_fits(enum policy_want want, bool is)
{
    return want == POLICY_ANY || is == (want == POLICY_YES);
}

static bool address_fits(const struct policy_rule *rule, const struct address *address)
{
    if (rule->address_count == 0)
        return true;
    for (size_t i = 0; i < rule->address_count; i++)
        if (address_matches(address, rule->addresses[i]))
            return true;
    return false;
}

/* Is the name in the list? An empty list holds for all, also for no name. */
static bool name_fits(const char *const *names, size_t count, const char *name)
{
    if (count == 0)
        return true;
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

static bool rule_fits(const struct policy_rule *rule, const struct policy_case *what)
{
    return (rule->holders == 0 || (rule->holders & 1u << what->holder) != 0) &&
           (rule->kinds == 0 || (rule->kinds & 1u << what->kind) != 0) &&
           want_fits(rule->own, what->own) && want_fits(rule->authenticated, what->authenticated) &&
           address_fits(rule, what->address) &&
           name_fits(rule->services, rule->service_count, what->service) &&
           name_fits(rule->domains, rule->domain_count, what->address->domain) &&
           name_fits(rule->categories, rule->category_count, what->category);
}

static const struct policy_rule *first_rule(
    const struct policy_rule *rules, size_t count, const struct policy_case *what)
{
    for (size_t i = 0; i < count; i++)
        if (rule_fits(&rules[i], what))
            return &rules[i];
    return NULL;
}

static unsigned facts_of(const struct policy_case *what)
{
    return (what->untouchable ? UNTOUCHABLE : 0) | (what->authored ? AUTHORED : 0) |
           (what->null_sender ? NULL_SENDER : 0) | (what->closing ? CLOSING : 0) |
           (what->probed ? PROBED : 0) | (what->holder_by == HOLDER_BY_ADMIN ? SET_BY_ADMIN : 0);
}

static enum rrvs_result rrvs_of(const struct policy_case *what)
{
    return what->rrvs == NULL ? RRVS_NONE : what->rrvs->result;
}

static const struct row *first_row(
    const struct row *rows, size_t count, const struct policy_case *what)
{
    unsigned facts = facts_of(what);

    for (size_t i = 0; i < count; i++)
        if ((facts & rows[i].facts) == rows[i].facts &&
            (rows[i].rrvs == 0 || (rows[i].rrvs & 1u << rrvs_of(what)) != 0) &&
            rule_fits(&rows[i].rule, what))
            return &rows[i];
    return NULL;
}

/* The reply of an RRVS refusal: the one with the verdict's status, else 5.7.18. */
static struct policy_reply rrvs_reply(const struct policy_case *what)
{
    for (size_t i = 0; what->rrvs->status != NULL && i < 3; i++)
        if (strcmp(rrvs_replies[i].status, what->rrvs->status) == 0)
            return rrvs_replies[i];
    return rrvs_replies[1];
}

static bool reply_is_of_class(const struct policy_reply *reply, char class)
{
    return reply != NULL && reply->code != NULL && reply->code[0] == class;
}

/* Which reply a verdict takes: the rule's own, the domain's, the built-in one; the first that is
 * of the action's class. */
static struct policy_reply choose_reply(const struct policy_rules *rules,
    const struct policy_rule *rule, const struct policy_case *what)
{
    char class = rule->action == ACTION_REJECT ? '5' : '4';

    if (rule->action != ACTION_REJECT && rule->action != ACTION_TEMPFAIL)
        return (struct policy_reply){0};
    if (reply_is_of_class(&rule->reply, class))
        return rule->reply;
    if (reply_is_of_class(rules->reply, class))
        return *rules->reply;
    if (class == '4')
        return reply_tempfail;
    return what->own ? reply_unknown_here : reply_unknown;
}

static struct policy_verdict verdict_of_rule(const struct policy_rules *rules,
    const struct policy_rule *rule, const struct policy_case *what)
{
    return (struct policy_verdict){rule->action, rule->name, choose_reply(rules, rule, what)};
}

static struct policy_verdict verdict_of_row(
    const struct policy_rules *rules, const struct row *row, const struct policy_case *what)
{
    /* RRVS has registered replies, and our own trouble has nothing to do with the domain */
    if (row->rrvs != 0 && row->rule.action == ACTION_REJECT)
        return (struct policy_verdict){row->rule.action, row->rule.name, rrvs_reply(what)};
    if (row->rule.action == ACTION_TEMPFAIL)
        return (struct policy_verdict){row->rule.action, row->rule.name,
            (row->facts & PROBED) != 0 ? reply_probed : reply_tempfail};
    return verdict_of_rule(rules, &row->rule, what);
}

struct policy_verdict policy_decide(
    const struct policy_rules *rules, const struct policy_case *what)
{
    const struct policy_rule *rule;
    const struct row *row = first_row(always, sizeof(always) / sizeof(always[0]), what);

    if (row != NULL)
        return verdict_of_row(rules, row, what);
    rule = first_rule(rules->domain, rules->domain_count, what);
    if (rule == NULL)
        rule = first_rule(rules->general, rules->general_count, what);
    if (rule != NULL)
        return verdict_of_rule(rules, rule, what);
    row = first_row(builtin, sizeof(builtin) / sizeof(builtin[0]), what);
    return verdict_of_row(rules, row, what);
}

enum action policy_carry_out(enum mode mode, enum action meant)
{
    switch (mode) {
    case MODE_ENFORCE:
        return meant;
    case MODE_TAG:
        return meant == ACTION_ACCEPT ? ACTION_ACCEPT : ACTION_TAG;
    case MODE_OBSERVE:
        break;
    }
    return ACTION_ACCEPT;
}
