/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "dns_packet.h"

#include <arpa/nameser.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEADER_SIZE ((size_t)12)
#define OPT_SIZE ((size_t)11)
/* What passes every path without fragments (DNS flag day 2020). */
#define UDP_SIZE 1232
#define ALIASES_MAX 16
#define SOA_SIZE_MIN ((size_t)22)

#define FLAG_RD 0x01 /* octet 2 of the header */
#define FLAG_TC 0x02
#define FLAG_AA 0x04
#define FLAG_QR 0x80
#define FLAG_RA 0x80 /* octet 3 */
#define RCODE_MASK 0x0f

static unsigned get16(const unsigned char *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const unsigned char *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static unsigned char *put16(unsigned char *p, unsigned value)
{
    p[0] = (unsigned char)(value >> 8);
    p[1] = (unsigned char)value;
    return p + 2;
}

/* Letters, digits, hyphens, underscores and dots: no escapes of the presentation form. */
static bool is_plain_name(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               length;
}

size_t dns_packet_question(
    const char *name, uint16_t id, bool edns, unsigned char out[DNS_PACKET_QUESTION_MAX])
{
    unsigned char wire[NS_MAXCDNAME], *p = out;
    size_t length;

    if (!is_plain_name(name) || ns_name_pton(name, wire, sizeof(wire)) < 0)
        return 0;
    for (length = 0; wire[length] != 0; length += (size_t)wire[length] + 1)
        ;
    memset(out, 0, DNS_PACKET_QUESTION_MAX);
    put16(p, id);
    p[2] = FLAG_RD;
    p[5] = 1;
    p[11] = edns ? 1 : 0;
    memcpy(p + HEADER_SIZE, wire, length + 1);
    p = put16(p + HEADER_SIZE + length + 1, ns_t_txt);
    p = put16(p, ns_c_in);
    if (edns) {
        /* root name, type, size, extended code and flags, length: the rest stays zero */
        put16(put16(p + 1, ns_t_opt), UDP_SIZE);
        p += OPT_SIZE;
    }
    return (size_t)(p - out);
}

/* Length of the question section of a question of ours: name, type and class. */
static size_t section_length(const unsigned char *question)
{
    const unsigned char *p = question + HEADER_SIZE;

    while (*p != 0)
        p += *p + 1;
    return (size_t)(p - question) - HEADER_SIZE + 5;
}

/* Servers may change the case of letters. Lengths of labels are no letters. */
static bool same_section(const unsigned char *packet, size_t length, const unsigned char *question)
{
    size_t section = section_length(question);

    if (length < HEADER_SIZE + section || get16(packet + 4) != 1)
        return false;
    for (size_t i = HEADER_SIZE; i < HEADER_SIZE + section; i++) {
        unsigned a = packet[i], b = question[i];

        if (a >= 'A' && a <= 'Z')
            a += 'a' - 'A';
        if (b >= 'A' && b <= 'Z')
            b += 'a' - 'A';
        if (a != b)
            return false;
    }
    return true;
}

/* What can be said without looking at records; FOUND where they must be looked at. */
static enum dns_packet_kind read_header(
    const unsigned char *packet, size_t length, const unsigned char *question)
{
    unsigned rcode;

    if (length < HEADER_SIZE || memcmp(packet, question, 2) != 0 || (packet[2] & FLAG_QR) == 0)
        return DNS_PACKET_FOREIGN;
    rcode = packet[3] & RCODE_MASK;
    /* who does not understand a question need not repeat it */
    if (!same_section(packet, length, question) && (rcode == 0 || get16(packet + 4) != 0))
        return DNS_PACKET_FOREIGN;
    if (rcode == ns_r_formerr || rcode == ns_r_notimpl)
        return get16(question + 10) != 0 ? DNS_PACKET_NO_EDNS : DNS_PACKET_FAILED;
    if ((rcode != ns_r_noerror && rcode != ns_r_nxdomain) || get16(packet + 4) == 0)
        return DNS_PACKET_FAILED;
    if ((packet[2] & FLAG_TC) != 0)
        return DNS_PACKET_TRUNCATED;
    return DNS_PACKET_FOUND;
}

/* The first record of a type with this owner in the answer; false where there is none. */
static bool find(ns_msg *message, const char *owner, ns_type type, ns_rr *rr)
{
    for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
        if (ns_parserr(message, ns_s_an, i, rr) < 0)
            return false;
        if (ns_rr_type(*rr) == type && ns_rr_class(*rr) == ns_c_in &&
            strcasecmp(ns_rr_name(*rr), owner) == 0)
            return true;
    }
    return false;
}

