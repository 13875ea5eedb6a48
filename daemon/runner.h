/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * runner - the user who will run the daemon, as far as root can tell who only tests: the owner of
 * the ledger's directory, which no other user may write, or where there is none yet the user of
 * the unit. While root has become that user, the system itself says what the daemon may read.
 *
 * Thread rule: for a program with one thread.
 */
#ifndef GONEAWAY_RUNNER_H
#define GONEAWAY_RUNNER_H

#include <stdbool.h>
#include <sys/types.h>

struct runner {
    char name[64];
    uid_t user;
    gid_t group;
};

/* False where the one who tests is the one who runs it, or nobody knows who will. */
bool runner_find(const char *database, struct runner *out);
/* Takes that user's rights, and no more; false where the system does not let us. */
bool runner_become(const struct runner *runner);
void runner_return(void);

#endif
