/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Labels are compared by their letters and digits alone, so that iso-8859-1, ISO_8859-1:1987 and
 * iso8859-1 are one.
 */
#include "text_label.h"

#include <glib.h>
#include <iconv.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define LABEL_MAX 40
#define HTML_HEAD ((size_t)2048)

struct known {
    const char *label;
    enum text_label_family family;
    const char *iconv;
};

static const struct known table[] = {
    {"utf8", TEXT_LABEL_UTF8, "UTF-8"},
    {"utf8mb4", TEXT_LABEL_UTF8, "UTF-8"},
    {"unicode11utf8", TEXT_LABEL_UTF8, "UTF-8"},
    {"usascii", TEXT_LABEL_WESTERN, "WINDOWS-1252"},
    {"ascii", TEXT_LABEL_WESTERN, "WINDOWS-1252"},
    {"ansix341968", TEXT_LABEL_WESTERN, "WINDOWS-1252"},
    {"iso88591", TEXT_LABEL_WESTERN, "WINDOWS-1252"},
    {"latin1", TEXT_LABEL_WESTERN, "WINDOWS-1252"},
    {"windows1252", TEXT_LABEL_WESTERN, "WINDOWS-1252"},
    {"cp1252", TEXT_LABEL_WESTERN, "WINDOWS-1252"},
    {"iso2022jp", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"iso2022jp1", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"iso2022jp2", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"iso2022jp3", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"iso2022jp2004", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"iso2022jpms", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"csiso2022jp", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"cp50220", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"cp50221", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"cp50222", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"jis", TEXT_LABEL_JIS, "ISO-2022-JP"},
    {"shiftjis", TEXT_LABEL_MULTI, "CP932"},
    {"sjis", TEXT_LABEL_MULTI, "CP932"},
    {"xsjis", TEXT_LABEL_MULTI, "CP932"},
    {"windows31j", TEXT_LABEL_MULTI, "CP932"},
    {"cswindows31j", TEXT_LABEL_MULTI, "CP932"},
    {"windows932", TEXT_LABEL_MULTI, "CP932"},
    {"cp932", TEXT_LABEL_MULTI, "CP932"},
    {"ms932", TEXT_LABEL_MULTI, "CP932"},
    {"mskanji", TEXT_LABEL_MULTI, "CP932"},
    {"csshiftjis", TEXT_LABEL_MULTI, "CP932"},
    {"shiftjisx0213", TEXT_LABEL_MULTI, "SHIFT_JISX0213"},
    {"shiftjis2004", TEXT_LABEL_MULTI, "SHIFT_JISX0213"},
    {"eucjp", TEXT_LABEL_MULTI, "EUC-JP-MS"},
    {"xeucjp", TEXT_LABEL_MULTI, "EUC-JP-MS"},
    {"eucjpms", TEXT_LABEL_MULTI, "EUC-JP-MS"},
    {"cp51932", TEXT_LABEL_MULTI, "EUC-JP-MS"},
    {"ujis", TEXT_LABEL_MULTI, "EUC-JP-MS"},
    {"eucjisx0213", TEXT_LABEL_MULTI, "EUC-JISX0213"},
    {"eucjis2004", TEXT_LABEL_MULTI, "EUC-JISX0213"},
    {"euckr", TEXT_LABEL_MULTI, "CP949"},
    {"cseuckr", TEXT_LABEL_MULTI, "CP949"},
    {"ksc5601", TEXT_LABEL_MULTI, "CP949"},
    {"ksc56011987", TEXT_LABEL_MULTI, "CP949"},
    {"ksc56011989", TEXT_LABEL_MULTI, "CP949"},
    {"korean", TEXT_LABEL_MULTI, "CP949"},
    {"uhc", TEXT_LABEL_MULTI, "CP949"},
    {"cp949", TEXT_LABEL_MULTI, "CP949"},
    {"ms949", TEXT_LABEL_MULTI, "CP949"},
    {"windows949", TEXT_LABEL_MULTI, "CP949"},
    {"johab", TEXT_LABEL_MULTI, "JOHAB"},
    {"gb18030", TEXT_LABEL_MULTI, "GB18030"},
    {"gb2312", TEXT_LABEL_MULTI, "GB18030"},
    {"gb231280", TEXT_LABEL_MULTI, "GB18030"},
    {"csgb2312", TEXT_LABEL_MULTI, "GB18030"},
    {"gbk", TEXT_LABEL_MULTI, "GB18030"},
    {"xgbk", TEXT_LABEL_MULTI, "GB18030"},
    {"cp936", TEXT_LABEL_MULTI, "GB18030"},
    {"ms936", TEXT_LABEL_MULTI, "GB18030"},
    {"windows936", TEXT_LABEL_MULTI, "GB18030"},
    {"euccn", TEXT_LABEL_MULTI, "GB18030"},
    {"cngb", TEXT_LABEL_MULTI, "GB18030"},
    {"chinese", TEXT_LABEL_MULTI, "GB18030"},
    {"big5", TEXT_LABEL_MULTI, "BIG5-HKSCS"},
    {"big5hkscs", TEXT_LABEL_MULTI, "BIG5-HKSCS"},
    {"xbig5", TEXT_LABEL_MULTI, "BIG5-HKSCS"},
    {"xxbig5", TEXT_LABEL_MULTI, "BIG5-HKSCS"},
    {"csbig5", TEXT_LABEL_MULTI, "BIG5-HKSCS"},
    {"cnbig5", TEXT_LABEL_MULTI, "BIG5-HKSCS"},
    {"cp950", TEXT_LABEL_MULTI, "BIG5-HKSCS"},
    {"windows950", TEXT_LABEL_MULTI, "BIG5-HKSCS"},
    {"euctw", TEXT_LABEL_MULTI, "EUC-TW"},
    {"iso2022kr", TEXT_LABEL_STATE, "ISO-2022-KR"},
    {"iso2022cn", TEXT_LABEL_STATE, "ISO-2022-CN"},
    {"utf7", TEXT_LABEL_STATE, "UTF-7"},
    {"unicode11utf7", TEXT_LABEL_STATE, "UTF-7"},
    {"utf16", TEXT_LABEL_STATE, "UTF-16"},
    {"utf16le", TEXT_LABEL_STATE, "UTF-16LE"},
    {"utf16be", TEXT_LABEL_STATE, "UTF-16BE"},
    {"ucs2", TEXT_LABEL_STATE, "UTF-16"},
    {"iso10646ucs2", TEXT_LABEL_STATE, "UTF-16"},
    {"utf32", TEXT_LABEL_STATE, "UTF-32"},
    {"utf32le", TEXT_LABEL_STATE, "UTF-32LE"},
    {"utf32be", TEXT_LABEL_STATE, "UTF-32BE"},
    {"iso88592", TEXT_LABEL_SINGLE, "ISO-8859-2"},
    {"latin2", TEXT_LABEL_SINGLE, "ISO-8859-2"},
    {"iso88593", TEXT_LABEL_SINGLE, "ISO-8859-3"},
    {"latin3", TEXT_LABEL_SINGLE, "ISO-8859-3"},
    {"iso88594", TEXT_LABEL_SINGLE, "ISO-8859-4"},
    {"latin4", TEXT_LABEL_SINGLE, "ISO-8859-4"},
    {"iso88595", TEXT_LABEL_SINGLE, "ISO-8859-5"},
    {"cyrillic", TEXT_LABEL_SINGLE, "ISO-8859-5"},
    {"iso88596", TEXT_LABEL_SINGLE, "ISO-8859-6"},
    {"iso88596e", TEXT_LABEL_SINGLE, "ISO-8859-6"},
    {"iso88596i", TEXT_LABEL_SINGLE, "ISO-8859-6"},
    {"arabic", TEXT_LABEL_SINGLE, "ISO-8859-6"},
    {"iso88597", TEXT_LABEL_SINGLE, "ISO-8859-7"},
    {"greek", TEXT_LABEL_SINGLE, "ISO-8859-7"},
    {"iso88598", TEXT_LABEL_SINGLE, "WINDOWS-1255"},
    {"iso88598e", TEXT_LABEL_SINGLE, "WINDOWS-1255"},
    {"iso88598i", TEXT_LABEL_SINGLE, "WINDOWS-1255"},
    {"hebrew", TEXT_LABEL_SINGLE, "WINDOWS-1255"},
    {"logical", TEXT_LABEL_SINGLE, "WINDOWS-1255"},
    {"visual", TEXT_LABEL_SINGLE, "WINDOWS-1255"},
    {"iso88599", TEXT_LABEL_SINGLE, "WINDOWS-1254"},
    {"latin5", TEXT_LABEL_SINGLE, "WINDOWS-1254"},
    {"iso885910", TEXT_LABEL_SINGLE, "ISO-8859-10"},
    {"latin6", TEXT_LABEL_SINGLE, "ISO-8859-10"},
    {"iso885911", TEXT_LABEL_SINGLE, "CP874"},
    {"iso885913", TEXT_LABEL_SINGLE, "ISO-8859-13"},
    {"iso885914", TEXT_LABEL_SINGLE, "ISO-8859-14"},
    {"iso885915", TEXT_LABEL_SINGLE, "ISO-8859-15"},
    {"latin9", TEXT_LABEL_SINGLE, "ISO-8859-15"},
    {"iso885916", TEXT_LABEL_SINGLE, "ISO-8859-16"},
    {"windows1250", TEXT_LABEL_SINGLE, "WINDOWS-1250"},
    {"cp1250", TEXT_LABEL_SINGLE, "WINDOWS-1250"},
    {"windows1251", TEXT_LABEL_SINGLE, "WINDOWS-1251"},
    {"cp1251", TEXT_LABEL_SINGLE, "WINDOWS-1251"},
    {"windows1253", TEXT_LABEL_SINGLE, "WINDOWS-1253"},
    {"cp1253", TEXT_LABEL_SINGLE, "WINDOWS-1253"},
    {"windows1254", TEXT_LABEL_SINGLE, "WINDOWS-1254"},
    {"cp1254", TEXT_LABEL_SINGLE, "WINDOWS-1254"},
    {"windows1255", TEXT_LABEL_SINGLE, "WINDOWS-1255"},
    {"cp1255", TEXT_LABEL_SINGLE, "WINDOWS-1255"},
    {"windows1256", TEXT_LABEL_SINGLE, "WINDOWS-1256"},
    {"cp1256", TEXT_LABEL_SINGLE, "WINDOWS-1256"},
    {"windows1257", TEXT_LABEL_SINGLE, "WINDOWS-1257"},
    {"cp1257", TEXT_LABEL_SINGLE, "WINDOWS-1257"},
    {"windows1258", TEXT_LABEL_SINGLE, "WINDOWS-1258"},
    {"cp1258", TEXT_LABEL_SINGLE, "WINDOWS-1258"},
    {"windows874", TEXT_LABEL_SINGLE, "CP874"},
    {"cp874", TEXT_LABEL_SINGLE, "CP874"},
    {"tis620", TEXT_LABEL_SINGLE, "CP874"},
    {"thai", TEXT_LABEL_SINGLE, "CP874"},
    {"koi8r", TEXT_LABEL_SINGLE, "KOI8-R"},
    {"koi8u", TEXT_LABEL_SINGLE, "KOI8-U"},
    {"koi8ru", TEXT_LABEL_SINGLE, "KOI8-RU"},
    {"koi8t", TEXT_LABEL_SINGLE, "KOI8-T"},
    {"koi8", TEXT_LABEL_SINGLE, "KOI8-R"},
    {"cp866", TEXT_LABEL_SINGLE, "CP866"},
    {"ibm866", TEXT_LABEL_SINGLE, "CP866"},
    {"cp437", TEXT_LABEL_SINGLE, "CP437"},
    {"ibm437", TEXT_LABEL_SINGLE, "CP437"},
    {"cp850", TEXT_LABEL_SINGLE, "CP850"},
    {"ibm850", TEXT_LABEL_SINGLE, "CP850"},
    {"cp852", TEXT_LABEL_SINGLE, "CP852"},
    {"ibm852", TEXT_LABEL_SINGLE, "CP852"},
    {"macintosh", TEXT_LABEL_SINGLE, "MACINTOSH"},
    {"macroman", TEXT_LABEL_SINGLE, "MACINTOSH"},
    {"xmacroman", TEXT_LABEL_SINGLE, "MACINTOSH"},
    {"xmaccyrillic", TEXT_LABEL_SINGLE, "MAC-CYRILLIC"},
    {"maccyrillic", TEXT_LABEL_SINGLE, "MAC-CYRILLIC"},
    {"viscii", TEXT_LABEL_SINGLE, "VISCII"},
    {"tcvn", TEXT_LABEL_SINGLE, "TCVN"},
    {"tcvn5712", TEXT_LABEL_SINGLE, "TCVN"},
    {"armscii8", TEXT_LABEL_SINGLE, "ARMSCII-8"},
    {"georgianps", TEXT_LABEL_SINGLE, "GEORGIAN-PS"},
    {"georgianacademy", TEXT_LABEL_SINGLE, "GEORGIAN-ACADEMY"},
    {"ptcp154", TEXT_LABEL_SINGLE, "PT154"},
    {"pt154", TEXT_LABEL_SINGLE, "PT154"},
    {"rk1048", TEXT_LABEL_SINGLE, "RK1048"},
};

