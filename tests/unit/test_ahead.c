/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ahead.c is linked here as it is into goneawayd: accept(), poll(), read() and close() of this
 * program are those of ahead.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ahead.h"

#define ROOM 4096 /* as in ahead.c */

/* A connection: `near` was accepted, `far` is the other end. */
struct pair {
    int listening;
    int near;
    int far;
};

/* Connects a socket without a name, which the system gives one to. */
static struct pair connect_pair(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t length = sizeof(name);
    struct pair pair;

    pair.listening = socket(AF_UNIX, SOCK_STREAM, 0);
    pair.far = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(pair.listening >= 0 && pair.far >= 0);
    assert_int_equal(bind(pair.listening, (struct sockaddr *)&name, sizeof(sa_family_t)), 0);
    assert_int_equal(listen(pair.listening, 1), 0);
    assert_int_equal(getsockname(pair.listening, (struct sockaddr *)&name, &length), 0);
    assert_int_equal(connect(pair.far, (struct sockaddr *)&name, length), 0);
    pair.near = accept(pair.listening, NULL, NULL);
    assert_true(pair.near >= 0);
    return pair;
}

static void disconnect(const struct pair *pair)
{
    assert_int_equal(close(pair->near), 0);
    assert_int_equal(close(pair->far), 0);
    assert_int_equal(close(pair->listening), 0);
}

/* Octets that the system still holds for the descriptor. */
static int waiting(int fd)
{
    int count = -1;

    assert_int_equal(ioctl(fd, FIONREAD, &count), 0);
    return count;
}

static bool readable(int fd)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN, .revents = POLLHUP};
    int ready = poll(&polled, 1, 0);

    assert_int_equal(ready, (polled.revents & POLLIN) != 0);
    return ready == 1;
}

static void send_pattern(int fd, size_t length)
{
    char *bytes = malloc(length);

    assert_non_null(bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i * 31 % 251);
    assert_int_equal(write(fd, bytes, length), length);
    free(bytes);
}

/* Reads `length` octets in pieces of at most `piece` and holds them against the pattern. */
static void expect_pattern(int fd, size_t length, size_t piece)
{
    size_t at = 0;

    while (at < length) {
        size_t size = piece < length - at ? piece : length - at;
        char *exact = malloc(size);
        ssize_t got;

        assert_non_null(exact);
        assert_true(readable(fd));
        got = read(fd, exact, size);
        assert_true(got > 0 && (size_t)got <= size);
        for (size_t i = 0; i < (size_t)got; i++)
            if (exact[i] != (char)((at + i) * 31 % 251))
                fail_msg("octet %zu of %zu in pieces of %zu", at + i, length, piece);
        at += (size_t)got;
        free(exact);
    }
}

static void test_octets_are_the_same(void **state)
{
    static const size_t lengths[] = {1, 4, 5, 6, ROOM - 1, ROOM, ROOM + 1, ROOM + 4, ROOM + 5,
        ROOM + 6, 2 * ROOM, 2 * ROOM + 10, 2 * ROOM + 11, 50000};
    static const size_t pieces[] = {1, 5, 6, 100, ROOM - 1, ROOM, ROOM + 1, 3 * ROOM, 60000};
    struct pair pair = connect_pair();

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
            send_pattern(pair.far, lengths[i]);
            expect_pattern(pair.near, lengths[i], pieces[j]);
            assert_false(readable(pair.near));
        }
    disconnect(&pair);
}

/* What lies there comes with the first read; poll() knows it. */
static void test_reads_ahead(void **state)
{
    struct pair pair = connect_pair();
    struct pollfd both[2];

    (void)state;
    send_pattern(pair.far, 100);
    both[0] = (struct pollfd){.fd = pair.listening, .events = POLLIN, .revents = POLLIN};
    both[1] = (struct pollfd){.fd = pair.near, .events = POLLIN};
    assert_true(readable(pair.near));
    expect_pattern(pair.near, 5, 5);
    assert_int_equal(waiting(pair.near), 0);
    assert_true(readable(pair.near));
    assert_int_equal(poll(both, 2, -1), 1);
    assert_int_equal(both[0].revents, 0);
    assert_int_equal(both[1].revents, POLLIN);
    both[1].events = POLLOUT; /* who wants to write is told of that alone */
    assert_int_equal(poll(both, 2, 0), 1);
    assert_int_equal(both[1].revents, POLLOUT);
    disconnect(&pair);
}

/* The end comes behind the last octet. */
static void test_end(void **state)
{
    struct pair pair = connect_pair();
    char octet;

    (void)state;
    send_pattern(pair.far, 20);
    assert_int_equal(shutdown(pair.far, SHUT_WR), 0);
    expect_pattern(pair.near, 20, 5);
    assert_true(readable(pair.near));
    assert_int_equal(read(pair.near, &octet, 1), 0);
    disconnect(&pair);
}

/* A descriptor that takes over the number of a connection begins with nothing; and what did not
 * come from accept() is never read ahead of. */
static void test_other_descriptors(void **state)
{
    struct pair pair = connect_pair();
    int ends[2];

    (void)state;
    send_pattern(pair.far, 100);
    expect_pattern(pair.near, 5, 5);
    assert_int_equal(close(pair.near), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(ends[0], pair.near);
    assert_false(readable(ends[0]));
    send_pattern(ends[1], 100);
    expect_pattern(ends[0], 5, 5);
    assert_int_equal(waiting(ends[0]), 95);
    assert_int_equal(close(ends[1]), 0);
    pair.near = ends[0];
    disconnect(&pair);
}

/* Those with bounds read from the same store. */
static void test_checked(void **state)
{
    struct pair pair = connect_pair();
    struct pollfd polled = {.fd = pair.near, .events = POLLIN};
    char bytes[8];

    (void)state;
    send_pattern(pair.far, 10);
    assert_int_equal(ahead_poll_checked(&polled, 1, -1, sizeof(polled)), 1);
    assert_int_equal(ahead_read_checked(pair.near, bytes, 5, sizeof(bytes)), 5);
    assert_int_equal(waiting(pair.near), 0);
    assert_int_equal(ahead_poll_checked(&polled, 1, 0, sizeof(polled)), 1);
    assert_int_equal(ahead_read_checked(pair.near, bytes, 5, 5), 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal((unsigned char)bytes[i], (5 + i) * 31 % 251);
    assert_int_equal(ahead_poll_checked(&polled, 1, 0, sizeof(polled)), 0);
    disconnect(&pair);
}

static void test_mistakes(void **state)
{
    char octet;

    (void)state;
    assert_int_equal(read(-1, &octet, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(close(-1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(accept(-1, NULL, NULL), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(poll(NULL, 0, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octets_are_the_same),
        cmocka_unit_test(test_reads_ahead),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_other_descriptors),
        cmocka_unit_test(test_checked),
        cmocka_unit_test(test_mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
