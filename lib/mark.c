/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Must never: let an octet of a stranger's address end a line, close a quote or leave ASCII.
 */
#include "mark.h"

#include "buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LINE_MAX_LENGTH ((size_t)78)
/* A piece is never broken, and no line may be longer than 998 (RFC 5322 §2.1.1): the longer of our
 * field names in front, a semicolon behind. */
#define PIECE_MAX_LENGTH ((size_t)970)

/* A header value in the making. */
struct writer {
    struct buf buf;
    size_t column; /* where the next octet will stand in its line */
};

static void begin(struct writer *w, const char *field)
{
    buf_init(&w->buf, SIZE_MAX / 2);
    w->column = strlen(field) + strlen(": ");
}

/* Appends a piece that is never broken, behind a space or in a new line where it does not fit;
 * room is what must follow it in the same line. */
static void put_piece(struct writer *w, const char *piece, size_t room)
{
    size_t length = strlen(piece);

    if (w->buf.length > 0 && w->column + 1 + length + room > LINE_MAX_LENGTH) {
        buf_puts(&w->buf, "\n\t");
        w->column = 1;
    } else if (w->buf.length > 0) {
        buf_putc(&w->buf, ' ');
        w->column++;
    }
    buf_puts(&w->buf, piece);
    w->column += length;
}

static void put_semicolon(struct writer *w)
{
    buf_putc(&w->buf, ';');
    w->column++;
}

static const char *finish(struct writer *w, struct arena *arena)
{
    const char *written = NULL;

    if (buf_failed(&w->buf) == 0)
        written = arena_strndup(arena, buf_text(&w->buf), w->buf.length);
    buf_free(&w->buf);
    return written;
}

/* RFC 5322 atext and '.' */
static bool is_dot_atom(const char *text, size_t length)
{
    static const char special[] = ".!#$%&'*+-/=?^_`{|}~";

    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                (c != '\0' && strchr(special, c) != NULL)))
            return false;
    }
    return length > 0;
}

/* Besides, without what RFC 2045 §5.1 keeps out of a token. */
static bool is_token(const char *text)
{
    return is_dot_atom(text, strlen(text)) && strpbrk(text, "/=?") == NULL;
}

/* A quoted string; what is no printable ASCII is written \xHH. */
static void put_quoted(struct buf *buf, const char *text, size_t length)
{
    buf_putc(buf, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] < ' ' || text[i] > '~')
            buf_printf(buf, "\\x%02X", (unsigned)(unsigned char)text[i]);
        else if (text[i] == '"' || text[i] == '\\')
            buf_printf(buf, "\\%c", text[i]);
        else
            buf_putc(buf, text[i]);
    }
    buf_putc(buf, '"');
}

static void put_word(struct buf *buf, const char *text, size_t length)
{
    if (is_dot_atom(text, length))
        buf_add(buf, text, length);
    else
        put_quoted(buf, text, length);
}

/* Is this an address that needs no quotes: dot-atoms around one '@', or no '@' at all? */
static bool is_plain_address(const char *address)
{
    const char *at = strchr(address, '@');

    if (at == NULL)
        return is_dot_atom(address, strlen(address));
    return is_dot_atom(address, (size_t)(at - address)) && is_dot_atom(at + 1, strlen(at + 1));
}

/* Adds a piece that was written apart, or nothing where it is too long for any line. */
static void finish_piece(struct writer *w, struct buf *piece, bool apart)
{
    if (buf_failed(piece) != 0) {
        w->buf.failed = buf_failed(piece);
    } else if (piece->length <= PIECE_MAX_LENGTH) {
        if (apart && w->buf.length > 0)
            put_semicolon(w);
        put_piece(w, buf_text(piece), apart ? strlen(";") : 0);
    }
    buf_free(piece);
}

/* name=value as one piece of X-Goneaway. */
static void put_pair(struct writer *w, const char *name, const char *value)
{
    struct buf pair;

    if (value == NULL)
        return;
    buf_init(&pair, SIZE_MAX / 2);
    if (name != NULL) {
        buf_puts(&pair, name);
        buf_putc(&pair, '=');
    }
    if (is_plain_address(value))
        buf_puts(&pair, value);
    else
        put_quoted(&pair, value, strlen(value));
    finish_piece(w, &pair, true);
}

const char *mark_write(struct arena *arena, const struct mark *mark)
{
    struct writer w;

    begin(&w, MARK_FIELD);
    put_pair(&w, NULL, mark->action);
    put_pair(&w, "kind", mark->kind);
    put_pair(&w, "service", mark->service);
    put_pair(&w, "holder", mark->holder);
    put_pair(&w, "address", mark->address);
    put_pair(&w, "by", mark->by);
    return finish(&w, arena);
}

/* smtp.rcptto=local@domain, the local part quoted where it must be (RFC 8601 §2.2 pvalue). */
static void put_recipient(struct writer *w, const char *recipient)
{
    const char *at = strrchr(recipient, '@');
    struct buf piece;

    buf_init(&piece, SIZE_MAX / 2);
    buf_puts(&piece, "smtp.rcptto=");
    if (at == NULL || !is_dot_atom(at + 1, strlen(at + 1))) {
        put_word(&piece, recipient, strlen(recipient));
    } else {
        put_word(&piece, recipient, (size_t)(at - recipient));
        buf_puts(&piece, at);
    }
    finish_piece(w, &piece, false);
}

const char *mark_write_rrvs(
    struct arena *arena, const char *authserv_id, enum rrvs_result result, const char *recipient)
{
    static const char *const results[] = {[RRVS_NONE] = "rrvs=none",
        [RRVS_PASS] = "rrvs=pass",
        [RRVS_FAIL] = "rrvs=fail",
        [RRVS_UNKNOWN] = "rrvs=unknown",
        [RRVS_TEMPERROR] = "rrvs=temperror",
        [RRVS_PERMERROR] = "rrvs=permerror",
        /* our own word, not in the registry of results (RFC 7293 §15.4) */
        [RRVS_IGNORED] = "none"};
    struct writer w;

    begin(&w, "Authentication-Results");
    if (is_token(authserv_id))
        buf_puts(&w.buf, authserv_id);
    else
        put_quoted(&w.buf, authserv_id, strlen(authserv_id));
    w.column += w.buf.length;
    put_semicolon(&w);
    put_piece(&w, results[result], 0);
    if (recipient != NULL && result != RRVS_IGNORED)
        put_recipient(&w, recipient);
    return finish(&w, arena);
}
