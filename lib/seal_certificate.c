/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Must never: ask for a password on a terminal, or keep a private key that it came across.
 */
#include "seal_certificate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "err.h"

#define FILE_OCTETS_MAX ((size_t)1 << 20)
#define NEIGHBOURS_MAX 4096
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 16384
/* SHA-1 has 80 at best and 63 as OpenSSL counts it, SHA-224 112 */
#define DIGEST_BITS_MIN 112

static int refuse(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(char *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, SEAL_WHY_SIZE, format, args);
    va_end(args);
    return ERR_CONFIG;
}

static int no_password(char *out, int size, int writing, void *cookie)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)cookie;
    return -1;
}

/* The regular file's octets in a BIO; NULL with errno where it cannot be read. */
static BIO *read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    BIO *bio = BIO_new(BIO_s_secmem());
    struct stat status;
    char bytes[8192];
    ssize_t some = -1;
    size_t all = 0;

    errno = fd < 0 ? errno : bio == NULL ? ENOMEM : 0;
    if (errno == 0 && fstat(fd, &status) == 0 && !S_ISREG(status.st_mode))
        errno = EINVAL;
    while (errno == 0 && (some = read(fd, bytes, sizeof(bytes))) > 0) {
        all += (size_t)some;
        if (all > FILE_OCTETS_MAX)
            errno = EFBIG;
        else if (BIO_write(bio, bytes, (int)some) != some)
            errno = ENOMEM;
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    if (some != 0) {
        some = errno;
        BIO_free(bio);
        bio = NULL;
        errno = (int)some;
    }
    if (fd >= 0)
        close(fd);
    return bio;
}

/* The one certificate of a file. */
static int read_one(const char *path, X509 **out, char *why)
{
    BIO *bio = read_file(path);
    X509 *second = NULL;
    int r = 0;

    if (bio == NULL && errno == ENOMEM)
        return ERR_NOMEM;
    if (bio == NULL)
        return refuse(why, "cannot be read: %s",
            errno == EINVAL  ? "it is no file"
            : errno == EFBIG ? "it is longer than 1 MiB"
                             : strerror(errno));
    *out = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    if (*out != NULL)
        second = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    if (*out == NULL)
        r = refuse(why, "holds no certificate in PEM (-----BEGIN CERTIFICATE-----); one in DER is "
                        "converted by openssl x509 -inform DER");
    else if (second != NULL)
        r = refuse(why,
            "holds more than one certificate: name each in a file of its own, and leave "
            "out those of authorities");
    X509_free(second);
    BIO_free(bio);
    ERR_clear_error();
    return r;
}

static int check_key(X509 *certificate, char *why)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    char curve[64] = "";

    if (key == NULL)
        return refuse(
            why, "has a key that cannot be read; take RSA, or EC on P-256, P-384 or P-521");
    if (EVP_PKEY_is_a(key, "RSA")) {
        int bits = EVP_PKEY_get_bits(key);

        if (bits < RSA_BITS_MIN)
            return refuse(
                why, "has a weak RSA key of %d bits; take one of at least %d", bits, RSA_BITS_MIN);
        if (bits > RSA_BITS_MAX)
            return refuse(
                why, "has an RSA key of %d bits; take one of at most %d", bits, RSA_BITS_MAX);
        return 0;
    }
    if (!EVP_PKEY_is_a(key, "EC"))
        return refuse(why, "has a key that cannot receive sealed mail; take RSA, or EC on P-256, "
                           "P-384 or P-521");
    EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL);
    if (strcmp(curve, "prime256v1") != 0 && strcmp(curve, "secp384r1") != 0 &&
        strcmp(curve, "secp521r1") != 0)
        return refuse(why, "has an EC key on the curve %s; take P-256, P-384 or P-521",
            curve[0] != '\0' ? curve : "of its own");
    return 0;
}

static int check_signature(X509 *certificate, char *why)
{
    int digest = NID_undef, bits = 0;

    if (X509_get_signature_info(certificate, &digest, NULL, &bits, NULL) != 1)
        return refuse(why, "is signed in a way that is not known here; take SHA-256");
    if (bits < DIGEST_BITS_MIN)
        return refuse(why, "is signed with %s, which can be forged; have it made anew with SHA-256",
            digest != NID_undef ? OBJ_nid2ln(digest) : "a weak digest");
    return 0;
}

static int check_use(X509 *certificate, char *why)
{
    bool rsa = EVP_PKEY_is_a(X509_get0_pubkey(certificate), "RSA");
    uint32_t flags = X509_get_extension_flags(certificate);
    uint32_t wanted = rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT;

    if ((flags & EXFLAG_INVALID) != 0)
        return refuse(why, "has extensions that cannot be read; have it made anew");
    if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(certificate) & wanted) == 0)
        return refuse(why, "is not made for encryption: its key usage lacks %s%s",
            rsa ? "keyEncipherment" : "keyAgreement",
            (flags & EXFLAG_CA) != 0 ? " (it is that of an authority)" : "");
    if ((flags & EXFLAG_CA) != 0 && (flags & EXFLAG_KUSAGE) == 0)
        return refuse(why,
            "is that of an authority (CA:TRUE), which is no reader of mail; make one "
            "with basicConstraints=critical,CA:FALSE");
    if ((flags & EXFLAG_XKUSAGE) != 0 &&
        (X509_get_extended_key_usage(certificate) & (XKU_SMIME | XKU_ANYEKU)) == 0)
        return refuse(why, "is not made for mail: its extended key usage lacks emailProtection");
    return 0;
}

