/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A run is cleaned first (white space, web addresses), then cut into sentences; links find
 * their segment by where their words begin in the cleaned run.
 */
#include "text_build.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "fold.h"
#include "octets.h"

#define LINKS_MAX ((size_t)1000)
#define URL_MAX ((size_t)2048)
#define SEGMENT_COST ((size_t)8) /* the least that a segment takes of the budget */
#define FOLDED_MAX(length) ((length)*4 + 64)

/* What was between the last character of the cleaned run and the next. */
enum gap { GAP_NONE, GAP_SPACE, GAP_LINE };

struct cleaning {
    struct text_build *build;
    const char *text;
    size_t length;
    enum gap gap;
    uint32_t last; /* character written */
    size_t anchor; /* the next one that has not been met */
};

void text_build_init(struct text_build *build, struct arena *arena, size_t text_bytes)
{
    memset(build, 0, sizeof(*build));
    build->arena = arena;
    build->budget = text_bytes;
    build->full = text_bytes == 0;
}

void text_build_free(struct text_build *build)
{
    free(build->clean);
    build->clean = NULL;
}

void text_build_block(struct text_build *build)
{
    build->block++;
}

bool text_build_wants(const struct text_build *build)
{
    return !build->full && build->error == 0;
}

/* Room for one object more in an array of the arena; false without memory. */
static bool grow(struct arena *arena, void **array, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 32 : *room * 2;
    void *bigger;

    if (count < *room)
        return true;
    bigger = arena_array(arena, wanted, size);
    if (bigger == NULL)
        return false;
    if (count > 0)
        memcpy(bigger, *array, count * size);
    *array = bigger;
    *room = wanted;
    return true;
}

void text_build_anchor(
    struct text_build *build, const char *url, size_t length, size_t start, size_t end)
{
    void *anchors = build->anchors;
    struct text_anchor *anchor;

    if (!text_build_wants(build) || length == 0)
        return;
    if (build->link_count + build->anchor_count >= LINKS_MAX)
        return;
    if (!grow(build->arena, &anchors, build->anchor_count, &build->anchor_room, sizeof(*anchor))) {
        build->error = ERR_NOMEM;
        return;
    }
    build->anchors = anchors;
    anchor = &build->anchors[build->anchor_count];
    anchor->url = arena_strndup(build->arena, url, length < URL_MAX ? length : URL_MAX);
    anchor->start = start;
    anchor->end = end;
    anchor->at = SIZE_MAX;
    if (anchor->url == NULL)
        build->error = ERR_NOMEM;
    else
        build->anchor_count++;
}

/* --- web addresses ------------------------------------------------------------------------ */

static bool is_url_octet(char c)
{
    return c > 0x20 && c != 0x7f && c != '<' && c != '>' && c != '"' && c != '`';
}

/* Length of the characters an address may hold. Letters beyond ASCII are for domains like
 * münchen.example; scripts without spaces are left out, as their sentence goes on right behind. */
static size_t url_extent(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        const char *p = text + at;

        if ((unsigned char)*p < 0x80) {
            if (!is_url_octet(*p))
                break;
            at++;
        } else {
            gunichar c = g_utf8_get_char(p);

            if (!fold_is_word(c) || fold_is_unspaced(c))
                break;
            at += (size_t)(g_utf8_next_char(p) - p);
        }
    }
    return at;
}

static size_t count_octet(const char *text, size_t length, char c)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += text[i] == c;
    return count;
}

/* Punctuation behind an address belongs to the sentence; a bracket does if the address does not
 * open it. */
static size_t trim_url(const char *url, size_t length)
{
    size_t round = count_octet(url, length, '(');
    size_t closing = count_octet(url, length, ')');

    for (; length > 0; length--) {
        char c = url[length - 1];

        if (strchr(".,;:!?'*)]}|", c) == NULL || (c == ')' && closing <= round))
            break;
        closing -= c == ')';
    }
    return length;
}

/* Length of the web address that begins at text, 0 for none. */
static size_t url_length(const char *text, size_t length)
{
    size_t scheme;
    size_t all;

    if (length > 8 && g_ascii_strncasecmp(text, "https://", 8) == 0)
        scheme = 8;
    else if (length > 7 && g_ascii_strncasecmp(text, "http://", 7) == 0)
        scheme = 7;
    else
        return 0;
    all = trim_url(text, url_extent(text, length));
    return all > scheme ? all : 0;
}

