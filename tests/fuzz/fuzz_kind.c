/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Whole mails through text and kind, with the rules and languages that we ship. Reasons must
 * come from our files, and the kind must be one.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kind.h"
#include "mail.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct phrases *phrases;
static struct kind_rules *rules;

static void load(void)
{
    const char *directories[] = {SOURCE_DIR "/conf/phrases"};
    struct mistakes mistakes = {0};

    text_open();
    if (phrases_load(directories, 1, &mistakes, &phrases) != 0 ||
        kind_rules_load(SOURCE_DIR "/conf/kinds.conf", &mistakes, &rules) != 0)
        abort();
}

static void check(const struct kind_result *result)
{
    if (result->kind < 0 || result->kind >= KIND_COUNT ||
        !(result->score > 0 && result->score <= 1))
        abort();
    for (size_t i = 0; i < result->reason_count; i++)
        if (result->reasons[i].text == NULL || strlen(result->reasons[i].text) > 400)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mail_limits limits = {
        .header_bytes = 65536, .header_fields = 200, .body_bytes = 1u << 18};
    static const struct text_limits text_limits = {.text_bytes = 32768, .parts = 50, .depth = 8};
    struct kind_result *result;
    struct mail *mail;
    struct text *text;
    char *bytes = malloc(size + (size == 0));

    if (phrases == NULL)
        load();
    mail = mail_new(&limits, NULL);
    if (bytes != NULL && mail != NULL) {
        memcpy(bytes, data, size);
        if (mail_from_bytes(mail, bytes, size) == 0 && text_read(mail, &text_limits, &text) == 0 &&
            kind_judge(mail, text, "no-reply@shop.example", phrases, rules, &result) == 0)
            check(result);
    }
    mail_free(&mail);
    free(bytes);
    return 0;
}
