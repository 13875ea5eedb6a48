/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * `goneaway mint`: prints addresses that the daemon knows as the owner's own, because they carry
 * a check made with the daemon's key. Nothing is written down.
 */
#include "mint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "domain.h"
#include "err.h"
#include "tool.h"
#include "usage.h"

static const char usage[] =
    "usage: goneaway mint [-c FILE] [-d DOMAIN] LABEL…\n"
    "Prints LABEL.xxxxx@DOMAIN for each label: mail to it counts as your own.\n"
    "\n"
    "options:\n"
    "  -c FILE     the configuration; without it " TOOL_CONFIG "\n"
    "  -d DOMAIN   the domain, where the configuration has more than one\n"
    "  -h, --help  print this\n"
    "  LABEL       what the address is for: shop, or anything of a-z 0-9 - _ .\n"
    "example: goneaway mint shop\n";

struct arguments {
    const char *config;
    const char *domain;
};

/* The domain to mint at; NULL, and a sentence on standard error, where it is not clear. */
static const struct config_domain *choose_domain(
    const struct config *config, struct arena *arena, const char *name)
{
    const struct config_domain *domain;
    const char *ascii;

    if (name == NULL && config->domain_count == 1)
        return &config->domains[0];
    if (name == NULL) {
        fprintf(stderr, "goneaway mint: the configuration has %zu domains: name one with -d\n",
            config->domain_count);
        return NULL;
    }
    domain = domain_to_ascii(arena, name, &ascii) == 0 ? config_domain_of(config, ascii) : NULL;
    if (domain == NULL)
        fprintf(stderr, "goneaway mint: %s is not one of the domains in %s\n", name,
            config->path != NULL ? config->path : TOOL_CONFIG);
    return domain;
}

static int mint_all(const struct setup *setup, struct arena *arena,
    const struct config_domain *domain, char *const *labels)
{
    const char *address;
    int r, code = EX_OK;

    for (; *labels != NULL; labels++) {
        r = mint_write(arena, setup->key, *labels, domain->name, &address);
        if (r == 0) {
            printf("%s\n", address);
            continue;
        }
        fprintf(stderr, "goneaway mint: %s: %s\n", *labels,
            r == ERR_SYNTAX ? "a label is 1 to 40 of a-z 0-9 - _ . and begins and ends with a "
                              "letter or digit"
                            : err_text(r));
        code = r == ERR_SYNTAX ? EX_USAGE : EX_SOFTWARE;
    }
    return code;
}

static int mint_with(const struct setup *setup, const char *name, char *const *labels)
{
    const struct config_domain *domain;
    struct arena *arena;
    int code = EX_CONFIG;

    if (setup->key == NULL) {
        fprintf(stderr,
            "goneaway mint: the key %s cannot be read: goneawayd makes it at its first start, and "
            "only its user and root may read it\n",
            setup->config->key_file);
        return EX_NOINPUT;
    }
    arena = arena_new(0);
    if (arena == NULL)
        return EX_OSERR;
    domain = choose_domain(setup->config, arena, name);
    if (domain != NULL)
        code = mint_all(setup, arena, domain, labels);
    arena_free(&arena);
    return code;
}

int mint_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct setup *setup = NULL;
    int option, code;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        return usage_print(stdout, usage);
    }
    while ((option = getopt(argc, argv, "c:d:h")) != -1) {
        if (option == 'c')
            arguments.config = optarg;
        else if (option == 'd')
            arguments.domain = optarg;
        else {
            return usage_print(option == 'h' ? stdout : stderr, usage);
        }
    }
    if (optind == argc)
        return usage_wrong(
            "mint", "what the address is for is missing: a label such as shop", usage);
    code = tool_setup(arguments.config, false, &setup);
    if (code == EX_OK && !tool_has_domains(setup->config, "mint"))
        code = EX_CONFIG;
    if (code == EX_OK)
        code = mint_with(setup, arguments.domain, argv + optind);
    setup_drop(&setup);
    return code;
}
