/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * See defuse_view.h.
 */
#include "defuse_view.h"

#include "fold.h"

void defuse_view_open(struct defuse_view *view, const struct buf *text)
{
    glong length;

    view->text = g_utf8_to_ucs4_fast(buf_text(text), (glong)text->length, &length);
    view->length = (size_t)length;
    view->fate = g_malloc0(view->length + 1);
}

void defuse_view_close(struct defuse_view *view)
{
    g_free(view->fate);
    g_free(view->text);
    *view = (struct defuse_view){0};
}

void defuse_view_condemn(struct defuse_view *view, struct defuse_span span, enum defuse_fate fate)
{
    for (size_t i = span.from; i < span.to; i++)
        if (view->fate[i] == DEFUSE_KEPT)
            view->fate[i] = (unsigned char)fate;
}

bool defuse_view_begins(const struct defuse_view *view, size_t at, size_t end, const char *ascii)
{
    for (; *ascii != '\0'; ascii++, at++)
        if (at >= end || g_unichar_tolower(view->text[at]) != (gunichar)*ascii)
            return false;
    return true;
}

bool defuse_view_is_number(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);

    return type == G_UNICODE_DECIMAL_NUMBER || type == G_UNICODE_LETTER_NUMBER ||
           type == G_UNICODE_OTHER_NUMBER;
}

bool defuse_view_is_digit(gunichar c)
{
    /* those of everyday, then those of cheques */
    static const gunichar han[] = {0x3007, 0x96F6, 0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D,
        0x4E03, 0x516B, 0x4E5D, 0x58F1, 0x58F9, 0x5F10, 0x8CB3, 0x8D30, 0x53C1, 0x53C2, 0x53C3,
        0x8086, 0x4F0D, 0x9678, 0x9646, 0x67D2, 0x634C, 0x7396};

    for (size_t i = 0; i < sizeof(han) / sizeof(han[0]); i++)
        if (c == han[i])
            return true;
    return (c >= 0x2680 && c <= 0x2685) || defuse_view_is_number(c);
}

bool defuse_view_is_letter(gunichar c)
{
    return !defuse_view_is_digit(c) && (g_unichar_isalpha(c) || g_unichar_ismark(c));
}

bool defuse_view_is_word(const struct defuse_view *view, size_t at)
{
    gunichar c = view->text[at];

    return view->fate[at] == DEFUSE_KEPT && !fold_is_unspaced(c) &&
           (g_unichar_isalpha(c) || g_unichar_ismark(c) || defuse_view_is_number(c));
}

bool defuse_view_is_alnum(const struct defuse_view *view, size_t at)
{
    gunichar c;

    if (at >= view->length)
        return false;
    c = view->text[at];
    return g_unichar_isalpha(c) || g_unichar_ismark(c) || defuse_view_is_number(c);
}
