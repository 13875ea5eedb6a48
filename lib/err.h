/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * err - the one list of error results.
 *
 * Functions that can fail return 0 or one of these negative codes. "No such row" and "does not
 * match" are not errors. Thread rule: everything here is pure.
 */
#ifndef GONEAWAY_ERR_H
#define GONEAWAY_ERR_H

enum err {
    ERR_OK = 0,
    ERR_NOMEM = -1,    /* memory could not be had */
    ERR_SYNTAX = -2,   /* the input does not follow its grammar */
    ERR_LIMIT = -3,    /* a bound was met: too long, too deep, too many */
    ERR_SYSTEM = -4,   /* a system call failed; errno tells */
    ERR_LEDGER = -5,   /* the ledger could not be read or written */
    ERR_BUSY = -6,     /* the ledger or a queue did not answer in time */
    ERR_CONFIG = -7,   /* the administrator's files hold a mistake */
    ERR_CRYPTO = -8,   /* OpenSSL refused */
    ERR_DNS = -9,      /* no answer from the DNS in time */
    ERR_NEWER = -10,   /* written by a newer goneaway */
    ERR_CHARSET = -11, /* octets that are no text, or a control character where none may be */
    ERR_EXPIRED = -12, /* no certificate to seal for is valid now */
    ERR_INTERNAL = -13 /* a mistake of ours; stays the last, for tables of all codes */
};

/* A sentence fragment for a code, never NULL, static. */
const char *err_text(int code);

#endif
