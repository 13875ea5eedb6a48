/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Text gathers until an element that makes a line or a block of its own begins or ends. What is
 * hidden and what is an alternative text gathers beside it, so that a sentence stays whole
 * whatever is strewn into it.
 */
#include "text_html.h"

#include <glib.h>
#include <libxml/HTMLparser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "text_css.h"
#include "text_element.h"
#include "text_flat.h"
#include "text_plain.h"
#include "text_quote.h"
#include "text_tags.h"

#define STYLE_MAX ((size_t)65536)
#define SLACK ((size_t)4096)      /* octets that gather beyond the budget, white space and such */
#define WRAPPED_LINE ((size_t)50) /* octets from which a line may have been wrapped */

/* An alternative text, or a link without words (length 0), for behind the line. */
struct aside {
    size_t start; /* in `asides` */
    size_t length;
    size_t url; /* in `asides`, SIZE_MAX for none */
    size_t url_length;
    enum text_origin origin;
};

#define ASIDES_MAX 64
#define DOCUMENT "<html><body>"

struct text_html {
    struct text_build *build;
    struct text_html_options options;
    htmlParserCtxtPtr parser;
    struct buf source; /* what is to be read */
    struct text_tags tags;
    struct text_mark begin;
    unsigned flags[TEXT_HTML_DEPTH_MAX + 1]; /* of the open elements; the first is nobody's */
    size_t depth;
    struct text_css_sheet sheet;
    struct buf seen;
    struct buf hidden;
    struct buf title;
    struct buf style;
    struct buf pre;
    struct buf asides;
    struct aside aside_list[ASIDES_MAX];
    size_t aside_count;
    enum text_origin seen_origin; /* of what is gathered in seen */
    struct buf url;               /* of the link that is open */
    size_t url_start;             /* of its words in seen */
    bool url_open;
    size_t block_at; /* how many segments there were when the newest block began */
    bool in_mark;    /* the first octet of a mark came */
    bool broken;     /* a <br> came; it is not yet known whether a line ended */
    bool rest_quoted;
    bool too_deep;
    bool stopped;
};

static unsigned here(const struct text_html *html)
{
    return html->flags[html->depth];
}

static void stop(struct text_html *html)
{
    if (!html->stopped)
        xmlStopParser(html->parser);
    html->stopped = true;
}

static enum text_origin origin_of(const struct text_html *html, enum text_origin own)
{
    if (html->options.origin != TEXT_AUTHOR)
        return html->options.origin;
    if (own == TEXT_HIDDEN)
        return TEXT_HIDDEN;
    if (html->rest_quoted || (here(html) & TEXT_ELEMENT_QUOTED) != 0)
        return TEXT_QUOTED;
    return own;
}

/* --- what has gathered -------------------------------------------------------------------- */

/* Whether the open link has words so far. */
static bool link_has_words(const struct text_html *html)
{
    for (size_t i = html->url_start; i < html->seen.length; i++)
        if (html->seen.bytes[i] != ' ' && html->seen.bytes[i] != '\n' &&
            html->seen.bytes[i] != '\r' && html->seen.bytes[i] != '\t')
            return true;
    return false;
}

/* The words of the open link end here; false if none came. */
static bool end_link_words(struct text_html *html)
{
    if (!link_has_words(html))
        return false;
    text_build_anchor(
        html->build, buf_text(&html->url), html->url.length, html->url_start, html->seen.length);
    html->url_open = false;
    return true;
}

static void flush_asides(struct text_html *html)
{
    const char *texts = buf_text(&html->asides);

    for (size_t i = 0; i < html->aside_count; i++) {
        const struct aside *aside = &html->aside_list[i];

        if (aside->url != SIZE_MAX)
            text_build_anchor(html->build, texts + aside->url, aside->url_length, 0, aside->length);
        text_build_run(html->build, aside->origin, texts + aside->start, aside->length);
    }
    html->aside_count = 0;
    buf_cut(&html->asides, 0);
}

