/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_plain - the sentences of plain text: lines that were wrapped come together again, the
 * author's words and quoted ones apart (RFC 3676 where the text is format=flowed).
 *
 * Thread rule: one thread at a time for a build.
 */
#ifndef GONEAWAY_TEXT_PLAIN_H
#define GONEAWAY_TEXT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "text_build.h"

struct text_plain {
    enum text_origin origin; /* of the whole text; quotations are looked for in TEXT_AUTHOR */
    bool flowed;
    bool delsp;
    bool conversation; /* see text_quote.h */
    bool encrypted;    /* set when the text is an OpenPGP message */
};

/* Reads text, valid UTF-8. 0 or ERR_NOMEM. */
int text_plain_read(
    struct text_build *build, struct text_plain *plain, const char *text, size_t length);

#endif
