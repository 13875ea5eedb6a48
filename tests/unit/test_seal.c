/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is sealed opens with each key it was sealed for and with no other, octet for octet; what
 * fails on the way leaves nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "err.h"
#include "seal.h"
#include "seal_fixture.h"

/* Every allocation of OpenSSL's, so that each of them can fail. */
static unsigned long allocations, fail_at;

static void *count_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fail_at != 0 && ++allocations == fail_at ? NULL : malloc(size);
}

static void *count_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fail_at != 0 && ++allocations == fail_at ? NULL : realloc(old, size);
}

static void count_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

#define KEEPERS 3

static char directory[64];
static struct {
    char paths[KEEPERS][128];
    const char *list[KEEPERS];
    EVP_PKEY *keys[KEEPERS];
    X509 *certificates[KEEPERS];
} keepers;

/* RSA, EC, and RSA that expires after ten days */
static int set_up(void **state)
{
    static const struct fixture_certificate kinds[KEEPERS] = {
        {0}, {.curve = "P-256"}, {.bits = 2049, .from = -1, .until = 10}};

    (void)state;
    strcpy(directory, "/tmp/goneaway-seal-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    for (int i = 0; i < KEEPERS; i++) {
        snprintf(keepers.paths[i], sizeof(keepers.paths[i]), "%s/%d.pem", directory, i);
        keepers.list[i] = keepers.paths[i];
        keepers.keys[i] = fixture_key(&kinds[i]);
        keepers.certificates[i] = fixture_make(&kinds[i], keepers.keys[i]);
        fixture_write_pem(keepers.paths[i], keepers.certificates[i], NULL, NULL);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < KEEPERS; i++) {
        EVP_PKEY_free(keepers.keys[i]);
        X509_free(keepers.certificates[i]);
    }
    fixture_remove(directory);
    return 0;
}

static struct seal *open_seal(int first, int count, enum seal_cipher cipher)
{
    const struct seal_options options = {
        keepers.list + first, (size_t)count, cipher, FIXTURE_NOW, "goneaway.conf", 1};
    struct mistakes mistakes = {0};
    struct seal *seal = NULL;

    if (seal_open(&options, &mistakes, &seal) != 0)
        fail_msg("%s", mistakes.lines[0]);
    return seal;
}

static struct seal_original *make_original(const void *body, size_t length)
{
    struct seal_original *original = seal_original_new((size_t)1 << 20);

    assert_non_null(original);
    assert_int_equal(seal_original_add_field(original, "Subject", " Hello", true), 0);
    assert_int_equal(seal_original_end_header(original), 0);
    assert_int_equal(seal_original_add_body(original, body, length), 0);
    return original;
}

/* What a key's holder finds in the envelope; NULL where it does not open. */
static BIO *open_envelope(const struct seal_envelope *envelope, int keeper)
{
    const unsigned char *at = envelope->der;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)envelope->length);
    BIO *out = BIO_new(BIO_s_mem());

    assert_non_null(cms);
    assert_ptr_equal(at, envelope->der + envelope->length);
    if (CMS_decrypt(
            cms, keepers.keys[keeper], keepers.certificates[keeper], NULL, out, CMS_BINARY) != 1) {
        BIO_free(out);
        out = NULL;
    }
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return out;
}

static void assert_opens(
    const struct seal_envelope *envelope, int keeper, const void *body, size_t length)
{
    static const char head[] = "Content-Type: message/rfc822; forwarded=no\r\n"
                               "Content-Transfer-Encoding: binary\r\n"
                               "Content-Disposition: inline\r\n\r\n"
                               "Subject: Hello\r\n\r\n";
    BIO *out = open_envelope(envelope, keeper);
    char *bytes;
    long all;

    assert_non_null(out);
    all = BIO_get_mem_data(out, &bytes);
    assert_int_equal(all, sizeof(head) - 1 + length);
    assert_memory_equal(bytes, head, sizeof(head) - 1);
    assert_memory_equal(bytes + sizeof(head) - 1, body, length);
    BIO_free(out);
}

static void test_opens(void **state)
{
    static const enum seal_cipher ciphers[] = {SEAL_AES_256_CBC, SEAL_AES_256_GCM};
    static unsigned char body[200000];

    (void)state;
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (unsigned char)(i * 7 + i / 256);
    for (size_t i = 0; i < 2; i++) {
        struct seal *seal = open_seal(0, 2, ciphers[i]);
        struct seal_original *original = make_original(body, sizeof(body));
        struct seal_envelope one, two;

        assert_int_equal(seal_message(seal, original, FIXTURE_NOW, &one), 0);
        assert_int_equal(seal_message(seal, original, FIXTURE_NOW, &two), 0);
        assert_opens(&one, 0, body, sizeof(body));
        assert_opens(&one, 1, body, sizeof(body));
        assert_null(open_envelope(&one, 2));
        assert_true(one.length != two.length || memcmp(one.der, two.der, one.length) != 0);
        assert_null(memmem(one.der, one.length, "Subject", 7));
        assert_null(memmem(one.der, one.length, body, 64));
        seal_envelope_free(&one);
        seal_envelope_free(&two);
        assert_null(one.der);
        seal_original_free(&original);
        seal_close(&seal);
    }
}

