/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The evidence is a table, strongest first; what holds in the first row that fits is found.
 *
 * Invariants
 * 1. What the administrator set stands, whatever the evidence.
 * 2. A known finding gives way only to a stronger one, so the first mail decides once.
 * 3. Who is not authenticated never makes or moves an account.
 */
#include "holder.h"

#include "date.h"

#include <stddef.h>
#include <string.h>

static const char *const holder_names[HOLDER_COUNT] = {"unknown", "prior", "current", "stranger"};
static const char *const by_names[HOLDER_BY_COUNT] = {
    "none", "first-mail", "mailbox", "rrvs", "admin"};

#define RRVS_BEFORE_US 1u /* the sender demands a recipient from before our time */
#define OWN_MAILBOX 2u
#define PROVEN_SENDER 4u
#define MAIL_BEFORE_US 8u

#define KIND(name) (1u << KIND_##name)
#define ANY_KIND 0u

/* What must be so, and what it shows. */
static const struct {
    unsigned facts;
    unsigned kinds;
    struct holder_finding finding;
} evidence_table[] = {
    {RRVS_BEFORE_US, ANY_KIND, {HOLDER_PRIOR, HOLDER_BY_RRVS, false}},
    {OWN_MAILBOX, ANY_KIND, {HOLDER_CURRENT, HOLDER_BY_MAILBOX, false}},
    /* whoever it was made for then, it was not us */
    {PROVEN_SENDER | MAIL_BEFORE_US, HOLDER_SERVICE_KINDS,
        {HOLDER_PRIOR, HOLDER_BY_FIRST_MAIL, false}},
    /* a new account is confirmed or greeted: made in our time, by somebody else */
    {PROVEN_SENDER, KIND(VERIFY) | KIND(WELCOME), {HOLDER_STRANGER, HOLDER_BY_FIRST_MAIL, false}},
    /* any other mail speaks of an account that was there before */
    {PROVEN_SENDER, HOLDER_SERVICE_KINDS, {HOLDER_PRIOR, HOLDER_BY_FIRST_MAIL, false}},
};

static int place(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *holder_name(enum holder holder)
{
    return holder_names[holder];
}

bool holder_from_name(const char *name, enum holder *out)
{
    int found = place(holder_names, HOLDER_COUNT, name);

    if (found >= 0)
        *out = (enum holder)found;
    return found >= 0;
}

const char *holder_by_name(enum holder_by by)
{
    return by_names[by];
}

bool holder_by_from_name(const char *name, enum holder_by *out)
{
    int found = place(by_names, HOLDER_BY_COUNT, name);

    if (found >= 0)
        *out = (enum holder_by)found;
    return found >= 0;
}

static unsigned facts_of(const struct holder_evidence *evidence)
{
    unsigned facts = 0;

    if (evidence->rrvs_date != DATE_NONE && evidence->rrvs_date < evidence->owned_since)
        facts |= RRVS_BEFORE_US;
    /* who had the name before us is not who has it now */
    if (evidence->own && !evidence->before_us)
        facts |= OWN_MAILBOX;
    if (evidence->before_us)
        facts |= MAIL_BEFORE_US;
    if (evidence->authenticated)
        facts |= PROVEN_SENDER;
    return facts;
}

static struct holder_finding look_up(unsigned facts, unsigned kind)
{
    for (size_t i = 0; i < sizeof(evidence_table) / sizeof(evidence_table[0]); i++)
        if ((facts & evidence_table[i].facts) == evidence_table[i].facts &&
            (evidence_table[i].kinds == ANY_KIND || (evidence_table[i].kinds & kind) != 0))
            return evidence_table[i].finding;
    return (struct holder_finding){HOLDER_UNKNOWN, HOLDER_BY_NONE, false};
}

struct holder_finding holder_find(const struct holder_evidence *evidence)
{
    unsigned kind = 1u << evidence->kind;
    struct holder_finding finding = look_up(facts_of(evidence), kind);

    if (evidence->known &&
        (evidence->known_by == HOLDER_BY_ADMIN || finding.by <= evidence->known_by)) {
        finding.holder = evidence->known_holder;
        finding.by = evidence->known_by;
    }
    finding.record =
        evidence->authenticated && (evidence->known || (kind & HOLDER_SERVICE_KINDS) != 0);
    return finding;
}
