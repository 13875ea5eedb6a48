/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Which elements of HTML are left out before the parser reads it, which are not, and that nobody
 * can tell. In what is wanted '|' stands for the mark of a block, '~' for that of
 * a line's end; what was set aside stands in braces, or behind "<a=".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "html_fixture.h"
#include "text_flat.h"
#include "text_tags.h"

struct flat_case {
    const char *name;
    const char *html;
    const char *flat; /* NULL: no element is left out */
};

static void add_aside(struct text_tags *tags, struct buf *out)
{
    struct text_flat_piece piece = text_tags_take(tags);

    buf_add(out, piece.text, piece.length);
}

/* What reaches the parser, marks made readable; false if all elements do. */
static bool flatten(const char *html, struct buf *out)
{
    size_t length = strlen(html);
    char *copy = html_exact(html, length);
    struct text_tags tags;
    struct buf raw;

    buf_init(&raw, SIZE_MAX / 4);
    buf_init(out, SIZE_MAX / 4);
    text_tags_read(&tags, copy, length, TEXT_TAGS_FLAT, &raw);
    for (size_t i = 0; i < raw.length; i++) {
        if (tags.flat && strncmp(raw.bytes + i, "<a>", 3) == 0) {
            buf_puts(out, "<a=");
            add_aside(&tags, out);
            i++;
        } else if (raw.bytes[i] != TEXT_FLAT_MARK || raw.bytes[i + 1] < 'a') {
            buf_putc(out, raw.bytes[i]);
        } else if (raw.bytes[++i] == TEXT_FLAT_TEXT) {
            buf_putc(out, '{');
            add_aside(&tags, out);
            buf_putc(out, '}');
        } else {
            buf_putc(out, raw.bytes[i] == TEXT_FLAT_BLOCK ? '|' : '~');
        }
    }
    text_tags_free(&tags);
    buf_free(&raw);
    free(copy);
    return tags.flat;
}

static void check_cases(const struct flat_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out;
        bool flat = flatten(cases[i].html, &out);

        if (flat != (cases[i].flat != NULL))
            fail_msg("%s is%s flat", cases[i].name, flat ? "" : " not");
        if (flat && strcmp(buf_text(&out), cases[i].flat) != 0)
            fail_msg("%s gave\n%s\nnot\n%s", cases[i].name, buf_text(&out), cases[i].flat);
        buf_free(&out);
        html_check_sameness(cases[i].name, cases[i].html);
    }
}

