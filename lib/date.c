/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Two strict parsers, one for each standard, over one calendar: the proleptic Gregorian one.
 * Nothing here asks the C library about dates: no time zone of the machine, no 32-bit limit.
 *
 * A second of 60 is taken in any minute: which minutes had one is announced by bulletins that
 * a program built earlier cannot know.
 */
#include "date.h"

#include "cfws.h"
#include "err.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DAY ((int64_t)86400)
/* More digits than this cannot be a year; it keeps the seconds far from overflow. */
#define YEAR_DIGITS_MAX 9

struct civil {
    int64_t year;
    int month, day, hour, minute, second;
    int64_t offset; /* seconds east of UTC */
};

struct cursor {
    const char *at;
    const char *end;
};

static const char *const month_names[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const day_names[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};

/* RFC 5322 §4.3; zones that are not here are taken for UTC, as it says there. */
static const struct {
    char name[4];
    int hours;
} zones[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6},
    {"PST", -8}, {"PDT", -7}};

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01; the year is counted from March, so that the leap day is its last. */
static int64_t days_since_epoch(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static bool civil_is_valid(const struct civil *c)
{
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
           c->second <= 60;
}

static int64_t civil_seconds(const struct civil *c)
{
    return days_since_epoch(c->year, c->month, c->day) * DAY + c->hour * INT64_C(3600) +
           c->minute * INT64_C(60) + c->second - c->offset;
}

/* Reads exactly count digits. */
static bool digits(struct cursor *c, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++) {
        if (c->at == c->end || *c->at < '0' || *c->at > '9')
            return false;
        *out = *out * 10 + (*c->at++ - '0');
    }
    return true;
}

/* Reads the character one or other. */
static bool either(struct cursor *c, char one, char other)
{
    if (c->at == c->end || (*c->at != one && *c->at != other))
        return false;
    c->at++;
    return true;
}

static bool literal(struct cursor *c, char wanted)
{
    return either(c, wanted, wanted);
}

/* full-date of RFC 3339 */
static bool rfc3339_date(struct cursor *c, struct civil *out)
{
    int year;

    if (!digits(c, 4, &year) || year == 0 || !literal(c, '-') || !digits(c, 2, &out->month) ||
        !literal(c, '-') || !digits(c, 2, &out->day))
        return false;
    out->year = year;
    return true;
}

