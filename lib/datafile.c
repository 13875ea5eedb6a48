/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "datafile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

/* Where the look-through of the raw text stands. */
struct look {
    const char *at;
    const char *end;
    int line;
};

static void step(struct look *look)
{
    if (*look->at == '\n')
        look->line++;
    look->at++;
}

static bool starts(const struct look *look, const char *what)
{
    size_t length = strlen(what);

    return (size_t)(look->end - look->at) >= length && memcmp(look->at, what, length) == 0;
}

static void skip_comment(struct look *look)
{
    bool block = starts(look, "/*");

    while (look->at < look->end && (block ? !starts(look, "*/") : *look->at != '\n'))
        step(look);
    if (block && look->at < look->end)
        look->at += 2;
}

/* White space and comments. */
static void skip_blank(struct look *look)
{
    while (look->at < look->end) {
        if (strchr(" \t\r\n\f", *look->at) != NULL && *look->at != '\0')
            step(look);
        else if (*look->at == '#' || starts(look, "//") || starts(look, "/*"))
            skip_comment(look);
        else
            return;
    }
}

static void skip_string(struct look *look)
{
    look->at++;
    while (look->at < look->end && *look->at != '"') {
        if (*look->at == '\\' && look->end - look->at > 1)
            step(look);
        step(look);
    }
    if (look->at < look->end)
        look->at++;
}

/* libconfig joins two strings without a comma in silence, and calls a comma before the bracket
 * a "syntax error" without more; other versions take one comma or several there for nothing.
 * Returns whether there is a comma too many. */
static bool look_through(struct datafile *file, const char *text, size_t length)
{
    struct look look = {text, text + length, 1};
    bool told = false;
    char before = '\0';

    for (skip_blank(&look); look.at < look.end; skip_blank(&look)) {
        char c = *look.at;

        if (before == ',' && (c == ']' || c == ')')) {
            mistakes_add(file->mistakes, file->path, look.line, NULL,
                "a comma before '%c': no comma behind the last one", c);
            told = true;
        }
        if (before == ',' && c == ',') {
            mistakes_add(file->mistakes, file->path, look.line, NULL,
                "two commas with nothing between them: a syntax error");
            told = true;
        }
        if (before == '"' && c == '"')
            mistakes_add(file->mistakes, file->path, look.line, NULL,
                "a comma is missing before this string");
        before = c;
        if (c == '"')
            skip_string(&look);
        else
            step(&look);
    }
    return told;
}

static void tell_syntax(struct datafile *file)
{
    const char *text = config_error_text(&file->config);
    int line = config_error_line(&file->config);

    if (text != NULL && strstr(text, "duplicate") != NULL)
        mistakes_add(file->mistakes, file->path, line, NULL, "the name before stands here twice");
    else
        mistakes_add(file->mistakes, file->path, line, NULL,
            "%s here or in the line before: look for a missing ';', ',' or '\"' and an unclosed "
            "bracket",
            text != NULL ? text : "syntax error");
}

int datafile_open_text(struct datafile *file, const char *path, const char *text, size_t length,
    struct mistakes *mistakes)
{
    char *copy;
    bool told;
    bool parsed;

    *file = (struct datafile){.path = path, .mistakes = mistakes};
    if (length > 0 && memchr(text, '\0', length) != NULL) {
        mistakes_add(mistakes, path, 0, NULL, "holds a NUL octet: it must be text");
        return ERR_CONFIG;
    }
    copy = strndup(text != NULL ? text : "", length);
    if (copy == NULL)
        return ERR_NOMEM;
    told = look_through(file, copy, length);
    config_init(&file->config);
    parsed = config_read_string(&file->config, copy) == CONFIG_TRUE;
    free(copy);
    if (parsed)
        return 0;
    if (!told)
        tell_syntax(file);
    config_destroy(&file->config);
    return ERR_CONFIG;
}

