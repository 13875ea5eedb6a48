/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "dkim_length.h"

static void add_octet(struct dkim_length *length, unsigned char c)
{
    if (!length->begun)
        length->simple += 2 * length->simple_blank;
    length->begun = true;
    length->simple_blank = 0;
    length->simple++;
    if (c == ' ' || c == '\t') {
        length->spaced = true;
        return;
    }
    if (!length->inked)
        length->relaxed += 2 * length->relaxed_blank;
    length->inked = true;
    length->relaxed_blank = 0;
    length->relaxed += length->spaced ? 2 : 1;
    length->spaced = false;
}

static void end_line(struct dkim_length *length)
{
    if (length->begun)
        length->simple += 2;
    else
        length->simple_blank++;
    if (length->inked)
        length->relaxed += 2;
    else
        length->relaxed_blank++;
    length->begun = false;
    length->inked = false;
    length->spaced = false;
}

void dkim_length_add(struct dkim_length *length, const void *bytes, size_t count)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < count; i++) {
        if (p[i] == '\n' && length->after_cr) {
            length->after_cr = false;
            end_line(length);
            continue;
        }
        if (length->after_cr)
            add_octet(length, '\r');
        length->after_cr = p[i] == '\r';
        if (!length->after_cr)
            add_octet(length, p[i]);
    }
}

void dkim_length_end(struct dkim_length *length)
{
    if (length->after_cr)
        add_octet(length, '\r');
    length->after_cr = false;
    if (length->begun)
        end_line(length);
    /* an empty body is one empty line in the simple form (§3.4.3), and nothing in the other */
    if (length->simple == 0)
        length->simple = 2;
}
