/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "policy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNKNOWN "User unknown; domain has a new owner, please remove this address"

static const struct address old_address = {.seen = "Old@example.com",
    .local = "old",
    .domain = "example.com",
    .key = "old@example.com",
    .base = "old@example.com"};
static const struct policy_rules no_rules = {0};

static struct policy_case a_case(enum holder holder, enum kind kind, bool own, bool authenticated)
{
    return (struct policy_case){.address = &old_address,
        .service = authenticated ? "service.example" : NULL,
        .category = authenticated ? "shop" : NULL,
        .holder = holder,
        .holder_by = HOLDER_BY_FIRST_MAIL,
        .kind = kind,
        .own = own,
        .authenticated = authenticated};
}

static bool is_service(enum kind kind)
{
    return kind <= KIND_NOTICE;
}

/* The table of the design, said a second time in other words. */
static enum action by_the_book(const struct policy_case *what)
{
    bool others = what->holder == HOLDER_PRIOR || what->holder == HOLDER_STRANGER;

    if (others && is_service(what->kind) && what->authenticated) {
        if (!what->own)
            return ACTION_REJECT;
        return what->holder_by == HOLDER_BY_ADMIN ? ACTION_REJECT : ACTION_TAG;
    }
    if (what->own || what->holder == HOLDER_CURRENT)
        return ACTION_ACCEPT;
    if (what->kind == KIND_BULK || what->kind == KIND_AUTO)
        return ACTION_REJECT;
    return ACTION_TAG;
}

static void check_reply(const struct policy_verdict *verdict)
{
    if (verdict->action == ACTION_REJECT)
        assert_int_equal(verdict->reply.code[0], '5');
    else if (verdict->action == ACTION_TEMPFAIL)
        assert_int_equal(verdict->reply.code[0], '4');
    else
        assert_null(verdict->reply.code);
}

static void decides_by_the_book(void **state)
{
    (void)state;
    for (int holder = 0; holder < HOLDER_COUNT; holder++)
        for (int by = 0; by < HOLDER_BY_COUNT; by++)
            for (int kind = 0; kind < KIND_COUNT; kind++)
                for (int bits = 0; bits < 4; bits++) {
                    struct policy_case what = a_case(
                        (enum holder)holder, (enum kind)kind, (bits & 1) != 0, (bits & 2) != 0);
                    struct policy_verdict got;

                    what.holder_by = (enum holder_by)by;
                    got = policy_decide(&no_rules, &what);
                    if (got.action != by_the_book(&what))
                        fail_msg("holder %d by %d kind %d bits %d: %s by %s", holder, by, kind,
                            bits, policy_action_name(got.action), got.rule);
                    assert_memory_equal(got.rule, "builtin: ", 9);
                    check_reply(&got);
                }
}

