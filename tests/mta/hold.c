/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * hold - loaded before libmilter (LD_PRELOAD): after the GONEAWAY_HOLD_AT-th change of a message
 * the daemon stands still, so that somebody can be killed just then. It makes the file
 * GONEAWAY_HOLD_FILE and goes on when that is gone.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static void hold(void)
{
    static atomic_int changes;
    const char *at = getenv("GONEAWAY_HOLD_AT"), *path = getenv("GONEAWAY_HOLD_FILE");

    if (at == NULL || path == NULL || atomic_fetch_add(&changes, 1) + 1 != atoi(at))
        return;
    close(open(path, O_CREAT | O_WRONLY, 0600));
    while (access(path, F_OK) == 0)
        usleep(2000);
}

#define AFTER(name, parameters, arguments)                                                         \
    int name parameters;                                                                           \
    int name parameters                                                                            \
    {                                                                                              \
        int(*real) parameters = (int(*) parameters)dlsym(RTLD_NEXT, #name);                        \
        int result = real arguments;                                                               \
                                                                                                   \
        hold();                                                                                    \
        return result;                                                                             \
    }

AFTER(smfi_replacebody, (void *ctx, unsigned char *bytes, int length), (ctx, bytes, length))
AFTER(smfi_chgheader, (void *ctx, char *name, int index, char *value), (ctx, name, index, value))
AFTER(smfi_addheader, (void *ctx, char *name, char *value), (ctx, name, value))
AFTER(smfi_insheader, (void *ctx, int index, char *name, char *value), (ctx, index, name, value))
