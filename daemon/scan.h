/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * scan - what the parts of `goneaway scan` share.
 *
 * One thread reads (scan_folder.c), some judge (scan_judge.c) and record (scan_write.c), the main
 * thread tells how far it is (scan_report.c) and waits for signals (scan.c). Between reading and
 * judging stands a queue that is bounded by octets (scan_queue.c), so memory is, too.
 * Thread rule: queue, report and scan_give_up from any thread; a batch belongs to one of those that
 * judge; what makes and frees, and scan_report_end, is the main thread's, without the others.
 */
#ifndef GONEAWAY_SCAN_H
#define GONEAWAY_SCAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge.h"

/* ---- one mail on its way ---- */

struct scan_item {
    struct scan_item *next;
    char *bytes;
    size_t length;
    uint64_t offset; /* in the file */
    int64_t date;    /* of the line "From " or the file's name, DATE_NONE */
    int64_t changed; /* of the file */
    bool quoted;     /* mbox_unquote is due */
    bool cut;        /* what was too long is missing */
    char file[];     /* as it was found */
};

void scan_item_free(struct scan_item **item);
void scan_item_free_all(struct scan_item **items);

/* ---- the queue ---- */

struct scan_queue;

struct scan_queue *scan_queue_new(void);
void scan_queue_free(struct scan_queue **queue);
/* Gathers some, then waits for room. The queue owns the item; false, and what is gathered is freed,
 * once it was stopped. One thread alone puts and flushes. */
bool scan_queue_put(struct scan_queue *queue, struct scan_item *item);
/* Hands over what is gathered: when the next mail may take its time, and at the end. */
bool scan_queue_flush(struct scan_queue *queue);
/* 1 with some items, 0 where none came within a short time, -1 where none comes any more. */
int scan_queue_get(struct scan_queue *queue, struct scan_item **items);
/* Nothing more is put: what waits is still taken. */
void scan_queue_end(struct scan_queue *queue);
/* Nothing more is put or taken. */
void scan_queue_stop(struct scan_queue *queue);

/* ---- what is told ---- */

/* Counters of mails, but for rows. */
struct scan_counts {
    uint64_t mails;
    uint64_t known;    /* counted before, for all their recipients */
    uint64_t not_ours; /* for no address at our domains */
    uint64_t outgoing; /* sent, drafted or chatted by us */
    uint64_t proven;
    uint64_t judged;
    uint64_t kinds[KIND_COUNT];
    uint64_t rows;       /* written */
    uint64_t known_rows; /* were there */
    uint64_t errors;
};

struct scan_report;

struct scan_report *scan_report_new(void);
void scan_report_free(struct scan_report **report);
/* Adds counters of a thread and clears them. */
void scan_report_add(struct scan_report *report, struct scan_counts *counts);
/* Octets that were read, and all that there are (0: not known). Any thread. */
void scan_report_read(struct scan_report *report, uint64_t octets);
void scan_report_total(struct scan_report *report, uint64_t octets);
/* A mail or file that could not be read or recorded. Any thread. The first are said at once. */
void scan_report_error(
    struct scan_report *report, const char *file, uint64_t offset, const char *what);
/* A file that was left out, which is no mail by its name. */
void scan_report_left_out(struct scan_report *report);
/* A file that went away between finding and opening it. */
void scan_report_gone(struct scan_report *report);
/* An account that a judged mail shows; for a scan that records nothing. */
void scan_report_account(struct scan_report *report, const struct ledger_entry *entry);
/* How far it is: a bar on a terminal, else a line now and then. */
void scan_report_progress(struct scan_report *report, bool last);
/* What was found. before: accounts in the ledger when it began, NULL where none is written. */
void scan_report_end(struct scan_report *report, struct ledger *ledger, const int64_t *before);
/* Did anything go wrong? */
bool scan_report_failed(const struct scan_report *report);
/* Is progress told on a terminal, so that it is worth counting what is there? */
bool scan_report_wants_total(const struct scan_report *report);

/* ---- the whole ---- */

struct scan {
    struct setup *setup;
    struct ledger *ledger; /* NULL: none is there, and none written */
    bool record;
    int64_t now;
    size_t most; /* octets of a mail that are kept */
    char **paths;
    struct scan_queue *queue;
    struct scan_report *report;
    atomic_bool stopped;          /* by a signal */
    _Atomic(const char *) broken; /* why it cannot go on; NULL where it can */
    atomic_bool missing;          /* a path of the command line could not be read */
    atomic_int running;           /* threads */
    int ended;                    /* an eventfd: the last thread has ended */
};

/* It cannot go on; why is told at the end, and of several reasons the first. Any thread. */
void scan_give_up(struct scan *scan, const char *why);

/* Reads all paths into the queue and ends it. */
void scan_folder_read(struct scan *scan);
/* Judges what the queue gives, until it gives no more. */
void scan_judge_run(struct scan *scan);
/* Does a name stand among the folders and labels that hold no incoming mail? */
bool scan_judge_is_skipped(const struct setup *setup, const char *name, size_t length);

/* ---- rows that are to be written ---- */

struct scan_batch;

struct scan_batch *scan_write_new(void);
void scan_write_free(struct scan_batch **batch);
/* Keeps copies of a mail's rows; writes when there are enough. 0 or ERR_NOMEM. */
int scan_write_add(struct scan *scan, struct scan_batch *batch, const struct scan_item *item,
    const struct ledger_entry *entries, size_t count);
/* Writes what there is; counts what became of it. */
void scan_write_flush(struct scan *scan, struct scan_batch *batch, struct scan_counts *counts);
/* Is it time to write? */
bool scan_write_is_due(const struct scan_batch *batch);

#endif
