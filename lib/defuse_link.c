/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Whole chunks between spaces are taken for links, or none of one: a host name or a token in the
 * middle of something else is rarer than a link that is not written as one.
 *
 * A link that was broken in two goes on in the next chunk. One that was written with spaces, or
 * with words in the place of its signs ("shop dot example"), is put together from its neighbours.
 */
#include "defuse_link.h"

#include <string.h>

#include "fold.h"

#define LONG_LINK 40    /* characters from which a link may have been broken anywhere */
#define ANGLE_MOST 2000 /* characters of a link in angle brackets */
#define SCHEME_LEAST 4  /* letters of a scheme that is not in the list */

/* --- chunks ------------------------------------------------------------------------------- */

static bool is_ascii_alnum(const struct defuse_view *view, size_t at)
{
    return at < view->length && view->text[at] < 0x80 && g_ascii_isalnum((char)view->text[at]);
}

/* What no web address holds: a chunk ends there. The ideographic full stop is a dot inside names
 * (RFC 3490 §3.1). */
static bool is_border(const struct defuse_view *view, size_t at)
{
    static const gunichar borders[] = {' ', '\n', DEFUSE_VIEW_LINK, DEFUSE_VIEW_CODE, '<', '>', '"',
        0x300C, 0x300D, 0x300E, 0x300F, 0x3010, 0x3011, 0x3001};
    gunichar c = view->text[at];

    for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++)
        if (c == borders[i])
            return true;
    return c == 0x3002 && !(at > 0 && is_ascii_alnum(view, at - 1) && is_ascii_alnum(view, at + 1));
}

/* The chunk that begins at `at` or behind; false where none does. */
static bool next_chunk(const struct defuse_view *view, size_t at, struct defuse_span *chunk)
{
    while (at < view->length && is_border(view, at))
        at++;
    chunk->from = chunk->to = at;
    while (chunk->to < view->length && !is_border(view, chunk->to))
        chunk->to++;
    return chunk->to > at;
}

static bool begins(const struct defuse_view *view, struct defuse_span chunk, const char *ascii)
{
    return defuse_view_begins(view, chunk.from, chunk.to, ascii);
}

static bool equals(const struct defuse_view *view, struct defuse_span chunk, const char *ascii)
{
    return chunk.to - chunk.from == strlen(ascii) && begins(view, chunk, ascii);
}

/* --- a link in one chunk ------------------------------------------------------------------ */

static bool is_ascii_letter(gunichar c)
{
    return c < 0x80 && g_ascii_isalpha((char)c);
}

/* "mailto:x", wherever the name begins a word; and any longer word before a colon. */
static bool is_scheme(const struct defuse_view *view, size_t at, size_t end)
{
    static const char *const schemes[] = {
        "http:", "https:", "ftp:", "mailto:", "tel:", "sms:", "data:", "javascript:", "cid:",
        "intent:", "otpauth:", "file:", "magnet:", "geo:", "urn:", "tg:", "fb:", "sip:", "sips:"};
    size_t behind = at;

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (defuse_view_begins(view, at, end, schemes[i]) && at + strlen(schemes[i]) < end)
            return true;
    while (behind < end && is_ascii_letter(view->text[behind]))
        behind++;
    return behind >= at + SCHEME_LEAST && behind + 1 < end && view->text[behind] == ':' &&
           is_ascii_alnum(view, behind + 1);
}

static bool is_dot(gunichar c)
{
    return c == '.' || c == 0x3002;
}

/* Two letters as at the beginning of a host name's last part. */
static bool are_letters(const struct defuse_view *view, size_t at, size_t end)
{
    return at + 1 < end && g_unichar_isalpha(view->text[at]) &&
           defuse_view_is_alnum(view, at + 1) && !defuse_view_is_number(view->text[at + 1]);
}

/* A dot of a host name: something before it but a dot, two letters behind. */
static bool is_host_dot(const struct defuse_view *view, struct defuse_span chunk, size_t at)
{
    return is_dot(view->text[at]) && at > chunk.from && !is_dot(view->text[at - 1]) &&
           are_letters(view, at + 1, chunk.to);
}

/* A sign of an address that was put into brackets: "(.)", "(dot)", "{at}". Ours are round: the
 * square ones were made so. */
static size_t bracketed_sign(const struct defuse_view *view, size_t at, size_t end)
{
    static const char *const signs[] = {
        ".", "dot", "punkt", "punto", "ponto", "point", "at", "@", "/", "slash", ":", "//", "://"};
    gunichar open = view->text[at], close = open == '(' ? ')' : '}';

    if (open != '(' && open != '{')
        return 0;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        size_t behind = at + 1 + strlen(signs[i]);

        if (defuse_view_begins(view, at + 1, end, signs[i]) && behind < end &&
            view->text[behind] == close)
            return behind + 1 - at;
    }
    return 0;
}

