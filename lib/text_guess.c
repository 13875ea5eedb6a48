/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Counting is enough: how octets pair up tells the East Asian charsets, where they lie tells
 * Cyrillic, and what stands alone among ASCII letters is Western European.
 */
#include "text_guess.h"

#include <stdint.h>

#include "octets.h"

#define SAMPLE_MAX ((size_t)8192)
#define SURE_OCTETS 12 /* beyond ASCII: fewer prove nothing */

struct counts {
    size_t high;     /* octets from 0x80 */
    size_t together; /* of them, beside another one */
    size_t runs;     /* of them, unbroken */
    size_t low_half; /* of them, below 0xC0 */
    size_t lower;    /* 0xC0 to 0xDF */
    size_t upper;    /* 0xE0 to 0xFF */
    size_t thai;     /* 0xA1 to 0xCE: Thai consonants */
};

/* A text read as pairs of octets. */
struct pairs {
    size_t pairs;
    size_t bad;
    size_t kana;
    size_t hangul; /* rows of EUC-KR's Hangul */
    size_t common; /* rows of the most frequent Han */
    size_t marks;  /* punctuation rows */
};

/* The next octet beyond ASCII, from i on: ASCII counts for nothing, and is most of what comes. */
static size_t skip_ascii(const char *bytes, size_t i, size_t length)
{
    return i + octets_ascii_length(bytes + i, length - i);
}

struct text_guess_utf8 text_guess_utf8(const char *bytes, size_t length)
{
    struct text_guess_utf8 result = {0, 0, 0};
    const unsigned char *p = (const unsigned char *)bytes;

    for (size_t i = skip_ascii(bytes, 0, length); i < length; i = skip_ascii(bytes, i, length)) {
        size_t more = p[i] >= 0xC2 && p[i] <= 0xDF   ? 1
                      : p[i] >= 0xE0 && p[i] <= 0xEF ? 2
                      : p[i] >= 0xF0 && p[i] <= 0xF4 ? 3
                                                     : 9;
        size_t seen = 0;

        while (seen < more && i + 1 + seen < length && (p[i + 1 + seen] & 0xC0) == 0x80)
            seen++;
        if (seen == more) {
            result.good++;
            result.wide += more > 1;
            i += more + 1;
        } else {
            result.bad += more == 9 || i + 1 + seen < length;
            i += 1;
            while (more != 9 && i < length && (p[i] & 0xC0) == 0x80)
                i++;
        }
    }
    return result;
}

static struct counts count_octets(const unsigned char *p, size_t length)
{
    struct counts counts = {0};

    for (size_t i = 0; i < length; i++) {
        if (p[i] < 0x80)
            continue;
        counts.high++;
        counts.runs += i == 0 || p[i - 1] < 0x80;
        counts.together += (i > 0 && p[i - 1] >= 0x80) || (i + 1 < length && p[i + 1] >= 0x80);
        counts.low_half += p[i] < 0xC0;
        counts.lower += p[i] >= 0xC0 && p[i] <= 0xDF;
        counts.upper += p[i] >= 0xE0;
        counts.thai += p[i] >= 0xA1 && p[i] <= 0xCE;
    }
    return counts;
}

/* EUC: both octets from 0xA1; the first one is the row. */
static struct pairs count_euc(const unsigned char *p, size_t length)
{
    struct pairs result = {0};

    for (size_t i = 0; i < length; i++) {
        if (p[i] < 0x80)
            continue;
        result.pairs++;
        if (i + 1 == length)
            break;
        if ((p[i] < 0xA1 && p[i] != 0x8E && p[i] != 0x8F) || p[i + 1] < 0xA1) {
            result.bad++;
            continue;
        }
        result.kana += p[i] == 0xA4 || p[i] == 0xA5;
        result.hangul += p[i] >= 0xB0 && p[i] <= 0xC8;
        result.common += p[i] >= 0xB0 && p[i] <= 0xD7;
        result.marks += p[i] >= 0xA1 && p[i] <= 0xA3;
        i++;
    }
    return result;
}

static struct pairs count_shift_jis(const unsigned char *p, size_t length)
{
    struct pairs result = {0};

