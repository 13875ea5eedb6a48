/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Invented records in the form of the two catalogues. Whatever goes in, what comes out is loaded
 * again, beside the shipped catalogue and alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue_import.h"
#include "domain.h"
#include "err.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SHIPPED SOURCE_DIR "/conf/services.conf"

static struct catalogue *shipped;
static struct kind_rules *rules;

static int load_shipped(void **state)
{
    const char *path = SHIPPED;
    struct mistakes mistakes = {0};

    (void)state;
    if (domain_open() != 0 || catalogue_load(&path, 1, &mistakes, &shipped) != 0)
        return -1;
    return kind_rules_load(SOURCE_DIR "/conf/kinds.conf", &mistakes, &rules);
}

static int free_shipped(void **state)
{
    (void)state;
    catalogue_free(&shipped);
    kind_rules_free(&rules);
    domain_close();
    return 0;
}

/* ---- helpers ---- */

static int add(struct catalogue_import *import, const char *text, struct json_read_mistake *mistake)
{
    size_t length = strlen(text);
    char *exact = malloc(length > 0 ? length : 1);
    int r;

    assert_non_null(exact);
    memcpy(exact, text, length);
    r = catalogue_import_add(import, exact, length, mistake);
    free(exact);
    return r;
}

/* Loads a text as a file of the catalogue, behind the shipped one or alone. */
static struct catalogue *load_text(const char *text, bool alone)
{
    char path[64];
    const char *paths[] = {SHIPPED, path};
    struct mistakes mistakes = {0};
    struct catalogue *catalogue = NULL;
    FILE *file;

    snprintf(path, sizeof(path), "/tmp/goneaway-import-%ld", (long)getpid());
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    if (catalogue_load(paths + alone, alone ? 1 : 2, &mistakes, &catalogue) != 0)
        fail_msg("%s\n%s", mistakes.count > 0 ? mistakes.lines[0] : "no memory", text);
    unlink(path);
    mistakes_clear(&mistakes);
    return catalogue;
}

/* Imports texts and loads the result, alone. */
static struct catalogue *import_texts(
    const char *const *texts, size_t count, struct catalogue_import_counts *counts)
{
    struct catalogue_import *import;
    struct json_read_mistake mistake;
    struct catalogue *catalogue;
    struct buf out;

    assert_int_equal(catalogue_import_open(shipped, rules, &import), 0);
    for (size_t i = 0; i < count; i++)
        if (add(import, texts[i], &mistake) != 0)
            fail_msg("%s: line %zu: %s", texts[i], mistake.line, mistake.why);
    buf_init(&out, 1 << 20);
    assert_int_equal(catalogue_import_write(import, &out, counts), 0);
    assert_int_equal(buf_failed(&out), 0);
    assert_memory_equal(buf_text(&out), CATALOGUE_IMPORT_MARK, strlen(CATALOGUE_IMPORT_MARK));
    catalogue = load_text(buf_text(&out), false);
    /* what was there stays as it was: each new entry is one more */
    assert_int_equal(catalogue_count(catalogue), catalogue_count(shipped) + counts->services);
    for (size_t i = 0; i < catalogue_count(shipped); i++)
        assert_int_equal(
            catalogue_at(catalogue, i)->domain_count, catalogue_at(shipped, i)->domain_count);
    catalogue_free(&catalogue);
    catalogue = load_text(buf_text(&out), true);
    assert_int_equal(catalogue_count(catalogue), counts->services);
    catalogue_import_close(&import);
    buf_free(&out);
    return catalogue;
}

/* One service in a line: name|domains|homepage|url|phone|privacy|source */
static const char *tell(const struct catalogue_service *service)
{
    static char text[2000];
    const struct catalogue_contact *contact = &service->contact;
    size_t used = (size_t)snprintf(text, sizeof(text), "%s|", service->name);

    for (size_t i = 0; i < service->domain_count; i++)
        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "", service->domains[i]);
    snprintf(text + used, sizeof(text) - used, "|%s|%s|%s|%s|%s",
        service->homepage == NULL ? "-" : service->homepage,
        contact->url == NULL ? "-" : contact->url, contact->phone == NULL ? "-" : contact->phone,
        contact->privacy == NULL ? "-" : contact->privacy, contact->source);
    assert_string_equal(service->category, "other");
    assert_int_equal(contact->step_count, contact->privacy != NULL || contact->url != NULL);
    return text;
}

