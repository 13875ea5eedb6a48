/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * answer - from what was decided to what libmilter is told.
 *
 * Invariants
 * 1. A reply is set immediately before the return value of its class, and nowhere else: libmilter
 *    keeps a reply that was not used, and sends it with the next refusal.
 * 2. Every trouble of ours is answered by answer_failure, and by nothing else.
 * Thread rule: as session.h.
 */
#ifndef GONEAWAY_ANSWER_H
#define GONEAWAY_ANSWER_H

#include <stdbool.h>
/* bool must be known before */
#include <libmilter/mfapi.h>

#include "session.h"

/* The answer to RCPT. queue_id, here as below: NULL where there is none yet. */
sfsistat answer_recipient(SMFICTX *ctx, const struct session *session, enum session_rcpt rcpt,
    const char *path, const char *queue_id);

/* The answer to the end of the message; judgement NULL where there was nothing to judge. Changes
 * the message, logs one line for each recipient. */
sfsistat answer_message(SMFICTX *ctx, const struct session *session,
    const struct judgement *judgement, const char *queue_id);

/* What the answer to a message was, for the metrics; judgement as above. */
enum action answer_action(sfsistat answer, const struct judgement *judgement);

/* Our own trouble: what on_failure says. session may be NULL. */
sfsistat answer_failure(
    SMFICTX *ctx, const struct session *session, int error, const char *queue_id);

#endif
