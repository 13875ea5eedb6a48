/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "seal_check.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#define AES_BLOCK 16

static int nid_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object = NULL;

    if (algorithm == NULL)
        return NID_undef;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return OBJ_obj2nid(object);
}

/* SHA-256, and MGF1 with SHA-256 (RFC 4055 §4.1); a hash that is left out would mean SHA-1. */
static bool is_oaep(const X509_ALGOR *algorithm)
{
    const void *value = NULL;
    const unsigned char *at;
    RSA_OAEP_PARAMS *parameters;
    X509_ALGOR *inner = NULL;
    int type = V_ASN1_UNDEF;
    bool is = false;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    if (nid_of(algorithm) != NID_rsaesOaep || type != V_ASN1_SEQUENCE)
        return false;
    at = ASN1_STRING_get0_data(value);
    parameters = d2i_RSA_OAEP_PARAMS(NULL, &at, ASN1_STRING_length(value));
    if (parameters != NULL && nid_of(parameters->maskGenFunc) == NID_mgf1)
        inner = ASN1_TYPE_unpack_sequence(
            ASN1_ITEM_rptr(X509_ALGOR), parameters->maskGenFunc->parameter);
    if (inner != NULL)
        is = nid_of(parameters->hashFunc) == NID_sha256 && nid_of(inner) == NID_sha256;
    X509_ALGOR_free(inner);
    RSA_OAEP_PARAMS_free(parameters);
    return is;
}

static bool is_right(CMS_RecipientInfo *info, bool oaep)
{
    X509_ALGOR *algorithm = NULL;
    ASN1_OCTET_STRING *material = NULL;

    if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_AGREE)
        return CMS_RecipientInfo_kari_get0_alg(info, &algorithm, &material) == 1 &&
               nid_of(algorithm) == NID_dhSinglePass_stdDH_sha256kdf_scheme;
    if (CMS_RecipientInfo_ktri_get0_algs(info, NULL, NULL, &algorithm) != 1)
        return false;
    return oaep ? is_oaep(algorithm) : nid_of(algorithm) == NID_rsaEncryption;
}

bool seal_check_recipients(CMS_ContentInfo *cms, size_t count, bool oaep)
{
    STACK_OF(CMS_RecipientInfo) *infos = CMS_get0_RecipientInfos(cms);

    if (infos == NULL || (size_t)sk_CMS_RecipientInfo_num(infos) != count)
        return false;
    for (int i = 0; i < (int)count; i++)
        if (!is_right(sk_CMS_RecipientInfo_value(infos, i), oaep))
            return false;
    return true;
}

bool seal_check_content(CMS_ContentInfo *cms, size_t clear, bool padded)
{
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);
    size_t wanted = padded ? (clear / AES_BLOCK + 1) * AES_BLOCK : clear;

    return content != NULL && *content != NULL && (size_t)ASN1_STRING_length(*content) == wanted;
}
