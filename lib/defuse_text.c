/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The text is looked at as characters, each of which is kept or belongs to a link or a code. First
 * come the links, then the codes (defuse_link.h, defuse_code.h); the markers are written last.
 */
#include "defuse_text.h"

#include <glib.h>
#include <string.h>

#include "defuse_code.h"
#include "defuse_link.h"
#include "defuse_view.h"
#include "err.h"

/* --- gathering ---------------------------------------------------------------------------- */

/* Characters that nobody sees and that are not of the format category, and those of which pictures
 * are made: Braille, blocks, squares. */
static bool is_ignorable(gunichar c)
{
    return c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
           (c >= 0x180B && c <= 0x180F) || (c >= 0x2800 && c <= 0x28FF) || c == 0x3164 ||
           c == 0xFFA0 || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0000 && c <= 0xE0FFF) ||
           (c >= 0x2580 && c <= 0x25A1) || (c >= 0x25AA && c <= 0x25AD) ||
           (c >= 0x25FB && c <= 0x25FE) || c == 0x2B1B || c == 0x2B1C ||
           (c >= 0x1FB00 && c <= 0x1FBAF) || (c >= 0x1CC00 && c <= 0x1CEAF);
}

/* The character that a reader, or a browser, takes it for. */
static gunichar likeness(gunichar c)
{
    static const struct {
        gunichar from;
        gunichar to;
    } alike[] = {{'[', '('}, {']', ')'}, {0x2044, '/'}, {0x2215, '/'}, {0x2571, '/'}, {0x29F8, '/'},
        {0x2236, ':'}, {0xA789, ':'}, {0x02D0, ':'}, {0x0589, ':'}, {0x06D4, '.'}, {0x0701, '.'},
        {0x0702, '.'}, {0x2E31, '.'}, {0xA4F8, '.'}};

    for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++)
        if (c == alike[i].from)
            return alike[i].to;
    if (c >= 0x1F1E6 && c <= 0x1F1FF) /* flags */
        return 'A' + (c - 0x1F1E6);
    if ((c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189)) /* on black */
        return 'A' + (c - 0x1F150) % 0x20;
    return c;
}

/* A dot at half height between two characters is read as one. That of Catalan is none. */
static bool is_middle_dot(gunichar c, gunichar before, const char *behind)
{
    gunichar next = g_utf8_get_char(behind);
    bool dot = c == 0x00B7 || c == 0x2027 || c == 0x2219 || c == 0x22C5 || c == 0x2022;

    return dot && g_unichar_isalnum(before) && g_unichar_isalnum(next) &&
           !(g_unichar_tolower(before) == 'l' && g_unichar_tolower(next) == 'l');
}

/* Square brackets are ours: nobody writes our markers for us. */
static void strip(GString *out, const char *text)
{
    gunichar last = ' ';

    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        GUnicodeType type = g_unichar_type(c);
        bool mark = type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_SPACING_MARK;

        if (is_ignorable(c) || type == G_UNICODE_FORMAT || type == G_UNICODE_PRIVATE_USE ||
            type == G_UNICODE_SURROGATE || type == G_UNICODE_UNASSIGNED ||
            type == G_UNICODE_ENCLOSING_MARK ||
            (mark && (!g_unichar_isalpha(last) || defuse_view_is_digit(last))))
            continue;
        if (c != '\n' && (type == G_UNICODE_CONTROL || g_unichar_isspace(c) || c == 0xFFFD))
            c = ' ';
        c = is_middle_dot(c, last, g_utf8_next_char(p)) ? '.' : likeness(c);
        g_string_append_unichar(out, c);
        if (!mark)
            last = c;
    }
}

void defuse_text_gather(struct buf *gathered, const char *text, size_t length)
{
    char *valid = g_utf8_make_valid(text, (gssize)length);
    GString *once = g_string_new(NULL), *twice = g_string_new(NULL);
    char *composed;

    strip(once, valid);
    composed = g_utf8_normalize(once->str, (gssize)once->len, G_NORMALIZE_ALL_COMPOSE);
    if (composed != NULL)
        strip(twice, composed);
    buf_add(gathered, twice->str, twice->len);
    g_free(composed);
    g_string_free(twice, TRUE);
    g_string_free(once, TRUE);
    g_free(valid);
}

void defuse_text_gather_link(struct buf *gathered)
{
    buf_puts(gathered, " \x01 ");
}

void defuse_text_gather_code(struct buf *gathered)
{
    buf_puts(gathered, "\x02");
}

/* --- writing ------------------------------------------------------------------------------ */

static bool ends_open(const struct buf *out)
{
    return out->length == 0 || strchr(" \n(", buf_text(out)[out->length - 1]) != NULL;
}

static void write_marker(struct buf *out, enum defuse_fate fate, bool again)
{
    if (again)
        return;
    if (!ends_open(out))
        buf_putc(out, ' ');
    buf_puts(out, fate == DEFUSE_IS_LINK ? DEFUSE_LINK : DEFUSE_CODE);
}

static void write_view(const struct defuse_view *view, struct buf *out)
{
    enum defuse_fate last = DEFUSE_KEPT; /* of what was written last, spaces left out */
    char octets[6];

    for (size_t i = 0; i < view->length; i++) {
        gunichar c = view->text[i];
        bool space = c == ' ' || c == '\n';

        if (view->fate[i] != DEFUSE_KEPT) {
            write_marker(
                out, (enum defuse_fate)view->fate[i], last == (enum defuse_fate)view->fate[i]);
            last = (enum defuse_fate)view->fate[i];
            continue;
        }
        if (space && ends_open(out) && c == ' ')
            continue;
        if (!space && last != DEFUSE_KEPT && !ends_open(out))
            buf_putc(out, ' ');
        buf_add(out, octets, (size_t)g_unichar_to_utf8(c, octets));
        if (c != ' ')
            last = DEFUSE_KEPT;
    }
}

/* Is it one of the markers? Returns its length. */
static size_t marker_length(const char *text)
{
    if (strncmp(text, DEFUSE_LINK, strlen(DEFUSE_LINK)) == 0)
        return strlen(DEFUSE_LINK);
    return strncmp(text, DEFUSE_CODE, strlen(DEFUSE_CODE)) == 0 ? strlen(DEFUSE_CODE) : 0;
}

bool defuse_text_is_clean(const char *text)
{
    size_t digits = 0;

    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        size_t marker = marker_length(p);
        gunichar c = g_utf8_get_char(p);

        if (marker > 0) {
            p += marker - 1;
            continue;
        }
        if (strncmp(p, "://", 3) == 0 || g_ascii_strncasecmp(p, "www.", 4) == 0)
            return false;
        digits = defuse_view_is_digit(c) ? digits + 1 : defuse_view_is_letter(c) ? 0 : digits;
        if (digits > DEFUSE_DIGITS_KEPT)
            return false;
    }
    return true;
}

int defuse_text_write(const struct buf *gathered, struct buf *out)
{
    struct defuse_view view;
    size_t before = out->length;

    if (buf_failed(gathered) != 0)
        return buf_failed(gathered);
    defuse_view_open(&view, gathered);
    defuse_link_find(&view);
    defuse_code_find(&view);
    write_view(&view, out);
    defuse_view_close(&view);
    if (buf_failed(out) != 0)
        return buf_failed(out);
    return defuse_text_is_clean(buf_text(out) + before) ? 0 : ERR_INTERNAL;
}
