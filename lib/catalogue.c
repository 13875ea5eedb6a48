/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The files are read into a draft first; who owns a domain and what a category weighs is settled
 * when all of them are known, since a later file may change both.
 */
#include "catalogue.h"

#include "catalogue_name.h"
#include "catalogue_read.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

struct catalogue {
    struct arena *arena;
    struct catalogue_service *services;
    size_t count;
    GHashTable *by_domain; /* domain -> struct catalogue_service */
    GHashTable *by_id;     /* id -> struct catalogue_service */
    GHashTable *by_name;   /* words of its name, and the same as one word -> the first service */
    GHashTable *carriers;  /* a set of domains */
};

/* Who owns a domain, while that is being settled. */
struct owner {
    struct catalogue_entry *entry;
    struct catalogue_domain *domain;
};

/* ---- settling ---- */

static void settle_category(struct catalogue_draft *draft, struct catalogue_entry *entry)
{
    struct catalogue_category *category;

    if (entry->service.category == NULL)
        return;
    category = g_hash_table_lookup(draft->categories, entry->service.category);
    if (category == NULL)
        mistakes_add(draft->mistakes, entry->place.path, entry->place.line, "category",
            "\"%s\" is no category of this catalogue", entry->service.category);
    else if (entry->service.risk == 0)
        entry->service.risk = category->risk;
}

/* Two entries of one file can't have one domain; a later file takes it from an earlier one, where
 * its name is cleared. Returns false without memory. */
static bool settle_domain(struct catalogue_draft *draft, GHashTable *owners,
    struct catalogue_entry *entry, struct catalogue_domain *domain)
{
    struct owner *before = g_hash_table_lookup(owners, domain->name);
    struct owner *owner = arena_alloc(draft->arena, sizeof(*owner));

    if (owner == NULL)
        return false;
    *owner = (struct owner){entry, domain};
    if (before == NULL) {
        g_hash_table_insert(owners, (char *)domain->name, owner);
        return true;
    }
    if (before->domain->place.file == domain->place.file) {
        mistakes_add(draft->mistakes, domain->place.path, domain->place.line, "domains",
            before->entry == entry ? "\"%s\" stands here twice (%s)"
                                   : "\"%s\" belongs to \"%s\" already",
            domain->name, before->entry->service.id);
        domain->name = NULL;
        return true;
    }
    if (before->domain->place.file > domain->place.file) {
        domain->name = NULL;
        return true;
    }
    g_hash_table_replace(owners, (char *)domain->name, owner);
    before->domain->name = NULL;
    return true;
}

static bool settle_domains(struct catalogue_draft *draft)
{
    GHashTable *owners = g_hash_table_new(g_str_hash, g_str_equal);
    bool enough = true;

    for (guint i = 0; i < draft->entries->len; i++) {
        struct catalogue_entry *entry = g_ptr_array_index(draft->entries, i);

        for (size_t k = 0; enough && k < entry->domain_count; k++)
            enough = settle_domain(draft, owners, entry, &entry->domains[k]);
        settle_category(draft, entry);
    }
    g_hash_table_destroy(owners);
    return enough;
}

/* The domains that an entry has kept. */
static bool finish_service(struct catalogue_draft *draft, struct catalogue_entry *entry)
{
    const char **domains = arena_array(draft->arena, entry->domain_count + 1, sizeof(*domains));
    size_t count = 0;

    for (size_t i = 0; domains != NULL && i < entry->domain_count; i++)
        if (entry->domains[i].name != NULL)
            domains[count++] = entry->domains[i].name;
    entry->service.domains = domains;
    entry->service.domain_count = count;
    return domains != NULL;
}

static void index_service(struct catalogue *catalogue, struct catalogue_service *service)
{
    for (size_t i = 0; i < service->domain_count; i++)
        g_hash_table_insert(catalogue->by_domain, (char *)service->domains[i], service);
    g_hash_table_insert(catalogue->by_id, (char *)service->id, service);
}

static void index_one_name(
    struct catalogue *catalogue, char *words, struct catalogue_service *service)
{
    if (!g_hash_table_contains(catalogue->by_name, words))
        g_hash_table_insert(catalogue->by_name, words, service);
}

static bool index_name(struct catalogue *catalogue, struct catalogue_service *service)
{
    char *words = catalogue_name_words(catalogue->arena, service->name), *joined;

    if (words == NULL)
        return false;
    if (!catalogue_name_is_telling(words))
        return true;
    joined = catalogue_name_joined(catalogue->arena, words);
    if (joined == NULL)
        return false;
    index_one_name(catalogue, words, service);
    index_one_name(catalogue, joined, service);
    return true;
}

