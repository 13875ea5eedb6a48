/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * GMime reads whatever stands there, and needs dozens of allocations for it. Nearly all values are
 * of the plainest form: a type, then parameters of which each is a word or a quoted string in which
 * nothing needs to be understood. Those are read here in a tenth of the time.
 */
#include "text_type.h"

#include <gmime/gmime.h>
#include <string.h>

#include "err.h"
#include "mail.h"

struct span {
    const char *start;
    size_t length;
};

/* The parameters that are asked for. */
enum parameter { CHARSET, BOUNDARY, REPORT_TYPE, SMIME_TYPE, FORMAT, DELSP, PARAMETERS };

static const char *const names[PARAMETERS] = {
    "charset", "boundary", "report-type", "smime-type", "format", "delsp"};

static void lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = g_ascii_tolower(*text);
}

/* Fills in what the parameters say; an empty value is none. */
static int take(struct arena *arena, const struct span values[PARAMETERS], struct text_type *out)
{
    char *copies[PARAMETERS] = {NULL};

    for (int i = 0; i < PARAMETERS; i++) {
        if (values[i].length == 0)
            continue;
        copies[i] = arena_strndup(arena, values[i].start, values[i].length);
        if (copies[i] == NULL)
            return ERR_NOMEM;
    }
    if (copies[REPORT_TYPE] != NULL)
        lower(copies[REPORT_TYPE]);
    out->charset = copies[CHARSET];
    out->boundary = copies[BOUNDARY];
    out->report_type = copies[REPORT_TYPE];
    out->smime_type = copies[SMIME_TYPE];
    out->flowed = copies[FORMAT] != NULL && g_ascii_strcasecmp(copies[FORMAT], "flowed") == 0;
    out->delsp = copies[DELSP] != NULL && g_ascii_strcasecmp(copies[DELSP], "yes") == 0;
    return 0;
}

/* --- the plain form ----------------------------------------------------------------------- */

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

static struct span read_word(const char *p)
{
    struct span word = {p, 0};

    while (g_ascii_isalnum(p[word.length]) ||
           (p[word.length] != '\0' && strchr("-._+", p[word.length]) != NULL))
        word.length++;
    return word;
}

/* Between quotation marks; without what may be an encoded word or hides a quotation mark. */
static struct span read_quoted(const char *p)
{
    struct span quoted = {p + 1, 0};

    while (quoted.start[quoted.length] > ' ' && quoted.start[quoted.length] < 0x7f &&
           strchr("\"\\?", quoted.start[quoted.length]) == NULL)
        quoted.length++;
    if (quoted.start[quoted.length] != '"')
        quoted.length = 0;
    return quoted;
}

/* Reads ";name=value" at p; returns what stands behind it, NULL where that is not the form. A
 * parameter that comes twice is not for us to choose from. */
static const char *read_parameter(const char *p, struct span values[PARAMETERS])
{
    struct span name = read_word(skip_blanks(p + 1));
    struct span value;
    bool quoted;

    p = skip_blanks(name.start + name.length);
    if (name.length == 0 || *p != '=')
        return NULL;
    p = skip_blanks(p + 1);
    quoted = *p == '"';
    value = quoted ? read_quoted(p) : read_word(p);
    if (value.length == 0)
        return NULL;
    for (int i = 0; i < PARAMETERS; i++) {
        if (strlen(names[i]) != name.length ||
            g_ascii_strncasecmp(name.start, names[i], name.length) != 0)
            continue;
        if (values[i].length > 0)
            return NULL;
        values[i] = value;
    }
    return skip_blanks(value.start + value.length + quoted);
}

int text_type_read_plain(struct arena *arena, const char *value, struct text_type *out)
{
    struct span values[PARAMETERS] = {{NULL, 0}};
    struct span media = read_word(skip_blanks(value));
    const char *p = media.start + media.length;
    struct span subtype = read_word(*p == '/' ? p + 1 : p);
    char *name;

    *out = (struct text_type){0};
    if (*p != '/' || media.length == 0 || subtype.length == 0)
        return ERR_SYNTAX;
    p = skip_blanks(subtype.start + subtype.length);
    while (p != NULL && *p == ';')
        p = read_parameter(p, values);
    if (p == NULL || *p != '\0')
        return ERR_SYNTAX;
    name = arena_strndup(arena, media.start, media.length + 1 + subtype.length);
    if (name == NULL)
        return ERR_NOMEM;
    lower(name);
    out->name = name;
    return take(arena, values, out);
}

/* --- any form ----------------------------------------------------------------------------- */

/* Takes the charsets out of extended parameters ("name*=utf-8'en'%41"): what we need of
 * parameters is ASCII, and strangers choose no converter for GMime to load. */
static void drop_charsets(char *value)
{
    for (char *p = strstr(value, "*="); p != NULL; p = strstr(p + 2, "*=")) {
        size_t length = strcspn(p + 2, "'\";, \t");

        if (p[2 + length] == '\'')
            memset(p + 2, ' ', length);
    }
}

/* Whether there is something on both sides of a slash, before the parameters: octets that may stand
 * in a field's name, too. */
static bool names_type(const char *value)
{
    const char *slash = value + strcspn(value, "/;");
    const char *before = slash;
    const char *behind = slash + 1;

    if (*slash != '/')
        return false;
    while (before > value && g_ascii_isspace(before[-1]))
        before--;
    while (g_ascii_isspace(*behind))
        behind++;
    return before > value && mail_is_name_octet(before[-1]) && mail_is_name_octet(*behind) &&
           *behind != ';';
}

int text_type_read_any(struct arena *arena, char *value, struct text_type *out)
{
    struct span values[PARAMETERS] = {{NULL, 0}};
    GMimeContentType *type;
    char *name;
    int result;

    *out = (struct text_type){0};
    if (!names_type(value))
        return 0; /* plain text, as if nothing were said (RFC 2045 §5.2) */
    drop_charsets(value);
    type = g_mime_content_type_parse(NULL, value);
    if (type == NULL)
        return 0;
    name = arena_printf(arena, "%s/%s", g_mime_content_type_get_media_type(type),
        g_mime_content_type_get_media_subtype(type));
    for (int i = 0; i < PARAMETERS; i++) {
        values[i].start = g_mime_content_type_get_parameter(type, names[i]);
        values[i].length = values[i].start == NULL ? 0 : strlen(values[i].start);
    }
    result = name == NULL ? ERR_NOMEM : take(arena, values, out);
    if (name != NULL)
        lower(name);
    out->name = name;
    g_object_unref(type);
    return result;
}

int text_type_read(struct arena *arena, char *value, struct text_type *out)
{
    int result = text_type_read_plain(arena, value, out);

    return result == ERR_SYNTAX ? text_type_read_any(arena, value, out) : result;
}
