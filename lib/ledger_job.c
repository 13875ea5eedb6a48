/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_job.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "date.h"
#include "err.h"
#include "ledger_mirror.h"
#include "line.h"

/* The bounds of sql/001-ledger.sql. */
#define ADDRESS_MAX 1300
#define DOMAIN_MAX 253
#define NAME_MAX_OCTETS 200
#define CATEGORY_MAX 40
#define RULE_MAX 300
#define REPLY_MAX 40
#define QUEUE_ID_MAX 255
#define SUBJECT_MAX 1000
#define FINGERPRINT_MAX ((size_t)64)
#define DEFAULT_RISK 2
#define DAY_SECONDS ((int64_t)86400)

/* Octets of the UTF-8 sequence at p, 0 where there is none. */
static size_t sequence(const unsigned char *p)
{
    size_t length = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : 0;

    if (*p >= 0xf0 && *p < 0xf5)
        length = 4;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if (length == 3 && ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0)))
        return 0;
    if (length == 4 && ((*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90)))
        return 0;
    return length;
}

/* A copy of at most `most` octets with '?' for controls and for what is no UTF-8. NULL stays. */
static const char *clean(struct arena *arena, const char *text, size_t most, int *error)
{
    size_t length = text != NULL ? strnlen(text, most) : 0;
    char *copy = text != NULL ? arena_strndup(arena, text, length) : NULL;
    size_t used = 0;

    if (text == NULL)
        return NULL;
    if (copy == NULL) {
        *error = ERR_NOMEM;
        return NULL;
    }
    for (size_t i = 0; i < length;) {
        size_t step = sequence((const unsigned char *)copy + i);
        bool good = step > 0 && (unsigned char)copy[i] >= 0x20 && copy[i] != 0x7f;

        if (step == 0 && i + 4 > length && length == most)
            break; /* a character that the bound cuts through */
        if (good)
            memmove(copy + used, copy + i, step);
        else
            copy[used] = '?';
        used += good ? step : 1;
        i += good ? step : 1;
    }
    copy[used] = '\0';
    return copy;
}

/* A copy of a key, which is right as it is or refused. */
static const char *copy_key(struct arena *arena, const char *text, size_t most, int *error)
{
    const char *copy;

    if (text == NULL || text[0] == '\0')
        return NULL;
    if (!line_is_one(text, most)) {
        *error = ERR_LEDGER;
        return NULL;
    }
    copy = arena_strdup(arena, text);
    if (copy == NULL)
        *error = ERR_NOMEM;
    return copy;
}

static int copy_entry(struct arena *arena, const struct ledger_entry *from, struct ledger_entry *to)
{
    int error = 0;

    *to = *from;
    to->address = copy_key(arena, from->address, ADDRESS_MAX, &error);
    to->domain = copy_key(arena, from->domain, DOMAIN_MAX, &error);
    to->service = copy_key(arena, from->service, DOMAIN_MAX, &error);
    to->sender_domain = copy_key(arena, from->sender_domain, DOMAIN_MAX, &error);
    to->mode = copy_key(arena, from->mode, DOMAIN_MAX, &error);
    to->fingerprint = copy_key(arena, from->fingerprint, 2 * FINGERPRINT_MAX, &error);
    to->twin = copy_key(arena, from->twin, 2 * FINGERPRINT_MAX, &error);
    to->address_seen = clean(arena, from->address_seen, ADDRESS_MAX, &error);
    to->service_name = clean(arena, from->service_name, NAME_MAX_OCTETS, &error);
    to->category = clean(arena, from->category, CATEGORY_MAX, &error);
    to->from_domain = clean(arena, from->from_domain, DOMAIN_MAX, &error);
    to->claimed = clean(arena, from->claimed, DOMAIN_MAX, &error);
    to->rule = clean(arena, from->rule, RULE_MAX, &error);
    to->reply = clean(arena, from->reply, REPLY_MAX, &error);
    to->queue_id = clean(arena, from->queue_id, QUEUE_ID_MAX, &error);
    to->subject = clean(arena, from->subject, SUBJECT_MAX, &error);
    if (error == 0 && (to->address == NULL || to->mode == NULL))
        error = ERR_LEDGER;
    if (to->risk < 1 || to->risk > 5)
        to->risk = DEFAULT_RISK;
    return error;
}

static int start(struct ledger_job *job, enum ledger_job_kind kind)
{
    memset(job, 0, sizeof(*job));
    job->kind = kind;
    job->arena = arena_new(0);
    return job->arena != NULL ? 0 : ERR_NOMEM;
}

