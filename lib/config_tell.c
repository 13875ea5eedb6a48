/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_tell - what a reload changes, setting by setting. Values are compared as they are
 * written, so that a new type needs nothing here.
 */
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

/* Who wants to know what differs. */
struct teller {
    void (*tell)(void *cookie, const char *setting, bool needs_restart);
    void *cookie;
    size_t count;
};

static void tell(struct teller *teller, const char *prefix, const char *name, bool restart)
{
    char setting[400];

    snprintf(setting, sizeof(setting), "%s%s", prefix, name);
    teller->tell(teller->cookie, setting, restart);
    teller->count++;
}

/* A value in writing, to be free()d; a line end, unlike any value, where there is none. */
static char *write_value(const struct config_row *row, const void *record)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    if (!row->type->print(row, record, out))
        putc('\n', out);
    fclose(out);
    return text;
}

/* Without memory everything differs: better told once too often. */
static bool differs(const struct config_row *row, const void *before, const void *after)
{
    char *one = write_value(row, before);
    char *other = write_value(row, after);
    bool is = one == NULL || other == NULL || strcmp(one, other) != 0;

    free(one);
    free(other);
    return is;
}

static void tell_rows(struct teller *teller, enum config_scope scope, const char *prefix,
    const void *before, const void *after)
{
    size_t count;
    const struct config_row *rows = config_table_rows(scope, &count);

    for (size_t i = 0; i < count; i++)
        if (rows[i].type != &config_domain_type && differs(&rows[i], before, after))
            tell(teller, prefix, rows[i].name, (rows[i].flags & CONFIG_RESTART) != 0);
}

/* Domains that came, went or changed: "domains.example.com", "domains.example.com.mode". */
static void tell_domains(
    struct teller *teller, const struct config *before, const struct config *after)
{
    for (size_t i = 0; i < before->domain_count; i++)
        if (config_domain_of(after, before->domains[i].name) == NULL)
            tell(teller, "domains.", before->domains[i].name, false);
    for (size_t i = 0; i < after->domain_count; i++) {
        const struct config_domain *domain = &after->domains[i];
        const struct config_domain *earlier = config_domain_of(before, domain->name);
        char prefix[300];

        snprintf(prefix, sizeof(prefix), "domains.%s.", domain->name);
        if (earlier == NULL)
            tell(teller, "domains.", domain->name, false);
        else
            tell_rows(teller, CONFIG_SCOPE_DOMAIN, prefix, earlier, domain);
    }
}

size_t config_tell_changes(const struct config *before, const struct config *after,
    void (*say)(void *cookie, const char *setting, bool needs_restart), void *cookie)
{
    struct teller teller = {say, cookie, 0};

    tell_rows(&teller, CONFIG_SCOPE_TOP, "", before, after);
    tell_domains(&teller, before, after);
    return teller.count;
}
