/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * exporter_library - see exporter_library.h. GONEAWAY_HTTP_LIBRARY is the name that the linker
 * would have written down, so that it is the version of the header that is loaded.
 */
#ifdef GONEAWAY_HTTP

#include "exporter_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define MEMBER(name, member)                                                                       \
    {                                                                                              \
        "MHD_" name, offsetof(struct exporter_library, member)                                     \
    }

const char *exporter_library_load(struct exporter_library *out)
{
    static const struct {
        const char *name;
        size_t place;
    } members[] = {
        MEMBER("get_version", get_version),
        MEMBER("start_daemon", start_daemon),
        MEMBER("stop_daemon", stop_daemon),
        MEMBER("create_response_from_buffer", create_response),
        MEMBER("add_response_header", add_header),
        MEMBER("queue_response", queue_response),
        MEMBER("destroy_response", destroy_response),
    };
    void *library = dlopen(GONEAWAY_HTTP_LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        return dlerror();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        void *symbol = dlsym(library, members[i].name);

        if (symbol == NULL)
            return dlerror();
        memcpy((char *)out + members[i].place, &symbol, sizeof(symbol));
    }
    return NULL;
}

#else

typedef int exporter_library_is_left_out;

#endif
