/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * No socket blocks: every wait is a poll with what is left until the deadline.
 */
#include "dns_wire.h"

#include "err.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ADDRESS_TEXT_MAX ((size_t)100)

int64_t dns_wire_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A port without sign, space or leading zero, which getaddrinfo would let pass. */
static bool is_port(const char *text)
{
    size_t length = strspn(text, "0123456789");

    return length >= 1 && length <= 5 && text[length] == '\0' && text[0] != '0' &&
           strtol(text, NULL, 10) <= 65535;
}

int dns_wire_server(const char *text, struct dns_wire_server *out)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_DGRAM};
    const char *at = strrchr(text, '@'), *port = at == NULL ? "53" : at + 1;
    size_t length = at == NULL ? strlen(text) : (size_t)(at - text);
    char address[ADDRESS_TEXT_MAX];
    struct addrinfo *found = NULL;

    if (length == 0 || length >= sizeof(address) || !is_port(port))
        return ERR_SYNTAX;
    memcpy(address, text, length);
    address[length] = '\0';
    if (getaddrinfo(address, port, &hints, &found) != 0)
        return ERR_SYNTAX;
    memcpy(&out->address, found->ai_addr, found->ai_addrlen);
    out->length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

/* Waits for events. 0, or ERR_DNS once the deadline has come. */
static int wait_for(int fd, short events, int64_t deadline)
{
    struct pollfd poller = {.fd = fd, .events = events};

    for (;;) {
        int64_t left = deadline - dns_wire_now();
        int ready;

        if (left <= 0)
            return ERR_DNS;
        ready = poll(&poller, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return ERR_DNS;
    }
}

bool dns_wire_is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

int dns_wire_open_udp(const struct dns_wire_server *server)
{
    int fd = socket(server->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&server->address, server->length) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int dns_wire_send_udp(int socket, const unsigned char *question, size_t length)
{
    return send(socket, question, length, MSG_NOSIGNAL) == (ssize_t)length ? 0 : ERR_DNS;
}

int dns_wire_receive_udp(
    int socket, int64_t deadline, unsigned char *answer, size_t room, size_t *length)
{
    for (;;) {
        ssize_t got;

        if (wait_for(socket, POLLIN, deadline) != 0)
            return ERR_DNS;
        got = recv(socket, answer, room, 0);
        if (got >= 0) {
            *length = (size_t)got;
            return 0;
        }
        /* a checksum may fail between poll and here; a port that nobody hears is told here */
        if (errno != EINTR && errno != EAGAIN)
            return ERR_DNS;
    }
}

/* A connection, or -1. */
static int open_tcp(const struct dns_wire_server *server, int64_t deadline)
{
    int fd = socket(server->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int failure = 0;
    socklen_t size = sizeof(failure);

    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&server->address, server->length) != 0 &&
        (errno != EINPROGRESS || wait_for(fd, POLLOUT, deadline) != 0 ||
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure != 0)) {
        close(fd);
        errno = ECONNREFUSED;
        return -1;
    }
    return fd;
}

/* Moves all octets in one direction. */
static int transfer(int fd, bool out, unsigned char *bytes, size_t length, int64_t deadline)
{
    size_t done = 0;

    while (done < length) {
        ssize_t moved = out ? send(fd, bytes + done, length - done, MSG_NOSIGNAL)
                            : recv(fd, bytes + done, length - done, 0);

        if (moved > 0) {
            done += (size_t)moved;
        } else if (moved == 0 || (errno != EAGAIN && errno != EINTR) ||
                   wait_for(fd, out ? POLLOUT : POLLIN, deadline) != 0) {
            return ERR_DNS;
        }
    }
    return 0;
}

/* Two octets of length stand before a message (RFC 1035 §4.2.2). */
static int exchange(int fd, const unsigned char *question, size_t question_length, int64_t deadline,
    unsigned char *room, size_t *length)
{
    room[0] = (unsigned char)(question_length >> 8);
    room[1] = (unsigned char)question_length;
    memcpy(room + 2, question, question_length);
    if (transfer(fd, true, room, question_length + 2, deadline) != 0 ||
        transfer(fd, false, room, 2, deadline) != 0)
        return ERR_DNS;
    *length = (size_t)room[0] << 8 | room[1];
    return transfer(fd, false, room, *length, deadline);
}

int dns_wire_ask_tcp(const struct dns_wire_server *server, const unsigned char *question,
    size_t question_length, int64_t deadline, unsigned char **answer, size_t *length)
{
    unsigned char *room = malloc(UINT16_MAX + 3);
    int fd = -1, rc = ERR_DNS;

    *answer = NULL;
    if (room == NULL)
        return ERR_NOMEM;
    fd = open_tcp(server, deadline);
    if (fd < 0) {
        rc = dns_wire_is_exhausted(errno) ? ERR_SYSTEM : ERR_DNS;
        goto out;
    }
    rc = exchange(fd, question, question_length, deadline, room, length);
    if (rc == 0) {
        *answer = room;
        room = NULL;
    }
out:
    if (fd >= 0)
        close(fd);
    free(room);
    return rc;
}
