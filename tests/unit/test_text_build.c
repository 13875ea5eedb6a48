/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Runs of text without a mail around them. A tab is white space as a space is, but is never taken
 * along with the words: so a run says the same with either.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text_build.h"

#define ROOM 256
#define ANCHORS 3

struct run {
    char text[ROOM];
    size_t length;
    size_t anchors[ANCHORS]; /* where each begins, in order */
    size_t anchor_count;
    bool addresses_stay;
};

static void build_run(const struct run *run, struct arena *arena, struct text_build *build)
{
    char *exact = malloc(run->length);

    assert_non_null(exact);
    memcpy(exact, run->text, run->length);
    text_build_init(build, arena, 8192);
    build->addresses_stay = run->addresses_stay;
    for (size_t i = 0; i < run->anchor_count; i++)
        text_build_anchor(build, "https://a.example/", 18, run->anchors[i], run->anchors[i] + 2);
    text_build_run(build, TEXT_AUTHOR, exact, run->length);
    assert_int_equal(build->error, 0);
    free(exact);
}

/* Holds two builds against each other. */
static bool same(const struct text_build *a, const struct text_build *b)
{
    if (a->count != b->count || a->link_count != b->link_count || a->budget != b->budget)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->segments[i].plain, b->segments[i].plain) != 0 ||
            strcmp(a->segments[i].folded, b->segments[i].folded) != 0)
            return false;
    for (size_t i = 0; i < a->link_count; i++)
        if (strcmp(a->links[i].url, b->links[i].url) != 0 ||
            a->links[i].segment != b->links[i].segment)
            return false;
    return true;
}

static void check_tabs(const struct run *spaced)
{
    struct arena *arena = arena_new(0);
    struct run tabbed = *spaced;
    struct text_build a, b;

    for (size_t i = 0; i < tabbed.length; i++)
        if (tabbed.text[i] == ' ')
            tabbed.text[i] = '\t';
    build_run(spaced, arena, &a);
    build_run(&tabbed, arena, &b);
    if (!same(&a, &b))
        fail_msg("\"%.*s\" with %zu anchors, the first at %zu", (int)spaced->length, spaced->text,
            spaced->anchor_count, spaced->anchors[0]);
    text_build_free(&a);
    text_build_free(&b);
    arena_free(&arena);
}

static const char *const pieces[] = {"a", "h", "H", " ", " ", "  ", "\n", ".", "!", " h", "ab cd",
    "1. ", "https://b.example/x", "(https://b.example/)", "\u00E9", "\u00A0", "\u00A9", "\u2003",
    "\u2026", "\u3000", "\u3002", "\u30D1", "\u061F", "\u06D4", "\uFF01", "\uFFFD", "\u0E01",
    "\U0001F600", "&"};

static uint32_t seed = 1;

static uint32_t any(size_t below)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

static void test_spaces_and_tabs(void **state)
{
    (void)state;
    for (int round = 0; round < 40000; round++) {
        struct run run = {.addresses_stay = any(4) == 0};
        size_t at = 0;

        for (size_t count = 1 + any(16); count > 0; count--) {
            const char *piece = pieces[any(sizeof(pieces) / sizeof(pieces[0]))];

            if (any(12) == 0 && run.anchor_count < ANCHORS)
                run.anchors[run.anchor_count++] = at;
            memcpy(run.text + at, piece, strlen(piece));
            at += strlen(piece);
        }
        run.length = at;
        check_tabs(&run);
    }
}

/* One octet at every place among words, and an anchor at every place. */
static void test_every_place(void **state)
{
    static const char octets[] = "ah .!?\n\t\001\177";

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(octets); i++)
        for (size_t at = 0; at < 24; at++)
            for (size_t anchor = 0; anchor < 24; anchor++) {
                struct run run = {.length = 24, .anchor_count = 1};

                memcpy(run.text, "Ab cd. Hef gh ij! Kl mno", 24);
                run.text[at] = octets[i];
                run.anchors[0] = anchor;
                check_tabs(&run);
            }
}

static const struct {
    const char *text;
    const char *segments; /* with '|' between them */
} sentences[] = {
    {"One two", "One two"},
    {"  One   two  ", "One two"},
    {"One. Two! Three? Four", "One.|Two!|Three?|Four"},
    {"One\ntwo", "One two"},
    {"One\001two\177three", "One two three"},
    {"\u30D1\n\u30D1", "\u30D1\u30D1"},
    {"\u30D1 \u30D1", "\u30D1 \u30D1"},
    {"a\u00A0b\u3000c\uFFFDd", "a b c d"},
    {"\u00A9 \u00E9\u2014\u3042", "\u00A9 \u00E9\u2014\u3042"},
    {"\u4E00\u3002\u4E00\uFF01\u4E00", "\u4E00\u3002|\u4E00\uFF01|\u4E00"},
    {"\u0627\u061F \u0627\u06D4 \u0627", "\u0627\u061F|\u0627\u06D4|\u0627"},
    {"See https://a.example/ here", "See here"},
    {"hhttps://a.example/", "hhttps://a.example/"},
    {"H", "H"},
};

static void test_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        struct arena *arena = arena_new(0);
        struct run run = {.length = strlen(sentences[i].text)};
        char joined[ROOM] = "";
        struct text_build build;

        memcpy(run.text, sentences[i].text, run.length);
        build_run(&run, arena, &build);
        for (size_t j = 0; j < build.count; j++) {
            strcat(joined, j == 0 ? "" : "|");
            strcat(joined, build.segments[j].plain);
        }
        assert_string_equal(joined, sentences[i].segments);
        text_build_free(&build);
        arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spaces_and_tabs),
        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