/* Entries that have lost all their domains to a later file are gone. */
static bool finish(struct catalogue_draft *draft, struct catalogue *catalogue)
{
    catalogue->services =
        arena_array(draft->arena, (size_t)draft->entries->len + 1, sizeof(*catalogue->services));
    if (catalogue->services == NULL)
        return false;
    for (guint i = 0; i < draft->entries->len; i++) {
        struct catalogue_entry *entry = g_ptr_array_index(draft->entries, i);

        if (!finish_service(draft, entry))
            return false;
        if (entry->service.domain_count == 0)
            continue;
        catalogue->services[catalogue->count] = entry->service;
        index_service(catalogue, &catalogue->services[catalogue->count]);
        if (!index_name(catalogue, &catalogue->services[catalogue->count++]))
            return false;
    }
    return true;
}

/* ---- loading ---- */

static int load(const char *const *paths, size_t count, struct catalogue_draft *draft,
    struct catalogue *catalogue)
{
    size_t before = draft->mistakes->count;

    for (size_t i = 0; i < count && !draft->no_memory; i++) {
        draft->file = i;
        catalogue_read_file(draft, paths[i]);
    }
    if (draft->no_memory || !settle_domains(draft))
        return ERR_NOMEM;
    if (draft->mistakes->count > before)
        return ERR_CONFIG;
    return finish(draft, catalogue) ? 0 : ERR_NOMEM;
}

static struct catalogue *create(void)
{
    struct catalogue *catalogue = calloc(1, sizeof(*catalogue));

    if (catalogue == NULL)
        return NULL;
    catalogue->arena = arena_new(0);
    catalogue->by_domain = g_hash_table_new(g_str_hash, g_str_equal);
    catalogue->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    catalogue->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    catalogue->carriers = g_hash_table_new(g_str_hash, g_str_equal);
    if (catalogue->arena == NULL)
        catalogue_free(&catalogue);
    return catalogue;
}

int catalogue_load(
    const char *const *paths, size_t count, struct mistakes *mistakes, struct catalogue **out)
{
    struct catalogue *catalogue = create();
    struct catalogue_draft draft = {.mistakes = mistakes};
    int result;

    *out = NULL;
    if (catalogue == NULL)
        return ERR_NOMEM;
    draft.arena = catalogue->arena;
    draft.entries = g_ptr_array_new();
    draft.by_id = g_hash_table_new(g_str_hash, g_str_equal);
    draft.categories = g_hash_table_new(g_str_hash, g_str_equal);
    draft.carriers = catalogue->carriers;
    result = load(paths, count, &draft, catalogue);
    g_hash_table_destroy(draft.categories);
    g_hash_table_destroy(draft.by_id);
    g_ptr_array_free(draft.entries, TRUE);
    if (result != 0)
        catalogue_free(&catalogue);
    *out = catalogue;
    return result;
}

void catalogue_free(struct catalogue **catalogue)
{
    if (*catalogue == NULL)
        return;
    g_hash_table_destroy((*catalogue)->by_domain);
    g_hash_table_destroy((*catalogue)->by_id);
    g_hash_table_destroy((*catalogue)->by_name);
    g_hash_table_destroy((*catalogue)->carriers);
    arena_free(&(*catalogue)->arena);
    free(*catalogue);
    *catalogue = NULL;
}

/* ---- looking up ---- */

/* The name without its first label, NULL behind the last one. */
static const char *parent(const char *domain)
{
    const char *dot = strchr(domain, '.');

    return dot == NULL ? NULL : dot + 1;
}

const struct catalogue_service *catalogue_by_domain(
    const struct catalogue *catalogue, const char *domain)
{
    const struct catalogue_service *service = NULL;

    for (; service == NULL && domain != NULL; domain = parent(domain))
        service = g_hash_table_lookup(catalogue->by_domain, domain);
    return service;
}

const struct catalogue_service *catalogue_by_exact_domain(
    const struct catalogue *catalogue, const char *domain)
{
    return g_hash_table_lookup(catalogue->by_domain, domain);
}

const struct catalogue_service *catalogue_by_id(const struct catalogue *catalogue, const char *id)
{
    return g_hash_table_lookup(catalogue->by_id, id);
}

int catalogue_by_name(const struct catalogue *catalogue, struct arena *arena, const char *text,
    const struct catalogue_service **out)
{
    char *words = catalogue_name_words(arena, text), *space;

    *out = NULL;
    if (words == NULL)
        return ERR_NOMEM;
    while (*out == NULL && words[0] != '\0') {
        *out = g_hash_table_lookup(catalogue->by_name, words);
        space = strrchr(words, ' ');
        *(space == NULL ? words : space) = '\0';
    }
    return 0;
}

bool catalogue_is_carrier(const struct catalogue *catalogue, const char *domain)
{
    for (; domain != NULL; domain = parent(domain))
        if (g_hash_table_contains(catalogue->carriers, domain))
            return true;
    return false;
}

size_t catalogue_count(const struct catalogue *catalogue)
{
    return catalogue->count;
}

const struct catalogue_service *catalogue_at(const struct catalogue *catalogue, size_t index)
{
    return &catalogue->services[index];
}
