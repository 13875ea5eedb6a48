/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dns and its parts, against a server inside this program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "dns.h"
#include "dns_cache.h"
#include "dns_packet.h"
#include "dns_wire.h"
#include "err.h"
#include "responder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define HUGE LONG LONG LONG LONG LONG
#define ROOM 4096
/* Never waited for where an answer comes. */
#define PATIENCE 20000
/* Waited for in full. */
#define IMPATIENCE 300

static const struct responder_record records[] = {
    {"plain.example", RESPONDER_TXT, "v=DKIM1; p=abc", 300},
    {"empty.example", RESPONDER_TXT, "", 300},
    {"long.example", RESPONDER_TXT, LONG, 300},
    {"alias.example", RESPONDER_ALIAS, "Second.example", 300},
    {"second.example", RESPONDER_ALIAS, "plain.example", 300},
    {"dangling.example", RESPONDER_ALIAS, "nowhere.example", 300},
    {"loop.example", RESPONDER_ALIAS, "loop.example", 300},
    {"nxdomain.example", RESPONDER_NXDOMAIN, NULL, 300},
    {"nodata.example", RESPONDER_NO_DATA, NULL, 300},
    {"nosoa.example", RESPONDER_NO_SOA, NULL, 300},
    {"brief-absence.example", RESPONDER_NXDOMAIN, NULL, 0},
    {"servfail.example", RESPONDER_SERVFAIL, NULL, 0},
    {"refused.example", RESPONDER_REFUSED, NULL, 0},
    {"referral.example", RESPONDER_REFERRAL, NULL, 0},
    {"silent.example", RESPONDER_SILENT, NULL, 0},
    {"garbage.example", RESPONDER_GARBAGE, NULL, 0},
    {"strangers.example", RESPONDER_STRANGERS, "the answer", 300},
    {"truncated.example", RESPONDER_TRUNCATED, HUGE, 300},
    {"notcp.example", RESPONDER_NO_TCP, NULL, 0},
    {"slowtcp.example", RESPONDER_SLOW_TCP, NULL, 0},
    {"noedns.example", RESPONDER_NO_EDNS, "old", 300},
    {"bare.example", RESPONDER_BARE_ERROR, "older", 300},
    {"capitals.example", RESPONDER_CAPITALS, "loud", 300},
    {"once.example", RESPONDER_TXT, "not to be kept", 0},
    {"sign.example", RESPONDER_TXT, "ttl with the top bit", 0x80000000u},
};

static struct responder responder;

static struct dns *open_dns(unsigned timeout_ms)
{
    const char *const servers[] = {responder.server};
    struct dns *dns = NULL;

    assert_int_equal(dns_open(servers, 1, timeout_ms, &dns), 0);
    assert_non_null(dns);
    return dns;
}

static unsigned questions(void)
{
    return atomic_load(&responder.questions);
}