/* The rows of the design as an administrator would tell them, with their replies. */
static void decides_the_known_cases(void **state)
{
    static const struct {
        const char *name;
        enum holder holder;
        enum kind kind;
        bool own, authenticated;
        enum action action;
        const char *reply;
    } cases[] = {
        {"prior owner's reset", HOLDER_PRIOR, KIND_RESET, false, true, ACTION_REJECT,
            "550 5.1.1 <Old@example.com>: " UNKNOWN},
        {"stranger's order", HOLDER_STRANGER, KIND_ORDER, false, true, ACTION_REJECT,
            "550 5.1.1 <Old@example.com>: " UNKNOWN},
        {"prior owner's reset at an own mailbox", HOLDER_PRIOR, KIND_RESET, true, true, ACTION_TAG,
            NULL},
        {"prior owner's service, a person writes", HOLDER_PRIOR, KIND_PERSONAL, false, true,
            ACTION_TAG, NULL},
        {"prior owner's service, nothing known", HOLDER_PRIOR, KIND_OTHER, false, true, ACTION_TAG,
            NULL},
        {"unproven reset", HOLDER_UNKNOWN, KIND_RESET, false, false, ACTION_TAG, NULL},
        {"unproven bulk", HOLDER_UNKNOWN, KIND_BULK, false, false, ACTION_REJECT,
            "550 5.1.1 <Old@example.com>: " UNKNOWN},
        {"bulk", HOLDER_UNKNOWN, KIND_BULK, false, true, ACTION_REJECT,
            "550 5.1.1 <Old@example.com>: " UNKNOWN},
        {"auto", HOLDER_UNKNOWN, KIND_AUTO, false, true, ACTION_REJECT,
            "550 5.1.1 <Old@example.com>: " UNKNOWN},
        {"bulk at an own mailbox", HOLDER_UNKNOWN, KIND_BULK, true, true, ACTION_ACCEPT, NULL},
        {"person", HOLDER_UNKNOWN, KIND_PERSONAL, false, true, ACTION_TAG, NULL},
        {"our account", HOLDER_CURRENT, KIND_RESET, false, true, ACTION_ACCEPT, NULL},
        {"our mailbox", HOLDER_UNKNOWN, KIND_OTHER, true, false, ACTION_ACCEPT, NULL},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct policy_case what =
            a_case(cases[i].holder, cases[i].kind, cases[i].own, cases[i].authenticated);
        struct policy_verdict got = policy_decide(&no_rules, &what);

        if (got.action != cases[i].action)
            fail_msg("%s: %s by %s", cases[i].name, policy_action_name(got.action), got.rule);
        if (cases[i].reply != NULL)
            assert_string_equal(
                policy_reply_write(arena, &got.reply, &old_address), cases[i].reply);
    }
    arena_free(&arena);
}

static void admins_word_refuses_at_an_own_mailbox(void **state)
{
    struct policy_case what = a_case(HOLDER_PRIOR, KIND_RESET, true, true);
    struct arena *arena = arena_new(0);
    struct policy_verdict got;

    (void)state;
    what.holder_by = HOLDER_BY_ADMIN;
    got = policy_decide(&no_rules, &what);
    assert_int_equal(got.action, ACTION_REJECT);
    assert_string_equal(policy_reply_write(arena, &got.reply, &old_address),
        "550 5.1.1 <Old@example.com>: Intended recipient unknown; domain has a new owner, please "
        "remove this address");
    arena_free(&arena);
}

static void rrvs_decides_before_the_account(void **state)
{
    static const struct {
        enum rrvs_result result;
        const char *status;
        enum action action;
        const char *reply;
    } cases[] = {
        {RRVS_FAIL, "5.7.18", ACTION_REJECT,
            "550 5.7.18 <Old@example.com>: Domain owner has "
            "changed"},
        {RRVS_FAIL, "5.7.17", ACTION_REJECT,
            "550 5.7.17 <Old@example.com>: Mailbox owner has "
            "changed"},
        {RRVS_FAIL, NULL, ACTION_REJECT, "550 5.7.18 <Old@example.com>: Domain owner has changed"},
        {RRVS_UNKNOWN, "5.7.19", ACTION_REJECT,
            "550 5.7.19 <Old@example.com>: RRVS test cannot "
            "be completed"},
        {RRVS_TEMPERROR, "4.3.0", ACTION_TEMPFAIL, "451 4.3.0 Please try again later"},
        {RRVS_PASS, NULL, ACTION_ACCEPT, NULL},
        {RRVS_NONE, NULL, ACTION_ACCEPT, NULL},
        {RRVS_PERMERROR, NULL, ACTION_ACCEPT, NULL},
        {RRVS_IGNORED, NULL, ACTION_ACCEPT, NULL},
    };
    static const struct policy_reply ours = {"550", "5.1.6", "gone"};
    const struct policy_rules rules = {.reply = &ours};
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int null_sender = 0; null_sender < 2; null_sender++) {
            const struct rrvs_verdict rrvs = {.result = cases[i].result, .status = cases[i].status};
            struct policy_case what = a_case(HOLDER_CURRENT, KIND_RESET, true, true);
            struct policy_verdict got;

            what.rrvs = &rrvs;
            what.null_sender = null_sender != 0;
            got = policy_decide(&rules, &what);
            assert_int_equal(got.action, cases[i].action);
            if (cases[i].reply != NULL)
                assert_string_equal(
                    policy_reply_write(arena, &got.reply, &old_address), cases[i].reply);
        }
    arena_free(&arena);
}

