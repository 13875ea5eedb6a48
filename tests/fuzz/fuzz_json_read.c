/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any text as JSON: what is read is a tree within the bounds, no larger than the text; what is
 * refused is refused with a line that the text has.
 */
#include "json_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t check(const struct json_read_value *value, unsigned depth)
{
    int has_text = value->type == JSON_READ_NUMBER || value->type == JSON_READ_STRING;
    size_t count = 1;

    if (depth > JSON_READ_DEPTH_MAX || value->type > JSON_READ_OBJECT ||
        has_text != (value->text != NULL))
        abort();
    for (const struct json_read_value *p = value->first; p != NULL; p = p->next) {
        if ((p->name != NULL) != (value->type == JSON_READ_OBJECT) ||
            (p->name != NULL && json_read_member(value, p->name) == NULL))
            abort();
        count += check(p, depth + 1);
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)64 << 20);
    char *text = malloc(size + (size == 0));
    struct json_read_mistake mistake;
    struct json_read_value *value;
    size_t lines = 1;
    int r;

    if (arena == NULL || text == NULL)
        abort();
    memcpy(text, data, size);
    r = json_read(arena, text, size, &value, &mistake);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    if ((r == 0) != (value != NULL) || (value != NULL && check(value, 1) > size))
        abort();
    if (mistake.why != NULL && (mistake.line == 0 || mistake.line > lines))
        abort();
    free(text);
    arena_free(&arena);
    return 0;
}
