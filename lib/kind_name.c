/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <string.h>

#include "kind.h"

static const char *const kind_names[KIND_COUNT] = {
    [KIND_RESET] = "reset",
    [KIND_CODE] = "code",
    [KIND_VERIFY] = "verify",
    [KIND_SIGNIN] = "signin",
    [KIND_CHANGE] = "change",
    [KIND_WELCOME] = "welcome",
    [KIND_BILLING] = "billing",
    [KIND_ORDER] = "order",
    [KIND_NOTICE] = "notice",
    [KIND_BULK] = "bulk",
    [KIND_PERSONAL] = "personal",
    [KIND_AUTO] = "auto",
    [KIND_OTHER] = "other",
};

const char *kind_name(enum kind kind)
{
    return kind_names[kind];
}

bool kind_from_name(const char *name, enum kind *out)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *out = (enum kind)i;
            return true;
        }
    }
    return false;
}

bool kind_is_critical(enum kind kind)
{
    return kind <= KIND_CHANGE;
}

bool kind_is_service(enum kind kind)
{
    return kind <= KIND_NOTICE;
}
