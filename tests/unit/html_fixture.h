/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What the tests of text_tags and text_flat have in common. Include behind cmocka.h.
 */
#ifndef GONEAWAY_HTML_FIXTURE_H
#define GONEAWAY_HTML_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "../html_readings.h"
#include "text.h"

static int html_set_up(void **state)
{
    (void)state;
    text_open();
    return 0;
}

static int html_tear_down(void **state)
{
    (void)state;
    text_close();
    return 0;
}

/* In a block of exactly its size, so that ASan sees one octet too many. */
static char *html_exact(const char *html, size_t length)
{
    char *copy = malloc(length == 0 ? 1 : length);

    assert_non_null(copy);
    memcpy(copy, html, length);
    return copy;
}

/* The whole document, and all it may be cut to, says the same in all three readings. */
static void html_check_sameness(const char *name, const char *html)
{
    size_t length = strlen(html);

    for (size_t cut = 0; cut <= length; cut++) {
        char *copy = html_exact(html, cut);

        if (!html_readings_agree(copy, cut, SIZE_MAX / 2))
            fail_msg("%s, %zu octets of it, is not the same in all readings", name, cut);
        free(copy);
    }
}

#endif
