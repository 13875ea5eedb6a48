/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "buf.h"

#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM ((size_t)128)

void buf_init(struct buf *buf, size_t maximum)
{
    *buf = (struct buf){.maximum = maximum};
}

void buf_free(struct buf *buf)
{
    free(buf->bytes);
    *buf = (struct buf){.maximum = buf->maximum};
}

static bool resize(struct buf *buf, size_t room)
{
    char *bytes = realloc(buf->bytes, room);

    if (bytes == NULL) {
        buf->failed = ERR_NOMEM;
        return false;
    }
    buf->bytes = bytes;
    buf->room = room;
    return true;
}

/* Makes room for length more octets and a NUL. */
static bool grow(struct buf *buf, size_t length)
{
    size_t wanted, room;

    if (buf->failed != 0)
        return false;
    if (length > buf->maximum || buf->length > buf->maximum - length) {
        buf->failed = ERR_LIMIT;
        return false;
    }
    wanted = buf->length + length + 1;
    if (wanted <= buf->room)
        return true;
    room = buf->room < FIRST_ROOM ? FIRST_ROOM : buf->room;
    while (room < wanted)
        room *= 2;
    return resize(buf, room);
}

void buf_reserve(struct buf *buf, size_t length)
{
    if (buf->failed == 0 && length < buf->maximum && length >= buf->room && resize(buf, length + 1))
        buf->bytes[buf->length] = '\0';
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
    if (!grow(buf, length))
        return;
    if (length > 0)
        memcpy(buf->bytes + buf->length, bytes, length);
    buf->length += length;
    buf->bytes[buf->length] = '\0';
}

void buf_puts(struct buf *buf, const char *string)
{
    buf_add(buf, string, strlen(string));
}

void buf_putc(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !grow(buf, (size_t)length))
        return;
    va_start(args, format);
    vsnprintf(buf->bytes + buf->length, (size_t)length + 1, format, args);
    va_end(args);
    buf->length += (size_t)length;
}

void buf_cut(struct buf *buf, size_t length)
{
    if (length >= buf->length)
        return;
    buf->length = length;
    buf->bytes[length] = '\0';
}

const char *buf_text(const struct buf *buf)
{
    return buf->bytes == NULL ? "" : buf->bytes;
}

int buf_failed(const struct buf *buf)
{
    return buf->failed;
}
