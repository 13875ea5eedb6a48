/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * exporter_file - see exporter_file.h.
 *
 * No fsync: after a loss of power a daemon that starts again writes the file anew.
 */
#include "exporter_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define LOG_SECONDS 60
#define FILE_MODE 0644

static const char *way_out(int error)
{
    switch (error) {
    case ENOENT:
        return "make its directory, owned by the user that goneawayd runs as";
    case EACCES:
        return "its directory must belong to the user that goneawayd runs as";
    case EROFS:
        return "name its directory in ReadWritePaths= of the unit (systemctl edit goneawayd)";
    case ENOSPC:
        return "the disk is full";
    default:
        return "see metrics_file";
    }
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t done = write(fd, bytes, length);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        length -= (size_t)done;
    }
    return true;
}

/* What an earlier run left behind is replaced; a link that stands there is not followed. */
static bool write_new(const char *path, const char *bytes, size_t length)
{
    int fd, saved;
    bool done;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return false;
    done = write_all(fd, bytes, length) && fchmod(fd, FILE_MODE) == 0;
    saved = errno;
    close(fd);
    errno = saved;
    return done;
}

bool exporter_file_write(const char *path, const char *bytes, size_t length)
{
    static struct log_limit failing;
    char beside[PATH_MAX];
    int size = snprintf(beside, sizeof(beside), "%s.new", path), saved;

    if (size < 0 || (size_t)size >= sizeof(beside))
        errno = ENAMETOOLONG;
    else if (write_new(beside, bytes, length) && rename(beside, path) == 0)
        return true;
    saved = errno;
    (void)unlink(beside);
    errno = saved;
    log_limited(&failing, LOG_SECONDS, "cannot write %s: %m: %s", path, way_out(saved));
    return false;
}

void exporter_file_remove(const char *path)
{
    (void)unlink(path);
}
