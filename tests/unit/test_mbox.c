/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "err.h"
#include "mbox.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAILS_MAX 10
#define F1 "From a@example.com Mon Mar 02 10:00:05 2020\n"
#define F2 "From b@example.com Tue Mar  3 10:00 2020\n"
#define H "Subject: x\n\n"
#define L(number) "Subject: x\nContent-Length: " number "\n\n"

/* A stream that comes in pieces, from memory of its own size. */
struct stream {
    const char *bytes;
    size_t length;
    size_t at;
    size_t piece;
    int fails; /* errno at the end, 0 for an end */
};

static ssize_t give(void *cookie, void *bytes, size_t room)
{
    struct stream *stream = cookie;
    size_t left = stream->length - stream->at;
    size_t count = left < stream->piece ? left : stream->piece;

    if (count == 0 && stream->fails != 0) {
        errno = stream->fails;
        return -1;
    }
    if (count > room)
        count = room;
    memcpy(bytes, stream->bytes + stream->at, count);
    stream->at += count;
    return (ssize_t)count;
}

struct taken {
    struct mbox_mail mails[MAILS_MAX];
    size_t count;
    int result;
};

static void take(const char *bytes, size_t length, size_t piece, size_t most, struct taken *out)
{
    char *exact = malloc(length > 0 ? length : 1);
    struct stream stream = {exact, length, 0, piece, 0};
    struct mbox *mbox;

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    memset(out, 0, sizeof(*out));
    assert_int_equal(mbox_open(give, &stream, most, &mbox), 0);
    while ((out->result = mbox_next(mbox, &out->mails[out->count])) == 1) {
        out->count++;
        assert_true(out->count < MAILS_MAX);
    }
    mbox_close(&mbox);
    assert_null(mbox);
    free(exact);
}

static void drop(struct taken *taken)
{
    for (size_t i = 0; i < taken->count; i++)
        free(taken->mails[i].bytes);
}

static const struct {
    const char *name;
    const char *text;
    const char *mails[4];
} splits[] = {
    {"nothing", "", {NULL}},
    {"one", F1 H "a\n", {H "a\n"}},
    {"two", F1 H "a\n\n" F2 H "b\n", {H "a\n", H "b\n"}},
    {"no empty line before", F1 H "a\n" F2 H "b\n", {H "a\n", H "b\n"}},
    {"no final newline", F1 H "a\n\n" F2 H "b", {H "a\n", H "b"}},
    {"ends in the From line", F1 H "a\n\n" F2, {H "a\n", ""}},
    {"ends in a From line that is cut", F1 H "a\n\nFrom b@example.com Tue Mar",
        {H "a\n\nFrom b@example.com Tue Mar"}},
    {"CRLF",
        "From a Mon Mar 02 10:00:05 2020\r\nA: b\r\n\r\na\r\n\r\nFrom b Tue Mar  3 10:00:00 "
        "2020\r\nA: c\r\n\r\nb\r\n",
        {"A: b\r\n\r\na\r\n", "A: c\r\n\r\nb\r\n"}},
    {"From in a body", F1 H "a\n\nFrom here on it rains.\n\n" F2 H "b\n",
        {H "a\n\nFrom here on it rains.\n", H "b\n"}},
    {"From with a date, no field behind, no empty line", F1 H "a\n" F2 "said he\n",
        {H "a\n" F2 "said he\n"}},
    {"From without a date, usual field behind", F1 H "a\n\nFrom bob\nReceived: x\n\nb\n",
        {H "a\n", "Received: x\n\nb\n"}},
    {"From without a date, other field behind", F1 H "a\n\nFrom bob\nwell: x\n\nb\n",
        {H "a\n\nFrom bob\nwell: x\n\nb\n"}},
    {"quoted", F1 H ">From b@example.com Tue Mar  3 10:00:00 2020\nA: b\n",
        {H ">From b@example.com Tue Mar  3 10:00:00 2020\nA: b\n"}},
    {"empty lines and a mark before the first", "\xef\xbb\xbf\n\r\n" F1 H "a\n", {H "a\n"}},
    {"a mail of nothing", F1 F2 H "b\n", {"", H "b\n"}},
    {"an empty header", F1 "\n" F2 H "b\n", {"", H "b\n"}},
    {"no mbox: one mail", H "a\n\n" F2 H "b\n", {H "a\n\n" F2 H "b\n"}},
    {"Content-Length", F1 L("58") "a\n\n" F2 H "b\n\n" F2 H "c\n",
        {L("58") "a\n\n" F2 H "b\n", H "c\n"}},
    {"Content-Length, no empty line between", F1 L("58") "a\n\n" F2 H "b\n" F2 H "c\n",
        {L("58") "a\n\n" F2 H "b\n", H "c\n"}},
    {"Content-Length up to the end", F1 L("58") "a\n\n" F2 H "b\n", {L("58") "a\n\n" F2 H "b\n"}},
    {"Content-Length of nothing", F1 L("0") "\n" F2 H "c\n", {L("0"), H "c\n"}},
    {"Content-Length that is too short", F1 L("57") "a\n\n" F2 H "b\n\n" F2 H "c\n",
        {L("57") "a\n", H "b\n", H "c\n"}},
    {"Content-Length into the next mail", F1 L("10") "a\n\n" F2 H "b\n", {L("10") "a\n", H "b\n"}},
    {"Content-Length beyond the end", F1 L("999") "a\n\n" F2 H "b\n", {L("999") "a\n", H "b\n"}},
    {"Content-Length beyond all bounds", F1 L("99999999999999999999999") "a\n\n" F2 H "b\n",
        {L("99999999999999999999999") "a\n", H "b\n"}},
    {"no number", F1 L("x") "a\n\n" F2 H "b\n", {L("x") "a\n", H "b\n"}},
    {"Content-Length in a body", F1 H "Content-Length: 44\n\n" F2 H "b\n",
        {H "Content-Length: 44\n", H "b\n"}},
    {"three", F1 H "a\n\n" F2 H "\n\n\n" F1 H "c", {H "a\n", H "\n\n", H "c"}},
};

