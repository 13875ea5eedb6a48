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

#include "date.h"
#include "err.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef int (*parser)(const char *text, size_t length, int64_t *out);

/* Parses from a heap block of exactly the text's size. */
static int parse_exact(parser parse, const char *text, size_t length, int64_t *out)
{
    char *exact = malloc(length > 0 ? length : 1);
    int rc;

    assert_non_null(exact);
    memcpy(exact, text, length);
    rc = parse(exact, length, out);
    free(exact);
    return rc;
}

static void check_bad(parser parse, const char *const *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t when = 77;
        int rc = parse_exact(parse, cases[i], strlen(cases[i]), &when);

        if (rc != ERR_SYNTAX || when != 77)
            fail_msg("\"%s\": %d, %lld", cases[i], rc, (long long)when);
    }
}

/* Every beginning of a date, and the date with one octet more, is none. */
static void check_cuts(parser parse, const char *text)
{
    char more[100];
    int64_t when;

    for (size_t length = 0; length < strlen(text); length++)
        if (parse_exact(parse, text, length, &when) != ERR_SYNTAX)
            fail_msg("\"%.*s\" is taken", (int)length, text);
    assert_true(strlen(text) + 1 < sizeof(more));
    memcpy(more, text, strlen(text) + 1);
    for (int c = 0; c < 256; c++) {
        more[strlen(text)] = (char)c;
        if (c != ' ' && c != '\t' && parse_exact(parse, more, strlen(text) + 1, &when) == 0)
            fail_msg("octet %d behind \"%s\" is taken", c, text);
    }
}

static const struct {
    const char *name, *text;
    int64_t when;
} good_rfc3339[] = {
    {"epoch", "1970-01-01T00:00:00Z", 0},
    {"before the epoch", "1969-12-31T23:59:59Z", -1},
    {"beyond 32 bits", "2038-01-19T03:14:08Z", INT64_C(2147483648)},
    {"year 1", "0001-01-01T00:00:00Z", INT64_C(-62135596800)},
    {"year 1 far east", "0001-01-01T00:00:00+23:59", INT64_C(-62135683140)},
    {"year 9999", "9999-12-31T23:59:59Z", INT64_C(253402300799)},
    {"year 9999 far west", "9999-12-31T23:59:59-23:59", INT64_C(253402387139)},
    {"today", "2014-06-09T10:20:30Z", INT64_C(1402309230)},
    {"small letters", "2014-06-09t10:20:30z", INT64_C(1402309230)},
    {"east", "2014-06-09T19:20:30+09:00", INT64_C(1402309230)},
    {"west", "2014-06-09T02:20:30-08:00", INT64_C(1402309230)},
    {"half hour", "2014-06-09T15:50:30+05:30", INT64_C(1402309230)},
    {"unknown local offset", "2014-06-09T10:20:30-00:00", INT64_C(1402309230)},
    {"zero offset", "2014-06-09T10:20:30+00:00", INT64_C(1402309230)},
    {"leap second", "2016-12-31T23:59:60Z", INT64_C(1483228800)},
    {"leap second in the west", "1990-12-31T15:59:60-08:00", INT64_C(662688000)},
    {"leap day", "2012-02-29T00:00:00Z", INT64_C(1330473600)},
    {"leap day of a fourth century", "2000-02-29T00:00:00Z", INT64_C(951782400)},
    {"day after it", "2000-03-01T00:00:00Z", INT64_C(951868800)},
    {"last of April", "2015-04-30T00:00:00Z", INT64_C(1430352000)},
};

