/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * server - what all connections share: the setup in force, the ledger, and who is at work.
 *
 * Invariants
 * 1. A setup is replaced as a whole under the lock; whoever holds one keeps it to the end of the
 *    message. A file with mistakes changes nothing.
 * 2. The ledger is touched only between server_enter and server_leave, and closed only when
 *    nobody is between them: libmilter returns from its main loop while callbacks still run.
 * 3. The server itself is never freed: a callback may come at any time until the process ends.
 * Thread rule: server_open and server_close by main alone, server_reload and server_tend by one
 * thread between the two; the rest from any thread.
 */
#ifndef GONEAWAY_SERVER_H
#define GONEAWAY_SERVER_H

#include <stdbool.h>

#include "ledger.h"
#include "metrics.h"
#include "setup.h"

struct server;

/* What the configuration may ever do to a message, so that no more is asked of the MTA. */
struct server_wants {
    bool mark;    /* insert and remove header fields */
    bool replace; /* replace bodies */
    bool quarantine;
};

struct server_options {
    const char *path; /* of the configuration */
    unsigned verbose;
};

/* Loads the setup, opens log and ledger. 0, or a sysexits code after logging why not. */
int server_open(const struct server_options *options, struct server **out);
/* Ends the work on the ledger, waiting a bounded time for those who are at it. Returns true when
 * no connection is left and the setup's memory is given back: only then may the process end by
 * exit(). */
bool server_close(struct server *server);

/* Loads the configuration again. True if the new one is in force; otherwise the old one is. */
bool server_reload(struct server *server);

/* To be called every few seconds: brings the ledger's mirror of domains and services up to date
 * where that failed, where the file was replaced under us, or a step of a domain's mode began. */
void server_tend(struct server *server);

/* The setup in force, held for the caller, who gives it back by setup_drop. NULL once the server
 * is closed. */
struct setup *server_setup(struct server *server);
struct server_wants server_wants(struct server *server);

/* Between the two the ledger may be used. False: the daemon is about to end. */
bool server_enter(struct server *server);
void server_leave(struct server *server);
/* NULL outside of server_enter and server_leave is not checked for. */
struct ledger *server_ledger(struct server *server);

/* The counters of all connections, never NULL and never freed. */
struct metrics *server_metrics(struct server *server);
unsigned server_connections(struct server *server);

/* What to do with one more connection. Those just beyond the most that we take hear why mail is put
 * off; further ones are closed at once, so that threads and descriptors are bounded. The most is
 * connections_max, or fewer where the limit of descriptors has no room for them. */
enum server_admission { SERVER_TAKES, SERVER_PUTS_OFF, SERVER_TURNS_AWAY };
/* Counts a connection, whatever comes of it. */
enum server_admission server_admit(struct server *server);
void server_dismiss(struct server *server);

#endif
