/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * `goneaway catalogue import`: makes a file of services out of what two open catalogues say. It
 * is put in place whole or not at all, and only where no file stands that others have written.
 */
#include "catalogue_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "err.h"
#include "tool.h"
#include "usage.h"

#define FILE_MODE 0644
/* what a file of the catalogue may have */
#define SERVICES_MAX ((size_t)16 << 20)

static const char usage[] =
    "usage: goneaway catalogue import [-c FILE] [-o FILE] JSON…\n"
    "Prints a services file with those services that the catalogue does not have yet.\n"
    "\n"
    "options:\n"
    "  -c FILE     the configuration; without it " TOOL_CONFIG "\n"
    "  -o FILE     write the services there instead of printing them; a file that an earlier "
    "import\n"
    "              wrote is replaced, any other is left alone\n"
    "  -h, --help  print this\n"
    "  JSON        files of JustDeleteMe (sites.json) or datenanfragen.de (companies/*.json)\n"
    "example: goneaway catalogue import -o imported.conf sites.json companies/*.json\n";

/* What an import works with. */
struct work {
    const struct setup *setup;
    const char *out; /* NULL: standard output */
    struct arena *arena;
    const char **paths; /* of the catalogue, without out; room for one more */
    size_t path_count;
    struct catalogue *known;
    struct catalogue_import *import;
    struct buf text;
};

static int say(int code, const char *path, const char *what)
{
    fprintf(stderr, "goneaway catalogue import: %s: %s\n", path, what);
    return code;
}

static int no_memory(void)
{
    return say(EX_OSERR, "no result", err_text(ERR_NOMEM));
}

/* ---- what is known ---- */

static bool is_same_file(const char *one, const char *other)
{
    struct stat a, b;

    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* What an earlier import wrote is not known: it is to be written anew. */
static int find_paths(struct work *work)
{
    const char *const *paths;
    size_t count;

    if (setup_services(work->setup->config, work->arena, &paths, &count) != 0)
        return no_memory();
    work->paths = arena_array(work->arena, count + 1, sizeof(*work->paths));
    if (work->paths == NULL)
        return no_memory();
    for (size_t i = 0; i < count; i++)
        if (work->out == NULL || !is_same_file(paths[i], work->out))
            work->paths[work->path_count++] = paths[i];
    return EX_OK;
}

static int load(const char *const *paths, size_t count, struct catalogue **out)
{
    struct mistakes mistakes = {0};
    int r = catalogue_load(paths, count, &mistakes, out);

    mistakes_print(&mistakes, stderr);
    mistakes_clear(&mistakes);
    return r == 0 ? EX_OK : r == ERR_NOMEM ? no_memory() : EX_CONFIG;
}

/* ---- the files that are read ---- */

static int read_all(FILE *in, struct buf *text)
{
    char piece[65536];
    size_t length;

    while ((length = fread(piece, 1, sizeof(piece), in)) > 0)
        buf_add(text, piece, length);
    return ferror(in) ? ERR_SYSTEM : buf_failed(text);
}

static int read_file(const char *path, struct buf *text)
{
    FILE *in = fopen(path, "re");
    int r = in == NULL ? ERR_SYSTEM : read_all(in, text);

    if (r == ERR_SYSTEM)
        say(EX_NOINPUT, path, strerror(errno));
    else if (r != 0)
        say(EX_DATAERR, path, err_text(r));
    if (in != NULL)
        fclose(in);
    return r == 0 ? EX_OK : r == ERR_SYSTEM ? EX_NOINPUT : r == ERR_NOMEM ? EX_OSERR : EX_DATAERR;
}

static int take_file(struct work *work, const char *path)
{
    struct json_read_mistake mistake;
    struct buf text;
    int code, r;

    buf_init(&text, JSON_READ_OCTETS_MAX);
    code = read_file(path, &text);
    if (code == EX_OK) {
        r = catalogue_import_add(work->import, buf_text(&text), text.length, &mistake);
        if (r == ERR_NOMEM)
            code = no_memory();
        else if (r != 0) {
            fprintf(stderr, "%s:%zu: %s\n", path, mistake.line, mistake.why);
            code = EX_DATAERR;
        }
    }
    buf_free(&text);
    return code;
}

/* ---- the file that is written ---- */

/* May it be replaced? */
static int check_target(const char *path)
{
    char start[sizeof(CATALOGUE_IMPORT_MARK)] = "";
    FILE *in = fopen(path, "re");
    size_t length;

    if (in == NULL)
        return errno == ENOENT ? EX_OK : say(EX_CANTCREAT, path, strerror(errno));
    length = fread(start, 1, sizeof(start) - 1, in);
    fclose(in);
    if (length == 0 || strcmp(start, CATALOGUE_IMPORT_MARK) == 0)
        return EX_OK;
    return say(EX_CANTCREAT, path, "was not written by an import and is left alone; name another");
}

/* Everything, durably, and readable for the daemon. */
static bool write_all(int fd, const struct buf *text)
{
    const char *p = buf_text(text);
    size_t left = text->length;

    while (left > 0) {
        ssize_t written = write(fd, p, left);

        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            p += written;
            left -= (size_t)written;
        }
    }
    return fchmod(fd, FILE_MODE) == 0 && fsync(fd) == 0;
}

