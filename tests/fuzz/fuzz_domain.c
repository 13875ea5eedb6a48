/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any name: what comes out is an A-label name that stays what it is, whose organisational domain
 * is its tail and its own organisational domain.
 */
#include "domain.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    char *name = arena_strndup(arena, (const char *)data, size);
    const char *ascii, *again, *organisation;

    if (domain_to_ascii(arena, name, &ascii) == 0) {
        if (strlen(ascii) > 253 || domain_to_ascii(arena, ascii, &again) != 0 ||
            strcmp(ascii, again) != 0)
            abort();
        organisation = domain_organisational(ascii);
        if (organisation != NULL && (!domain_aligned(ascii, organisation) ||
                                        domain_organisational(organisation) != organisation))
            abort();
    }
    arena_free(&arena);
    return 0;
}