/* time-offset of RFC 3339 */
static bool rfc3339_offset(struct cursor *c, struct civil *out)
{
    int hours, minutes;
    bool west;

    if (either(c, 'Z', 'z'))
        return true;
    west = c->at < c->end && *c->at == '-';
    if (!either(c, '+', '-') || !digits(c, 2, &hours) || !literal(c, ':') ||
        !digits(c, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    out->offset = (hours * INT64_C(3600) + minutes * INT64_C(60)) * (west ? -1 : 1);
    return true;
}

int date_parse_rfc3339(const char *text, size_t length, int64_t *out)
{
    struct cursor c = {text, text + length};
    struct civil when = {0};

    if (!rfc3339_date(&c, &when) || !either(&c, 'T', 't') || !digits(&c, 2, &when.hour) ||
        !literal(&c, ':') || !digits(&c, 2, &when.minute) || !literal(&c, ':') ||
        !digits(&c, 2, &when.second) || !rfc3339_offset(&c, &when) || c.at != c.end ||
        !civil_is_valid(&when))
        return ERR_SYNTAX;
    *out = civil_seconds(&when);
    return 0;
}

int date_parse_setting(const char *text, int64_t *out)
{
    size_t length = strlen(text);
    struct cursor c = {text, text + length};
    struct civil when = {0};

    if (!rfc3339_date(&c, &when) || c.at != c.end)
        return date_parse_rfc3339(text, length, out);
    when.hour = 23;
    when.minute = 59;
    when.second = 59;
    if (!civil_is_valid(&when))
        return ERR_SYNTAX;
    *out = civil_seconds(&when);
    return 0;
}

static bool skip(struct cursor *c)
{
    return cfws_skip(&c->at, c->end);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Length of the word of letters that stands at the cursor. */
static size_t word_length(const struct cursor *c)
{
    const char *p = c->at;

    while (p < c->end && is_letter(*p))
        p++;
    return (size_t)(p - c->at);
}

/* Reads a name of three letters; its place in the list, or -1. */
static int name(struct cursor *c, const char *const *names, int count)
{
    if (word_length(c) != 3)
        return -1;
    for (int i = 0; i < count; i++)
        if (strncasecmp(c->at, names[i], 3) == 0) {
            c->at += 3;
            return i;
        }
    return -1;
}

/* [day-of-week ","]; *weekday is -1 where none is written. */
static bool rfc5322_weekday(struct cursor *c, int *weekday)
{
    *weekday = -1;
    if (!skip(c))
        return false;
    if (word_length(c) == 0)
        return true;
    *weekday = name(c, day_names, 7);
    return *weekday >= 0 && skip(c) && literal(c, ',') && skip(c);
}

/* year; two and three digits as in RFC 5322 §4.3 */
static bool rfc5322_year(struct cursor *c, int64_t *year)
{
    int count = 0;

    *year = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++, count++) {
        if (count == YEAR_DIGITS_MAX)
            return false;
        *year = *year * 10 + (*c->at - '0');
    }
    if (count < 2)
        return false;
    if (count == 2)
        *year += *year < 50 ? 2000 : 1900;
    else if (count == 3)
        *year += 1900;
    return *year >= 1900;
}

/* day month year */
static bool rfc5322_date(struct cursor *c, struct civil *out)
{
    int digit;

    if (!digits(c, 1, &out->day))
        return false;
    if (digits(c, 1, &digit))
        out->day = out->day * 10 + digit;
    if (!skip(c))
        return false;
    out->month = name(c, month_names, 12) + 1;
    return out->month > 0 && skip(c) && rfc5322_year(c, &out->year);
}

/* hour ":" minute [ ":" second ] */
static bool rfc5322_time(struct cursor *c, struct civil *out)
{
    if (!skip(c) || !digits(c, 2, &out->hour) || !skip(c) || !literal(c, ':') || !skip(c) ||
        !digits(c, 2, &out->minute) || !skip(c))
        return false;
    if (!literal(c, ':'))
        return true;
    return skip(c) && digits(c, 2, &out->second) && skip(c);
}

/* ( "+" / "-" ) 4DIGIT, with white space before it */
static bool zone_number(struct cursor *c, struct civil *out)
{
    bool west = *c->at == '-';
    int hours, minutes;

    if (c->at[-1] != ' ' && c->at[-1] != '\t')
        return false;
    c->at++;
    if (!digits(c, 2, &hours) || !digits(c, 2, &minutes) || minutes > 59)
        return false;
    out->offset = (hours * INT64_C(3600) + minutes * INT64_C(60)) * (west ? -1 : 1);
    return true;
}

/* The cursor stands behind the time, so there is a character before it. */
static bool rfc5322_zone(struct cursor *c, struct civil *out)
{
    size_t length = word_length(c);

    if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
        return zone_number(c, out);
    if (length < 1 || length > 5 || (length == 1 && (*c->at == 'J' || *c->at == 'j')))
        return false;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
        if (length == 3 && strncasecmp(c->at, zones[i].name, 3) == 0)
            out->offset = zones[i].hours * INT64_C(3600);
    c->at += length;
    return true;
}

int date_parse_rfc5322(const char *text, size_t length, int64_t *out)
{
    struct cursor c = {text, text + length};
    struct civil when = {0};
    int weekday;

    if (!rfc5322_weekday(&c, &weekday) || !rfc5322_date(&c, &when) || !rfc5322_time(&c, &when) ||
        !rfc5322_zone(&c, &when) || !skip(&c) || c.at != c.end || !civil_is_valid(&when))
        return ERR_SYNTAX;
    /* 1970-01-01 was a Thursday, the first of day_names; no year here is before 1900 */
    if (weekday >= 0 && (days_since_epoch(when.year, when.month, when.day) % 7 + 7) % 7 != weekday)
        return ERR_SYNTAX;
    *out = civil_seconds(&when);
    return 0;
}

/* Two digits and what stands behind them; returns where the next ones go. */
static char *put_digits(char *to, unsigned number, char behind)
{
    *to++ = (char)('0' + number / 10 % 10);
    *to++ = (char)('0' + number % 10);
    *to = behind;
    return to + (behind != '\0');
}

void date_format(int64_t when, char out[DATE_TEXT_SIZE])
{
    int64_t first = days_since_epoch(1, 1, 1), behind = days_since_epoch(10000, 1, 1), days;
    int seconds, year, month = 1;

    out[0] = '\0';
    if (when < first * DAY || when >= behind * DAY)
        return;
    days = when / DAY - (when % DAY < 0 ? 1 : 0);
    seconds = (int)(when - days * DAY);
    /* never too late a year: 366 days are the most that one has */
    year = (int)((days - first) / 366) + 1;
    while (days >= days_since_epoch(year + 1, 1, 1))
        year++;
    while (month < 12 && days >= days_since_epoch(year, month + 1, 1))
        month++;
    out = put_digits(out, (unsigned)year / 100, '\0');
    out = put_digits(out, (unsigned)year % 100, '-');
    out = put_digits(out, (unsigned)month, '-');
    out = put_digits(out, (unsigned)(days - days_since_epoch(year, month, 1)) + 1, 'T');
    out = put_digits(out, (unsigned)seconds / 3600, ':');
    out = put_digits(out, (unsigned)seconds / 60 % 60, ':');
    put_digits(out, (unsigned)seconds % 60, 'Z')[0] = '\0';
}
