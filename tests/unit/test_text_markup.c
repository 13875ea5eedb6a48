/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * HTML as events, whole and in pieces of every size: the events must be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text_entity.h"
#include "text_markup.h"

/* Events as text: "<a href=x>words</a>", an end tag for each start tag. */
struct record {
    struct buf out;
    char names[TEXT_MARKUP_DEPTH_MAX + 1][40];
    size_t depth;
    size_t deepest;
};

static void on_start(void *data, const struct text_tag *tag)
{
    static const char *const names[] = {
        "alt", "class", "hidden", "href", "id", "style", "type", "value"};
    struct record *record = data;

    assert_true(record->depth <= TEXT_MARKUP_DEPTH_MAX);
    snprintf(record->names[record->depth], sizeof(record->names[0]), "%s", tag->name);
    record->depth++;
    if (record->depth > record->deepest)
        record->deepest = record->depth;
    buf_printf(&record->out, "<%s", tag->name);
    for (size_t i = 0; i < TEXT_ATTRIBUTES; i++)
        if (tag->values[i] != NULL)
            buf_printf(&record->out, " %s=%s", names[i], tag->values[i]);
    buf_putc(&record->out, '>');
}

static void on_end(void *data)
{
    struct record *record = data;

    assert_true(record->depth > 0);
    record->depth--;
    buf_printf(&record->out, "</%s>", record->names[record->depth]);
}

static void on_text(void *data, const char *text, size_t length)
{
    struct record *record = data;

    assert_true(length > 0);
    buf_add(&record->out, text, length);
}

/* Each piece stands in a block of its exact size. */
static void feed(struct text_markup *markup, const char *html, size_t length, size_t piece)
{
    for (size_t at = 0; at < length;) {
        size_t size = length - at < piece ? length - at : piece;
        char *block;

        while (at + size < length && ((unsigned char)html[at + size] & 0xC0) == 0x80)
            size++;
        block = malloc(size);
        assert_non_null(block);
        memcpy(block, html + at, size);
        text_markup_feed(markup, block, size);
        free(block);
        at += size;
    }
}

static void read_pieces(struct record *record, const char *html, size_t length, size_t piece)
{
    static const struct text_markup_events events = {on_start, on_end, on_text};
    struct text_markup *markup = malloc(sizeof(*markup));

    assert_non_null(markup);
    memset(record, 0, sizeof(*record));
    buf_init(&record->out, SIZE_MAX / 4);
    text_markup_init(markup, &events, record);
    feed(markup, html, length, piece);
    assert_int_equal(text_markup_end(markup), 0);
    free(markup);
}

struct markup_case {
    const char *name;
    const char *html;
    const char *events;
};

