/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The phrases and rules that we ship, loaded once for a program's tests. Include behind cmocka.h.
 */
#ifndef GONEAWAY_KIND_FIXTURE_H
#define GONEAWAY_KIND_FIXTURE_H

#include <stdio.h>

#include "kind.h"
#include "text.h"

static struct {
    struct phrases *phrases;
    struct kind_rules *rules;
} kind_fixture;

static int kind_fixture_load(void **state)
{
    const char *directories[] = {SOURCE_DIR "/conf/phrases"};
    struct mistakes mistakes = {0};
    int r;

    (void)state;
    text_open();
    r = phrases_load(directories, 1, &mistakes, &kind_fixture.phrases);
    if (r == 0)
        r = kind_rules_load(SOURCE_DIR "/conf/kinds.conf", &mistakes, &kind_fixture.rules);
    for (size_t i = 0; i < mistakes.count && i < MISTAKES_MAX; i++)
        fprintf(stderr, "%s\n", mistakes.lines[i]);
    mistakes_clear(&mistakes);
    return r;
}

static int kind_fixture_unload(void **state)
{
    (void)state;
    kind_rules_free(&kind_fixture.rules);
    phrases_free(&kind_fixture.phrases);
    text_close();
    return 0;
}

#endif
