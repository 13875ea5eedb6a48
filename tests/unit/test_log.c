/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What log writes to standard error, octet by octet.
 */
#include "log.h"

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
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM 65536

/* Standard error, caught in memory. */
struct catch
{
    int saved;
    int fd;
};

static struct catch catch_begin(void)
{
    struct catch catch = {.saved = dup(STDERR_FILENO), .fd = memfd_create("log", 0)};

    assert_true(catch.saved >= 0 && catch.fd >= 0);
    assert_int_equal(fcntl(catch.fd, F_SETFL, O_APPEND), 0); /* as the journal's stream does */
    assert_true(dup2(catch.fd, STDERR_FILENO) >= 0);
    return catch;
}

/* What was written since catch_begin; to be freed. */
static char *catch_end(struct catch *catch)
{
    char *text = calloc(1, ROOM);
    ssize_t length = pread(catch->fd, text, ROOM - 1, 0);

    dup2(catch->saved, STDERR_FILENO);
    close(catch->saved);
    close(catch->fd);
    assert_true(length >= 0);
    return text;
}

/* The text in a block of exactly its size, so that reading past its end is seen. */
static char *exact(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    assert_non_null(copy);
    return memcpy(copy, text, size);
}

/* Lines at the bound, one octet beyond and far beyond it. */
static void test_bounds(void **unused)
{
    static const struct {
        unsigned asked, holds;
    } bounds[] = {{0, LOG_LINE_LEAST}, {200, 200}, {201, 201}, {1999, 1999}, {2000, 2000},
        {2001, LOG_LINE_MAX}, {4000000000u, LOG_LINE_MAX}};
    const size_t prefix = strlen("goneawayd: ");

    (void)unused;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        size_t holds = bounds[i].holds;
        const size_t lengths[] = {holds - prefix - 3, holds - prefix - 2, holds, 3 * holds};

        log_bound(bounds[i].asked);
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
            char *text = malloc(lengths[j] + 1);
            struct catch catch = catch_begin();
            char *got;

            assert_non_null(text);
            memset(text, 'x', lengths[j]);
            text[lengths[j]] = '\0';
            log_info("%s", text);
            got = catch_end(&catch);
            assert_true(strlen(got) <= holds + 1);
            assert_int_equal(strcmp(got + strlen(got) - 2, ".\n") == 0, j > 0);
            free(got);
            free(text);
        }
    }
    log_bound(LOG_LINE_MAX);
}

static const struct {
    const char *name;
    const char *text;
    const char *wanted;
} texts[] = {
    {"plain", "reload done", "reload done"},
    {"empty", "", ""},
    {"line feed", "a\nb", "a\\x0Ab"},
    {"carriage return", "a\r\nFrom: b", "a\\x0D\\x0AFrom: b"},
    {"tab", "a\tb", "a\\x09b"},
    {"escape sequence", "\033[2Jb", "\\x1B[2Jb"},
    {"delete", "a\177b", "a\\x7Fb"},
    {"umlaut", "z\xc3\xbcr", "z\xc3\xbcr"},
    {"three octets", "\xe3\x81\x82", "\xe3\x81\x82"},
    {"four octets", "\xf0\x9f\x93\xa7", "\xf0\x9f\x93\xa7"},
    {"last code point", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"beyond the last code point", "\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},
    {"C1 control", "\xc2\x9b(B", "\\xC2\\x9B(B"},
    {"no-break space", "\xc2\xa0", "\xc2\xa0"},
    {"right-to-left override", "a\xe2\x80\xae-", "a\\xE2\\x80\\xAE-"},
    {"isolate", "a\xe2\x81\xa7", "a\\xE2\\x81\\xA7"},
    {"line separator", "\xe2\x80\xa8", "\\xE2\\x80\\xA8"},
    {"zero width space", "\xe2\x80\x8b", "\\xE2\\x80\\x8B"},
    {"byte order mark", "\xef\xbb\xbf", "\\xEF\\xBB\\xBF"},
    {"dash and ellipsis", "\xe2\x80\x94\xe2\x80\xa6", "\xe2\x80\x94\xe2\x80\xa6"},
    {"latin-1", "z\xfcr", "z\\xFCr"},
    {"overlong slash", "\xc0\xaf", "\\xC0\\xAF"},
    {"overlong, three octets", "\xe0\x80\xaf", "\\xE0\\x80\\xAF"},
    {"overlong, four octets", "\xf0\x80\x80\xaf", "\\xF0\\x80\\x80\\xAF"},
    {"surrogate", "\xed\xa0\x80", "\\xED\\xA0\\x80"},
    {"lone continuation", "a\x80", "a\\x80"},
    {"truncated two", "a\xc3", "a\\xC3"},
    {"truncated three", "a\xe3\x81", "a\\xE3\\x81"},
    {"truncated four", "a\xf0\x9f\x93", "a\\xF0\\x9F\\x93"},
    {"percent", "100%s%n", "100%s%n"},
};

static void test_texts(void **unused)
{
    (void)unused;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *text = exact(texts[i].text);
        char wanted[256];
        struct catch catch = catch_begin();
        char *got;

        log_info("%s", text);
        got = catch_end(&catch);
        snprintf(wanted, sizeof(wanted), "goneawayd: %s\n", texts[i].wanted);
        if (strcmp(got, wanted) != 0)
            fail_msg("%s: '%s'", texts[i].name, got);
        free(got);
        free(text);
    }
}

