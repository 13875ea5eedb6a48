/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * preload_crowd - a crowd that grows as fast as it is served: whenever the daemon connects to
 * somebody, as it does to its own socket, it has one more thread that stays.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACE_NS 20000000L
#define STACK ((size_t)64 * 1024)

static void *stay(void *cookie)
{
    for (;;)
        pause();
    return cookie;
}

int connect(int fd, const struct sockaddr *to, socklen_t size)
{
    int (*real)(int, const struct sockaddr *, socklen_t);
    pthread_attr_t attributes;
    pthread_t thread;

    *(void **)&real = dlsym(RTLD_NEXT, "connect");
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, stay, NULL);
    pthread_attr_destroy(&attributes);
    nanosleep(&(struct timespec){.tv_nsec = PACE_NS}, NULL);
    return real(fd, to, size);
}
