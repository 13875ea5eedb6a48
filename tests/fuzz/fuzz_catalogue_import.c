/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any records: the services that are made of them load beside the shipped ones without a mistake,
 * and take nothing away from them.
 */
#include "catalogue_import.h"

#include "domain.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHIPPED SOURCE_DIR "/conf/services.conf"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct catalogue *shipped;
static struct kind_rules *rules;

static void load_shipped(void)
{
    const char *path = SHIPPED;
    struct mistakes mistakes = {0};

    if (domain_open() != 0 || catalogue_load(&path, 1, &mistakes, &shipped) != 0 ||
        kind_rules_load(SOURCE_DIR "/conf/kinds.conf", &mistakes, &rules) != 0)
        abort();
}

static void check_written(const struct buf *out, size_t services)
{
    int fd = memfd_create("services", 0);
    struct mistakes mistakes = {0};
    struct catalogue *catalogue;
    char path[64];
    const char *paths[] = {path};

    if (fd < 0 || write(fd, buf_text(out), out->length) != (ssize_t)out->length)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (catalogue_load(paths, 1, &mistakes, &catalogue) != 0 ||
        catalogue_count(catalogue) != services)
        abort();
    for (size_t i = 0; i < services; i++) {
        const struct catalogue_service *service = catalogue_at(catalogue, i);

        for (size_t k = 0; k < service->domain_count; k++)
            if (catalogue_by_domain(shipped, service->domains[k]) != NULL)
                abort();
    }
    catalogue_free(&catalogue);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct catalogue_import_counts counts;
    struct catalogue_import *import;
    struct json_read_mistake mistake;
    char *text = malloc(size + (size == 0));
    struct buf out;

    if (shipped == NULL)
        load_shipped();
    if (text == NULL || catalogue_import_open(shipped, rules, &import) != 0)
        abort();
    memcpy(text, data, size);
    buf_init(&out, (size_t)64 << 20);
    catalogue_import_add(import, text, size, &mistake);
    if (catalogue_import_write(import, &out, &counts) != 0 || buf_failed(&out) != 0)
        abort();
    check_written(&out, counts.services);
    buf_free(&out);
    catalogue_import_close(&import);
    free(text);
    return 0;
}
