/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A stack of the open elements is kept, and compared with every tag.
 */
#include "text_flat.h"

#include <glib.h>
#include <string.h>
#include <strings.h>

#include "text_element.h"
#include "text_scan.h"

#define ASIDE_MIN ((size_t)4)    /* octets of text that cost the parser more than a mark does */
#define ASIDE_MAX ((size_t)1000) /* and that come in one piece from the parser, too */

/* What an element may mean without being passed, if none of its attributes is kept. */
#define LEFT_OUT                                                                                   \
    (TEXT_ELEMENT_BLOCK | TEXT_ELEMENT_BREAK | TEXT_ELEMENT_IMAGE | TEXT_ELEMENT_LINK |            \
        TEXT_ELEMENT_VOID | TEXT_ELEMENT_SILENT)

static unsigned flags_of(const struct text_element *element)
{
    return element != NULL ? element->flags : 0;
}

static const struct text_flat_open *innermost(const struct text_flat *flat)
{
    return flat->depth > 0 ? &flat->open[flat->depth - 1] : NULL;
}

/* --- the stack ---------------------------------------------------------------------------- */

/* How many elements are open up to the innermost that is passed, 0 if none is. */
static size_t passed_depth(const struct text_flat *flat)
{
    return flat->depth > 0 ? flat->open[flat->depth - 1].passed : 0;
}

static bool is_ended_by(const struct text_flat_open *open, const struct text_element *element)
{
    return open->element != NULL && (open->element->ended_by & element->starts) != 0;
}

/* Whether the parser would take the start tag of an element for the end of a passed one. */
static bool ends_passed(const struct text_flat *flat, const struct text_element *element)
{
    size_t passed = passed_depth(flat);

    return element != NULL && passed > 0 && is_ended_by(&flat->open[passed - 1], element);
}

/* Whether the parser, with all the tags or without those left out, sees in a start tag just that.
 */
static bool just_starts(
    const struct text_flat *flat, const struct text_element *element, bool passed)
{
    const struct text_flat_open *last = innermost(flat);

    if (element == NULL || last == NULL)
        return true;
    return !is_ended_by(last, element) && !(passed && ends_passed(flat, element));
}

/* False if it is too deep. */
static bool push(struct text_flat *flat, const struct text_reduce_tag *tag, bool passed)
{
    struct text_flat_open *open = &flat->open[flat->depth];

    if (flat->depth == TEXT_FLAT_DEPTH_MAX)
        return false;
    open->element = tag->element;
    open->name = tag->name;
    open->name_length = tag->name_length;
    open->passed = passed ? flat->depth + 1 : passed_depth(flat);
    flat->depth++;
    return true;
}

/* --- marks and text ----------------------------------------------------------------------- */

static void mark(struct text_flat *flat, char kind)
{
    const char octets[] = {TEXT_FLAT_MARK, kind};

    buf_add(flat->out, octets, sizeof(octets));
}

/* One mark is enough for blocks that begin or end with nothing but white space between. */
static void mark_block(struct text_flat *flat)
{
    if (flat->blank_end == flat->out->length)
        buf_cut(flat->out, flat->blank_start);
    if (flat->mark_end != flat->out->length)
        mark(flat, TEXT_FLAT_BLOCK);
    flat->mark_end = flat->out->length;
    flat->blank_end = SIZE_MAX;
}

/* Whether the parser would hand text over as it stands: it holds no references, and no characters
 * beyond those of a document (U+FFFE and U+FFFF begin with that octet). */
static bool is_literal(const char *text, size_t length)
{
    return memchr(text, '&', length) == NULL && memchr(text, '\xEF', length) == NULL;
}

/* Keeps text or a link for when the parser comes to the place. */
static void set_aside(struct text_flat *flat, const char *text, size_t length)
{
    struct text_flat_piece piece = {text, length};

    buf_add(flat->aside, &piece, sizeof(piece));
}

static void give_text(struct text_flat *flat, const char *text, const char *end)
{
    const char *p = text;
    size_t before = flat->out->length;

    while (p < end && text_scan_is_blank(*p))
        p++;
    if (p == end && flat->lines == 0) {
        if (before == flat->mark_end)
            return;
        flat->blank_start = before;
        flat->blank_end = before + (size_t)(end - text);
        buf_add(flat->out, text, (size_t)(end - text));
        return;
    }
    if (flat->lines == 0 && (size_t)(end - text) >= ASIDE_MIN &&
        (size_t)(end - text) <= ASIDE_MAX && is_literal(text, (size_t)(end - text))) {
        set_aside(flat, text, (size_t)(end - text));
        mark(flat, TEXT_FLAT_TEXT);
        return;
    }
    text_scan_give(flat->out, &flat->open_end, text, end, flat->end);
}

