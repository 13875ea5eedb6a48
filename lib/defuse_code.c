/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Words first, then words that signs join to others ("apple-river-stone", "p!ss#word"), then
 * neighbouring short words for a code that was spelled apart, then digits, over everything that is
 * no letter, and last what stands between two codes.
 */
#include "defuse_code.h"

#include <string.h>

#include "fold.h"

#define CODE_LEAST 4  /* characters of a code that is spelled apart */
#define MIXED_LEAST 3 /* of letters and digits */
#define CAPITALS_LEAST 4
#define CONSONANTS_LEAST 5 /* letters of a word without a vowel */
#define GROUP_MOST 4
#define BETWEEN_MOST 5
#define WORD_MOST 30

/* A word: letters and digits. */
struct word {
    struct defuse_span at;
    size_t length;
    size_t digits;
    size_t capitals;
    size_t vowels;
    size_t foreign; /* letters that are not of our alphabet */
    size_t climbs;  /* small letters behind which a capital stands */
};

static bool is_vowel(gunichar c)
{
    return c >= 0x80 || strchr("aeiouyAEIOUY", (int)c) != NULL;
}

/* The word at `at`; false where none begins. */
static bool read_word(const struct defuse_view *view, size_t at, struct word *word)
{
    bool small = false;

    *word = (struct word){.at = {at, at}};
    for (; word->at.to < view->length && defuse_view_is_word(view, word->at.to); word->at.to++) {
        gunichar c = view->text[word->at.to];
        bool capital = g_unichar_isupper(c);

        word->digits += defuse_view_is_number(c);
        word->capitals += capital;
        word->vowels += is_vowel(c);
        word->foreign += c >= 0x80;
        word->climbs += capital && small;
        small = g_unichar_islower(c);
    }
    word->length = word->at.to - at;
    return word->length > 0;
}

/* The first word that begins in the span. */
static bool next_word(const struct defuse_view *view, struct defuse_span in, struct word *word)
{
    for (size_t at = in.from; at < in.to; at++)
        if (read_word(view, at, word))
            return true;
    return false;
}

/* --- words -------------------------------------------------------------------------------- */

/* The line that was looked at last: a long one is not read again for each of its words. */
struct line {
    struct defuse_span at;
    size_t small;
    size_t letters;
};

static void read_line(const struct defuse_view *view, size_t at, struct line *line)
{
    if (at >= line->at.from && at < line->at.to)
        return;
    *line = (struct line){.at = {at, at}};
    while (line->at.from > 0 && view->text[line->at.from - 1] != '\n')
        line->at.from--;
    for (line->at.to = line->at.from; line->at.to < view->length; line->at.to++) {
        gunichar c = view->text[line->at.to];

        if (c == '\n')
            break;
        line->small += g_unichar_islower(c) ? 1 : 0;
        line->letters += g_unichar_isalpha(c) ? 1 : 0;
    }
}

/* Do so many capitals, which shout, stand among letters that do not, or alone in their line? */
static bool stands_out(
    const struct defuse_view *view, struct defuse_span what, size_t capitals, struct line *line)
{
    read_line(view, what.from, line);
    return line->small > 0 || line->letters == capitals;
}

static bool is_mixed(const struct word *word)
{
    return word->digits > 0 && word->digits < word->length;
}

/* Is it a word in small letters with nothing else in its line? Sentences and headings are more,
 * names begin with a capital. */
static bool is_lone(const struct defuse_view *view, const struct word *word)
{
    size_t from = word->at.from, to = word->at.to;

    while (from > 0 && view->text[from - 1] == ' ')
        from--;
    while (to < view->length && view->text[to] == ' ')
        to++;
    return word->length >= CODE_LEAST && word->foreign == 0 && word->capitals == 0 &&
           (from == 0 || view->text[from - 1] == '\n') &&
           (to == view->length || view->text[to] == '\n') && to - from < view->length;
}

static bool is_code(const struct defuse_view *view, const struct word *word, struct line *line)
{
    if ((is_mixed(word) && word->length >= MIXED_LEAST) || word->climbs > 1 ||
        word->length > WORD_MOST)
        return true;
    if (word->vowels == 0 && word->foreign == 0 && word->length >= CONSONANTS_LEAST &&
        word->digits == 0)
        return true;
    if (is_lone(view, word))
        return true;
    return word->capitals == word->length && word->length >= CAPITALS_LEAST &&
           stands_out(view, word->at, word->capitals, line);
}

static void find_words(struct defuse_view *view)
{
    struct word word;
    struct line line = {0};

    for (size_t at = 0; next_word(view, (struct defuse_span){at, view->length}, &word);
         at = word.at.to)
        if (is_code(view, &word, &line))
            defuse_view_condemn(view, word.at, DEFUSE_IS_CODE);
}

