/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * One pass over the lines. A line that is a boundary of an open multipart closes what is open
 * inside it; the innermost is asked first. What has no end ends with the body.
 */
#include "text_mime.h"

#include <string.h>
#include <strings.h>

#include "err.h"
#include "text_type.h"

#define FIELD_MAX ((size_t)8192) /* of a Content field's value: nobody needs more */
#define BOUNDARY_MAX ((size_t)998)

struct walk {
    struct arena *arena;
    const char *end; /* of the body */
    unsigned parts_left;
    unsigned depth_max;
    unsigned cut;
    struct text_part *open; /* innermost part whose end has not come; ancestors by parent */
    int error;
};

/* What the fields of a header say, raw. */
struct fields {
    char *type;
    char *encoding;
    char *disposition;
    const char *subject;
    size_t subject_length;
};

bool text_mime_is(const struct text_part *part, const char *type)
{
    size_t length = strlen(type);

    if (type[length - 1] == '/')
        return strncmp(part->type, type, length) == 0;
    return strcmp(part->type, type) == 0;
}

/* --- fields ------------------------------------------------------------------------------- */

static void read_type(struct walk *walk, struct text_part *part, char *value)
{
    struct text_type type;

    if (text_type_read(walk->arena, value, &type) != 0) {
        walk->error = ERR_NOMEM;
        return;
    }
    if (type.name == NULL)
        return;
    part->type = type.name;
    part->charset = type.charset;
    part->boundary = type.boundary;
    part->report_type = type.report_type;
    part->smime_type = type.smime_type;
    part->flowed = type.flowed;
    part->delsp = type.delsp;
}

static GMimeContentEncoding read_encoding(char *value)
{
    char *start = value;

    while (g_ascii_isspace(*start))
        start++;
    start[strcspn(start, " \t\r\n;(")] = '\0';
    return g_mime_content_encoding_from_string(start);
}

static bool is_attachment(const char *value)
{
    while (g_ascii_isspace(*value))
        value++;
    return g_ascii_strncasecmp(value, "attachment", 10) == 0;
}

/* A value that can be written into and is not too long for a parser. */
static char *copy_value(struct walk *walk, const char *value, size_t length)
{
    char *copy = arena_strndup(walk->arena, value, length < FIELD_MAX ? length : FIELD_MAX);

    if (copy == NULL) {
        walk->error = ERR_NOMEM;
        return NULL;
    }
    for (size_t i = 0; i < length && i < FIELD_MAX; i++)
        if (copy[i] == '\0' || copy[i] == '\r' || copy[i] == '\n')
            copy[i] = ' ';
    return copy;
}

static bool name_is(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && strncasecmp(name, wanted, length) == 0;
}

/* Keeps the first field of each name. */
static void take_field(struct walk *walk, struct fields *fields, const char *name,
    size_t name_length, const char *value, size_t length)
{
    if (name_is(name, name_length, "Content-Type") && fields->type == NULL) {
        fields->type = copy_value(walk, value, length);
    } else if (name_is(name, name_length, "Content-Transfer-Encoding") &&
               fields->encoding == NULL) {
        fields->encoding = copy_value(walk, value, length);
    } else if (name_is(name, name_length, "Content-Disposition") && fields->disposition == NULL) {
        fields->disposition = copy_value(walk, value, length);
    } else if (name_is(name, name_length, "Subject") && fields->subject == NULL) {
        fields->subject = value;
        fields->subject_length = length;
    }
}

/* --- parts -------------------------------------------------------------------------------- */

static struct text_part *new_part(struct walk *walk, struct text_part *parent)
{
    struct text_part *part;

    if (walk->parts_left == 0) {
        walk->cut |= TEXT_CUT_PARTS;
        return NULL;
    }
    walk->parts_left--;
    part = arena_alloc(walk->arena, sizeof(*part));
    if (part == NULL) {
        walk->error = ERR_NOMEM;
        return NULL;
    }
    part->parent = parent;
    part->depth = parent == NULL ? 0 : parent->depth + 1;
    part->type = parent != NULL && text_mime_is(parent, "multipart/digest") ? "message/rfc822"
                                                                            : "text/plain";
    if (parent != NULL && parent->last != NULL)
        parent->last->next = part;
    else if (parent != NULL)
        parent->first = part;
    if (parent != NULL)
        parent->last = part;
    return part;
}