/* A name that lasts needs its directory written, too. */
static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    int fd = directory == NULL ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(directory);
}

/* Would the daemon take it? Better no file than one with which it does not start. */
static int try_file(struct work *work, const char *path)
{
    struct catalogue *all = NULL;
    int code;

    work->paths[work->path_count] = path;
    code = load(work->paths, work->path_count + 1, &all);
    catalogue_free(&all);
    return code == EX_CONFIG ? say(EX_SOFTWARE, work->out, "would not load and is not written")
                             : code;
}

static int write_file(struct work *work)
{
    char *path = arena_printf(work->arena, "%s.XXXXXX", work->out);
    int fd = path == NULL ? -1 : mkostemp(path, O_CLOEXEC);
    bool written;
    int code;

    if (path == NULL)
        return no_memory();
    if (fd < 0)
        return say(EX_CANTCREAT, work->out, strerror(errno));
    written = write_all(fd, &work->text);
    code = written ? EX_OK : say(EX_IOERR, work->out, strerror(errno));
    close(fd);
    if (code == EX_OK)
        code = try_file(work, path);
    if (code == EX_OK && rename(path, work->out) != 0)
        code = say(EX_CANTCREAT, work->out, strerror(errno));
    if (code == EX_OK)
        sync_directory(work->out);
    else
        unlink(path);
    return code;
}

static int print_text(const struct buf *text)
{
    if (fwrite(buf_text(text), 1, text->length, stdout) == text->length && fflush(stdout) == 0)
        return EX_OK;
    return say(EX_IOERR, "standard output", strerror(errno));
}

static int write_services(struct work *work)
{
    struct catalogue_import_counts counts;
    int r = catalogue_import_write(work->import, &work->text, &counts);
    int code;

    if (r == ERR_NOMEM)
        return no_memory();
    if (buf_failed(&work->text) != 0)
        return say(EX_DATAERR, "no result", "there are more services than a file may hold");
    code = work->out == NULL ? print_text(&work->text) : write_file(work);
    if (code == EX_OK)
        fprintf(stderr,
            "records: %zu; new services: %zu; records of services that the catalogue has already: "
            "%zu; records without a domain of a service: %zu\n",
            counts.records, counts.services, counts.known, counts.unusable);
    return code;
}

/* ---- the command ---- */

static int import_files(struct work *work, char *const *files)
{
    int code = find_paths(work);

    if (code == EX_OK && work->out != NULL)
        code = check_target(work->out);
    if (code == EX_OK)
        code = load(work->paths, work->path_count, &work->known);
    if (code == EX_OK &&
        catalogue_import_open(work->known, work->setup->kind_rules, &work->import) != 0)
        code = no_memory();
    for (; code == EX_OK && *files != NULL; files++)
        code = take_file(work, *files);
    return code == EX_OK ? write_services(work) : code;
}

static int import_with(const char *config, const char *out, char *const *files)
{
    struct setup *setup = NULL;
    struct work work = {.out = out};
    int code = tool_setup(config, false, &setup);

    if (code != EX_OK)
        return code;
    work.setup = setup;
    work.arena = arena_new(0);
    buf_init(&work.text, SERVICES_MAX);
    code = work.arena == NULL ? no_memory() : import_files(&work, files);
    buf_free(&work.text);
    catalogue_import_close(&work.import);
    catalogue_free(&work.known);
    arena_free(&work.arena);
    setup_drop(&setup);
    return code;
}

static bool asks_for_help(int argc, char **argv)
{
    return argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

int catalogue_main(int argc, char **argv)
{
    const char *config = NULL, *out = NULL;
    int option;

    if (asks_for_help(argc, argv) || (argc > 1 && asks_for_help(argc - 1, argv + 1))) {
        return usage_print(stdout, usage);
    }
    if (argc < 2 || strcmp(argv[1], "import") != 0)
        return usage_wrong("catalogue", "the word import must follow", usage);
    while ((option = getopt(argc - 1, argv + 1, "c:o:")) != -1) {
        if (option == 'c')
            config = optarg;
        else if (option == 'o')
            out = optarg;
        else {
            return usage_print(stderr, usage);
        }
    }
    if (optind == argc - 1)
        return usage_wrong("catalogue import", "no file is named", usage);
    return import_with(config, out, argv + 1 + optind);
}
