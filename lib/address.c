/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * One scanner reads envelope paths and addr-specs. It is as lenient as the mail systems that
 * stand in front of us (dots anywhere in a local part, an unquoted '@' before the last one) and
 * strict where leniency could make one mailbox look like another: quotes, white space and
 * specials stand only where the grammar lets them.
 */
#include "address.h"

#include "domain.h"
#include "err.h"

#include <glib.h>
#include <string.h>
#include <strings.h>

#define LOCAL_MAX_OCTETS ((size_t)256)
#define LITERAL_MAX_OCTETS ((size_t)255)
#define HEX_OCTET_SIZE 4 /* "\xHH" */

/* A stretch of the caller's text. */
struct span {
    const char *start;
    const char *end;
};

static size_t span_length(struct span span)
{
    return (size_t)(span.end - span.start);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trimmed(struct span span)
{
    while (span.start < span.end && is_blank(*span.start))
        span.start++;
    while (span.end > span.start && is_blank(span.end[-1]))
        span.end--;
    return span;
}

static char ascii_lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    return c;
}

static void lower_in_place(char *text)
{
    for (; *text != '\0'; text++)
        *text = ascii_lower(*text);
}

/* C0, DEL, and C1 as UTF-8 writes it. */
static bool has_control(struct span span)
{
    for (const char *p = span.start; p < span.end; p++) {
        unsigned char c = (unsigned char)*p;

        if (c < 0x20 || c == 0x7f)
            return true;
        if (c == 0xc2 && p + 1 < span.end && (unsigned char)p[1] >= 0x80 &&
            (unsigned char)p[1] < 0xa0)
            return true;
    }
    return false;
}

/* The octet that ends the quoted string whose opening quote stands at p, or NULL. */
static const char *quote_end(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '"')
            return p;
        if (*p == '\\' && ++p == end)
            return NULL;
    }
    return NULL;
}

/* The first unquoted octet that is `wanted`; NULL where there is none or a quote stays open. */
static const char *find_unquoted(struct span span, char wanted)
{
    for (const char *p = span.start; p < span.end; p++) {
        if (*p == wanted)
            return p;
        if (*p == '"' && (p = quote_end(p, span.end)) == NULL)
            return NULL;
    }
    return NULL;
}

static const char *find_last_at(struct span span)
{
    const char *at = NULL, *next;

    while ((next = find_unquoted(span, '@')) != NULL) {
        at = next;
        span.start = next + 1;
    }
    return at;
}

/* ---- the local part ---- */

static bool is_special(char c)
{
    return c == '\0' || strchr("()<>[]:;\\,\" \t", c) != NULL;
}

/* Copies the quoted string at p without its quotes and backslashes; returns what follows it. */
static const char *unquote(const char *p, const char *end, char **out)
{
    const char *close = quote_end(p, end);

    if (close == NULL)
        return NULL;
    for (p++; p < close; p++) {
        if (*p == '\\')
            p++;
        *(*out)++ = *p;
    }
    return close + 1;
}

/* Words, quoted or not, with dots between them. A quoted word begins at the start or behind a
 * dot, and ends at the end or before one. */
static int unquote_local(struct arena *arena, struct span span, char **out)
{
    char *text = arena_alloc(arena, span_length(span) + 1), *to = text;
    bool word_may_begin = true;
    const char *p = span.start;

    if (text == NULL)
        return ERR_NOMEM;
    while (p < span.end) {
        if (*p == '"') {
            p = word_may_begin ? unquote(p, span.end, &to) : NULL;
            if (p == NULL || (p < span.end && *p != '.'))
                return ERR_SYNTAX;
            word_may_begin = false;
            continue;
        }
        if (is_special(*p))
            return ERR_SYNTAX;
        word_may_begin = *p == '.';
        *to++ = *p++;
    }
    if (to == text)
        return ERR_SYNTAX;
    if ((size_t)(to - text) > LOCAL_MAX_OCTETS)
        return ERR_LIMIT;
    *out = text;
    return 0;
}

static char *hex_form(struct arena *arena, const char *text)
{
    char *form = arena_alloc(arena, strlen(text) * HEX_OCTET_SIZE + 1), *to = form;

    if (form == NULL)
        return NULL;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x80) {
            *to++ = ascii_lower(*text);
            continue;
        }
        *to++ = '\\';
        *to++ = 'x';
        *to++ = "0123456789abcdef"[c >> 4];
        *to++ = "0123456789abcdef"[c & 15];
    }
    return form;
}

/* NFC before folding, so that canonically equal spellings fold alike; and again behind it, since
 * a small letter can compose with a mark where its capital cannot. NULL where text is no UTF-8. */
