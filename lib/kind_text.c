/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What the text says in one language: the rules over its ideas and shapes, and its phrases.
 */
#include <string.h>

#include "err.h"
#include "kind_score.h"

#define PHRASES_COUNTED 4
#define HITS_AROUND 60

struct reading {
    const struct kind_scoring *scoring;
    size_t language;
    struct kind_tally *tally;
    struct kind_mask *masks;  /* of each place */
    struct kind_mask *blocks; /* of the whole block that a place stands in */
    double *conditions;       /* factor of each place: a sentence with "if this was not you" … */
    struct kind_mask mail;
};

/* A phrase's weight, kept so that the strongest few of a kind count. */
struct best {
    double weight;
    uint32_t pattern;
};

static bool is_mine(const struct reading *reading, const struct phrases_hit *hit)
{
    return hit->language == reading->language;
}

static void merge(struct kind_mask *into, const struct kind_mask *mask)
{
    into->ideas |= mask->ideas;
    into->shapes |= mask->shapes;
}

static void fill_masks(struct reading *reading)
{
    const struct kind_scoring *scoring = reading->scoring;

    for (size_t i = 0; i < scoring->place_count; i++)
        reading->masks[i].shapes = scoring->places[i].shapes;
    for (size_t i = 0; i < scoring->hit_count; i++) {
        const struct phrases_hit *hit = &scoring->hits[i];

        if (is_mine(reading, hit) && hit->idea >= 0)
            reading->masks[hit->segment].ideas |= (uint64_t)1 << hit->idea;
    }
    for (size_t i = 0; i < scoring->place_count; i++)
        merge(&reading->mail, &reading->masks[i]);
}

/* Places of one block stand together; each gets the mask of all of them. */
static void fill_blocks(struct reading *reading)
{
    const struct kind_place *places = reading->scoring->places;
    size_t count = reading->scoring->place_count;

    for (size_t from = 0; from < count;) {
        struct kind_mask block = {0};
        size_t to = from;

        while (to < count && places[to].block == places[from].block &&
               places[to].subject == places[from].subject)
            merge(&block, &reading->masks[to++]);
        for (; from < to; from++)
            reading->blocks[from] = block;
    }
}

/* "If you did not ask for a new password …" tells what the mail is not about; and what follows
 * is advice for that case. */
static void fill_conditions(struct reading *reading)
{
    const struct kind_settings *settings = &reading->scoring->rules->settings;
    double after = 1;

    for (size_t i = 0; i < reading->scoring->place_count; i++) {
        bool condition = (reading->masks[i].ideas >> IDEA_NOTYOU & 1) != 0;

        reading->conditions[i] = condition ? settings->condition : after;
        if (condition && !reading->scoring->places[i].subject)
            after = settings->after_condition;
    }
}

/* Is there what a rule asks for? Most rules are refused by the first line. */
static inline bool has_asked(const struct kind_rule *rule, const struct kind_mask *mask)
{
    if (((rule->all.ideas & ~mask->ideas) | (rule->all.shapes & ~mask->shapes)) != 0)
        return false;
    return (rule->any.ideas | rule->any.shapes) == 0 ||
           ((rule->any.ideas & mask->ideas) | (rule->any.shapes & mask->shapes)) != 0;
}

static inline bool matches(const struct kind_rule *rule, const struct kind_mask *mask)
{
    return has_asked(rule, mask) &&
           ((rule->not .ideas & mask->ideas) | (rule->not .shapes & mask->shapes)) == 0;
}

static int note_rule(
    struct reading *reading, const struct kind_rule *rule, const char *where, double weight)
{
    int r = 0;

    for (int kind = 0; kind < KIND_COUNT && r == 0 && weight != 0; kind++) {
        double part = weight * rule->weights[kind];
        struct kind_note note;

        if (part == 0)
            continue;
        note = (struct kind_note){rule->name, where, part, (enum kind)kind, true};
        r = kind_score_note(reading->scoring->arena, reading->tally, &note);
    }
    return r;
}

/* How many different patterns of the rule's ideas are there? */
static unsigned count_patterns(const struct reading *reading, const struct kind_rule *rule)
{
    const struct kind_scoring *scoring = reading->scoring;
    uint32_t seen[16];
    unsigned count = 0;

    for (size_t i = 0; i < scoring->hit_count && count < 16; i++) {
        const struct phrases_hit *hit = &scoring->hits[i];
        unsigned n = 0;

        if (!is_mine(reading, hit) || hit->idea < 0 ||
            ((rule->all.ideas | rule->any.ideas) >> hit->idea & 1) == 0)
            continue;
        while (n < count && seen[n] != hit->pattern)
            n++;
        if (n == count)
            seen[count++] = hit->pattern;
    }
    return count;
}

static int score_mail_rule(struct reading *reading, const struct kind_rule *rule)
{
    if (!matches(rule, &reading->mail) ||
        (rule->count > 0 && count_patterns(reading, rule) < rule->count))
        return 0;
    return note_rule(reading, rule, NULL, rule->body);
}

static int score_rule(struct reading *reading, const struct kind_rule *rule)
{
    const struct kind_scoring *scoring = reading->scoring;
    const struct kind_mask *masks = rule->near == NEAR_BLOCK ? reading->blocks : reading->masks;
    double subject = 0;
    double body = 0;
    int r;

    if (rule->near == NEAR_MAIL)
        return score_mail_rule(reading, rule);
    for (size_t i = 0; i < scoring->place_count; i++) {
        double factor;

        if (!matches(rule, &masks[i]))
            continue;
        factor = rule->in_condition ? 1 : reading->conditions[i];
        if (scoring->places[i].subject)
            subject = factor > subject ? factor : subject;
        else if (factor * scoring->places[i].weight > body)
            body = factor * scoring->places[i].weight;
    }
    r = note_rule(reading, rule, "subject", subject * rule->subject);
    return r != 0 ? r : note_rule(reading, rule, NULL, body * rule->body);
}

