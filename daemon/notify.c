/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * notify - see notify.h.
 *
 * libsystemd's sd_notify waits until there is room in the supervisor's queue, however long, and
 * with it would wait who is to end, or to give an answer to the administrator. So the datagrams,
 * whose form sd_notify(3) promises, are sent here, and the two variables that
 * sd_watchdog_enabled(3) promises are read here: for them alone the library and those that it
 * brings would be 0.8 MB of memory.
 */
#include "notify.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 1000
#define TEXT_SIZE 256

/* A path, or a name that begins with @. -1: nobody is there, whom to ask again is no use. */
static int reach(const char *address)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t length = address != NULL ? strlen(address) : 0;
    int fd;

    if (length < 2 || length >= sizeof(name.sun_path) || strchr("/@", address[0]) == NULL)
        return -1;
    memcpy(name.sun_path, address, length);
    if (address[0] == '@')
        name.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&name,
                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* False: there was no room for it. */
static bool tell(const char *text)
{
    struct pollfd room = {.fd = reach(getenv("NOTIFY_SOCKET")), .events = POLLOUT};
    bool told;

    if (room.fd < 0)
        return true;
    (void)poll(&room, 1, PATIENCE_MS);
    told = send(room.fd, text, strlen(text), MSG_NOSIGNAL) >= 0 || errno != EAGAIN;
    close(room.fd);
    return told;
}

bool notify_ready(const char *status)
{
    char text[TEXT_SIZE];

    snprintf(text, sizeof(text), "READY=1\nSTATUS=%s", status);
    return tell(text);
}

void notify_reloading(void)
{
    struct timespec now = {0};
    char text[TEXT_SIZE];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof(text),
        "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=loading the configuration",
        (unsigned long long)now.tv_sec * 1000000u + (unsigned long long)now.tv_nsec / 1000u);
    (void)tell(text);
}

void notify_stopping(void)
{
    (void)tell("STOPPING=1\nSTATUS=ending");
}

void notify_alive(void)
{
    (void)tell("WATCHDOG=1");
}

/* A number above 0 in digits alone. */
static bool read_number(const char *text, uint64_t *out)
{
    char *end = NULL;

    if (text == NULL || strspn(text, "0123456789") == 0)
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && *out > 0;
}

uint64_t notify_watchdog_interval(void)
{
    uint64_t interval, process;

    if (!read_number(getenv("WATCHDOG_USEC"), &interval))
        return 0;
    if (read_number(getenv("WATCHDOG_PID"), &process) && process != (uint64_t)getpid())
        return 0; /* it was meant for the process that started us */
    return interval;
}
