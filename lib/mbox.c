/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The window holds what was read and not handed over yet. A mail moves from it into a buffer of
 * its own, but for its last octets, which tell whether a line in front of "From " is empty.
 */
#include "mbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "date.h"
#include "err.h"
#include "mail.h"

#define WINDOW ((size_t)1 << 20)
#define LINE_MAX_OCTETS ((size_t)1000) /* a longer line is no "From " line */
#define NAME_MAX_OCTETS ((size_t)80)
#define AHEAD (LINE_MAX_OCTETS + NAME_MAX_OCTETS + 8)
#define TAIL ((size_t)4)
#define HEADER_AHEAD ((size_t)65536) /* in which Content-Length is looked for */
#define FIRST_ROOM ((size_t)16384)
#define MARK "From "
#define MARK_LENGTH ((size_t)5)

struct mbox {
    mbox_source *source;
    void *cookie;
    size_t most;
    char *window;
    size_t at;       /* the first octet that was not handed over */
    size_t end;      /* of what was read */
    uint64_t offset; /* of `at` in the stream */
    bool ended;      /* the source has no more */
    bool began;
    bool single; /* the stream is one mail … */
    bool asked;  /* … because the caller says so */
};

/* The mail that is being put together. */
struct building {
    struct mbox_mail *mail;
    size_t room;
    size_t most;
};

/* Fields that mail programs and deliveries begin a mail with. */
static const char *const usual_fields[] = {"Return-Path", "Received", "Delivered-To", "From", "To",
    "Date", "Subject", "Message-ID", "MIME-Version", "Content-Type", "X-GM-THRID",
    "X-Mozilla-Status", "X-Original-To", "Envelope-To", "DKIM-Signature", "Authentication-Results",
    "X-UIDL", "Status", "X-Status", "Reply-To", "Sender"};

static const char days[] = "MonTueWedThuFriSatSun";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

int mbox_open(mbox_source *source, void *cookie, size_t most, struct mbox **out)
{
    struct mbox *mbox = calloc(1, sizeof(*mbox));

    *out = NULL;
    if (mbox == NULL)
        return ERR_NOMEM;
    mbox->window = malloc(WINDOW);
    if (mbox->window == NULL) {
        free(mbox);
        return ERR_NOMEM;
    }
    mbox->source = source;
    mbox->cookie = cookie;
    mbox->most = most;
    *out = mbox;
    return 0;
}

void mbox_single(struct mbox *mbox)
{
    mbox->asked = true;
}

void mbox_close(struct mbox **mbox)
{
    if (*mbox == NULL)
        return;
    free((*mbox)->window);
    free(*mbox);
    *mbox = NULL;
}

