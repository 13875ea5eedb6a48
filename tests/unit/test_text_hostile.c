/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Mails made to take time and memory, or to hide what they say. Each is read within the mail's
 * memory; those with loops that could take the square of their size are large enough that a test
 * run would not end.
 */
#include "text_cases.h"

#include <pthread.h>

#define MEBIBYTE ((size_t)1 << 20)

static struct text *read_buf(struct buf *buf, const struct text_limits *limits, struct mail **mail)
{
    assert_int_equal(buf_failed(buf), 0);
    *mail = text_mail(buf_text(buf), buf->length);
    buf_free(buf);
    return text_of(*mail, limits);
}

static struct text *read_usual(struct buf *buf, struct mail **mail)
{
    return read_buf(buf, &text_usual_limits, mail);
}

static struct buf start(const char *text)
{
    struct buf buf;

    buf_init(&buf, SIZE_MAX / 4);
    buf_puts(&buf, text);
    return buf;
}

/* Appends text until so many octets are there. */
static void fill(struct buf *buf, size_t size, const char *text)
{
    while (buf->length < size)
        buf_puts(buf, text);
}

static size_t octets(const struct text *text)
{
    size_t sum = 0;

    for (size_t i = 0; i < text->segment_count; i++)
        sum += strlen(text->segments[i].plain);
    return sum;
}

static void *read_deep(void *data)
{
    struct buf *buf = data;
    struct mail *mail;
    struct text *text = read_usual(buf, &mail);

    assert_true((text->cut & TEXT_CUT_DEPTH) != 0);
    assert_int_equal(text->segment_count, 0);
    mail_free(&mail);
    return NULL;
}

/* On a small stack: nothing may recurse with the input. */
static void on_small_stack(struct buf *buf)
{
    pthread_attr_t attributes;
    pthread_t thread;

    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &attributes, read_deep, buf), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

static void test_nested_multiparts(void **state)
{
    struct buf buf = start("");

    (void)state;
    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    buf_puts(&buf, "\nwords\n");
    on_small_stack(&buf);
}

static void test_nested_messages(void **state)
{
    struct buf buf = start("");

    (void)state;
    for (int i = 0; i < 1000; i++)
        buf_puts(&buf, "Content-Type: message/rfc822\n\n");
    buf_puts(&buf, "\nwords\n");
    on_small_stack(&buf);
}

/* Deeper than anybody reads, whatever the configuration says. */
static void test_depth_has_a_bound(void **state)
{
    static const struct text_limits limits = {65536, 100000, 100000};
    struct buf buf = start("");
    struct mail *mail;
    struct text *text;

    (void)state;
    for (int i = 0; i < 20000; i++)
        buf_printf(&buf, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    text = read_buf(&buf, &limits, &mail);
    assert_true((text->cut & TEXT_CUT_DEPTH) != 0);
    mail_free(&mail);
}

static void test_many_parts(void **state)
{
    struct buf buf = start("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n");
    struct mail *mail;
    struct text *text;

    (void)state;
    fill(&buf, MEBIBYTE, "--b\n\nx\n");
    text = read_usual(&buf, &mail);
    assert_int_equal(text->cut, TEXT_CUT_PARTS);
    assert_int_equal(text->segment_count, 99);
    assert_string_equal(text->segments[0].plain, "first");
    mail_free(&mail);
}

static void test_no_parts_allowed(void **state)
{
    static const struct text_limits limits = {65536, 0, 0};
    struct buf buf = start("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b--\n");
    struct mail *mail;
    struct text *text = read_buf(&buf, &limits, &mail);

    (void)state;
    assert_true((text->cut & (TEXT_CUT_PARTS | TEXT_CUT_DEPTH)) != 0);
    assert_int_equal(text->segment_count, 0);
    mail_free(&mail);
}

static void test_same_boundary_everywhere(void **state)
{
    struct buf buf = start("Content-Type: multipart/mixed; boundary=b\n\n");
    struct mail *mail;
    struct text *text;

    (void)state;
    for (int i = 0; i < 1000; i++)
        buf_puts(
            &buf, "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n--b\n\nx\n--b--\n");
    text = read_usual(&buf, &mail);
    assert_true(text->segment_count < 100);
    mail_free(&mail);
}

/* Lines that nearly are one of many long boundaries. */
static void test_near_boundaries(void **state)
{
    struct buf buf = start("");
    char name[901];
    struct mail *mail;

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int i = 0; i < 15; i++)
        buf_printf(&buf, "Content-Type: multipart/mixed; boundary=\"%s%02d\"\n\n--%s%02d\n", name,
            i, name, i);
    buf_puts(&buf, "\n");
    for (int i = 0; i < 2000; i++)
        buf_printf(&buf, "--%sxx\n", name);
    read_usual(&buf, &mail);
    mail_free(&mail);
}

