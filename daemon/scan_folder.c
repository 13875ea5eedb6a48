/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Mails out of files and folders, into the queue.
 *
 * A file is an mbox where it begins with "From ", else one mail. A folder is a Maildir where it
 * has cur and new, whose files are one mail each whatever they begin with; of other folders the
 * files *.eml (one mail) and *.mbox are read. Folders in folders are read, too, but for those whose
 * name says that they hold no incoming mail, and tmp. Symbolic links to folders are not followed.
 * Files are read in the order in which the system lists them: the result does not depend on it.
 */
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "date.h"
#include "err.h"
#include "mbox.h"

#define DEPTH_MAX 40
#define PATH_ROOM ((size_t)4096)
#define PAUSE_MS 200

/* What a walk does with each file. */
typedef void visit(struct scan *scan, const char *path, int64_t date, bool single);

/* A file that is being read, for mbox.c. */
struct source {
    struct scan *scan;
    int fd;
    bool regular;
};

/* Files that would have to be unpacked first. */
static const struct {
    const char *magic;
    size_t length;
    const char *advice;
} packed[] = {
    {"\x1f\x8b", 2, "is compressed: zcat FILE | goneaway scan -"},
    {"BZh", 3, "is compressed: bzcat FILE | goneaway scan -"},
    {"\xfd"
     "7zXZ",
        5, "is compressed: xzcat FILE | goneaway scan -"},
    {"\x28\xb5\x2f\xfd", 4, "is compressed: zstdcat FILE | goneaway scan -"},
    {"PK\x03\x04", 4, "is a zip archive: unzip -p FILE '*.mbox' | goneaway scan -"},
};

static bool is_over(const struct scan *scan)
{
    return atomic_load(&scan->stopped) || atomic_load(&scan->broken) != NULL;
}

/* Waits until a pipe or a terminal has something; false once nothing is to be read any more. What
 * came before it paused is judged meanwhile. */
static bool wait_for(const struct source *source)
{
    struct pollfd event = {.fd = source->fd, .events = POLLIN};

    while (!source->regular && !is_over(source->scan) && poll(&event, 1, PAUSE_MS) == 0)
        scan_queue_flush(source->scan->queue);
    return !is_over(source->scan);
}

static ssize_t read_source(void *cookie, void *bytes, size_t room)
{
    struct source *source = cookie;
    ssize_t got;

    if (!wait_for(source))
        return 0;
    got = read(source->fd, bytes, room);
    if (got > 0)
        scan_report_read(source->scan->report, (uint64_t)got);
    return got;
}

static struct scan_item *item_new(const char *path, struct mbox_mail *mail)
{
    size_t length = strlen(path) + 1;
    struct scan_item *item = calloc(1, sizeof(*item) + length);

    if (item == NULL)
        return NULL;
    memcpy(item->file, path, length);
    item->bytes = mail->bytes;
    item->length = mail->length;
    item->offset = mail->offset;
    item->date = mail->date;
    item->quoted = mail->boxed && mail->signs;
    item->cut = mail->cut;
    mail->bytes = NULL;
    return item;
}

/* Why the file cannot be read as it is, or NULL. */
static const char *is_packed(const struct mbox_mail *mail)
{
    for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
        if (mail->length >= packed[i].length &&
            memcmp(mail->bytes, packed[i].magic, packed[i].length) == 0)
            return packed[i].advice;
    return NULL;
}

/* Puts a mail into the queue; false where no more are to come. */
static bool put(
    struct scan *scan, const char *path, struct mbox_mail *mail, const struct stat *file)
{
    const char *why = mail->offset == 0 && !mail->boxed ? is_packed(mail) : NULL;
    struct scan_item *item;

    if (why != NULL) {
        scan_report_error(scan->report, path, 0, why);
        free(mail->bytes);
        return false;
    }
    item = item_new(path, mail);
    if (item == NULL) {
        scan_report_error(scan->report, path, mail->offset, err_text(ERR_NOMEM));
        free(mail->bytes);
        return false;
    }
    item->changed = S_ISREG(file->st_mode) ? (int64_t)file->st_mtime : DATE_NONE;
    return scan_queue_put(scan->queue, item);
}

