/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * gmime_alone MBOX - the yardstick of measure_scan.py: what GMime alone takes to parse all mails of
 * an mbox, one after the other, and to decode the text of their text parts. Prints how many mails
 * and octets of text there were, and the seconds for parsing alone and with decoding.
 */
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct sums {
    unsigned long mails;
    unsigned long texts;
    unsigned long octets;
    gboolean decode;
};

static void read_part(GMimeObject *parent, GMimeObject *part, gpointer cookie)
{
    struct sums *sums = cookie;
    char *text;

    (void)parent;
    if (!GMIME_IS_TEXT_PART(part))
        return;
    sums->texts++;
    text = sums->decode ? g_mime_text_part_get_text(GMIME_TEXT_PART(part)) : NULL;
    if (text != NULL)
        sums->octets += strlen(text);
    g_free(text);
}

static int read_box(const char *path, struct sums *sums)
{
    GMimeStream *stream = g_mime_stream_fs_open(path, 0, 0, NULL);
    GMimeParser *parser;

    if (stream == NULL)
        return -1;
    parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_format(parser, GMIME_FORMAT_MBOX);
    while (!g_mime_parser_eos(parser)) {
        GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

        if (message == NULL)
            break;
        sums->mails++;
        g_mime_message_foreach(message, read_part, sums);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    return 0;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct sums parsed = {.decode = FALSE}, decoded = {.decode = TRUE};
    double began, middle, ended;

    if (argc != 2) {
        fputs("usage: gmime_alone MBOX\n", stderr);
        return 64;
    }
    g_mime_init();
    began = seconds();
    if (read_box(argv[1], &parsed) != 0)
        return 66;
    middle = seconds();
    (void)read_box(argv[1], &decoded);
    ended = seconds();
    printf("%lu mails, %lu octets of text, %.3f s parsed, %.3f s parsed and decoded\n",
        decoded.mails, decoded.octets, middle - began, ended - middle);
    g_mime_shutdown();
    return 0;
}
