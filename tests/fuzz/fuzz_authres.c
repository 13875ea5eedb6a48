/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any Authentication-Results field: what is read is complete and lower case where promised.
 */
#include "authres.h"
#include "err.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_word(const char *word)
{
    if (word == NULL || *word == '\0')
        abort();
    for (; *word != '\0'; word++)
        if ((*word >= 'A' && *word <= 'Z') || (unsigned char)*word <= ' ')
            abort();
}

static void check_result(const struct authres_result *result)
{
    check_word(result->method);
    check_word(result->result);
    for (size_t i = 0; i < result->property_count; i++) {
        const struct authres_property *property = &result->properties[i];

        check_word(property->ptype);
        check_word(property->property);
        if (property->value == NULL || strpbrk(property->value, "\r\n") != NULL)
            abort();
    }
    (void)authres_property(result, "header", "d");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct authres field;

    if (authres_parse(arena, (const char *)data, size, &field) == 0) {
        if (field.authserv_id == NULL || field.result_count > 100)
            abort();
        for (size_t i = 0; i < field.result_count; i++)
            check_result(&field.results[i]);
    } else if (field.authserv_id != NULL || field.result_count != 0) {
        abort();
    }
    arena_free(&arena);
    return 0;
}
