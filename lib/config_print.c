/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_print - the table and a configuration in writing. What config_print writes can be read
 * again and gives the same configuration, so two of them are compared by what is written.
 */
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

/* The value of a setting, to be free()d; NULL where it has none. */
static char *value_of(const struct config_row *row, const void *record)
{
    char *value = NULL;
    size_t size;
    FILE *out = open_memstream(&value, &size);
    bool is_set;

    if (out == NULL)
        return NULL;
    is_set = row->type->print(row, record, out);
    if (fclose(out) == 0 && is_set)
        return value;
    free(value);
    return NULL;
}

/* No string holds a line end, so every one in a value is the end of a line of ours. */
static void print_indented(const char *text, int indent, FILE *out)
{
    for (; *text != '\0'; text++) {
        putc(*text, out);
        if (*text == '\n')
            fprintf(out, "%*s", indent, "");
    }
}

void config_print_group(enum config_scope scope, const void *record, int indent, FILE *out)
{
    size_t count;
    const struct config_row *rows = config_table_rows(scope, &count);

    for (size_t i = 0; i < count; i++) {
        char *value = value_of(&rows[i], record);

        if (value != NULL) {
            fprintf(out, "%*s%s = ", indent, "", rows[i].name);
            print_indented(value, indent, out);
            fputs(";\n", out);
        } else if (scope == CONFIG_SCOPE_TOP)
            fprintf(out, "# %s is not set: %s\n", rows[i].name, rows[i].unset);
        free(value);
    }
}

void config_print(const struct config *config, FILE *out)
{
    config_print_group(CONFIG_SCOPE_TOP, config, 0, out);
}

static void print_range(const struct config_row *row, FILE *out)
{
    if (row->type == &config_type_integer)
        fprintf(out, "%u..%u", row->minimum, row->maximum);
    else if (row->words != NULL)
        for (const struct config_word *word = row->words; word->name != NULL; word++)
            fprintf(out, "%s%s", word == row->words ? "" : "|", word->name);
    else if (row->type == &config_type_boolean || row->type == &config_type_want)
        fputs("true|false", out);
    else
        putc('-', out);
}

void config_print_settings(FILE *out)
{
    for (int scope = 0; scope < CONFIG_SCOPE_COUNT; scope++) {
        size_t count;
        const struct config_row *rows = config_table_rows((enum config_scope)scope, &count);

        for (size_t i = 0; i < count; i++) {
            const struct config_row *row = &rows[i];
            bool required = (row->flags & CONFIG_REQUIRED) != 0;

            fprintf(out, "%s%s\t%s\t", config_table_prefix((enum config_scope)scope), row->name,
                row->type->name);
            print_range(row, out);
            fprintf(out, "\t%s\t%s\t%s\n",
                required                ? "(required)"
                : row->standard != NULL ? row->standard
                                        : row->unset,
                row->help, (row->flags & CONFIG_RESTART) != 0 ? "restart" : "reload");
        }
    }
}