static const char *const bad_rfc3339[] = {
    "",
    "2",
    "2014-06-09",
    "2014-06-09T10:20:30",
    "2014-06-09T10:20Z",
    "2014-06-09 10:20:30Z",
    "2014-06-09T10:20:30.5Z",
    "2014-06-09T10:20:30,5Z",
    "2014-06-09T10:20:30+0900",
    "2014-06-09T10:20:30+09",
    "2014-06-09T10:20:30+9:00",
    "2014-06-09T10:20:30+24:00",
    "2014-06-09T10:20:30+09:60",
    "2014-06-09T10:20:30+09:00 ",
    " 2014-06-09T10:20:30Z",
    "2014-06-09T10:20:30ZZ",
    "2014-06-09T10:20:30Z;C",
    "2014-13-01T00:00:00Z",
    "2014-00-01T00:00:00Z",
    "2014-01-00T00:00:00Z",
    "2014-01-32T00:00:00Z",
    "2013-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2012-02-30T00:00:00Z",
    "2014-04-31T00:00:00Z",
    "2014-06-09T24:00:00Z",
    "2014-06-09T10:60:00Z",
    "2014-06-09T10:20:61Z",
    "0000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
    "+2014-06-09T10:20:30Z",
    "10000-01-01T00:00:00Z",
    "14-06-09T10:20:30Z",
    "2014-6-9T10:20:30Z",
    "2014-06-09T1:20:30Z",
    "2014/06/09T10:20:30Z",
    "2014-06-09T10-20-30Z",
    "2014-06-09T10:20:30X",
    "2014-06-09T10:20:30GMT",
    "2014-W24-1T10:20:30Z",
    "20140609T102030Z",
    "2014-06-0\xd9\xa9T10:20:30Z",
    "2014-06-09T10:20: 3Z",
    "Mon, 9 Jun 2014 10:20:30 +0000",
};

static const char pst[] = "2012-11-05T06:41:00Z";
static const char fold[] = "2013-08-20T00:43:21Z";

/* The same point in time by RFC 3339, which is tested by numbers above. */
static const struct {
    const char *name, *text, *same;
} good_rfc5322[] = {
    {"weekday and offset", "Sun, 4 Nov 2012 22:41:00 -0800", pst},
    {"leading space", " Sun, 4 Nov 2012 22:41:00 -0800", pst},
    {"without weekday", "4 Nov 2012 22:41:00 -0800", pst},
    {"without seconds", "Sun, 4 Nov 2012 22:41 -0800", pst},
    {"without both", "4 Nov 2012 22:41 -0800", pst},
    {"two-digit day", "Sun, 04 Nov 2012 22:41:00 -0800", pst},
    {"small letters", "sun, 4 nov 2012 22:41:00 -0800", pst},
    {"capitals", "SUN, 4 NOV 2012 22:41:00 -0800", pst},
    {"trailing comment", "Sun, 4 Nov 2012 22:41:00 -0800 (PST)", pst},
    {"nested comments", "Sun, 4 Nov 2012 22:41:00 -0800 (a (b (c)) d)", pst},
    {"escapes in a comment", "Sun, 4 Nov 2012 22:41:00 -0800 (a \\\\ b \\( c \\) )", pst},
    {"UTF-8 in a comment", "Sun, 4 Nov 2012 22:41:00 -0800 (\xe6\x9c\x88)", pst},
    {"comments everywhere", "(a)Sun(b),(c)4(d)Nov(e)2012(f)22(g):(h)41(i):(j)00(k) -0800(l)", pst},
    {"trailing spaces", "Sun, 4 Nov 2012 22:41:00 -0800  \t", pst},
    {"folded inside the date", "Tue, 20 Aug\n 2013 00:43:21 +0000", fold},
    {"folded with CRLF", "Tue, 20 Aug 2013\r\n\t00:43:21 +0000", fold},
    {"folded before the zone", "Tue, 20 Aug 2013 00:43:21\n +0000", fold},
    {"folded in a comment", "Tue, 20 Aug 2013 00:43:21 +0000 (a\n b)", fold},
    {"two folds", "Tue,\n \n 20 Aug 2013 00:43:21 +0000", fold},
    {"fold at the end", "Tue, 20 Aug 2013 00:43:21 +0000\n ", fold},
    {"many spaces", "Sun ,   4   Nov   2012   22 : 41 : 00   -0800", pst},
    {"no space behind the comma", "Sun,4 Nov 2012 22:41:00 -0800", pst},
    {"no space at the month", "4Nov2012 22:41:00 -0800", pst},
    {"GMT", "5 Nov 2012 06:41:00 GMT", pst},
    {"UT", "5 Nov 2012 06:41:00 UT", pst},
    {"UTC", "5 Nov 2012 06:41:00 UTC", pst},
    {"zone behind the seconds at once", "5 Nov 2012 06:41:00GMT", pst},
    {"EST", "5 Nov 2012 01:41:00 EST", pst},
    {"EDT", "5 Nov 2012 02:41:00 EDT", pst},
    {"CST", "5 Nov 2012 00:41:00 CST", pst},
    {"CDT", "5 Nov 2012 01:41:00 CDT", pst},
    {"MST", "4 Nov 2012 23:41:00 MST", pst},
    {"MDT", "5 Nov 2012 00:41:00 MDT", pst},
    {"PST", "4 Nov 2012 22:41:00 PST", pst},
    {"PDT in small letters", "4 Nov 2012 23:41:00 pdt", pst},
    {"military zone", "5 Nov 2012 06:41:00 A", pst},
    {"Z", "5 Nov 2012 06:41:00 Z", pst},
    {"zone that nobody knows", "5 Nov 2012 06:41:00 XYZ", pst},
    {"two-digit year of this century", "5 Nov 12 06:41:00 GMT", pst},
    {"two-digit year 49", "1 Jan 49 00:00:00 GMT", "2049-01-01T00:00:00Z"},
    {"two-digit year 50", "1 Jan 50 00:00:00 GMT", "1950-01-01T00:00:00Z"},
    {"two-digit year 99", "Fri, 31 Dec 99 23:59:59 GMT", "1999-12-31T23:59:59Z"},
    {"three-digit year", "1 Jan 112 00:00:00 GMT", "2012-01-01T00:00:00Z"},
    {"three-digit year 000", "1 Jan 000 00:00:00 GMT", "1900-01-01T00:00:00Z"},
    {"zeros before the year", "5 Nov 0002012 06:41:00 GMT", pst},
    {"year 1900", "Mon, 1 Jan 1900 00:00:00 +0000", "1900-01-01T00:00:00Z"},
    {"year 9999", "Fri, 31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59Z"},
    {"leap second", "Sat, 31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00Z"},
    {"leap day", "Wed, 29 Feb 2012 00:00:00 +0000", "2012-02-29T00:00:00Z"},
    {"no offset known", "Mon, 5 Nov 2012 06:41:00 -0000", pst},
    {"sample of RFC 7293", "Sat, 1 Jun 2013 09:23:01 -0700", "2013-06-01T16:23:01Z"},
};

