/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "letters.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "datafile.h"
#include "err.h"

#define LANGUAGES_MAX 200
#define TEXT_MAX 20000
#define LETTER_MAX ((size_t)1 << 20)
#define STANDARD "en"

/* The members of a file that are texts, and which placeholders each may hold. The body is an array
 * of lines. */
enum text { SENDER, DOMAIN_LINE, DOMAIN_LINE_UNDATED, MORE, SUBJECT, BODY, TEXTS };

static const struct {
    const char *name;
    const char *placeholders;
    const char *needed; /* one that must be there, or NULL */
} texts[TEXTS] = {
    [SENDER] = {"sender", "", NULL},
    [DOMAIN_LINE] = {"domain_line", "{domain}{since}", "{domain}"},
    [DOMAIN_LINE_UNDATED] = {"domain_line_undated", "{domain}", "{domain}"},
    [MORE] = {"more", "{count}", "{count}"},
    [SUBJECT] = {"subject", "{service}", NULL},
    [BODY] = {"body", "{service}{addresses}{domains}{sender}", "{addresses}"},
};

struct language {
    const char *tag;
    const char *texts[TEXTS];
    const char *const *ends; /* of the domains of services */
    size_t end_count;
};

struct letters {
    struct arena *arena;
    struct language languages[LANGUAGES_MAX];
    size_t count;
};

/* A placeholder and what stands for it; the last has no name. */
struct filling {
    const char *name;
    const char *value;
};

void letters_free(struct letters **letters)
{
    if (*letters == NULL)
        return;
    arena_free(&(*letters)->arena);
    free(*letters);
    *letters = NULL;
}

size_t letters_count(const struct letters *letters)
{
    return letters->count;
}

const char *letters_language(const struct letters *letters, size_t index)
{
    return letters->languages[index].tag;
}

static const struct language *find(const struct letters *letters, const char *tag, size_t length)
{
    for (size_t i = 0; i < letters->count; i++) {
        const char *have = letters->languages[i].tag;

        if (strlen(have) == length && strncasecmp(have, tag, length) == 0)
            return &letters->languages[i];
    }
    return NULL;
}

/* A word in braces that may not stand there; its length, 0 for none. */
static size_t wrong_placeholder(const char *text, const char *allowed, const char **where)
{
    char name[32];

    while ((text = strchr(text, '{')) != NULL) {
        size_t length = strcspn(text, "}") + 1;

        if (length >= sizeof(name) || text[length - 1] != '}') {
            *where = text;
            return length < sizeof(name) ? length : sizeof(name);
        }
        memcpy(name, text, length);
        name[length] = '\0';
        if (strstr(allowed, name) == NULL) {
            *where = text;
            return length;
        }
        text += length;
    }
    return 0;
}

static void check_text(
    const struct datafile *file, config_setting_t *root, size_t which, const char *text)
{
    const config_setting_t *setting = config_setting_get_member(root, texts[which].name);
    const char *where = NULL;
    size_t length = wrong_placeholder(text, texts[which].placeholders, &where);

    if (length != 0)
        datafile_mistake(file, setting, "%.*s is no placeholder here; there are: %s", (int)length,
            where, texts[which].placeholders[0] != '\0' ? texts[which].placeholders : "none");
    if (texts[which].needed != NULL && strstr(text, texts[which].needed) == NULL)
        datafile_mistake(file, setting, "must hold %s", texts[which].needed);
    if (strlen(text) > TEXT_MAX)
        datafile_mistake(file, setting, "has more than %d octets", TEXT_MAX);
    if (which == SUBJECT && strpbrk(text, "\r\n") != NULL)
        datafile_mistake(file, setting, "must be one line");
}

/* The lines of the body as one text, in buf; NULL where they are missing or no lines. */
static const char *read_lines(const struct datafile *file, config_setting_t *root, struct buf *buf)
{
    config_setting_t *list = datafile_member(file, root, texts[BODY].name, CONFIG_TYPE_ARRAY);
    int count = list != NULL ? config_setting_length(list) : 0;

    for (int i = 0; i < count; i++) {
        const char *line = config_setting_get_string_elem(list, i);

        if (line == NULL) {
            datafile_mistake(file, list, "must be an array of lines [ \"…\", \"…\" ]");
            return NULL;
        }
        buf_puts(buf, line);
        buf_putc(buf, '\n');
    }
    if (buf_failed(buf) == ERR_LIMIT) {
        datafile_mistake(file, list, "has more than %d octets", TEXT_MAX);
        return NULL;
    }
    return list != NULL ? buf_text(buf) : NULL;
}

