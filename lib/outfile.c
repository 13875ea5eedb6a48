/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"

#define TRIES 8

/* Writes the sentence; returns the code for it. */
static int refuse(char **why, const char *name, const char *what, int error)
{
    if (asprintf(why, "%s: %s%s%s", name, what, error != 0 ? ": " : "",
            error != 0 ? strerror(error) : "") < 0)
        *why = NULL;
    return *why != NULL ? ERR_SYSTEM : ERR_NOMEM;
}

/* What stands at the name may be a regular file or nothing. */
static int examine(const struct outfile *file, char **why)
{
    struct stat found;

    if (fstatat(file->directory, file->name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : refuse(why, file->path, "cannot be written", errno);
    if (S_ISLNK(found.st_mode))
        return refuse(why, file->path, "is a symbolic link: name the file itself", 0);
    if (S_ISDIR(found.st_mode))
        return refuse(why, file->path, "is a directory: name a file in it", 0);
    if (!S_ISREG(found.st_mode))
        return refuse(
            why, file->path, "is no regular file: name another, or - for standard output", 0);
    return 0;
}

static int split(struct outfile *file, const char *path, char **why)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL   ? strdup(".")
                      : slash == path ? strdup("/")
                                      : strndup(path, (size_t)(slash - path));
    int r = 0;

    file->path = strdup(path);
    if (file->path != NULL)
        file->name = file->path + (slash != NULL ? slash + 1 - path : 0);
    if (directory == NULL || file->path == NULL)
        r = ERR_NOMEM;
    else if (file->name[0] == '\0' || strcmp(file->name, ".") == 0 || strcmp(file->name, "..") == 0)
        r = refuse(why, path, "is a directory: name a file in it", 0);
    else if ((file->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        r = refuse(why, path, "its directory cannot be opened", errno);
    free(directory);
    return r;
}

/* A name that nobody can guess, so that nobody can have put something there. */
static int make_temporary(struct outfile *file, char **why)
{
    int fd = -1;

    for (int i = 0; fd < 0 && i < TRIES; i++) {
        uint64_t random;

        free(file->temporary);
        file->temporary = NULL;
        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random) ||
            asprintf(&file->temporary, ".goneaway-%016llx", (unsigned long long)random) < 0) {
            file->temporary = NULL;
            return ERR_NOMEM;
        }
        fd = openat(file->directory, file->temporary,
            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        free(file->temporary);
        file->temporary = NULL;
        return refuse(why, file->path, "no file can be made in its directory", errno);
    }
    file->stream = fdopen(fd, "w");
    if (file->stream == NULL)
        close(fd);
    return file->stream != NULL ? 0 : ERR_NOMEM;
}

int outfile_open(struct outfile *file, const char *path, char **why)
{
    int r;

    *file = (struct outfile){.directory = -1};
    *why = NULL;
    r = split(file, path, why);
    if (r == 0)
        r = examine(file, why);
    if (r == 0)
        r = make_temporary(file, why);
    if (r != 0)
        outfile_discard(file);
    return r;
}

int outfile_commit(struct outfile *file, char **why)
{
    bool written =
        fflush(file->stream) == 0 && !ferror(file->stream) && fsync(fileno(file->stream)) == 0;
    int r = 0;

    *why = NULL;
    if (!written)
        r = refuse(why, file->path, "cannot be written", errno);
    if (r == 0)
        r = examine(file, why);
    if (r == 0 && renameat(file->directory, file->temporary, file->directory, file->name) != 0)
        r = refuse(why, file->path, "cannot be put in its place", errno);
    if (r == 0) {
        fsync(file->directory);
        free(file->temporary);
        file->temporary = NULL;
    }
    outfile_discard(file);
    return r;
}

void outfile_discard(struct outfile *file)
{
    if (file->stream != NULL)
        fclose(file->stream);
    if (file->temporary != NULL) {
        unlinkat(file->directory, file->temporary, 0);
        free(file->temporary);
    }
    if (file->path != NULL && file->directory >= 0)
        close(file->directory);
    free(file->path);
    *file = (struct outfile){.directory = -1};
}
