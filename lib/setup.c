/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Loads what judging needs, in the order in which the parts name each other, and counts who
 * holds it.
 */
#include "setup.h"

#include <dirent.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "domain.h"
#include "err.h"

/* share/goneaway beside the bin or sbin directory of the running program; static. */
static const char *own_data_dir(void)
{
    static _Thread_local char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/share/goneaway"));
    char *slash;

    if (length <= 0)
        return "/usr/share/goneaway";
    path[length] = '\0';
    for (int up = 0; up < 2; up++) {
        slash = strrchr(path, '/');
        if (slash == NULL)
            return "/usr/share/goneaway";
        *slash = '\0';
    }
    memcpy(path + strlen(path), "/share/goneaway", sizeof("/share/goneaway"));
    return path;
}

static const char *data_dir(const struct config *config)
{
    return config->data_dir != NULL ? config->data_dir : own_data_dir();
}

/* The shipped file or directory of that name, and the administrator's own where it exists.
 * Returns how many there are, or 0 without memory. */
static size_t list_places(
    const struct config *config, const char *name, const char *local, const char *out[2])
{
    out[0] = arena_printf(config->arena, "%s/%s", data_dir(config), name);
    if (out[0] == NULL)
        return 0;
    if (local == NULL || access(local, F_OK) != 0)
        return 1;
    out[1] = local;
    return 2;
}

static int is_conf(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && end != NULL && strcmp(end, ".conf") == 0;
}

int setup_services(
    const struct config *config, struct arena *arena, const char *const **paths, size_t *count)
{
    struct dirent **files = NULL;
    const char *places[2], **all;
    size_t found = list_places(config, "services.conf", config->local_services, places);
    int inside = found == 2 ? scandir(places[1], &files, is_conf, alphasort) : -1;

    if (found == 0)
        return ERR_NOMEM;
    *count = inside < 0 ? found : 1 + (size_t)inside;
    *paths = all = arena_array(arena, *count, sizeof(*all));
    for (size_t i = 0; all != NULL && i < *count; i++) {
        all[i] = i == 0 || inside < 0
                     ? places[i]
                     : arena_printf(arena, "%s/%s", places[1], files[i - 1]->d_name);
        if (all[i] == NULL)
            all = NULL;
    }
    for (int i = 0; i < inside; i++)
        free(files[i]);
    free(files);
    return all == NULL ? ERR_NOMEM : 0;
}

size_t setup_letters(const struct config *config, const char *out[2])
{
    return list_places(config, "letters", config->local_letters, out);
}

static int load_catalogue(struct setup *setup, struct mistakes *mistakes)
{
    const char *const *paths;
    size_t count;

    if (setup_services(setup->config, setup->config->arena, &paths, &count) != 0)
        return ERR_NOMEM;
    return catalogue_load(paths, count, mistakes, &setup->catalogue);
}

static int load_phrases(struct setup *setup, struct mistakes *mistakes)
{
    const char *places[2];
    size_t count = list_places(setup->config, "phrases", setup->config->local_phrases, places);

    return count == 0 ? ERR_NOMEM : phrases_load(places, count, mistakes, &setup->phrases);
}

static int load_kind_rules(struct setup *setup, struct mistakes *mistakes)
{
    const char *places[2];

    if (list_places(setup->config, "kinds.conf", NULL, places) == 0)
        return ERR_NOMEM;
    return kind_rules_load(places[0], mistakes, &setup->kind_rules);
}

static int load_key(
    struct setup *setup, const struct setup_options *options, struct mistakes *mistakes)
{
    const char *path = setup->config->key_file, *why = NULL;
    int r;

    if (!options->create_key && access(path, R_OK) != 0)
        return 0;
    /* the defaults stand in for a configuration with mistakes: their key is not to be made */
    if (options->path != NULL && setup->config->path == NULL)
        return 0;
    r = key_load(path, options->create_key, &setup->key, &why);
    if (r == 0 || r == ERR_NOMEM)
        return r;
    mistakes_add(mistakes, path, 0, NULL, "%s", why != NULL ? why : err_text(r));
    return ERR_CONFIG;
}

static int open_verifier(
    struct setup *setup, const struct setup_options *options, struct mistakes *mistakes)
{
    const struct config *config = setup->config;
    int r = 0;

