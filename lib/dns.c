/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Asks each server in turn, ROUNDS times, and gives each try its share of the time that is left.
 * The C library's own resolver is asked for its servers only: its time limits are whole
 * seconds, and its TCP connections have none.
 */
#include "dns.h"

#include "dns_cache.h"
#include "dns_packet.h"
#include "dns_wire.h"
#include "err.h"

#include <errno.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SERVERS_MAX 3
#define ROUNDS 2
/* What is kept longer than this could not be changed by its owner when it must be. */
#define KEEP_FOUND_MAX ((uint32_t)86400)
#define KEEP_ABSENT_MAX ((uint32_t)10800)
#define DATAGRAM_MAX 4096

struct dns {
    struct dns_wire_server servers[SERVERS_MAX];
    size_t count;
    unsigned timeout_ms;
    struct dns_cache *cache;
};

static int use_given(struct dns *dns, const char *const *servers, size_t count)
{
    if (count > SERVERS_MAX)
        return ERR_SYNTAX;
    for (dns->count = 0; dns->count < count; dns->count++)
        if (dns_wire_server(servers[dns->count], &dns->servers[dns->count]) != 0)
            return ERR_SYNTAX;
    return 0;
}

static void use_address(struct dns *dns, const void *address, size_t length)
{
    memcpy(&dns->servers[dns->count].address, address, length);
    dns->servers[dns->count++].length = (socklen_t)length;
}

/* Those of /etc/resolv.conf; the C library gives this machine where it names none. */
static int use_system(struct dns *dns)
{
    struct __res_state state;

    memset(&state, 0, sizeof(state));
    if (res_ninit(&state) != 0)
        return ERR_SYSTEM;
    for (int i = 0; i < state.nscount && dns->count < SERVERS_MAX; i++) {
        if (state.nsaddr_list[i].sin_family == AF_INET)
            use_address(dns, &state.nsaddr_list[i], sizeof(state.nsaddr_list[i]));
        else if (state._u._ext.nsaddrs[i] != NULL)
            use_address(dns, state._u._ext.nsaddrs[i], sizeof(*state._u._ext.nsaddrs[i]));
    }
    res_nclose(&state);
    return 0;
}

int dns_open(const char *const *servers, size_t count, unsigned timeout_ms, struct dns **out)
{
    struct dns *dns = calloc(1, sizeof(*dns));
    int rc = ERR_NOMEM;

    *out = NULL;
    if (dns == NULL)
        goto out;
    dns->timeout_ms = timeout_ms;
    dns->cache = dns_cache_new();
    if (dns->cache == NULL)
        goto out;
    rc = count > 0 ? use_given(dns, servers, count) : use_system(dns);
    if (rc != 0)
        goto out;
    *out = dns;
    dns = NULL;
out:
    dns_close(&dns);
    return rc;
}

void dns_close(struct dns **dns)
{
    if (*dns == NULL)
        return;
    dns_cache_free(&(*dns)->cache);
    free(*dns);
    *dns = NULL;
}

/* A question and the place for its answer. */
struct question {
    const char *name;
    char *out;
    size_t room;
    uint32_t ttl;
    unsigned char packet[DNS_PACKET_QUESTION_MAX];
    size_t length;
    bool unable; /* it could not be asked */
};

static bool write_question(struct question *question, bool edns)
{
    uint16_t id = 0;

    if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
        return false;
    question->length = dns_packet_question(question->name, id, edns, question->packet);
    return question->length > 0;
}

static enum dns_packet_kind read_answer(
    struct question *question, const unsigned char *answer, size_t length)
{
    return dns_packet_read(
        answer, length, question->packet, question->out, question->room, &question->ttl);
}

