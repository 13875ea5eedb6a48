/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Names are ASCII nearly always, and then no library is asked: libidn2 sees only names with
 * octets above 0x7f. A-labels are taken as they are, since a label in the DNS is what it is
 * whether or not it decodes.
 */
#include "domain.h"

#include "err.h"

#include <idn2.h>
#include <libpsl.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#define NAME_MAX_OCTETS ((size_t)253)
#define LABEL_MAX_OCTETS ((size_t)63)
/* UTF-8 takes at most four octets for what takes at least one in an A-label. */
#define INPUT_MAX_OCTETS (4 * NAME_MAX_OCTETS)

/* Written by domain_open and domain_close alone, which run before and after all threads. */
static struct {
    pthread_mutex_t lock;
    const psl_ctx_t *list;
    psl_ctx_t *owned; /* the same where it came from a file */
    char date[sizeof("2023-01-12")];
} suffixes = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void remember_date(time_t when)
{
    struct tm parts;

    if (when <= 0 || gmtime_r(&when, &parts) == NULL ||
        strftime(suffixes.date, sizeof(suffixes.date), "%Y-%m-%d", &parts) == 0)
        suffixes.date[0] = '\0';
}

static void load_list(void)
{
    const char *file = psl_dist_filename();
    time_t builtin = psl_builtin_file_time();
    struct stat about;

    if (file != NULL && *file != '\0' && stat(file, &about) == 0 && about.st_mtime > builtin) {
        suffixes.owned = psl_load_file(file);
        if (suffixes.owned != NULL) {
            suffixes.list = suffixes.owned;
            remember_date(about.st_mtime);
            return;
        }
    }
    suffixes.list = psl_builtin();
    remember_date(builtin);
}

int domain_open(void)
{
    int result;

    pthread_mutex_lock(&suffixes.lock);
    if (suffixes.list == NULL)
        load_list();
    result = suffixes.list == NULL ? ERR_SYSTEM : 0;
    pthread_mutex_unlock(&suffixes.lock);
    return result;
}

void domain_close(void)
{
    pthread_mutex_lock(&suffixes.lock);
    if (suffixes.owned != NULL)
        psl_free(suffixes.owned);
    suffixes.owned = NULL;
    suffixes.list = NULL;
    suffixes.date[0] = '\0';
    pthread_mutex_unlock(&suffixes.lock);
}

const char *domain_list_date(void)
{
    return suffixes.date[0] == '\0' ? "unknown" : suffixes.date;
}

static bool is_ascii(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

static bool is_label_octet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_label(const char *label, size_t length)
{
    if (length == 0 || length > LABEL_MAX_OCTETS)
        return false;
    if (label[0] == '-' || label[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_label_octet(label[i]))
            return false;
    return true;
}

/* Lower-case already. */
static bool is_name(const char *name, size_t length)
{
    const char *end = name + length;

    for (;;) {
        const char *dot = memchr(name, '.', (size_t)(end - name));

        if (dot == NULL)
            return is_label(name, (size_t)(end - name));
        if (!is_label(name, (size_t)(dot - name)))
            return false;
        name = dot + 1;
    }
}

/* Takes the copy over, lower-cases it in place and checks it. */
static int finish(char *name, const char **out)
{
    size_t length = strlen(name);

    if (length > 0 && name[length - 1] == '.')
        name[--length] = '\0';
    if (length > NAME_MAX_OCTETS)
        return ERR_LIMIT;
    for (size_t i = 0; i < length; i++)
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] = (char)(name[i] - 'A' + 'a');
    if (!is_name(name, length))
        return ERR_SYNTAX;
    *out = name;
    return 0;
}

static int idn_error(int code)
{
    switch (code) {
    case IDN2_MALLOC:
        return ERR_NOMEM;
    case IDN2_TOO_BIG_DOMAIN:
        return ERR_LIMIT;
    default:
        return ERR_SYNTAX;
    }
}

static int convert(struct arena *arena, const char *name, const char **out)
{
    char *ascii = NULL, *copy;
    int code = idn2_to_ascii_8z(name, &ascii, IDN2_NONTRANSITIONAL);

    if (code != IDN2_OK)
        return idn_error(code);
    copy = arena_strdup(arena, ascii);
    idn2_free(ascii);
    return copy == NULL ? ERR_NOMEM : finish(copy, out);
}

int domain_to_ascii(struct arena *arena, const char *name, const char **out)
{
    size_t length = strlen(name);
    char *copy;

    *out = NULL;
    if (length > INPUT_MAX_OCTETS)
        return ERR_LIMIT;
    if (!is_ascii(name, length))
        return convert(arena, name, out);
    copy = arena_strndup(arena, name, length);
    return copy == NULL ? ERR_NOMEM : finish(copy, out);
}

const char *domain_organisational(const char *name)
{
    const psl_ctx_t *list = suffixes.list == NULL ? psl_builtin() : suffixes.list;

    if (list == NULL || strchr(name, '.') == NULL)
        return NULL;
    return psl_registrable_domain(list, name);
}

bool domain_aligned(const char *one, const char *other)
{
    bool same = strcasecmp(one, other) == 0;

    one = domain_organisational(one);
    if (same)
        return one != NULL;
    other = domain_organisational(other);
    return one != NULL && other != NULL && strcasecmp(one, other) == 0;
}

void domain_libraries(FILE *out)
{
    const char *idn2 = idn2_check_version(NULL);

    fprintf(out, "libpsl %s\nlibidn2 %s\n", psl_get_version(), idn2 != NULL ? idn2 : "unknown");
}
