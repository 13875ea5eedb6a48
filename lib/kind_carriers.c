/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Reads conf/carriers.conf: which header fields, sender names, links and beginnings of subjects
 * give which marks.
 */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "fold.h"
#include "kind_read.h"
#include "octets.h"

static const char *const own_marks[MARK_OWN_COUNT] = {
    [MARK_REPLY] = "reply",
    [MARK_REPORT] = "report",
    [MARK_NULL_SENDER] = "null-sender",
    [MARK_CALENDAR] = "calendar",
    [MARK_ENCRYPTED] = "encrypted",
    [MARK_ATTACHMENT] = "attachment",
    [MARK_FREEMAIL] = "freemail",
    [MARK_PERSON_NAME] = "person-name",
    [MARK_ONE_NAME] = "one-name",
    [MARK_OTHER_NAME] = "other-name",
    [MARK_BRAND] = "brand",
    [MARK_QUOTED] = "quoted",
    [MARK_QUOTED_MOST] = "quoted-most",
    [MARK_SHORT] = "short",
    [MARK_LONG] = "long",
    [MARK_NO_LINK] = "no-link",
    [MARK_FEW_LINKS] = "few-links",
    [MARK_MANY_LINKS] = "many-links",
    [MARK_TOKEN_LINK] = "token-link",
    [MARK_LONE_CODE] = "lone-code",
    [MARK_RECIPIENTS] = "recipients",
    [MARK_NO_LANGUAGE] = "no-language",
};

struct reading {
    const struct datafile *file;
    struct kind_rules *rules;
    int error;
};

static char *copy(struct reading *reading, const char *text)
{
    char *out = arena_strdup(reading->rules->arena, text);

    if (out == NULL)
        reading->error = ERR_NOMEM;
    return out;
}

static char *copy_lower(struct reading *reading, const char *text)
{
    char *out = copy(reading, text);

    for (char *c = out; c != NULL && *c != '\0'; c++)
        *c = octets_lower(*c);
    return out;
}

/* The number of the mark that an entry gives; several entries may give the same. */
static unsigned read_mark(struct reading *reading, config_setting_t *entry)
{
    struct kind_rules *rules = reading->rules;
    const char *name = datafile_text(reading->file, entry, "mark", NULL);

    if (name == NULL) {
        datafile_mistake(reading->file, entry, "needs a mark");
        return 0;
    }
    for (size_t i = 0; i < rules->mark_count; i++)
        if (strcmp(rules->marks[i], name) == 0)
            return (unsigned)i;
    if (rules->mark_count == KIND_MARKS_MAX) {
        datafile_mistake(
            reading->file, entry, "gives one mark too many: at most %d", KIND_MARKS_MAX);
        return 0;
    }
    rules->marks[rules->mark_count] = copy(reading, name);
    return (unsigned)rules->mark_count++;
}

enum form { AS_IT_IS, LOWER, FOLDED };

/* An array of strings, copied. */
static const char *const *read_strings(struct reading *reading, config_setting_t *group,
    const char *name, enum form form, size_t *count)
{
    config_setting_t *array = datafile_member(reading->file, group, name, CONFIG_TYPE_ARRAY);
    int length = array == NULL ? 0 : config_setting_length(array);
    const char **out = arena_array(reading->rules->arena, (size_t)length + 1, sizeof(*out));

    *count = 0;
    if (out == NULL) {
        reading->error = ERR_NOMEM;
        return NULL;
    }
    for (int i = 0; i < length && reading->error == 0; i++) {
        config_setting_t *element = config_setting_get_elem(array, (unsigned)i);
        const char *text = config_setting_get_string(element);

        if (text == NULL || text[0] == '\0') {
            datafile_mistake(reading->file, element, "must be a string that is not empty");
            continue;
        }
        if (form == FOLDED)
            out[*count] = fold_text(reading->rules->arena, text, strlen(text), 1000, NULL);
        else if (form == LOWER)
            out[*count] = copy_lower(reading, text);
        else
            out[*count] = copy(reading, text);
        if (out[*count] == NULL)
            reading->error = ERR_NOMEM;
        (*count)++;
    }
    return out;
}

static config_setting_t *list_of(
    struct reading *reading, const char *name, size_t size, void **items)
{
    config_setting_t *root = config_root_setting(&reading->file->config);
    config_setting_t *list = datafile_member(reading->file, root, name, CONFIG_TYPE_LIST);
    size_t count = list == NULL ? 0 : (size_t)config_setting_length(list);

    *items = arena_array(reading->rules->arena, count + 1, size);
    if (*items == NULL)
        reading->error = ERR_NOMEM;
    return reading->error == 0 ? list : NULL;
}

static config_setting_t *group_at(
    struct reading *reading, config_setting_t *list, int i, const char *const *members)
{
    config_setting_t *entry = config_setting_get_elem(list, (unsigned)i);

    if (!config_setting_is_group(entry)) {
        datafile_mistake(reading->file, entry, "must be a group { mark = \"…\"; … }");
        return NULL;
    }
    datafile_only(reading->file, entry, members);
    return entry;
}

