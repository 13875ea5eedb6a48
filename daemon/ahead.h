/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ahead - reads ahead for libmilter.
 *
 * libmilter waits with poll() and reads a packet's head of five octets, then waits and reads the
 * packet: five calls of the system for each of the fifty packets of a message, though most of them
 * lie in the socket together. It has no way to be given a reader of its own. But a program's own
 * functions come before those of the C library, also for the libraries it loads; so these
 * stand in for accept(), poll(), read() and close(), and what lies in a connection behind the
 * octets that were asked for is fetched with them. That saves a tenth of the CPU that a message
 * takes.
 *
 * Invariants
 * 1. Only descriptors that came from accept() are read ahead of, until close(); for all others,
 *    and for whoever else calls, these do what the C library's do.
 * 2. poll() reports a connection as readable as long as octets of it are held here, and then at
 *    once, without asking after those that nothing is held of. So libmilter, which polls before it
 *    reads and before it leaves a connection to another of its threads, never waits for what is
 *    already there.
 * 3. Without memory nothing is read ahead.
 * 4. Whoever reads or closes a connection does it by these. A libmilter that uses other functions
 *    is found out when this is built (cmake/libraries.cmake), and then this is left out; one that is
 *    put in its place later is not.
 * Thread rule: as for the functions of the C library; a connection is for one thread at a time.
 */
#ifndef GONEAWAY_AHEAD_H
#define GONEAWAY_AHEAD_H

#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* The labels are the names that the linker sees. */
int ahead_accept(int fd, struct sockaddr *address, socklen_t *length) __asm__("accept");
int ahead_poll(struct pollfd *polled, nfds_t count, int timeout_ms) __asm__("poll");
ssize_t ahead_read(int fd, void *to, size_t size) __asm__("read");
int ahead_close(int fd) __asm__("close");
/* What poll and read are called where the compiler checks bounds (_FORTIFY_SOURCE): a library that
 * read by both would else get octets out of order. They end the program where `room` is exceeded.
 */
int ahead_poll_checked(struct pollfd *polled, nfds_t count, int timeout_ms, size_t room) __asm__(
    "__poll_chk");
ssize_t ahead_read_checked(int fd, void *to, size_t size, size_t room) __asm__("__read_chk");

#endif
