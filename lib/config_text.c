/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_text - see config_text.h. A lexical pass and no more: names and values are the
 * business of libconfig and of the table of settings.
 *
 * Invariant: the whole has as many lines before an octet as libconfig will count there, and
 * `spans` tells for each of them the file and line it came from.
 */
#include "config_text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"

#define INCLUDE_DEPTH_MAX 10
#define NESTING_MAX 32

/* From `line` of the whole on, lines come from `place`. */
struct span {
    unsigned line;
    struct config_place place;
};

struct bracket {
    char open;
    struct config_place place;
};

struct config_text {
    struct buf whole;
    struct span *spans;
    size_t span_count;
    size_t span_room;
    unsigned line; /* of the whole, at its end */
    struct bracket brackets[NESTING_MAX];
    size_t depth;
    struct arena *arena;
    struct mistakes *mistakes;
};

/* A file while it is looked through. */
struct scan {
    struct config_text *text;
    const char *file;
    char *from; /* not yet in the whole */
    char *at;
    char *end;  /* a NUL stands there */
    char *last; /* where the token before this one begins; NULL: none in this file */
    int line;
    unsigned level; /* of inclusion */
};

static int scan_file(struct config_text *text, const char *file, const struct scan *includer);

/* A mistake after which it makes no sense to look further. */
static int wrong(struct scan *scan, int line, const char *text)
{
    mistakes_add(scan->text->mistakes, scan->file, line, NULL, "%s", text);
    return ERR_CONFIG;
}

static int add_span(struct config_text *text, const char *file, int line)
{
    if (text->span_count == text->span_room) {
        size_t room = text->span_room == 0 ? 16 : text->span_room * 2;
        struct span *spans = reallocarray(text->spans, room, sizeof(*spans));

        if (spans == NULL)
            return ERR_NOMEM;
        text->spans = spans;
        text->span_room = room;
    }
    text->spans[text->span_count++] = (struct span){text->line, {file, line}};
    return 0;
}

static void add_text(struct config_text *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '\n')
            text->line++;
    buf_add(&text->whole, bytes, length);
}

/* What was looked through goes into the whole. */
static void flush(struct scan *scan)
{
    add_text(scan->text, scan->from, (size_t)(scan->at - scan->from));
    scan->from = scan->at;
}

static int skip_comment(struct scan *scan)
{
    int line = scan->line;

    for (scan->at += 2; scan->at < scan->end; scan->at++) {
        if (scan->at[0] == '*' && scan->at[1] == '/') {
            scan->at += 2;
            return 0;
        }
        if (*scan->at == '\n')
            scan->line++;
    }
    return wrong(scan, line, "the comment that begins here has no end: close it with */");
}

static void skip_line(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at != '\n')
        scan->at++;
}

/* libconfig reads on over line ends until the next quote, and then complains far below. */
static int skip_string(struct scan *scan)
{
    for (scan->at++; scan->at < scan->end && *scan->at != '\n'; scan->at++) {
        if (*scan->at == '"') {
            scan->at++;
            return 0;
        }
        if (*scan->at != '\\')
            continue;
        if (strncasecmp(scan->at + 1, "x00", 3) == 0)
            return wrong(scan, scan->line, "a string holds \\x00, which no value may");
        if (scan->at[1] != '\n' && scan->at[1] != '\0')
            scan->at++;
    }
    return wrong(scan, scan->line, "the quote that opens a string here is not closed on its line");
}

/* Do the digits say more than an int can hold? */
static bool is_too_large(const char *digits, size_t length, unsigned base)
{
    unsigned long long value = 0;

    for (size_t i = 0; i < length && value <= INT_MAX; i++) {
        unsigned digit = isdigit((unsigned char)digits[i]) != 0
                             ? (unsigned)(digits[i] - '0')
                             : (unsigned)(tolower((unsigned char)digits[i]) - 'a') + 10;

        value = value * base + digit;
    }
    return value > INT_MAX;
}

