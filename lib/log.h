/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * log - one line at a time to standard error (with a <priority> prefix where the journal reads
 * it) or to syslog.
 *
 * Levels: debug (what a developer asks for), info (one line a message), notice (start, stop,
 * reload), warning (we go on, somebody should look), error (something asked for was not done).
 * Control characters, and octets that are no UTF-8, are written as \xHH; a line is cut at
 * LOG_LINE_MAX. errno is preserved. log_error_sys appends strerror(errno). log_limited writes at
 * most one line per interval for its `where` and tells how many were left out.
 * Never put a subject, a body, a header value, a link or expanded SQL into a line.
 * Thread rule: any thread, after log_open.
 */
#ifndef GONEAWAY_LOG_H
#define GONEAWAY_LOG_H

#include <stdbool.h>
#include <time.h>

#define LOG_LINE_LEAST 200
#define LOG_LINE_MAX 2000

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG };
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

/* State of one rate-limited place: a static struct of the caller, zero at first. */
struct log_limit {
    _Atomic long last; /* seconds of the monotonic clock */
    _Atomic unsigned long left_out;
};

/* May be called again, also beside other threads' lines (reload); the program's name is that of
 * the first call. Before it lines go to standard error, from level info on. */
void log_open(const char *program, enum log_target target, enum log_level level);

/* No line is longer than so many octets from now on, LOG_LINE_LEAST to LOG_LINE_MAX, its line end not
 * counted; one that would be ends in "...". Before it: LOG_LINE_MAX. */
void log_bound(unsigned octets);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error_sys(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A warning at most once in `seconds`. */
void log_limited(struct log_limit *where, long seconds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
