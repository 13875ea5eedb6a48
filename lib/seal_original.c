/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Blocks in a list: a buffer that grows by realloc() would leave copies behind.
 */
#include "seal_original.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

/* Small ones first: most mail fits into two. */
#define FIRST_BLOCK ((size_t)8192)
#define LARGEST_BLOCK ((size_t)1 << 20)
/* RFC 2045 §2.7, without the line end */
#define LINE_OCTETS 998

struct block {
    struct block *next;
    size_t used;
    size_t room;
    char bytes[];
};

struct seal_original {
    size_t maximum;
    size_t length;
    bool cut;
    struct block *first;
    struct block *last;
    /* for the encoding */
    size_t line; /* octets of the line that is coming in */
    bool after_cr;
    bool eight_bit;
    bool binary;
};

struct seal_original *seal_original_new(size_t maximum)
{
    struct seal_original *original = calloc(1, sizeof(*original));

    if (original != NULL)
        original->maximum = maximum;
    return original;
}

static void wipe(struct seal_original *original)
{
    struct block *next;

    for (struct block *block = original->first; block != NULL; block = next) {
        next = block->next;
        OPENSSL_cleanse(block->bytes, block->used);
        free(block);
    }
    original->first = original->last = NULL;
    original->length = 0;
}

void seal_original_free(struct seal_original **original)
{
    if (*original == NULL)
        return;
    wipe(*original);
    free(*original);
    *original = NULL;
}

static int add_block(struct seal_original *original)
{
    size_t room = original->last == NULL ? FIRST_BLOCK : original->last->room * 2;
    struct block *block;

    if (room > LARGEST_BLOCK)
        room = LARGEST_BLOCK;
    block = malloc(sizeof(*block) + room);
    if (block == NULL)
        return ERR_NOMEM;
    *block = (struct block){.room = room};
    if (original->last != NULL)
        original->last->next = block;
    else
        original->first = block;
    original->last = block;
    return 0;
}

/* What keeps the octet from being 7bit or 8bit. */
static void look_at(struct seal_original *original, unsigned char octet)
{
    if (octet == '\n' ? !original->after_cr : original->after_cr)
        original->binary = true; /* a line feed or a carriage return alone */
    if (octet == '\n' || octet == '\r') {
        original->line = 0;
    } else if (++original->line > LINE_OCTETS || octet == '\0') {
        original->binary = true;
    }
    original->eight_bit = original->eight_bit || octet >= 0x80;
    original->after_cr = octet == '\r';
}

static int keep(struct seal_original *original, const char *bytes, size_t length)
{
    if (original->cut)
        return 0;
    if (length > original->maximum - original->length) {
        wipe(original);
        original->cut = true;
        return 0;
    }
    for (size_t i = 0; i < length; i++)
        look_at(original, (unsigned char)bytes[i]);
    original->length += length;
    while (length > 0) {
        struct block *last = original->last;
        size_t some;

        if (last == NULL || last->used == last->room) {
            if (add_block(original) != 0)
                return ERR_NOMEM;
            last = original->last;
        }
        some = length < last->room - last->used ? length : last->room - last->used;
        memcpy(last->bytes + last->used, bytes, some);
        last->used += some;
        bytes += some;
        length -= some;
    }
    return 0;
}

/* A value's lines: folded with LF by the milter protocol, or with CRLF as they came. */
static int keep_lines(struct seal_original *original, const char *value)
{
    size_t at = 0, length = strlen(value);
    int r = 0;

    while (r == 0 && at < length) {
        size_t line = strcspn(value + at, "\n");
        bool has_cr = line > 0 && value[at + line - 1] == '\r' && value[at + line] == '\n';

        r = keep(original, value + at, has_cr ? line - 1 : line);
        at += line;
        if (r == 0 && value[at] == '\n') {
            r = keep(original, "\r\n", 2);
            at++;
        }
    }
    return r;
}

int seal_original_add_field(
    struct seal_original *original, const char *name, const char *value, bool whole)
{
    int r = keep(original, name, strlen(name));

    if (r == 0)
        r = keep(original, ": ", whole ? 1 : 2);
    if (r == 0)
        r = keep_lines(original, value);
    return r != 0 ? r : keep(original, "\r\n", 2);
}

int seal_original_end_header(struct seal_original *original)
{
    return keep(original, "\r\n", 2);
}

int seal_original_add_body(struct seal_original *original, const void *bytes, size_t length)
{
    return keep(original, bytes, length);
}

bool seal_original_is_cut(const struct seal_original *original)
{
    return original->cut;
}

size_t seal_original_length(const struct seal_original *original)
{
    return original->length;
}

const char *seal_original_encoding(const struct seal_original *original)
{
    if (original->binary || original->after_cr)
        return "binary";
    return original->eight_bit ? "8bit" : "7bit";
}

int seal_original_read(const struct seal_original *original,
    int (*put)(void *cookie, const char *bytes, size_t length), void *cookie)
{
    int r = 0;

    for (const struct block *block = original->first; r == 0 && block != NULL; block = block->next)
        r = put(cookie, block->bytes, block->used);
    return r;
}