static void read_open(struct scan *scan, const char *path, int fd, int64_t date, bool single)
{
    struct source source = {.scan = scan, .fd = fd};
    struct mbox *mbox = NULL;
    struct mbox_mail mail = {0};
    struct stat file = {0};
    int r = mbox_open(read_source, &source, scan->most, &mbox);

    if (r == 0 && fstat(fd, &file) != 0)
        r = ERR_SYSTEM;
    source.regular = S_ISREG(file.st_mode);
    if (r == 0 && single)
        mbox_single(mbox);
    while (r == 0 && (r = mbox_next(mbox, &mail)) == 1) {
        if (mail.date == DATE_NONE)
            mail.date = date;
        r = put(scan, path, &mail, &file) ? 0 : 1;
    }
    if (r < 0)
        scan_report_error(
            scan->report, path, mail.offset, r == ERR_SYSTEM ? strerror(errno) : err_text(r));
    mbox_close(&mbox);
}

static void read_file(struct scan *scan, const char *path, int64_t date, bool single)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT && single) {
        scan_report_gone(scan->report);
        return;
    }
    if (fd < 0) {
        scan_report_error(scan->report, path, 0, strerror(errno));
        return;
    }
    read_open(scan, path, fd, date, single);
    close(fd);
}

static void count_file(struct scan *scan, const char *path, int64_t date, bool single)
{
    struct stat file;

    (void)date;
    (void)single;
    if (stat(path, &file) == 0 && file.st_size > 0)
        scan_report_total(scan->report, (uint64_t)file.st_size);
}

/* ---- folders ---- */

struct walk {
    struct scan *scan;
    visit *visit;
    char path[PATH_ROOM];
    int depth;
};

/* When a mail was delivered into a Maildir: its name begins with the seconds. */
static int64_t name_date(const char *name)
{
    char *end;
    long long seconds = strtoll(name, &end, 10);

    return *end == '.' && seconds > 100000000 && seconds < 100000000000 ? (int64_t)seconds
                                                                        : DATE_NONE;
}

/* A draft, by its flags behind ":2,". */
static bool is_draft(const char *name)
{
    const char *flags = strstr(name, ":2,");

    return flags != NULL && strchr(flags + 3, 'D') != NULL;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);

    return length > tail && strcasecmp(name + length - tail, end) == 0;
}

/* Does the name of a folder say that it holds no incoming mail? ".Archive.Sent" ends in "Sent". */
static bool is_skipped(const struct scan *scan, const char *name)
{
    const char *last = strrchr(name, '.');
    const char *end = name + strlen(name);

    if (ends_with(name, ".mbox")) {
        end -= strlen(".mbox");
        last = memrchr(name, '.', (size_t)(end - name));
    }
    if (last != NULL && last < end && last[1] != '\0')
        name = last + 1;
    return scan_judge_is_skipped(scan->setup, name, (size_t)(end - name));
}

static void walk_folder(struct walk *walk);

/* Appends a name to the path; its former length, or 0 where there is no room. */
static size_t enter(struct walk *walk, const char *name)
{
    size_t length = strlen(walk->path);

    if (length + strlen(name) + 2 > PATH_ROOM) {
        scan_report_error(walk->scan->report, walk->path, 0, "holds a path that is too long");
        return 0;
    }
    snprintf(walk->path + length, PATH_ROOM - length, "/%s", name);
    return length;
}

/* Looks at what stands at the path, at what a link leads to where `follow` says so. A Maildir is
 * moved about in while it is read: what is gone now comes with the next scan. A link may lead
 * nowhere, or in circles. */
static bool look(const struct walk *walk, bool follow, struct stat *file)
{
    if ((follow ? stat : lstat)(walk->path, file) == 0)
        return true;
    if (walk->visit != read_file)
        return false;
    if (errno == ENOENT && lstat(walk->path, file) != 0)
        scan_report_gone(walk->scan->report);
    else if (errno != ENOENT && errno != ELOOP)
        scan_report_error(walk->scan->report, walk->path, 0, strerror(errno));
    return false;
}

/* The next name; NULL at the end, which an error must not look like. */
static const char *next_name(const struct walk *walk, DIR *folder)
{
    const struct dirent *entry;

    if (is_over(walk->scan))
        return NULL;
    errno = 0;
    entry = readdir(folder);
    if (entry == NULL && errno != 0 && walk->visit == read_file)
        scan_report_error(walk->scan->report, walk->path, 0, strerror(errno));
    return entry == NULL ? NULL : entry->d_name;
}