/* Reads until `wanted` octets stand in the window, or all that there are. */
static int fill(struct mbox *mbox, size_t wanted)
{
    ssize_t got;

    if (mbox->ended || mbox->end - mbox->at >= wanted)
        return 0;
    memmove(mbox->window, mbox->window + mbox->at, mbox->end - mbox->at);
    mbox->end -= mbox->at;
    mbox->at = 0;
    while (!mbox->ended && mbox->end < wanted) {
        got = mbox->source(mbox->cookie, mbox->window + mbox->end, WINDOW - mbox->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_SYSTEM;
        mbox->end += (size_t)got;
        mbox->ended = got == 0;
    }
    return 0;
}

static void drop(struct mbox *mbox, size_t count)
{
    mbox->at += count;
    mbox->offset += count;
}

/* Moves octets from the window into the mail, as far as they are kept. */
static int take(struct mbox *mbox, struct building *building, size_t count)
{
    struct mbox_mail *mail = building->mail;
    size_t kept = count, room = building->room;
    char *bytes;

    if (kept > building->most - mail->length) {
        kept = building->most - mail->length;
        mail->cut = true;
    }
    while (room < mail->length + kept + 1)
        room = room == 0 ? FIRST_ROOM : room * 2;
    if (room != building->room) {
        bytes = realloc(mail->bytes, room);
        if (bytes == NULL)
            return ERR_NOMEM;
        mail->bytes = bytes;
        building->room = room;
    }
    memcpy(mail->bytes + mail->length, mbox->window + mbox->at, kept);
    mail->length += kept;
    mail->bytes[mail->length] = '\0';
    drop(mbox, count);
    return 0;
}

/* ---- the line "From " ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Reads a number of at most `most` digits. */
static bool read_number(const char **at, const char *end, int most, int *out)
{
    int digits = 0;

    *out = 0;
    while (*at < end && **at >= '0' && **at <= '9' && digits < most) {
        *out = *out * 10 + (*(*at)++ - '0');
        digits++;
    }
    return digits > 0;
}

static bool skip_spaces(const char **at, const char *end)
{
    const char *began = *at;

    while (*at < end && is_space(**at))
        (*at)++;
    return *at > began;
}

/* The place of a name of three letters in a list of such, -1 for none. */
static int read_name(const char **at, const char *end, const char *names)
{
    if (end - *at < 3)
        return -1;
    for (const char *name = names; *name != '\0'; name += 3)
        if (memcmp(*at, name, 3) == 0) {
            *at += 3;
            return (int)(name - names) / 3;
        }
    return -1;
}

static bool read_clock(const char **at, const char *end, struct tm *out)
{
    if (!read_number(at, end, 2, &out->tm_hour) || *at == end || *(*at)++ != ':' ||
        !read_number(at, end, 2, &out->tm_min))
        return false;
    if (*at < end && **at == ':') {
        (*at)++;
        if (!read_number(at, end, 2, &out->tm_sec))
            return false;
    }
    return out->tm_hour < 24 && out->tm_min < 60 && out->tm_sec < 61;
}

/* "+0900" or a name, which counts as UTC. */
static void read_zone(const char **at, const char *end, int *minutes)
{
    const char *start = *at;
    int number;

    while (*at < end && !is_space(**at))
        (*at)++;
    if (*at - start != 5 || (*start != '+' && *start != '-'))
        return;
    start++;
    if (read_number(&start, *at, 4, &number) && start == *at)
        *minutes = (number / 100 * 60 + number % 100) * (start[-5] == '-' ? -1 : 1);
}

/* "Mon Jan  1 00:00:00 2024" at the very place. */
static bool read_date(const char *at, const char *end, int64_t *out)
{
    struct tm when = {0};
    int year, zone = 0;

    if (read_name(&at, end, days) < 0 || !skip_spaces(&at, end))
        return false;
    when.tm_mon = read_name(&at, end, months);
    if (when.tm_mon < 0 || !skip_spaces(&at, end) || !read_number(&at, end, 2, &when.tm_mday) ||
        !skip_spaces(&at, end) || !read_clock(&at, end, &when) || !skip_spaces(&at, end))
        return false;
    if (at < end && (*at < '0' || *at > '9')) {
        read_zone(&at, end, &zone);
        skip_spaces(&at, end);
    }
    if (!read_number(&at, end, 4, &year) || year < 1970 || when.tm_mday < 1 || when.tm_mday > 31)
        return false;
    if (skip_spaces(&at, end) && at < end && (*at == '+' || *at == '-'))
        read_zone(&at, end, &zone);
    when.tm_year = year - 1900;
    *out = (int64_t)timegm(&when) - (int64_t)zone * 60;
    return true;
}

int mbox_date(const char *line, size_t length, int64_t *out)
{
    const char *end = line + length;

    while (end > line && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    if (end - line < (ptrdiff_t)MARK_LENGTH || memcmp(line, MARK, MARK_LENGTH) != 0)
        return ERR_SYNTAX;
    for (const char *at = line + MARK_LENGTH - 1; at < end; at++)
        if (is_space(*at) && read_date(at + 1, end, out))
            return 0;
    *out = DATE_NONE;
    return ERR_SYNTAX;
}

/* Length of the name of the field at the start of text, 0 where there is none. */
static size_t field_name(const char *text, size_t length)
{
    size_t name = 0;

    while (name < length && name < NAME_MAX_OCTETS && mail_is_name_octet(text[name]))
        name++;
    return name > 0 && name < length && text[name] == ':' ? name : 0;
}

static bool is_usual(const char *text, size_t name)
{
    for (size_t i = 0; i < sizeof(usual_fields) / sizeof(usual_fields[0]); i++)
        if (strlen(usual_fields[i]) == name && strncasecmp(usual_fields[i], text, name) == 0)
            return true;
    return false;
}

/* Does a mail begin at text? empty_before: so far as the line in front tells. */
static bool is_start(const char *text, size_t length, bool empty_before)
{
    const char *newline = memchr(text, '\n', length < LINE_MAX_OCTETS ? length : LINE_MAX_OCTETS);
    size_t line = newline == NULL ? 0 : (size_t)(newline - text) + 1;
    size_t name;
    int64_t date;

    if (length < MARK_LENGTH || memcmp(text, MARK, MARK_LENGTH) != 0)
        return false;
    if (newline == NULL) /* a file that ends in its last "From " line */
        return length < LINE_MAX_OCTETS && empty_before && mbox_date(text, length, &date) == 0;
    name = field_name(text + line, length - line);
    if (mbox_date(text, line, &date) == 0)
        return empty_before || name > 0;
    return empty_before && is_usual(text + line, name);
}

/* ---- a mail ---- */

/* Skips what may stand in front of the first mail; tells whether the stream is an mbox. */
static int begin(struct mbox *mbox)
{
    int r = fill(mbox, WINDOW);

    if (r != 0)
        return r;
    if (mbox->end >= 3 && memcmp(mbox->window, "\xef\xbb\xbf", 3) == 0)
        drop(mbox, 3);
    while (mbox->at < mbox->end && strchr("\r\n", mbox->window[mbox->at]) != NULL &&
           mbox->window[mbox->at] != '\0')
        drop(mbox, 1);
    mbox->single = mbox->asked || mbox->end - mbox->at < MARK_LENGTH ||
                   memcmp(mbox->window + mbox->at, MARK, MARK_LENGTH) != 0;
    mbox->began = true;
    return 0;
}

/* Reads the line "From " that stands at the window's start. */
static void read_mark(struct mbox *mbox, struct mbox_mail *mail)
{
    const char *line = mbox->window + mbox->at;
    size_t length = mbox->end - mbox->at;
    const char *newline = memchr(line, '\n', length);

    if (newline != NULL)
        length = (size_t)(newline - line) + 1;
    if (length <= LINE_MAX_OCTETS)
        (void)mbox_date(line, length, &mail->date);
    mail->boxed = true;
    drop(mbox, length);
}

/* Is the line in front of text, which begins behind a line end, empty? start is that of the mail,
 * or the line end in front stands well behind it. */
static bool is_empty_before(const char *start, const char *text)
{
    const char *end = text - 1;

    if (end > start && end[-1] == '\r')
        end--;
    return end == start || end[-1] == '\n';
}

/* The next line end with "From " behind it; *signs where a line begins with '>' on the way. */
static const char *find_mark(const char *from, const char *end, bool *signs)
{
    const char *at = from;

    while (end - at > (ptrdiff_t)MARK_LENGTH &&
           (at = memchr(at, '\n', (size_t)(end - at))) != NULL &&
           end - at > (ptrdiff_t)MARK_LENGTH) {
        if (memcmp(at + 1, MARK, MARK_LENGTH) == 0)
            return at;
        *signs = *signs || at[1] == '>';
        at++;
    }
    return NULL;
}

/* How far the mail at the window's start goes: to the next mail (*found), or as far as is certain
 * now. *done is how much of it was looked at already. */
static size_t find_end(const struct mbox *mbox, size_t *done, bool *found, bool *signs)
{
    const char *start = mbox->window + mbox->at, *end = mbox->window + mbox->end;
    const char *from = start + *done, *line;

    *found = false;
    while ((line = find_mark(from, end, signs)) != NULL) {
        line++;
        if (!mbox->ended && end - line < (ptrdiff_t)AHEAD)
            break;
        if (is_start(line, (size_t)(end - line), is_empty_before(start, line))) {
            *found = true;
            return (size_t)(line - start);
        }
        from = line;
    }
    if (mbox->ended)
        return (size_t)(end - start);
    /* the octets in front of a line stay, and one that may be a mark */
    if (line != NULL)
        line--;
    else
        line = end - start > (ptrdiff_t)MARK_LENGTH ? end - MARK_LENGTH : start;
    *done = (size_t)(line - start) < TAIL ? (size_t)(line - start) : TAIL;
    return (size_t)(line - start) - *done;
}

/* The empty line in front of the next mail is no part of this one. */
static void drop_separator(struct mbox_mail *mail)
{
    size_t length = mail->length;
    char *bytes = mail->bytes;

    if (mail->cut || length == 0 || bytes[length - 1] != '\n')
        return;
    length -= length >= 2 && bytes[length - 2] == '\r' ? 2 : 1;
    if (length == 0 || bytes[length - 1] == '\n')
        bytes[mail->length = length] = '\0';
}

/* ---- Content-Length ---- */

/* The value of the first such field of a header; false where there is none. */
static bool content_length(const char *header, size_t length, size_t *out)
{
    static const char name[] = "Content-Length:";
    const char *at = header, *end = header + length;

    while (end - at > (ptrdiff_t)strlen(name)) {
        if (strncasecmp(at, name, strlen(name)) == 0) {
            at += strlen(name);
            skip_spaces(&at, end);
            for (*out = 0; at < end && *at >= '0' && *at <= '9' && *out <= WINDOW; at++)
                *out = *out * 10 + (size_t)(*at - '0');
            return at[-1] != ':' && at < end && (*at == '\n' || *at == '\r');
        }
        at = memchr(at, '\n', (size_t)(end - at));
        if (at == NULL)
            return false;
        at++;
    }
    return false;
}

static size_t header_length(const char *bytes, size_t length);

/* How long the mail at the window's start is by its own word, where that can be believed: the next
 * mail, or the stream's end, stands just there. 0: it does not say so. */
static int measure(struct mbox *mbox, size_t *out)
{
    const char *start;
    size_t length, header, body, at;
    int r = fill(mbox, HEADER_AHEAD);

    *out = 0;
    start = mbox->window + mbox->at;
    length = mbox->end - mbox->at < HEADER_AHEAD ? mbox->end - mbox->at : HEADER_AHEAD;
    header = header_length(start, length);
    if (r != 0 || !content_length(start, header, &body) || body > WINDOW - header - AHEAD)
        return r;
    at = header + body;
    r = fill(mbox, at + AHEAD);
    start = mbox->window + mbox->at;
    length = mbox->end - mbox->at;
    if (r != 0 || at > length || start[at - 1] != '\n')
        return r;
    if (at < length && start[at] == '\r')
        at++;
    if (at < length && start[at] == '\n')
        at++;
    if (at == length || is_start(start + at, length - at, true))
        *out = at;
    return 0;
}

/* ---- one mail ---- */

/* From the window's start to the next mail. */
static int take_mail(struct mbox *mbox, struct building *building)
{
    bool found = false;
    size_t done = 0, count;
    int r = 0;

    if (building->mail->boxed && is_start(mbox->window + mbox->at, mbox->end - mbox->at, false))
        return take(mbox, building, 0); /* a mail of nothing */
    if (building->mail->boxed)
        r = measure(mbox, &count);
    if (building->mail->boxed && r == 0 && count > 0) {
        building->mail->signs = true; /* nobody looked */
        r = take(mbox, building, count);
        if (r == 0 && mbox->at < mbox->end)
            drop_separator(building->mail);
        return r;
    }
    building->mail->signs = mbox->at < mbox->end && mbox->window[mbox->at] == '>';
    while (r == 0 && !found) {
        if (building->mail->boxed)
            count = find_end(mbox, &done, &found, &building->mail->signs);
        else
            count = mbox->end - mbox->at;
        r = take(mbox, building, count);
        if (found || (r == 0 && mbox->ended))
            break;
        if (r == 0)
            r = fill(mbox, WINDOW);
    }
    if (r == 0 && found)
        drop_separator(building->mail);
    return r;
}

int mbox_next(struct mbox *mbox, struct mbox_mail *out)
{
    struct building building = {.mail = out, .most = mbox->most};
    int r = 0;

    *out = (struct mbox_mail){.date = DATE_NONE};
    if (!mbox->began)
        r = begin(mbox);
    if (r == 0)
        r = fill(mbox, AHEAD);
    if (r != 0 || mbox->at == mbox->end)
        return r;
    out->offset = mbox->offset;
    if (!mbox->single) {
        read_mark(mbox, out);
        r = fill(mbox, AHEAD);
    }
    if (r == 0)
        r = take_mail(mbox, &building);
    out->end = mbox->offset;
    if (r == 0)
        return 1;
    free(out->bytes);
    out->bytes = NULL;
    return r;
}

/* ---- quotation ---- */

/* Is the line ">From ", ">>From " …? */
static bool is_quoted(const char *line, size_t length)
{
    size_t signs = 0;

    while (signs < length && line[signs] == '>')
        signs++;
    return signs > 0 && length - signs >= MARK_LENGTH &&
           memcmp(line + signs, MARK, MARK_LENGTH) == 0;
}

/* Where the body begins: behind the first empty line. */
static size_t header_length(const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        const char *newline = memchr(bytes + at, '\n', length - at);
        size_t line = newline == NULL ? length - at : (size_t)(newline - bytes) + 1 - at;

        if (line <= 2 && (bytes[at] == '\n' || (line == 2 && bytes[at] == '\r')))
            return at + line;
        at += line;
    }
    return length;
}

/* The next line from `at` on that may be quoted. */
static const char *find_quoted(const char *bytes, size_t at, size_t length)
{
    const char *line = bytes + at, *end = bytes + length;

    while (line < end && *line != '>') {
        line = memchr(line, '\n', (size_t)(end - line));
        if (line == NULL)
            return NULL;
        line++;
    }
    return line < end ? line : NULL;
}

size_t mbox_unquote(char *bytes, size_t length)
{
    size_t header = header_length(bytes, length), out = 0, at = 0;
    const char *line;

    while (at < length && (line = find_quoted(bytes, at, length)) != NULL) {
        size_t place = (size_t)(line - bytes), skipped = 0;

        if (is_quoted(line, length - place)) {
            const char *newline = memchr(line, '\n', length - place);
            bool in_header = place < header;

            skipped = !in_header        ? 1
                      : newline == NULL ? length - place
                                        : (size_t)(newline - line) + 1;
        }
        if (out != at)
            memmove(bytes + out, bytes + at, place - at);
        out += place - at;
        at = place + skipped;
        while (skipped <= 1 && at < length && bytes[at] == '>')
            bytes[out++] = bytes[at++];
    }
    if (out != at)
        memmove(bytes + out, bytes + at, length - at);
    return out + (length - at);
}
