/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Mails that were read and not judged yet. A mail that is larger than the bound goes alone.
 */
#include "scan.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define OCTETS_MAX ((size_t)32 << 20)
#define ITEMS_MAX ((size_t)2000)
#define WAIT_MS 300

struct scan_queue {
    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t room;
    pthread_cond_t work;
    struct scan_item *first;
    struct scan_item **last;
    size_t items;
    size_t octets;
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

struct scan_queue *scan_queue_new(void)
{
    struct scan_queue *queue = calloc(1, sizeof(*queue));

    if (queue == NULL)
        return NULL;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->room, NULL);
    pthread_cond_init(&queue->work, NULL);
    queue->last = &queue->first;
    return queue;
}

static struct scan_item *take(struct scan_queue *queue)
{
    struct scan_item *item = queue->first;

    queue->first = item->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    queue->items--;
    queue->octets -= item->length;
    return item;
}

void scan_queue_free(struct scan_queue **queue)
{
    if (*queue == NULL)
        return;
    while ((*queue)->first != NULL) {
        struct scan_item *item = take(*queue);

        scan_item_free(&item);
    }
    pthread_cond_destroy(&(*queue)->work);
    pthread_cond_destroy(&(*queue)->room);
    pthread_mutex_destroy(&(*queue)->lock);
    free(*queue);
    *queue = NULL;
}

static bool is_full(const struct scan_queue *queue, size_t length)
{
    return queue->items > 0 && (queue->items >= ITEMS_MAX || queue->octets + length > OCTETS_MAX);
}

bool scan_queue_put(struct scan_queue *queue, struct scan_item *item)
{
    bool stopped;

    item->next = NULL;
    pthread_mutex_lock(&queue->lock);
    while (is_full(queue, item->length) && !queue->stopped)
        pthread_cond_wait(&queue->room, &queue->lock);
    stopped = queue->stopped;
    if (!stopped) {
        *queue->last = item;
        queue->last = &item->next;
        queue->items++;
        queue->octets += item->length;
        pthread_cond_signal(&queue->work);
    }
    pthread_mutex_unlock(&queue->lock);
    if (stopped)
        scan_item_free(&item);
    return !stopped;
}

int scan_queue_get(struct scan_queue *queue, struct scan_item **item)
{
    struct timespec until;
    int r = 0;

    *item = NULL;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->ended && !queue->stopped && r != ETIMEDOUT)
        r = pthread_cond_clockwait(&queue->work, &queue->lock, CLOCK_MONOTONIC, &until);
    if (queue->stopped || (queue->first == NULL && queue->ended))
        r = -1;
    else if (queue->first == NULL)
        r = 0;
    else {
        *item = take(queue);
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