static bool inside_anchor(const struct text_build *build, size_t at)
{
    for (size_t i = 0; i < build->anchor_count; i++)
        if (build->anchors[i].start <= at && at < build->anchors[i].end)
            return true;
    return false;
}

/* The newest anchor is met here and now: it goes before those that come behind. */
static void move_anchor(struct cleaning *cleaning, size_t newest)
{
    struct text_build *build = cleaning->build;
    struct text_anchor anchor = build->anchors[newest];

    anchor.at = build->clean_length;
    memmove(&build->anchors[cleaning->anchor + 1], &build->anchors[cleaning->anchor],
        (newest - cleaning->anchor) * sizeof(anchor));
    build->anchors[cleaning->anchor++] = anchor;
}

/* Takes the address out of the text, with brackets that hold nothing else. Returns how many
 * octets of text are done. */
static size_t take_url(struct cleaning *cleaning, size_t at, size_t url)
{
    static const char brackets[] = "<>[]()";
    struct text_build *build = cleaning->build;
    const char *text = cleaning->text;
    size_t used = url;

    for (const char *open = brackets; *open != '\0' && at + url < cleaning->length; open += 2)
        if (cleaning->gap == GAP_NONE && build->clean_length > 0 &&
            build->clean[build->clean_length - 1] == *open && text[at + url] == open[1]) {
            build->clean_length--;
            used++;
            break;
        }
    cleaning->gap = GAP_SPACE;
    cleaning->last = ' ';
    if (!inside_anchor(build, at)) {
        size_t before = build->anchor_count;

        text_build_anchor(build, text + at, url, at, at + url);
        if (build->anchor_count > before)
            move_anchor(cleaning, before);
    }
    return used;
}

/* --- white space -------------------------------------------------------------------------- */

/* What an octet can be the beginning of; in this order. */
enum beginning {
    TEXT = '0',
    STOP,          /* text that may end a sentence */
    STOP_OR_SPACE, /* the same, or wide space */
    WIDE_SPACE,    /* text, or wide space */
    ADDRESS,       /* text, or a web address */
    SPACE
};

/* One enum beginning for each octet, 32 to a line. */
static const char beginnings[] = "55555555555555555555555555555555"
                                 "51000000000000100000000000000001"
                                 "00000000400000000000000000000000"
                                 "00000000400000000000000000000005"
                                 "00000000000000000000000000000000"
                                 "00000000000000000000000000000000"
                                 "00300000000000000000001010010000"
                                 "12220000000000020000000000000000";

static enum beginning beginning_of(char octet)
{
    return (enum beginning)beginnings[(unsigned char)octet];
}

/* White space beyond ASCII, and what stands for octets that could not be read. */
static bool is_wide_space(gunichar c)
{
    return c == 0x0085 || c == 0x00A0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFFFD;
}

/* Whether the octets of a character may be those of wide space. */
static bool may_be_space(const char *p)
{
    enum beginning beginning = beginning_of(*p);

    if (beginning != STOP_OR_SPACE && beginning != WIDE_SPACE)
        return false;
    if ((unsigned char)*p == 0xE2)
        return (unsigned char)p[1] <= 0x81;
    return (unsigned char)*p != 0xE3 || (unsigned char)p[1] == 0x80;
}

/* Length of the text at p up to white space or to where an address may begin; at least that of
 * the first character. A space before more text stays as it is, and so is taken along, but not
 * where an anchor begins: that one is behind it. */
static size_t text_extent(const char *p, size_t length, size_t anchor)
{
    size_t at = (size_t)(g_utf8_next_char(p) - p);

    for (; at < length; at++) {
        enum beginning beginning = beginning_of(p[at]);

        if (beginning <= STOP)
            continue;
        if (beginning == ADDRESS && !g_ascii_isalnum(p[at - 1]))
            break;
        if (beginning == SPACE && (p[at] != ' ' || at + 1 >= length || at + 1 >= anchor ||
                                      beginning_of(p[at + 1]) > STOP))
            break;
        if (may_be_space(p + at))
            break;
    }
    return at;
}

/* The character that ends before p. */
static uint32_t character_before(const char *p)
{
    do
        p--;
    while (((unsigned char)*p & 0xC0) == 0x80);
    return g_utf8_get_char(p);
}