static void accepts_always_what_may_not_be_refused(void **state)
{
    static const struct policy_rule refuse_all = {.name = "all", .action = ACTION_REJECT};
    const struct policy_rules rules = {.domain = &refuse_all, .domain_count = 1};
    static const struct rrvs_verdict failed = {.result = RRVS_FAIL, .status = "5.7.18"};
    struct policy_case what = a_case(HOLDER_PRIOR, KIND_RESET, false, true);

    (void)state;
    what.rrvs = &failed;
    what.closing = true;
    assert_int_equal(policy_decide(&rules, &what).action, ACTION_REJECT);
    what.untouchable = true;
    assert_int_equal(policy_decide(&rules, &what).action, ACTION_ACCEPT);
    what.untouchable = false;
    what.authored = true;
    assert_int_equal(policy_decide(&rules, &what).action, ACTION_ACCEPT);
    what.authored = false;
    /* a report is no service mail, and for an own mailbox */
    what.null_sender = true;
    assert_int_equal(policy_decide(&rules, &what).action, ACTION_REJECT);
    what.own = true;
    assert_int_equal(policy_decide(&rules, &what).action, ACTION_REJECT);
    what.kind = KIND_AUTO;
    assert_int_equal(policy_decide(&rules, &what).action, ACTION_ACCEPT);
    what.own = false;
    assert_int_equal(policy_decide(&rules, &what).action, ACTION_REJECT);
}

static void closing_period_refuses_all_but_own(void **state)
{
    (void)state;
    for (int holder = 0; holder < HOLDER_COUNT; holder++)
        for (int kind = 0; kind < KIND_COUNT; kind++)
            for (int bits = 0; bits < 2; bits++) {
                struct policy_case what =
                    a_case((enum holder)holder, (enum kind)kind, false, bits != 0);
                struct policy_verdict got;

                what.closing = true;
                got = policy_decide(&no_rules, &what);
                assert_int_equal(got.action, ACTION_REJECT);
                assert_string_equal(got.reply.status, "5.1.1");
                what.own = true;
                assert_int_equal(policy_decide(&no_rules, &what).action, by_the_book(&what));
            }
}

static void rules_come_before_the_builtin_list(void **state)
{
    static const char *const patterns[] = {"old@*.net", "O*D@example.com"};
    static const char *const locals[] = {"ol*"};
    static const char *const wrong_locals[] = {"ol", "*@example.net"};
    static const char *const services[] = {"other.example", "Service.example"};
    static const char *const wrong_services[] = {"other.example"};
    static const char *const categories[] = {"bank", "shop"};
    static const char *const domains[] = {"example.net", "example.com"};
    static const char *const wrong_categories[] = {"bank"};
    static const struct {
        const char *name;
        struct policy_rule rule;
        bool fits;
    } cases[] = {
        {"no condition", {.holders = 0}, true},
        {"holder", {.holders = 1u << HOLDER_PRIOR}, true},
        {"other holder", {.holders = 1u << HOLDER_CURRENT | 1u << HOLDER_UNKNOWN}, false},
        {"kind", {.kinds = 1u << KIND_RESET | 1u << KIND_CODE}, true},
        {"other kind", {.kinds = 1u << KIND_CODE}, false},
        {"own", {.own = POLICY_NO}, true},
        {"not own", {.own = POLICY_YES}, false},
        {"authenticated", {.authenticated = POLICY_YES}, true},
        {"not authenticated", {.authenticated = POLICY_NO}, false},
        {"address", {.addresses = patterns, .address_count = 2}, true},
        {"other address", {.addresses = patterns, .address_count = 1}, false},
        {"local part", {.addresses = locals, .address_count = 1}, true},
        {"other local part", {.addresses = wrong_locals, .address_count = 2}, false},
        {"service", {.services = services, .service_count = 2}, true},
        {"other service", {.services = wrong_services, .service_count = 1}, false},
        {"category", {.categories = categories, .category_count = 2}, true},
        {"other category", {.categories = wrong_categories, .category_count = 1}, false},
        {"domain", {.domains = domains, .domain_count = 2}, true},
        {"other domain", {.domains = domains, .domain_count = 1}, false},
        {"all",
            {.holders = 1u << HOLDER_PRIOR,
                .kinds = 1u << KIND_RESET,
                .own = POLICY_NO,
                .authenticated = POLICY_YES,
                .addresses = patterns,
                .address_count = 2,
                .services = services,
                .service_count = 2,
                .categories = categories,
                .category_count = 2},
            true},
        {"all but one",
            {.holders = 1u << HOLDER_PRIOR,
                .kinds = 1u << KIND_RESET,
                .own = POLICY_NO,
                .services = wrong_services,
                .service_count = 1},
            false},
    };
    struct policy_case what = a_case(HOLDER_PRIOR, KIND_RESET, false, true);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct policy_rule rule = cases[i].rule;
        const struct policy_rules rules = {.general = &rule, .general_count = 1};
        struct policy_verdict got;

        rule.name = "mine";
        rule.action = ACTION_QUARANTINE;
        got = policy_decide(&rules, &what);
        if ((got.action == ACTION_QUARANTINE) != cases[i].fits ||
            (strcmp(got.rule, "mine") == 0) != cases[i].fits)
            fail_msg("%s: %s by %s", cases[i].name, policy_action_name(got.action), got.rule);
    }
}

