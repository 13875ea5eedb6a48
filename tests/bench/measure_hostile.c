/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Judges mails that were made to cost much, and prints what each one costs: milliseconds of CPU,
 * and by how much the peak of resident memory grew. Run by hand: measure_hostile CONF
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "kind.h"
#include "mail.h"
#include "phrases.h"
#include "text.h"

#define MAIL_MAX ((size_t)64 << 20)

/* As goneaway.conf has them by default. */
static const struct mail_limits mail_limits = {
    .header_bytes = 1 << 20, .header_fields = 2000, .body_bytes = 1 << 20};
static const struct text_limits text_limits = {.text_bytes = 8192, .parts = 200, .depth = 20};

static void repeat(struct buf *mail, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_puts(mail, text);
}

static void make_nested(struct buf *mail)
{
    for (int i = 0; i < 1000; i++)
        buf_printf(mail, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
    buf_puts(mail, "\r\nreset your password\r\n");
}

static void make_parts(struct buf *mail)
{
    buf_puts(mail, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    repeat(mail, "--b\r\n\r\nx\r\n", 100000);
}

static void make_large(struct buf *mail)
{
    buf_puts(mail, "Subject: code\r\n\r\n");
    repeat(mail, "your verification code is 000000 and so on\r\n", 1200000);
}

static void make_subject(struct buf *mail)
{
    buf_puts(mail, "Subject: ");
    repeat(mail, "=?utf-8?q?passwort=20?=\r\n ", 40000);
    buf_puts(mail, "\r\n\r\nbody\r\n");
}

static void make_cyclic(struct buf *mail)
{
    buf_puts(mail, "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    repeat(mail, "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n", 20000);
}

static void make_html(struct buf *mail)
{
    buf_puts(mail, "Content-Type: text/html\r\n\r\n");
    repeat(mail, "<div><table><tr><td style='color:red' a=b>", 25000);
}

static void make_garbage(struct buf *mail)
{
    buf_puts(mail, "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n");
    repeat(mail, "\033$B\xff\xfe\xe2\x80\xae\xe2\x80\x8b\033(", 80000);
}

static const struct {
    const char *name;
    void (*make)(struct buf *mail);
} mails[] = {
    {"1,000 nested parts", make_nested},
    {"100,000 parts", make_parts},
    {"50 MB body", make_large},
    {"1 MB subject", make_subject},
    {"boundaries in a circle", make_cyclic},
    {"75,000 open HTML tags", make_html},
    {"invalid encodings, direction marks", make_garbage},
};

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long peak_kb(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static int judge(const char *bytes, size_t length, const struct phrases *phrases,
    const struct kind_rules *rules, const char **kind)
{
    struct mail *mail = mail_new(&mail_limits, NULL);
    struct kind_result *result = NULL;
    struct text *text;
    int r = mail == NULL ? ERR_NOMEM : mail_from_bytes(mail, bytes, length);

    if (r == 0)
        r = text_read(mail, &text_limits, &text);
    if (r == 0)
        r = kind_judge(mail, text, NULL, phrases, rules, &result);
    *kind = r == 0 ? kind_name(result->kind) : err_text(r);
    mail_free(&mail);
    return r;
}

static int measure(size_t which, const struct phrases *phrases, const struct kind_rules *rules)
{
    struct buf mail;
    const char *kind;
    double start;
    long before;
    int r;

    buf_init(&mail, MAIL_MAX);
    mails[which].make(&mail);
    before = peak_kb();
    start = cpu_ms();
    r = judge(buf_text(&mail), mail.length, phrases, rules, &kind);
    printf("%-36s %9zu octets %9.1f ms %8ld kB  %s\n", mails[which].name, mail.length,
        cpu_ms() - start, peak_kb() - before, kind);
    buf_free(&mail);
    return r;
}

/* In a process of its own, so that one mail's peak does not hide the next one's. */
static int measure_apart(
    size_t which, const struct phrases *phrases, const struct kind_rules *rules)
{
    pid_t child;
    int status = 1;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        status = measure(which, phrases, rules) == 0 ? 0 : 1;
        fflush(stdout);
        _exit(status);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return ERR_SYSTEM;
    return status == 0 ? 0 : ERR_INTERNAL;
}

int main(int argc, char **argv)
{
    struct mistakes mistakes = {0};
    struct phrases *phrases = NULL;
    struct kind_rules *rules = NULL;
    char languages[4096], kinds[4096];
    const char *directories[] = {languages};
    int r;

    if (argc != 2) {
        fprintf(stderr, "usage: measure_hostile CONF\n");
        return 64;
    }
    snprintf(languages, sizeof(languages), "%s/phrases", argv[1]);
    snprintf(kinds, sizeof(kinds), "%s/kinds.conf", argv[1]);
    text_open();
    r = phrases_load(directories, 1, &mistakes, &phrases);
    if (r == 0)
        r = kind_rules_load(kinds, &mistakes, &rules);
    if (r != 0)
        fprintf(stderr, "%s: %s\n", argv[1], mistakes.count > 0 ? mistakes.lines[0] : err_text(r));
    for (size_t i = 0; r == 0 && i < sizeof(mails) / sizeof(mails[0]); i++)
        r = measure_apart(i, phrases, rules);
    kind_rules_free(&rules);
    phrases_free(&phrases);
    mistakes_clear(&mistakes);
    text_close();
    return r == 0 ? 0 : 1;
}
