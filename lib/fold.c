/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ASCII goes through a table of bytes. Other characters that stand for themselves in the folded
 * form, or for one other letter (most of what Cyrillic, Greek, Arabic, Hebrew, Han, kana, Hangul
 * and Thai text is made of) take a short way; what is left is taken to pieces, each piece
 * replaced until nothing changes any more, and put together again.
 *
 * Invariants
 * 1. What `expand` hands on is never changed by `expand` again; that is why folding twice
 *    changes nothing.
 * 2. A cluster holds one starter (or none) and at most CLUSTER_MARKS marks; what is beyond is
 *    dropped, so that marks by the thousand cost no more than other text.
 */
#include "fold.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"

#define CLUSTER_MARKS 30
#define DECOMPOSED_MAX 18 /* Unicode's longest compatibility decomposition */
#define EXPAND_DEPTH 6
#define FIRST_ROOM 1024

/* 0 stands for "no ASCII". */
static const unsigned char ascii_table[256] = {
    "                                " /* control characters */
    " !\"#$%&'()*+,-./0123456789:;<=>?@abcdefghijklmnopqrstuvwxyz[\\]^_'abcdefghijklmnopqrstuvwxyz"
    "{|}~ "};

/* U+00C0 to U+017F: the letter without its accent; '?' goes the long way. */
static const char latin_table[] =
    "aaaaaa?ceeeeiiii?nooooo?ouuuuy??aaaaaa?ceeeeiiii?nooooo?ouuuuy?y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkk?llllll?"
    "?llnnnnnn???oooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

struct output {
    char *bytes;
    size_t length;
    size_t room;
    size_t limit;
    bool full;   /* the limit is met: nothing more is taken */
    bool failed; /* no memory */
    char first[FIRST_ROOM];
    uint32_t starter; /* of the cluster, 0 for none */
    uint32_t marks[CLUSTER_MARKS];
    size_t mark_count;
};

struct range {
    uint32_t first;
    uint32_t last;
};

struct pair {
    uint32_t from;
    const char *to;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t c)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;

        if (c < ranges[middle].first)
            count = middle;
        else if (c > ranges[middle].last)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

bool fold_is_unspaced(uint32_t character)
{
    static const struct range ranges[] = {
        {0x0E01, 0x0E3A}, {0x0E40, 0x0E4E},   /* Thai */
        {0x0E81, 0x0ECD}, {0x0EDC, 0x0EDF},   /* Lao */
        {0x0F00, 0x0F00}, {0x0F40, 0x0F84},   /* Tibetan */
        {0x0F88, 0x0FBC}, {0x1000, 0x103F},   /* and Myanmar */
        {0x1050, 0x108F}, {0x109A, 0x109F},   /* */
        {0x1780, 0x17D3}, {0x17D7, 0x17D7},   /* Khmer */
        {0x17DC, 0x17DD}, {0x2E80, 0x2FDF},   /* radicals */
        {0x3005, 0x3007}, {0x3021, 0x302F},   /* Han */
        {0x3031, 0x3035}, {0x3038, 0x303C},   /* */
        {0x3041, 0x309A}, {0x309D, 0x309F},   /* hiragana */
        {0x30A1, 0x30FA}, {0x30FC, 0x312F},   /* katakana, bopomofo */
        {0x31A0, 0x31BF}, {0x31F0, 0x31FF},   /* */
        {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},   /* Han */
        {0xA9E0, 0xA9EF}, {0xA9FA, 0xA9FE},   /* Myanmar */
        {0xAA60, 0xAA7F}, {0xF900, 0xFAFF},   /* */
        {0xFF66, 0xFF9F}, {0x1AFF0, 0x1B16F}, /* kana */
        {0x20000, 0x3FFFD},                   /* Han */
    };

    if (character < 0x0E01)
        return false;
    return in_ranges(ranges, G_N_ELEMENTS(ranges), character);
}

bool fold_is_word(uint32_t character)
{
    if (character < 0x80)
        return g_ascii_isalnum((char)character);
    if (character > 0x10FFFF)
        return false;
    switch (g_unichar_type(character)) {
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_OTHER_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_DECIMAL_NUMBER:
    case G_UNICODE_LETTER_NUMBER:
    case G_UNICODE_OTHER_NUMBER:
        return true;
    default:
        return false;
    }
}

