/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What these functions stand in for is done by their newer relatives in the C library: accept4,
 * ppoll and readv, and by the second name that close has there: ThreadSanitizer, which follows
 * descriptors, knows them too.
 */
#include "ahead.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS 65536 /* those beyond are not read ahead of */
#define ROOM ((size_t)4096)

int system_close(int fd) __asm__("__close");

/* What of a connection was read and not yet asked for. */
struct ahead {
    size_t at;
    size_t length;
    char bytes[ROOM];
};

/* Of a connection of which nothing is held: most of them, most of the time, only wait. */
static struct ahead nothing;

/* By descriptor; of open connections alone. */
static _Atomic(struct ahead *) connections[DESCRIPTORS];

static struct ahead *find(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS
               ? atomic_load_explicit(&connections[fd], memory_order_acquire)
               : NULL;
}

static void set(int fd, struct ahead *ahead)
{
    struct ahead *old = atomic_exchange(&connections[fd], ahead);

    if (old != &nothing)
        free(old);
}

int ahead_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    int connection = accept4(fd, address, length, 0);

    if (connection >= 0 && connection < DESCRIPTORS)
        set(connection, &nothing);
    return connection;
}

int ahead_close(int fd)
{
    /* before it is closed: whoever opens a descriptor of that number has it for himself */
    if (find(fd) != NULL)
        set(fd, NULL);
    return system_close(fd);
}

int ahead_poll(struct pollfd *polled, nfds_t count, int timeout_ms)
{
    struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    int ready = 0;

    for (nfds_t i = 0; i < count; i++) {
        const struct ahead *ahead = find(polled[i].fd);

        polled[i].revents = 0;
        if (ahead == NULL || ahead->length == 0 || (polled[i].events & POLLIN) == 0)
            continue;
        polled[i].revents = POLLIN;
        ready++;
    }
    return ready > 0 ? ready : ppoll(polled, count, timeout_ms < 0 ? NULL : &timeout, NULL);
}

static ssize_t take(int fd, struct ahead *ahead, void *to, size_t size)
{
    size_t length = size < ahead->length ? size : ahead->length;

    memcpy(to, ahead->bytes + ahead->at, length);
    ahead->at += length;
    ahead->length -= length;
    if (ahead->length == 0)
        set(fd, &nothing);
    return (ssize_t)length;
}

ssize_t ahead_read(int fd, void *to, size_t size)
{
    struct ahead *ahead = find(fd);
    struct iovec parts[2] = {{.iov_base = to, .iov_len = size}};
    ssize_t got;

    if (ahead != NULL && ahead->length > 0)
        return take(fd, ahead, to, size);
    if (ahead != NULL && size > 0)
        ahead = malloc(sizeof(*ahead));
    if (ahead == NULL || ahead == &nothing)
        return readv(fd, parts, 1);
    parts[1] = (struct iovec){.iov_base = ahead->bytes, .iov_len = ROOM};
    got = readv(fd, parts, 2);
    if (got <= (ssize_t)size) {
        free(ahead);
        return got;
    }
    ahead->at = 0;
    ahead->length = (size_t)got - size;
    set(fd, ahead);
    return (ssize_t)size;
}

int ahead_poll_checked(struct pollfd *polled, nfds_t count, int timeout_ms, size_t room)
{
    if (room / sizeof(*polled) < count)
        abort();
    return ahead_poll(polled, count, timeout_ms);
}

ssize_t ahead_read_checked(int fd, void *to, size_t size, size_t room)
{
    if (room < size)
        abort();
    return ahead_read(fd, to, size);
}
