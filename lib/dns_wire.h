/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dns_wire - DNS messages over UDP and TCP, with deadlines that hold.
 *
 * Deadlines are milliseconds of dns_wire_now. Each question has a socket of its own, whose port
 * the kernel chooses at random, and which hears its server only. Thread rule: any thread.
 */
#ifndef GONEAWAY_DNS_WIRE_H
#define GONEAWAY_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct dns_wire_server {
    struct sockaddr_storage address;
    socklen_t length;
};

/* Milliseconds of the monotonic clock. */
int64_t dns_wire_now(void);
/* Reads "address" or "address@port". 0 or ERR_SYNTAX. */
int dns_wire_server(const char *text, struct dns_wire_server *out);

/* A socket for questions to this server, to be closed with close(); -1 where there is none, and
 * errno tells why. */
int dns_wire_open_udp(const struct dns_wire_server *server);
int dns_wire_send_udp(int socket, const unsigned char *question, size_t length);
/* The next datagram. 0, or ERR_DNS: the deadline has come, or the server is not there. */
int dns_wire_receive_udp(
    int socket, int64_t deadline, unsigned char *answer, size_t room, size_t *length);

/* Does this errno say that the machine has nothing left, and nothing about the server? */
bool dns_wire_is_exhausted(int error);

/* Asks by TCP; *answer is to be freed. 0, ERR_DNS, ERR_NOMEM, ERR_SYSTEM (no socket left). */
int dns_wire_ask_tcp(const struct dns_wire_server *server, const unsigned char *question,
    size_t question_length, int64_t deadline, unsigned char **answer, size_t *length);

#endif
