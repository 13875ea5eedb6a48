/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * load_link - one connection of an MTA to the milter. What needs no reply is collected and sent in
 * one piece with what does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "milter_load.h"
#include "milter_words.h"

#define PACKET_MAX ((uint32_t)1 << 20)
#define BUFFER_MAX ((size_t)4096)
#define TIMEOUT_SECONDS 60

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* "PORT@HOST" */
static int connect_inet(const char *place)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    const char *at = strchr(place, '@');
    char port[16];
    int fd = -1, one = 1;

    if (at == NULL || at - place >= (int)sizeof(port))
        return -1;
    snprintf(port, sizeof(port), "%.*s", (int)(at - place), place);
    if (getaddrinfo(at + 1, port, &hints, &found) != 0)
        return -1;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static int connect_to(const char *where)
{
    struct timeval limit = {.tv_sec = TIMEOUT_SECONDS};
    const char *colon = strchr(where, ':');
    int fd = -1;

    if (colon != NULL)
        fd = strncmp(where, "inet", 4) == 0 ? connect_inet(colon + 1) : connect_unix(colon + 1);
    if (fd < 0)
        fprintf(stderr, "milter_load: %s: %s\n", where, strerror(errno));
    else
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

static bool send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool flush(struct load_link *link)
{
    size_t length = link->buffered;

    link->buffered = 0;
    return send_all(link->fd, link->buffer, length);
}

/* Puts a small packet into the buffer. */
static bool put(struct load_link *link, char command, const char *data, size_t length)
{
    uint32_t size = htonl((uint32_t)length + 1);

    if (link->buffered + length + 5 > BUFFER_MAX && !flush(link))
        return false;
    if (length + 5 > BUFFER_MAX)
        return false;
    memcpy(link->buffer + link->buffered, &size, sizeof(size));
    link->buffer[link->buffered + 4] = command;
    if (length > 0)
        memcpy(link->buffer + link->buffered + 5, data, length);
    link->buffered += length + 5;
    return true;
}

static bool read_exactly(struct load_link *link, void *out, size_t length)
{
    char *to = out;

    while (length > 0) {
        size_t here = link->in_end - link->in_start;

        if (here == 0) {
            ssize_t got = recv(link->fd, link->input, sizeof(link->input), 0);

            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                return false;
            link->in_start = 0;
            link->in_end = (size_t)got;
            continue;
        }
        here = here < length ? here : length;
        if (to != NULL) {
            memcpy(to, link->input + link->in_start, here);
            to += here;
        }
        link->in_start += here;
        length -= here;
    }
    return true;
}

/* The letter of the next packet, its data thrown away; 0 on failure. */
static int read_reply(struct load_link *link)
{
    uint32_t size;
    char letter;

    if (!read_exactly(link, &size, sizeof(size)))
        return 0;
    size = ntohl(size);
    if (size == 0 || size > PACKET_MAX || !read_exactly(link, &letter, 1) ||
        !read_exactly(link, NULL, size - 1))
        return 0;
    return letter;
}

/* A step outside the content: its letter, or 'c' where the milter wants none or does not reply. */
static int step(struct load_link *link, char command, const char *macros, size_t macros_length,
    const char *data, size_t length)
{
    const struct milter_step *step = milter_step(command);

    if (!put(link, SMFIC_MACRO, macros, macros_length))
        return 0;
    if ((link->steps & step->unwanted) != 0)
        return 'c';
    if (!put(link, command, data, length))
        return 0;
    if ((link->steps & step->silent) != 0)
        return 'c';
    return flush(link) ? read_reply(link) : 0;
}

static bool negotiate(struct load_link *link)
{
    uint32_t words[3] = {htonl(6), htonl(ALL_ACTIONS), htonl(ALL_STEPS)}, size;
    char letter;

    if (!put(link, SMFIC_OPTNEG, (const char *)words, sizeof(words)) || !flush(link))
        return false;
    if (!read_exactly(link, &size, sizeof(size)) || !read_exactly(link, &letter, 1))
        return false;
    size = ntohl(size);
    /* behind the three words stand the macros that the milter wants: the queue id is sent always */
    if (letter != SMFIC_OPTNEG || size < 13 || size > PACKET_MAX ||
        !read_exactly(link, words, sizeof(words)) || !read_exactly(link, NULL, size - 13))
        return false;
    link->actions = ntohl(words[1]);
    link->steps = ntohl(words[2]);
    return ntohl(words[0]) == 6 && (link->steps & ~ALL_STEPS) == 0 &&
           (link->actions & ~ALL_ACTIONS) == 0;
}

static bool greet(struct load_link *link)
{
    static const char macros[] = "Cj\0mx.example.com";
    static const char client[] = "client.example.net\0"
                                 "4"
                                 "\x30\x39"
                                 "192.0.2.25";
    static const char helo_macros[] = "H";
    static const char helo[] = "client.example.net";

    return step(link, SMFIC_CONNECT, macros, sizeof(macros), client, sizeof(client)) == 'c' &&
           step(link, SMFIC_HELO, helo_macros, 1, helo, sizeof(helo)) == 'c';
}

static bool open_link(struct load_link *link, const char *socket)
{
    memset(link, 0, sizeof(*link));
    link->buffer = malloc(BUFFER_MAX);
    link->fd = link->buffer == NULL ? -1 : connect_to(socket);
    return link->fd >= 0 && negotiate(link);
}

bool load_open(struct load_link *link, const char *socket, const struct load_mix *mix)
{
    return open_link(link, socket) && link->steps == mix->steps && link->actions == mix->actions &&
           greet(link);
}

void load_close(struct load_link *link, bool politely)
{
    if (politely && put(link, SMFIC_QUIT, NULL, 0))
        flush(link);
    if (link->fd >= 0)
        close(link->fd);
    free(link->buffer);
    link->buffer = NULL;
}

bool load_prepare(struct load_mix *mix, const char *socket)
{
    struct load_link link;
    bool good = open_link(&link, socket);

    mix->steps = link.steps;
    mix->actions = link.actions;
    load_close(&link, good);
    return good && load_pack_mix(mix);
}

int load_mail_from(struct load_link *link, const char *path)
{
    static const char macros[] = "Mi\0";

    link->edits = 0;
    return step(link, SMFIC_MAIL, macros, 1, path, strlen(path) + 1);
}

int load_rcpt_to(struct load_link *link, const char *path)
{
    static const char macros[] = "Ri\0"
                                 "4BenchQueueId";

    return step(link, SMFIC_RCPT, macros, sizeof(macros), path, strlen(path) + 1);
}

static int send_packets(struct load_link *link, const struct load_mail *mail, size_t end)
{
    size_t at = 0;
    int skipped = 0;

    for (size_t i = 0; i < mail->stop_count && mail->stops[i].at <= end; i++) {
        int letter;

        if (skipped == SMFIC_BODY && mail->stops[i].command == SMFIC_BODY) {
            at = mail->stops[i].at;
            continue;
        }
        if (!flush(link) || !send_all(link->fd, mail->packets + at, mail->stops[i].at - at))
            return 0;
        at = mail->stops[i].at;
        letter = read_reply(link);
        if (letter == 's')
            skipped = mail->stops[i].command;
        else if (letter != 'c')
            return letter;
    }
    if (end > at && (!flush(link) || !send_all(link->fd, mail->packets + at, end - at)))
        return 0;
    return 'c';
}

int load_content(struct load_link *link, const struct load_mix *mix, const struct load_mail *mail)
{
    (void)mix;
    return send_packets(link, mail, mail->packets_length);
}

bool load_half(struct load_link *link, const struct load_mix *mix, const struct load_mail *mail)
{
    (void)mix;
    return send_packets(link, mail, mail->half) == 'c';
}

/* May the milter ask for this edit? */
static bool may_edit(const struct load_link *link, int letter)
{
    static const struct {
        char letter;
        uint32_t action;
    } edits[] = {{'h', 0x1}, {'i', 0x1}, {'b', 0x2}, {'+', 0x4}, {'2', 0x80}, {'-', 0x8},
        {'m', 0x10}, {'q', 0x20}, {'e', 0x40}};

    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
        if (edits[i].letter == letter)
            return (link->actions & edits[i].action) != 0;
    return false;
}

int load_end(struct load_link *link, unsigned number)
{
    char macros[32] = "Ei";
    int length = snprintf(macros + 3, sizeof(macros) - 3, "4Q%u", number);
    int letter;

    if (!put(link, SMFIC_MACRO, macros, 3 + (size_t)length + 1) ||
        !put(link, SMFIC_BODYEOB, NULL, 0) || !flush(link))
        return 0;
    link->ended = now_ms();
    while ((letter = read_reply(link)) == 'p' || may_edit(link, letter))
        link->edits += letter != 'p';
    return letter;
}

bool load_abort(struct load_link *link)
{
    return put(link, SMFIC_ABORT, NULL, 0) && flush(link);
}
