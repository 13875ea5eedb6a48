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

/* What speaks of codes, in all languages. */
static struct phrases *open_phrases(void)
{
    const char *directories[] = {SOURCE_DIR "/conf/phrases"};
    struct mistakes mistakes = {0};
    struct phrases *phrases;

    text_open();
    if (phrases_load(directories, 1, &mistakes, &phrases) != 0)
        abort();
    return phrases;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mail_limits limits = {65536, 500, 262144};
    static const struct text_limits texts = {8192, 50, 10};
    static struct phrases *phrases;
    struct mail *mail = mail_new(&limits, NULL);
    struct defused defused;

    if (phrases == NULL)
        phrases = open_phrases();
    if (mail == NULL || mail_from_bytes(mail, (const char *)data, size) != 0)
        abort();
    if ((mail->cut & MAIL_CUT_HEADER) == 0 &&
        (defuse_message(mail, phrases, &texts, &defused) != 0 ||
            !defuse_check(mail->arena, &defused)))
        abort();
    mail_free(&mail);
    return 0;
}