static void test_large_body(void **state)
{
    static const struct {
        const char *head;
        const char *body;
    } cases[] = {
        {"\n", "Reset it now. "},
        {"\n", "word"},
        {"\n", "a\n"},
        {"\n", "\n"},
        {"\n", "  "},
        {"\n", "> a\n\n\n"},
        {"\n", ">"},
        {"\n", "a: b@c 1\n"},
        {"\n", "-----\n"},
        {"\n", "-----BEGIN PGP MESSAGE-----\n"},
        {"\n", "https://example.com/"},
        {"\n", "https://example.com/ "},
        {"\n", "http://a))))))"},
        {"\n", "\xff\xfe\x80"},
        {"\n", "\xe3\x81\x82"},
        {"\n", "\xcc\x81"},
        {"\n", "."},
        {"\n", ". a"},
        {"\n", "\033$B"},
        {"Content-Type: text/plain; charset=iso-2022-jp\n\n", "\033$B%Q\033(B"},
        {"Content-Type: text/plain; charset=utf-7\n\n", "+AAAAAA-"},
        {"Content-Type: text/plain; charset=utf-16\n\n", "\xd8"},
        {"Content-Type: text/plain; charset=gb18030\n\n", "\x81\x30\x81"},
        {"Content-Type: text/plain; format=flowed\n\n", "a \n> "},
        {"Content-Transfer-Encoding: base64\n\n", "=\n"},
        {"Content-Transfer-Encoding: base64\n\n", "QUFB"},
        {"Content-Transfer-Encoding: quoted-printable\n\n", "=\n"},
        {"Content-Transfer-Encoding: quoted-printable\n\n", "=C3"},
        {"Content-Transfer-Encoding: x-uuencode\n\n", "begin 644 a\nM\n"},
        {"X: y\n", "--"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf buf = start(cases[i].head);
        struct mail *mail;
        struct text *text;

        fill(&buf, MEBIBYTE, cases[i].body);
        text = read_usual(&buf, &mail);
        if (octets(text) > text_usual_limits.text_bytes)
            fail_msg("case %zu gave %zu octets", i, octets(text));
        mail_free(&mail);
    }
}

static void test_large_html(void **state)
{
    static const char *const cases[] = {"<p>Reset it.", "<b>", "</b>", "<div>", "</i><b>",
        "<b></i>", "<table><tr><td>", "<", ">", "<!--", "-->", "<!", "<?", "<![", "<![CDATA[", "</",
        "&", "&amp", "&#", "&#99999999999;", "<a href=http://example.com/>",
        "<a href='http://example.com/'></a>", "<img alt=x>", "<br>", "<br> ", "<pre>", "<pre>\n",
        "<title>", "<style>", "<style>a{", "<script>", "<!--<script>", "<p style='",
        "<p style=\"display:none;\">x", "<p class='gmail_quote'>On 1:</p>", "<a b", "<blockquote>",
        "<span hidden>x</span>", "x<span hidden>x</span>", "\xe3\x81\x82",
        "<form><select><option>x", "<body>", "<html>", "<head>", "<frameset>", "<p", "\"", "='",
        "\x01", "<li><ul>", "<font><center>"};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf buf = start("Content-Type: text/html; charset=utf-8\n\n");
        struct mail *mail;
        struct text *text;

        fill(&buf, MEBIBYTE / 2, cases[i]);
        text = read_usual(&buf, &mail);
        if (octets(text) > text_usual_limits.text_bytes)
            fail_msg("%s gave %zu octets", cases[i], octets(text));
        mail_free(&mail);
    }
}

/* Names that all differ, so that none can be dropped early. */
static void fill_attributes(struct buf *buf, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(buf, " a%zx", i);
}

static void test_many_attributes(void **state)
{
    static const char *const opens[] = {
        "<p", "<!-- --!><p", "<script><!--</script><p", "<p x='\"", "<!-- '--><p"};

    (void)state;
    for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
        struct buf buf = start("Content-Type: text/html\n\n");
        struct mail *mail;

        buf_puts(&buf, opens[i]);
        fill_attributes(&buf, 150000);
        buf_puts(&buf, ">words");
        read_usual(&buf, &mail);
        mail_free(&mail);
    }
}

static void test_long_tag_is_closed(void **state)
{
    struct buf buf =
        start("Content-Type: text/html\n\n<p>One</p><img src=\"data:image/png;base64,");
    struct mail *mail;
    struct text *text;

    (void)state;
    fill(&buf, 200000, "iVBORw0KGgo/");
    buf_puts(&buf, "\" alt='x'><p>Two</p><!-- ");
    fill(&buf, 400000, "comment's ");
    buf_puts(&buf, " --><p>Three <!-- <b ");
    fill(&buf, 600000, "a b ");
    buf_puts(&buf, " --> four");
    text = read_usual(&buf, &mail);
    assert_int_equal(text->segment_count, 3);
    assert_string_equal(text->segments[0].plain, "One");
    assert_string_equal(text->segments[1].plain, "Two");
    assert_string_equal(text->segments[2].plain, "Three four");
    mail_free(&mail);
}