/* --- what is written ------------------------------------------------------------------ */

static bool make_room(struct output *out, size_t more)
{
    size_t room = out->room;
    char *bytes;

    if (out->failed)
        return false;
    if (more <= room - out->length)
        return true;
    while (room - out->length < more)
        room *= 2;
    bytes = out->bytes == out->first ? malloc(room) : realloc(out->bytes, room);
    if (bytes == NULL) {
        out->failed = true;
        return false;
    }
    if (out->bytes == out->first)
        memcpy(bytes, out->first, out->length);
    out->bytes = bytes;
    out->room = room;
    return true;
}

static size_t encode(char *to, uint32_t c)
{
    if (c < 0x80 || c > 0xFFFF)
        return (size_t)g_unichar_to_utf8(c, to);
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    to[0] = (char)(0xE0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 0x3F));
    to[2] = (char)(0x80 | (c & 0x3F));
    return 3;
}

static void write_character(struct output *out, uint32_t c)
{
    char bytes[6] = {0};
    size_t length;

    if (c == ' ' && (out->length == 0 || out->bytes[out->length - 1] == ' '))
        return;
    length = encode(bytes, c);
    if (out->full || length > out->limit - out->length) {
        out->full = true;
        return;
    }
    if (!make_room(out, sizeof(bytes)))
        return;
    memcpy(out->bytes + out->length, bytes, sizeof(bytes));
    out->length += length;
}

/* Marks in canonical order: a stable insertion sort by combining class. */
static void sort_marks(struct output *out)
{
    for (size_t i = 1; i < out->mark_count; i++) {
        uint32_t mark = out->marks[i];
        int class = g_unichar_combining_class(mark);
        size_t at = i;

        for (; at > 0 && g_unichar_combining_class(out->marks[at - 1]) > class; at--)
            out->marks[at] = out->marks[at - 1];
        out->marks[at] = mark;
    }
}

/* Marks that make one character with the starter go into it (UAX #15, composition). */
static void compose_marks(struct output *out)
{
    size_t kept = 0;
    int last = 0;

    sort_marks(out);
    for (size_t i = 0; i < out->mark_count; i++) {
        gunichar one;
        int class = g_unichar_combining_class(out->marks[i]);

        if (out->starter != 0 && last < class &&
            g_unichar_compose(out->starter, out->marks[i], &one)) {
            out->starter = one;
            continue;
        }
        out->marks[kept++] = out->marks[i];
        last = class;
    }
    out->mark_count = kept;
}

static void flush_cluster(struct output *out)
{
    if (out->mark_count > 0)
        compose_marks(out);
    if (out->starter != 0)
        write_character(out, out->starter);
    for (size_t i = 0; i < out->mark_count; i++)
        write_character(out, out->marks[i]);
    out->starter = 0;
    out->mark_count = 0;
}

/* For characters that never go into the one before them. */
static void push_alone(struct output *out, uint32_t c)
{
    flush_cluster(out);
    out->starter = c;
}

/* Takes a character that is in its last form. */
static void push(struct output *out, uint32_t c)
{
    gunichar one;

    if (g_unichar_combining_class(c) != 0) {
        if (out->mark_count < CLUSTER_MARKS)
            out->marks[out->mark_count++] = c;
        return;
    }
    if (out->mark_count > 0)
        compose_marks(out);
    if (out->starter != 0 && out->mark_count == 0 && g_unichar_compose(out->starter, c, &one)) {
        out->starter = one;
        return;
    }
    push_alone(out, c);
}

/* --- what becomes of a character -------------------------------------------------------- */

