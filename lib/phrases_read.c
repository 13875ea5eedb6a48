/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Reads one language file into the set. Every mistake is told; a pattern with a mistake is left
 * out, so that the others are looked at too.
 */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "fold.h"
#include "kind.h"
#include "phrases_set.h"

static const char *const strength_names[PHRASES_STRENGTHS] = {"weak", "medium", "strong"};

/* A file that is being read. */
struct reading {
    struct datafile *file;
    struct phrases *set;
    struct arena *scratch; /* folded texts of this file */
    int error;             /* the first that is no mistake of the file: ERR_NOMEM */
};

/* Makes room for one element more in an array that grows by doubling. */
static int grow(void **items, size_t count, size_t size)
{
    void *more;

    if (count != 0 && (count & (count - 1)) != 0)
        return 0;
    more = realloc(*items, (count == 0 ? 1 : count * 2) * size);
    if (more == NULL)
        return ERR_NOMEM;
    *items = more;
    return 0;
}

static int add_to_pool(struct phrases *set, const char *text, uint32_t *offset)
{
    size_t length = strlen(text) + 1;
    size_t room = 1;
    char *more;

    while (room < set->pool_length)
        room *= 2;
    if (set->pool == NULL || set->pool_length + length > room) {
        while (room < set->pool_length + length)
            room *= 2;
        more = realloc(set->pool, room);
        if (more == NULL)
            return ERR_NOMEM;
        set->pool = more;
    }
    memcpy(set->pool + set->pool_length, text, length);
    *offset = (uint32_t)set->pool_length;
    set->pool_length += length;
    return 0;
}

static size_t count_parts(const char *folded)
{
    const char *part;
    size_t length;
    size_t parts = 0;

    while (phrases_pattern_part(folded, parts, &part, &length))
        parts++;
    return parts;
}

/* A pattern with "..." needs slots for what was found of it. */
static int add_joined(struct phrases *set, size_t parts)
{
    struct phrases_language *language = &set->languages[set->language_count - 1];

    if (grow((void **)&set->joined, set->joined_count, sizeof(*set->joined)) != 0)
        return ERR_NOMEM;
    set->joined[set->joined_count++] = (struct phrases_joined){
        .pattern = set->pattern_count & 0xffffff,
        .parts = parts & 0xff,
        .slot = language->slots,
    };
    language->slots += (uint32_t)(parts - 1);
    return 0;
}

static int add_pattern(struct reading *reading, const char *folded, size_t list)
{
    struct phrases *set = reading->set;
    size_t parts = count_parts(folded);
    uint32_t text;

    if (grow((void **)&set->patterns, set->pattern_count, sizeof(*set->patterns)) != 0 ||
        add_to_pool(set, folded, &text) != 0 || (parts > 1 && add_joined(set, parts) != 0))
        return ERR_NOMEM;
    set->patterns[set->pattern_count++] =
        (struct phrases_pattern){.text = text & 0xffffff, .list = list & 0xff};
    return 0;
}

/* Is this text already there among the patterns from number `from` on? */
static bool is_there(const struct phrases *set, const char *folded, size_t from)
{
    for (size_t i = from; i < set->pattern_count; i++)
        if (strcmp(set->pool + set->patterns[i].text, folded) == 0)
            return true;
    return false;
}

static void read_pattern(
    struct reading *reading, config_setting_t *element, size_t list, size_t from)
{
    const char *text = config_setting_get_string(element);
    const char *wrong;
    char *folded;

    if (text == NULL) {
        datafile_mistake(reading->file, element, "must be a string \"…\"");
        return;
    }
    folded = fold_text(reading->scratch, text, strlen(text), 4096, NULL);
    if (folded == NULL) {
        reading->error = ERR_NOMEM;
        return;
    }
    wrong = phrases_pattern_wrong(folded);
    if (wrong != NULL)
        datafile_mistake(reading->file, element, "\"%.120s\" %s", text, wrong);
    else if (is_there(reading->set, folded, from))
        datafile_mistake(reading->file, element, "\"%.120s\" stands here already%s", text,
            strcmp(text, folded) != 0 ? " (case, accents and marks do not count)" : "");
    else if (reading->set->pool_length + strlen(folded) >= POOL_MAX)
        datafile_mistake(reading->file, element,
            "is one too many: the patterns of all languages together may have 16 MB");
    else if (add_pattern(reading, folded, list) != 0)
        reading->error = ERR_NOMEM;
}

/* One list of patterns; those from number `from` on may not be repeated in it. */
static void read_list(struct reading *reading, config_setting_t *setting, size_t list, size_t from)
{
    int count = config_setting_length(setting);

    if (!config_setting_is_array(setting)) {
        datafile_mistake(reading->file, setting, "must be an array of strings [ \"…\", \"…\" ]");
        return;
    }
    if (count > PATTERN_LIST_MAX) {
        datafile_mistake(reading->file, setting, "has %d patterns, at most %d are allowed", count,
            PATTERN_LIST_MAX);
        return;
    }
    for (int i = 0; i < count && reading->error == 0; i++)
        read_pattern(reading, config_setting_get_elem(setting, (unsigned)i), list, from);
}

static void read_words(struct reading *reading, config_setting_t *words)
{
    for (int i = 0; i < config_setting_length(words) && reading->error == 0; i++) {
        config_setting_t *setting = config_setting_get_elem(words, (unsigned)i);
        int idea = phrases_idea_from_name(config_setting_name(setting));

        if (idea < 0)
            datafile_mistake(reading->file, setting,
                "there is no such list of words (doc/phrases.md names them)");
        else
            read_list(reading, setting, (size_t)idea, reading->set->pattern_count);
    }
}

