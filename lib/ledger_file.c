/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "err.h"

#define FILE_MODE 0640
#define DIRECTORY_MODE 0750
#define LOCK_MODE 0600
/* Several times what is written between two checkpoints. */
#define ROOM_SHORT ((uint64_t)64 << 20)

int ledger_file_refuse(int code, char **why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    free(*why);
    if (vasprintf(why, format, args) < 0)
        *why = NULL;
    va_end(args);
    return code;
}

const char *ledger_file_advice(int system)
{
    switch (system) {
    case EACCES:
    case EPERM:
        return "let the user that goneaway runs as read and write it and its directory";
    case EROFS:
        return "mount its file system for writing, or name its directory in ReadWritePaths= of the "
               "unit (systemctl edit goneawayd)";
    case ENOSPC:
    case EDQUOT:
        return "free space on its file system";
    default:
        return NULL;
    }
}

/* Refuses for what errno tells. */
static int refuse_system(int code, char **why, const char *path, const char *what)
{
    const char *advice = ledger_file_advice(errno);

    return ledger_file_refuse(code, why, "%s: %s (%s)%s%s", path, what, strerror(errno),
        advice != NULL ? ": " : "", advice != NULL ? advice : "");
}

/* The directory part of path in out. */
static int directory_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);

    if (length >= size)
        return ERR_LIMIT;
    if (slash == NULL)
        return snprintf(out, size, ".") < 0 ? ERR_LIMIT : 0;
    if (length == 0)
        length = 1;
    memcpy(out, path, length);
    out[length] = '\0';
    return 0;
}

static int prepare_directory(const char *directory, char **why)
{
    struct stat status;

    if (mkdir(directory, DIRECTORY_MODE) == 0)
        return 0;
    if (errno != EEXIST)
        return ledger_file_refuse(ERR_SYSTEM, why,
            "%s: the directory of the ledger cannot be made (%s): make it, owned by "
            "the user that goneaway runs as, with mode 0750",
            directory, strerror(errno));
    if (stat(directory, &status) != 0)
        return ledger_file_refuse(ERR_SYSTEM, why, "%s: %s", directory, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return ledger_file_refuse(
            ERR_SYSTEM, why, "%s: is no directory: name another place in `database`", directory);
    if ((status.st_mode & S_IWOTH) != 0)
        return ledger_file_refuse(ERR_SYSTEM, why,
            "%s: everybody can write in this directory, so the ledger is not safe in "
            "it: chmod o-w, or name another place in `database`",
            directory);
    return 0;
}

/* Without opening it: closing it again would take the locks away that SQLite holds on it. */
static int prepare_file(const char *path, char **why)
{
    struct stat status;
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);

    if (file >= 0) {
        /* the umask may have taken the group's right away */
        int failed = fchmod(file, FILE_MODE);
        int saved = errno;

        close(file);
        return failed == 0 ? 0
                           : ledger_file_refuse(ERR_SYSTEM, why, "%s: %s", path, strerror(saved));
    }
    if (errno != EEXIST)
        return refuse_system(ERR_SYSTEM, why, path, "the ledger cannot be made");
    if (stat(path, &status) != 0)
        return ledger_file_refuse(ERR_SYSTEM, why, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return ledger_file_refuse(
            ERR_SYSTEM, why, "%s: is no regular file: name another one in `database`", path);
    return access(path, R_OK | W_OK) == 0
               ? 0
               : refuse_system(ERR_LEDGER, why, path, "cannot be written");
}

int ledger_file_prepare(const char *path, char **why)
{
    char directory[PATH_MAX];
    int r;

    *why = NULL;
    if (directory_of(path, directory, sizeof(directory)) != 0)
        return ledger_file_refuse(ERR_SYSTEM, why, "the path of the ledger is too long");
    r = prepare_directory(directory, why);
    if (r == 0)
        r = prepare_file(path, why);
    /* for the files beside it */
    if (r == 0 && access(directory, W_OK | X_OK) != 0)
        r = refuse_system(ERR_LEDGER, why, directory, "cannot be written");
    return r;
}

/* Who has it, as that process wrote it there; 0: it did not, or not yet. */
static long read_owner(int file)
{
    char text[32] = "";

    return pread(file, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static int refuse_second(const char *path, int file, char **why)
{
    long owner = read_owner(file);
    char process[48] = "";

    if (owner > 0)
        snprintf(process, sizeof(process), " (process %ld)", owner);
    return ledger_file_refuse(ERR_LEDGER, why,
        "%s: another goneawayd%s works with this ledger: stop that one, or name another file in "
        "`database`",
        path, process);
}

int ledger_file_lock(const char *path, int *file, char **why)
{
    char name[PATH_MAX];
    int length = snprintf(name, sizeof(name), "%s-lock", path);
    int r = 0;

    *file = -1;
    if (length < 0 || (size_t)length >= sizeof(name))
        return ledger_file_refuse(ERR_SYSTEM, why, "the path of the ledger is too long");
    *file = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, LOCK_MODE);
    if (*file < 0)
        return refuse_system(ERR_SYSTEM, why, name, "cannot be opened");
    if (flock(*file, LOCK_EX | LOCK_NB) != 0)
        r = errno == EWOULDBLOCK ? refuse_second(path, *file, why)
                                 : refuse_system(ERR_SYSTEM, why, name, "cannot be locked");
    else if (ftruncate(*file, 0) == 0) /* that is only to be told; the lock is what counts */
        dprintf(*file, "%ld\n", (long)getpid());
    if (r != 0) {
        close(*file);
        *file = -1;
    }
    return r;
}

bool ledger_file_short_of_room(const char *path)
{
    struct statvfs status;

    return statvfs(path, &status) == 0 &&
           (uint64_t)status.f_bavail * (uint64_t)status.f_frsize < ROOM_SHORT;
}

bool ledger_file_identify(const char *path, struct ledger_file *out)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return false;
    out->device = status.st_dev;
    out->inode = status.st_ino;
    return true;
}

bool ledger_file_same(const struct ledger_file *one, const struct ledger_file *other)
{
    return one->device == other->device && one->inode == other->inode;
}

bool ledger_file_replaced(const char *path, const struct ledger_file *known)
{
    struct ledger_file now;

    return !ledger_file_identify(path, &now) || !ledger_file_same(&now, known);
}

off_t ledger_file_beside(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    struct stat status;
    int length = snprintf(name, sizeof(name), "%s%s", path, suffix);

    if (length <= 0 || (size_t)length >= sizeof(name) || stat(name, &status) != 0)
        return -1;
    return status.st_size;
}
