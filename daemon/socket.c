/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * socket - see socket.h for what is promised.
 */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "log.h"

#define STALE_TEST_MS 2000
#define NO_GROUP ((gid_t)-1)
#define DESCRIPTORS_AT_START 1024

const char *socket_path(const char *listen)
{
    if (strncasecmp(listen, "local:", 6) == 0)
        return listen + 6;
    if (strncasecmp(listen, "unix:", 5) == 0)
        return listen + 5;
    return listen[0] == '/' ? listen : NULL;
}

static bool find_path(const char *path, struct socket_address *out)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(at.sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(at.sun_path, path, strlen(path) + 1);
    memcpy(&out->any, &at, sizeof(at));
    out->size = sizeof(at);
    return true;
}

/* "inet:8891@127.0.0.1", "inet6:8891@[::1]", "inet:8891". Without a host we listen on all
 * addresses, so the loopback one reaches us. */
static int resolve(const char *listen, struct addrinfo **out)
{
    struct addrinfo hints = {
        .ai_family = strncasecmp(listen, "inet6:", 6) == 0 ? AF_INET6 : AF_INET,
        .ai_socktype = SOCK_STREAM};
    const char *place = strchr(listen, ':'), *at;
    char port[32], host[256] = "";

    if (place == NULL)
        return EAI_NONAME;
    place++;
    at = strchr(place, '@');
    snprintf(
        port, sizeof(port), "%.*s", at != NULL ? (int)(at - place) : (int)strlen(place), place);
    if (at != NULL)
        snprintf(host, sizeof(host), "%s", at[1] == '[' ? at + 2 : at + 1);
    host[strcspn(host, "]")] = '\0';
    return getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, out);
}

