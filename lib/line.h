/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * line - the last look at a string before it leaves us for a header, an SMTP reply or the ledger.
 *
 * Whoever makes such strings makes them right; what is not right here is refused, never cut and
 * never mended. (The log escapes instead: it must show what is wrong.) Thread rule: pure.
 */
#ifndef GONEAWAY_LINE_H
#define GONEAWAY_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 5322 §2.1.1, without the line end. */
#define LINE_FIELD_MAX ((size_t)998)
/* RFC 5321 §4.5.3.1.5, without code, status and the line end. */
#define LINE_REPLY_MAX ((size_t)490)

/* One line: no CR, LF or other control, at most `most` octets, which the NUL follows. NULL is none. */
bool line_is_one(const char *text, size_t most);
/* The value of a header field of at most `most` octets: every LF begins a fold, that is a space or
 * tab and something behind it; no other control but tabs, no line over LINE_FIELD_MAX. */
bool line_is_field(const char *text, size_t most);

#endif