/* A mail without service or category fits no rule that asks for one. */
static void lists_do_not_fit_nothing(void **state)
{
    static const char *const names[] = {"shop", ""};
    static const struct policy_rule with_service = {
        .name = "s", .services = names, .service_count = 2, .action = ACTION_DISCARD};
    static const struct policy_rule with_category = {
        .name = "c", .categories = names, .category_count = 2, .action = ACTION_DISCARD};
    const struct policy_case what = a_case(HOLDER_UNKNOWN, KIND_RESET, false, false);
    const struct policy_rules one = {.domain = &with_service, .domain_count = 1};
    const struct policy_rules two = {.domain = &with_category, .domain_count = 1};

    (void)state;
    assert_int_equal(policy_decide(&one, &what).action, ACTION_TAG);
    assert_int_equal(policy_decide(&two, &what).action, ACTION_TAG);
}

static void first_match_wins(void **state)
{
    static const struct policy_rule domain[] = {
        {.name = "d1", .kinds = 1u << KIND_CODE, .action = ACTION_SEAL},
        {.name = "d2", .kinds = 1u << KIND_RESET, .action = ACTION_TAG},
        {.name = "d3", .action = ACTION_DISCARD}};
    static const struct policy_rule general[] = {{.name = "g1", .action = ACTION_ACCEPT}};
    static const struct rrvs_verdict failed = {.result = RRVS_FAIL, .status = "5.7.18"};
    struct policy_rules rules = {domain, 3, general, 1, NULL};
    struct policy_case what = a_case(HOLDER_PRIOR, KIND_RESET, false, true);

    (void)state;
    assert_string_equal(policy_decide(&rules, &what).rule, "d2");
    what.kind = KIND_CODE;
    assert_string_equal(policy_decide(&rules, &what).rule, "d1");
    what.kind = KIND_OTHER;
    assert_string_equal(policy_decide(&rules, &what).rule, "d3");
    rules.domain_count = 2;
    assert_string_equal(policy_decide(&rules, &what).rule, "g1");
    what.rrvs = &failed;
    assert_string_equal(policy_decide(&rules, &what).rule, "g1");
    rules.general_count = 0;
    assert_string_equal(policy_decide(&rules, &what).rule, "builtin: RRVS fails");
}

