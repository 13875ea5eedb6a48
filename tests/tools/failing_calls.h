/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * failing_calls - stands between our own code and the system: the nth call of a thread fails, as
 * memory, disk, descriptors, network and OpenSSL can. The linker sends the calls here (--wrap,
 * failing_calls.cmake); what libraries call themselves never fails. Where the C library's checked
 * functions stand in for the plain ones (_FORTIFY_SOURCE) those do not fail either.
 */
#ifndef GONEAWAY_TEST_FAILING_CALLS_H
#define GONEAWAY_TEST_FAILING_CALLS_H

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

struct arena;

/* Which calls fail: those for memory, those to the system, those to OpenSSL. */
enum failing_kind { FAILING_MEMORY, FAILING_SYSTEM, FAILING_CRYPTO, FAILING_KINDS };

/* A thread's own, so that a test's helpers live on. */
static _Thread_local struct {
    enum failing_kind kind;
    unsigned long left; /* 0: nothing fails; 1: the next call does */
    int error;
    bool met;
} failing;

/* The nth call of that kind from now fails, with that errno where the call has one. */
static inline void failing_at(enum failing_kind kind, unsigned long nth, int error)
{
    failing.kind = kind;
    failing.left = nth;
    failing.error = error;
    failing.met = false;
}

/* Nothing fails any more. True: a call has failed since failing_at. */
static inline bool failing_end(void)
{
    failing.left = 0;
    return failing.met;
}

static inline bool failing_now(enum failing_kind kind)
{
    if (failing.left == 0 || failing.kind != kind || --failing.left != 0)
        return false;
    failing.met = true;
    if (kind != FAILING_CRYPTO)
        errno = kind == FAILING_MEMORY ? ENOMEM : failing.error;
    return true;
}

#define FAILING(kind, type, name, result, parameters, arguments)                                   \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return failing_now(kind) ? (result) : __real_##name arguments;                             \
    }
#define MEMORY(type, name, parameters, arguments)                                                  \
    FAILING(FAILING_MEMORY, type, name, NULL, parameters, arguments)
#define SYSTEM(type, name, parameters, arguments)                                                  \
    FAILING(FAILING_SYSTEM, type, name, -1, parameters, arguments)
/* those that return their error */
#define THREAD(name, parameters, arguments)                                                        \
    FAILING(FAILING_SYSTEM, int, name, failing.error, parameters, arguments)
#define CRYPTO(type, name, result, parameters, arguments)                                          \
    FAILING(FAILING_CRYPTO, type, name, result, parameters, arguments)

MEMORY(void *, malloc, (size_t size), (size))
MEMORY(void *, calloc, (size_t count, size_t size), (count, size))
MEMORY(void *, realloc, (void *old, size_t size), (old, size))
MEMORY(void *, reallocarray, (void *old, size_t count, size_t size), (old, count, size))
MEMORY(char *, strdup, (const char *text), (text))
MEMORY(char *, strndup, (const char *text, size_t length), (text, length))
MEMORY(FILE *, open_memstream, (char **text, size_t *size), (text, size))
MEMORY(struct arena *, arena_new, (size_t limit), (limit))
MEMORY(void *, arena_alloc, (struct arena * arena, size_t size), (arena, size))
MEMORY(void *, arena_array, (struct arena * arena, size_t count, size_t size), (arena, count, size))
MEMORY(char *, arena_strdup, (struct arena * arena, const char *text), (arena, text))
MEMORY(char *, arena_strndup, (struct arena * arena, const char *text, size_t length),
    (arena, text, length))
FAILING(FAILING_MEMORY, int, vasprintf, -1, (char **out, const char *format, va_list arguments),
    (out, format, arguments))

SYSTEM(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode))
SYSTEM(int, openat, (int directory, const char *path, int flags, mode_t mode),
    (directory, path, flags, mode))
SYSTEM(ssize_t, read, (int fd, void *bytes, size_t size), (fd, bytes, size))
SYSTEM(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
SYSTEM(int, fsync, (int fd), (fd))
SYSTEM(int, stat, (const char *path, struct stat *out), (path, out))
SYSTEM(int, fstat, (int fd, struct stat *out), (fd, out))
SYSTEM(
    int, fstatat, (int fd, const char *path, struct stat *out, int flags), (fd, path, out, flags))
SYSTEM(int, mkostemp, (char *name, int flags), (name, flags))
SYSTEM(int, link, (const char *from, const char *to), (from, to))
SYSTEM(int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))
SYSTEM(ssize_t, getrandom, (void *bytes, size_t size, unsigned flags), (bytes, size, flags))
SYSTEM(int, fflush, (FILE * file), (file))
FAILING(FAILING_SYSTEM, FILE *, fdopen, NULL, (int fd, const char *mode), (fd, mode))
FAILING(FAILING_SYSTEM, FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))
FAILING(FAILING_SYSTEM, DIR *, opendir, NULL, (const char *path), (path))
SYSTEM(int, socket, (int family, int type, int protocol), (family, type, protocol))
SYSTEM(int, connect, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))
SYSTEM(ssize_t, send, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags))
SYSTEM(ssize_t, recv, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags))
SYSTEM(int, poll, (struct pollfd * set, nfds_t count, int ms), (set, count, ms))
SYSTEM(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
    (fd, level, name, value, size))
THREAD(pthread_sigmask, (int how, const sigset_t *set, sigset_t *old), (how, set, old))
THREAD(pthread_create,
    (pthread_t * thread, const pthread_attr_t *how, void *(*run)(void *), void *cookie),
    (thread, how, run, cookie))
THREAD(pthread_condattr_init, (pthread_condattr_t * attributes), (attributes))
THREAD(pthread_condattr_setclock, (pthread_condattr_t * attributes, clockid_t clock),
    (attributes, clock))
THREAD(pthread_cond_init, (pthread_cond_t * condition, const pthread_condattr_t *attributes),
    (condition, attributes))

CRYPTO(int, RAND_priv_bytes, 0, (unsigned char *bytes, int size), (bytes, size))
CRYPTO(EVP_MAC *, EVP_MAC_fetch, NULL,
    (OSSL_LIB_CTX * library, const char *name, const char *properties), (library, name, properties))
CRYPTO(EVP_MAC_CTX *, EVP_MAC_CTX_new, NULL, (EVP_MAC * mac), (mac))
CRYPTO(int, EVP_MAC_init, 0,
    (EVP_MAC_CTX * context, const unsigned char *key, size_t size, const OSSL_PARAM *parameters),
    (context, key, size, parameters))
CRYPTO(int, EVP_MAC_update, 0, (EVP_MAC_CTX * context, const unsigned char *bytes, size_t size),
    (context, bytes, size))
CRYPTO(int, EVP_MAC_final, 0,
    (EVP_MAC_CTX * context, unsigned char *out, size_t *length, size_t room),
    (context, out, length, room))

int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list arguments;
    int length = -1;

    va_start(arguments, format);
    if (!failing_now(FAILING_MEMORY))
        length = __real_vasprintf(out, format, arguments);
    va_end(arguments);
    return length;
}

char *__wrap_arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *__wrap_arena_printf(struct arena *arena, const char *format, ...)
{
    char *text = NULL, *copy = NULL;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = failing_now(FAILING_MEMORY) ? -1 : __real_vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length >= 0)
        copy = __real_arena_strndup(arena, text, (size_t)length);
    if (length >= 0)
        free(text);
    return copy;
}

#endif
