/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * trace - what the deliveries that a mail went through wrote on top of it: Received (RFC 5321
 * §4.4, RFC 5322 §3.6.7), for mails that lie in a mailbox.
 *
 * Only fields that machines of the mailbox's host wrote can be believed, and those stand on top:
 * what the sender wrote begins below the Received field by which the mail came in. That is the
 * topmost one whose client was none of the host's own machines: a client at a private address, or
 * one that handed the mail over as none does from outside (LMTP, a program on the same machine, a
 * mailbox that was fetched), is.
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
    const char *protocol;  /* "with" */
    bool inside;           /* from one machine of the host to another */
    bool fetched;          /* out of a mailbox elsewhere (fetchmail, getmail) */
    int64_t when;
};

/* Reads a Received field, as far as it can be read. 0 or ERR_NOMEM. */
int trace_read(struct arena *arena, const struct mail_field *field, struct trace_hop *out);

/* Parts of the header, each a host's own: from the topmost field (begin) to the Received field by
 * which the mail came to the host, and behind it (end). What stands below the last one its sender
 * wrote. A mail without any Received field never came over a network: all of it is one part. */
#define TRACE_PARTS_MAX 20
struct trace_part {
    size_t begin;
    size_t end;
};
/* 0 or ERR_NOMEM; at least one part, at most TRACE_PARTS_MAX. */
int trace_parts(const struct mail *mail, struct trace_part parts[TRACE_PARTS_MAX], size_t *count);

/* When the mail arrived: the date of the topmost Received field that has one that can be read; the
 * host of the mailbox wrote it. Where the mail was fetched, that of the field below. *out DATE_NONE
 * where there is none. 0 or ERR_NOMEM. */
int trace_arrival(const struct mail *mail, int64_t *out);

#endif
