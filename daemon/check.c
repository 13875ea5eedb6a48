/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * check - see check.h.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "domain.h"
#include "err.h"
#include "exporter_http.h"
#include "ledger.h"
#include "letters.h"
#include "paint.h"
#include "runner.h"
#include "setup.h"
#include "socket.h"

/* A ledger that is there must be one that this program can read. */
static void check_ledger(const struct config *config, struct mistakes *mistakes)
{
    const struct ledger_options options = {.path = config->database,
        .read_only = true,
        .timeout_ms = config->ledger_timeout_ms,
        .queue = config->ledger_queue,
        .synchronous = config->synchronous};
    struct ledger *ledger = NULL;
    char *why = NULL;
    int r;

    if (access(config->database, F_OK) != 0)
        return;
    r = ledger_open(&options, &ledger, &why);
    if (r != 0)
        mistakes_add(mistakes, config->path, 0, "database", "%s: %s", config->database,
            why != NULL ? why : err_text(r));
    free(why);
    ledger_close(&ledger);
}

static void check_letters(const struct config *config, struct mistakes *mistakes)
{
    struct letters *letters = NULL;
    const char *directories[2];
    size_t count = setup_letters(config, directories);

    letters_load(directories, count, mistakes, &letters);
    letters_free(&letters);
}

/* The domains of RFC 2606, section 3, which the shipped configuration is written with. */
static bool is_example(const char *domain)
{
    return strcmp(domain, "example.com") == 0 || strcmp(domain, "example.net") == 0 ||
           strcmp(domain, "example.org") == 0;
}

/* Is no domain there but examples? */
static bool is_unconfigured(const struct config *config)
{
    for (size_t i = 0; i < config->domain_count; i++)
        if (!is_example(config->domains[i].name))
            return false;
    return true;
}

static void describe(const struct setup *setup)
{
    const struct config *config = setup->config;

    socket_describe(config, stdout);
    printf("domains: %zu, services: %zu, languages: %zu, public suffix list of %s\n",
        config->domain_count, catalogue_count(setup->catalogue),
        phrases_language_count(setup->phrases), domain_list_date());
    if (is_unconfigured(config))
        puts("no domain is yours yet: only the example is there, so no mail will be judged");
    printf("%sconfiguration OK%s\n", paint_on(stdout, PAINT_GOOD), paint_off(stdout));
}

static struct setup *check_all(const char *path, struct mistakes *mistakes)
{
    const struct setup_options options = {.path = path};
    struct setup *setup = NULL;
    int r = setup_load(&options, mistakes, &setup);

    if (r == 0) {
        socket_check(setup->config, mistakes);
        exporter_http_check(setup->config, mistakes);
        check_ledger(setup->config, mistakes);
        check_letters(setup->config, mistakes);
    } else if (mistakes->count == 0) {
        mistakes_add(mistakes, path, 0, NULL, "%s", err_text(r));
    }
    return setup;
}

/* What root may read says nothing of what the daemon may. */
static bool become_runner(const char *path, struct runner *runner)
{
    struct mistakes told_later = {0};
    struct config *config = NULL;
    bool is = config_load(path, &told_later, &config) == 0 &&
              runner_find(config->database, runner) && runner_become(runner);

    mistakes_clear(&told_later);
    config_free(&config);
    return is;
}

int check_run(const char *path)
{
    struct mistakes mistakes = {0};
    struct runner runner;
    bool is_runner = become_runner(path, &runner);
    struct setup *setup = check_all(path, &mistakes);
    int r = mistakes.count == 0 ? EX_OK : EX_CONFIG;

    if (is_runner)
        runner_return();
    mistakes_print(&mistakes, stderr);
    if (r != EX_OK && is_runner)
        fprintf(stderr, "this was tested with the rights of user %s, who will run goneawayd\n",
            runner.name);
    if (r == EX_OK)
        describe(setup);
    mistakes_clear(&mistakes);
    setup_drop(&setup);
    domain_close();
    return r;
}

int check_print(const char *path)
{
    struct mistakes mistakes = {0};
    struct config *config = NULL;
    int r = config_load(path, &mistakes, &config);

    if (r != 0 && mistakes.count == 0)
        mistakes_add(&mistakes, path, 0, NULL, "%s", err_text(r));
    mistakes_print(&mistakes, stderr);
    if (r == 0)
        config_print(config, stdout);
    mistakes_clear(&mistakes);
    config_free(&config);
    return r == 0 ? EX_OK : EX_CONFIG;
}

int check_configured(const char *path)
{
    struct mistakes mistakes = {0};
    struct config *config = NULL;
    bool configured = config_load(path, &mistakes, &config) != 0 || !is_unconfigured(config);

    if (!configured)
        printf("%s names no domain but the example: write yours into it, then start goneawayd\n",
            path);
    mistakes_clear(&mistakes);
    config_free(&config);
    return configured ? EX_OK : 1;
}
