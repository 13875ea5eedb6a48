/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config - loads a configuration: the text with its includes, libconfig's tree, the values by
 * the table, and at last what concerns several settings at once. Everything that can be told in
 * one run is told: only what is no text or no libconfig syntax ends it early.
 */
#include "config.h"

#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "config_read.h"
#include "date.h"
#include "err.h"

static const struct {
    const char *text; /* libconfig's */
    const char *hint;
} hints[] = {
    {"syntax error",
        "this cannot be read here or just before: often a comma is missing between two entries, "
        "a '=' behind a name, or the quotes around a value"},
    {"duplicate setting name", "this setting stands here for the second time; leave one of them"},
};

static void tell_syntax(
    const config_t *tree, const struct config_text *text, struct mistakes *mistakes)
{
    struct config_place place = config_text_place(text, (unsigned)config_error_line(tree));
    const char *hint = config_error_text(tree);

    for (size_t i = 0; hint != NULL && i < sizeof(hints) / sizeof(hints[0]); i++)
        if (strcmp(hints[i].text, hint) == 0)
            hint = hints[i].hint;
    mistakes_add(
        mistakes, place.file, place.line, NULL, "%s", hint != NULL ? hint : "this cannot be read");
}

/* Not an id of RFC 8601 if the host's name is none: then something that is always one. */
static int name_host(struct config *config)
{
    char name[256] = "";
    const char *value;
    const char *why = NULL;

    if (config->authserv_id != NULL)
        return 0;
    if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0')
        why = "unknown";
    else
        config_check_authserv_id(NULL, name, &value, &why);
    config->authserv_id = arena_strdup(config->arena, why == NULL ? name : "localhost");
    return config->authserv_id != NULL ? 0 : ERR_NOMEM;
}

/* Believing header fields is safe only under conditions which the administrator has to state. */
static void check_trust(const struct config_reader *reader, const config_setting_t *root)
{
    const struct config *config = reader->config;
    const config_setting_t *setting = config_setting_get_member(root, "authentication");

    if ((config->sender.methods & SENDER_BY_HEADER) == 0 || setting == NULL)
        return;
    if (config->sender.trusted_count == 0)
        config_read_mistake(reader, setting, "authentication",
            "\"%s\" needs trusted_authserv_ids = [ \"mx.example.com\" ]; with the authserv-id "
            "that your own verifier writes",
            config_setting_get_string(setting));
    if (!config->border_removes_forged)
        config_read_mistake(reader, setting, "authentication",
            "\"%s\" believes Authentication-Results fields, which anybody can write into a mail: "
            "first have the MTA or the verifying milter remove those with your ids that come from "
            "outside, then set border_removes_forged = true;",
            config_setting_get_string(setting));
}

/* What could not be judged must not be delivered where it might have had to be sealed or defused.
 */
static void check_failure(const struct config_reader *reader, const config_setting_t *root)
{
    const config_setting_t *setting = config_setting_get_member(root, "on_failure");

    if (setting != NULL && reader->config->on_failure == ACTION_ACCEPT &&
        config_may_ever(reader->config, ACTION_SEAL))
        config_read_mistake(reader, setting, "on_failure",
            "\"accept\" would deliver open what a rule with the action \"seal\" wants sealed, "
            "whenever a mail cannot be judged; write \"tempfail\"");
    else if (setting != NULL && reader->config->on_failure == ACTION_ACCEPT &&
             config_may_ever(reader->config, ACTION_DEFUSE))
        config_read_mistake(reader, setting, "on_failure",
            "\"accept\" would deliver whole what a rule with the action \"defuse\" wants defused, "
            "whenever a mail cannot be judged; write \"tempfail\"");
}

/* The path of a local socket, or an endpoint as it stands. */
static const char *local_path(const char *listen)
{
    return strncasecmp(listen, "local:", 6) == 0  ? listen + 6
           : strncasecmp(listen, "unix:", 5) == 0 ? listen + 5
                                                  : listen;
}

/* Two kinds of clients need two places. */
static void check_places(const struct config_reader *reader, const config_setting_t *root)
{
    const config_setting_t *setting = config_setting_get_member(root, "metrics_listen");
    const struct config *config = reader->config;

    if (setting != NULL && config->metrics_listen != NULL && config->listen != NULL &&
        strcmp(local_path(config->metrics_listen), local_path(config->listen)) == 0)
        config_read_mistake(reader, setting, "metrics_listen",
            "\"%s\" is where the MTA connects (listen): name another place",
            config->metrics_listen);
}

/* In the order of the file: strverscmp takes "file:9:" before "file:10:". */
static int compare_lines(const void *one, const void *other)
{
    const char *a = *(const char *const *)one;
    const char *b = *(const char *const *)other;

    return strverscmp(a != NULL ? a : "", b != NULL ? b : "");
}

static void sort_mistakes(struct mistakes *mistakes, size_t first)
{
    size_t end = mistakes->count < MISTAKES_MAX ? mistakes->count : MISTAKES_MAX;

    if (first < end)
        qsort(mistakes->lines + first, end - first, sizeof(mistakes->lines[0]), compare_lines);
}

static void check_across(const struct config_reader *reader, const config_setting_t *root)
{
    check_trust(reader, root);
    check_failure(reader, root);
    check_places(reader, root);
}

