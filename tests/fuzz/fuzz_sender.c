/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Whole mails through the room of the sender, with the shipped catalogue: whatever a mail says of
 * itself, a proof is one line of ASCII, speaks for From's own domain, and is the only way to a
 * service.
 */
#include "dkim.h"
#include "domain.h"
#include "mail.h"
#include "sender.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct catalogue *catalogue;
static struct dkim *dkim;

static void load(void)
{
    const char *path = SOURCE_DIR "/conf/services.conf";
    struct mistakes mistakes = {0};

    if (domain_open() != 0 || catalogue_load(&path, 1, &mistakes, &catalogue) != 0 ||
        dkim_open(NULL, &dkim) != 0)
        abort();
}

static void check(const struct sender *sender)
{
    int proven = sender->authenticated != NULL;

    if (sender->from_display == NULL || sender->auth == NULL || strlen(sender->auth) > 1000 ||
        (strncmp(sender->auth, "none: ", 6) == 0) == proven || (proven && sender->temperror))
        abort();
    for (const char *p = sender->auth; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            abort();
    if (proven && (sender->from_domain == NULL || strcmp(domain_organisational(sender->from_domain),
                                                      sender->authenticated) != 0))
        abort();
    if (!proven && (sender->service != NULL || sender->entry != NULL))
        abort();
    if (proven && sender->service != sender->claimed)
        abort();
    if (sender->entry != NULL && strcmp(sender->entry->id, sender->service) != 0)
        abort();
    if (sender->from_domain == NULL && sender->claimed != NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mail_limits limits = {
        .header_bytes = 65536, .header_fields = 200, .body_bytes = 1000};
    static const char *const trusted[] = {"mx.example.com", "xn--bcher-kva.example"};
    static const unsigned methods[] = {
        SENDER_BY_DKIM, SENDER_BY_HEADER, SENDER_BY_DKIM | SENDER_BY_HEADER, SENDER_ASSUMED};
    char *bytes = malloc(size + (size == 0));
    struct mail *mail;

    if (catalogue == NULL)
        load();
    mail = mail_new(&limits, dkim);
    if (bytes == NULL || mail == NULL)
        abort();
    memcpy(bytes, data, size);
    if (mail_from_bytes(mail, bytes, size) == 0) {
        for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
            const struct sender_rules rules = {methods[i], trusted, 2};
            struct sender *sender;

            if (sender_identify(mail, &rules, catalogue, &sender) == 0)
                check(sender);
        }
    }
    mail_free(&mail);
    free(bytes);
    return 0;
}
