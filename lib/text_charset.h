/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_charset - octets of any charset as UTF-8, piece by piece.
 *
 * The label a mail gives is a hint: text that is UTF-8 is read as UTF-8 whatever it says, text
 * that is not what it says it is, or says nothing, is guessed (text_guess.h).
 *
 * Invariants
 * 1. What the sink gets is valid UTF-8 without NUL; what cannot be read is U+FFFD.
 * 2. A stranger's label never reaches iconv: only the names of our own table do.
 * Thread rule: one thread at a time for a decoder.
 */
#ifndef GONEAWAY_TEXT_CHARSET_H
#define GONEAWAY_TEXT_CHARSET_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* Takes decoded text; false when it wants no more. */
typedef bool (*text_sink)(void *data, const char *utf8, size_t length);

enum text_charset_way {
    TEXT_CHARSET_OPEN, /* nothing but ASCII has been seen */
    TEXT_CHARSET_UTF8,
    TEXT_CHARSET_ICONV,
    TEXT_CHARSET_JIS /* ISO-2022-JP as it is really written, brought into Shift_JIS first */
};

struct text_charset {
    const char *label; /* as the mail gives it, or NULL */
    bool html;         /* the text may name its charset itself */
    enum text_charset_way way;
    iconv_t iconv;
    struct buf pending; /* octets of a character whose end has not come */
    unsigned jis_set;
    unsigned char jis_first; /* of a character of two octets, 0 for none */
    size_t stage_used;
    char stage[4096]; /* decoded, on its way to the sink */
    text_sink sink;
    void *data;
    bool enough; /* the sink wants no more */
};

/* label (may be NULL) must live as long as the decoder. */
void text_charset_init(
    struct text_charset *charset, const char *label, bool html, text_sink sink, void *data);
/* Decodes the next octets. False when the sink wants no more. */
bool text_charset_feed(struct text_charset *charset, const char *bytes, size_t length);
/* No more will come: hands over what is left, and frees. 0 or ERR_NOMEM. */
int text_charset_end(struct text_charset *charset);

/* All at once, appended to out. */
void text_charset_convert(const char *label, const char *bytes, size_t length, struct buf *out);

#endif