static const struct pair pairs[] = {
    {0x00B4, "'"}, /* acute accent */
    {0x00C6, "ae"},
    {0x00D8, "o"},
    {0x00DF, "ss"},
    {0x00E6, "ae"},
    {0x00F8, "o"},
    {0x0111, "d"},
    {0x0127, "h"},
    {0x0142, "l"},
    {0x0152, "oe"},
    {0x0153, "oe"},
    {0x0167, "t"},
    {0x0180, "b"},
    {0x01B6, "z"},
    {0x01E5, "g"},
    {0x023C, "c"},
    {0x0247, "e"},
    {0x0249, "j"},
    {0x024D, "r"},
    {0x024F, "y"},
    {0x0268, "i"},
    {0x0289, "u"},
    {0x02B9, "'"},
    {0x02BB, "'"},
    {0x02BC, "'"},
    {0x02BD, "'"},
    {0x02BE, "'"},
    {0x02BF, "'"},
    {0x02C8, "'"},
    {0x02CA, "'"},
    {0x02CB, "'"},
    {0x02EE, "\""},
    {0x0374, "'"},
    {0x0384, "'"},
    {0x055A, "'"},
    {0x058A, "-"},
    {0x05BE, "-"},
    {0x05F3, "'"},
    {0x05F4, "\""},
    {0x0629, "\u0647"}, /* teh marbuta */
    {0x0649, "\u064A"}, /* alef maksura */
    {0x0671, "\u0627"},
    {0x0672, "\u0627"},
    {0x0673, "\u0627"},
    {0x06A9, "\u0643"},
    {0x06AA, "\u0643"},
    {0x06BE, "\u0647"},
    {0x06C1, "\u0647"},
    {0x06C3, "\u0647"},
    {0x06CC, "\u064A"},
    {0x06D5, "\u0647"},
    {0x1806, "-"},
    {0x1D7D, "p"},
    {0x1E9E, "ss"},
    {0x1FBD, "'"},
    {0x1FBF, "'"},
    {0x1FEF, "'"},
    {0x1FFD, "'"},
    {0x1FFE, "'"},
    {0x2010, "-"},
    {0x2011, "-"},
    {0x2012, "-"},
    {0x2013, "-"},
    {0x2014, "-"},
    {0x2015, "-"},
    {0x2018, "'"},
    {0x2019, "'"},
    {0x201A, "'"},
    {0x201B, "'"},
    {0x2032, "'"},
    {0x2035, "'"},
    {0x2043, "-"},
    {0x2212, "-"},
    {0x2800, " "},
    {0x2C65, "a"},
    {0x2C66, "t"},
    {0x309B, "\u3099"},
    {0x309C, "\u309A"}, /* dakuten that stand alone */
    {0xA78B, "'"},
    {0xA78C, "'"},
    {0xFFFC, " "},
    {0xFFFD, " "},
};

/* Marks that folding takes off: accents of Latin, Greek and Cyrillic, vowel points of Arabic
 * and Hebrew, variation selectors; and fillers that nobody sees. */
static const struct range removed[] = {
    {0x0300, 0x036F},
    {0x0483, 0x0489},
    {0x0591, 0x05BD},
    {0x05BF, 0x05BF},
    {0x05C1, 0x05C2},
    {0x05C4, 0x05C5},
    {0x05C7, 0x05C7},
    {0x0610, 0x061A},
    {0x0640, 0x0640},
    {0x064B, 0x065F},
    {0x0670, 0x0670},
    {0x06D6, 0x06DC},
    {0x06DF, 0x06E4},
    {0x06E7, 0x06E8},
    {0x06EA, 0x06ED},
    {0x0898, 0x089F},
    {0x08CA, 0x08FF},
    {0x115F, 0x1160},
    {0x17B4, 0x17B5},
    {0x180B, 0x180F},
    {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},
    {0x2065, 0x2065},
    {0x20D0, 0x20FF},
    {0x3164, 0x3164},
    {0xA66F, 0xA672},
    {0xA67C, 0xA67D},
    {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F},
    {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFF8},
    {0xE0000, 0xE0FFF},
};

/* Two lists are searched for each slow character; both are in order, which the tests see to. */
static const char *replacement(uint32_t c)
{
    size_t low = 0;
    size_t high = G_N_ELEMENTS(pairs);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (pairs[middle].from == c)
            return pairs[middle].to;
        if (pairs[middle].from < c)
            low = middle + 1;
        else
            high = middle;
    }
    return in_ranges(removed, G_N_ELEMENTS(removed), c) ? "" : NULL;
}

/* What the character's class alone decides. */
static const char *replacement_by_type(uint32_t c, GUnicodeType type)
{
    static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

    switch (type) {
    case G_UNICODE_FORMAT:
        return "";
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR:
        return " ";
    case G_UNICODE_DECIMAL_NUMBER:
        return digits[g_unichar_digit_value(c)];
    default:
        return NULL;
    }
}

