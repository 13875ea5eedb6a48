/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * SMTP replies of the configuration, and their being written for any recipient: one line of
 * printable ASCII without '%' comes out, whatever the address is.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *written)
{
    for (; *written != '\0'; written++)
        if (*written < ' ' || *written > '~' || *written == '%')
            abort();
}

/* The first line is the reply, the rest the address. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)1 << 24);
    char *text = malloc(size + 1), *rest;
    struct policy_reply reply;
    const char *why = NULL;

    if (arena == NULL || text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    rest = strchr(text, '\n');
    if (rest != NULL)
        *rest++ = '\0';
    if (policy_reply_parse(arena, text, &reply, &why) == 0) {
        const struct address address = {.seen = rest};
        const char *written = policy_reply_write(arena, &reply, &address);

        if (written == NULL)
            abort();
        check(written);
    } else if (why == NULL) {
        abort();
    }
    free(text);
    arena_free(&arena);
    return 0;
}
