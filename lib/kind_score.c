/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What the text says in each of its languages, and the marks beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "kind_rules.h"
#include "kind_score.h"

/* Where a segment stands decides how much its words count. */
static double place_of(const struct kind_settings *settings, enum text_origin origin, size_t before)
{
    double at = (double)before;

    if (origin == TEXT_HIDDEN)
        return settings->hidden;
    if (origin == TEXT_ALT)
        return settings->alt;
    if (at <= settings->early)
        return 1;
    if (at >= settings->late)
        return settings->late_factor;
    return 1 - (1 - settings->late_factor) * (at - settings->early) /
                   (settings->late - settings->early);
}

static bool is_read(enum text_origin origin)
{
    return origin != TEXT_QUOTED && origin != TEXT_RETURNED;
}

/* Characters, so that scripts of three octets a letter have as much room as Latin: the octets but
 * those that go on with a character (10xxxxxx), eight at a time. */
static size_t count_characters(const struct text_segment *segment)
{
    size_t count = segment->length;
    size_t i = 0;

    for (; i + sizeof(uint64_t) <= segment->length; i += sizeof(uint64_t)) {
        uint64_t octets;

        memcpy(&octets, segment->folded + i, sizeof(octets));
        octets &= ~(octets << 1) & UINT64_C(0x8080808080808080);
        count -= octets == 0 ? 0 : (size_t)__builtin_popcountll(octets);
    }
    for (; i < segment->length; i++)
        count -= ((unsigned char)segment->folded[i] & 0xc0) == 0x80;
    return count;
}

/* Counts the characters of each segment that is read, and of all. */
static size_t count_own(const struct text *text, size_t *characters)
{
    size_t own = 0;

    for (size_t i = 0; i < text->segment_count; i++) {
        if (is_read(text->segments[i].origin))
            characters[i] = count_characters(&text->segments[i]);
        own += characters[i];
    }
    return own;
}

/* The segments that are read: the author's, the first `head` characters and the last `tail`. */
static int choose_segments(struct kind_scoring *scoring)
{
    const struct text *text = scoring->text;
    const struct kind_settings *settings = &scoring->rules->settings;
    size_t *characters = arena_array(scoring->arena, text->segment_count + 1, sizeof(*characters));
    size_t own;
    size_t before = 0;

    scoring->places =
        arena_array(scoring->arena, text->segment_count + 1, sizeof(*scoring->places));
    scoring->strings =
        arena_array(scoring->arena, text->segment_count + 1, sizeof(*scoring->strings));
    if (scoring->places == NULL || scoring->strings == NULL || characters == NULL)
        return ERR_NOMEM;
    own = count_own(text, characters);
    for (size_t i = 0; i < text->segment_count; i++) {
        const struct text_segment *segment = &text->segments[i];

        if (!is_read(segment->origin))
            continue;
        if ((double)before <= settings->head || (double)(own - before) <= settings->tail) {
            scoring->strings[scoring->place_count] =
                (struct phrases_string){segment->folded, segment->length};
            scoring->places[scoring->place_count++] = (struct kind_place){
                .segment = segment,
                .block = segment->block,
                .weight = place_of(settings, segment->origin, before),
                .subject = segment->origin == TEXT_SUBJECT,
            };
        }
        before += characters[i];
    }
    return 0;
}

static void find_shapes(struct kind_scoring *scoring)
{
    for (size_t i = 0; i < scoring->place_count; i++) {
        struct kind_place *place = &scoring->places[i];

        if (place->like == i)
            place->shapes = kind_shape_find(place->segment, scoring->rules);
        else
            place->shapes = scoring->places[place->like].shapes;
        if (place->shapes >> SHAPE_LONE & 1 && !place->subject)
            kind_set_mark(scoring->marks, MARK_LONE_CODE);
    }
}

static int scan(struct kind_scoring *scoring)
{
    struct phrases_finds *finds = &scoring->finds;
    int r = 0;

    finds->arena = scoring->arena;
    for (size_t i = 0; i < scoring->place_count && r == 0; i++) {
        struct kind_place *place = &scoring->places[i];
        const struct phrases_string *string = &scoring->strings[i];

        place->first_find = finds->count;
        if (place->like == i)
            r = phrases_scan(scoring->phrases, string->folded, string->length, (uint32_t)i, finds);
        else
            r = phrases_scan_again(
                finds, scoring->places[place->like].first_find, (uint32_t)place->like, (uint32_t)i);
    }
    return r;
}

/* The languages that the text may be in, the likeliest first. */
static int choose_languages(struct kind_scoring *scoring)
{
    size_t count = phrases_language_count(scoring->phrases);
    double *scores = arena_array(scoring->arena, count + 1, sizeof(*scores));
    const struct kind_settings *settings = &scoring->rules->settings;

    if (scores == NULL)
        return ERR_NOMEM;
    phrases_score_languages(scoring->phrases, &scoring->finds, scores);
    while (scoring->language_count < KIND_LANGUAGES_TRIED) {
        size_t best = 0;

        for (size_t i = 1; i < count; i++)
            if (scores[i] > scores[best])
                best = i;
        if (count == 0 || scores[best] <= 0)
            break;
        if (scoring->language_count == 0)
            scoring->best = scores[best];
        if (scores[best] < settings->language_share * scoring->best)
            break;
        scoring->languages[scoring->language_count] = best;
        scoring->shares[scoring->language_count++] = scores[best] / scoring->best;
        scoring->choice.bits[best / 64] |= (uint64_t)1 << best % 64;
        scores[best] = 0;
    }
    if (scoring->best < settings->language_least)
        kind_set_mark(scoring->marks, MARK_NO_LANGUAGE);
    return 0;
}