static void test_mails_are_parted(void **state)
{
    static const size_t pieces[] = {1, 2, 3, 7, 64, 100000};

    (void)state;
    for (size_t i = 0; i < COUNT(splits); i++)
        for (size_t p = 0; p < COUNT(pieces); p++) {
            struct taken taken;

            take(splits[i].text, strlen(splits[i].text), pieces[p], 100000, &taken);
            if (taken.result != 0 || (taken.count < 4 && splits[i].mails[taken.count] != NULL))
                fail_msg("%s: %zu mails", splits[i].name, taken.count);
            for (size_t m = 0; m < taken.count; m++)
                if (splits[i].mails[m] == NULL ||
                    strcmp(taken.mails[m].bytes, splits[i].mails[m]) != 0)
                    fail_msg("%s: mail %zu is \"%s\"", splits[i].name, m, taken.mails[m].bytes);
            drop(&taken);
        }
}

/* Cut at every octet: never more than is there, the mails before the cut as they are. */
static void test_any_cut(void **state)
{
    static const char text[] = F1 H "a\n\nFrom here\n>From there\n\n" F2 H "b\n" F1 H "c\n\n" F2;

    (void)state;
    for (size_t length = 0; length < sizeof(text); length++) {
        struct taken taken;

        take(text, length, 5, 100000, &taken);
        assert_int_equal(taken.result, 0);
        for (size_t i = 0; i < taken.count; i++) {
            assert_true(taken.mails[i].end <= length);
            assert_int_equal(taken.mails[i].offset, i == 0 ? 0 : (long long)taken.mails[i - 1].end);
            assert_true(
                strncmp(text + taken.mails[i].offset, "From ",
                    length - taken.mails[i].offset < 5 ? length - taken.mails[i].offset : 5) == 0);
        }
        drop(&taken);
    }
}

/* The window's edge falls everywhere around a mark. */
static void test_marks_at_the_edge_of_the_window(void **state)
{
    const size_t window = (size_t)1 << 20;

    (void)state;
    for (size_t before = window - 1200; before < window + 40;
         before += before < window - 60 ? 97 : 1) {
        size_t length = before + strlen("\n\n" F2 H "b\n");
        char *text = malloc(length + 1);
        struct taken taken;

        assert_non_null(text);
        memset(text, 'x', before);
        memcpy(text, F1 H, strlen(F1 H));
        strcpy(text + before, "\n\n" F2 H "b\n");
        take(text, length, 65536, 2 * window, &taken);
        if (taken.count != 2)
            fail_msg("%zu mails where the mark stands at %zu", taken.count, before);
        assert_int_equal(taken.mails[0].length, before + 1 - strlen(F1));
        assert_string_equal(taken.mails[1].bytes, H "b\n");
        assert_int_equal(taken.mails[1].offset, before + 2);
        drop(&taken);
        free(text);
    }
}

