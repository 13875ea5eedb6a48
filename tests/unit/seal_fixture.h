/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * seal_fixture - certificates made for one test, in a directory of their own, with whatever can be
 * wrong with them.
 */
#ifndef GONEAWAY_SEAL_FIXTURE_H
#define GONEAWAY_SEAL_FIXTURE_H

#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef FIXTURE_NOW
#define FIXTURE_NOW ((int64_t)1700000000)
#endif
#define FIXTURE_DAY ((int64_t)86400)

/* What a certificate is like; zeros are a good one with an RSA key. */
struct fixture_certificate {
    const char *curve;  /* NULL: RSA */
    const char *digest; /* NULL: SHA256 */
    const char *basic;  /* extensions; NULL: the good one, "": none */
    const char *usage;
    const char *extended;
    int bits;        /* of RSA; 0: 2048 */
    int from, until; /* days from FIXTURE_NOW; both 0: -1 to 365 */
    const char *type; /* of the key, where it is neither RSA nor EC */
};

/* RSA of 2048 bits is the same key every time: making one takes long. */
static inline EVP_PKEY *fixture_key(const struct fixture_certificate *what)
{
    static EVP_PKEY *usual;
    EVP_PKEY *key;

    if (what->type == NULL && what->curve == NULL && what->bits == 0) {
        if (usual == NULL)
            usual = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
        assert_non_null(usual);
        assert_int_equal(EVP_PKEY_up_ref(usual), 1);
        return usual;
    }
    if (what->type != NULL)
        key = EVP_PKEY_Q_keygen(NULL, NULL, what->type);
    else if (what->curve != NULL)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", what->curve);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)what->bits);
    assert_non_null(key);
    return key;
}

static inline void fixture_extension(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension;

    if (value[0] == '\0')
        return;
    extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static inline X509 *fixture_make(const struct fixture_certificate *what, EVP_PKEY *key)
{
    static long serial = 1;
    X509 *x509 = X509_new();
    bool set = what->from != 0 || what->until != 0;
    const char *usage = what->curve != NULL ? "critical,keyAgreement" : "critical,keyEncipherment";
    bool own_digest = what->type == NULL || strcmp(what->type, "ED25519") != 0;

    assert_non_null(x509);
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    ASN1_TIME_set(X509_getm_notBefore(x509), FIXTURE_NOW + (set ? what->from : -1) * FIXTURE_DAY);
    ASN1_TIME_set(X509_getm_notAfter(x509), FIXTURE_NOW + (set ? what->until : 365) * FIXTURE_DAY);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
        (const unsigned char *)"Keeper", -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    X509_set_pubkey(x509, key);
    fixture_extension(x509, NID_basic_constraints,
        what->basic != NULL ? what->basic : "critical,CA:FALSE");
    fixture_extension(x509, NID_key_usage, what->usage != NULL ? what->usage : usage);
    fixture_extension(
        x509, NID_ext_key_usage, what->extended != NULL ? what->extended : "emailProtection");
    assert_true(X509_sign(x509, key,
                    own_digest
                        ? EVP_get_digestbyname(what->digest != NULL ? what->digest : "SHA256")
                        : NULL) > 0);
    return x509;
}

/* Writes what a function writes into dir/name. */
static inline void fixture_write_pem(const char *path, X509 *x509, EVP_PKEY *key, const char *lock)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    if (x509 != NULL)
        assert_int_equal(PEM_write_X509(out, x509), 1);
    if (key != NULL)
        assert_int_equal(PEM_write_PKCS8PrivateKey(out, key, lock != NULL ? EVP_aes_256_cbc() : NULL,
                             lock, lock != NULL ? (int)strlen(lock) : 0, NULL, NULL),
            1);
    assert_int_equal(fclose(out), 0);
}

static inline int fixture_remove_one(
    const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void fixture_remove(const char *directory)
{
    nftw(directory, fixture_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