static const char *const bad_rfc5322[] = {
    "",
    "   ",
    "(a)",
    "Sun, 4 Nov 2012 22:41:00",
    "Sun, 4 Nov 2012 22:41:00-0800",
    "Sun, 4 Nov 2012 22:41:00 -0860",
    "Sun, 4 Nov 2012 22:41:00 -08:00",
    "Sun, 4 Nov 2012 22:41:00 -08000",
    "Sun, 4 Nov 2012 22:41:00 (c)-0800",
    "Sun, 4 Nov 2012 22:41:00 0800",
    "Sun, 4 Nov 2012 22:41:00 J",
    "Sun, 4 Nov 2012 22:41:00 ABCDEF",
    "Sun, 4 Nov 2012 22:41:00 -0800 x",
    "Sun, 4 Nov 2012 22:41:00 -0800;",
    "Sun, 4 Nov 2012 22:41:00 GMT+1",
    "Sun, 4 Nov 2012 22:41:00 -0800 (",
    "Sun, 4 Nov 2012 22:41:00 -0800 (a (b)",
    "Sun, 4 Nov 2012 22:41:00 -0800 (a\\",
    "Sun, 4 Nov 2012 22:41:00 -0800 )",
    "Mon, 4 Nov 2012 22:41:00 -0800",
    "Sunday, 4 Nov 2012 22:41:00 -0800",
    "Son, 4 Nov 2012 22:41:00 -0800",
    "Sun 4 Nov 2012 22:41:00 -0800",
    ", 4 Nov 2012 22:41:00 -0800",
    "Sun,, 4 Nov 2012 22:41:00 -0800",
    "Sun, 4 November 2012 22:41:00 -0800",
    "Sun, 4 No 2012 22:41:00 -0800",
    "Sun, 4 11 2012 22:41:00 -0800",
    "Sun, 4-Nov-2012 22:41:00 -0800",
    "Sun, 004 Nov 2012 22:41:00 -0800",
    "0 Nov 2012 22:41:00 -0800",
    "31 Nov 2012 22:41:00 -0800",
    "30 Feb 2012 22:41:00 -0800",
    "29 Feb 2013 22:41:00 -0800",
    "29 Feb 1900 22:41:00 -0800",
    "32 Jan 2012 22:41:00 -0800",
    "4 Nov 2012 24:00:00 -0800",
    "4 Nov 2012 22:60:00 -0800",
    "4 Nov 2012 22:41:61 -0800",
    "4 Nov 2012 2:41:00 -0800",
    "4 Nov 2012 22:4:00 -0800",
    "4 Nov 2012 22:41:0 -0800",
    "4 Nov 2012 22:41:00.0 -0800",
    "4 Nov 2 22:41:00 -0800",
    "4 Nov 1899 22:41:00 -0800",
    "4 Nov 0099 22:41:00 -0800",
    "4 Nov 1000000000 22:41:00 -0800",
    "4 Nov 99999999999999999999 22:41:00 -0800",
    "Sun, 4 Nov 2012\n22:41:00 -0800",
    "Sun, 4 Nov 2012\r 22:41:00 -0800",
    "Sun, 4 Nov 2012 22:41:00 -0800\n",
    "Sun, 4 Nov 2012 22:41:00 -0800 (a\nb)",
    "2012-11-04T22:41:00Z",
    "4 Nov 2012 07:00 -05:00",
    "Nov 4 2012 22:41:00 -0800",
    "Sun, 4 Nov 2012 10:41:00 PM -0800",
    "Sun, 4 Nov 2012 22:41:00 \"PST\"",
};

