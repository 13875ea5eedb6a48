/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * milter_words - the words of the milter protocol, version 6, that the load generator needs. They
 * are the numbers on the wire, written down here because <libmilter/mfdef.h> is for milters.
 */
#ifndef GONEAWAY_MILTER_WORDS_H
#define GONEAWAY_MILTER_WORDS_H

#include <stdint.h>

#define SMFIC_ABORT 'A'
#define SMFIC_BODY 'B'
#define SMFIC_CONNECT 'C'
#define SMFIC_MACRO 'D'
#define SMFIC_BODYEOB 'E'
#define SMFIC_HELO 'H'
#define SMFIC_HEADER 'L'
#define SMFIC_MAIL 'M'
#define SMFIC_EOH 'N'
#define SMFIC_OPTNEG 'O'
#define SMFIC_QUIT 'Q'
#define SMFIC_RCPT 'R'
#define SMFIC_DATA 'T'

#define SMFIP_HDR_LEADSPC 0x100000u
#define ALL_ACTIONS 0x1ffu
#define ALL_STEPS 0x1fffffu

/* What a milter may negotiate away: the step itself, and the reply to it. */
struct milter_step {
    char command;
    uint32_t unwanted;
    uint32_t silent;
};

static const struct milter_step milter_steps[] = {
    {SMFIC_CONNECT, 0x1, 0x1000},
    {SMFIC_HELO, 0x2, 0x2000},
    {SMFIC_MAIL, 0x4, 0x4000},
    {SMFIC_RCPT, 0x8, 0x8000},
    {SMFIC_BODY, 0x10, 0x80000},
    {SMFIC_HEADER, 0x20, 0x80},
    {SMFIC_EOH, 0x40, 0x40000},
    {SMFIC_DATA, 0x200, 0x10000},
    {SMFIC_BODYEOB, 0, 0},
};

static inline const struct milter_step *milter_step(char command)
{
    const struct milter_step *step = milter_steps;

    while (step->command != command && step->command != SMFIC_BODYEOB)
        step++;
    return step;
}

#endif
