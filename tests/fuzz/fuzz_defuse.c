/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Whatever the mail, what is made of it is harmless (defuse_check.h), and there is always
 * something.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../defuse_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mail_limits limits = {65536, 500, 262144};
    static const struct text_limits texts = {8192, 50, 10};
    static bool open;
    struct mail *mail = mail_new(&limits, NULL);
    struct defused defused;

    if (!open)
        text_open();
    open = true;
    if (mail == NULL || mail_from_bytes(mail, (const char *)data, size) != 0)
        abort();
    if ((mail->cut & MAIL_CUT_HEADER) == 0 &&
        (defuse_message(mail, &texts, &defused) != 0 || !defuse_check(mail->arena, &defused)))
        abort();
    mail_free(&mail);
    return 0;
}
