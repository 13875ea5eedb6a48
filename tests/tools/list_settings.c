/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Prints the table of settings for tests/manual.py, one setting a line, tabs between: its name with
 * the place where it stands, what is expected, the default, what holds where there is none, what it
 * is like (required, restart), the words that it knows, its line of help.
 */
#include <stdlib.h>

#include "config_table.h"

static void print_row(enum config_scope scope, const struct config_row *row)
{
    printf("%s%s\t", config_table_prefix(scope), row->name);
    row->type->expect(row, stdout);
    printf("\t%s\t%s\t%s%s\t", row->standard != NULL ? row->standard : "",
        row->unset != NULL ? row->unset : "", (row->flags & CONFIG_REQUIRED) != 0 ? "required" : "",
        (row->flags & CONFIG_RESTART) != 0 ? "restart" : "");
    for (const struct config_word *word = row->words; word != NULL && word->name != NULL; word++)
        printf("%s%s", word == row->words ? "" : " ", word->name);
    printf("\t%s\n", row->help);
}

int main(void)
{
    for (int scope = 0; scope < CONFIG_SCOPE_COUNT; scope++) {
        size_t count;
        const struct config_row *rows = config_table_rows((enum config_scope)scope, &count);

        for (size_t i = 0; i < count; i++)
            print_row((enum config_scope)scope, &rows[i]);
    }
    return EXIT_SUCCESS;
}
