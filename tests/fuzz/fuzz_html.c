/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * HTML, handed over in pieces of a size that the input chooses, reads the same as in one piece.
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

static void compare(const struct text_build *a, const struct text_build *b)
{
    if (a->count != b->count || a->link_count != b->link_count)
        abort();
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->segments[i].plain, b->segments[i].plain) != 0 ||
            a->segments[i].origin != b->segments[i].origin)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct text_build whole;
    struct text_build pieces;
    struct buf html;

    if (arena == NULL)
        abort();
    buf_init(&html, SIZE_MAX / 4);
    text_charset_convert("utf-8", (const char *)data, size, &html);
    text_build_init(&whole, arena, 65536);
    text_build_init(&pieces, arena, 65536);
    read_pieces(&whole, &html, SIZE_MAX / 2);
    read_pieces(&pieces, &html, size > 0 ? 1 + data[0] % 40u : 1);
    compare(&whole, &pieces);
    text_build_free(&whole);
    text_build_free(&pieces);
    buf_free(&html);
    arena_free(&arena);
    return 0;
}
