/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_policy - the administrator's rules, general ones and those of a domain.
 */
#include <string.h>

#include "config_index.h"
#include "config_read.h"
#include "err.h"

/* A reply is sent with reject and tempfail only, and of their class: libmilter throws away one
 * of another class, and may send it later in another's place. */
static void check_reply(const struct config_reader *reader, const config_setting_t *group,
    const struct policy_rule *rule)
{
    const config_setting_t *setting = config_setting_get_member(group, "reply");
    const config_setting_t *action = config_setting_get_member(group, "action");
    const char *name = action != NULL ? config_setting_get_string(action) : NULL;
    char class = rule->action == ACTION_REJECT ? '5' : '4';

    /* without an action that is one there is nothing to compare with */
    if (rule->reply.code == NULL || name == NULL ||
        strcmp(name, policy_action_name(rule->action)) != 0)
        return;
    if (rule->action != ACTION_REJECT && rule->action != ACTION_TEMPFAIL)
        config_read_mistake(reader, setting, "reply",
            "is only sent with the actions \"reject\" and \"tempfail\", but this rule's is \"%s\"; "
            "leave it out",
            policy_action_name(rule->action));
    else if (rule->reply.code[0] != class)
        config_read_mistake(reader, setting, "reply",
            "begins with %c, but the reply of \"%s\" must begin with %c", rule->reply.code[0],
            policy_action_name(rule->action), class);
}

/* Domains that are not ours would make a rule that never counts. */
static void check_domains(const struct config_reader *reader, const config_setting_t *group,
    const struct policy_rule *rule)
{
    const config_setting_t *setting = config_setting_get_member(group, "domains");

    if (setting == NULL)
        return;
    if (reader->scope == CONFIG_SCOPE_DOMAIN) {
        config_read_mistake(reader, setting, "domains",
            "does not belong in a rule of a domain, which counts for that domain only");
        return;
    }
    for (size_t i = 0; i < rule->domain_count; i++)
        if (config_index_find(reader->config->index, rule->domains[i]) == NULL)
            config_read_mistake(reader, setting, "domains",
                "\"%s\" is none of the domains of this file", rule->domains[i]);
}

/* What is meant to be sealed must find a certificate. */
static void check_sealing(const struct config_reader *reader, const config_setting_t *group,
    const struct policy_rule *rule)
{
    const config_setting_t *action = config_setting_get_member(group, "action");

    if (rule->action == ACTION_SEAL && action != NULL && reader->config->seal_to.count == 0)
        config_read_mistake(reader, action, "action",
            "\"seal\" needs a certificate to seal for; name it with seal_to = [ "
            "\"/etc/goneaway/seal/keeper.pem\" ];");
}

static bool holds_for_all(const struct policy_rule *rule)
{
    return rule->holders == 0 && rule->kinds == 0 && rule->own == POLICY_ANY &&
           rule->authenticated == POLICY_ANY && rule->address_count == 0 &&
           rule->service_count == 0 && rule->category_count == 0 && rule->domain_count == 0;
}

static int read_rule(struct config_reader *reader, const config_setting_t *setting, size_t number,
    struct policy_rule *rule)
{
    struct config_place place = config_read_place(reader, setting);
    const char *slash = strrchr(place.file, '/');
    int rc;

    if (!config_setting_is_group(setting)) {
        config_read_mistake(reader, setting, "policy",
            "every rule is a group, such as { holder = \"prior\"; action = \"reject\"; }");
        return 0;
    }
    rule->name = arena_printf(reader->config->arena, "policy rule %zu (%s:%d)", number,
        slash != NULL ? slash + 1 : place.file, place.line);
    if (rule->name == NULL)
        return ERR_NOMEM;
    rc = config_read_group(reader, CONFIG_SCOPE_RULE, setting, rule);
    if (rc != 0)
        return rc;
    check_domains(reader, setting, rule);
    check_sealing(reader, setting, rule);
    check_reply(reader, setting, rule);
    return 0;
}

/* Tells, for the first rule without a condition, that those behind it never count. */
static void check_reached(const struct config_reader *reader, const config_setting_t *list,
    const struct policy_rule *rules, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (holds_for_all(&rules[i])) {
            config_read_mistake(reader, config_setting_get_elem(list, (unsigned)i + 1), "policy",
                "this rule is never reached: rule %zu before it has no condition and decides "
                "about all mail",
                i + 1);
            return;
        }
}

static int read_policy(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    struct policy_rule **field = config_read_field(row, record);
    size_t *count = (size_t *)((char *)record + row->count_offset);
    size_t before = reader->mistakes->count;
    struct policy_rule *rules;
    size_t length;

    if (!config_read_is_list(setting)) {
        config_read_unexpected(reader, row, setting);
        return 0;
    }
    length = (size_t)config_setting_length(setting);
    rules = arena_array(reader->config->arena, length + 1, sizeof(*rules));
    if (rules == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < length; i++) {
        int rc = read_rule(reader, config_setting_get_elem(setting, (unsigned)i), i + 1, &rules[i]);

        if (rc != 0)
            return rc;
    }
    if (reader->mistakes->count == before)
        check_reached(reader, setting, rules, length);
    *field = rules;
    *count = length;
    return 0;
}

static bool print_policy(const struct config_row *row, const void *record, FILE *out)
{
    const struct policy_rule *const *field = config_read_value(row, record);
    size_t count = *(const size_t *)((const char *)record + row->count_offset);

    if (count == 0)
        return false;
    fputs("(", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ",\n  {\n" : "\n  {\n", out);
        config_print_group(CONFIG_SCOPE_RULE, &(*field)[i], 4, out);
        fputs("  }", out);
    }
    fputs("\n)", out);
    return true;
}

static void expect_policy(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("a list ( ) of groups { }", out);
}

const struct config_type config_policy_type = {"rules", read_policy, print_policy, expect_policy};