static void test_levels(void **unused)
{
    static const struct {
        enum log_level level;
        const char *wanted;
    } cases[] = {
        {LOG_LEVEL_ERROR, "goneawayd: error: 1\n"},
        {LOG_LEVEL_WARNING, "goneawayd: error: 1\ngoneawayd: warning: 2\n"},
        {LOG_LEVEL_NOTICE, "goneawayd: error: 1\ngoneawayd: warning: 2\ngoneawayd: 3\n"},
        {LOG_LEVEL_INFO,
            "goneawayd: error: 1\ngoneawayd: warning: 2\ngoneawayd: 3\ngoneawayd: 4\n"},
        {LOG_LEVEL_DEBUG, "goneawayd: error: 1\ngoneawayd: warning: 2\ngoneawayd: 3\n"
                          "goneawayd: 4\ngoneawayd: debug: 5\n"},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct catch catch = catch_begin();
        char *got;

        log_open("goneawayd", LOG_TARGET_STDERR, cases[i].level);
        log_error("%d", 1);
        log_warning("%d", 2);
        log_notice("%d", 3);
        log_info("%d", 4);
        log_debug("%d", 5);
        got = catch_end(&catch);
        assert_string_equal(got, cases[i].wanted);
        free(got);
    }
}

static void test_errno(void **unused)
{
    struct catch catch = catch_begin();
    char *got;
    int after[3];

    (void)unused;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    errno = ENOENT;
    log_error_sys("cannot open %s", "/x");
    after[0] = errno;
    errno = EACCES;
    log_warning("cannot read");
    after[1] = errno;
    errno = EIO;
    log_debug("not written");
    after[2] = errno;
    got = catch_end(&catch);
    assert_string_equal(got, "goneawayd: error: cannot open /x: No such file or directory\n"
                             "goneawayd: warning: cannot read\n");
    assert_int_equal(after[0], ENOENT);
    assert_int_equal(after[1], EACCES);
    assert_int_equal(after[2], EIO);
    free(got);
}

/* errno is preserved also when there is nowhere to write. */
static void test_closed(void **unused)
{
    int saved = dup(STDERR_FILENO);
    int after;

    (void)unused;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    close(STDERR_FILENO);
    errno = ENOENT;
    log_error_sys("lost");
    after = errno;
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(after, ENOENT);
}

/* A line of `count` times the character, and how it must end. */
static void check_long(const char *character, size_t count)
{
    size_t size = strlen(character);
    char *text = calloc(1, size * count + 1);
    struct catch catch = catch_begin();
    char *got;
    size_t length;

    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, character, size);
    log_info("%s", text);
    got = catch_end(&catch);
    length = strlen(got);
    assert_true(length <= LOG_LINE_MAX + 1);
    assert_true(length > LOG_LINE_MAX - 8);
    assert_string_equal(got + length - 4, "...\n");
    /* the last character is whole */
    assert_memory_equal(got + length - 4 - size, character, size);
    free(got);
    free(text);
}

static void test_long(void **unused)
{
    (void)unused;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    check_long("x", LOG_LINE_MAX);
    check_long("x", LOG_LINE_MAX * 2);
    check_long("x", ROOM);
    check_long("\xc3\xbc", LOG_LINE_MAX);
    check_long("\xe3\x81\x82", LOG_LINE_MAX);
    check_long("\xf0\x9f\x93\xa7", LOG_LINE_MAX);
}