/* --- words that are joined ---------------------------------------------------------------- */

/* Words with one sign between each two. */
struct chain {
    struct defuse_span at;
    size_t words;
    size_t digits;
    size_t characters;
    size_t capitals;
    size_t single;  /* words of one character */
    size_t numbers; /* words of digits alone */
    size_t hyphens;
    bool digits_first;
    bool odd;       /* a sign that stands in no word of a language */
    bool condemned; /* one of its words is */
};

static bool is_hyphen(gunichar c)
{
    return g_unichar_type(c) == G_UNICODE_DASH_PUNCTUATION || c == 0x2212 || c == '_' || c == '~';
}

/* Signs inside a password; not those that stand between words: / , : ' | and so on. */
static bool is_odd(gunichar c)
{
    return c != '\0' && c < 0x80 && strchr("!#$^*+\\`%", (int)c) != NULL;
}

static bool is_joint(const struct defuse_view *view, size_t at)
{
    gunichar c = view->text[at];

    return is_hyphen(c) || is_odd(c) || c == '.' || c == '/' || c == '&';
}

/* A character of a word that is kept or was taken for a code: a link ends a chain. */
static bool is_part(const struct defuse_view *view, size_t at)
{
    return at < view->length && view->fate[at] != DEFUSE_IS_LINK &&
           !fold_is_unspaced(view->text[at]) && defuse_view_is_alnum(view, at);
}

static void add_part(const struct defuse_view *view, struct chain *chain)
{
    size_t from = chain->at.to, to = from, digits = 0;

    for (; is_part(view, to); to++) {
        digits += defuse_view_is_number(view->text[to]);
        chain->capitals += g_unichar_isupper(view->text[to]) ? 1 : 0;
        chain->condemned = chain->condemned || view->fate[to] == DEFUSE_IS_CODE;
    }
    chain->digits_first = chain->words == 0 ? digits > 0 : chain->digits_first;
    chain->words++;
    chain->digits += digits;
    chain->characters += to - from;
    chain->single += to - from == 1;
    chain->numbers += digits == to - from;
    chain->at.to = to;
}

/* "AT&T" is no password. */
static bool is_odd_here(const struct defuse_view *view, size_t at)
{
    gunichar c = view->text[at];

    return is_odd(c) || (c == '&' && !(g_unichar_isupper(view->text[at - 1]) &&
                                         g_unichar_isupper(view->text[at + 1])));
}

static void read_chain(const struct defuse_view *view, size_t at, struct chain *chain)
{
    *chain = (struct chain){.at = {at, at}};
    add_part(view, chain);
    while (chain->at.to + 1 < view->length && is_joint(view, chain->at.to) &&
           is_part(view, chain->at.to + 1)) {
        chain->odd = chain->odd || is_odd_here(view, chain->at.to);
        chain->hyphens += is_hyphen(view->text[chain->at.to]);
        chain->at.to++;
        add_part(view, chain);
    }
}

/* "abc-123", "kitten-42", but not "30-day". */
static bool is_numbered(const struct chain *chain)
{
    return chain->numbers > 0 && chain->numbers < chain->words &&
           (chain->digits > 2 || (chain->digits > 1 && !chain->digits_first));
}

static bool is_chain_code(const struct chain *chain)
{
    if (chain->words < 2)
        return false;
    if (chain->odd || chain->condemned || is_numbered(chain))
        return true;
    if (chain->hyphens + 1 < chain->words)
        return false;
    return (chain->words > 2 && chain->single == 0) ||
           (chain->capitals == chain->characters && chain->characters >= CODE_LEAST);
}

static void find_chains(struct defuse_view *view)
{
    struct chain chain;

    for (size_t at = 0; at < view->length; at++) {
        if (!is_part(view, at))
            continue;
        read_chain(view, at, &chain);
        if (is_chain_code(&chain))
            defuse_view_condemn(view, chain.at, DEFUSE_IS_CODE);
        at = chain.at.to;
    }
}

/* --- words that stand apart --------------------------------------------------------------- */

