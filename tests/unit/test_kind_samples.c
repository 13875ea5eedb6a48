/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The invented mails of kind_samples.tsv, in many languages: each must be judged right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kind_fixture.h"

#define FIELDS 5

/* Writes "\n" as CRLF. */
static void write_lines(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (text[0] == '\\' && text[1] == 'n') {
            fputs("\r\n", out);
            text++;
        } else if (text[0] == '\\' && text[1] == '\\') {
            fputc(*text++, out);
        } else {
            fputc(*text, out);
        }
    }
}

static struct mail *mail_of(char *const *fields)
{
    static const struct mail_limits limits = {
        .header_bytes = 65536, .header_fields = 100, .body_bytes = 65536};
    struct mail *mail = mail_new(&limits, NULL);
    char *bytes = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&bytes, &length);

    assert_non_null(mail);
    assert_non_null(out);
    fprintf(out, "From: %s\r\nTo: someone@used.example\r\nSubject: %s\r\n", fields[1], fields[2]);
    write_lines(out, fields[4]);
    fputs("Content-Type: text/plain; charset=utf-8\r\n\r\n", out);
    write_lines(out, fields[3]);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(mail_from_bytes(mail, bytes, length), 0);
    free(bytes);
    return mail;
}

/* The address in "Name <address>", or all of it. */
static const char *address_of(struct mail *mail, const char *from)
{
    const char *start = strchr(from, '<');

    return start == NULL ? from : arena_strndup(mail->arena, start + 1, strcspn(start + 1, ">"));
}

static bool is_right(const char *kinds, enum kind kind)
{
    const char *name = kind_name(kind);
    size_t length = strlen(name);

    for (const char *at = kinds; *at != '\0'; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* Judges one line; tells what is wrong. */
static bool check_line(char *line)
{
    static const struct text_limits limits = {.text_bytes = 65536, .parts = 10, .depth = 4};
    char *fields[FIELDS];
    struct kind_result *result;
    struct mail *mail;
    struct text *text;
    const char *from;
    bool right;

    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < FIELDS; i++)
        assert_non_null(fields[i] = strsep(&line, "\t"));
    mail = mail_of(fields);
    assert_int_equal(text_read(mail, &limits, &text), 0);
    from = address_of(mail, fields[1]);
    assert_int_equal(
        kind_judge(mail, text, from, kind_fixture.phrases, kind_fixture.rules, &result), 0);
    right = is_right(fields[0], result->kind);
    if (!right) {
        print_error("\"%s\" is %s, judged %s\n", fields[2], fields[0], kind_name(result->kind));
        for (size_t i = 0; i < result->reason_count; i++)
            print_error("  %+.1f %s: %s\n", result->reasons[i].weight,
                kind_name(result->reasons[i].kind), result->reasons[i].text);
    }
    mail_free(&mail);
    return right;
}

static void samples_are_judged_right(void **state)
{
    FILE *samples = fopen(SOURCE_DIR "/tests/unit/kind_samples.tsv", "re");
    char line[8192];
    size_t count = 0;
    size_t wrong = 0;

    (void)state;
    assert_non_null(samples);
    while (fgets(line, sizeof(line), samples) != NULL) {
        if (line[0] == '#')
            continue;
        count++;
        wrong += !check_line(line);
    }
    fclose(samples);
    assert_true(count > 100);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_are_judged_right)};

    return cmocka_run_group_tests(tests, kind_fixture_load, kind_fixture_unload);
}
