/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "err.h"

static const char *const texts[] = {
    "success",
    "out of memory",
    "malformed input",
    "a limit was exceeded",
    "system call failed",
    "the ledger could not be used",
    "no answer in time",
    "mistake in the configuration",
    "cryptographic operation failed",
    "no answer from the DNS",
    "written by a newer version of goneaway",
    "invalid characters",
    "no certificate in seal_to is valid now",
    "internal error",
};

const char *err_text(int code)
{
    if (code > 0 || (unsigned)-code >= sizeof(texts) / sizeof(texts[0]))
        return "unknown error";
    return texts[-code];
}
