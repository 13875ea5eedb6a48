/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is read is what `text` reads for the judgement, only more of it. What was forwarded or
 * returned is left out, because it is another mail.
 */
#include "defuse.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "date.h"
#include "defuse_text.h"
#include "defuse_words.h"
#include "err.h"
#include "fold.h"
#include "text_mime.h"
#include "text_words.h"

#define NOTICE                                                                                     \
    "This mail was changed by goneaway before delivery, because it may be meant for somebody\n"    \
    "else: links, codes, addresses, markup and attachments were removed, and numbers that look\n"  \
    "like codes with them. The sender's signature no longer holds.\n\n"
#define CUT_SHORT "\n[goneaway: the mail was longer; the rest was left out]\n"
#define NOTHING "[goneaway: no readable text]\n"
#define NOBODY "removed@defused.invalid" /* RFC 2606: never anybody's */

#define BODY_MAX (8 * DEFUSE_TEXT_MAX)
#define NAME_MAX_LENGTH ((size_t)300) /* octets of a display name or subject */
#define MAILBOXES_MAX ((size_t)10)
#define FIELD_MAX ((size_t)1900) /* of a value as it goes to the MTA */
#define ADDRESS_MAX ((size_t)254)
#define LOCAL_MAX ((size_t)32)
#define TOKEN_LEAST ((size_t)20) /* octets of a word in an address that is none */
#define MESSAGE_ID_MAX ((size_t)250)
#define WORD_IN ((size_t)42) /* octets of an encoded word, 56 in base64 */
#define LINE_IN 57           /* octets of a line of base64, 76 in it */
#define TYPES_MAX ((size_t)20)

/* A message on its way. */
struct defusing {
    struct mail *mail;
    const struct phrases *phrases;
    const struct text *text;
    const struct text_part *root;
    const bool *about; /* for each segment of text: it speaks of a code */
    const char *shown; /* From, folded: words that the reader sees anyway */
    struct defused *out;
};

/* --- header ------------------------------------------------------------------------------- */

static int add_field(struct mail *mail, struct defused *out, const char *name, struct buf *value)
{
    const char *kept = NULL;
    int r = buf_failed(value);

    if (r == 0)
        kept = arena_strdup(mail->arena, buf_text(value));
    if (r == 0 && kept == NULL)
        r = ERR_NOMEM;
    if (r == 0)
        out->fields[out->count++] = (struct defuse_field){name, kept};
    buf_free(value);
    return r;
}

static int add_text(struct mail *mail, struct defused *out, const char *name, const char *text)
{
    struct buf value;

    buf_init(&value, FIELD_MAX);
    buf_puts(&value, text);
    return add_field(mail, out, name, &value);
}

static bool is_plain(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            return false;
    return strstr(text, "=?") == NULL;
}