static void reads_rfc3339(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good_rfc3339); i++) {
        const char *text = good_rfc3339[i].text;
        int64_t when = 77;

        if (parse_exact(date_parse_rfc3339, text, strlen(text), &when) != 0 ||
            when != good_rfc3339[i].when)
            fail_msg("%s: %lld", good_rfc3339[i].name, (long long)when);
    }
    check_bad(date_parse_rfc3339, bad_rfc3339, COUNT(bad_rfc3339));
    check_cuts(date_parse_rfc3339, "2014-06-09T10:20:30+09:00");
}

static void reads_rfc5322(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good_rfc5322); i++) {
        const char *text = good_rfc5322[i].text, *same = good_rfc5322[i].same;
        int64_t when = 77, want = 0;

        assert_int_equal(date_parse_rfc3339(same, strlen(same), &want), 0);
        if (parse_exact(date_parse_rfc5322, text, strlen(text), &when) != 0 || when != want)
            fail_msg("%s: %lld", good_rfc5322[i].name, (long long)when);
    }
    check_bad(date_parse_rfc5322, bad_rfc5322, COUNT(bad_rfc5322));
    check_cuts(date_parse_rfc5322, "Sun, 4 Nov 2012 22:41:00 -0800");
}

/* What RFC 3339 cannot write. */
static void reads_far_years_and_wide_zones(void **state)
{
    static const char far[] = "1 Jan 999999999 00:00:00 +0000";
    static const char next[] = "Sat, 1 Jan 10000 00:00:00 +0000";
    static const char wide[] = "1 Jan 1970 00:00:00 +9959";
    int64_t when;

    (void)state;
    assert_int_equal(date_parse_rfc5322(far, sizeof(far) - 1, &when), 0);
    assert_true(when == INT64_C(31556889801244800));
    assert_int_equal(date_parse_rfc5322(next, sizeof(next) - 1, &when), 0);
    assert_true(when == INT64_C(253402300800));
    assert_int_equal(date_parse_rfc5322(wide, sizeof(wide) - 1, &when), 0);
    assert_true(when == -(99 * 3600 + 59 * 60));
}

static void refuses_nul(void **state)
{
    static const char in_date[] = "Sun, 4 Nov 2012 22:41:00\0 -0800";
    static const char in_comment[] = "Sun, 4 Nov 2012 22:41:00 -0800 (\0)";
    static const char behind[] = "2014-06-09T10:20:30Z";
    int64_t when;

    (void)state;
    assert_int_equal(
        parse_exact(date_parse_rfc5322, in_date, sizeof(in_date) - 1, &when), ERR_SYNTAX);
    assert_int_equal(
        parse_exact(date_parse_rfc5322, in_comment, sizeof(in_comment) - 1, &when), ERR_SYNTAX);
    assert_int_equal(parse_exact(date_parse_rfc3339, behind, sizeof(behind), &when), ERR_SYNTAX);
}

