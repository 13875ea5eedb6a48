/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * text_label - the charset names that mails give, and what is meant by them.
 *
 * Mail programs write "iso-8859-1" and mean windows-1252, "gb2312" and mean GB18030: the name
 * given is the smallest, the text is what the widest of the family can read.
 * Thread rule: any thread; text_label_close once, after all others have ended.
 */
#ifndef GONEAWAY_TEXT_LABEL_H
#define GONEAWAY_TEXT_LABEL_H

#include <iconv.h>
#include <stddef.h>

enum text_label_family {
    TEXT_LABEL_UNKNOWN,
    TEXT_LABEL_UTF8,
    TEXT_LABEL_WESTERN, /* ASCII, ISO-8859-1, windows-1252: what is written when nobody knows */
    TEXT_LABEL_SINGLE,  /* an octet a character, ASCII below 0x80 */
    TEXT_LABEL_MULTI,   /* one or more, ASCII below 0x80 where it begins a character */
    TEXT_LABEL_STATE,   /* ASCII octets need not be ASCII: UTF-16, UTF-7, ISO-2022-KR */
    TEXT_LABEL_JIS      /* ISO-2022-JP and its variants */
};

struct text_label {
    enum text_label_family family;
    const char *iconv; /* static; NULL where unknown */
};

#define TEXT_LABEL_NO_CONVERTER ((iconv_t)-1)

/* iconv_open from a charset to UTF-8, for the caller to close; TEXT_LABEL_NO_CONVERTER where it
 * fails. Of a charset of the table a second one is opened the first time and kept, so that the C
 * library does not load and unload the module with every mail, which takes 25 microseconds. All of
 * them, most of which are never asked for, would take 1.2 MB. */
iconv_t text_label_converter(const char *name);
/* Closes what was kept. */
void text_label_close(void);

/* What is meant by a label; unknown for NULL, "" and what our table does not hold. */
struct text_label text_label_find(const char *label);

/* Looks for charset=… in the first octets of an HTML text; writes the name to label. Returns
 * its length, 0 for none. */
size_t text_label_in_html(const char *bytes, size_t length, char *label, size_t room);

#endif
