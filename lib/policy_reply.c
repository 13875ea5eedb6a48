/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * SMTP replies: read from the configuration, written for a recipient. What a bounce classifier
 * makes of a reply decides whether the service stops, so words that are known to be read as
 * "blocked" or "try again" are refused here, where the administrator can still mend them.
 */
#include "policy.h"

#include "buf.h"
#include "err.h"

#include <string.h>
#include <strings.h>

#define REPLY_MAX ((size_t)400)
#define ADDRESS_MAX ((size_t)64)
#define PLACE "{rcpt}"
#define PLACE_LENGTH (sizeof(PLACE) - 1)

/* Words, or beginnings of words where `longer`, that make a refusal soft. */
static const struct {
    const char *word;
    bool longer;
    bool lasting_only; /* right and proper in a reply of class 4 */
} soft_words[] = {
    {"block", true, false},
    {"blacklist", true, false},
    {"denylist", true, false},
    {"policy", false, false},
    {"policies", false, false},
    {"spam", true, false},
    {"denied", false, false},
    {"rbl", false, false},
    {"dnsbl", false, false},
    {"ip", false, false},
    {"url", false, false},
    {"http", false, false},
    {"https", false, false},
    {"www", false, false},
    {"disabled", false, false},
    {"inactive", false, false},
    {"suspended", false, false},
    {"reputation", false, false},
    {"content", false, false},
    {"mailbox full", false, true},
    {"mailbox is full", false, true},
    {"quota", false, true},
    {"temporar", true, true},
    {"try again", false, true},
    {"try later", false, true},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "450" … "559", as SMTP has them for mail transactions */
static bool code_is_valid(const char *text)
{
    return (text[0] == '4' || text[0] == '5') && text[1] >= '0' && text[1] <= '5' &&
           is_digit(text[2]) && text[3] == ' ';
}

/* One to three digits; the length, or 0. */
static size_t number_length(const char *text)
{
    size_t length = 0;

    while (length < 4 && is_digit(text[length]))
        length++;
    return length > 3 ? 0 : length;
}

/* Length of an enhanced status code of this class before a space (RFC 3463 §2), or 0. */
static size_t status_length(const char *text, char class)
{
    size_t subject, detail;

    if (text[0] != class || text[1] != '.')
        return 0;
    subject = number_length(text + 2);
    if (subject == 0 || text[2 + subject] != '.')
        return 0;
    detail = number_length(text + 3 + subject);
    if (detail == 0 || text[3 + subject + detail] != ' ')
        return 0;
    return 3 + subject + detail;
}

static bool has_word(const char *text, const char *word, bool longer)
{
    size_t length = strlen(word);

    for (const char *p = text; *p != '\0'; p++)
        if (strncasecmp(p, word, length) == 0 && (p == text || !is_alphanumeric(p[-1])) &&
            (longer || !is_alphanumeric(p[length])))
            return true;
    return false;
}

static const char *soft_word(const char *text, char class)
{
    for (size_t i = 0; i < sizeof(soft_words) / sizeof(soft_words[0]); i++)
        if (!(soft_words[i].lasting_only && class == '4') &&
            has_word(text, soft_words[i].word, soft_words[i].longer))
            return soft_words[i].word;
    return NULL;
}

/* Every brace belongs to "{rcpt}". */
static bool braces_are_valid(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (strncmp(p, PLACE, PLACE_LENGTH) == 0)
            p += PLACE_LENGTH - 1;
        else if (*p == '{' || *p == '}')
            return false;
    }
    return true;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

/* What is wrong with the characters of a reply, or NULL. */
static const char *wrong_characters(const char *text)
{
    if (strlen(text) > REPLY_MAX)
        return "the reply is longer than 400 octets: shorten it";
    if (!is_printable(text))
        return "the reply holds a character that is no printable ASCII: SMTP replies are ASCII";
    if (strchr(text, '%') != NULL)
        return "the reply holds '%', which milters cannot send: leave it out";
    if (!braces_are_valid(text))
        return "the only thing that may stand in braces is {rcpt}";
    return NULL;
}

/* What is wrong with code and status, or NULL; *length is that of the status. */
static const char *wrong_codes(const char *text, size_t *length)
{
    if (!code_is_valid(text))
        return "a reply begins with a code such as 550 (for good) or 451 (for now) and a space";
    *length = status_length(text + 4, text[0]);
    if (*length == 0)
        return "an enhanced status code of the same class must follow, such as 550 5.1.1";
    if (text[4 + *length + 1] == '\0' || text[4 + *length + 1] == ' ')
        return "a text must follow the status code, behind one space";
    return NULL;
}

int policy_reply_parse(
    struct arena *arena, const char *text, struct policy_reply *out, const char **why)
{
    size_t length = 0;
    const char *word;

    *why = wrong_characters(text);
    if (*why == NULL)
        *why = wrong_codes(text, &length);
    if (*why != NULL)
        return ERR_SYNTAX;
    word = soft_word(text + 4 + length + 1, text[0]);
    if (word != NULL) {
        *why = arena_printf(arena,
            "\"%s\" makes senders take the reply for a block or a passing trouble, and go on: "
            "say that the user is unknown",
            word);
        return *why == NULL ? ERR_NOMEM : ERR_SYNTAX;
    }
    out->code = arena_strndup(arena, text, 3);
    out->status = arena_strndup(arena, text + 4, length);
    out->text = arena_strdup(arena, text + 4 + length + 1);
    return out->code == NULL || out->status == NULL || out->text == NULL ? ERR_NOMEM : 0;
}

/* "<address>"; nothing where it cannot be shown. */
static bool put_address(struct buf *buf, const char *address)
{
    if (address == NULL || address[0] == '\0' || !is_printable(address) ||
        strchr(address, '%') != NULL)
        return false;
    buf_putc(buf, '<');
    buf_add(buf, address, strnlen(address, ADDRESS_MAX));
    buf_putc(buf, '>');
    return true;
}

/* Puts the text with the address filled in. Where the address is left out, the punctuation
 * behind it goes too. */
static void put_text(struct buf *buf, const char *text, const char *address)
{
    while (*text != '\0') {
        if (strncmp(text, PLACE, PLACE_LENGTH) != 0) {
            buf_putc(buf, *text++);
            continue;
        }
        text += PLACE_LENGTH;
        if (!put_address(buf, address))
            text += strspn(text, ":,; ");
    }
}

const char *policy_reply_write(
    struct arena *arena, const struct policy_reply *reply, const struct address *recipient)
{
    const char *written = NULL;
    struct buf buf;

    buf_init(&buf, SIZE_MAX / 2);
    buf_puts(&buf, reply->code);
    buf_putc(&buf, ' ');
    buf_puts(&buf, reply->status);
    buf_putc(&buf, ' ');
    put_text(&buf, reply->text, recipient == NULL ? NULL : recipient->seen);
    if (buf_failed(&buf) == 0)
        written = arena_strndup(arena, buf_text(&buf), buf.length);
    buf_free(&buf);
    return written;
}