/* Writes text that holds no white space. The cleaned run is never longer than the run. */
static void put(struct cleaning *cleaning, const char *text, size_t length)
{
    struct text_build *build = cleaning->build;
    bool joined = cleaning->gap == GAP_LINE && fold_is_unspaced(cleaning->last) &&
                  fold_is_unspaced(g_utf8_get_char(text));

    if (cleaning->gap != GAP_NONE && !joined && build->clean_length > 0 &&
        build->clean[build->clean_length - 1] != ' ')
        build->clean[build->clean_length++] = ' ';
    memcpy(build->clean + build->clean_length, text, length);
    build->clean_length += length;
    cleaning->gap = GAP_NONE;
    cleaning->last = character_before(text + length);
}

/* Where the next anchor begins that has not been met. */
static size_t next_anchor(const struct cleaning *cleaning)
{
    const struct text_build *build = cleaning->build;

    return cleaning->anchor < build->anchor_count ? build->anchors[cleaning->anchor].start
                                                  : SIZE_MAX;
}

/* Takes what begins at text[at]; returns its length. */
static size_t clean_one(struct cleaning *cleaning, size_t at)
{
    const char *p = cleaning->text + at;
    size_t length;

    if (beginning_of(*p) == SPACE) {
        if (*p == '\n')
            cleaning->gap = GAP_LINE;
        else if (cleaning->gap == GAP_NONE)
            cleaning->gap = GAP_SPACE;
        return 1;
    }
    if (!cleaning->build->addresses_stay && beginning_of(*p) == ADDRESS &&
        (cleaning->gap != GAP_NONE || !fold_is_word(cleaning->last))) {
        length = url_length(p, cleaning->length - at);
        if (length > 0)
            return take_url(cleaning, at, length);
    }
    if (may_be_space(p) && is_wide_space(g_utf8_get_char(p))) {
        if (cleaning->gap == GAP_NONE)
            cleaning->gap = GAP_SPACE;
        return (size_t)(g_utf8_next_char(p) - p);
    }
    length = text_extent(p, cleaning->length - at, next_anchor(cleaning) - at);
    put(cleaning, p, length);
    return length;
}

static bool make_clean_room(struct text_build *build, size_t length)
{
    char *clean;

    build->clean_length = 0;
    if (length < build->clean_room)
        return true;
    clean = realloc(build->clean, length + 1);
    if (clean == NULL) {
        build->error = ERR_NOMEM;
        return false;
    }
    build->clean = clean;
    build->clean_room = length + 1;
    return true;
}

static void clean_run(struct text_build *build, const char *text, size_t length)
{
    struct cleaning cleaning = {build, text, length, GAP_NONE, ' ', 0};
    size_t at = 0;

    while (at < length) {
        while (cleaning.anchor < build->anchor_count && build->anchors[cleaning.anchor].start <= at)
            build->anchors[cleaning.anchor++].at = build->clean_length;
        at += clean_one(&cleaning, at);
    }
    build->clean[build->clean_length] = '\0';
}

/* --- sentences ---------------------------------------------------------------------------- */

/* Quotation marks and brackets that close behind a sentence's end. */
static bool is_closer(gunichar c)
{
    return c == '"' || c == '\'' || c == ')' || c == ']' || c == 0x2019 || c == 0x201D ||
           c == 0x00BB || c == 0x300D || c == 0x300F || c == 0xFF09 || c == 0x3011;
}

/* Ends a sentence wherever it stands. */
static bool is_full_stop_alone(gunichar c)
{
    return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61 || /* ideographic */
           c == 0x0964 || c == 0x0965 ||                               /* danda */
           c == 0x17D4 || c == 0x17D5 || c == 0x104B ||                /* Khmer, Myanmar */
           c == 0x1362 || c == 0x1367;                                 /* Ethiopic */
}

/* Ends a sentence where white space follows. */
static bool is_full_stop_spaced(gunichar c)
{
    return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x061F || c == 0x06D4 ||
           c == 0x0589 || c == 0x0F0D || c == 0x203C || c == 0x2047 || c == 0x2048 || c == 0x2049;
}

/* Whether the full stop at text stands behind a number of one or two digits ("1. Open …", "am 3.
 * Januar") or a single letter ("z. B.", "J. Example"): those end no sentence. */
static bool is_short_stop(const char *text, const char *start)
{
    const char *p = text;

    while (p > start && text - p < 3 && g_ascii_isdigit(p[-1]))
        p--;
    if (p == text && p > start && g_ascii_isalpha(p[-1]))
        p--;
    return p < text && text - p < 3 && (p == start || p[-1] == ' ' || p[-1] == '.');
}