static int score_rules(struct reading *reading)
{
    const struct kind_rules *rules = reading->scoring->rules;
    int r = 0;

    for (size_t i = 0; i < rules->rule_count && r == 0; i++) {
        const struct kind_rule *rule = &rules->rules[i];

        if (rule->near != NEAR_MARKS && has_asked(rule, &reading->mail) &&
            kind_score_allows(reading->scoring, rule))
            r = score_rule(reading, rule);
    }
    return r;
}

/* Is the one hit a longer phrase of another kind that is at least as strong, around the other? */
static bool outdoes(const struct phrases_hit *one, const struct phrases_hit *hit)
{
    return one->language == hit->language && one->idea < 0 && one->kind != hit->kind &&
           one->strength >= hit->strength && one->start <= hit->start && one->end >= hit->end &&
           one->end - one->start > hit->end - hit->start;
}

/* "Confirm your e-mail" inside "confirm your e-mail change" says nothing. Hits are sorted by start
 * only as far as their first parts go, so both directions are looked at, some way. */
static bool is_inside_longer(const struct reading *reading, size_t at)
{
    const struct phrases_hit *hits = reading->scoring->hits;
    const struct phrases_hit *hit = &hits[at];
    size_t from = at > HITS_AROUND ? at - HITS_AROUND : 0;
    size_t to = reading->scoring->hit_count;

    if (to - at > HITS_AROUND)
        to = at + HITS_AROUND;
    for (size_t i = at; i-- > from && hits[i].segment == hit->segment;)
        if (outdoes(&hits[i], hit))
            return true;
    for (size_t i = at + 1; i < to && hits[i].segment == hit->segment; i++)
        if (outdoes(&hits[i], hit))
            return true;
    return false;
}

static void keep_best(struct best *list, double weight, uint32_t pattern)
{
    size_t n = 0;

    while (n < PHRASES_COUNTED - 1 && list[n].weight > 0 && list[n].pattern != pattern)
        n++;
    if (weight <= list[n].weight)
        return;
    list[n] = (struct best){weight, pattern};
    for (; n > 0 && list[n].weight > list[n - 1].weight; n--) {
        struct best swap = list[n];

        list[n] = list[n - 1];
        list[n - 1] = swap;
    }
}

static int note_phrases(
    struct reading *reading, enum kind kind, const struct best *list, const char *where)
{
    const struct kind_scoring *scoring = reading->scoring;
    double factor = 1;
    int r = 0;

    for (size_t i = 0; i < PHRASES_COUNTED && list[i].weight > 0 && r == 0; i++) {
        struct kind_note note = {phrases_pattern_text(scoring->phrases, list[i].pattern), where,
            list[i].weight * factor, kind, false};

        r = kind_score_note(scoring->arena, reading->tally, &note);
        factor *= scoring->rules->settings.repeat;
    }
    return r;
}

static int score_phrases(struct reading *reading)
{
    const struct kind_scoring *scoring = reading->scoring;
    const struct kind_settings *settings = &scoring->rules->settings;
    const double strengths[PHRASES_STRENGTHS] = {
        settings->weak, settings->medium, settings->strong};
    struct best best[KIND_COUNT][2][PHRASES_COUNTED] = {0};
    int r = 0;

    for (size_t i = 0; i < scoring->hit_count; i++) {
        const struct phrases_hit *hit = &scoring->hits[i];
        const struct kind_place *place = &scoring->places[hit->segment];
        double weight;

        if (!is_mine(reading, hit) || hit->idea >= 0 || is_inside_longer(reading, i))
            continue;
        weight = strengths[hit->strength] * reading->conditions[hit->segment] *
                 (place->subject ? settings->subject : place->weight);
        if ((scoring->rules->dampers[hit->kind] & reading->masks[hit->segment].ideas) != 0)
            weight *= settings->done;
        keep_best(best[hit->kind][place->subject], weight, hit->pattern);
    }
    for (int kind = 0; kind < KIND_COUNT && r == 0; kind++) {
        r = note_phrases(reading, (enum kind)kind, best[kind][1], "subject");
        if (r == 0)
            r = note_phrases(reading, (enum kind)kind, best[kind][0], "phrase");
    }
    return r;
}

int kind_text_score(const struct kind_scoring *scoring, size_t language, struct kind_tally *tally)
{
    struct reading reading = {.scoring = scoring, .language = language, .tally = tally};
    int r;

    reading.masks = arena_array(scoring->arena, scoring->place_count + 1, sizeof(*reading.masks));
    reading.blocks = arena_array(scoring->arena, scoring->place_count + 1, sizeof(*reading.blocks));
    reading.conditions =
        arena_array(scoring->arena, scoring->place_count + 1, sizeof(*reading.conditions));
    if (reading.masks == NULL || reading.blocks == NULL || reading.conditions == NULL)
        return ERR_NOMEM;
    fill_masks(&reading);
    fill_blocks(&reading);
    fill_conditions(&reading);
    r = score_rules(&reading);
    return r != 0 ? r : score_phrases(&reading);
}
