/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * check_phrases DIRECTORY… - loads language files and prints all their mistakes, or what there is.
 */
#include <stdio.h>
#include <time.h>

#include "err.h"
#include "phrases.h"

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct mistakes mistakes = {0};
    struct phrases *phrases = NULL;
    double start = seconds();
    int r;

    if (argc < 2) {
        fprintf(stderr, "usage: check_phrases DIRECTORY...\n");
        return 64;
    }
    r = phrases_load((const char *const *)argv + 1, (size_t)argc - 1, &mistakes, &phrases);
    for (size_t i = 0; i < mistakes.count && i < MISTAKES_MAX; i++)
        puts(mistakes.lines[i]);
    if (mistakes.count > MISTAKES_MAX)
        printf("and %zu more\n", mistakes.count - MISTAKES_MAX);
    if (r == 0)
        printf("%zu languages, %zu patterns, loaded in %.0f ms\n", phrases_language_count(phrases),
            phrases_pattern_count(phrases), (seconds() - start) * 1000);
    else
        printf("%s: %zu mistakes\n", err_text(r), mistakes.count);
    mistakes_clear(&mistakes);
    phrases_free(&phrases);
    return r == 0 ? 0 : 1;
}
