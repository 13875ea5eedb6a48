/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * HTML: what a reader sees, what is hidden from him, whose words it is, and where links lead.
 */
#include "text_cases.h"

#define HTML "Content-Type: text/html; charset=utf-8\n\n"

static void test_blocks(void **state)
{
    static const struct text_case cases[] = {
        {"inline elements", HTML "<p>Your <b>new</b> pass<i>word</i> is<span> set</span></p>",
            "A:Your new password is set\n"},
        {"paragraphs", HTML "<p>One<p>Two<div>Three</div>Four", "A:One\nA:Two\nA:Three\nA:Four\n"},
        {"headings and lists", HTML "<h1>Head</h1><ul><li>a1<li>b1</ul><dl><dt>c1<dd>d1</dl>",
            "A:Head\nA:a1\nA:b1\nA:c1\nA:d1\n"},
        {"cells", HTML "<table><tr><td>Total<td>3 EUR</td><th>x1</table>",
            "A:Total\nA:3 EUR\nA:x1\n"},
        {"line breaks", HTML "Ann<br>Main Street<br/>\nSometown",
            "A:Ann\nA:Main Street\nA:Sometown\n"},
        {"plain text with breaks",
            HTML "Somebody has asked us for a new password for your account and<br>\nso we send it."
                 "<br><br>Bye",
            "A:Somebody has asked us for a new password for your account and so we send "
            "it.\nA:Bye\n"},
        {"white space", HTML "<p>  a\n\t b&nbsp;&#160;\n c </p>\n\n<p> </p>", "A:a b c\n"},
        {"white space of the source makes no long line",
            HTML "<p>a1<p>                                                  <b>Ann</b><br>b1",
            "A:a1\nA:Ann\nA:b1\n"},
        {"source wrapped between kana", HTML "<p>パスワ\nード を</p>", "A:パスワード を\n"},
        {"entities", HTML "<p>Caf&eacute; &#x41;&#66; &amp;amp; &lt;b&gt; &unknown; &euro;",
            "A:Café AB &amp; <b> &unknown; €\n"},
        {"entity cut short", HTML "<p>a &am", "A:a &am\n"},
        {"soft hyphen and joiners stay one word", HTML "<p>pass&shy;word p&zwnj;w",
            "A:pass\u00ADword p\u200Cw\n"},
        {"pre", HTML "<pre>Dear Ann,\n\nYour code:\n<b>1234</b>\n> quoted\n> text</pre>after",
            "A:Dear Ann,\nA:Your code:\nA:1234\nQ:quoted\nQ:text\nA:after\n"},
        {"a sentence and another", HTML "<p>One. Two", "A:One.\nA:Two\n"},
        {"behind the end", HTML "<html><body>a1</body></html>b1</HTML ><html><body>c1</body>",
            "A:a1\nA:b1\nA:c1\n"},
        {"an end first of all", HTML "</div></p></html>a1", "A:a1\n"},
        {"two documents",
            HTML "<html><head><title>t1</title></head>a1</html>\n<!DOCTYPE html><html><head>"
                 "<title>t2</title><style>p{}</style></head><body>b1",
            "T:t1\nA:a1\nT:t2\nA:b1\n"},
        {"not HTML at all", HTML "just words", "A:just words\n"},
        {"empty", HTML "", ""},
        {"title", HTML "<html><head><title>A &amp; B</title></head><body>c1</body></html>",
            "T:A & B\nA:c1\n"},
        {"enriched", "Content-Type: text/enriched\n\n<bold>Hi</bold> there", "A:Hi there\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_no_text(void **state)
{
    static const struct text_case cases[] = {
        {"script and style",
            HTML "<style>p{a:b}</style><script>if (a<b) document.write('x1')</script>c1", "A:c1\n"},
        {"style in the body, cut short", HTML "a1<style>p { b", "A:a1\n"},
        {"comments", HTML "a1<!-- b1 --> c1<!-- <p>d1</p> -- > e1 -->", "A:a1 c1\n"},
        {"conditional comments",
            HTML "<!--[if mso]><p>old</p><![endif]-->a1<!--[if !mso]><!--> b1<!--<![endif]--> c1",
            "A:a1 b1 c1\n"},
        {"revealed conditional", HTML "<![if !mso]>a1<![endif]> b1", "A:a1 b1\n"},
        {"comment cut short", HTML "a1<!-- b1", "A:a1\n"},
        {"XML of an office", HTML "<xml><o:x>a1</o:x></xml><p>b1<o:p>&nbsp;</o:p>", "A:b1\n"},
        {"template, svg, iframe",
            HTML "<template>a1</template><svg><text>b1</text></svg><iframe>c1</iframe>d1",
            "A:d1\n"},
        {"quotes where none belong", HTML "<p class=it's title=\"a\"\">a1</p><b'>b1</b> don't",
            "A:a1\nA:b1 don't\n"},
        {"quotes around a tag's end", HTML "<p title = 'a > b' x=\"<c>\">a1", "A:a1\n"},
        {"tag cut short", HTML "a1<p class=\"b1", "A:a1\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_hidden(void **state)
{
    static const struct text_case cases[] = {
        {"preheader", HTML "<div style=\"display:none;max-height:0\">Pre</div><p>Seen",
            "H:Pre\nA:Seen\n"},
        {"upper case, important", HTML "<div STYLE='DISPLAY : NONE !IMPORTANT'>x1</div>b1",
            "H:x1\nA:b1\n"},
        {"visibility",
            HTML "<div style='visibility:hidden'>x1<b style='visibility:visible'>y1</b></div>",
            "A:y1\nH:x1\n"},
        {"font size",
            HTML "<div style='font-size:0px'>x1<span style='font-size:14px'>y1</span></div>",
            "A:y1\nH:x1\n"},
        {"font size, not nothing", HTML "<p style='font-size:0.8em'>x1", "A:x1\n"},
        {"opacity", HTML "<p style='opacity:0.0'>x1</p><p style='opacity:.5'>y1", "H:x1\nA:y1\n"},
        {"no height",
            HTML "<div style='height:0;overflow:hidden'>x1</div><div style='height:0'>y1</div>",
            "H:x1\nA:y1\n"},
        {"attribute", HTML "<p hidden>x1</p>y1", "H:x1\nA:y1\n"},
        {"inside a word", HTML "<p>pass<span style='display:none'>xyz</span>word</p>",
            "A:password\nH:xyz\n"},
        {"nested", HTML "<div style='display:none'><div style='display:block'>x1</div></div>y1",
            "H:x1\nA:y1\n"},
        {"by class",
            HTML "<style>/* c */ .pre, td.x { display:none } @media print { .y { display:none } }"
                 ".z{color:red}</style><p class='a pre'>x1</p><p class=y>y1</p><p class=z>z1</p>",
            "H:x1\nA:y1\nA:z1\n"},
        {"by id",
            HTML "<style>@import url(a.css); #pre{visibility:hidden}</style><p id=pre>x1</p>y1",
            "H:x1\nA:y1\n"},
        {"class overruled",
            HTML "<style>.p{display:none}</style><p class=p style='display:block'>x1", "A:x1\n"},
        {"declarations cut short",
            HTML "<p style='display'>x1</p><p style='display:'>y1</p><p style=';:;'>z1",
            "A:x1\nA:y1\nA:z1\n"},
        {"pre", HTML "<div style='display:none'><pre>x1</pre></div>y1", "H:x1\nA:y1\n"},
        {"selectors that are none",
            HTML "<style>a b, >, .c d, . {display:none}</style><p class='c d b'>x1", "A:x1\n"},
        {"links nobody sees",
            HTML "<p style='display:none'><a href='https://example.com/'>x1</a></p>y1",
            "H:x1\nA:y1\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_links(void **state)
{
    static const struct text_case cases[] = {
        {"in a sentence",
            HTML
            "<p>Hello. Please <a href=\"https://example.com/a?b&amp;c=1\">click here</a> now. Bye",
            "A:Hello.\nA:Please click here now.\nA:Bye\nL1:https://example.com/a?b&c=1\n"},
        {"button",
            HTML "<p>Hi<table><td><a href='https://example.com/r'><b>Reset</b> it</a></table>",
            "A:Hi\nA:Reset it\nL1:https://example.com/r\n"},
        {"two",
            HTML "<a href='http://example.com/1'>One</a>. <a href='http://example.com/2'>Two</a>",
            "A:One.\nA:Two\nL0:http://example.com/1\nL1:http://example.com/2\n"},
        {"block inside", HTML "<a href='http://example.com/1'><div>One</div><div>Two</div></a>",
            "A:One\nA:Two\nL0:http://example.com/1\n"},
        {"picture", HTML "<p>Hi</p><a href='http://example.com/1'> <img alt='Shop now' src=x> </a>",
            "A:Hi\nT:Shop now\nL1:http://example.com/1\n"},
        {"picture without words",
            HTML "<p>Hi</p><a href='http://example.com/1'><img src=x></a><p>Bye",
            "A:Hi\nA:Bye\nL0:http://example.com/1\n"},
        {"nothing else", HTML "<a href='http://example.com/1'></a>",
            "T:\nL0:http://example.com/1\n"},
        {"its own address as words",
            HTML "<p>Open <a href='http://example.com/1'>http://example.com/1</a> now",
            "A:Open now\nL0:http://example.com/1\n"},
        {"address in the text", HTML "<p>Open http://example.com/1 now",
            "A:Open now\nL0:http://example.com/1\n"},
        {"addresses that lead nowhere",
            HTML
            "<a href='#top'>a1</a> <a href='javascript:x()'>b1</a> <a href=''>c1</a> <a>d1</a> "
            "<a href='cid:x'>e1</a>",
            "A:a1 b1 c1 d1 e1\n"},
        {"mailto", HTML "<a href='MAILTO:a@example.com'>a1</a>", "A:a1\nL0:MAILTO:a@example.com\n"},
        {"white space in it", HTML "<a href=' https://example.com/\n  x '>a1</a>",
            "A:a1\nL0:https://example.com/x\n"},
        {"not closed", HTML "<a href='http://example.com/1'>One <p>Two",
            "A:One\nA:Two\nL0:http://example.com/1\n"},
        {"in pre", HTML "<p>a1<pre>b1 <a href='http://example.com/1'>c1</a>\n</pre>",
            "A:a1\nA:b1 c1\nL1:http://example.com/1\n"},
        {"alt and buttons",
            HTML
            "<p>Hi <img alt='Logo of &quot;us&quot;'> there <input type=submit value='Send it'>"
            "<input type=text value='no'><img alt=''><map><area alt='Map'></map>",
            "A:Hi there\nT:Logo of \"us\"\nT:Send it\nT:Map\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_quotations(void **state)
{
    static const struct text_case cases[] = {
        {"blockquote", HTML "<p>Yes.</p><blockquote>Will you?</blockquote>Bo",
            "A:Yes.\nQ:Will you?\nA:Bo\n"},
        {"cite",
            HTML "Yes.<br>Ann &lt;ann@example.com&gt; wrote:<blockquote type=cite>Will "
                 "you?</blockquote>",
            "A:Yes.\nQ:Ann <ann@example.com> wrote:\nQ:Will you?\n"},
        {"cite, with a link",
            HTML
            "Yes.<br><a href='https://example.com/ann'>Ann</a>, 3 March:<blockquote type=cite>x1",
            "A:Yes.\nQ:Ann, 3 March:\nQ:x1\nL1:https://example.com/ann\n"},
        {"gmail",
            HTML "<div>Yes.</div><div class=gmail_quote><div class=gmail_attr>On 3 March Ann "
                 "wrote:</div>"
                 "<blockquote>Will you?</blockquote></div>",
            "A:Yes.\nQ:On 3 March Ann wrote:\nQ:Will you?\n"},
        {"thunderbird", HTML "<p>Yes.<div class=moz-cite-prefix>Ann:</div><blockquote type=cite>x1",
            "A:Yes.\nQ:Ann:\nQ:x1\n"},
        {"yahoo, with a prefix", HTML "<p>Yes.<div class='x_yahoo_quoted'>x1</div>",
            "A:Yes.\nQ:x1\n"},
        {"outlook on the web",
            HTML "<div>Yes.</div><hr><div id=divRplyFwdMsg><b>Von:</b> Ann</div><div>x1</div>",
            "A:Yes.\nQ:Von: Ann\nQ:x1\n"},
        {"outlook in an answer",
            "In-Reply-To: <1@example.com>\n" HTML
            "<p>Yes.<div><p><b>From:</b> Ann<br><b>Sent:</b> 3 March 2025"
            "<br><b>To:</b> Bo<br><b>Subject:</b> x</p></div><p>Will you?",
            "A:Yes.\nQ:From: Ann\nQ:Sent: 3 March 2025\nQ:To: Bo\nQ:Subject: x\nQ:Will you?\n"},
        {"data of a service",
            HTML "<p>Hi.<p>Account: Ann<br>Time: 3 March<br>Device: Phone<p>Not you?",
            "A:Hi.\nA:Account: Ann\nA:Time: 3 March\nA:Device: Phone\nA:Not you?\n"},
        {"a remark of somebody", HTML "<p>Ann commented:</p><blockquote>Nice.</blockquote>",
            "A:Ann commented:\nQ:Nice.\n"},
        {"signature", HTML "<p>Yes.<div class=gmail_signature>Ann, Example Ltd</div>",
            "A:Yes.\nQ:Ann, Example Ltd\n"},
        {"all of it is quoted",
            "Content-Type: message/rfc822\n\n" HTML
            "<title>t1</title><p style='display:none'>h1</p><p>a1<img alt=i1>",
            "Q:t1\nQ:h1\nQ:a1\nQ:i1\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_no_text),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_quotations),
    };

    return cmocka_run_group_tests(tests, text_group_setup, text_group_teardown);
}
