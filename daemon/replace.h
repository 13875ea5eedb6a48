/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * replace - puts the envelope, or the defused message, in the place of the message: body first,
 * then the header.
 *
 * The body holds what must not be read, so it goes first: an MTA that lets mail pass when its
 * milter dies (which it should not, see doc/seal-format.md) has less of it left so. Whatever fails
 * here, the message is not to be delivered.
 * Thread rule: as session.h.
 */
#ifndef GONEAWAY_REPLACE_H
#define GONEAWAY_REPLACE_H

#include <stdbool.h>
/* bool must be known before */
#include <libmilter/mfapi.h>

#include "session.h"

/* Hands over session->message's envelope and the fields of the outer message, and has all others
 * removed; with ACTION_DEFUSE the new message, in whose favour all of the old one goes. mark: value
 * of X-Goneaway. False: the MTA did not take all of it. */
bool replace_message(
    SMFICTX *ctx, const struct session *session, enum action action, const char *mark);

#endif
