/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The text is looked at as characters, each of which is kept or belongs to a link or a code. First
 * whole chunks between spaces are taken for links, then words for codes, then neighbouring short
 * words for a code that was spelled apart, and digits last, over everything that is no letter.
 */
#include "defuse_text.h"

#include <glib.h>
#include <string.h>

#include "err.h"
#include "fold.h"

#define MARKER 0x01   /* where a link stood; no control character gets past strip() */
#define DIGITS_KEPT 3 /* of a run */
#define CODE_LEAST 4  /* characters of a code that is spelled apart */
#define MIXED_LEAST 3
#define CAPITALS_LEAST 5
#define WORD_MOST 30

enum fate { KEPT, LINK, CODE };

struct text_view {
    const gunichar *text;
    unsigned char *fate;
    size_t length;
};

/* A word: letters and digits; characters of scripts without spaces belong to none. */
struct word {
    size_t from;
    size_t to;
    size_t digits;
    size_t capitals;
    size_t small;
    size_t climbs; /* small letters behind which a capital stands */
};

/* --- gathering ---------------------------------------------------------------------------- */

/* Characters that nobody sees and that are not of the format category. */
static bool is_ignorable(gunichar c)
{
    return c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
           (c >= 0x180B && c <= 0x180F) || (c >= 0x2800 && c <= 0x28FF) || c == 0x3164 ||
           c == 0xFFA0 || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0000 && c <= 0xE0FFF);
}

static bool is_number(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);

    return type == G_UNICODE_DECIMAL_NUMBER || type == G_UNICODE_LETTER_NUMBER ||
           type == G_UNICODE_OTHER_NUMBER;
}

/* With the ten numerals that Chinese and Japanese write for digits. */
static bool is_digit(gunichar c)
{
    static const gunichar han[] = {
        0x3007, 0x96F6, 0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D};

    for (size_t i = 0; i < sizeof(han) / sizeof(han[0]); i++)
        if (c == han[i])
            return true;
    return is_number(c);
}

/* Square brackets are ours: nobody writes our markers for us. */
static void strip(GString *out, const char *text)
{
    gunichar last = ' ';

    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        GUnicodeType type = g_unichar_type(c);
        bool mark = type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_SPACING_MARK;

        if (is_ignorable(c) || type == G_UNICODE_FORMAT || type == G_UNICODE_PRIVATE_USE ||
            type == G_UNICODE_SURROGATE || type == G_UNICODE_UNASSIGNED ||
            type == G_UNICODE_ENCLOSING_MARK ||
            (mark && (!g_unichar_isalpha(last) || is_digit(last))))
            continue;
        if (c != '\n' && (type == G_UNICODE_CONTROL || g_unichar_isspace(c) || c == 0xFFFD))
            c = ' ';
        c = c == '[' ? '(' : c == ']' ? ')' : c;
        g_string_append_unichar(out, c);
        if (!mark)
            last = c;
    }
}

void defuse_text_gather(struct buf *gathered, const char *text, size_t length)
{
    char *valid = g_utf8_make_valid(text, (gssize)length);
    GString *once = g_string_new(NULL), *twice = g_string_new(NULL);
    char *composed;

    strip(once, valid);
    composed = g_utf8_normalize(once->str, (gssize)once->len, G_NORMALIZE_ALL_COMPOSE);
    if (composed != NULL)
        strip(twice, composed);
    buf_add(gathered, twice->str, twice->len);
    g_free(composed);
    g_string_free(twice, TRUE);
    g_string_free(once, TRUE);
    g_free(valid);
}

void defuse_text_gather_link(struct buf *gathered)
{
    buf_puts(gathered, " \x01 ");
}

/* --- characters --------------------------------------------------------------------------- */

static bool is_letter(gunichar c)
{
    return !is_digit(c) && (g_unichar_isalpha(c) || g_unichar_ismark(c));
}

