/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * judge_answer - from the verdicts for each recipient to the one answer for the message.
 *
 * Invariants
 * 1. The message is refused, discarded, deferred, quarantined or sealed only if that is the verdict for
 *    every recipient; otherwise it is tagged where any verdict is more than to accept.
 * 2. Nothing at all is changed where one recipient is not ours or its domain observes.
 * 3. What holds for one recipient is not told to another: address, holder and RRVS result stand in
 *    a header only where they hold for all.
 * Thread rule: pure; in the mail's arena.
 */
#ifndef GONEAWAY_JUDGE_ANSWER_H
#define GONEAWAY_JUDGE_ANSWER_H

#include "judge.h"

/* Fills judgement->answer. 0 or ERR_NOMEM. */
int judge_answer_find(const struct config *config, struct mail *mail, struct judgement *judgement);

/* Makes the answer a refusal: the message is larger than what may be sealed (or its header is),
 * which no second try would change. */
void judge_answer_too_big(struct judgement *judgement);

#endif
