/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * key - see key.h for what is promised.
 *
 * Invariants
 * 1. The file is there whole or not at all: it is written under another name, synced, and then
 *    linked into place. An existing key is never written over: with another key every
 *    fingerprint in the ledger would be worthless.
 * 2. Octets of the key are wiped wherever they have been.
 * What it must never do: use a key that somebody else can read.
 */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"

#define KEY_SIZE 32

struct key {
    /* has taken in the key and nothing else, and is only copied: any thread can */
    EVP_MAC_CTX *keyed;
};

static int refuse(const char **why, int code, const char *sentence)
{
    *why = sentence;
    return code;
}

/* Reads exactly KEY_SIZE octets and finds the file's end behind them. */
static int read_bytes(int fd, unsigned char bytes[KEY_SIZE], const char **why)
{
    unsigned char all[KEY_SIZE + 1];
    size_t have = 0;
    int rc = 0;

    while (have < sizeof(all)) {
        ssize_t got = read(fd, all + have, sizeof(all) - have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            rc = refuse(why, ERR_SYSTEM, "the key file cannot be read");
            goto out;
        }
        if (got == 0)
            break;
        have += (size_t)got;
    }
    memcpy(bytes, all, KEY_SIZE);
    if (have != KEY_SIZE)
        rc = refuse(why, ERR_SYNTAX,
            "the file is no key: a key has exactly 32 octets; restore it from the backup, or "
            "move the file away to have a new one made");
out:
    OPENSSL_cleanse(all, sizeof(all));
    return rc;
}

static int check_status(int fd, const char **why)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return refuse(why, ERR_SYSTEM, "the key file cannot be read");
    if (!S_ISREG(status.st_mode))
        return refuse(why, ERR_SYNTAX, "the key file is no regular file");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refuse(
            why, ERR_CONFIG, "the key file can be read by others than its owner: chmod 600 it");
    return 0;
}

/* A disk that lost power can leave a file of zeros, which everybody could guess. */
static bool is_blank(const unsigned char bytes[KEY_SIZE])
{
    unsigned char all = 0;

    for (size_t i = 0; i < KEY_SIZE; i++)
        all |= bytes[i];
    return all == 0;
}

