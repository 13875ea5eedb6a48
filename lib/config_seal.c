/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_seal - the certificates that mail is sealed for. They are read by setup, with all the
 * other files that the configuration names; this only remembers where they are named.
 */
#include "config_read.h"

static int read_paths(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    struct config *config = record;
    struct config_place place = config_read_place(reader, setting);

    config->seal_file = place.file;
    config->seal_line = place.line;
    return config_type_strings.read(reader, row, setting, record);
}

static bool print_paths(const struct config_row *row, const void *record, FILE *out)
{
    return config_type_strings.print(row, record, out);
}

static void expect_paths(const struct config_row *row, FILE *out)
{
    config_type_strings.expect(row, out);
}

const struct config_type config_seal_type = {"strings", read_paths, print_paths, expect_paths};
