/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any services file: a catalogue that loads can be asked for all that it holds.
 */
#include "catalogue.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the string it was reading when the next token is a syntax error. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

static void check_service(
    const struct catalogue *catalogue, const struct catalogue_service *service)
{
    if (catalogue_by_id(catalogue, service->id) != service || service->domain_count == 0 ||
        service->name == NULL || service->category == NULL || service->contact.source == NULL ||
        service->risk < 1 || service->risk > 5)
        abort();
    for (size_t i = 0; i < service->domain_count; i++)
        if (catalogue_by_domain(catalogue, service->domains[i]) != service ||
            catalogue_by_exact_domain(catalogue, service->domains[i]) != service)
            abort();
}

/* An included file would be one of this machine. */
static int names_files(const uint8_t *data, size_t size)
{
    return memmem(data, size, "@include", 8) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = names_files(data, size) ? -1 : memfd_create("services", 0);
    struct mistakes mistakes = {0};
    struct catalogue *catalogue;
    char path[64];
    const char *paths[2] = {path, path};
    int result;

    if (fd < 0)
        return 0;
    if (write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    result = catalogue_load(paths, 1 + size % 2, &mistakes, &catalogue);
    if ((result == 0) != (catalogue != NULL) || (result == 0) != (mistakes.count == 0))
        abort();
    for (size_t i = 0; catalogue != NULL && i < catalogue_count(catalogue); i++)
        check_service(catalogue, catalogue_at(catalogue, i));
    catalogue_free(&catalogue);
    mistakes_clear(&mistakes);
    close(fd);
    return 0;
}
