/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * load_mix - the mails of a folder, as packets.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "milter_load.h"
#include "milter_words.h"

#define BODY_CHUNK ((size_t)65535)
#define QUEUE_ID                                                                                   \
    "i\0"                                                                                          \
    "4BenchQueueId"

static bool read_whole(const char *path, struct load_mail *mail)
{
    FILE *in = fopen(path, "re");
    struct stat status;
    bool good = false;

    if (in == NULL || fstat(fileno(in), &status) != 0)
        goto out;
    mail->raw = malloc((size_t)status.st_size + 1);
    if (mail->raw == NULL)
        goto out;
    mail->length = fread(mail->raw, 1, (size_t)status.st_size, in);
    mail->raw[mail->length] = '\0';
    good = mail->length == (size_t)status.st_size;
out:
    if (!good)
        perror(path);
    if (in != NULL)
        fclose(in);
    return good;
}

static int is_mail(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 4 && strcmp(entry->d_name + length - 4, ".eml") == 0;
}

/* The same order in every run, in which large and small stand mixed. */
static void shuffle(struct load_mix *mix)
{
    uint64_t state = 42;

    for (size_t i = mix->count - 1; i > 0; i--) {
        struct load_mail swap = mix->mails[i];
        size_t j;

        state = state * 6364136223846793005u + 1442695040888963407u;
        j = (size_t)(state >> 33) % (i + 1);
        mix->mails[i] = mix->mails[j];
        mix->mails[j] = swap;
    }
}

bool load_read_mix(struct load_mix *mix, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_mail, alphasort);
    bool good = count > 0;
    char path[4096];

    if (!good)
        fprintf(stderr, "milter_load: %s: no mails (*.eml)\n", folder);
    else
        mix->mails = calloc((size_t)count, sizeof(*mix->mails));
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        good = good && mix->mails != NULL && read_whole(path, &mix->mails[mix->count]);
        mix->count += good;
        free(entries[i]);
    }
    free(entries);
    if (good)
        shuffle(mix);
    return good;
}

static void put(struct load_mail *mail, const void *bytes, size_t length)
{
    while (mail->packets_length + length > mail->packets_room) {
        mail->packets_room = mail->packets_room == 0 ? 65536 : mail->packets_room * 2;
        mail->packets = realloc(mail->packets, mail->packets_room);
        if (mail->packets == NULL)
            abort();
    }
    if (length > 0)
        memcpy(mail->packets + mail->packets_length, bytes, length);
    mail->packets_length += length;
}

static void put_packet(struct load_mail *mail, char command, const char *data, size_t length)
{
    uint32_t size = htonl((uint32_t)length + 1);

    put(mail, &size, sizeof(size));
    put(mail, &command, 1);
    put(mail, data, length);
}

static void put_macros(struct load_mail *mail, char command)
{
    char data[64] = {command};

    memcpy(data + 1, QUEUE_ID, sizeof(QUEUE_ID));
    put_packet(mail, SMFIC_MACRO, data, 1 + sizeof(QUEUE_ID));
}

static void put_stop(struct load_mail *mail, char command)
{
    mail->stops = realloc(mail->stops, (mail->stop_count + 1) * sizeof(*mail->stops));
    if (mail->stops == NULL)
        abort();
    mail->stops[mail->stop_count++] = (struct load_stop){mail->packets_length, command};
}

/* Macros, packet, and the wait for a reply, as far as the milter wants them. */
static void put_step(struct load_mail *mail, const struct load_mix *mix, char command,
    const char *data, size_t length)
{
    const struct milter_step *step = milter_step(command);

    put_macros(mail, command);
    if ((mix->steps & step->unwanted) != 0)
        return;
    put_packet(mail, command, data, length);
    if ((mix->steps & step->silent) == 0)
        put_stop(mail, command);
}

/* One field that stands at lines: name, NUL, value with LF before folds, NUL. */
static void put_field(
    struct load_mail *mail, const struct load_mix *mix, const char *lines, size_t length)
{
    const char *colon = memchr(lines, ':', length);
    char *data = malloc(length + 2);
    const char *value;
    size_t used;

    if (colon == NULL || data == NULL)
        abort();
    used = (size_t)(colon - lines);
    memcpy(data, lines, used);
    data[used++] = '\0';
    value = colon + 1;
    if ((mix->steps & SMFIP_HDR_LEADSPC) == 0 && *value == ' ')
        value++;
    for (; value < lines + length; value++)
        if (*value != '\r' && !(*value == '\n' && value + 1 == lines + length))
            data[used++] = *value;
    data[used++] = '\0';
    put_step(mail, mix, SMFIC_HEADER, data, used);
    free(data);
}

static void take_sender(struct load_mail *mail, const char *line, size_t length)
{
    const char *open = memchr(line, '<', length), *close = memchr(line, '>', length);

    if (open != NULL && close != NULL && close > open)
        snprintf(mail->sender, sizeof(mail->sender), "%.*s", (int)(close - open - 1), open + 1);
}

/* Returns where the body begins. */
static size_t put_header(struct load_mail *mail, const struct load_mix *mix)
{
    const char *text = mail->raw;
    size_t at = 0;

    while (at < mail->length && text[at] != '\n' && text[at] != '\r') {
        size_t end = at;

        do {
            const char *newline = memchr(text + end, '\n', mail->length - end);

            end = newline == NULL ? mail->length : (size_t)(newline - text) + 1;
        } while (end < mail->length && (text[end] == ' ' || text[end] == '\t'));
        if (strncasecmp(text + at, "Return-Path:", 12) == 0)
            take_sender(mail, text + at, end - at);
        else
            put_field(mail, mix, text + at, end - at);
        at = end;
    }
    while (at < mail->length && text[at] == '\r')
        at++;
    return at < mail->length ? at + 1 : at;
}

/* The body in pieces, its lines ended by CRLF. */
static void put_body(struct load_mail *mail, const struct load_mix *mix, size_t from)
{
    size_t length = 0, chunk = BODY_CHUNK;
    char *body = malloc(2 * (mail->length - from) + 1);

    if (body == NULL)
        abort();
    for (size_t i = from; i < mail->length; i++) {
        if (mail->raw[i] == '\n' && (i == from || mail->raw[i - 1] != '\r'))
            body[length++] = '\r';
        body[length++] = mail->raw[i];
    }
    if (mix->halved && length / 2 + 1 < chunk)
        chunk = length / 2 + 1;
    for (size_t at = 0; at < length; at += chunk) {
        put_step(mail, mix, SMFIC_BODY, body + at, length - at < chunk ? length - at : chunk);
        if (at <= length / 2)
            mail->half = mail->packets_length;
    }
    free(body);
}

bool load_pack_mix(struct load_mix *mix)
{
    for (size_t i = 0; i < mix->count; i++) {
        struct load_mail *mail = &mix->mails[i];
        size_t body;

        put_step(mail, mix, SMFIC_DATA, NULL, 0);
        body = put_header(mail, mix);
        put_step(mail, mix, SMFIC_EOH, NULL, 0);
        mail->half = mail->packets_length;
        put_body(mail, mix, body);
        free(mail->raw);
        mail->raw = NULL;
    }
    mix->prepared = true;
    return true;
}

void load_free_mix(struct load_mix *mix)
{
    for (size_t i = 0; i < mix->count; i++) {
        free(mix->mails[i].raw);
        free(mix->mails[i].packets);
        free(mix->mails[i].stops);
    }
    free(mix->mails);
}