static void push_string(struct output *out, const char *string)
{
    for (const char *p = string; *p != '\0'; p = g_utf8_next_char(p))
        push(out, g_utf8_get_char(p));
}

/* The long way of one character: replaced, made small, taken to pieces, each piece again. */
static void expand(struct output *out, uint32_t c, int depth)
{
    gunichar pieces[DECOMPOSED_MAX];
    const char *to;
    gunichar small;
    size_t count;

    if (c < 0x80) {
        push(out, ascii_table[c]);
        return;
    }
    to = replacement(c);
    if (to == NULL)
        to = replacement_by_type(c, g_unichar_type(c));
    if (to != NULL) {
        push_string(out, to);
        return;
    }
    small = g_unichar_tolower(g_unichar_toupper(c));
    if (small != c && depth > 0) {
        expand(out, small, depth - 1);
        return;
    }
    count = g_unichar_fully_decompose(c, TRUE, pieces, DECOMPOSED_MAX);
    if ((count == 1 && pieces[0] == c) || depth == 0) {
        push(out, c);
        return;
    }
    for (size_t i = 0; i < count; i++)
        expand(out, pieces[i], depth - 1);
}

static uint32_t short_way_greek_cyrillic(uint32_t c)
{
    if (c >= 0x0430 && c <= 0x044F)
        return c == 0x0439 ? 0x0438 : c; /* short i */
    if (c >= 0x0410 && c <= 0x042F)
        return c == 0x0419 ? 0x0438 : c + 0x20;
    if (c == 0x0401 || c == 0x0451)
        return 0x0435; /* io */
    if (c >= 0x03B1 && c <= 0x03C9)
        return c == 0x03C2 ? 0x03C3 : c; /* final sigma */
    if (c >= 0x0391 && c <= 0x03A9 && c != 0x03A2)
        return c + 0x20;
    return 0;
}

static uint32_t short_way_arabic(uint32_t c)
{
    if (c == 0x0622 || c == 0x0623 || c == 0x0625)
        return 0x0627;
    if (c == 0x0649 || c == 0x06CC)
        return 0x064A;
    if (c == 0x06A9)
        return 0x0643;
    if (c == 0x0629)
        return 0x0647;
    if ((c >= 0x0627 && c <= 0x063A) || (c >= 0x0641 && c <= 0x064A))
        return c;
    return 0;
}

/* The one character that stands for c, where c cannot go into the one before it; 0 for the
 * long way. Precomposed kana and Hangul may pass whole: composing their pieces gives the same. */
static uint32_t short_way(uint32_t c)
{
    if (c < 0x00C0)
        return 0;
    if (c < 0x0180)
        return latin_table[c - 0x00C0] == '?' ? 0 : (uint32_t)latin_table[c - 0x00C0];
    if (c < 0x0530)
        return short_way_greek_cyrillic(c);
    if (c < 0x0600)
        return c >= 0x05D0 && c <= 0x05EA ? c : 0;
    if (c < 0x0700)
        return short_way_arabic(c);
    if (c < 0x0E00)
        return (c >= 0x0904 && c <= 0x0939) || (c >= 0x093D && c <= 0x094C) ? c : 0;
    if (c < 0x0E50)
        return c != 0x0E00 && c != 0x0E33 && (c < 0x0E38 || (c > 0x0E3F && c < 0x0E48)) ? c : 0;
    if (c < 0x3041)
        return c == 0x3001 || c == 0x3002 ? c : 0;
    if (c < 0x3400)
        return c <= 0x3096 || (c >= 0x30A1 && c <= 0x30FE) ? c : 0;
    if (c < 0xAC00)
        return c <= 0x9FFF ? c : 0;
    return c <= 0xD7A3 ? c : 0;
}

/* --- reading ---------------------------------------------------------------------------- */

/* One character of valid UTF-8 in at most room octets, its length in *length; else U+FFFD and 1.
 * Overlong forms, surrogates and what is beyond Unicode are invalid. */
