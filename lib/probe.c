/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "probe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define DAY_SECONDS 86400
#define SETS 128
#define WAYS 8

struct place {
    uint64_t address; /* its hash */
    int64_t day;
    unsigned count; /* 0: empty */
    int64_t dates[PROBE_DATES_MAX];
};

struct probe {
    pthread_mutex_t lock;
    uint64_t seed;
    struct place places[SETS][WAYS];
};

struct probe *probe_new(void)
{
    struct probe *probe = calloc(1, sizeof(*probe));

    if (probe == NULL)
        return NULL;
    if (pthread_mutex_init(&probe->lock, NULL) != 0) {
        free(probe);
        return NULL;
    }
    /* without random octets it is as right, only easier to crowd */
    if (getrandom(&probe->seed, sizeof(probe->seed), GRND_NONBLOCK) < 0)
        probe->seed = 0;
    return probe;
}

void probe_free(struct probe **probe)
{
    if (*probe == NULL)
        return;
    pthread_mutex_destroy(&(*probe)->lock);
    free(*probe);
    *probe = NULL;
}

/* FNV-1a with a seed, its upper bits mixed into the lower ones that choose a set. */
static uint64_t hash_of(uint64_t seed, const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u ^ seed;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

static int64_t day_of(int64_t now)
{
    return now >= 0 ? now / DAY_SECONDS : -((-now + DAY_SECONDS - 1) / DAY_SECONDS);
}

/* The place of the mailbox and day, emptied where it was another's. */
static struct place *find_place(struct probe *probe, uint64_t address, int64_t day)
{
    struct place *set = probe->places[address % SETS];
    struct place *victim = &set[0];

    for (int i = 0; i < WAYS; i++)
        if (set[i].count > 0 && set[i].address == address && set[i].day == day)
            return &set[i];
    for (int i = 1; i < WAYS; i++) {
        unsigned count = set[i].day == day ? set[i].count : 0;

        if (count < (victim->day == day ? victim->count : 0))
            victim = &set[i];
    }
    memset(victim, 0, sizeof(*victim));
    victim->address = address;
    victim->day = day;
    return victim;
}

/* Under the lock. */
static bool count_date(struct place *place, int64_t date, unsigned most)
{
    for (unsigned i = 0; i < place->count; i++)
        if (place->dates[i] == date)
            return false;
    if (place->count >= most || place->count == PROBE_DATES_MAX)
        return true;
    place->dates[place->count++] = date;
    return false;
}

bool probe_is_one_too_many(
    struct probe *probe, const char *address, int64_t date, int64_t now, unsigned most)
{
    uint64_t hash = hash_of(probe->seed, address);
    bool too_many;

    pthread_mutex_lock(&probe->lock);
    too_many = count_date(find_place(probe, hash, day_of(now)), date, most);
    pthread_mutex_unlock(&probe->lock);
    return too_many;
}