/* The longest line that is not cut, and the first one that is. */
static void test_border(void **unused)
{
    size_t room = LOG_LINE_MAX - 3 - strlen("goneawayd: ");

    (void)unused;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    for (size_t more = 0; more <= 1; more++) {
        char *text = calloc(1, room + more + 1);
        struct catch catch = catch_begin();
        char *got;

        memset(text, 'x', room + more);
        log_info("%s", text);
        got = catch_end(&catch);
        assert_int_equal(strstr(got, "...") != NULL, more);
        free(got);
        free(text);
    }
}

static void test_limited(void **unused)
{
    struct log_limit where = {0};
    struct catch catch = catch_begin();
    char *got;

    (void)unused;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    for (int i = 0; i < 10; i++)
        log_limited(&where, 3600, "line %d", i);
    where.last -= 3600;
    log_limited(&where, 3600, "line %d", 10);
    where.last -= 3600;
    log_limited(&where, 3600, "line %d", 11);
    got = catch_end(&catch);
    assert_string_equal(got, "goneawayd: warning: line 0\n"
                             "goneawayd: warning: (9 left out before) line 10\n"
                             "goneawayd: warning: line 11\n");
    free(got);
}

static void *write_many(void *where)
{
    for (int i = 0; i < 100; i++) {
        log_notice("a line that must not be mixed with another");
        log_limited(where, 3600, "once");
        if (i % 10 == 0)
            log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_NOTICE);
    }
    return NULL;
}

static void test_threads(void **unused)
{
    static const char line[] = "goneawayd: a line that must not be mixed with another\n";
    struct log_limit where = {0};
    pthread_t threads[4];
    struct catch catch = catch_begin();
    size_t lines = 0;
    size_t limited = 0;
    char *got;

    (void)unused;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_NOTICE);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &where), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    got = catch_end(&catch);
    for (char *at = got; *at != '\0';) {
        char *end = strchr(at, '\n');

        assert_non_null(end);
        if (strncmp(at, line, sizeof(line) - 1) == 0)
            lines++;
        else if (strncmp(at, "goneawayd: warning: once\n", 25) == 0)
            limited++;
        at = end + 1;
    }
    assert_int_equal(lines, 400);
    assert_int_equal(limited, 1);
    assert_int_equal(where.left_out, 399);
    free(got);
}

/* With the journal behind standard error: a priority, no name and no word. */
static void test_journal(void **unused)
{
    struct catch catch = catch_begin();
    struct stat status;
    char stream[64];
    char *got;

    (void)unused;
    fstat(catch.fd, &status);
    snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_DEBUG);
    log_error("1");
    log_warning("2");
    log_notice("3");
    log_info("4");
    log_debug("5");
    snprintf(
        stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino + 1);
    setenv("JOURNAL_STREAM", stream, 1);
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_DEBUG);
    log_info("redirected");
    setenv("JOURNAL_STREAM", "x", 1);
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_DEBUG);
    log_info("malformed");
    unsetenv("JOURNAL_STREAM");
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    got = catch_end(&catch);
    assert_string_equal(
        got, "<3>1\n<4>2\n<5>3\n<6>4\n<7>5\ngoneawayd: redirected\ngoneawayd: malformed\n");
    free(got);
}

/* Lines for syslog never show on standard error; errno is preserved there too. */
static void test_syslog(void **unused)
{
    struct catch catch = catch_begin();
    char *got;
    int after;

    (void)unused;
    log_open("goneawayd", LOG_TARGET_SYSLOG, LOG_LEVEL_INFO);
    errno = ENOENT;
    log_info("test line");
    after = errno;
    log_open("goneawayd", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    got = catch_end(&catch);
    assert_string_equal(got, "");
    assert_int_equal(after, ENOENT);
    free(got);
}

/* Before log_open: standard error, without a name. Must run first. */
static void test_before(void **unused)
{
    struct catch catch = catch_begin();
    char *got;

    (void)unused;
    log_warning("early");
    got = catch_end(&catch);
    assert_string_equal(got, "warning: early\n");
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_errno),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_border),
        cmocka_unit_test(test_limited),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_journal),
        cmocka_unit_test(test_syslog),
    };

    unsetenv("JOURNAL_STREAM");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