/* If a sentence that begins at start ends with the character at text, the length from there to
 * the sentence's end; else 0. A full stop behind which a small letter follows ends nothing. */
static size_t sentence_end(const char *text, const char *start, const char *end)
{
    gunichar c = g_utf8_get_char(text);
    const char *p = g_utf8_next_char(text);
    bool alone = is_full_stop_alone(c);
    bool weak = c == '.' || c == 0x2026;

    if (!alone && !is_full_stop_spaced(c))
        return 0;
    if (c == '.' && p < end && *p == ' ' && is_short_stop(text, start))
        return 0;
    while (p < end) {
        c = g_utf8_get_char(p);
        if (!is_closer(c) && !is_full_stop_alone(c) && !is_full_stop_spaced(c))
            break;
        alone = alone || is_full_stop_alone(c);
        weak = weak && !(c == '!' || c == '?');
        p = g_utf8_next_char(p);
    }
    if (p == end || alone)
        return (size_t)(p - text);
    if (*p != ' ' || (weak && g_unichar_islower(g_utf8_get_char(p + 1))))
        return 0;
    return (size_t)(p - text);
}

static bool has_word(const char *text, size_t length)
{
    const char *end = text + length;

    for (const char *p = text; p < end; p = g_utf8_next_char(p))
        if (fold_is_word(g_utf8_get_char(p)))
            return true;
    return false;
}

/* The longest start of text that has at most room octets and ends with a character. */
static size_t cut_to(const char *text, size_t length, size_t room)
{
    if (length <= room)
        return length;
    while (room > 0 && ((unsigned char)text[room] & 0xC0) == 0x80)
        room--;
    return room;
}

static void add_segment(
    struct text_build *build, enum text_origin origin, const char *text, size_t length)
{
    void *segments = build->segments;
    struct text_segment *segment;

    if (!grow(build->arena, &segments, build->count, &build->room, sizeof(*segment))) {
        build->error = ERR_NOMEM;
        return;
    }
    build->segments = segments;
    segment = &build->segments[build->count];
    segment->origin = origin;
    segment->block = build->block;
    segment->plain = arena_strndup(build->arena, text, length);
    segment->folded = fold_text(build->arena, text, length, FOLDED_MAX(length), &segment->length);
    if (segment->plain == NULL || segment->folded == NULL)
        build->error = ERR_NOMEM;
    else if (has_word(segment->folded, segment->length)) /* fillers are letters, and fold away */
        build->count++;
}

/* Adds text as a segment if it says anything and the budget allows. */
static void add_sentence(
    struct text_build *build, enum text_origin origin, const char *text, size_t length)
{
    size_t whole = length;
    size_t cost;

    if (!text_build_wants(build) || !has_word(text, length))
        return;
    length = cut_to(text, length, build->budget);
    cost = length < SEGMENT_COST ? SEGMENT_COST : length;
    if (length > 0)
        add_segment(build, origin, text, length);
    if (cost >= build->budget || length < whole) {
        build->budget = 0;
        build->full = true;
    } else {
        build->budget -= cost;
    }
}

static void add_link(
    struct text_build *build, const char *url, size_t segment, enum text_origin origin)
{
    void *links = build->links;
    struct text_link *link;

    if (!grow(build->arena, &links, build->link_count, &build->link_room, sizeof(*link))) {
        build->error = ERR_NOMEM;
        return;
    }
    build->links = links;
    link = &build->links[build->link_count++];
    link->url = url;
    link->segment = segment;
    link->origin = origin;
}

/* Gives the links whose words begin before `end` of the cleaned run to the newest segment. */
static size_t settle_links(
    struct text_build *build, enum text_origin origin, size_t from, size_t end)
{
    size_t segment = build->count == 0 ? 0 : build->count - 1;

    for (; from < build->anchor_count; from++) {
        if (build->anchors[from].at >= end && end != SIZE_MAX)
            break;
        if (build->error == 0)
            add_link(build, build->anchors[from].url, segment, origin);
    }
    return from;
}

/* Whether a character that ends a sentence may begin with these octets, the first of which
 * allows for it. */