static void lower_ttl(uint32_t *ttl, uint32_t other)
{
    /* RFC 2181 §8: a TTL with the top bit set is zero */
    if (other > INT32_MAX)
        other = 0;
    if (other < *ttl)
        *ttl = other;
}

/* Follows the aliases from the name asked for; owner is left at the last of them. */
static bool follow(ns_msg *message, char owner[NS_MAXDNAME], uint32_t *ttl)
{
    ns_rr rr;

    if (ns_parserr(message, ns_s_qd, 0, &rr) < 0)
        return false;
    snprintf(owner, NS_MAXDNAME, "%s", ns_rr_name(rr));
    for (int i = 0; find(message, owner, ns_t_cname, &rr); i++) {
        if (i == ALIASES_MAX || ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message),
                                    ns_rr_rdata(rr), owner, NS_MAXDNAME) < 0)
            return false;
        lower_ttl(ttl, ns_rr_ttl(rr));
    }
    return true;
}

/* Joins the strings of a TXT record. A NUL would hide what follows it from who reads a string. */
static enum dns_packet_kind join(const ns_rr *rr, char *out, size_t room)
{
    const unsigned char *p = ns_rr_rdata(*rr), *end = p + ns_rr_rdlen(*rr);
    size_t length = 0;

    while (p < end) {
        size_t part = *p++;

        if (part > (size_t)(end - p) || memchr(p, '\0', part) != NULL)
            return DNS_PACKET_FAILED;
        if (part >= room - length)
            return DNS_PACKET_TOO_LONG;
        memcpy(out + length, p, part);
        length += part;
        p += part;
    }
    out[length] = '\0';
    return DNS_PACKET_FOUND;
}

/* How long an absence may be kept (RFC 2308 §5): not at all without a SOA record. */
static uint32_t absence_ttl(ns_msg *message, uint32_t ttl)
{
    ns_rr rr;

    for (int i = 0; i < ns_msg_count(*message, ns_s_ns); i++) {
        if (ns_parserr(message, ns_s_ns, i, &rr) < 0)
            return 0;
        if (ns_rr_type(rr) != ns_t_soa || ns_rr_rdlen(rr) < SOA_SIZE_MIN)
            continue;
        lower_ttl(&ttl, ns_rr_ttl(rr));
        lower_ttl(&ttl, get32(ns_rr_rdata(rr) + ns_rr_rdlen(rr) - 4));
        return ttl;
    }
    return 0;
}

enum dns_packet_kind dns_packet_read(const unsigned char *packet, size_t length,
    const unsigned char *question, char *out, size_t room, uint32_t *ttl)
{
    enum dns_packet_kind kind = read_header(packet, length, question);
    char owner[NS_MAXDNAME];
    ns_msg message;
    ns_rr rr;

    *ttl = INT32_MAX;
    if (kind != DNS_PACKET_FOUND)
        return kind;
    if (length > NS_MAXMSG || ns_initparse(packet, (int)length, &message) < 0 ||
        !follow(&message, owner, ttl))
        return DNS_PACKET_FAILED;
    if (find(&message, owner, ns_t_txt, &rr)) {
        lower_ttl(ttl, ns_rr_ttl(rr));
        return join(&rr, out, room);
    }
    /* a server that neither knows nor asks others has only named those that may know */
    if ((packet[2] & FLAG_AA) == 0 && (packet[3] & FLAG_RA) == 0)
        return DNS_PACKET_FAILED;
    *ttl = absence_ttl(&message, *ttl);
    return DNS_PACKET_ABSENT;
}
