/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The mirror of configuration and catalogue: it follows both, writes only what differs, and
 * keeps its hands off what the administrator added or changed.
 */
#include "ledger_fixture.h"

#include "log.h"

static const char *const shop_domains[] = {"shop.example", "mail.shop.example"};
static const char *const bank_domains[] = {"bank.example"};
static const char *const steps[] = {"Open the form.", "Say that the address has a new owner."};

static struct catalogue_service shop(void)
{
    return (struct catalogue_service){.id = "shop.example",
        .name = "The Shop",
        .homepage = "https://shop.example/",
        .category = "shop",
        .risk = 3,
        .domains = shop_domains,
        .domain_count = 2,
        .contact = {.steps = steps,
            .step_count = 2,
            .url = "https://shop.example/form",
            .privacy = "privacy@shop.example",
            .languages = "en, de",
            .checked = "2026-05-31",
            .source = "https://shop.example/help"}};
}

static struct catalogue_service bank(void)
{
    return (struct catalogue_service){.id = "bank.example",
        .name = "A Bank",
        .category = "bank",
        .risk = 5,
        .domains = bank_domains,
        .domain_count = 1};
}

static void mirror(struct fixture *fixture, const struct catalogue_service *services, size_t count)
{
    static const struct ledger_domain ours = {"example.com", 1570233600, "tag"};
    struct catalogue catalogue = {services, count};

    assert_int_equal(ledger_mirror(fixture->ledger, &ours, 1, &catalogue), 0);
}

static const char *all(struct fixture *fixture)
{
    return answer(fixture,
        "SELECT 'service', id, name, category, risk, homepage, edited FROM service UNION ALL "
        "SELECT 'domain', domain, service, edited, '', '', '' FROM service_domain UNION ALL "
        "SELECT 'contact', service, steps, url, privacy, checked, edited FROM contact");
}

static const char both[] =
    "service|bank.example|A Bank|bank|5|-|0\n"
    "service|shop.example|The Shop|shop|3|https://shop.example/|0\n"
    "domain|bank.example|bank.example|0|||\n"
    "domain|mail.shop.example|shop.example|0|||\n"
    "domain|shop.example|shop.example|0|||\n"
    "contact|shop.example|1. Open the form.\n2. Say that the address has a new owner.|"
    "https://shop.example/form|privacy@shop.example|2026-05-31|0";

static void test_the_catalogue_is_copied(void **state)
{
    struct fixture *fixture = *state;
    struct catalogue_service services[2] = {shop(), bank()};

    mirror(fixture, services, 2);
    assert_string_equal(all(fixture), both);
    assert_string_equal(answer(fixture, "SELECT phone, languages, source FROM contact"),
        "-|en, de|https://shop.example/help");
}

static void test_what_agrees_is_not_written(void **state)
{
    struct fixture *fixture = *state;
    struct catalogue_service services[2] = {shop(), bank()};

    mirror(fixture, services, 2);
    edited(fixture,
        "CREATE TABLE writes (n); "
        "CREATE TRIGGER a AFTER UPDATE ON service BEGIN INSERT INTO writes VALUES (1); END;"
        "CREATE TRIGGER b AFTER UPDATE ON contact BEGIN INSERT INTO writes VALUES (1); END;"
        "CREATE TRIGGER c AFTER UPDATE ON domain BEGIN INSERT INTO writes VALUES (1); END;"
        "CREATE TRIGGER d AFTER UPDATE ON service_domain BEGIN "
        "INSERT INTO writes VALUES (1); END;");
    mirror(fixture, services, 2);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM writes"), "0");
    services[0].risk = 4;
    mirror(fixture, services, 2);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM writes"), "1");
}

static void test_the_catalogue_changes(void **state)
{
    struct fixture *fixture = *state;
    struct catalogue_service services[2] = {shop(), bank()};

    mirror(fixture, services, 2);
    services[0].name = "The New Shop";
    services[0].homepage = NULL;
    services[0].domain_count = 1;
    services[0].contact = (struct catalogue_contact){.url = "https://shop.example/new"};
    services[1].category = "payment";
    services[1].contact.privacy = "privacy@bank.example";
    mirror(fixture, services, 2);
    assert_string_equal(all(fixture), "service|bank.example|A Bank|payment|5|-|0\n"
                                      "service|shop.example|The New Shop|shop|3|-|0\n"
                                      "domain|bank.example|bank.example|0|||\n"
                                      "domain|shop.example|shop.example|0|||\n"
                                      "contact|bank.example|-|-|privacy@bank.example|-|0\n"
                                      "contact|shop.example|-|https://shop.example/new|-|-|0");
    services[0].contact.url = NULL;
    mirror(fixture, services, 1);
    assert_string_equal(all(fixture), "service|shop.example|The New Shop|shop|3|-|0\n"
                                      "domain|shop.example|shop.example|0|||");
    mirror(fixture, NULL, 0);
    assert_string_equal(all(fixture), "");
}