static int read_file(const char *path, unsigned char bytes[KEY_SIZE], const char **why)
{
    /* not to wait for a writer, should it be a pipe */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int saved;
    int rc;

    if (fd < 0)
        return refuse(why, ERR_SYSTEM,
            errno == ENOENT ? "there is no key file"
                            : "the key file cannot be opened: only root and the user that "
                              "goneawayd runs as may read it, and it must belong to that user");
    rc = check_status(fd, why);
    if (rc == 0)
        rc = read_bytes(fd, bytes, why);
    if (rc == 0 && is_blank(bytes))
        rc = refuse(why, ERR_SYNTAX,
            "the key file holds nothing but zeros: restore it from the "
            "backup, or move it away to have a new one made");
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

/* The name itself must survive a loss of power too. */
static int sync_directory(const char *path)
{
    char copy[PATH_MAX];
    int fd;
    int rc;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_SYSTEM;
    rc = fsync(fd) == 0 || errno == EINVAL ? 0 : ERR_SYSTEM;
    close(fd);
    return rc;
}

static int write_bytes(int fd, const unsigned char bytes[KEY_SIZE])
{
    size_t done = 0;

    while (done < KEY_SIZE) {
        ssize_t now = write(fd, bytes + done, KEY_SIZE - done);

        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return ERR_SYSTEM;
        done += (size_t)now;
    }
    return fsync(fd) == 0 ? 0 : ERR_SYSTEM;
}

/* Makes the file. Where another process was quicker its key stays, and is read afterwards. */
static int create_file(const char *path, const char **why)
{
    unsigned char bytes[KEY_SIZE];
    char name[PATH_MAX];
    int length = snprintf(name, sizeof(name), "%s.XXXXXX", path);
    int fd = -1;
    int saved;
    int rc = 0;

    if (length < 0 || (size_t)length >= sizeof(name)) {
        errno = ENAMETOOLONG;
        return refuse(why, ERR_SYSTEM, "the name of the key file is too long");
    }
    if (RAND_priv_bytes(bytes, KEY_SIZE) != 1) {
        rc = refuse(why, ERR_CRYPTO, "there are no random numbers for a key");
        goto out;
    }
    fd = mkostemp(name, O_CLOEXEC); /* mode 0600, never an existing file */
    if (fd < 0 || write_bytes(fd, bytes) != 0 || (link(name, path) != 0 && errno != EEXIST) ||
        sync_directory(path) != 0)
        rc = refuse(why, ERR_SYSTEM,
            errno == ENOSPC || errno == EDQUOT
                ? "the key file cannot be made: free space on its file system"
            : errno == EROFS
                ? "the key file cannot be made: its file system is mounted read-only, or for the "
                  "unit (systemctl edit goneawayd: ReadWritePaths=)"
                : "the key file cannot be made: its directory must be there and belong to the "
                  "user that goneawayd runs as");
out:
    saved = errno;
    OPENSSL_cleanse(bytes, sizeof(bytes));
    if (fd >= 0) {
        unlink(name);
        close(fd);
    }
    errno = saved;
    return rc;
}

/* An HMAC that has taken in the key; NULL if there is none. Looking for its parts by name is most
 * of what a digest costs, so it is done once. */
static EVP_MAC_CTX *take_in(const unsigned char bytes[KEY_SIZE])
{
    char hash[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string("digest", hash, 0), OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);

    EVP_MAC_free(mac);
    if (context != NULL && EVP_MAC_init(context, bytes, KEY_SIZE, parameters) == 1)
        return context;
    EVP_MAC_CTX_free(context);
    return NULL;
}

/* OpenSSL loads the texts of all its errors before it does anything, 0.4 MB that nobody reads: what
 * goes wrong is told in our own words. Once it has begun this changes nothing. */
static void leave_out_error_texts(void)
{
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
}

int key_load(const char *path, bool create, struct key **out, const char **why)
{
    struct key *key = calloc(1, sizeof(*key));
    unsigned char bytes[KEY_SIZE];
    int rc;

    *out = NULL;
    *why = NULL;
    if (key == NULL)
        return refuse(why, ERR_NOMEM, "out of memory");
    leave_out_error_texts();
    rc = read_file(path, bytes, why);
    if (rc == ERR_SYSTEM && errno == ENOENT && create) {
        rc = create_file(path, why);
        if (rc == 0)
            rc = read_file(path, bytes, why);
    }
    if (rc != 0)
        goto out;
    key->keyed = take_in(bytes);
    if (key->keyed == NULL) {
        rc = refuse(why, ERR_CRYPTO, "this OpenSSL has no HMAC with SHA-256");
        goto out;
    }
    *why = NULL;
    *out = key;
    key = NULL;
out:
    OPENSSL_cleanse(bytes, sizeof(bytes));
    key_free(&key);
    return rc;
}

void key_free(struct key **key)
{
    int saved = errno;

    if (*key == NULL)
        return;
    EVP_MAC_CTX_free((*key)->keyed); /* which wipes it */
    free(*key);
    *key = NULL;
    errno = saved;
}

int key_digest(const struct key *key, const char *purpose, const void *data, size_t length,
    unsigned char out[KEY_DIGEST_SIZE])
{
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(key->keyed);
    size_t written = 0;
    int rc = ERR_CRYPTO;

    if (context != NULL &&
        /* with its NUL, so that no purpose runs over into the data */
        EVP_MAC_update(context, (const unsigned char *)purpose, strlen(purpose) + 1) == 1 &&
        EVP_MAC_update(context, data, length) == 1 &&
        EVP_MAC_final(context, out, &written, KEY_DIGEST_SIZE) == 1 && written == KEY_DIGEST_SIZE)
        rc = 0;
    EVP_MAC_CTX_free(context);
    return rc;
}

void key_libraries(FILE *out)
{
    fprintf(out, "%s\n", OpenSSL_version(OPENSSL_VERSION));
}
