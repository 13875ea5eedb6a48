/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_domain - the domains of ours, and how far their verdicts are carried out when.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_index.h"
#include "config_read.h"
#include "date.h"
#include "err.h"

#define DAY 86400

/* Is a date written without a time of day? It is then up to a day later than it may be meant. */
static bool is_day(const config_setting_t *setting)
{
    const char *text = config_setting_get_string(setting);

    return text != NULL && strchr(text, 'T') == NULL && strchr(text, 't') == NULL;
}

static void check_owned_since(const struct config_reader *reader, const config_setting_t *group,
    const struct config_domain *domain)
{
    const config_setting_t *setting = config_setting_get_member(group, "owned_since");

    if (setting != NULL && domain->owned_since > reader->now + (is_day(setting) ? DAY : 0))
        config_read_mistake(reader, setting, "owned_since",
            "lies in the future: write the moment at which the domain became yours, UTC");
}

/* Enters the domain into the index; tells where it stands already. */
static void enter(const struct config_reader *reader, const config_setting_t *domains, int i,
    const struct config_domain *domain)
{
    const struct config_domain *first = config_index_add(reader->config->index, domain);
    const config_setting_t *group = config_setting_get_elem(domains, (unsigned)i);
    const config_setting_t *name = config_setting_get_member(group, "name");
    struct config_place place;

    if (first == NULL)
        return;
    place = config_read_place(reader,
        config_setting_get_member(
            config_setting_get_elem(domains, (unsigned)(first - reader->config->domains)), "name"));
    config_read_mistake(reader, name, "name",
        "\"%s\" stands in %s:%d already; one entry for each domain", domain->name, place.file,
        place.line);
}

static int read_domain(struct config_reader *reader, const config_setting_t *domains, int i)
{
    struct config_domain *domain = &reader->config->domains[i];
    const config_setting_t *group = config_setting_get_elem(domains, (unsigned)i);
    int rc;

    *domain = (struct config_domain){.owned_since = DATE_NONE, .closing_until = DATE_NONE};
    domain->line = config_read_place(reader, group).line;
    if (!config_setting_is_group(group)) {
        config_read_mistake(reader, group, "domains",
            "every entry is a group, such as { name = \"example.com\"; owned_since = "
            "\"2019-10-05\"; }");
        return 0;
    }
    rc = config_read_group(reader, CONFIG_SCOPE_DOMAIN, group, domain);
    if (rc != 0)
        return rc;
    check_owned_since(reader, group, domain);
    if (domain->name != NULL)
        enter(reader, domains, i, domain);
    return 0;
}

static int read_domains(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    struct config *config = record;
    size_t count;

    if (!config_read_is_list(setting)) {
        config_read_unexpected(reader, row, setting);
        return 0;
    }
    count = (size_t)config_setting_length(setting);
    if (count == 0)
        config_read_mistake(
            reader, setting, row->name, "is empty; write for example %s", row->example);
    config->domains = arena_array(config->arena, count + 1, sizeof(*config->domains));
    config->index = config_index_new(config->arena, count);
    if (config->domains == NULL || config->index == NULL)
        return ERR_NOMEM;
    config->domain_count = count;
    for (size_t i = 0; i < count; i++) {
        int rc = read_domain(reader, setting, (int)i);

        if (rc != 0)
            return rc;
    }
    return 0;
}

static bool print_domains(const struct config_row *row, const void *record, FILE *out)
{
    const struct config *config = record;

    (void)row;
    fputs("(", out);
    for (size_t i = 0; i < config->domain_count; i++) {
        fputs(i > 0 ? ",\n  {\n" : "\n  {\n", out);
        config_print_group(CONFIG_SCOPE_DOMAIN, &config->domains[i], 4, out);
        fputs("  }", out);
    }
    fputs("\n)", out);
    return true;
}

static void expect_domains(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("a list ( ) of groups { }", out);
}

const struct config_type config_domain_type = {
    "domains", read_domains, print_domains, expect_domains};

