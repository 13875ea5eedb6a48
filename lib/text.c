/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is read of a mail, in which order, and as whose words.
 *
 * Of multipart/alternative the last part with HTML is read: it is what readers see, and what
 * senders look after. Where it says much less than the plain text (a picture, a "see this mail
 * in your browser"), the plain text is read in its stead.
 */
#include "text.h"

#include <gmime/gmime.h>
#include <libxml/parser.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "text_build.h"
#include "text_charset.h"
#include "text_html.h"
#include "text_label.h"
#include "text_mime.h"
#include "text_plain.h"
#include "text_quote.h"
#include "text_transfer.h"
#include "text_words.h"

#define SUBJECT_MAX ((size_t)65536) /* octets of the field that are looked at */
#define SLACK ((size_t)4096)        /* plain text beyond the budget: white space and addresses */
/* Octets of HTML that may be read for each octet of text: with the default about as much as large
 * providers show before they clip a mail. */
#define MARKUP_FACTOR ((size_t)12)
#define MUCH_LESS ((size_t)3) /* HTML with less than a third of the plain text is not read */

struct reader {
    struct mail *mail;
    struct text *text;
    struct text_build build;
    bool conversation;
};

/* A leaf on its way from its encoding to its reader. */
struct leaf {
    struct reader *reader;
    struct text_html *html; /* NULL for plain text */
    struct buf plain;
    size_t room; /* octets that are still taken */
    bool cut;
};

static int read_part(struct reader *reader, const struct text_part *part, enum text_origin origin);

void text_open(void)
{
    g_mime_init();
    xmlInitParser();
}

void text_close(void)
{
    text_label_close();
    xmlCleanupParser();
    g_mime_shutdown();
}

/* --- a leaf ------------------------------------------------------------------------------- */

static bool is_html(const struct text_part *part)
{
    return text_mime_is(part, "text/html") || text_mime_is(part, "application/xhtml+xml") ||
           text_mime_is(part, "text/enriched") || text_mime_is(part, "text/richtext");
}

static bool take_decoded(void *data, const char *utf8, size_t length)
{
    struct leaf *leaf = data;

    if (length > leaf->room)
        leaf->cut = true;
    leaf->room -= length < leaf->room ? length : leaf->room;
    if (leaf->html != NULL)
        return text_html_feed(leaf->html, utf8, length) && leaf->room > 0;
    buf_add(&leaf->plain, utf8, length);
    return leaf->room > 0;
}

static bool feed_charset(void *data, const char *bytes, size_t length)
{
    return text_charset_feed(data, bytes, length);
}

static int decode_leaf(const struct text_part *part, struct leaf *leaf)
{
    struct text_charset charset;

    text_charset_init(&charset, part->charset, leaf->html != NULL, take_decoded, leaf);
    text_transfer_decode(part->encoding, part->body, part->length, feed_charset, &charset);
    return text_charset_end(&charset);
}

/* Octets of text that a leaf may hold. */
static size_t estimate(const struct text_part *part)
{
    return part->encoding == GMIME_CONTENT_ENCODING_BASE64 ? part->length / 4 * 3 : part->length;
}

static int read_html(struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    struct text_html_options options = {.origin = origin, .conversation = reader->conversation};
    struct leaf leaf = {.reader = reader};
    bool deep = false;
    int result;
    int ended;

    leaf.room = reader->build.budget * MARKUP_FACTOR + SLACK;
    options.expected = estimate(part) < leaf.room ? estimate(part) : leaf.room;
    leaf.html = text_html_new(&reader->build, &options);
    if (leaf.html == NULL)
        return ERR_NOMEM;
    result = decode_leaf(part, &leaf);
    ended = text_html_end(&leaf.html, &deep);
    if (deep)
        reader->text->cut |= TEXT_CUT_DEPTH;
    if (leaf.cut)
        reader->text->cut |= TEXT_CUT_LENGTH;
    return result != 0 ? result : ended;
}

/* HTML that is called plain text is seen as HTML by its sender. */
static bool looks_like_html(const char *text)
{
    text += strspn(text, " \t\r\n");
    return g_ascii_strncasecmp(text, "<!doctype html", 14) == 0 ||
           g_ascii_strncasecmp(text, "<html", 5) == 0;
}

static int read_text_as_html(struct reader *reader, const struct buf *text, enum text_origin origin)
{
    struct text_html_options options = {
        .origin = origin, .conversation = reader->conversation, .expected = text->length};
    struct text_html *html = text_html_new(&reader->build, &options);
    bool deep = false;

    if (html == NULL)
        return ERR_NOMEM;
    text_html_feed(html, buf_text(text), text->length);
    return text_html_end(&html, &deep);
}

static int read_plain(struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    struct text_plain plain = {origin, part->flowed, part->delsp, reader->conversation, false};
    struct leaf leaf = {.reader = reader};
    int result;

    leaf.room = reader->build.budget + SLACK;
    buf_init(&leaf.plain, SIZE_MAX / 4);
    result = decode_leaf(part, &leaf);
    if (result == 0 && buf_failed(&leaf.plain) != 0)
        result = ERR_NOMEM;
    if (result == 0 && looks_like_html(buf_text(&leaf.plain)))
        result = read_text_as_html(reader, &leaf.plain, origin);
    else if (result == 0)
        result = text_plain_read(&reader->build, &plain, buf_text(&leaf.plain), leaf.plain.length);
    if (plain.encrypted && origin == TEXT_AUTHOR)
        reader->text->encrypted = true;
    if (leaf.cut)
        reader->text->cut |= TEXT_CUT_LENGTH;
    buf_free(&leaf.plain);
    return result;
}

/* --- leaves that are no text -------------------------------------------------------------- */

static bool is_one_of(const struct text_part *part, const char *const *types)
{
    for (; *types != NULL; types++)
        if (text_mime_is(part, *types))
            return true;
    return false;
}

static bool is_calendar(const struct text_part *part)
{
    return text_mime_is(part, "text/calendar") || text_mime_is(part, "application/ics");
}

/* S/MIME and OpenPGP. A signed message in CMS is no secret, but it is not read here either. */
static bool is_encrypted(const struct text_part *part)
{
    if (text_mime_is(part, "multipart/encrypted") ||
        text_mime_is(part, "application/pgp-encrypted"))
        return true;
    if (!text_mime_is(part, "application/pkcs7-mime") &&
        !text_mime_is(part, "application/x-pkcs7-mime"))
        return false;
    return part->smime_type == NULL || g_ascii_strncasecmp(part->smime_type, "enveloped", 9) == 0 ||
           g_ascii_strncasecmp(part->smime_type, "authEnveloped", 13) == 0;
}

/* Parts that belong to the mail's workings. */
static bool is_machinery(const struct text_part *part)
{
    static const char *const types[] = {"application/pgp-signature", "application/pgp-keys",
        "application/pkcs7-signature", "application/x-pkcs7-signature", "message/delivery-status",
        "message/global-delivery-status", "message/disposition-notification",
        "message/feedback-report", "message/tracking-status", "text/x-amp-html", NULL};

    return is_one_of(part, types);
}

static bool is_readable(const struct text_part *part)
{
    static const char *const data[] = {"text/vcard", "text/x-vcard", "text/directory", "text/csv",
        "text/css", "text/javascript", "text/calendar", "text/x-amp-html", "text/rtf", NULL};

    return is_html(part) || (text_mime_is(part, "text/") && !is_one_of(part, data));
}

/* A multipart in which no part was found, though nothing was cut: somebody's plain text. */
static bool is_broken(const struct reader *reader, const struct text_part *part)
{
    return text_mime_is(part, "multipart/") && part->first == NULL && reader->text->cut == 0;
}

static int read_leaf(struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    bool own = origin == TEXT_AUTHOR;

    if (own && is_calendar(part)) {
        reader->text->calendar = true;
        reader->text->attachments += part->attachment;
        return 0;
    }
    if (own && is_encrypted(part)) {
        reader->text->encrypted = true;
        return 0;
    }
    if (is_machinery(part))
        return 0;
    if (part->attachment || (!is_readable(part) && !is_broken(reader, part))) {
        reader->text->attachments += own;
        return 0;
    }
    if (!text_build_wants(&reader->build))
        return 0;
    return is_html(part) ? read_html(reader, part, origin) : read_plain(reader, part, origin);
}

/* --- trees -------------------------------------------------------------------------------- */

static bool holds_html(const struct text_part *part)
{
    if (part->first == NULL)
        return is_html(part) && !part->attachment;
    if (!text_mime_is(part, "multipart/"))
        return false;
    for (const struct text_part *child = part->first; child != NULL; child = child->next)
        if (holds_html(child))
            return true;
    return false;
}

/* Reads the plain text, too, where the HTML said little, and keeps what says more. */
static int reconsider(struct reader *reader, const struct text_part *plain, enum text_origin origin,
    struct text_mark begin)
{
    struct text_build *build = &reader->build;
    struct text_mark middle = text_build_mark(build);
    size_t rich = text_build_octets(build, begin, middle, origin);
    struct text_mark end;
    int result;

    if (plain == NULL || rich * MUCH_LESS >= estimate(plain) || !text_build_wants(build))
        return 0;
    result = read_leaf(reader, plain, origin);
    end = text_build_mark(build);
    if (rich * MUCH_LESS < text_build_octets(build, middle, end, origin))
        text_build_drop(build, begin, middle);
    else
        text_build_drop(build, middle, end);
    return result;
}

static int read_alternative(
    struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    struct text_mark begin = text_build_mark(&reader->build);
    const struct text_part *plain = NULL;
    const struct text_part *rich = NULL;
    const struct text_part *other = NULL;
    int result;

    for (const struct text_part *child = part->first; child != NULL; child = child->next) {
        if (is_calendar(child) && origin == TEXT_AUTHOR)
            reader->text->calendar = true;
        if (holds_html(child))
            rich = child;
        else if (child->first == NULL && is_readable(child))
            plain = child;
        else if (child->first != NULL)
            other = child;
    }
    if (rich == NULL && plain != NULL)
        return read_leaf(reader, plain, origin);
    if (rich == NULL)
        return other == NULL ? 0 : read_part(reader, other, origin);
    result = read_part(reader, rich, origin);
    return result != 0 ? result : reconsider(reader, plain, origin, begin);
}

/* The first part is the text, the others are what it shows. */
static int read_related(
    struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    if (part->first == NULL)
        return 0;
    for (const struct text_part *child = part->first->next; child != NULL; child = child->next)
        reader->text->attachments += child->attachment && origin == TEXT_AUTHOR;
    return read_part(reader, part->first, origin);
}

static int read_children(
    struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    int result = 0;

    for (const struct text_part *child = part->first; child != NULL && result == 0;
         child = child->next)
        result = read_part(reader, child, origin);
    return result;
}

/* An embedded message: its subject, then its text. */
static int read_message(
    struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    const struct text_part *message = part->first;
    const char *subject;

    if (part->attachment && origin == TEXT_AUTHOR)
        reader->text->attachments++;
    if (origin != TEXT_RETURNED)
        origin = TEXT_QUOTED;
    if (message->subject != NULL && text_build_wants(&reader->build)) {
        subject = text_words_decode(reader->mail->arena, message->subject, message->subject_length,
            SUBJECT_MAX, message->charset);
        if (subject == NULL)
            return ERR_NOMEM;
        text_build_run(&reader->build, origin, subject, strlen(subject));
        text_build_block(&reader->build);
    }
    return read_part(reader, message, origin);
}

/* RFC 6522: words for people, a machine's report, what is returned. */
static int read_report(struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    int result = 0;

    if (origin == TEXT_AUTHOR)
        reader->text->report_type = part->report_type != NULL ? part->report_type : "";
    for (const struct text_part *child = part->first; child != NULL && result == 0;
         child = child->next) {
        bool words = child == part->first && child->first == NULL;

        if (child == part->first && text_mime_is(child, "multipart/"))
            words = true;
        result = read_part(reader, child, words ? origin : TEXT_RETURNED);
    }
    return result;
}

static int read_part(struct reader *reader, const struct text_part *part, enum text_origin origin)
{
    if (is_encrypted(part) || part->first == NULL)
        return read_leaf(reader, part, origin);
    if (!text_mime_is(part, "multipart/"))
        return read_message(reader, part, origin);
    if (text_mime_is(part, "multipart/alternative"))
        return read_alternative(reader, part, origin);
    if (text_mime_is(part, "multipart/related"))
        return read_related(reader, part, origin);
    if (text_mime_is(part, "multipart/report"))
        return read_report(reader, part, origin);
    return read_children(reader, part, origin);
}

/* --- the mail ----------------------------------------------------------------------------- */

/* The charset of the first text that names one: a raw subject is likely to be in it. */
static const char *first_charset(const struct text_part *part)
{
    const char *charset = part->charset;

    for (const struct text_part *child = part->first; child != NULL && charset == NULL;
         child = child->next)
        charset = first_charset(child);
    return charset;
}

static int read_subject(struct reader *reader, const struct text_part *root)
{
    const struct mail_field *field = mail_field(reader->mail, "Subject", 0);
    const char *subject = "";

    if (field != NULL)
        subject = text_words_decode(
            reader->mail->arena, field->value, field->length, SUBJECT_MAX, first_charset(root));
    if (subject == NULL)
        return ERR_NOMEM;
    if (field != NULL && field->length > SUBJECT_MAX)
        reader->text->cut |= TEXT_CUT_LENGTH;
    reader->text->subject = subject;
    reader->conversation = text_quote_is_conversation(reader->mail, subject);
    text_build_run(&reader->build, TEXT_SUBJECT, subject, strlen(subject));
    text_build_block(&reader->build);
    return reader->build.error;
}

/* Hands over what was gathered. A link needs a segment to stand in, also where there is none. */
static int hand_over(struct reader *reader)
{
    struct text_build *build = &reader->build;
    struct text *text = reader->text;

    if (build->count == 0 && build->link_count > 0) {
        build->segments = arena_alloc(reader->mail->arena, sizeof(*build->segments));
        if (build->segments == NULL)
            return ERR_NOMEM;
        build->segments[0].origin = TEXT_ALT;
        build->segments[0].folded = "";
        build->segments[0].plain = "";
        build->count = 1;
    }
    text->segments = build->segments;
    text->segment_count = build->count;
    text->links = build->links;
    text->link_count = build->link_count;
    if (build->full)
        text->cut |= TEXT_CUT_LENGTH;
    return build->error;
}

static int read_mail(
    struct mail *mail, const struct text_limits *limits, bool addresses_stay, struct text **out)
{
    struct reader reader = {.mail = mail};
    struct text_part *root = NULL;
    int result;

    *out = NULL;
    reader.text = arena_alloc(mail->arena, sizeof(*reader.text));
    if (reader.text == NULL)
        return ERR_NOMEM;
    text_build_init(&reader.build, mail->arena, limits->text_bytes);
    reader.build.addresses_stay = addresses_stay;
    result = text_mime_read(mail, limits, &root, &reader.text->cut);
    if (result == 0)
        result = read_subject(&reader, root);
    if (result == 0)
        result = read_part(&reader, root, TEXT_AUTHOR);
    if (result == 0)
        result = hand_over(&reader);
    text_build_free(&reader.build);
    if (result == 0)
        *out = reader.text;
    return result;
}

int text_read(struct mail *mail, const struct text_limits *limits, struct text **out)
{
    return read_mail(mail, limits, false, out);
}

int text_read_with_addresses(struct mail *mail, const struct text_limits *limits, struct text **out)
{
    return read_mail(mail, limits, true, out);
}

void text_libraries(FILE *out)
{
    fprintf(out, "GMime %u.%u.%u\nGLib %u.%u.%u\n", gmime_major_version, gmime_minor_version,
        gmime_micro_version, glib_major_version, glib_minor_version, glib_micro_version);
    fprintf(out, "libxml2 %s\n", LIBXML_DOTTED_VERSION);
}
