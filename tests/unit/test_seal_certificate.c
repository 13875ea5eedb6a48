/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is wrong with a certificate is told before the first mail is sealed for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pkcs12.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "seal.h"
#include "seal_fixture.h"

static char directory[64], path[128], beside[128];

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/goneaway-seal-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/keeper.pem", directory);
    snprintf(beside, sizeof(beside), "%s/other", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_remove(directory);
    return 0;
}

/* Opens the one file; NULL or the mistake that is told, to be free()d. */
static char *open_it(enum seal_cipher cipher)
{
    const char *paths[] = {path};
    const struct seal_options options = {paths, 1, cipher, FIXTURE_NOW, "goneaway.conf", 7};
    struct mistakes mistakes = {0};
    struct seal *seal = NULL;
    int r = seal_open(&options, &mistakes, &seal);
    char *told = mistakes.count > 0 ? strdup(mistakes.lines[0]) : NULL;

    assert_int_equal(r, told == NULL ? 0 : ERR_CONFIG);
    assert_true((seal != NULL) == (told == NULL));
    assert_true(mistakes.count <= 1);
    mistakes_clear(&mistakes);
    seal_close(&seal);
    assert_null(seal);
    return told;
}

static void assert_told(const char *name, const char *words)
{
    char *told = open_it(SEAL_AES_256_CBC);
    char place[256];

    snprintf(place, sizeof(place), "goneaway.conf:7: seal_to: %s ", path);
    if (words == NULL && told != NULL)
        fail_msg("%s: %s", name, told);
    if (words != NULL &&
        (told == NULL || strstr(told, words) == NULL || strncmp(told, place, strlen(place)) != 0))
        fail_msg("%s: told was %s", name, told != NULL ? told : "nothing");
    free(told);
}

static const struct {
    const char *name;
    struct fixture_certificate what;
    const char *words; /* NULL: it is taken */
} cases[] = {
    {"RSA of 2048 bits", {0}, NULL},
    {"P-256", {.curve = "P-256"}, NULL},
    {"P-384", {.curve = "P-384"}, NULL},
    {"P-521", {.curve = "P-521"}, NULL},
    {"no extension at all", {.basic = "", .usage = "", .extended = ""}, NULL},
    {"usage among others", {.usage = "digitalSignature,keyEncipherment"}, NULL},
    {"any extended usage", {.extended = "anyExtendedKeyUsage"}, NULL},
    {"mail among other usages", {.extended = "clientAuth,emailProtection"}, NULL},
    {"last day", {.from = -365, .until = 1}, NULL},
    {"first moment", {.from = 0, .until = 5}, NULL},
    {"authority that may encipher", {.basic = "CA:TRUE"}, NULL},
    {"RSA of 1024 bits", {.bits = 1024}, "weak RSA key of 1024 bits; take one of at least 2048"},
    {"RSA of 2040 bits", {.bits = 2040}, "weak RSA key of 2040 bits"},
    {"P-192", {.curve = "P-192"}, "on the curve prime192v1; take P-256"},
    {"P-224", {.curve = "P-224"}, "on the curve secp224r1"},
    {"Koblitz curve", {.curve = "secp256k1"}, "on the curve secp256k1"},
    {"Ed25519", {.type = "ED25519", .usage = ""}, "cannot receive sealed mail; take RSA"},
    {"SHA-1", {.digest = "SHA1"}, "is signed with sha1, which can be forged"},
    {"MD5", {.digest = "MD5"}, "is signed with md5"},
    {"authority", {.basic = "critical,CA:TRUE", .usage = ""}, "is that of an authority (CA:TRUE)"},
    {"authority that signs", {.basic = "CA:TRUE", .usage = "keyCertSign,cRLSign"},
        "lacks keyEncipherment (it is that of an authority)"},
    {"signatures only", {.usage = "digitalSignature"}, "its key usage lacks keyEncipherment"},
    {"RSA for agreement", {.usage = "keyAgreement"}, "its key usage lacks keyEncipherment"},
    {"EC for encipherment", {.curve = "P-256", .usage = "keyEncipherment"},
        "its key usage lacks keyAgreement"},
    {"web server", {.extended = "serverAuth"}, "lacks emailProtection"},
    {"code", {.extended = "codeSigning,clientAuth"}, "lacks emailProtection"},
    {"expired", {.from = -365, .until = -1}, "has expired on 2023-11-13T22:13:20Z; have a new one"},
    {"not yet", {.from = 1, .until = 365},
        "is not valid before 2023-11-15T22:13:20Z; is the clock"},
};

static void test_certificates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        EVP_PKEY *key = fixture_key(&cases[i].what);
        X509 *x509 = fixture_make(&cases[i].what, key);

        fixture_write_pem(path, x509, NULL, NULL);
        assert_told(cases[i].name, cases[i].words);
        X509_free(x509);
        EVP_PKEY_free(key);
    }
}