/* A line ends: its words become segments. */
static void flush_line(struct text_html *html)
{
    html->broken = false;
    if (html->url_open)
        end_link_words(html);
    html->url_start = 0;
    if (html->seen.length > 0 || html->build->anchor_count > 0)
        text_build_run(html->build, html->seen_origin, buf_text(&html->seen), html->seen.length);
    if (html->hidden.length > 0)
        text_build_run(html->build, origin_of(html, TEXT_HIDDEN), buf_text(&html->hidden),
            html->hidden.length);
    buf_cut(&html->seen, 0);
    buf_cut(&html->hidden, 0);
    flush_asides(html);
    if (!text_build_wants(html->build))
        stop(html);
}

/* Whether a line is so long that it may have been wrapped. White space before its words is only how
 * the HTML is written, and may have been left out. */
static bool is_long_line(const struct text_html *html)
{
    return html->seen.length - strspn(buf_text(&html->seen), " \t\r\n") >= WRAPPED_LINE;
}

/* One <br> may be where plain text was wrapped before it became HTML; two are meant. */
static void break_line(struct text_html *html)
{
    if (html->broken || !is_long_line(html))
        flush_line(html);
    else
        html->broken = true;
}

/* Text comes behind a <br>: a small letter goes on with the sentence, all else is a new line. */
static void settle_break(struct text_html *html, const char *text, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", *text) != NULL) {
        text++;
        length--;
    }
    if (length == 0)
        return;
    if (!g_unichar_islower(g_utf8_get_char(text)))
        flush_line(html);
    html->broken = false;
}

/* What comes now stands in another block than what came before; nothing may have come. */
static void begin_block(struct text_html *html)
{
    if (html->block_at != html->build->count)
        text_build_block(html->build);
    html->block_at = html->build->count;
}

static void flush_block(struct text_html *html)
{
    flush_line(html);
    begin_block(html);
}

/* The line before a quotation may say whose it is. */
static void mark_attribution(struct text_html *html)
{
    struct text_build *build = html->build;
    struct text_mark mark = {build->run, html->begin.link};
    struct text_quote_line line;

    if (build->count <= html->begin.segment || html->options.origin != TEXT_AUTHOR)
        return;
    line.text = build->segments[build->count - 1].plain;
    line.length = strlen(line.text);
    if (text_quote_is_attribution(line, html->options.conversation))
        text_build_turn(build, mark, TEXT_AUTHOR, TEXT_QUOTED);
}

static bool is_label(const struct text_segment *segment)
{
    struct text_quote_line line = {segment->plain, strlen(segment->plain)};

    return text_quote_is_label(line);
}

/* Mail programs that mark nothing still write From:, Sent:, To:, Subject: before what they quote.
 */
static void find_head(struct text_html *html)
{
    struct text_build *build = html->build;

    if (html->options.origin != TEXT_AUTHOR)
        return;
    for (size_t i = html->begin.segment + 1; i < build->count; i++) {
        struct text_quote_line lines[8];
        size_t count = 0;

        if (!is_label(&build->segments[i]))
            continue;
        while (count < 8 && i + count < build->count) {
            lines[count].text = build->segments[i + count].plain;
            lines[count].length = strlen(lines[count].text);
            count++;
        }
        if (text_quote_is_head(lines, count, html->options.conversation, false)) {
            struct text_mark mark = {i, html->begin.link};

            text_build_turn(build, mark, TEXT_AUTHOR, TEXT_QUOTED);
            return;
        }
    }
}

/* --- links and pictures ------------------------------------------------------------------- */

static bool is_followed(const char *url)
{
    return xmlStrncasecmp(BAD_CAST url, BAD_CAST "http://", 7) == 0 ||
           xmlStrncasecmp(BAD_CAST url, BAD_CAST "https://", 8) == 0 ||
           xmlStrncasecmp(BAD_CAST url, BAD_CAST "mailto:", 7) == 0;
}

/* Adds something for behind the line; a link when one is open. */
static void add_aside(struct text_html *html, const char *text)
{
    struct aside *aside;

    if (html->aside_count == ASIDES_MAX)
        flush_line(html);
    aside = &html->aside_list[html->aside_count++];
    aside->start = html->asides.length;
    aside->length = strlen(text);
    aside->url = SIZE_MAX;
    aside->origin = origin_of(html, text_element_is_seen(here(html)) ? TEXT_ALT : TEXT_HIDDEN);
    buf_add(&html->asides, text, aside->length);
    if (html->url_open && !link_has_words(html)) {
        aside->url = html->asides.length;
        aside->url_length = html->url.length;
        buf_add(&html->asides, html->url.bytes, html->url.length);
        html->url_open = false;
    }
}

