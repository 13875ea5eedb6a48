/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * replace - see replace.h. libmilter's calls take char * and change nothing behind it; the casts
 * are for that.
 */
#include "replace.h"

#include <string.h>
#include <strings.h>

#include "field.h"
#include "mark.h"
#include "seal.h"

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

static bool same_name(const struct mail_field *one, const struct mail_field *other)
{
    size_t length = name_length(one->name);

    return length == name_length(other->name) && strncasecmp(one->name, other->name, length) == 0;
}

/* How many fields before this one have its name. */
static size_t count_before(const struct mail *mail, size_t field)
{
    size_t count = 0;

    for (size_t i = 0; i < field; i++)
        count += same_name(&mail->fields[i], &mail->fields[field]);
    return count;
}

/* From the last to the first: in Postfix the numbers of those behind a deleted one change. */
static bool remove_fields(SMFICTX *ctx, struct mail *mail)
{
    for (size_t i = mail->field_count; i > 0; i--) {
        const struct mail_field *field = &mail->fields[i - 1];
        size_t length = name_length(field->name), before = count_before(mail, i - 1);
        char *name;

        if (before == 0 && seal_field_stays(field->name, length))
            continue;
        name = arena_strndup(mail->arena, field->name, length);
        if (name == NULL || smfi_chgheader(ctx, name, (int)before + 1, NULL) != MI_SUCCESS)
            return false;
    }
    return true;
}

bool replace_message(SMFICTX *ctx, const struct session *session, const char *mark)
{
    const struct message *message = session->message;
    size_t count;
    const struct seal_field *fields = seal_fields(message->setup->seal, &count);

    if (message->envelope.length == 0 || mark == NULL ||
        seal_envelope_write(&message->envelope, put_body, ctx) != 0 ||
        !remove_fields(ctx, message->mail))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!field_add(ctx, session, FIELD_END, fields[i].name, fields[i].value))
            return false;
    return field_add(ctx, session, FIELD_TOP, MARK_FIELD, mark);
}
