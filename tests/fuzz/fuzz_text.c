/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Any octets are a mail, and its text keeps the promises of text.h.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mail.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    text_open();
    return 0;
}

static void check(const struct text *text, const struct text_limits *limits)
{
    size_t octets = 0;

    for (size_t i = 0; i < text->segment_count; i++) {
        const struct text_segment *segment = &text->segments[i];

        octets += strlen(segment->plain);
        if (segment->length != strlen(segment->folded) || segment->origin > TEXT_RETURNED ||
            (i > 0 && segment->block < text->segments[i - 1].block))
            abort();
    }
    for (size_t i = 0; i < text->link_count; i++)
        if (text->links[i].segment >= text->segment_count || text->links[i].url[0] == '\0')
            abort();
    if (octets > limits->text_bytes || text->subject == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mail_limits mail_limits = {65536, 1000, 1 << 20};
    struct text_limits limits = {4096, 30, 6};
    struct mail *mail = mail_new(&mail_limits, NULL);
    struct text *text = NULL;

    if (mail == NULL || mail_from_bytes(mail, (const char *)data, size) != 0)
        abort();
    limits.text_bytes = size % 3 == 0 ? 64 : 4096;
    if (text_read(mail, &limits, &text) != 0)
        abort();
    check(text, &limits);
    mail_free(&mail);
    return 0;
}