static void answers(void **state)
{
    static const struct {
        const char *name;
        enum dns_answer answer;
        const char *text;
        bool kept;
    } cases[] = {
        {"plain.example", DNS_FOUND, "v=DKIM1; p=abc", true},
        {"PLAIN.Example", DNS_FOUND, "v=DKIM1; p=abc", true},
        {"empty.example", DNS_FOUND, "", true},
        {"long.example", DNS_FOUND, LONG, true},
        {"alias.example", DNS_FOUND, "v=DKIM1; p=abc", true},
        {"dangling.example", DNS_ABSENT, NULL, true},
        {"loop.example", DNS_FAILED, NULL, false},
        {"nxdomain.example", DNS_ABSENT, NULL, true},
        {"unheard-of.example", DNS_ABSENT, NULL, true},
        {"nodata.example", DNS_ABSENT, NULL, true},
        {"nosoa.example", DNS_ABSENT, NULL, false},
        {"brief-absence.example", DNS_ABSENT, NULL, false},
        {"servfail.example", DNS_FAILED, NULL, false},
        {"refused.example", DNS_FAILED, NULL, false},
        {"referral.example", DNS_FAILED, NULL, false},
        {"garbage.example", DNS_FAILED, NULL, false},
        {"strangers.example", DNS_FOUND, "the answer", true},
        {"truncated.example", DNS_FOUND, HUGE, true},
        {"notcp.example", DNS_FAILED, NULL, false},
        {"noedns.example", DNS_FOUND, "old", true},
        {"bare.example", DNS_FOUND, "older", true},
        {"capitals.example", DNS_FOUND, "loud", true},
        {"once.example", DNS_FOUND, "not to be kept", false},
        {"sign.example", DNS_FOUND, "ttl with the top bit", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dns *dns = open_dns(PATIENCE);
        char *out = malloc(ROOM);
        unsigned asked;

        assert_non_null(out);
        for (int again = 0; again < 2; again++) {
            asked = questions();
            if (dns_txt(dns, cases[i].name, out, ROOM) != cases[i].answer)
                fail_msg("%s, %d", cases[i].name, again);
            if (cases[i].text != NULL)
                assert_string_equal(out, cases[i].text);
        }
        if ((questions() == asked) != cases[i].kept)
            fail_msg("%s: %u questions", cases[i].name, questions() - asked);
        free(out);
        dns_close(&dns);
        assert_null(dns);
    }
}

static void gives_up_in_time(void **state)
{
    static const char *const names[] = {"silent.example", "slowtcp.example"};
    char out[100];

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct dns *dns = open_dns(IMPATIENCE);

        assert_int_equal(dns_txt(dns, names[i], out, sizeof(out)), DNS_FAILED);
        dns_close(&dns);
    }
}

