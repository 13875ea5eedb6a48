/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * seal - puts a message into an S/MIME envelope that only the holders of private keys can open,
 * which are not on this machine. doc/seal-format.md is the format; it comes first.
 *
 * Invariants
 * 1. Sealing gives the whole envelope or an error: nothing half.
 * 2. No private key is ever read to be used, and certificates that should not be used (expired,
 *    weak, not made for encryption, with their private key beside them) are not loaded.
 * Must never: write any of the message anywhere but into the envelope.
 * Thread rule: a struct seal is immutable; sealing from any thread.
 */
#ifndef GONEAWAY_SEAL_H
#define GONEAWAY_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mistakes.h"
#include "seal_original.h"

enum seal_cipher { SEAL_AES_256_CBC, SEAL_AES_256_GCM };

struct seal;

/* What is to be loaded, and where the configuration names it, for mistakes; line 0: unknown. */
struct seal_options {
    const char *const *paths;
    size_t count;
    enum seal_cipher cipher;
    int64_t now;
    const char *file;
    int line;
};

/* Loads and checks the certificates. Every mistake is added, each with a way out. 0, ERR_CONFIG
 * (*out is NULL), ERR_NOMEM. */
int seal_open(const struct seal_options *options, struct mistakes *mistakes, struct seal **out);
void seal_close(struct seal **seal);

/* Tells what an administrator should know of the certificates' time: those that have expired, or
 * will within `days`. Returns how many there are. */
size_t seal_tell_expiry(const struct seal *seal, int64_t now, unsigned days,
    void (*tell)(void *cookie, const char *path, int64_t not_after), void *cookie);

/* An envelope: DER of a CMS ContentInfo (RFC 5652). */
struct seal_envelope {
    unsigned char *der;
    size_t length;
};

/* Seals for all certificates that are valid at that time. 0, ERR_NOMEM, ERR_CRYPTO, ERR_EXPIRED
 * (none is valid), ERR_LIMIT (the original was cut). On failure the envelope is empty. */
int seal_message(const struct seal *seal, const struct seal_original *original, int64_t now,
    struct seal_envelope *out);
void seal_envelope_free(struct seal_envelope *envelope);
/* The body of the outer message: base64, CRLF. Hands it over in pieces of at most 65,535 octets
 * until put returns anything but 0, which is returned. */
int seal_envelope_write(const struct seal_envelope *envelope,
    int (*put)(void *cookie, const char *bytes, size_t length), void *cookie);

/* Header fields of the outer message that are ours, without X-Goneaway; value has no leading
 * space. */
struct seal_field {
    const char *name;
    const char *value;
};
const struct seal_field *seal_fields(const struct seal *seal, size_t *count);
/* Does the first field of that name (length octets) stay outside? */
bool seal_field_stays(const char *name, size_t length);

#endif
