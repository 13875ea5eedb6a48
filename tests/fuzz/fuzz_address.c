/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any envelope path: a key is in key form, its own spelling has the same key, and no control
 * gets through.
 */
#include "address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The local part as a quoted string, behind which the domain stands. */
static char *quoted(struct arena *arena, const struct address *address)
{
    char *text = arena_alloc(arena, 2 * strlen(address->local) + strlen(address->domain) + 4);
    char *to = text;

    *to++ = '"';
    for (const char *p = address->local; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            *to++ = '\\';
        *to++ = *p;
    }
    *to++ = '"';
    *to++ = '@';
    strcpy(to, address->domain);
    return text;
}

static void check(struct arena *arena, const struct address *address)
{
    struct address again;
    size_t local = strlen(address->local);

    for (const char *p = address->key; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f || (*p >= 'A' && *p <= 'Z'))
            abort();
    if (*address->domain == '\0')
        return;
    if (strncmp(address->key, address->local, local) != 0 || address->key[local] != '@')
        abort();
    if (local > 256) /* longer only by what NFC or \xHH adds */
        return;
    if (address_parse_path(arena, quoted(arena, address), "+-", &again) != 0 ||
        strcmp(again.key, address->key) != 0 || strcmp(again.base, address->base) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    char *text = arena_strndup(arena, (const char *)data, size);
    char *space = strchr(text, '\n');
    struct address address;

    /* what stands in a second line is a pattern */
    if (space != NULL)
        *space++ = '\0';
    if (address_parse_path(arena, text, "+-", &address) == 0) {
        check(arena, &address);
        (void)address_is_role(&address);
        if (space != NULL)
            (void)address_matches(&address, space);
        if (!address_matches(&address, "*"))
            abort();
    }
    if (address_parse_spec(arena, text, "+-", &address) == 0)
        check(arena, &address);
    arena_free(&arena);
    return 0;
}
