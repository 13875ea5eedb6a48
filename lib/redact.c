/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is kept of a subject is written from the folded text, so that nothing invisible stays in
 * it, and word by word from our own vocabulary: names and codes need not be recognised to go.
 */
#include "redact.h"

#include <string.h>

#include <glib.h>

#include "buf.h"
#include "err.h"
#include "fold.h"

#define SUBJECT_MAX ((size_t)998)
#define GAP "\xe2\x80\xa6" /* … */

/* Octets of the word or of the run between words at the start of text. */
static size_t run_length(const char *text, size_t length, bool *word)
{
    size_t at = 0;

    while (at < length) {
        const char *here = text + at;
        bool is_word = fold_is_word(g_utf8_get_char(here));

        if (at == 0)
            *word = is_word;
        else if (is_word != *word)
            break;
        at += (size_t)(g_utf8_next_char(here) - here);
    }
    return at;
}

static bool has_digit(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (word[i] >= '0' && word[i] <= '9')
            return true;
    return false;
}

static bool is_in_name(const char *name, const char *word, size_t length)
{
    size_t at = 0, run;
    bool is_word = false;

    for (; name[at] != '\0'; at += run) {
        run = run_length(name + at, strlen(name + at), &is_word);
        if (is_word && run == length && memcmp(name + at, word, length) == 0)
            return true;
    }
    return false;
}

/* Writes the words that may stay, and one gap for each run of others. */
static void write_words(
    struct buf *out, const char *subject, const struct phrases *phrases, const char *name)
{
    size_t length = strlen(subject), run;
    bool is_word = false, gap = false;

    for (size_t at = 0; at < length; at += run) {
        const char *here = subject + at;
        bool known;

        run = run_length(here, length - at, &is_word);
        if (!is_word)
            continue;
        known = !has_digit(here, run) &&
                (phrases_knows_word(phrases, here, run) || is_in_name(name, here, run));
        if (out->length > 0 && (known || !gap))
            buf_putc(out, ' ');
        if (known)
            buf_add(out, here, run);
        else if (!gap)
            buf_puts(out, GAP);
        gap = !known;
    }
}

int redact_subject(struct arena *arena, const struct text *text, const struct phrases *phrases,
    const char *service_name, enum redact_subject keep, const char **out)
{
    const char *subject, *name;
    struct buf kept;
    int r;

    *out = NULL;
    if (keep != REDACT_WORDS || text->subject[0] == '\0')
        return 0;
    subject = fold_text(arena, text->subject, strlen(text->subject), SUBJECT_MAX, NULL);
    name = service_name == NULL
               ? ""
               : fold_text(arena, service_name, strlen(service_name), SUBJECT_MAX, NULL);
    if (subject == NULL || name == NULL)
        return ERR_NOMEM;
    buf_init(&kept, 4 * SUBJECT_MAX);
    write_words(&kept, subject, phrases, name);
    r = buf_failed(&kept);
    if (r == 0 && (*out = arena_strdup(arena, buf_text(&kept))) == NULL)
        r = ERR_NOMEM;
    buf_free(&kept);
    return r;
}
