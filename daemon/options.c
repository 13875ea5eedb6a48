/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

#include "exporter_http.h"
#include "milter.h"
#include "usage.h"
#include "version.h"

static const char usage[] =
    "usage: goneawayd [-c FILE] [-f] [-t] [-T] [-v]\n"
    "       goneawayd [-c FILE] --configured\n"
    "The milter that returns other people's mail from a second-hand domain.\n"
    "\n"
    "options:\n"
    "  -c FILE       read this configuration instead of " OPTIONS_CONFIG "\n"
    "  -f            stay in the foreground (it always does; for units and scripts that ask for "
    "it)\n"
    "  -t            test the configuration and every table it names, tell all mistakes, and end\n"
    "  -T            print the configuration in force, defaults included, and end\n"
    "  --configured  end with 0 where a domain of yours is configured, with 1 where it is only\n"
    "                the example's (the unit asks this before it starts the daemon)\n"
    "  -v            log more than the configuration asks for\n"
    "  -h, --help    print this, and end\n"
    "  --version     print the versions of goneawayd and of its libraries, and end\n"
    "\n"
    "signals: USR1 loads the configuration again; TERM, INT and HUP end the daemon\n"
    "exit codes: 0 all is well; 64 wrong options; 69 the socket or the ledger is in use; 73, 77\n"
    "      they cannot be made; 78 the configuration holds mistakes\n"
    "example: goneawayd -t && systemctl reload goneawayd\n"
    "more: man goneawayd, man goneaway.conf\n";

enum { OPTION_VERSION = 256, OPTION_CONFIGURED };

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"configured", no_argument, NULL, OPTION_CONFIGURED},
    {NULL, 0, NULL, 0},
};

static void write_libraries(FILE *out)
{
    milter_libraries(out);
    exporter_http_libraries(out);
}

int options_read(int argc, char **argv, struct options *out)
{
    int option;

    *out = (struct options){.path = OPTIONS_CONFIG};
    while ((option = getopt_long(argc, argv, "c:ftTvh", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            out->path = optarg;
            break;
        case 'f':
            break;
        case 't':
            out->test = true;
            break;
        case 'T':
            out->print = true;
            break;
        case OPTION_CONFIGURED:
            out->configured = true;
            break;
        case 'v':
            out->verbose++;
            break;
        case 'h':
            return usage_print(stdout, usage);
        case OPTION_VERSION:
            version_print("goneawayd", write_libraries);
            return EX_OK;
        default:
            return usage_print(stderr, usage);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "goneawayd: \"%s\" is no option\n", argv[optind]);
        return usage_print(stderr, usage);
    }
    return -1;
}