/* --- tags --------------------------------------------------------------------------------- */

/* Reads a script or style up to its end tag. Those that say nothing are left out. */
static const char *read_raw(
    struct text_flat *flat, const struct text_reduce_tag *tag, const char *end)
{
    const char *inside = tag->name - 1 + tag->length;
    const char *close = text_reduce_raw_end(tag, inside, end);
    size_t before = flat->out->length;
    size_t start;
    bool passed;

    if (close == NULL)
        return NULL;
    text_reduce_write(flat->reduce, tag);
    start = flat->out->length;
    if ((tag->element->flags & TEXT_ELEMENT_STYLE) != 0)
        text_reduce_sheet(flat->reduce, inside, (size_t)(close - inside));
    passed = flat->lines > 0 || flat->out->length > start;
    if (!passed)
        buf_cut(flat->out, before);
    return push(flat, tag, passed) ? close : NULL;
}

/* Whether what is inside an element is read in one way only. */
static bool is_sure_inside(const struct text_reduce_tag *tag, const char *inside, const char *end)
{
    if (tag->element == NULL || tag->element->inside != TEXT_ELEMENT_UNSURE)
        return true;
    return (tag->element->flags & TEXT_ELEMENT_TITLE) != 0 &&
           text_reduce_has_no_tags(tag, inside, end);
}

/* The start tag of an element that is left out. */
static void leave_out(struct text_flat *flat, unsigned flags)
{
    if ((flags & TEXT_ELEMENT_ROOT) != 0)
        return;
    if ((flags & TEXT_ELEMENT_BLOCK) != 0)
        mark_block(flat);
    else if ((flags & TEXT_ELEMENT_BREAK) != 0)
        mark(flat, TEXT_FLAT_BREAK);
}

/* Passes the start tag of an element. Of those that are nothing but a link to a plain address no
 * attribute is passed. */
static void pass(struct text_flat *flat, const struct text_reduce_tag *tag, unsigned flags)
{
    struct text_reduce_link link = {NULL, 0};

    if ((flags & TEXT_ELEMENT_LINK) == 0 || !(tag->bare || text_reduce_is_plain_link(tag, &link))) {
        text_reduce_write(flat->reduce, tag);
        return;
    }
    set_aside(flat, link.url, link.length);
    buf_add(flat->out, tag->name - 1, tag->name_length + 1);
    buf_putc(flat->out, '>');
}

static const char *read_start(struct text_flat *flat, const char *p, const char *end)
{
    struct text_reduce_tag tag;
    const char *behind;
    unsigned flags;
    bool passed;

    if (!text_reduce_read(flat->reduce, p, end, &tag))
        return NULL;
    behind = p + tag.length;
    flags = flags_of(tag.element);
    /* an anchor inside of what is passed may end what a link around it began */
    passed = (flat->lines > 0 || !tag.bare || (flags & ~LEFT_OUT) != 0 ||
                 ((flags & TEXT_ELEMENT_LINK) != 0 && passed_depth(flat) > 0)) &&
             (flags & TEXT_ELEMENT_ROOT) == 0;
    if (!just_starts(flat, tag.element, passed) ||
        (tag.closed && (flags & TEXT_ELEMENT_VOID) == 0) || !is_sure_inside(&tag, behind, end))
        return NULL;
    if (tag.element != NULL && tag.element->inside == TEXT_ELEMENT_NO_TAGS)
        return read_raw(flat, &tag, end);
    if (passed)
        pass(flat, &tag, flags);
    else
        leave_out(flat, flags);
    if ((flags & (TEXT_ELEMENT_VOID | TEXT_ELEMENT_ROOT)) != 0)
        return behind;
    if (!push(flat, &tag, passed))
        return NULL;
    if ((flags & TEXT_ELEMENT_PRE) != 0 && flat->lines == 0)
        flat->lines = flat->depth;
    return behind;
}

/* The end of the document, behind which more may come. Where elements are not left out, text_tags
 * puts an <hr> there, which must end no element that is open. */
static const char *read_document_end(struct text_flat *flat, const char *p, const char *end)
{
    const char *behind = text_scan_behind(p, end);

    if (flat->lines > 0 || behind[-1] != '>' ||
        !just_starts(flat, text_element_find("hr", 2), false))
        return NULL;
    mark_block(flat);
    return behind;
}

