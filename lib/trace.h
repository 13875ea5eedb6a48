/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * trace - what the deliveries that a mail went through wrote on top of it: Received (RFC 5321
 * §4.4, RFC 5322 §3.6.7), for mails that lie in a mailbox.
 *
 * Only fields that machines of the mailbox's host wrote can be believed, and those stand on top:
 * what the sender wrote begins below the Received field by which the mail came in.
 * Thread rule: pure; results live in the caller's arena.
 */
#ifndef GONEAWAY_TRACE_H
#define GONEAWAY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail.h"

/* One Received field. What it does not tell is NULL, or DATE_NONE. */
struct trace_hop {
    const char *from;      /* as the client named itself: anybody's word */
    const char *by;        /* the machine that wrote the field */
    const char *recipient; /* "for", without brackets */
    int64_t when;
};

/* Reads a Received field, as far as it can be read. 0 or ERR_NOMEM. */
int trace_read(struct arena *arena, const struct mail_field *field, struct trace_hop *out);

/* When the mail arrived: the date of the topmost Received field that has one that can be read; the
 * host of the mailbox wrote it. DATE_NONE where there is none. */
int64_t trace_arrival(const struct mail *mail);

#endif
