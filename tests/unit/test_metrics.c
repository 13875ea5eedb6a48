/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "metrics.h"

#define MILLISECOND UINT64_C(1000000)
#define THREADS 4
#define ROUNDS 5000

static const char *page_of(
    const struct metrics *metrics, const struct metrics_state *state, struct buf *out)
{
    buf_init(out, 1 << 20);
    metrics_write(metrics, state, out);
    assert_int_equal(buf_failed(out), 0);
    return buf_text(out);
}

static void has_line(const char *page, const char *line)
{
    size_t length = strlen(line);

    for (const char *at = page; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, line, length) == 0 && at[length] == '\n')
            return;
    }
    fail_msg("no line \"%s\" in:\n%s", line, page);
}

/* Every line is a comment or "name{labels} number", as the text format wants it, and every family
 * is described before its first sample. */
static void check_format(const char *page)
{
    char family[128] = "";

    for (const char *at = page; *at != '\0'; at = strchr(at, '\n') + 1) {
        const char *end = strchr(at, '\n');

        assert_non_null(end);
        if (strncmp(at, "# HELP ", 7) == 0) {
            snprintf(family, sizeof(family), "%.*s", (int)strcspn(at + 7, " "), at + 7);
            assert_true(strncmp(family, "goneaway_", 9) == 0);
        } else if (strncmp(at, "# TYPE ", 7) == 0) {
            assert_true(strncmp(at + 7, family, strlen(family)) == 0);
        } else {
            const char *space = end;

            assert_true(strncmp(at, family, strlen(family)) == 0);
            while (space > at && *space != ' ')
                space--;
            assert_true(space > at && space + 1 < end);
            assert_int_equal(strspn(space + 1, "0123456789."), end - space - 1);
        }
    }
}

static void counts_messages(void **state)
{
    struct metrics *metrics = metrics_new();
    const struct metrics_verdict reset = {KIND_RESET, ACTION_REJECT, MODE_TAG, HOLDER_PRIOR};
    const struct metrics_verdict last = {
        KIND_OTHER, ACTION_TEMPFAIL, MODE_ENFORCE, HOLDER_STRANGER};
    struct buf out;
    const char *page;

    (void)state;
    metrics_count_verdict(metrics, &reset);
    metrics_count_verdict(metrics, &reset);
    metrics_count_verdict(metrics, &last);
    page = page_of(metrics, &(struct metrics_state){.connections = 3}, &out);
    has_line(page, "goneaway_messages_total{kind=\"reset\",verdict=\"reject\",mode=\"tag\","
                   "holder=\"prior\"} 2");
    has_line(page, "goneaway_messages_total{kind=\"other\",verdict=\"tempfail\","
                   "mode=\"enforce\",holder=\"stranger\"} 1");
    has_line(page, "goneaway_connections 3");
    assert_null(strstr(page, "kind=\"code\""));
    assert_null(strstr(page, "goneaway_accounts"));
    check_format(page);
    buf_free(&out);
    metrics_free(&metrics);
    assert_null(metrics);
}

static void measures_answers(void **state)
{
    struct metrics *metrics = metrics_new();
    struct buf out;
    const char *page;

    (void)state;
    metrics_count_answer(metrics, ACTION_TAG, 0);
    metrics_count_answer(metrics, ACTION_TAG, MILLISECOND); /* a bound belongs to its bucket */
    metrics_count_answer(metrics, ACTION_REJECT, MILLISECOND + 1);
    metrics_count_answer(metrics, ACTION_ACCEPT, UINT64_C(11000) * MILLISECOND); /* beyond all */
    page = page_of(metrics, &(struct metrics_state){0}, &out);
    has_line(page, "goneaway_answers_total{action=\"tag\"} 2");
    has_line(page, "goneaway_answers_total{action=\"reject\"} 1");
    has_line(page, "goneaway_answers_total{action=\"discard\"} 0");
    has_line(page, "goneaway_answer_seconds_bucket{le=\"0.000250\"} 1");
    has_line(page, "goneaway_answer_seconds_bucket{le=\"0.001000\"} 2");
    has_line(page, "goneaway_answer_seconds_bucket{le=\"0.002500\"} 3");
    has_line(page, "goneaway_answer_seconds_bucket{le=\"10.000000\"} 3");
    has_line(page, "goneaway_answer_seconds_bucket{le=\"+Inf\"} 4");
    has_line(page, "goneaway_answer_seconds_count 4");
    has_line(page, "goneaway_answer_seconds_sum 11.002000001");
    check_format(page);
    buf_free(&out);
    metrics_free(&metrics);
}

static void counts_trouble(void **state)
{
    struct metrics *metrics = metrics_new();
    struct buf out;
    const char *page;

    (void)state;
    metrics_count_failure(metrics, ERR_LEDGER);
    metrics_count_failure(metrics, ERR_LEDGER);
    metrics_count_failure(metrics, ERR_INTERNAL - 1); /* no such code: a mistake of ours */
    metrics_count_failure(metrics, 1);
    metrics_count_refusal(metrics, METRICS_APART);
    metrics_count_refusal(metrics, METRICS_REFUSAL_COUNT);
    metrics_note_load(metrics, true, 1000);
    metrics_note_load(metrics, false, 2000);
    page = page_of(metrics,
        &(struct metrics_state){
            .ledger = {.recorded = 7, .commits = 2, .failures = 1, .waiting = 5}},
        &out);
    has_line(page, "goneaway_failures_total{reason=\"ledger\"} 2");
    has_line(page, "goneaway_failures_total{reason=\"internal\"} 2");
    has_line(page, "goneaway_failures_total{reason=\"dns\"} 0");
    has_line(page, "goneaway_recipients_refused_total{reason=\"apart\"} 1");
    has_line(page, "goneaway_recipients_refused_total{reason=\"busy\"} 0");
    has_line(page, "goneaway_config_loaded 0");
    has_line(page, "goneaway_config_loaded_time_seconds 1000");
    has_line(page, "goneaway_ledger_rows_total 7");
    has_line(page, "goneaway_ledger_commits_total 2");
    has_line(page, "goneaway_ledger_failures_total 1");
    has_line(page, "goneaway_ledger_queue_depth 5");
    check_format(page);
    buf_free(&out);
    metrics_free(&metrics);
}

