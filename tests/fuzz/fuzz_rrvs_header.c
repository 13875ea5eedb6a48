/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Require-Recipient-Valid-Since fields: an address that is read is one line of printable
 * characters and reads back to the same key.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "rrvs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, const struct address *address)
{
    struct address again;

    for (const char *p = address->key; *p != '\0'; p++)
        if ((unsigned char)*p < ' ')
            abort();
    if (address_parse_spec(arena, address->seen, NULL, &again) == 0 &&
        strcmp(again.key, address->key) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 24);
    struct address address;
    int64_t when;

    if (arena == NULL || domain_open() != 0)
        abort();
    if (rrvs_parse_header(arena, (const char *)data, size, &address, &when) == 0)
        check(arena, &address);
    arena_free(&arena);
    return 0;
}
