/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * log - see log.h for what is promised.
 *
 * A line is put together on the stack and handed over in one call, so that lines of two threads
 * never mix. What other threads read is atomic, because a reload may change it under them.
 */
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "paint.h"

#define PROGRAM_MAX 32
#define ESCAPE_SIZE 4 /* \xHH */

struct level {
    int priority;
    const char *word; /* where no priority is shown beside the line */
};

static const struct level levels[] = {
    [LOG_LEVEL_ERROR] = {LOG_ERR, "error: "},
    [LOG_LEVEL_WARNING] = {LOG_WARNING, "warning: "},
    [LOG_LEVEL_NOTICE] = {LOG_NOTICE, ""},
    [LOG_LEVEL_INFO] = {LOG_INFO, ""},
    [LOG_LEVEL_DEBUG] = {LOG_DEBUG, "debug: "},
};

static struct {
    char program[PROGRAM_MAX]; /* written by the first log_open only */
    _Atomic bool named;
    _Atomic int target;
    _Atomic int level;
    _Atomic unsigned longest;
    _Atomic bool journal; /* standard error goes to the journal, which reads "<priority>" */
    _Atomic bool painted; /* standard error goes to a terminal that has colours */
} state = {.target = LOG_TARGET_STDERR, .level = LOG_LEVEL_INFO, .longest = LOG_LINE_MAX};

/* A line in the making: whole characters only. */
struct line {
    char text[LOG_LINE_MAX + 2]; /* the newline and a NUL behind it */
    size_t length;
    size_t longest;
    bool cut;
};

/* $JOURNAL_STREAM names device and inode of the stream that systemd gave us; it is inherited by
 * programs whose standard error was sent elsewhere, so both are compared. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char ours[64];
    struct stat status;

    if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
        return false;
    snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, ours) == 0;
}

void log_open(const char *program, enum log_target target, enum log_level level)
{
    int saved = errno;

    if (!state.named) {
        snprintf(state.program, sizeof(state.program), "%s", program);
        state.named = true;
    }
    if (target == LOG_TARGET_SYSLOG)
        openlog(state.program, LOG_PID | LOG_NDELAY, LOG_MAIL);
    state.journal = stderr_is_journal();
    state.painted = !state.journal && paint_wanted(STDERR_FILENO);
    state.level = (int)level;
    state.target = (int)target;
    errno = saved;
}

void log_bound(unsigned octets)
{
    state.longest = octets < LOG_LINE_LEAST ? LOG_LINE_LEAST
                    : octets > LOG_LINE_MAX ? LOG_LINE_MAX
                                            : octets;
}

/* Characters of three octets that no one sees, or that turn, hide or break what stands around
 * them: zero width, direction, line and paragraph separator, byte order mark. */
static bool is_deceptive(const unsigned char *text)
{
    if (text[0] == 0xe2 && text[1] == 0x80)
        return (text[2] >= 0x8b && text[2] <= 0x8f) || (text[2] >= 0xa8 && text[2] <= 0xae);
    if (text[0] == 0xe2 && text[1] == 0x81)
        return text[2] >= 0xa0 && text[2] <= 0xaf;
    return text[0] == 0xef && text[1] == 0xbb && text[2] == 0xbf;
}

/* Octets of the well-formed printable UTF-8 character at text (RFC 3629 §4), 0 if there is none.
 * The text ends with a NUL, which is no continuation octet. */
static size_t character_size(const unsigned char *text)
{
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t size;

    if (text[0] < 0x80)
        return text[0] >= 0x20 && text[0] != 0x7f ? 1 : 0;
    if (text[0] < 0xc2 || text[0] > 0xf4)
        return 0;
    size = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    if (text[0] == 0xc2 || text[0] == 0xe0)
        low = 0xa0; /* U+0080 to U+009F are controls; below U+0800 two octets do */
    else if (text[0] == 0xed)
        high = 0x9f;
    else if (text[0] == 0xf0)
        low = 0x90;
    else if (text[0] == 0xf4)
        high = 0x8f;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (text[i] < 0x80 || text[i] > 0xbf)
            return 0;
    return size == 3 && is_deceptive(text) ? 0 : size;
}

/* Appends all of the octets, or none and marks the line as cut; three are kept for "...". */
static void line_add(struct line *line, const char *bytes, size_t length)
{
    if (line->cut || length > line->longest - 3 - line->length) {
        line->cut = true;
        return;
    }
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
}