static double best_of(const double *kinds)
{
    double best = 0;

    for (int i = 0; i < KIND_COUNT; i++)
        if (kinds[i] > best)
            best = kinds[i];
    return best;
}

/* Each language is judged by itself, and the one that says most counts: a mail in two languages
 * says the same twice. A less likely language is trusted less. */
static int score_languages(struct kind_scoring *scoring, struct kind_score *out)
{
    double trust = scoring->rules->settings.language_trust;
    double most = -1;

    for (size_t i = 0; i < scoring->language_count; i++) {
        struct kind_tally tally = {0};
        double best;
        int r = kind_text_score(scoring, scoring->languages[i], &tally);

        if (r != 0)
            return r;
        best = best_of(tally.kinds) * (1 - trust + trust * scoring->shares[i]);
        if (best > most) {
            most = best;
            out->tally = tally;
            out->language = phrases_language(scoring->phrases, scoring->languages[i]);
        }
    }
    if (kind_has_mark(scoring->marks, MARK_NO_LANGUAGE))
        out->language = NULL;
    return 0;
}

static bool has_marks(const struct kind_marks *marks, const struct kind_rule *rule)
{
    for (size_t i = 0; i < KIND_MARKS_MAX / 64; i++)
        if ((rule->with.bits[i] & ~marks->bits[i]) != 0 ||
            (rule->without.bits[i] & marks->bits[i]) != 0)
            return false;
    return true;
}

bool kind_score_allows(const struct kind_scoring *scoring, const struct kind_rule *rule)
{
    return has_marks(scoring->marks, rule);
}

int kind_score_note(struct arena *arena, struct kind_tally *tally, const struct kind_note *note)
{
    size_t at = tally->note_count;

    if (tally->notes == NULL) {
        tally->notes = arena_array(arena, KIND_NOTES_MAX + 1, sizeof(*tally->notes));
        if (tally->notes == NULL)
            return ERR_NOMEM;
    }
    tally->kinds[note->kind] += note->weight;
    if (at == KIND_NOTES_MAX && note->weight <= tally->notes[at - 1].weight)
        return 0;
    while (at > 0 && tally->notes[at - 1].weight < note->weight)
        at--;
    memmove(
        &tally->notes[at + 1], &tally->notes[at], (tally->note_count - at) * sizeof(*tally->notes));
    tally->notes[at] = *note;
    if (tally->note_count < KIND_NOTES_MAX)
        tally->note_count++;
    return 0;
}

/* Signs of a person cast doubt on what the text says: people talk of passwords and orders too. */
static int doubt_text(struct kind_scoring *scoring, struct kind_tally *tally)
{
    const struct kind_rule *strongest = NULL;
    double factor = 1;
    double most = 0;
    enum kind best = KIND_NOTICE;
    struct kind_note note;

    for (size_t i = 0; i < scoring->rules->rule_count; i++) {
        const struct kind_rule *rule = &scoring->rules->rules[i];

        if (rule->near != NEAR_MARKS || rule->factor == 1 || !has_marks(scoring->marks, rule))
            continue;
        factor *= rule->factor;
        if (strongest == NULL || rule->factor < strongest->factor)
            strongest = rule;
    }
    if (factor < scoring->rules->settings.doubt)
        factor = scoring->rules->settings.doubt;
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        if (!kind_is_service((enum kind)kind) || tally->kinds[kind] <= 0)
            continue;
        if (tally->kinds[kind] > most) {
            most = tally->kinds[kind];
            best = (enum kind)kind;
        }
        tally->kinds[kind] *= factor;
    }
    if (strongest == NULL || most == 0)
        return 0;
    note = (struct kind_note){strongest->name, "doubt", most * (factor - 1), best, true};
    tally->kinds[best] -= note.weight; /* it is taken off already */
    return kind_score_note(scoring->arena, tally, &note);
}

static int score_marks(struct kind_scoring *scoring, struct kind_tally *tally)
{
    for (size_t i = 0; i < scoring->rules->rule_count; i++) {
        const struct kind_rule *rule = &scoring->rules->rules[i];

        if (rule->near != NEAR_MARKS || !has_marks(scoring->marks, rule))
            continue;
        for (int kind = 0; kind < KIND_COUNT; kind++) {
            double weight = rule->weights[kind] * rule->body;
            struct kind_note note;

            if (weight == 0)
                continue;
            note = (struct kind_note){rule->name, NULL, weight, (enum kind)kind, true};
            if (kind_score_note(scoring->arena, tally, &note) != 0)
                return ERR_NOMEM;
        }
    }
    return 0;
}

int kind_score_mail(struct mail *mail, const struct text *text, const struct phrases *phrases,
    const struct kind_rules *rules, struct kind_marks *marks, struct kind_score *out)
{
    struct kind_scoring scoring = {
        .arena = mail->arena,
        .text = text,
        .phrases = phrases,
        .rules = rules,
        .marks = marks,
    };
    int r;

    *out = (struct kind_score){0};
    if ((r = choose_segments(&scoring)) != 0 || (r = kind_repeat_find(&scoring)) != 0)
        return r;
    find_shapes(&scoring);
    if ((r = scan(&scoring)) != 0 || (r = choose_languages(&scoring)) != 0 ||
        (r = phrases_expand(phrases, &scoring.finds, scoring.strings, &scoring.choice,
             &scoring.hits, &scoring.hit_count)) != 0 ||
        (r = score_languages(&scoring, out)) != 0)
        return r;
    r = doubt_text(&scoring, &out->tally);
    return r != 0 ? r : score_marks(&scoring, &out->tally);
}
