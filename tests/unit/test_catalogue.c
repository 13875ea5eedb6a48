/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "catalogue.h"
#include "err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FILES_MAX 3

struct loaded {
    struct catalogue *catalogue;
    struct mistakes mistakes;
    char paths[FILES_MAX][64];
    size_t count;
    int result;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* Loads texts as files one behind the other. */
static void load_texts(struct loaded *loaded, const char *const *texts, size_t count)
{
    const char *paths[FILES_MAX] = {NULL};

    memset(loaded, 0, sizeof(*loaded));
    loaded->count = count;
    for (size_t i = 0; i < count; i++) {
        snprintf(loaded->paths[i], sizeof(loaded->paths[i]), "/tmp/goneaway-catalogue-%ld-%zu",
            (long)getpid(), i);
        write_file(loaded->paths[i], texts[i]);
        paths[i] = loaded->paths[i];
    }
    loaded->result = catalogue_load(paths, count, &loaded->mistakes, &loaded->catalogue);
    for (size_t i = 0; i < count; i++)
        unlink(loaded->paths[i]);
}

static void unload(struct loaded *loaded)
{
    catalogue_free(&loaded->catalogue);
    assert_null(loaded->catalogue);
    mistakes_clear(&loaded->mistakes);
}

#define CATEGORIES                                                                                 \
    "categories = ( { name = \"shop\"; risk = 4; }, { name = \"bank\"; risk = 5; } );\n"
#define SOURCE "contact = { source = \"unverified\"; };"

static const char whole[] = CATEGORIES
    "services = (\n"
    "  { id = \"shop.example\"; name = \"Example Shop\"; homepage = "
    "\"https://www.shop.example/\";\n"
    "    category = \"shop\";\n"
    "    domains = [ \"shop.example\", \"Shop-Mail.example\", \"b\xc3\xbc"
    "cher.example\" ];\n"
    "    contact = { steps = [ \"Open it.\", \"Write: \xe3\x83\x98\" ];\n"
    "      url = \"https://www.shop.example/help?a=b#c\"; phone = \"+1 (555) 01-00\";\n"
    "      privacy = \"privacy@shop.example\"; languages = \"en, ja,pt-BR\";\n"
    "      checked = \"2026-11-22\"; source = \"https://www.shop.example/\"; }; },\n"
    "  { id = \"bank.example\"; name = \"Bank\"; category = \"bank\"; risk = 3;\n"
    "    domains = [ \"mail.bank.example\", \"cards.shop.example\" ]; " SOURCE " },\n"
    "  { id = \"bare.example\"; name = \"Bare\"; category = \"bank\"; " SOURCE " }\n"
    ");\n"
    "carriers = ( { name = \"C\"; domains = [ \"carrier.example\", \"bank.example\" ]; } );\n";

static void expect_service(const struct catalogue *catalogue, const char *domain, const char *id)
{
    const struct catalogue_service *service = catalogue_by_domain(catalogue, domain);

    if (id == NULL)
        assert_null(service);
    else
        assert_string_equal(service == NULL ? "none" : service->id, id);
}

static void test_whole(void **state)
{
    const char *texts[] = {whole};
    const struct catalogue_service *shop;
    struct loaded loaded;

    (void)state;
    load_texts(&loaded, texts, 1);
    if (loaded.result != 0)
        fail_msg("%s", loaded.mistakes.lines[0]);
    assert_int_equal(catalogue_count(loaded.catalogue), 3);
    shop = catalogue_by_id(loaded.catalogue, "shop.example");
    assert_non_null(shop);
    assert_ptr_equal(shop, catalogue_at(loaded.catalogue, 0));
    assert_string_equal(shop->name, "Example Shop");
    assert_string_equal(shop->homepage, "https://www.shop.example/");
    assert_string_equal(shop->category, "shop");
    assert_int_equal(shop->risk, 4);
    assert_int_equal(shop->domain_count, 3);
    assert_string_equal(shop->domains[1], "shop-mail.example");
    assert_string_equal(shop->domains[2], "xn--bcher-kva.example");
    assert_int_equal(shop->contact.step_count, 2);
    assert_string_equal(shop->contact.steps[1], "Write: \xe3\x83\x98");
    assert_string_equal(shop->contact.url, "https://www.shop.example/help?a=b#c");
    assert_string_equal(shop->contact.phone, "+1 (555) 01-00");
    assert_string_equal(shop->contact.privacy, "privacy@shop.example");
    assert_string_equal(shop->contact.languages, "en, ja,pt-BR");
    assert_string_equal(shop->contact.checked, "2026-11-22");
    assert_string_equal(shop->contact.source, "https://www.shop.example/");
    unload(&loaded);
}

static void test_look_up(void **state)
{
    const char *texts[] = {whole};
    const struct catalogue_service *bank;
    struct loaded loaded;

    (void)state;
    load_texts(&loaded, texts, 1);
    assert_int_equal(loaded.result, 0);
    expect_service(loaded.catalogue, "shop.example", "shop.example");
    expect_service(loaded.catalogue, "a.b.shop.example", "shop.example");
    expect_service(loaded.catalogue, "cards.shop.example", "bank.example");
    expect_service(loaded.catalogue, "x.cards.shop.example", "bank.example");
    expect_service(loaded.catalogue, "bank.example", "bank.example");
    expect_service(loaded.catalogue, "xn--bcher-kva.example", "shop.example");
    expect_service(loaded.catalogue, "badshop.example", NULL);
    expect_service(loaded.catalogue, "example", NULL);
    expect_service(loaded.catalogue, "", NULL);
    expect_service(loaded.catalogue, "shop.example.evil.example", NULL);
    bank = catalogue_by_id(loaded.catalogue, "bank.example");
    assert_int_equal(bank->risk, 3);
    assert_int_equal(bank->domain_count, 3);
    assert_null(bank->homepage);
    assert_int_equal(bank->contact.step_count, 0);
    assert_null(bank->contact.phone);
    assert_null(catalogue_by_id(loaded.catalogue, "mail.bank.example"));
    assert_ptr_equal(catalogue_by_exact_domain(loaded.catalogue, "mail.bank.example"), bank);
    assert_null(catalogue_by_exact_domain(loaded.catalogue, "a.mail.bank.example"));
    assert_true(catalogue_is_carrier(loaded.catalogue, "carrier.example"));
    assert_true(catalogue_is_carrier(loaded.catalogue, "a.carrier.example"));
    assert_true(catalogue_is_carrier(loaded.catalogue, "bank.example"));
    assert_false(catalogue_is_carrier(loaded.catalogue, "shop.example"));
    assert_false(catalogue_is_carrier(loaded.catalogue, "mycarrier.example"));
    assert_false(catalogue_is_carrier(loaded.catalogue, ""));
    unload(&loaded);
}

static void test_override(void **state)
{
    const char *texts[] = {whole,
        "categories = ( { name = \"shop\"; risk = 2; }, { name = \"club\"; risk = 1; } );\n"
        "services = (\n"
        "  { id = \"bank.example\"; name = \"My Bank\"; category = \"club\";\n"
        "    domains = [ \"shop-mail.example\" ]; " SOURCE " },\n"
        "  { id = \"new.example\"; name = \"New\"; category = \"bank\";\n"
        "    domains = [ \"bare.example\" ]; " SOURCE " } );\n"
        "carriers = ( { name = \"D\"; domains = [ \"d.example\" ]; } );\n"};
    const struct catalogue_service *service;
    struct loaded loaded;

    (void)state;
    load_texts(&loaded, texts, 2);
    if (loaded.result != 0)
        fail_msg("%s", loaded.mistakes.lines[0]);
    assert_int_equal(catalogue_count(loaded.catalogue), 3);
    service = catalogue_by_id(loaded.catalogue, "shop.example");
    assert_int_equal(service->risk, 2);
    assert_int_equal(service->domain_count, 2);
    service = catalogue_by_id(loaded.catalogue, "bank.example");
    assert_string_equal(service->name, "My Bank");
    assert_int_equal(service->risk, 1);
    assert_int_equal(service->domain_count, 2);
    expect_service(loaded.catalogue, "shop-mail.example", "bank.example");
    expect_service(loaded.catalogue, "cards.shop.example", "shop.example");
    expect_service(loaded.catalogue, "bare.example", "new.example");
    assert_null(catalogue_by_id(loaded.catalogue, "bare.example"));
    assert_true(catalogue_is_carrier(loaded.catalogue, "carrier.example"));
    assert_true(catalogue_is_carrier(loaded.catalogue, "d.example"));
    unload(&loaded);
}

static void test_empty(void **state)
{
    const char *texts[] = {"", "services = ( );\n"};
    struct loaded loaded;

    (void)state;
    load_texts(&loaded, texts, 0);
    assert_int_equal(loaded.result, 0);
    assert_int_equal(catalogue_count(loaded.catalogue), 0);
    expect_service(loaded.catalogue, "shop.example", NULL);
    unload(&loaded);
    load_texts(&loaded, texts, 2);
    assert_int_equal(loaded.result, 0);
    assert_int_equal(catalogue_count(loaded.catalogue), 0);
    unload(&loaded);
}

/* One mistake each; the text stands behind CATEGORIES, which is one line. */
static const struct {
    const char *text;
    const char *mistake; /* "line: key: text", as far as it is written here */
} mistakes[] = {
#define ENTRY(settings) "services = ( {\n" settings "\n} );\n"
#define HEAD "id = \"a.example\"; name = \"A\"; category = \"shop\";\n"
    {"service = ( );", "2: service: there is no such setting here; did you mean 'services'?"},
    {"nothing = ( );", "2: nothing: there is no such setting here"},
    {"services = [ ];", "2: services: must be a list"},
    {"services = \"x\";", "2: services: must be a list"},
    {"services = ( \"x\" );", "2: services: every entry must be a group"},
    {"skip_suffixes = true;\ncarriers = ( { name = \"C\";\ndomains = [ \"192.0.2.1\" ]; } );",
        "4: domains: \"192.0.2.1\" is no domain name of the internet"},
    {"carriers = ( ( ) );", "2: carriers: every entry must be a group"},
    {ENTRY(HEAD SOURCE " hompage = \"x\";"), "4: hompage: there is no such setting here; did you "
                                             "mean 'homepage'?"},
    {ENTRY(HEAD "contact = { source = \"x\"; fone = \"1\"; };"),
        "4: fone: there is no such setting here; did you mean 'phone'?"},
    /* missing */
    {ENTRY("name = \"A\"; category = \"shop\"; " SOURCE), "2: services: this entry has no id"},
    {ENTRY("id = \"a.example\"; category = \"shop\"; " SOURCE),
        "2: services: this entry has no name"},
    {ENTRY("id = \"a.example\"; name = \"A\"; " SOURCE), "2: services: this entry has no category"},
    {ENTRY(HEAD), "2: services: this entry has no contact"},
    {ENTRY(HEAD "contact = { };"), "4: contact: this entry has no source"},
    {ENTRY(HEAD "contact = \"x\";"), "4: contact: must be a group"},
    /* texts */
    {ENTRY("id = \"a.example\"; category = \"shop\";\nname = 5; " SOURCE),
        "4: name: must be a string"},
    {ENTRY("id = \"a.example\"; category = \"shop\";\nname = \"\"; " SOURCE), "4: name: is empty"},
    {ENTRY("id = \"a.example\"; category = \"shop\";\nname = \"a\\nb\"; " SOURCE),
        "4: name: must be UTF-8 text of one line"},
    {ENTRY("id = \"a.example\"; category = \"shop\";\nname = \"a\xff\"; " SOURCE),
        "4: name: must be UTF-8 text of one line"},
    {ENTRY("id = \"a.example\"; category = \"shop\";\nname = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"; " SOURCE),
        "4: name: is too long"},
    {ENTRY("id = \"a.example\"; name = \"A\";\ncategory = \"nothing\"; " SOURCE),
        "2: category: \"nothing\" is no category of this catalogue"},
    {ENTRY("id = \"a.example\"; name = \"A\";\ncategory = \"Shop\"; " SOURCE),
        "4: category: must be a word of small letters"},
    /* domains */
    {ENTRY("id = \"a\"; name = \"A\"; category = \"shop\"; " SOURCE), "3: id: is no domain name"},
    {ENTRY("id = \"co.jp\"; name = \"A\"; category = \"shop\"; " SOURCE),
        "3: id: is a public suffix"},
    {ENTRY("id = \"192.0.2.1\"; name = \"A\"; category = \"shop\"; " SOURCE),
        "3: id: is no domain name of the internet"},
    {ENTRY(HEAD SOURCE "\ndomains = [ \"b.example\",\n\"b_/x.example\" ];"),
        "6: domains: \"b_/x.example\" is no domain name"},
    {ENTRY(HEAD SOURCE "\ndomains = [ \"github.io\" ];"), "5: domains: \"github.io\" is a public"},
    {ENTRY(HEAD SOURCE "\ndomains = [ \"com\" ];"), "5: domains: \"com\" is no domain"},
    {ENTRY(HEAD SOURCE "\ndomains = [ \"b.example\", \"B.example\" ];"),
        "5: domains: \"b.example\" stands here twice"},
    {ENTRY(HEAD SOURCE "\ndomains = \"b.example\";"), "5: domains: must be an array"},
    {ENTRY(HEAD SOURCE "\ndomains = ( \"b.example\" );"), "5: domains: must be an array"},
    {ENTRY(HEAD SOURCE "\ndomains = [ 1 ];"), "5: domains: must be a string"},
    {ENTRY(HEAD SOURCE "\ndomains = [ \"\" ];"), "5: domains: is empty"},
    {"services = ( { " HEAD SOURCE " domains = [ \"x.example\" ]; },\n"
     "{ id = \"b.example\"; name = \"B\"; category = \"shop\"; " SOURCE "\n"
     " domains = [ \"x.example\" ]; } );",
        "5: domains: \"x.example\" belongs to \"a.example\" already"},
    {"services = ( { " HEAD SOURCE " domains = [ \"b.example\" ]; },\n"
     "{ id = \"b.example\"; name = \"B\"; category = \"shop\"; " SOURCE " } );",
        "4: domains: \"b.example\" belongs to \"a.example\" already"},
    {"services = ( { " HEAD SOURCE
     " },\n{ id = \"A.example\"; name = \"B\"; category = \"shop\"; " SOURCE " } );",
        "4: id: \"a.example\" has an entry already, in line 2"},
    {"carriers = ( { name = \"C\"; domains = [ \"net\" ]; } );",
        "2: domains: \"net\" is no domain name of the internet"},
    {"carriers = ( { domains = [ \"c.example\" ]; } );", "2: carriers: this entry has no name"},
    {"carriers = ( { name = \"C\"; } );", "2: carriers: this entry has no domains"},
    {"carriers = ( { name = \"C\"; domains = \"c.example\"; } );", "2: domains: must be an array"},
    {"carriers = ( { name = \"C\"; domain = [ ]; domains = [ ]; } );",
        "2: domain: there is no such setting here; did you mean 'domains'?"},
    /* addresses of pages */
    {ENTRY(HEAD SOURCE "\nhomepage = \"http://a.example/\";"), "5: homepage: must be an https://"},
    {ENTRY(HEAD SOURCE "\nhomepage = \"a.example\";"), "5: homepage: must be an https://"},
    {ENTRY(HEAD SOURCE "\nhomepage = \"https://\";"), "5: homepage: must be an https://"},
    {ENTRY(HEAD SOURCE "\nhomepage = \"https:///x\";"), "5: homepage: must be an https://"},
    {ENTRY(HEAD SOURCE "\nhomepage = \"https://localhost/\";"), "5: homepage: must be an https://"},
    {ENTRY(HEAD SOURCE "\nhomepage = \"https://x@a.example/\";"),
        "5: homepage: must be an https://"},
    {ENTRY(HEAD SOURCE "\nhomepage = \"https://a.example:80/\";"),
        "5: homepage: must be an https://"},
    {ENTRY(HEAD SOURCE "\nhomepage = \"https://a.example/a b\";"),
        "5: homepage: holds a character"},
    {ENTRY(HEAD SOURCE "\nhomepage = \"https://a.example/\xc3\xbc\";"),
        "5: homepage: holds a character"},
    {ENTRY(HEAD "contact = { source = \"x\";\nurl = \"ftp://a.example/\"; };"),
        "5: url: must be an https://"},
    /* the rest of a contact */
    {ENTRY(HEAD "contact = { source = \"x\";\nphone = \"0800 CALL\"; };"),
        "5: phone: a phone number has digits"},
    {ENTRY(HEAD "contact = { source = \"x\";\nphone = \"1+23\"; };"),
        "5: phone: a phone number has digits"},
    {ENTRY(HEAD "contact = { source = \"x\";\nphone = \"+-()\"; };"), "5: phone: has too few"},
    {ENTRY(HEAD "contact = { source = \"x\";\nphone = 5550100; };"), "5: phone: must be a string"},
    {ENTRY(HEAD "contact = { source = \"x\";\nprivacy = \"nobody\"; };"),
        "5: privacy: must be an https:// address or a mail address"},
    {ENTRY(HEAD "contact = { source = \"x\";\nprivacy = \"a@[192.0.2.1]\"; };"),
        "5: privacy: must be"},
    {ENTRY(HEAD "contact = { source = \"x\";\nlanguages = \"English\"; };"),
        "5: languages: must be language tags"},
    {ENTRY(HEAD "contact = { source = \"x\";\nlanguages = \"en,\"; };"),
        "5: languages: must be language tags"},
    {ENTRY(HEAD "contact = { source = \"x\";\nlanguages = \"en ja\"; };"),
        "5: languages: must be language tags"},
    {ENTRY(HEAD "contact = { source = \"x\";\nlanguages = \"pt-\"; };"),
        "5: languages: must be language tags"},
    {ENTRY(HEAD "contact = { source = \"x\";\nchecked = \"22.11.2026\"; };"),
        "5: checked: must be a date"},
    {ENTRY(HEAD "contact = { source = \"x\";\nchecked = \"2026-02-30\"; };"),
        "5: checked: must be a date"},
    {ENTRY(HEAD "contact = { source = \"x\";\nchecked = \"2026-11-22T00:00:00Z\"; };"),
        "5: checked: must be a date"},
    {ENTRY(HEAD "contact = { source = \"x\";\nsteps = \"x\"; };"), "5: steps: must be an array"},
    {ENTRY(HEAD "contact = { source = \"x\";\nsteps = [ \"a\",\n\"\" ]; };"), "6: steps: is empty"},
    {ENTRY(HEAD "contact = { source = \"\"; };"), "4: source: is empty"},
    /* risk and categories */
    {ENTRY(HEAD SOURCE "\nrisk = 6;"), "5: risk: must be a whole number"},
    {ENTRY(HEAD SOURCE "\nrisk = 0;"), "5: risk: must be a whole number"},
    {ENTRY(HEAD SOURCE "\nrisk = -1;"), "5: risk: must be a whole number"},
    {ENTRY(HEAD SOURCE "\nrisk = 2.5;"), "5: risk: must be a whole number"},
    {ENTRY(HEAD SOURCE "\nrisk = \"high\";"), "5: risk: must be a whole number"},
    /* syntax */
    {"services = (", "syntax error"},
    {"services = ( { id = \"a.example\" ); ", "syntax error"},
    {"services = ( );\nservices = ( );", "twice"},
    {ENTRY(HEAD SOURCE "\ndomains = [ \"b.example\", ];"), "a comma before ']'"},
};

static void check_mistake(const char *text, const char *expected)
{
    const char *texts[] = {text};
    struct loaded loaded;
    const char *line;

    load_texts(&loaded, texts, 1);
    if (loaded.result != ERR_CONFIG || loaded.mistakes.count == 0)
        fail_msg("no mistake: %s", text);
    assert_null(loaded.catalogue);
    line = loaded.mistakes.lines[0];
    assert_int_equal(strncmp(line, loaded.paths[0], strlen(loaded.paths[0])), 0);
    if (strstr(line, expected) == NULL || loaded.mistakes.count != 1)
        fail_msg("%zu: %s: %s", loaded.mistakes.count, line, expected);
    unload(&loaded);
}

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        char text[1000];

        snprintf(text, sizeof(text), "%s%s", CATEGORIES, mistakes[i].text);
        check_mistake(text, mistakes[i].mistake);
    }
    check_mistake("categories = ( { name = \"a\"; risk = 1; }, { name = \"a\"; risk = 2; } );",
        "1: name: the category \"a\" is there already");
    check_mistake("categories = ( { risk = 1; } );", "1: categories: this entry has no name");
    check_mistake("categories = ( { name = \"a\"; } );", "1: categories: this entry has no risk");
    check_mistake("categories = ( { name = \"a\"; risk = 9; } );", "1: risk: must be a whole");
    check_mistake("categories = ( { name = \"a b\"; risk = 1; } );", "1: name: must be a word");
    check_mistake("categories = ( { name = \"a\"; risks = 1; risk = 1; } );",
        "1: risks: there is no such setting here; did you mean 'risk'?");
}