/* A changed octet shows, with AES-256-GCM, wherever it is. */
static void test_gcm_shows_changes(void **state)
{
    struct seal *seal = open_seal(0, 1, SEAL_AES_256_GCM);
    struct seal_original *original = make_original("\0secret", 7);
    struct seal_envelope envelope;

    (void)state;
    assert_int_equal(seal_message(seal, original, FIXTURE_NOW, &envelope), 0);
    for (size_t back = 1; back < 60; back++) {
        BIO *out;

        envelope.der[envelope.length - back] ^= 1;
        out = back > 18 || back <= 16 ? open_envelope(&envelope, 0) : NULL; /* not the lengths */
        assert_null(out);
        envelope.der[envelope.length - back] ^= 1;
    }
    assert_opens(&envelope, 0, "\0secret", 7);
    seal_envelope_free(&envelope);
    seal_original_free(&original);
    seal_close(&seal);
}

static void remember(void *cookie, const char *path, int64_t not_after)
{
    *(int64_t *)cookie = not_after;
    assert_string_equal(path, keepers.paths[2]);
}

static void test_time(void **state)
{
    struct seal *both = open_seal(1, 2, SEAL_AES_256_CBC),
                *last = open_seal(2, 1, SEAL_AES_256_CBC);
    struct seal_original *original = make_original("\0", 1);
    struct seal_envelope envelope;
    int64_t end = FIXTURE_NOW + 10 * FIXTURE_DAY, told = 0;

    (void)state;
    assert_int_equal(seal_message(last, original, end, &envelope), 0);
    assert_opens(&envelope, 2, "\0", 1);
    seal_envelope_free(&envelope);
    assert_int_equal(seal_message(last, original, end + 1, &envelope), ERR_EXPIRED);
    assert_null(envelope.der);
    assert_int_equal(
        seal_message(last, original, FIXTURE_NOW - 2 * FIXTURE_DAY, &envelope), ERR_EXPIRED);
    assert_int_equal(seal_message(both, original, end + 1, &envelope), 0);
    assert_opens(&envelope, 1, "\0", 1);
    assert_null(open_envelope(&envelope, 2));
    seal_envelope_free(&envelope);
    assert_int_equal(seal_tell_expiry(both, FIXTURE_NOW, 10, remember, &told), 0);
    assert_int_equal(seal_tell_expiry(both, FIXTURE_NOW + 1, 10, remember, &told), 1);
    assert_int_equal(told, end);
    assert_int_equal(seal_tell_expiry(both, end + 100 * FIXTURE_DAY, 10, remember, &told), 1);
    seal_original_free(&original);
    seal_close(&both);
    seal_close(&last);
}

/* Each allocation in turn: an error and no envelope, or an envelope that opens. For RSA: OpenSSL
 * 3.0 itself does not survive it where it derives a key (EVP_KDF_CTX_new). */
static void test_no_memory(void **state)
{
    static const enum seal_cipher ciphers[] = {SEAL_AES_256_CBC, SEAL_AES_256_GCM};

    static unsigned char body[20000];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct seal *seal = open_seal(0, 1, ciphers[i]);
        struct seal_original *original = make_original(body, sizeof(body));
        struct seal_envelope envelope;
        unsigned long n = 0, failed = 0;
        int r;

        do {
            allocations = 0;
            fail_at = ++n;
            r = seal_message(seal, original, FIXTURE_NOW, &envelope);
            fail_at = 0;
            failed += r != 0;
            if (r != 0) {
                assert_true(r == ERR_CRYPTO || r == ERR_NOMEM);
                assert_null(envelope.der);
                assert_int_equal(envelope.length, 0);
            } else {
                assert_opens(&envelope, 0, body, sizeof(body));
            }
            seal_envelope_free(&envelope);
        } while (allocations >= n);
        assert_true(n > 50 && failed > 30);
        seal_original_free(&original);
        seal_close(&seal);
    }
}

