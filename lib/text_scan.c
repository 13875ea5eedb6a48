/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "text_scan.h"

#include <string.h>
#include <strings.h>

#include "octets.h"

bool text_scan_begins(const char *p, const char *end, const char *what)
{
    for (; *what != '\0'; what++, p++)
        if (p == end || octets_lower(*p) != *what)
            return false;
    return true;
}

const char *text_scan_find(const char *p, const char *end, const char *what)
{
    size_t length = strlen(what);
    const char *found = length == 1 ? memchr(p, *what, (size_t)(end - p))
                                    : memmem(p, (size_t)(end - p), what, length);

    return found == NULL ? end : found;
}

const char *text_scan_behind(const char *p, const char *end)
{
    const char *close = memchr(p, '>', (size_t)(end - p));

    return close == NULL ? end : close + 1;
}

const char *text_scan_follow(const char *p, const char *end)
{
    char before = *p++;
    char quote = '\0';

    for (; p < end; p++) {
        if (quote == '\0' && *p == '>')
            return p + 1;
        if (quote == '\0' && before == '=' && (*p == '"' || *p == '\''))
            quote = *p;
        else if (*p == quote)
            quote = '\0';
        if (!text_scan_is_blank(*p))
            before = *p;
    }
    return end;
}

const char *text_scan_comment_end(const char *p, const char *end)
{
    const char *close = text_scan_find(p + 2, end, TEXT_SCAN_COMMENT_END);

    if (close == end || close < p + strlen(TEXT_SCAN_COMMENT) ||
        text_scan_find(p, close, "--!>") < close)
        return NULL;
    return close + strlen(TEXT_SCAN_COMMENT_END);
}

const char *text_scan_end_tag(const char *p, const char *end, const char *name, size_t name_length)
{
    for (; (p = memchr(p, '<', (size_t)(end - p))) != NULL; p++) {
        const char *behind = p + 2 + name_length;

        if (behind >= end)
            return NULL;
        if (p[1] == '/' && strncasecmp(p + 2, name, name_length) == 0)
            return text_scan_is_blank(*behind) || *behind == '>' ? p : NULL;
    }
    return NULL;
}

bool text_scan_is_unwanted(const char *p, const char *end)
{
    if (end - p < 3)
        return false;
    return p[1] == '/'
               ? text_scan_begins(p + 2, end, "html") || text_scan_begins(p + 2, end, "body")
               : p[1] == '!' && p[2] == '[';
}

/* Whether text ends with what may be a character reference that goes on behind it. */
static bool is_open(const char *text, const char *end)
{
    while (end > text && (g_ascii_isalnum(end[-1]) || end[-1] == '#'))
        end--;
    return end > text && end[-1] == '&';
}

/* Whether the parser sees nothing from p on. */
static bool is_last(const char *p, const char *document_end)
{
    while (text_scan_is_unwanted(p, document_end) && p[1] == '!')
        p = text_scan_behind(p, document_end);
    return p == document_end;
}

void text_scan_give(
    struct buf *out, size_t *open_end, const char *text, const char *end, const char *document_end)
{
    bool lone = end - text == 1 && *text == '&';

    if (text == end || (lone && is_last(end, document_end)))
        return;
    if (*open_end == out->length)
        buf_puts(out, TEXT_SCAN_NOTHING);
    buf_add(out, text, (size_t)(end - text));
    if (lone) /* what is behind it may be left out */
        buf_puts(out, TEXT_SCAN_NOTHING);
    else if (is_open(text, end))
        *open_end = out->length;
}

/* Whether what stands from p to end ends inside of quotation marks. */
static bool is_quoted_at(const char *p, const char *end)
{
    char quote = '\0';

    for (; p < end; p++)
        if (quote == '\0' && (*p == '"' || *p == '\''))
            quote = *p;
        else if (*p == quote)
            quote = '\0';
    return quote != '\0';
}

bool text_scan_is_sure(const char *p, const char *end)
{
    size_t length = (size_t)(end - 1 - p);

    if (memchr(p, '>', length) != NULL || memchr(p + 1, '<', length) != NULL)
        return false;
    if (text_scan_begins(p, end, "<!doctype") || text_scan_begins(p, end, "<?"))
        return !is_quoted_at(p, end);
    return memchr(p, '"', length) == NULL && memchr(p, '\'', length) == NULL;
}
