/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Tables say which settings an entry has; what a text must look like is one function a kind of
 * text. An entry with a mistake is kept as far as it goes, so that the next mistake is found.
 */
#include "catalogue_read.h"

#include "catalogue_check.h"
#include "datafile.h"
#include "date.h"
#include "err.h"

#include <string.h>
#include <strings.h>

#define RISK_LEAST 1
#define RISK_MOST 5
#define DATE_OCTETS 10
#define DISTANCE_MAX 2
#define KEY_MAX_OCTETS 30

struct reading {
    struct catalogue_draft *draft;
    struct datafile file;
    bool skip_suffixes; /* what has become a public suffix is left out, and no mistake */
};

/* What is wrong with a text of this kind; NULL where it is right. */
typedef const char *check_fn(struct arena *arena, const char *text);

struct text_field {
    const char *name;
    bool required;
    size_t most;
    check_fn *check; /* NULL: any text */
    size_t offset;   /* of the const char * that takes it */
};

/* ---- unknown settings ---- */

/* Levenshtein's distance of two short words. */
static size_t distance(const char *one, const char *other)
{
    size_t row[KEY_MAX_OCTETS + 1], length = strlen(other);

    if (length > KEY_MAX_OCTETS || strlen(one) > KEY_MAX_OCTETS)
        return SIZE_MAX;
    for (size_t k = 0; k <= length; k++)
        row[k] = k;
    for (size_t i = 0; one[i] != '\0'; i++) {
        size_t corner = row[0]++;

        for (size_t k = 0; k < length; k++) {
            size_t change = corner + (one[i] != other[k]);

            corner = row[k + 1];
            row[k + 1] = MIN(MIN(row[k], corner) + 1, change);
        }
    }
    return row[length];
}

static bool is_in(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static void tell_unknown(
    const struct reading *reading, const config_setting_t *setting, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = DISTANCE_MAX + 1;

    for (size_t i = 0; names[i] != NULL; i++) {
        size_t far = distance(config_setting_name(setting), names[i]);

        if (far < least) {
            least = far;
            nearest = names[i];
        }
    }
    if (nearest != NULL)
        datafile_mistake(
            &reading->file, setting, "there is no such setting here; did you mean '%s'?", nearest);
    else
        datafile_mistake(&reading->file, setting, "there is no such setting here");
}

static void allow_only(
    const struct reading *reading, config_setting_t *group, const char *const *names)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);

        if (!is_in(config_setting_name(setting), names))
            tell_unknown(reading, setting, names);
    }
}

/* ---- kinds of text ---- */