static int read_texts(struct letters *letters, const struct datafile *file, config_setting_t *root,
    struct language *language)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < TEXTS; i++) {
        const char *text;
        struct buf buf;

        buf_init(&buf, LETTER_MAX);
        text = i == BODY ? read_lines(file, root, &buf)
                         : datafile_text(file, root, texts[i].name, NULL);
        if (config_setting_get_member(root, texts[i].name) == NULL)
            mistakes_add(file->mistakes, file->path, 0, texts[i].name, "is missing");
        if (text != NULL) {
            check_text(file, root, i, text);
            language->texts[i] = arena_strdup(letters->arena, text);
            r = language->texts[i] == NULL || buf_failed(&buf) == ERR_NOMEM ? ERR_NOMEM : 0;
        }
        buf_free(&buf);
    }
    return r;
}

static int read_ends(struct letters *letters, const struct datafile *file, config_setting_t *root,
    struct language *language)
{
    config_setting_t *list = datafile_member(file, root, "domains", CONFIG_TYPE_ARRAY);
    int count = list != NULL ? config_setting_length(list) : 0;
    const char **ends = arena_array(letters->arena, (size_t)count + 1, sizeof(*ends));

    if (ends == NULL)
        return ERR_NOMEM;
    language->ends = ends;
    for (int i = 0; i < count; i++) {
        const char *text = config_setting_get_string_elem(list, i);

        if (text == NULL) {
            datafile_mistake(file, list, "must be an array of strings [ \"jp\", \"…\" ]");
            break;
        }
        ends[language->end_count] = arena_strdup(letters->arena, text);
        if (ends[language->end_count++] == NULL)
            return ERR_NOMEM;
    }
    return 0;
}

static int read_root(struct letters *letters, const struct datafile *file, const char *tag)
{
    static const char *const members[] = {"language", "name", "domains", "sender", "domain_line",
        "domain_line_undated", "more", "subject", "body", NULL};
    config_setting_t *root = config_root_setting(&file->config);
    const char *named = datafile_text(file, root, "language", "");
    struct language language = {.tag = arena_strdup(letters->arena, tag)};
    struct language *place;
    int r;

    datafile_only(file, root, members);
    if (strcmp(named, tag) != 0)
        mistakes_add(file->mistakes, file->path, 0, "language",
            "must be what the file is named after: \"%.60s\"", tag);
    r = read_texts(letters, file, root, &language);
    if (r == 0)
        r = read_ends(letters, file, root, &language);
    if (r != 0 || language.tag == NULL)
        return ERR_NOMEM;
    place = (struct language *)find(letters, tag, strlen(tag));
    if (place == NULL && letters->count == LANGUAGES_MAX)
        mistakes_add(file->mistakes, file->path, 0, NULL, "is one language too many");
    else
        *(place != NULL ? place : &letters->languages[letters->count++]) = language;
    return 0;
}

static int read_file(
    struct letters *letters, const char *directory, const char *name, struct mistakes *mistakes)
{
    char *path = arena_printf(letters->arena, "%s/%s", directory, name);
    char *tag = arena_strndup(letters->arena, name, strlen(name) - strlen(".conf"));
    struct datafile file;
    int r;

    if (path == NULL || tag == NULL)
        return ERR_NOMEM;
    r = datafile_open(&file, path, mistakes);
    if (r != 0)
        return r == ERR_CONFIG ? 0 : r;
    r = read_root(letters, &file, tag);
    datafile_close(&file);
    return r;
}

static int is_conf(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && end != NULL && strcmp(end, ".conf") == 0;
}

static int read_directory(struct letters *letters, const char *directory, struct mistakes *mistakes)
{
    struct dirent **files = NULL;
    int count = scandir(directory, &files, is_conf, alphasort);
    int r = count < 0 && errno == ENOMEM ? ERR_NOMEM : 0;

    if (count < 0 && errno != ENOENT && errno != ENOMEM)
        mistakes_add(mistakes, directory, 0, NULL, "cannot be read: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        if (r == 0)
            r = read_file(letters, directory, files[i]->d_name, mistakes);
        free(files[i]);
    }
    free(files);
    return r;
}

int letters_load(
    const char *const *directories, size_t count, struct mistakes *mistakes, struct letters **out)
{
    struct letters *letters = calloc(1, sizeof(*letters));
    size_t before = mistakes->count;
    int r = ERR_NOMEM;

    *out = NULL;
    if (letters == NULL)
        return ERR_NOMEM;
    letters->arena = arena_new(0);
    if (letters->arena != NULL)
        r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = read_directory(letters, directories[i], mistakes);
    if (r == 0 && mistakes->count != before)
        r = ERR_CONFIG;
    if (r != 0)
        letters_free(&letters);
    *out = letters;
    return r;
}

