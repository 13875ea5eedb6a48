/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The shipped catalogue at work: which service a mail is taken for, and that an administrator is
 * told how somebody who is no member reaches it.
 */
#define LEDGER_FIXTURE_CATALOGUE
#include "ledger_fixture.h"

#include "catalogue.h"
#include "log.h"
#include "mail.h"
#include "mistakes.h"
#include "sender.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct catalogue *shipped;

static int load_shipped(void **state)
{
    const char *path = SOURCE_DIR "/conf/services.conf";
    struct mistakes mistakes = {0};
    int r = catalogue_load(&path, 1, &mistakes, &shipped);

    (void)state;
    for (size_t i = 0; i < mistakes.count && i < MISTAKES_MAX; i++)
        print_error("%s\n", mistakes.lines[i]);
    mistakes_clear(&mistakes);
    return r;
}

static int free_shipped(void **state)
{
    (void)state;
    catalogue_free(&shipped);
    return 0;
}

/* ---- whose mail it is ---- */

static const struct sender *identify(struct mail *mail, const char *from, const char *signer)
{
    static const char *const trusted[] = {"mx.example.com"};
    static const struct sender_rules rules = {SENDER_BY_HEADER, trusted, 1};
    struct sender *sender = NULL;
    char value[300];

    snprintf(value, sizeof(value), "mx.example.com; dkim=pass header.d=%s", signer);
    assert_int_equal(mail_add_field(mail, "Authentication-Results", value), 0);
    assert_int_equal(mail_add_field(mail, "From", from), 0);
    assert_int_equal(sender_identify(mail, &rules, shipped, &sender), 0);
    return sender;
}