int ledger_job_record(struct ledger_job *job, const struct ledger_entry *entries, size_t count)
{
    int r = start(job, LEDGER_JOB_RECORD);

    if (r != 0)
        return r;
    job->entries = arena_array(job->arena, count, sizeof(*entries));
    job->count = count;
    r = job->entries == NULL ? ERR_NOMEM : 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = copy_entry(job->arena, &entries[i], &job->entries[i]);
    if (r != 0)
        ledger_job_free(job);
    return r;
}

int ledger_job_scan(struct ledger_job *job, const struct ledger_entry *entries, size_t count,
    struct ledger_scanned *scanned)
{
    int r = ledger_job_record(job, entries, count);

    job->kind = LEDGER_JOB_SCAN;
    job->scanned = scanned;
    return r;
}

int ledger_job_learn(
    struct ledger_job *job, const char *key, const char *seen, const char *source, int64_t since)
{
    int r = start(job, LEDGER_JOB_LEARN);

    if (r != 0)
        return r;
    job->key = copy_key(job->arena, key, ADDRESS_MAX, &r);
    job->seen = clean(job->arena, seen, ADDRESS_MAX, &r);
    job->source = copy_key(job->arena, source, NAME_MAX_OCTETS, &r);
    job->since = since;
    if (r == 0 && (job->key == NULL || job->source == NULL))
        r = ERR_LEDGER;
    if (r != 0)
        ledger_job_free(job);
    return r;
}

int ledger_job_expect(struct ledger_job *job, const char *key, const char *seen, int64_t until)
{
    int r = ledger_job_learn(job, key, seen, "expected", DATE_NONE);

    job->kind = LEDGER_JOB_EXPECT;
    job->until = until;
    return r;
}

void ledger_job_free(struct ledger_job *job)
{
    arena_free(&job->arena);
}

/* The rowid that the statement answers with; 0 where it has no row. */
static int answer_id(struct ledger_query *query, int64_t *id)
{
    int r = ledger_db_step(query);

    *id = r == 1 ? ledger_db_column_int(query, 0) : 0;
    /* a RETURNING statement is only done once it was stepped to its end */
    while (r == 1)
        r = ledger_db_step(query);
    ledger_db_end(query);
    return r;
}

static int find_address(struct ledger_db *db, const struct ledger_entry *entry, int64_t *id)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_FIND_ADDRESS);
    ledger_db_text(&query, entry->address);
    r = answer_id(&query, id);
    if (r != 0 || *id != 0)
        return r;
    ledger_db_begin(&query, db, LEDGER_ADD_ADDRESS);
    ledger_db_text(&query, entry->address);
    ledger_db_text(&query, entry->address_seen);
    ledger_db_text(&query, entry->domain != NULL ? entry->domain : "");
    ledger_db_int(&query, entry->own);
    ledger_db_time(&query, entry->received);
    return answer_id(&query, id);
}

static int add_account(struct ledger_db *db, const struct ledger_entry *entry, int64_t *id)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_ADD_SERVICE);
    ledger_db_text(&query, entry->service);
    ledger_db_text(&query, entry->service_name != NULL ? entry->service_name : entry->service);
    ledger_db_text(&query, entry->category);
    ledger_db_int(&query, entry->risk);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    if (r != 0)
        return r;
    ledger_db_begin(&query, db, LEDGER_ADD_ACCOUNT);
    ledger_db_text(&query, entry->address);
    ledger_db_text(&query, entry->service);
    ledger_db_text(&query, holder_name(entry->holder));
    ledger_db_text(&query, holder_by_name(entry->holder_by));
    ledger_db_time(&query, entry->received);
    ledger_db_time(&query, entry->rrvs_date);
    return answer_id(&query, id);
}

static int strengthen(struct ledger_db *db, const struct ledger_entry *entry, int64_t id)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_STRENGTHEN_ACCOUNT);
    ledger_db_int(&query, id);
    ledger_db_text(&query, holder_name(entry->holder));
    ledger_db_text(&query, holder_by_name(entry->holder_by));
    ledger_db_int(&query, (int64_t)entry->holder_by);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

static int keep_older_rrvs(struct ledger_db *db, int64_t when, int64_t id)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_OLDER_RRVS);
    ledger_db_int(&query, id);
    ledger_db_time(&query, when);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

/* The account of the entry as it is, made where it is missing and the entry says so, and
 * strengthened by what the entry found. *id 0: no account. */
