/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "catalogue_check.h"

#include "address.h"
#include "domain.h"

#include <glib.h>
#include <string.h>

const char *catalogue_check_https(struct arena *arena, const char *text)
{
    static const char scheme[] = "https://";
    static const char wrong[] = "must be an https:// address with a host name";
    const char *host = text + strlen(scheme), *ascii;
    char *copy;

    if (strncmp(text, scheme, strlen(scheme)) != 0)
        return wrong;
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("\"<>\\^`{|}", *p))
            return "holds a character that no address may hold; write it as %XX";
    copy = arena_strndup(arena, host, strcspn(host, "/?#"));
    if (copy == NULL || strchr(copy, '.') == NULL || domain_to_ascii(arena, copy, &ascii) != 0)
        return wrong;
    return NULL;
}

const char *catalogue_check_phone(struct arena *arena, const char *text)
{
    size_t digits = 0;

    (void)arena;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9')
            digits++;
        else if (strchr(" ()-./", *p) == NULL && (*p != '+' || p != text))
            return "a phone number has digits, spaces, ( ) - . / and a leading +, nothing else";
    }
    return digits < 3 ? "has too few digits for a phone number" : NULL;
}

const char *catalogue_check_privacy(struct arena *arena, const char *text)
{
    struct address address;

    if (catalogue_check_https(arena, text) == NULL ||
        (address_parse_spec(arena, text, NULL, &address) == 0 && !address.literal))
        return NULL;
    return "must be an https:// address or a mail address";
}

static bool is_number(const char *text)
{
    return strspn(text, "0123456789") == strlen(text);
}

const char *catalogue_check_domain(struct arena *arena, const char *text, const char **out)
{
    const char *last;

    *out = NULL;
    if (domain_to_ascii(arena, text, out) != 0)
        return "is no domain name";
    last = strrchr(*out, '.');
    if (last == NULL || is_number(last + 1))
        return "is no domain name of the internet";
    if (domain_organisational(*out) == NULL)
        return "is a public suffix, under which anybody can have a domain";
    return NULL;
}

bool catalogue_check_is_suffix(const char *ascii)
{
    const char *last = strrchr(ascii, '.');

    return last != NULL && !is_number(last + 1) && domain_organisational(ascii) == NULL;
}

bool catalogue_check_line(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return false;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return false;
    return true;
}