/* Octets of text, at most `most`, that end with a character. */
static size_t whole_characters(const char *text, size_t most)
{
    size_t length = strlen(text);

    if (length <= most)
        return length;
    while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

/* RFC 2047, one word a line. */
static void put_encoded(struct buf *out, const char *text)
{
    for (size_t at = 0; text[at] != '\0';) {
        size_t length = whole_characters(text + at, WORD_IN);
        char *word = g_base64_encode((const guchar *)text + at, length);

        buf_printf(out, "%s=?utf-8?B?%s?=", at > 0 ? "\n\t" : "", word);
        g_free(word);
        at += length;
    }
}

static int write_line(const struct buf *gathered, struct buf *out)
{
    int r = defuse_text_write(gathered, out);

    if (r == 0)
        buf_cut(out, whole_characters(buf_text(out), NAME_MAX_LENGTH));
    return r;
}

/* Cleans a text of one line. */
static int clean_line(const char *text, struct buf *out)
{
    struct buf gathered;
    int r;

    buf_init(&gathered, SIZE_MAX / 2);
    buf_init(out, SIZE_MAX / 2);
    defuse_text_gather(&gathered, text, strlen(text));
    r = write_line(&gathered, out);
    buf_free(&gathered);
    return r;
}

static void put_display(struct buf *out, const char *display)
{
    if (!is_plain(display)) {
        put_encoded(out, display);
        return;
    }
    buf_putc(out, '"');
    for (const char *p = display; *p != '\0'; p++)
        if (*p != '"' && *p != '\\')
            buf_putc(out, *p);
    buf_putc(out, '"');
}

static bool has_octets(const char *text, const char *others)
{
    for (; *text != '\0'; text++)
        if (!g_ascii_isalnum(*text) && strchr(others, *text) == NULL)
            return false;
    return true;
}

/* Does a part of an address look made up by a machine? "bob42" does not, "x7k2q" does. */
static bool has_token(const char *text)
{
    size_t length = 0, switches = 0;

    for (; *text != '\0'; text++) {
        bool inside = length > 0 && g_ascii_isalnum(*text);

        length = g_ascii_isalnum(*text) ? length + 1 : 0;
        switches = inside ? switches + (g_ascii_isdigit(*text) != g_ascii_isdigit(text[-1])) : 0;
        if (switches > 1 || length > TOKEN_LEAST)
            return true;
    }
    return false;
}

/* An address that holds nothing but itself. */
static bool is_harmless(const char *address)
{
    const char *at = strchr(address, '@');

    return at != NULL && at == strrchr(address, '@') && at > address && at[1] != '\0' &&
           (size_t)(at - address) <= LOCAL_MAX && strlen(address) <= ADDRESS_MAX &&
           has_octets(address, ".-_+@") && !has_token(address) && defuse_text_is_clean(address);
}

static int put_mailbox(struct buf *out, const struct address_mailbox *mailbox)
{
    struct buf display;
    int r = clean_line(mailbox->display, &display);

    if (r == 0 && display.length > 0) {
        put_display(out, buf_text(&display));
        buf_putc(out, ' ');
    }
    buf_free(&display);
    buf_printf(out, "<%s>", is_harmless(mailbox->address.seen) ? mailbox->address.seen : NOBODY);
    return r;
}

/* The mailboxes that fit. `needed`: somebody has to stand there. */
static int add_mailboxes(
    struct mail *mail, struct defused *out, const char *name, const char *needed)
{
    const struct mail_field *field = mail_field(mail, name, 0);
    struct address_mailbox *mailboxes = NULL;
    size_t count = 0;
    bool broken;
    struct buf value;
    int r = 0;

    if (field != NULL)
        r = address_parse_list(
            mail->arena, field->value, MAILBOXES_MAX, &mailboxes, &count, &broken);
    buf_init(&value, SIZE_MAX / 2);
    for (size_t i = 0; r == 0 && i < count; i++) {
        size_t before = value.length;

        if (i > 0)
            buf_puts(&value, ",\n\t");
        r = put_mailbox(&value, &mailboxes[i]);
        if (value.length > FIELD_MAX) {
            buf_cut(&value, before);
            break;
        }
    }
    if (r == 0 && value.length == 0)
        buf_puts(&value, needed);
    if (r == 0 && value.length > 0)
        return add_field(mail, out, name, &value);
    buf_free(&value);
    return r;
}

static int add_date(struct mail *mail, struct defused *out)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const struct mail_field *field = mail_field(mail, "Date", 0);
    int64_t when;
    time_t seconds;
    struct tm tm;
    char text[64];

    if (field == NULL || date_parse_rfc5322(field->value, field->length, &when) != 0)
        when = mail->received;
    seconds = (time_t)when;
    if (gmtime_r(&seconds, &tm) == NULL)
        return ERR_INTERNAL;
    snprintf(text, sizeof(text), "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
        months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return add_text(mail, out, "Date", text);
}

/* Its digits stay: a reader finds the mail by it. */
static int add_message_id(struct mail *mail, struct defused *out)
{
    const struct mail_field *field = mail_field(mail, "Message-ID", 0);
    const char *id = field != NULL ? mail_unfold(mail->arena, field) : "";
    size_t length;
    char *inner;

    if (id == NULL)
        return ERR_NOMEM;
    length = strlen(id);
    if (length < 5 || length > MESSAGE_ID_MAX || id[0] != '<' || id[length - 1] != '>')
        return 0;
    inner = arena_strndup(mail->arena, id + 1, length - 2);
    if (inner == NULL)
        return ERR_NOMEM;
    for (const char *p = inner; *p != '\0'; p++)
        if (g_ascii_strncasecmp(p, "www.", 4) == 0)
            return 0;
    if (strchr(inner, '@') == NULL || strchr(inner, '@') != strrchr(inner, '@') ||
        !has_octets(inner, ".-_+$=@"))
        return 0;
    return add_text(mail, out, "Message-ID", id);
}

/* Does the subject speak of a code? */
static bool is_about(const struct defusing *defusing)
{
    const struct text *text = defusing->text;

    for (size_t i = 0; i < text->segment_count; i++)
        if (text->segments[i].origin == TEXT_SUBJECT && defusing->about[i])
            return true;
    return false;
}

static int gather_text(
    const struct defusing *defusing, bool about, const char *text, struct buf *gathered)
{
    struct defuse_vocabulary vocabulary = {
        defusing->mail->arena, defusing->phrases, defusing->shown};

    if (about)
        return defuse_words_gather(&vocabulary, text, gathered);
    defuse_text_gather(gathered, text, strlen(text));
    return 0;
}

static int clean_subject(const struct defusing *defusing, struct buf *out)
{
    struct buf gathered;
    int r;

    buf_init(&gathered, SIZE_MAX / 2);
    buf_init(out, SIZE_MAX / 2);
    r = gather_text(defusing, is_about(defusing), defusing->text->subject, &gathered);
    if (r == 0)
        r = write_line(&gathered, out);
    buf_free(&gathered);
    return r;
}

static int add_subject(const struct defusing *defusing)
{
    struct buf subject, value;
    int r = clean_subject(defusing, &subject);

    buf_init(&value, FIELD_MAX);
    if (r == 0 && is_plain(buf_text(&subject)))
        buf_puts(&value, buf_text(&subject));
    else if (r == 0)
        put_encoded(&value, buf_text(&subject));
    buf_free(&subject);
    if (r == 0 && (value.length > 0 || buf_failed(&value) != 0))
        return add_field(defusing->mail, defusing->out, "Subject", &value);
    buf_free(&value);
    return r;
}

static int build_header(const struct defusing *defusing)
{
    struct mail *mail = defusing->mail;
    struct defused *out = defusing->out;
    int r = add_mailboxes(mail, out, "From", "<" NOBODY ">");

    if (r == 0)
        r = add_mailboxes(mail, out, "To", "");
    if (r == 0)
        r = add_mailboxes(mail, out, "Cc", "");
    if (r == 0)
        r = add_date(mail, out);
    if (r == 0)
        r = add_message_id(mail, out);
    if (r == 0)
        r = add_subject(defusing);
    if (r == 0)
        r = add_text(mail, out, "MIME-Version", "1.0");
    if (r == 0)
        r = add_text(mail, out, "Content-Type", "text/plain; charset=utf-8");
    return r != 0 ? r : add_text(mail, out, "Content-Transfer-Encoding", "base64");
}

/* --- body --------------------------------------------------------------------------------- */

static const struct text_part *next_part(const struct text_part *part)
{
    if (part->first != NULL)
        return part->first;
    while (part != NULL && part->next == NULL)
        part = part->parent;
    return part != NULL ? part->next : NULL;
}

static bool holds_message(const struct text_part *root)
{
    for (const struct text_part *part = root; part != NULL; part = next_part(part))
        if (text_mime_is(part, "message/") || text_mime_is(part, "text/rfc822-headers"))
            return true;
    return false;
}

/* The media type in words that can be nothing else: what a stranger could have made up is not
 * told. */
static const char *name_type(struct arena *arena, const struct text_part *part)
{
    static const char *const tops[] = {
        "text/", "image/", "audio/", "video/", "application/", "message/", "font/", "model/"};
    static const char *const subs[] = {"html", "calendar", "csv", "rtf", "vcard", "png", "jpeg",
        "gif", "webp", "svg+xml", "pdf", "zip", "octet-stream", "msword", "json", "xml", "rfc822",
        "delivery-status", "pgp-signature", "pgp-encrypted", "pkcs7-signature", "pkcs7-mime",
        "mpeg", "plain", "x-amp-html"};
    const char *sub = strchr(part->type, '/');

    for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
        if (!text_mime_is(part, tops[i]))
            continue;
        for (size_t j = 0; j < sizeof(subs) / sizeof(subs[0]); j++)
            if (sub != NULL && strcmp(sub + 1, subs[j]) == 0)
                return arena_printf(arena, "%s%s", tops[i], subs[j]);
        return arena_printf(arena, "%sother", tops[i]);
    }
    return arena_strdup(arena, "of another kind");
}