    if ((config->sender.methods & SENDER_BY_DKIM) == 0)
        return 0;
    if (options->network)
        r = dns_open(config->dns_servers.items, config->dns_servers.count, config->dns_timeout_ms,
            &setup->dns);
    if (r == 0)
        r = dkim_open(setup->dns, &setup->dkim);
    if (r != 0 && r != ERR_NOMEM) {
        /* the configuration in hand may be the defaults, which have no file */
        mistakes_add(mistakes, options->path != NULL ? options->path : "built-in settings", 0,
            "authentication", "DKIM verification cannot be set up: %s", err_text(r));
        r = ERR_CONFIG;
    }
    return r;
}

static int load_seal(struct setup *setup, struct mistakes *mistakes)
{
    const struct config *config = setup->config;
    const struct seal_options options = {.paths = config->seal_to.items,
        .count = config->seal_to.count,
        .cipher = config->seal_cipher,
        .now = (int64_t)time(NULL),
        .file = config->seal_file,
        .line = config->seal_line};

    return options.count == 0 ? 0 : seal_open(&options, mistakes, &setup->seal);
}

/* A mistake in one part does not keep the others from being read: all are to be told at once. */
static int load_parts(
    struct setup *setup, const struct setup_options *options, struct mistakes *mistakes)
{
    int results[6];
    int worst = 0;

    results[0] = load_catalogue(setup, mistakes);
    results[1] = load_phrases(setup, mistakes);
    results[2] = load_kind_rules(setup, mistakes);
    results[3] = load_key(setup, options, mistakes);
    results[4] = open_verifier(setup, options, mistakes);
    results[5] = load_seal(setup, mistakes);
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (results[i] == ERR_NOMEM)
            return ERR_NOMEM;
        if (results[i] != 0)
            worst = results[i];
    }
    return worst;
}

/* The files besides the configuration are checked even where it holds mistakes. */
static int load_config(
    struct setup *setup, const struct setup_options *options, struct mistakes *mistakes)
{
    int r = 0;

    if (options->path != NULL)
        r = config_load(options->path, mistakes, &setup->config);
    if (r != 0 && r != ERR_CONFIG)
        return r;
    if (setup->config == NULL)
        setup->config = config_default();
    return setup->config == NULL ? ERR_NOMEM : r;
}

static void setup_free(struct setup *setup)
{
    dkim_drop(&setup->dkim);
    dns_close(&setup->dns);
    seal_close(&setup->seal);
    key_free(&setup->key);
    kind_rules_free(&setup->kind_rules);
    phrases_free(&setup->phrases);
    catalogue_free(&setup->catalogue);
    config_free(&setup->config);
    free(setup);
}

int setup_load(const struct setup_options *options, struct mistakes *mistakes, struct setup **out)
{
    struct setup *setup = calloc(1, sizeof(*setup));
    int r, parts;

    *out = NULL;
    if (setup == NULL)
        return ERR_NOMEM;
    atomic_init(&setup->holders, 1);
    setup->probe = options->probe;
    r = domain_open();
    if (r == 0)
        r = load_config(setup, options, mistakes);
    if (r == 0 || (r == ERR_CONFIG && setup->config != NULL)) {
        parts = load_parts(setup, options, mistakes);
        if (r == 0 || parts == ERR_NOMEM)
            r = parts;
    }
    if (r != 0)
        setup_free(setup);
    else
        *out = setup;
    return r;
}

struct setup *setup_hold(struct setup *setup)
{
    atomic_fetch_add_explicit(&setup->holders, 1, memory_order_relaxed);
    return setup;
}

void setup_drop(struct setup **setup)
{
    if (*setup != NULL &&
        atomic_fetch_sub_explicit(&(*setup)->holders, 1, memory_order_acq_rel) == 1)
        setup_free(*setup);
    *setup = NULL;
}

int setup_mirror(const struct setup *setup, struct ledger *ledger, int64_t now)
{
    const struct config *config = setup->config;
    struct ledger_domain *domains = calloc(config->domain_count + 1, sizeof(*domains));
    int r;

    if (domains == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < config->domain_count; i++) {
        const struct config_domain *domain = &config->domains[i];

        domains[i] = (struct ledger_domain){.name = domain->name,
            .owned_since = domain->owned_since,
            .mode = policy_mode_name(config_mode_at(domain, now, NULL))};
    }
    r = ledger_mirror(ledger, domains, config->domain_count, setup->catalogue);
    free(domains);
    return r;
}
