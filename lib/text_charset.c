/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ASCII passes as it is until the first other octet comes; then one look at what is there decides
 * the way for the rest. ISO-2022-JP is not left to iconv: what is written under that name (half-
 * width kana, the characters of NEC and IBM) is more than the standard has, and Shift_JIS as
 * Windows has it covers all of it.
 */
#include "text_charset.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "err.h"
#include "octets.h"
#include "text_guess.h"
#include "text_label.h"

#define ESC '\033'
#define SHIFT_OUT '\016'
#define LONGEST 16 /* octets that a character cut in two may hold back */
#define REPLACEMENT "\357\277\275"
#define TRIAL_MAX ((size_t)4096)

/* The sets an escape sequence of ISO-2022-JP calls. */
enum jis_set { JIS_ASCII, JIS_KANA, JIS_KANJI };

void text_charset_init(
    struct text_charset *charset, const char *label, bool html, text_sink sink, void *data)
{
    charset->label = label;
    charset->html = html;
    charset->way = TEXT_CHARSET_OPEN;
    charset->iconv = TEXT_LABEL_NO_CONVERTER;
    charset->jis_set = JIS_ASCII;
    charset->jis_first = 0;
    charset->stage_used = 0;
    charset->sink = sink;
    charset->data = data;
    charset->enough = false;
    buf_init(&charset->pending, SIZE_MAX / 4);
}

/* --- towards the sink --------------------------------------------------------------------- */

static void flush_stage(struct text_charset *charset)
{
    if (charset->stage_used > 0 && !charset->enough)
        charset->enough = !charset->sink(charset->data, charset->stage, charset->stage_used);
    charset->stage_used = 0;
}

/* Valid UTF-8 without NUL. Long stretches go to the sink as they are. */
static void give(struct text_charset *charset, const char *utf8, size_t length)
{
    if (length > sizeof(charset->stage) - charset->stage_used)
        flush_stage(charset);
    if (length > sizeof(charset->stage) / 2) {
        flush_stage(charset);
        if (!charset->enough)
            charset->enough = !charset->sink(charset->data, utf8, length);
        return;
    }
    memcpy(charset->stage + charset->stage_used, utf8, length);
    charset->stage_used += length;
}

/* Octets of ASCII without NUL at the start, eight at a time as far as that goes: taking one from
 * each of them borrows from the next, or sets the eighth bit, only where one is 0. */
static size_t ascii_length(const char *bytes, size_t length)
{
    size_t at = 0;

    while (length - at >= 8) {
        uint64_t word = octets_load(bytes + at);

        if (((word | (word - OCTETS_ONES)) & OCTETS_HIGH) != 0)
            break;
        at += 8;
    }
    while (at < length && bytes[at] > 0 && (unsigned char)bytes[at] < 0x80)
        at++;
    return at;
}

/* Length of the character beyond ASCII that begins at p; 0 where it is not valid, or not whole
 * (Unicode, table 3-7: only the second octet's range depends on the first). */
static size_t character_length(const unsigned char *p, size_t length)
{
    size_t size = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    unsigned char least = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char most = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;

    if (size == 0 || size > length || p[1] < least || p[1] > most)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

/* Octets of valid UTF-8 without NUL at the start; g_utf8_validate_len takes more steps to say it.
 */
static size_t valid_length(const char *bytes, size_t length)
{
    size_t at = 0;
    size_t size = length;

    while (at < length && size > 0) {
        size = (unsigned char)bytes[at] < 0x80
                   ? ascii_length(bytes + at, length - at)
                   : character_length((const unsigned char *)bytes + at, length - at);
        at += size;
    }
    return at;
}

/* UTF-8 as it comes; returns how many octets are done, all but a character cut in two. */
static size_t give_utf8(struct text_charset *charset, const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length && !charset->enough) {
        size_t valid = valid_length(bytes + at, length - at);
        const char *bad = bytes + at + valid;
        struct text_guess_utf8 rest;

        give(charset, bytes + at, valid);
        at += valid;
        if (at == length)
            break;
        if (length - at < 4) {
            rest = text_guess_utf8(bad, length - at);
            if (rest.bad == 0 && *bad != '\0' && (unsigned char)*bad >= 0xC2)
                break; /* its end is still to come */
        }
        if (*bad == '\0')
            give(charset, " ", 1);
        else
            give(charset, REPLACEMENT, 3);
        at++;
    }
    return at;
}

