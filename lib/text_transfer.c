/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * GMime decodes. Of quoted-printable it is only given the escapes: what stands between them stands
 * for itself, and is copied at once, which takes a third of the time that GMime takes for it.
 */
#include "text_transfer.h"

#include <stdbool.h>
#include <string.h>

#define CHUNK ((size_t)8192)
#define SLACK                                                                                      \
    ((size_t)64)           /* no encoding grows when it is taken off, but by an unfinished group   \
                            */
#define ESCAPE ((size_t)3) /* octets of "=41" */

/* GMime's state is 0 outside of an escape. */
static size_t decode_quoted(GMimeEncoding *encoding, const char *bytes, size_t length, char *out)
{
    const char *end = bytes + length;
    char *to = out;

    while (bytes < end) {
        const char *escape =
            encoding->state == 0 ? memchr(bytes, '=', (size_t)(end - bytes)) : bytes;
        size_t plain = (size_t)((escape != NULL ? escape : end) - bytes);
        size_t some;

        memcpy(to, bytes, plain);
        to += plain;
        bytes += plain;
        some = (size_t)(end - bytes) < ESCAPE ? (size_t)(end - bytes) : ESCAPE;
        to += g_mime_encoding_quoted_decode_step((const unsigned char *)bytes, some,
            (unsigned char *)to, &encoding->state, &encoding->save);
        bytes += some;
    }
    return (size_t)(to - out);
}

static void decode(
    GMimeEncoding *encoding, const char *bytes, size_t length, text_sink sink, void *data)
{
    char out[CHUNK + SLACK];
    bool quoted = encoding->encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    bool wanted = true;
    size_t at = 0;

    while (wanted && at < length) {
        size_t some = length - at < CHUNK ? length - at : CHUNK;
        size_t decoded = quoted ? decode_quoted(encoding, bytes + at, some, out)
                                : g_mime_encoding_step(encoding, bytes + at, some, out);

        wanted = sink(data, out, decoded);
        at += some;
    }
    if (wanted && encoding->encoding == GMIME_CONTENT_ENCODING_BASE64) {
        /* padding may be missing, or was cut off */
        size_t decoded = g_mime_encoding_step(encoding, "==", 2, out);

        sink(data, out, decoded);
    }
}

void text_transfer_decode(
    GMimeContentEncoding encoding, const char *bytes, size_t length, text_sink sink, void *data)
{
    GMimeEncoding state;

    if (encoding == GMIME_CONTENT_ENCODING_BASE64 ||
        encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
        encoding == GMIME_CONTENT_ENCODING_UUENCODE) {
        g_mime_encoding_init_decode(&state, encoding);
        decode(&state, bytes, length, sink, data);
        return;
    }
    for (size_t at = 0; at < length; at += CHUNK)
        if (!sink(data, bytes + at, length - at < CHUNK ? length - at : CHUNK))
            return;
}
