/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * responder - a small DNS server inside a test: one thread on 127.0.0.1, a table of names and
 * how each is answered. "*" stands for every other name; without it they do not exist.
 * The whole stands in this header, as each test is a program of its own.
 */
#ifndef GONEAWAY_RESPONDER_H
#define GONEAWAY_RESPONDER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum responder_how {
    RESPONDER_TXT,
    RESPONDER_ALIAS,    /* text: the other name, for which the table is asked */
    RESPONDER_NXDOMAIN, /* with a SOA record of this TTL */
    RESPONDER_NO_DATA,  /* the same without NXDOMAIN */
    RESPONDER_NO_SOA,   /* NXDOMAIN without SOA */
    RESPONDER_SERVFAIL,
    RESPONDER_REFUSED,
    RESPONDER_REFERRAL, /* neither answer nor recursion */
    RESPONDER_SILENT,
    RESPONDER_GARBAGE,    /* right question, then octets that are no records */
    RESPONDER_STRANGERS,  /* other ids, other questions, short packets, then the answer */
    RESPONDER_TRUNCATED,  /* UDP says TC, TCP answers */
    RESPONDER_NO_TCP,     /* UDP says TC, TCP closes */
    RESPONDER_SLOW_TCP,   /* UDP says TC, TCP stays silent */
    RESPONDER_NO_EDNS,    /* FORMERR for a question with EDNS */
    RESPONDER_BARE_ERROR, /* FORMERR as a header alone for a question with EDNS */
    RESPONDER_CAPITALS    /* the question comes back in capitals */
};

struct responder_record {
    const char *name;
    enum responder_how how;
    const char *text;
    uint32_t ttl;
};

struct responder {
    const struct responder_record *records;
    size_t count;
    int udp, tcp, stop;
    char server[40]; /* for dns_open */
    atomic_uint questions;
    pthread_t thread;
};

struct responder_packet {
    unsigned char bytes[65536];
    size_t length;
    size_t section; /* of the question: length of header, name, type and class */
};

static inline void responder_put(struct responder_packet *packet, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(packet->bytes + packet->length, bytes, length);
    packet->length += length;
}

static inline void responder_put_number(struct responder_packet *packet, uint32_t value, int octets)
{
    while (octets-- > 0)
        packet->bytes[packet->length++] = (unsigned char)(value >> (8 * octets));
}

static inline void responder_put_name(struct responder_packet *packet, const char *name)
{
    while (*name != '\0') {
        size_t length = strcspn(name, ".");

        responder_put_number(packet, (uint32_t)length, 1);
        responder_put(packet, name, length);
        name += length + (name[length] == '.' ? 1 : 0);
    }
    responder_put_number(packet, 0, 1);
}

/* The length of the data is filled in by responder_end_record. */
static inline size_t responder_begin_record(
    struct responder_packet *packet, const char *name, unsigned type, uint32_t ttl)
{
    responder_put_name(packet, name);
    responder_put_number(packet, type, 2);
    responder_put_number(packet, 1, 2);
    responder_put_number(packet, ttl, 4);
    responder_put_number(packet, 0, 2);
    return packet->length;
}

static inline void responder_end_record(struct responder_packet *packet, size_t start)
{
    size_t length = packet->length - start;

    packet->bytes[start - 2] = (unsigned char)(length >> 8);
    packet->bytes[start - 1] = (unsigned char)length;
}

static inline void responder_put_txt(
    struct responder_packet *packet, const char *name, const char *text, uint32_t ttl)
{
    size_t start = responder_begin_record(packet, name, 16, ttl), left = strlen(text);

    do {
        size_t part = left > 255 ? 255 : left;

        responder_put_number(packet, (uint32_t)part, 1);
        responder_put(packet, text, part);
        text += part;
        left -= part;
    } while (left > 0);
    responder_end_record(packet, start);
    packet->bytes[7]++;
}

static inline void responder_put_alias(
    struct responder_packet *packet, const char *name, const char *target, uint32_t ttl)
{
    size_t start = responder_begin_record(packet, name, 5, ttl);

    responder_put_name(packet, target);
    responder_end_record(packet, start);
    packet->bytes[7]++;
}

static inline void responder_put_soa(struct responder_packet *packet, uint32_t ttl)
{
    size_t start = responder_begin_record(packet, "example", 6, 3600);

    responder_put_name(packet, "ns.example");
    responder_put_name(packet, "hostmaster.example");
    for (int i = 0; i < 4; i++)
        responder_put_number(packet, 3600, 4);
    responder_put_number(packet, ttl, 4);
    responder_end_record(packet, start);
    packet->bytes[9]++;
}

static inline void responder_read_name(const struct responder_packet *question, char name[256])
{
    const unsigned char *p = question->bytes + 12;
    size_t length = 0;

    while (*p != 0 && length + *p + 1 < 256) {
        memcpy(name + length, p + 1, *p);
        length += *p;
        name[length++] = '.';
        p += *p + 1;
    }
    name[length > 0 ? length - 1 : 0] = '\0';
}

