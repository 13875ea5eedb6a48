/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * field - see field.h. libmilter's calls take char * and change nothing behind it; the casts are
 * for that.
 */
#include "field.h"

#include <stdio.h>

#include "line.h"

bool field_add(SMFICTX *ctx, const struct session *session, enum field_place place,
    const char *name, const char *value)
{
    char spaced[2048];
    /* with leading space negotiated, the MTA adds none of its own */
    int length = snprintf(spaced, sizeof(spaced), "%s%s",
        (session->steps & SMFIP_HDR_LEADSPC) != 0 ? " " : "", value);

    if (length < 0 || (size_t)length >= sizeof(spaced) || !line_is_field(spaced, sizeof(spaced)))
        return false;
    if (place == FIELD_END)
        return smfi_addheader(ctx, (char *)name, spaced) == MI_SUCCESS;
    return smfi_insheader(ctx, 0, (char *)name, spaced) == MI_SUCCESS;
}
