/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * socket_connect where more want to connect than are let in.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "socket.h"

#define BACKLOG 2
#define SOON_US 100000
#define LONG_MS 20000u
#define SHORT_MS 50u

/* A directory of its own with a UNIX socket in it whose backlog is full. */
struct crowd {
    char directory[32];
    char listen[64];
    struct socket_address address;
    int listener;
    int waiting[BACKLOG + 1];
};

static int set_up(void **state)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));

    *state = crowd;
    assert_non_null(crowd);
    snprintf(crowd->directory, sizeof(crowd->directory), "/tmp/goneaway-XXXXXX");
    assert_non_null(mkdtemp(crowd->directory));
    snprintf(crowd->listen, sizeof(crowd->listen), "local:%s/socket", crowd->directory);
    crowd->listener = socket_open(crowd->listen, BACKLOG);
    assert_true(crowd->listener >= 0);
    assert_true(socket_find(crowd->listen, &crowd->address));
    for (size_t i = 0; i <= BACKLOG; i++) {
        crowd->waiting[i] = socket_connect(&crowd->address, LONG_MS);
        assert_true(crowd->waiting[i] >= 0);
    }
    return 0;
}

static int tear_down(void **state)
{
    struct crowd *crowd = *state;

    for (size_t i = 0; i <= BACKLOG; i++)
        close(crowd->waiting[i]);
    close(crowd->listener);
    unlink(socket_path(crowd->listen));
    rmdir(crowd->directory);
    free(crowd);
    return 0;
}

/* Lets one in, after a while. */
static void *let_in(void *cookie)
{
    const struct crowd *crowd = cookie;
    int *fd = malloc(sizeof(*fd));

    usleep(SOON_US);
    if (fd != NULL)
        *fd = accept(crowd->listener, NULL, NULL);
    return fd;
}

static void test_waits_for_its_turn(void **state)
{
    struct crowd *crowd = *state;
    pthread_t thread;
    void *accepted;
    int fd;

    assert_int_equal(pthread_create(&thread, NULL, let_in, crowd), 0);
    fd = socket_connect(&crowd->address, LONG_MS);
    pthread_join(thread, &accepted);
    assert_non_null(accepted);
    assert_true(*(int *)accepted >= 0);
    assert_true(fd >= 0);
    close(*(int *)accepted);
    free(accepted);
    close(fd);
}

static void test_does_not_wait_for_ever(void **state)
{
    struct crowd *crowd = *state;

    assert_int_equal(socket_connect(&crowd->address, SHORT_MS), -1);
    assert_int_equal(socket_connect(&crowd->address, 0), -1);
}

static void test_of_tcp(void **state)
{
    struct socket_address address;
    int listener, fd;

    (void)state;
    listener = socket_open("inet:0@127.0.0.1", BACKLOG);
    assert_true(listener >= 0);
    address.size = sizeof(address.any);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address.any, &address.size), 0);
    fd = socket_connect(&address, LONG_MS);
    assert_true(fd >= 0);
    close(fd);
    close(listener);
    assert_int_equal(socket_connect(&address, LONG_MS), -1);
}

static void test_no_address(void **state)
{
    struct socket_address address;

    (void)state;
    assert_false(socket_find("inet:1@no host", &address));
    assert_false(
        socket_find("local:/this/is/longer/than/the/107/octets/that/the/path/of/a/socket/may/"
                    "have/and/so/there/is/no/such/address/at/all/anywhere",
            &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waits_for_its_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_does_not_wait_for_ever, set_up, tear_down),
        cmocka_unit_test(test_of_tcp),
        cmocka_unit_test(test_no_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