static void test_long_mails_are_cut_and_the_next_is_whole(void **state)
{
    const size_t huge = (size_t)5 << 20;
    char *text = malloc(huge + 200);
    struct taken taken;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', huge);
    memcpy(text, F1 H, strlen(F1 H));
    strcpy(text + huge, "\n\n" F2 H "b\n");
    take(text, strlen(text), 1 << 16, 1000, &taken);
    assert_int_equal(taken.count, 2);
    assert_true(taken.mails[0].cut);
    assert_int_equal(taken.mails[0].length, 1000);
    assert_int_equal(taken.mails[0].end, huge + 2);
    assert_false(taken.mails[1].cut);
    assert_string_equal(taken.mails[1].bytes, H "b\n");
    drop(&taken);
    free(text);
}

static void test_NULs_stay(void **state)
{
    static const char text[] = F1 "A: b\0c\n\n\0\n\n" F2 H "b\n";
    struct taken taken;

    (void)state;
    take(text, sizeof(text) - 1, 4, 1000, &taken);
    assert_int_equal(taken.count, 2);
    assert_int_equal(taken.mails[0].length, sizeof("A: b\0c\n\n\0\n") - 1);
    assert_memory_equal(taken.mails[0].bytes, "A: b\0c\n\n\0\n", taken.mails[0].length);
    drop(&taken);
}

static void test_one_mail_where_the_caller_says_so(void **state)
{
    static const char text[] = F1 H "a\n\n" F2 H "b\n";
    struct stream stream = {text, sizeof(text) - 1, 0, 3, 0};
    struct mbox_mail mail;
    struct mbox *mbox;

    (void)state;
    assert_int_equal(mbox_open(give, &stream, 1000, &mbox), 0);
    mbox_single(mbox);
    assert_int_equal(mbox_next(mbox, &mail), 1);
    assert_string_equal(mail.bytes, text);
    assert_false(mail.boxed);
    free(mail.bytes);
    assert_int_equal(mbox_next(mbox, &mail), 0);
    mbox_close(&mbox);
}

static void test_a_failing_source_is_told(void **state)
{
    static const char text[] = F1 H "a\n";
    struct stream stream = {text, sizeof(text) - 1, 0, 3, EIO};
    struct mbox_mail mail;
    struct mbox *mbox;

    (void)state;
    assert_int_equal(mbox_open(give, &stream, 1000, &mbox), 0);
    assert_int_equal(mbox_next(mbox, &mail), ERR_SYSTEM);
    assert_int_equal(errno, EIO);
    assert_null(mail.bytes);
    mbox_close(&mbox);
    mbox_close(&mbox);
}