/* Overwrites digits that say too much with the largest int, in the same width. The rest becomes
 * space, for some versions of libconfig take zeros in front for octal. */
static void saturate(char *digits, size_t length, const char *largest)
{
    size_t size = strlen(largest);

    for (size_t i = 0; i < length; i++)
        digits[i] = i < size ? largest[i] : ' ';
}

static void skip_number(struct scan *scan)
{
    bool hex = scan->at[0] == '0' && (scan->at[1] == 'x' || scan->at[1] == 'X');
    char *digits = scan->at + (hex ? 2 : 0);
    size_t length = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

    if (is_too_large(digits, length, hex ? 16 : 10))
        saturate(digits, length, hex ? "7FFFFFFF" : "2147483647");
    scan->at = digits + length;
    while (isalnum((unsigned char)*scan->at) || *scan->at == '.')
        scan->at++;
}

static void skip_name(struct scan *scan)
{
    while (isalnum((unsigned char)*scan->at) || *scan->at == '_' || *scan->at == '-' ||
           *scan->at == '*')
        scan->at++;
}

static char closing(char open)
{
    return (char)(open == '(' ? ')' : open == '[' ? ']' : '}');
}

/* An array may only hold values of one type, and libconfig gives up where one differs. A list
 * may hold anything, so that the table can tell what is wrong with each: all become lists. */
static int open_bracket(struct scan *scan)
{
    struct config_text *text = scan->text;

    if (text->depth == NESTING_MAX)
        return wrong(scan, scan->line, "brackets stand too deep in one another");
    text->brackets[text->depth++] = (struct bracket){*scan->at, {scan->file, scan->line}};
    if (*scan->at == '[')
        *scan->at = '(';
    scan->at++;
    return 0;
}

static int close_bracket(struct scan *scan)
{
    struct config_text *text = scan->text;
    const struct bracket *last;

    if (text->depth == 0) {
        mistakes_add(
            text->mistakes, scan->file, scan->line, NULL, "'%c' closes nothing", *scan->at);
        return ERR_CONFIG;
    }
    last = &text->brackets[--text->depth];
    if (*scan->at != closing(last->open)) {
        mistakes_add(text->mistakes, scan->file, scan->line, NULL,
            "'%c' stands here, but the '%c' of %s:%d has to be closed first", *scan->at, last->open,
            last->place.file, last->place.line);
        return ERR_CONFIG;
    }
    /* a comma behind the last entry does no harm, but libconfig 1.5 refuses it */
    if (scan->last != NULL && *scan->last == ',')
        *scan->last = ' ';
    if (*scan->at == ']')
        *scan->at = ')';
    scan->at++;
    return 0;
}

/* libconfig would make one string of two. */
static void check_comma(const struct scan *scan)
{
    const struct config_text *text = scan->text;

    if (scan->last != NULL && *scan->last == '"' && text->depth > 0 &&
        text->brackets[text->depth - 1].open != '{')
        mistakes_add(text->mistakes, scan->file, scan->line, NULL,
            "a comma is missing before the string that begins here");
}

/* The name of an included file: relative ones begin at the directory of the including one. */
static char *include_path(const struct scan *scan, const char *name)
{
    const char *slash = strrchr(scan->file, '/');

    if (name[0] == '/' || slash == NULL)
        return arena_strdup(scan->text->arena, name);
    return arena_printf(scan->text->arena, "%.*s/%s", (int)(slash - scan->file), scan->file, name);
}

