/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * runner - see runner.h.
 */
#include "runner.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT_USER "goneaway"

bool runner_find(const char *database, struct runner *out)
{
    const char *slash = strrchr(database, '/');
    char *directory = slash != NULL ? strndup(database, (size_t)(slash - database) + 1) : NULL;
    const struct passwd *user = NULL;
    struct stat status;

    if (geteuid() == 0 && directory != NULL)
        user = stat(directory, &status) == 0 ? getpwuid(status.st_uid) : getpwnam(UNIT_USER);
    free(directory);
    if (user == NULL || user->pw_uid == 0)
        return false;
    snprintf(out->name, sizeof(out->name), "%s", user->pw_name);
    out->user = user->pw_uid;
    out->group = user->pw_gid;
    return true;
}

bool runner_become(const struct runner *runner)
{
    if (initgroups(runner->name, runner->group) == 0 && setegid(runner->group) == 0 &&
        seteuid(runner->user) == 0)
        return true;
    runner_return();
    return false;
}

void runner_return(void)
{
    if (seteuid(0) != 0)
        abort(); /* the real user is root, to whom that is never forbidden */
    (void)!setegid(getgid());
    (void)!setgroups(0, NULL);
}
