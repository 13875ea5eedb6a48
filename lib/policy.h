/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * policy - what is done about a mail: rules, first match wins, the administrator's before the
 * built-in ones. It decides; nothing is done here. Thread rule: pure.
 */
#ifndef GONEAWAY_POLICY_H
#define GONEAWAY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "arena.h"
#include "holder.h"
#include "kind.h"
#include "rrvs.h"

enum action {
    ACTION_ACCEPT,
    ACTION_TAG,
    ACTION_DEFUSE,
    ACTION_SEAL,
    ACTION_QUARANTINE,
    ACTION_REJECT,
    ACTION_DISCARD,
    ACTION_TEMPFAIL
};
#define ACTION_COUNT 8
const char *policy_action_name(enum action action);

/* How far a domain's verdicts are carried out. */
enum mode { MODE_OBSERVE, MODE_TAG, MODE_ENFORCE };
const char *policy_mode_name(enum mode mode);

/* An SMTP reply; text may hold "{rcpt}", which becomes "<address>". */
struct policy_reply {
    const char *code;   /* "550" */
    const char *status; /* "5.1.1" (RFC 3463) */
    const char *text;
};

/* Reads "550 5.1.1 text" and checks it: code and status of one class (4 or 5), printable
 * ASCII, at most 400 octets, "{rcpt}" the only brace, no '%', no word that bounce
 * classifiers take for a temporary or a content refusal. On mistake *why is a sentence with the
 * way out. 0, ERR_SYNTAX (why is set), ERR_NOMEM. */
int policy_reply_parse(
    struct arena *arena, const char *text, struct policy_reply *out, const char **why);

/* "550 5.1.1 text", the recipient filled in: pure ASCII, no '%', the address cut at 64 octets and
 * left out (with the ": " behind it) where it is not printable ASCII or recipient is NULL. NULL
 * without memory. */
const char *policy_reply_write(
    struct arena *arena, const struct policy_reply *reply, const struct address *recipient);

enum policy_want { POLICY_ANY, POLICY_YES, POLICY_NO };

/* One rule. A condition that is empty holds for all mail. */
struct policy_rule {
    const char *name; /* "policy rule 2 (goneaway.conf:31)" or "builtin: …" */
    unsigned holders; /* bit 1u << enum holder; 0: any */
    unsigned kinds;   /* bit 1u << enum kind; 0: any */
    enum policy_want own;
    enum policy_want authenticated;
    const char *const *addresses; /* patterns: address or local part, '*' as in mailboxes */
    size_t address_count;
    const char *const *services; /* ids */
    size_t service_count;
    const char *const *categories;
    size_t category_count;
    const char *const *domains; /* of ours, A-labels: for general rules */
    size_t domain_count;
    enum action action;
    struct policy_reply reply; /* code NULL: the domain's, else the built-in one */
};

/* What is known of one message for one recipient. */
struct policy_case {
    const struct address *address;
    const char *service;  /* id or NULL */
    const char *category; /* or NULL */
    enum holder holder;
    enum holder_by holder_by;
    enum kind kind;
    bool own;
    bool authenticated;
    bool untouchable; /* postmaster, abuse */
    bool authored;    /* submitted by our own people */
    bool null_sender;
    bool closing; /* the domain's closing period is not over */
    bool probed;  /* RRVS was asked with too many different dates */
    const struct rrvs_verdict *rrvs;
};

struct policy_verdict {
    enum action action;
    const char *rule;
    struct policy_reply reply; /* of reject and tempfail; code NULL otherwise */
};

/* rules: the domain's own, then the general ones, in one array each; domain_reply may be NULL. */
struct policy_rules {
    const struct policy_rule *domain;
    size_t domain_count;
    const struct policy_rule *general;
    size_t general_count;
    const struct policy_reply *reply; /* left out where its class is not the action's */
};
/* Whom mail is never refused comes first (postmaster and abuse, our own people's mail, reports
 * for own mailboxes); then the rules given, so they also come before RRVS; then the built-in
 * list. reject always has a reply of class 5, tempfail one of class 4. */
struct policy_verdict policy_decide(
    const struct policy_rules *rules, const struct policy_case *what);

/* What a mode carries out of an action: observe accepts, tag tags what is not accepted. */
enum action policy_carry_out(enum mode mode, enum action meant);

#endif
