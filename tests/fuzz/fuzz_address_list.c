/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any From, To or Sender field.
 */
#include "address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    char *value = arena_strndup(arena, (const char *)data, size);
    struct address_mailbox *mailboxes;
    struct address again;
    size_t count;
    bool broken;

    if (address_parse_list(arena, value, 8, &mailboxes, &count, &broken) != 0 || count > 8)
        abort();
    for (size_t i = 0; i < count; i++) {
        const struct address *address = &mailboxes[i].address;

        if (*address->domain == '\0' || strpbrk(mailboxes[i].display, "\r\n\t") != NULL)
            abort();
        if (address_parse_spec(arena, address->seen, NULL, &again) != 0 ||
            strcmp(again.key, address->key) != 0)
            abort();
    }
    arena_free(&arena);
    return 0;
}
