/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The words for "code" are those of the phrase files, of the languages that the mail may be in.
 */
#include "defuse_words.h"

#include <glib.h>
#include <string.h>

#include "defuse_link.h"
#include "defuse_text.h"
#include "defuse_view.h"
#include "err.h"
#include "fold.h"

#define LANGUAGES 3 /* that the mail may be in */
#define FEW_WORDS 4 /* of a line that may hold nothing but the code */
#define LINES_BEHIND 2
#define SHORT_WORD 2  /* characters that are no code */
#define ENDING_MOST 3 /* octets behind a stem */

/* --- sentences ---------------------------------------------------------------------------- */

static int scan(struct phrases_finds *finds, const struct phrases *phrases, const struct text *text,
    struct phrases_string *strings)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < text->segment_count; i++) {
        const struct text_segment *segment = &text->segments[i];

        strings[i] = (struct phrases_string){segment->folded, segment->length};
        r = phrases_scan(phrases, segment->folded, segment->length, (uint32_t)i, finds);
    }
    return r;
}

static int choose(
    const struct phrases *phrases, const struct phrases_finds *finds, struct phrases_choice *choice)
{
    size_t count = phrases_language_count(phrases);
    double *scores = arena_array(finds->arena, count + 1, sizeof(*scores));

    if (scores == NULL)
        return ERR_NOMEM;
    phrases_score_languages(phrases, finds, scores);
    for (int i = 0; i < LANGUAGES && count > 0; i++) {
        size_t best = 0;

        for (size_t j = 1; j < count; j++)
            best = scores[j] > scores[best] ? j : best;
        if (scores[best] <= 0)
            break;
        choice->bits[best / 64] |= (uint64_t)1 << best % 64;
        scores[best] = 0;
    }
    return 0;
}

static bool has_few_words(const struct text_segment *segment)
{
    size_t words = 0;
    bool inside = false;

    for (const char *p = segment->folded; *p != '\0' && words <= FEW_WORDS;
         p = g_utf8_next_char(p)) {
        bool word = fold_is_word(g_utf8_get_char(p));

        words += word && !inside;
        inside = word;
    }
    return words <= FEW_WORDS;
}

/* Behind the last word that is looked for in a long text everything may speak of a code. */
static void doubt_rest(const struct phrases_finds *finds, const struct text *text, bool *about)
{
    if (finds->count < PHRASES_FINDS_MAX)
        return;
    for (size_t i = finds->items[finds->count - 1].segment; i < text->segment_count; i++)
        about[i] = true;
}

/* A code may stand alone in its line, above or below the words that tell what it is. */
static void spread(const struct text *text, bool *about)
{
    size_t behind = 0;

    for (size_t i = 0; i < text->segment_count; i++) {
        bool few = has_few_words(&text->segments[i]);

        if (i + 1 < text->segment_count && about[i + 1] && !about[i] && behind == 0)
            about[i] = few;
        else if (about[i])
            behind = LINES_BEHIND;
        else if (behind > 0 && few)
            about[i] = true, behind--;
        else
            behind = 0;
    }
}

int defuse_words_find(
    struct arena *arena, const struct phrases *phrases, const struct text *text, const bool **out)
{
    struct phrases_finds finds = {.arena = arena};
    struct phrases_string *strings = arena_array(arena, text->segment_count + 1, sizeof(*strings));
    bool *about = arena_array(arena, text->segment_count + 1, sizeof(*about));
    struct phrases_choice choice = {0};
    struct phrases_hit *hits = NULL;
    size_t count = 0;
    int r;

    *out = about;
    if (strings == NULL || about == NULL)
        return ERR_NOMEM;
    memset(about, 0, text->segment_count * sizeof(*about));
    r = scan(&finds, phrases, text, strings);
    if (r == 0)
        r = choose(phrases, &finds, &choice);
    if (r == 0)
        r = phrases_expand(phrases, &finds, strings, &choice, &hits, &count);
    for (size_t i = 0; r == 0 && i < count; i++)
        if (hits[i].idea == IDEA_CODE)
            about[hits[i].segment] = true;
    if (r == 0) {
        spread(text, about);
        doubt_rest(&finds, text, about);
    }
    return r;
}

/* --- words -------------------------------------------------------------------------------- */

static bool is_apostrophe(gunichar c)
{
    return c == '\'' || c == 0x2019;
}

/* Characters of the word at `at`, with apostrophes inside; 0 where none begins that is kept. */
static size_t word_length(const struct defuse_view *view, size_t at)
{
    size_t end = at;

    for (; end < view->length && view->fate[end] == DEFUSE_KEPT; end++) {
        gunichar c = view->text[end];

        if (!(fold_is_word(c) && !fold_is_unspaced(c)) &&
            !(end > at && is_apostrophe(c) && defuse_view_is_alnum(view, end + 1)))
            break;
    }
    return end - at;
}

/* Is it one of the words of shown? */
static bool is_shown(const char *shown, const char *word, size_t length)
{
    for (const char *p = strstr(shown, word); p != NULL; p = strstr(p + 1, word))
        if ((p == shown || !g_unichar_isalnum(g_utf8_get_char(g_utf8_prev_char(p)))) &&
            !g_unichar_isalnum(g_utf8_get_char(p + length)))
            return true;
    return false;
}

static int may_stay(
    const struct defuse_vocabulary *vocabulary, const char *word, size_t length, bool *stays)
{
    size_t folded_length, known;
    char *folded = fold_text(vocabulary->arena, word, length, 4 * length + 16, &folded_length);

    if (folded == NULL)
        return ERR_NOMEM;
    known = phrases_known_part(vocabulary->phrases, folded, folded_length);
    *stays = g_utf8_strlen(word, (gssize)length) <= SHORT_WORD ||
             (known > 0 && folded_length - known <= ENDING_MOST) ||
             is_shown(vocabulary->shown, folded, folded_length);
    return 0;
}

static int write_word(const struct defuse_vocabulary *vocabulary, const char *word, size_t length,
    struct buf *gathered)
{
    bool stays;
    int r = may_stay(vocabulary, word, length, &stays);

    if (r == 0 && stays)
        buf_add(gathered, word, length);
    else if (r == 0)
        defuse_text_gather_code(gathered);
    return r;
}

int defuse_words_gather(
    const struct defuse_vocabulary *vocabulary, const char *plain, struct buf *gathered)
{
    struct defuse_view view;
    struct buf whole;
    const char *p;
    int r;

    buf_init(&whole, SIZE_MAX / 2);
    defuse_text_gather(&whole, plain, strlen(plain));
    r = buf_failed(&whole);
    defuse_view_open(&view, &whole);
    defuse_link_find(&view); /* its words are no words */
    p = buf_text(&whole);
    for (size_t at = 0; r == 0 && at < view.length;) {
        size_t characters = word_length(&view, at);
        const char *behind = g_utf8_offset_to_pointer(p, characters > 0 ? (glong)characters : 1);

        if (characters > 0)
            r = write_word(vocabulary, p, (size_t)(behind - p), gathered);
        else
            buf_add(gathered, p, (size_t)(behind - p));
        at += characters > 0 ? characters : 1;
        p = behind;
    }
    defuse_view_close(&view);
    buf_free(&whole);
    return r;
}
