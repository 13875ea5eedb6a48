/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_transfer - takes the transfer encoding of a part off (RFC 2045 §6), piece by piece.
 *
 * Thread rule: pure.
 */
#ifndef GONEAWAY_TEXT_TRANSFER_H
#define GONEAWAY_TEXT_TRANSFER_H

#include <gmime/gmime.h>
#include <stddef.h>

#include "text_charset.h"

/* Hands what the octets say to the sink, until these are at their end or the sink wants no more.
 * What GMime has no decoder for is handed over as it stands. */
void text_transfer_decode(
    GMimeContentEncoding encoding, const char *bytes, size_t length, text_sink sink, void *data);

#endif