/* Fills the configuration in from a tree; root NULL: defaults only. */
static int fill(struct config_reader *reader, const config_setting_t *root)
{
    char *text = config_table_standards();
    config_t standards;
    int rc;

    if (text == NULL)
        return ERR_NOMEM;
    config_init(&standards);
    if (config_read_string(&standards, text) != CONFIG_TRUE) {
        rc = ERR_INTERNAL; /* the table is wrong; a unit test would have told */
        goto out;
    }
    reader->standards = config_root_setting(&standards);
    rc = config_read_group(reader, CONFIG_SCOPE_TOP, root, reader->config);
    if (rc == 0)
        rc = name_host(reader->config);
    if (rc == 0 && root != NULL)
        check_across(reader, root);
out:
    config_destroy(&standards);
    free(text);
    return rc;
}

static struct config *config_new(void)
{
    struct arena *arena = arena_new(0);
    struct config *config = arena != NULL ? arena_alloc(arena, sizeof(*config)) : NULL;

    if (config == NULL)
        arena_free(&arena);
    else
        config->arena = arena;
    return config;
}

/* Reads the tree that libconfig makes of the text. */
static int read_tree(struct config_reader *reader)
{
    config_t tree;
    int rc = 0;

    config_init(&tree);
    if (config_read_string(&tree, config_text_whole(reader->text)) != CONFIG_TRUE)
        tell_syntax(&tree, reader->text, reader->mistakes);
    else
        rc = fill(reader, config_root_setting(&tree));
    config_destroy(&tree);
    return rc;
}

int config_load(const char *path, struct mistakes *mistakes, struct config **out)
{
    size_t before = mistakes->count;
    struct config *config = config_new();
    struct config_text *text = NULL;
    int rc = ERR_NOMEM;

    *out = NULL;
    if (config == NULL || (config->path = arena_strdup(config->arena, path)) == NULL)
        goto out;
    rc = config_text_read(config->path, config->arena, mistakes, &text);
    if (rc == 0) {
        struct config_reader reader = {
            .config = config, .mistakes = mistakes, .text = text, .now = (int64_t)time(NULL)};

        rc = read_tree(&reader);
    }
    if (rc == 0 && mistakes->count != before)
        rc = ERR_CONFIG;
    if (rc == 0) {
        *out = config;
        config = NULL;
    }
    sort_mistakes(mistakes, before);
out:
    config_text_free(&text);
    config_free(&config);
    return rc;
}

struct config *config_default(void)
{
    struct mistakes none = {0};
    struct config *config = config_new();
    struct config_reader reader = {.config = config, .mistakes = &none};

    if (config != NULL && fill(&reader, NULL) != 0)
        config_free(&config);
    mistakes_clear(&none);
    return config;
}

void config_free(struct config **config)
{
    struct arena *arena;

    if (*config == NULL)
        return;
    arena = (*config)->arena; /* which the configuration lives in */
    *config = NULL;
    arena_free(&arena);
}

/* Does a step count for mail of a category? */
static bool counts_for(const struct config_step *step, const char *category)
{
    if (step->categories.count == 0)
        return true;
    for (size_t i = 0; category != NULL && i < step->categories.count; i++)
        if (strcasecmp(step->categories.items[i], category) == 0)
            return true;
    return false;
}

static bool has_rule(const struct policy_rule *rules, size_t count, enum action action,
    const struct config_domain *domain)
{
    for (size_t i = 0; i < count; i++) {
        bool counts = domain == NULL || rules[i].domain_count == 0;

        for (size_t j = 0; !counts && j < rules[i].domain_count; j++)
            counts = strcasecmp(rules[i].domains[j], domain->name) == 0;
        if (counts && rules[i].action == action)
            return true;
    }
    return false;
}

bool config_may(const struct config *config, const struct config_domain *domain, enum action action,
    int64_t when)
{
    bool carried_out = false;

    for (size_t i = 0; i < domain->step_count && domain->steps[i].since <= when; i++)
        carried_out = carried_out || policy_carry_out(domain->steps[i].mode, action) == action;
    return carried_out && (has_rule(domain->rules, domain->rule_count, action, domain) ||
                              has_rule(config->rules, config->rule_count, action, domain));
}

bool config_may_ever(const struct config *config, enum action action)
{
    bool may = has_rule(config->rules, config->rule_count, action, NULL);

    for (size_t i = 0; !may && i < config->domain_count; i++)
        may = has_rule(config->domains[i].rules, config->domains[i].rule_count, action, NULL);
    return may;
}

enum mode config_mode_at(const struct config_domain *domain, int64_t when, const char *category)
{
    enum mode mode = MODE_OBSERVE;

    for (size_t i = 0; i < domain->step_count && domain->steps[i].since <= when; i++)
        if (counts_for(&domain->steps[i], category))
            mode = domain->steps[i].mode;
    return mode;
}

bool config_is_own_network(const struct config *config, const char *address)
{
    return config_network_contains(config->networks, config->network_count, address);
}

bool config_listen_is_public(const struct config *config)
{
    return config_check_is_public(config->listen);
}

void config_libraries(FILE *out)
{
    fprintf(out, "libconfig %d.%d.%d\n", LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR,
        LIBCONFIG_VER_REVISION);
}
