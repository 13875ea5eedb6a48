/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What comes out is what GMime alone makes of the whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gmime/gmime.h>

#include "buf.h"
#include "text_transfer.h"

#define CHUNK 8192 /* as in text_transfer.c */

/* Takes all, or `left` pieces. */
struct taken {
    struct buf bytes;
    size_t left;
};

static bool take(void *data, const char *bytes, size_t length)
{
    struct taken *taken = data;

    buf_add(&taken->bytes, bytes, length);
    return --taken->left > 0;
}

static struct taken decode(GMimeContentEncoding encoding, const char *bytes, size_t length)
{
    struct taken taken = {.left = SIZE_MAX};
    char *exact = malloc(length > 0 ? length : 1);

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    buf_init(&taken.bytes, SIZE_MAX / 4);
    text_transfer_decode(encoding, exact, length, take, &taken);
    free(exact);
    return taken;
}

static void check(GMimeContentEncoding encoding, const char *bytes, size_t length)
{
    struct taken taken = decode(encoding, bytes, length);
    char *want = malloc(length + 64);
    GMimeEncoding state;
    size_t size;

    assert_non_null(want);
    g_mime_encoding_init_decode(&state, encoding);
    size = g_mime_encoding_step(&state, bytes, length, want);
    if (encoding == GMIME_CONTENT_ENCODING_BASE64)
        size += g_mime_encoding_step(&state, "==", 2, want + size);
    if (size != taken.bytes.length || memcmp(want, buf_text(&taken.bytes), size) != 0)
        fail_msg("%d: \"%.*s\"", (int)encoding, (int)(length < 60 ? length : 60), bytes);
    buf_free(&taken.bytes);
    free(want);
}

static const struct {
    const char *name;
    const char *in;
    const char *out;
} quoted[] = {
    {"nothing", "", ""},
    {"nothing encoded", "plain text", "plain text"},
    {"an octet", "a=41b", "aAb"},
    {"small letters", "=c3=a9", "\303\251"},
    {"escapes alone", "=3D=3d=3D", "==="},
    {"soft line end", "a=\r\nb", "ab"},
    {"soft line end of a file", "a=\nb", "ab"},
    {"soft line ends in a row", "a=\n=\n=\n=41", "aA"},
    {"an escape right behind one", "=\n=\r\n=3D=\n", "="},
    {"no digits", "a=zzb", "a=zzb"},
    {"one digit", "a=4zb", "a=4zb"},
    {"sign before a sign", "==41", "==41"},
    {"cut off", "a=", "a"},
    {"cut off in the middle", "a=4", "a"},
    {"carriage return alone", "a=\rb", "a=\rb"},
};

static void test_quoted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
        struct taken taken =
            decode(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, quoted[i].in, strlen(quoted[i].in));

        if (strcmp(buf_text(&taken.bytes), quoted[i].out) != 0)
            fail_msg("%s: \"%s\"", quoted[i].name, buf_text(&taken.bytes));
        buf_free(&taken.bytes);
        check(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, quoted[i].in, strlen(quoted[i].in));
    }
}

/* All texts of up to seven of these octets. */
static void test_all_short_ones(void **state)
{
    static const char octets[] = "=4z\r\n";
    size_t count = 1;

    (void)state;
    for (size_t length = 1; length <= 7; length++) {
        count *= sizeof(octets) - 1;
        for (size_t number = 0; number < count; number++) {
            char text[8];

            for (size_t i = 0, rest = number; i < length; i++, rest /= sizeof(octets) - 1)
                text[i] = octets[rest % (sizeof(octets) - 1)];
            check(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, text, length);
        }
    }
}

/* Escapes over the end of a chunk, and unfinished ones there. */
static void test_chunks(void **state)
{
    static const char *const ends[] = {"=41", "=\r\n", "=\n", "==41", "=4", "=", "=\n=41=\n", "A"};
    static const char base64[] = "QUJD";
    char text[2 * CHUNK + 64];

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        for (size_t at = CHUNK - 10; at < CHUNK + 10; at++) {
            memset(text, 'a', sizeof(text));
            memcpy(text + at, ends[i], strlen(ends[i]));
            check(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, text, sizeof(text));
            check(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, text, at + strlen(ends[i]));
        }
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = base64[i % 4];
    for (size_t length = 0; length < 20; length++) {
        check(GMIME_CONTENT_ENCODING_BASE64, text, length);
        check(GMIME_CONTENT_ENCODING_BASE64, text, CHUNK - 10 + length);
    }
    check(GMIME_CONTENT_ENCODING_UUENCODE, "begin 644 a\n#04)#\n`\nend\n", 24);
}

/* Nothing is decoded that nobody wants. */
static void test_enough(void **state)
{
    static const GMimeContentEncoding encodings[] = {GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE,
        GMIME_CONTENT_ENCODING_BASE64, GMIME_CONTENT_ENCODING_7BIT, GMIME_CONTENT_ENCODING_DEFAULT};
    char text[3 * CHUNK];

    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        struct taken taken = {.left = 2};

        buf_init(&taken.bytes, SIZE_MAX / 4);
        text_transfer_decode(encodings[i], text, sizeof(text), take, &taken);
        assert_int_equal(taken.left, 0);
        assert_int_equal(taken.bytes.length,
            encodings[i] == GMIME_CONTENT_ENCODING_BASE64 ? 2 * CHUNK / 4 * 3 : 2 * CHUNK);
        buf_free(&taken.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoted),
        cmocka_unit_test(test_all_short_ones),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
