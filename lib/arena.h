/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * arena - memory with one lifetime: what is learned about a message lives in the message's
 * arena and goes with it in one call; so does a configuration.
 *
 * Invariants
 * 1. Memory comes zeroed (but from arena_bytes) and aligned for any object, and is never moved or
 *    freed singly.
 * 2. An arena never holds more than its limit; beyond it every call returns NULL, as it does
 *    when memory cannot be had. A caller turns NULL into ERR_NOMEM.
 * Thread rule: one thread at a time for an arena; reading what it holds is free for all.
 */
#ifndef GONEAWAY_ARENA_H
#define GONEAWAY_ARENA_H

#include <stddef.h>

struct arena;

/* A new arena that will hold at most limit octets (0: no limit). NULL without memory. */
struct arena *arena_new(size_t limit);
/* Frees everything, and leaves NULL behind; NULL is fine. */
void arena_free(struct arena **arena);

void *arena_alloc(struct arena *arena, size_t size);
/* The same, but what it holds is anything, also of another mail: for who writes all of it at once.
 */
void *arena_bytes(struct arena *arena, size_t size);
/* The same for count objects of size octets; NULL also where the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_strdup(struct arena *arena, const char *string);
/* The first length octets of string, with a NUL behind them. */
char *arena_strndup(struct arena *arena, const char *string, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes the nth allocation from now fail, counting all arenas of the process (0: none). For
 * tests of what happens then; never called by the daemon. */
void arena_fail_at(unsigned long nth);

#endif
