/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_type - the types of values: how each is read, checked, written and described.
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"
#include "date.h"
#include "err.h"

#define STRING_MAX 1000

/* What no string of ours may be, whatever it stands for; NULL where it is fine. */
static const char *unfit_string(const struct config_row *row, const char *text)
{
    if (*text == '\0' && (row->flags & CONFIG_EMPTY) == 0)
        return "is empty";
    if (strlen(text) > STRING_MAX)
        return "is longer than 1000 octets";
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return "holds a control character";
    if (!g_utf8_validate(text, -1, NULL))
        return "is no UTF-8: save the file in that encoding";
    return NULL;
}

/* Reads one string; *out is NULL where it was a mistake. */
static int read_text(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, const char **out)
{
    const char *text = config_setting_get_string(setting);
    const char *why = unfit_string(row, text);
    const char *value = text;
    int rc = 0;

    *out = NULL;
    if (why == NULL && row->check != NULL)
        rc = row->check(reader, text, &value, &why);
    if (rc != 0)
        return rc;
    if (why != NULL) {
        config_read_mistake(reader, setting, row->name, "\"%.80s\" %s", text, why);
        return 0;
    }
    *out = value != text ? value : arena_strdup(reader->config->arena, text);
    return *out != NULL ? 0 : ERR_NOMEM;
}

static void list_words(const struct config_row *row, FILE *out)
{
    for (const struct config_word *word = row->words; word->name != NULL; word++) {
        fputs(word == row->words ? "" : ", ", out);
        config_read_quote(word->name, out);
    }
}

static void tell_no_word(const struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, const char *text)
{
    struct config_nearest nearest = {0};
    char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);

    for (const struct config_word *word = row->words; word->name != NULL; word++)
        config_table_offer(&nearest, text, word->name);
    if (out != NULL) {
        list_words(row, out);
        if (nearest.name != NULL)
            fprintf(out, "; did you mean \"%s\"?", nearest.name);
        fclose(out);
    }
    config_read_mistake(reader, setting, row->name, "\"%.80s\" is none of %s", text,
        list != NULL ? list : "the words allowed");
    free(list);
}

/* The word that a setting is, or NULL with a mistake told. */
static const struct config_word *find_word(const struct config_reader *reader,
    const struct config_row *row, const config_setting_t *setting)
{
    const char *text = config_setting_get_string(setting);

    if (text == NULL) {
        config_read_unexpected(reader, row, setting);
        return NULL;
    }
    for (const struct config_word *word = row->words; word->name != NULL; word++)
        if (strcmp(word->name, text) == 0)
            return word;
    tell_no_word(reader, row, setting, text);
    return NULL;
}

static int read_string(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    const char **field = config_read_field(row, record);

    if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
        config_read_unexpected(reader, row, setting);
        return 0;
    }
    if (row->words != NULL) {
        const struct config_word *word = find_word(reader, row, setting);

        *field = word != NULL ? word->name : NULL;
        return 0;
    }
    return read_text(reader, row, setting, field);
}

static bool print_string(const struct config_row *row, const void *record, FILE *out)
{
    const char *const *field = config_read_value(row, record);

    if (*field == NULL)
        return false;
    config_read_quote(*field, out);
    return true;
}

static void expect_string(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("a string", out);
}

const struct config_type config_type_string = {"string", read_string, print_string, expect_string};

/* One string, or those of a list; elements of another type are told and left out. */
static int read_items(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, const char **items, size_t *count)
{
    int length = config_read_is_list(setting) ? config_setting_length(setting) : 1;

    for (int i = 0; i < length; i++) {
        const config_setting_t *item =
            config_read_is_list(setting) ? config_setting_get_elem(setting, (unsigned)i) : setting;
        int rc;

        if (config_setting_type(item) != CONFIG_TYPE_STRING) {
            config_read_unexpected(reader, row, item);
            continue;
        }
        rc = read_text(reader, row, item, &items[*count]);
        if (rc != 0)
            return rc;
        if (items[*count] != NULL)
            (*count)++;
    }
    return 0;
}

static void tell_empty(const struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting)
{
    config_read_mistake(reader, setting, row->name,
        "is an empty list, which no mail fits; leave the line out to mean all");
}

static int read_strings(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    const char *const **field = config_read_field(row, record);
    size_t *count = (size_t *)((char *)record + row->count_offset);
    size_t length = config_read_is_list(setting) ? (size_t)config_setting_length(setting) : 1;
    const char **items = arena_array(reader->config->arena, length + 1, sizeof(*items));

    if (items == NULL)
        return ERR_NOMEM;
    *count = 0;
    *field = items;
    if (length == 0 && (row->flags & CONFIG_FILLED) != 0)
        tell_empty(reader, row, setting);
    return read_items(reader, row, setting, items, count);
}

