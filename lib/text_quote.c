/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Shapes only: no words of any language, but the names of header fields, which are the same
 * everywhere.
 */
#include "text_quote.h"

#include <glib.h>
#include <string.h>

#define LABEL_MAX ((size_t)40)
#define LABEL_WORDS 4
#define ATTRIBUTION_MAX ((size_t)300)
#define HEAD_LINES ((size_t)10)
#define RAW_LINES ((size_t)12)
#define RULE_MIN 5
#define PREFIX_MAX 4 /* letters of "Re", "Fwd", "Antw" */

static struct text_quote_line trim(struct text_quote_line line)
{
    while (line.length > 0 && g_ascii_isspace(line.text[0])) {
        line.text++;
        line.length--;
    }
    while (line.length > 0 && g_ascii_isspace(line.text[line.length - 1]))
        line.length--;
    return line;
}

static bool has_digit(struct text_quote_line line)
{
    const char *end = line.text + line.length;

    for (const char *p = line.text; p < end; p = g_utf8_next_char(p))
        if (g_unichar_isdigit(g_utf8_get_char(p)))
            return true;
    return false;
}

static bool has_address(struct text_quote_line line)
{
    return memchr(line.text, '@', line.length) != NULL;
}

/* "Re: " and its like: a few letters, maybe a count in brackets, a colon, and no number. */
static bool is_answer_subject(const char *subject)
{
    const char *p = subject;
    int letters = 0;

    while (g_unichar_isalpha(g_utf8_get_char(p)) && letters <= PREFIX_MAX) {
        p = g_utf8_next_char(p);
        letters++;
    }
    if (letters == 0 || letters > PREFIX_MAX)
        return false;
    if (*p == '[' || *p == '(')
        p += strspn(p, "[(0123456789)]");
    if (*p == ':')
        p++;
    else if (g_utf8_get_char(p) == 0xFF1A)
        p = g_utf8_next_char(p);
    else
        return false;
    while (*p == ' ')
        p++;
    return *p != '\0' && !g_unichar_isdigit(g_utf8_get_char(p));
}

bool text_quote_is_conversation(const struct mail *mail, const char *subject)
{
    return mail_field(mail, "In-Reply-To", 0) != NULL ||
           mail_field(mail, "References", 0) != NULL || is_answer_subject(subject);
}

static bool ends_with_colon(struct text_quote_line line)
{
    return (line.length > 1 && line.text[line.length - 1] == ':') ||
           (line.length > 3 && memcmp(line.text + line.length - 3, "\357\274\232", 3) == 0);
}

bool text_quote_is_attribution(struct text_quote_line line, bool conversation)
{
    line = trim(line);
    if (line.length > ATTRIBUTION_MAX || !ends_with_colon(line))
        return false;
    return conversation || has_digit(line) || has_address(line);
}

bool text_quote_is_label(struct text_quote_line line)
{
    const char *end;
    size_t words = 1;
    bool letter = false;
    size_t start;

    line = trim(line);
    /* most lines have no colon where one would count, nor what U+FF1A begins with */
    start = line.length < LABEL_MAX + 1 ? line.length : LABEL_MAX + 1;
    if (memchr(line.text, ':', start) == NULL && memchr(line.text, 0xEF, start) == NULL)
        return false;
    end = line.text + line.length;
    for (const char *p = line.text; p < end && (size_t)(p - line.text) <= LABEL_MAX;
         p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == ':' || c == 0xFF1A)
            return letter && (c != ':' || p + 1 == end || p[1] == ' ' || p[1] == '*');
        if (c == '@' || c == '/' || c == '.' || c == '<' || g_unichar_isdigit(c))
            return false;
        letter = letter || g_unichar_isalpha(c);
        words += c == ' ';
        if (words > LABEL_WORDS)
            return false;
    }
    return false;
}

/* Dashes, underscores and what is drawn in their place. */
static bool is_dash(gunichar c)
{
    return c == '-' || c == '_' || c == '=' || c == '*' || (c >= 0x2010 && c <= 0x2015) ||
           c == 0x2500 || c == 0x2501 || c == 0xFF0D;
}

bool text_quote_is_rule(struct text_quote_line line)
{
    const char *end;
    int before = 0;
    int behind = 0;
    bool words = false;

    line = trim(line);
    end = line.text + line.length;
    if (line.length == 0 || !is_dash(g_utf8_get_char(line.text)))
        return false;
    for (const char *p = line.text; p < end; p = g_utf8_next_char(p)) {
        if (is_dash(g_utf8_get_char(p))) {
            before += !words;
            behind++;
        } else {
            words = true;
            behind = 0;
        }
    }
    if (words)
        return before >= 3 && behind >= 3 && line.length <= 100;
    return before >= RULE_MIN;
}

/* "<ann@example.com>", "ann@example.com [mailto:ann@example.com]" */
static bool has_bracketed_address(struct text_quote_line line)
{
    bool bracket = false;

    for (size_t i = 0; i < line.length; i++) {
        bracket = bracket || line.text[i] == '<' || line.text[i] == '[';
        if (bracket && line.text[i] == '@')
            return true;
    }
    return false;
}

bool text_quote_is_head(
    const struct text_quote_line *lines, size_t count, bool conversation, bool announced)
{
    size_t labels = 0;
    size_t blank = 0;
    bool digit = false;
    bool address = false;
    bool mailbox = false;

    for (size_t i = 0; i < count && i < HEAD_LINES; i++) {
        struct text_quote_line line = trim(lines[i]);

        if (line.length == 0) {
            if (++blank > labels)
                break;
            continue;
        }
        if (!text_quote_is_label(line))
            break;
        digit = digit || has_digit(line);
        address = address || (labels == 0 && has_bracketed_address(line));
        mailbox = mailbox || (labels == 0 && has_address(line));
        labels++;
    }
    /* a notice has lines like these too, but none with four that begin with a mailbox */
    return digit &&
           ((labels >= 3 && (conversation || (announced && address))) || (labels >= 4 && mailbox));
}

static bool is_named(struct text_quote_line line, const char *name)
{
    size_t length = strlen(name);

    return line.length > length && g_ascii_strncasecmp(line.text, name, length) == 0;
}

/* A field, or a line that goes on with the one before. */
static bool is_field(struct text_quote_line line)
{
    size_t i = 0;

    if (line.length > 0 && (line.text[0] == ' ' || line.text[0] == '\t'))
        return true;
    while (i < line.length && (g_ascii_isalnum(line.text[i]) || line.text[i] == '-'))
        i++;
    return i > 0 && i < line.length && line.text[i] == ':';
}

bool text_quote_is_raw_header(const struct text_quote_line *lines, size_t count)
{
    static const char *const names[] = {"Received:", "Return-Path:", "Message-ID:", "MIME-Version:",
        "DKIM-Signature:", "X-Mailer:", "From:", "Date:"};
    size_t fields = 0;
    size_t known = 0;

    if (count == 0 || lines[0].length == 0 || g_ascii_isspace(lines[0].text[0]))
        return false;
    for (size_t i = 0; i < count && i < RAW_LINES && is_field(lines[i]); i++) {
        fields++;
        for (size_t j = 0; j < G_N_ELEMENTS(names); j++)
            known += is_named(lines[i], names[j]) && j < 6 ? 2 : is_named(lines[i], names[j]);
    }
    return fields >= 3 && known >= 3;
}
