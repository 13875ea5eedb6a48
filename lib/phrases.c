/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "phrases.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "phrases_set.h"

static const char *const idea_names[IDEA_COUNT] = {
    [IDEA_COMMON] = "common",
    [IDEA_ACCOUNT] = "account",
    [IDEA_PASSWORD] = "password",
    [IDEA_USERNAME] = "username",
    [IDEA_CODE] = "code",
    [IDEA_ONETIME] = "onetime",
    [IDEA_EMAIL] = "email",
    [IDEA_PHONE] = "phone",
    [IDEA_DEVICE] = "device",
    [IDEA_TWOFACTOR] = "twofactor",
    [IDEA_SECURITY] = "security",
    [IDEA_RESET] = "reset",
    [IDEA_FORGOT] = "forgot",
    [IDEA_CHOOSE] = "choose",
    [IDEA_NEW] = "new",
    [IDEA_CHANGE] = "change",
    [IDEA_CHANGED] = "changed",
    [IDEA_REMOVED] = "removed",
    [IDEA_ADDED] = "added",
    [IDEA_VERIFY] = "verify",
    [IDEA_VERIFIED] = "verified",
    [IDEA_REGISTER] = "register",
    [IDEA_CREATED] = "created",
    [IDEA_WELCOME] = "welcome",
    [IDEA_SIGNIN] = "signin",
    [IDEA_ATTEMPT] = "attempt",
    [IDEA_UNUSUAL] = "unusual",
    [IDEA_DETECTED] = "detected",
    [IDEA_LOCKED] = "locked",
    [IDEA_REQUEST] = "request",
    [IDEA_NOTYOU] = "notyou",
    [IDEA_LINK] = "link",
    [IDEA_EXPIRE] = "expire",
    [IDEA_ENTER] = "enter",
    [IDEA_INVOICE] = "invoice",
    [IDEA_PAYMENT] = "payment",
    [IDEA_CARD] = "card",
    [IDEA_FAILED] = "failed",
    [IDEA_SUBSCRIPTION] = "subscription",
    [IDEA_RENEW] = "renew",
    [IDEA_REFUND] = "refund",
    [IDEA_AMOUNT] = "amount",
    [IDEA_ORDER] = "order",
    [IDEA_SHIP] = "ship",
    [IDEA_TRACKING] = "tracking",
    [IDEA_BOOKING] = "booking",
    [IDEA_ITEM] = "item",
    [IDEA_THANKS] = "thanks",
    [IDEA_NOTIFY] = "notify",
    [IDEA_ACTIVITY] = "activity",
    [IDEA_INVITE] = "invite",
    [IDEA_TERMS] = "terms",
    [IDEA_EXPIRY] = "expiry",
    [IDEA_UNSUBSCRIBE] = "unsubscribe",
    [IDEA_NEWSLETTER] = "newsletter",
    [IDEA_OFFER] = "offer",
    [IDEA_VIEWONLINE] = "viewonline",
    [IDEA_BOUNCE] = "bounce",
    [IDEA_ABSENCE] = "absence",
    [IDEA_NOREPLY] = "noreply",
    [IDEA_CUSTOMER] = "customer",
    [IDEA_WROTE] = "wrote",
    [IDEA_CHAT] = "chat",
    [IDEA_EXISTS] = "exists",
};

const char *phrases_idea_name(enum phrases_idea idea)
{
    return idea_names[idea];
}

int phrases_idea_from_name(const char *name)
{
    for (int i = 0; i < IDEA_COUNT; i++)
        if (strcmp(idea_names[i], name) == 0)
            return i;
    return -1;
}

size_t phrases_language_count(const struct phrases *phrases)
{
    return phrases->language_count;
}

const char *phrases_language(const struct phrases *phrases, size_t language)
{
    return phrases->languages[language].tag;
}

size_t phrases_pattern_count(const struct phrases *phrases)
{
    return phrases->pattern_count;
}

const char *phrases_pattern_text(const struct phrases *phrases, uint32_t pattern)
{
    return phrases->pool + phrases->patterns[pattern].text;
}