/* Adds what of a URL is no white space. */
static void add_url(struct buf *to, const char *url)
{
    while (*url != '\0') {
        const char *p = url;

        while ((unsigned char)*p > ' ' && *p != 0x7f)
            p++;
        buf_add(to, url, (size_t)(p - url));
        url = *p == '\0' ? p : p + 1;
    }
}

/* Takes the link that stands in an attribute, or that it refers to; false if it leads nowhere. */
static bool take_url(struct text_html *html, const char *href)
{
    struct text_reduce_link link = text_reduce_find(&html->tags.reduce, href);

    buf_cut(&html->url, 0);
    if (link.url != NULL) {
        buf_add(&html->url, link.url, link.length);
        return true;
    }
    href += strspn(href, " \t\r\n");
    if (!is_followed(href))
        return false;
    add_url(&html->url, href);
    return true;
}

/* Opens the link of an element: that in its attributes, or what was set aside if it has none. */
static void open_link(
    struct text_html *html, const char **attributes, const struct text_flat_piece *aside)
{
    const char *href = text_element_attribute(attributes, "href");

    html->url_open = false;
    if ((aside->length == 0 && href == NULL) || !text_element_is_seen(here(html)))
        return;
    if (aside->length > 0) {
        buf_cut(&html->url, 0);
        buf_add(&html->url, aside->text, aside->length);
    } else if (!take_url(html, href)) {
        return;
    }
    html->url_start = html->seen.length;
    html->url_open = buf_failed(&html->url) == 0;
}

static void close_link(struct text_html *html)
{
    if (html->url_open && !end_link_words(html))
        add_aside(html, ""); /* no words: a place only */
    html->url_open = false;
}

/* alt of pictures, value of buttons */
static void read_image(struct text_html *html, const char *name, const char **attributes)
{
    const char *text = text_element_attribute(attributes, "alt");
    const char *type;

    if (strcmp(name, "input") == 0) {
        type = text_element_attribute(attributes, "type");
        text = type != NULL && (strcmp(type, "submit") == 0 || strcmp(type, "button") == 0)
                   ? text_element_attribute(attributes, "value")
                   : NULL;
    }
    if (text != NULL && *text != '\0')
        add_aside(html, text);
}

/* --- events ------------------------------------------------------------------------------- */

static void read_pre(struct text_html *html)
{
    struct text_plain plain = {
        .origin = origin_of(html, TEXT_AUTHOR), .conversation = html->options.conversation};

    if (!text_element_is_seen(here(html)))
        plain.origin = origin_of(html, TEXT_HIDDEN);
    if (html->pre.length > 0)
        text_plain_read(html->build, &plain, buf_text(&html->pre), html->pre.length);
    buf_cut(&html->pre, 0);
    flush_block(html);
}

/* An element inside which other rules hold begins: what was before it ends. */
static void enter(struct text_html *html, unsigned flags, unsigned outside)
{
    if ((flags & (TEXT_ELEMENT_BLOCK | TEXT_ELEMENT_REST)) != 0 ||
        ((flags ^ outside) & TEXT_ELEMENT_QUOTED) != 0)
        flush_block(html);
    else if ((flags & TEXT_ELEMENT_BREAK) != 0)
        break_line(html);
    if ((flags & TEXT_ELEMENT_ATTRIBUTED) != 0 && (outside & TEXT_ELEMENT_QUOTED) == 0)
        mark_attribution(html);
    if ((flags & TEXT_ELEMENT_REST) != 0)
        html->rest_quoted = true;
}

/* Preformatted text has lines of its own, and plain text's ways to tell quotations. */
static unsigned enter_in_pre(struct text_html *html, unsigned flags)
{
    if ((flags & (TEXT_ELEMENT_BLOCK | TEXT_ELEMENT_BREAK)) != 0)
        buf_putc(&html->pre, '\n');
    return flags & ~(TEXT_ELEMENT_BLOCK | TEXT_ELEMENT_QUOTED | TEXT_ELEMENT_REST);
}