static void reply_is_of_the_actions_class(void **state)
{
    static const struct policy_reply hard = {"550", "5.1.6", "hard"},
                                     soft = {"450", "4.2.1", "soft"};
    static const struct policy_reply own_hard = {"553", "5.1.3", "own"};
    static const struct {
        const char *name;
        enum action action;
        const struct policy_reply *rule, *domain;
        const char *code, *status;
    } cases[] = {
        {"rule's", ACTION_REJECT, &own_hard, &hard, "553", "5.1.3"},
        {"domain's", ACTION_REJECT, NULL, &hard, "550", "5.1.6"},
        {"built-in", ACTION_REJECT, NULL, NULL, "550", "5.1.1"},
        {"soft for reject", ACTION_REJECT, &soft, &hard, "550", "5.1.6"},
        {"both soft for reject", ACTION_REJECT, &soft, &soft, "550", "5.1.1"},
        {"rule's soft", ACTION_TEMPFAIL, &soft, &hard, "450", "4.2.1"},
        {"domain's hard for tempfail", ACTION_TEMPFAIL, NULL, &hard, "451", "4.3.0"},
        {"nothing for tempfail", ACTION_TEMPFAIL, NULL, NULL, "451", "4.3.0"},
        {"tag", ACTION_TAG, &hard, &hard, NULL, NULL},
        {"discard", ACTION_DISCARD, &hard, &hard, NULL, NULL},
    };
    const struct policy_case what = a_case(HOLDER_PRIOR, KIND_RESET, false, true);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct policy_rule rule = {.name = "r", .action = cases[i].action};
        struct policy_rules rules = {&rule, 1, NULL, 0, cases[i].domain};
        struct policy_verdict got;

        if (cases[i].rule != NULL)
            rule.reply = *cases[i].rule;
        got = policy_decide(&rules, &what);
        if (cases[i].code == NULL) {
            assert_null(got.reply.code);
        } else if (strcmp(got.reply.code, cases[i].code) != 0 ||
                   strcmp(got.reply.status, cases[i].status) != 0) {
            fail_msg("%s: %s %s", cases[i].name, got.reply.code, got.reply.status);
        }
    }
}

static void domain_reply_replaces_the_builtin_one(void **state)
{
    static const struct policy_reply ours = {"550", "5.1.6", "gone"};
    const struct policy_rules rules = {.reply = &ours};
    const struct policy_case what = a_case(HOLDER_PRIOR, KIND_RESET, false, true);

    (void)state;
    assert_string_equal(policy_decide(&rules, &what).reply.status, "5.1.6");
}

static void modes_carry_out_so_much(void **state)
{
    (void)state;
    for (int action = 0; action < ACTION_COUNT; action++) {
        assert_int_equal(policy_carry_out(MODE_OBSERVE, (enum action)action), ACTION_ACCEPT);
        assert_int_equal(policy_carry_out(MODE_TAG, (enum action)action),
            action == ACTION_ACCEPT ? ACTION_ACCEPT : ACTION_TAG);
        assert_int_equal(policy_carry_out(MODE_ENFORCE, (enum action)action), action);
    }
}

/* Parses from a heap block of exactly the text's size and its NUL. */
static int parse_reply(
    struct arena *arena, const char *text, struct policy_reply *out, const char **why)
{
    char *exact = strdup(text);
    int rc;

    assert_non_null(exact);
    rc = policy_reply_parse(arena, exact, out, why);
    free(exact);
    return rc;
}

static void reads_replies(void **state)
{
    static const struct {
        const char *text, *code, *status, *rest;
    } cases[] = {
        {"550 5.1.1 {rcpt}: " UNKNOWN, "550", "5.1.1", "{rcpt}: " UNKNOWN},
        {"550 5.7.18 Domain owner has changed", "550", "5.7.18", "Domain owner has changed"},
        {"550 5.1.6 Gone: {rcpt}, {rcpt}", "550", "5.1.6", "Gone: {rcpt}, {rcpt}"},
        {"451 4.3.0 Temporary trouble, try again later", "451", "4.3.0",
            "Temporary trouble, try again later"},
        {"452 4.2.2 over quota", "452", "4.2.2", "over quota"},
        {"559 5.999.999 x", "559", "5.999.999", "x"},
        {"550 5.1.1 recipients of this ship, unblocked by nobody", "550", "5.1.1",
            "recipients of this ship, unblocked by nobody"},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct policy_reply got;
        const char *why;

        if (parse_reply(arena, cases[i].text, &got, &why) != 0)
            fail_msg("%s: %s", cases[i].text, why);
        assert_string_equal(got.code, cases[i].code);
        assert_string_equal(got.status, cases[i].status);
        assert_string_equal(got.text, cases[i].rest);
    }
    arena_free(&arena);
}