/* ---- what a record becomes ---- */

#define SITE(more) "[{\"name\":\"A Shop\",\"difficulty\":\"easy\",\"notes\":\"n\"" more "}]"
#define COMPANY(quality, more)                                                                     \
    "{\"slug\":\"a-shop\",\"name\":\"A Shop Ltd.\",\"relevant-countries\":[\"de\"],"               \
    "\"runs\":[\"A Shop\"],\"address\":\"1 Street\",\"quality\":\"" quality "\"" more "}"

static const struct {
    const char *texts[3];
    const char *told; /* of the only service; NULL: there is none */
} cases[] = {
    /* JustDeleteMe */
    {{SITE(",\"url\":\"https://www.a-shop.example/delete\",\"domains\":[\"a-shop.example\"]")},
        "A Shop|a-shop.example|-|https://www.a-shop.example/delete|-|-|JustDeleteMe"},
    {{SITE(",\"url\":\"https://help.a-shop.example/\"")},
        "A Shop|a-shop.example|-|https://help.a-shop.example/|-|-|JustDeleteMe"},
    {{SITE(",\"url\":\"https://forms.host.example/x\",\"email\":\"privacy@a-shop.example\","
           "\"domains\":[\"accounts.A-Shop.example\",\"a-shop.example\",\"a-mail.example\"]")},
        "A Shop|a-shop.example a-mail.example|-|-|-|privacy@a-shop.example|JustDeleteMe"},
    {{SITE(",\"domains\":[\"b\xc3\xbc"
           "cher.example\"],\"email\":\"not an address\"")},
        "A Shop|xn--bcher-kva.example|-|-|-|-|JustDeleteMe"},
    {{SITE(",\"url\":\"mailto:x@a-shop.example\",\"domains\":[\"a-shop.example\"]")},
        "A Shop|a-shop.example|-|-|-|-|JustDeleteMe"},
    {{SITE(",\"url\":\"https://user:secret@a-shop.example:8443/x\"")},
        "A Shop|a-shop.example|-|-|-|-|JustDeleteMe"},
    {{SITE(",\"url\":\"http://a-shop.example/delete\"")},
        "A Shop|a-shop.example|-|-|-|-|JustDeleteMe"},
    {{SITE(",\"url\":7,\"domains\":[1,null,\"a-shop.example\",{}]")},
        "A Shop|a-shop.example|-|-|-|-|JustDeleteMe"},
    /* datenanfragen.de */
    {{COMPANY("verified", ",\"web\":\"https://www.a-shop.example/\",\"phone\":\"+49 30 5550100\","
                          "\"email\":\"privacy@a-shop.example\","
                          "\"webform\":\"https://a-shop.example/privacy?x=1\"")},
        "A Shop Ltd.|a-shop.example|https://www.a-shop.example/|https://a-shop.example/"
        "privacy?x=1|+49 30 5550100|privacy@a-shop.example|datenanfragen.de"},
    {{"[" COMPANY("tested", ",\"web\":\"https://a-shop.example\",\"phone\":\"call us\","
                            "\"email\":\"privacy@lawyer.example\"") "]"},
        "A Shop Ltd.|a-shop.example|https://a-shop.example|-|-|privacy@lawyer.example|"
        "datenanfragen.de"},
    {{COMPANY("scraped", ",\"web\":\"https://a-shop.example\",\"phone\":\"+49 30 5550100\","
                         "\"email\":\"privacy@a-shop.example\","
                         "\"webform\":\"https://a-shop.example/privacy\"")},
        "A Shop Ltd.|a-shop.example|https://a-shop.example|-|-|-|datenanfragen.de"},
    {{COMPANY("verified", ",\"web\":\"a-shop.example\"")},
        "A Shop Ltd.|a-shop.example|-|-|-|-|datenanfragen.de"},
    /* both, in any order */
    {{SITE(",\"url\":\"https://a-shop.example/delete\",\"email\":\"help@a-shop.example\","
           "\"domains\":[\"a-mail.example\",\"a-shop.example\"]"),
         COMPANY("verified", ",\"web\":\"https://www.a-shop.example/\","
                             "\"email\":\"privacy@a-shop.example\"")},
        "A Shop|a-mail.example a-shop.example|https://www.a-shop.example/|https://a-shop.example/"
        "delete|-|privacy@a-shop.example|JustDeleteMe, datenanfragen.de"},
    {{COMPANY("verified", ",\"web\":\"https://www.a-shop.example/\","
                          "\"email\":\"privacy@a-shop.example\","
                          "\"webform\":\"https://a-shop.example/ask\""),
         SITE(",\"url\":\"https://a-shop.example/delete\",\"email\":\"help@a-shop.example\","
              "\"domains\":[\"a-mail.example\",\"a-shop.example\"]")},
        "A Shop|a-mail.example a-shop.example|https://www.a-shop.example/|https://a-shop.example/"
        "ask|-|privacy@a-shop.example|JustDeleteMe, datenanfragen.de"},
    {{SITE(",\"domains\":[\"a-shop.example\"]"), SITE(",\"domains\":[\"a-shop.example\"]"),
         SITE(",\"domains\":[\"www.a-shop.example\",\"a-mail.example\"]")},
        "A Shop|a-shop.example a-mail.example|-|-|-|-|JustDeleteMe"},
    /* names */
    {{"[{\"name\":\" A \\\"Shop\\\" \\\\\\n\\t\\u200b\\u0007 1\\u202e \",\"domains\":"
      "[\"a-shop.example\"]}]"},
        "A \"Shop\" \\ 1|a-shop.example|-|-|-|-|JustDeleteMe"},
    {{"[{\"name\":\"\\u65e5\\u672c\",\"domains\":[\"a-shop.example\"]}]"},
        "\xe6\x97\xa5\xe6\x9c\xac|a-shop.example|-|-|-|-|JustDeleteMe"},
    {{"[{\"name\":\" \\u200b \",\"domains\":[\"a-shop.example\"]}]"}, NULL},
    {{"[{\"name\":\"\",\"domains\":[\"a-shop.example\"]}]"}, NULL},
    /* what is there already, by any domain */
    {{SITE(",\"domains\":[\"new.example\",\"amazon.co.jp\"]")}, NULL},
    {{SITE(",\"url\":\"https://help.netflix.com/delete\"")}, NULL},
    {{COMPANY("verified", ",\"web\":\"https://www.netflix.com/\"")}, NULL},
    {{SITE(",\"domains\":[\"new.example\",\"amazon.co.jp\"]"),
         COMPANY("verified", ",\"web\":\"https://new.example/\"")},
        NULL},
    /* what is no service's */
    {{SITE(",\"domains\":[\"gmail.com\",\"co.jp\",\"github.io\",\"com\",\"sendgrid.net\",\"a..b\","
           "\"192.0.2.1\",\"\",\"localhost\"]")},
        NULL},
    {{SITE(",\"domains\":[\"gmx.net\",\"a-shop.example\"]")},
        "A Shop|a-shop.example|-|-|-|-|JustDeleteMe"},
    {{SITE(",\"url\":\"https://a-shop.zendesk.com/x\"")}, NULL},
    {{COMPANY("verified", "")}, NULL},
    {{"[{\"name\":\"A\",\"slug\":\"a\"},{\"name\":1},7,\"x\",null,[]]"}, NULL},
};

