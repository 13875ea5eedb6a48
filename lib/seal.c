/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The envelope is made in one go, with definite lengths: what is in memory in the clear is let go
 * as soon as it is encrypted.
 */
#include "seal.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "date.h"
#include "err.h"
#include "seal_certificate.h"
#include "seal_check.h"

/* Octets that make a line of 64 in base64, and lines of one piece: 990 × 66 octets. */
#define LINE_IN 48
#define LINE_OUT 66
#define LINES_A_PIECE 990

struct certificate {
    X509 *x509;
    char *path;
    int64_t not_before;
    int64_t not_after;
};

struct seal {
    enum seal_cipher cipher;
    size_t count;
    struct certificate certificates[];
};

static const struct seal_field fields[][5] = {
    [SEAL_AES_256_CBC] = {{"Subject", "Sealed mail"}, {"MIME-Version", "1.0"},
        {"Content-Type",
            "application/pkcs7-mime; smime-type=enveloped-data;\n\tname=\"smime.p7m\""},
        {"Content-Transfer-Encoding", "base64"},
        {"Content-Disposition", "attachment; filename=\"smime.p7m\""}},
    [SEAL_AES_256_GCM] = {{"Subject", "Sealed mail"}, {"MIME-Version", "1.0"},
        {"Content-Type",
            "application/pkcs7-mime; smime-type=authEnveloped-data;\n\tname=\"smime.p7m\""},
        {"Content-Transfer-Encoding", "base64"},
        {"Content-Disposition", "attachment; filename=\"smime.p7m\""}},
};

const struct seal_field *seal_fields(const struct seal *seal, size_t *count)
{
    *count = sizeof(fields[0]) / sizeof(fields[0][0]);
    return fields[seal->cipher];
}

bool seal_field_stays(const char *name, size_t length)
{
    static const char *const stay[] = {"From", "To", "Date", "Message-ID"};

    for (size_t i = 0; i < sizeof(stay) / sizeof(stay[0]); i++)
        if (strlen(stay[i]) == length && strncasecmp(stay[i], name, length) == 0)
            return true;
    return false;
}

/* Why a certificate cannot be used now; 0 where it can. */
static int check_time(const struct certificate *certificate, int64_t now, char *why)
{
    char when[DATE_TEXT_SIZE];

    if (now > certificate->not_after) {
        date_format(certificate->not_after, when);
        snprintf(
            why, SEAL_WHY_SIZE, "has expired on %s; have a new one made and name it here", when);
        return ERR_CONFIG;
    }
    if (now < certificate->not_before) {
        date_format(certificate->not_before, when);
        snprintf(why, SEAL_WHY_SIZE, "is not valid before %s; is the clock of this machine right?",
            when);
        return ERR_CONFIG;
    }
    return 0;
}

static int load(const char *path, int64_t now, struct certificate *out, char *why)
{
    int r = seal_certificate_read(path, &out->x509, why);

    if (r != 0)
        return r;
    if (!seal_certificate_times(out->x509, &out->not_before, &out->not_after)) {
        snprintf(why, SEAL_WHY_SIZE, "has dates that cannot be read; have it made anew");
        return ERR_CONFIG;
    }
    out->path = strdup(path);
    if (out->path == NULL)
        return ERR_NOMEM;
    r = check_time(out, now, why);
    return r != 0 ? r : seal_certificate_find_key(path, out->x509, why);
}

void seal_close(struct seal **seal)
{
    if (*seal == NULL)
        return;
    for (size_t i = 0; i < (*seal)->count; i++) {
        X509_free((*seal)->certificates[i].x509);
        free((*seal)->certificates[i].path);
    }
    free(*seal);
    *seal = NULL;
}

int seal_open(const struct seal_options *options, struct mistakes *mistakes, struct seal **out)
{
    struct seal *seal = calloc(1, sizeof(*seal) + options->count * sizeof(seal->certificates[0]));
    char why[SEAL_WHY_SIZE];
    int worst = 0;

    *out = NULL;
    if (seal == NULL)
        return ERR_NOMEM;
    seal->cipher = options->cipher;
    seal->count = options->count;
    for (size_t i = 0; i < options->count && worst != ERR_NOMEM; i++) {
        int r = load(options->paths[i], options->now, &seal->certificates[i], why);

        if (r == ERR_CONFIG)
            mistakes_add(
                mistakes, options->file, options->line, "seal_to", "%s %s", options->paths[i], why);
        if (r != 0)
            worst = r;
    }
    if (worst != 0)
        seal_close(&seal);
    *out = seal;
    return worst;
}

size_t seal_tell_expiry(const struct seal *seal, int64_t now, unsigned days,
    void (*tell)(void *cookie, const char *path, int64_t not_after), void *cookie)
{
    size_t count = 0;

    for (size_t i = 0; i < seal->count; i++) {
        const struct certificate *certificate = &seal->certificates[i];

        if (certificate->not_after - now < (int64_t)days * 86400) {
            tell(cookie, certificate->path, certificate->not_after);
            count++;
        }
    }
    return count;
}