bool socket_find(const char *listen, struct socket_address *out)
{
    const char *path = socket_path(listen);
    struct addrinfo *found = NULL;

    if (path != NULL)
        return find_path(path, out);
    if (resolve(listen, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    memcpy(&out->any, found->ai_addr, found->ai_addrlen);
    out->size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

int socket_connect(const struct socket_address *to, unsigned timeout_ms)
{
    /* none would be for ever */
    long bound = timeout_ms > 0 ? (long)timeout_ms : 1;
    struct timeval within = {.tv_sec = bound / 1000, .tv_usec = bound % 1000 * 1000};
    int fd = socket(to->any.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int saved;

    if (fd < 0)
        return -1;
    /* connect() keeps to that as well. It waits its turn where too many others want to connect; one
     * that does not block fails at once with a UNIX socket. */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &within, sizeof(within)) == 0 &&
        connect(fd, (const struct sockaddr *)&to->any, to->size) == 0 &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int socket_open(const char *listen_at, int backlog)
{
    const int yes = 1;
    struct socket_address at;
    int fd, saved;

    if (!socket_find(listen_at, &at))
        return -1;
    fd = socket(at.any.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (at.any.ss_family != AF_UNIX)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, (const struct sockaddr *)&at.any, at.size) == 0 && listen(fd, backlog) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* libmilter tells nobody which descriptor it listens on. Connections take over what is set there.
 */
void socket_write_at_once(void)
{
    const int yes = 1;

    for (int fd = 0; fd < DESCRIPTORS_AT_START; fd++) {
        int listens = 0;
        socklen_t length = sizeof(listens);

        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens != 0)
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    }
}

/* Is the socket at path one that nobody answers on? 0, or a sysexits code after logging. */
static int remove_stale(const char *path)
{
    struct socket_address at;
    int fd = find_path(path, &at) ? socket_connect(&at, STALE_TEST_MS) : -1;

    if (fd >= 0) {
        close(fd);
        log_error("another process answers on %s: is goneawayd running already?", path);
        return EX_UNAVAILABLE;
    }
    if (errno != ECONNREFUSED) {
        log_error_sys(
            "cannot tell whether the socket %s is in use; remove it by hand if not", path);
        return EX_UNAVAILABLE;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        log_error_sys("cannot remove the stale socket %s", path);
        return EX_NOPERM;
    }
    log_notice("removed the stale socket %s", path);
    return 0;
}

int socket_prepare(const char *listen)
{
    const char *path = socket_path(listen);
    struct stat status;

    if (path == NULL)
        return 0;
    if (lstat(path, &status) != 0) {
        if (errno == ENOENT)
            return 0;
        log_error_sys(
            "cannot look at %s (its directory must belong to the user that goneawayd runs as)",
            path);
        return EX_CANTCREAT;
    }
    if (!S_ISSOCK(status.st_mode)) {
        log_error("%s is in the place of the socket and is none: move it away, or set listen to "
                  "another path",
            path);
        return EX_CANTCREAT;
    }
    if (status.st_uid != geteuid()) {
        log_error(
            "the socket %s belongs to another user: remove it by hand if nothing uses it", path);
        return EX_CANTCREAT;
    }
    return remove_stale(path);
}

/* The group's number, or NO_GROUP where none is configured or there is none of that name. */
static gid_t find_group(const char *name)
{
    const struct group *group = name != NULL ? getgrnam(name) : NULL;

    return group != NULL ? group->gr_gid : NO_GROUP;
}

/* fd is an O_PATH descriptor: whatever is put in the file's place meanwhile is not touched. */
static int change_owner_and_mode(int fd, const struct config *config)
{
    gid_t group = find_group(config->socket_group);
    char by_descriptor[64];

    if (config->socket_group != NULL && group == NO_GROUP) {
        log_error("socket_group: there is no group \"%s\"", config->socket_group);
        return EX_CONFIG;
    }
    if (group != NO_GROUP && fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH) != 0) {
        log_error_sys("cannot give the socket to group %s: is this user a member of it?",
            config->socket_group);
        return EX_NOPERM;
    }
    snprintf(by_descriptor, sizeof(by_descriptor), "/proc/self/fd/%d", fd);
    if (chmod(by_descriptor, (mode_t)config->socket_mode) != 0) {
        log_error_sys("cannot set the mode of the socket");
        return EX_NOPERM;
    }
    return 0;
}

int socket_publish(const char *listen, const struct config *config, struct socket_file *out)
{
    const char *path = socket_path(listen);
    struct stat status;
    int fd, code;

    *out = (struct socket_file){.path = ""};
    if (path == NULL)
        return 0;
    fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        log_error_sys("cannot find the socket %s that was just made", path);
        code = EX_OSERR;
    } else {
        snprintf(out->path, sizeof(out->path), "%s", path);
        out->device = status.st_dev;
        out->inode = status.st_ino;
        code = change_owner_and_mode(fd, config);
    }
    if (fd >= 0)
        close(fd);
    return code;
}

void socket_remove(const struct socket_file *file)
{
    struct stat status;

    if (file->path[0] != '\0' && lstat(file->path, &status) == 0 && status.st_dev == file->device &&
        status.st_ino == file->inode)
        unlink(file->path);
}

static void check_directory(
    const struct config *config, const char *path, struct mistakes *mistakes)
{
    char directory[sizeof(((struct socket_file *)0)->path)];
    const char *slash = strrchr(path, '/');
    struct stat status;

    if (slash == NULL || slash == path || (size_t)(slash - path) >= sizeof(directory))
        return;
    snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
    /* /run/goneaway itself is made by systemd at the start (RuntimeDirectory) */
    if (stat(directory, &status) == 0 ? !S_ISDIR(status.st_mode)
                                      : strncmp(directory, "/run/", 5) != 0)
        mistakes_add(mistakes, config->path, 0, "listen",
            "\"%s\" is no directory: make it, or choose another place for the socket", directory);
}

void socket_check(const struct config *config, struct mistakes *mistakes)
{
    const char *path = socket_path(config->listen);

    if (path == NULL)
        return;
    if (config->socket_group != NULL && find_group(config->socket_group) == NO_GROUP)
        mistakes_add(mistakes, config->path, 0, "socket_group",
            "there is no group \"%s\" on this machine; the MTA's is usually \"postfix\" or "
            "\"smmsp\"",
            config->socket_group);
    check_directory(config, path, mistakes);
}
