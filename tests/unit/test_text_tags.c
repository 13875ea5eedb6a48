/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What of HTML is left out before the parser reads it, what is not, and that nobody can tell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "html_fixture.h"
#include "text_tags.h"

struct tags_case {
    const char *name;
    const char *html;
    const char *reduced; /* NULL: all of it */
};

static struct buf reduce(const char *html, size_t length)
{
    struct text_tags tags;
    struct buf out;
    char *copy = html_exact(html, length);

    buf_init(&out, SIZE_MAX / 4);
    text_tags_read(&tags, copy, length, TEXT_TAGS_REDUCED, &out);
    text_tags_free(&tags);
    free(copy);
    return out;
}

static void check_cases(const struct tags_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *wanted = cases[i].reduced != NULL ? cases[i].reduced : cases[i].html;
        struct buf out = reduce(cases[i].html, strlen(cases[i].html));

        if (strcmp(buf_text(&out), wanted) != 0)
            fail_msg("%s gave\n%s\nnot\n%s", cases[i].name, buf_text(&out), wanted);
        buf_free(&out);
        html_check_sameness(cases[i].name, cases[i].html);
    }
}

#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_attributes(void **state)
{
    static const struct tags_case cases[] = {
        {"needless", "<td width=\"100%\" align=left valign='top' nowrap>a1</TD>", "<td>a1</TD>"},
        {"none", "<td>a1</TD ><br/><br />", "<td>a1</TD ><br /><br />"},
        {"alt", "<img src=x alt=\"a1\" width=1><IMG alt='' src=x><img src=\"y\"/><p alt=x>",
            "<img alt=\"a1\"><p>"},
        {"buttons", "<input type=submit name=x value=\"b1\"><li value=3>",
            "<input type=submit value=\"b1\"><li>"},
        {"without content", "<meta charset=x><link rel=y href=z><base href=x>a1", "a1"},
        {"hidden", "<p title=x hidden>a1</p>b1", "<p hidden>a1</p>b1"},
        {"marks", "<div class=gmail_quote dir=ltr>a1</div><p class=MsoNormal_and_so>b1",
            "<div class=gmail_quote>a1</div><p>b1"},
        {"line feeds", "<td\n\twidth = 1\r\nstyle\n=\n\"display:none\"\n>x1</td>",
            "<td style\n=\n\"display:none\">x1</td>"},
        {"no blank between", "<td width=\"1\"hidden>x1", "<td hidden>x1"},
        {"twice the same", "<p style='color:red' style='display:none' x=y>a1", NULL},
        {"odd names", "<p @x=1 width=2>a1<p w.x=1>b1", NULL},
        {"odd values", "<p x=a\"b>a1<p width='>b1'>c1", NULL},
        {"a tag that goes on", "<h=\" a=\"><d width=\"\">e1", NULL},
        {"no end", "<p>a1<td width=1", NULL},
        {"control characters", "<p width=1>a1\x01<p style='dis\x02play:none'>b1", NULL},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void test_styles(void **state)
{
    static const struct tags_case cases[] = {
        {"nothing to show", "<p style=\"font-size:14px;display:block;color:red\">a1", "<p>a1"},
        {"hides", "<p style=\"color:red;display:none\">x1</p><p style='font-size:1px'>b1",
            "<p style=\"color:red;display:none\">x1</p><p>b1"},
        {"shows again",
            "<p style='font-size:0'>x1<b style='color:red; FONT-SIZE : 9px;margin:0'>b1",
            "<p style='font-size:0'>x1<b style=' FONT-SIZE : 9px;'>b1"},
        {"shows again, without marks",
            "<p style=visibility:hidden>x1<b style=visibility:visible>b1", NULL},
        {"references", "<p style='font-size&#58;0'>x1<b style='font-size:9px'>b1",
            "<p style='font-size&#58;0'>x1<b style='font-size:9px;'>b1"},
        {"a tag that is odd", "<p @ style='font-size:0'>x1<b style='font-size:9px;'>b1", NULL},
        {"a rule that hides",
            "<style>.a,#b{display:none}</style><p class=a>x1<p id=b>y1<p class=a "
            "style='display:block;top:0'>b1",
            "<style>.a,#b{display:none}</style><p class=a>x1<p id=b>y1<p class=a "
            "style='display:block;'>b1"},
        {"rules that hide nothing", "<style media=all>.a{color:red}</style><p class=a id=b>a1",
            "<style></style><p>a1"},
        {"in a comment", "<style><!-- p{} .a{display:none} --></style><p class=a>x1", NULL},
        {"an odd style", "<style\xc3\xaa>.a{display:none}</style><p class=a width=1>x1", NULL},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void test_links(void **state)
{
    static const struct tags_case cases[] = {
        {"set aside",
            "<a href=\"https://example.com/a?b=c&d=e\" target=x>a1</a><a "
            "HREF=http://example.com/>b1</a>",
            "<a href=\x7f"
            "0>a1</a><a href=\x7f"
            "1>b1</a>"},
        {"not as it stands",
            "<a href='https://example.com/?a=b&amp;c'>a1</a><a href='https://example.com/?a&copy'>"
            "b1</a><a href=' https://x.example/'>d1",
            NULL},
        {"elsewhere", "<a href='mailto:a@example.com'>a1</a><area href='http://example.com/'>",
            "<a href='mailto:a@example.com'>a1</a><area>"},
        {"a reference that is none",
            "<a href=\x7f"
            "0>a1</a><a href='http://example.com/'>b1",
            NULL},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void test_words(void **state)
{
    static const struct tags_case cases[] = {
        {"words alone", "a1 <b>b1</b> <STRONG width=1>c1</strong><span></span>", "a1 b1 c1"},
        {"with tags inside", "<b x=1><i>b1</i></b><font>c1<br></font>",
            "<b>b1</b><font>c1<br></font>"},
        {"other ends", "<b>b1</i><b>c1</bdo></b><b>d1</b x><i />e1</i><i>f1", NULL},
        {"hidden words", "<span style='display:none'>b1</span>", NULL},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void test_white_space(void **state)
{
    static const struct tags_case cases[] = {
        {"before blocks", "<table>\n\t <tr>\n<TD> a1 </td>\n<td>\n</table> b1 <p>",
            "<table><tr><TD> a1 </td><td>\n</table> b1 <p>"},
        {"before others", "a1 <b>b1<br></b>\n<a>c1 </a>\t<tdx>d1\n<", NULL},
        {"before a name that goes on", "a1<br>\n<div.x>b1 <p:y>c1 <td-z>d1 <li_>e1 <h", NULL},
        {"in lines", "<pre>a1 \n<div> \n<p>b1</pre>", NULL},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void test_without_tags(void **state)
{
    static const struct tags_case cases[] = {
        {"comments", "a1<!-- <p width=1> --><!--[if mso]>x1<![endif]-->b1<!---->c1", "a1b1c1"},
        {"revealed", "<!--[if !mso]><!--><p>a1<!--<![endif]-->b1<![if !mso]>c1<![endif]>",
            "<p>a1b1c1"},
        {"comments that end in two ways", "a1<!--><p x=1>b1--><p x=1>c1", NULL},
        {"comments that end in three ways", "a1<!-- --!><p x=1>b1--><p x=1>c1", NULL},
        {"a comment that ends nowhere", "a1<!-- <p x=1>b1 </html>", NULL},
        {"scripts", "<script src=x>if (a<b) '<p width=1>'</script >c1<p width=1>d1",
            "<script></script >c1<p>d1"},
        {"a comment in a script", "<script><!-- '</script>'</script><p x=1>c1", NULL},
        {"a script that ends nowhere", "<script>a<b <p x=1>c1", NULL},
        {"an end tag in a style", "<style></body</style>a1<p x=1>", "<style></style>a1<p>"},
        {"a style that ends oddly", "<style>a</stylex><p x=1>c1</style>d1", NULL},
        {"a title", "<title x=1>a1 &amp; b1</title><p x=1>c1", "<title>a1 &amp; b1</title><p>c1"},
        {"tags in a title", "<title><b x=1>a1</b></title><p x=1>c1", NULL},
        {"a document type", "<!DOCTYPE html PUBLIC \"-//W3C//DTD\" 'x'><p x=1>a1",
            "<!DOCTYPE html PUBLIC \"-//W3C//DTD\" 'x'><p>a1"},
        {"ends of the document", "a1</body x></html>b1<p x=1>", "a1<hr><hr>b1<p>"},
    };

    (void)state;
    CHECK_CASES(cases);
}

/* A tag without end, or with attributes by the thousand, is closed. */
static void test_long_tags(void **state)
{
    static const char *const tags[] = {
        "<p ", "<p x=\"", "</p ", "<a href='http://", "<!-- ", "<!x "};

    (void)state;
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        struct buf html;
        struct buf out;

        buf_init(&html, SIZE_MAX / 4);
        buf_puts(&html, tags[i]);
        while (html.length < TEXT_TAGS_MAX * 3)
            buf_putc(&html, 'a');
        buf_puts(&html, "\"'>end");
        out = reduce(html.bytes, html.length);
        if (i != 4) /* of a comment the parser takes any length */
            assert_true(out.length < TEXT_TAGS_MAX + 16);
        assert_string_equal(buf_text(&out) + out.length - 3, "end");
        assert_true(html_readings_agree(html.bytes, html.length, SIZE_MAX / 2));
        buf_free(&out);
        buf_free(&html);
    }
}

static void test_pieces(void **state)
{
    static const char html[] =
        "<!DOCTYPE html><html><head><title>a</title><style>.x{display:none}</style></head><body>"
        "<!-- c --><p class=x>b</p><a "
        "href=\"https://example.com/\xc3\xa4\">\xe3\x83\x91</a></body>";

    (void)state;
    for (size_t piece = 1; piece < sizeof(html); piece++)
        assert_true(html_readings_agree(html, sizeof(html) - 1, piece));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_styles),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_white_space),
        cmocka_unit_test(test_without_tags),
        cmocka_unit_test(test_long_tags),
        cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, html_set_up, html_tear_down);
}