/* S/MIME 4.0's padding where the cipher is of that age too; see the format for why. */
static bool set_up_rsa(EVP_PKEY_CTX *context, enum seal_cipher cipher)
{
    if (cipher == SEAL_AES_256_CBC)
        return true;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
}

static bool add_recipient(CMS_ContentInfo *cms, X509 *certificate, enum seal_cipher cipher)
{
    CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM);
    EVP_PKEY_CTX *context = info != NULL ? CMS_RecipientInfo_get0_pkey_ctx(info) : NULL;

    if (context == NULL)
        return false;
    if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_AGREE)
        return EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) > 0;
    return set_up_rsa(context, cipher);
}

/* A content info with its recipients, or an error. */
static int begin(const struct seal *seal, int64_t now, CMS_ContentInfo **out, size_t *count)
{
    const EVP_CIPHER *cipher =
        seal->cipher == SEAL_AES_256_GCM ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
    CMS_ContentInfo *cms = seal->cipher == SEAL_AES_256_GCM ? CMS_AuthEnvelopedData_create(cipher)
                                                            : CMS_EnvelopedData_create(cipher);

    *count = 0;
    *out = cms;
    if (cms == NULL || CMS_set_detached(cms, 0) != 1)
        return ERR_CRYPTO;
    for (size_t i = 0; i < seal->count; i++) {
        const struct certificate *certificate = &seal->certificates[i];

        if (now > certificate->not_after || now < certificate->not_before)
            continue;
        if (!add_recipient(cms, certificate->x509, seal->cipher))
            return ERR_CRYPTO;
        (*count)++;
    }
    return *count > 0 ? 0 : ERR_EXPIRED;
}

static int put_piece(void *cookie, const char *bytes, size_t length)
{
    BIO *bio = cookie;

    return BIO_write(bio, bytes, (int)length) == (int)length ? 0 : ERR_CRYPTO;
}

/* The entity of section 3 of the format, into the envelope. */
static int fill(CMS_ContentInfo *cms, const struct seal_original *original, bool padded)
{
    BIO *bio = CMS_dataInit(cms, NULL);
    int r = ERR_CRYPTO, head;

    if (bio == NULL)
        return ERR_CRYPTO;
    head = BIO_printf(bio,
        "Content-Type: message/rfc822; forwarded=no\r\n"
        "Content-Transfer-Encoding: %s\r\n"
        "Content-Disposition: inline\r\n"
        "\r\n",
        seal_original_encoding(original));
    if (head > 0)
        r = seal_original_read(original, put_piece, bio);
    if (r == 0 &&
        (BIO_flush(bio) <= 0 || CMS_dataFinal(cms, bio) != 1 ||
            !seal_check_content(cms, (size_t)head + seal_original_length(original), padded)))
        r = ERR_CRYPTO;
    BIO_free_all(bio);
    return r;
}

static int write_der(CMS_ContentInfo *cms, struct seal_envelope *out)
{
    int length = i2d_CMS_ContentInfo(cms, &out->der);

    if (length <= 0)
        return ERR_CRYPTO;
    out->length = (size_t)length;
    return 0;
}

int seal_message(const struct seal *seal, const struct seal_original *original, int64_t now,
    struct seal_envelope *out)
{
    CMS_ContentInfo *cms = NULL;
    size_t count;
    int r;

    *out = (struct seal_envelope){0};
    if (seal_original_is_cut(original))
        return ERR_LIMIT;
    ERR_clear_error();
    r = begin(seal, now, &cms, &count);
    if (r == 0)
        r = fill(cms, original, seal->cipher == SEAL_AES_256_CBC);
    if (r == 0)
        r = write_der(cms, out);
    /* success that left an error behind, or other algorithms than were used, is none */
    if (r == 0 && (ERR_peek_error() != 0 ||
                      !seal_check_recipients(cms, count, seal->cipher == SEAL_AES_256_GCM)))
        r = ERR_CRYPTO;
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    if (r != 0)
        seal_envelope_free(out);
    return r;
}

void seal_envelope_free(struct seal_envelope *envelope)
{
    OPENSSL_free(envelope->der);
    *envelope = (struct seal_envelope){0};
}

int seal_envelope_write(const struct seal_envelope *envelope,
    int (*put)(void *cookie, const char *bytes, size_t length), void *cookie)
{
    unsigned char piece[LINES_A_PIECE * LINE_OUT + 1]; /* and the NUL of EVP_EncodeBlock */
    size_t at = 0;
    int r = 0;

    while (r == 0 && at < envelope->length) {
        size_t used = 0;

        for (int line = 0; line < LINES_A_PIECE && at < envelope->length; line++) {
            size_t left = envelope->length - at, some = left < LINE_IN ? left : LINE_IN;

            used += (size_t)EVP_EncodeBlock(piece + used, envelope->der + at, (int)some);
            piece[used++] = '\r';
            piece[used++] = '\n';
            at += some;
        }
        r = put(cookie, (const char *)piece, used);
    }
    return r;
}
