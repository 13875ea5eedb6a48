/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Address lists of header fields (RFC 5322 §3.4, §4.4), token by token.
 *
 * A scanner walks the value once; what an element is (addr-spec, name and angle, group) shows
 * at the token that ends its first words. An element that cannot be read is skipped up to the
 * next comma outside of quotes and comments. A quote or comment that stays open spoils the rest
 * of the field: nobody can say what it was meant to hide.
 */
#include "address.h"

#include "err.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>

/* A longer display name is cut before it is decoded. */
#define DISPLAY_MAX_OCTETS ((size_t)2048)

/* The end of the field, and a token that cannot be one. */
#define TOKEN_END 0
#define TOKEN_BAD 1
#define TOKEN_ATOM 'a' /* dots included */
#define TOKEN_QUOTED 'q'
#define TOKEN_LITERAL 'l'
/* Every other kind is the special character itself. */

struct token {
    int kind;
    const char *start;
    const char *end;
};

struct scanner {
    const char *p;
    const char *end;
    const char *comment; /* the last one that was skipped, without its parentheses */
    const char *comment_end;
};

/* What a call builds up. */
struct list {
    struct arena *arena;
    struct scanner scanner;
    struct address_mailbox *mailboxes;
    size_t count;
    size_t most;
    bool broken;
    bool full;
    bool in_group;
};