/* The one mode of a domain, from the beginning of time. */
static int read_one_mode(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, struct config_domain *domain)
{
    struct config_step *step = arena_alloc(reader->config->arena, sizeof(*step));

    if (step == NULL)
        return ERR_NOMEM;
    step->since = DATE_NONE;
    step->mode = MODE_OBSERVE;
    domain->steps = step;
    domain->step_count = 1;
    return config_type_word.read(reader, row, setting, &step->mode);
}

/* By date; of one moment, what holds for all mail comes before what holds for some. */
static int compare_steps(const void *one, const void *other)
{
    const struct config_step *a = one;
    const struct config_step *b = other;

    if (a->since != b->since)
        return a->since > b->since ? 1 : -1;
    return (a->categories.count > 0) - (b->categories.count > 0);
}

/* Steps of one moment for the same mail contradict each other. */
static bool overlap(const struct config_step *one, const struct config_step *other)
{
    if (one->since != other->since)
        return false;
    if (one->categories.count == 0 || other->categories.count == 0)
        return one->categories.count == other->categories.count;
    for (size_t i = 0; i < one->categories.count; i++)
        for (size_t k = 0; k < other->categories.count; k++)
            if (strcasecmp(one->categories.items[i], other->categories.items[k]) == 0)
                return true;
    return false;
}

/* Reads one step behind those that are there; a mistake leaves it out. */
static int read_step(
    struct config_reader *reader, const config_setting_t *setting, struct config_domain *domain)
{
    struct config_step *step = &domain->steps[domain->step_count];
    size_t before = reader->mistakes->count;
    int rc;

    if (!config_setting_is_group(setting)) {
        config_read_mistake(reader, setting, "mode",
            "every step is a group, such as { since = \"2026-01-01\"; mode = \"tag\"; }");
        return 0;
    }
    rc = config_read_group(reader, CONFIG_SCOPE_STEP, setting, step);
    if (rc != 0 || reader->mistakes->count != before)
        return rc;
    for (size_t i = 1; i < domain->step_count; i++)
        if (overlap(step, &domain->steps[i]))
            config_read_mistake(reader, setting, "since",
                "another step for the same mail begins at this moment; leave one of them");
    domain->step_count++;
    return 0;
}

static int read_mode(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    struct config_domain *domain = record;
    int length;

    if (!config_setting_is_list(setting))
        return read_one_mode(reader, row, setting, domain);
    length = config_setting_length(setting);
    if (length == 0)
        config_read_mistake(reader, setting, row->name, "is an empty list; write %s = %s;",
            row->name, row->standard);
    domain->steps = arena_array(reader->config->arena, (size_t)length + 1, sizeof(*domain->steps));
    if (domain->steps == NULL)
        return ERR_NOMEM;
    /* until the first step nothing is touched */
    domain->steps[0] = (struct config_step){.since = DATE_NONE, .mode = MODE_OBSERVE};
    domain->step_count = 1;
    for (int i = 0; i < length; i++) {
        int rc = read_step(reader, config_setting_get_elem(setting, (unsigned)i), domain);

        if (rc != 0)
            return rc;
    }
    qsort(domain->steps, domain->step_count, sizeof(*domain->steps), compare_steps);
    return 0;
}

static bool print_mode(const struct config_row *row, const void *record, FILE *out)
{
    const struct config_domain *domain = record;

    if (domain->step_count == 1)
        return config_type_word.print(row, &domain->steps[0].mode, out);
    fputs("(", out);
    for (size_t i = 1; i < domain->step_count; i++) {
        fputs(i > 1 ? ",\n  {\n" : "\n  {\n", out);
        config_print_group(CONFIG_SCOPE_STEP, &domain->steps[i], 4, out);
        fputs("  }", out);
    }
    fputs("\n)", out);
    return true;
}

static void expect_mode(const struct config_row *row, FILE *out)
{
    config_type_word.expect(row, out);
    fputs(", or a list ( ) of steps { }", out);
}

const struct config_type config_domain_mode_type = {"mode", read_mode, print_mode, expect_mode};

const struct config_domain *config_domain_of(const struct config *config, const char *name)
{
    return config_index_find(config->index, name);
}
