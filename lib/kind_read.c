/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Reads conf/kinds.conf: settings and rules. The marks of conf/carriers.conf, which is named
 * there, are read before the rules that ask for them.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "kind_read.h"

static const char *const shape_names[SHAPE_COUNT] = {
    [SHAPE_CODE] = "#code",
    [SHAPE_LONE] = "#lone",
    [SHAPE_MONEY] = "#money",
    [SHAPE_NUMBER] = "#number",
    [SHAPE_IP] = "#ip",
    [SHAPE_LINK] = "#link",
    [SHAPE_QUESTION] = "#question",
};

/* Every setting must stand in the file: what is not written there can't be tuned there. */
static const struct {
    const char *name;
    size_t offset;
    double least;
    double most;
} settings[] = {
    {"strong", offsetof(struct kind_settings, strong), 0, 100},
    {"medium", offsetof(struct kind_settings, medium), 0, 100},
    {"weak", offsetof(struct kind_settings, weak), 0, 100},
    {"subject", offsetof(struct kind_settings, subject), 0, 100},
    {"repeat", offsetof(struct kind_settings, repeat), 0, 1},
    {"hidden", offsetof(struct kind_settings, hidden), 0, 1},
    {"alt", offsetof(struct kind_settings, alt), 0, 1},
    {"early", offsetof(struct kind_settings, early), 0, 1e6},
    {"late", offsetof(struct kind_settings, late), 1, 1e6},
    {"late_factor", offsetof(struct kind_settings, late_factor), 0, 1},
    {"condition", offsetof(struct kind_settings, condition), 0, 1},
    {"after_condition", offsetof(struct kind_settings, after_condition), 0, 1},
    {"done", offsetof(struct kind_settings, done), 0, 1},
    {"head", offsetof(struct kind_settings, head), 100, 1e6},
    {"tail", offsetof(struct kind_settings, tail), 0, 1e6},
    {"language_least", offsetof(struct kind_settings, language_least), 0, 1e6},
    {"language_share", offsetof(struct kind_settings, language_share), 0, 1},
    {"language_trust", offsetof(struct kind_settings, language_trust), 0, 1},
    {"together", offsetof(struct kind_settings, together), 0, 1},
    {"margin", offsetof(struct kind_settings, margin), -100, 100},
    {"notice", offsetof(struct kind_settings, notice), 0, 100},
    {"doubt", offsetof(struct kind_settings, doubt), 0, 1},
    {"other", offsetof(struct kind_settings, other), 0, 100},
    {"temperature", offsetof(struct kind_settings, temperature), 0.01, 100},
    {"short_text", offsetof(struct kind_settings, short_text), 0, 1e6},
    {"long_text", offsetof(struct kind_settings, long_text), 0, 1e6},
};
#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

const char *kind_shape_name(enum kind_shape shape)
{
    return shape_names[shape];
}

static void read_settings(
    const struct datafile *file, config_setting_t *root, struct kind_settings *out)
{
    config_setting_t *group = datafile_member(file, root, "settings", CONFIG_TYPE_GROUP);
    const char *names[SETTING_COUNT + 1] = {NULL};

    if (group == NULL) {
        mistakes_add(file->mistakes, file->path, 0, "settings", "is missing");
        return;
    }
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        config_setting_t *setting = config_setting_get_member(group, settings[i].name);
        double value = datafile_number(file, group, settings[i].name, settings[i].least);

        names[i] = settings[i].name;
        if (setting == NULL)
            datafile_mistake(file, group, "%s is missing", settings[i].name);
        else if (!(value >= settings[i].least && value <= settings[i].most))
            datafile_mistake(file, setting, "%g is out of bounds: %g to %g are allowed", value,
                settings[i].least, settings[i].most);
        memcpy((char *)out + settings[i].offset, &value, sizeof(value));
    }
    datafile_only(file, group, names);
}

static bool add_condition(struct kind_mask *mask, const char *name)
{
    int idea = phrases_idea_from_name(name);

    if (idea >= 0) {
        mask->ideas |= (uint64_t)1 << idea;
        return true;
    }
    for (int shape = 0; shape < SHAPE_COUNT; shape++) {
        if (strcmp(shape_names[shape], name) == 0) {
            mask->shapes |= (uint64_t)1 << shape;
            return true;
        }
    }
    return false;
}

