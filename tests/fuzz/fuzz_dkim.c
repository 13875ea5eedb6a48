/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * A mail and the key record that its signatures find: the first line is the record, the rest
 * the mail. The record is asked for over the loopback, as in the tests.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/responder.h"
#include "dkim.h"
#include "dns.h"
#include "domain.h"
#include "mail.h"

#define RECORD_MAX 3000

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char record[RECORD_MAX];
static const struct responder_record records[] = {{"*", RESPONDER_TXT, record, 0}};
static struct responder responder;
static struct dns *dns;
static struct dkim *dkim;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *servers[1] = {responder.server};

    (void)argc;
    (void)argv;
    if (domain_open() != 0 || responder_start(&responder, records, 1) != 0 ||
        dns_open(servers, 1, 5000, &dns) != 0 || dkim_open(dns, &dkim) != 0)
        abort();
    return 0;
}

static void check(const struct mail *mail)
{
    const struct dkim_signature *list = NULL;
    size_t count = dkim_signatures(mail->dkim, &list);

    if (count == 0)
        abort();
    for (size_t i = 0; i < count; i++)
        if (list[i].domain == NULL || list[i].selector == NULL ||
            (list[i].status == DKIM_PASS) != (list[i].why == NULL))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mail_limits limits = {
        .header_bytes = 1 << 20, .header_fields = 1000, .body_bytes = 1 << 16};
    const uint8_t *end = memchr(data, '\n', size);
    size_t length = end == NULL ? 0 : (size_t)(end - data);
    struct mail *mail = mail_new(&limits, dkim);

    if (mail == NULL || length >= RECORD_MAX)
        goto out;
    if (length > 0)
        memcpy(record, data, length);
    record[length] = '\0';
    data += end == NULL ? 0 : length + 1;
    size -= end == NULL ? 0 : length + 1;
    if (mail_from_bytes(mail, (const char *)data, size) == 0 && mail->dkim != NULL)
        check(mail);
out:
    mail_free(&mail);
    return 0;
}