static void test_large_subject(void **state)
{
    static const char *const cases[] = {"a", "=?utf-8?q?a?= ", "=?utf-8?q?", "=?utf-8?b?QQ", "=?",
        "?=", "=?utf-8?q?\?=41", "\xc3", "a: "};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf buf = start("Subject: ");
        struct mail *mail;
        struct text *text;

        fill(&buf, MEBIBYTE - 100, cases[i]);
        buf_puts(&buf, "\n\nwords\n");
        text = read_usual(&buf, &mail);
        assert_true((text->cut & TEXT_CUT_LENGTH) != 0);
        assert_true(strlen(text->subject) < 3 * MEBIBYTE / 8);
        mail_free(&mail);
    }
}

static void test_large_fields(void **state)
{
    static const char *const cases[] = {"; a=b", ";", "; boundary*0=a", "; charset*=utf-8''%41",
        "(", "\"", "\\", "/", "; charset=\"x\""};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf buf = start("Content-Type: multipart/mixed; boundary=b");
        struct mail *mail;

        fill(&buf, MEBIBYTE - 100, cases[i]);
        buf_puts(&buf, "\n\n--b\nContent-Type: text/html");
        fill(&buf, 2 * MEBIBYTE, cases[i]);
        buf_puts(&buf, "\n\nwords\n");
        read_usual(&buf, &mail);
        mail_free(&mail);
    }
}

static void test_many_links(void **state)
{
    struct buf buf = start("Content-Type: text/html\n\n");
    struct mail *mail;
    struct text *text;

    (void)state;
    for (int i = 0; i < 20000; i++)
        buf_printf(&buf, "<a href='http://example.com/%d'>a</a> ", i);
    text = read_usual(&buf, &mail);
    assert_int_equal(text->link_count, 1000);
    mail_free(&mail);
}

static void test_long_link(void **state)
{
    struct buf buf = start("\nhttp://example.com/");
    struct mail *mail;
    struct text *text;

    (void)state;
    fill(&buf, 60000, "a)");
    text = read_usual(&buf, &mail);
    assert_int_equal(text->link_count, 1);
    assert_int_equal(strlen(text->links[0].url), 2048);
    mail_free(&mail);
}

