/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any octets fold to UTF-8 within the limit, and folding twice changes nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lead octets are followed by as many others as they say. */
static int is_utf8(const char *text, size_t length)
{
    size_t i = 0;

    while (i < length) {
        unsigned char c = (unsigned char)text[i++];
        int more = c < 0x80 ? 0 : c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC2 ? 1 : -1;

        if (more < 0 || c > 0xF4)
            return 0;
        for (; more > 0; more--)
            if (i == length || ((unsigned char)text[i++] & 0xC0) != 0x80)
                return 0;
    }
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    size_t limit = size > 0 && data[0] % 4 == 0 ? data[0] : SIZE_MAX;
    size_t once_length;
    size_t twice_length;
    char *once;
    char *twice;

    if (arena == NULL)
        abort();
    once = fold_text(arena, (const char *)data, size, limit, &once_length);
    if (once == NULL || once_length > limit || once_length > size * 18 ||
        !is_utf8(once, once_length))
        abort();
    twice = fold_text(arena, once, once_length, limit, &twice_length);
    if (twice == NULL || once_length != twice_length || memcmp(once, twice, once_length) != 0)
        abort();
    arena_free(&arena);
    return 0;
}