/* Whatever iconv makes of the octets; returns how many are done. */
static size_t give_iconv(struct text_charset *charset, const char *bytes, size_t length)
{
    char *in = (char *)(uintptr_t)bytes;
    size_t left = length;

    while (left > 0 && !charset->enough) {
        char out[2048];
        char *to = out;
        size_t room = sizeof(out);
        size_t result = iconv(charset->iconv, &in, &left, &to, &room);
        int error = errno;

        for (char *p = memchr(out, '\0', (size_t)(to - out)); p != NULL;
             p = memchr(p, '\0', (size_t)(to - p)))
            *p = ' ';
        give(charset, out, (size_t)(to - out));
        if (result != (size_t)-1 || (error == E2BIG && to > out))
            continue;
        if (error == EINVAL && left < LONGEST)
            break;
        give(charset, REPLACEMENT, 3);
        in++;
        left--;
    }
    return length - left;
}

/* --- ISO-2022-JP -------------------------------------------------------------------------- */

/* The escape sequences in use, longer ones first where one begins another. */
static const struct {
    const char *sequence;
    enum jis_set set;
} jis_escapes[] = {
    {"$@", JIS_KANJI},
    {"$B", JIS_KANJI},
    {"$(@", JIS_KANJI},
    {"$(B", JIS_KANJI},
    {"$(Q", JIS_KANJI},
    {"$(O", JIS_KANJI},
    {"(B", JIS_ASCII},
    {"(J", JIS_ASCII},
    {"(H", JIS_ASCII},
    {"(I", JIS_KANA},
};

/* Takes an escape sequence at bytes (behind ESC); its length, 0 for none that we know. */
static size_t take_escape(struct text_charset *charset, const char *bytes, size_t length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(jis_escapes); i++) {
        size_t size = strlen(jis_escapes[i].sequence);

        if (size <= length && memcmp(jis_escapes[i].sequence, bytes, size) == 0) {
            charset->jis_set = jis_escapes[i].set;
            charset->jis_first = 0;
            return size;
        }
    }
    return 0;
}

/* A character of JIS X 0208 in Shift_JIS. */
static size_t shift_jis(unsigned char first, unsigned char second, char *out)
{
    unsigned row = first - 0x21u;
    unsigned cell = second - 0x21u;
    unsigned high = row / 2 + (row < 62 ? 0x81 : 0xC1);
    unsigned low = row % 2 == 0 ? cell + (cell < 63 ? 0x40 : 0x41) : cell + 0x9F;

    out[0] = (char)high;
    out[1] = (char)low;
    return 2;
}

/* One octet outside escape sequences, in Shift_JIS; returns how many octets it makes. */
static size_t jis_octet(struct text_charset *charset, unsigned char c, char *out)
{
    unsigned char first = charset->jis_first;

    charset->jis_first = 0;
    if (c == SHIFT_OUT || c == 0x0F) { /* shift out and in: kana of seven bits */
        charset->jis_set = c == SHIFT_OUT ? JIS_KANA : JIS_ASCII;
        return 0;
    }
    if (c == '\n' || c == '\r') { /* each line begins in ASCII, whatever was forgotten */
        charset->jis_set = JIS_ASCII;
    } else if (charset->jis_set == JIS_KANJI && c > 0x20 && c < 0x7f) {
        if (first != 0)
            return shift_jis(first, c, out);
        charset->jis_first = c;
        return 0;
    } else if (charset->jis_set == JIS_KANA && c > 0x20 && c < 0x60) {
        c |= 0x80;
    }
    out[0] = (char)c; /* with the eighth bit: kana too */
    return 1;
}

/* Brings the octets into Shift_JIS and lets iconv do the rest; returns how many are done. */
static size_t give_jis(struct text_charset *charset, const char *bytes, size_t length, bool last)
{
    char out[1024];
    size_t used = 0;
    size_t at = 0;

    while (at < length && !charset->enough) {
        if (bytes[at] == ESC) {
            if (!last && length - at < 4)
                break;
            at += 1 + take_escape(charset, bytes + at + 1, length - at - 1);
        } else {
            used += jis_octet(charset, (unsigned char)bytes[at++], out + used);
        }
        if (used + 2 > sizeof(out)) {
            give_iconv(charset, out, used);
            used = 0;
        }
    }
    give_iconv(charset, out, used);
    return at;
}

