/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger - what is known: the only room with SQL (with its neighbours ledger_*.c).
 *
 * Invariants
 * 1. One writer thread; whoever records waits until its rows are committed and synced, or gets
 *    an error. All that wait share one transaction.
 * 2. Reading never waits for writing (WAL). What an administrator committed counts from the next
 *    question on.
 * 3. A message that comes again after a failure is one row: `fingerprint` is unique.
 * 4. What the administrator set (holder_by = 'admin') is never overwritten by inference, and a
 *    finding is only replaced by a stronger one (enum holder_by).
 * 5. No handle is ever shared by two threads at once.
 * 6. A failure closes nothing for good: the next call tries again (a replaced, locked, full or
 *    read-only database recovers without a restart once the cause is gone).
 * Thread rule: any thread after ledger_open, until ledger_close.
 */
#ifndef GONEAWAY_LEDGER_H
#define GONEAWAY_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "catalogue.h"
#include "holder.h"
#include "kind.h"
#include "policy.h"
#include "rrvs.h"

struct ledger;

struct ledger_options {
    const char *path;
    bool read_only;          /* explain, -t: nothing is created, no writer runs */
    bool alone;              /* the daemon: another one with the same database is refused */
    unsigned timeout_ms;     /* how long a record or a question may take */
    unsigned queue;          /* entries that may wait; more are ERR_BUSY at once */
    const char *synchronous; /* "FULL", "NORMAL" */
};

/* Opens, creates (file 0640, directory 0750) and upgrades. On error *why holds a sentence with
 * the way out, for the caller to free(). 0, ERR_SYSTEM, ERR_LEDGER, ERR_NEWER, ERR_NOMEM. */
int ledger_open(const struct ledger_options *options, struct ledger **out, char **why);
/* Commits what waits, stops the writer, closes. */
void ledger_close(struct ledger **ledger);

/* What is known about a recipient. Dates: DATE_NONE where there is none. */
struct ledger_mailbox {
    bool own;
    char source[16];    /* 'admin' 'learned' 'minted' 'expected' */
    int64_t since;      /* this mailbox was reassigned within our time */
    int64_t keep_since; /* the administrator vouches for one owner since */
};
/* key: address.key; base: address.base. A row for either counts; key before base. 0 (with
 * own false where there is no row), ERR_LEDGER, ERR_BUSY. */
int ledger_find_mailbox(
    struct ledger *ledger, const char *key, const char *base, struct ledger_mailbox *out);

/* What is known about an account. */
struct ledger_account {
    bool known;
    enum holder holder;
    enum holder_by by;
    int64_t first_seen;
    int64_t rrvs_date;
};
/* 0 (with known false where there is no row, dates DATE_NONE), ERR_LEDGER, ERR_BUSY. */
int ledger_find_account(struct ledger *ledger, const char *address_key, const char *service,
    struct ledger_account *out);

/* One message for one recipient. Strings NULL where there is none. */
struct ledger_entry {
    int64_t received;
    const char *address;      /* key */
    const char *address_seen; /* spelling */
    const char *domain;       /* ours */
    bool own;
    const char *service; /* id; an account is written only with it and `record` */
    const char *service_name;
    const char *category;
    unsigned risk;
    const char *sender_domain; /* authenticated organisational domain */
    const char *from_domain;   /* claimed */
    const char *claimed;       /* service that an unproven sender claims to be */
    bool record;               /* write the account */
    enum holder holder;
    enum holder_by holder_by;
    enum rrvs_result rrvs;
    int64_t rrvs_date;
    enum kind kind;
    enum action action;
    enum action meant;
    const char *mode;  /* "observe" … */
    const char *rule;  /* policy rule that decided */
    const char *reply; /* "550 5.1.1": code and status carried out, NULL for none */
    const char *queue_id;
    uint64_t size;
    const char *subject;     /* redacted, or NULL */
    const char *fingerprint; /* hexadecimal, unique */
    const char *twin;        /* hexadecimal: the same for the mail in a mailbox; NULL for none */
    bool counted;            /* ledger_scan: it was, which is to be remembered beyond its row */
};

/* Tells that a message is being judged which will be recorded, so that one commit may take it along
 * with others that wait. Each call is taken back by one of ledger_has_come, right before
 * ledger_record or when there is nothing to record. */
void ledger_is_coming(struct ledger *ledger);
void ledger_has_come(struct ledger *ledger);

/* Writes all entries of a message in one transaction and waits for the commit. 0, ERR_BUSY (not
 * in time: nothing is known of the fate of the rows; coming again is one row), ERR_LEDGER. */
int ledger_record(struct ledger *ledger, const struct ledger_entry *entries, size_t count);

/* What became of entries that were found in mailboxes. */
struct ledger_scanned {
    uint64_t recorded;
    uint64_t known; /* counted before, by the daemon or a scan */
    bool refused;   /* an entry cannot be a row, while others can: the ledger itself is well */
};
/* As ledger_record for mails that lay in a mailbox, of any number and in any order: an entry that
 * was counted before changes nothing, whose account it is says the oldest mail, and only mail of
 * service kinds counts for an account. All in one transaction; on success *out grows. 0 … as
 * ledger_record, and nothing is written; out->refused tells why. */
