/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What d2i_PUBKEY_bio of this program gives, and that libopendkim calls it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../tools/signer.h"

#include "dkim_keys.h"

#include <openssl/x509.h>

#include <pthread.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAIL                                                                                       \
    "From: Service <no-reply@service.example>\r\nTo: old@example.com\r\nSubject: A subject\r\n"    \
    "\r\nYour code is not here.\r\n"
#define OCTETS_MAX ((size_t)1024)

struct octets {
    unsigned char bytes[OCTETS_MAX];
    size_t length;
};

static char *pem;            /* a private key */
static struct octets public; /* its public half */
static struct octets three[3];

static void write_octets(EVP_PKEY *key, struct octets *out)
{
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key, &der);

    assert_true(length > 0 && (size_t)length <= OCTETS_MAX);
    memcpy(out->bytes, der, (size_t)length);
    out->length = (size_t)length;
    OPENSSL_free(der);
}

/* As libopendkim has it decoded, from a block of its size. */
static EVP_PKEY *decode(const struct octets *octets)
{
    unsigned char *copy = malloc(octets->length);
    EVP_PKEY *key;
    BIO *bio;

    assert_non_null(copy);
    memcpy(copy, octets->bytes, octets->length);
    bio = BIO_new_mem_buf(copy, (int)octets->length);
    assert_non_null(bio);
    key = d2i_PUBKEY_bio(bio, NULL);
    BIO_free(bio);
    free(copy);
    return key;
}

static void a_key_is_decoded_once(void **state)
{
    struct dkim_keys *keys = dkim_keys_new();
    EVP_PKEY *first, *again, *other;

    (void)state;
    dkim_keys_use(keys);
    first = decode(&public);
    again = decode(&public);
    other = decode(&three[1]);
    assert_non_null(first);
    assert_ptr_equal(first, again);
    assert_ptr_not_equal(first, other);
    assert_int_equal(EVP_PKEY_eq(first, other), 0);
    assert_int_equal(dkim_keys_count(keys), 2);
    dkim_keys_use(NULL);
    EVP_PKEY_free(again);
    EVP_PKEY_free(other);
    dkim_keys_free(&keys);
    assert_null(keys);
    dkim_keys_free(&keys);
    /* who has one still has it */
    again = decode(&public);
    assert_int_equal(EVP_PKEY_eq(first, again), 1);
    EVP_PKEY_free(first);
    EVP_PKEY_free(again);
}

static void who_uses_none_decodes_each_time(void **state)
{
    struct dkim_keys *keys = dkim_keys_new();
    EVP_PKEY *first, *again;

    (void)state;
    first = decode(&public);
    again = decode(&public);
    assert_ptr_not_equal(first, again);
    assert_int_equal(EVP_PKEY_eq(first, again), 1);
    assert_int_equal(dkim_keys_count(keys), 0);
    EVP_PKEY_free(first);
    EVP_PKEY_free(again);
    dkim_keys_free(&keys);
}

static void what_is_no_key_is_not_kept(void **state)
{
    static const size_t cuts[] = {1, 2, 20, 100};
    struct dkim_keys *keys = dkim_keys_new();
    struct octets broken = public;
    EVP_PKEY *key, *whole;

    (void)state;
    dkim_keys_use(keys);
    whole = decode(&public);
    for (size_t i = 0; i < COUNT(cuts); i++) {
        broken.length = public.length - cuts[i];
        assert_null(decode(&broken));
    }
    broken.length = public.length;
    broken.bytes[0] ^= 1;
    assert_null(decode(&broken));
    broken.length = 0;
    assert_null(decode(&broken));
    assert_int_equal(dkim_keys_count(keys), 1);
    /* what stands behind a key is another spelling of it, as it is for OpenSSL */
    broken = public;
    broken.bytes[broken.length++] = 'x';
    key = decode(&broken);
    assert_int_equal(EVP_PKEY_eq(key, whole), 1);
    assert_ptr_not_equal(key, whole);
    assert_int_equal(dkim_keys_count(keys), 2);
    dkim_keys_use(NULL);
    EVP_PKEY_free(key);
    EVP_PKEY_free(whole);
    dkim_keys_free(&keys);
}

/* A caller with a place for the key, and a BIO that is no memory, get what OpenSSL gives. */
static void other_calls_are_as_ever(void **state)
{
    struct dkim_keys *keys = dkim_keys_new();
    BIO *memory = BIO_new_mem_buf(public.bytes, (int)public.length);
    BIO *buffered = BIO_new(BIO_f_buffer());
    EVP_PKEY *key = NULL, *other;

    (void)state;
    dkim_keys_use(keys);
    assert_non_null(d2i_PUBKEY_bio(memory, &key));
    assert_non_null(key);
    assert_int_equal(BIO_pending(memory), 0);
    BIO_free(memory);
    memory = BIO_new_mem_buf(public.bytes, (int)public.length);
    BIO_push(buffered, memory);
    other = d2i_PUBKEY_bio(buffered, NULL);
    assert_int_equal(EVP_PKEY_eq(key, other), 1);
    assert_int_equal(dkim_keys_count(keys), 0);
    dkim_keys_use(NULL);
    BIO_free_all(buffered);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    dkim_keys_free(&keys);
}