static void write_text(const char *name, const char *text, size_t length)
{
    FILE *out = fopen(name, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

/* A good certificate's file in pieces, and files that are none. */
static void test_files(void **state)
{
    const struct fixture_certificate good = {0};
    EVP_PKEY *key = fixture_key(&good);
    X509 *x509 = fixture_make(&good, key);
    static char text[65536], twice[2 * sizeof(text)];
    unsigned char *der = NULL;
    size_t length;
    FILE *in;
    int der_length;

    (void)state;
    assert_told("no file", "cannot be read: No such file");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_told("directory", "cannot be read: it is no file");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_told("pipe", "cannot be read: it is no file");
    assert_int_equal(unlink(path), 0);
    fixture_write_pem(path, x509, NULL, NULL);
    in = fopen(path, "r");
    length = fread(text, 1, sizeof(text), in);
    fclose(in);
    for (size_t cut = 0; cut < length - 1; cut += 137) {
        write_text(path, text, cut);
        assert_told("cut", "holds no certificate in PEM");
    }
    snprintf(twice, sizeof(twice), "words before\n%.*s", (int)length, text);
    write_text(path, twice, strlen(twice));
    assert_told("words before it", NULL);
    snprintf(twice, sizeof(twice), "%.*s%.*s", (int)length, text, (int)length, text);
    write_text(path, twice, strlen(twice));
    assert_told("two", "holds more than one certificate");
    der_length = i2d_X509(x509, &der);
    write_text(path, (const char *)der, (size_t)der_length);
    assert_told("DER", "openssl x509 -inform DER");
    in = fopen(path, "w");
    for (int i = 0; i <= 16; i++)
        fwrite(text, 1, sizeof(text), in);
    fclose(in);
    assert_told("too long", "longer than 1 MiB");
    OPENSSL_free(der);
    X509_free(x509);
    EVP_PKEY_free(key);
}

static void write_der(const char *name, EVP_PKEY *key)
{
    FILE *out = fopen(name, "w");

    assert_int_equal(i2d_PrivateKey_fp(out, key), 1);
    fclose(out);
}

static void write_pkcs12(const char *name, X509 *x509, EVP_PKEY *key)
{
    PKCS12 *store = PKCS12_create("secret", "keeper", key, x509, NULL, 0, 0, 0, 0, 0);
    FILE *out = fopen(name, "w");

    assert_non_null(store);
    assert_int_equal(i2d_PKCS12_fp(out, store), 1);
    fclose(out);
    PKCS12_free(store);
}

static void test_key_beside(void **state)
{
    const struct fixture_certificate kinds[] = {{0}, {.curve = "P-256"}};
    const struct fixture_certificate others[] = {{.bits = 2056}, {.curve = "P-256"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = fixture_key(&kinds[i]), *other = fixture_key(&others[i]);
        X509 *x509 = fixture_make(&kinds[i], key);

        fixture_write_pem(path, x509, key, NULL);
        assert_told("in the same file", "beside its private key (keeper.pem): whoever takes over");
        fixture_write_pem(path, x509, NULL, NULL);
        fixture_write_pem(beside, NULL, key, NULL);
        assert_told("in a file", "beside its private key (other)");
        fixture_write_pem(beside, NULL, key, "secret");
        assert_told("locked", "beside a private key (other) that is locked and may be its own");
        write_der(beside, key);
        assert_told("DER", "beside its private key (other)");
        write_pkcs12(beside, x509, key);
        assert_told("PKCS #12", "beside a PKCS #12 file (other)");
        fixture_write_pem(beside, NULL, other, NULL);
        assert_told("another's", NULL);
        write_der(beside, other);
        assert_told("another's in DER", NULL);
        write_text(beside, "-----BEGIN PRIVATE KEY-----\n", 28);
        assert_told("no key", NULL);
        unlink(beside);
        assert_int_equal(mkdir(beside, 0700), 0);
        assert_told("directory", NULL);
        rmdir(beside);
        X509_free(x509);
        EVP_PKEY_free(other);
        EVP_PKEY_free(key);
    }
}

static void test_too_many_beside(void **state)
{
    const struct fixture_certificate kind = {.curve = "P-256"};
    EVP_PKEY *key = fixture_key(&kind);
    X509 *x509 = fixture_make(&kind, key);
    char name[sizeof(beside) + 16];

    (void)state;
    fixture_write_pem(path, x509, NULL, NULL);
    write_text(beside, "", 0);
    for (int i = 0; i < 4096; i++) {
        snprintf(name, sizeof(name), "%s%d", beside, i);
        assert_int_equal(link(beside, name), 0);
    }
    assert_told("too many", "more than 4096 files");
    for (int i = 0; i < 4096; i++) {
        snprintf(name, sizeof(name), "%s%d", beside, i);
        unlink(name);
    }
    unlink(beside);
    X509_free(x509);
    EVP_PKEY_free(key);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_certificates), TEST(test_files),
        TEST(test_key_beside), TEST(test_too_many_beside)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
