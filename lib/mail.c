/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A mail as it comes in. The body has a buffer of its own beside the arena, because it grows.
 */
#include "mail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dkim.h"
#include "err.h"

/* What reading a mail may take besides its body: fields, decoded text, verdicts. */
#define ARENA_LIMIT ((size_t)64 << 20)
#define FIRST_FIELDS ((size_t)32)
#define CHUNK ((size_t)8192)

struct incoming {
    struct mail mail; /* first: what the others see */
    struct mail_limits limits;
    struct dkim *verifier;
    size_t header_bytes;
    size_t field_room;
    char *body;
    size_t body_room;
    bool after_cr; /* mail_from_bytes: the last octet fed to the body was CR */
};

static struct incoming *incoming_of(struct mail *mail)
{
    return (struct incoming *)mail;
}

struct mail *mail_new(const struct mail_limits *limits, struct dkim *dkim)
{
    struct arena *arena = arena_new(ARENA_LIMIT);
    struct incoming *incoming;

    if (arena == NULL)
        return NULL;
    incoming = arena_alloc(arena, sizeof(*incoming));
    if (incoming == NULL) {
        arena_free(&arena);
        return NULL;
    }
    incoming->mail.arena = arena;
    incoming->mail.body = "";
    incoming->limits = *limits;
    incoming->verifier = dkim;
    return &incoming->mail;
}

void mail_free(struct mail **mail)
{
    struct arena *arena;

    if (*mail == NULL)
        return;
    dkim_check_free(&(*mail)->dkim);
    free(incoming_of(*mail)->body);
    arena = (*mail)->arena;
    *mail = NULL;
    arena_free(&arena);
}

static int make_room_for_field(struct incoming *incoming)
{
    struct mail *mail = &incoming->mail;
    size_t room = incoming->field_room == 0 ? FIRST_FIELDS : incoming->field_room * 2;
    struct mail_field *fields;

    if (mail->field_count < incoming->field_room)
        return 0;
    fields = arena_array(mail->arena, room, sizeof(*fields));
    if (fields == NULL)
        return ERR_NOMEM;
    if (mail->field_count > 0)
        memcpy(fields, mail->fields, mail->field_count * sizeof(*fields));
    mail->fields = fields;
    incoming->field_room = room;
    return 0;
}

/* Copies a value without carriage returns, which few have: folding is LF and white space. */
static char *copy_value(struct arena *arena, const char *value, size_t in, size_t *length)
{
    char *copy = arena_strndup(arena, value, in);
    size_t out = 0;

    *length = in;
    if (copy == NULL || memchr(copy, '\r', in) == NULL)
        return copy;
    for (size_t i = 0; i < in; i++)
        if (value[i] != '\r')
            copy[out++] = value[i];
    copy[out] = '\0';
    *length = out;
    return copy;
}

static int add_field(struct mail *mail, const char *name, const char *value, bool tight)
{
    struct incoming *incoming = incoming_of(mail);
    size_t length = strlen(value);
    size_t bytes = strlen(name) + length + 4; /* ": " and CRLF */
    struct mail_field field;

    mail->size += bytes;
    if (mail->field_count >= incoming->limits.header_fields ||
        bytes > incoming->limits.header_bytes - incoming->header_bytes) {
        mail->cut |= MAIL_CUT_HEADER;
        return 0;
    }
    if (make_room_for_field(incoming) != 0)
        return ERR_NOMEM;
    field.name = arena_strdup(mail->arena, name);
    field.value = copy_value(mail->arena, value, length, &field.length);
    if (field.name == NULL || field.value == NULL)
        return ERR_NOMEM;
    field.tight = tight;
    incoming->header_bytes += bytes;
    mail->fields[mail->field_count++] = field;
    return 0;
}

int mail_add_field(struct mail *mail, const char *name, const char *value)
{
    /* what begins with a fold or a tab never had a space in front */
    bool tight = value[0] == '\0' || strchr("\r\n\t", value[0]) != NULL;

    return add_field(mail, name, value, tight);
}

int mail_add_whole_field(struct mail *mail, const char *name, const char *value)
{
    bool tight = value[0] != ' ';

    return add_field(mail, name, tight ? value : value + 1, tight);
}