static const struct markup_case cases[] = {
    {"plain text", "one two", "one two"},
    {"nested", "<div><b>x</b> y</div>", "<div><b>x</b> y</div>"},
    {"upper case", "<DIV>x</Div>", "<div>x</div>"},
    {"attributes that are looked at", "<td CLASS=a width=3 id='b c' hidden style=\"x:y\">z</td>",
        "<td class=a hidden= id=b c style=x:y>z</td>"},
    {"the first of two alike counts", "<a href=x href=y>z</a>", "<a href=x>z</a>"},
    {"no blank between attributes", "<a href=\"x\"id=\"y\">z</a>", "<a href=x id=y>z</a>"},
    {"'>' in a value", "<img alt=\"a > b\">", "<img alt=a > b></img>"},
    {"the other mark in a value", "<img alt='\"'>", "<img alt=\"></img>"},
    {"slash in an unquoted value", "<a href=http://x/y/>z</a>", "<a href=http://x/y/>z</a>"},
    {"entities", "&lt;b&gt; &amp;amp; &eacute;&#233;&#xe9;", "<b> &amp; \u00e9\u00e9\u00e9"},
    {"entity in a value", "<a href=\"?a=1&amp;b=2&c=3\">x</a>", "<a href=?a=1&b=2&c=3>x</a>"},
    {"a number without its ';'", "&#65 &#65B", "A AB"},
    {"numbers of Windows-1252", "it&#146;s &#150;", "it\u2019s \u2013"},
    {"no entities", "a & b &; &# &#x &nosuch; &amp", "a & b &; &# &#x &nosuch; &amp"},
    {"what is no character", "a&#0;&#55296;&#99999999;b", "ab"},
    {"no tags", "a < b <3 <", "a < b <3 <"},
    {"comment", "a<!-- <b>x</b> - -- > -->b", "ab"},
    {"short comments", "a<!-->b<!--->c<!---->d", "abcd"},
    {"comment without an end", "a<!-- b <i>", "a"},
    {"conditional comments", "<!--[if mso]><p>x</p><![endif]-->y<![if !mso]>z<![endif]>", "yz"},
    {"declarations", "<!DOCTYPE html><?xml version=\"1.0\"?>x</>y", "xy"},
    {"empty elements", "a<br>b<br/>c<img>d<hr />", "a<br></br>b<br></br>c<img></img>d<hr></hr>"},
    {"closed by itself", "<div/>x", "<div></div>x"},
    {"style is no markup", "<style>a>b{}<!-- </b> --></style>x",
        "<style>a>b{}<!-- </b> --></style>x"},
    {"script without an end", "<script>if (a<b) </scr", "<script>if (a<b) </scr</script>"},
    {"cells end by themselves", "<table><tr><td>a<td>b<tr><td>c</table>d",
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>d"},
    {"items and paragraphs", "<ul><li>a<li>b</ul><p>c<p>d<div>e</div>",
        "<ul><li>a</li><li>b</li></ul><p>c</p><p>d</p><div>e</div>"},
    {"an end ends what is inside", "<div><b><i>x</div>y", "<div><b><i>x</i></b></div>y"},
    {"an end that nothing began", "a</b></p></div>b", "ab"},
    {"no cell ends across a table", "<td><table><tr></td>x</table></td>y",
        "<td><table><tr>x</tr></table></td>y"},
    {"borders of the document", "<html><head><title>t</title></head><body class=x>y</body></html>z",
        "<title>t</title>y<hr></hr><hr></hr>z"},
    {"unknown elements", "<o:p>a</o:p><foo@example.com>b",
        "<o:p>a</o:p><foo@example.com>b</foo@example.com>"},
    {"a tag without an end", "a<b class=\"x", "a"},
    {"beyond ASCII", "\u3053<b>\u3093</b>\U0001F600", "\u3053<b>\u3093</b>\U0001F600"},
};

static void same_in_every_piece(void **state)
{
    (void)state;
    text_element_open();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t length = strlen(cases[i].html);

        for (size_t piece = length + 1; piece > 0; piece--) {
            struct record *record = malloc(sizeof(*record));

            assert_non_null(record);
            read_pieces(record, cases[i].html, length, piece);
            if (strcmp(buf_text(&record->out), cases[i].events) != 0)
                print_message("%s, in pieces of %zu\n", cases[i].name, piece);
            assert_string_equal(buf_text(&record->out), cases[i].events);
            assert_int_equal(record->depth, 0);
            buf_free(&record->out);
            free(record);
        }
    }
}

static char *repeat(const char *what, size_t times, const char *tail)
{
    size_t length = strlen(what);
    char *out = malloc(length * times + strlen(tail) + 1);

    assert_non_null(out);
    for (size_t i = 0; i < times; i++)
        memcpy(out + i * length, what, length);
    strcpy(out + times * length, tail);
    return out;
}

static void long_tags_are_closed(void **state)
{
    struct record *record = malloc(sizeof(*record));
    char *inside = repeat("b", TEXT_MARKUP_TAG_MAX + 5000, ">y");
    char *html = malloc(strlen(inside) + 64);

    (void)state;
    assert_non_null(record);
    assert_non_null(html);
    for (size_t piece = 1; piece < 60000; piece *= 7) {
        sprintf(html, "x<td id=z %s", inside);
        read_pieces(record, html, strlen(html), piece);
        assert_string_equal(buf_text(&record->out), "x<td id=z>y</td>");
        buf_free(&record->out);
    }
    free(html);
    free(inside);
    free(record);
}

static void depth_is_bounded(void **state)
{
    struct record *record = malloc(sizeof(*record));
    char *html = repeat("<div>", 3 * TEXT_MARKUP_DEPTH_MAX, "x");

    (void)state;
    assert_non_null(record);
    read_pieces(record, html, strlen(html), 1000);
    /* one more than there may be is told, then nothing */
    assert_int_equal(record->deepest, TEXT_MARKUP_DEPTH_MAX + 1);
    assert_null(strchr(buf_text(&record->out), 'x'));
    buf_free(&record->out);
    free(html);
    free(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_in_every_piece),
        cmocka_unit_test(long_tags_are_closed),
        cmocka_unit_test(depth_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