/* The first language of "en, ja" that there is; a part of a tag counts: pt-BR, pt. */
static const struct language *of_list(const struct letters *letters, const char *list)
{
    while (list != NULL && *list != '\0') {
        const struct language *language;
        size_t length;

        list += strspn(list, ", ;\t");
        length = strcspn(list, ", ;\t");
        language = length > 0 ? find(letters, list, length) : NULL;
        if (language == NULL && strcspn(list, "-") < length)
            language = find(letters, list, strcspn(list, "-"));
        if (language != NULL)
            return language;
        list += length;
    }
    return NULL;
}

static const struct language *of_domain(const struct letters *letters, const char *domain)
{
    const char *end = strrchr(domain, '.');

    for (size_t i = 0; end != NULL && i < letters->count; i++)
        for (size_t k = 0; k < letters->languages[i].end_count; k++)
            if (strcasecmp(letters->languages[i].ends[k], end + 1) == 0)
                return &letters->languages[i];
    return NULL;
}

static const struct language *choose(
    const struct letters *letters, const struct letters_case *about)
{
    const struct language *language = of_list(letters, about->language);

    if (language == NULL)
        language = of_list(letters, about->languages);
    if (language == NULL)
        language = of_domain(letters, about->service_id);
    if (language == NULL)
        language = find(letters, STANDARD, strlen(STANDARD));
    return language != NULL ? language : &letters->languages[0];
}

/* Values are put in as they are: what looks like a placeholder in one stays what it is. */
static void fill(struct buf *out, const char *text, const struct filling *fillings)
{
    while (*text != '\0') {
        const struct filling *f = fillings;

        while (f->name != NULL && strncmp(text, f->name, strlen(f->name)) != 0)
            f++;
        if (f->name != NULL) {
            buf_puts(out, f->value);
            text += strlen(f->name);
        } else {
            buf_putc(out, *text++);
        }
    }
}

static void list_addresses(
    struct buf *out, const struct language *language, const struct letters_case *about)
{
    char count[24];

    for (size_t i = 0; i < about->address_count; i++)
        buf_printf(out, "%s- %s", i > 0 ? "\n" : "", about->addresses[i]);
    if (about->more <= 0)
        return;
    snprintf(count, sizeof(count), "%lld", (long long)about->more);
    buf_puts(out, "\n- ");
    fill(out, language->texts[MORE], (struct filling[]){{"{count}", count}, {NULL, NULL}});
}

static void list_domains(
    struct buf *out, const struct language *language, const struct letters_case *about)
{
    for (size_t i = 0; i < about->domain_count; i++) {
        const struct filling fillings[] = {
            {"{domain}", about->domains[i]}, {"{since}", about->since[i]}, {NULL, NULL}};

        buf_puts(out, i > 0 ? "\n- " : "- ");
        fill(out, language->texts[about->since[i][0] != '\0' ? DOMAIN_LINE : DOMAIN_LINE_UNDATED],
            fillings);
    }
}

int letters_write(const struct letters *letters, struct arena *arena,
    const struct letters_case *about, struct letters_text *out)
{
    const struct language *language;
    struct buf addresses, domains, subject, body;
    int r = 0;

    *out = (struct letters_text){0};
    if (letters->count == 0)
        return 0;
    language = choose(letters, about);
    buf_init(&addresses, LETTER_MAX);
    buf_init(&domains, LETTER_MAX);
    buf_init(&subject, LETTER_MAX);
    buf_init(&body, LETTER_MAX);
    list_addresses(&addresses, language, about);
    list_domains(&domains, language, about);
    {
        const struct filling fillings[] = {{"{service}", about->service},
            {"{addresses}", buf_text(&addresses)}, {"{domains}", buf_text(&domains)},
            {"{sender}", about->sender != NULL ? about->sender : language->texts[SENDER]},
            {NULL, NULL}};

        fill(&subject, language->texts[SUBJECT], fillings);
        fill(&body, language->texts[BODY], fillings);
    }
    out->language = language->tag;
    out->body = arena_strdup(arena, buf_text(&body));
    out->subject = arena_strdup(arena, buf_text(&subject));
    if (buf_failed(&body) != 0 || buf_failed(&subject) != 0 || buf_failed(&addresses) != 0 ||
        buf_failed(&domains) != 0 || out->body == NULL || out->subject == NULL)
        r = ERR_NOMEM;
    buf_free(&addresses);
    buf_free(&domains);
    buf_free(&subject);
    buf_free(&body);
    return r;
}