/* A code without a word of its own would be counted, and never written. */
static void names_every_error(void **state)
{
    struct metrics *metrics = metrics_new();
    struct buf out;
    const char *page, *at;
    int words = 0;

    (void)state;
    metrics_count_failure(metrics, ERR_EXPIRED);
    page = page_of(metrics, &(struct metrics_state){.connections = 0}, &out);
    has_line(page, "goneaway_failures_total{reason=\"expired\"} 1");
    has_line(page, "goneaway_failures_total{reason=\"internal\"} 0");
    for (at = page; (at = strstr(at, "goneaway_failures_total{")) != NULL; at++)
        words++;
    assert_int_equal(words, -ERR_INTERNAL);
    buf_free(&out);
    metrics_free(&metrics);
}

static void writes_accounts(void **state)
{
    struct metrics *metrics = metrics_new();
    struct ledger_summary *accounts = calloc(1, sizeof(*accounts));
    struct buf out;
    const char *page;

    (void)state;
    accounts->counted_at = 1700000000;
    accounts->state_count = 1;
    accounts->states[0].holder = HOLDER_PRIOR;
    strcpy(accounts->states[0].case_state, "reported");
    accounts->states[0].accounts = 12;
    accounts->service_count = 2;
    strcpy(accounts->services[0].service, "shop.example");
    accounts->services[0].accounts = 11;
    strcpy(accounts->services[1].service, "a\"b\\c\nd");
    accounts->services[1].accounts = 10;
    page = page_of(metrics, &(struct metrics_state){.accounts = accounts}, &out);
    has_line(page, "goneaway_accounts{holder=\"prior\",case_state=\"reported\"} 12");
    has_line(page, "goneaway_service_accounts{service=\"shop.example\"} 11");
    has_line(page, "goneaway_service_accounts{service=\"a\\\"b\\\\c\\nd\"} 10");
    has_line(page, "goneaway_accounts_time_seconds 1700000000");
    check_format(page);
    buf_free(&out);
    free(accounts);
    metrics_free(&metrics);
}

/* Nothing is counted where there is nothing to count in, or for what does not exist. */
static void bears_nonsense(void **state)
{
    struct metrics *metrics = metrics_new();
    struct buf before, after, small;

    (void)state;
    metrics_count_verdict(NULL, &(struct metrics_verdict){0});
    metrics_count_answer(NULL, ACTION_TAG, 1);
    metrics_count_failure(NULL, ERR_NOMEM);
    metrics_count_refusal(NULL, METRICS_BUSY);
    metrics_note_load(NULL, true, 1);
    page_of(metrics, &(struct metrics_state){0}, &before);
    metrics_count_verdict(metrics, &(struct metrics_verdict){.kind = (enum kind)KIND_COUNT});
    metrics_count_answer(metrics, (enum action)ACTION_COUNT, 1);
    page_of(metrics, &(struct metrics_state){0}, &after);
    assert_string_equal(buf_text(&before), buf_text(&after));
    buf_init(&small, 100);
    metrics_write(metrics, &(struct metrics_state){0}, &small);
    assert_int_equal(buf_failed(&small), ERR_LIMIT);
    buf_free(&small);
    buf_free(&after);
    buf_free(&before);
    metrics_free(&metrics);
    metrics_free(&metrics);
}

static void *count_much(void *cookie)
{
    const struct metrics_verdict code = {KIND_CODE, ACTION_TAG, MODE_OBSERVE, HOLDER_UNKNOWN};

    for (int i = 0; i < ROUNDS; i++) {
        metrics_count_verdict(cookie, &code);
        metrics_count_answer(cookie, ACTION_TAG, MILLISECOND);
    }
    return NULL;
}

static void counts_from_many_threads(void **state)
{
    struct metrics *metrics = metrics_new();
    pthread_t threads[THREADS];
    struct buf out;
    const char *page;

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, metrics), 0);
    page_of(metrics, &(struct metrics_state){0}, &out); /* while they count */
    buf_free(&out);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    page = page_of(metrics, &(struct metrics_state){0}, &out);
    has_line(page, "goneaway_messages_total{kind=\"code\",verdict=\"tag\",mode=\"observe\","
                   "holder=\"unknown\"} 20000");
    has_line(page, "goneaway_answer_seconds_count 20000");
    buf_free(&out);
    metrics_free(&metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_messages),
        cmocka_unit_test(measures_answers),
        cmocka_unit_test(counts_trouble),
        cmocka_unit_test(names_every_error),
        cmocka_unit_test(writes_accounts),
        cmocka_unit_test(bears_nonsense),
        cmocka_unit_test(counts_from_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