static void test_dates(void **state)
{
    static const struct {
        const char *line;
        const char *date; /* "" for none */
    } cases[] = {
        {"From a@b Mon Mar 02 10:00:05 2020\n", "2020-03-02T10:00:05Z"},
        {"From a@b Mon Mar  2 10:00:05 2020", "2020-03-02T10:00:05Z"},
        {"From a@b Mon Mar 2 10:00 2020\r\n", "2020-03-02T10:00:00Z"},
        {"From 1790@xxx Mon Mar 02 10:00:05 +0000 2020\n", "2020-03-02T10:00:05Z"},
        {"From a@b Mon Mar 02 10:00:05 2020 +0900\n", "2020-03-02T01:00:05Z"},
        {"From a@b Mon Mar 02 10:00:05 JST 2020\n", "2020-03-02T10:00:05Z"},
        {"From a@b Mon Mar 02 10:00:05 -0130 2020\n", "2020-03-02T11:30:05Z"},
        {"From \"a Mon b\"@c Mon Mar 02 10:00:05 2020 remote from x\n", "2020-03-02T10:00:05Z"},
        {"From - Mon Mar 02 10:00:05 2020\n", "2020-03-02T10:00:05Z"},
        {"From  Mon Mar 02 10:00:05 2020\n", "2020-03-02T10:00:05Z"},
        {"From a@b Mon Mar 02 24:00:05 2020\n", ""},
        {"From a@b Mon Mar 32 10:00:05 2020\n", ""},
        {"From a@b Mon Mar 02 10:00:05 1960\n", ""},
        {"From a@b Mon Mar 02 10:00:05\n", ""},
        {"From a@b Mon Foo 02 10:00:05 2020\n", ""},
        {"From a@b 2020-03-02 10:00:05\n", ""},
        {"From a@b\n", ""},
        {"From ", ""},
        {"From", ""},
        {"", ""},
        {"Date: Mon Mar 02 10:00:05 2020\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = strlen(cases[i].line);
        char *exact = malloc(length > 0 ? length : 1), text[DATE_TEXT_SIZE] = "";
        int64_t when = 0;

        assert_non_null(exact);
        memcpy(exact, cases[i].line, length);
        if (mbox_date(exact, length, &when) == 0)
            date_format(when, text);
        if (strcmp(text, cases[i].date) != 0)
            fail_msg("%s is \"%s\"", cases[i].line, text);
        for (size_t cut = 0; cut < length; cut++) /* any octet may be the last */
            (void)mbox_date(exact, cut, &when);
        free(exact);
    }
}

static void test_quotation_is_taken_off(void **state)
{
    static const struct {
        const char *before;
        const char *after;
    } cases[] = {
        {"", ""},
        {"A: b\n\nx\n", "A: b\n\nx\n"},
        {"A: b\n\n>From x\n", "A: b\n\nFrom x\n"},
        {"A: b\n\n>>From x\n>>>From y", "A: b\n\n>From x\n>>From y"},
        {"A: b\n\n> From x\n>Fromage\n>>\n>", "A: b\n\n> From x\n>Fromage\n>>\n>"},
        {"A: b\n>From x\nC: d\n\n>From", "A: b\nC: d\n\n>From"},
        {">From x\nA: b\n\n>From ", "A: b\n\nFrom "},
        {"A: b\r\n\r\n>From x\r\n", "A: b\r\n\r\nFrom x\r\n"},
        {"A: >From x\n\na >From x\n", "A: >From x\n\na >From x\n"},
        {">From x", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = strlen(cases[i].before);
        char *exact = malloc(length > 0 ? length : 1);

        assert_non_null(exact);
        memcpy(exact, cases[i].before, length);
        length = mbox_unquote(exact, length);
        if (length != strlen(cases[i].after) || memcmp(exact, cases[i].after, length) != 0)
            fail_msg("%s becomes %.*s", cases[i].before, (int)length, exact);
        free(exact);
    }
}

/* Quotation is looked for only where a line begins with its sign, wherever the window ends. */
static void test_quoted_mails_say_so(void **state)
{
    static const struct {
        const char *mail;
        bool signs;
    } cases[] = {
        {H "x\n>From y\n", true},
        {H ">From y\n", true},
        {">From y\n" H "x\n", true},
        {H "x\n>>From y", true},
        {H "> quoted\n", true},
        {H "a > b\n >From y\nx>\n", false},
        {"", false},
    };
    char box[200];
    struct taken taken;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t piece = 1; piece < 200; piece += piece < 20 ? 1 : 40) {
            int length = snprintf(box, sizeof(box), F1 "%s\n" F2 H "z\n", cases[i].mail);

            take(box, (size_t)length, piece, SIZE_MAX, &taken);
            assert_int_equal(taken.count, 2);
            if (taken.mails[0].signs != cases[i].signs || taken.mails[1].signs)
                fail_msg("%s in pieces of %zu", cases[i].mail, piece);
            drop(&taken);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mails_are_parted),
        cmocka_unit_test(test_any_cut),
        cmocka_unit_test(test_marks_at_the_edge_of_the_window),
        cmocka_unit_test(test_long_mails_are_cut_and_the_next_is_whole),
        cmocka_unit_test(test_NULs_stay),
        cmocka_unit_test(test_one_mail_where_the_caller_says_so),
        cmocka_unit_test(test_a_failing_source_is_told),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_quotation_is_taken_off),
        cmocka_unit_test(test_quoted_mails_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
