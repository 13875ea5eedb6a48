/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config - goneaway.conf: one table of settings, from which parser, defaults, `-t` and the
 * check of the manual come. A configuration is immutable once loaded and owns its arena.
 * Thread rule: reading from any thread.
 */
#ifndef GONEAWAY_CONFIG_H
#define GONEAWAY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "log.h"
#include "mail.h"
#include "mistakes.h"
#include "policy.h"
#include "redact.h"
#include "seal.h"
#include "sender.h"
#include "text.h"

/* A list of strings. */
struct config_list {
    const char *const *items;
    size_t count;
};

/* From `since` on the domain's mode is `mode` (for the categories named; none: for all). Of the
 * steps that count for a mail the last one wins. */
struct config_step {
    int64_t since;
    enum mode mode;
    struct config_list categories;
};

struct config_domain {
    const char *name;    /* A-labels */
    int64_t owned_since;
    struct config_step *steps; /* sorted by since; the first one since DATE_NONE */
    size_t step_count;
    struct config_list mailboxes; /* patterns of local parts */
    struct policy_rule *rules;
    size_t rule_count;
    struct policy_reply reply; /* code NULL: the general one */
    const char *recipient_delimiter; /* NULL: the general one; "": none */
    int64_t closing_until; /* DATE_NONE: no closing period */
    int line;
};

/* An IP network of ours: mail from there is submission. */
struct config_network {
    unsigned char bytes[16];
    unsigned family; /* AF_INET or AF_INET6 */
    unsigned prefix;
};

enum config_mixed { CONFIG_MIXED_SPLIT, CONFIG_MIXED_TAG };

struct config_index;

struct config {
    struct arena *arena;
    const char *path; /* of the file; NULL: there is none */
    /* where */
    const char *listen;
    unsigned socket_mode;
    const char *socket_group; /* NULL: the daemon's own */
    const char *database;
    const char *key_file;
    const char *data_dir;
    const char *local_letters; /* directories that may not exist */
    const char *local_phrases;
    const char *local_services; /* file, or directory of *.conf, that may not exist */
    /* who we are and whom we believe */
    const char *authserv_id;
    struct sender_rules sender;
    bool border_removes_forged;
    struct config_list scan_trusted_ids;
    struct config_list scan_skip_folders;
    struct config_list dns_servers;
    unsigned dns_timeout_ms;
    struct config_network *networks;
    size_t network_count;
    bool learn_senders;
    /* the domains and what is done */
    struct config_domain *domains;
    size_t domain_count;
    struct config_index *index; /* of the domains by name */
    struct policy_rule *rules;
    size_t rule_count;
    struct policy_reply reply; /* code NULL: the built-in one */
    const char *recipient_delimiter; /* the characters that separate a subaddress; "": none */
    enum config_mixed mixed_recipients;
    enum action on_failure; /* accept, tempfail or reject */
    bool strip_rrvs;
    unsigned rrvs_probes_max;
    /* sealing */
    struct config_list seal_to; /* paths of certificates */
    const char *seal_file;      /* where seal_to stands, for mistakes found later; NULL: nowhere */
    int seal_line;
    enum seal_cipher seal_cipher;
    size_t seal_bytes_max; /* header and body; 0 is no value */
    /* bounds */
    struct mail_limits mail_limits;
    struct text_limits text_limits;
    unsigned recipients_max;
    unsigned ledger_timeout_ms;
    unsigned ledger_queue;
    unsigned connections_max;
    /* what is kept */
    enum redact_subject keep_subject;
    unsigned keep_days;
    unsigned keep_accounts_days;
    unsigned quiet_days;
    const char *synchronous; /* "FULL" or "NORMAL" */
    /* metrics */
    const char *metrics_file;   /* NULL: none is written */
    const char *metrics_listen; /* NULL: no endpoint */
    unsigned metrics_interval_s;
    unsigned metrics_service_accounts;
    /* log */
    enum log_target log_target;
    enum log_level log_level;
    unsigned log_line_max;
};

/* Reads a file. Every mistake is added to `mistakes`; 0, ERR_CONFIG (*out is NULL), ERR_NOMEM. */
int config_load(const char *path, struct mistakes *mistakes, struct config **out);
/* The defaults without any domain, for `explain` where there is no file. NULL: no memory. */
struct config *config_default(void);
void config_free(struct config **config);

/* The domain of ours for an A-label name (exact), or NULL. Constant time however many. */
const struct config_domain *config_domain_of(const struct config *config, const char *name);
/* The mode in force at a moment for a service category (NULL: none known). */
enum mode config_mode_at(const struct config_domain *domain, int64_t when, const char *category);
/* May a mail for the domain that comes at that moment meet a rule with that action, and the mode
 * in which it is carried out? Asked before anything else is known of the mail. */
bool config_may(const struct config *config, const struct config_domain *domain,
    enum action action, int64_t when);
/* The same for any domain at any moment. */
bool config_may_ever(const struct config *config, enum action action);
/* Is the textual IP address in one of the configured networks? */
bool config_is_own_network(const struct config *config, const char *address);
/* Can other machines reach the address of `listen`? The milter protocol knows no password, so
 * that deserves a warning. */
bool config_listen_is_public(const struct config *config);

/* One line for each setting that differs between the two: name ("log_level",
 * "domains.example.com.mode", "domains.example.com" for one that came or went), and whether it
 * takes a restart to count. Returns how many. */
size_t config_tell_changes(const struct config *before, const struct config *after,
    void (*tell)(void *cookie, const char *setting, bool needs_restart), void *cookie);
/* Writes the table, for the manual's check: name ("domains.mode.since"), type, range, default,
 * help, "restart" or "reload" (what makes a change count); one a line, with tabs between. */
void config_print_settings(FILE *out);
/* Writes the effective configuration (`goneawayd -T`); it can be read again. */
void config_print(const struct config *config, FILE *out);

/* Writes name and version of what settings are read with, one a line. */
void config_libraries(FILE *out);

#endif