static inline const struct responder_record *responder_find(
    const struct responder *responder, const char *name)
{
    for (size_t i = 0; i < responder->count; i++)
        if (strcasecmp(responder->records[i].name, name) == 0 ||
            strcmp(responder->records[i].name, "*") == 0)
            return &responder->records[i];
    return NULL;
}

/* Header and question of an answer without records. */
static inline void responder_begin(
    struct responder_packet *answer, const struct responder_packet *question, unsigned rcode)
{
    answer->length = 0;
    responder_put(answer, question->bytes, question->section);
    answer->bytes[2] = 0x81;
    answer->bytes[3] = (unsigned char)(0x80 | rcode);
    memset(answer->bytes + 6, 0, 6);
}

/* The records for a name; aliases are followed ten steps. */
static inline void responder_fill(
    const struct responder *responder, const char *name, struct responder_packet *answer)
{
    for (int step = 0; step < 10; step++) {
        const struct responder_record *record = responder_find(responder, name);

        if (record == NULL) {
            answer->bytes[3] |= 3;
            responder_put_soa(answer, 300);
            return;
        }
        if (record->how != RESPONDER_ALIAS) {
            responder_put_txt(answer, name, record->text, record->ttl);
            return;
        }
        responder_put_alias(answer, name, record->text, record->ttl);
        name = record->text;
    }
}

static inline void responder_send(const struct responder *responder,
    const struct responder_packet *answer, const struct sockaddr_in *to)
{
    sendto(
        responder->udp, answer->bytes, answer->length, 0, (const struct sockaddr *)to, sizeof(*to));
}

static inline void responder_send_strangers(const struct responder *responder,
    const struct responder_packet *question, const struct sockaddr_in *to)
{
    struct responder_packet *other = malloc(sizeof(*other));

    if (other == NULL)
        return;
    responder_begin(other, question, 0);
    responder_put_txt(other, "stranger.example", "not this", 300);
    other->bytes[0] ^= 0x55;
    responder_send(responder, other, to);
    other->bytes[0] ^= 0x55;
    other->bytes[13] ^= 0x01;
    responder_send(responder, other, to);
    other->bytes[13] ^= 0x01;
    other->bytes[2] &= 0x7f;
    responder_send(responder, other, to);
    other->bytes[2] |= 0x80;
    other->length = 5;
    responder_send(responder, other, to);
    other->length = 0;
    responder_send(responder, other, to);
    free(other);
}

/* Makes the answer; false where nothing is to be sent. */
static inline int responder_answer(const struct responder *responder,
    const struct responder_packet *question, int tcp, struct responder_packet *answer)
{
    const struct responder_record *record;
    int edns = question->bytes[11] != 0;
    char name[256];

    responder_read_name(question, name);
    record = responder_find(responder, name);
    responder_begin(answer, question, 0);
    if (record == NULL) {
        responder_fill(responder, name, answer);
        return 1;
    }
    switch (record->how) {
    case RESPONDER_SILENT:
        return 0;
    case RESPONDER_NXDOMAIN:
    case RESPONDER_NO_SOA:
        answer->bytes[3] |= 3;
        /* fall through */
    case RESPONDER_NO_DATA:
        if (record->how != RESPONDER_NO_SOA)
            responder_put_soa(answer, record->ttl);
        return 1;
    case RESPONDER_SERVFAIL:
        answer->bytes[3] |= 2;
        return 1;
    case RESPONDER_REFUSED:
        answer->bytes[3] |= 5;
        return 1;
    case RESPONDER_REFERRAL:
        answer->bytes[3] = 0;
        return 1;
    case RESPONDER_GARBAGE:
        responder_put(answer, "\xc0\xff\xff\xff\xff\xff\xff", 7);
        answer->bytes[7] = 200;
        return 1;
    case RESPONDER_TRUNCATED:
    case RESPONDER_NO_TCP:
    case RESPONDER_SLOW_TCP:
        if (!tcp) {
            answer->bytes[2] |= 0x02;
            return 1;
        }
        break;
    case RESPONDER_NO_EDNS:
    case RESPONDER_BARE_ERROR:
        if (edns) {
            answer->bytes[3] |= 1;
            if (record->how == RESPONDER_BARE_ERROR) {
                answer->length = 12;
                answer->bytes[5] = 0;
            }
            return 1;
        }
        break;
    case RESPONDER_CAPITALS:
        for (size_t i = 12; i < answer->length - 4; i++)
            if (answer->bytes[i] >= 'a' && answer->bytes[i] <= 'z')
                answer->bytes[i] = (unsigned char)(answer->bytes[i] - 'a' + 'A');
        break;
    case RESPONDER_TXT:
    case RESPONDER_ALIAS:
    case RESPONDER_STRANGERS:
        break;
    }
    responder_fill(responder, name, answer);
    return 1;
}