static void read_headers(struct reading *reading)
{
    static const char *const members[] = {"mark", "field", "equals", "contains", "unless", NULL};
    void *items;
    config_setting_t *list = list_of(reading, "headers", sizeof(struct kind_header), &items);

    reading->rules->headers = items;
    for (int i = 0; list != NULL && i < config_setting_length(list) && reading->error == 0; i++) {
        config_setting_t *entry = group_at(reading, list, i, members);
        struct kind_header *header = &reading->rules->headers[reading->rules->header_count];
        const char *field;
        const char *unless;

        if (entry == NULL)
            continue;
        field = datafile_text(reading->file, entry, "field", NULL);
        unless = datafile_text(reading->file, entry, "unless", NULL);
        if (field == NULL) {
            datafile_mistake(reading->file, entry, "needs a field");
            continue;
        }
        if (strlen(field) > KIND_FIELD_MAX) {
            datafile_mistake(reading->file, entry,
                "has a field with a name that is too long: at most %d octets", KIND_FIELD_MAX);
            continue;
        }
        header->mark = read_mark(reading, entry);
        header->field = copy(reading, field);
        header->field_length = strlen(field);
        header->unless = unless == NULL ? NULL : copy(reading, unless);
        header->equals = read_strings(reading, entry, "equals", AS_IT_IS, &header->equals_count);
        header->contains = read_strings(reading, entry, "contains", LOWER, &header->contains_count);
        reading->rules->header_count++;
    }
}

static int compare_headers(const void *a, const void *b)
{
    size_t one = ((const struct kind_header *)a)->field_length;
    size_t other = ((const struct kind_header *)b)->field_length;

    return one < other ? -1 : one > other;
}

/* Of most fields of a mail the length of the name tells already that no rule is for them. */
static void sort_headers(struct kind_rules *rules)
{
    size_t at = 0;

    qsort(rules->headers, rules->header_count, sizeof(*rules->headers), compare_headers);
    for (size_t length = 0; length < KIND_FIELD_MAX + 2; length++) {
        while (at < rules->header_count && rules->headers[at].field_length < length)
            at++;
        rules->header_first[length] = at;
    }
}

static struct kind_words *read_word_lists(
    struct reading *reading, const char *name, enum form form, size_t *count)
{
    static const char *const members[] = {"mark", "words", NULL};
    void *items;
    config_setting_t *list = list_of(reading, name, sizeof(struct kind_words), &items);
    struct kind_words *out = items;

    for (int i = 0; list != NULL && i < config_setting_length(list) && reading->error == 0; i++) {
        config_setting_t *entry = group_at(reading, list, i, members);
        struct kind_words *words = &out[*count];

        if (entry == NULL)
            continue;
        words->mark = read_mark(reading, entry);
        words->words = read_strings(reading, entry, "words", form, &words->count);
        if (words->count == 0)
            datafile_mistake(reading->file, entry, "needs words");
        (*count)++;
    }
    return out;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A currency that is only white space is empty once folded, and is none. */
static void read_money(struct reading *reading, config_setting_t *root)
{
    struct kind_rules *rules = reading->rules;
    size_t count;
    const char *const *texts = read_strings(reading, root, "money", FOLDED, &count);

    rules->money = arena_array(rules->arena, count + 1, sizeof(*rules->money));
    if (rules->money == NULL)
        reading->error = ERR_NOMEM;
    for (size_t i = 0; i < count && reading->error == 0; i++) {
        size_t length = strlen(texts[i]);

        if (length == 0)
            continue;
        rules->money[rules->money_count++] = (struct kind_currency){texts[i], length};
        rules->money_begins[(unsigned char)texts[i][0]] = true;
        rules->money_ends[(unsigned char)texts[i][length - 1]] = true;
    }
}

static void read_all(struct reading *reading)
{
    static const char *const members[] = {
        "headers", "senders", "links", "subjects", "freemail", "money", NULL};
    config_setting_t *root = config_root_setting(&reading->file->config);
    struct kind_rules *rules = reading->rules;

    datafile_only(reading->file, root, members);
    read_headers(reading);
    if (reading->error == 0)
        sort_headers(rules);
    if (reading->error == 0)
        rules->senders = read_word_lists(reading, "senders", AS_IT_IS, &rules->sender_count);
    if (reading->error == 0)
        rules->links = read_word_lists(reading, "links", AS_IT_IS, &rules->link_count);
    if (reading->error == 0)
        rules->subjects = read_word_lists(reading, "subjects", FOLDED, &rules->subject_count);
    if (reading->error == 0)
        rules->freemail = read_strings(reading, root, "freemail", AS_IT_IS, &rules->freemail_count);
    if (reading->error == 0)
        read_money(reading, root);
    if (reading->error == 0)
        reading->error = kind_words_index(
            rules->arena, rules->senders, rules->sender_count, &rules->sender_index);
    if (reading->error == 0)
        reading->error =
            kind_words_index(rules->arena, rules->links, rules->link_count, &rules->link_index);
    if (reading->error == 0)
        qsort((void *)rules->freemail, rules->freemail_count, sizeof(char *), compare_names);
}

int kind_read_carriers(const char *path, struct mistakes *mistakes, struct kind_rules *rules)
{
    struct datafile file;
    struct reading reading = {.file = &file, .rules = rules};
    int r;

    for (size_t i = 0; i < MARK_OWN_COUNT; i++)
        rules->marks[rules->mark_count++] = own_marks[i];
    r = datafile_open(&file, path, mistakes);
    if (r != 0)
        return r;
    read_all(&reading);
    datafile_close(&file);
    return reading.error;
}
