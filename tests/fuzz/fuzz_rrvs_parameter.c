/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The RRVS parameter of RCPT: action and date are what the grammar allows.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rrvs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), action = 'x';
    int64_t when = DATE_NONE;

    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (rrvs_parse_parameter(text, &when, &action) == 0 &&
        ((action != 'C' && action != 'R' && action != 0) || when == DATE_NONE))
        abort();
    free(text);
    return 0;
}
