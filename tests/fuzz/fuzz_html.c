/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * HTML in pieces of a size that the input chooses: no more text than the budget, and no more than
 * the HTML has.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "text_charset.h"
#include "text_html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    text_open();
    return 0;
}

/* Reads html, which is valid UTF-8, in pieces of about `piece` octets that end with characters. */
static void read_pieces(struct text_build *build, const struct buf *html, size_t piece)
{
    struct text_html_options options = {TEXT_AUTHOR, html->length % 2 == 0};
    struct text_html *reader = text_html_new(build, &options);
    const char *bytes = buf_text(html);
    bool cut = false;

    if (reader == NULL)
        abort();
    for (size_t at = 0; at < html->length;) {
        size_t length = html->length - at < piece ? html->length - at : piece;

        while (at + length < html->length && ((unsigned char)bytes[at + length] & 0xC0) == 0x80)
            length++;
        if (!text_html_feed(reader, bytes + at, length))
            break;
        at += length;
    }
    if (text_html_end(&reader, &cut) != 0)
        abort();
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
    struct text_build build;
    struct buf html;

    if (arena == NULL)
        abort();
    buf_init(&html, SIZE_MAX / 4);
    text_charset_convert("utf-8", (const char *)data, size, &html);
    text_build_init(&build, arena, budget);
    read_pieces(&build, &html, size > 0 && data[0] > 40 ? 1 + data[0] % 100u : SIZE_MAX / 2);
    check(&build, budget);
    text_build_free(&build);
    buf_free(&html);
    arena_free(&arena);
    return 0;
}
