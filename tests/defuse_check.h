/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * defuse_check - what holds of every defused message, looked at apart from the code that makes it:
 * no "://", no "www.", no four digits of any script with only spaces, hyphens or our words between.
 */
#ifndef GONEAWAY_TEST_DEFUSE_CHECK_H
#define GONEAWAY_TEST_DEFUSE_CHECK_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "defuse.h"
#include "text_words.h"

/* Takes every `what` out of text. */
static inline char *defuse_check_without(char *text, const char *what, const char *instead)
{
    char **parts = g_strsplit(text, what, -1);
    char *joined = g_strjoinv(instead, parts);

    g_strfreev(parts);
    g_free(text);
    return joined;
}

static inline bool defuse_check_text(const char *text)
{
    char *own = defuse_check_without(g_strdup(text), "[link removed]", " ");
    char *lower;
    size_t digits = 0;
    bool clean = g_utf8_validate(text, -1, NULL);

    own = defuse_check_without(own, "[code removed]", " ");
    lower = g_ascii_strdown(own, -1);
    clean = clean && strstr(lower, "://") == NULL && strstr(lower, "www.") == NULL;
    for (const char *p = own; clean && *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (g_unichar_isdigit(c))
            digits++;
        else if (!g_unichar_isspace(c) && c != '-')
            digits = 0;
        clean = digits < 4 && (c == '\n' || !g_unichar_iscntrl(c)) &&
                g_unichar_type(c) != G_UNICODE_FORMAT;
    }
    g_free(lower);
    g_free(own);
    return clean;
}

/* The body as it is read; the caller frees it. */
static inline char *defuse_check_body(const struct defused *defused)
{
    gsize length = 0;
    char *encoded = g_strndup(defused->body, defused->length);
    guchar *decoded = NULL;
    GString *whole = g_string_new(NULL);
    char **lines = g_strsplit(encoded, "\r\n", -1);

    for (char **line = lines; *line != NULL; line++) {
        if (strlen(*line) > 76)
            break;
        decoded = g_base64_decode(*line, &length);
        g_string_append_len(whole, (const char *)decoded, (gssize)length);
        g_free(decoded);
    }
    g_strfreev(lines);
    g_free(encoded);
    return defuse_check_without(g_string_free(whole, FALSE), "\r\n", "\n");
}

/* The field of the new message, decoded, in the arena; "" for none. */
static inline const char *defuse_check_field(
    struct arena *arena, const struct defused *defused, const char *name)
{
    for (size_t i = 0; i < defused->count; i++)
        if (strcmp(defused->fields[i].name, name) == 0)
            return text_words_decode(
                arena, defused->fields[i].value, strlen(defused->fields[i].value), 65536, NULL);
    return "";
}

static inline bool defuse_check_line(const char *value)
{
    size_t line = 0;

    if (strlen(value) > 2000)
        return false;
    for (const char *p = value; *p != '\0'; p++) {
        line = *p == '\n' ? 0 : line + 1;
        if (line > 980 || (*p == '\n' && p[1] != '\t') || (*p < ' ' && *p != '\n' && *p != '\t') ||
            *p > '~')
            return false;
    }
    return true;
}

/* Everything at once. Message-ID and Date keep their digits. */
static inline bool defuse_check(struct arena *arena, const struct defused *defused)
{
    static const char *const names[] = {"From", "To", "Cc", "Subject"};
    char *body = defuse_check_body(defused);
    bool clean = defuse_check_text(body) && g_str_has_prefix(body, "This mail was changed");

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        clean = clean && defuse_check_text(defuse_check_field(arena, defused, names[i]));
    for (size_t i = 0; i < defused->count; i++)
        clean = clean && defuse_check_line(defused->fields[i].value) &&
                strstr(defused->fields[i].value, "://") == NULL;
    g_free(body);
    return clean;
}

#endif
