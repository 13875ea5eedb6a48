/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * outfile - a file that is there as a whole or not at all: written beside its place with mode 0600,
 * synced, then given its name, which may be that of an earlier one.
 *
 * Must never: write through a symbolic link or into what is no regular file; leave half a file
 * under the name, whatever fails. Thread rule: one thread for a file.
 */
#ifndef GONEAWAY_OUTFILE_H
#define GONEAWAY_OUTFILE_H

#include <stdio.h>

struct outfile {
    FILE *stream; /* to write to */
    int directory;
    char *path;       /* as given, for messages */
    const char *name; /* its end */
    char *temporary;
};

/* Begins. On error *why is a sentence for the caller to free(), or NULL without memory. 0,
 * ERR_SYSTEM, ERR_NOMEM. */
int outfile_open(struct outfile *file, const char *path, char **why);
/* Puts it in its place; on error nothing was changed. The file is closed either way. As
 * outfile_open. */
int outfile_commit(struct outfile *file, char **why);
/* Ends without a file; one that was committed, or never opened (all zero), is fine. */
void outfile_discard(struct outfile *file);

#endif
