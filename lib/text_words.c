/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The octets of neighbouring encoded words of one charset are put together before they are read,
 * because a character is often cut in two between them; so is a group of base64.
 */
#include "text_words.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "text_charset.h"

#define LABEL_MAX 40

struct word {
    char label[LABEL_MAX];
    char encoding; /* 'b' or 'q' */
    const char *text;
    size_t length;
    size_t all; /* from =? to ?= */
};

struct words {
    struct buf out;
    struct buf octets; /* of one charset, not yet read */
    char label[LABEL_MAX];
    const char *raw_label; /* of what is not encoded */
    bool encoded;          /* octets are of encoded words */
    unsigned bits;         /* of a group of base64 */
    unsigned bit_count;
};

/* Where the text of an encoded word ends: the ?= or where it should have been. */
static const char *find_end(const char *text, const char *end, char encoding)
{
    const char *p = text;

    for (; p + 1 < end; p++) {
        if (p[0] == '=' && p[1] == '?' && p > text && p + 2 < end && p[2] != '=')
            return p; /* the next word begins: this one was never ended */
        if (p[0] != '?' || p[1] != '=')
            continue;
        /* a question mark that should have been encoded, before an encoded octet */
        if (encoding == 'q' && p + 3 < end && g_ascii_isxdigit(p[2]) && g_ascii_isxdigit(p[3]) &&
            memmem(p + 2, (size_t)(end - p - 2), "?=", 2) != NULL)
            continue;
        return p;
    }
    return end;
}

/* Reads an encoded word that begins at p. */
static bool parse_word(const char *p, const char *end, struct word *word)
{
    const char *start = p;
    const char *stop;
    size_t length = 0;

    if (end - p < 6 || p[0] != '=' || p[1] != '?')
        return false;
    for (p += 2; p < end && *p != '?'; p++) {
        if (*p <= ' ' || length + 1 == sizeof(word->label))
            return false;
        word->label[length++] = *p;
    }
    word->label[length] = '\0';
    if (length == 0 || end - p < 3 || p[2] != '?')
        return false;
    word->encoding = g_ascii_tolower(p[1]);
    if (word->encoding != 'b' && word->encoding != 'q')
        return false;
    stop = find_end(p + 3, end, word->encoding);
    word->text = p + 3;
    word->length = (size_t)(stop - word->text);
    word->all = (size_t)(stop - start) + (end - stop >= 2 && *stop == '?' ? 2 : 0);
    return true;
}

static void flush(struct words *words)
{
    if (words->octets.length > 0)
        text_charset_convert(words->encoded ? words->label : words->raw_label,
            buf_text(&words->octets), words->octets.length, &words->out);
    buf_cut(&words->octets, 0);
    words->bit_count = 0;
}

static void add_q(struct words *words, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i] == '_' ? ' ' : text[i];

        if (c == '=' && i + 2 < length && g_ascii_isxdigit(text[i + 1]) &&
            g_ascii_isxdigit(text[i + 2])) {
            c = (char)(g_ascii_xdigit_value(text[i + 1]) << 4 | g_ascii_xdigit_value(text[i + 2]));
            i += 2;
        }
        buf_putc(&words->octets, c);
    }
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* A group that is not full at a word's end goes on in the next word, unless it is padded or
 * what is left of it is nothing. */
static void add_b(struct words *words, const char *text, size_t length)
{
    bool padded = false;

    for (size_t i = 0; i < length; i++) {
        int value = base64_value(text[i]);

        padded = padded || text[i] == '=';
        if (value < 0)
            continue;
        words->bits = words->bits << 6 | (unsigned)value;
        words->bit_count += 6;
        if (words->bit_count >= 8) {
            words->bit_count -= 8;
            buf_putc(&words->octets, (char)(words->bits >> words->bit_count & 0xFF));
        }
    }
    if (padded || (words->bits & ((1u << words->bit_count) - 1)) == 0)
        words->bit_count = 0;
}

static void add_word(struct words *words, const struct word *word)
{
    if (!words->encoded || g_ascii_strcasecmp(words->label, word->label) != 0)
        flush(words);
    words->encoded = true;
    g_strlcpy(words->label, word->label, sizeof(words->label));
    if (word->encoding == 'b')
        add_b(words, word->text, word->length);
    else
        add_q(words, word->text, word->length);
}

static void add_raw(struct words *words, const char *text, size_t length)
{
    if (words->encoded)
        flush(words);
    words->encoded = false;
    buf_add(&words->octets, text, length);
}

static void decode_all(struct words *words, const char *p, const char *end)
{
    while (p < end) {
        const char *start = p;
        struct word word;

        /* white space between encoded words is no text; so it waits for what comes */
        while (p < end && g_ascii_isspace(*p))
            p++;
        if (parse_word(p, end, &word)) {
            if (!words->encoded)
                add_raw(words, start, (size_t)(p - start));
            add_word(words, &word);
            p += word.all;
            continue;
        }
        if (p < end)
            p++;
        while (p < end && !g_ascii_isspace(*p) && !(p + 1 < end && p[0] == '=' && p[1] == '?'))
            p++;
        add_raw(words, start, (size_t)(p - start));
    }
    flush(words);
}

/* In place; returns the new length. */
static size_t collapse(char *text, size_t length)
{
    const char *end = text + length;
    char *to = text;

    for (const char *p = text; p < end;) {
        const char *next = g_utf8_next_char(p);
        gunichar c = g_utf8_get_char(p);

        if (g_unichar_isspace(c) || g_unichar_iscntrl(c)) {
            if (to > text && to[-1] != ' ')
                *to++ = ' ';
        } else {
            memmove(to, p, (size_t)(next - p));
            to += next - p;
        }
        p = next;
    }
    if (to > text && to[-1] == ' ')
        to--;
    return (size_t)(to - text);
}

const char *text_words_decode(
    struct arena *arena, const char *raw, size_t length, size_t limit, const char *label)
{
    struct words words = {.raw_label = label};
    char *text = NULL;

    if (length > limit)
        length = limit;
    buf_init(&words.out, SIZE_MAX / 4);
    buf_init(&words.octets, SIZE_MAX / 4);
    decode_all(&words, raw, raw + length);
    if (buf_failed(&words.out) == 0 && buf_failed(&words.octets) == 0)
        text = arena_strndup(arena, buf_text(&words.out), words.out.length);
    if (text != NULL)
        text[collapse(text, words.out.length)] = '\0';
    buf_free(&words.out);
    buf_free(&words.octets);
    return text;
}