/* A list of names, each handed to take, which says whether there is such a one. */
static void read_conditions(
    const struct datafile *file, config_setting_t *rule, const char *name, struct kind_mask *mask)
{
    config_setting_t *array = datafile_member(file, rule, name, CONFIG_TYPE_ARRAY);

    for (int i = 0; array != NULL && i < config_setting_length(array); i++) {
        config_setting_t *element = config_setting_get_elem(array, (unsigned)i);
        const char *text = config_setting_get_string(element);

        if (text == NULL || !add_condition(mask, text))
            datafile_mistake(file, element, "\"%.60s\" is no list of words and no shape",
                text != NULL ? text : "");
    }
}

static void read_rule_marks(const struct datafile *file, config_setting_t *rule, const char *name,
    const struct kind_rules *rules, struct kind_marks *marks)
{
    config_setting_t *array = datafile_member(file, rule, name, CONFIG_TYPE_ARRAY);

    for (int i = 0; array != NULL && i < config_setting_length(array); i++) {
        config_setting_t *element = config_setting_get_elem(array, (unsigned)i);
        const char *text = config_setting_get_string(element);
        size_t mark = 0;

        while (mark < rules->mark_count && (text == NULL || strcmp(rules->marks[mark], text) != 0))
            mark++;
        if (mark < rules->mark_count)
            kind_set_mark(marks, (unsigned)mark);
        else
            datafile_mistake(file, element, "there is no mark \"%.60s\"", text != NULL ? text : "");
    }
}

static void set_weight(struct kind_rule *rule, const char *name, double weight, bool *known)
{
    enum kind kind;

    *known = true;
    if (strcmp(name, "service") == 0) {
        for (int i = 0; i < KIND_COUNT; i++)
            if (kind_is_service((enum kind)i))
                rule->weights[i] += weight;
    } else if (kind_from_name(name, &kind)) {
        rule->weights[kind] += weight;
    } else {
        *known = false;
    }
}

/* `kind = "reset"` is short for `weights = { reset = 1.0; }`. */
static void read_weights(
    const struct datafile *file, config_setting_t *setting, struct kind_rule *rule)
{
    const char *kind = datafile_text(file, setting, "kind", NULL);
    config_setting_t *group = datafile_member(file, setting, "weights", CONFIG_TYPE_GROUP);
    bool known;

    if ((kind == NULL) == (group == NULL))
        datafile_mistake(file, setting, "needs either kind or weights");
    if (kind != NULL) {
        set_weight(rule, kind, 1, &known);
        if (!known)
            datafile_mistake(file, setting, "there is no kind \"%.60s\"", kind);
    }
    for (int i = 0; group != NULL && i < config_setting_length(group); i++) {
        config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(member);

        set_weight(rule, name, datafile_number(file, group, name, 0), &known);
        if (!known)
            datafile_mistake(file, member, "there is no such kind");
    }
}

static bool is_empty(const struct kind_mask *mask)
{
    return mask->ideas == 0 && mask->shapes == 0;
}

static void read_near(
    const struct datafile *file, config_setting_t *setting, struct kind_rule *rule)
{
    static const char *const names[] = {"segment", "block", "mail"};
    const char *near = datafile_text(file, setting, "near", "segment");
    size_t i = 0;

    while (i < 3 && strcmp(names[i], near) != 0)
        i++;
    if (i == 3)
        datafile_mistake(file, setting, "near is segment, block or mail");
    rule->near = (enum kind_near)(i < 3 ? i : 0);
    if (is_empty(&rule->all) && is_empty(&rule->any)) {
        rule->near = NEAR_MARKS;
        if (config_setting_get_member(setting, "with") == NULL)
            datafile_mistake(file, setting, "asks for nothing: it needs all, any or with");
    }
}

static void read_rule(const struct datafile *file, config_setting_t *setting,
    struct kind_rules *rules, struct kind_rule *rule)
{
    static const char *const members[] = {"name", "kind", "weights", "all", "any", "not", "with",
        "without", "near", "count", "subject", "body", "weight", "factor", NULL};
    const char *name = datafile_text(file, setting, "name", NULL);
    bool plain;

    datafile_only(file, setting, members);
    if (name == NULL)
        datafile_mistake(file, setting, "a rule needs a name");
    else
        rule->name = arena_strdup(rules->arena, name);
    read_weights(file, setting, rule);
    read_conditions(file, setting, "all", &rule->all);
    read_conditions(file, setting, "any", &rule->any);
    read_conditions(file, setting, "not", &rule->not );
    read_rule_marks(file, setting, "with", rules, &rule->with);
    read_rule_marks(file, setting, "without", rules, &rule->without);
    read_near(file, setting, rule);
    rule->count = (unsigned)datafile_number(file, setting, "count", 0);
    rule->in_condition = ((rule->all.ideas | rule->any.ideas) >> IDEA_NOTYOU & 1) != 0;
    plain = rule->near == NEAR_MARKS;
    rule->subject = datafile_number(file, setting, plain ? "weight" : "subject", plain ? 1 : 0);
    rule->body = datafile_number(file, setting, plain ? "weight" : "body", plain ? 1 : 0);
    rule->factor = datafile_number(file, setting, "factor", 1);
    if (rule->factor != 1 && !plain)
        datafile_mistake(file, setting, "factor is for rules of marks alone");
}

