/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * setup - everything that judging needs and a reload replaces: configuration, catalogue,
 * phrases, rules, resolver, key. Immutable; counted, so that a message keeps the one it began
 * with. Thread rule: setup_hold and setup_drop from any thread; the rest is read only.
 */
#ifndef GONEAWAY_SETUP_H
#define GONEAWAY_SETUP_H

#include <stdbool.h>

#include "catalogue.h"
#include "config.h"
#include "dkim.h"
#include "dns.h"
#include "key.h"
#include "kind.h"
#include "ledger.h"
#include "mistakes.h"
#include "phrases.h"
#include "probe.h"
#include "seal.h"

struct setup {
    struct config *config;
    struct catalogue *catalogue;
    struct phrases *phrases;
    struct kind_rules *kind_rules;
    struct dns *dns;     /* NULL where the network is not asked */
    struct dkim *dkim;   /* NULL where signatures are not verified */
    struct key *key;     /* NULL where there is none (explain, -t) */
    struct seal *seal;   /* NULL where no certificate is named */
    struct probe *probe; /* the caller's; NULL where nobody counts (explain, -t) */
    _Atomic int holders;
};

struct setup_options {
    const char *path; /* of goneaway.conf; NULL: defaults */
    bool network;     /* keys may be asked for in the DNS */
    bool create_key;  /* the daemon's start; otherwise a missing key is no mistake */
    /* counts RRVS dates, and outlives the setup: what was counted survives a reload; or NULL */
    struct probe *probe;
};

/* Loads and checks all that the configuration names. Every mistake is added; on ERR_CONFIG *out
 * is NULL. 0, ERR_CONFIG, ERR_NOMEM, ERR_SYSTEM. */
int setup_load(const struct setup_options *options, struct mistakes *mistakes, struct setup **out);
struct setup *setup_hold(struct setup *setup);
void setup_drop(struct setup **setup);

/* Brings the ledger's mirror of domains (their modes as of now) and services up to date, as
 * ledger_mirror; without memory ERR_NOMEM. */
int setup_mirror(const struct setup *setup, struct ledger *ledger, int64_t now);

/* The files of the catalogue in the order in which they count: the shipped one, then the
 * administrator's own, which is a file or a directory of *.conf, sorted. 0 or ERR_NOMEM. */
int setup_services(
    const struct config *config, struct arena *arena, const char *const **paths, size_t *count);

/* The directories of letters, for letters_load; how many there are, 0 without memory. */
size_t setup_letters(const struct config *config, const char *out[2]);

#endif