static int find_account(struct ledger_db *db, const struct ledger_entry *entry, int64_t *id)
{
    struct ledger_query query;
    int64_t rrvs_date = DATE_NONE;
    bool weaker = false;
    int r;

    *id = 0;
    if (entry->service == NULL)
        return 0;
    ledger_db_begin(&query, db, LEDGER_ACCOUNT_STATE);
    ledger_db_text(&query, entry->address);
    ledger_db_text(&query, entry->service);
    r = ledger_db_step(&query);
    if (r == 1) {
        *id = ledger_db_column_int(&query, 0);
        weaker = strcmp(ledger_db_column_text(&query, 1), holder_by_name(entry->holder_by)) != 0;
        rrvs_date = ledger_db_column_time(&query, 2);
    }
    ledger_db_end(&query);
    if (r < 0 || !entry->record)
        return r < 0 ? r : 0;
    if (*id == 0)
        return add_account(db, entry, id);
    r = weaker ? strengthen(db, entry, *id) : 0;
    if (r == 0 && entry->rrvs_date != DATE_NONE &&
        (rrvs_date == DATE_NONE || entry->rrvs_date < rrvs_date))
        r = keep_older_rrvs(db, entry->rrvs_date, *id);
    return r;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Fingerprints take half the room as octets. What is no hexadecimal stands as it came. */
static void bind_fingerprint(
    struct ledger_query *query, const char *text, unsigned char out[FINGERPRINT_MAX])
{
    size_t length = text != NULL ? strlen(text) : 0;
    size_t used = 0;

    if (text == NULL) {
        ledger_db_null(query);
        return;
    }
    while (2 * used + 1 < length) {
        int high = nibble(text[2 * used]);
        int low = nibble(text[2 * used + 1]);

        if (high < 0 || low < 0)
            break;
        out[used++] = (unsigned char)(high << 4 | low);
    }
    if (2 * used == length)
        ledger_db_blob(query, out, (int)used);
    else
        ledger_db_blob(query, text, (int)(length < FINGERPRINT_MAX ? length : FINGERPRINT_MAX));
}

/* Where a row belongs. account 0: to none. */
struct place {
    int64_t address;
    int64_t account;
    const char *origin;
};

static int record_message(
    struct ledger_db *db, const struct ledger_entry *entry, const struct place *place)
{
    unsigned char fingerprint[FINGERPRINT_MAX], twin[FINGERPRINT_MAX];
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_RECORD_MESSAGE);
    ledger_db_time(&query, entry->received);
    ledger_db_int(&query, place->address);
    if (place->account != 0)
        ledger_db_int(&query, place->account);
    else
        ledger_db_null(&query);
    ledger_db_int(&query, entry->own);
    ledger_db_text(&query, kind_name(entry->kind));
    ledger_db_text(&query, entry->sender_domain);
    ledger_db_text(&query, entry->from_domain);
    ledger_db_text(&query, entry->claimed);
    ledger_db_text(&query, policy_action_name(entry->action));
    ledger_db_text(&query, policy_action_name(entry->meant));
    ledger_db_text(&query, entry->mode);
    ledger_db_text(&query, entry->rule);
    ledger_db_text(&query, rrvs_result_name(entry->rrvs));
    ledger_db_time(&query, entry->rrvs_date);
    ledger_db_text(&query, entry->reply);
    ledger_db_text(&query, entry->queue_id);
    ledger_db_int(&query, entry->size > INT64_MAX ? INT64_MAX : (int64_t)entry->size);
    ledger_db_text(&query, entry->subject);
    bind_fingerprint(&query, entry->fingerprint, fingerprint);
    bind_fingerprint(&query, entry->twin, twin);
    ledger_db_text(&query, place->origin);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

static int write_entry(struct ledger_db *db, const struct ledger_entry *entry)
{
    struct place place = {.origin = "milter"};
    int r = find_address(db, entry, &place.address);

    if (r == 0)
        r = find_account(db, entry, &place.account);
    return r != 0 ? r : record_message(db, entry, &place);
}

/* ---- mail that was found in a mailbox ---- */

int ledger_job_is_scanned(
    struct ledger_db *db, const struct ledger_entry *entry, enum ledger_counted *out)
{
    unsigned char fingerprint[FINGERPRINT_MAX], twin[FINGERPRINT_MAX];
    struct ledger_query query;
    int r;

    *out = LEDGER_COUNTED_NOT;
    ledger_db_begin(&query, db, LEDGER_FIND_SCANNED);
    ledger_db_text(&query, entry->address);
    bind_fingerprint(&query, entry->fingerprint, fingerprint);
    bind_fingerprint(&query, entry->twin, twin);
    r = ledger_db_step(&query);
    if (r == 1)
        *out = ledger_db_column_int(&query, 0) == 2 ? LEDGER_COUNTED_SCAN : LEDGER_COUNTED_MESSAGE;
    ledger_db_end(&query);
    return r < 0 ? r : 0;
}

static int note_scanned(struct ledger_db *db, const struct ledger_entry *entry, int64_t address)
{
    unsigned char fingerprint[FINGERPRINT_MAX], twin[FINGERPRINT_MAX];
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_NOTE_SCANNED);
    ledger_db_int(&query, address);
    bind_fingerprint(&query, entry->fingerprint, fingerprint);
    bind_fingerprint(&query, entry->twin, twin);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

static int found_address(struct ledger_db *db, int64_t id, int64_t today)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_FOUND_ADDRESS);
    ledger_db_int(&query, id);
    ledger_db_time(&query, today);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