static void test_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct catalogue_import_counts counts;
        size_t texts = 0;
        struct catalogue *catalogue;

        while (texts < COUNT(cases[i].texts) && cases[i].texts[texts] != NULL)
            texts++;
        catalogue = import_texts(cases[i].texts, texts, &counts);
        assert_int_equal(counts.services, cases[i].told != NULL);
        if (cases[i].told != NULL)
            assert_string_equal(tell(catalogue_at(catalogue, 0)), cases[i].told);
        catalogue_free(&catalogue);
    }
}

static void test_counts_and_order(void **state)
{
    static const char *const texts[] = {
        "[{\"name\":\"Z\",\"domains\":[\"z.example\"]},{\"name\":\"A\",\"url\":\"https://"
        "a.example\"},"
        "{\"name\":\"N\",\"domains\":[\"netflix.com\"]},{\"name\":\"G\",\"domains\":[\"gmail.com\"]"
        "},"
        "{\"other\":1},{\"name\":\"M\",\"domains\":[\"m.example\"]}]",
        COMPANY("verified", ",\"web\":\"https://m.example\""),
    };
    struct catalogue_import_counts counts;
    struct catalogue *catalogue = import_texts(texts, COUNT(texts), &counts);

    (void)state;
    assert_int_equal(counts.records, 7);
    assert_int_equal(counts.known, 1);
    assert_int_equal(counts.unusable, 2);
    assert_int_equal(counts.services, 3);
    assert_string_equal(catalogue_at(catalogue, 0)->id, "a.example");
    assert_string_equal(catalogue_at(catalogue, 1)->id, "m.example");
    assert_string_equal(catalogue_at(catalogue, 2)->id, "z.example");
    catalogue_free(&catalogue);
}