/* ---- tokens ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Past the comment that begins at p, NULL where it stays open. */
static const char *skip_comment(const char *p, const char *end)
{
    size_t depth = 0;

    for (; p < end; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return NULL;
}

/* White space and comments; false where a comment stays open. */
static bool skip_cfws(struct scanner *scanner)
{
    while (scanner->p < scanner->end) {
        const char *next;

        if (is_space(*scanner->p)) {
            scanner->p++;
            continue;
        }
        if (*scanner->p != '(')
            return true;
        next = skip_comment(scanner->p, scanner->end);
        if (next == NULL)
            return false;
        scanner->comment = scanner->p + 1;
        scanner->comment_end = next - 1;
        scanner->p = next;
    }
    return true;
}

/* Past the closing mark of what opens at p, NULL where it stays open. */
static const char *skip_closed(const char *p, const char *end, char close)
{
    for (p++; p < end; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        else if (*p == close)
            return p + 1;
    }
    return NULL;
}

static bool is_atom(char c)
{
    return !is_space(c) && c != '\0' && strchr("()<>[]:;@\\,\"", c) == NULL;
}

/* A token of the kind given as a character of `kinds`; the end is never one. */
static bool is_one_of(struct token token, const char *kinds)
{
    return token.kind != TOKEN_END && strchr(kinds, token.kind) != NULL;
}

static struct token next_token(struct scanner *scanner)
{
    struct token token = {TOKEN_BAD, NULL, NULL};
    const char *past;

    if (!skip_cfws(scanner))
        return token;
    token.start = token.end = scanner->p;
    if (scanner->p == scanner->end) {
        token.kind = TOKEN_END;
        return token;
    }
    if (*scanner->p == '"' || *scanner->p == '[') {
        token.kind = *scanner->p == '"' ? TOKEN_QUOTED : TOKEN_LITERAL;
        past = skip_closed(scanner->p, scanner->end, *scanner->p == '"' ? '"' : ']');
    } else if (is_atom(*scanner->p)) {
        token.kind = TOKEN_ATOM;
        for (past = scanner->p; past < scanner->end && is_atom(*past);)
            past++;
    } else {
        token.kind = *scanner->p == '\0' || *scanner->p == '\\' ? TOKEN_BAD : *scanner->p;
        past = scanner->p + 1;
    }
    if (past == NULL)
        return (struct token){TOKEN_BAD, NULL, NULL};
    token.end = scanner->p = past;
    return token;
}

/* ---- display names ---- */

/* text.h opens GMime for the daemon; here it makes sure for whoever reads a list alone. */
static pthread_once_t gmime_once = PTHREAD_ONCE_INIT;

static void open_gmime(void)
{
    g_mime_init();
}

/* Decoded words as one line: controls and runs of white space become one space. */
static const char *one_line(struct arena *arena, const char *decoded)
{
    char *valid = g_utf8_make_valid(decoded, -1);
    char *line = arena_alloc(arena, strlen(valid) + 1), *to = line;

    for (const char *p = valid; line != NULL && *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (g_unichar_isspace(c) || g_unichar_iscntrl(c)) {
            if (to > line && to[-1] != ' ')
                *to++ = ' ';
        } else {
            memcpy(to, p, (size_t)(g_utf8_next_char(p) - p));
            to += g_utf8_next_char(p) - p;
        }
    }
    if (line != NULL && to > line && to[-1] == ' ')
        to[-1] = '\0';
    else if (line != NULL)
        *to = '\0';
    g_free(valid);
    return line;
}

static const char *decode_display(struct arena *arena, char *raw)
{
    const char *line;
    char *decoded;

    pthread_once(&gmime_once, open_gmime);
    if (strlen(raw) > DISPLAY_MAX_OCTETS)
        raw[DISPLAY_MAX_OCTETS] = '\0';
    decoded = g_mime_utils_header_decode_phrase(NULL, raw);
    if (decoded == NULL)
        return "";
    line = one_line(arena, decoded);
    g_free(decoded);
    return line;
}

/* Appends a token's text without quotes, backslashes and line ends. */
static char *append_words(char *to, struct token token)
{
    bool quoted = token.kind == TOKEN_QUOTED;
    const char *p = token.start + quoted, *end = token.end - quoted;

    for (; p < end; p++) {
        if (quoted && *p == '\\' && p + 1 < end)
            p++;
        *to++ = *p;
        if (is_space(*p) || *p == '\0')
            to[-1] = ' ';
    }
    return to;
}

/* The words between start and end; white space between two tokens becomes one space. */
static const char *read_phrase(struct arena *arena, const char *start, const char *end)
{
    struct scanner scanner = {.p = start, .end = end};
    char *raw = arena_alloc(arena, (size_t)(end - start) + 1), *to = raw;
    const char *last = start;

    if (raw == NULL)
        return NULL;
    for (;;) {
        struct token token = next_token(&scanner);

        if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
            break;
        if (to > raw && token.start > last)
            *to++ = ' ';
        to = append_words(to, token);
        last = token.end;
    }
    return decode_display(arena, raw);
}

/* "user@example.com (Name)" is how names were written once. */
static const char *read_comment(struct arena *arena, const struct scanner *scanner)
{
    struct token words = {TOKEN_ATOM, scanner->comment, scanner->comment_end};
    char *raw;

    if (scanner->comment == NULL)
        return "";
    raw = arena_alloc(arena, (size_t)(words.end - words.start) + 1);
    if (raw == NULL)
        return NULL;
    append_words(raw, words);
    return decode_display(arena, raw);
}

/* ---- mailboxes ---- */

/* May these two stand beside each other in an addr-spec, once the space between them is gone? */
static bool may_join(struct token before, struct token after)
{
    if (before.kind == TOKEN_END || before.kind == '@' || after.kind == '@')
        return true;
    if (before.kind == TOKEN_ATOM && before.end[-1] == '.')
        return true;
    return after.kind == TOKEN_ATOM && *after.start == '.';
}

/* The addr-spec between start and end without comments; NULL without memory, "" for none. */
static const char *join_spec(struct arena *arena, const char *start, const char *end)
{
    struct scanner scanner = {.p = start, .end = end};
    struct token before = {TOKEN_END, start, start};
    char *spec = arena_alloc(arena, (size_t)(end - start) + 1), *to = spec;

    while (spec != NULL) {
        struct token token = next_token(&scanner);

        if (token.kind == TOKEN_END)
            break;
        if (!is_one_of(token, "aql@") || !may_join(before, token)) {
            *spec = '\0';
            break;
        }
        for (const char *p = token.start; p < token.end; p++)
            if (*p != '\r' && *p != '\n')
                *to++ = *p;
        before = token;
        *to = '\0';
    }
    return spec;
}

/* Reads an address and adds it. 0 or ERR_NOMEM; one that cannot be read makes the list broken. */
static int add_mailbox(struct list *list, const char *start, const char *end, const char *display)
{
    const char *spec = join_spec(list->arena, start, end);
    struct address address;
    int result;

    if (spec == NULL || display == NULL)
        return ERR_NOMEM;
    result = address_parse_spec(list->arena, spec, NULL, &address);
    if (result == ERR_NOMEM)
        return result;
    if (result != 0) {
        list->broken = true;
    } else if (list->count == list->most) {
        list->broken = list->full = true;
    } else {
        list->mailboxes[list->count++] = (struct address_mailbox){address, display};
    }
    return 0;
}

/* Past the source route of an obsolete angle address. */
static const char *skip_route(const char *start, const char *end)
{
    struct scanner scanner = {.p = start, .end = end};
    struct token token = next_token(&scanner);

    if (token.kind != '@')
        return start;
    while (token.kind != ':' && token.kind != TOKEN_END && token.kind != TOKEN_BAD)
        token = next_token(&scanner);
    return token.kind == ':' ? token.end : start;
}

/* Up to the comma or the end; what stands before it makes the list broken. A group's semicolon
 * ends the group on the way. */
static void end_element(struct list *list)
{
    for (;;) {
        struct token token = next_token(&list->scanner);

        if (token.kind == TOKEN_BAD && token.start == NULL) {
            list->broken = true;
            list->scanner.p = list->scanner.end;
            return;
        }
        if (token.kind == ',' || token.kind == TOKEN_END)
            return;
        if (token.kind == ';' && list->in_group)
            list->in_group = false;
        else
            list->broken = true;
    }
}

/* The scanner stands behind '<'. */
static int read_angle(struct list *list, const char *start, const char *name_end)
{
    const char *inside = list->scanner.p, *display;
    struct token token;

    do
        token = next_token(&list->scanner);
    while (is_one_of(token, "aql@:,"));
    if (token.kind != '>') {
        list->broken = true;
        if (token.start != NULL)
            list->scanner.p = token.start;
        return 0;
    }
    display = read_phrase(list->arena, start, name_end);
    return add_mailbox(list, skip_route(inside, token.start), token.start, display);
}

/* The words from start to end were no name: they are an addr-spec, or there are none. */
static int read_plain(struct list *list, const char *start, const char *end, size_t words)
{
    if (words == 0)
        return 0;
    return add_mailbox(list, start, end, read_comment(list->arena, &list->scanner));
}

/* One element up to the comma behind it. */
static int read_element(struct list *list)
{
    const char *start = list->scanner.p;
    struct token token;
    size_t words = 0;
    int result;

    list->scanner.comment = NULL;
    while (is_one_of(token = next_token(&list->scanner), "aql@"))
        words++;
    if (token.kind == ':' && !list->in_group && words > 0) {
        list->in_group = true;
        return 0;
    }
    if (token.kind == '<') {
        result = read_angle(list, start, token.start);
        end_element(list);
        return result;
    }
    if (token.kind != TOKEN_END && !is_one_of(token, ",;")) {
        list->broken = true;
        end_element(list);
        return 0;
    }
    result = read_plain(list, start, token.start, words);
    if (token.kind == ';') {
        list->scanner.p = token.start;
        end_element(list);
    }
    return result;
}

int address_parse_list(struct arena *arena, const char *value, size_t most,
    struct address_mailbox **mailboxes, size_t *count, bool *broken)
{
    struct list list = {.arena = arena, .most = most};
    int result = 0;

    *mailboxes = arena_array(arena, most == 0 ? 1 : most, sizeof(**mailboxes));
    *count = 0;
    *broken = false;
    if (*mailboxes == NULL)
        return ERR_NOMEM;
    list.mailboxes = *mailboxes;
    list.scanner = (struct scanner){.p = value, .end = value + strlen(value)};
    while (result == 0 && !list.full && list.scanner.p < list.scanner.end)
        result = read_element(&list);
    *count = list.count;
    *broken = list.broken || list.in_group;
    return result;
}
