/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "buf.h"
#include "err.h"
#include "json_read.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Reads from a heap block of exactly the text's size. */
static int read_exactly(struct arena *arena, const char *text, size_t length,
    struct json_read_value **out, struct json_read_mistake *mistake)
{
    char *exact = malloc(length > 0 ? length : 1);
    int r;

    assert_non_null(exact);
    memcpy(exact, text, length);
    r = json_read(arena, exact, length, out, mistake);
    free(exact);
    assert_true((r == 0) == (*out != NULL));
    assert_true((r == ERR_SYNTAX || r == ERR_LIMIT) == (mistake->why != NULL));
    return r;
}

/* The tree in a form of its own: N F T, #number, 'string', [ ], { name: }. */
static void tell(struct buf *buf, const struct json_read_value *value)
{
    static const char words[] = {'N', 'F', 'T'};
    bool object = value->type == JSON_READ_OBJECT;

    if (value->type <= JSON_READ_TRUE) {
        buf_putc(buf, words[value->type]);
    } else if (value->type == JSON_READ_NUMBER) {
        buf_printf(buf, "#%s", value->text);
    } else if (value->type == JSON_READ_STRING) {
        buf_printf(buf, "'%s'", value->text);
    } else {
        buf_putc(buf, object ? '{' : '[');
        for (const struct json_read_value *p = value->first; p != NULL; p = p->next) {
            assert_true((p->name != NULL) == object);
            buf_printf(buf, "%s%s%s", p == value->first ? "" : " ", object ? p->name : "",
                object ? ":" : "");
            tell(buf, p);
        }
        buf_putc(buf, object ? '}' : ']');
    }
}

