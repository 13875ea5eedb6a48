/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any stream, in pieces of any size: the mails lie one behind the other, hold what the stream
 * holds, and are the same however it comes in.
 */
#include "mbox.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 4096

struct stream {
    const uint8_t *bytes;
    size_t length;
    size_t at;
    size_t piece;
};

static ssize_t give(void *cookie, void *bytes, size_t room)
{
    struct stream *stream = cookie;
    size_t count = stream->length - stream->at;

    if (count > stream->piece)
        count = stream->piece;
    if (count > room)
        count = room;
    if (count > 0)
        memcpy(bytes, stream->bytes + stream->at, count);
    stream->at += count;
    return (ssize_t)count;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
    return hash;
}

static void check_mail(const struct stream *stream, const struct mbox_mail *mail, uint64_t last)
{
    if (mail->offset < last || mail->end > stream->length || mail->end < mail->offset)
        abort();
    if (mail->length > MOST || mail->length > mail->end - mail->offset)
        abort();
    if (mail->length > 0 && !mail->boxed && mail->offset + mail->length <= stream->length &&
        memcmp(mail->bytes, stream->bytes + mail->offset, mail->length) != 0)
        abort();
}

static uint64_t read_all(const uint8_t *data, size_t size, size_t piece)
{
    struct stream stream = {data, size, 0, piece};
    struct mbox_mail mail;
    struct mbox *mbox;
    uint64_t hash = 0xcbf29ce484222325u, last = 0;

    if (mbox_open(give, &stream, MOST, &mbox) != 0)
        abort();
    while (mbox_next(mbox, &mail) == 1) {
        size_t length = mail.length;

        check_mail(&stream, &mail, last);
        last = mail.end;
        hash = mix(hash, &mail.offset, sizeof(mail.offset));
        hash = mix(hash, mail.bytes, mail.length);
        length = mbox_unquote(mail.bytes, length);
        if (length > mail.length || (mail.boxed && !mail.signs && length != mail.length))
            abort();
        free(mail.bytes);
    }
    mbox_close(&mbox);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t piece;

    if (size == 0)
        return 0;
    piece = (size_t)data[0] + 1;
    if (read_all(data + 1, size - 1, piece) != read_all(data + 1, size - 1, SIZE_MAX))
        abort();
    return 0;
}
