/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * cfws - comments and folding white space (RFC 5322 §3.2.2), the part of the header grammar
 * that may stand between nearly all others.
 *
 * Comments nest to any depth without recursion. Folding is LF or CRLF with white space behind
 * it. Thread rule: pure.
 */
#ifndef GONEAWAY_CFWS_H
#define GONEAWAY_CFWS_H

#include <stdbool.h>

/* Moves *at behind white space, folds and comments, not beyond end. False where a comment does
 * not end, a fold is no fold or a NUL stands in a comment; *at is then undefined. */
bool cfws_skip(const char **at, const char *end);

#endif