/* Was the text of the part read, as it stands? */
static bool is_shown(const struct text_part *part)
{
    return text_mime_is(part, "multipart/") ||
           (text_mime_is(part, "text/plain") && !part->attachment);
}

static int put_types(struct mail *mail, const struct text_part *root, struct buf *body)
{
    const char *told[TYPES_MAX];
    size_t count = 0;

    for (const struct text_part *part = root; part != NULL; part = next_part(part)) {
        const char *name;
        size_t i = 0;

        if (is_shown(part))
            continue;
        name = name_type(mail->arena, part);
        if (name == NULL)
            return ERR_NOMEM;
        while (i < count && strcmp(told[i], name) != 0)
            i++;
        if (i < count || count == TYPES_MAX)
            continue;
        told[count++] = name;
        buf_printf(body, "[goneaway: left out: %s%s]\n", name,
            text_mime_is(part, "text/html") && !part->attachment ? ", of which only the text stays"
                                                                 : "");
    }
    return 0;
}

static bool is_told(const struct text_segment *segment, bool foreign)
{
    switch (segment->origin) {
    case TEXT_AUTHOR:
        return true;
    case TEXT_QUOTED:
        return !foreign;
    case TEXT_SUBJECT: /* stands in the header */
    case TEXT_HIDDEN:
    case TEXT_ALT:
    case TEXT_RETURNED:
        break;
    }
    return false;
}