static void refuses_replies(void **state)
{
    static const char *const cases[] = {
        "",
        "5",
        "550",
        "550 ",
        "550 5.1.1",
        "550 5.1.1 ",
        "550 5.1.1  gone",
        "550 gone",
        "550-5.1.1 gone",
        " 550 5.1.1 gone",
        "250 2.0.0 ok",
        "350 3.0.0 go on",
        "650 6.1.1 gone",
        "560 5.1.1 gone",
        "55 5.1.1 gone",
        "5500 5.1.1 gone",
        "55x 5.1.1 gone",
        "550 4.1.1 gone",
        "450 5.1.1 gone",
        "550 5.1 gone",
        "550 5.1.1.1 gone",
        "550 5..1 gone",
        "550 5.1. gone",
        "550 5.1000.1 gone",
        "550 5.1.1000 gone",
        "550 #5.1.1 gone",
        "550 5.1.1\tgone",
        "550 5.1.1 gone\r\n250 ok",
        "550 5.1.1 gone\n",
        "550 5.1.1 gone\x7f",
        "550 5.1.1 verz\xc3\xb6gert",
        "550 5.1.1 100% gone",
        "550 5.1.1 {name} gone",
        "550 5.1.1 {rcpt gone",
        "550 5.1.1 rcpt} gone",
        "550 5.1.1 {{rcpt}} gone",
        "550 5.1.1 {RCPT} gone",
        "550 5.1.1 blocked",
        "550 5.1.1 Blocked by us",
        "550 5.1.1 on our blocklist",
        "550 5.1.1 against our POLICY",
        "550 5.1.1 no spam here",
        "550 5.1.1 access denied",
        "550 5.1.1 blacklisted",
        "550 5.1.1 see RBL",
        "550 5.1.1 your ip, sir",
        "550 5.1.1 see http://example.com/",
        "550 5.1.1 see https://example.com/",
        "550 5.1.1 see the url",
        "550 5.1.1 mailbox disabled",
        "550 5.1.1 (inactive)",
        "550 5.1.1 mailbox full",
        "550 5.1.1 Mailbox is full",
        "550 5.1.1 over quota",
        "550 5.1.1 temporarily gone",
        "550 5.1.1 temporary",
        "450 4.1.1 temporarily blocked",
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct policy_reply got;
        const char *why = NULL;

        if (parse_reply(arena, cases[i], &got, &why) != ERR_SYNTAX)
            fail_msg("\"%s\" is taken", cases[i]);
        assert_non_null(why);
    }
    arena_free(&arena);
}

static void replies_have_a_bound(void **state)
{
    struct arena *arena = arena_new(0);
    struct policy_reply got;
    const char *why;
    char text[402];

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "550 5.1.1 ", 10);
    text[400] = '\0';
    assert_int_equal(parse_reply(arena, text, &got, &why), 0);
    text[400] = 'x';
    text[401] = '\0';
    assert_int_equal(parse_reply(arena, text, &got, &why), ERR_SYNTAX);
    arena_free(&arena);
}

static void builtin_replies_would_be_taken(void **state)
{
    static const char *const texts[] = {"550 5.1.1 {rcpt}: " UNKNOWN,
        "550 5.1.1 {rcpt}: Intended recipient unknown; domain has a new owner, please remove this "
        "address",
        "550 5.7.17 {rcpt}: Mailbox owner has changed",
        "550 5.7.18 {rcpt}: Domain owner has changed",
        "550 5.7.19 {rcpt}: RRVS test cannot be completed", "451 4.3.0 Please try again later"};
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct policy_reply got;
        const char *why;

        assert_int_equal(parse_reply(arena, texts[i], &got, &why), 0);
    }
    arena_free(&arena);
}

