/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The reader of the configuration. Any octets give a configuration or mistakes, one of both;
 * a configuration, printed and read again, prints the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the string it is reading where a syntax error follows. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

/* A file of these octets that config_load can open by its name. */
static int make_file(const void *bytes, size_t size, char path[64])
{
    int fd = memfd_create("config", MFD_CLOEXEC);

    if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static struct config *load(const void *bytes, size_t size)
{
    struct mistakes mistakes = {0};
    struct config *config = NULL;
    char path[64];
    int fd = make_file(bytes, size, path);
    int rc = config_load(path, &mistakes, &config);

    close(fd);
    if ((rc == 0) != (config != NULL) || (rc == ERR_CONFIG) != (mistakes.count > 0))
        abort();
    mistakes_clear(&mistakes);
    return config;
}

static char *print(const struct config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    config_print(config, out);
    fclose(out);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config;
    struct config *again;
    char *once;
    char *twice;

    config = load(data, size);
    if (config == NULL)
        return 0;
    once = print(config);
    again = load(once, strlen(once));
    if (again == NULL)
        abort();
    twice = print(again);
    if (strcmp(once, twice) != 0)
        abort();
    config_is_own_network(config, config->listen);
    config_listen_is_public(config);
    free(once);
    free(twice);
    config_free(&config);
    config_free(&again);
    return 0;
}