static bool print_strings(const struct config_row *row, const void *record, FILE *out)
{
    const char *const *const *field = config_read_value(row, record);
    size_t count = *(const size_t *)((const char *)record + row->count_offset);

    /* an empty list of conditions is none; elsewhere it is worth saying */
    if (count == 0 && row->standard == NULL)
        return false;
    fputs("[", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : " ", out);
        config_read_quote((*field)[i], out);
    }
    fputs(" ]", out);
    return true;
}

static void expect_strings(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("a list of strings", out);
}

const struct config_type config_type_strings = {
    "strings", read_strings, print_strings, expect_strings};

static int read_integer(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    int type = config_setting_type(setting);
    long long value = 0;

    if (type == CONFIG_TYPE_INT)
        value = config_setting_get_int(setting);
    else if (type == CONFIG_TYPE_INT64)
        value = config_setting_get_int64(setting);
    else {
        config_read_unexpected(reader, row, setting);
        return 0;
    }
    if (value < (long long)row->minimum || value > (long long)row->maximum) {
        config_read_mistake(reader, setting, row->name, "must be a whole number from %u to %u",
            row->minimum, row->maximum);
        return 0;
    }
    if (row->size == sizeof(size_t))
        *(size_t *)config_read_field(row, record) = (size_t)value;
    else
        *(unsigned *)config_read_field(row, record) = (unsigned)value;
    return 0;
}

static bool print_integer(const struct config_row *row, const void *record, FILE *out)
{
    const void *field = config_read_value(row, record);

    if (row->size == sizeof(size_t))
        fprintf(out, "%zu", *(const size_t *)field);
    else
        fprintf(out, "%u", *(const unsigned *)field);
    return true;
}

static void expect_integer(const struct config_row *row, FILE *out)
{
    fprintf(out, "a whole number from %u to %u", row->minimum, row->maximum);
}

const struct config_type config_type_integer = {
    "integer", read_integer, print_integer, expect_integer};

static int read_boolean(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        config_read_unexpected(reader, row, setting);
    else
        *(bool *)config_read_field(row, record) = config_setting_get_bool(setting) != 0;
    return 0;
}

static bool print_boolean(const struct config_row *row, const void *record, FILE *out)
{
    fputs(*(const bool *)config_read_value(row, record) ? "true" : "false", out);
    return true;
}

static void expect_boolean(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("true or false without quotes", out);
}

const struct config_type config_type_boolean = {
    "boolean", read_boolean, print_boolean, expect_boolean};

static int read_want(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    enum policy_want *field = config_read_field(row, record);

    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        config_read_unexpected(reader, row, setting);
    else
        *field = config_setting_get_bool(setting) != 0 ? POLICY_YES : POLICY_NO;
    return 0;
}

static bool print_want(const struct config_row *row, const void *record, FILE *out)
{
    const enum policy_want *field = config_read_value(row, record);

    if (*field == POLICY_ANY)
        return false;
    fputs(*field == POLICY_YES ? "true" : "false", out);
    return true;
}

const struct config_type config_type_want = {"boolean", read_want, print_want, expect_boolean};

static int read_word(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    const struct config_word *word = find_word(reader, row, setting);

    if (word != NULL)
        *(unsigned *)config_read_field(row, record) = word->value;
    return 0;
}

static bool print_word(const struct config_row *row, const void *record, FILE *out)
{
    unsigned value = *(const unsigned *)config_read_value(row, record);

    for (const struct config_word *word = row->words; word->name != NULL; word++)
        if (word->value == value) {
            config_read_quote(word->name, out);
            return true;
        }
    return false;
}

static void expect_word(const struct config_row *row, FILE *out)
{
    fputs("one of ", out);
    list_words(row, out);
}

const struct config_type config_type_word = {"word", read_word, print_word, expect_word};

static int read_words(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    unsigned *field = config_read_field(row, record);
    int length = config_read_is_list(setting) ? config_setting_length(setting) : 1;

    for (int i = 0; i < length; i++) {
        const struct config_word *word = find_word(reader, row,
            config_read_is_list(setting) ? config_setting_get_elem(setting, (unsigned)i) : setting);

        if (word != NULL)
            *field |= word->value;
    }
    if (length == 0)
        tell_empty(reader, row, setting);
    return 0;
}