    for (size_t i = 0; i < length; i++) {
        if (p[i] < 0x80)
            continue;
        result.pairs++;
        if (p[i] >= 0xA1 && p[i] <= 0xDF)
            continue; /* half-width kana */
        if (i + 1 == length)
            break;
        if (p[i] == 0x80 || p[i] == 0xA0 || p[i] > 0xFC || p[i + 1] < 0x40 || p[i + 1] == 0x7F ||
            p[i + 1] > 0xFC) {
            result.bad++;
            continue;
        }
        result.kana += (p[i] == 0x82 && p[i + 1] >= 0x9F && p[i + 1] <= 0xF1) ||
                       (p[i] == 0x83 && p[i + 1] <= 0x96);
        result.common += p[i] >= 0x88 && p[i] <= 0x97;
        result.marks += p[i] == 0x81;
        i++;
    }
    return result;
}

/* Big5 and GBK: the second octet may lie in ASCII. */
static struct pairs count_wide(const unsigned char *p, size_t length, bool big5)
{
    struct pairs result = {0};

    for (size_t i = 0; i < length; i++) {
        if (p[i] < 0x80)
            continue;
        result.pairs++;
        if (i + 1 == length)
            break;
        if (p[i] == 0x80 || p[i] == 0xFF || p[i + 1] < 0x40 || p[i + 1] == 0x7F ||
            p[i + 1] == 0xFF || (big5 && (p[i] < 0x87 || (p[i + 1] > 0x7E && p[i + 1] < 0xA1)))) {
            result.bad++;
            continue;
        }
        result.common += big5 ? p[i] >= 0xA4 && p[i] <= 0xC6 : p[i] >= 0xB0 && p[i] <= 0xD7;
        result.marks += big5 ? p[i] == 0xA1 : p[i] >= 0xA1 && p[i] <= 0xA3;
        i++;
    }
    return result;
}

/* At least so many percent of all. */
static bool share(size_t part, size_t all, size_t percent)
{
    return part * 100 >= all * percent && all > 0;
}

static const char *guess_single(const struct counts *counts)
{
    /* two in a row are no word yet: "Grüße" */
    if (!share(counts->together, counts->high, 60) || counts->high < counts->runs * 3)
        return "WINDOWS-1252";
    if (share(counts->low_half, counts->high, 25))
        return share(counts->thai, counts->high, 40) ? "CP874" : "WINDOWS-1252";
    return counts->lower > counts->upper ? "KOI8-U" : "WINDOWS-1251";
}

/* NULL where the octets do not pair up as East Asian text. */
static const char *guess_pairs(const unsigned char *p, size_t length)
{
    struct pairs euc = count_euc(p, length);
    struct pairs sjis = count_shift_jis(p, length);
    struct pairs big5 = count_wide(p, length, true);
    struct pairs gbk = count_wide(p, length, false);

    if (euc.bad * 50 <= euc.pairs) {
        if (share(euc.kana, euc.pairs, 20))
            return "EUC-JP-MS";
        if (share(euc.hangul, euc.pairs - euc.marks, 85))
            return "CP949";
        if (share(euc.common, euc.pairs - euc.marks, 60))
            return "GB18030";
    }
    if (sjis.bad * 50 <= sjis.pairs && share(sjis.kana, sjis.pairs, 20))
        return "CP932";
    if (big5.bad * 50 <= big5.pairs && share(big5.common, big5.pairs - big5.marks, 70))
        return "BIG5-HKSCS";
    if (gbk.bad * 50 <= gbk.pairs && share(gbk.common, gbk.pairs - gbk.marks, 60))
        return "GB18030";
    if (sjis.bad * 50 <= sjis.pairs && share(sjis.common + sjis.marks, sjis.pairs, 60))
        return "CP932";
    return NULL;
}

const char *text_guess_charset(const char *bytes, size_t length, bool *sure)
{
    const unsigned char *p = (const unsigned char *)bytes;
    const char *name = NULL;
    struct counts counts;

    if (length > SAMPLE_MAX)
        length = SAMPLE_MAX;
    counts = count_octets(p, length);
    /* Cyrillic has next to nothing below 0xC0; the second octets of pairs lie there often */
    if (share(counts.together, counts.high, 40) && share(counts.low_half, counts.high, 8))
        name = guess_pairs(p, length);
    *sure = counts.high >= SURE_OCTETS && share(counts.together, counts.high, 40);
    return name != NULL ? name : guess_single(&counts);
}