static const struct {
    const char *text, *told;
} good[] = {
    {"null", "N"},
    {"true", "T"},
    {" \t\r\n false \n", "F"},
    {"0", "#0"},
    {"-0", "#-0"},
    {"12.50e-7", "#12.50e-7"},
    {"1E+2", "#1E+2"},
    {"\"\"", "''"},
    {"\"a b\"", "'a b'"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "'\"\\/\b\f\n\r\t'"},
    {"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "'A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'"},
    {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"", "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f'"},
    {"[]", "[]"},
    {"[ ]", "[]"},
    {"[1,[2 , [ ]],\n\"x\"]", "[#1 [#2 []] 'x']"},
    {"{}", "{}"},
    {"{ \"a\" : 1 , \"b\":{\"c\":[true,null]} }", "{a:#1 b:{c:[T N]}}"},
    {"{\"a\":1,\"a\":2}", "{a:#1 a:#2}"},
    {"{\"\":\"\"}", "{:''}"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct arena *arena = arena_new(0);
        struct json_read_mistake mistake;
        struct json_read_value *value;
        struct buf buf;

        buf_init(&buf, 10000);
        if (read_exactly(arena, good[i].text, strlen(good[i].text), &value, &mistake) != 0)
            fail_msg("%s: %s", good[i].text, mistake.why);
        tell(&buf, value);
        assert_string_equal(buf_text(&buf), good[i].told);
        buf_free(&buf);
        arena_free(&arena);
    }
}

/* Of each good text: every beginning of it, unless it is a whole by itself. */
static void test_truncated(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        bool number = strpbrk(good[i].text, "0123456789") == good[i].text;

        for (size_t length = 0; length < strlen(good[i].text); length++) {
            struct arena *arena = arena_new(0);
            struct json_read_mistake mistake;
            struct json_read_value *value;
            int r = read_exactly(arena, good[i].text, length, &value, &mistake);
            bool whole = strspn(good[i].text + length, " \n") == strlen(good[i].text + length);

            if (r == 0 && !whole && !number)
                fail_msg("%.*s", (int)length, good[i].text);
            arena_free(&arena);
        }
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *text;
        size_t length; /* 0: to the NUL */
        size_t line;
        const char *why;
    } cases[] = {
        {"", 0, 1, "this is no value"},
        {" \n ", 0, 2, "this is no value"},
        {"nul", 0, 1, "this is no value"},
        {"nulL", 0, 1, "this is no value"},
        {"True", 0, 1, "this is no value"},
        {"NaN", 0, 1, "this is no value"},
        {"-", 0, 1, "this is no value"},
        {"+1", 0, 1, "this is no value"},
        {".5", 0, 1, "this is no value"},
        {"1.", 0, 1, "this is no value"},
        {"1e", 0, 1, "this is no value"},
        {"1e+", 0, 1, "this is no value"},
        {"01", 0, 1, "something stands behind the end"},
        {"0x1", 0, 1, "something stands behind the end"},
        {"1 2", 0, 1, "something stands behind the end"},
        {"nullx", 0, 1, "something stands behind the end"},
        {"[1]]", 0, 1, "something stands behind the end"},
        {"{} // comment", 0, 1, "something stands behind the end"},
        {"\"a", 0, 1, "a string has no end"},
        {"\"a\\", 0, 1, "no such escape"},
        {"\"a\\\"", 0, 1, "a string has no end"},
        {"\"\\x\"", 0, 1, "no such escape"},
        {"\"\\'\"", 0, 1, "no such escape"},
        {"\"\\", 0, 1, "no such escape"},
        {"\"a\nb\"", 0, 1, "a string holds a control character"},
        {"\"a\tb\"", 0, 1, "a string holds a control character"},
        {"\"\\u12\"", 0, 1, "\\u needs four hexadecimal digits"},
        {"\"\\u12G4\"", 0, 1, "\\u needs four hexadecimal digits"},
        {"\"\\ud83d\\u12", 0, 1, "\\u needs four hexadecimal digits"},
        {"\"\\u0000\"", 0, 1, "\\u names no character that may stand here"},
        {"\"\\ud83d\"", 0, 1, "\\u names no character that may stand here"},
        {"\"\\ude00\"", 0, 1, "\\u names no character that may stand here"},
        {"\"\\ud83d\\u0041\"", 0, 1, "\\u names no character that may stand here"},
        {"\"\\ud83d\\n\"", 0, 1, "\\u names no character that may stand here"},
        {"'a'", 0, 1, "this is no value"},
        {"[1,\n2,\n]", 0, 3, "this is no value"},
        {"[1 2]", 0, 1, "',' or ']' must stand here"},
        {"[1}", 0, 1, "',' or ']' must stand here"},
        {"[", 0, 1, "this is no value"},
        {"{\"a\":1,}", 0, 1, "a string must stand here"},
        {"{a:1}", 0, 1, "a string must stand here"},
        {"{1:1}", 0, 1, "a string must stand here"},
        {"{\"a\" 1}", 0, 1, "':' must stand behind a name"},
        {"{\"a\"", 0, 1, "':' must stand behind a name"},
        {"{\"a\":}", 0, 1, "this is no value"},
        {"{\"a\":1", 0, 1, "',' or '}' must stand here"},
        {"{\"a\":1]", 0, 1, "',' or '}' must stand here"},
        {"\xef\xbb\xbf{}", 0, 1, "this is no value"},
        {"[1,\n\"\xff\"]", 0, 2, "this is no UTF-8 text"},
        {"\"\xc3\"", 0, 1, "this is no UTF-8 text"},
        {"\"\xed\xa0\x80\"", 0, 1, "this is no UTF-8 text"},
        {"\"a\0b\"", 5, 1, "this is no UTF-8 text"},
        {"[]\0", 3, 1, "this is no UTF-8 text"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct json_read_mistake mistake;
        struct json_read_value *value;
        size_t length = cases[i].length > 0 ? cases[i].length : strlen(cases[i].text);

        assert_int_equal(read_exactly(arena, cases[i].text, length, &value, &mistake), ERR_SYNTAX);
        if (strcmp(mistake.why, cases[i].why) != 0 || mistake.line != cases[i].line)
            fail_msg("%s: line %zu: %s", cases[i].text, mistake.line, mistake.why);
        arena_free(&arena);
    }
}

/* A text of count times `open`, then what stands in the middle, then count times `close`. */
static int read_repeated(const char *open, const char *middle, const char *close, size_t count)
{
    size_t room = count * (strlen(open) + strlen(close)) + strlen(middle) + 1;
    char *text = malloc(room), *to = text;
    struct arena *arena = arena_new(0);
    struct json_read_mistake mistake;
    struct json_read_value *value;
    int r;

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        to = stpcpy(to, open);
    to = stpcpy(to, middle);
    for (size_t i = 0; i < count; i++)
        to = stpcpy(to, close);
    r = read_exactly(arena, text, (size_t)(to - text), &value, &mistake);
    arena_free(&arena);
    free(text);
    return r;
}

static void test_bounds(void **state)
{
    struct json_read_mistake mistake;
    struct json_read_value *value;
    struct arena *arena = arena_new(0);
    char *large = calloc(1, JSON_READ_OCTETS_MAX + 1);

    (void)state;
    assert_int_equal(read_repeated("[", "", "]", JSON_READ_DEPTH_MAX), 0);
    assert_int_equal(read_repeated("[", "", "]", JSON_READ_DEPTH_MAX + 1), ERR_LIMIT);
    assert_int_equal(read_repeated("{\"a\":", "1", "}", JSON_READ_DEPTH_MAX - 1), 0);
    assert_int_equal(read_repeated("{\"a\":", "1", "}", JSON_READ_DEPTH_MAX), ERR_LIMIT);
    assert_int_equal(read_repeated("[", "", "", 1000000), ERR_LIMIT);
    /* an array and its elements */
    assert_int_equal(read_repeated("", "[0]", "", 0), 0);
    assert_non_null(large);
    large[0] = '[';
    for (size_t i = 0; i < JSON_READ_VALUES_MAX; i++)
        memcpy(large + 1 + 2 * i, "0,", 2);
    large[2 * JSON_READ_VALUES_MAX] = ']';
    assert_int_equal(
        json_read(arena, large, 2 * JSON_READ_VALUES_MAX + 1, &value, &mistake), ERR_LIMIT);
    assert_string_equal(mistake.why, "there are too many values");
    memset(large, ' ', JSON_READ_OCTETS_MAX + 1);
    large[0] = '1';
    assert_int_equal(json_read(arena, large, JSON_READ_OCTETS_MAX, &value, &mistake), 0);
    assert_int_equal(
        json_read(arena, large, JSON_READ_OCTETS_MAX + 1, &value, &mistake), ERR_LIMIT);
    free(large);
    arena_free(&arena);
}

static void test_members(void **state)
{
    static const char text[] = "{\"a\":\"one\",\"b\":2,\"c\":[\"x\",\"y\"],\"a\":\"two\",\"d\":{}}";
    struct arena *arena = arena_new(0);
    struct json_read_mistake mistake;
    struct json_read_value *value;

    (void)state;
    assert_int_equal(read_exactly(arena, text, strlen(text), &value, &mistake), 0);
    assert_string_equal(json_read_string(value, "a"), "one");
    assert_null(json_read_string(value, "b"));
    assert_null(json_read_string(value, "A"));
    assert_string_equal(json_read_member(value, "b")->text, "2");
    assert_string_equal(json_read_elements(value, "c")->next->text, "y");
    assert_null(json_read_elements(value, "a"));
    assert_null(json_read_elements(value, "d"));
    assert_null(json_read_member(json_read_member(value, "a"), "b"));
    assert_null(json_read_string(NULL, "a"));
    arena_free(&arena);
}

static void test_no_memory(void **state)
{
    static const char text[] = "{\"a\":[1,\"x\",{\"b\":null}]}";
    int r = ERR_NOMEM;

    (void)state;
    for (unsigned long nth = 1; r != 0; nth++) {
        struct arena *arena = arena_new(0);
        struct json_read_mistake mistake;
        struct json_read_value *value;

        arena_fail_at(nth);
        r = json_read(arena, text, strlen(text), &value, &mistake);
        arena_fail_at(0);
        assert_true(r == 0 || (r == ERR_NOMEM && value == NULL && mistake.why == NULL));
        assert_true(nth < 100);
        arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