/* Datagrams that are not for this question are passed over: they may be forged, or late. */
static enum dns_packet_kind ask_udp(
    const struct dns_wire_server *server, struct question *question, int64_t deadline)
{
    enum dns_packet_kind kind = DNS_PACKET_FAILED;
    int fd = dns_wire_open_udp(server);
    unsigned char answer[DATAGRAM_MAX];
    size_t length;

    if (fd < 0) {
        question->unable = question->unable || dns_wire_is_exhausted(errno);
        return kind;
    }
    if (dns_wire_send_udp(fd, question->packet, question->length) != 0)
        goto out;
    do {
        kind = DNS_PACKET_FAILED;
        if (dns_wire_receive_udp(fd, deadline, answer, sizeof(answer), &length) != 0)
            break;
        kind = read_answer(question, answer, length);
    } while (kind == DNS_PACKET_FOREIGN);
out:
    close(fd);
    return kind;
}

static enum dns_packet_kind ask_tcp(
    const struct dns_wire_server *server, struct question *question, int64_t deadline)
{
    enum dns_packet_kind kind = DNS_PACKET_FAILED;
    unsigned char *answer = NULL;
    size_t length = 0;

    int r =
        dns_wire_ask_tcp(server, question->packet, question->length, deadline, &answer, &length);

    if (r == 0)
        kind = read_answer(question, answer, length);
    question->unable = question->unable || r == ERR_NOMEM || r == ERR_SYSTEM;
    free(answer);
    return kind;
}

static enum dns_packet_kind ask_server(
    const struct dns_wire_server *server, struct question *question, int64_t deadline)
{
    enum dns_packet_kind kind = DNS_PACKET_FAILED;

    if (write_question(question, true))
        kind = ask_udp(server, question, deadline);
    if (kind == DNS_PACKET_NO_EDNS && write_question(question, false))
        kind = ask_udp(server, question, deadline);
    if (kind == DNS_PACKET_TRUNCATED)
        kind = ask_tcp(server, question, deadline);
    return kind;
}

static enum dns_packet_kind ask(const struct dns *dns, struct question *question)
{
    int64_t deadline = dns_wire_now() + dns->timeout_ms;

    for (size_t left = ROUNDS * dns->count; left > 0; left--) {
        size_t server = (ROUNDS * dns->count - left) % dns->count;
        int64_t now = dns_wire_now(), share = (deadline - now) / (int64_t)left;
        enum dns_packet_kind kind = ask_server(&dns->servers[server], question, now + share);

        if (kind == DNS_PACKET_FOUND || kind == DNS_PACKET_ABSENT || kind == DNS_PACKET_TOO_LONG)
            return kind;
    }
    return DNS_PACKET_FAILED;
}

static void keep(
    struct dns *dns, const struct question *question, const char *text, uint32_t longest)
{
    uint32_t ttl = question->ttl < longest ? question->ttl : longest;

    if (ttl > 0)
        dns_cache_put(dns->cache, question->name, text, dns_wire_now() + (int64_t)ttl * 1000);
}

enum dns_answer dns_txt(struct dns *dns, const char *name, char *out, size_t room)
{
    struct question question = {.name = name, .out = out, .room = room};
    enum dns_answer answer;

    if (room == 0)
        return DNS_FAILED;
    /* what is no name is nowhere in the DNS */
    if (dns_packet_question(name, 0, true, question.packet) == 0)
        return DNS_ABSENT;
    if (dns_cache_get(dns->cache, name, dns_wire_now(), out, room, &answer))
        return answer;
    switch (ask(dns, &question)) {
    case DNS_PACKET_FOUND:
        keep(dns, &question, out, KEEP_FOUND_MAX);
        return DNS_FOUND;
    case DNS_PACKET_ABSENT:
        keep(dns, &question, NULL, KEEP_ABSENT_MAX);
        return DNS_ABSENT;
    case DNS_PACKET_FOREIGN:
    case DNS_PACKET_TRUNCATED:
    case DNS_PACKET_NO_EDNS:
    case DNS_PACKET_FAILED:
    case DNS_PACKET_TOO_LONG:
        break;
    }
    return question.unable ? DNS_UNABLE : DNS_FAILED;
}
