/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * milter_load - the inside of the load generator: the mails (load_mix.c) and the MTA's side of
 * the milter protocol (load_link.c).
 *
 * A mail is turned into packets once, when the steps have been negotiated for the first time;
 * every later connection must negotiate the same. Replies are letters of the protocol; 0 is a
 * broken connection or a reply that may not come there.
 */
#ifndef GONEAWAY_MILTER_LOAD_H
#define GONEAWAY_MILTER_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Up to there can be written before the milter must reply. */
struct load_stop {
    size_t at;
    char command;
};

/* The packets of a mail's header and body. */
struct load_mail {
    char *raw;
    size_t length;
    char sender[96]; /* of Return-Path, without brackets */
    char *packets;
    size_t packets_length;
    size_t packets_room;
    size_t half; /* where the connection may be broken off: in the body, between packets */
    struct load_stop *stops;
    size_t stop_count;
};

struct load_mix {
    struct load_mail *mails;
    size_t count;
    uint32_t actions; /* as negotiated */
    uint32_t steps;
    bool prepared;
    bool halved; /* a body comes in two pieces at least */
};

struct load_link {
    int fd;
    uint32_t actions;
    uint32_t steps;
    unsigned long edits; /* of the last message */
    double ended;        /* when its end was written, ms */
    char *buffer;        /* written, not sent yet */
    size_t buffered;
    char input[8192];
    size_t in_start, in_end;
};

/* All mails, shuffled. False after telling why. */
bool load_read_mix(struct load_mix *mix, const char *folder);
void load_free_mix(struct load_mix *mix);
/* Negotiates once and turns the mails into packets. */
bool load_prepare(struct load_mix *mix, const char *socket);
/* Packets of all mails for the steps of the mix. */
bool load_pack_mix(struct load_mix *mix);

/* Connects, negotiates, sends client and HELO. */
bool load_open(struct load_link *link, const char *socket, const struct load_mix *mix);
/* With QUIT where `politely`. */
void load_close(struct load_link *link, bool politely);

int load_mail_from(struct load_link *link, const char *path);
int load_rcpt_to(struct load_link *link, const char *path);
int load_content(struct load_link *link, const struct load_mix *mix, const struct load_mail *mail);
/* The end of the message and all that comes before the verdict. */
int load_end(struct load_link *link, unsigned number);
/* Header and half of the body. */
bool load_half(struct load_link *link, const struct load_mix *mix, const struct load_mail *mail);
bool load_abort(struct load_link *link);

#endif
