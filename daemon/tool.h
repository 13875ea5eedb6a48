/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * tool - `goneaway`, the administrator's command: one subcommand, one file.
 */
#ifndef GONEAWAY_TOOL_H
#define GONEAWAY_TOOL_H

#include "setup.h"

#define TOOL_CONFIG "/etc/goneaway/goneaway.conf"

/* The subcommands: arguments behind the subcommand's name, which is argv[0]. Exit codes. */
int explain_main(int argc, char **argv);
int mint_main(int argc, char **argv);
int expect_main(int argc, char **argv);
int forget_main(int argc, char **argv);

/* Loads the setup for a subcommand: path NULL means TOOL_CONFIG where that file is, defaults
 * otherwise. Mistakes go to standard error. EX_OK or a sysexits code. */
int tool_setup(const char *path, bool network, struct setup **out);
/* Opens the ledger that the configuration names for reading; NULL where there is none, or where
 * it cannot be read, which is said on standard error. */
struct ledger *tool_ledger(const struct config *config);
/* Opens the ledger for writing, beside a daemon that runs. It makes none: that is the daemon's,
 * whose user must own it. NULL where that cannot be, which is said on standard error. */
struct ledger *tool_ledger_to_write(const struct config *config);

#endif
