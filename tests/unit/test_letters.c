/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * letters: the shipped ones hold what they must, the language fits the service, values are never
 * read as placeholders, and every mistake of a file is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "letters.h"

static const char *const shipped[] = {SOURCE_DIR "/conf/letters"};

static struct letters *load(void)
{
    struct mistakes mistakes = {0};
    struct letters *letters = NULL;
    int r = letters_load(shipped, 1, &mistakes, &letters);

    if (r != 0)
        fail_msg("%s", mistakes.count > 0 ? mistakes.lines[0] : err_text(r));
    return letters;
}

static const struct letters_case about = {.service = "Example Shop",
    .service_id = "shop.example",
    .languages = "",
    .addresses = (const char *const[]){"old@example.com", "older@example.org"},
    .address_count = 2,
    .more = 3,
    .domains = (const char *const[]){"example.com", "example.org"},
    .since = (const char *const[]){"2019-10-05", ""},
    .domain_count = 2};

/* Articles by their numbers, addresses, the day, the replies: in each language. */
static void test_every_language_has_it_all(void **state)
{
    static const char *const needed[] = {"Example Shop", "- old@example.com\n- older@example.org\n",
        "example.com", "2019-10-05", "example.org", "550 5.1.1", "550 5.7.18", "16", "17", "RDAP",
        "DNS", "postmaster", "3"};
    struct letters *letters = load();
    struct arena *arena = arena_new(0);

    (void)state;
    assert_true(letters_count(letters) >= 5);
    for (size_t i = 0; i < letters_count(letters); i++) {
        struct letters_case wanted = about;
        struct letters_text letter;

        wanted.language = letters_language(letters, i);
        assert_int_equal(letters_write(letters, arena, &wanted, &letter), 0);
        assert_string_equal(letter.language, wanted.language);
        assert_non_null(letter.subject);
        assert_null(strpbrk(letter.subject, "{}\n"));
        assert_null(strpbrk(letter.body, "{}"));
        for (size_t k = 0; k < sizeof(needed) / sizeof(needed[0]); k++)
            if (strstr(letter.body, needed[k]) == NULL)
                fail_msg("%s: no \"%s\" in\n%s", letter.language, needed[k], letter.body);
        if (strcmp(letter.language, "ja") == 0) {
            assert_non_null(strstr(letter.body, "第22条"));
            assert_non_null(strstr(letter.body, "第34条"));
            assert_non_null(strstr(letter.body, "第35条"));
        }
    }
    arena_free(&arena);
    letters_free(&letters);
    letters_free(&letters);
}

static void test_language(void **state)
{
    static const struct {
        const char *asked, *languages, *service, *wanted;
    } cases[] = {
        {NULL, "", "shop.example", "en"},
        {NULL, "", "shop.co.jp", "ja"},
        {NULL, "", "shop.de", "de"},
        {NULL, "ja", "shop.de", "ja"},
        {NULL, "en, ja", "shop.jp", "en"},
        {NULL, "xx, fr-CA", "shop.jp", "fr"},
        {NULL, "DE", "shop.example", "de"},
        {NULL, "xx", "shop.example", "en"},
        {NULL, " ,; ", "shop.example", "en"},
        {NULL, "-", "", "en"},
        {"es", "ja", "shop.jp", "es"},
        {"xx", "ja", "shop.example", "ja"},
    };
    struct letters *letters = load();
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct letters_case wanted = about;
        struct letters_text letter;

        wanted.language = cases[i].asked;
        wanted.languages = cases[i].languages;
        wanted.service_id = cases[i].service;
        assert_int_equal(letters_write(letters, arena, &wanted, &letter), 0);
        if (strcmp(letter.language, cases[i].wanted) != 0)
            fail_msg("%s, %s: %s", cases[i].languages, cases[i].service, letter.language);
    }
    arena_free(&arena);
    letters_free(&letters);
}

static void test_values_are_no_placeholders(void **state)
{
    struct letters *letters = load();
    struct arena *arena = arena_new(0);
    struct letters_case wanted = about;
    struct letters_text letter;

    (void)state;
    wanted.service = "{addresses}{sender}%s";
    wanted.sender = "Ann {domains}";
    wanted.more = 0;
    assert_int_equal(letters_write(letters, arena, &wanted, &letter), 0);
    assert_non_null(strstr(letter.body, "at {addresses}{sender}%s\n"));
    assert_non_null(strstr(letter.body, "\nAnn {domains}\n"));
    assert_null(strstr(letter.body, "more, which"));
    arena_free(&arena);
    letters_free(&letters);
}

/* "%9" stands for nine blanks. */
static void put_filled(FILE *file, const char *text)
{
    const char *place = strchr(text, '%');
    char *rest;
    long filling;

    if (place == NULL) {
        fputs(text, file);
        return;
    }
    filling = strtol(place + 1, &rest, 10);
    fprintf(file, "%.*s%*s%s", (int)(place - text), text, (int)filling, "", rest);
}

