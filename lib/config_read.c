/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_read - see config_read.h. Settings are read in the order of the table, so that a row
 * may rest on those above it; the mistakes are brought into the order of the file afterwards.
 */
#include "config_read.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

struct config_place config_read_place(
    const struct config_reader *reader, const config_setting_t *setting)
{
    if (reader->text == NULL)
        return (struct config_place){"built-in defaults", 0};
    /* the root stands on no line */
    if (setting == NULL || config_setting_is_root(setting))
        return (struct config_place){reader->config->path, 0};
    return config_text_place(reader->text, config_setting_source_line(setting));
}

/* The name of a setting, or of the nearest one around it that has one. */
static const char *name_of(const config_setting_t *setting)
{
    while (setting != NULL && config_setting_name(setting) == NULL)
        setting = config_setting_parent(setting);
    return setting != NULL ? config_setting_name(setting) : NULL;
}

void config_read_mistake(const struct config_reader *reader, const config_setting_t *setting,
    const char *key, const char *format, ...)
{
    struct config_place place = config_read_place(reader, setting);
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    mistakes_add(reader->mistakes, place.file, place.line, key != NULL ? key : name_of(setting),
        "%s", text != NULL ? text : err_text(ERR_NOMEM));
    free(text);
}

static const char *type_text(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "a number";
    case CONFIG_TYPE_FLOAT:
        return "a number with a fraction";
    case CONFIG_TYPE_STRING:
        return "a string";
    case CONFIG_TYPE_BOOL:
        return "true or false without quotes";
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        return "a list";
    default:
        return "nothing";
    }
}

void config_read_unexpected(const struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting)
{
    const char *example = row->example != NULL ? row->example : row->standard;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out != NULL) {
        row->type->expect(row, out);
        if (example != NULL)
            fprintf(out, ", as in %s = %s;", row->name, example);
        fclose(out);
    }
    config_read_mistake(reader, setting, row->name, "%s stands here, but this is %s",
        type_text(setting), text != NULL ? text : "something else");
    free(text);
}

bool config_read_is_list(const config_setting_t *setting)
{
    return config_setting_is_list(setting) || config_setting_is_array(setting);
}

void *config_read_field(const struct config_row *row, void *record)
{
    return (char *)record + row->offset;
}

const void *config_read_value(const struct config_row *row, const void *record)
{
    return (const char *)record + row->offset;
}

void config_read_quote(const char *text, FILE *out)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', out);
        putc(*text, out);
    }
    putc('"', out);
}

/* In which other scope is there a setting of that name? NULL: in none. */
static const char *stands_elsewhere(enum config_scope scope, const char *name)
{
    static const char *const places[CONFIG_SCOPE_COUNT] = {
        [CONFIG_SCOPE_TOP] = "at the top level of the file",
        [CONFIG_SCOPE_DOMAIN] = "in an entry of domains",
        [CONFIG_SCOPE_STEP] = "in a step of a domain's mode",
        [CONFIG_SCOPE_RULE] = "in an entry of policy",
    };

    for (int i = 0; i < CONFIG_SCOPE_COUNT; i++)
        if (i != (int)scope && config_table_find((enum config_scope)i, name) != NULL)
            return places[i];
    return NULL;
}

static void tell_unknown(
    const struct config_reader *reader, enum config_scope scope, const config_setting_t *setting)
{
    const char *name = config_setting_name(setting);
    const char *elsewhere = stands_elsewhere(scope, name);
    struct config_nearest nearest = {0};
    size_t count;
    const struct config_row *rows = config_table_rows(scope, &count);

    for (size_t i = 0; i < count; i++)
        config_table_offer(&nearest, name, rows[i].name);
    if (nearest.name != NULL)
        config_read_mistake(
            reader, setting, NULL, "no setting has this name; did you mean %s?", nearest.name);
    else if (elsewhere != NULL)
        config_read_mistake(reader, setting, NULL, "does not belong here, but %s", elsewhere);
    else
        config_read_mistake(reader, setting, NULL,
            "no setting has this name; the shipped examples/goneaway.conf shows all that there "
            "are");
}

static void tell_missing(
    const struct config_reader *reader, const struct config_row *row, const config_setting_t *group)
{
    config_read_mistake(reader, group, row->name, "is missing: %s; write for example %s = %s;",
        row->help, row->name, row->example);
}

/* The default of a row, NULL where it has none. */
static const config_setting_t *standard_of(
    const struct config_reader *reader, const struct config_row *row)
{
    const config_setting_t *group =
        config_setting_get_elem(reader->standards, (unsigned)reader->scope);

    return config_setting_get_member(group, row->name);
}

static int read_row(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *group, void *record)
{
    const config_setting_t *setting =
        group != NULL ? config_setting_get_member(group, row->name) : NULL;

    if (setting == NULL && group != NULL && (row->flags & CONFIG_REQUIRED) != 0) {
        tell_missing(reader, row, group);
        return 0;
    }
    if (setting == NULL)
        setting = standard_of(reader, row);
    return setting != NULL ? row->type->read(reader, row, setting, record) : 0;
}

int config_read_group(struct config_reader *reader, enum config_scope scope,
    const config_setting_t *group, void *record)
{
    enum config_scope outer = reader->scope;
    size_t count;
    const struct config_row *rows = config_table_rows(scope, &count);
    int rc = 0;

    reader->scope = scope;
    for (int i = 0; group != NULL && i < config_setting_length(group); i++) {
        const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);

        if (config_table_find(scope, config_setting_name(setting)) == NULL)
            tell_unknown(reader, scope, setting);
    }
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = read_row(reader, &rows[i], group, record);
    reader->scope = outer;
    return rc;
}