static bool is_same(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static void test_whose_mail(void **state)
{
    static const struct mail_limits limits = {1 << 20, 100, 1000};
    static const struct {
        const char *from, *signer;
        const char *authenticated, *service, *claimed;
    } cases[] = {
        /* one service in all countries */
        {"Amazon <account-update@amazon.com>", "amazon.com", "amazon.com", "amazon.com",
            "amazon.com"},
        {"Amazon.co.jp <account-update@amazon.co.jp>", "amazon.co.jp", "amazon.co.jp", "amazon.com",
            "amazon.com"},
        {"Seller <a@marketplace.amazon.co.uk>", "marketplace.amazon.co.uk", "amazon.co.uk",
            "amazon.com", "amazon.com"},
        {"Seller <a@marketplace.amazon.co.uk>", "amazon.co.uk", "amazon.co.uk", "amazon.com",
            "amazon.com"},
        /* a carrier's signature is nobody's: not the sender's, and never Amazon's */
        {"Shop <a@shop.example>", "amazonses.com", NULL, NULL, "shop.example"},
        {"Amazon <a@shop.example>", "amazonses.com", NULL, NULL, "amazon.com"},
        {"Amazon <a@amazon.com>", "amazonses.com", NULL, NULL, "amazon.com"},
        {"Amazon <a@amazon.co.jp>", "amazon.com", NULL, NULL, "amazon.com"},
        {"Shop <a@shop.example>", "eu-west-1.amazonses.com", NULL, NULL, "shop.example"},
        {"Shop <a@amazonses.com>", "amazonses.com", "amazonses.com", NULL, NULL},
        {"Shop <a@eu-west-1.amazonses.com>", "eu-west-1.amazonses.com", "amazonses.com", NULL,
            NULL},
        {"Netflix <info@members.netflix.com>", "members.netflix.com", "netflix.com", "netflix.com",
            "netflix.com"},
        {"Netflix <info@netflix.com>", "amazonses.com", NULL, NULL, "netflix.com"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mail *mail = mail_new(&limits, NULL);
        const struct sender *sender;

        assert_non_null(mail);
        sender = identify(mail, cases[i].from, cases[i].signer);
        if (!is_same(sender->authenticated, cases[i].authenticated) ||
            !is_same(sender->service, cases[i].service) ||
            !is_same(sender->claimed, cases[i].claimed) ||
            (sender->entry != NULL) != (cases[i].service != NULL))
            fail_msg("%s by %s: %s", cases[i].from, cases[i].signer, sender->auth);
        mail_free(&mail);
    }
}

static void test_one_amazon(void **state)
{
    static const char *const domains[] = {"amazon.com", "amazon.co.jp", "marketplace.amazon.co.uk"};
    const struct catalogue_service *amazon = catalogue_by_id(shipped, "amazon.com");

    (void)state;
    assert_non_null(amazon);
    assert_string_equal(amazon->name, "Amazon");
    assert_true(amazon->contact.step_count > 0);
    for (size_t i = 0; i < COUNT(domains); i++)
        assert_ptr_equal(catalogue_by_domain(shipped, domains[i]), amazon);
    assert_null(catalogue_by_domain(shipped, "amazonses.com"));
    assert_true(catalogue_is_carrier(shipped, "amazonses.com"));
}

/* ---- what the administrator is told ---- */

static void record_mail(
    struct fixture *fixture, const char *service, const char *domain, enum kind kind)
{
    static unsigned number;
    char fingerprint[16] = "";
    struct ledger_entry entry = sample(fingerprint);
    const struct catalogue_service *known = catalogue_by_id(shipped, service);

    assert_non_null(known);
    snprintf(fingerprint, sizeof(fingerprint), "%04x", number++);
    entry.service = known->id;
    entry.service_name = known->name;
    entry.category = known->category;
    entry.risk = known->risk;
    entry.sender_domain = entry.from_domain = domain;
    entry.kind = kind;
    entry.holder = kind == KIND_VERIFY ? HOLDER_STRANGER : HOLDER_PRIOR;
    record(fixture, &entry);
}

static const char *told(struct fixture *fixture, const char *service, const char *column)
{
    char sql[200];

    snprintf(sql, sizeof(sql), "SELECT %s FROM todo WHERE service = '%s'", column, service);
    return answer(fixture, sql);
}

static void check_route(struct fixture *fixture, const char *service, const char *domain)
{
    const struct catalogue_service *known = catalogue_by_id(shipped, service);
    const struct catalogue_contact *contact = &known->contact;
    char steps[4000] = "";

    record_mail(fixture, service, domain, KIND_VERIFY);
    assert_string_equal(told(fixture, service, "name"), known->name);
    assert_true(contact->step_count > 0);
    for (size_t n = 0; n < contact->step_count; n++)
        snprintf(steps + strlen(steps), sizeof(steps) - strlen(steps), "%s%zu. %s",
            n > 0 ? "\n" : "", n + 1, contact->steps[n]);
    assert_string_equal(told(fixture, service, "what_to_do"), steps);
    assert_non_null(contact->url);
    assert_string_equal(told(fixture, service, "url"), contact->url);
    assert_string_equal(told(fixture, service, "source"), contact->source);
    assert_string_equal(
        told(fixture, service, "phone"), contact->phone == NULL ? "-" : contact->phone);
    assert_string_equal(
        told(fixture, service, "privacy"), contact->privacy == NULL ? "-" : contact->privacy);
}

static void test_routes_of_the_catalogue(void **state)
{
    struct fixture *fixture = *state;
    const struct ledger_domain ours = {"example.com", 1570233600, "observe"};

    assert_int_equal(ledger_mirror(fixture->ledger, &ours, 1, shipped), 0);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM todo"), "0");
    check_route(fixture, "netflix.com", "netflix.com");
    check_route(fixture, "amazon.com", "amazon.co.jp");
    /* mail of another country's Amazon is no further thing to do */
    record_mail(fixture, "amazon.com", "amazon.co.uk", KIND_RESET);
    assert_string_equal(
        answer(fixture, "SELECT service FROM todo ORDER BY service"), "amazon.com\nnetflix.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_mail),
        cmocka_unit_test(test_one_amazon),
        cmocka_unit_test_setup_teardown(test_routes_of_the_catalogue, make_ledger, remove_all),
    };

    log_open("test_services", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("services", tests, load_shipped, free_shipped);
}