static const char *check_date(struct arena *arena, const char *text)
{
    int64_t when;

    (void)arena;
    if (strlen(text) != DATE_OCTETS || date_parse_setting(text, &when) != 0)
        return "must be a date that exists, written YYYY-MM-DD";
    return NULL;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Subtags of letters and digits, the first one of two or three small letters. */
static bool is_language(const char *tag, size_t length)
{
    size_t first = 0, run = 0;

    while (first < length && tag[first] >= 'a' && tag[first] <= 'z')
        first++;
    if (first < 2 || first > 3)
        return false;
    for (size_t i = first; i < length; i++) {
        if (tag[i] != '-' && !is_alphanumeric(tag[i]))
            return false;
        run = tag[i] == '-' ? 0 : run + 1;
        if ((tag[i] == '-' && (i + 1 == length || tag[i + 1] == '-')) || run > 8)
            return false;
    }
    return first == length || tag[first] == '-';
}

static const char *check_languages(struct arena *arena, const char *text)
{
    (void)arena;
    for (;;) {
        size_t length = strcspn(text, ",");

        if (!is_language(text, length))
            return "must be language tags with commas between them, as \"en, ja, pt-BR\"";
        text += length;
        if (*text == '\0')
            return NULL;
        text++;
        while (*text == ' ')
            text++;
    }
}

/* A name that other settings use: bank, mail-order. */
static const char *check_word(struct arena *arena, const char *text)
{
    (void)arena;
    for (const char *p = text; *p != '\0'; p++)
        if ((*p < 'a' || *p > 'z') && (*p != '-' || p == text || p[1] == '\0'))
            return "must be a word of small letters";
    return NULL;
}

/* ---- texts ---- */

static struct catalogue_place place_of(
    const struct reading *reading, const config_setting_t *setting)
{
    return (struct catalogue_place){.path = reading->file.path,
        .file = reading->draft->file,
        .line = (int)config_setting_source_line(setting)};
}

/* A copy of a setting's text that is fit to be printed; NULL with a mistake added. */
static const char *copy_text(
    struct reading *reading, const config_setting_t *setting, size_t most, check_fn *check)
{
    const char *text = config_setting_get_string(setting), *wrong = NULL;

    if (text == NULL)
        wrong = "must be a string \"…\"";
    else if (*text == '\0')
        wrong = "is empty: leave it out where there is nothing to say";
    else if (strlen(text) > most)
        wrong = "is too long";
    else if (!catalogue_check_line(text))
        wrong = "must be UTF-8 text of one line";
    else if (check != NULL)
        wrong = check(reading->draft->arena, text);
    if (wrong != NULL) {
        datafile_mistake(&reading->file, setting, "%s", wrong);
        return NULL;
    }
    text = arena_strdup(reading->draft->arena, text);
    if (text == NULL)
        reading->draft->no_memory = true;
    return text;
}

/* Fills the texts of `object` from a group. */
static void read_texts(struct reading *reading, config_setting_t *group,
    const struct text_field *fields, size_t count, void *object)
{
    for (size_t i = 0; i < count; i++) {
        config_setting_t *setting = config_setting_get_member(group, fields[i].name);
        const char **to = (const char **)((char *)object + fields[i].offset);

        if (setting != NULL)
            *to = copy_text(reading, setting, fields[i].most, fields[i].check);
        else if (fields[i].required)
            datafile_mistake(&reading->file, group, "this entry has no %s", fields[i].name);
    }
}

/* The risk of a group; 0 where there is none. */
static unsigned read_risk(const struct reading *reading, config_setting_t *group)
{
    config_setting_t *setting = config_setting_get_member(group, "risk");
    int risk = 0;

    if (setting == NULL)
        return 0;
    if (config_setting_type(setting) == CONFIG_TYPE_INT)
        risk = config_setting_get_int(setting);
    if (risk < RISK_LEAST || risk > RISK_MOST) {
        datafile_mistake(&reading->file, setting, "must be a whole number from %d (little) to %d",
            RISK_LEAST, RISK_MOST);
        return 0;
    }
    return (unsigned)risk;
}

/* ---- entries ---- */

static bool is_left_out(const struct reading *reading, const char *name)
{
    return reading->skip_suffixes && name != NULL && catalogue_check_is_suffix(name);
}

/* The domains of a group's array, with room for one more; count 0 where there are none. */
static struct catalogue_domain *read_domains(
    struct reading *reading, config_setting_t *group, size_t *count)
{
    config_setting_t *array = datafile_member(&reading->file, group, "domains", CONFIG_TYPE_ARRAY);
    int length = array == NULL ? 0 : config_setting_length(array);
    struct catalogue_domain *domains =
        arena_array(reading->draft->arena, (size_t)length + 1, sizeof(*domains));

    *count = 0;
    for (int i = 0; domains != NULL && i < length; i++) {
        config_setting_t *setting = config_setting_get_elem(array, (unsigned)i);
        const char *text = copy_text(reading, setting, CATALOGUE_TEXT_OCTETS, NULL), *name, *wrong;

        if (text == NULL)
            continue;
        wrong = catalogue_check_domain(reading->draft->arena, text, &name);
        if (wrong == NULL)
            domains[(*count)++] = (struct catalogue_domain){name, place_of(reading, setting)};
        else if (!is_left_out(reading, name))
            datafile_mistake(&reading->file, setting, "\"%s\" %s", text, wrong);
    }
    if (domains == NULL)
        reading->draft->no_memory = true;
    return domains;
}

static void read_steps(
    struct reading *reading, config_setting_t *group, struct catalogue_contact *contact)
{
    config_setting_t *array = datafile_member(&reading->file, group, "steps", CONFIG_TYPE_ARRAY);
    int length = array == NULL ? 0 : config_setting_length(array);
    const char **steps = arena_array(reading->draft->arena, (size_t)length + 1, sizeof(*steps));

    for (int i = 0; steps != NULL && i < length; i++) {
        const char *step = copy_text(
            reading, config_setting_get_elem(array, (unsigned)i), CATALOGUE_TEXT_OCTETS, NULL);

        if (step != NULL)
            steps[contact->step_count++] = step;
    }
    if (steps == NULL)
        reading->draft->no_memory = true;
    contact->steps = steps;
}

static void read_contact(
    struct reading *reading, config_setting_t *service, struct catalogue_contact *contact)
{
    static const char *const names[] = {
        "steps", "url", "phone", "privacy", "languages", "checked", "source", NULL};
    static const struct text_field fields[] = {
        {"url", false, CATALOGUE_TEXT_OCTETS, catalogue_check_https,
            offsetof(struct catalogue_contact, url)},
        {"phone", false, CATALOGUE_NAME_OCTETS, catalogue_check_phone,
            offsetof(struct catalogue_contact, phone)},
        {"privacy", false, CATALOGUE_TEXT_OCTETS, catalogue_check_privacy,
            offsetof(struct catalogue_contact, privacy)},
        {"languages", false, CATALOGUE_TEXT_OCTETS, check_languages,
            offsetof(struct catalogue_contact, languages)},
        {"checked", false, CATALOGUE_NAME_OCTETS, check_date,
            offsetof(struct catalogue_contact, checked)},
        {"source", true, CATALOGUE_TEXT_OCTETS, NULL, offsetof(struct catalogue_contact, source)},
    };
    config_setting_t *group =
        datafile_member(&reading->file, service, "contact", CONFIG_TYPE_GROUP);

    if (group == NULL) {
        if (config_setting_get_member(service, "contact") == NULL)
            datafile_mistake(&reading->file, service, "this entry has no contact with its source");
        return;
    }
    allow_only(reading, group, names);
    read_texts(reading, group, fields, sizeof(fields) / sizeof(fields[0]), contact);
    read_steps(reading, group, contact);
}

/* The id becomes A-labels, and is one of the entry's domains. */
static void settle_id(
    struct reading *reading, config_setting_t *group, struct catalogue_entry *entry)
{
    const char *wrong;

    if (entry->service.id == NULL || entry->domains == NULL)
        return;
    wrong = catalogue_check_domain(reading->draft->arena, entry->service.id, &entry->service.id);
    if (wrong != NULL) {
        if (!is_left_out(reading, entry->service.id))
            datafile_mistake(&reading->file, config_setting_get_member(group, "id"), "%s", wrong);
        entry->service.id = NULL;
        return;
    }
    for (size_t i = 0; i < entry->domain_count; i++)
        if (strcmp(entry->domains[i].name, entry->service.id) == 0)
            return;
    entry->domains[entry->domain_count++] = (struct catalogue_domain){
        entry->service.id, place_of(reading, config_setting_get_member(group, "id"))};
}

/* A later file's entry takes the place of an earlier one's of the same id. */
static void keep_entry(
    struct reading *reading, config_setting_t *group, struct catalogue_entry *entry)
{
    struct catalogue_draft *draft = reading->draft;
    struct catalogue_entry *before = g_hash_table_lookup(draft->by_id, entry->service.id);

    if (before == NULL) {
        g_ptr_array_add(draft->entries, entry);
        g_hash_table_insert(draft->by_id, (char *)entry->service.id, entry);
    } else if (before->place.file == entry->place.file) {
        datafile_mistake(&reading->file, config_setting_get_member(group, "id"),
            "\"%s\" has an entry already, in line %d", entry->service.id, before->place.line);
    } else {
        *before = *entry;
    }
}

static void read_service(struct reading *reading, config_setting_t *group)
{
    static const char *const names[] = {
        "id", "name", "homepage", "category", "risk", "domains", "contact", NULL};
    static const struct text_field fields[] = {
        {"id", true, CATALOGUE_TEXT_OCTETS, NULL, offsetof(struct catalogue_service, id)},
        {"name", true, CATALOGUE_NAME_OCTETS, NULL, offsetof(struct catalogue_service, name)},
        {"homepage", false, CATALOGUE_TEXT_OCTETS, catalogue_check_https,
            offsetof(struct catalogue_service, homepage)},
        {"category", true, CATALOGUE_NAME_OCTETS, check_word,
            offsetof(struct catalogue_service, category)},
    };
    struct catalogue_entry *entry = arena_alloc(reading->draft->arena, sizeof(*entry));

    if (entry == NULL) {
        reading->draft->no_memory = true;
        return;
    }
    allow_only(reading, group, names);
    read_texts(reading, group, fields, sizeof(fields) / sizeof(fields[0]), &entry->service);
    entry->service.risk = read_risk(reading, group);
    entry->place = place_of(reading, group);
    entry->domains = read_domains(reading, group, &entry->domain_count);
    settle_id(reading, group, entry);
    read_contact(reading, group, &entry->service.contact);
    if (entry->service.id != NULL)
        keep_entry(reading, group, entry);
}

static void read_category(struct reading *reading, config_setting_t *group)
{
    static const char *const names[] = {"name", "risk", NULL};
    static const struct text_field fields[] = {
        {"name", true, CATALOGUE_NAME_OCTETS, check_word,
            offsetof(struct catalogue_category, name)},
    };
    struct catalogue_draft *draft = reading->draft;
    struct catalogue_category *category = arena_alloc(draft->arena, sizeof(*category)), *before;

    if (category == NULL) {
        draft->no_memory = true;
        return;
    }
    allow_only(reading, group, names);
    read_texts(reading, group, fields, 1, category);
    category->risk = read_risk(reading, group);
    category->file = draft->file;
    if (config_setting_get_member(group, "risk") == NULL)
        datafile_mistake(&reading->file, group, "this entry has no risk");
    if (category->name == NULL)
        return;
    before = g_hash_table_lookup(draft->categories, category->name);
    if (before != NULL && before->file == draft->file)
        datafile_mistake(&reading->file, config_setting_get_member(group, "name"),
            "the category \"%s\" is there already", category->name);
    g_hash_table_replace(draft->categories, (char *)category->name, category);
}

static void read_carrier(struct reading *reading, config_setting_t *group)
{
    static const char *const names[] = {"name", "domains", NULL};
    config_setting_t *name = config_setting_get_member(group, "name");
    struct catalogue_domain *domains;
    size_t count;

    allow_only(reading, group, names);
    if (name != NULL)
        copy_text(reading, name, CATALOGUE_NAME_OCTETS, NULL);
    else
        datafile_mistake(&reading->file, group, "this entry has no name");
    if (config_setting_get_member(group, "domains") == NULL)
        datafile_mistake(&reading->file, group, "this entry has no domains");
    domains = read_domains(reading, group, &count);
    for (size_t i = 0; domains != NULL && i < count; i++)
        g_hash_table_add(reading->draft->carriers, (char *)domains[i].name);
}

/* ---- the file ---- */

static void read_list(struct reading *reading, const char *name,
    void (*read)(struct reading *reading, config_setting_t *group))
{
    config_setting_t *root = config_root_setting(&reading->file.config);
    config_setting_t *list = datafile_member(&reading->file, root, name, CONFIG_TYPE_LIST);

    for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
        config_setting_t *group = config_setting_get_elem(list, (unsigned)i);

        if (config_setting_is_group(group))
            read(reading, group);
        else
            datafile_mistake(&reading->file, group, "every entry must be a group { … }");
    }
}

void catalogue_read_file(struct catalogue_draft *draft, const char *path)
{
    static const char *const names[] = {
        "categories", "services", "carriers", "skip_suffixes", NULL};
    struct reading reading = {.draft = draft};
    char *kept = arena_strdup(draft->arena, path);
    config_setting_t *skip;
    int result = kept == NULL ? ERR_NOMEM : datafile_open(&reading.file, kept, draft->mistakes);

    draft->no_memory = draft->no_memory || result == ERR_NOMEM;
    if (result != 0)
        return;
    allow_only(&reading, config_root_setting(&reading.file.config), names);
    skip = datafile_member(&reading.file, config_root_setting(&reading.file.config),
        "skip_suffixes", CONFIG_TYPE_BOOL);
    reading.skip_suffixes = skip != NULL && config_setting_get_bool(skip);
    read_list(&reading, "categories", read_category);
    read_list(&reading, "services", read_service);
    read_list(&reading, "carriers", read_carrier);
    datafile_close(&reading.file);
}