/* --- the decision ------------------------------------------------------------------------- */

static bool holds(const char *bytes, size_t length, const char *what)
{
    return memmem(bytes, length, what, strlen(what)) != NULL;
}

static void open_iconv(struct text_charset *charset, const char *name)
{
    charset->way = TEXT_CHARSET_UTF8;
    if (strcmp(name, "UTF-8") == 0)
        return;
    charset->iconv = text_label_converter(name);
    if (charset->iconv != TEXT_LABEL_NO_CONVERTER)
        charset->way = TEXT_CHARSET_ICONV;
}

/* ISO-2022 by its escape sequences: the way for what they call. */
static void open_escaped(struct text_charset *charset, const char *bytes, size_t length)
{
    if (holds(bytes, length, "\033$)C")) {
        open_iconv(charset, "ISO-2022-KR");
    } else if (holds(bytes, length, "\033$)A") || holds(bytes, length, "\033$)G")) {
        open_iconv(charset, "ISO-2022-CN");
    } else if (holds(bytes, length, "\033$(O") || holds(bytes, length, "\033$(P") ||
               holds(bytes, length, "\033$(Q")) {
        open_iconv(charset, "ISO-2022-JP-3");
    } else if (holds(bytes, length, "\033$(D") || holds(bytes, length, "\033$A") ||
               holds(bytes, length, "\033$(C")) {
        open_iconv(charset, "ISO-2022-JP-2");
    } else {
        open_iconv(charset, "CP932");
        if (charset->way == TEXT_CHARSET_ICONV)
            charset->way = TEXT_CHARSET_JIS;
    }
}

/* Share of octets (in percent) that a charset cannot read. */
static size_t percent_unreadable(const char *name, const char *bytes, size_t length)
{
    iconv_t trial = text_label_converter(name);
    char *in = (char *)(uintptr_t)bytes;
    size_t bad = 0;
    size_t left = length > TRIAL_MAX ? TRIAL_MAX : length;
    size_t all = left;

    if (trial == TEXT_LABEL_NO_CONVERTER)
        return 100;
    while (left > 0) {
        char out[1024];
        char *to = out;
        size_t room = sizeof(out);

        if (iconv(trial, &in, &left, &to, &room) != (size_t)-1 || (errno == E2BIG && to > out))
            continue;
        if (errno == EINVAL && left < LONGEST)
            break;
        bad++;
        in++;
        left--;
    }
    iconv_close(trial);
    return all == 0 ? 0 : bad * 100 / all;
}

/* Text with octets beyond ASCII whose label is given: the name for iconv. */
static const char *choose(struct text_label label, const char *bytes, size_t length)
{
    struct text_guess_utf8 utf8 = text_guess_utf8(bytes, length);
    const char *guess;
    bool sure;

    if (utf8.bad == 0 && utf8.good > 0 && (label.family != TEXT_LABEL_MULTI || utf8.wide > 0))
        return "UTF-8";
    if (label.family == TEXT_LABEL_UTF8 && utf8.good > utf8.bad)
        return "UTF-8";
    if (label.family == TEXT_LABEL_SINGLE)
        return label.iconv;
    if (label.family == TEXT_LABEL_MULTI && percent_unreadable(label.iconv, bytes, length) <= 2)
        return label.iconv;
    guess = text_guess_charset(bytes, length, &sure);
    if (label.family == TEXT_LABEL_UNKNOWN && utf8.good > utf8.bad * 4)
        return "UTF-8";
    if (label.family == TEXT_LABEL_WESTERN && !sure)
        return label.iconv;
    if (label.family == TEXT_LABEL_MULTI && percent_unreadable(guess, bytes, length) > 2)
        return label.iconv;
    return guess;
}

static struct text_label find_label(
    const struct text_charset *charset, const char *bytes, size_t length)
{
    struct text_label label = text_label_find(charset->label);
    char name[64];

    if (label.family == TEXT_LABEL_UNKNOWN && charset->html &&
        text_label_in_html(bytes, length, name, sizeof(name)) > 0) {
        label = text_label_find(name);
        if (label.family == TEXT_LABEL_STATE) /* else it could not have been read */
            label.family = TEXT_LABEL_UNKNOWN;
    }
    return label;
}