/* Finds where the question ends; false where it is none. */
static inline int responder_measure(struct responder_packet *question)
{
    size_t at = 12;

    while (at < question->length && question->bytes[at] != 0)
        at += (size_t)question->bytes[at] + 1;
    question->section = at + 5;
    return question->length >= 12 && question->section <= question->length;
}

static inline void responder_serve_udp(
    struct responder *responder, struct responder_packet *question, struct responder_packet *answer)
{
    const struct responder_record *record;
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    ssize_t got = recvfrom(responder->udp, question->bytes, sizeof(question->bytes), 0,
        (struct sockaddr *)&from, &size);
    char name[256];

    question->length = got > 0 ? (size_t)got : 0;
    if (!responder_measure(question))
        return;
    atomic_fetch_add(&responder->questions, 1);
    responder_read_name(question, name);
    record = responder_find(responder, name);
    if (record != NULL && record->how == RESPONDER_STRANGERS)
        responder_send_strangers(responder, question, &from);
    if (responder_answer(responder, question, 0, answer))
        responder_send(responder, answer, &from);
}

/* Reads the question of a connection; false where it is none. */
static inline int responder_read_tcp(int connection, struct responder_packet *question)
{
    unsigned char size[2];

    if (recv(connection, size, 2, MSG_WAITALL) != 2)
        return 0;
    question->length = (size_t)size[0] << 8 | size[1];
    return recv(connection, question->bytes, question->length, MSG_WAITALL) ==
               (ssize_t)question->length &&
           responder_measure(question);
}

static inline void responder_serve_tcp(
    struct responder *responder, struct responder_packet *question, struct responder_packet *answer)
{
    int connection = accept(responder->tcp, NULL, NULL);
    struct pollfd end = {.fd = connection, .events = POLLIN};
    const struct responder_record *record;
    unsigned char size[2];
    char name[256];

    if (connection < 0)
        return;
    if (!responder_read_tcp(connection, question))
        goto out;
    atomic_fetch_add(&responder->questions, 1);
    responder_read_name(question, name);
    record = responder_find(responder, name);
    if (record != NULL && record->how == RESPONDER_SLOW_TCP)
        poll(&end, 1, 10000); /* until the other side has had enough */
    if (record != NULL && (record->how == RESPONDER_SLOW_TCP || record->how == RESPONDER_NO_TCP))
        goto out;
    responder_answer(responder, question, 1, answer);
    size[0] = (unsigned char)(answer->length >> 8);
    size[1] = (unsigned char)answer->length;
    /* in pieces, as a network would */
    if (send(connection, size, 1, MSG_NOSIGNAL) == 1 &&
        send(connection, size + 1, 1, MSG_NOSIGNAL) == 1)
        (void)!send(connection, answer->bytes, answer->length, MSG_NOSIGNAL);
out:
    close(connection);
}

static inline void *responder_run(void *argument)
{
    struct responder *responder = argument;
    struct responder_packet *question = calloc(2, sizeof(*question));
    struct pollfd fds[] = {{.fd = responder->udp, .events = POLLIN},
        {.fd = responder->tcp, .events = POLLIN}, {.fd = responder->stop, .events = POLLIN}};

    while (question != NULL && poll(fds, 3, -1) >= 0 && fds[2].revents == 0) {
        if (fds[0].revents != 0)
            responder_serve_udp(responder, question, question + 1);
        if (fds[1].revents != 0)
            responder_serve_tcp(responder, question, question + 1);
    }
    free(question);
    return NULL;
}

/* Binds both sockets to one port that is free for both; 0, or -1. */
static inline int responder_bind(struct responder *responder)
{
    for (int tries = 0; tries < 50; tries++) {
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof(address);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        responder->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        responder->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(responder->udp, (struct sockaddr *)&address, size) == 0 &&
            getsockname(responder->udp, (struct sockaddr *)&address, &size) == 0 &&
            bind(responder->tcp, (struct sockaddr *)&address, size) == 0 &&
            listen(responder->tcp, 8) == 0) {
            snprintf(responder->server, sizeof(responder->server), "127.0.0.1@%u",
                (unsigned)ntohs(address.sin_port));
            return 0;
        }
        close(responder->udp);
        close(responder->tcp);
    }
    return -1;
}

/* 0, or -1. */
static inline int responder_start(
    struct responder *responder, const struct responder_record *records, size_t count)
{
    memset(responder, 0, sizeof(*responder));
    responder->records = records;
    responder->count = count;
    responder->stop = eventfd(0, EFD_CLOEXEC);
    if (responder->stop < 0 || responder_bind(responder) != 0)
        return -1;
    return pthread_create(&responder->thread, NULL, responder_run, responder) == 0 ? 0 : -1;
}

static inline void responder_stop(struct responder *responder)
{
    eventfd_write(responder->stop, 1);
    pthread_join(responder->thread, NULL);
    close(responder->udp);
    close(responder->tcp);
    close(responder->stop);
}

#endif