static void test_long_texts(void **state)
{
    char name[601], text[4000];
    const char *texts[] = {text};
    struct catalogue_import_counts counts;
    struct catalogue *catalogue;

    (void)state;
    for (size_t i = 0; i < 600; i += 3)
        memcpy(name + i, "\xe2\x82\xac", 3);
    name[600] = '\0';
    snprintf(text, sizeof(text),
        "[{\"name\":\"%s\",\"url\":\"https://a-shop.example/%s\",\"email\":\"%s@a-shop.example\","
        "\"domains\":[\"a-shop.example\",\"%s.example\"]}]",
        name, name, name, name);
    catalogue = import_texts(texts, 1, &counts);
    assert_int_equal(counts.services, 1);
    assert_int_equal(strlen(catalogue_at(catalogue, 0)->name), 99); /* no half of a character */
    assert_null(catalogue_at(catalogue, 0)->contact.url);
    assert_null(catalogue_at(catalogue, 0)->contact.privacy);
    catalogue_free(&catalogue);
}

/* A text that is refused leaves nothing behind. */
static void test_refused(void **state)
{
    static const struct {
        const char *text;
        int result;
        size_t line;
    } refused[] = {
        {"", ERR_SYNTAX, 1},
        {"[{\"name\":\"X\",\"domains\":[\"x.example\"]},\n]", ERR_SYNTAX, 2},
        {"[{\"name\":\"X\",\"domains\":[\"x.example\"]}", ERR_SYNTAX, 1},
        {"[]", ERR_SYNTAX, 1},
        {"{}", ERR_SYNTAX, 1},
        {"7", ERR_SYNTAX, 1},
        {"[{\"title\":\"X\"}]", ERR_SYNTAX, 1},
        {"{\"name\":\"X\"}", ERR_SYNTAX, 1},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ERR_LIMIT, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct catalogue_import_counts counts;
        struct catalogue_import *import;
        struct json_read_mistake mistake;
        struct buf out;

        assert_int_equal(catalogue_import_open(shipped, rules, &import), 0);
        assert_int_equal(add(import, refused[i].text, &mistake), refused[i].result);
        assert_int_equal(mistake.line, refused[i].line);
        assert_non_null(mistake.why);
        buf_init(&out, 10000);
        assert_int_equal(catalogue_import_write(import, &out, &counts), 0);
        assert_int_equal(counts.records + counts.services, 0);
        buf_free(&out);
        catalogue_import_close(&import);
        assert_null(import);
    }
}

static void test_no_memory(void **state)
{
    int result = ERR_NOMEM;

    (void)state;
    for (unsigned long nth = 1; result != 0; nth++) {
        struct catalogue_import_counts counts;
        struct catalogue_import *import = NULL;
        struct json_read_mistake mistake;
        struct buf out;

        buf_init(&out, 10000);
        arena_fail_at(nth);
        result = catalogue_import_open(shipped, rules, &import);
        if (result == 0)
            result = add(import, cases[0].texts[0], &mistake);
        if (result == 0)
            result = catalogue_import_write(import, &out, &counts);
        arena_fail_at(0);
        assert_true(result == 0 || result == ERR_NOMEM);
        assert_true(nth < 1000);
        buf_free(&out);
        catalogue_import_close(&import);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_counts_and_order),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests_name("catalogue_import", tests, load_shipped, free_shipped);
}