static bool may_be_stop(const char *p)
{
    switch ((unsigned char)*p) {
    case 0xD8:
        return (unsigned char)p[1] == 0x9F;
    case 0xE0:
        return (unsigned char)p[1] == 0xA5 || (unsigned char)p[1] == 0xBC;
    case 0xE2:
        return (unsigned char)p[1] <= 0x81;
    case 0xE3:
        return (unsigned char)p[1] == 0x80;
    default:
        return true;
    }
}

/* Whether no sentence can end among the eight octets at text. */
static bool no_stop_in_eight(const char *text)
{
    uint64_t word = octets_load(text);

    return (word & OCTETS_HIGH) == 0 && octets_equal(word, '.') == 0 &&
           octets_equal(word, '!') == 0 && octets_equal(word, '?') == 0;
}

/* The next place in text where a sentence may end. */
static const char *next_stop(const char *text, const char *end)
{
    while (text < end) {
        const char *part = end - text < 8 ? end : text + 8;

        if (end - text >= 8 && no_stop_in_eight(text))
            text = part;
        for (; text < part; text++) {
            enum beginning beginning = beginning_of(*text);

            if ((beginning == STOP || beginning == STOP_OR_SPACE) && may_be_stop(text))
                return text;
        }
    }
    return text;
}

/* Adds the sentences of the cleaned run; returns how many links found theirs. */
static size_t add_sentences(struct text_build *build, enum text_origin origin)
{
    const char *clean = build->clean;
    const char *end = clean + build->clean_length;
    const char *start = clean;
    const char *p = clean;
    size_t settled = 0;

    while (start < end && text_build_wants(build)) {
        size_t stop = 0;

        for (p = next_stop(p, end); p < end && stop == 0; p = next_stop(p, end)) {
            stop = sentence_end(p, start, end);
            p = stop > 0 ? p + stop : g_utf8_next_char(p);
            if (stop > 0)
                break;
        }
        while (start < p && *start == ' ')
            start++;
        add_sentence(build, origin, start, (size_t)(p - start));
        settled = settle_links(build, origin, settled, (size_t)(p - clean));
        start = p;
    }
    return settled;
}

void text_build_run(
    struct text_build *build, enum text_origin origin, const char *text, size_t length)
{
    size_t before = build->count;
    size_t settled;

    if (text_build_wants(build) && make_clean_room(build, length)) {
        clean_run(build, text, length);
        settled = add_sentences(build, origin);
        if (build->count > before)
            build->run = before;
        /* links without words, behind all words */
        if (text_build_wants(build))
            settle_links(build, origin, settled, SIZE_MAX);
    }
    build->anchor_count = 0;
}

/* --- second thoughts ---------------------------------------------------------------------- */

struct text_mark text_build_mark(const struct text_build *build)
{
    struct text_mark mark = {build->count, build->link_count};

    return mark;
}

void text_build_turn(
    struct text_build *build, struct text_mark from, enum text_origin old, enum text_origin origin)
{
    for (size_t i = from.segment; i < build->count; i++)
        if (build->segments[i].origin == old)
            build->segments[i].origin = origin;
    for (size_t i = from.link; i < build->link_count; i++)
        if (build->links[i].origin == old && build->links[i].segment >= from.segment)
            build->links[i].origin = origin;
}

size_t text_build_octets(const struct text_build *build, struct text_mark from, struct text_mark to,
    enum text_origin origin)
{
    size_t octets = 0;

    for (size_t i = from.segment; i < to.segment; i++)
        if (build->segments[i].origin == origin)
            octets += build->segments[i].length;
    return octets;
}

void text_build_drop(struct text_build *build, struct text_mark from, struct text_mark to)
{
    size_t shift = to.segment - from.segment;

    for (size_t i = from.segment; i < to.segment; i++) {
        size_t length = strlen(build->segments[i].plain);

        build->budget += length < SEGMENT_COST ? SEGMENT_COST : length;
        build->full = false;
    }
    if (shift > 0)
        memmove(&build->segments[from.segment], &build->segments[to.segment],
            (build->count - to.segment) * sizeof(build->segments[0]));
    if (to.link > from.link)
        memmove(&build->links[from.link], &build->links[to.link],
            (build->link_count - to.link) * sizeof(build->links[0]));
    build->count -= shift;
    build->link_count -= to.link - from.link;
    for (size_t i = from.link; i < build->link_count; i++)
        if (build->links[i].segment >= to.segment)
            build->links[i].segment -= shift;
        else if (build->links[i].segment >= from.segment)
            build->links[i].segment = from.segment > 0 ? from.segment - 1 : 0;
}
