/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * preload_dns - name servers that answer once, and then are silent: whoever asks for an address
 * again waits for a minute.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#define SILENCE_S 60

int getaddrinfo(
    const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    static _Atomic bool asked;
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (atomic_exchange(&asked, true))
        sleep(SILENCE_S);
    return real(name, service, hints, found);
}
