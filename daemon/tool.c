/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * tool - see tool.h.
 */
#include "tool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "err.h"
#include "ledger.h"
#include "log.h"
#include "usage.h"
#include "version.h"

struct command {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    {"catalogue", catalogue_main, "import services from open catalogues of companies"},
    {"explain", explain_main, "tell what would be done with a mail, and why"},
    {"expect", expect_main, "count mail at a new address as your own for some days"},
    {"export", export_main, "write views of the ledger as CSV or JSON"},
    {"forget", forget_main, "delete all that the ledger knows about an address"},
    {"mint", mint_main, "invent addresses that the daemon knows as your own"},
    {"report", report_main, "tell what the ledger knows, as text or as a page with letters"},
    {"scan", scan_main, "judge and record the mail that lies in a mailbox"},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const char usage_begin[] = "usage: goneaway COMMAND [OPTION…] …\n"
                                  "The administrator's command around goneawayd.\n"
                                  "\n"
                                  "commands:\n";
static const char usage_end[] =
    "\n"
    "options:\n"
    "  -h, --help  print this; behind a command, what that command takes\n"
    "  --version   print the versions of goneaway and of its libraries\n"
    "\n"
    "examples:\n"
    "  goneaway explain -R old@example.com mail.eml\n"
    "  goneaway mint shop\n"
    "more: man goneaway; the ledger is asked with sqlite3, see man goneaway-ledger\n";

static int print_usage(FILE *out)
{
    usage_print(out, usage_begin);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s  %s\n", commands[i].name, commands[i].help);
    return usage_print(out, usage_end);
}

int tool_setup(const char *path, bool network, struct setup **out)
{
    struct setup_options options = {.path = path, .network = network};
    struct mistakes mistakes = {0};
    int r;

    if (path == NULL && (access(TOOL_CONFIG, F_OK) == 0 || errno != ENOENT)) /* else told below */
        options.path = TOOL_CONFIG;
    r = setup_load(&options, &mistakes, out);
    mistakes_print(&mistakes, stderr);
    if (r != 0 && mistakes.count == 0)
        fprintf(stderr, "goneaway: cannot load the configuration: %s\n", err_text(r));
    mistakes_clear(&mistakes);
    return r == 0 ? EX_OK : r == ERR_CONFIG ? EX_CONFIG : EX_OSERR;
}

bool tool_has_domains(const struct config *config, const char *command)
{
    if (config->domain_count == 0)
        fprintf(stderr,
            "goneaway %s: there is no " TOOL_CONFIG ", which names your domains: write it, or "
            "name another file with -c\n",
            command);
    return config->domain_count > 0;
}

static struct ledger *open_ledger(const struct config *config, bool read_only, const char *what)
{
    const struct ledger_options options = {.path = config->database,
        .read_only = read_only,
        .timeout_ms = config->ledger_timeout_ms,
        .queue = config->ledger_queue,
        .synchronous = config->synchronous};
    struct ledger *ledger = NULL;
    char *why = NULL;
    int r = ledger_open(&options, &ledger, &why);

    if (r != 0)
        fprintf(stderr, "goneaway: %s the ledger %s: %s\n", what, config->database,
            why != NULL ? why : err_text(r));
    free(why);
    return ledger;
}

struct ledger *tool_ledger(const struct config *config)
{
    if (access(config->database, F_OK) != 0) {
        if (errno != ENOENT)
            fprintf(stderr, "goneaway: going on without the ledger %s: %s; try as root\n",
                config->database, strerror(errno));
        return NULL;
    }
    return open_ledger(config, true, "going on without");
}

bool tool_ledger_is_there(const struct config *config, const char *command)
{
    if (access(config->database, F_OK) == 0)
        return true;
    if (errno == ENOENT)
        fprintf(stderr, "goneaway %s: there is no ledger %s yet: start goneawayd, which makes it\n",
            command, config->database);
    else
        fprintf(stderr, "goneaway %s: cannot reach the ledger %s: %s; try as root\n", command,
            config->database, strerror(errno));
    return false;
}

int tool_mask(const struct config *config, const char ***domains, struct mask **mask)
{
    *domains = calloc(config->domain_count + 1, sizeof(**domains));
    for (size_t i = 0; *domains != NULL && i < config->domain_count; i++)
        (*domains)[i] = config->domains[i].name;
    return *domains != NULL && mask_new(*domains, config->domain_count, mask) == 0 ? EX_OK
                                                                                   : EX_OSERR;
}

static struct ledger *ledger_to_write(const struct config *config)
{
    if (access(config->database, F_OK) == 0)
        return open_ledger(config, false, "cannot write");
    if (errno == ENOENT)
        fprintf(stderr, "goneaway: there is no ledger %s yet: start goneawayd, which makes it\n",
            config->database);
    else
        fprintf(stderr, "goneaway: cannot reach the ledger %s: %s; try as root\n", config->database,
            strerror(errno));
    return NULL;
}

/* Would a file that root makes there be out of reach for the user whose place it is? */
static bool is_for_another(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    struct stat place;

    if (geteuid() != 0 || access(path, F_OK) == 0)
        return false;
    snprintf(directory, sizeof(directory), "%.*s", slash == NULL ? 1 : (int)(slash - path),
        slash == NULL ? "." : path);
    return stat(directory, &place) == 0 && place.st_uid != 0;
}

struct ledger *tool_ledger_new(struct setup *setup)
{
    const struct config *config = setup->config;
    const char *why = NULL, *missing = is_for_another(config->database)   ? config->database
                                       : is_for_another(config->key_file) ? config->key_file
                                                                          : NULL;
    struct ledger *ledger;
    int r = 0;

    if (missing != NULL) {
        fprintf(stderr,
            "goneaway: %s is not there yet, and its directory belongs to another user: start "
            "goneawayd, which makes it, or run this as that user\n",
            missing);
        return NULL;
    }
    if (geteuid() != 0 && access(config->database, F_OK) != 0 && errno == EACCES) {
        fprintf(stderr, "goneaway: cannot reach the ledger %s: %s; try as root\n", config->database,
            strerror(EACCES));
        return NULL;
    }
    ledger = open_ledger(config, false, "cannot write");
    if (ledger != NULL && setup->key == NULL)
        r = key_load(config->key_file, true, &setup->key, &why);
    if (r != 0) {
        fprintf(stderr, "goneaway: the key %s: %s\n", config->key_file,
            r == ERR_SYSTEM ? strerror(errno)
            : why != NULL   ? why
                            : err_text(r));
        ledger_close(&ledger);
    }
    return ledger;
}

int tool_write(const char *path, tool_work *work, const void *what)
{
    struct setup *setup = NULL;
    struct ledger *ledger = NULL;
    struct arena *arena = NULL;
    int code = tool_setup(path, false, &setup);

    if (code != EX_OK)
        return code;
    code = EX_NOINPUT;
    ledger = ledger_to_write(setup->config);
    if (ledger == NULL)
        goto out;
    code = EX_OSERR;
    arena = arena_new(0);
    if (arena != NULL)
        code = work(setup, ledger, arena, what);
out:
    arena_free(&arena);
    ledger_close(&ledger);
    setup_drop(&setup);
    return code;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return print_usage(stderr);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return print_usage(stdout);
    }
    if (strcmp(argv[1], "--version") == 0) {
        version_print("goneaway", NULL);
        return EX_OK;
    }
    log_open("goneaway", LOG_TARGET_STDERR, LOG_LEVEL_WARNING);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].main(argc - 1, argv + 1);
    fprintf(stderr, "goneaway: there is no command \"%s\"\n", argv[1]);
    return print_usage(stderr);
}
