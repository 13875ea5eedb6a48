/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The marks of a mail: what its fields, its sender, its links and its form say, whatever the
 * language. All of it can be forged, so it classifies and never authenticates.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "err.h"
#include "fold.h"
#include "kind_rules.h"
#include "octets.h"

#define LINKS_READ 200
#define URL_READ 1000
#define NAME_READ 200
#define FEW_LINKS 6
#define MANY_LINKS 15

struct finding {
    struct mail *mail;
    const struct text *text;
    const struct kind_rules *rules;
    struct kind_marks *marks;
};

/* A field whose value is read by the first rule that wants it. */
struct field_value {
    const struct mail_field *field;
    char *lower; /* unfolded, in lower case; NULL: not yet */
};

static int read_value(const struct finding *finding, struct field_value *value)
{
    const char *unfolded;

    if (value->lower != NULL)
        return 0;
    unfolded = mail_unfold(finding->mail->arena, value->field);
    if (unfolded != NULL)
        value->lower = arena_strdup(finding->mail->arena, unfolded);
    if (value->lower == NULL)
        return ERR_NOMEM;
    for (char *c = value->lower; *c != '\0'; c++)
        *c = octets_lower(*c);
    return 0;
}

static bool has_string(const struct kind_header *header, const char *value)
{
    for (size_t i = 0; i < header->equals_count; i++)
        if (strcasecmp(value, header->equals[i]) == 0)
            return true;
    for (size_t i = 0; i < header->contains_count; i++)
        if (strstr(value, header->contains[i]) != NULL)
            return true;
    return false;
}

static int find_header(
    const struct finding *finding, const struct kind_header *header, struct field_value *value)
{
    if (header->unless != NULL && mail_field(finding->mail, header->unless, 0) != NULL)
        return 0;
    if (header->equals_count + header->contains_count > 0) {
        if (read_value(finding, value) != 0)
            return ERR_NOMEM;
        if (!has_string(header, value->lower))
            return 0;
    }
    kind_set_mark(finding->marks, header->mark);
    return 0;
}

static int find_headers(const struct finding *finding)
{
    const struct kind_rules *rules = finding->rules;
    int r = 0;

    for (size_t f = 0; f < finding->mail->field_count && r == 0; f++) {
        struct field_value value = {.field = &finding->mail->fields[f]};
        const char *name = value.field->name;
        size_t length = strlen(name);

        if (length > KIND_FIELD_MAX)
            continue;
        for (size_t h = rules->header_first[length]; h < rules->header_first[length + 1] && r == 0;
             h++)
            if (octets_lower(rules->headers[h].field[0]) == octets_lower(name[0]) &&
                strcasecmp(rules->headers[h].field, name) == 0)
                r = find_header(finding, &rules->headers[h], &value);
    }
    return r;
}