static bool is_plain_ascii(const char *bytes, size_t length)
{
    return ascii_length(bytes, length) == length && memchr(bytes, ESC, length) == NULL &&
           memchr(bytes, SHIFT_OUT, length) == NULL;
}

static void decide(struct text_charset *charset, const char *bytes, size_t length)
{
    struct text_label label = find_label(charset, bytes, length);
    bool high = octets_ascii_length(bytes, length) < length;

    if (label.family == TEXT_LABEL_STATE)
        open_iconv(charset, label.iconv);
    else if (length >= 2 &&
             (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        open_iconv(charset, "UTF-16");
    else if ((memchr(bytes, ESC, length) != NULL &&
                 (holds(bytes, length, "\033$") || holds(bytes, length, "\033(I"))) ||
             (label.family == TEXT_LABEL_JIS && !high))
        open_escaped(charset, bytes, length);
    else if (high)
        open_iconv(charset, choose(label, bytes, length));
    /* else control characters: they decide nothing */
}

/* --- feeding ------------------------------------------------------------------------------ */

static size_t give_any(struct text_charset *charset, const char *bytes, size_t length, bool last)
{
    switch (charset->way) {
    case TEXT_CHARSET_ICONV:
        return give_iconv(charset, bytes, length);
    case TEXT_CHARSET_JIS:
        return give_jis(charset, bytes, length, last);
    case TEXT_CHARSET_OPEN:
    case TEXT_CHARSET_UTF8:
    default:
        return give_utf8(charset, bytes, length);
    }
}

/* True as long as ASCII octets can be taken for ASCII. */
static bool stays_open(const struct text_charset *charset, const char *bytes, size_t length)
{
    struct text_label label;

    if (charset->way != TEXT_CHARSET_OPEN || !is_plain_ascii(bytes, length))
        return false;
    label = text_label_find(charset->label);
    return label.family != TEXT_LABEL_STATE;
}

bool text_charset_feed(struct text_charset *charset, const char *bytes, size_t length)
{
    size_t done;

    if (charset->enough || buf_failed(&charset->pending) != 0)
        return false;
    if (stays_open(charset, bytes, length)) {
        give(charset, bytes, length);
        return !charset->enough;
    }
    if (charset->way == TEXT_CHARSET_OPEN)
        decide(charset, bytes, length);
    if (charset->pending.length == 0) {
        done = give_any(charset, bytes, length, false);
        buf_add(&charset->pending, bytes + done, length - done);
    } else {
        buf_add(&charset->pending, bytes, length);
        bytes = buf_text(&charset->pending);
        length = charset->pending.length;
        done = give_any(charset, bytes, length, false);
        if (length > done)
            memmove(charset->pending.bytes, charset->pending.bytes + done, length - done);
        buf_cut(&charset->pending, length - done);
    }
    return !charset->enough;
}

/* Some converters hold a character back to see whether a mark follows. */
static void release(struct text_charset *charset)
{
    char out[64];
    char *to = out;
    size_t room = sizeof(out);

    if (charset->iconv != TEXT_LABEL_NO_CONVERTER &&
        iconv(charset->iconv, NULL, NULL, &to, &room) != (size_t)-1)
        give(charset, out, (size_t)(to - out));
}

int text_charset_end(struct text_charset *charset)
{
    int result = buf_failed(&charset->pending) == ERR_NOMEM ? ERR_NOMEM : 0;

    if (result == 0 && charset->pending.length > 0) {
        size_t done = give_any(charset, buf_text(&charset->pending), charset->pending.length, true);

        if (done < charset->pending.length)
            give(charset, REPLACEMENT, 3);
    }
    release(charset);
    flush_stage(charset);
    if (charset->iconv != TEXT_LABEL_NO_CONVERTER)
        iconv_close(charset->iconv);
    charset->iconv = TEXT_LABEL_NO_CONVERTER;
    buf_free(&charset->pending);
    return result;
}

static bool sink_to_buf(void *data, const char *utf8, size_t length)
{
    struct buf *out = data;

    buf_add(out, utf8, length);
    return buf_failed(out) == 0;
}

void text_charset_convert(const char *label, const char *bytes, size_t length, struct buf *out)
{
    struct text_charset charset;

    text_charset_init(&charset, label, false, sink_to_buf, out);
    text_charset_feed(&charset, bytes, length);
    text_charset_end(&charset);
}