/* The first allocations one by one, of the others (decoders make thousands) every so many. */
static void test_no_memory_at_start(void **state)
{
    const struct seal_options options = {
        keepers.list, 1, SEAL_AES_256_CBC, FIXTURE_NOW, "goneaway.conf", 1};
    unsigned long n = 0, tried = 0, failed = 0;

    (void)state;
    do {
        struct mistakes mistakes = {0};
        struct seal *seal;
        int r;

        n += 1 + n / 40;
        allocations = 0;
        fail_at = n;
        r = seal_open(&options, &mistakes, &seal);
        fail_at = 0;
        assert_true((r == 0) == (seal != NULL));
        tried++;
        failed += r != 0;
        mistakes_clear(&mistakes);
        seal_close(&seal);
    } while (allocations >= n);
    assert_true(tried > 50 && failed > 10);
}

struct collected {
    char text[400000];
    size_t length;
    size_t stop_at;
};

static int collect(void *cookie, const char *bytes, size_t length)
{
    struct collected *collected = cookie;

    if (length > 65535 || collected->length >= collected->stop_at)
        return -7;
    memcpy(collected->text + collected->length, bytes, length);
    collected->length += length;
    return 0;
}

static void test_body(void **state)
{
    static const size_t lengths[] = {1, 47, 48, 49, 96, 47519, 47520, 47521, 95040, 200000};
    static struct collected collected;

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct seal_envelope envelope = {OPENSSL_zalloc(lengths[i]), lengths[i]};
        size_t at = 0, lines = 0;

        collected.length = 0;
        collected.stop_at = SIZE_MAX;
        assert_int_equal(seal_envelope_write(&envelope, collect, &collected), 0);
        while (at < collected.length) {
            const char *end = memmem(collected.text + at, collected.length - at, "\r\n", 2);

            assert_non_null(end);
            assert_true(end - (collected.text + at) <= 64);
            at = (size_t)(end - collected.text) + 2;
            lines++;
        }
        assert_int_equal(lines, (lengths[i] + 47) / 48);
        seal_envelope_free(&envelope);
    }
    {
        struct seal_envelope envelope = {OPENSSL_zalloc(200000), 200000};

        collected.length = 0;
        collected.stop_at = 65000;
        assert_int_equal(seal_envelope_write(&envelope, collect, &collected), -7);
        assert_int_equal(collected.length, 65340);
        seal_envelope_free(&envelope);
    }
}

static int join(void *cookie, const char *bytes, size_t length)
{
    return collect(cookie, bytes, length > 65535 ? 65535 : length) != 0 || length > 65535 ? -1 : 0;
}

/* The bound, to the octet; beyond it nothing is kept, and more can still come. */
static void test_bound(void **state)
{
    static struct collected collected;
    struct seal *seal = open_seal(0, 1, SEAL_AES_256_CBC);

    (void)state;
    for (size_t maximum = 0; maximum <= 18; maximum++) {
        struct seal_original *original = seal_original_new(maximum);
        struct seal_envelope envelope;
        bool fits = maximum >= 17;

        assert_int_equal(seal_original_add_field(original, "Name", "value", false), 0); /* 13 */
        assert_int_equal(seal_original_end_header(original), 0);                        /* 2 */
        assert_int_equal(seal_original_add_body(original, "a", 1), 0);
        assert_int_equal(seal_original_add_body(original, "b", 1), 0);
        assert_int_equal(seal_original_is_cut(original), !fits);
        assert_int_equal(seal_original_length(original), fits ? 17 : 0);
        collected.length = 0;
        collected.stop_at = SIZE_MAX;
        assert_int_equal(seal_original_read(original, join, &collected), 0);
        assert_int_equal(collected.length, fits ? 17 : 0);
        if (fits)
            assert_memory_equal(collected.text, "Name: value\r\n\r\nab", 17);
        else
            assert_int_equal(seal_message(seal, original, FIXTURE_NOW, &envelope), ERR_LIMIT);
        seal_original_free(&original);
        assert_null(original);
        seal_original_free(&original);
    }
    seal_close(&seal);
    seal_close(&seal);
}

static void test_stays(void **state)
{
    static const struct {
        const char *name;
        bool stays;
    } names[] = {{"From", true}, {"FROM", true}, {"to", true}, {"Date", true}, {"message-id", true},
        {"Subject", false}, {"Cc", false}, {"Fro", false}, {"From2", false}, {"", false},
        {"Received", false}, {"Content-Type", false}, {"Return-Path", false}, {"Reply-To", false}};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(seal_field_stays(names[i].name, strlen(names[i].name)), names[i].stays);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_opens),
        cmocka_unit_test(test_gcm_shows_changes), cmocka_unit_test(test_time),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_no_memory_at_start),
        cmocka_unit_test(test_body), cmocka_unit_test(test_bound), cmocka_unit_test(test_stays)};

    if (CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) != 1)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
