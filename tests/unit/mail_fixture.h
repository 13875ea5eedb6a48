/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * mail_fixture - a mail read from a heap block of exactly its size, so that ASan sees one octet too
 * many. To be included behind cmocka.h.
 */
#ifndef GONEAWAY_MAIL_FIXTURE_H
#define GONEAWAY_MAIL_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "mail.h"

/* To be freed with mail_free. dkim: as for mail_new. */
static struct mail *mail_fixture(
    const struct mail_limits *limits, struct dkim *dkim, const char *bytes, size_t length)
{
    struct mail *mail = mail_new(limits, dkim);
    char *exact = malloc(length > 0 ? length : 1);

    assert_non_null(mail);
    assert_non_null(exact);
    memcpy(exact, bytes, length);
    assert_int_equal(mail_from_bytes(mail, exact, length), 0);
    free(exact);
    return mail;
}

#endif
