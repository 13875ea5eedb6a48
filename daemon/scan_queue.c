/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Mails that were read and not judged yet. They come and go some at a time, so that not every mail
 * wakes a thread. A mail that is larger than the bound goes alone.
 */
#include "scan.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define OCTETS_MAX ((size_t)32 << 20)
#define ITEMS_MAX ((size_t)2000)
#define WAIT_MS 300
/* What goes at a time. */
#define CHAIN_ITEMS ((size_t)16)
#define CHAIN_OCTETS ((size_t)512 << 10)

/* Items one behind the other. */
struct chain {
    struct scan_item *first;
    struct scan_item **last;
    size_t items;
    size_t octets;
};

struct scan_queue {
    struct chain gathered; /* the reader's alone */
    pthread_mutex_t lock;  /* for all that follows */
    pthread_cond_t room;
    pthread_cond_t work;
    struct chain waiting;
    bool ended;
    bool stopped;
};

void scan_item_free(struct scan_item **item)
{
    if (*item == NULL)
        return;
    free((*item)->bytes);
    free(*item);
    *item = NULL;
}

static void chain_clear(struct chain *chain)
{
    *chain = (struct chain){.last = &chain->first};
}

static void chain_add(struct chain *chain, struct scan_item *item)
{
    item->next = NULL;
    *chain->last = item;
    chain->last = &item->next;
    chain->items++;
    chain->octets += item->length;
}

static bool chain_is_enough(const struct chain *chain)
{
    return chain->items >= CHAIN_ITEMS || chain->octets >= CHAIN_OCTETS;
}

/* The first ones, as many as go at a time. */
static struct scan_item *take(struct chain *chain)
{
    struct chain taken;

    chain_clear(&taken);
    while (chain->first != NULL && !chain_is_enough(&taken)) {
        struct scan_item *item = chain->first;

        chain->first = item->next;
        chain->items--;
        chain->octets -= item->length;
        chain_add(&taken, item);
    }
    if (chain->first == NULL)
        chain->last = &chain->first;
    return taken.first;
}

void scan_item_free_all(struct scan_item **items)
{
    while (*items != NULL) {
        struct scan_item *item = *items;

        *items = item->next;
        scan_item_free(&item);
    }
}

struct scan_queue *scan_queue_new(void)
{
    struct scan_queue *queue = calloc(1, sizeof(*queue));

    if (queue == NULL)
        return NULL;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->room, NULL);
    pthread_cond_init(&queue->work, NULL);
    chain_clear(&queue->gathered);
    chain_clear(&queue->waiting);
    return queue;
}

void scan_queue_free(struct scan_queue **queue)
{
    if (*queue == NULL)
        return;
    scan_item_free_all(&(*queue)->gathered.first);
    scan_item_free_all(&(*queue)->waiting.first);
    pthread_cond_destroy(&(*queue)->work);
    pthread_cond_destroy(&(*queue)->room);
    pthread_mutex_destroy(&(*queue)->lock);
    free(*queue);
    *queue = NULL;
}

static bool is_full(const struct scan_queue *queue)
{
    const struct chain *waiting = &queue->waiting;

    return waiting->items > 0 && (waiting->items + queue->gathered.items > ITEMS_MAX ||
                                     waiting->octets + queue->gathered.octets > OCTETS_MAX);
}

bool scan_queue_flush(struct scan_queue *queue)
{
    struct chain *gathered = &queue->gathered, *waiting = &queue->waiting;
    bool stopped;

    pthread_mutex_lock(&queue->lock);
    while (is_full(queue) && !queue->stopped)
        pthread_cond_wait(&queue->room, &queue->lock);
    stopped = queue->stopped;
    if (!stopped && gathered->first != NULL) {
        *waiting->last = gathered->first;
        waiting->last = gathered->last;
        waiting->items += gathered->items;
        waiting->octets += gathered->octets;
        chain_clear(gathered);
        pthread_cond_signal(&queue->work);
    }
    pthread_mutex_unlock(&queue->lock);
    scan_item_free_all(&gathered->first);
    chain_clear(gathered);
    return !stopped;
}

bool scan_queue_put(struct scan_queue *queue, struct scan_item *item)
{
    chain_add(&queue->gathered, item);
    return !chain_is_enough(&queue->gathered) || scan_queue_flush(queue);
}

int scan_queue_get(struct scan_queue *queue, struct scan_item **items)
{
    struct timespec until;
    int r = 0;

    *items = NULL;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&queue->lock);
    while (queue->waiting.first == NULL && !queue->ended && !queue->stopped && r != ETIMEDOUT)
        r = pthread_cond_clockwait(&queue->work, &queue->lock, CLOCK_MONOTONIC, &until);
    if (queue->stopped || (queue->waiting.first == NULL && queue->ended))
        r = -1;
    else if (queue->waiting.first == NULL)
        r = 0;
    else {
        *items = take(&queue->waiting);
        r = 1;
        pthread_cond_signal(&queue->room);
    }
    pthread_mutex_unlock(&queue->lock);
    return r;
}

static void wake_all(struct scan_queue *queue, bool *flag)
{
    pthread_mutex_lock(&queue->lock);
    *flag = true;
    pthread_cond_broadcast(&queue->room);
    pthread_cond_broadcast(&queue->work);
    pthread_mutex_unlock(&queue->lock);
}

void scan_queue_end(struct scan_queue *queue)
{
    wake_all(queue, &queue->ended);
}

void scan_queue_stop(struct scan_queue *queue)
{
    wake_all(queue, &queue->stopped);
}
