/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * dkim_keys - public keys as OpenSSL has decoded them, kept because libopendkim has every
 * signature's key decoded anew, which takes OpenSSL 3.0 several times as long as the verification
 * itself. Senders have few keys and many mails.
 *
 * libopendkim asks OpenSSL by d2i_PUBKEY_bio. The program defines that name itself, and the dynamic
 * loader prefers the program's. It does what OpenSSL's does, and remembers the result while the
 * thread uses keys. Where a libopendkim never calls it, nothing is kept, and all else is the same.
 *
 * A key is found by its octets, never by its name: which octets a name has, the DNS says for every
 * signature, so a key that was changed or revoked there is of no more use here. At most
 * DKIM_KEYS_MAX are kept, in sets by a hash of their octets; in a set that is full the one goes
 * that was not used for longest. Octets that are no key are not kept. Thread rule: any thread.
 */
#ifndef GONEAWAY_DKIM_KEYS_H
#define GONEAWAY_DKIM_KEYS_H

#include <stddef.h>

#define DKIM_KEYS_MAX 256

struct dkim_keys;

/* NULL without memory. Freed when no thread uses them. */
struct dkim_keys *dkim_keys_new(void);
void dkim_keys_free(struct dkim_keys **keys);

/* From now on what this thread has decoded comes from keys, or goes there. NULL: no longer. */
void dkim_keys_use(struct dkim_keys *keys);

/* How many are kept; for tests. */
size_t dkim_keys_count(struct dkim_keys *keys);

#endif
