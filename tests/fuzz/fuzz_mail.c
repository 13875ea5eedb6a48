/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A message as it comes in, with small bounds: how its body is cut into pieces makes no
 * difference, what is beyond a bound is counted and not kept, a value ends with its NUL and holds
 * no CR, and unfolding leaves one line.
 *
 * The first octet is the length of the pieces; the rest is the message.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mail_limits limits = {
    .header_bytes = 2000, .header_fields = 20, .body_bytes = 500};

static void check_field(struct arena *arena, const struct mail_field *field)
{
    const char *unfolded = mail_unfold(arena, field);

    if (unfolded == NULL || strlen(field->value) != field->length ||
        strchr(field->value, '\r') != NULL || strpbrk(unfolded, "\r\n") != NULL ||
        field->name[0] == '\0' || strpbrk(field->name, " \t\r\n:") != NULL)
        abort();
}

static void check(const struct mail *mail, size_t size)
{
    size_t header = 0;

    for (size_t i = 0; i < mail->field_count; i++) {
        const struct mail_field *field = &mail->fields[i];

        check_field(mail->arena, field);
        header += strlen(field->name) + field->length + 4;
        if (mail_field_count(mail, field->name) == 0)
            abort();
    }
    if (header > limits.header_bytes || mail->field_count > limits.header_fields ||
        mail->body_length > limits.body_bytes || mail->body[mail->body_length] != '\0')
        abort();
    /* every line of the body may get one octet, every field a space and a line end */
    if (mail->size > 4 * size + 4)
        abort();
}

/* The octets as a body, in pieces. */
static void check_pieces(const char *body, size_t length, size_t piece)
{
    struct mail *mail = mail_new(&limits, NULL);

    if (mail == NULL || mail_end_header(mail) != 0)
        abort();
    for (size_t at = 0; at < length; at += piece)
        if (mail_add_body(mail, body + at, at + piece < length ? piece : length - at) != 0)
            abort();
    if (mail_end(mail) != 0 || mail->size != length + 2)
        abort();
    if (((mail->cut & MAIL_CUT_BODY) != 0) != (length > limits.body_bytes) ||
        mail->body_length != (length < limits.body_bytes ? length : limits.body_bytes) ||
        memcmp(mail->body, body, mail->body_length) != 0)
        abort();
    mail_free(&mail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mail *mail;
    char *bytes;

    if (size < 1)
        return -1;
    bytes = malloc(size);
    mail = mail_new(&limits, NULL);
    if (bytes == NULL || mail == NULL)
        abort();
    size--;
    memcpy(bytes, data + 1, size);
    if (mail_from_bytes(mail, bytes, size) != 0)
        abort();
    check(mail, size);
    check_pieces(bytes, size, 1 + data[0]);
    mail_free(&mail);
    free(bytes);
    return 0;
}