/* Letters and digits that make a word. */
static bool is_word(const struct text_view *view, size_t at)
{
    gunichar c = view->text[at];

    return view->fate[at] == KEPT && !fold_is_unspaced(c) &&
           (g_unichar_isalpha(c) || g_unichar_ismark(c) || is_number(c));
}

static bool is_alnum(const struct text_view *view, size_t at, size_t end)
{
    return at < end && (g_unichar_isalpha(view->text[at]) || is_number(view->text[at]));
}

static bool is_ascii_alnum(const struct text_view *view, size_t at)
{
    return at < view->length && view->text[at] < 0x80 && g_ascii_isalnum((char)view->text[at]);
}

static void condemn(struct text_view *view, size_t from, size_t to, enum fate fate)
{
    for (size_t i = from; i < to; i++)
        if (view->fate[i] == KEPT)
            view->fate[i] = (unsigned char)fate;
}

/* --- links -------------------------------------------------------------------------------- */

/* What no web address holds: a chunk ends there. The ideographic full stop is a dot inside names
 * (RFC 3490 §3.1). */
static bool is_border(const struct text_view *view, size_t at)
{
    static const gunichar borders[] = {
        ' ', '\n', MARKER, '<', '>', '"', 0x300C, 0x300D, 0x300E, 0x300F, 0x3010, 0x3011, 0x3001};
    gunichar c = view->text[at];

    for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++)
        if (c == borders[i])
            return true;
    return c == 0x3002 && !(at > 0 && is_ascii_alnum(view, at - 1) && is_ascii_alnum(view, at + 1));
}

static bool begins(const struct text_view *view, size_t at, size_t end, const char *ascii)
{
    for (; *ascii != '\0'; ascii++, at++)
        if (at >= end || g_unichar_tolower(view->text[at]) != (gunichar)*ascii)
            return false;
    return true;
}

