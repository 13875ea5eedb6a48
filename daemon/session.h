/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * session - what is known of one SMTP connection, and of the message that is coming in on it.
 *
 * Invariants
 * 1. Connection and message are apart: whatever ends a message (its end, an abort, a new MAIL)
 *    frees all of it through one function, and nothing of it reaches the next one.
 * 2. A failure on the way is remembered and answered where an answer is due; nothing is lost or
 *    carried out halfway.
 * 3. It knows no milter: the callbacks (milter.c) carry in, the answer (answer.c) carries out.
 * Thread rule: libmilter calls for one connection one at a time, though from changing threads.
 */
#ifndef GONEAWAY_SESSION_H
#define GONEAWAY_SESSION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "defuse.h"
#include "judge.h"
#include "server.h"

/* One message, from MAIL on. */
struct message {
    unsigned magic;
    struct setup *setup; /* held: a reload does not change it half way */
    struct mail *mail;
    struct judge_recipient *recipients; /* those that we took, in the mail's arena */
    size_t count;
    size_t room;
    size_t ours;      /* how many of them are at our domains */
    int trouble;      /* the first error on the way, 0 for none */
    unsigned marks;   /* X-Goneaway fields that came with it */
    unsigned demands; /* Require-Recipient-Valid-Since fields */
    bool authenticated;
    struct seal_original *original; /* of what may have to be sealed; else NULL */
    bool asked;                     /* whether it may, once all recipients are known */
    bool may_seal;
    bool may_defuse;
    struct seal_envelope envelope; /* of what is sealed */
    struct defused defused;        /* of what is defused, in the mail's arena */
    const char *sender;            /* MAIL FROM as given, where it may be learned; else NULL */
};

/* What the MTA can do and has been asked to allow. Where that is not known, all of it: libmilter
 * does know, and a change that it refuses is answered by on_failure. */
struct abilities {
    bool insert;
    bool change;
    bool replace; /* the body */
    bool quarantine;
};

struct session {
    unsigned magic;
    struct server *server;
    unsigned long steps; /* SMFIP_ bits negotiated */
    struct abilities can;
    enum server_admission admission;
    bool local;                    /* not by SMTP, or from a network of ours */
    char client[INET6_ADDRSTRLEN]; /* "" where it is unknown */
    struct message *message;       /* NULL between messages */
};

/* NULL without memory. */
struct session *session_new(struct server *server);
/* Ends the message too; leaves NULL behind, NULL is fine. */
void session_free(struct session **session);

/* The client's address, NULL where the MTA has none. */
void session_set_client(struct session *session, const struct sockaddr *address);

/* A new message; what was there before is freed. login: the SMTP AUTH name or NULL. */
void session_begin(struct session *session, const char *sender, const char *login);
/* Frees the message, if there is one. */
void session_end(struct session *session);

/* What is to be answered to a recipient. */
enum session_rcpt {
    SESSION_RCPT_TAKE,
    SESSION_RCPT_APART, /* unlike the ones before: in a message of its own */
    SESSION_RCPT_TOO_MANY,
    SESSION_RCPT_BAD_PARAMETER, /* RRVS= that is no date */
    SESSION_RCPT_BUSY,          /* this connection is one too many */
    SESSION_RCPT_TROUBLE        /* session->message->trouble tells, or there is no message */
};
enum session_rcpt session_add_recipient(
    struct session *session, const char *path, const char *const *parameters);

/* Header and body as they come. They remember trouble and never fail themselves. */
void session_add_field(struct session *session, const char *name, const char *value, bool whole);
void session_end_header(struct session *session);
void session_add_body(struct session *session, const void *bytes, size_t length);

/* The end of the message: judges, seals or defuses what is to be, and records. *out is NULL where
 * nothing is to be done (mail of our own people, or none of the recipients is ours). 0 or an error:
 * then nothing of a verdict may be carried out. */
int session_judge(struct session *session, const char *queue_id, struct judgement **out);

/* What the message's setup says to do about our own trouble; always tempfail where the message may
 * have to be sealed or defused, or that is not known yet. */
enum action session_on_failure(const struct session *session);

#endif
