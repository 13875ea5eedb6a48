/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * signer - DKIM keys and signatures for tests, by OpenSSL and the signing half of libopendkim.
 * The whole stands in this header, as each test is a program of its own.
 */
#ifndef GONEAWAY_SIGNER_H
#define GONEAWAY_SIGNER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <opendkim/dkim.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

struct signer_options {
    const char *domain;
    const char *selector;
    const char *key; /* PEM */
    dkim_alg_t algorithm;
    dkim_canon_t header, body;
    ssize_t covered;      /* octets of the body that are signed (l=), -1 for all and no l= */
    bool partial;         /* write l= */
    uint64_t made;        /* t=; 0: now */
    uint64_t lives;       /* x= so many seconds later; 0: none */
    const char *identity; /* i=, or NULL */
};

#define SIGNER_ED25519 0u
#define SIGNER_EC 1u /* of no use with DKIM */

/* A private key as PEM, to be freed: RSA of so many bits, or one of the above. */
static inline char *signer_new_key(unsigned bits)
{
    EVP_PKEY *key = bits == SIGNER_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                    : bits == SIGNER_EC    ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                                           : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    BIO *out = BIO_new(BIO_s_mem());
    char *data = NULL, *pem = NULL;
    long length;

    if (key != NULL && out != NULL &&
        PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1) {
        length = BIO_get_mem_data(out, &data);
        pem = strndup(data, (size_t)length);
    }
    BIO_free(out);
    EVP_PKEY_free(key);
    return pem;
}

static inline EVP_PKEY *signer_read_key(const char *pem)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);

    BIO_free(in);
    return key;
}

/* The octets of p=, to be freed with OPENSSL_free. */
static inline int signer_public_octets(EVP_PKEY *key, unsigned char **out)
{
    size_t length = 32;

    *out = NULL;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519)
        return i2d_PUBKEY(key, out);
    *out = OPENSSL_malloc(length);
    if (*out == NULL || EVP_PKEY_get_raw_public_key(key, *out, &length) != 1)
        return -1;
    return (int)length;
}

/* The TXT record for a private key (RFC 6376 §3.6.1, RFC 8463 §4), to be freed. */
static inline char *signer_record(const char *pem)
{
    EVP_PKEY *key = signer_read_key(pem);
    unsigned char *octets = NULL, *base64 = NULL;
    int length = key == NULL ? -1 : signer_public_octets(key, &octets);
    char *record = NULL;

    if (length > 0)
        base64 = malloc((size_t)length * 2 + 4);
    if (base64 != NULL) {
        EVP_EncodeBlock(base64, octets, length);
        if (asprintf(&record, "v=DKIM1; k=%s; p=%s",
                EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? "ed25519" : "rsa",
                (char *)base64) < 0)
            record = NULL;
    }
    free(base64);
    OPENSSL_free(octets);
    EVP_PKEY_free(key);
    return record;
}

/* A copy in which every line ends with CRLF, to be freed. */
static inline char *signer_crlf(const char *mail)
{
    char *copy = malloc(2 * strlen(mail) + 1), *to = copy;

    for (const char *p = mail; copy != NULL && *p != '\0'; p++) {
        if (*p == '\n' && (p == mail || p[-1] != '\r'))
            *to++ = '\r';
        *to++ = *p;
    }
    if (copy != NULL)
        *to = '\0';
    return copy;
}

static inline DKIM_LIB *signer_library(const struct signer_options *options)
{
    DKIM_LIB *library = dkim_init(NULL, NULL);
    uint64_t made = options->made, lives = options->lives;
    u_int bits = 512;

    if (library == NULL)
        return NULL;
    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof(bits));
    if (made != 0)
        dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FIXEDTIME, &made, sizeof(made));
    if (lives != 0)
        dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_SIGNATURETTL, &lives, sizeof(lives));
    return library;
}

/* The DKIM-Signature field with its line end for a mail with CRLF, to be freed; NULL where it
 * cannot be made. */
static inline char *signer_field(
    const struct signer_options *options, DKIM_LIB *library, char *mail)
{
    DKIM_STAT status;
    DKIM *handle = dkim_sign(library, (const u_char *)"sign", NULL, (dkim_sigkey_t)options->key,
        (const u_char *)options->selector, (const u_char *)options->domain, options->header,
        options->body, options->algorithm, options->covered, &status);
    u_char *value = NULL;
    size_t length;
    char *field = NULL;

    if (handle == NULL)
        return NULL;
    dkim_setpartial(handle, options->partial);
    /* the library folds before b= once with RSA but at different places with Ed25519, when it
     * signs and when it writes */
    if (options->algorithm == DKIM_SIGN_ED25519SHA256)
        dkim_set_margin(handle, 0);
    if (options->identity != NULL)
        dkim_set_signer(handle, (const u_char *)options->identity);
#if defined(__SANITIZE_ADDRESS__)
    __lsan_disable();
#endif
    if (dkim_chunk(handle, (u_char *)mail, strlen(mail)) == DKIM_STAT_OK &&
        dkim_chunk(handle, NULL, 0) == DKIM_STAT_OK && dkim_eom(handle, NULL) == DKIM_STAT_OK &&
        dkim_getsighdr_d(handle, strlen("DKIM-Signature: "), &value, &length) == DKIM_STAT_OK &&
        asprintf(&field, "DKIM-Signature: %.*s\r\n", (int)length, (const char *)value) < 0)
        field = NULL;
#if defined(__SANITIZE_ADDRESS__)
    /* the library does not free the Ed25519 key that it signed with */
    __lsan_enable();
#endif
    dkim_free(handle);
    return field;
}

/* The mail with CRLF and a signature on top, to be freed; NULL where it cannot be signed. */
static inline char *signer_sign(const struct signer_options *options, const char *mail)
{
    DKIM_LIB *library = signer_library(options);
    char *copy = signer_crlf(mail), *field = NULL, *folded = NULL, *result = NULL;

    if (library != NULL && copy != NULL)
        field = signer_field(options, library, copy);
    /* the library folds with LF in its field */
    folded = field == NULL ? NULL : signer_crlf(field);
    if (folded != NULL && asprintf(&result, "%s%s", folded, copy) < 0)
        result = NULL;
    free(folded);
    free(field);
    free(copy);
    if (library != NULL)
        dkim_close(library);
    return result;
}

#endif
