/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "rrvs.h"

static const char *const result_names[] = {
    "none", "pass", "fail", "unknown", "temperror", "permerror", "ignored"};

const char *rrvs_result_name(enum rrvs_result result)
{
    return result_names[result];
}
