/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dns - TXT look-ups with a deadline and a cache that keeps answers for their TTL (and their
 * absence for the SOA's minimum, RFC 2308), at most DNS_CACHE_MAX entries.
 *
 * Thread rule: one struct dns for all threads.
 */
#ifndef GONEAWAY_DNS_H
#define GONEAWAY_DNS_H

#include <stddef.h>

#define DNS_CACHE_MAX 4096

struct dns;

/* DNS_UNABLE: we could not even ask, for want of memory or descriptors. */
enum dns_answer { DNS_FOUND, DNS_ABSENT, DNS_FAILED, DNS_UNABLE };

/* servers: "address" or "address@port", IPv4 or IPv6, at most 3; count 0: those of
 * /etc/resolv.conf. timeout_ms: for one question, all tries together. 0, ERR_SYNTAX, ERR_NOMEM,
 * ERR_SYSTEM. */
int dns_open(const char *const *servers, size_t count, unsigned timeout_ms, struct dns **out);
void dns_close(struct dns **dns);

/* The strings of the first TXT record joined (RFC 6376 §3.6.2.2) in out, NUL-terminated; one
 * that does not fit in room is DNS_FAILED. */
enum dns_answer dns_txt(struct dns *dns, const char *name, char *out, size_t room);

#endif