/* Without a descriptor nobody is asked, which says nothing about the name. */
static void tells_when_it_cannot_ask(void **state)
{
    struct dns *dns = open_dns(PATIENCE);
    struct rlimit limit, none;
    char out[100];

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){0, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(dns_txt(dns, "plain.example", out, sizeof(out)), DNS_UNABLE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(dns_txt(dns, "plain.example", out, sizeof(out)), DNS_FOUND);
    dns_close(&dns);
}

static void asks_a_silent_server_twice(void **state)
{
    struct dns *dns = open_dns(IMPATIENCE);
    unsigned asked = questions();
    char out[100];

    (void)state;
    assert_int_equal(dns_txt(dns, "silent.example", out, sizeof(out)), DNS_FAILED);
    assert_int_equal(questions() - asked, 2);
    dns_close(&dns);
}

static void asks_the_next_server(void **state)
{
    /* nobody hears the first; the second is no server of ours either */
    const char *const servers[] = {"127.0.0.1@1", "::1@1", responder.server};
    struct dns *dns = NULL;
    char out[100];

    (void)state;
    assert_int_equal(dns_open(servers, 3, PATIENCE, &dns), 0);
    assert_int_equal(dns_txt(dns, "plain.example", out, sizeof(out)), DNS_FOUND);
    dns_close(&dns);
    assert_int_equal(dns_open(servers, 2, PATIENCE, &dns), 0);
    assert_int_equal(dns_txt(dns, "plain.example", out, sizeof(out)), DNS_FAILED);
    dns_close(&dns);
}

static void room_is_a_bound(void **state)
{
    static const size_t length = sizeof("v=DKIM1; p=abc");
    struct dns *dns = open_dns(PATIENCE);

    (void)state;
    for (int cached = 0; cached < 2; cached++) {
        for (size_t room = 0; room <= length; room++) {
            char *out = malloc(room > 0 ? room : 1);

            assert_non_null(out);
            assert_int_equal(
                dns_txt(dns, "plain.example", out, room), room == length ? DNS_FOUND : DNS_FAILED);
            free(out);
        }
    }
    dns_close(&dns);
}

static void names_that_cannot_be_are_absent(void **state)
{
#define LABEL63 "0123456789012345678901234567890123456789012345678901234567890ab"
    static const char *const names[] = {"", ".", ".example", "a..example", "a b.example",
        "a\\.b.example", "a\\000.example", "\"a\".example", "\xc3\xa4.example", "a\n.example",
        LABEL63 "c.example", LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 ".example"};
    struct dns *dns = open_dns(PATIENCE);
    unsigned asked = questions();
    char out[100];

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        if (dns_txt(dns, names[i], out, sizeof(out)) != DNS_ABSENT)
            fail_msg("\"%s\"", names[i]);
    assert_int_equal(questions(), asked);
    dns_close(&dns);
}

static void reads_servers(void **state)
{
    static const char *const good[] = {
        "192.0.2.1", "192.0.2.1@53", "192.0.2.1@65535", "::1", "::1@5353", "2001:db8::1@1"};
    static const char *const bad[] = {"", "@53", "192.0.2.1@", "192.0.2.1@0", "192.0.2.1@65536",
        "192.0.2.1@-1", "192.0.2.1@ 53", "192.0.2.1@53x", "192.0.2.1@053", "192.0.2.1@dns",
        "192.0.2.1:53", "[::1]@53", "dns.example", "192.0.2.1@53@53", "192.0.2.256",
        HUNDRED HUNDRED};
    struct dns_wire_server server;
    struct dns *dns = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        if (dns_wire_server(good[i], &server) != 0)
            fail_msg("%s is refused", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (dns_wire_server(bad[i], &server) != ERR_SYNTAX)
            fail_msg("%s is taken", bad[i]);
        assert_int_equal(dns_open(&bad[i], 1, 1, &dns), ERR_SYNTAX);
        assert_null(dns);
    }
    assert_int_equal(dns_open(good, 4, 1, &dns), ERR_SYNTAX);
    assert_null(dns);
    assert_int_equal(dns_open(NULL, 0, 1, &dns), 0);
    dns_close(&dns);
    dns_close(&dns);
}

static void cache_forgets_in_time(void **state)
{
    struct dns_cache *cache = dns_cache_new();
    enum dns_answer answer;
    char out[10];

    (void)state;
    assert_non_null(cache);
    assert_false(dns_cache_get(cache, "a.example", 0, out, sizeof(out), &answer));
    dns_cache_put(cache, "a.example", "text", 1000);
    dns_cache_put(cache, "b.example", NULL, 1000);
    assert_true(dns_cache_get(cache, "A.Example", 999, out, sizeof(out), &answer));
    assert_int_equal(answer, DNS_FOUND);
    assert_string_equal(out, "text");
    assert_true(dns_cache_get(cache, "b.example", 999, out, sizeof(out), &answer));
    assert_int_equal(answer, DNS_ABSENT);
    assert_false(dns_cache_get(cache, "a.example", 1000, out, sizeof(out), &answer));
    assert_false(dns_cache_get(cache, "b.example", 1001, out, sizeof(out), &answer));
    dns_cache_put(cache, "a.example", "new", 2000);
    assert_true(dns_cache_get(cache, "a.example", 1001, out, sizeof(out), &answer));
    assert_string_equal(out, "new");
    dns_cache_free(&cache);
    assert_null(cache);
    dns_cache_free(&cache);
}

/* However many names there are, no more than the maximum is kept, and the newest is. */
static void cache_has_a_bound(void **state)
{
    struct dns_cache *cache = dns_cache_new();
    enum dns_answer answer;
    size_t kept = 0;
    char name[50], out[10];

    (void)state;
    assert_non_null(cache);
    for (int i = 0; i < 3 * DNS_CACHE_MAX; i++) {
        snprintf(name, sizeof(name), "name-%d.example", i);
        dns_cache_put(cache, name, "text", i + 1);
        assert_true(dns_cache_get(cache, name, 0, out, sizeof(out), &answer));
    }
    for (int i = 0; i < 3 * DNS_CACHE_MAX; i++) {
        snprintf(name, sizeof(name), "name-%d.example", i);
        kept += dns_cache_get(cache, name, 0, out, sizeof(out), &answer) ? 1 : 0;
    }
    assert_true(kept <= DNS_CACHE_MAX);
    assert_true(kept > DNS_CACHE_MAX / 2);
    dns_cache_free(&cache);
}

static void *ask_many(void *argument)
{
    static const char *const names[] = {"plain.example", "long.example", "alias.example",
        "unheard-of.example", "once.example", "truncated.example"};
    char *out = malloc(ROOM);
    size_t right = 0;

    for (size_t i = 0; out != NULL && i < 60; i++) {
        enum dns_answer answer = dns_txt(argument, names[i % COUNT(names)], out, ROOM);

        right += answer == (i % COUNT(names) == 3 ? DNS_ABSENT : DNS_FOUND) ? 1 : 0;
    }
    free(out);
    return right == 60 ? argument : NULL;
}

static void threads_share_one(void **state)
{
    struct dns *dns = open_dns(PATIENCE);
    pthread_t threads[6];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_many, dns), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *result = NULL;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, dns);
    }
    dns_close(&dns);
}