static void on_start(void *data, const xmlChar *xml_name, const xmlChar **xml_attributes)
{
    struct text_html *html = data;
    const char *name = (const char *)xml_name;
    const char **attributes = (const char **)xml_attributes;
    unsigned outside = here(html);
    struct text_flat_piece aside = {"", 0};
    unsigned flags;

    if (html->stopped)
        return;
    if (html->depth == TEXT_HTML_DEPTH_MAX) {
        html->too_deep = true;
        stop(html);
        return;
    }
    flags = text_element_flags(name, attributes, outside, &html->sheet);
    if ((outside & TEXT_ELEMENT_PRE) != 0)
        flags = enter_in_pre(html, flags);
    else
        enter(html, flags, outside);
    html->flags[++html->depth] = flags;
    if ((flags & TEXT_ELEMENT_LINK) != 0 && html->tags.flat && attributes == NULL)
        aside = text_tags_take(&html->tags); /* in any case: their order counts */
    if ((flags & TEXT_ELEMENT_SKIP) != 0)
        return;
    if ((flags & TEXT_ELEMENT_LINK) != 0)
        open_link(html, attributes, &aside);
    if ((flags & TEXT_ELEMENT_IMAGE) != 0)
        read_image(html, name, attributes);
}

static void end_title(struct text_html *html)
{
    text_build_run(
        html->build, origin_of(html, TEXT_ALT), buf_text(&html->title), html->title.length);
    buf_cut(&html->title, 0);
    begin_block(html);
}

static void on_end(void *data, const xmlChar *name)
{
    struct text_html *html = data;
    unsigned flags = here(html);
    unsigned outside;

    (void)name;
    if (html->stopped || html->depth == 0)
        return;
    outside = html->flags[html->depth - 1];
    if ((flags & TEXT_ELEMENT_LINK) != 0)
        close_link(html);
    if ((flags & TEXT_ELEMENT_PRE) != 0 && (outside & TEXT_ELEMENT_PRE) == 0)
        read_pre(html);
    else if ((flags & TEXT_ELEMENT_PRE) != 0)
        ; /* its lines are told apart when it ends */
    else if ((flags & TEXT_ELEMENT_BLOCK) != 0 || ((flags ^ outside) & TEXT_ELEMENT_QUOTED) != 0)
        flush_block(html);
    if ((flags & ~outside & TEXT_ELEMENT_TITLE) != 0)
        end_title(html);
    if ((flags & ~outside & TEXT_ELEMENT_STYLE) != 0) {
        text_css_read_sheet(&html->sheet, buf_text(&html->style), html->style.length);
        buf_cut(&html->style, 0);
    }
    html->depth--;
}

/* What gathers is more than will be taken. */
static void flush_all(struct text_html *html)
{
    if (html->title.length > 0)
        end_title(html);
    if (html->pre.length > 0)
        read_pre(html);
    flush_line(html);
}

/* Where text with these flags gathers; NULL where it is no text. */
static struct buf *gathers_in(struct text_html *html, unsigned flags)
{
    if ((flags & TEXT_ELEMENT_STYLE) != 0)
        return html->style.length < STYLE_MAX ? &html->style : NULL;
    if ((flags & TEXT_ELEMENT_SKIP) != 0)
        return NULL;
    if ((flags & TEXT_ELEMENT_TITLE) != 0)
        return &html->title;
    if ((flags & TEXT_ELEMENT_PRE) != 0)
        return &html->pre;
    return text_element_is_seen(flags) ? &html->seen : &html->hidden;
}

static void gather(struct text_html *html, const char *text, size_t length)
{
    struct buf *to = gathers_in(html, here(html));

    if (to == NULL || length == 0)
        return;
    if (to == &html->seen && html->broken)
        settle_break(html, text, length);
    if (to == &html->seen)
        html->seen_origin = origin_of(html, TEXT_AUTHOR);
    buf_add(to, text, length);
    if (to != &html->style && to->length > html->build->budget + SLACK)
        flush_all(html);
}

static void take_mark(struct text_html *html, char kind)
{
    struct text_flat_piece piece;

    if (kind == TEXT_FLAT_TEXT) {
        piece = text_tags_take(&html->tags);
        gather(html, piece.text, piece.length);
    } else if (kind == TEXT_FLAT_BREAK) {
        break_line(html);
    } else {
        flush_block(html);
    }
}