int ledger_scan(struct ledger *ledger, const struct ledger_entry *entries, size_t count,
    struct ledger_scanned *out);
/* Was a mail counted? */
enum ledger_counted {
    LEDGER_COUNTED_NOT,
    LEDGER_COUNTED_MESSAGE, /* its row says so, as long as it is kept */
    LEDGER_COUNTED_SCAN     /* a scan has remembered it */
};
/* Of the entry address, fingerprint and twin count. 0 … as ledger_find_mailbox. */
int ledger_knows(struct ledger *ledger, const struct ledger_entry *entry, enum ledger_counted *out);
/* How many accounts there are, by holder. 0 … as ledger_find_mailbox. */
int ledger_count_accounts(struct ledger *ledger, int64_t counts[HOLDER_COUNT]);

/* Learns an own mailbox from mail that our people send. 0 … as ledger_record. */
int ledger_learn_mailbox(
    struct ledger *ledger, const char *key, const char *seen, const char *source, int64_t since);

/* Opens a window: until then mail to the address counts as the owner's. A window that is open
 * only grows; other own mailboxes stay as they are. 0 … as ledger_record. */
int ledger_expect_mailbox(struct ledger *ledger, const char *key, const char *seen, int64_t until);
/* How many accounts at the address are not the owner's. 0 … as ledger_find_mailbox. */
int ledger_count_others(struct ledger *ledger, const char *address_key, int64_t *count);

/* One domain of the configuration, for the mirror. */
struct ledger_domain {
    const char *name;
    int64_t owned_since;
    const char *mode;
};
/* Makes `domain`, `service`, `service_domain` and `contact` agree with configuration and catalogue
 * (at start, reload, and when statistics.replaced has grown). Rows that the administrator added or
 * changed stay. Waits up to 30 s for its turn. 0 … as ledger_record. */
int ledger_mirror(struct ledger *ledger, const struct ledger_domain *domains, size_t count,
    const struct catalogue *catalogue);

/* How long things are kept, in days. */
struct ledger_keeping {
    unsigned message_days; /* single messages */
    unsigned account_days; /* accounts, addresses and counters after their last mail */
    unsigned quiet_days;   /* without mail, until a case that was refused or reported is quiet */
};
/* From now on the writer keeps to it by itself, in small steps, about once a minute. Without this
 * call nothing goes and no case falls quiet. */
void ledger_keep(struct ledger *ledger, const struct ledger_keeping *keeping);
/* All of it at once, as it stands at that moment. 0 … as ledger_record. */
int ledger_tidy(struct ledger *ledger, const struct ledger_keeping *keeping, int64_t now);

/* Whom to forget: an address and its subaddresses. */
struct ledger_person {
    const char *local;      /* key form */
    const char *domain;     /* "@" and the A-label domain */
    const char *delimiters; /* of subaddresses, "" for none */
};
struct ledger_forgotten {
    int64_t addresses;
    int64_t accounts;
    int64_t messages;
    int64_t mailboxes;
};
/* Deletes all rows about the person, overwrites what they held and empties the -wal file. 0;
 * ERR_BUSY with `out` filled in: it is done, but the -wal file could not be emptied yet, which the
 * daemon does when it is idle; otherwise as ledger_record, and nothing was deleted. */
int ledger_forget(
    struct ledger *ledger, const struct ledger_person *person, struct ledger_forgotten *out);

/* Counters since the start, for the log and the metrics. */
struct ledger_statistics {
    uint64_t recorded;
    uint64_t commits;
    uint64_t failures;
    unsigned waiting;
    uint64_t replaced; /* how often the file was made or replaced under us: ledger_mirror is due */
};
void ledger_statistics(struct ledger *ledger, struct ledger_statistics *out);

/* How many accounts there are, for the metrics. */
#define LEDGER_SUMMARY_STATES 20    /* each holder with each state of a case */
#define LEDGER_SUMMARY_SERVICES 100 /* those with the most accounts */
struct ledger_summary {
    int64_t counted_at;
    struct {
        enum holder holder;
        char case_state[12];
        int64_t accounts;
    } states[LEDGER_SUMMARY_STATES];
    size_t state_count;
    struct {
        char service[256];
        int64_t accounts; /* that are not the owner's */
    } services[LEDGER_SUMMARY_SERVICES];
    size_t service_count;
};
/* Counts; services with fewer than `least` accounts are left out. Reads every account, about a
 * second for three millions, beside all other work. 0 … as ledger_find_mailbox. */
int ledger_summarise(struct ledger *ledger, unsigned least, struct ledger_summary *out);

/* A test that the ledger answers (the watchdog's). 0 or as ledger_find_mailbox. */
int ledger_ping(struct ledger *ledger);

/* Writes name and version of what the ledger is kept with, one a line. */
void ledger_libraries(FILE *out);

#endif
