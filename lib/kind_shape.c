/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What a stretch of text looks like, whatever its language: codes, amounts, numbers, addresses.
 * Each test reads the segment a bounded number of times.
 */
#include <ctype.h>
#include <string.h>

#include "kind_rules.h"

#define CODE_MIN 4
#define CODE_MAX 10
#define TOKEN_MIN 16
/* Longer segments are read so far. */
#define SEGMENT_READ 2000

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_run(char c)
{
    return is_digit(c) || is_upper(c) || is_lower(c) || c == '-';
}

/* What a run of ASCII letters, digits and hyphens is made of. */
struct run {
    const char *start;
    const char *end;
    unsigned digits;
    unsigned upper;
    unsigned lower;
    unsigned hyphens;
};

/* The next run that has a digit: no shape is seen in others. */
static bool next_run(const char **at, const char *end, struct run *run)
{
    const char *c = *at;
    const char *start;

    while (c < end && !is_digit(*c))
        c++;
    for (start = c; start > *at && is_run(start[-1]); start--)
        ;
    *run = (struct run){.start = start};
    for (c = start; c < end; c++) {
        if (is_lower(*c))
            run->lower++;
        else if (is_digit(*c))
            run->digits++;
        else if (is_upper(*c))
            run->upper++;
        else if (*c == '-')
            run->hyphens++;
        else
            break;
    }
    run->end = c;
    *at = c;
    return run->start < run->end;
}

static bool is_year(const struct run *run)
{
    return run->end - run->start == 4 &&
           (memcmp(run->start, "19", 2) == 0 || memcmp(run->start, "20", 2) == 0);
}

static bool is_code(const struct run *run)
{
    unsigned letters = run->upper + run->lower;

    if (run->hyphens > 1 || *run->start == '-' || run->end[-1] == '-')
        return false;
    if (letters == 0)
        return run->digits >= CODE_MIN && run->digits <= 8 && !is_year(run) &&
               (run->hyphens == 0 || run->digits >= 6);
    if (run->upper == 1 && run->lower == 0 && run->hyphens == 1)
        return run->digits >= CODE_MIN && run->digits <= 8; /* G-123456 */
    return run->lower == 0 && run->digits >= 1 && run->digits + letters >= CODE_MIN + 1 &&
           run->digits + letters <= CODE_MAX;
}

/* Part of an amount, a date, a time, a URL, an address? */
static bool stands_in_other(const struct run *run, const char *text, const char *end)
{
    if (run->start > text) {
        char before = run->start[-1];

        if (strchr("#$+=&?%@_/", before) != NULL)
            return true;
        if (strchr(".,:'", before) != NULL && run->start - text > 1 && is_digit(run->start[-2]))
            return true;
    }
    if (run->end < end) {
        char after = *run->end;

        if (strchr("%@=_/", after) != NULL)
            return true;
        if (strchr(".,:'", after) != NULL && end - run->end > 1 && is_run(run->end[1]))
            return true;
    }
    return false;
}

static uint64_t find_codes(const char *text, const char *end)
{
    const char *at = text;
    struct run run;
    uint64_t shapes = 0;

    while (next_run(&at, end, &run)) {
        if (is_code(&run) && !stands_in_other(&run, text, end))
            shapes |= (uint64_t)1 << SHAPE_CODE;
        if ((run.digits >= 3 && run.start > text && run.start[-1] == '#') || run.digits >= 9 ||
            (run.digits >= 6 && run.lower == 0) ||
            (run.digits >= 4 && run.upper + run.hyphens > 0 && run.lower == 0))
            shapes |= (uint64_t)1 << SHAPE_NUMBER;
    }
    return shapes;
}

static bool is_around_code(char c)
{
    return c == ' ' || c == '.' || c == ':' || c == '*' || c == '"' || c == '\'' || c == '\0';
}

/* A code and nothing else; digits may stand apart: "123 456", "1 2 3 4". */
static bool is_lone(const char *text, const char *end)
{
    unsigned digits = 0;
    unsigned upper = 0;
    unsigned lower = 0;
    unsigned apart = 0;

    while (text < end && is_around_code(*text))
        text++;
    while (end > text && is_around_code(end[-1]))
        end--;
    if (end - text > 20)
        return false;
    for (const char *c = text; c < end; c++) {
        if (!is_run(*c) && *c != ' ')
            return false;
        digits += is_digit(*c);
        upper += is_upper(*c);
        lower += is_lower(*c);
        apart += *c == ' ' || *c == '-';
    }
    if (digits == 0 || digits + upper + lower < CODE_MIN || digits + upper + lower > CODE_MAX)
        return false;
    if (digits == 4 && upper + lower == 0 && apart == 0)
        return !(text[0] == '1' && text[1] == '9') && !(text[0] == '2' && text[1] == '0');
    if (upper + lower == 0)
        return digits <= 8;
    return memchr(text, ' ', (size_t)(end - text)) == NULL && apart <= 1 &&
           digits + upper + lower > CODE_MIN && (lower == 0 || digits >= 2);
}

static bool is_letter_octet(char c)
{
    return is_upper(c) || is_lower(c) || (unsigned char)c >= 0x80;
}

static bool money_before(const char *text, const char *at, const struct kind_currency *money)
{
    const char *start;

    if ((size_t)(at - text) < money->length || at[-1] != money->text[money->length - 1])
        return false;
    start = at - money->length;
    return memcmp(start, money->text, money->length) == 0 &&
           (!is_lower(money->text[0]) || start == text || !is_letter_octet(start[-1]));
}