/* More keys than there is room for: each is right, and the room is bounded. Made of one key, with
 * numbers behind it. */
static void room_is_bounded(void **state)
{
    struct dkim_keys *keys = dkim_keys_new();
    EVP_PKEY *right, *key;

    (void)state;
    right = decode(&public);
    dkim_keys_use(keys);
    for (unsigned i = 0; i < 3 * DKIM_KEYS_MAX; i++) {
        struct octets numbered = public;

        memcpy(numbered.bytes + numbered.length, &i, sizeof(i));
        numbered.length += sizeof(i);
        key = decode(&numbered);
        assert_int_equal(EVP_PKEY_eq(key, right), 1);
        EVP_PKEY_free(key);
        /* one that is in use stays */
        EVP_PKEY_free(decode(&three[1]));
    }
    assert_in_range(dkim_keys_count(keys), DKIM_KEYS_MAX / 2, DKIM_KEYS_MAX);
    key = decode(&three[1]);
    assert_int_equal(EVP_PKEY_eq(key, right), 0);
    EVP_PKEY_free(key);
    dkim_keys_use(NULL);
    EVP_PKEY_free(right);
    dkim_keys_free(&keys);
}

static void *decode_many(void *argument)
{
    EVP_PKEY *right[COUNT(three)];
    bool wrong = false;

    for (size_t i = 0; i < COUNT(three); i++)
        right[i] = decode(&three[i]);
    dkim_keys_use(argument);
    for (size_t i = 0; i < 300 && !wrong; i++) {
        EVP_PKEY *key = decode(&three[i % COUNT(three)]);

        wrong = key == NULL || EVP_PKEY_eq(key, right[i % COUNT(three)]) != 1;
        EVP_PKEY_free(key);
    }
    dkim_keys_use(NULL);
    for (size_t i = 0; i < COUNT(three); i++)
        EVP_PKEY_free(right[i]);
    return wrong ? NULL : argument;
}

static void threads_share_keys(void **state)
{
    struct dkim_keys *keys = dkim_keys_new();
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, decode_many, keys), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *result = NULL;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, keys);
    }
    assert_int_equal(dkim_keys_count(keys), COUNT(three));
    dkim_keys_free(&keys);
}

static char *record;

static DKIM_CBSTAT look_up(DKIM *handle, DKIM_SIGINFO *info, u_char *out, size_t size)
{
    (void)handle;
    (void)info;
    assert_true(strlen(record) < size);
    memcpy(out, record, strlen(record) + 1);
    return DKIM_CBSTAT_CONTINUE;
}

static void verify(DKIM_LIB *library, char *mail)
{
    DKIM_STAT status;
    DKIM *handle = dkim_verify(library, (const u_char *)"test", NULL, &status);

    assert_non_null(handle);
    assert_int_equal(dkim_chunk(handle, (u_char *)mail, strlen(mail)), DKIM_STAT_OK);
    assert_int_equal(dkim_chunk(handle, NULL, 0), DKIM_STAT_OK);
    assert_int_equal(dkim_eom(handle, NULL), DKIM_STAT_OK);
    dkim_free(handle);
}

/* The gain depends on it: is it this program's function that the library calls? */
static void the_library_asks_here(void **state)
{
    struct signer_options options = {.domain = "service.example",
        .selector = "rsa",
        .key = pem,
        .algorithm = DKIM_SIGN_RSASHA256,
        .header = DKIM_CANON_RELAXED,
        .body = DKIM_CANON_RELAXED,
        .covered = -1};
    struct dkim_keys *keys = dkim_keys_new();
    DKIM_LIB *library = dkim_init(NULL, NULL);
    char *mail = signer_sign(&options, MAIL);

    (void)state;
    assert_non_null(library);
    assert_non_null(mail);
    assert_int_equal(dkim_set_key_lookup(library, look_up), DKIM_STAT_OK);
    dkim_keys_use(keys);
    verify(library, mail);
    assert_int_equal(dkim_keys_count(keys), 1);
    for (int i = 0; i < 3; i++)
        verify(library, mail);
    assert_int_equal(dkim_keys_count(keys), 1);
    dkim_keys_use(NULL);
    dkim_close(library);
    free(mail);
    dkim_keys_free(&keys);
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(three); i++) {
        char *text = signer_new_key(1024);
        EVP_PKEY *key = signer_read_key(text);

        write_octets(key, &three[i]);
        EVP_PKEY_free(key);
        if (i == 0) {
            pem = text;
            record = signer_record(pem);
        } else {
            free(text);
        }
    }
    public = three[0];
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(pem);
    free(record);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_decoded_once),
        cmocka_unit_test(who_uses_none_decodes_each_time),
        cmocka_unit_test(what_is_no_key_is_not_kept),
        cmocka_unit_test(other_calls_are_as_ever),
        cmocka_unit_test(room_is_bounded),
        cmocka_unit_test(threads_share_keys),
        cmocka_unit_test(the_library_asks_here),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