static bool is_token_octet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* The local part as it is, and behind a space without its separators: "no-reply noreply". */
static void find_sender(const struct finding *finding, const char *from)
{
    const char *at = from == NULL ? NULL : strrchr(from, '@');
    char local[200];
    size_t length = 0;

    if (at == NULL)
        return;
    for (const char *c = from; c < at && length < 90; c++)
        local[length++] = octets_lower(*c);
    local[length++] = ' ';
    for (const char *c = from; c < at && length < sizeof(local) - 1; c++)
        if (strchr("-_.+", *c) == NULL)
            local[length++] = octets_lower(*c);
    local[length] = '\0';
    kind_words_find(finding->rules->sender_index, local, finding->marks);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

bool kind_is_freemail(const struct kind_rules *rules, const char *domain)
{
    return bsearch(domain, rules->freemail, rules->freemail_count, sizeof(char *), compare_names) !=
           NULL;
}

static void find_freemail(const struct finding *finding, const char *from)
{
    const char *at = from == NULL ? NULL : strrchr(from, '@');

    if (at != NULL && kind_is_freemail(finding->rules, at + 1))
        kind_set_mark(finding->marks, MARK_FREEMAIL);
}

/* Does text hold the word, upper and lower case being one? */
static bool holds(const char *text, size_t length, const char *word, size_t word_length)
{
    for (size_t i = 0; i + word_length <= length; i++)
        if (strncasecmp(text + i, word, word_length) == 0)
            return true;
    return false;
}

/* What the words of a display name have to do with the address behind it. */
struct name_words {
    unsigned count;
    bool in_local;  /* one of them stands in the local part */
    bool in_domain; /* one of them stands in the domain: that would be a brand */
};

/* name is folded: words of two octets or more, in any script. */
static struct name_words read_name(const char *name, const char *from, const char *at)
{
    struct name_words words = {0};

    while (*name != '\0') {
        size_t length = 0;

        while (is_token_octet(name[length]))
            length++;
        if (length >= 3) {
            words.in_domain = words.in_domain || holds(at + 1, strlen(at + 1), name, length);
            words.in_local = words.in_local || holds(from, (size_t)(at - from), name, length);
        }
        words.count += length >= 2;
        name += length;
        if (length == 0)
            name++;
    }
    return words;
}

/* A name of two words or more, of which none stands in the domain, is likelier a person's; more so
 * if one of them makes up the local part. Accents are left out as addresses leave them out. */
static void mark_name(const struct finding *finding, struct name_words words)
{
    if (words.in_domain || words.count == 0)
        return;
    if (words.count >= 2 && words.in_local)
        kind_set_mark(finding->marks, MARK_PERSON_NAME);
    else if (words.count == 1 && words.in_local)
        kind_set_mark(finding->marks, MARK_ONE_NAME);
    else if (words.count >= 2)
        kind_set_mark(finding->marks, MARK_OTHER_NAME);
}

static int find_name(const struct finding *finding, const char *from)
{
    const struct mail_field *field = mail_field(finding->mail, "From", 0);
    const char *at = from == NULL ? NULL : strrchr(from, '@');
    struct address_mailbox *mailboxes;
    const char *folded;
    size_t count;
    bool broken;

    if (at == NULL)
        return 0;
    if (at - from >= 3 && holds(at + 1, strlen(at + 1), from, (size_t)(at - from)))
        kind_set_mark(finding->marks, MARK_BRAND);
    if (field == NULL || strchr(field->value, '<') == NULL)
        return 0;
    if (address_parse_list(finding->mail->arena, field->value, 1, &mailboxes, &count, &broken) != 0)
        return ERR_NOMEM;
    if (count == 0)
        return 0;
    folded = fold_text(
        finding->mail->arena, mailboxes[0].display, strlen(mailboxes[0].display), NAME_READ, NULL);
    if (folded == NULL)
        return ERR_NOMEM;
    mark_name(finding, read_name(folded, from, at));
    return 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = octets_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Path and query of a URL in lower case, percent-decoded once: links are wrapped in links. A
 * border between lower and upper case counts as one of words. */
static void spell_path(const char *at, char *out, size_t room)
{
    size_t length = 0;

    for (; *at != '\0' && length + 2 < room; at++) {
        char c = *at;

        if (c >= 'a') { /* most are */
            out[length++] = c;
            continue;
        }
        if (c == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0) {
            c = (char)(hex_value(at[1]) * 16 + hex_value(at[2]));
            at += 2;
        } else if (c >= 'A' && c <= 'Z' && length > 0 && at[-1] >= 'a' && at[-1] <= 'z') {
            out[length++] = ' ';
        }
        out[length++] = c == '\0' ? ' ' : octets_lower(c);
    }
    out[length] = '\0';
}

/* The marks of a link's words. Most links are random values with no word in them, which is seen
 * without spelling them out, unless they hold another link. */
static void find_link_words(const struct finding *finding, const char *url)
{
    const struct kind_index *index = finding->rules->link_index;
    const char *at = strstr(url, "://");
    char spelt[URL_READ];
    size_t length;

    at = at != NULL ? at + 3 : url;
    at += strcspn(at, "/?#");
    length = strnlen(at, URL_READ);
    if (memchr(at, '%', length) == NULL && !kind_words_may_find(index, at, length))
        return;
    spell_path(at, spelt, sizeof(spelt));
    kind_words_find(index, spelt, finding->marks);
}

static bool is_web(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static void find_links(const struct finding *finding)
{
    const struct text *text = finding->text;
    size_t different = 0;
    const char *last = "";

    for (size_t i = 0; i < text->link_count && i < LINKS_READ; i++) {
        const struct text_link *link = &text->links[i];

        if (link->origin == TEXT_QUOTED || link->origin == TEXT_RETURNED || !is_web(link->url))
            continue;
        if (strcmp(last, link->url) == 0)
            continue; /* picture and words of one link */
        different++;
        last = link->url;
        if (!kind_has_mark(finding->marks, MARK_TOKEN_LINK) && kind_shape_has_token(link->url))
            kind_set_mark(finding->marks, MARK_TOKEN_LINK);
        find_link_words(finding, link->url);
    }
    if (different == 0)
        kind_set_mark(finding->marks, MARK_NO_LINK);
    else if (different <= FEW_LINKS)
        kind_set_mark(finding->marks, MARK_FEW_LINKS);
    else if (different >= MANY_LINKS)
        kind_set_mark(finding->marks, MARK_MANY_LINKS);
}

static void find_subject(const struct finding *finding)
{
    const struct kind_rules *rules = finding->rules;
    const char *subject = "";

    if (finding->text->segment_count > 0 && finding->text->segments[0].origin == TEXT_SUBJECT)
        subject = finding->text->segments[0].folded;
    for (size_t i = 0; i < rules->subject_count; i++)
        for (size_t w = 0; w < rules->subjects[i].count; w++)
            if (strncmp(
                    subject, rules->subjects[i].words[w], strlen(rules->subjects[i].words[w])) == 0)
                kind_set_mark(finding->marks, rules->subjects[i].mark);
}

static void find_form(const struct finding *finding)
{
    const struct text *text = finding->text;
    const struct kind_settings *settings = &finding->rules->settings;
    size_t own = 0;
    size_t quoted = 0;

    for (size_t i = 0; i < text->segment_count; i++) {
        if (text->segments[i].origin == TEXT_AUTHOR)
            own += text->segments[i].length;
        else if (text->segments[i].origin == TEXT_QUOTED)
            quoted += text->segments[i].length;
    }
    if (quoted > 0)
        kind_set_mark(finding->marks, MARK_QUOTED);
    if (quoted > own)
        kind_set_mark(finding->marks, MARK_QUOTED_MOST);
    if ((double)own < settings->short_text)
        kind_set_mark(finding->marks, MARK_SHORT);
    if ((double)own > settings->long_text)
        kind_set_mark(finding->marks, MARK_LONG);
    if (text->calendar)
        kind_set_mark(finding->marks, MARK_CALENDAR);
    if (text->encrypted)
        kind_set_mark(finding->marks, MARK_ENCRYPTED);
    if (text->attachments > 0)
        kind_set_mark(finding->marks, MARK_ATTACHMENT);
    if (text->report_type != NULL)
        kind_set_mark(finding->marks, MARK_REPORT);
}

/* An address more wherever a comma stands between two '@'. */
static size_t count_addresses(const char *value)
{
    const char *at = strchr(value, '@');
    size_t count = at != NULL;

    while (at != NULL && count < 3) {
        const char *next = strchr(at + 1, '@');

        if (next != NULL && memchr(at, ',', (size_t)(next - at)) != NULL)
            count++;
        at = next;
    }
    return count;
}

static size_t count_recipients(const struct mail *mail)
{
    size_t count = 0;

    for (size_t i = 0; i < mail->field_count && count < 2; i++)
        if (strcasecmp(mail->fields[i].name, "To") == 0 ||
            strcasecmp(mail->fields[i].name, "Cc") == 0)
            count += count_addresses(mail->fields[i].value);
    return count;
}

static bool is_null_path(const struct mail_field *field)
{
    const char *at = field->value + strspn(field->value, " \t\n");

    return strncmp(at, "<>", 2) == 0;
}

static void find_envelope(const struct finding *finding)
{
    const struct mail *mail = finding->mail;
    const struct mail_field *path = mail_field(mail, "Return-Path", 0);

    if ((mail->envelope_from != NULL && mail->envelope_from[0] == '\0') ||
        (mail->envelope_from == NULL && path != NULL && is_null_path(path)))
        kind_set_mark(finding->marks, MARK_NULL_SENDER);
    if (mail_field(mail, "In-Reply-To", 0) != NULL || mail_field(mail, "References", 0) != NULL)
        kind_set_mark(finding->marks, MARK_REPLY);
    if (count_recipients(mail) > 1)
        kind_set_mark(finding->marks, MARK_RECIPIENTS);
}

int kind_marks_find(struct mail *mail, const struct text *text, const char *from,
    const struct kind_rules *rules, struct kind_marks *marks)
{
    struct finding finding = {mail, text, rules, marks};
    int r = find_headers(&finding);

    if (r != 0)
        return r;
    find_sender(&finding, from);
    find_freemail(&finding, from);
    if ((r = find_name(&finding, from)) != 0)
        return r;
    find_links(&finding);
    find_subject(&finding);
    find_form(&finding);
    find_envelope(&finding);
    return 0;
}
