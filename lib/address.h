/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * address - mailbox addresses of the envelope (RFC 5321 §4.1.2, RFC 6531 §3.3) and of header
 * fields (RFC 5322 §3.4), and the key form under which the ledger knows them.
 *
 * Key form: unquoted local part, ASCII-folded, NFC (RFC 6532 §3.1); domain as lower-case
 * A-labels without trailing dot. Two spellings of one mailbox have one key; the spelling seen
 * is kept beside it. A local part that is not UTF-8 is kept as its octets, those above 0x7f
 * written \xHH. The key of a bare <postmaster> is "postmaster". Dots may stand anywhere in a
 * local part, and unquoted '@' before the last one, as mail systems allow it; "" may not.
 * Bounds: local part 64 octets asked by RFC 5321, 256 accepted; domain 255; anything else is
 * ERR_LIMIT. CR, LF, NUL and other controls are ERR_CHARSET.
 * Thread rule: pure; results live in the caller's arena.
 */
#ifndef GONEAWAY_ADDRESS_H
#define GONEAWAY_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct address {
    const char *seen;   /* as written, without brackets and source route */
    const char *local;  /* key form of the local part, unquoted */
    const char *domain; /* lower-case A-labels; "" for a bare <postmaster> */
    const char *key;    /* local "@" domain; a local part with special characters stays unquoted */
    const char *base;   /* key without subaddress; the same pointer as key where there is none */
    bool literal;       /* the domain is an address literal: never ours */
};

/* Reads an envelope path: brackets optional, source route stripped, everything behind the
 * closing bracket ignored; split at the last unquoted '@'. delimiters: the characters that
 * separate a subaddress (RFC 5233), NULL or "" for none; postmaster, mailer-daemon, owner-X and
 * X-request are never split. "" and "<>" give the null address: local, domain and key "".
 * 0, ERR_SYNTAX, ERR_LIMIT, ERR_CHARSET, ERR_NOMEM. */
int address_parse_path(
    struct arena *arena, const char *path, const char *delimiters, struct address *out);

/* The same for one addr-spec of a header field (no brackets, comments already removed); spaces
 * and tabs may stand around its dots and '@'. There is always a domain: "" is ERR_SYNTAX. */
int address_parse_spec(
    struct arena *arena, const char *spec, const char *delimiters, struct address *out);

/* One mailbox of a From, To or Sender field. */
struct address_mailbox {
    struct address address;
    const char *display; /* decoded display name in UTF-8, "" for none */
};

/* Reads an address list field by RFC 5322 (groups, comments, obsolete forms, RFC 2047 words),
 * at most `most` mailboxes. *count tells how many; what cannot be read is left out and makes
 * *broken true. 0 or ERR_NOMEM. */
int address_parse_list(struct arena *arena, const char *value, size_t most,
    struct address_mailbox **mailboxes, size_t *count, bool *broken);

/* RFC 5321 §4.5.1 and RFC 2142: postmaster and abuse, never refused. */
bool address_is_untouchable(const struct address *address);
/* RFC 7293 §5.1 step 1: any of the names of RFC 2142 (LIST-request too), which ignore RRVS. */
bool address_is_role(const struct address *address);
/* Does the address match a pattern of the configuration: "me", "me+*", "*-list" for local parts,
 * "old@example.com", "*@example.com" (A-labels) for addresses? In any case; '*' stands for any
 * number of characters. */
bool address_matches(const struct address *address, const char *pattern);

/* A key as it is written in a mail: the local part in quotes where it needs them (RFC 5321
 * §4.1.2). NULL without memory. */
char *address_write(struct arena *arena, const char *key);

#endif