static void writes_replies(void **state)
{
#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN
    static const struct {
        const char *name, *seen, *text, *want;
    } cases[] = {
        {"address", "a@example.com", "{rcpt}: gone", "550 5.1.1 <a@example.com>: gone"},
        {"in the middle", "a@example.com", "gone, {rcpt}", "550 5.1.1 gone, <a@example.com>"},
        {"twice", "a@b.example", "{rcpt}{rcpt}!", "550 5.1.1 <a@b.example><a@b.example>!"},
        {"none asked for", "a@example.com", "gone", "550 5.1.1 gone"},
        {"64 octets", SIXTY "@b.c", "{rcpt}", "550 5.1.1 <" SIXTY "@b.c>"},
        {"65 octets", SIXTY "@b.cd", "{rcpt}", "550 5.1.1 <" SIXTY "@b.c>"},
        {"UTF-8", "\xc3\xa4@example.com", "{rcpt}: gone", "550 5.1.1 gone"},
        {"no UTF-8", "\xff@example.com", "{rcpt}: gone", "550 5.1.1 gone"},
        {"line end", "a\r\n250 ok@example.com", "{rcpt}: gone", "550 5.1.1 gone"},
        {"percent", "a%b@example.com", "{rcpt}: gone", "550 5.1.1 gone"},
        {"empty", "", "{rcpt}: gone", "550 5.1.1 gone"},
        {"no recipient", NULL, "{rcpt}: gone", "550 5.1.1 gone"},
        {"braces in the address", "{rcpt}@example.com", "{rcpt}: gone",
            "550 5.1.1 <{rcpt}@example.com>: gone"},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct policy_reply reply = {"550", "5.1.1", cases[i].text};
        struct address address = {.seen = cases[i].seen};
        const char *got =
            policy_reply_write(arena, &reply, cases[i].seen == NULL ? NULL : &address);

        assert_non_null(got);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].name, got);
    }
    arena_free(&arena);
}

static void no_memory_is_told(void **state)
{
    struct arena *arena = arena_new(0);
    const struct policy_reply reply = {"550", "5.1.1", "gone"};
    struct policy_reply got;
    const char *why;

    (void)state;
    for (unsigned long nth = 1; nth <= 3; nth++) {
        arena_fail_at(nth);
        assert_int_equal(policy_reply_parse(arena, "550 5.1.1 gone", &got, &why), ERR_NOMEM);
    }
    arena_fail_at(1);
    assert_int_equal(policy_reply_parse(arena, "550 5.1.1 spam", &got, &why), ERR_NOMEM);
    arena_fail_at(1);
    assert_null(policy_reply_write(arena, &reply, NULL));
    arena_fail_at(0);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_by_the_book),
        cmocka_unit_test(decides_the_known_cases),
        cmocka_unit_test(admins_word_refuses_at_an_own_mailbox),
        cmocka_unit_test(rrvs_decides_before_the_account),
        cmocka_unit_test(accepts_always_what_may_not_be_refused),
        cmocka_unit_test(closing_period_refuses_all_but_own),
        cmocka_unit_test(rules_come_before_the_builtin_list),
        cmocka_unit_test(lists_do_not_fit_nothing),
        cmocka_unit_test(first_match_wins),
        cmocka_unit_test(reply_is_of_the_actions_class),
        cmocka_unit_test(domain_reply_replaces_the_builtin_one),
        cmocka_unit_test(modes_carry_out_so_much),
        cmocka_unit_test(reads_replies),
        cmocka_unit_test(refuses_replies),
        cmocka_unit_test(replies_have_a_bound),
        cmocka_unit_test(builtin_replies_would_be_taken),
        cmocka_unit_test(writes_replies),
        cmocka_unit_test(no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