/* One for each line of the table, NULL until its converter was asked for. Only ever read to be
 * closed: that they are open is their use. */
static _Atomic(iconv_t) held[G_N_ELEMENTS(table)];

/* Of two threads that come at once one keeps its own. */
static void hold(size_t line)
{
    iconv_t nobody = NULL, mine;

    if (atomic_load_explicit(&held[line], memory_order_relaxed) != NULL)
        return;
    mine = iconv_open("UTF-8", table[line].iconv);
    if (mine != TEXT_LABEL_NO_CONVERTER &&
        !atomic_compare_exchange_strong(&held[line], &nobody, mine))
        iconv_close(mine);
}

iconv_t text_label_converter(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (strcmp(table[i].iconv, name) == 0) {
            hold(i);
            break;
        }
    return iconv_open("UTF-8", name);
}

void text_label_close(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        iconv_t mine = atomic_exchange(&held[i], NULL);

        if (mine != NULL)
            iconv_close(mine);
    }
}

/* Letters and digits in lower case; a year behind a colon, quotes and language tags are left. */
static void normalise(const char *label, char *out, size_t room)
{
    size_t used = 0;

    for (; *label != '\0' && *label != ':' && *label != '*' && used + 1 < room; label++)
        if (g_ascii_isalnum(*label))
            out[used++] = g_ascii_tolower(*label);
    out[used] = '\0';
}

struct text_label text_label_find(const char *label)
{
    struct text_label result = {TEXT_LABEL_UNKNOWN, NULL};
    char name[LABEL_MAX];

    if (label == NULL)
        return result;
    normalise(label, name, sizeof(name));
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (strcmp(table[i].label, name) == 0) {
            result.family = table[i].family;
            result.iconv = table[i].iconv;
            break;
        }
    return result;
}

size_t text_label_in_html(const char *bytes, size_t length, char *label, size_t room)
{
    size_t used = 0;

    if (length > HTML_HEAD)
        length = HTML_HEAD;
    for (size_t i = 0; i + 8 < length; i++) {
        if (g_ascii_strncasecmp(bytes + i, "charset=", 8) != 0)
            continue;
        for (i += 8; i < length && (bytes[i] == '"' || bytes[i] == '\'' || bytes[i] == ' ');)
            i++;
        while (i < length && used + 1 < room &&
               (g_ascii_isalnum(bytes[i]) || strchr("-_.:", bytes[i]) != NULL) && bytes[i] != '\0')
            label[used++] = bytes[i++];
        break;
    }
    label[used] = '\0';
    return used;
}