static int read_rules(const struct datafile *file, config_setting_t *root, struct kind_rules *rules)
{
    config_setting_t *list = datafile_member(file, root, "rules", CONFIG_TYPE_LIST);
    int count = list == NULL ? 0 : config_setting_length(list);

    if (count == 0 || count > KIND_RULES_MAX) {
        mistakes_add(file->mistakes, file->path, 0, "rules", "needs 1 to %d rules", KIND_RULES_MAX);
        return 0;
    }
    rules->rules = arena_array(rules->arena, (size_t)count, sizeof(*rules->rules));
    if (rules->rules == NULL)
        return ERR_NOMEM;
    for (int i = 0; i < count; i++) {
        config_setting_t *setting = config_setting_get_elem(list, (unsigned)i);
        struct kind_rule *rule = &rules->rules[rules->rule_count++];

        if (!config_setting_is_group(setting))
            datafile_mistake(file, setting, "a rule must be a group { … }");
        else
            read_rule(file, setting, rules, rule);
        if (config_setting_is_group(setting) && rule->name == NULL &&
            config_setting_get_member(setting, "name") != NULL)
            return ERR_NOMEM;
    }
    return 0;
}

static void read_dampers(
    const struct datafile *file, config_setting_t *root, struct kind_rules *rules)
{
    static const char *const members[] = {"kind", "words", NULL};
    config_setting_t *list = datafile_member(file, root, "dampers", CONFIG_TYPE_LIST);

    for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
        config_setting_t *setting = config_setting_get_elem(list, (unsigned)i);
        struct kind_mask mask = {0};
        const char *name;
        enum kind kind;

        if (!config_setting_is_group(setting)) {
            datafile_mistake(file, setting, "a damper must be a group { kind = …; words = …; }");
            continue;
        }
        datafile_only(file, setting, members);
        name = datafile_text(file, setting, "kind", "");
        read_conditions(file, setting, "words", &mask);
        if (kind_from_name(name, &kind))
            rules->dampers[kind] |= mask.ideas;
        else
            datafile_mistake(file, setting, "there is no kind \"%.60s\"", name);
    }
}

/* The file named by `carriers`, beside this one. */
static int read_carriers(
    const struct datafile *file, config_setting_t *root, struct kind_rules *rules)
{
    const char *name = datafile_text(file, root, "carriers", NULL);
    const char *slash = strrchr(file->path, '/');
    char path[PATH_MAX];

    if (name == NULL) {
        mistakes_add(file->mistakes, file->path, 0, "carriers", "is missing: the file of marks");
        return 0;
    }
    if (name[0] == '/' || slash == NULL)
        snprintf(path, sizeof(path), "%s", name);
    else
        snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - file->path), file->path, name);
    return kind_read_carriers(path, file->mistakes, rules);
}

static int read_root(const struct datafile *file, struct kind_rules *rules)
{
    static const char *const members[] = {"carriers", "settings", "dampers", "rules", NULL};
    config_setting_t *root = config_root_setting(&file->config);
    int r;

    datafile_only(file, root, members);
    read_settings(file, root, &rules->settings);
    read_dampers(file, root, rules);
    r = read_carriers(file, root, rules);
    if (r == 0 || r == ERR_CONFIG)
        r = read_rules(file, root, rules);
    return r;
}

int kind_rules_load(const char *path, struct mistakes *mistakes, struct kind_rules **out)
{
    struct kind_rules *rules = calloc(1, sizeof(*rules));
    size_t before = mistakes->count;
    struct datafile file;
    int r = ERR_NOMEM;

    *out = NULL;
    if (rules != NULL)
        rules->arena = arena_new(0);
    if (rules == NULL || rules->arena == NULL)
        goto out;
    r = datafile_open(&file, path, mistakes);
    if (r != 0)
        goto out;
    r = read_root(&file, rules);
    datafile_close(&file);
    if (r == 0 && mistakes->count != before)
        r = ERR_CONFIG;
    if (r == 0) {
        *out = rules;
        rules = NULL;
    }
out:
    kind_rules_free(&rules);
    return r;
}

void kind_rules_free(struct kind_rules **rules)
{
    if (*rules == NULL)
        return;
    arena_free(&(*rules)->arena);
    free(*rules);
    *rules = NULL;
}