static void line_add_text(struct line *line, const char *text)
{
    while (*text != '\0' && !line->cut) {
        size_t size = character_size((const unsigned char *)text);

        if (size > 0) {
            line_add(line, text, size);
            text += size;
        } else {
            char escape[ESCAPE_SIZE + 1];

            snprintf(escape, sizeof(escape), "\\x%02X", (unsigned)(unsigned char)*text);
            line_add(line, escape, ESCAPE_SIZE);
            text++;
        }
    }
}

/* The text, and with it what errno said. A text longer than the buffer is longer than a line. */
static void line_add_format(struct line *line, int error, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static void line_add_format(struct line *line, int error, const char *format, va_list args)
{
    char text[LOG_LINE_MAX + 1];
    char reason[100];

    if (vsnprintf(text, sizeof(text), format, args) < 0)
        return;
    line_add_text(line, text);
    if (error != 0) {
        line_add_text(line, ": ");
        line_add_text(line, strerror_r(error, reason, sizeof(reason)));
    }
}

static void line_end(struct line *line)
{
    if (line->cut) {
        memcpy(line->text + line->length, "...", 3);
        line->length += 3;
    }
    line->text[line->length] = '\0';
}

static void write_stderr(struct line *line)
{
    const char *at = line->text;
    size_t left = line->length + 1;

    line->text[line->length] = '\n';
    while (left > 0) {
        ssize_t done = write(STDERR_FILENO, at, left);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; /* there is nowhere to say so */
        at += done;
        left -= (size_t)done;
    }
}

/* Only what we say ourselves is painted: a stranger's text has its controls escaped. */
static void line_add_painted(struct line *line, const struct level *level, const char *prefix)
{
    const char *code = paint_code(level->priority <= LOG_ERR ? PAINT_BAD : PAINT_CARE);

    line_add(line, code, strlen(code));
    line_add_text(line, prefix);
    line_add(line, PAINT_END, strlen(PAINT_END));
}

static void line_begin(struct line *line, int target, const struct level *level)
{
    char prefix[PROGRAM_MAX + 32] = "";

    if (target == LOG_TARGET_STDERR && state.journal)
        snprintf(prefix, sizeof(prefix), "<%d>", level->priority);
    else if (target == LOG_TARGET_STDERR && state.named)
        snprintf(prefix, sizeof(prefix), "%s: %s", state.program, level->word);
    else
        snprintf(prefix, sizeof(prefix), "%s", level->word);
    if (target == LOG_TARGET_STDERR && state.painted && level->priority <= LOG_WARNING)
        line_add_painted(line, level, prefix);
    else
        line_add_text(line, prefix);
}

/* error: an errno to append, or 0. left_out: lines that log_limited kept back before this. */
static void write_line(enum log_level at, int error, unsigned long left_out, const char *format,
    va_list args) __attribute__((format(printf, 4, 0)));
static void write_line(
    enum log_level at, int error, unsigned long left_out, const char *format, va_list args)
{
    int saved = errno;
    int target = state.target;
    struct line line;

    if ((int)at > state.level)
        return;
    line.length = 0;
    line.longest = state.longest;
    line.cut = false;
    line_begin(&line, target, &levels[at]);
    if (left_out > 0) {
        char count[64];

        snprintf(count, sizeof(count), "(%lu left out before) ", left_out);
        line_add_text(&line, count);
    }
    line_add_format(&line, error, format, args);
    line_end(&line);
    if (target == LOG_TARGET_SYSLOG)
        syslog(levels[at].priority, "%s", line.text);
    else
        write_stderr(&line);
    errno = saved;
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_ERROR, 0, 0, format, args);
    va_end(args);
}

void log_error_sys(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_ERROR, errno, 0, format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_WARNING, 0, 0, format, args);
    va_end(args);
}

void log_notice(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_NOTICE, 0, 0, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_INFO, 0, 0, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_DEBUG, 0, 0, format, args);
    va_end(args);
}

/* Seconds of the monotonic clock, never 0: that stands for "nothing was written yet". */
static long monotonic_seconds(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec + 1;
}

void log_limited(struct log_limit *where, long seconds, const char *format, ...)
{
    int saved = errno;
    long now = monotonic_seconds();
    long last = where->last;
    va_list args;

    if ((last != 0 && now - last < seconds) ||
        !atomic_compare_exchange_strong(&where->last, &last, now)) {
        where->left_out++;
        errno = saved;
        return;
    }
    va_start(args, format);
    write_line(LOG_LEVEL_WARNING, 0, atomic_exchange(&where->left_out, 0), format, args);
    va_end(args);
    errno = saved;
}
