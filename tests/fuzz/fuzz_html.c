/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * HTML in pieces of a size that the input chooses: no more text than the budget, and no more than
 * the HTML has; and the same text with and without what says nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../html_readings.h"
#include "text.h"
#include "text_charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    text_open();
    return 0;
}

static void check(const struct text_build *build, size_t budget)
{
    size_t octets = 0;

    for (size_t i = 0; i < build->count; i++) {
        octets += strlen(build->segments[i].plain);
        if (build->segments[i].plain[0] == '\0' || build->segments[i].length == 0)
            abort();
    }
    for (size_t i = 0; i < build->link_count; i++)
        if (build->count > 0 && build->links[i].segment >= build->count)
            abort();
    if (octets > budget)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    size_t budget = size % 3 == 0 ? 64 : 65536;
    size_t piece = size > 0 && data[0] > 40 ? 1 + data[0] % 100u : SIZE_MAX / 2;
    struct text_html_options options = {.conversation = size % 2 == 0, .origin = TEXT_AUTHOR};
    struct html_text text;
    struct buf html;

    if (arena == NULL)
        abort();
    buf_init(&html, SIZE_MAX / 4);
    text_charset_convert("utf-8", (const char *)data, size, &html);
    text_build_init(&text.build, arena, budget);
    if (!html_text_read(&text, &options, buf_text(&html), html.length, piece))
        abort();
    check(&text.build, budget);
    if (!html_readings_agree(buf_text(&html), html.length, piece))
        abort();
    text_build_free(&text.build);
    buf_free(&html);
    arena_free(&arena);
    return 0;
}
