/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "dns_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#define SETS (DNS_CACHE_MAX / DNS_CACHE_WAYS)

struct place {
    char *name; /* NULL: empty */
    char *text; /* NULL: the DNS has no such record */
    int64_t expires;
};

struct dns_cache {
    pthread_mutex_t lock;
    uint64_t seed; /* so that nobody can choose names for one set */
    struct place places[SETS][DNS_CACHE_WAYS];
};

struct dns_cache *dns_cache_new(void)
{
    struct dns_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    if (pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache);
        return NULL;
    }
    /* without random octets the cache is as right, only easier to crowd */
    if (getrandom(&cache->seed, sizeof(cache->seed), GRND_NONBLOCK) < 0)
        cache->seed = 0;
    return cache;
}

static void empty(struct place *place)
{
    free(place->name);
    free(place->text);
    *place = (struct place){0};
}

void dns_cache_free(struct dns_cache **cache)
{
    if (*cache == NULL)
        return;
    for (size_t set = 0; set < SETS; set++)
        for (size_t way = 0; way < DNS_CACHE_WAYS; way++)
            empty(&(*cache)->places[set][way]);
    pthread_mutex_destroy(&(*cache)->lock);
    free(*cache);
    *cache = NULL;
}

/* FNV-1a over the name in small letters. */
static struct place *set_of(struct dns_cache *cache, const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ cache->seed;

    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;

        hash ^= c >= 'A' && c <= 'Z' ? (uint64_t)(c - 'A' + 'a') : (uint64_t)c;
        hash *= UINT64_C(1099511628211);
    }
    return cache->places[(hash ^ hash >> 32) % SETS];
}

static struct place *find(struct place *set, const char *name)
{
    for (size_t way = 0; way < DNS_CACHE_WAYS; way++)
        if (set[way].name != NULL && strcasecmp(set[way].name, name) == 0)
            return &set[way];
    return NULL;
}

static enum dns_answer copy_text(const struct place *place, char *out, size_t room)
{
    size_t length;

    if (place->text == NULL)
        return DNS_ABSENT;
    length = strlen(place->text);
    if (length >= room)
        return DNS_FAILED;
    memcpy(out, place->text, length + 1);
    return DNS_FOUND;
}

bool dns_cache_get(struct dns_cache *cache, const char *name, int64_t now, char *out, size_t room,
    enum dns_answer *answer)
{
    struct place *place;
    bool known = false;

    pthread_mutex_lock(&cache->lock);
    place = find(set_of(cache, name), name);
    if (place != NULL && place->expires > now) {
        *answer = copy_text(place, out, room);
        known = true;
    }
    pthread_mutex_unlock(&cache->lock);
    return known;
}

/* The place for a name: its own, an empty one, or the one that expires first. */
static struct place *choose(struct place *set, const char *name)
{
    struct place *chosen = find(set, name);

    for (size_t way = 0; way < DNS_CACHE_WAYS && chosen == NULL; way++)
        if (set[way].name == NULL)
            chosen = &set[way];
    if (chosen != NULL)
        return chosen;
    chosen = &set[0];
    for (size_t way = 1; way < DNS_CACHE_WAYS; way++)
        if (set[way].expires < chosen->expires)
            chosen = &set[way];
    return chosen;
}

void dns_cache_put(struct dns_cache *cache, const char *name, const char *text, int64_t expires)
{
    struct place fresh = {.name = strdup(name), .expires = expires}, old = {0}, *place;

    fresh.text = text == NULL ? NULL : strdup(text);
    if (fresh.name == NULL || (text != NULL && fresh.text == NULL)) {
        empty(&fresh);
        return;
    }
    pthread_mutex_lock(&cache->lock);
    place = choose(set_of(cache, name), name);
    old = *place;
    *place = fresh;
    pthread_mutex_unlock(&cache->lock);
    empty(&old);
}
