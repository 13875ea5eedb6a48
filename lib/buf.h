/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * buf - a string that grows up to a maximum stated at its birth.
 *
 * The first failed append (no memory, or past the maximum) makes the buffer failed for good:
 * later appends do nothing and buf_failed tells, so that a writer checks once at the end.
 * buf_text is always NUL-terminated. Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_BUF_H
#define GONEAWAY_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *bytes;
    size_t length;
    size_t room;
    size_t maximum;
    int failed; /* 0, ERR_NOMEM or ERR_LIMIT */
};

void buf_init(struct buf *buf, size_t maximum);
/* Frees the bytes; the buffer can be initialised again. */
void buf_free(struct buf *buf);
/* Makes room for so many octets in all, so that they need not be moved as it grows. */
void buf_reserve(struct buf *buf, size_t length);
void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_puts(struct buf *buf, const char *string);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Keeps the first length octets. */
void buf_cut(struct buf *buf, size_t length);
/* Never NULL; "" when empty or failed before the first octet. Valid until the next append. */
const char *buf_text(const struct buf *buf);
/* 0, or the error of the first append that failed. */
int buf_failed(const struct buf *buf);

#endif
