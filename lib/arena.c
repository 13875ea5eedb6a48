/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A chain of blocks, each used from its start; large objects get a block of their own. A small
 * object is cleared when it is handed out and not with its block: most of what is kept are copies
 * of text, which need not be.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)4096)
#define ALIGNMENT _Alignof(max_align_t)
#define PRINTED 256

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

struct arena {
    struct block *blocks; /* the first is the one that is being filled */
    size_t held;
    size_t limit;
};

static atomic_ulong fail_countdown;

void arena_fail_at(unsigned long nth)
{
    atomic_store(&fail_countdown, nth);
}

static int must_fail(void)
{
    unsigned long left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);

    if (left == 0)
        return 0;
    return atomic_fetch_sub(&fail_countdown, 1) == 1;
}

struct arena *arena_new(size_t limit)
{
    struct arena *arena = must_fail() ? NULL : calloc(1, sizeof(*arena));

    if (arena != NULL)
        arena->limit = limit;
    return arena;
}

void arena_free(struct arena **arena)
{
    if (*arena == NULL)
        return;
    while ((*arena)->blocks != NULL) {
        struct block *next = (*arena)->blocks->next;

        free((*arena)->blocks);
        (*arena)->blocks = next;
    }
    free(*arena);
    *arena = NULL;
}

static struct block *block_new(struct arena *arena, size_t size, bool cleared)
{
    struct block *block;

    if (size > SIZE_MAX - sizeof(*block))
        return NULL;
    if (arena->limit != 0 && (size > arena->limit || arena->held > arena->limit - size))
        return NULL;
    block = cleared ? calloc(1, sizeof(*block) + size) : malloc(sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->size = size;
    block->used = 0;
    arena->held += size;
    return block;
}

/* A large object goes behind the block being filled, so that the room left there is not lost. */
static void *alloc_large(struct arena *arena, size_t size, bool cleared)
{
    struct block *block = block_new(arena, size, cleared);

    if (block == NULL)
        return NULL;
    block->used = size;
    if (arena->blocks != NULL) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        arena->blocks = block;
    }
    return block->bytes;
}

static void *alloc(struct arena *arena, size_t size, bool cleared)
{
    struct block *block = arena->blocks;
    void *memory;

    if (must_fail() || size > SIZE_MAX - ALIGNMENT)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (size > BLOCK_SIZE / 4)
        return alloc_large(arena, size, cleared);
    if (block == NULL || block->size - block->used < size) {
        block = block_new(arena, BLOCK_SIZE, false);
        if (block == NULL)
            return NULL;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    memory = block->bytes + block->used;
    block->used += size;
    return cleared ? memset(memory, 0, size) : memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return alloc(arena, size, true);
}

void *arena_bytes(struct arena *arena, size_t size)
{
    return alloc(arena, size, false);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(arena, count * size);
}

char *arena_strndup(struct arena *arena, const char *string, size_t length)
{
    char *copy = length == SIZE_MAX ? NULL : arena_bytes(arena, length + 1);

    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, string, length);
    copy[length] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *string)
{
    return arena_strndup(arena, string, strlen(string));
}

/* Written twice only where it is long. */
__attribute__((format(printf, 2, 0))) static char *print(
    struct arena *arena, const char *format, va_list args)
{
    char first[PRINTED];
    va_list again;
    char *text = NULL;
    int length;

    va_copy(again, args);
    length = vsnprintf(first, sizeof(first), format, args);
    if (length >= 0)
        text = arena_bytes(arena, (size_t)length + 1);
    if (text != NULL && (size_t)length < sizeof(first))
        memcpy(text, first, (size_t)length + 1);
    else if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = print(arena, format, args);
    va_end(args);
    return text;
}
