/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The judgement: the kind that has most for it, with what "other" has as the least to be met.
 */
#include "kind.h"

#include <math.h>
#include <string.h>

#include "err.h"
#include "kind_score.h"

#define REASONS_MAX 16

/* Service mail that is not clearly of one kind is service mail all the same: what speaks for the
 * other service kinds counts in part for the best. */
static double service_weight(
    const struct kind_settings *settings, const double *kinds, enum kind *best)
{
    double rest = 0;

    *best = KIND_NOTICE;
    for (int i = 0; i < KIND_COUNT; i++)
        if (kind_is_service((enum kind)i) &&
            kinds[i] > kinds[*best] + (*best == KIND_NOTICE ? settings->notice : 0))
            *best = (enum kind)i;
    for (int i = 0; i < KIND_COUNT; i++)
        if (kind_is_service((enum kind)i) && i != (int)*best && kinds[i] > 0)
            rest += kinds[i];
    return kinds[*best] + settings->together * rest;
}

static void choose(const struct kind_settings *settings, const struct kind_score *score,
    struct kind_result *result)
{
    const double *kinds = score->tally.kinds;
    enum kind service;
    double weight = service_weight(settings, kinds, &service);
    enum kind others = KIND_OTHER;
    double most = settings->other + kinds[KIND_OTHER];
    double sum = 0;

    for (int i = KIND_BULK; i < KIND_OTHER; i++) {
        if (kinds[i] > most) {
            most = kinds[i];
            others = (enum kind)i;
        }
    }
    result->kind = weight > most + settings->margin ? service : others;
    most = result->kind == service ? weight : most;
    for (int i = 0; i < KIND_COUNT; i++) {
        double value = i == KIND_OTHER ? settings->other + kinds[i] : kinds[i];

        if (i == (int)result->kind)
            value = most;
        sum += exp((value - most) / settings->temperature);
    }
    result->score = 1 / sum;
}

/* Was the same said already, of a kind that shares the rule? */
static bool is_told(const struct kind_note *notes, size_t at, enum kind chosen)
{
    if (!notes[at].by_rule || notes[at].kind == chosen || !kind_is_service(notes[at].kind))
        return false;
    for (size_t i = 0; i < KIND_NOTES_MAX && notes[i].text != NULL; i++)
        if (notes[i].text == notes[at].text && notes[i].where == notes[at].where &&
            (notes[i].kind == chosen || (i < at && kind_is_service(notes[i].kind))))
            return true;
    return false;
}

/* "text (where)" */
static const char *reason_text(struct arena *arena, const struct kind_note *note)
{
    if (note->where == NULL)
        return note->text;
    return arena_printf(arena, "%s (%s)", note->text, note->where);
}

/* The strongest notes become the reasons; a rule that speaks for all service kinds is told once. */
static int tell_reasons(
    struct arena *arena, const struct kind_tally *tally, struct kind_result *result)
{
    struct kind_reason *reasons = arena_array(arena, REASONS_MAX, sizeof(*reasons));

    if (reasons == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < tally->note_count && result->reason_count < REASONS_MAX; i++) {
        const struct kind_note *note = &tally->notes[i];
        struct kind_reason *reason = &reasons[result->reason_count];

        if (is_told(tally->notes, i, result->kind))
            continue;
        *reason = (struct kind_reason){reason_text(arena, note), note->weight, note->kind};
        if (reason->text == NULL)
            return ERR_NOMEM;
        result->reason_count++;
    }
    result->reasons = reasons;
    return 0;
}

int kind_judge(struct mail *mail, const struct text *text, const char *from,
    const struct phrases *phrases, const struct kind_rules *rules, struct kind_result **out)
{
    struct kind_result *result = arena_alloc(mail->arena, sizeof(*result));
    struct kind_marks marks = {0};
    struct kind_score score;
    int r;

    *out = NULL;
    if (result == NULL)
        return ERR_NOMEM;
    if ((r = kind_marks_find(mail, text, from, rules, &marks)) != 0 ||
        (r = kind_score_mail(mail, text, phrases, rules, &marks, &score)) != 0)
        return r;
    choose(&rules->settings, &score, result);
    result->language = score.language;
    r = tell_reasons(mail->arena, &score.tally, result);
    if (r == 0)
        *out = result;
    return r;
}
