/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * ledger_file - the database as a file: made with the right modes, in a directory that only we
 * can write, and recognised when it is replaced. Thread rule: pure but for the file system.
 */
#ifndef GONEAWAY_LEDGER_FILE_H
#define GONEAWAY_LEDGER_FILE_H

#include <stdbool.h>
#include <sys/types.h>

/* Which file it is. */
struct ledger_file {
    dev_t device;
    ino_t inode;
};

/* Makes the directory (0750, where its parent exists) and the file (0640) where they are missing.
 * Refuses a directory that others can write and what is no regular file. On error *why is a
 * sentence for the caller to free. 0, ERR_SYSTEM, ERR_NOMEM. */
int ledger_file_prepare(const char *path, char **why);
/* Takes the database for this process alone, as far as others ask too: by a lock on the file beside
 * it whose name ends in -lock, which goes with the process. *file is what holds it, to be closed.
 * Where another process has it *why names that one. 0, ERR_LEDGER, ERR_SYSTEM. */
int ledger_file_lock(const char *path, int *file, char **why);
/* Writes the sentence, in place of an earlier one; returns the code. */
int ledger_file_refuse(int code, char **why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What an administrator can do about an error of the system with the database; NULL where there is
 * nothing to say beyond its text. Static. */
const char *ledger_file_advice(int system);
/* Does the file system of the path come to its end? false also where nobody knows. */
bool ledger_file_short_of_room(const char *path);
/* Which file stands at the path; false where there is none. */
bool ledger_file_identify(const char *path, struct ledger_file *out);
bool ledger_file_same(const struct ledger_file *one, const struct ledger_file *other);
/* Is another file, or none, at the path now? */
bool ledger_file_replaced(const char *path, const struct ledger_file *known);
/* The size of the file whose name is path and suffix; -1 where there is none. */
off_t ledger_file_beside(const char *path, const char *suffix);

#endif
