/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Charsets and encoded words: as they are labelled, as they are not, and broken.
 */
#include "text_cases.h"

#include <glib.h>
#include <iconv.h>
#include <pthread.h>

#include "text_charset.h"
#include "text_label.h"

#define GERMAN "Passwort zurücksetzen für Jörg: Größe geändert"
#define FRENCH "Réinitialisez votre mot de passe dès à présent"
#define POLISH "Zresetuj hasło: kliknij łącze poniżej, żeby zmienić"
#define RUSSIAN "Сбросить пароль учётной записи можно по ссылке ниже"
#define UKRAINIAN "Скинути пароль можна за посиланням нижче: її ґанок"
#define GREEK "Επαναφορά κωδικού πρόσβασης του λογαριασμού σας"
#define TURKISH "Şifrenizi sıfırlamak için bağlantıya tıklayın: İğne"
#define HEBREW "איפוס הסיסמה שלך לחשבון שונה"
#define ARABIC "إعادة تعيين كلمة المرور الخاصة بك"
#define BALTIC "Atstatykite slaptažodį paspaudę šią nuorodą čia"
#define VIETNAMESE "Đặt lại mật khẩu của bạn"
#define THAI "รีเซ็ตรหัสผ่านของคุณที่นี่"
#define JAPANESE "パスワードの再設定はこちらからお願いいたします"
#define CHINESE "请点击以下链接重置您的密码并登录我们的网站"
#define TAIWANESE "請點擊以下連結重設您的密碼並登入我們的網站"
#define KOREAN "비밀번호를 재설정하려면 아래 링크를 클릭하세요"

struct charset_case {
    const char *label;   /* as the mail gives it; NULL for none */
    const char *charset; /* as it is encoded */
    const char *text;
};

static size_t encode(const char *charset, const char *text, char *out, size_t room)
{
    iconv_t converter = iconv_open(charset, "UTF-8");
    char *in = (char *)(uintptr_t)text;
    size_t left = strlen(text);
    char *to = out;
    size_t to_left = room;

    if (converter == (iconv_t)-1)
        fail_msg("no %s", charset);
    if (iconv(converter, &in, &left, &to, &to_left) == (size_t)-1 ||
        iconv(converter, NULL, NULL, &to, &to_left) == (size_t)-1)
        fail_msg("%s cannot be written in %s", text, charset);
    iconv_close(converter);
    return room - to_left;
}

static void check_body(const struct charset_case *one, const char *type, size_t repeat)
{
    char head[256];
    char body[4096];
    size_t length = encode(one->charset, one->text, body, sizeof(body));
    struct buf all;
    struct mail *mail;
    struct text *text;

    buf_init(&all, SIZE_MAX / 4);
    snprintf(head, sizeof(head), "Content-Type: %s%s%s\n\n", type,
        one->label == NULL ? "" : "; charset=", one->label == NULL ? "" : one->label);
    buf_puts(&all, head);
    for (size_t i = 0; i < repeat; i++) /* beyond the size of a chunk */
        buf_puts(&all, "Ascii only.  ");
    buf_add(&all, body, length);
    mail = text_mail(buf_text(&all), all.length);
    text = text_of(mail, &text_usual_limits);
    if (text->segment_count == 0 ||
        strcmp(text->segments[text->segment_count - 1].plain, one->text) != 0)
        fail_msg("%s as %s, %s, %zu: \"%s\"", one->charset,
            one->label == NULL ? "nothing" : one->label, type, repeat,
            text->segment_count == 0 ? "" : text->segments[text->segment_count - 1].plain);
    mail_free(&mail);
    buf_free(&all);
}

