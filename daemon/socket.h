/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * socket - the place where the MTA finds us: what stands there before we start, who may connect,
 * and that nothing of ours stays behind.
 *
 * Invariants
 * 1. Only a socket that nobody answers on is removed; any other file, and a socket that answers,
 *    is left alone and ends the start.
 * 2. A UNIX socket is never open wider than the configuration says, not for a moment: it is made
 *    for the owner alone, then gets its group, then its mode.
 * 3. At the end only the very file that we made is removed.
 * Thread rule: socket_find and socket_connect from any thread; the rest before and after they run.
 */
#ifndef GONEAWAY_SOCKET_H
#define GONEAWAY_SOCKET_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "config.h"
#include "mistakes.h"

/* Where to connect. */
struct socket_address {
    struct sockaddr_storage any;
    socklen_t size;
};

/* The UNIX socket that we made; all zero for none. */
struct socket_file {
    char path[108];
    dev_t device;
    ino_t inode;
};

/* Makes the place of an address free. 0, or a sysexits code after logging why not. */
int socket_prepare(const char *listen);
/* Gives the UNIX socket that was just made, under umask 0177, the group and mode of the
 * configuration. 0 or a sysexits code after logging. Nothing to do for TCP sockets. */
int socket_publish(const char *listen, const struct config *config, struct socket_file *out);
void socket_remove(const struct socket_file *file);

/* A socket that listens at an address, for others than libmilter, which opens its own. A
 * descriptor to close, or -1 with errno. */
int socket_open(const char *listen, int backlog);

/* Lets the TCP connections that come from now on send what is written at once. An answer with
 * changes to the header is several small writes, of which the second would wait until the MTA's
 * system acknowledges the first: 40 ms for every message. Before there are threads that open
 * anything. */
void socket_write_at_once(void);

/* The path of a UNIX socket in `listen`, NULL where that names a TCP port. A bare path is a UNIX
 * socket. */
const char *socket_path(const char *listen);
/* The address that `listen` names; that of a host may take the DNS long. False with errno. */
bool socket_find(const char *listen, struct socket_address *out);
/* Connects as an MTA does, to the address that was found. A descriptor that does not block, to
 * close, or -1 with errno. */
int socket_connect(const struct socket_address *to, unsigned timeout_ms);

/* What -t can find wrong without opening anything. */
void socket_check(const struct config *config, struct mistakes *mistakes);
/* Where the socket is and who can connect, in a line or two. */
void socket_describe(const struct config *config, FILE *out);

#endif