static void test_the_administrators_rows_stay(void **state)
{
    struct fixture *fixture = *state;
    struct catalogue_service services[2] = {shop(), bank()};

    mirror(fixture, services, 2);
    edited(fixture, "UPDATE service SET risk = 1 WHERE id = 'shop.example'");
    edited(fixture, "UPDATE contact SET url = 'https://shop.example/mine'");
    edited(fixture, "UPDATE service_domain SET service = 'bank.example' "
                    "WHERE domain = 'mail.shop.example'");
    edited(fixture, "INSERT INTO service (id, name) VALUES ('mine.example', 'Mine')");
    services[0].name = "The New Shop";
    services[0].contact.phone = "+1 555 0100";
    mirror(fixture, services, 2);
    mirror(fixture, NULL, 0);
    assert_string_equal(all(fixture),
        "service|bank.example|A Bank|bank|5|-|0\n"
        "service|mine.example|Mine|-|2|-|1\n"
        "service|shop.example|The Shop|shop|1|https://shop.example/|1\n"
        "domain|mail.shop.example|bank.example|1|||\n"
        "contact|shop.example|1. Open the form.\n2. Say that the address has a new owner.|"
        "https://shop.example/mine|privacy@shop.example|2026-05-31|1");
    /* given back */
    edited(fixture, "UPDATE service SET edited = 0; UPDATE contact SET edited = 0; "
                    "UPDATE service_domain SET edited = 0");
    mirror(fixture, services, 2);
    assert_string_equal(answer(fixture, "SELECT s.name, s.risk, c.url, c.phone FROM service AS s "
                                        "JOIN contact AS c ON c.service = s.id"),
        "The New Shop|3|https://shop.example/form|+1 555 0100");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM service"), "2");
}

/* Met before the catalogue knew it; known from then on; kept when the catalogue drops it. */
static void test_a_service_with_accounts(void **state)
{
    struct fixture *fixture = *state;
    struct catalogue_service services[1] = {shop()};
    struct ledger_entry entry = sample("01");

    entry.service_name = entry.category = NULL;
    entry.risk = 0;
    record(fixture, &entry);
    assert_string_equal(all(fixture), "service|shop.example|shop.example|-|2|-|0");
    services[0].domain_count = 0;
    services[0].contact = (struct catalogue_contact){.url = NULL};
    mirror(fixture, services, 1);
    assert_string_equal(
        all(fixture), "service|shop.example|The Shop|shop|3|https://shop.example/|0");
    mirror(fixture, services, 0);
    assert_string_equal(
        all(fixture), "service|shop.example|The Shop|shop|3|https://shop.example/|0");
    edited(fixture, "DELETE FROM account");
    mirror(fixture, services, 0);
    assert_string_equal(all(fixture), "");
}

static void test_the_configuration_changes(void **state)
{
    struct fixture *fixture = *state;
    struct ledger_domain domains[2] = {
        {"example.com", 1570233600, "observe"}, {"xn--bcher-kva.example", 1609459200, "enforce"}};

    assert_int_equal(ledger_mirror(fixture->ledger, domains, 2, NULL), 0);
    assert_string_equal(answer(fixture, "SELECT name, owned_since, mode, configured FROM domain"),
        "example.com|2019-10-05T00:00:00Z|observe|1\n"
        "xn--bcher-kva.example|2021-01-01T00:00:00Z|enforce|1");
    domains[0].mode = "tag";
    domains[0].owned_since = DATE_NONE;
    assert_int_equal(ledger_mirror(fixture->ledger, domains, 1, NULL), 0);
    assert_string_equal(answer(fixture, "SELECT name, owned_since, mode, configured FROM domain"),
        "example.com|-|tag|1\n"
        "xn--bcher-kva.example|2021-01-01T00:00:00Z|enforce|0");
    assert_int_equal(ledger_mirror(fixture->ledger, NULL, 0, NULL), 0);
    assert_string_equal(answer(fixture, "SELECT sum(configured) FROM domain"), "0");
}

/* One odd entry does not keep the others away. */
static void test_an_odd_entry_is_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct catalogue_service services[3] = {shop(), bank(), bank()};

    services[1].homepage = "gopher://bank.example";
    services[2].id = "second.example";
    services[2].contact = (struct catalogue_contact){.url = "https://x.example", .checked = "May"};
    mirror(fixture, services, 3);
    assert_string_equal(
        answer(fixture, "SELECT group_concat(id) FROM service"), "second.example,shop.example");
    assert_string_equal(answer(fixture, "SELECT count(*) FROM contact"), "1");
}

static void test_without_catalogue_services_stay(void **state)
{
    struct fixture *fixture = *state;
    struct catalogue_service services[2] = {shop(), bank()};

    mirror(fixture, services, 2);
    assert_int_equal(ledger_mirror(fixture->ledger, NULL, 0, NULL), 0);
    assert_string_equal(all(fixture), both);
}

static void test_a_large_catalogue(void **state)
{
    enum { MANY = 5000 };
    struct fixture *fixture = *state;
    struct catalogue_service *services = calloc(MANY, sizeof(*services));
    char(*names)[32] = calloc(MANY, sizeof(*names));
    const char **domains = calloc(MANY, sizeof(*domains));

    assert_non_null(services);
    assert_non_null(names);
    assert_non_null(domains);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "s%zu.example", i);
        domains[i] = names[i];
        services[i] = bank();
        services[i].id = names[i];
        services[i].domains = &domains[i];
    }
    mirror(fixture, services, MANY);
    assert_string_equal(answer(fixture, "SELECT (SELECT count(*) FROM service), "
                                        "(SELECT count(*) FROM service_domain)"),
        "5000|5000");
    mirror(fixture, services, MANY / 2);
    assert_string_equal(answer(fixture, "SELECT count(*) FROM service"), "2500");
    free(services);
    free(names);
    free(domains);
}

int main(void)
{
#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, make_ledger, remove_all)
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_the_catalogue_is_copied),
        LEDGER_TEST(test_what_agrees_is_not_written),
        LEDGER_TEST(test_the_catalogue_changes),
        LEDGER_TEST(test_the_administrators_rows_stay),
        LEDGER_TEST(test_a_service_with_accounts),
        LEDGER_TEST(test_the_configuration_changes),
        LEDGER_TEST(test_an_odd_entry_is_left_out),
        LEDGER_TEST(test_without_catalogue_services_stay),
        LEDGER_TEST(test_a_large_catalogue),
    };

    log_open("test_ledger_mirror", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests_name("ledger_mirror", tests, NULL, NULL);
}
