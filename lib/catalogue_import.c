/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Records are kept as they were read until all are there, and then joined, those of JustDeleteMe
 * first: so it does not matter which catalogue's files come first.
 */
#include "catalogue_import.h"

#include "catalogue_check.h"
#include "domain.h"
#include "err.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define STEP_WRITE                                                                                 \
    "Write to the privacy address: the mail address is yours now, you are no customer, and it is " \
    "to be taken out of the account."
#define STEP_PAGE                                                                                  \
    "Begin at the page below. It is made for account holders: look there for a way for others."

/* The catalogues, in the order in which their records count; bits of entry.sources. */
enum source { JUST_DELETE_ME, DATENANFRAGEN, SOURCE_COUNT };

static const char *const source_names[SOURCE_COUNT] = {"JustDeleteMe", "datenanfragen.de"};

/* Texts are clean, or NULL. */
struct record {
    enum source source;
    const char *name;
    const char *const *domains; /* organisational ones, A-labels, no two alike */
    size_t domain_count;
    const char *homepage, *url, *phone, *privacy;
};

struct entry {
    unsigned sources;
    size_t records; /* that were joined */
    bool known;     /* one of its domains is */
    const char *name;
    GPtrArray *domains; /* of const char *; the first one is the id */
    const char *homepage, *url, *phone, *privacy;
};

struct catalogue_import {
    const struct catalogue *known;
    const struct kind_rules *rules;
    struct arena *arena;
    GPtrArray *records;    /* struct record */
    GPtrArray *entries;    /* struct entry */
    GHashTable *by_domain; /* domain -> struct entry */
    size_t strange;        /* records that could not be used at all */
    bool no_memory;
};

/* ---- texts ---- */

/* One line without control and format characters, cut at `most` octets; NULL where nothing is
 * left. */
static const char *clean_line(struct catalogue_import *import, const char *text, size_t most)
{
    char *line = text == NULL ? NULL : arena_alloc(import->arena, strlen(text) + 1), *to = line;

    if (line == NULL) {
        import->no_memory = import->no_memory || text != NULL;
        return NULL;
    }
    for (const char *p = text, *next; *p != '\0'; p = next) {
        gunichar c = g_utf8_get_char(p);
        size_t length;

        next = g_utf8_next_char(p);
        length = (size_t)(next - p);
        if (g_unichar_isspace(c)) {
            c = ' ';
            length = to > line && to[-1] != ' ' ? 1 : 0;
        } else if (g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT) {
            continue;
        }
        if ((size_t)(to - line) + length > most)
            break;
        if (length > 0)
            to += g_unichar_to_utf8(c, to);
    }
    if (to > line && to[-1] == ' ')
        to--;
    *to = '\0';
    return to > line ? line : NULL;
}

/* A text of that kind as it stands, or NULL: what is not right is not mended. */
static const char *checked(struct catalogue_import *import, const char *text,
    const char *(*check)(struct arena *arena, const char *text))
{
    if (text == NULL || *text == '\0' || strlen(text) > CATALOGUE_NAME_OCTETS ||
        !catalogue_check_line(text) || check(import->arena, text) != NULL)
        return NULL;
    return text;
}

/* ---- domains ---- */