static void apply_fields(struct walk *walk, struct text_part *part, const struct fields *fields)
{
    if (fields->type != NULL)
        read_type(walk, part, fields->type);
    if (fields->encoding != NULL)
        part->encoding = read_encoding(fields->encoding);
    if (fields->disposition != NULL)
        part->attachment = is_attachment(fields->disposition);
    part->subject = fields->subject;
    part->subject_length = fields->subject_length;
    if (part->boundary != NULL)
        part->boundary_length = strlen(part->boundary);
    if (part->boundary_length > BOUNDARY_MAX)
        part->boundary_length = 0;
}

static bool is_message(const struct text_part *part)
{
    return text_mime_is(part, "message/rfc822") || text_mime_is(part, "message/global") ||
           text_mime_is(part, "message/news") || text_mime_is(part, "text/rfc822-headers");
}

static const char *line_end(const char *line, const char *end)
{
    const char *lf = memchr(line, '\n', (size_t)(end - line));

    return lf == NULL ? end : lf + 1;
}

static bool is_encoded(const struct text_part *part)
{
    return part->encoding == GMIME_CONTENT_ENCODING_BASE64 ||
           part->encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
           part->encoding == GMIME_CONTENT_ENCODING_UUENCODE;
}

/* Whether a boundary may come: without, no line need be looked at. */
static bool awaits_boundary(const struct walk *walk)
{
    for (const struct text_part *part = walk->open; part != NULL; part = part->parent)
        if (part->boundary_length > 0)
            return true;
    return false;
}

/* The open multipart of which this line, which begins with '-', is a boundary; *closing for the
 * last one. */
static struct text_part *find_boundary(
    const struct walk *walk, const char *line, const char *end, bool *closing)
{
    if (end - line < 3 || line[1] != '-')
        return NULL;
    for (struct text_part *part = walk->open; part != NULL; part = part->parent) {
        size_t length = part->boundary_length;
        const char *rest;

        if (length == 0 || !text_mime_is(part, "multipart/") || (size_t)(end - line) < length + 2 ||
            memcmp(line + 2, part->boundary, length) != 0)
            continue;
        rest = line + 2 + length;
        *closing = end - rest >= 2 && rest[0] == '-' && rest[1] == '-';
        if (*closing)
            rest += 2;
        while (rest < end && g_ascii_isspace(*rest))
            rest++;
        if (rest == end)
            return part;
    }
    return NULL;
}

/* Reads the header that begins at p; returns where the body begins: behind the empty line, or
 * at the first line that is no field, or at a boundary. */
static const char *read_header(struct walk *walk, const char *p, struct fields *fields)
{
    while (p < walk->end && walk->error == 0) {
        const char *next = line_end(p, walk->end);
        size_t name = mail_name_length(p, (size_t)(next - p));
        const char *value;
        bool closing;

        if (*p == '\n' || (*p == '\r' && p + 1 < walk->end && p[1] == '\n'))
            return next;
        if (name == 0 || (*p == '-' && find_boundary(walk, p, next, &closing) != NULL))
            return p;
        while (next < walk->end && (*next == ' ' || *next == '\t'))
            next = line_end(next, walk->end);
        value = (const char *)memchr(p + name, ':', (size_t)(next - p) - name) + 1;
        take_field(walk, fields, p, name, value, (size_t)(next - value));
        p = next;
    }
    return p;
}

/* A multipart without the parameter: the first line that looks like a boundary is one. */
static void find_missing_boundary(struct walk *walk, struct text_part *part)
{
    const char *p = part->body;

    for (int lines = 0; p < walk->end && lines < 100; lines++) {
        const char *next = line_end(p, walk->end);
        const char *last = next;

        while (last > p && g_ascii_isspace(last[-1]))
            last--;
        if (last - p > 4 && p[0] == '-' && p[1] == '-' && p[2] != '-') {
            part->boundary = arena_strndup(walk->arena, p + 2, (size_t)(last - p) - 2);
            if (part->boundary == NULL)
                walk->error = ERR_NOMEM;
            else
                part->boundary_length = (size_t)(last - p) - 2;
            return;
        }
        p = next;
    }
}

