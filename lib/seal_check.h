/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * seal_check - does an envelope say of its recipients' keys what was done with them? OpenSSL 3.0
 * that runs out of memory can write other algorithms into an envelope than it used, and call that
 * success: nobody could open it, or not all of it. Only lib/seal*.c include this header. Thread rule: any thread.
 */
#ifndef GONEAWAY_SEAL_CHECK_H
#define GONEAWAY_SEAL_CHECK_H

#include <openssl/cms.h>
#include <stdbool.h>
#include <stddef.h>

/* After CMS_dataFinal: there are that many recipients, each with the algorithms of the format,
 * with oaep for RSA keys or without. */
bool seal_check_recipients(CMS_ContentInfo *cms, size_t count, bool oaep);

/* The encrypted content holds that many octets in the clear: nothing was left out. */
bool seal_check_content(CMS_ContentInfo *cms, size_t clear, bool padded);

#endif
