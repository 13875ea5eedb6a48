/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_quote - the shapes by which somebody else's words announce themselves, in any language:
 * "… wrote:", "---- Original message ----", a block of From:, Sent:, To:, Subject:.
 *
 * Services list data in the same shape ("Account: …, Time: …"), so most shapes count only in a
 * mail that answers or forwards another one: that is what `conversation` says.
 * Thread rule: pure.
 */
#ifndef GONEAWAY_TEXT_QUOTE_H
#define GONEAWAY_TEXT_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "mail.h"

struct text_quote_line {
    const char *text; /* UTF-8 */
    size_t length;
};

/* An answer or a forwarded mail: In-Reply-To, References, or "Re:" and its like in the subject
 * (decoded). */
bool text_quote_is_conversation(const struct mail *mail, const char *subject);

/* "On 3 March 2025, Ann wrote:" */
bool text_quote_is_attribution(struct text_quote_line line, bool conversation);
/* "From: Ann": one to four words, a colon. */
bool text_quote_is_label(struct text_quote_line line);
/* A line of dashes or underscores, also with words in it. */
bool text_quote_is_rule(struct text_quote_line line);
/* Whether the lines begin with the head of a quoted mail; `announced` by a rule before them. */
bool text_quote_is_head(
    const struct text_quote_line *lines, size_t count, bool conversation, bool announced);
/* Whether the lines begin with the header of a mail as it travels: Received:, Message-ID: … */
bool text_quote_is_raw_header(const struct text_quote_line *lines, size_t count);

#endif