void phrases_free(struct phrases **phrases)
{
    struct phrases *set = *phrases;

    if (set == NULL)
        return;
    free(set->languages);
    free(set->patterns);
    free(set->joined);
    free(set->pool);
    free(set->nodes);
    free(set->first);
    free(set->tables);
    free(set->spread);
    free(set->entries);
    free(set->starts);
    free(set->words);
    free(set);
    *phrases = NULL;
}

/* The *.conf files of the directories. */
struct listing {
    char **names;       /* "de.conf" */
    const char **where; /* the last directory that has it */
    size_t count;
    size_t room;
};

static void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->names[i]);
    free(listing->names);
    free(listing->where);
}

static int listing_add(struct listing *listing, const char *directory, const char *name)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (strcmp(listing->names[i], name) == 0) {
            listing->where[i] = directory;
            return 0;
        }
    }
    if (listing->count == listing->room) {
        size_t room = listing->room == 0 ? 128 : listing->room * 2;
        char **names = realloc(listing->names, room * sizeof(*names));
        const char **where;

        if (names == NULL)
            return ERR_NOMEM;
        listing->names = names;
        where = realloc(listing->where, room * sizeof(*where));
        if (where == NULL)
            return ERR_NOMEM;
        listing->where = where;
        listing->room = room;
    }
    listing->names[listing->count] = strdup(name);
    if (listing->names[listing->count] == NULL)
        return ERR_NOMEM;
    listing->where[listing->count++] = directory;
    return 0;
}

static bool is_conf(const char *name)
{
    size_t length = strlen(name);

    return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

static int listing_read(
    struct listing *listing, const char *directory, bool must_exist, struct mistakes *mistakes)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    int r = 0;

    if (stream == NULL) {
        if (must_exist || errno != ENOENT)
            mistakes_add(mistakes, directory, 0, NULL, "can't be read: %s", strerror(errno));
        return 0;
    }
    while (r == 0 && (entry = readdir(stream)) != NULL)
        if (is_conf(entry->d_name))
            r = listing_add(listing, directory, entry->d_name);
    closedir(stream);
    return r;
}

/* By name, so that languages have the same numbers on every machine. */
static void listing_sort(struct listing *listing)
{
    for (size_t i = 1; i < listing->count; i++) {
        char *name = listing->names[i];
        const char *where = listing->where[i];
        size_t j = i;

        for (; j > 0 && strcmp(listing->names[j - 1], name) > 0; j--) {
            listing->names[j] = listing->names[j - 1];
            listing->where[j] = listing->where[j - 1];
        }
        listing->names[j] = name;
        listing->where[j] = where;
    }
}

static int read_listed(
    struct phrases *set, const struct listing *listing, struct mistakes *mistakes)
{
    int r = 0;

    for (size_t i = 0; i < listing->count && r != ERR_NOMEM; i++) {
        char path[4096];
        char tag[256];
        const char *name = listing->names[i];

        snprintf(path, sizeof(path), "%s/%s", listing->where[i], name);
        snprintf(tag, sizeof(tag), "%.*s", (int)strlen(name) - 5, name);
        if (set->language_count >= PHRASES_LANGUAGES_MAX) {
            mistakes_add(mistakes, path, 0, NULL, "is one language too many: at most %d",
                PHRASES_LANGUAGES_MAX);
            break;
        }
        r = phrases_read_file(set, path, tag, mistakes);
    }
    return r == ERR_NOMEM ? r : 0;
}

int phrases_load(
    const char *const *directories, size_t count, struct mistakes *mistakes, struct phrases **out)
{
    struct listing listing = {0};
    struct phrases *set = calloc(1, sizeof(*set));
    size_t before = mistakes->count;
    int r = set == NULL ? ERR_NOMEM : 0;

    *out = NULL;
    for (size_t i = 0; i < count && r == 0; i++) {
        r = listing_read(&listing, directories[i], i == 0, mistakes);
        if (r == 0 && i == 0 && listing.count == 0 && mistakes->count == before)
            mistakes_add(mistakes, directories[0], 0, NULL, "holds no language (*.conf)");
    }
    listing_sort(&listing);
    if (r == 0)
        r = read_listed(set, &listing, mistakes);
    if (r == 0)
        r = mistakes->count != before ? ERR_CONFIG : phrases_build(set);
    listing_free(&listing);
    if (r != 0)
        phrases_free(&set);
    *out = set;
    return r;
}