static bool money_after(const char *at, const char *end, const struct kind_currency *money)
{
    if ((size_t)(end - at) < money->length || *at != money->text[0] ||
        memcmp(at, money->text, money->length) != 0)
        return false;
    at += money->length;
    return !is_lower(money->text[0]) || at == end || !is_letter_octet(*at);
}

/* Does a currency stand around a number, next to it or behind one space? */
static bool has_money_around(const char *text, const char *start, const char *at, const char *end,
    const struct kind_rules *rules)
{
    if (start > text && start[-1] == ' ')
        start--;
    if (at < end && *at == ' ')
        at++;
    if ((start == text || !rules->money_ends[(unsigned char)start[-1]]) &&
        (at == end || !rules->money_begins[(unsigned char)*at]))
        return false;
    for (size_t i = 0; i < rules->money_count; i++)
        if (money_before(text, start, &rules->money[i]) || money_after(at, end, &rules->money[i]))
            return true;
    return false;
}

static bool has_money(const char *text, const char *end, const struct kind_rules *rules)
{
    const char *at = text;

    while (at < end) {
        const char *start;

        while (at < end && !is_digit(*at))
            at++;
        start = at;
        while (at < end && (is_digit(*at) || *at == '.' || *at == ','))
            at++;
        if (start < at && has_money_around(text, start, at, end, rules))
            return true;
    }
    return false;
}

/* Four groups of digits with dots, or groups of hexadecimal digits with colons. */
static bool has_ip(const char *text, const char *end)
{
    unsigned dots = 0;
    unsigned colons = 0;
    unsigned digits = 0;

    for (const char *c = text; c < end; c++) {
        if (is_digit(*c)) {
            digits++;
        } else if (*c == '.' && digits >= 1 && digits <= 3) {
            dots++;
            digits = 0;
        } else if (*c == ':' || (*c >= 'a' && *c <= 'f')) {
            colons += *c == ':';
            dots = 0;
            digits = 0;
        } else {
            if ((dots == 3 && digits >= 1 && digits <= 3) || colons >= 4)
                return true;
            dots = colons = digits = 0;
        }
    }
    return (dots == 3 && digits >= 1 && digits <= 3) || colons >= 4;
}

static bool ends_with(const char *text, const char *at, const char *what, size_t length)
{
    return (size_t)(at - text) >= length && memcmp(at - length, what, length) == 0;
}

/* "http://", "https://", "www." */
static bool has_link(const char *text, const char *end)
{
    for (const char *c = text; (c = memchr(c, ':', (size_t)(end - c))) != NULL; c++)
        if (end - c >= 3 && c[1] == '/' && c[2] == '/' &&
            (ends_with(text, c, "http", 4) || ends_with(text, c, "https", 5)))
            return true;
    for (const char *c = text; (c = memchr(c, 'w', (size_t)(end - c))) != NULL; c++)
        if (end - c >= 4 && memcmp(c, "www.", 4) == 0)
            return true;
    return false;
}

uint64_t kind_shape_find(const struct text_segment *segment, const struct kind_rules *rules)
{
    size_t length = segment->length < SEGMENT_READ ? segment->length : SEGMENT_READ;
    const char *folded = segment->folded;
    const char *end = folded + length;
    size_t plain = strlen(segment->plain);
    const char *plain_end = segment->plain + (plain < SEGMENT_READ ? plain : SEGMENT_READ);
    uint64_t shapes = 0;

    if (has_link(folded, end))
        shapes |= (uint64_t)1 << SHAPE_LINK;
    if (memchr(folded, '?', length) != NULL)
        shapes |= (uint64_t)1 << SHAPE_QUESTION;
    if (strcspn(folded, "0123456789") >= length)
        return shapes;
    if ((shapes >> SHAPE_LINK & 1) == 0)
        shapes |= find_codes(segment->plain, plain_end) | find_codes(folded, end);
    if (is_lone(segment->plain, plain_end) || is_lone(folded, end))
        shapes |= (uint64_t)1 << SHAPE_LONE | (uint64_t)1 << SHAPE_CODE;
    if (has_money(folded, end, rules))
        shapes |= (uint64_t)1 << SHAPE_MONEY;
    if (has_ip(folded, end))
        shapes |= (uint64_t)1 << SHAPE_IP;
    return shapes;
}

static bool is_random(const char *start, const char *end)
{
    unsigned digits = 0;
    unsigned upper = 0;
    unsigned lower = 0;
    unsigned turns = 0; /* from letter to digit and back */

    if (end - start < TOKEN_MIN)
        return false;
    for (const char *c = start; c < end; c++) {
        digits += is_digit(*c);
        upper += is_upper(*c);
        lower += is_lower(*c);
        turns += c > start && is_digit(*c) != is_digit(c[-1]);
    }
    return digits >= 2 && upper + lower >= 2 && turns >= 3;
}

bool kind_shape_has_token(const char *url)
{
    const char *at = strstr(url, "://");
    const char *start;

    at = at != NULL ? at + 3 : url;
    at += strcspn(at, "/?#");
    for (start = at; *at != '\0'; at++) {
        if (isalnum((unsigned char)*at) || *at == '-' || *at == '_' || *at == '.')
            continue;
        if (is_random(start, at))
            return true;
        start = at + 1;
    }
    return is_random(start, at);
}
