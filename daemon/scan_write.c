/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Rows on their way into the ledger: many in one transaction, but none so large that the daemon
 * would have to wait for it.
 */
#include "scan.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "err.h"

#define ROWS_MAX ((size_t)256)
/* one mail has at most as many rows as recipients.c finds */
#define ROWS_ROOM (ROWS_MAX + 128)
#define AGE_MAX 2    /* seconds */
#define PATIENCE 120 /* seconds that another may hold the ledger */

/* Where a row comes from. */
struct mark {
    const char *file;
    uint64_t offset;
};

struct scan_batch {
    struct arena *arena;
    struct ledger_entry entries[ROWS_ROOM];
    struct mark marks[ROWS_ROOM];
    size_t count;
    time_t since; /* of the first row */
};

/* The strings of an entry that may live in the mail's arena. */
static const size_t strings[] = {offsetof(struct ledger_entry, address),
    offsetof(struct ledger_entry, address_seen), offsetof(struct ledger_entry, domain),
    offsetof(struct ledger_entry, service), offsetof(struct ledger_entry, service_name),
    offsetof(struct ledger_entry, category), offsetof(struct ledger_entry, sender_domain),
    offsetof(struct ledger_entry, from_domain), offsetof(struct ledger_entry, claimed),
    offsetof(struct ledger_entry, rule), offsetof(struct ledger_entry, subject),
    offsetof(struct ledger_entry, fingerprint), offsetof(struct ledger_entry, twin)};

struct scan_batch *scan_write_new(void)
{
    return calloc(1, sizeof(struct scan_batch));
}

static void clear(struct scan_batch *batch)
{
    arena_free(&batch->arena);
    batch->count = 0;
}

void scan_write_free(struct scan_batch **batch)
{
    if (*batch == NULL)
        return;
    clear(*batch);
    free(*batch);
    *batch = NULL;
}

static int copy_entry(struct arena *arena, const struct ledger_entry *from, struct ledger_entry *to)
{
    *to = *from;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        const char **place = (const char **)(void *)((char *)to + strings[i]);

        if (*place != NULL && (*place = arena_strdup(arena, *place)) == NULL)
            return ERR_NOMEM;
    }
    return 0;
}

int scan_write_add(struct scan *scan, struct scan_batch *batch, const struct scan_item *item,
    const struct ledger_entry *entries, size_t count)
{
    const char *file;
    int r = 0;

    if (!scan->record) {
        for (size_t i = 0; i < count; i++)
            scan_report_account(scan->report, &entries[i]);
        return 0;
    }
    if (batch->arena == NULL)
        batch->arena = arena_new(0);
    file = batch->arena == NULL ? NULL : arena_strdup(batch->arena, item->file);
    if (file == NULL)
        return ERR_NOMEM;
    if (batch->count == 0)
        batch->since = time(NULL);
    for (size_t i = 0; r == 0 && i < count && batch->count < ROWS_ROOM; i++) {
        r = copy_entry(batch->arena, &entries[i], &batch->entries[batch->count]);
        batch->marks[batch->count] = (struct mark){file, item->offset};
        batch->count += r == 0;
    }
    return r;
}

bool scan_write_is_due(const struct scan_batch *batch)
{
    return batch->count >= ROWS_MAX || (batch->count > 0 && time(NULL) - batch->since >= AGE_MAX);
}

/* Waits for others who hold the ledger, for a while. */
static int write_patiently(
    struct scan *scan, const struct ledger_entry *entries, size_t count, struct ledger_scanned *out)
{
    time_t until = time(NULL) + PATIENCE;
    int r;

    if (atomic_load(&scan->broken) != NULL)
        return ERR_BUSY;
    do
        r = ledger_scan(scan->ledger, entries, count, out);
    while (r == ERR_BUSY && time(NULL) < until && !atomic_load(&scan->stopped));
    return r;
}

static void give_up(struct scan *scan, int r)
{
    if (r == ERR_BUSY)
        scan_give_up(scan, "another program holds the ledger: end it (a shell in a transaction?)");
    else
        scan_give_up(scan, "the ledger could not be written: mend what is told above");
}

/* A row that the ledger refuses must not keep the others away. */
static void write_singly(
    struct scan *scan, const struct scan_batch *batch, struct ledger_scanned *out)
{
    for (size_t i = 0; i < batch->count; i++) {
        int r = write_patiently(scan, &batch->entries[i], 1, out);

        if (r != 0 && !out->refused) {
            give_up(scan, r);
            return;
        }
        if (r != 0)
            scan_report_error(scan->report, batch->marks[i].file, batch->marks[i].offset,
                "the ledger refuses this mail (a trigger or a rule of its own?)");
    }
}

void scan_write_flush(struct scan *scan, struct scan_batch *batch, struct scan_counts *counts)
{
    struct ledger_scanned scanned = {0};
    int r;

    if (batch->count == 0)
        return;
    r = write_patiently(scan, batch->entries, batch->count, &scanned);
    if (r != 0 && scanned.refused)
        write_singly(scan, batch, &scanned);
    else if (r != 0)
        give_up(scan, r);
    counts->rows += scanned.recorded;
    counts->known_rows += scanned.known;
    clear(batch);
}