/* Comments may be nested as deep as a header field is long. */
static void deep_comments_need_no_stack(void **state)
{
    static const char date[] = "Sun, 4 Nov 2012 22:41:00 -0800 ";
    const size_t depth = 1000000, start = sizeof(date) - 1;
    char *text = malloc(start + 2 * depth);
    int64_t when = 0;

    (void)state;
    assert_non_null(text);
    memcpy(text, date, start);
    memset(text + start, '(', depth);
    memset(text + start + depth, ')', depth);
    assert_int_equal(date_parse_rfc5322(text, start + 2 * depth, &when), 0);
    assert_int_equal(date_parse_rfc5322(text, start + 2 * depth - 1, &when), ERR_SYNTAX);
    free(text);
}

static void weekday_must_be_the_days_own(void **state)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

    (void)state;
    /* 2024-01-01 was a Monday */
    for (int date = 1; date <= 31; date++)
        for (int day = 0; day < 7; day++) {
            char text[64];
            int64_t when;
            int length =
                snprintf(text, sizeof(text), "%s, %d Jan 2024 00:00:00 +0000", days[day], date);

            assert_int_equal(date_parse_rfc5322(text, (size_t)length, &when),
                (date - 1) % 7 == day ? 0 : ERR_SYNTAX);
        }
}

static void reads_settings(void **state)
{
    static const struct {
        const char *text, *same;
    } cases[] = {
        {"2019-10-05", "2019-10-05T23:59:59Z"},
        {"2012-02-29", "2012-02-29T23:59:59Z"},
        {"0001-01-01", "0001-01-01T23:59:59Z"},
        {"9999-12-31", "9999-12-31T23:59:59Z"},
        {"2019-10-05T00:00:00Z", "2019-10-05T00:00:00Z"},
        {"2019-10-05T09:00:00+09:00", "2019-10-05T00:00:00Z"},
    };
    static const char *const bad[] = {"", "2019", "2019-10", "2019-10-5", "2019-10-32",
        "2013-02-29", "2019-10-05 ", "2019-10-05T", "2019-10-05T00:00Z", "2019-10-05Z",
        "0000-01-01", "5 Oct 2019", "20191005", "2019-10-05T00:00:00"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t when = 0, want = 1;

        assert_int_equal(date_parse_setting(cases[i].text, &when), 0);
        assert_int_equal(date_parse_rfc3339(cases[i].same, strlen(cases[i].same), &want), 0);
        if (when != want)
            fail_msg("%s: %lld", cases[i].text, (long long)when);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t when = 0;

        if (date_parse_setting(bad[i], &when) != ERR_SYNTAX)
            fail_msg("\"%s\" is taken", bad[i]);
    }
}

static void writes_what_it_reads(void **state)
{
    char text[DATE_TEXT_SIZE];
    int64_t first = 0, last = 0, back;

    (void)state;
    assert_int_equal(date_parse_setting("0001-01-01T00:00:00Z", &first), 0);
    assert_int_equal(date_parse_setting("9999-12-31T23:59:59Z", &last), 0);
    /* a step of odd length, so that every month, hour and second is met */
    for (int64_t when = first; when <= last; when += INT64_C(8000003)) {
        date_format(when, text);
        assert_int_equal(strlen(text), DATE_TEXT_SIZE - 1);
        assert_int_equal(date_parse_setting(text, &back), 0);
        assert_true(back == when);
    }
}

static void writes_the_edges(void **state)
{
    static const struct {
        int64_t when;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {INT64_C(-62135596800), "0001-01-01T00:00:00Z"},
        {INT64_C(-62135596801), ""},
        {INT64_C(253402300799), "9999-12-31T23:59:59Z"},
        {INT64_C(253402300800), ""},
        {INT64_C(951782400), "2000-02-29T00:00:00Z"},
        {INT64_C(951868800), "2000-03-01T00:00:00Z"},
        {DATE_NONE, ""},
        {INT64_MIN + 1, ""},
        {INT64_MAX, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[DATE_TEXT_SIZE];

        date_format(cases[i].when, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rfc3339),
        cmocka_unit_test(reads_rfc5322),
        cmocka_unit_test(reads_far_years_and_wide_zones),
        cmocka_unit_test(refuses_nul),
        cmocka_unit_test(deep_comments_need_no_stack),
        cmocka_unit_test(weekday_must_be_the_days_own),
        cmocka_unit_test(reads_settings),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(writes_the_edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