static int found_account(
    struct ledger_db *db, const struct ledger_entry *entry, int64_t id, int64_t today)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_FOUND_ACCOUNT);
    ledger_db_int(&query, id);
    ledger_db_time(&query, entry->received);
    ledger_db_time(&query, today);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

/* What an older mail shows takes the place of what a later one did. */
static int follow_first_mail(struct ledger_db *db, const struct ledger_entry *entry, int64_t id)
{
    struct ledger_query query;
    int r;

    if (entry->holder_by != HOLDER_BY_FIRST_MAIL)
        return 0;
    ledger_db_begin(&query, db, LEDGER_DOUBT_ACCOUNT);
    ledger_db_int(&query, id);
    ledger_db_time(&query, entry->received);
    ledger_db_text(&query, holder_name(entry->holder));
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r == 0 && ledger_db_changes(db) == 1 ? strengthen(db, entry, id) : r;
}

/* Only mail of service kinds counts for an account, so that it does not matter whether an account
 * was known when other mail of the service was found. */
static int write_scanned(struct ledger_db *db, const struct ledger_entry *entry, int64_t today)
{
    struct place place = {.origin = "scan"};
    int r = find_address(db, entry, &place.address);

    if (r == 0)
        r = found_address(db, place.address, today);
    if (r == 0 && kind_is_service(entry->kind))
        r = find_account(db, entry, &place.account);
    if (r == 0 && place.account != 0)
        r = found_account(db, entry, place.account, today);
    if (r == 0 && place.account != 0)
        r = follow_first_mail(db, entry, place.account);
    if (r == 0)
        r = record_message(db, entry, &place);
    return r != 0 ? r : note_scanned(db, entry, place.address);
}

/* The row of a mail that the daemon counted goes in its time; that it was counted stays. */
static int write_known(
    struct ledger_db *db, const struct ledger_entry *entry, enum ledger_counted counted)
{
    int64_t address;
    int r;

    if (counted != LEDGER_COUNTED_MESSAGE)
        return 0;
    r = find_address(db, entry, &address);
    return r != 0 ? r : note_scanned(db, entry, address);
}

static int write_scan(struct ledger_db *db, const struct ledger_job *job)
{
    int64_t now = (int64_t)time(NULL);
    enum ledger_counted counted;
    int r = 0;

    *job->scanned = (struct ledger_scanned){0};
    for (size_t i = 0; r == 0 && i < job->count; i++) {
        const struct ledger_entry *entry = &job->entries[i];

        r = ledger_job_is_scanned(db, entry, &counted);
        if (r != 0)
            break;
        if (counted != LEDGER_COUNTED_NOT || entry->counted) {
            r = write_known(db, entry, counted);
            job->scanned->known += r == 0 && !entry->counted;
        } else {
            r = write_scanned(db, entry, now - now % DAY_SECONDS);
            job->scanned->recorded += r == 0;
        }
    }
    job->scanned->refused = r == ERR_LEDGER && ledger_db_refused(db);
    return r;
}

static int write_learned(struct ledger_db *db, const struct ledger_job *job)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_LEARN_MAILBOX);
    ledger_db_text(&query, job->key);
    ledger_db_text(&query, job->seen);
    ledger_db_text(&query, job->source);
    ledger_db_time(&query, job->since);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

static int write_expected(struct ledger_db *db, const struct ledger_job *job)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_EXPECT_MAILBOX);
    ledger_db_text(&query, job->key);
    ledger_db_text(&query, job->seen);
    ledger_db_time(&query, job->until);
    r = ledger_db_step(&query);
    ledger_db_end(&query);
    return r;
}

int ledger_job_write(const struct ledger_job *job, struct ledger_db *db)
{
    int r = 0;

    switch (job->kind) {
    case LEDGER_JOB_RECORD:
        for (size_t i = 0; r == 0 && i < job->count; i++)
            r = write_entry(db, &job->entries[i]);
        return r;
    case LEDGER_JOB_SCAN:
        return write_scan(db, job);
    case LEDGER_JOB_LEARN:
        return write_learned(db, job);
    case LEDGER_JOB_EXPECT:
        return write_expected(db, job);
    case LEDGER_JOB_MIRROR:
        return ledger_mirror_write(db, job->domains, job->domain_count, job->catalogue);
    case LEDGER_JOB_TIDY:
        return ledger_tidy_step(db, job->tidy, job->more);
    case LEDGER_JOB_FORGET:
        return ledger_tidy_forget(db, job->person, job->forgotten);
    }
    return ERR_INTERNAL;
}
