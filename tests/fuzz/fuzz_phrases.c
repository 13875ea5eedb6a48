/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The reader of language files; and what it took is searched in the file's own text.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "phrases_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the string that it was reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

static void search(const struct phrases *set, const char *text, size_t length)
{
    struct arena *arena = arena_new(0);
    struct phrases_finds finds = {.arena = arena};
    struct phrases_string string = {text, length};
    struct phrases_choice choice;
    struct phrases_hit *hits;
    size_t count;

    memset(&choice, 0xff, sizeof(choice));
    if (arena != NULL && phrases_scan(set, text, length, 0, &finds) == 0 &&
        phrases_expand(set, &finds, &string, &choice, &hits, &count) == 0)
        for (size_t i = 0; i < count; i++)
            if (hits[i].start >= hits[i].end || hits[i].end > length ||
                hits[i].pattern >= phrases_pattern_count(set))
                abort();
    phrases_known_part(set, text, length < 60 ? length : 60);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct phrases *set = calloc(1, sizeof(*set));
    struct mistakes mistakes = {0};
    char *text = malloc(size + (size == 0));

    if (set != NULL && text != NULL) {
        memcpy(text, data, size);
        phrases_read_text(set, "fuzz.conf", "de", text, size, &mistakes);
        if (set->pattern_count > 0 && phrases_build(set) == 0)
            search(set, text, size);
    }
    mistakes_clear(&mistakes);
    phrases_free(&set);
    free(text);
    return 0;
}
