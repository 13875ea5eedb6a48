/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What a stranger chose, on its way into a page, a terminal, a CSV file, masked and not: whatever
 * it is, it cannot end the place it stands in, and no local part of ours is left.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "mask.h"

#define TEXT_MAX 4096

static void require(bool holds)
{
    if (!holds)
        abort();
}

static char *written(void (*write)(FILE *, const char *), const char *text)
{
    char *out = NULL;
    size_t length;
    FILE *stream = open_memstream(&out, &length);

    require(stream != NULL);
    write(stream, text);
    fclose(stream);
    return out;
}

/* Controls may only be those of `allowed`. */
static void no_controls(const char *text, const char *allowed)
{
    for (; *text != '\0'; text++)
        require(((unsigned char)*text >= 0x20 && *text != 0x7f) || strchr(allowed, *text) != NULL);
}

static void look(const char *text)
{
    char *html = written(escape_html, text), *line = written(escape_terminal, text);
    char *csv = written(escape_csv, text);

    require(strpbrk(html, "<>\"'") == NULL);
    no_controls(html, "\n");
    no_controls(line, "");
    no_controls(csv, "\n\t");
    require(csv[0] == '"' || strpbrk(csv, ",\"\n") == NULL);
    require(strchr("=+-@", csv[0]) == NULL || csv[0] == '\0');
    require(escape_width(line) == escape_width(text));
    free(html);
    free(line);
    free(csv);
}

static void look_masked(const struct mask *mask, const char *text)
{
    char whole[TEXT_MAX + 32];
    struct buf buf;

    buf_init(&buf, (size_t)1 << 20);
    mask_text(mask, text, &buf);
    require(buf_failed(&buf) == 0);
    look(buf_text(&buf));
    buf_free(&buf);
    snprintf(whole, sizeof(whole), "%s@example.com", text);
    buf_init(&buf, (size_t)1 << 20);
    mask_address(mask, whole, &buf);
    require(strlen(buf_text(&buf)) == 11 + strlen("@example.com"));
    buf_free(&buf);
    buf_init(&buf, (size_t)1 << 20);
    mask_contact(mask, whole, &buf);
    require(buf_failed(&buf) == 0);
    buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const domains[] = {"example.com"};
    static struct mask *mask;
    char *text;

    if (size > TEXT_MAX || memchr(data, '\0', size) != NULL)
        return 0;
    if (mask == NULL)
        require(mask_new(domains, 1, &mask) == 0);
    text = malloc(size + 1);
    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    look(text);
    look_masked(mask, text);
    free(text);
    return 0;
}
