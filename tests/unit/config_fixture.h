/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A directory for configuration files, and loading of a text as if it were one. Include behind
 * cmocka.h.
 */
#ifndef GONEAWAY_CONFIG_FIXTURE_H
#define GONEAWAY_CONFIG_FIXTURE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "err.h"

#define MAYBE_UNUSED __attribute__((unused))

/* A domain that has no mistake, in one line. */
#define DOMAIN_LINE "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; } );\n"

struct fixture {
    char directory[64];
    char path[128]; /* of the configuration */
    struct mistakes mistakes;
    struct config *config;
};

MAYBE_UNUSED static int fixture_set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/goneaway-config-XXXXXX");
    if (mkdtemp(fixture->directory) == NULL)
        return -1;
    snprintf(fixture->path, sizeof(fixture->path), "%s/test.conf", fixture->directory);
    *state = fixture;
    return 0;
}

MAYBE_UNUSED static int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    int rc;

    mistakes_clear(&fixture->mistakes);
    config_free(&fixture->config);
    snprintf(command, sizeof(command), "rm -rf %s", fixture->directory);
    rc = system(command);
    free(fixture);
    return rc;
}

MAYBE_UNUSED static void fixture_write(
    const struct fixture *fixture, const char *name, const void *bytes, size_t length)
{
    char path[256];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0644), 0);
}

/* Loads what stands in the fixture's file, forgetting what was loaded before. */
MAYBE_UNUSED static int fixture_reload(struct fixture *fixture)
{
    int rc;

    mistakes_clear(&fixture->mistakes);
    config_free(&fixture->config);
    rc = config_load(fixture->path, &fixture->mistakes, &fixture->config);
    assert_int_equal(fixture->config != NULL, rc == 0);
    assert_int_equal(fixture->mistakes.count > 0, rc == ERR_CONFIG);
    return rc;
}

MAYBE_UNUSED static int fixture_load(struct fixture *fixture, const char *text)
{
    fixture_write(fixture, "test.conf", text, strlen(text));
    return fixture_reload(fixture);
}

/* Loads a text that must have no mistake. */
MAYBE_UNUSED static struct config *fixture_good(struct fixture *fixture, const char *text)
{
    int rc = fixture_load(fixture, text);

    if (rc != 0)
        fail_msg("%s in: %s", rc == ERR_CONFIG ? fixture->mistakes.lines[0] : err_text(rc), text);
    return fixture->config;
}

#endif