int seal_certificate_read(const char *path, X509 **out, char *why)
{
    int r = read_one(path, out, why);

    if (r == 0)
        r = check_key(*out, why);
    if (r == 0)
        r = check_signature(*out, why);
    if (r == 0)
        r = check_use(*out, why);
    if (r == 0)
        return 0;
    X509_free(*out);
    *out = NULL;
    return r;
}

static bool read_time(const ASN1_TIME *time, int64_t *out)
{
    struct tm parts;

    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    *out = (int64_t)timegm(&parts);
    return true;
}

bool seal_certificate_times(const X509 *certificate, int64_t *not_before, int64_t *not_after)
{
    return read_time(X509_get0_notBefore(certificate), not_before) &&
           read_time(X509_get0_notAfter(certificate), not_after);
}

enum neighbour { HARMLESS, FITS, LOCKED, PKCS12_FILE };

/* The private keys in PEM, one after the other. */
static enum neighbour look_at_pem(BIO *bio, X509 *certificate)
{
    enum neighbour found = HARMLESS;
    char *name, *header;
    unsigned char *data;
    long length;

    while (found == HARMLESS && PEM_read_bio(bio, &name, &header, &data, &length) == 1) {
        const unsigned char *at = data;
        size_t end = strlen(name);
        EVP_PKEY *key = NULL;

        if (end >= strlen(PEM_STRING_PKCS8INF) &&
            strcmp(name + end - strlen(PEM_STRING_PKCS8INF), PEM_STRING_PKCS8INF) == 0) {
            key = d2i_AutoPrivateKey(NULL, &at, length);
            if (key == NULL)
                found = LOCKED;
            else if (EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1)
                found = FITS;
        }
        EVP_PKEY_free(key);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)length);
    }
    return found;
}

static enum neighbour look_at_der(const char *path, X509 *certificate)
{
    BIO *bio = read_file(path);
    EVP_PKEY *key;
    PKCS12 *store = NULL;
    enum neighbour found = HARMLESS;

    if (bio == NULL)
        return HARMLESS;
    key = d2i_PrivateKey_bio(bio, NULL);
    BIO_free(bio);
    if (key != NULL && EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1)
        found = FITS;
    bio = key == NULL ? read_file(path) : NULL;
    if (bio != NULL)
        store = d2i_PKCS12_bio(bio, NULL);
    if (store != NULL)
        found = PKCS12_FILE;
    BIO_free(bio);
    PKCS12_free(store);
    EVP_PKEY_free(key);
    return found;
}

static enum neighbour look_at(const char *path, X509 *certificate)
{
    BIO *bio = read_file(path);
    enum neighbour found;

    if (bio == NULL)
        return HARMLESS;
    found = look_at_pem(bio, certificate);
    BIO_free(bio);
    if (found == HARMLESS)
        found = look_at_der(path, certificate);
    ERR_clear_error();
    return found;
}

static int tell_key(enum neighbour found, const char *name, char *why)
{
    static const char reason[] =
        "whoever takes over this server could open what is sealed. Move it "
        "to another machine and delete it here";

    switch (found) {
    case FITS:
        return refuse(why, "lies beside its private key (%.150s): %s", name, reason);
    case LOCKED:
        return refuse(why,
            "lies beside a private key (%.150s) that is locked and may be its own: %s, or keep the "
            "certificate in a directory of its own",
            name, reason);
    case PKCS12_FILE:
        return refuse(why,
            "lies beside a PKCS #12 file (%.150s), which may hold its private key: %s, or keep the "
            "certificate in a directory of its own",
            name, reason);
    case HARMLESS:
        break;
    }
    return 0;
}

int seal_certificate_find_key(const char *path, X509 *certificate, char *why)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
    DIR *entries = directory != NULL ? opendir(directory) : NULL;
    struct dirent *entry;
    int r = directory == NULL ? ERR_NOMEM : 0;

    for (int i = 0; r == 0 && entries != NULL && (entry = readdir(entries)) != NULL; i++) {
        char *neighbour = NULL;

        if (i == NEIGHBOURS_MAX)
            r = refuse(why,
                "lies in a directory with more than %d files, too many to look for its private key "
                "in: keep it in a directory of its own",
                NEIGHBOURS_MAX);
        else if (asprintf(&neighbour, "%s%s", directory, entry->d_name) < 0)
            r = ERR_NOMEM;
        else
            r = tell_key(look_at(neighbour, certificate), entry->d_name, why);
        free(neighbour);
    }
    if (entries != NULL)
        closedir(entries);
    free(directory);
    return r;
}
