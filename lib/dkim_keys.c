/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A cache of sets with a few places each. Looking for a key and putting one in are all that is done
 * with the lock held: decoding, which takes long, and freeing are not.
 */
#include "dkim_keys.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 4
#define SETS (DKIM_KEYS_MAX / WAYS)

struct place {
    unsigned char *octets; /* NULL: empty */
    size_t length;
    EVP_PKEY *key;
    uint64_t used; /* the later, the larger */
};

struct dkim_keys {
    pthread_mutex_t lock;
    uint64_t uses;
    struct place places[SETS][WAYS];
};

/* libopendkim's call has no room for it. */
static _Thread_local struct dkim_keys *in_use;

struct dkim_keys *dkim_keys_new(void)
{
    struct dkim_keys *keys = calloc(1, sizeof(*keys));

    if (keys == NULL)
        return NULL;
    if (pthread_mutex_init(&keys->lock, NULL) != 0) {
        free(keys);
        return NULL;
    }
    return keys;
}

static void empty(struct place *place)
{
    free(place->octets);
    EVP_PKEY_free(place->key);
    *place = (struct place){0};
}

void dkim_keys_free(struct dkim_keys **keys)
{
    if (*keys == NULL)
        return;
    for (size_t set = 0; set < SETS; set++)
        for (size_t way = 0; way < WAYS; way++)
            empty(&(*keys)->places[set][way]);
    pthread_mutex_destroy(&(*keys)->lock);
    free(*keys);
    *keys = NULL;
}

void dkim_keys_use(struct dkim_keys *keys)
{
    in_use = keys;
}

/* FNV-1a. Whoever crowds a set with keys of his own only has others decoded again. */
static struct place *set_of(struct dkim_keys *keys, const unsigned char *octets, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ octets[i]) * UINT64_C(1099511628211);
    return keys->places[(hash ^ hash >> 32) % SETS];
}

static struct place *find(struct place *set, const unsigned char *octets, size_t length)
{
    for (size_t way = 0; way < WAYS; way++)
        if (set[way].key != NULL && set[way].length == length &&
            memcmp(set[way].octets, octets, length) == 0)
            return &set[way];
    return NULL;
}

/* A reference of the caller's own; NULL where it is not known. */
static EVP_PKEY *take(struct dkim_keys *keys, const unsigned char *octets, size_t length)
{
    struct place *set = set_of(keys, octets, length), *place;
    EVP_PKEY *key = NULL;

    pthread_mutex_lock(&keys->lock);
    place = find(set, octets, length);
    if (place != NULL && EVP_PKEY_up_ref(place->key) == 1) {
        key = place->key;
        place->used = ++keys->uses;
    }
    pthread_mutex_unlock(&keys->lock);
    return key;
}

/* The place for a key: its own, where another thread was quicker; or the one not used for longest,
 * which an empty one is. */
static struct place *choose(struct place *set, const unsigned char *octets, size_t length)
{
    struct place *chosen = find(set, octets, length);

    if (chosen != NULL)
        return chosen;
    chosen = set;
    for (size_t way = 1; way < WAYS; way++)
        if (set[way].used < chosen->used)
            chosen = &set[way];
    return chosen;
}

static void keep(struct dkim_keys *keys, const unsigned char *octets, size_t length, EVP_PKEY *key)
{
    struct place *set = set_of(keys, octets, length), *chosen, old;
    struct place fresh = {.octets = malloc(length), .length = length};

    if (fresh.octets == NULL || EVP_PKEY_up_ref(key) != 1) {
        free(fresh.octets);
        return;
    }
    memcpy(fresh.octets, octets, length);
    fresh.key = key;
    pthread_mutex_lock(&keys->lock);
    chosen = choose(set, octets, length);
    fresh.used = ++keys->uses;
    old = *chosen;
    *chosen = fresh;
    pthread_mutex_unlock(&keys->lock);
    empty(&old);
}

size_t dkim_keys_count(struct dkim_keys *keys)
{
    size_t count = 0;

    pthread_mutex_lock(&keys->lock);
    for (size_t set = 0; set < SETS; set++)
        for (size_t way = 0; way < WAYS; way++)
            count += keys->places[set][way].key != NULL;
    pthread_mutex_unlock(&keys->lock);
    return count;
}

/* As OpenSSL's own. */
static EVP_PKEY *decode(BIO *bio, EVP_PKEY **out)
{
    return ASN1_d2i_bio_of(EVP_PKEY, EVP_PKEY_new, d2i_PUBKEY, bio, out);
}

/* In OpenSSL's place. A key is only read by those who share it: OpenSSL locks what it works out of
 * it. A known one is not read from bio, which libopendkim frees. */
EVP_PKEY *d2i_PUBKEY_bio(BIO *bio, EVP_PKEY **out)
{
    struct dkim_keys *keys = in_use;
    unsigned char *octets = NULL;
    size_t length = 0;
    EVP_PKEY *key = NULL;

    if (keys != NULL && out == NULL && BIO_method_type(bio) == BIO_TYPE_MEM)
        length = (size_t)BIO_get_mem_data(bio, &octets);
    if (octets != NULL && length > 0)
        key = take(keys, octets, length);
    if (key != NULL)
        return key;
    key = decode(bio, out);
    if (key != NULL && octets != NULL && length > 0)
        keep(keys, octets, length, key);
    return key;
}
