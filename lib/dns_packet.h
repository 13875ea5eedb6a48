/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dns_packet - DNS messages (RFC 1035, 6891): a question for TXT, and what an answer says.
 *
 * An answer comes from the network: every length in it is checked, names are expanded by the C
 * library's parser, and chains of aliases end. Thread rule: pure.
 */
#ifndef GONEAWAY_DNS_PACKET_H
#define GONEAWAY_DNS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Header, longest name, type and class, EDNS record. */
#define DNS_PACKET_QUESTION_MAX (12 + 255 + 4 + 11)

/* Writes the question for name's TXT records; returns its length, 0 for what is no name. */
size_t dns_packet_question(
    const char *name, uint16_t id, bool edns, unsigned char out[DNS_PACKET_QUESTION_MAX]);

enum dns_packet_kind {
    DNS_PACKET_FOREIGN,   /* no answer to this question: wait on */
    DNS_PACKET_TRUNCATED, /* to be asked again by TCP */
    DNS_PACKET_NO_EDNS,   /* to be asked again without EDNS */
    DNS_PACKET_FAILED,    /* the server cannot answer, or answers nonsense */
    DNS_PACKET_TOO_LONG,  /* the record does not fit in room */
    DNS_PACKET_FOUND,
    DNS_PACKET_ABSENT
};

/* What an answer to question says. FOUND: the strings of the first TXT record, joined and
 * NUL-terminated, in out. FOUND and ABSENT: *ttl is how many seconds it may be kept. */
enum dns_packet_kind dns_packet_read(const unsigned char *packet, size_t length,
    const unsigned char *question, char *out, size_t room, uint32_t *ttl);

#endif
