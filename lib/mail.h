/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * mail - one message as it comes in: envelope, header fields, the first part of the body, and
 * the signature check that runs along with the octets.
 *
 * Whoever brings a message (milter, explain, scan) makes a mail, adds the fields in order, then
 * says that the header ends, then adds the body in pieces, then says that the mail ends. Then
 * `judge` reads it. Bodies stay in memory, up to the bound, and die with the mail.
 *
 * Invariants
 * 1. Field values are as the MTA hands them over: folded with LF (CR removed), the one leading
 *    space removed, any octet else. Names keep their case.
 * 2. What is beyond a bound is counted and not kept, and `cut` says so.
 * 3. Octets that go to the signature check are never bounded.
 * Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_MAIL_H
#define GONEAWAY_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct dkim_check;   /* dkim.h */
struct rrvs_demands; /* rrvs.c */
struct dkim;

struct mail_field {
    const char *name;
    const char *value;
    size_t length; /* of value, which also ends with a NUL that is not counted */
    bool tight;    /* no space stood behind the colon, which a signature may cover */
};

/* Bounds for what a stranger controls; see goneaway.conf. */
struct mail_limits {
    size_t header_bytes; /* of all fields together */
    size_t header_fields;
    size_t body_bytes; /* kept for reading */
};

/* The bits of mail.cut. */
#define MAIL_CUT_HEADER 1u
#define MAIL_CUT_BODY 2u

struct mail {
    struct arena *arena;       /* owns everything here */
    const char *envelope_from; /* key form as far as it parses; "" null sender; NULL unknown */
    const char *client;        /* address of the SMTP client as text, NULL unknown */
    int64_t received;          /* seconds UTC */
    struct mail_field *fields; /* in the order of the message */
    size_t field_count;
    const char *body; /* NUL-terminated, may hold NULs */
    size_t body_length;
    uint64_t size; /* of the whole message as far as it came: header and body octets */
    unsigned cut;  /* MAIL_CUT_ bits */
    bool found;    /* it lay in a mailbox: what it shows counts by its date */
    bool authored; /* submitted with SMTP AUTH or from a network of ours */
    struct dkim_check *dkim;
    const struct rrvs_demands *rrvs; /* what the fields demand, once rrvs_judge has read them */
};

/* A new empty mail with an arena of its own; dkim NULL for no signature check (the check needs
 * the mail's fields and body in full). NULL without memory. */
struct mail *mail_new(const struct mail_limits *limits, struct dkim *dkim);
void mail_free(struct mail **mail);

/* The steps, in this order. 0 or ERR_NOMEM (mail_end also ERR_SYSTEM: see dkim_end), after which
 * the mail can only be freed. mail_add_field takes a value whose leading space was taken off, where
 * it had one: whether it had is guessed. mail_add_whole_field takes all that stands behind the
 * colon. */
int mail_add_field(struct mail *mail, const char *name, const char *value);
int mail_add_whole_field(struct mail *mail, const char *name, const char *value);
int mail_end_header(struct mail *mail);
int mail_add_body(struct mail *mail, const void *bytes, size_t length);
int mail_end(struct mail *mail);

/* All four for a message that is in memory: header, empty line, body; CRLF or LF. A leading
 * mbox "From " line is skipped. Lines of the header that are no fields end the header. */
int mail_from_bytes(struct mail *mail, const char *bytes, size_t length);

/* The same in three steps, for who needs the header before the body is read: all fields at the
 * start of bytes (*body tells where the body begins), then mail_end_header, then the body, then
 * mail_end. */
int mail_header_from_bytes(struct mail *mail, const char *bytes, size_t length, size_t *body);
int mail_body_from_bytes(struct mail *mail, const char *bytes, size_t length);
/* Instead of mail_body_from_bytes, for a mail whose signature is not checked: takes the body as it
 * stands, without a copy, and its lines may end in LF alone. The octets, with a NUL behind them
 * that is not counted, stay as they are until the mail is freed; the first beyond the bound becomes
 * NUL. */
void mail_lend_body(struct mail *mail, char *bytes, size_t length);

/* Whether the name of a field may hold this octet (RFC 5322 §2.2). */
static inline bool mail_is_name_octet(char c)
{
    return c > ' ' && c < 0x7f && c != ':';
}

/* Length of the name of the field that begins at line, 0 where none does. Space before the colon
 * is the obsolete syntax. */
size_t mail_name_length(const char *line, size_t length);

/* The nth field (0 first) of that name, case-insensitive; NULL when there are fewer. */
const struct mail_field *mail_field(const struct mail *mail, const char *name, size_t nth);
size_t mail_field_count(const struct mail *mail, const char *name);

/* The value unfolded per RFC 5322 §2.2.3 and trimmed, in the mail's arena; NULL no memory. */
const char *mail_unfold(struct arena *arena, const struct mail_field *field);

#endif
