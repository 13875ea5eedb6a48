/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * goneaway-sign - makes DKIM keys and signs mail, for tests and for the first steps of a trial.
 *
 *     goneaway-sign -g rsa|ed25519 -k key.pem             makes a key, prints its TXT record
 *     goneaway-sign -d domain -s selector -k key.pem [-a rsa-sha256|ed25519-sha256]
 *                   [-c relaxed|simple] [-l octets] [-x time] < mail > signed
 *
 * The algorithm is the key's by default. -l signs only so many octets of the body and says so
 * (l=); -x has the signature end at that Unix time (x=), made an hour before.
 */
#include "signer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAIL_MAX ((size_t)64 << 20)
#define LIFE 3600 /* seconds from t= to x= */

static int usage(void)
{
    fputs("usage: goneaway-sign -g rsa|ed25519 -k KEY\n"
          "       goneaway-sign -d DOMAIN -s SELECTOR -k KEY [-a rsa-sha256|ed25519-sha256]\n"
          "                     [-c relaxed|simple] [-l OCTETS] [-x TIME] < MAIL > SIGNED\n",
        stderr);
    return 64;
}

/* The whole of a stream, to be freed; NULL on failure. */
static char *read_all(FILE *in)
{
    char *text = NULL;
    size_t length = 0, room = 0;

    do {
        char *more;

        if (length + 1 >= room) {
            room = room == 0 ? 65536 : room * 2;
            more = room > MAIL_MAX ? NULL : realloc(text, room);
            if (more == NULL) {
                free(text);
                return NULL;
            }
            text = more;
        }
        length += fread(text + length, 1, room - length - 1, in);
    } while (!feof(in) && !ferror(in));
    text[length] = '\0';
    return text;
}

/* The key is the owner's alone. */
static int write_key(const char *path, const char *pem)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t length = strlen(pem);
    bool written = fd >= 0 && write(fd, pem, length) == (ssize_t)length;

    if (fd >= 0 && close(fd) != 0)
        written = false;
    if (!written)
        fprintf(stderr, "goneaway-sign: %s: %s\n", path, strerror(errno));
    return written ? 0 : 73;
}

static int generate(const char *type, const char *path)
{
    char *pem = NULL, *record = NULL;
    int rc = 70;

    if (strcmp(type, "rsa") != 0 && strcmp(type, "ed25519") != 0)
        return usage();
    pem = signer_new_key(type[0] == 'r' ? 2048 : SIGNER_ED25519);
    record = pem == NULL ? NULL : signer_record(pem);
    if (record != NULL)
        rc = write_key(path, pem);
    if (rc == 0)
        puts(record);
    free(record);
    free(pem);
    return rc;
}

static char *read_file(const char *path)
{
    FILE *in = fopen(path, "re");
    char *text = in == NULL ? NULL : read_all(in);

    if (text == NULL)
        fprintf(stderr, "goneaway-sign: %s: %s\n", path, strerror(errno));
    if (in != NULL)
        fclose(in);
    return text;
}

/* The algorithm that the key is for. */
static dkim_alg_t algorithm_of(const char *pem)
{
    EVP_PKEY *key = signer_read_key(pem);
    dkim_alg_t algorithm = DKIM_SIGN_UNKNOWN;

    if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
        algorithm = DKIM_SIGN_ED25519SHA256;
    else if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        algorithm = DKIM_SIGN_RSASHA256;
    EVP_PKEY_free(key);
    return algorithm;
}

static int sign(struct signer_options *options, const char *path)
{
    char *key = read_file(path), *mail = NULL, *done = NULL;
    int rc = 66;

    if (key == NULL)
        goto out;
    rc = 65;
    if (algorithm_of(key) == DKIM_SIGN_UNKNOWN ||
        (options->algorithm != DKIM_SIGN_UNKNOWN && options->algorithm != algorithm_of(key))) {
        fprintf(stderr, "goneaway-sign: %s is no key for this algorithm\n", path);
        goto out;
    }
    options->key = key;
    options->algorithm = algorithm_of(key);
    mail = read_all(stdin);
    done = mail == NULL ? NULL : signer_sign(options, mail);
    if (done == NULL) {
        fputs("goneaway-sign: the mail cannot be signed: it needs a From field\n", stderr);
        goto out;
    }
    rc = fputs(done, stdout) >= 0 && fflush(stdout) == 0 ? 0 : 74;
out:
    free(done);
    free(mail);
    free(key);
    return rc;
}

static bool read_algorithm(const char *name, dkim_alg_t *out)
{
    *out = strcmp(name, "rsa-sha256") == 0       ? DKIM_SIGN_RSASHA256
           : strcmp(name, "ed25519-sha256") == 0 ? DKIM_SIGN_ED25519SHA256
                                                 : DKIM_SIGN_UNKNOWN;
    return *out != DKIM_SIGN_UNKNOWN;
}

static bool read_canon(const char *name, struct signer_options *options)
{
    options->header = options->body =
        strcmp(name, "simple") == 0 ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED;
    return options->header == DKIM_CANON_SIMPLE || strcmp(name, "relaxed") == 0;
}

static bool read_number(const char *text, long long least, long long *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= least;
}

static bool read_covered(const char *text, struct signer_options *options)
{
    long long octets;
    bool good = read_number(text, 0, &octets);

    options->covered = good ? (ssize_t)octets : -1;
    options->partial = good;
    return good;
}

static bool read_end(const char *text, struct signer_options *options)
{
    long long end;
    bool good = read_number(text, LIFE + 1, &end);

    options->made = good ? (uint64_t)(end - LIFE) : 0;
    options->lives = good ? LIFE : 0;
    return good;
}

int main(int argc, char **argv)
{
    struct signer_options options = {.algorithm = DKIM_SIGN_UNKNOWN,
        .header = DKIM_CANON_RELAXED,
        .body = DKIM_CANON_RELAXED,
        .covered = -1};
    const char *type = NULL, *path = NULL;
    bool good = true;
    int option;

    while ((option = getopt(argc, argv, "a:c:d:g:k:l:s:x:")) != -1) {
        switch (option) {
        case 'a':
            good = good && read_algorithm(optarg, &options.algorithm);
            break;
        case 'c':
            good = good && read_canon(optarg, &options);
            break;
        case 'd':
            options.domain = optarg;
            break;
        case 'g':
            type = optarg;
            break;
        case 'k':
            path = optarg;
            break;
        case 'l':
            good = good && read_covered(optarg, &options);
            break;
        case 's':
            options.selector = optarg;
            break;
        case 'x':
            good = good && read_end(optarg, &options);
            break;
        default:
            good = false;
        }
    }
    if (!good || optind != argc || path == NULL)
        return usage();
    if (type != NULL)
        return generate(type, path);
    if (options.domain == NULL || options.selector == NULL)
        return usage();
    return sign(&options, path);
}
