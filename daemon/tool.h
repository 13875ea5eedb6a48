/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * tool - `goneaway`, the administrator's command: one subcommand, one file. One thread.
 */
#ifndef GONEAWAY_TOOL_H
#define GONEAWAY_TOOL_H

#include "mask.h"
#include "setup.h"

#define TOOL_CONFIG "/etc/goneaway/goneaway.conf"

/* The subcommands: arguments behind the subcommand's name, which is argv[0]. Exit codes. */
int explain_main(int argc, char **argv);
int scan_main(int argc, char **argv);
int mint_main(int argc, char **argv);
int expect_main(int argc, char **argv);
int forget_main(int argc, char **argv);
int catalogue_main(int argc, char **argv);
int report_main(int argc, char **argv);
int export_main(int argc, char **argv);

/* Loads the setup for a subcommand: path NULL means TOOL_CONFIG where that file is, defaults
 * otherwise. Mistakes go to standard error. EX_OK or a sysexits code. */
int tool_setup(const char *path, bool network, struct setup **out);
/* Are there domains, as in every configuration that was found? Where not, `goneaway COMMAND` says
 * so on standard error. */
bool tool_has_domains(const struct config *config, const char *command);
/* Opens the ledger for writing and loads the key into the setup, which nobody else may hold. Makes
 * both where they are missing, but not as root in a directory of another user, who could not use
 * them then. NULL: said on standard error. */
struct ledger *tool_ledger_new(struct setup *setup);
/* Opens the ledger that the configuration names for reading; NULL where there is none, or where
 * it cannot be read, which is said on standard error. */
struct ledger *tool_ledger(const struct config *config);
/* Is there a ledger to read? Where not, `goneaway COMMAND` says so on standard error. */
bool tool_ledger_is_there(const struct config *config, const char *command);
/* A mask that knows our domains; *domains is to be freed after it. EX_OK or EX_OSERR. */
int tool_mask(const struct config *config, const char ***domains, struct mask **mask);
/* What a subcommand does with the ledger; an exit code. The arena lasts until it returns. */
typedef int tool_work(
    const struct setup *setup, struct ledger *ledger, struct arena *arena, const void *what);
/* Has work done with the ledger open for writing, beside a daemon that runs; `what` is passed
 * through. It makes no ledger: that is the daemon's, whose user must own it. What keeps the work
 * from being done is said on standard error. path as for tool_setup. The exit code. */
int tool_write(const char *path, tool_work *work, const void *what);

#endif
