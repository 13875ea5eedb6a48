/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "mint.h"

#include <stdio.h>
#include <string.h>

#include "err.h"

#define CHECK_LENGTH 5
#define DATA_MAX (MINT_LABEL_MAX + 1 + 255)

/* No vowels and nothing that is mistaken for another sign when it is read out or typed. */
static const char alphabet[] = "23456789bcdfghjkmnpqrstvwxyz";
#define ALPHABET_SIZE (sizeof(alphabet) - 1)

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool label_is_good(const char *label, size_t length)
{
    if (length == 0 || length > MINT_LABEL_MAX || !is_letter_or_digit(label[0]) ||
        !is_letter_or_digit(label[length - 1]))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!is_letter_or_digit(label[i]) && strchr("-_.", label[i]) == NULL)
            return false;
        if (label[i] == '.' && i + 1 < length && label[i + 1] == '.')
            return false;
    }
    return true;
}

bool mint_label_is_good(const char *label)
{
    return label_is_good(label, strlen(label));
}

/* The check of the first length octets of label at a domain. */
static int write_check(const struct key *key, const char *label, size_t length, const char *domain,
    char out[CHECK_LENGTH + 1])
{
    unsigned char digest[KEY_DIGEST_SIZE];
    char data[DATA_MAX + 1];
    int written = snprintf(data, sizeof(data), "%.*s@%s", (int)length, label, domain);
    int r;

    if (written < 0 || (size_t)written >= sizeof(data))
        return ERR_LIMIT;
    r = key_digest(key, "mint", data, (size_t)written, digest);
    if (r != 0)
        return r;
    for (size_t i = 0; i < CHECK_LENGTH; i++) {
        unsigned value = (unsigned)digest[2 * i] << 8 | digest[2 * i + 1];

        out[i] = alphabet[value % ALPHABET_SIZE];
    }
    out[CHECK_LENGTH] = '\0';
    return 0;
}

int mint_write(struct arena *arena, const struct key *key, const char *label, const char *domain,
    const char **out)
{
    char check[CHECK_LENGTH + 1];
    int r;

    *out = NULL;
    if (!mint_label_is_good(label))
        return ERR_SYNTAX;
    r = write_check(key, label, strlen(label), domain, check);
    if (r != 0)
        return r;
    *out = arena_printf(arena, "%s.%s@%s", label, check, domain);
    return *out != NULL ? 0 : ERR_NOMEM;
}

bool mint_knows(const struct key *key, const struct address *address)
{
    const char *at = strrchr(address->base, '@');
    size_t local = at == NULL ? 0 : (size_t)(at - address->base);
    char check[CHECK_LENGTH + 1];
    size_t label;

    if (local < CHECK_LENGTH + 2 || address->base[local - CHECK_LENGTH - 1] != '.')
        return false;
    label = local - CHECK_LENGTH - 1;
    return label_is_good(address->base, label) &&
           write_check(key, address->base, label, address->domain, check) == 0 &&
           memcmp(check, address->base + label + 1, CHECK_LENGTH) == 0;
}
