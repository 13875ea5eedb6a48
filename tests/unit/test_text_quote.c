/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

/* The colon of a label may stand 40 octets from its start, and behind its last letter. */
static void knows_labels_by_their_colon(void **state)
{
    static const char *const colons[] = {":", "\uFF1A"};

    (void)state;
    for (size_t i = 0; i < sizeof(colons) / sizeof(colons[0]); i++)
        for (size_t before = 0; before <= 50; before++) {
            char text[64];
            char *exact;

            memset(text, 'a', sizeof(text));
            memcpy(text + before, colons[i], strlen(colons[i]));
            for (size_t length = before; length <= before + strlen(colons[i]); length++) {
                bool whole = length == before + strlen(colons[i]);

                exact = malloc(length > 0 ? length : 1);
                assert_non_null(exact);
                memcpy(exact, text, length);
                if (whole || length == before)
                    assert_int_equal(text_quote_is_label((struct text_quote_line){exact, length}),
                        whole && before > 0 && before <= 40);
                free(exact);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_heads),
        cmocka_unit_test(knows_labels_by_their_colon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