/* What is cut is cut between characters, and says so. */
static void test_text_limit(void **state)
{
    static const struct {
        const char *mail;
        size_t limit;
        const char *last;
    } cases[] = {
        {"\nabcdefghijklmnop qr", 16, "abcdefghijklmnop"},
        {"\nあいうえおかき", 16, "あいうえお"},
        {"\nOne. Two. Three. Four. Five.", 20, "Three"},
        {"Content-Type: text/html\n\n<p>One<p>Two<p>Three<p>Four", 20, "Three"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text_limits limits = {cases[i].limit, 10, 10};
        struct buf buf = start(cases[i].mail);
        struct mail *mail;
        struct text *text = read_buf(&buf, &limits, &mail);

        assert_int_equal(text->cut, TEXT_CUT_LENGTH);
        assert_true(text->segment_count > 0);
        if (strncmp(text->segments[text->segment_count - 1].plain, cases[i].last,
                strlen(text->segments[text->segment_count - 1].plain)) != 0)
            fail_msg("%s", text->segments[text->segment_count - 1].plain);
        assert_true(octets(text) <= cases[i].limit);
        mail_free(&mail);
    }
}

static void test_nothing_is_read(void **state)
{
    static const struct text_limits limits = {0, 10, 10};
    struct buf buf = start("Subject: a\nContent-Type: text/html\n\n<p>One");
    struct mail *mail;
    struct text *text = read_buf(&buf, &limits, &mail);

    (void)state;
    assert_int_equal(text->segment_count, 0);
    assert_string_equal(text->subject, "a");
    mail_free(&mail);
}

static void test_tricks(void **state)
{
    static const struct text_case cases[] = {
        {"zero width inside", "\npass\u200Bword re\u2060set\n", "A:pass\u200Bword re\u2060set\n"},
        {"a word in pieces",
            "Content-Type: text/html; charset=utf-8\n\n<b>pass</b><i></i>&#8203;<u>word</u>",
            "A:pass\u200Bword\n"},
        {"junk between",
            "Content-Type: text/html\n\npa<span style='font-size:0'>q</span>ss<!-- x -->word",
            "A:password\nH:q\n"},
        {"unknown elements", "Content-Type: text/html\n\n<x>pass</x><y:z>word</y:z>",
            "A:password\n"},
        {"attributes twice", "Content-Type: text/html\n\n<p style='a:b' style='display:none'>x1",
            "A:x1\n"},
        {"no end", "Content-Type: text/html\n\n<p>pass<b>word", "A:password\n"},
        {"end without a start", "Content-Type: text/html\n\n</p></div></html>a1</body>b1",
            "A:a1\nA:b1\n"},
    };
    static const char nuls[] = "Content-Type: text/html; charset=\"a\0b\"\n\n<p>x\0y<\0b>";
    struct mail *mail = text_mail("\npa\0ss\n", 7);
    struct text *text = text_of(mail, &text_usual_limits);

    (void)state;
    assert_string_equal(text->segments[0].plain, "pa ss");
    mail_free(&mail);
    mail = text_mail(nuls, sizeof(nuls) - 1);
    text = text_of(mail, &text_usual_limits);
    assert_string_equal(text->segments[0].plain, "x y< b>");
    mail_free(&mail);
    TEXT_CHECK_CASES(cases);
}

/* Every prefix of a mail with everything in it is read. */
static void test_every_prefix(void **state)
{
    static const char whole[] =
        "Subject: =?utf-8?B?R3LDvMOfZQ==?= =?iso-2022-jp?q?=1B$B%Q=1B(B?=\n"
        "Content-Type: multipart/mixed; boundary=\"b\"; x*0*=utf-8''%41\n\n"
        "--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: "
        "quoted-printable\n\n"
        "<!DOCTYPE html><style>.a{display:none}</style><!--[if mso]>x<![endif]--><![if !x]><p "
        "class=3D'a'>H=\n"
        "i &amp; <a href=3D\"https://example.com/?a=3D1\">you=C3=BC</a><img alt=3D'x'><pre>> a\n> "
        "b</pre>\n"
        "--b\nContent-Type: text/plain; charset=iso-2022-jp; format=flowed; delsp=yes\n\n"
        "\033$B%Q%9\033(B \n> https://example.com/\n-- \nx\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: x\nContent-Transfer-Encoding: "
        "base64\n\nUmVzZXQ=\n--b--\n";

    (void)state;
    for (size_t length = 0; length < sizeof(whole); length++) {
        struct mail *mail = text_mail(whole, length);

        text_of(mail, &text_usual_limits);
        mail_free(&mail);
    }
}

static void *read_again_and_again(void *data)
{
    const struct mail_limits *limits = &text_mail_limits;
    const char *message = data;
    size_t failures = 0;

    for (int i = 0; i < 200; i++) {
        struct mail *mail = mail_new(limits, NULL);
        struct text *text = NULL;

        failures += mail == NULL || mail_from_bytes(mail, message, strlen(message)) != 0 ||
                    text_read(mail, &text_usual_limits, &text) != 0 || text->segment_count != 3;
        mail_free(&mail);
    }
    return failures == 0 ? NULL : data;
}

static void test_threads(void **state)
{
    static char message[] = "Subject: =?iso-2022-jp?B?GyRCJVElOSVvITwlSRsoQg==?=\nContent-Type: "
                            "multipart/alternative; boundary=b; "
                            "x*=iso-8859-1''%FC\n\n--b\nContent-Type: text/plain; "
                            "charset=shift_jis\n\n\x83\x70\n--b\nContent-Type: "
                            "text/html; charset=gbk\n\n<p>\xc4\xfa\xba\xc3<p><a "
                            "href='http://example.com/'>abc</a>\n--b--\n";
    pthread_t threads[8];

    (void)state;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_again_and_again, message), 0);
    for (size_t i = 0; i < 8; i++) {
        void *failed = NULL;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nested_multiparts),
        cmocka_unit_test(test_nested_messages),
        cmocka_unit_test(test_depth_has_a_bound),
        cmocka_unit_test(test_many_parts),
        cmocka_unit_test(test_no_parts_allowed),
        cmocka_unit_test(test_same_boundary_everywhere),
        cmocka_unit_test(test_near_boundaries),
        cmocka_unit_test(test_large_body),
        cmocka_unit_test(test_large_html),
        cmocka_unit_test(test_many_attributes),
        cmocka_unit_test(test_long_tag_is_closed),
        cmocka_unit_test(test_large_subject),
        cmocka_unit_test(test_large_fields),
        cmocka_unit_test(test_many_links),
        cmocka_unit_test(test_long_link),
        cmocka_unit_test(test_text_limit),
        cmocka_unit_test(test_nothing_is_read),
        cmocka_unit_test(test_tricks),
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, text_group_setup, text_group_teardown);
}