/* "mailto:x", wherever the name begins a word. */
static bool is_scheme(const struct text_view *view, size_t at, size_t end)
{
    static const char *const schemes[] = {"http:", "https:", "ftp:", "mailto:", "tel:", "sms:",
        "data:", "javascript:", "cid:", "intent:", "otpauth:", "file:", "magnet:", "geo:", "urn:"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (begins(view, at, end, schemes[i]) && at + strlen(schemes[i]) < end)
            return true;
    return false;
}

/* A dot of a host name: something before it, two letters behind. */
static bool is_host_dot(const struct text_view *view, size_t from, size_t at, size_t end)
{
    gunichar c = view->text[at];

    return (c == '.' || c == 0x3002) && at > from && at + 2 < end && is_alnum(view, at - 1, end) &&
           g_unichar_isalpha(view->text[at + 1]) && g_unichar_isalpha(view->text[at + 2]);
}

static bool is_link_at(const struct text_view *view, size_t from, size_t at, size_t end)
{
    gunichar c = view->text[at];
    bool inside = at > from && is_alnum(view, at - 1, end) && is_alnum(view, at + 1, end);

    if (begins(view, at, end, "//") || begins(view, at, end, "\\\\") ||
        begins(view, at, end, "www."))
        return true;
    if (is_host_dot(view, from, at, end) || (inside && (c == '@' || c == '=' || c == '?')))
        return true;
    if (c == '%' && at + 2 < end && g_unichar_isxdigit(view->text[at + 1]) &&
        g_unichar_isxdigit(view->text[at + 2]))
        return true;
    return (at == from || !is_alnum(view, at - 1, end)) && is_scheme(view, at, end);
}

static bool is_link(const struct text_view *view, size_t from, size_t end)
{
    size_t slashes = 0;

    for (size_t at = from; at < end; at++) {
        slashes += view->text[at] == '/';
        if (is_link_at(view, from, at, end))
            return true;
    }
    return slashes > 1;
}

/* Does the chunk end as no word does, so that the next one goes on with it? */
static bool goes_on(gunichar last)
{
    return last == '=' || last == '/' || last == '&' || last == '?' || last == '%' || last == '_';
}

static void find_links(struct text_view *view)
{
    bool more = false;
    size_t end;

    for (size_t at = 0; at < view->length; at = end) {
        end = at + 1;
        if (is_border(view, at)) {
            if (view->text[at] == MARKER)
                view->fate[at] = LINK;
            continue;
        }
        while (end < view->length && !is_border(view, end))
            end++;
        if (more || is_link(view, at, end)) {
            condemn(view, at, end, LINK);
            more = goes_on(view->text[end - 1]);
        }
    }
}

/* --- codes -------------------------------------------------------------------------------- */

/* The word at `at`; false where none begins. */
static bool read_word(const struct text_view *view, size_t at, struct word *word)
{
    bool small = false;

    *word = (struct word){.from = at, .to = at};
    for (; word->to < view->length && is_word(view, word->to); word->to++) {
        gunichar c = view->text[word->to];
        bool capital = g_unichar_isupper(c);

        word->digits += is_number(c);
        word->capitals += capital;
        word->climbs += capital && small;
        small = g_unichar_islower(c);
        word->small += small;
    }
    return word->to > at;
}

static size_t length_of(const struct word *word)
{
    return word->to - word->from;
}

/* Does a word that shouts stand among others that do not, or alone in its line? */
static bool stands_out(const struct text_view *view, const struct word *word)
{
    size_t from = word->from, to = word->to;
    bool alone = true;

    while (from > 0 && view->text[from - 1] != '\n')
        from--;
    while (to < view->length && view->text[to] != '\n')
        to++;
    for (size_t i = from; i < to; i++) {
        if (i >= word->from && i < word->to)
            continue;
        if (g_unichar_islower(view->text[i]))
            return true;
        alone = alone && !g_unichar_isalpha(view->text[i]);
    }
    return alone;
}

static bool is_code(const struct text_view *view, const struct word *word)
{
    size_t length = length_of(word);

    if (word->digits > 0 && word->digits < length && length >= MIXED_LEAST)
        return true;
    if (word->climbs > 1 || length > WORD_MOST)
        return true;
    return word->capitals == length && length >= CAPITALS_LEAST && stands_out(view, word);
}

static void find_words(struct text_view *view)
{
    struct word word;

    for (size_t at = 0; at<view->length; at = word.to> at ? word.to : at + 1)
        if (read_word(view, at, &word) && is_code(view, &word))
            condemn(view, word.from, word.to, CODE);
}

static bool is_currency(const struct text_view *view, const struct word *word)
{
    static const char *const names[] = {"eur", "usd", "gbp", "jpy", "chf"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (length_of(word) == 3 && begins(view, word->from, word->to, names[i]))
            return true;
    return false;
}

/* May it be a group of a code that is spelled apart? */
static bool is_group(const struct text_view *view, const struct word *word)
{
    size_t length = length_of(word);

    if (length == 1 || word->digits == length)
        return true;
    return length <= 4 && word->capitals + word->digits == length && !is_currency(view, word);
}

/* Does something between the two end the spelling? Only letters of scripts without spaces. */
static bool is_apart(const struct text_view *view, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (view->fate[i] == KEPT && fold_is_unspaced(view->text[i]))
            return true;
    return false;
}

static bool next_word(const struct text_view *view, size_t at, struct word *word)
{
    for (; at < view->length; at++)
        if (read_word(view, at, word))
            return true;
    return false;
}

/* "A 7 K 9", "AB-12-CD", "h u n t e r" */
static void find_groups(struct text_view *view)
{
    struct word word;
    size_t from = 0, to = 0, words = 0, singles = 0, digits = 0, characters = 0;
    bool more = next_word(view, 0, &word);

    while (more || words > 0) {
        bool joins =
            more && is_group(view, &word) && (words == 0 || !is_apart(view, to, word.from));

        if (joins) {
            from = words == 0 ? word.from : from;
            to = word.to;
            words++;
            singles += length_of(&word) == 1;
            digits += word.digits;
            characters += length_of(&word);
        } else if (words > 0) {
            if ((words > 1 && digits > 0 && characters >= CODE_LEAST) ||
                (words == singles && words >= CODE_LEAST))
                condemn(view, from, to, CODE);
            words = singles = digits = characters = 0;
            if (more && is_group(view, &word))
                continue; /* it may begin the next one */
        }
        more = more && next_word(view, word.to, &word);
    }
}

/* What was removed already stands between digits like any space. */
static void find_digits(struct text_view *view)
{
    size_t from = 0, to = 0, digits = 0;

    for (size_t i = 0; i <= view->length; i++) {
        bool kept = i < view->length && view->fate[i] == KEPT;

        if (kept && is_digit(view->text[i])) {
            from = digits == 0 ? i : from;
            to = i + 1;
            digits++;
        } else if (i == view->length || (kept && is_letter(view->text[i]))) {
            if (digits > DIGITS_KEPT)
                condemn(view, from, to, CODE);
            digits = 0;
        }
    }
}

/* --- writing ------------------------------------------------------------------------------ */

static bool ends_open(const struct buf *out)
{
    return out->length == 0 || strchr(" \n(", buf_text(out)[out->length - 1]) != NULL;
}

static void write_marker(struct buf *out, enum fate fate, bool again)
{
    if (again)
        return;
    if (!ends_open(out))
        buf_putc(out, ' ');
    buf_puts(out, fate == LINK ? DEFUSE_LINK : DEFUSE_CODE);
}

static void write_view(const struct text_view *view, struct buf *out)
{
    enum fate last = KEPT; /* of what was written last, spaces left out */
    char octets[6];

    for (size_t i = 0; i < view->length; i++) {
        gunichar c = view->text[i];
        bool space = c == ' ' || c == '\n';

        if (view->fate[i] != KEPT) {
            write_marker(out, (enum fate)view->fate[i], last == (enum fate)view->fate[i]);
            last = (enum fate)view->fate[i];
            continue;
        }
        if (space && ends_open(out) && c == ' ')
            continue;
        if (!space && last != KEPT && !ends_open(out))
            buf_putc(out, ' ');
        buf_add(out, octets, (size_t)g_unichar_to_utf8(c, octets));
        if (c != ' ')
            last = KEPT;
    }
}

/* Is it one of the markers? Returns its length. */
static size_t marker_length(const char *text)
{
    if (strncmp(text, DEFUSE_LINK, strlen(DEFUSE_LINK)) == 0)
        return strlen(DEFUSE_LINK);
    return strncmp(text, DEFUSE_CODE, strlen(DEFUSE_CODE)) == 0 ? strlen(DEFUSE_CODE) : 0;
}

bool defuse_text_is_clean(const char *text)
{
    size_t digits = 0;

    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        size_t marker = marker_length(p);
        gunichar c = g_utf8_get_char(p);

        if (marker > 0) {
            p += marker - 1;
            continue;
        }
        if (strncmp(p, "://", 3) == 0 || g_ascii_strncasecmp(p, "www.", 4) == 0)
            return false;
        digits = is_digit(c) ? digits + 1 : is_letter(c) ? 0 : digits;
        if (digits > DIGITS_KEPT)
            return false;
    }
    return true;
}

int defuse_text_write(const struct buf *gathered, struct buf *out)
{
    struct text_view view = {0};
    size_t before = out->length;
    glong length;
    gunichar *characters;

    if (buf_failed(gathered) != 0)
        return buf_failed(gathered);
    characters = g_utf8_to_ucs4_fast(buf_text(gathered), (glong)gathered->length, &length);
    view.text = characters;
    view.length = (size_t)length;
    view.fate = g_malloc0(view.length + 1);
    find_links(&view);
    find_words(&view);
    find_groups(&view);
    find_digits(&view);
    write_view(&view, out);
    g_free(view.fate);
    g_free(characters);
    if (buf_failed(out) != 0)
        return buf_failed(out);
    return defuse_text_is_clean(buf_text(out) + before) ? 0 : ERR_INTERNAL;
}
