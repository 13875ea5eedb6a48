/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * replace - see replace.h. libmilter's calls take char * and change nothing behind it; the casts
 * are for that.
 */
#include "replace.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "field.h"
#include "mark.h"
#include "seal.h"

#define PIECE_MAX ((size_t)65535) /* of a body, in one call */

static int put_body(void *cookie, const char *bytes, size_t length)
{
    return smfi_replacebody(cookie, (unsigned char *)bytes, (int)length) == MI_SUCCESS ? 0 : -1;
}

/* Length of a name without the space that may stand before the colon (RFC 5322 §4.5). */
static size_t name_length(const char *name)
{
    size_t length = strlen(name);

    while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\t'))
        length--;
    return length;
}

/* A field as the MTA knows it: the nth of its name, from 1 on. */
struct known_field {
    char *name; /* without that space */
    size_t index;
    int nth;
};

/* By name, then as they stand. */
static int by_name(const void *one, const void *other)
{
    const struct known_field *a = one, *b = other;
    int order = strcasecmp(a->name, b->name);

    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static int by_index(const void *one, const void *other)
{
    const struct known_field *a = one, *b = other;

    return (a->index > b->index) - (a->index < b->index);
}

/* Sorted, and not each compared with all: a sender may bring thousands of fields with long names.
 * NULL without memory. */
static struct known_field *number_fields(struct mail *mail)
{
    size_t count = mail->field_count;
    struct known_field *fields = arena_array(mail->arena, count + 1, sizeof(*fields));

    for (size_t i = 0; fields != NULL && i < count; i++) {
        const char *name = mail->fields[i].name;

        fields[i] = (struct known_field){
            .name = arena_strndup(mail->arena, name, name_length(name)), .index = i};
        if (fields[i].name == NULL)
            return NULL;
    }
    if (fields == NULL || count == 0)
        return fields;
    qsort(fields, count, sizeof(*fields), by_name);
    for (size_t i = 0; i < count; i++)
        fields[i].nth = i > 0 && strcasecmp(fields[i - 1].name, fields[i].name) == 0
                            ? fields[i - 1].nth + 1
                            : 1;
    qsort(fields, count, sizeof(*fields), by_index);
    return fields;
}

/* From the last to the first: in Postfix the numbers of those behind a deleted one change. all:
 * also those that stay outside a sealed message. */
static bool remove_fields(SMFICTX *ctx, struct mail *mail, bool all)
{
    const struct known_field *fields = number_fields(mail);

    if (fields == NULL)
        return false;
    for (size_t i = mail->field_count; i > 0; i--) {
        const struct known_field *field = &fields[i - 1];

        if (!all && field->nth == 1 && seal_field_stays(field->name, strlen(field->name)))
            continue;
        if (smfi_chgheader(ctx, field->name, field->nth, NULL) != MI_SUCCESS)
            return false;
    }
    return true;
}

static bool put_sealed(SMFICTX *ctx, const struct session *session)
{
    const struct message *message = session->message;
    size_t count;
    const struct seal_field *fields = seal_fields(message->setup->seal, &count);

    if (message->envelope.length == 0 ||
        seal_envelope_write(&message->envelope, put_body, ctx) != 0 ||
        !remove_fields(ctx, message->mail, false))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!field_add(ctx, session, FIELD_END, fields[i].name, fields[i].value))
            return false;
    return true;
}

static bool put_defused(SMFICTX *ctx, const struct session *session)
{
    const struct message *message = session->message;
    const struct defused *defused = &message->defused;

    if (defused->body == NULL)
        return false;
    for (size_t at = 0; at < defused->length; at += PIECE_MAX) {
        size_t left = defused->length - at;

        if (put_body(ctx, defused->body + at, left < PIECE_MAX ? left : PIECE_MAX) != 0)
            return false;
    }
    if (!remove_fields(ctx, message->mail, true))
        return false;
    for (size_t i = 0; i < defused->count; i++)
        if (!field_add(ctx, session, FIELD_END, defused->fields[i].name, defused->fields[i].value))
            return false;
    return true;
}

bool replace_message(
    SMFICTX *ctx, const struct session *session, enum action action, const char *mark)
{
    if (mark == NULL)
        return false;
    if (!(action == ACTION_DEFUSE ? put_defused(ctx, session) : put_sealed(ctx, session)))
        return false;
    return field_add(ctx, session, FIELD_TOP, MARK_FIELD, mark);
}
