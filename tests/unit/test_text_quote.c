/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text_quote.h"

/* The head of a quoted mail is told from the lines of a notice that look like it. */
static void knows_heads(void **state)
{
    static const struct {
        const char *name, *lines[4];
        size_t count;
        bool conversation, head;
    } cases[] = {
        {"forward without marks",
            {"From: ann@example.com", "Sent: March 9, 4:22 PM", "To: Bob", "Subject: Loop"}, 4,
            false, true},
        {"the same cut short", {"From: ann@example.com", "Sent: March 9", "To: Bob"}, 3, false,
            false},
        {"cut short in an answer", {"From: ann@example.com", "Sent: March 9", "To: Bob"}, 3, true,
            true},
        {"sign-in notice",
            {"Device: Firefox", "Location: Sampleton", "Time: 9:00", "IP: 192.0.2.1"}, 4, false,
            false},
        {"no date", {"From: ann@example.com", "Sent: today", "To: Bob", "Subject: Loop"}, 4, false,
            false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text_quote_line lines[4];

        for (size_t j = 0; j < cases[i].count; j++)
            lines[j] = (struct text_quote_line){cases[i].lines[j], strlen(cases[i].lines[j])};
        if (text_quote_is_head(lines, cases[i].count, cases[i].conversation, false) !=
            cases[i].head)
            fail_msg("%s", cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_heads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