static bool is_link_at(const struct defuse_view *view, struct defuse_span chunk, size_t at)
{
    gunichar c = view->text[at];
    size_t end = chunk.to;
    bool inside = at > chunk.from && at + 1 < end && defuse_view_is_alnum(view, at - 1) &&
                  defuse_view_is_alnum(view, at + 1);

    if (defuse_view_begins(view, at, end, "//") || defuse_view_begins(view, at, end, "\\\\") ||
        defuse_view_begins(view, at, end, "www."))
        return true;
    if (is_host_dot(view, chunk, at) || (inside && (c == '@' || c == '=' || c == '?')))
        return true;
    if (bracketed_sign(view, at, end) > 0 && at > chunk.from)
        return true;
    if (c == '%' && at + 2 < end && g_unichar_isxdigit(view->text[at + 1]) &&
        g_unichar_isxdigit(view->text[at + 2]))
        return true;
    return (at == chunk.from || !defuse_view_is_alnum(view, at - 1)) && is_scheme(view, at, end);
}

static bool is_link(const struct defuse_view *view, struct defuse_span chunk)
{
    size_t slashes = 0;

    for (size_t at = chunk.from; at < chunk.to; at++) {
        slashes += view->text[at] == '/';
        if (is_link_at(view, chunk, at))
            return true;
    }
    return slashes > 1;
}

/* --- links in several chunks -------------------------------------------------------------- */

/* Does the chunk end as no word does, so that the next one goes on with it? Or was it so long that
 * somebody may have broken it there? */
static bool goes_on(const struct defuse_view *view, struct defuse_span chunk)
{
    gunichar last = view->text[chunk.to - 1];

    return (last < 0x80 && strchr("=/&?%_#-@", (int)last) != NULL) ||
           (chunk.to - chunk.from >= LONG_LINK && chunk.to < view->length &&
               view->text[chunk.to] == ' ' && defuse_view_is_alnum(view, chunk.to - 1));
}

/* Does it begin as the rest of a link does? */
static bool is_rest(const struct defuse_view *view, struct defuse_span chunk)
{
    gunichar first = view->text[chunk.from];

    return (first < 0x80 && strchr("/?&=#%@", (int)first) != NULL) ||
           (is_dot(first) && are_letters(view, chunk.from + 1, chunk.to));
}

/* A sign of an address that stands alone, or a word for it: what is before and behind it belongs
 * together. */
static bool is_sign(const struct defuse_view *view, struct defuse_span chunk)
{
    static const char *const signs[] = {".", "dot", "@", "slash", "://", "//", ":/"};

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (equals(view, chunk, signs[i]))
            return true;
    return bracketed_sign(view, chunk.from, chunk.to) == chunk.to - chunk.from;
}

/* Is there nothing but spaces between the two? */
static bool is_same_line(const struct defuse_view *view, struct defuse_span a, struct defuse_span b)
{
    for (size_t i = a.to; i < b.from; i++)
        if (view->text[i] != ' ')
            return false;
    return b.from > a.to;
}

/* Takes a spaced-out address together: the chunk, its sign and the next one. */
static void join(struct defuse_view *view, struct defuse_span before, struct defuse_span sign)
{
    struct defuse_span behind;
    bool has_behind = next_chunk(view, sign.to, &behind) && is_same_line(view, sign, behind) &&
                      defuse_view_is_alnum(view, behind.from);

    if (!has_behind || !is_same_line(view, before, sign))
        return;
    defuse_view_condemn(view, (struct defuse_span){before.from, behind.to}, DEFUSE_IS_LINK);
}

/* A link that began behind "<" ends with the next ">", whatever stands between. */
static size_t end_of_angles(const struct defuse_view *view, struct defuse_span chunk)
{
    size_t end = chunk.to;

    if (chunk.from == 0 || view->text[chunk.from - 1] != '<')
        return chunk.to;
    while (end < view->length && end < chunk.from + ANGLE_MOST && view->text[end] != '>' &&
           view->text[end] != '<' && view->text[end] != DEFUSE_VIEW_LINK)
        end++;
    return end < view->length && view->text[end] == '>' ? end : chunk.to;
}

static void find_places(struct defuse_view *view)
{
    for (size_t at = 0; at < view->length; at++)
        if (view->text[at] == DEFUSE_VIEW_LINK)
            view->fate[at] = DEFUSE_IS_LINK;
        else if (view->text[at] == DEFUSE_VIEW_CODE)
            view->fate[at] = DEFUSE_IS_CODE;
}

void defuse_link_find(struct defuse_view *view)
{
    struct defuse_span chunk, before = {0, 0};
    bool more = false, after = false; /* the last chunk goes on; it was a link */

    find_places(view);
    for (size_t at = 0; next_chunk(view, at, &chunk); at = chunk.to) {
        bool dotted = is_dot(view->text[chunk.from]) && is_rest(view, chunk);
        bool is = more || dotted || is_link(view, chunk) || (after && is_rest(view, chunk));

        if (is_sign(view, chunk))
            join(view, before, chunk);
        else if (dotted && is_same_line(view, before, chunk))
            defuse_view_condemn(view, before, DEFUSE_IS_LINK);
        is = is || view->fate[chunk.from] == DEFUSE_IS_LINK;
        before = chunk;
        if (is) {
            chunk.to = end_of_angles(view, chunk);
            defuse_view_condemn(view, chunk, DEFUSE_IS_LINK);
        }
        more = is && goes_on(view, chunk);
        after = is;
    }
}
