/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The key file: made whole, never replaced, refused when others could know it.
 */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "err.h"

struct place {
    char directory[64];
    char path[128];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    snprintf(place->directory, sizeof(place->directory), "/tmp/goneaway-key-XXXXXX");
    if (mkdtemp(place->directory) == NULL)
        return -1;
    snprintf(place->path, sizeof(place->path), "%s/key", place->directory);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    remove(place->path);
    if (rmdir(place->directory) != 0)
        return -1; /* something was left behind */
    free(place);
    return 0;
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

/* The 32 octets 0, 1, 2 … */
static void write_known(const char *path)
{
    unsigned char bytes[32];

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    remove(path);
    write_file(path, bytes, sizeof(bytes));
}

static void test_create(void **state)
{
    const struct place *place = *state;
    struct key *key;
    struct key *again;
    struct stat status;
    const char *why;
    unsigned char one[KEY_DIGEST_SIZE];
    unsigned char other[KEY_DIGEST_SIZE];
    mode_t mask = umask(0);

    assert_int_equal(key_load(place->path, true, &key, &why), 0);
    umask(mask);
    assert_null(why);
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 32);
    assert_int_equal(status.st_nlink, 1);
    /* a second start finds the same key */
    assert_int_equal(key_load(place->path, true, &again, &why), 0);
    assert_int_equal(key_digest(key, "p", "x", 1, one), 0);
    assert_int_equal(key_digest(again, "p", "x", 1, other), 0);
    assert_memory_equal(one, other, sizeof(one));
    key_free(&key);
    assert_null(key);
    key_free(&key);
    key_free(&again);
}

static void test_absent(void **state)
{
    const struct place *place = *state;
    struct key *key = (struct key *)1;
    const char *why = NULL;

    errno = 0;
    assert_int_equal(key_load(place->path, false, &key, &why), ERR_SYSTEM);
    assert_int_equal(errno, ENOENT);
    assert_null(key);
    assert_string_equal(why, "there is no key file");
    assert_int_equal(access(place->path, F_OK), -1);
}

static void test_no_directory(void **state)
{
    const struct place *place = *state;
    char path[256];
    char longest[6000];
    struct key *key;
    const char *why;

    snprintf(path, sizeof(path), "%s/missing/key", place->directory);
    assert_int_equal(key_load(path, true, &key, &why), ERR_SYSTEM);
    assert_int_equal(errno, ENOENT);
    assert_non_null(strstr(why, "cannot be made: its directory must be there"));
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(key_load(longest, true, &key, &why), ERR_SYSTEM);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_null(key);
}

static void test_modes(void **state)
{
    static const struct {
        mode_t mode;
        int wanted;
    } cases[] = {
        {0600, 0},
        {0400, 0},
        {0700, 0},
        {0640, ERR_CONFIG},
        {0604, ERR_CONFIG},
        {0620, ERR_CONFIG},
        {0602, ERR_CONFIG},
        {0610, ERR_CONFIG},
        {0666, ERR_CONFIG},
    };
    const struct place *place = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct key *key;
        const char *why;

        write_known(place->path);
        assert_int_equal(chmod(place->path, cases[i].mode), 0);
        assert_int_equal(key_load(place->path, true, &key, &why), cases[i].wanted);
        if (cases[i].wanted != 0)
            assert_non_null(strstr(why, "chmod 600"));
        assert_int_equal(key != NULL, cases[i].wanted == 0);
        key_free(&key);
    }
}

static void test_sizes(void **state)
{
    static const struct {
        const char *name;
        size_t size;
        int octet;
        int wanted;
    } cases[] = {
        {"empty", 0, 'x', ERR_SYNTAX},
        {"one octet", 1, 'x', ERR_SYNTAX},
        {"truncated", 31, 'x', ERR_SYNTAX},
        {"a key", 32, 'x', 0},
        {"one too many", 33, 'x', ERR_SYNTAX},
        {"oversized", 4096, 'x', ERR_SYNTAX},
        {"zeros", 32, 0, ERR_SYNTAX},
    };
    const struct place *place = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *bytes = malloc(cases[i].size + 1);
        struct stat status;
        struct key *key;
        const char *why;
        int rc;

        memset(bytes, cases[i].octet, cases[i].size);
        write_file(place->path, bytes, cases[i].size);
        rc = key_load(place->path, true, &key, &why);
        if (rc != cases[i].wanted)
            fail_msg("%s: %d", cases[i].name, rc);
        assert_int_equal(why != NULL, rc != 0);
        /* what was there is left as it was */
        assert_int_equal(stat(place->path, &status), 0);
        assert_int_equal(status.st_size, cases[i].size);
        key_free(&key);
        free(bytes);
    }
}