/* Opens a part whose body begins at p; messages inside messages open all the way down. Returns
 * where reading goes on. */
static const char *open_part(struct walk *walk, struct text_part *part, const char *p)
{
    for (;;) {
        struct fields fields = {NULL, NULL, NULL, NULL, 0};

        part->body = p;
        walk->open = part;
        if (text_mime_is(part, "multipart/") && part->boundary == NULL)
            find_missing_boundary(walk, part);
        if (walk->error != 0 || !is_message(part) || is_encoded(part))
            break;
        if (part->depth + 1 >= walk->depth_max) {
            walk->cut |= TEXT_CUT_DEPTH;
            break;
        }
        part = new_part(walk, part);
        if (part == NULL)
            break;
        p = read_header(walk, p, &fields);
        apply_fields(walk, part, &fields);
    }
    return p;
}

/* Ends all that is open up to `until` (which stays open); the line end before `line` belongs to
 * the boundary. */
static void close_parts(struct walk *walk, struct text_part *until, const char *line)
{
    for (; walk->open != NULL && walk->open != until; walk->open = walk->open->parent) {
        const char *end = line;

        if (line < walk->end && end > walk->open->body && end[-1] == '\n')
            end--;
        if (line < walk->end && end > walk->open->body && end[-1] == '\r')
            end--;
        walk->open->length = end > walk->open->body ? (size_t)(end - walk->open->body) : 0;
    }
}

/* A boundary line of `multipart`: a part begins behind it. */
static const char *next_part(struct walk *walk, struct text_part *multipart, const char *p)
{
    struct fields fields = {NULL, NULL, NULL, NULL, 0};
    struct text_part *part;

    if (multipart->depth + 1 >= walk->depth_max) {
        walk->cut |= TEXT_CUT_DEPTH;
        return p;
    }
    part = new_part(walk, multipart);
    if (part == NULL)
        return walk->end;
    p = read_header(walk, p, &fields);
    apply_fields(walk, part, &fields);
    return open_part(walk, part, p);
}

static void walk_body(struct walk *walk, const char *p)
{
    if (!awaits_boundary(walk))
        p = walk->end;
    while (p < walk->end && walk->error == 0) {
        const char *next = line_end(p, walk->end);
        bool closing = false;
        struct text_part *multipart = *p == '-' ? find_boundary(walk, p, next, &closing) : NULL;

        if (multipart != NULL) {
            close_parts(walk, multipart, p);
            if (closing) { /* what comes until the next boundary is nobody's */
                close_parts(walk, multipart->parent, p);
                p = next;
                continue;
            }
            next = next_part(walk, multipart, next);
        }
        p = next;
    }
    close_parts(walk, NULL, walk->end);
}

int text_mime_read(
    struct mail *mail, const struct text_limits *limits, struct text_part **root, unsigned *cut)
{
    struct walk walk = {.arena = mail->arena, .end = mail->body + mail->body_length};
    struct fields fields = {NULL, NULL, NULL, NULL, 0};
    struct text_part *part;

    walk.parts_left = limits->parts > 0 ? limits->parts : 1;
    walk.depth_max = limits->depth < TEXT_MIME_DEPTH_MAX ? limits->depth + 1 : TEXT_MIME_DEPTH_MAX;
    part = new_part(&walk, NULL);
    if (part == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < mail->field_count; i++)
        take_field(&walk, &fields, mail->fields[i].name, strlen(mail->fields[i].name),
            mail->fields[i].value, mail->fields[i].length);
    if (walk.error == 0)
        apply_fields(&walk, part, &fields);
    if (walk.error == 0)
        walk_body(&walk, open_part(&walk, part, mail->body));
    *root = part;
    *cut |= walk.cut;
    return walk.error;
}
