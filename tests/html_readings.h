/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * HTML read three times: as it is read, with elements that text_flat would leave out, and with all
 * that text_tags would leave out for being needless. All must give the same segments and links.
 */
#ifndef GONEAWAY_TESTS_HTML_READINGS_H
#define GONEAWAY_TESTS_HTML_READINGS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text_build.h"
#include "text_html.h"

struct html_text {
    struct text_build build;
    bool cut;
};

/* Reads html, which is valid UTF-8, in pieces of about `piece` octets that end with characters.
 * False without memory. */
static bool html_text_read(struct html_text *text, const struct text_html_options *options,
    const char *html, size_t length, size_t piece)
{
    struct text_html *reader = text_html_new(&text->build, options);
    bool taken = reader != NULL;

    text->cut = false;
    for (size_t at = 0; taken && at < length;) {
        size_t part = length - at < piece ? length - at : piece;

        while (at + part < length && ((unsigned char)html[at + part] & 0xC0) == 0x80)
            part++;
        taken = text_html_feed(reader, html + at, part);
        at += part;
    }
    return reader != NULL && text_html_end(&reader, &text->cut) == 0 && taken;
}

static bool html_text_same(const struct text_build *a, const struct text_build *b)
{
    if (a->count != b->count || a->link_count != b->link_count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->segments[i].origin != b->segments[i].origin ||
            a->segments[i].block != b->segments[i].block ||
            strcmp(a->segments[i].plain, b->segments[i].plain) != 0)
            return false;
    for (size_t i = 0; i < a->link_count; i++)
        if (a->links[i].origin != b->links[i].origin ||
            a->links[i].segment != b->links[i].segment ||
            strcmp(a->links[i].url, b->links[i].url) != 0)
            return false;
    return true;
}

/* Whether html says the same as with no more left out than `extent` allows. Where one of them ends
 * early, it need not. */
static bool html_text_is(const struct html_text *text, const char *html, size_t length,
    struct text_html_options options, enum text_tags_extent extent)
{
    struct html_text other;
    bool same = false;

    options.extent = extent;
    text_build_init(&other.build, text->build.arena, length + 65536);
    if (html_text_read(&other, &options, html, length, SIZE_MAX / 2))
        same = text->cut || other.cut || html_text_same(&text->build, &other.build);
    text_build_free(&other.build);
    return same;
}

static bool html_readings_agree(const char *html, size_t length, size_t piece)
{
    struct text_html_options options = {.conversation = length % 2 == 0, .origin = TEXT_AUTHOR};
    struct arena *arena = arena_new(0);
    struct html_text text;
    bool same = false;

    if (arena == NULL)
        return false;
    text_build_init(&text.build, arena, length + 65536);
    if (html_text_read(&text, &options, html, length, piece))
        same = html_text_is(&text, html, length, options, TEXT_TAGS_REDUCED) &&
               html_text_is(&text, html, length, options, TEXT_TAGS_WHOLE);
    text_build_free(&text.build);
    arena_free(&arena);
    return same;
}

#endif
