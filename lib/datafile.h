/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * datafile - opens one of our data files (libconfig syntax) and says all that is wrong with its
 * form: what libconfig finds, and what it lets pass or explains badly (a comma behind the last
 * string, a comma missing between two).
 *
 * Thread rule: one thread for a file.
 */
#ifndef GONEAWAY_DATAFILE_H
#define GONEAWAY_DATAFILE_H

#include <libconfig.h>
#include <stdbool.h>

#include "mistakes.h"

#define DATAFILE_SIZE_MAX ((size_t)16 << 20)

/* A file that is being read, for messages. */
struct datafile {
    const char *path;
    struct mistakes *mistakes;
    config_t config;
};

/* Reads and parses; what is wrong is added to mistakes. 0, ERR_CONFIG (nothing to close) or
 * ERR_NOMEM. The file may hold mistakes and still be opened: the caller compares the count. */
int datafile_open(struct datafile *file, const char *path, struct mistakes *mistakes);
/* The same for text that is in memory; path is only named. */
int datafile_open_text(struct datafile *file, const char *path, const char *text, size_t length,
    struct mistakes *mistakes);
void datafile_close(struct datafile *file);

/* Adds a mistake at the line of a setting, with its name as key. */
void datafile_mistake(const struct datafile *file, const config_setting_t *setting,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A member of a group: NULL where it is missing or, with a mistake added, of another type
 * (CONFIG_TYPE_FLOAT takes whole numbers too). */
config_setting_t *datafile_member(const struct datafile *file, config_setting_t *group,
    const char *name, int type);
/* The same for text and numbers, with what stands for a missing one. */
const char *datafile_text(const struct datafile *file, config_setting_t *group, const char *name,
    const char *missing);
double datafile_number(const struct datafile *file, config_setting_t *group, const char *name,
    double missing);
/* Adds a mistake for every member of group that is not in names (which ends with NULL). */
void datafile_only(const struct datafile *file, config_setting_t *group,
    const char *const *names);

#endif