static void test_no_file(void **state)
{
    const struct place *place = *state;
    struct key *key;
    const char *why;

    assert_int_equal(mkdir(place->path, 0700), 0);
    assert_int_equal(key_load(place->path, true, &key, &why), ERR_SYNTAX);
    assert_int_equal(rmdir(place->path), 0);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    assert_int_equal(key_load(place->path, true, &key, &why), ERR_SYNTAX);
    assert_string_equal(why, "the key file is no regular file");
}

/* Made with an independent HMAC of purpose, NUL, data under the key 00 01 … 1f. */
static void test_digest(void **state)
{
    static const struct {
        const char *purpose;
        const char *data;
        const char *wanted;
    } cases[] = {
        {"", "", "E711546E3FAAD4C7C4AA756BC26CAD6ABEA8241984A0F6B0839C70CA61C4EF88"},
        {"purpose", "data", "2F78BE185F75BA7111F1B05D5DA361F45EF26A1B909F5E725B9276FBE5F81D12"},
        {"fingerprint", "20 octets of no import",
            "E78B0036DD7E10A4A9AFF734B124B93F44CCB4D8C3AE215D42E2D5B056B0A9A2"},
    };
    const struct place *place = *state;
    struct key *key;
    const char *why;

    write_known(place->path);
    assert_int_equal(key_load(place->path, false, &key, &why), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char digest[KEY_DIGEST_SIZE];
        char text[2 * KEY_DIGEST_SIZE + 1];

        assert_int_equal(
            key_digest(key, cases[i].purpose, cases[i].data, strlen(cases[i].data), digest), 0);
        for (size_t k = 0; k < sizeof(digest); k++)
            snprintf(text + 2 * k, 3, "%02X", digest[k]);
        assert_string_equal(text, cases[i].wanted);
    }
    key_free(&key);
}

/* "ab" + "c" and "a" + "bc" are different things. */
static void test_purposes(void **state)
{
    const struct place *place = *state;
    struct key *key;
    const char *why;
    unsigned char one[KEY_DIGEST_SIZE];
    unsigned char other[KEY_DIGEST_SIZE];

    write_known(place->path);
    assert_int_equal(key_load(place->path, false, &key, &why), 0);
    assert_int_equal(key_digest(key, "ab", "c", 1, one), 0);
    assert_int_equal(key_digest(key, "a", "bc", 2, other), 0);
    assert_memory_not_equal(one, other, sizeof(one));
    assert_int_equal(key_digest(key, "ab", NULL, 0, one), 0);
    assert_int_equal(key_digest(key, "ab", "", 0, other), 0);
    assert_memory_equal(one, other, sizeof(one));
    key_free(&key);
}

struct starter {
    const char *path;
    unsigned char digest[KEY_DIGEST_SIZE];
    int rc;
};

static void *start(void *cookie)
{
    struct starter *starter = cookie;
    struct key *key;
    const char *why;

    starter->rc = key_load(starter->path, true, &key, &why);
    if (starter->rc == 0)
        starter->rc = key_digest(key, "p", "x", 1, starter->digest);
    key_free(&key);
    return NULL;
}

/* However many start at once, all have one key, and nothing else is left behind. */
static void test_race(void **state)
{
    const struct place *place = *state;

    for (int round = 0; round < 20; round++) {
        struct starter starters[8];
        pthread_t threads[8];

        for (size_t i = 0; i < 8; i++) {
            starters[i] = (struct starter){.path = place->path};
            assert_int_equal(pthread_create(&threads[i], NULL, start, &starters[i]), 0);
        }
        for (size_t i = 0; i < 8; i++)
            pthread_join(threads[i], NULL);
        for (size_t i = 0; i < 8; i++) {
            assert_int_equal(starters[i].rc, 0);
            assert_memory_equal(starters[i].digest, starters[0].digest, KEY_DIGEST_SIZE);
        }
        assert_int_equal(unlink(place->path), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_directory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_modes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_digest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_purposes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_race, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