/* All mistakes of all files are told in one run. */
static void test_all_mistakes(void **state)
{
    const char *texts[] = {
        CATEGORIES ENTRY("id = \"com\"; nam = \"A\"; category = \"x-\"; risk = 9;"
                         "contact = { phone = \"x\"; url = \"y\"; };"),
        "syntax error", CATEGORIES ENTRY(HEAD "contact = { };")};
    struct loaded loaded;

    (void)state;
    load_texts(&loaded, texts, 3);
    assert_int_equal(loaded.result, ERR_CONFIG);
    assert_int_equal(loaded.mistakes.count, 10);
    unload(&loaded);
}

static void test_no_file(void **state)
{
    const char *path = "/nonexistent/services.conf";
    struct mistakes told = {0};
    struct catalogue *catalogue;

    (void)state;
    assert_int_equal(catalogue_load(&path, 1, &told, &catalogue), ERR_CONFIG);
    assert_null(catalogue);
    assert_int_equal(told.count, 1);
    mistakes_clear(&told);
    catalogue_free(&catalogue);
}

static void test_no_memory(void **state)
{
    const char *texts[] = {whole};
    int result = ERR_NOMEM;

    (void)state;
    for (unsigned long nth = 1; result != 0; nth++) {
        struct loaded loaded;

        arena_fail_at(nth);
        load_texts(&loaded, texts, 1);
        arena_fail_at(0);
        result = loaded.result;
        /* a check that lacks memory may also tell a mistake; the load fails in any case */
        assert_true(result == 0 || result == ERR_NOMEM || result == ERR_CONFIG);
        assert_true((result == 0) == (loaded.catalogue != NULL));
        assert_true(nth < 200);
        unload(&loaded);
    }
}