static int strength_from_name(const char *name)
{
    for (int i = 0; i < PHRASES_STRENGTHS; i++)
        if (strcmp(strength_names[i], name) == 0)
            return i;
    return -1;
}

static void read_kind(struct reading *reading, config_setting_t *group, enum kind kind)
{
    size_t from = reading->set->pattern_count;

    for (int i = 0; i < config_setting_length(group) && reading->error == 0; i++) {
        config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
        int strength = strength_from_name(config_setting_name(setting));

        if (strength < 0)
            datafile_mistake(reading->file, setting,
                "there is no such strength: strong, medium and weak are allowed");
        else
            read_list(reading, setting,
                IDEA_COUNT + (size_t)kind * PHRASES_STRENGTHS + (size_t)strength, from);
    }
}

static void read_phrases(struct reading *reading, config_setting_t *phrases)
{
    for (int i = 0; i < config_setting_length(phrases) && reading->error == 0; i++) {
        config_setting_t *setting = config_setting_get_elem(phrases, (unsigned)i);
        enum kind kind;

        if (!kind_from_name(config_setting_name(setting), &kind) || kind == KIND_OTHER)
            datafile_mistake(
                reading->file, setting, "there is no such kind (doc/phrases.md names them)");
        else if (!config_setting_is_group(setting))
            datafile_mistake(reading->file, setting,
                "must be a group { strong = [ … ]; medium = [ … ]; weak = [ … ]; }");
        else
            read_kind(reading, setting, kind);
    }
}

/* Letters of a primary language, then subtags of letters and digits. */
static bool tag_is_valid(const char *tag)
{
    size_t run = 0;
    bool primary = true;

    if (strlen(tag) > TAG_MAX)
        return false;
    for (; *tag != '\0'; tag++) {
        bool letter = (*tag >= 'a' && *tag <= 'z') || (*tag >= 'A' && *tag <= 'Z');

        if (*tag == '-' && run >= (primary ? 2 : 1)) {
            primary = false;
            run = 0;
        } else if (letter || (!primary && *tag >= '0' && *tag <= '9')) {
            run++;
        } else {
            return false;
        }
        if (run > 8)
            return false;
    }
    return run >= (primary ? 2 : 1);
}

static void read_header(struct reading *reading, config_setting_t *root, const char *tag)
{
    static const char *const members[] = {"language", "name", "words", "phrases", NULL};
    const char *language = datafile_text(reading->file, root, "language", NULL);
    const struct datafile *file = reading->file;

    datafile_only(file, root, members);
    if (config_setting_get_member(root, "language") == NULL)
        mistakes_add(file->mistakes, file->path, 0, "language", "is missing");
    else if (language != NULL && !tag_is_valid(language))
        datafile_mistake(file, config_setting_get_member(root, "language"),
            "\"%.60s\" is no language tag (BCP 47)", language);
    else if (language != NULL && strcmp(language, tag) != 0)
        datafile_mistake(file, config_setting_get_member(root, "language"),
            "\"%.60s\" is not what the file is named after (%.60s)", language, tag);
    if (config_setting_get_member(root, "name") == NULL)
        mistakes_add(file->mistakes, file->path, 0, "name", "is missing");
    else
        datafile_text(file, root, "name", NULL);
}

static void read_root(struct reading *reading, const char *tag)
{
    config_setting_t *root = config_root_setting(&reading->file->config);
    config_setting_t *words;
    config_setting_t *phrases;

    read_header(reading, root, tag);
    words = datafile_member(reading->file, root, "words", CONFIG_TYPE_GROUP);
    phrases = datafile_member(reading->file, root, "phrases", CONFIG_TYPE_GROUP);
    if (words != NULL)
        read_words(reading, words);
    if (phrases != NULL)
        read_phrases(reading, phrases);
}

static int read_opened(struct phrases *set, struct datafile *file, const char *tag)
{
    struct reading reading = {.file = file, .set = set, .scratch = arena_new(0)};
    struct phrases_language *language;

    if (reading.scratch == NULL ||
        grow((void **)&set->languages, set->language_count, sizeof(*language)) != 0) {
        arena_free(&reading.scratch);
        return ERR_NOMEM;
    }
    language = &set->languages[set->language_count++];
    *language = (struct phrases_language){
        .first_pattern = (uint32_t)set->pattern_count,
        .first_joined = (uint32_t)set->joined_count,
    };
    strncpy(language->tag, tag, TAG_MAX);
    read_root(&reading, tag);
    arena_free(&reading.scratch);
    return reading.error;
}

int phrases_read_text(struct phrases *set, const char *path, const char *tag, const char *text,
    size_t length, struct mistakes *mistakes)
{
    struct datafile file;
    int r = datafile_open_text(&file, path, text, length, mistakes);

    if (r != 0)
        return r;
    r = read_opened(set, &file, tag);
    datafile_close(&file);
    return r;
}

int phrases_read_file(
    struct phrases *set, const char *path, const char *tag, struct mistakes *mistakes)
{
    struct datafile file;
    int r = datafile_open(&file, path, mistakes);

    if (r != 0)
        return r;
    r = read_opened(set, &file, tag);
    datafile_close(&file);
    return r;
}
