/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Whatever the subject, what is kept is made of our words and gaps, without a digit.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "phrases_set.h"
#include "redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vocabulary[] =
    "language = \"xx\"; name = \"X\"; words = { password = [ \"password\", \"パスワード\", "
    "\"пароль\", "
    "\"confirm*\", \"再設定\", \"รหัสผ่าน\" ]; common = [ \"your\", \"is\" ]; };";
static const char *const words[] = {"password", "パスワード", "пароль", "confirm", "再設定",
    "รหัสผ่าน", "your", "is", "examplix", " ", "…"};

static struct phrases *load(void)
{
    struct mistakes mistakes = {0};
    struct phrases *set = calloc(1, sizeof(*set));

    if (set == NULL ||
        phrases_read_text(set, "x", "xx", vocabulary, strlen(vocabulary), &mistakes) != 0 ||
        mistakes.count > 0 || phrases_build(set) != 0)
        abort();
    return set;
}

/* The length of a word of ours at the start of text. */
static size_t known(const char *text)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0)
            return strlen(words[i]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct phrases *phrases;
    struct arena *arena = arena_new(0);
    struct text text = {0};
    const char *kept = NULL;
    char *subject = malloc(size + 1);

    if (phrases == NULL)
        phrases = load();
    if (arena == NULL || subject == NULL)
        abort();
    memcpy(subject, data, size);
    subject[size] = '\0';
    text.subject = subject;
    if (redact_subject(arena, &text, phrases, "Examplix", REDACT_WORDS, &kept) != 0)
        abort();
    for (const char *p = kept; p != NULL && *p != '\0';) {
        size_t length = known(p);

        if (length == 0)
            abort();
        p += length;
    }
    free(subject);
    arena_free(&arena);
    return 0;
}