#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_nested(void **state)
{
    static const struct flat_case cases[] = {
        {"a table", "<table>\n<tr> <td>a1</td>\n<TD width=1>b1 </TD ></tr></table>c1",
            "|a1|b1 |c1"},
        {"a page",
            "<html><head><meta charset=utf-8><title>a1</title></head><body bgcolor=red>"
            "<div>b1</div></body></html>",
            "<title>a1</title>|b1|"},
        {"words", "a1 <b>b1</b> <span style='color:red'>c<i>d</i>1</span> <x:y>e1</x:y>",
            "a1 b1 cd1 e1"},
        {"lines", "<p>a1<br>b1<BR/>c1</p><hr>d1<br>\n<div>e1</div>", "|a1~b1~c1|d1~|e1|"},
        {"white space between blocks", "<div>a1</div> \n <b> </b>\t<div>b1</div> c1", "|a1|b1| c1"},
        {"white space before a line",
            "<div>                                                  <b>a1</b><br>b1</div>",
            "|a1~b1|"},
        {"white space between words", "<b>a1</b> <i>b1</i>", "a1 b1"},
        {"pictures", "<img src=x><img alt='a1' src=y><div><input type=hidden></div>",
            "<img alt='a1'>|<input type=hidden>|"},
        {"nothing kept in scripts", "a1<script>b<c</script><style>d{}</style>e1<!-- <p> -->f1",
            "a1e1f1"},
        {"declarations", "<!DOCTYPE html><?xml version='1.0'?><div>a1<![endif]></div>",
            "<!DOCTYPE html><?xml version='1.0'?>|a1|"},
        {"an anchor", "<a name=x>a1</a><p>b1</p>", "a1|b1|"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void test_with_meaning(void **state)
{
    static const struct flat_case cases[] = {
        {"links", "<td><a href='mailto:a@example.com'><div><b>a1</b></div></a></td>",
            "|<a href='mailto:a@example.com'>|a1|</a>|"},
        {"hidden", "<div><span style='display:none'>x1<p>y1</p></span>a1</div>",
            "|<span style='display:none'>x1|y1|</span>a1|"},
        {"hidden around a table",
            "<div style='display:none'><table><tr><td>x1</td></tr></table></div>a1",
            "<div style='display:none'>|x1|</div>a1"},
        {"shown again",
            "<table style='font-size:0'><tr><td style='font-size:9px'>a1</td></tr></table>",
            "<table style='font-size:0'>|<td style='font-size:9px;'>a1</td>|</table>"},
        {"quoted", "a1<blockquote type=cite><div>b1</div></blockquote>c1",
            "a1<blockquote type=cite>|b1|</blockquote>c1"},
        {"a mark", "<div><div class=gmail_quote><p>b1</p></div></div>",
            "|<div class=gmail_quote>|b1|</div>|"},
        {"preformatted", "<div><pre>a1\n <b>b1</b>\n<div> c1</div></pre> d1</div>",
            "|<pre>a1\n <b>b1</b>\n<div> c1</div></pre> d1|"},
        {"a rule", "<style>.x{display:none}</style><div><p class=x>x1</p></div>",
            "<style>.x{display:none}</style>|<p class=x>x1</p>|"},
        {"a rule for others",
            "<style>.x,#z{display:none}</style><div class='y xx'><p id=x>a1</p></div><p class='y "
            "x'>x1</p>",
            "<style>.x,#z{display:none}</style>|a1|<p class='y x'>x1</p>"},
        {"rules in cells",
            "<style>.x{display:none}</style><td class=y><table><tr><td class=z>a1</td></tr></table>"
            "</td>",
            "<style>.x{display:none}</style>|a1|"},
        {"drawn", "<svg><g>x1</g></svg><p>a1</p>", "<svg>x1</svg>|a1|"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void test_not_nested(void **state)
{
    static const struct flat_case cases[] = {
        {"crossed", "<b><i>a1</b></i><p>b1</p>", NULL},
        {"never begun", "<div>a1</p>b1</div>", NULL},
        {"ended from outside", "<td><p>a1</td>b1", NULL},
        {"a paragraph in a paragraph", "<p>a1<p>b1", NULL},
        {"a block in a paragraph", "<p>a1<div>b1</div>c1</p>d1", NULL},
        {"a cell in a cell", "<td>a1<td>b1", NULL},
        {"a cell in a hidden span", "<span style='font-size:0'><td>a1</td></span>b1", NULL},
        {"a table in a link", "<a href='mailto:a@example.com'><table></table>a1</a>b1", NULL},
        {"a link in a link",
            "<a href='mailto:a@example.com'><div><a href='mailto:b@example.com'>b1</a></div>a1</a>",
            NULL},
        {"closed at once", "<div/>a1<p>b1</p>", NULL},
        {"the document's end in a paragraph", "<p>a1</body>b1</p>", NULL},
        {"the document's end in lines", "<pre>a1</html>b1</pre>", NULL},
        {"the document's beginning in a paragraph", "<p>a1<body>b1</p>", NULL},
        {"odd", "<div>a1<p @>b1</p></div>", NULL},
        {"odd inside", "<noscript><p>a1</p></noscript><p>b1</p>", NULL},
        {"a title with tags", "<title><b>a1</b></title><p>b1</p>", NULL},
        {"less than", "<p>a1 < b1</p>", NULL},
        {"a mark", "<p>a&#127;b1</p>", NULL},
        {"a mark in another writing", "<p>a&#x07F;b1</p>", NULL},
        {"a mark in a declaration", "<!x &#127;b>a1<p>b1</p>", NULL},
        {"a mark in a link",
            "<b><a href='https://example.com/' id=x>a1</a></b><a href='&#127;0'>b1</a>", NULL},
        {"a mark in another writing in a link",
            "<a href='https://example.com/'>a1</a><a href=&#x07f>b1</a>", NULL},
        {"a document type with attributes", "<!DOCTYPE a\" b=\"c>d1</html>e1<p>f1</p>", NULL},
        {"quotation marks of two kinds", "<!DOCTYPE a PUBLIC 'b\">c1</html>d1'e1>f1", NULL},
        {"a script in a comment", "<script><!-- '</script>'</script><p>c1</p>", NULL},
    };

    (void)state;
    CHECK_CASES(cases);
}

/* Text that is longer, and where links lead, is not passed through the parser. */
static void test_aside(void **state)
{
    static const struct flat_case cases[] = {
        {"words", "<p>word one</p><b>word &amp; two</b>", "|{word one}|word &amp; two"},
        {"a link", "<a href=http://example.com/ target=x>word one</a>",
            "<a=http://example.com/>{word one}</a>"},
        {"a link with more", "<a href=http://example.com/ class=gmail_quote>word one</a>",
            "<a href=\x7f"
            "0 class=gmail_quote>{word one}</a>"},
        {"an anchor in a link",
            "<a href=http://example.com/>word one<x:y><a name=x>b</a></x:y></a>", NULL},
        {"a link that is drawn",
            "<svg><a href=http://example.com/>word one</a></svg><p>word two</p>",
            "<svg><a=http://example.com/>{word one}</a></svg>|{word two}|"},
        {"an anchor in lines", "<pre><a x=y>word one</a></pre><p>word two</p>",
            "<pre><a=>word one</a></pre>|{word two}|"},
        {"hidden", "<b hidden>word one</b><a href=http://example.com/></a><p>word two</p>",
            "<b hidden>{word one}</b><a=http://example.com/></a>|{word two}|"},
        {"a character that is none", "<p>word \xef\xbf\xbe one</p>", "|word \xef\xbf\xbe one|"},
        {"behind an open reference", "a&am<b>p;word one</b>", "a&am{p;word one}"},
        {"in a title", "<title>word one</title><p>word two</p>",
            "<title>{word one}</title>|{word two}|"},
    };

    (void)state;
    CHECK_CASES(cases);
}

/* What is cut off in the middle, as large mails are. */
static void test_unfinished(void **state)
{
    static const struct flat_case cases[] = {
        {"open elements", "<table><tr><td>a1", "|a1"},
        {"a block in a link", "<a href='mailto:a@example.com'><div>a1",
            "<a href='mailto:a@example.com'>|a1|"},
        {"a start tag", "<div>a1</div><a href='mailto:b", "|a1|<a href='mailto:b"},
        {"a start tag that ends a link", "<a href='mailto:a@example.com'><div><table width=", NULL},
        {"a start tag in a link's block", "<a href><div>r<img alt=r", NULL},
        {"an end tag", "<div>a1</di", "|a1</di"},
        {"an end tag without a name", "<a href='mailto:a@example.com'><div>a1</`b1", NULL},
        {"less than", "<a href='mailto:a@example.com'><div>a1<_b1", NULL},
        {"a comment", "<div>a1<!-- b1", "|a1<!-- b1"},
        {"a comment with a tag", "<div>a1<!-- b1<p>", NULL},
        {"a style", "<div>a1<style>.x{display:none}", NULL},
        {"a declaration", "<div>a1<!x ", NULL},
    };

    (void)state;
    CHECK_CASES(cases);
}

/* What is left out must not make one reference of two texts. */
static void test_references(void **state)
{
    static const struct flat_case cases[] = {
        {"a name", "a&am<b>p;b</b>", "a&am<!---->p;b"},
        {"a number", "a&#6<i></i>5;b", "a&#6<!---->5;b"},
        {"a mark", "a&#12<i></i>7;b", "a&#12<!---->7;b"},
        {"not in a title", "<title>a&b</title>c<p>d</p>", "<title>a&b</title>c|d|"},
        {"nothing at the end", "a<b>&", "a"},
        {"nothing that is seen", "a<b>&<![if x]><![if y]>", "a"},
        {"one after another", "i&<i>&<i>", "i&<!---->&<!---->"},
        {"a comment at the end", "a<b>&<!-- c --><![if y]>", "a&<!---->"},
        {"whole", "<p>a&amp;b1</p>", "|a&amp;b1|"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void test_depth(void **state)
{
    struct buf html;
    struct buf out;

    (void)state;
    for (size_t depth = TEXT_FLAT_DEPTH_MAX; depth <= TEXT_FLAT_DEPTH_MAX + 1; depth++) {
        buf_init(&html, SIZE_MAX / 4);
        for (size_t i = 0; i < depth; i++)
            buf_puts(&html, "<div>");
        buf_puts(&html, "a1");
        assert_true(flatten(buf_text(&html), &out) == (depth == TEXT_FLAT_DEPTH_MAX));
        assert_true(html_readings_agree(buf_text(&html), html.length, SIZE_MAX / 2));
        buf_free(&out);
        buf_free(&html);
    }
}

static size_t count_segments(const char *html, size_t budget, enum text_tags_extent extent)
{
    struct text_html_options options = {.origin = TEXT_AUTHOR, .extent = extent};
    struct arena *arena = arena_new(0);
    struct html_text text;
    size_t count;

    assert_non_null(arena);
    text_build_init(&text.build, arena, budget);
    assert_true(html_text_read(&text, &options, html, strlen(html), SIZE_MAX / 2));
    count = text.build.count;
    text_build_free(&text.build);
    arena_free(&arena);
    return count;
}

/* The budget ends anywhere: in the title, in a style's words, between blocks, in a link. */
static void test_budget(void **state)
{
    static const char html[] =
        "<html><head><title>First words</title><style>.x{font-size:0}</style></head><body>"
        "<table><tr><td>Second words</td></tr></table><p>Third<br>Fourth</p>"
        "<a href='https://example.com/'><b>Fifth words</b></a><div>Sixth</div></body></html>";

    (void)state;
    for (size_t budget = 1; budget < 80; budget++)
        assert_int_equal(count_segments(html, budget, TEXT_TAGS_FLAT),
            count_segments(html, budget, TEXT_TAGS_WHOLE));
    assert_int_equal(count_segments(html, 80, TEXT_TAGS_FLAT), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_with_meaning),
        cmocka_unit_test(test_not_nested),
        cmocka_unit_test(test_aside),
        cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_budget),
    };

    return cmocka_run_group_tests(tests, html_set_up, html_tear_down);
}