/* Are we at an inclusion, alone on its line so far? Returns the opening quote of the name. */
static char *include_begins(const struct scan *scan, const char *begin)
{
    static const char word[] = "@include";
    char *at = scan->at;

    while (at > begin && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    if ((at > begin && at[-1] != '\n') || strncmp(scan->at, word, sizeof(word) - 1) != 0)
        return NULL;
    at = scan->at + sizeof(word) - 1;
    if (*at != ' ' && *at != '\t')
        return NULL;
    at += strspn(at, " \t");
    return *at == '"' ? at : NULL;
}

static int include(struct scan *scan, char *quote)
{
    size_t length = strcspn(quote + 1, "\"\n");
    char *path;
    int rc;

    if (quote[1 + length] != '"')
        return wrong(scan, scan->line, "the name of the file to @include is not closed by a quote");
    if (scan->level == INCLUDE_DEPTH_MAX)
        return wrong(scan, scan->line, "files @include one another too deeply, or in a circle");
    quote[1 + length] = '\0';
    path = include_path(scan, quote + 1);
    if (path == NULL)
        return ERR_NOMEM;
    flush(scan);
    rc = scan_file(scan->text, path, scan);
    scan->at = scan->from = quote + length + 2;
    if (rc != 0)
        return rc;
    add_text(scan->text, "\n", 1);
    return add_span(scan->text, scan->file, scan->line);
}

/* Passes over white space or a comment; false where there is none. */
static bool skip_space(struct scan *scan, int *rc)
{
    char c = scan->at[0];

    if (c == '#' || (c == '/' && scan->at[1] == '/'))
        skip_line(scan);
    else if (c == '/' && scan->at[1] == '*')
        *rc = skip_comment(scan);
    else if (isspace((unsigned char)c))
        scan->at++;
    else
        return false;
    if (c == '\n')
        scan->line++;
    return true;
}

static int scan_token(struct scan *scan, const char *begin)
{
    char c = *scan->at;
    char *quote;

    if (c == '(' || c == '[' || c == '{')
        return open_bracket(scan);
    if (c == ')' || c == ']' || c == '}')
        return close_bracket(scan);
    if (c == '@' && (quote = include_begins(scan, begin)) != NULL)
        return include(scan, quote);
    if (c == '"') {
        check_comma(scan);
        return skip_string(scan);
    }
    if (isdigit((unsigned char)c))
        skip_number(scan);
    else if (isalpha((unsigned char)c) || c == '*')
        skip_name(scan);
    else
        scan->at++;
    return 0;
}

/* Looks through the rest of the file. */
static int scan_all(struct scan *scan, const char *begin)
{
    int rc = 0;

    while (rc == 0 && scan->at < scan->end) {
        char *token = scan->at;

        if (skip_space(scan, &rc))
            continue;
        rc = scan_token(scan, begin);
        /* an included file is no token, and its text has gone */
        scan->last = *token != '@' ? token : NULL;
    }
    return rc;
}

/* Reads what an open file holds, at most as much as its status says. */
static int read_all(int fd, size_t size, char **out, size_t *length)
{
    char *bytes = malloc(size + 1);

    *length = 0;
    *out = bytes;
    if (bytes == NULL)
        return ERR_NOMEM;
    while (*length < size) {
        ssize_t got = read(fd, bytes + *length, size - *length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_SYSTEM;
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    bytes[*length] = '\0';
    return 0;
}

/* What makes a file unfit, or NULL. */
static const char *unfit(const struct stat *status)
{
    if (S_ISDIR(status->st_mode))
        return "is a directory, but a file is needed";
    if (!S_ISREG(status->st_mode))
        return "is no regular file";
    if ((size_t)status->st_size > CONFIG_TEXT_FILE_MAX)
        return "is larger than 16 MiB: that is no configuration";
    if ((status->st_mode & S_IWOTH) != 0)
        return "can be changed by every user: chmod o-w";
    return NULL;
}

/* A file that cannot be opened is told where it is asked for. */
static int cannot_open(
    struct config_text *text, const char *file, const struct scan *includer, int error)
{
    if (includer != NULL)
        mistakes_add(text->mistakes, includer->file, includer->line, "@include",
            "%s cannot be read: %s", file, strerror(error));
    else
        mistakes_add(text->mistakes, file, 0, NULL, "cannot be read: %s", strerror(error));
    return ERR_CONFIG;
}

static int load(struct config_text *text, const char *file, const struct scan *includer,
    char **bytes, size_t *length)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    const char *why;
    int rc = 0;

    if (fd < 0 || fstat(fd, &status) != 0) {
        rc = cannot_open(text, file, includer, errno);
        goto out;
    }
    why = unfit(&status);
    if (why != NULL) {
        mistakes_add(text->mistakes, file, 0, NULL, "%s", why);
        rc = ERR_CONFIG;
        goto out;
    }
    rc = read_all(fd, (size_t)status.st_size, bytes, length);
    if (rc == ERR_SYSTEM)
        rc = cannot_open(text, file, includer, errno);
out:
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The line on which the first NUL stands, 0 where there is none. */
static int line_of_nul(const char *bytes, size_t length)
{
    int line = 1;

    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\0')
            return line;
        if (bytes[i] == '\n')
            line++;
    }
    return 0;
}

static int scan_file(struct config_text *text, const char *file, const struct scan *includer)
{
    struct scan scan = {.text = text, .file = file, .line = 1};
    char *bytes = NULL;
    int nul;
    size_t length = 0;
    int rc = load(text, file, includer, &bytes, &length);

    if (rc != 0)
        goto out;
    scan.level = includer != NULL ? includer->level + 1 : 0;
    nul = line_of_nul(bytes, length);
    if (nul != 0) {
        rc = wrong(&scan, nul, "a NUL octet stands here: this is no text file");
        goto out;
    }
    scan.at = scan.from = bytes + (strncmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    scan.end = bytes + length;
    rc = add_span(text, file, 1);
    if (rc == 0)
        rc = scan_all(&scan, bytes);
    flush(&scan);
out:
    free(bytes);
    return rc;
}

/* Every bracket that is still open. */
static int check_closed(struct config_text *text)
{
    for (size_t i = 0; i < text->depth; i++)
        mistakes_add(text->mistakes, text->brackets[i].place.file, text->brackets[i].place.line,
            NULL, "the '%c' that opens here is never closed", text->brackets[i].open);
    return text->depth == 0 ? 0 : ERR_CONFIG;
}

int config_text_read(
    const char *path, struct arena *arena, struct mistakes *mistakes, struct config_text **out)
{
    struct config_text *text = calloc(1, sizeof(*text));
    int rc;

    *out = NULL;
    if (text == NULL)
        return ERR_NOMEM;
    buf_init(&text->whole, CONFIG_TEXT_MAX);
    text->line = 1;
    text->arena = arena;
    text->mistakes = mistakes;
    rc = scan_file(text, path, NULL);
    if (rc == 0)
        rc = check_closed(text);
    if (rc == 0)
        rc = buf_failed(&text->whole);
    if (rc == ERR_LIMIT) {
        mistakes_add(mistakes, path, 0, NULL, "is larger than 32 MiB with all that it includes");
        rc = ERR_CONFIG;
    }
    if (rc == 0) {
        *out = text;
        text = NULL;
    }
    config_text_free(&text);
    return rc;
}

void config_text_free(struct config_text **text)
{
    if (*text == NULL)
        return;
    buf_free(&(*text)->whole);
    free((*text)->spans);
    free(*text);
    *text = NULL;
}

const char *config_text_whole(const struct config_text *text)
{
    return buf_text(&text->whole);
}

struct config_place config_text_place(const struct config_text *text, unsigned line)
{
    size_t low = 0;
    size_t high = text->span_count;
    struct config_place place;

    /* the last span that begins at or before the line */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (text->spans[middle].line <= line)
            low = middle;
        else
            high = middle;
    }
    place = text->spans[low].place;
    place.line += line > text->spans[low].line ? (int)(line - text->spans[low].line) : 0;
    return place;
}