/* A line for each paragraph or cell. */
static int gather(const struct defusing *defusing, bool foreign, struct buf *gathered)
{
    const struct text *text = defusing->text;
    size_t link = 0, block = SIZE_MAX;
    int r = 0;

    for (size_t i = 0; r == 0 && i < text->segment_count; i++) {
        const struct text_segment *segment = &text->segments[i];
        bool told = is_told(segment, foreign);

        if (told) {
            if (block != SIZE_MAX)
                buf_putc(gathered, segment->block != block ? '\n' : ' ');
            block = segment->block;
            r = gather_text(defusing, defusing->about[i], segment->plain, gathered);
        }
        for (; link < text->link_count && text->links[link].segment <= i; link++)
            if (told && text->links[link].segment == i)
                defuse_text_gather_link(gathered);
    }
    return r;
}

static int put_text(const struct defusing *defusing, bool foreign, struct buf *body)
{
    struct buf gathered;
    int r;

    buf_init(&gathered, BODY_MAX);
    r = gather(defusing, foreign, &gathered);
    if (gathered.length == 0 && buf_failed(&gathered) == 0)
        buf_puts(body, NOTHING);
    if (r == 0)
        r = defuse_text_write(&gathered, body);
    buf_putc(body, '\n');
    buf_free(&gathered);
    return r;
}