static const char *read_end(struct text_flat *flat, const char *p, const char *end)
{
    const char *name = p + 2;
    const char *behind = name;
    const struct text_flat_open *last = innermost(flat);
    size_t length;

    if (text_scan_is_unwanted(p, end))
        return read_document_end(flat, p, end);
    while (behind < end && text_scan_is_name(*behind))
        behind++;
    length = (size_t)(behind - name);
    while (behind < end && text_scan_is_blank(*behind))
        behind++;
    if (behind == end || *behind++ != '>')
        return NULL;
    if (length == 4 && strncasecmp(name, "head", length) == 0)
        return behind; /* its start tag was left out */
    if (last == NULL || last->name_length != length || strncasecmp(last->name, name, length) != 0)
        return NULL;
    flat->depth--;
    if (flat->lines > flat->depth)
        flat->lines = 0;
    if (last->passed > flat->depth)
        buf_add(flat->out, p, (size_t)(behind - p));
    else if ((flags_of(last->element) & TEXT_ELEMENT_BLOCK) != 0)
        mark_block(flat);
    return behind;
}

/* Comments, document types, and what Microsoft's programs write. */
static const char *read_declaration(struct text_flat *flat, const char *p, const char *end)
{
    const char *behind;

    if (text_scan_begins(p, end, TEXT_SCAN_COMMENT))
        return text_scan_comment_end(p, end);
    behind = text_scan_behind(p, end);
    if (behind[-1] != '>')
        return NULL;
    if (text_scan_is_unwanted(p, end))
        return behind;
    if (text_scan_follow(p, end) != behind || !text_scan_is_sure(p, behind))
        return NULL;
    buf_add(flat->out, p, (size_t)(behind - p));
    return behind;
}

/* Reads what begins with the '<' at p; returns where it ends, NULL if it is not understood. */
static const char *read_any(struct text_flat *flat, const char *p, const char *end)
{
    if (end - p < 3)
        return NULL;
    if (g_ascii_isalpha(p[1]))
        return read_start(flat, p, end);
    if (p[1] == '/')
        return read_end(flat, p, end);
    return p[1] == '!' || p[1] == '?' ? read_declaration(flat, p, end) : NULL;
}

/* Reads as far as all is understood; returns how far. */
static const char *read_all(struct text_flat *flat, const char *p, const char *end)
{
    while (p < end) {
        const char *next = text_scan_find(p, end, "<");

        if (next > p)
            give_text(flat, p, next);
        if (next == end)
            break;
        p = read_any(flat, next, end);
        if (p == NULL)
            return next;
    }
    return end;
}

/* Whether blocks are open inside of what is passed. They end before it does: a block in a link
 * before the link. */
static bool has_inner_blocks(const struct text_flat *flat)
{
    size_t passed = passed_depth(flat);

    if (passed == 0)
        return false;
    for (size_t i = passed; i < flat->depth; i++)
        if ((flags_of(flat->open[i].element) & TEXT_ELEMENT_BLOCK) != 0)
            return true;
    return false;
}

const char *text_flat_read(struct text_flat *flat, struct text_reduce *reduce, struct buf *aside,
    const char *html, const char *end)
{
    const char *rest;

    flat->reduce = reduce;
    flat->out = reduce->out;
    flat->aside = aside;
    flat->end = end;
    flat->depth = 0;
    flat->lines = 0;
    flat->mark_end = SIZE_MAX;
    flat->blank_end = SIZE_MAX;
    flat->open_end = SIZE_MAX;
    rest = read_all(flat, html, end);
    if (rest == end && has_inner_blocks(flat))
        mark_block(flat);
    return rest;
}

bool text_flat_is_unfinished(const struct text_flat *flat, const char *rest, const char *end)
{
    const char *name = rest + 1;
    size_t length = 0;

    if (*rest != '<' || (size_t)(end - rest) > TEXT_REDUCE_TAG_MAX ||
        memchr(rest, '>', (size_t)(end - rest)) != NULL || has_inner_blocks(flat))
        return false;
    if (text_scan_begins(rest, end, TEXT_SCAN_COMMENT))
        return true;
    if (memchr(name, '<', (size_t)(end - name)) != NULL)
        return false;
    if (name < end && *name == '/') /* without a name the parser takes it for text */
        return name + 1 == end || g_ascii_isalpha(name[1]);
    if (name == end || !g_ascii_isalpha(*name))
        return false;
    while (name + length < end && text_scan_is_name(name[length]))
        length++;
    return !ends_passed(flat, text_element_find(name, length));
}
