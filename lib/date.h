/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * date - points in time as 64-bit seconds since 1970 UTC, and their written forms.
 *
 * Years 1 to 9999; a leap second (…:60) counts as the second after it. Thread rule: pure.
 */
#ifndef GONEAWAY_DATE_H
#define GONEAWAY_DATE_H

#include <stddef.h>
#include <stdint.h>

/* No date: before any that can be written. */
#define DATE_NONE INT64_MIN
#define DATE_TEXT_SIZE 21

/* RFC 3339 date-time: offset mandatory, T and Z in any case, no fraction. The whole of length
 * octets must be the date. 0 or ERR_SYNTAX. */
int date_parse_rfc3339(const char *text, size_t length, int64_t *out);
/* RFC 5322 §3.3 and the obsolete forms of §4.3, with comments and folding; a weekday that is
 * not the date's own, 30 February, hour 24 and zone minutes over 59 are refused. Years 1900 and
 * later. Comments may follow, nothing else. 0 or ERR_SYNTAX. */
int date_parse_rfc5322(const char *text, size_t length, int64_t *out);
/* What an administrator writes: RFC 3339, or YYYY-MM-DD, which means the END of that day UTC,
 * the latest point that the words allow (RFC 7293 §5). 0 or ERR_SYNTAX. */
int date_parse_setting(const char *text, int64_t *out);
/* "2019-10-05T00:00:00Z"; "" for DATE_NONE and years beyond 1 … 9999. */
void date_format(int64_t when, char out[DATE_TEXT_SIZE]);

#endif
