/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * fold - the one form in which text and phrases meet.
 *
 * NFKC; case-folded; Latin, Greek and Cyrillic letters without their accents (so that "zurück"
 * and "zuruck", "й" and "и" meet); Arabic without tatweel and vowel points, with one form of
 * alef, yeh, kaf and heh; Hebrew without points; dotless and dotted i one; every apostrophe U+0027,
 * every hyphen '-', every run of white space one space; zero-width, bidirectional and other format characters
 * gone; digits of every script as ASCII digits. Scripts whose marks are letters (kana, Hangul,
 * Indic, Thai) keep them. ASCII takes a fast path.
 * Invalid UTF-8 becomes spaces. Folding twice changes nothing. The result can be longer than
 * the text by at most 18 times (NFKC), and is cut at `limit` on a character's border.
 * Thread rule: pure.
 */
#ifndef GONEAWAY_FOLD_H
#define GONEAWAY_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

/* Folds length octets of text; leading and trailing space removed. *out_length may be NULL.
 * NULL without memory. */
char *fold_text(struct arena *arena, const char *text, size_t length, size_t limit,
    size_t *out_length);

/* Scripts written without spaces between words (Han, kana, Thai, Lao, Khmer, Myanmar, Tibetan): a phrase
 * may begin and end anywhere there. Hangul is not among them: a phrase begins a word there. */
bool fold_is_unspaced(uint32_t character);
/* Letters, digits and marks: what a word is made of, in any script. */
bool fold_is_word(uint32_t character);

#endif
