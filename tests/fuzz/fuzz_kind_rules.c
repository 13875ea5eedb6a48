/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The two files of rules: any octets are rules or mistakes, one of both; and with any rules that
 * load a mail has a kind and a likelihood.
 *
 * Behind the octet 0x1e stands the file of marks; without it, the one that we ship is used.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kind.h"
#include "mail.h"
#include "text.h"

#define SEPARATOR 0x1e

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
const char *__lsan_default_suppressions(void);

static const char mail_text[] = "From: Shop <no-reply@shop.example>\nTo: old@example.com\n"
                                "Subject: Reset your password\nList-Unsubscribe: <x>\n\n"
                                "Your code is 123456. If you did not ask for a password reset, "
                                "ignore this message.\nTotal: 12.50 EUR\n"
                                "https://shop.example/reset?token=abcdef\n";

static char directory[64];
static struct phrases *phrases;
static char *marks;
static size_t marks_size;

/* libconfig 1.5 loses the string that it was reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

static void put(const char *name, const void *bytes, size_t size)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0)
        abort();
}

static void remove_all(void)
{
    static const char *const names[] = {"kinds.conf", "carriers.conf", ""};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        (void)remove(path);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *directories[] = {SOURCE_DIR "/conf/phrases"};
    struct mistakes mistakes = {0};
    FILE *file = fopen(SOURCE_DIR "/conf/carriers.conf", "r");

    (void)argc;
    (void)argv;
    text_open();
    marks = malloc((size_t)1 << 20);
    if (file == NULL || marks == NULL || phrases_load(directories, 1, &mistakes, &phrases) != 0)
        abort();
    marks_size = fread(marks, 1, (size_t)1 << 20, file);
    fclose(file);
    snprintf(directory, sizeof(directory), "%s/goneaway-fuzz-XXXXXX",
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(directory) == NULL)
        abort();
    atexit(remove_all);
    return 0;
}

static void judge(const struct kind_rules *rules)
{
    static const struct mail_limits limits = {
        .header_bytes = 65536, .header_fields = 200, .body_bytes = 65536};
    static const struct text_limits text_limits = {.text_bytes = 32768, .parts = 50, .depth = 8};
    struct mail *mail = mail_new(&limits, NULL);
    struct kind_result *result;
    struct text *text;

    if (mail == NULL || mail_from_bytes(mail, mail_text, strlen(mail_text)) != 0 ||
        text_read(mail, &text_limits, &text) != 0 ||
        kind_judge(mail, text, "no-reply@shop.example", phrases, rules, &result) != 0)
        abort();
    if (result->kind < 0 || result->kind >= KIND_COUNT ||
        !(result->score >= 0 && result->score <= 1))
        abort();
    (void)kind_is_freemail(rules, "mail.example");
    mail_free(&mail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *behind = memchr(data, SEPARATOR, size);
    size_t length = behind != NULL ? (size_t)(behind - data) : size;
    struct mistakes mistakes = {0};
    struct kind_rules *rules;
    char path[128];
    int r;

    /* an included or named file would be one of this machine */
    if (memmem(data, size, "@include", 8) != NULL || memmem(data, length, "\"/", 2) != NULL ||
        memmem(data, length, "..", 2) != NULL)
        return -1;
    put("kinds.conf", data, length);
    if (behind != NULL)
        put("carriers.conf", behind + 1, size - length - 1);
    else
        put("carriers.conf", marks, marks_size);
    snprintf(path, sizeof(path), "%s/kinds.conf", directory);
    r = kind_rules_load(path, &mistakes, &rules);
    if ((r == 0) != (rules != NULL) || (r == 0) != (mistakes.count == 0))
        abort();
    if (rules != NULL)
        judge(rules);
    kind_rules_free(&rules);
    mistakes_clear(&mistakes);
    return 0;
}
