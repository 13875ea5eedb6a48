/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "mask.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "err.h"

#define KEY_SIZE 32
#define LETTERS 10 /* of five bits: two in a million addresses meet once in a thousand runs */
#define DIGEST_SIZE 32

struct mask {
    unsigned char key[KEY_SIZE];
    const char *const *domains;
    size_t domain_count;
};

/* The columns of contact and service, and what views call them. */
static const char *const contact_columns[] = {
    "homepage", "phone", "privacy", "source", "steps", "url", "what_it_tells", "what_to_do"};

/* An "@" in a text, and what stands around it. */
struct place {
    const char *local; /* where the local part begins */
    const char *at;
    size_t at_length;
    size_t domain_length;
};

int mask_new(const char *const *domains, size_t count, struct mask **out)
{
    struct mask *mask = calloc(1, sizeof(*mask));

    *out = NULL;
    if (mask == NULL)
        return ERR_NOMEM;
    if (getrandom(mask->key, sizeof(mask->key), 0) != (ssize_t)sizeof(mask->key)) {
        free(mask);
        return ERR_SYSTEM;
    }
    mask->domains = domains;
    mask->domain_count = count;
    *out = mask;
    return 0;
}

void mask_free(struct mask **mask)
{
    if (*mask == NULL)
        return;
    explicit_bzero(*mask, sizeof(**mask));
    free(*mask);
    *mask = NULL;
}

/* How long the "@" at the text is, 0 for none. */
static size_t at_sign(const char *text)
{
    if (text[0] == '@')
        return 1;
    if (strncmp(text, "%40", 3) == 0 || strncmp(text, "\xef\xbc\xa0", 3) == 0)
        return 3;
    return 0;
}

static bool in_domain(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '.' || (unsigned char)c >= 0x80;
}

/* Dots at the end belong to the sentence. */
static size_t domain_length(const char *text)
{
    size_t length = 0;

    if (text[0] == '[') {
        length = strcspn(text, "] \t\r\n");
        return text[length] == ']' ? length + 1 : 0;
    }
    while (text[length] != '\0' && in_domain(text[length]) && at_sign(text + length) == 0)
        length++;
    while (length > 0 && text[length - 1] == '.')
        length--;
    return length;
}

/* Where the local part that ends at `end` begins, not before `start`. */
static const char *local_part(const char *start, const char *end)
{
    const char *begin = end;

    if (end - start >= 2 && end[-1] == '"') {
        for (begin = end - 2; begin > start; begin--)
            if (*begin == '"' && begin[-1] != '\\')
                break;
        if (*begin == '"')
            return begin;
        begin = end;
    }
    while (begin > start && strchr("<>()[],;: \t\r\n", begin[-1]) == NULL)
        begin--;
    return begin;
}

static void add_form(const struct mask *mask, const struct place *place, struct buf *out)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    const char *domain = place->at + place->at_length;
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, mask->key, sizeof(mask->key));
    gchar *local = g_ascii_strdown(place->local, place->at - place->local);
    gchar *rest = g_ascii_strdown(domain, (gssize)place->domain_length);
    guint8 digest[DIGEST_SIZE];
    gsize size = sizeof(digest);

    g_hmac_update(hmac, (const guchar *)local, -1);
    g_hmac_update(hmac, (const guchar *)"@", 1);
    g_hmac_update(hmac, (const guchar *)rest, -1);
    g_hmac_get_digest(hmac, digest, &size);
    g_hmac_unref(hmac);
    g_free(local);
    g_free(rest);
    buf_putc(out, '~');
    for (size_t i = 0; i < LETTERS; i++)
        buf_putc(out, letters[digest[i] & 31]);
}

/* Is it at that domain of ours, or below it? */
static bool is_at(const struct place *place, const char *ours)
{
    const char *domain = place->at + place->at_length;
    size_t length = strlen(ours);

    if (length == 0 || place->domain_length < length)
        return false;
    domain += place->domain_length - length;
    return g_ascii_strncasecmp(domain, ours, length) == 0 &&
           (place->domain_length == length || domain[-1] == '.');
}

void mask_address(const struct mask *mask, const char *text, struct buf *out)
{
    const char *end = text + strlen(text), *at = strrchr(text, '@');
    struct place place = {.local = text, .at = at != NULL ? at : end, .at_length = at != NULL};

    if (mask != NULL && *text != '\0') {
        place.domain_length = strlen(place.at + place.at_length);
        add_form(mask, &place, out);
        text = place.at;
    }
    buf_puts(out, text);
}

static bool is_ours(const struct mask *mask, const struct place *place)
{
    for (size_t i = 0; i < mask->domain_count; i++)
        if (is_at(place, mask->domains[i]))
            return true;
    return false;
}

static void copy(const struct mask *mask, bool only_ours, const char *text, struct buf *out)
{
    const char *done = text; /* what stands before it has been copied */

    for (const char *p = text; mask != NULL && *p != '\0'; p++) {
        struct place place = {.at = p, .at_length = at_sign(p)};

        if (place.at_length == 0)
            continue;
        place.local = local_part(done, p);
        place.domain_length = domain_length(p + place.at_length);
        if (place.local == p || place.domain_length == 0 || (only_ours && !is_ours(mask, &place)))
            continue;
        buf_add(out, done, (size_t)(place.local - done));
        add_form(mask, &place, out);
        done = p;
        p += place.at_length - 1;
    }
    buf_puts(out, done);
}

void mask_text(const struct mask *mask, const char *text, struct buf *out)
{
    copy(mask, false, text, out);
}

void mask_contact(const struct mask *mask, const char *text, struct buf *out)
{
    copy(mask, true, text, out);
}

bool mask_column(const struct mask *mask, const char *column, const char *text, struct buf *out)
{
    if (mask != NULL && g_ascii_strcasecmp(column, "queue_id") == 0)
        return false;
    if (g_ascii_strcasecmp(column, "address") == 0) {
        mask_address(mask, text, out);
        return true;
    }
    for (size_t i = 0; i < sizeof(contact_columns) / sizeof(contact_columns[0]); i++)
        if (strcmp(column, contact_columns[i]) == 0) {
            mask_contact(mask, text, out);
            return true;
        }
    mask_text(mask, text, out);
    return true;
}
