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
/* No encoding grows when it is taken off, but by an unfinished group. */
#define SLACK ((size_t)64)
#define ESCAPE ((size_t)3) /* octets of "=41" */

/* Octets before the next escape. */
static size_t plain_length(const char *bytes, size_t length)
{
    const char *escape = memchr(bytes, '=', length);

    return escape == NULL ? length : (size_t)(escape - bytes);
}

/* GMime's state is 0 outside of an escape. */
static size_t decode_quoted(GMimeEncoding *encoding, const char *bytes, size_t length, char *out)
{
    char *to = out;
    size_t at = 0;

    while (at < length) {
        size_t plain = encoding->state == 0 ? plain_length(bytes + at, length - at) : 0;
        size_t some;

        memcpy(to, bytes + at, plain);
        to += plain;
        at += plain;
        some = length - at < ESCAPE ? length - at : ESCAPE;
        to += g_mime_encoding_quoted_decode_step((const unsigned char *)bytes + at, some,
            (unsigned char *)to, &encoding->state, &encoding->save);
        at += some;
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
