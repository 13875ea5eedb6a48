/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is kept of a subject is written from the folded text, so that nothing invisible stays in
 * it, and word by word from our own vocabulary: names and codes need not be recognised to go.
 *
 * Of a word that begins with a stem of ours the stem is kept: "codeabcd" holds a code. Single
 * letters go, because a code can be spelled with them. In scripts without spaces the longest
 * words of ours are looked for from each character on, and words are of two characters at least.
 */
#include "redact.h"

#include <glib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "fold.h"

#define SUBJECT_MAX ((size_t)998)
#define UNSPACED_MAX 24    /* characters of a word that is looked for */
#define GAP "\xe2\x80\xa6" /* … */

/* What a run of characters is. */
enum run { RUN_NONE, RUN_WORD, RUN_UNSPACED };

struct writing {
    struct buf out;
    const struct phrases *phrases;
    const char *name; /* of the service, folded; "" for none */
    bool gap;         /* the last thing written is one */
    bool joined;      /* the next word is written without a space before it */
};

static enum run run_of(gunichar c)
{
    if (!fold_is_word(c))
        return RUN_NONE;
    return fold_is_unspaced(c) ? RUN_UNSPACED : RUN_WORD;
}

static size_t character_length(const char *text)
{
    return (size_t)(g_utf8_next_char(text) - text);
}

/* Octets of the run at the start of text. */
static size_t run_length(const char *text, size_t length, enum run *run)
{
    size_t at = 0;

    *run = RUN_NONE;
    while (at < length) {
        enum run here = run_of(g_utf8_get_char(text + at));

        if (at == 0)
            *run = here;
        else if (here != *run)
            break;
        at += character_length(text + at);
    }
    return at;
}

/* Digits, and what is written for numbers in scripts that have no decimal digits. */
static bool has_number(const char *word, size_t length)
{
    const char *end = word + length;

    for (const char *p = word; p < end; p = g_utf8_next_char(p)) {
        GUnicodeType type = g_unichar_type(g_utf8_get_char(p));

        if (type == G_UNICODE_DECIMAL_NUMBER || type == G_UNICODE_LETTER_NUMBER ||
            type == G_UNICODE_OTHER_NUMBER)
            return true;
    }
    return false;
}

static bool is_in_name(const char *name, const char *word, size_t length)
{
    size_t all = strlen(name), run;
    enum run what;

    for (size_t at = 0; at < all; at += run) {
        run = run_length(name + at, all - at, &what);
        if (what != RUN_NONE && run == length && memcmp(name + at, word, length) == 0)
            return true;
    }
    return false;
}

/* How many octets of a word may stay. */
static size_t keep_of(const struct writing *writing, const char *word, size_t length)
{
    if (has_number(word, length))
        return 0;
    if (is_in_name(writing->name, word, length))
        return length;
    if (length == character_length(word))
        return 0;
    return phrases_known_part(writing->phrases, word, length);
}

static void write_gap(struct writing *writing)
{
    if (!writing->gap && writing->out.length > 0 && !writing->joined)
        buf_putc(&writing->out, ' ');
    if (!writing->gap)
        buf_puts(&writing->out, GAP);
    writing->gap = true;
    writing->joined = false;
}

static void write_word(struct writing *writing, const char *word, size_t length)
{
    if (writing->out.length > 0 && !writing->joined)
        buf_putc(&writing->out, ' ');
    buf_add(&writing->out, word, length);
    writing->gap = false;
}

static void write_spaced(struct writing *writing, const char *word, size_t length)
{
    size_t keep = keep_of(writing, word, length);

    writing->joined = false;
    if (keep > 0)
        write_word(writing, word, keep);
    writing->joined = keep > 0;
    if (keep < length)
        write_gap(writing);
    writing->joined = false;
}

/* The longest word of ours at the start of a run without spaces; 0 for none. */
static size_t longest_word(const struct writing *writing, const char *text, size_t length)
{
    size_t longest = 0, at = 0;

    for (int characters = 1; characters <= UNSPACED_MAX && at < length; characters++) {
        at += character_length(text + at);
        if (keep_of(writing, text, at) == at)
            longest = at;
    }
    return longest;
}

static void write_unspaced(struct writing *writing, const char *text, size_t length)
{
    size_t at = 0;

    writing->joined = false;
    while (at < length) {
        size_t word = longest_word(writing, text + at, length - at);

        if (word > 0)
            write_word(writing, text + at, word);
        else
            write_gap(writing);
        writing->joined = true;
        at += word > 0 ? word : character_length(text + at);
    }
    writing->joined = false;
}

/* Writes the words that may stay, and one gap for each run of others. */
static void write_words(struct writing *writing, const char *subject)
{
    size_t length = strlen(subject), run;
    enum run what;

    for (size_t at = 0; at < length; at += run) {
        run = run_length(subject + at, length - at, &what);
        if (what == RUN_WORD)
            write_spaced(writing, subject + at, run);
        else if (what == RUN_UNSPACED)
            write_unspaced(writing, subject + at, run);
    }
}

int redact_subject(struct arena *arena, const struct text *text, const struct phrases *phrases,
    const char *service_name, enum redact_subject keep, const char **out)
{
    struct writing writing = {.phrases = phrases, .name = ""};
    const char *subject;
    int r;

    *out = NULL;
    if (keep != REDACT_WORDS || text->subject[0] == '\0')
        return 0;
    subject = fold_text(arena, text->subject, strlen(text->subject), SUBJECT_MAX, NULL);
    if (service_name != NULL)
        writing.name = fold_text(arena, service_name, strlen(service_name), SUBJECT_MAX, NULL);
    if (subject == NULL || writing.name == NULL)
        return ERR_NOMEM;
    buf_init(&writing.out, 4 * SUBJECT_MAX);
    write_words(&writing, subject);
    r = buf_failed(&writing.out);
    if (r == 0 && (*out = arena_strdup(arena, buf_text(&writing.out))) == NULL)
        r = ERR_NOMEM;
    buf_free(&writing.out);
    return r;
}
