/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What texts look like: codes, sums of money, numbers, addresses; and tokens in links.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kind_fixture.h"
#include "kind_rules.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t shapes_of(const char *text)
{
    struct text_segment segment = {.origin = TEXT_AUTHOR, .plain = text, .folded = text};

    segment.length = strlen(text);
    return kind_shape_find(&segment, kind_fixture.rules);
}

static void shapes_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum kind_shape shape;
        bool there;
    } cases[] = {
        {"123456", SHAPE_LONE, true},
        {"123 456", SHAPE_LONE, true},
        {"4 7 1 1", SHAPE_LONE, true},
        {"AB12-CD34", SHAPE_LONE, true},
        {"G-123456", SHAPE_LONE, true},
        {"2024", SHAPE_LONE, false},
        {"123", SHAPE_LONE, false},
        {"123456789012", SHAPE_LONE, false},
        {"WELCOME", SHAPE_LONE, false},
        {"room 12", SHAPE_LONE, false},
        {"", SHAPE_LONE, false},
        {"your code is 739164.", SHAPE_CODE, true},
        {"code:739164", SHAPE_CODE, true},
        {"コード739164です", SHAPE_CODE, true},
        {"K7P2QX is it", SHAPE_CODE, true},
        {"on 2025-03-03 at 10:30", SHAPE_CODE, false},
        {"total $1234.50", SHAPE_CODE, false},
        {"call 12.34.56.78", SHAPE_CODE, false},
        {"since 1998", SHAPE_CODE, false},
        {"see https://x.example/123456", SHAPE_CODE, false},
        {"total $12.50", SHAPE_MONEY, true},
        {"12,50 \xe2\x82\xac", SHAPE_MONEY, true},
        {"3,280円", SHAPE_MONEY, true},
        {"eur 12", SHAPE_MONEY, true},
        {"neur 12", SHAPE_MONEY, false},
        {"12 friends", SHAPE_MONEY, false},
        {"12", SHAPE_MONEY, false},
        {"12 and 7 eur", SHAPE_MONEY, true},
        {"12 eurr", SHAPE_MONEY, false},
        {"see ab-1234 there", SHAPE_NUMBER, false},
        {"see AB-1234 there", SHAPE_NUMBER, true},
        {"AB-1234", SHAPE_NUMBER, true},
        {"one-AB-1", SHAPE_NUMBER, false},
        {"12 %", SHAPE_MONEY, false},
        {"order #1042", SHAPE_NUMBER, true},
        {"100-2231-7", SHAPE_NUMBER, true},
        {"0034043416123", SHAPE_NUMBER, true},
        {"in 12 days", SHAPE_NUMBER, false},
        {"from 192.0.2.44", SHAPE_IP, true},
        {"from 2001:db8::1:2:3", SHAPE_IP, true},
        {"version 1.2.3", SHAPE_IP, false},
        {"at 10:30:15", SHAPE_IP, false},
        {"https://x.example", SHAPE_LINK, true},
        {"who?", SHAPE_QUESTION, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        /* no octet behind the text may be read */
        char *exact = strdup(cases[i].text);
        uint64_t shapes = shapes_of(exact);

        free(exact);
        if ((shapes >> cases[i].shape & 1) != cases[i].there)
            fail_msg("\"%s\" and %s", cases[i].text, kind_shape_name(cases[i].shape));
    }
}

static void tokens_are_found_in_links(void **state)
{
    static const struct {
        const char *url;
        bool token;
    } cases[] = {
        {"https://x.example/r?t=Zk93bQx71LmPq0Rt5sVw", true},
        {"https://x.example/r/06b924e8ee90d5114b6283fe42708338", true},
        {"https://x.example/r/0b7f2c1e-9a4d-4c1b-8e5f-2d3c4b5a6f70", true},
        {"https://x.example/reset-your-password-now", false},
        {"https://x.example/2025/03/03/a-long-title-of-an-article-2", false},
        {"https://x.example/", false},
        {"https://x.example", false},
        {"https://Zk93bQx71LmPq0Rt5sVw.example/", false},
        {"", false},
        {"://", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (kind_shape_has_token(cases[i].url) != cases[i].token)
            fail_msg("%s", cases[i].url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_told_apart),
        cmocka_unit_test(tokens_are_found_in_links),
    };

    return cmocka_run_group_tests(tests, kind_fixture_load, kind_fixture_unload);
}