/* The list of public suffixes grows: a file that says so loses what has become one, and no more. */
static void test_skipped_suffixes(void **state)
{
    static const char list[] =
        CATEGORIES "services = (\n"
                   "{ id = \"co.jp\"; name = \"A\"; category = \"shop\"; " SOURCE " },\n"
                   "{ id = \"b.example\"; name = \"B\"; category = \"shop\"; " SOURCE
                   " domains = [ \"github.io\", \"b2.example\" ]; } );\n"
                   "carriers = ( { name = \"C\"; domains = [ \"com.au\", \"c.example\" ]; } );\n";
    static const struct {
        const char *more;
        int result;
    } cases[] = {{"", ERR_CONFIG}, {"skip_suffixes = false;", ERR_CONFIG},
        {"skip_suffixes = 1;", ERR_CONFIG}, {"skip_suffixes = true;", 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loaded loaded;
        char text[2048];
        const char *texts[] = {text};

        snprintf(text, sizeof(text), "%s%s\n", list, cases[i].more);
        load_texts(&loaded, texts, 1);
        assert_int_equal(loaded.result, cases[i].result);
        if (loaded.result == 0) {
            assert_int_equal(catalogue_count(loaded.catalogue), 1);
            expect_service(loaded.catalogue, "x.co.jp", NULL);
            expect_service(loaded.catalogue, "x.github.io", NULL);
            expect_service(loaded.catalogue, "b2.example", "b.example");
            assert_true(catalogue_is_carrier(loaded.catalogue, "c.example"));
            assert_false(catalogue_is_carrier(loaded.catalogue, "com.au"));
        }
        unload(&loaded);
    }
}

/* What is shipped holds no mistake. */
static void test_shipped(void **state)
{
    const char *path = SOURCE_DIR "/conf/services.conf";
    struct mistakes told = {0};
    struct catalogue *catalogue;
    int result = catalogue_load(&path, 1, &told, &catalogue);

    (void)state;
    for (size_t i = 0; i < told.count && i < MISTAKES_MAX; i++)
        print_error("%s\n", told.lines[i]);
    mistakes_clear(&told);
    assert_int_equal(result, 0);
    assert_true(catalogue_count(catalogue) >= 10);
    expect_service(catalogue, "marketplace.amazon.co.jp", "amazon.com");
    expect_service(catalogue, "members.netflix.com", "netflix.com");
    assert_true(catalogue_is_carrier(catalogue, "eu-west-1.amazonses.com"));
    assert_false(catalogue_is_carrier(catalogue, "amazon.com"));
    for (size_t i = 0; i < catalogue_count(catalogue); i++) {
        const struct catalogue_service *service = catalogue_at(catalogue, i);

        if (strcmp(service->contact.source, "unverified") == 0 && service->contact.phone != NULL)
            fail_msg("%s: a phone number that nobody has seen", service->id);
    }
    catalogue_free(&catalogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_look_up),
        cmocka_unit_test(test_override),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_all_mistakes),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_skipped_suffixes),
        cmocka_unit_test(test_shipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