int mail_end_header(struct mail *mail)
{
    struct incoming *incoming = incoming_of(mail);

    mail->size += 2;
    /* a header of which a part is missing cannot be verified, only be taken as unsigned */
    if (incoming->verifier == NULL || (mail->cut & MAIL_CUT_HEADER) != 0)
        return 0;
    return dkim_begin(incoming->verifier, mail, &mail->dkim) == 0 ? 0 : ERR_NOMEM;
}

/* Makes room for so many octets more and a NUL. MTAs send pieces of 64 kB, and most bodies are one:
 * that one gets what it needs, because a hundred connections hold a hundred of them. Only what goes
 * on growing gets more, so that small pieces do not have it moved again and again. */
static int make_room_for_body(struct incoming *incoming, size_t length)
{
    size_t needed = incoming->mail.body_length + length + 1;
    size_t room = incoming->body_room + incoming->body_room / 4;
    char *body;

    if (needed <= incoming->body_room)
        return 0;
    if (room < needed)
        room = needed;
    body = realloc(incoming->body, room);
    if (body == NULL)
        return ERR_NOMEM;
    incoming->body = body;
    incoming->body_room = room;
    return 0;
}

/* Keeps body octets up to the bound. */
static int keep_body(struct incoming *incoming, const char *bytes, size_t length)
{
    struct mail *mail = &incoming->mail;
    size_t left = incoming->limits.body_bytes - mail->body_length;

    if (length > left) {
        mail->cut |= MAIL_CUT_BODY;
        length = left;
    }
    if (length == 0)
        return 0;
    if (make_room_for_body(incoming, length) != 0)
        return ERR_NOMEM;
    memcpy(incoming->body + mail->body_length, bytes, length);
    mail->body_length += length;
    incoming->body[mail->body_length] = '\0';
    mail->body = incoming->body;
    return 0;
}

int mail_add_body(struct mail *mail, const void *bytes, size_t length)
{
    mail->size += length;
    if (mail->dkim != NULL)
        dkim_feed(mail->dkim, bytes, length);
    return keep_body(incoming_of(mail), bytes, length);
}

int mail_end(struct mail *mail)
{
    return mail->dkim != NULL ? dkim_end(mail->dkim) : 0;
}

size_t mail_name_length(const char *line, size_t length)
{
    size_t name = 0, colon;

    while (name < length && mail_is_name_octet(line[name]))
        name++;
    colon = name;
    while (colon < length && (line[colon] == ' ' || line[colon] == '\t'))
        colon++;
    return name > 0 && colon < length && line[colon] == ':' ? name : 0;
}

/* Length of the first line of bytes, with its line end. */
static size_t line_length(const char *bytes, size_t length)
{
    const char *end = memchr(bytes, '\n', length);

    return end == NULL ? length : (size_t)(end - bytes) + 1;
}

static bool is_empty_line(const char *line, size_t length)
{
    return length == 0 || line[0] == '\n' || (length >= 2 && line[0] == '\r' && line[1] == '\n') ||
           (length == 1 && line[0] == '\r');
}

