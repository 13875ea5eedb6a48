/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * exporter_file - a small file that is replaced as a whole, for node_exporter's textfile
 * collector. Thread rule: one thread at a time for a path.
 */
#ifndef GONEAWAY_EXPORTER_FILE_H
#define GONEAWAY_EXPORTER_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes beside the path, then renames; readable by all. False after logging (at most once a
 * minute) why not; then the old file stands as it was. */
bool exporter_file_write(const char *path, const char *bytes, size_t length);
/* A file that is gone already is fine. */
void exporter_file_remove(const char *path);

#endif