static uint32_t decode(const unsigned char *p, size_t room, size_t *length)
{
    uint32_t c = p[0];
    size_t need = c >= 0xF0 && c < 0xF5   ? 4
                  : c >= 0xE0 && c < 0xF0 ? 3
                  : c >= 0xC2 && c < 0xE0 ? 2
                                          : 0;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    *length = 1;
    if (need == 0 || need > room)
        return 0xFFFD;
    c &= 0xFFu >> (need + 1);
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0xFFFD;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if (c < least[need] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0xFFFD;
    *length = need;
    return c;
}

/* Folds eight octets of ASCII at once if they only need be made small: with ascii_table one takes
 * as long as five this way. No control characters, no grave accent, no space behind a space. */
static bool fold_eight(char *to, const char *text, char last)
{
    uint64_t word = octets_load(text);
    uint64_t spaces = octets_equal(word, ' ');

    if (octets_at_least(word, ' ') != OCTETS_HIGH || octets_at_least(word, 0x7f) != 0 ||
        octets_equal(word, '`') != 0 || (spaces & spaces << 8) != 0 ||
        (text[0] == ' ' && last == ' '))
        return false;
    /* 0x80 to 0x20 */
    word |= (octets_at_least(word, 'A') & ~octets_at_least(word, 'Z' + 1)) >> 2;
    memcpy(to, &word, sizeof(word));
    return true;
}

/* Folds length octets of ASCII to where `to` stands; `last` is the octet before. Returns the
 * number written. */
static size_t fold_ascii(char *to, const char *text, size_t length, char last)
{
    size_t written = 0;

    for (size_t i = 0; i < length;) {
        char c;

        if (length - i >= 8 && fold_eight(to + written, text + i, last)) {
            i += 8;
            written += 8;
            last = to[written - 1];
            continue;
        }
        c = (char)ascii_table[(unsigned char)text[i++]];
        to[written] = c;
        written += !(c == ' ' && last == ' ');
        last = c;
    }
    return written;
}

/* A run of ASCII inside other text. */
static size_t take_ascii(struct output *out, const char *text, size_t length)
{
    size_t run = octets_ascii_length(text, length);
    char last;

    flush_cluster(out);
    if (out->full || !make_room(out, run))
        return run;
    last = out->length == 0 ? ' ' : out->bytes[out->length - 1];
    out->length += fold_ascii(out->bytes + out->length, text, run, last);
    if (out->length > out->limit) {
        out->length = out->limit;
        out->full = true;
    }
    return run;
}

static void fold_any(struct output *out, const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && !out->full && !out->failed) {
        size_t used;
        uint32_t c;
        uint32_t to;

        if (((unsigned char)text[at] & 0x80) == 0) {
            at += take_ascii(out, text + at, length - at);
            continue;
        }
        c = decode((const unsigned char *)text + at, length - at, &used);
        at += used;
        to = short_way(c);
        if (to != 0)
            push_alone(out, to);
        else
            expand(out, c, EXPAND_DEPTH);
    }
    flush_cluster(out);
}

static char *fold_all_ascii(struct arena *arena, const char *text, size_t length, size_t *written)
{
    char *folded = arena_bytes(arena, length + 1);

    if (folded != NULL)
        *written = fold_ascii(folded, text, length, ' ');
    return folded;
}

static char *fold_mixed(
    struct arena *arena, const char *text, size_t length, size_t limit, size_t *written)
{
    struct output out;
    char *folded = NULL;

    out.bytes = out.first;
    out.length = 0;
    out.room = sizeof(out.first);
    out.limit = limit;
    out.full = false;
    out.failed = false;
    out.starter = 0;
    out.mark_count = 0;
    fold_any(&out, text, length);
    if (!out.failed)
        folded = arena_strndup(arena, out.bytes, out.length);
    *written = out.length;
    if (out.bytes != out.first)
        free(out.bytes);
    return folded;
}

char *fold_text(
    struct arena *arena, const char *text, size_t length, size_t limit, size_t *out_length)
{
    size_t written = 0;
    char *folded;

    if (length <= limit && octets_ascii_length(text, length) == length)
        folded = fold_all_ascii(arena, text, length, &written);
    else
        folded = fold_mixed(arena, text, length, limit, &written);
    if (folded == NULL)
        return NULL;
    while (written > 0 && folded[written - 1] == ' ')
        written--;
    folded[written] = '\0';
    if (out_length != NULL)
        *out_length = written;
    return folded;
}