static bool is_currency(const struct defuse_view *view, const struct word *word)
{
    static const char *const names[] = {"eur", "usd", "gbp", "jpy", "chf", "sek", "nok", "dkk",
        "pln", "czk", "huf", "cad", "aud", "nzd", "inr", "cny", "krw", "brl", "mxn", "zar"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (word->length == 3 && defuse_view_begins(view, word->at.from, word->at.to, names[i]))
            return true;
    return false;
}

/* May it be a group of a code that is spelled apart? */
static bool is_group(const struct defuse_view *view, const struct word *word)
{
    if (word->length == 1 || word->digits > 0)
        return true;
    return word->length <= GROUP_MOST && word->capitals == word->length && !is_currency(view, word);
}

/* Does something between the two end the spelling? Only letters of scripts without spaces. */
static bool is_apart(const struct defuse_view *view, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (view->fate[i] == DEFUSE_KEPT && fold_is_unspaced(view->text[i]))
            return true;
    return false;
}

struct groups {
    struct defuse_span at;
    size_t words;
    size_t single;
    size_t digits;
    size_t capitals;
    size_t characters;
};

static void add_group(struct groups *groups, const struct word *word)
{
    groups->at.from = groups->words == 0 ? word->at.from : groups->at.from;
    groups->at.to = word->at.to;
    groups->words++;
    groups->single += word->length == 1;
    groups->digits += word->digits;
    groups->capitals += word->capitals;
    groups->characters += word->length;
}

static bool are_code(const struct defuse_view *view, const struct groups *groups, struct line *line)
{
    if (groups->words > 1 && groups->digits > 0 && groups->characters >= CODE_LEAST)
        return true;
    if (groups->words == groups->single)
        return groups->words >= CODE_LEAST;
    return groups->words > 1 && groups->capitals == groups->characters &&
           groups->characters >= CODE_LEAST && stands_out(view, groups->at, groups->capitals, line);
}

/* "A 7 K 9", "AB-12-CD", "QWE RTY", "h u n t e r" */
static void find_groups(struct defuse_view *view)
{
    struct word word;
    struct groups groups = {0};
    struct line line = {0};
    struct defuse_span rest = {0, view->length};
    bool more = next_word(view, rest, &word);

    while (more || groups.words > 0) {
        bool joins = more && is_group(view, &word) &&
                     (groups.words == 0 || !is_apart(view, groups.at.to, word.at.from));

        if (joins) {
            add_group(&groups, &word);
        } else if (groups.words > 0) {
            if (are_code(view, &groups, &line))
                defuse_view_condemn(view, groups.at, DEFUSE_IS_CODE);
            groups = (struct groups){0};
            if (more && is_group(view, &word))
                continue; /* it may begin the next one */
        }
        rest.from = word.at.to;
        more = more && next_word(view, rest, &word);
    }
}

/* --- digits, and what is left ------------------------------------------------------------- */

/* What was removed already stands between digits like any space. */
static void find_digits(struct defuse_view *view)
{
    struct defuse_span run = {0, 0};
    size_t digits = 0;

    for (size_t i = 0; i <= view->length; i++) {
        bool kept = i < view->length && view->fate[i] == DEFUSE_KEPT;

        if (kept && defuse_view_is_digit(view->text[i])) {
            run.from = digits == 0 ? i : run.from;
            run.to = i + 1;
            digits++;
        } else if (i == view->length || (kept && defuse_view_is_letter(view->text[i]))) {
            if (digits > DEFUSE_DIGITS_KEPT)
                defuse_view_condemn(view, run, DEFUSE_IS_CODE);
            digits = 0;
        }
    }
}

/* Is there nothing but spaces and signs between the two, in one line? */
static bool is_next_to(const struct defuse_view *view, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (view->text[i] == '\n' || defuse_view_is_alnum(view, i))
            return false;
    return true;
}

/* The short word between two codes is the middle of one, unless it looks like a name or label. */
static void find_between(struct defuse_view *view)
{
    struct word word;
    size_t last = SIZE_MAX, at = 0; /* the end of the code that came last */

    for (size_t i = 0; i < view->length; i++) {
        if (view->fate[i] != DEFUSE_IS_CODE)
            continue;
        if (last != SIZE_MAX && next_word(view, (struct defuse_span){last, i}, &word) &&
            word.length <= BETWEEN_MOST && word.capitals != 1 &&
            is_next_to(view, last, word.at.from) && is_next_to(view, word.at.to, i))
            defuse_view_condemn(view, word.at, DEFUSE_IS_CODE);
        for (at = i; at < view->length && view->fate[at] == DEFUSE_IS_CODE; at++)
            ;
        last = at;
        i = at - 1;
    }
}

/* Many unlike signs in a row are a picture. */
static void find_pictures(struct defuse_view *view)
{
    size_t from = 0;

    for (size_t i = 0; i <= view->length; i++) {
        bool sign = i < view->length && view->text[i] > ' ' && !defuse_view_is_alnum(view, i);
        size_t length = i - from, changes = 0;

        if (sign)
            continue;
        for (size_t j = from + 1; j < i; j++)
            changes += view->text[j] != view->text[j - 1];
        if (length >= 10 && changes > 2)
            defuse_view_condemn(view, (struct defuse_span){from, i}, DEFUSE_IS_CODE);
        from = i + 1;
    }
}

void defuse_code_find(struct defuse_view *view)
{
    find_pictures(view);
    find_words(view);
    find_chains(view);
    find_groups(view);
    find_digits(view);
    find_between(view);
    find_digits(view); /* a word less may stand between them */
}
