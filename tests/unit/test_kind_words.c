/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Words that are looked for in links and subjects.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kind_rules.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One text in a heap block of its size with the NUL behind it. */
static void find_words(const char *word, const char *text, bool found)
{
    const struct kind_words list = {.mark = 70, .words = &word, .count = 1};
    struct arena *arena = arena_new(0);
    struct kind_index *index;
    struct kind_marks marks = {0};
    char *exact = strdup(text);

    assert_true(arena != NULL && exact != NULL);
    assert_int_equal(kind_words_index(arena, &list, 1, &index), 0);
    kind_words_find(index, exact, &marks);
    if (kind_has_mark(&marks, 70) != found)
        fail_msg("\"%s\" in \"%s\"", word, text);
    if (found) {
        assert_true(kind_words_may_find(index, exact, strlen(exact)));
        for (char *c = exact; *c != '\0'; c++)
            if (*c >= 'a' && *c <= 'z')
                *c = (char)(*c - 32);
        assert_true(kind_words_may_find(index, exact, strlen(exact)));
    }
    free(exact);
    arena_free(&arena);
}

static void words_are_found_in_texts(void **state)
{
    static const struct {
        const char *word;
        const char *text;
        bool found;
    } cases[] = {
        {"*reset*", "/xreset", true},
        {"*reset*", "reset", true},
        {"*reset*", "/rese", false},
        {"reset", "/do/reset?x", true},
        {"reset", "/do/resets", false},
        {"reset", "/preset", false},
        {"*otp*", "photp", true},
        {"otp", "otp", true},
        {"otp", "a-otp/b", true},
        {"otp", "otpx", false},
        {"ab", "/ab", true},
        {"ab", "ab", true},
        {"ab", "abc", false},
        {"x", "/x", true},
        {"x", "xx", false},
        {"set_up", "/set_up", true},
        {"\xc3\xa4\xc3\xb6", "/\xc3\xa4\xc3\xb6", true},
        {"reset", "", false},
        {"x", "", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        find_words(cases[i].word, cases[i].text, cases[i].found);
}

static void random_links_are_seen_to_hold_no_words(void **state)
{
    const char *words[] = {"*reset*", "otp"};
    const struct kind_words list = {.mark = 70, .words = words, .count = 2};
    struct arena *arena = arena_new(0);
    struct kind_index *index;

    (void)state;
    assert_int_equal(kind_words_index(arena, &list, 1, &index), 0);
    assert_false(kind_words_may_find(index, "/click?upn=JsY5GzmRlpgVBOsExrx7F", 32));
    assert_false(kind_words_may_find(index, "/reset", 3));
    assert_true(kind_words_may_find(index, "/reset", 6));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_found_in_texts),
        cmocka_unit_test(random_links_are_seen_to_hold_no_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