/* Text with marks in it of what was left out (text_flat.h). A mark's two octets may come apart. */
static void gather_marked(struct text_html *html, const char *text, const char *end)
{
    while (text < end && !html->stopped) {
        const char *mark;

        if (html->in_mark) {
            html->in_mark = false;
            take_mark(html, *text++);
            continue;
        }
        mark = memchr(text, TEXT_FLAT_MARK, (size_t)(end - text));
        html->in_mark = mark != NULL;
        gather(html, text, (size_t)((mark != NULL ? mark : end) - text));
        text = mark != NULL ? mark + 1 : end;
    }
}

static void on_text(void *data, const xmlChar *xml_text, int length)
{
    struct text_html *html = data;
    const char *text = (const char *)xml_text;

    if (html->stopped || length <= 0)
        return;
    if (html->tags.flat)
        gather_marked(html, text, text + length);
    else
        gather(html, text, (size_t)length);
}

/* --- feeding ------------------------------------------------------------------------------ */

bool text_html_feed(void *data, const char *utf8, size_t length)
{
    struct text_html *html = data;

    buf_add(&html->source, utf8, length);
    return buf_failed(&html->source) == 0;
}

static void set_up(struct text_html *html)
{
    buf_init(&html->seen, SIZE_MAX / 4);
    buf_init(&html->hidden, SIZE_MAX / 4);
    buf_init(&html->title, SIZE_MAX / 4);
    buf_init(&html->style, SIZE_MAX / 4);
    buf_init(&html->pre, SIZE_MAX / 4);
    buf_init(&html->asides, SIZE_MAX / 4);
    buf_init(&html->url, SIZE_MAX / 4);
    buf_init(&html->source, SIZE_MAX / 4);
    buf_reserve(&html->source, html->options.expected);
    html->block_at = SIZE_MAX;
    html->begin = text_build_mark(html->build);
}

struct text_html *text_html_new(struct text_build *build, const struct text_html_options *options)
{
    htmlSAXHandler sax = {.startElement = on_start,
        .endElement = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .initialized = 1};
    struct text_html *html = calloc(1, sizeof(*html));

    if (html == NULL)
        return NULL;
    html->build = build;
    html->options = *options;
    html->parser = htmlCreatePushParserCtxt(&sax, html, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
    if (html->parser == NULL) {
        free(html);
        return NULL;
    }
    htmlCtxtUseOptions(html->parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
                                         HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                         HTML_PARSE_IGNORE_ENC);
    set_up(html);
    return html;
}

static int first_failure(const struct text_html *html)
{
    const struct buf *const bufs[] = {&html->source, &html->seen, &html->hidden, &html->title,
        &html->style, &html->pre, &html->asides, &html->url, &html->tags.reduce.links,
        &html->tags.aside};

    for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
        if (buf_failed(bufs[i]) != 0)
            return ERR_NOMEM;
    return html->build->error;
}

/* Has libxml2 parse all that was fed, as far as it needs to be seen. */
static int parse(struct text_html *html)
{
    struct buf reduced;
    int result;

    buf_init(&reduced, INT_MAX);
    buf_reserve(&reduced, html->source.length / 2);
    buf_puts(&reduced, DOCUMENT); /* an end tag that comes first would end the document */
    text_tags_read(
        &html->tags, buf_text(&html->source), html->source.length, html->options.extent, &reduced);
    result = buf_failed(&reduced) != 0 ? ERR_NOMEM : 0;
    if (result == 0)
        htmlParseChunk(html->parser, reduced.bytes, (int)reduced.length, 1);
    buf_free(&reduced);
    return result;
}

int text_html_end(struct text_html **owned, bool *cut)
{
    struct text_html *html = *owned;
    int result = parse(html);

    html->depth = 0;
    flush_block(html);
    find_head(html);
    *cut = *cut || html->too_deep;
    result = result != 0 ? result : first_failure(html);
    htmlFreeParserCtxt(html->parser);
    text_tags_free(&html->tags);
    buf_free(&html->source);
    buf_free(&html->seen);
    buf_free(&html->hidden);
    buf_free(&html->title);
    buf_free(&html->style);
    buf_free(&html->pre);
    buf_free(&html->asides);
    buf_free(&html->url);
    free(html);
    *owned = NULL;
    return result;
}