/* Adds the field whose name has name octets and whose lines have length octets together. */
static int add_raw_field(struct mail *mail, const char *lines, size_t length, size_t name)
{
    const char *colon = memchr(lines + name, ':', length - name);
    const char *value = colon + 1, *end = lines + length;
    char *name_copy, *value_copy;

    while (end > value && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    name_copy = arena_strndup(mail->arena, lines, name);
    value_copy = arena_strndup(mail->arena, value, (size_t)(end - value));
    if (name_copy == NULL || value_copy == NULL)
        return ERR_NOMEM;
    for (char *c = value_copy; c < value_copy + (end - value); c++)
        if (*c == '\0')
            *c = ' ';
    return mail_add_whole_field(mail, name_copy, value_copy);
}

int mail_header_from_bytes(struct mail *mail, const char *bytes, size_t length, size_t *body)
{
    size_t at = 0;

    if (length >= 5 && memcmp(bytes, "From ", 5) == 0)
        at = line_length(bytes, length);
    while (at < length) {
        size_t end = at + line_length(bytes + at, length - at);
        size_t name = mail_name_length(bytes + at, end - at);

        if (is_empty_line(bytes + at, end - at)) {
            at = end;
            break;
        }
        if (name == 0)
            break;
        while (end < length && (bytes[end] == ' ' || bytes[end] == '\t'))
            end += line_length(bytes + end, length - end);
        if (add_raw_field(mail, bytes + at, end - at, name) != 0)
            return ERR_NOMEM;
        at = end;
    }
    *body = at;
    return 0;
}

/* Was the octet in front of the line end CR? That of the former piece tells where this one begins.
 */
static bool is_after_cr(const struct mail *mail, const char *bytes, const char *newline)
{
    return newline == bytes ? ((const struct incoming *)mail)->after_cr : newline[-1] == '\r';
}

/* Gathers small pieces in the chunk, and adds it when it is full. */
static int add_piece(
    struct mail *mail, char chunk[CHUNK], size_t *used, const char *bytes, size_t length)
{
    int r = 0;

    if (length > CHUNK - *used) {
        if (*used > 0)
            r = mail_add_body(mail, chunk, *used);
        *used = 0;
    }
    if (r == 0 && length > CHUNK)
        return mail_add_body(mail, bytes, length);
    if (length > 0)
        memcpy(chunk + *used, bytes, length);
    *used += length;
    return r;
}

/* The lines of the body may end in LF alone, as files have it; they were signed with CRLF. */
int mail_body_from_bytes(struct mail *mail, const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length;
    char chunk[CHUNK];
    size_t used = 0;
    int r = 0;

    while (at < end && r == 0) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;

        r = add_piece(mail, chunk, &used, at, (size_t)(stop - at));
        if (r == 0 && newline != NULL)
            r = is_after_cr(mail, bytes, newline) ? add_piece(mail, chunk, &used, "\n", 1)
                                                  : add_piece(mail, chunk, &used, "\r\n", 2);
        at = newline == NULL ? end : newline + 1;
    }
    if (length > 0)
        incoming_of(mail)->after_cr = end[-1] == '\r';
    return r != 0 || used == 0 ? r : mail_add_body(mail, chunk, used);
}

/* Line ends without CR, which were sent with one. */
static size_t count_bare(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length;
    size_t count = 0;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        count += at == bytes || at[-1] != '\r';
        at++;
    }
    return count;
}

void mail_lend_body(struct mail *mail, char *bytes, size_t length)
{
    size_t most = incoming_of(mail)->limits.body_bytes;

    mail->size += length + count_bare(bytes, length);
    mail->body = bytes;
    mail->body_length = length;
    if (length <= most)
        return;
    mail->cut |= MAIL_CUT_BODY;
    mail->body_length = most;
    bytes[most] = '\0';
}

int mail_from_bytes(struct mail *mail, const char *bytes, size_t length)
{
    size_t body = 0;

    if (mail_header_from_bytes(mail, bytes, length, &body) != 0 || mail_end_header(mail) != 0)
        return ERR_NOMEM;
    if (mail_body_from_bytes(mail, bytes + body, length - body) != 0)
        return ERR_NOMEM;
    return mail_end(mail);
}

/* Most names differ in their first letter. */
static bool is_named(const struct mail_field *field, const char *name)
{
    return ((field->name[0] ^ name[0]) & ~0x20) == 0 && strcasecmp(field->name, name) == 0;
}

const struct mail_field *mail_field(const struct mail *mail, const char *name, size_t nth)
{
    for (size_t i = 0; i < mail->field_count; i++)
        if (is_named(&mail->fields[i], name) && nth-- == 0)
            return &mail->fields[i];
    return NULL;
}

size_t mail_field_count(const struct mail *mail, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < mail->field_count; i++)
        if (is_named(&mail->fields[i], name))
            count++;
    return count;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *mail_unfold(struct arena *arena, const struct mail_field *field)
{
    const char *start = field->value, *end = field->value + field->length;
    char *copy;
    size_t out = 0;

    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    copy = arena_alloc(arena, (size_t)(end - start) + 1);
    if (copy == NULL)
        return NULL;
    for (; start < end; start++)
        if (*start != '\n' && *start != '\r')
            copy[out++] = *start;
    return copy;
}