static int encode(struct mail *mail, const struct buf *body, struct defused *out)
{
    struct buf lines, encoded;
    int r;

    buf_init(&lines, 2 * BODY_MAX);
    buf_init(&encoded, 4 * BODY_MAX);
    for (const char *p = buf_text(body); *p != '\0'; p++)
        buf_puts(&lines, *p == '\n' ? "\r\n" : (char[]){*p, '\0'});
    for (size_t at = 0; at < lines.length; at += LINE_IN) {
        size_t left = lines.length - at;
        char *line =
            g_base64_encode((const guchar *)buf_text(&lines) + at, left < LINE_IN ? left : LINE_IN);

        buf_printf(&encoded, "%s\r\n", line);
        g_free(line);
    }
    r = buf_failed(&lines) != 0 ? buf_failed(&lines) : buf_failed(&encoded);
    if (r == 0) {
        out->length = encoded.length;
        out->body = arena_strndup(mail->arena, buf_text(&encoded), encoded.length);
        r = out->body != NULL ? 0 : ERR_NOMEM;
    }
    buf_free(&encoded);
    buf_free(&lines);
    return r;
}

static int build_body(const struct defusing *defusing)
{
    struct mail *mail = defusing->mail;
    struct buf body;
    int r;

    buf_init(&body, BODY_MAX);
    buf_puts(&body, NOTICE);
    r = put_text(defusing, holds_message(defusing->root), &body);
    if (defusing->text->cut != 0 || (mail->cut & MAIL_CUT_BODY) != 0)
        buf_puts(&body, CUT_SHORT);
    if (r == 0)
        r = put_types(mail, defusing->root, &body);
    if (r == 0)
        r = buf_failed(&body);
    if (r == 0)
        r = encode(mail, &body, defusing->out);
    buf_free(&body);
    return r;
}

static int fold_from(struct defusing *defusing)
{
    struct mail *mail = defusing->mail;
    const struct mail_field *from = mail_field(mail, "From", 0);
    const char *decoded = from != NULL ? text_words_decode(mail->arena, from->value, from->length,
                                             NAME_MAX_LENGTH, NULL)
                                       : "";

    if (decoded == NULL)
        return ERR_NOMEM;
    defusing->shown = fold_text(mail->arena, decoded, strlen(decoded), 4 * NAME_MAX_LENGTH, NULL);
    return defusing->shown != NULL ? 0 : ERR_NOMEM;
}

static int read_all(struct defusing *defusing, const struct text_limits *limits)
{
    struct text_limits wide = {DEFUSE_TEXT_MAX, limits->parts, limits->depth};
    struct text *text = NULL;
    struct text_part *root = NULL;
    unsigned cut = 0;
    int r = text_read_with_addresses(defusing->mail, &wide, &text);

    defusing->text = text;
    if (r == 0)
        r = text_mime_read(defusing->mail, &wide, &root, &cut);
    defusing->root = root;
    if (r == 0)
        r = fold_from(defusing);
    return r != 0 ? r
                  : defuse_words_find(
                        defusing->mail->arena, defusing->phrases, text, &defusing->about);
}

int defuse_message(struct mail *mail, const struct phrases *phrases,
    const struct text_limits *limits, struct defused *out)
{
    struct defusing defusing = {.mail = mail, .phrases = phrases, .out = out};
    int r;

    *out = (struct defused){0};
    if ((mail->cut & MAIL_CUT_HEADER) != 0)
        return ERR_LIMIT;
    r = read_all(&defusing, limits);
    if (r == 0)
        r = build_header(&defusing);
    if (r == 0)
        r = build_body(&defusing);
    if (r != 0)
        *out = (struct defused){0};
    return r;
}