/* The whole file in *text; ERR_SYSTEM with errno, ERR_LIMIT, ERR_NOMEM. */
static int read_all(const char *path, char **text, size_t *length)
{
    FILE *stream = fopen(path, "re");
    size_t room = 0;
    int r = 0;

    *text = NULL;
    *length = 0;
    if (stream == NULL)
        return ERR_SYSTEM;
    while (r == 0 && !feof(stream)) {
        char *more = *length == room ? realloc(*text, room + 65536) : *text;

        if (more == NULL) {
            r = ERR_NOMEM;
            break;
        }
        room = *length == room ? room + 65536 : room;
        *text = more;
        *length += fread(*text + *length, 1, room - *length, stream);
        if (ferror(stream))
            r = ERR_SYSTEM;
        else if (*length > DATAFILE_SIZE_MAX)
            r = ERR_LIMIT;
    }
    fclose(stream);
    return r;
}

int datafile_open(struct datafile *file, const char *path, struct mistakes *mistakes)
{
    char *text = NULL;
    size_t length = 0;
    int r = read_all(path, &text, &length);

    if (r == 0)
        r = datafile_open_text(file, path, text, length, mistakes);
    else if (r == ERR_SYSTEM)
        mistakes_add(mistakes, path, 0, NULL, "can't be read: %s", strerror(errno));
    else if (r == ERR_LIMIT)
        mistakes_add(mistakes, path, 0, NULL, "is larger than %zu octets", DATAFILE_SIZE_MAX);
    free(text);
    return r == ERR_NOMEM || r == 0 ? r : ERR_CONFIG;
}

void datafile_close(struct datafile *file)
{
    config_destroy(&file->config);
}

void datafile_mistake(
    const struct datafile *file, const config_setting_t *setting, const char *format, ...)
{
    const char *name = config_setting_name(setting);
    char text[600];
    va_list args;

    /* elements of an array have no name of their own */
    if (name == NULL && config_setting_parent(setting) != NULL)
        name = config_setting_name(config_setting_parent(setting));
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    mistakes_add(
        file->mistakes, file->path, (int)config_setting_source_line(setting), name, "%s", text);
}

static const char *type_name(int type)
{
    switch (type) {
    case CONFIG_TYPE_GROUP:
        return "a group { … }";
    case CONFIG_TYPE_STRING:
        return "a string \"…\"";
    case CONFIG_TYPE_ARRAY:
        return "an array of strings [ \"…\", \"…\" ]";
    case CONFIG_TYPE_LIST:
        return "a list ( … )";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    default:
        return "a number";
    }
}

config_setting_t *datafile_member(
    const struct datafile *file, config_setting_t *group, const char *name, int type)
{
    config_setting_t *setting = config_setting_get_member(group, name);

    if (setting == NULL)
        return NULL;
    if (config_setting_type(setting) == type ||
        (type == CONFIG_TYPE_FLOAT && config_setting_is_number(setting)))
        return setting;
    datafile_mistake(file, setting, "must be %s", type_name(type));
    return NULL;
}

const char *datafile_text(
    const struct datafile *file, config_setting_t *group, const char *name, const char *missing)
{
    config_setting_t *setting = datafile_member(file, group, name, CONFIG_TYPE_STRING);

    return setting != NULL ? config_setting_get_string(setting) : missing;
}

double datafile_number(
    const struct datafile *file, config_setting_t *group, const char *name, double missing)
{
    config_setting_t *setting = datafile_member(file, group, name, CONFIG_TYPE_FLOAT);

    if (setting == NULL)
        return missing;
    if (config_setting_type(setting) == CONFIG_TYPE_FLOAT)
        return config_setting_get_float(setting);
    return (double)config_setting_get_int64(setting);
}

void datafile_only(const struct datafile *file, config_setting_t *group, const char *const *names)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(setting);
        size_t n = 0;

        while (names[n] != NULL && (name == NULL || strcmp(names[n], name) != 0))
            n++;
        if (names[n] == NULL)
            datafile_mistake(file, setting, "there is no such setting here");
    }
}