/* Groups of words are written as their members. */
static bool print_words(const struct config_row *row, const void *record, FILE *out)
{
    unsigned value = *(const unsigned *)config_read_value(row, record);
    const char *between = "[ ";

    for (const struct config_word *word = row->words; word->name != NULL; word++)
        if ((word->value & value) != 0 && (word->value & (word->value - 1)) == 0) {
            fputs(between, out);
            config_read_quote(word->name, out);
            between = ", ";
        }
    fputs(value != 0 ? " ]" : "", out);
    return value != 0;
}

static void expect_words(const struct config_row *row, FILE *out)
{
    fputs("a list of ", out);
    list_words(row, out);
}

const struct config_type config_type_words = {"words", read_words, print_words, expect_words};

static int read_mode(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    const char *text = config_setting_get_string(setting);

    if (text == NULL) {
        config_read_unexpected(reader, row, setting);
        return 0;
    }
    if (strlen(text) < 3 || strlen(text) > 4 || strspn(text, "01234567") != strlen(text) ||
        (strlen(text) == 4 && text[0] != '0')) {
        config_read_mistake(reader, setting, row->name,
            "\"%.80s\" is no file mode: write three octal digits, such as \"0660\"", text);
        return 0;
    }
    *(unsigned *)config_read_field(row, record) = (unsigned)strtoul(text, NULL, 8);
    return 0;
}

static bool print_mode(const struct config_row *row, const void *record, FILE *out)
{
    fprintf(out, "\"%04o\"", *(const unsigned *)config_read_value(row, record));
    return true;
}

static void expect_mode(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("a file mode in quotes", out);
}

const struct config_type config_type_mode = {"mode", read_mode, print_mode, expect_mode};

/* The end of a day is what date_parse_setting gives; its beginning is asked for with `start`. */
static int parse_date(const char *text, bool start, int64_t *out)
{
    char beginning[sizeof("2026-01-01T00:00:00Z")];

    if (!start || strlen(text) != strlen("2026-01-01"))
        return date_parse_setting(text, out);
    snprintf(beginning, sizeof(beginning), "%sT00:00:00Z", text);
    return date_parse_rfc3339(beginning, strlen(beginning), out);
}

static void read_any_date(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, bool start, int64_t *out)
{
    const char *text = config_setting_get_string(setting);

    if (text == NULL)
        config_read_unexpected(reader, row, setting);
    else if (parse_date(text, start, out) != 0)
        config_read_mistake(reader, setting, row->name,
            "\"%.80s\" is no date; write \"2019-10-05T14:30:00Z\", or \"2019-10-05\" for the %s "
            "of that day UTC",
            text, start ? "beginning" : "end");
}

static int read_date(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    read_any_date(reader, row, setting, false, config_read_field(row, record));
    return 0;
}

static int read_start(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    read_any_date(reader, row, setting, true, config_read_field(row, record));
    return 0;
}

static bool print_date(const struct config_row *row, const void *record, FILE *out)
{
    int64_t when = *(const int64_t *)config_read_value(row, record);
    char text[DATE_TEXT_SIZE];

    if (when == DATE_NONE)
        return false;
    date_format(when, text);
    config_read_quote(text, out);
    return true;
}

static void expect_date(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("a date in quotes", out);
}

const struct config_type config_type_date = {"date", read_date, print_date, expect_date};
const struct config_type config_type_start = {"date", read_start, print_date, expect_date};

static int read_reply(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    struct policy_reply *field = config_read_field(row, record);
    const char *text = config_setting_get_string(setting);
    const char *why = NULL;
    int rc;

    if (text == NULL) {
        config_read_unexpected(reader, row, setting);
        return 0;
    }
    rc = policy_reply_parse(reader->config->arena, text, field, &why);
    if (rc == ERR_NOMEM)
        return rc;
    if (rc != 0) {
        *field = (struct policy_reply){0};
        config_read_mistake(reader, setting, row->name, "%s", why);
    } else if (row->minimum != 0 && field->code[0] != (char)('0' + row->minimum))
        config_read_mistake(reader, setting, row->name,
            "is the reply of a refusal and must begin with 5, such as "
            "\"550 5.1.1 {rcpt}: User unknown\"");
    return 0;
}

static bool print_reply(const struct config_row *row, const void *record, FILE *out)
{
    const struct policy_reply *field = config_read_value(row, record);

    if (field->code == NULL)
        return false;
    putc('"', out);
    fprintf(out, "%s %s ", field->code, field->status);
    for (const char *c = field->text; *c != '\0'; c++)
        fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    putc('"', out);
    return true;
}

static void expect_reply(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("an SMTP reply in quotes", out);
}

const struct config_type config_type_reply = {"reply", read_reply, print_reply, expect_reply};
