/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * All three date parsers: what is read is within bounds, and what can be written reads back.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(int64_t when)
{
    char text[DATE_TEXT_SIZE];
    int64_t back = 0;

    date_format(when, text);
    if (text[0] != '\0' && (date_parse_setting(text, &back) != 0 || back != when))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    int64_t when = 0;

    if (text == NULL)
        return 0;
    if (date_parse_rfc3339((const char *)data, size, &when) == 0)
        write_and_read(when);
    if (date_parse_rfc5322((const char *)data, size, &when) == 0)
        write_and_read(when);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (date_parse_setting(text, &when) == 0)
        write_and_read(when);
    if (size >= sizeof(when)) {
        memcpy(&when, data, sizeof(when));
        write_and_read(when);
    }
    free(text);
    return 0;
}
