/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * slow_fsync - a library to preload: every fsync takes SLOW_FSYNC_US microseconds more, as on a
 * slower disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fsync(int fd);
int fdatasync(int fd);

static void wait_for_the_disk(void)
{
    const char *text = getenv("SLOW_FSYNC_US");
    long us = text == NULL ? 0 : strtol(text, NULL, 10);
    struct timespec left = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    while (us > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

int fsync(int fd)
{
    wait_for_the_disk();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    wait_for_the_disk();
    return (int)syscall(SYS_fdatasync, fd);
}