/* The host of an address of a page, or of what is a host itself. */
static const char *host_of(struct catalogue_import *import, const char *url)
{
    const char *host = strstr(url, "://"), *at;
    size_t length;
    char *copy;

    host = host == NULL ? url : host + 3;
    length = strcspn(host, "/?#");
    at = memrchr(host, '@', length);
    if (at != NULL) {
        length -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    copy = arena_strndup(import->arena, host, MIN(length, strcspn(host, ":")));
    import->no_memory = import->no_memory || copy == NULL;
    return copy;
}

/* The organisational domain of an address, NULL where it has none that tells one service. */
static const char *domain_of(struct catalogue_import *import, const char *url)
{
    const char *host = url == NULL ? NULL : host_of(import, url), *ascii;

    if (host == NULL || catalogue_check_domain(import->arena, host, &ascii) != NULL)
        return NULL;
    ascii = domain_organisational(ascii);
    if (catalogue_is_carrier(import->known, ascii) || kind_is_freemail(import->rules, ascii))
        return NULL;
    return ascii;
}

static void add_domain(struct record *record, const char **domains, const char *domain)
{
    for (size_t i = 0; domain != NULL && i < record->domain_count; i++)
        if (strcmp(domains[i], domain) == 0)
            return;
    if (domain != NULL)
        domains[record->domain_count++] = domain;
}

/* The domains of an array of texts, or else of one address. */
static void read_domains(struct catalogue_import *import, struct record *record,
    const struct json_read_value *list, const char *url)
{
    const char **domains;
    size_t count = 1;

    for (const struct json_read_value *p = list; p != NULL; p = p->next)
        count++;
    domains = arena_array(import->arena, count, sizeof(*domains));
    record->domains = domains;
    if (domains == NULL) {
        import->no_memory = true;
        return;
    }
    for (const struct json_read_value *p = list; p != NULL; p = p->next)
        if (p->type == JSON_READ_STRING)
            add_domain(record, domains, domain_of(import, p->text));
    if (record->domain_count == 0)
        add_domain(record, domains, domain_of(import, url));
}

/* ---- records ---- */

static void read_just_delete_me(
    struct catalogue_import *import, const struct json_read_value *object, struct record *record)
{
    const char *url = json_read_string(object, "url");

    record->source = JUST_DELETE_ME;
    read_domains(import, record, json_read_elements(object, "domains"), url);
    record->url = url;
    record->privacy = checked(import, json_read_string(object, "email"), catalogue_check_privacy);
}

/* Has somebody tried what this record says? */
static bool is_verified(const struct json_read_value *object)
{
    const char *quality = json_read_string(object, "quality");

    return quality != NULL && (strcmp(quality, "verified") == 0 || strcmp(quality, "tested") == 0);
}

static void read_datenanfragen(
    struct catalogue_import *import, const struct json_read_value *object, struct record *record)
{
    const char *web = json_read_string(object, "web");

    record->source = DATENANFRAGEN;
    read_domains(import, record, NULL, web);
    record->homepage = web;
    if (!is_verified(object))
        return;
    record->url = json_read_string(object, "webform");
    record->phone = checked(import, json_read_string(object, "phone"), catalogue_check_phone);
    record->privacy = checked(import, json_read_string(object, "email"), catalogue_check_privacy);
}

static bool is_record(const struct json_read_value *object)
{
    return json_read_string(object, "name") != NULL &&
           (json_read_string(object, "slug") != NULL || json_read_string(object, "url") != NULL ||
               json_read_member(object, "domains") != NULL);
}

static void take_record(struct catalogue_import *import, const struct json_read_value *object)
{
    struct record *record = arena_alloc(import->arena, sizeof(*record));

    if (record == NULL) {
        import->no_memory = true;
        return;
    }
    record->name = clean_line(import, json_read_string(object, "name"), CATALOGUE_NAME_OCTETS);
    if (json_read_string(object, "slug") != NULL)
        read_datenanfragen(import, object, record);
    else
        read_just_delete_me(import, object, record);
    g_ptr_array_add(import->records, record);
}

static int refuse(struct json_read_mistake *mistake)
{
    *mistake = (struct json_read_mistake){1, "holds no record of JustDeleteMe or datenanfragen.de"};
    return ERR_SYNTAX;
}

/* Takes the records of a list; their number. */
static size_t take_records(struct catalogue_import *import, const struct json_read_value *first)
{
    size_t count = 0;

    for (; first != NULL; first = first->next) {
        if (is_record(first)) {
            take_record(import, first);
            count++;
        } else {
            import->strange++;
        }
    }
    return count;
}

int catalogue_import_add(struct catalogue_import *import, const char *text, size_t length,
    struct json_read_mistake *mistake)
{
    struct json_read_value *root;
    size_t strange = import->strange;
    int r = json_read(import->arena, text, length, &root, mistake);

    if (r != 0)
        return r;
    if (take_records(import, root->type == JSON_READ_ARRAY ? root->first : root) == 0) {
        import->strange = strange;
        return refuse(mistake);
    }
    return import->no_memory ? ERR_NOMEM : 0;
}

/* ---- joining ---- */

static struct entry *find_entry(const struct catalogue_import *import, const struct record *record)
{
    struct entry *entry = NULL;

    for (size_t i = 0; entry == NULL && i < record->domain_count; i++)
        entry = g_hash_table_lookup(import->by_domain, record->domains[i]);
    return entry;
}

static struct entry *make_entry(struct catalogue_import *import)
{
    struct entry *entry = arena_alloc(import->arena, sizeof(*entry));

    if (entry == NULL) {
        import->no_memory = true;
        return NULL;
    }
    entry->domains = g_ptr_array_new();
    g_ptr_array_add(import->entries, entry);
    return entry;
}

/* The one that is there stays. */
static void fill(const char **to, const char *text)
{
    if (*to == NULL)
        *to = text;
}

/* The new one counts, where there is one. */
static void prefer(const char **to, const char *text)
{
    if (text != NULL)
        *to = text;
}

static void join(struct catalogue_import *import, const struct record *record)
{
    struct entry *entry = find_entry(import, record);

    if (entry == NULL)
        entry = make_entry(import);
    if (entry == NULL)
        return;
    for (size_t i = 0; i < record->domain_count; i++) {
        if (g_hash_table_contains(import->by_domain, record->domains[i]))
            continue;
        entry->known =
            entry->known || catalogue_by_domain(import->known, record->domains[i]) != NULL;
        g_ptr_array_add(entry->domains, (char *)record->domains[i]);
        g_hash_table_insert(import->by_domain, (char *)record->domains[i], entry);
    }
    entry->records++;
    fill(&entry->name, record->name);
    fill(&entry->homepage, record->homepage);
    fill(&entry->phone, record->phone);
    /* made for all who ask, where the other catalogue's are made for account holders */
    if (record->source == DATENANFRAGEN && (entry->sources & 1u << DATENANFRAGEN) == 0) {
        prefer(&entry->privacy, record->privacy);
        prefer(&entry->url, record->url);
    }
    fill(&entry->privacy, record->privacy);
    fill(&entry->url, record->url);
    entry->sources |= 1u << record->source;
}

static void join_all(struct catalogue_import *import, struct catalogue_import_counts *counts)
{
    for (enum source source = 0; source < SOURCE_COUNT; source++) {
        for (guint i = 0; i < import->records->len && !import->no_memory; i++) {
            const struct record *record = g_ptr_array_index(import->records, i);

            if (record->source != source)
                continue;
            counts->records++;
            if (record->name == NULL || record->domain_count == 0)
                counts->unusable++;
            else
                join(import, record);
        }
    }
    counts->records += import->strange;
    counts->unusable += import->strange;
}

/* ---- writing ---- */

/* An address of a page that is on a domain of the service. */
static const char *own_page(
    struct catalogue_import *import, const struct entry *entry, const char *url)
{
    const char *domain;

    if (url == NULL || strlen(url) > CATALOGUE_TEXT_OCTETS || !catalogue_check_line(url) ||
        catalogue_check_https(import->arena, url) != NULL)
        return NULL;
    domain = domain_of(import, url);
    for (guint i = 0; domain != NULL && i < entry->domains->len; i++)
        if (strcmp(g_ptr_array_index(entry->domains, i), domain) == 0)
            return url;
    return NULL;
}

static void write_string(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static void write_setting(struct buf *out, const char *indent, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buf_printf(out, "%s%s = ", indent, name);
    write_string(out, text);
    buf_puts(out, ";\n");
}

static const char *source_of(const struct entry *entry)
{
    if (entry->sources == 1u << JUST_DELETE_ME)
        return source_names[JUST_DELETE_ME];
    if (entry->sources == 1u << DATENANFRAGEN)
        return source_names[DATENANFRAGEN];
    return "JustDeleteMe, datenanfragen.de";
}

static void write_contact(
    struct catalogue_import *import, const struct entry *entry, struct buf *out)
{
    static const char indent[] = "      ";
    const char *url = own_page(import, entry, entry->url);

    buf_puts(out, "    contact = {\n");
    if (entry->privacy != NULL)
        buf_printf(out, "%ssteps = [ \"" STEP_WRITE "\" ];\n", indent);
    else if (url != NULL)
        buf_printf(out, "%ssteps = [ \"" STEP_PAGE "\" ];\n", indent);
    write_setting(out, indent, "url", url);
    write_setting(out, indent, "phone", entry->phone);
    write_setting(out, indent, "privacy", entry->privacy);
    write_setting(out, indent, "source", source_of(entry));
    buf_puts(out, "    };\n");
}

static void write_entry(struct catalogue_import *import, const struct entry *entry, struct buf *out)
{
    static const char indent[] = "    ";

    buf_puts(out, "  {\n");
    write_setting(out, indent, "id", g_ptr_array_index(entry->domains, 0));
    write_setting(out, indent, "name", entry->name);
    write_setting(out, indent, "homepage", own_page(import, entry, entry->homepage));
    write_setting(out, indent, "category", "other");
    buf_printf(out, "%sdomains = [ ", indent);
    for (guint i = 0; i < entry->domains->len; i++) {
        buf_puts(out, i > 0 ? ", " : "");
        write_string(out, g_ptr_array_index(entry->domains, i));
    }
    buf_puts(out, " ];\n");
    write_contact(import, entry, out);
    buf_puts(out, "  }");
}

static int compare_entries(const void *one, const void *other)
{
    const struct entry *const *a = one, *const *b = other;

    return strcmp(g_ptr_array_index((*a)->domains, 0), g_ptr_array_index((*b)->domains, 0));
}

static void write_entries(
    struct catalogue_import *import, struct buf *out, struct catalogue_import_counts *counts)
{
    for (guint i = 0; i < import->entries->len && !import->no_memory; i++) {
        const struct entry *entry = g_ptr_array_index(import->entries, i);

        if (entry->known) {
            counts->known += entry->records;
            continue;
        }
        buf_puts(out, counts->services > 0 ? ",\n" : "");
        write_entry(import, entry, out);
        counts->services++;
    }
    buf_puts(out, counts->services > 0 ? "\n" : "");
}

int catalogue_import_write(
    struct catalogue_import *import, struct buf *out, struct catalogue_import_counts *counts)
{
    *counts = (struct catalogue_import_counts){0};
    join_all(import, counts);
    g_ptr_array_sort(import->entries, compare_entries);
    buf_puts(out, CATALOGUE_IMPORT_MARK "; the next import writes it anew.\n"
                                        "# What stands here is what others say: look before you "
                                        "rely on it.\n\n"
                                        "categories = ( { name = \"other\"; risk = 2; } );\n\n"
                                        "services = (\n");
    write_entries(import, out, counts);
    buf_puts(out, ");\n");
    return import->no_memory || buf_failed(out) == ERR_NOMEM ? ERR_NOMEM : 0;
}

/* ---- the whole ---- */

int catalogue_import_open(
    const struct catalogue *known, const struct kind_rules *rules, struct catalogue_import **out)
{
    struct catalogue_import *import = calloc(1, sizeof(*import));

    *out = NULL;
    if (import == NULL)
        return ERR_NOMEM;
    import->known = known;
    import->rules = rules;
    import->arena = arena_new(0);
    import->records = g_ptr_array_new();
    import->entries = g_ptr_array_new();
    import->by_domain = g_hash_table_new(g_str_hash, g_str_equal);
    if (import->arena == NULL)
        catalogue_import_close(&import);
    *out = import;
    return import == NULL ? ERR_NOMEM : 0;
}

void catalogue_import_close(struct catalogue_import **import)
{
    if (*import == NULL)
        return;
    for (guint i = 0; i < (*import)->entries->len; i++)
        g_ptr_array_free(((struct entry *)g_ptr_array_index((*import)->entries, i))->domains, TRUE);
    g_ptr_array_free((*import)->entries, TRUE);
    g_ptr_array_free((*import)->records, TRUE);
    g_hash_table_destroy((*import)->by_domain);
    arena_free(&(*import)->arena);
    free(*import);
    *import = NULL;
}
