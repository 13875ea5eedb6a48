/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * seal_certificate - reads a certificate for sealing, and says in a sentence why it should not be
 * used. Only lib/seal*.c include this header. Thread rule: any thread.
 */
#ifndef GONEAWAY_SEAL_CERTIFICATE_H
#define GONEAWAY_SEAL_CERTIFICATE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

/* Octets of a sentence, its NUL included. */
#define SEAL_WHY_SIZE 600

/* Reads the one certificate in the file and checks all but its time. On a mistake *out is NULL and
 * why, of SEAL_WHY_SIZE octets, a sentence that goes on after the path. 0, ERR_CONFIG, ERR_NOMEM. */
int seal_certificate_read(const char *path, X509 **out, char *why);
/* Its time, in seconds UTC. False: it cannot be read. */
bool seal_certificate_times(const X509 *certificate, int64_t *not_before, int64_t *not_after);
/* Looks for a private key in the certificate's directory: one that fits it, one that is locked, or
 * a PKCS #12 file. Files that cannot be read, or are longer than 1 MiB, are passed over;
 * more than 4096 files are a mistake. ERR_CONFIG with why filled in; 0 where none is found;
 * ERR_NOMEM. */
int seal_certificate_find_key(const char *path, X509 *certificate, char *why);

#endif