static char *fold_utf8(const char *text)
{
    char *composed = g_utf8_normalize(text, -1, G_NORMALIZE_NFC), *again;

    if (composed == NULL)
        return NULL;
    lower_in_place(composed);
    again = g_utf8_normalize(composed, -1, G_NORMALIZE_NFC);
    g_free(composed);
    return again;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* The key form of an unquoted local part; NULL without memory. */
static const char *local_key(struct arena *arena, char *text)
{
    char *folded;
    const char *copy;

    if (is_ascii(text)) {
        lower_in_place(text);
        return text;
    }
    if (!g_utf8_validate(text, -1, NULL) || (folded = fold_utf8(text)) == NULL)
        return hex_form(arena, text);
    copy = arena_strdup(arena, folded);
    g_free(folded);
    return copy;
}

/* ---- the domain ---- */

static int read_literal(struct arena *arena, struct span span, struct address *out)
{
    char *domain;

    if (span_length(span) > LITERAL_MAX_OCTETS)
        return ERR_LIMIT;
    if (span_length(span) < 3 || span.end[-1] != ']')
        return ERR_SYNTAX;
    for (const char *p = span.start + 1; p < span.end - 1; p++)
        if (is_special(*p) && *p != ':')
            return ERR_SYNTAX;
    domain = arena_strndup(arena, span.start, span_length(span));
    if (domain == NULL)
        return ERR_NOMEM;
    lower_in_place(domain);
    out->domain = domain;
    out->literal = true;
    return 0;
}

static int read_domain(struct arena *arena, struct span span, struct address *out)
{
    const char *copy;

    if (span_length(span) > 0 && *span.start == '[')
        return read_literal(arena, span, out);
    copy = arena_strndup(arena, span.start, span_length(span));
    return copy == NULL ? ERR_NOMEM : domain_to_ascii(arena, copy, &out->domain);
}

/* ---- the subaddress ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length > tail && strcmp(text + length - tail, end) == 0;
}

/* Names that mail systems never split. */
static bool is_whole(const char *local)
{
    return strcmp(local, "postmaster") == 0 || strcmp(local, "mailer-daemon") == 0 ||
           (strncmp(local, "owner-", 6) == 0 && local[6] != '\0') || ends_with(local, "-request");
}

/* Where the subaddress begins; the length of local where there is none. Delimiters above ASCII
 * are none, as they could cut a character in two. */
static size_t base_length(const char *local, const char *delimiters)
{
    size_t length = strlen(local);

    if (delimiters == NULL || is_whole(local))
        return length;
    for (size_t i = 1; i < length; i++)
        if ((unsigned char)local[i] < 0x80 && strchr(delimiters, local[i]) != NULL)
            return i;
    return length;
}

/* ---- the whole ---- */

/* The first length octets of local, then @ and domain where there is one. */
static char *join(struct arena *arena, const char *local, size_t length, const char *domain)
{
    size_t rest = strlen(domain);
    char *joined = arena_bytes(arena, length + rest + 2);

    if (joined == NULL)
        return NULL;
    memcpy(joined, local, length);
    joined[length] = rest > 0 ? '@' : '\0';
    memcpy(joined + length + 1, domain, rest + 1);
    return joined;
}

static int make_keys(struct arena *arena, const char *delimiters, struct address *out)
{
    size_t base = base_length(out->local, delimiters);

    out->key = join(arena, out->local, strlen(out->local), out->domain);
    out->base = out->key;
    if (out->key != NULL && out->local[base] != '\0')
        out->base = join(arena, out->local, base, out->domain);
    return out->key == NULL || out->base == NULL ? ERR_NOMEM : 0;
}

static int read_local(struct arena *arena, struct span span, struct address *out)
{
    char *text;
    int result = unquote_local(arena, span, &text);

    if (result != 0)
        return result;
    out->local = local_key(arena, text);
    return out->local == NULL ? ERR_NOMEM : 0;
}

/* local@domain, without anything around it. */
static int read_mailbox(struct arena *arena, struct span span, struct address *out)
{
    const char *at = find_last_at(span);
    int result;

    if (at == NULL || at == span.start)
        return ERR_SYNTAX;
    result = read_local(arena, (struct span){span.start, at}, out);
    if (result == 0)
        result = read_domain(arena, (struct span){at + 1, span.end}, out);
    return result;
}

static int finish(
    struct arena *arena, struct span span, const char *delimiters, int result, struct address *out)
{
    if (result == 0) {
        out->seen = arena_strndup(arena, span.start, span_length(span));
        result = out->seen == NULL ? ERR_NOMEM : make_keys(arena, delimiters, out);
    }
    if (result != 0)
        *out = (struct address){0};
    return result;
}

static const struct address null_address = {
    .seen = "", .local = "", .domain = "", .key = "", .base = ""};

/* Takes the brackets off; what stands behind the closing one is parameters. */
static int strip_brackets(struct span *span)
{
    const char *close;

    *span = trimmed(*span);
    if (span->start == span->end || *span->start != '<')
        return 0;
    span->start++;
    close = find_unquoted(*span, '>');
    if (close == NULL)
        return ERR_SYNTAX;
    *span = trimmed((struct span){span->start, close});
    return 0;
}

/* One '@' domain of a source route: returns what follows it, or NULL. */
static const char *route_step(const char *p, const char *end)
{
    const char *start;

    if (p == end || *p != '@')
        return NULL;
    start = ++p;
    if (p < end && *p == '[') {
        p = memchr(p, ']', (size_t)(end - p));
        return p == NULL ? NULL : p + 1;
    }
    while (p < end && !is_special(*p) && *p != '@')
        p++;
    return p == start ? NULL : p;
}

/* "@a,@b:" is recognised and stripped (RFC 5321 §4.1.1.3). */
static int strip_route(struct span *span)
{
    const char *p = span->start;

    if (p == span->end || *p != '@')
        return 0;
    while ((p = route_step(p, span->end)) != NULL && p < span->end) {
        if (*p == ':') {
            span->start = p + 1;
            return 0;
        }
        if (*p != ',')
            return ERR_SYNTAX;
        p++;
    }
    return ERR_SYNTAX;
}

/* The only recipient without a domain (RFC 5321 §4.1.1.3). */
static int read_bare(struct arena *arena, struct span span, struct address *out)
{
    int result = read_local(arena, span, out);

    if (result != 0)
        return result;
    out->domain = "";
    return strcmp(out->local, "postmaster") == 0 ? 0 : ERR_SYNTAX;
}

int address_parse_path(
    struct arena *arena, const char *path, const char *delimiters, struct address *out)
{
    struct span span = {path, path + strlen(path)};
    const char *written;
    int result = strip_brackets(&span);

    *out = (struct address){0};
    if (has_control(span))
        return ERR_CHARSET;
    if (result != 0)
        return result;
    if (span.start == span.end) {
        *out = null_address;
        return 0;
    }
    written = span.start;
    result = strip_route(&span);
    if (result != 0)
        return result;
    if (span.start == written && find_last_at(span) == NULL)
        result = read_bare(arena, span, out);
    else
        result = read_mailbox(arena, span, out);
    return finish(arena, span, delimiters, result, out);
}

/* Drops the white space that obsolete syntax lets stand around '.' and '@'; elsewhere outside of
 * quotes it stays, and is then refused. */
static struct span without_obsolete_space(struct arena *arena, struct span span)
{
    char *text = arena_alloc(arena, span_length(span) + 1), *to = text;
    const char *p = span.start;

    while (text != NULL && p < span.end) {
        const char *next;

        if (*p == '"' && (next = quote_end(p, span.end)) != NULL) {
            memcpy(to, p, (size_t)(next + 1 - p));
            to += next + 1 - p;
            p = next + 1;
            continue;
        }
        for (next = p; next < span.end && is_blank(*next);)
            next++;
        if (next > p && to > text && to[-1] != '.' && to[-1] != '@' && *next != '.' && *next != '@')
            *to++ = ' ';
        p = next;
        *to++ = *p++;
    }
    return (struct span){text, to};
}

int address_parse_spec(
    struct arena *arena, const char *spec, const char *delimiters, struct address *out)
{
    struct span span = trimmed((struct span){spec, spec + strlen(spec)});

    *out = (struct address){0};
    span = without_obsolete_space(arena, span);
    if (span.start == NULL)
        return ERR_NOMEM;
    if (has_control(span))
        return ERR_CHARSET;
    return finish(arena, span, delimiters, read_mailbox(arena, span, out), out);
}

/* ---- questions ---- */

/* Is that the local part, or the local part without its subaddress? */
static bool is_named(const struct address *address, const char *name)
{
    size_t length = strlen(name);

    if (strcmp(address->local, name) == 0)
        return true;
    return address->base != address->key && strncmp(address->base, name, length) == 0 &&
           address->base[length] == '@';
}

bool address_is_untouchable(const struct address *address)
{
    return is_named(address, "postmaster") || is_named(address, "abuse");
}

bool address_is_role(const struct address *address)
{
    static const char *const names[] = {"info", "marketing", "sales", "support", "abuse", "noc",
        "security", "postmaster", "hostmaster", "usenet", "news", "webmaster", "www", "uucp",
        "ftp"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(address->local, names[i]) == 0)
            return true;
    return ends_with(address->local, "-request");
}

/* Both in key form. On a mismatch the last star swallows one octet more: no recursion. */
static bool matches(const char *text, const char *pattern)
{
    const char *star = NULL, *resume = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool address_matches(const struct address *address, const char *pattern)
{
    char *folded = fold_utf8(pattern);
    const char *text = strchr(pattern, '@') != NULL ? address->key : address->local;
    bool result = folded != NULL && matches(text, folded);

    g_free(folded);
    return result;
}

static bool needs_quotes(const char *local, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)local[i] <= ' ' || strchr("()<>@[]:;,\\\"\x7f", local[i]) != NULL)
            return true;
    return length == 0;
}

char *address_write(struct arena *arena, const char *key)
{
    const char *at = strrchr(key, '@');
    size_t length = at != NULL ? (size_t)(at - key) : 0;
    char *text, *to;

    if (at == NULL || !needs_quotes(key, length))
        return arena_strdup(arena, key);
    text = to = arena_alloc(arena, 2 * length + strlen(at) + 3);
    if (text == NULL)
        return NULL;
    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (key[i] == '"' || key[i] == '\\')
            *to++ = '\\';
        *to++ = key[i];
    }
    *to++ = '"';
    memcpy(to, at, strlen(at) + 1);
    return text;
}
