/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * outfile: whole or not at all, mode 0600, never through a link or into what is no file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "outfile.h"

struct place {
    char directory[64];
    char path[128];
};

static int make(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    assert_non_null(place);
    strcpy(place->directory, "/tmp/goneaway-outfile-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof(place->path), "%s/page.html", place->directory);
    *state = place;
    return 0;
}

/* How many entries there are; removes them with the directory where asked. */
static size_t entries(struct place *place, bool remove_all)
{
    DIR *directory = opendir(place->directory);
    struct dirent *entry;
    char name[512];
    size_t count = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL) {
        snprintf(name, sizeof(name), "%s/%s", place->directory, entry->d_name);
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
        if (remove_all && entry->d_name[0] != '.' && unlink(name) != 0)
            rmdir(name);
    }
    closedir(directory);
    return count;
}

static int drop(void **state)
{
    struct place *place = *state;

    entries(place, true);
    rmdir(place->directory);
    free(place);
    return 0;
}

static void assert_holds(const char *path, const char *wanted)
{
    char text[64] = "";
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    assert_true(fread(text, 1, sizeof(text) - 1, file) == strlen(wanted));
    fclose(file);
    assert_string_equal(text, wanted);
}

static void write_page(const char *path, const char *text)
{
    struct outfile file;
    char *why = NULL;

    assert_int_equal(outfile_open(&file, path, &why), 0);
    fputs(text, file.stream);
    assert_int_equal(outfile_commit(&file, &why), 0);
    assert_null(why);
    outfile_discard(&file);
}

static void test_new_and_replaced(void **state)
{
    struct place *place = *state;
    struct stat found;

    umask(0);
    write_page(place->path, "one");
    assert_holds(place->path, "one");
    assert_int_equal(stat(place->path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(chmod(place->path, 0644), 0);
    write_page(place->path, "two");
    assert_holds(place->path, "two");
    assert_int_equal(stat(place->path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(entries(place, false), 1);
}

static void test_discarded(void **state)
{
    struct place *place = *state;
    struct outfile file = {0};
    char *why = NULL;

    outfile_discard(&file);
    write_page(place->path, "one");
    assert_int_equal(outfile_open(&file, place->path, &why), 0);
    fputs("half", file.stream);
    fflush(file.stream);
    assert_holds(place->path, "one");
    outfile_discard(&file);
    assert_holds(place->path, "one");
    assert_int_equal(entries(place, false), 1);
}

static void refused(const char *path, const char *wanted)
{
    struct outfile file;
    char *why = NULL;

    assert_int_equal(outfile_open(&file, path, &why), ERR_SYSTEM);
    assert_non_null(why);
    if (strstr(why, wanted) == NULL || strncmp(why, path, strlen(path)) != 0)
        fail_msg("%s: %s", path, why);
    free(why);
}

static void test_refused(void **state)
{
    struct place *place = *state;
    char other[160];

    refused(place->directory, "is a directory");
    refused("/", "is a directory");
    refused("", "is a directory");
    refused("..", "is a directory");
    refused("/dev/null", "is no regular file");
    refused("/nonexistent/page.html", "its directory cannot be opened");
    snprintf(other, sizeof(other), "%s/", place->directory);
    refused(other, "is a directory");
    snprintf(other, sizeof(other), "%s/target", place->directory);
    write_page(other, "kept");
    assert_int_equal(symlink(other, place->path), 0);
    refused(place->path, "is a symbolic link");
    assert_holds(other, "kept");
    unlink(place->path);
    assert_int_equal(symlink("/nonexistent/x", place->path), 0);
    refused(place->path, "is a symbolic link");
    unlink(place->path);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    refused(place->path, "is no regular file");
    assert_int_equal(entries(place, false), 2);
}

/* Somebody puts a link there while we write. */
static void test_a_link_comes_between(void **state)
{
    struct place *place = *state;
    struct outfile file;
    char *why = NULL;

    assert_int_equal(outfile_open(&file, place->path, &why), 0);
    assert_int_equal(symlink("/nonexistent/x", place->path), 0);
    assert_int_equal(outfile_commit(&file, &why), ERR_SYSTEM);
    assert_non_null(strstr(why, "is a symbolic link"));
    free(why);
    assert_int_equal(entries(place, false), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_and_replaced, make, drop),
        cmocka_unit_test_setup_teardown(test_discarded, make, drop),
        cmocka_unit_test_setup_teardown(test_refused, make, drop),
        cmocka_unit_test_setup_teardown(test_a_link_comes_between, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