/* NULL, and an error is told, where it cannot be read. */
static DIR *open_folder(const struct walk *walk)
{
    DIR *folder = walk->depth < DEPTH_MAX ? opendir(walk->path) : NULL;

    if (folder == NULL && walk->visit == read_file)
        scan_report_error(walk->scan->report, walk->path, 0,
            walk->depth < DEPTH_MAX ? strerror(errno) : "has too many folders in one another");
    return folder;
}

/* The files of cur or new: one mail each. A file is what ends, also behind a link: a pipe would
 * keep us waiting, a device has no end. */
static void walk_mails(struct walk *walk)
{
    DIR *folder = open_folder(walk);
    const char *name;
    struct stat file;
    size_t length;

    if (folder == NULL)
        return;
    while ((name = next_name(walk, folder)) != NULL) {
        if (name[0] == '.' || is_draft(name) || (length = enter(walk, name)) == 0)
            continue;
        if (look(walk, true, &file) && S_ISREG(file.st_mode))
            walk->visit(walk->scan, walk->path, name_date(name), true);
        walk->path[length] = '\0';
    }
    closedir(folder);
}

static void walk_entry(struct walk *walk, const char *name, bool maildir)
{
    struct stat file;

    if (!look(walk, false, &file))
        return;
    if (S_ISLNK(file.st_mode) && (!look(walk, true, &file) || S_ISDIR(file.st_mode)))
        return;
    if (S_ISDIR(file.st_mode)) {
        if (maildir && (strcmp(name, "cur") == 0 || strcmp(name, "new") == 0))
            walk_mails(walk);
        else if (!(maildir && strcmp(name, "tmp") == 0) && !is_skipped(walk->scan, name))
            walk_folder(walk);
    } else if (!S_ISREG(file.st_mode) || maildir) {
        return; /* what a mail program keeps beside its mails */
    } else if (ends_with(name, ".eml")) {
        walk->visit(walk->scan, walk->path, DATE_NONE, true);
    } else if (ends_with(name, ".mbox")) {
        if (!is_skipped(walk->scan, name))
            walk->visit(walk->scan, walk->path, DATE_NONE, false);
    } else if (walk->visit == read_file) {
        scan_report_left_out(walk->scan->report);
    }
}

static bool has_folder(const char *path, const char *name)
{
    char whole[PATH_ROOM + 8];
    struct stat file;

    snprintf(whole, sizeof(whole), "%s/%s", path, name);
    return stat(whole, &file) == 0 && S_ISDIR(file.st_mode);
}

static void walk_folder(struct walk *walk)
{
    bool maildir = has_folder(walk->path, "cur") && has_folder(walk->path, "new");
    DIR *folder = open_folder(walk);
    const char *name;
    size_t length;

    if (folder == NULL)
        return;
    walk->depth++;
    while ((name = next_name(walk, folder)) != NULL) {
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (length = enter(walk, name)) == 0)
            continue;
        walk_entry(walk, name, maildir);
        walk->path[length] = '\0';
    }
    walk->depth--;
    closedir(folder);
}

/* ---- what the command line names ---- */

static void read_path(struct scan *scan, const char *path, visit *what)
{
    struct walk walk = {.scan = scan, .visit = what};
    size_t length = strlen(path);
    struct stat file;

    if (strcmp(path, "-") == 0) {
        if (what == read_file)
            read_open(scan, "standard input", STDIN_FILENO, DATE_NONE, false);
        return;
    }
    if (length >= PATH_ROOM || stat(path, &file) != 0) {
        if (what == read_file) {
            scan_report_error(
                scan->report, path, 0, length >= PATH_ROOM ? "is too long" : strerror(errno));
            atomic_store(&scan->missing, true);
        }
        return;
    }
    if (!S_ISDIR(file.st_mode)) {
        what(scan, path, DATE_NONE, false);
        return;
    }
    while (length > 1 && path[length - 1] == '/')
        length--;
    memcpy(walk.path, path, length);
    walk_folder(&walk);
}

void scan_folder_read(struct scan *scan)
{
    if (scan_report_wants_total(scan->report))
        for (char **path = scan->paths; *path != NULL; path++)
            read_path(scan, *path, count_file);
    for (char **path = scan->paths; *path != NULL && !is_over(scan); path++)
        read_path(scan, *path, read_file);
    scan_queue_flush(scan->queue);
    scan_queue_end(scan->queue);
}