static void test_labelled(void **state)
{
    static const struct charset_case cases[] = {
        {"utf-8", "UTF-8", JAPANESE},
        {"UTF8", "UTF-8", GERMAN},
        {"\"utf-8\"", "UTF-8", RUSSIAN},
        {"us-ascii", "US-ASCII", "Reset it"},
        {"iso-8859-1", "ISO-8859-1", GERMAN},
        {"ISO-8859-1", "WINDOWS-1252", "„Passwort“ – 5 €"},
        {"iso-8859-2", "ISO-8859-2", POLISH},
        {"iso-8859-3", "ISO-8859-3", "Ĉiuj ŝanĝoj"},
        {"iso-8859-4", "ISO-8859-4", BALTIC},
        {"iso-8859-5", "ISO-8859-5", RUSSIAN},
        {"iso-8859-6", "ISO-8859-6", ARABIC},
        {"iso-8859-7", "ISO-8859-7", GREEK},
        {"iso-8859-8", "ISO-8859-8", HEBREW},
        {"iso-8859-8-i", "ISO-8859-8", HEBREW},
        {"iso-8859-9", "ISO-8859-9", TURKISH},
        {"iso-8859-10", "ISO-8859-10", "Þú ert"},
        {"iso-8859-13", "ISO-8859-13", BALTIC},
        {"iso-8859-14", "ISO-8859-14", "Ŵy ŷ"},
        {"iso-8859-15", "ISO-8859-15", "5 € für Œuvre"},
        {"iso-8859-16", "ISO-8859-16", "Știre și țară"},
        {"windows-1250", "WINDOWS-1250", POLISH},
        {"windows-1251", "WINDOWS-1251", RUSSIAN},
        {"windows-1252", "WINDOWS-1252", FRENCH},
        {"windows-1253", "WINDOWS-1253", GREEK},
        {"windows-1254", "WINDOWS-1254", TURKISH},
        {"windows-1255", "WINDOWS-1255", HEBREW},
        {"windows-1256", "WINDOWS-1256", ARABIC},
        {"windows-1257", "WINDOWS-1257", BALTIC},
        {"windows-874", "WINDOWS-874", THAI},
        {"TIS-620", "TIS-620", THAI},
        {"koi8-r", "KOI8-R", RUSSIAN},
        {"koi8-u", "KOI8-U", UKRAINIAN},
        {"cp866", "CP866", RUSSIAN},
        {"macintosh", "MACINTOSH", GERMAN},
        {"shift_jis", "SHIFT_JIS", JAPANESE},
        {"x-sjis", "CP932", "①㈱髙﨑 ﾊﾝｶｸ"},
        {"windows-31j", "CP932", JAPANESE},
        {"Shift_JISX0213", "SHIFT_JISX0213", "𠮟る噓"},
        {"euc-jp", "EUC-JP", JAPANESE},
        {"eucJP-ms", "EUC-JP-MS", "①㈱髙﨑"},
        {"euc-jis-2004", "EUC-JISX0213", "𠮟る噓"},
        {"iso-2022-jp", "ISO-2022-JP", JAPANESE},
        {"ISO-2022-JP-2", "ISO-2022-JP-2", "日本 한국 鷗"},
        {"iso-2022-jp-3", "ISO-2022-JP-3", "噓ﾊﾝ"},
        {"iso-2022-kr", "ISO-2022-KR", KOREAN},
        {"euc-kr", "EUC-KR", KOREAN},
        {"ks_c_5601-1987", "CP949", "똠방각하 뷁"},
        {"gb2312", "GB2312", CHINESE},
        {"gb2312", "GBK", "請重設密碼 镕"},
        {"gbk", "GBK", CHINESE},
        {"gb18030", "GB18030", "重置您的密码 𠮷"},
        {"big5", "BIG5", TAIWANESE},
        {"big5-hkscs", "BIG5-HKSCS", "請重設密碼 嘅"},
        {"utf-7", "UTF-7", RUSSIAN},
        {"utf-16", "UTF-16", JAPANESE},
        {"utf-16le", "UTF-16LE", RUSSIAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_body(&cases[i], "text/plain", 0);
        if (strncmp(cases[i].charset, "UTF-16", 6) == 0) /* no ASCII before it */
            continue;
        check_body(&cases[i], "text/html", 0);
        check_body(&cases[i], "text/plain", 1200);
    }
}

static void test_mislabelled(void **state)
{
    static const struct charset_case cases[] = {
        {NULL, "UTF-8", GERMAN},
        {NULL, "WINDOWS-1252", GERMAN},
        {NULL, "WINDOWS-1252", FRENCH},
        {NULL, "WINDOWS-1251", RUSSIAN},
        {NULL, "KOI8-R", RUSSIAN},
        {NULL, "SHIFT_JIS", JAPANESE},
        {NULL, "EUC-JP", JAPANESE},
        {NULL, "ISO-2022-JP", JAPANESE},
        {NULL, "GB2312", CHINESE},
        {NULL, "BIG5", TAIWANESE},
        {NULL, "EUC-KR", KOREAN},
        {NULL, "TIS-620", THAI},
        {"us-ascii", "UTF-8", RUSSIAN},
        {"us-ascii", "ISO-2022-JP", JAPANESE},
        {"iso-8859-1", "UTF-8", GERMAN},
        {"windows-1252", "UTF-8", JAPANESE},
        {"iso-8859-1", "SHIFT_JIS", JAPANESE},
        {"us-ascii", "WINDOWS-1251", RUSSIAN},
        {"koi8-r", "UTF-8", RUSSIAN},
        {"gb2312", "UTF-8", CHINESE},
        {"shift_jis", "UTF-8", JAPANESE},
        {"euc-kr", "UTF-8", KOREAN},
        {"utf-8", "WINDOWS-1252", GERMAN},
        {"utf-8", "WINDOWS-1251", RUSSIAN},
        {"utf-8", "SHIFT_JIS", JAPANESE},
        {"utf-8", "GB2312", CHINESE},
        {"utf-8", "ISO-2022-JP", JAPANESE},
        {"iso-2022-jp", "UTF-8", JAPANESE},
        {"iso-2022-jp", "SHIFT_JIS", JAPANESE},
        {"x-unknown", "UTF-8", GERMAN},
        {"unknown-8bit", "WINDOWS-1252", GERMAN},
        {"utf-8//IGNORE", "UTF-8", GERMAN},
        {"ebcdic-int", "UTF-8", GERMAN},
        {"\"\"", "UTF-8", GERMAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_body(&cases[i], "text/plain", 0);
}

static void test_named_in_html(void **state)
{
    static const struct text_case cases[] = {
        {"meta", "Content-Type: text/html\n\n<meta charset=\"iso-8859-2\"><p>has\xb3o",
            "A:hasło\n"},
        {"http-equiv",
            "Content-Type: text/html\n\n<meta http-equiv='Content-Type' content='text/html; "
            "charset=ISO-8859-2'><p>has\xb3o",
            "A:hasło\n"},
        {"the label counts more",
            "Content-Type: text/html; charset=iso-8859-2\n\n<meta charset=koi8-r>has\xb3o",
            "A:hasło\n"},
        {"what it is counts most",
            "Content-Type: text/html\n\n<meta charset=iso-8859-2>has\xc5\x82o", "A:hasło\n"},
        {"not what it can be", "Content-Type: text/html\n\n<meta charset=utf-16><p>haslo \xe9t\xe9",
            "A:haslo été\n"},
        {"unknown name", "Content-Type: text/html\n\n<meta charset=none><p>\xe9t\xe9", "A:été\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_broken(void **state)
{
    static const struct text_case cases[] = {
        {"bad octets in UTF-8",
            "Content-Type: text/plain; charset=utf-8\n\nf\xc3\xbcr dich \xff\xc3\xa4nderung \xc3",
            "A:für dich änderung\n"},
        {"bad octets in Shift_JIS",
            "Content-Type: text/plain; charset=shift_jis\n\n"
            "\x83\x70\x83\x58\x83\x8f\x81\x5b\x83\x68\x82\xf0\x82\xa8\x96\x59\x82\xea"
            "\x82\xcc\x95\xfb\xff",
            "A:パスワードをお忘れの方\n"},
        {"NULs in the middle",
            "Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: "
            "quoted-printable\n\na=00b",
            "A:a b\n"},
        {"ISO-2022-JP, no end",
            "Content-Type: text/plain; charset=iso-2022-jp\n\n\033$B%Q%9%o!<%I\nabc",
            "A:パスワード\nA:abc\n"},
        {"ISO-2022-JP, half width, three ways",
            "Content-Type: text/plain; charset=iso-2022-jp\n\n\033(I6^\033(B a\xca\xdf\x0e"
            "6^\x0f"
            "b",
            "A:ｶﾞ aﾊﾟｶﾞb\n"},
        {"ISO-2022-JP, NEC and IBM",
            "Content-Type: text/plain; charset=iso-2022-jp\n\n\033$B-!-jyu\033(B", "A:①㈱﨑\n"},
        {"ISO-2022-JP, unknown escape",
            "Content-Type: text/plain; charset=iso-2022-jp\n\na\033Zb\033", "A:aZb\n"},
        {"half a character at the end",
            "Content-Type: text/plain; charset=gbk\n\n\xc4\xfa\xba\xc3\xc4", "A:您好\n"},
        {"byte order mark", "Content-Type: text/plain\n\n\xef\xbb\xbfHi", "A:\ufeffHi\n"},
        {"base64 with rubbish",
            "Content-Transfer-Encoding: base64\n\nUmVz*ZXQ\ngeW91!ciBw\nYXNzd29yZA",
            "A:Reset your password\n"},
        {"quoted-printable with rubbish",
            "Content-Transfer-Encoding: quoted-printable\n\na=ZZ b= \nc =3", "A:a=ZZ b=\nA:c\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_encoded_words(void **state)
{
    static const struct text_case cases[] = {
        {"q", "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_an?= alle\n\n", "S:Grüße an alle\n"},
        {"b", "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\n\n", "S:Grüße\n"},
        {"two, space between is none", "Subject: =?utf-8?q?Gr=C3=BC?= \n\t=?utf-8?q?=C3=9Fe?=\n\n",
            "S:Grüße\n"},
        {"two charsets", "Subject: =?iso-8859-1?q?Gr=FC?= =?utf-8?q?=C3=9Fe?=\n\n", "S:Grüße\n"},
        {"two encodings", "Subject: =?utf-8?q?Gr=C3=BC?= =?utf-8?b?w59l?=\n\n", "S:Grüße\n"},
        {"language", "Subject: =?utf-8*de?q?Gr=C3=BC=C3=9Fe?=\n\n", "S:Grüße\n"},
        {"character cut in two", "Subject: =?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=\n\n",
            "S:Grüße\n"},
        {"base64 cut in two", "Subject: =?utf-8?b?R3LDvMO?= =?utf-8?b?fZQ==?=\n\n", "S:Grüße\n"},
        {"ISO-2022-JP", "Subject: =?ISO-2022-JP?B?GyRCJVElOSVvITwlSRsoQg==?=\n\n",
            "S:パスワード\n"},
        {"ISO-2022-JP cut in two, no escape",
            "Subject: =?ISO-2022-JP?B?GyRCJVElOQ==?= "
            "=?ISO-2022-JP?B?JW8hPCVJGyhC?=\n\n",
            "S:パスワード\n"},
        {"spaces inside", "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe an alle?= !\n\n",
            "S:Grüße an alle !\n"},
        {"no end", "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe\n\n", "S:Grüße\n"},
        {"no end, then another", "Subject: =?utf-8?B?R3LDvA=?utf-8?B?w59l?=\n\n", "S:Grüße\n"},
        {"end without padding", "Subject: =?utf-8?B?R3LDvMOfZQ?= x\n\n", "S:Grüße x\n"},
        {"inside a word", "Subject: a=?utf-8?q?=C3=BC?=b(=?utf-8?q?=C3=9F?=)\n\n", "S:aüb(ß)\n"},
        {"question mark inside", "Subject: =?utf-8?Q?Ja?=3F_Nein=3F?=\n\n", "S:Ja?\?\nS:Nein?\n"},
        {"bad hexadecimal", "Subject: =?utf-8?Q?a=ZZb=4?=\n\n", "S:a=ZZb=4\n"},
        {"no encoded word", "Subject: a =? b =?x?= =?utf-8?z?c?= =?utf-8?\n\n",
            "S:a =?\nS:b =?x?= =?utf-8?z?c?= =?utf-8?\n"},
        {"wrong label", "Subject: =?iso-8859-1?Q?Gr=C3=BC=C3=9Fe?=\n\n", "S:Grüße\n"},
        {"unknown label", "Subject: =?x-none?Q?Gr=FC=DFe?=\n\n", "S:Grüße\n"},
        {"raw UTF-8",
            "Subject: Gr\xc3\xbc\xc3\x9f"
            "e\n\n",
            "S:Grüße\n"},
        {"raw, guessed",
            "Subject: Gr\xfc\xdf"
            "e\n\n",
            "S:Grüße\n"},
        {"raw, in the charset of the text",
            "Subject: has\xb3o\nContent-Type: text/plain; charset=iso-8859-2\n\n", "S:hasło\n"},
        {"raw, in the charset of a part",
            "Subject: has\xb3o\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
            "text/plain; "
            "charset=iso-8859-2\n\n--b--\n",
            "S:hasło\n"},
        {"raw ISO-2022-JP", "Subject: \033$B%Q%9%o!<%I\033(B\n\n", "S:パスワード\n"},
        {"raw and encoded",
            "Subject: Gr\xc3\xbc\xc3\x9f"
            "e =?utf-8?q?=C3=BC?=\n\n",
            "S:Grüße ü\n"},
        {"line feeds and controls inside", "Subject: =?utf-8?Q?a=0D=0Ab=00c=1B[31md?=\n\n",
            "S:a b c [31md\n"},
        {"empty", "Subject: =?utf-8?Q?\?=\n\n", ""},
        {"folded", "Subject: one\n two\n\tthree\n\n", "S:one two three\n"},
        {"two subjects", "Subject: one\nSubject: two\n\n", "S:one\n"},
    };

    (void)state;
    TEXT_CHECK_CASES(cases);
}

static void test_subject(void **state)
{
    struct mail *mail = text_mail("Subject:  =?utf-8?q?Gr=C3=BC=C3=9Fe._Zwei?=  \n\nx", 46);
    struct text *text = text_of(mail, &text_usual_limits);

    (void)state;
    assert_string_equal(text->subject, "Grüße. Zwei");
    assert_int_equal(text->segments[0].origin, TEXT_SUBJECT);
    assert_int_equal(text->segments[1].origin, TEXT_SUBJECT);
    assert_string_equal(text->segments[0].folded, "grusse.");
    mail_free(&mail);
    mail = text_mail("X: y\n\nx", 7);
    text = text_of(mail, &text_usual_limits);
    assert_string_equal(text->subject, "");
    assert_int_equal(text->segments[0].origin, TEXT_AUTHOR);
    mail_free(&mail);
}

static void *convert_all(void *started)
{
    pthread_barrier_wait(started);
    for (size_t i = 0; i < 200; i++) {
        struct buf out;

        buf_init(&out, 100);
        text_charset_convert(i % 2 == 0 ? "koi8-r" : "euc-jp",
            i % 2 == 0 ? "\xd0\xc1\xd2\xcf\xcc\xd8" : "\xa5\xd1\xa5\xb9", i % 2 == 0 ? 6 : 4, &out);
        if (strcmp(buf_text(&out), i % 2 == 0 ? "пароль" : "パス") != 0)
            started = NULL;
        buf_free(&out);
    }
    return started;
}

/* Converters are kept by whoever asks first; all ask at once, and once more when they were let go.
 */
static void test_kept(void **state)
{
    pthread_barrier_t started;
    pthread_t threads[8];
    void *right;

    (void)state;
    for (size_t round = 0; round < 3; round++) {
        text_label_close();
        pthread_barrier_init(&started, NULL, 8);
        for (size_t i = 0; i < 8; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, convert_all, &started), 0);
        for (size_t i = 0; i < 8; i++) {
            pthread_join(threads[i], &right);
            assert_ptr_equal(right, &started);
        }
        pthread_barrier_destroy(&started);
    }
}

static bool add_to_buf(void *data, const char *utf8, size_t length)
{
    buf_add(data, utf8, length);
    return true;
}

/* Octets in a block of their size, as UTF-8 in pieces of `piece`. */
static void convert(const char *bytes, size_t length, size_t piece, struct buf *out)
{
    struct text_charset charset;

    text_charset_init(&charset, "utf-8", false, add_to_buf, out);
    for (size_t at = 0; at < length; at += piece) {
        size_t size = length - at < piece ? length - at : piece;
        char *exact = malloc(size);

        assert_non_null(exact);
        memcpy(exact, bytes + at, size);
        assert_true(text_charset_feed(&charset, exact, size));
        free(exact);
    }
    assert_int_equal(text_charset_end(&charset), 0);
}

/* What is valid and what not is GLib's to say: each octet that is not becomes U+FFFD. */
static void check_utf8(size_t before, const char *what, size_t size, size_t piece)
{
    char text[128];
    size_t length = before + size;
    struct buf out;
    char *want;

    memset(text, 'a', sizeof(text));
    memcpy(text, "\303\251\303\251\303\251\303\251\303\251\303\251", 12); /* UTF-8 for sure */
    memcpy(text + 12 + before, what, size);
    length += 12 + 17;
    want = g_utf8_make_valid(text, (gssize)length);
    buf_init(&out, SIZE_MAX / 4);
    convert(text, length, piece, &out);
    if (strcmp(buf_text(&out), want) != 0)
        fail_msg("%zu octets before, piece %zu: %02x %02x %02x %02x", before, piece,
            (unsigned char)what[0], (unsigned char)what[1], (unsigned char)what[2],
            (unsigned char)what[3]);
    buf_free(&out);
    g_free(want);
}

/* First octets with their borders, and second octets with theirs, at every place of a word; in
 * pieces too, but those never so small that the first one leaves it open what this is. */
static void test_utf8_borders(void **state)
{
    static const unsigned char first[] = {0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
        0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    static const unsigned char second[] = {
        'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    static const unsigned char third[] = {'a', 0x80, 0xbf, 0xc2};
    char what[4];

    (void)state;
    for (size_t before = 0; before <= 40; before++)
        for (size_t i = 0; i < G_N_ELEMENTS(first); i++)
            for (size_t j = 0; j < G_N_ELEMENTS(second); j++)
                for (size_t k = 0; k < G_N_ELEMENTS(third) * G_N_ELEMENTS(third); k++) {
                    what[0] = (char)first[i];
                    what[1] = (char)second[j];
                    what[2] = (char)third[k % G_N_ELEMENTS(third)];
                    what[3] = (char)third[k / G_N_ELEMENTS(third)];
                    check_utf8(before, what, 4, 1000);
                    if (before % 8 == 3)
                        check_utf8(before, what, 4, 13 + before % 5);
                }
}

/* NUL among ASCII at every place becomes a space, and decides nothing. */
static void test_nul(void **state)
{
    char text[64];

    (void)state;
    for (size_t length = 1; length <= 40; length++)
        for (size_t at = 0; at < length; at++) {
            struct buf out;

            memset(text, 'a', sizeof(text));
            text[at] = '\0';
            buf_init(&out, SIZE_MAX / 4);
            convert(text, length, 1000, &out);
            text[at] = ' ';
            assert_int_equal(out.length, length);
            assert_memory_equal(buf_text(&out), text, length);
            buf_free(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labelled),
        cmocka_unit_test(test_mislabelled),
        cmocka_unit_test(test_named_in_html),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_encoded_words),
        cmocka_unit_test(test_subject),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_utf8_borders),
        cmocka_unit_test(test_nul),
    };

    return cmocka_run_group_tests(tests, text_group_setup, text_group_teardown);
}