/* What a file may hold, and the mistake that is told. "%" stands for a whole good file. */
static void test_mistakes(void **state)
{
    static const char good[] =
        "language = \"en\"; sender = \"[you]\"; domain_line = \"{domain} {since}\";\n"
        "domain_line_undated = \"{domain}\"; more = \"{count} more\"; subject = \"s\";\n";
    static const struct {
        const char *name, *rest, *wanted;
    } cases[] = {
        {"good", "body = [ \"{addresses}\" ];", NULL},
        {"no body", "", "body: is missing"},
        {"no addresses", "body = [ \"x\" ];", "must hold {addresses}"},
        {"unknown placeholder", "body = [ \"{addresses}\", \"{name}\" ];",
            "{name} is no placeholder"},
        {"open brace", "body = [ \"{addresses} {\" ];", "is no placeholder"},
        {"no lines", "body = [ 1, 2 ];", "must be an array of lines"},
        {"body is a text", "body = \"{addresses}\";", "body"},
        {"unknown member", "body = [ \"{addresses}\" ]; bodi = 1;", "bodi"},
        {"domains", "body = [ \"{addresses}\" ]; domains = [ 1 ];", "must be an array of strings"},
        {"syntax", "body = [ ", ".conf:"},
        {"a long body", "body = [ \"{addresses}\", \"%20001\" ];", "more than 20000 octets"},
        {"a very long body", "body = [ \"%1048577\", \"{addresses}\" ];", "more than 20000 octets"},
    };
    char directory[] = "/tmp/goneaway-letters-XXXXXX", path[64];

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/en.conf", directory);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const directories[] = {SOURCE_DIR "/conf/letters/nowhere", directory};
        struct mistakes mistakes = {0};
        struct letters *letters = NULL;
        FILE *file = fopen(path, "w");
        int r;

        assert_non_null(file);
        fputs(good, file);
        put_filled(file, cases[i].rest);
        fclose(file);
        r = letters_load(directories, 2, &mistakes, &letters);
        if (cases[i].wanted == NULL) {
            assert_int_equal(r, 0);
            assert_int_equal(letters_count(letters), 1);
        } else {
            assert_int_equal(r, ERR_CONFIG);
            assert_null(letters);
            if (strstr(mistakes.lines[0], cases[i].wanted) == NULL ||
                strncmp(mistakes.lines[0], path, strlen(path)) != 0)
                fail_msg("%s: %s", cases[i].name, mistakes.lines[0]);
        }
        mistakes_clear(&mistakes);
        letters_free(&letters);
    }
    unlink(path);
    rmdir(directory);
}

static void test_a_directory_that_cannot_be_read(void **state)
{
    const char *const directories[] = {
        SOURCE_DIR "/conf/letters", SOURCE_DIR "/conf/letters/en.conf"};
    struct mistakes mistakes = {0};
    struct letters *letters = NULL;

    (void)state;
    assert_int_equal(letters_load(directories, 2, &mistakes, &letters), ERR_CONFIG);
    assert_null(letters);
    assert_int_equal(mistakes.count, 1);
    assert_non_null(strstr(mistakes.lines[0], "letters/en.conf"));
    assert_non_null(strstr(mistakes.lines[0], "cannot be read: Not a directory"));
    mistakes_clear(&mistakes);
}

static void test_no_letters_are_no_error(void **state)
{
    struct mistakes mistakes = {0};
    struct letters *letters = NULL;
    struct arena *arena = arena_new(0);
    struct letters_text letter;

    (void)state;
    assert_int_equal(letters_load((const char *const[]){SOURCE_DIR "/conf/letters/nowhere"}, 1,
                         &mistakes, &letters),
        0);
    assert_int_equal(letters_count(letters), 0);
    assert_int_equal(letters_write(letters, arena, &about, &letter), 0);
    assert_null(letter.subject);
    arena_free(&arena);
    letters_free(&letters);
}

/* Each allocation from the arena fails once. */
static void test_without_memory(void **state)
{
    int r = ERR_NOMEM;

    (void)state;
    for (unsigned long nth = 1; r != 0; nth++) {
        struct mistakes mistakes = {0};
        struct letters *letters = NULL;

        assert_true(nth < 1000);
        arena_fail_at(nth);
        r = letters_load(shipped, 1, &mistakes, &letters);
        arena_fail_at(0);
        assert_true(r == 0 || (r == ERR_NOMEM && letters == NULL));
        mistakes_clear(&mistakes);
        letters_free(&letters);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_language_has_it_all),
        cmocka_unit_test(test_language),
        cmocka_unit_test(test_values_are_no_placeholders),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_a_directory_that_cannot_be_read),
        cmocka_unit_test(test_no_letters_are_no_error),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