/* An answer is read from an exact block; each of its beginnings is no answer. */
static void cut_packets_are_no_answers(void **state)
{
    unsigned char question[DNS_PACKET_QUESTION_MAX];
    struct responder_packet *answer = calloc(2, sizeof(*answer)), *asked = answer + 1;
    char out[ROOM];
    uint32_t ttl;

    (void)state;
    assert_non_null(answer);
    asked->length = dns_packet_question("alias.example", 77, true, question);
    assert_true(asked->length > 0);
    memcpy(asked->bytes, question, asked->length);
    assert_true(responder_measure(asked));
    assert_true(responder_answer(&responder, asked, 0, answer));
    for (size_t length = 0; length <= answer->length; length++) {
        unsigned char *exact = malloc(length > 0 ? length : 1);
        enum dns_packet_kind kind;

        assert_non_null(exact);
        memcpy(exact, answer->bytes, length);
        kind = dns_packet_read(exact, length, question, out, sizeof(out), &ttl);
        if (length == answer->length)
            assert_int_equal(kind, DNS_PACKET_FOUND);
        else
            assert_true(kind == DNS_PACKET_FOREIGN || kind == DNS_PACKET_FAILED);
        free(exact);
    }
    assert_int_equal(ttl, 300);
    free(answer);
}

static void nul_in_a_text_is_refused(void **state)
{
    unsigned char question[DNS_PACKET_QUESTION_MAX];
    struct responder_packet *answer = calloc(2, sizeof(*answer)), *asked = answer + 1;
    char out[ROOM];
    uint32_t ttl;

    (void)state;
    assert_non_null(answer);
    asked->length = dns_packet_question("plain.example", 77, false, question);
    memcpy(asked->bytes, question, asked->length);
    assert_true(responder_measure(asked));
    assert_true(responder_answer(&responder, asked, 0, answer));
    answer->bytes[answer->length - 3] = '\0';
    assert_int_equal(
        dns_packet_read(answer->bytes, answer->length, question, out, sizeof(out), &ttl),
        DNS_PACKET_FAILED);
    free(answer);
}

static int start(void **state)
{
    (void)state;
    return responder_start(&responder, records, COUNT(records));
}

static int stop(void **state)
{
    (void)state;
    responder_stop(&responder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(gives_up_in_time),
        cmocka_unit_test(tells_when_it_cannot_ask),
        cmocka_unit_test(asks_a_silent_server_twice),
        cmocka_unit_test(asks_the_next_server),
        cmocka_unit_test(room_is_a_bound),
        cmocka_unit_test(names_that_cannot_be_are_absent),
        cmocka_unit_test(reads_servers),
        cmocka_unit_test(cache_forgets_in_time),
        cmocka_unit_test(cache_has_a_bound),
        cmocka_unit_test(threads_share_one),
        cmocka_unit_test(cut_packets_are_no_answers),
        cmocka_unit_test(nul_in_a_text_is_refused),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
