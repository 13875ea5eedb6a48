/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * session - see session.h for what is promised.
 */
#include "session.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <time.h>

#include "err.h"
#include "judge_answer.h"
#include "log.h"
#include "mark.h"

#define SESSION_MAGIC 0x676f6e65u
#define MESSAGE_MAGIC 0x61776179u
#define FIRST_RECIPIENTS ((size_t)4)

static struct message *message_of(const struct session *session)
{
    assert(session->magic == SESSION_MAGIC);
    assert(session->message == NULL || session->message->magic == MESSAGE_MAGIC);
    return session->message;
}

struct session *session_new(struct server *server)
{
    struct session *session = calloc(1, sizeof(*session));

    if (session == NULL)
        return NULL;
    session->magic = SESSION_MAGIC;
    session->server = server;
    session->can = (struct abilities){true, true, true, true};
    session->admission = server_admit(server);
    return session;
}

void session_free(struct session **session)
{
    if (*session == NULL)
        return;
    session_end(*session);
    server_dismiss((*session)->server);
    (*session)->magic = 0;
    free(*session);
    *session = NULL;
}

static void write_client(struct session *session, const struct sockaddr *address)
{
    const void *bits = NULL;

    if (address->sa_family == AF_INET6)
        bits = &((const struct sockaddr_in6 *)address)->sin6_addr;
    else if (address->sa_family == AF_INET)
        bits = &((const struct sockaddr_in *)address)->sin_addr;
    if (bits != NULL)
        inet_ntop(address->sa_family, bits, session->client, sizeof(session->client));
}

/* Mail that came by no network: Sendmail gives no address then, Postfix 127.0.0.1 without a port
 * (non_smtpd_milters, where a refused recipient would leave the mail in the queue). */
static bool is_local(const struct sockaddr *address)
{
    const struct sockaddr_in *inet = (const struct sockaddr_in *)address;

    return address == NULL || address->sa_family == AF_UNIX ||
           (address->sa_family == AF_INET && inet->sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
               inet->sin_port == 0);
}

void session_set_client(struct session *session, const struct sockaddr *address)
{
    struct setup *setup;

    assert(session->magic == SESSION_MAGIC);
    session->client[0] = '\0';
    session->local = is_local(address);
    if (session->local)
        return;
    write_client(session, address);
    setup = server_setup(session->server);
    if (setup != NULL && session->client[0] != '\0')
        session->local = config_is_own_network(setup->config, session->client);
    setup_drop(&setup);
}

static void message_free(struct message **message)
{
    if (*message == NULL)
        return;
    (*message)->magic = 0;
    seal_original_free(&(*message)->original);
    seal_envelope_free(&(*message)->envelope);
    mail_free(&(*message)->mail);
    setup_drop(&(*message)->setup);
    free(*message);
    *message = NULL;
}

/* The key form, "" for the null sender; NULL where it cannot be read. */
static int read_sender(struct mail *mail, const char *path)
{
    struct address address;
    int r = address_parse_path(mail->arena, path, NULL, &address);

    if (r == 0)
        mail->envelope_from = address.key;
    return r == ERR_NOMEM ? r : 0;
}

static int message_fill(struct message *message, const struct session *session, const char *sender)
{
    struct mail *mail = mail_new(&message->setup->config->mail_limits, message->setup->dkim);

    if (mail == NULL)
        return ERR_NOMEM;
    message->mail = mail;
    mail->received = (int64_t)time(NULL);
    mail->authored = session->local || message->authenticated;
    mail->client = session->client[0] != '\0' ? arena_strdup(mail->arena, session->client) : NULL;
    if (session->client[0] != '\0' && mail->client == NULL)
        return ERR_NOMEM;
    if (message->authenticated && message->setup->config->learn_senders) {
        message->sender = arena_strdup(mail->arena, sender);
        if (message->sender == NULL)
            return ERR_NOMEM;
    }
    return read_sender(mail, sender);
}

void session_begin(struct session *session, const char *sender, const char *login)
{
    struct message *message;

    session_end(session);
    message = calloc(1, sizeof(*message));
    if (message == NULL)
        return;
    message->magic = MESSAGE_MAGIC;
    message->authenticated = login != NULL && login[0] != '\0';
    message->setup = server_setup(session->server);
    message->trouble = message->setup == NULL ? ERR_BUSY : message_fill(message, session, sender);
    session->message = message;
}

void session_end(struct session *session)
{
    message_of(session);
    message_free(&session->message);
}

/* Mail of our own people is let through whatever may be wrong with us. */
static bool is_authored(const struct session *session, const struct message *message)
{
    return session->local || (message != NULL && message->authenticated);
}

static int make_room(struct message *message)
{
    size_t room = message->room == 0 ? FIRST_RECIPIENTS : message->room * 2;
    struct judge_recipient *recipients;

    if (message->count < message->room)
        return 0;
    recipients = arena_array(message->mail->arena, room, sizeof(*recipients));
    if (recipients == NULL)
        return ERR_NOMEM;
    if (message->count > 0)
        memcpy(recipients, message->recipients, message->count * sizeof(*recipients));
    message->recipients = recipients;
    message->room = room;
    return 0;
}

/* The recipient that those behind it must be like: postmaster and abuse go with everything. */
static bool belongs_here(const struct message *message, const struct judge_recipient *recipient)
{
    if (message->setup->config->mixed_recipients != CONFIG_MIXED_SPLIT)
        return true;
    for (size_t i = 0; i < message->count; i++)
        if (!message->recipients[i].untouchable)
            return judge_alike(&message->recipients[i], recipient);
    return true;
}

static int read_recipient(struct session *session, struct message *message, const char *path,
    const char *const *parameters, struct judge_recipient *out)
{
    int r;

    if (!server_enter(session->server))
        return ERR_BUSY;
    r = judge_read_recipient(message->mail->arena, message->setup, server_ledger(session->server),
        &(struct judge_rcpt){path, parameters, message->mail->received}, out);
    server_leave(session->server);
    /* a ledger that cannot be read now may be when the message ends; `unreadable` remembers */
    return out->unreadable && (r == ERR_BUSY || r == ERR_LEDGER) ? 0 : r;
}

enum session_rcpt session_add_recipient(
    struct session *session, const char *path, const char *const *parameters)
{
    struct message *message = message_of(session);
    struct judge_recipient *recipient;
    int r;

    if (is_authored(session, message))
        return SESSION_RCPT_TAKE;
    if (session->admission != SERVER_TAKES)
        return SESSION_RCPT_BUSY;
    if (message == NULL || message->trouble != 0)
        return SESSION_RCPT_TROUBLE;
    if (message->count >= message->setup->config->recipients_max)
        return SESSION_RCPT_TOO_MANY;
    r = make_room(message);
    if (r == 0) {
        recipient = &message->recipients[message->count];
        r = read_recipient(session, message, path, parameters, recipient);
    }
    if (r == ERR_SYNTAX)
        return SESSION_RCPT_BAD_PARAMETER;
    if (r != 0) {
        message->trouble = r;
        return SESSION_RCPT_TROUBLE;
    }
    if (!belongs_here(message, recipient))
        return SESSION_RCPT_APART;
    message->count++;
    message->ours += recipient->domain != NULL;
    return SESSION_RCPT_TAKE;
}

/* The message if its content is of interest: it is to be judged, and nothing went wrong yet. */
static struct message *message_to_read(const struct session *session)
{
    struct message *message = message_of(session);

    if (message == NULL || message->trouble != 0 || message->ours == 0 ||
        is_authored(session, message))
        return NULL;
    return message;
}

/* May this be what is to be done? Only if it can be the verdict for every recipient. */
static bool may_be(const struct message *message, enum action action)
{
    const struct config *config = message->setup->config;
    bool may = true;

    for (size_t i = 0; may && i < message->count; i++) {
        const struct judge_recipient *recipient = &message->recipients[i];

        may = recipient->domain != NULL && !recipient->untouchable &&
              config_may(config, recipient->domain, action, message->mail->received);
    }
    return may;
}

/* The message's copy for sealing, begun now if it is needed; NULL where it is not. */
static struct seal_original *original_of(struct message *message)
{
    if (!message->asked) {
        message->asked = true;
        message->may_seal = message->setup->seal != NULL && may_be(message, ACTION_SEAL);
        message->may_defuse = may_be(message, ACTION_DEFUSE);
        if (message->may_seal) {
            message->original = seal_original_new(message->setup->config->seal_bytes_max);
            if (message->original == NULL)
                message->trouble = ERR_NOMEM;
        }
    }
    return message->trouble == 0 ? message->original : NULL;
}

static bool is_field(const char *name, const char *wanted)
{
    size_t length = strlen(wanted);

    /* space before the colon (RFC 5322 §4.5) does not make it another field */
    return strncasecmp(name, wanted, length) == 0 &&
           name[length + strspn(name + length, " \t")] == '\0';
}

void session_add_field(struct session *session, const char *name, const char *value, bool whole)
{
    struct message *message = message_to_read(session);

    if (message == NULL)
        return;
    message->marks += is_field(name, MARK_FIELD);
    message->demands += is_field(name, RRVS_FIELD);
    if (original_of(message) != NULL)
        message->trouble = seal_original_add_field(message->original, name, value, whole);
    if (message->trouble == 0)
        message->trouble = whole ? mail_add_whole_field(message->mail, name, value)
                                 : mail_add_field(message->mail, name, value);
}

void session_end_header(struct session *session)
{
    struct message *message = message_to_read(session);

    if (message != NULL && original_of(message) != NULL)
        message->trouble = seal_original_end_header(message->original);
    if (message != NULL && message->trouble == 0)
        message->trouble = mail_end_header(message->mail);
}

void session_add_body(struct session *session, const void *bytes, size_t length)
{
    struct message *message = message_to_read(session);

    if (message != NULL && original_of(message) != NULL)
        message->trouble = seal_original_add_body(message->original, bytes, length);
    if (message != NULL && message->trouble == 0)
        message->trouble = mail_add_body(message->mail, bytes, length);
}

static bool may_replace(const struct session *session)
{
    static struct log_limit not_allowed;

    if (session->can.insert && session->can.change && session->can.replace)
        return true;
    log_limited(&not_allowed, 60,
        "the MTA does not let us replace bodies: mail that is to be sealed or defused is put off");
    return false;
}

/* Carries out the verdict to seal as far as that goes without the MTA, so that what is recorded
 * is what will be done: an envelope, or a refusal of what is too large for one. */
static int seal(const struct session *session, struct message *message, struct judgement *judgement)
{
    if (judgement->answer.action != ACTION_SEAL)
        return 0;
    if (!may_replace(session))
        return ERR_SYSTEM;
    if (message->original == NULL)
        return ERR_INTERNAL;
    if (seal_original_is_cut(message->original) || (message->mail->cut & MAIL_CUT_HEADER) != 0) {
        judge_answer_too_big(judgement);
        return 0;
    }
    return seal_message(
        message->setup->seal, message->original, (int64_t)time(NULL), &message->envelope);
}

/* The same for the verdict to defuse. */
static int defuse(
    const struct session *session, struct message *message, struct judgement *judgement)
{
    if (judgement->answer.action != ACTION_DEFUSE)
        return 0;
    if (!may_replace(session))
        return ERR_SYSTEM;
    if ((message->mail->cut & MAIL_CUT_HEADER) != 0) {
        judge_answer_too_big(judgement);
        return 0;
    }
    return defuse_message(message->mail, message->setup->phrases,
        &message->setup->config->text_limits, &message->defused);
}

/* What the MTA does not let us do is not recorded as done. Each falls back to what is less:
 * quarantine to a tag, a tag to nothing. */
static void fall_back(const struct session *session, struct judgement *judgement)
{
    static struct log_limit no_quarantine, no_header;
    struct judge_answer *answer = &judgement->answer;
    bool marks = answer->mark != NULL || answer->rrvs != NULL || answer->remove_marks;

    if (answer->action == ACTION_QUARANTINE && !session->can.quarantine) {
        log_limited(
            &no_quarantine, 60, "the MTA does not let us quarantine: mail is tagged instead");
        answer->action = ACTION_TAG;
    }
    if (marks && !(session->can.insert && session->can.change)) {
        log_limited(&no_header, 60, "the MTA does not let us change headers: mail goes untagged");
        answer->mark = answer->rrvs = NULL;
        answer->remove_marks = false;
        if (answer->action == ACTION_TAG)
            answer->action = ACTION_ACCEPT;
    }
    answer->strip_rrvs = answer->strip_rrvs && session->can.change;
}

struct record {
    struct ledger_entry *entries;
    size_t count;
};

/* All that is to be known before the message is recorded. */
static int judge_for_ledger(struct session *session, struct message *message, const char *queue_id,
    struct judgement **out, struct record *record)
{
    struct ledger *ledger = server_ledger(session->server);
    int r =
        judge_mail(message->setup, ledger, message->mail, message->recipients, message->count, out);

    if (r == 0)
        r = seal(session, message, *out);
    if (r == 0)
        r = defuse(session, message, *out);
    seal_original_free(&message->original);
    if (r != 0)
        return r;
    fall_back(session, *out);
    return judge_entries(
        message->setup, message->mail, *out, queue_id, &record->entries, &record->count);
}

static int judge_and_record(
    struct session *session, struct message *message, const char *queue_id, struct judgement **out)
{
    struct ledger *ledger = server_ledger(session->server);
    struct record record;
    int r;

    ledger_is_coming(ledger);
    r = judge_for_ledger(session, message, queue_id, out, &record);
    ledger_has_come(ledger);
    return r != 0 ? r : ledger_record(ledger, record.entries, record.count);
}

/* An address of ours from which our people send is an own mailbox. Nobody waits for it, and a
 * failure costs nothing: the next mail teaches it again. */
static void learn_sender(struct session *session, const struct message *message)
{
    static struct log_limit not_learned;
    struct judge_recipient self;
    struct ledger *ledger;
    int r;

    if (message->sender == NULL || message->trouble != 0 || !server_enter(session->server))
        return;
    ledger = server_ledger(session->server);
    r = judge_read_recipient(message->mail->arena, message->setup, ledger,
        &(struct judge_rcpt){message->sender, NULL, message->mail->received}, &self);
    if (r == 0 && self.domain != NULL && !self.own && !self.role) {
        r = ledger_learn_mailbox(
            ledger, self.address.base, self.address.seen, "learned", DATE_NONE);
        if (r == 0)
            log_notice("learned %s as an own mailbox", self.address.base);
    }
    if (r != 0)
        log_limited(&not_learned, 60, "a sender was not learned: %s", err_text(r));
    server_leave(session->server);
}

int session_judge(struct session *session, const char *queue_id, struct judgement **out)
{
    struct message *message = message_of(session);
    int r;

    *out = NULL;
    if (is_authored(session, message)) {
        log_debug("%s: %s, not judged", queue_id != NULL ? queue_id : "-",
            session->local ? "submitted here or from a network of ours"
                           : "submitted with SMTP AUTH");
        if (message != NULL)
            learn_sender(session, message);
        return 0;
    }
    if (message == NULL)
        return ERR_NOMEM;
    if (message->trouble != 0)
        return message->trouble;
    if (message->ours == 0)
        return 0;
    r = mail_end(message->mail);
    if (r == 0 && !server_enter(session->server))
        return ERR_BUSY;
    if (r == 0) {
        r = judge_and_record(session, message, queue_id, out);
        server_leave(session->server);
    }
    if (r != 0)
        *out = NULL;
    return r;
}

/* May there be mail that must not be delivered as it comes? */
static bool may_never_go_open(const struct setup *setup)
{
    return setup->seal != NULL || config_may_ever(setup->config, ACTION_DEFUSE);
}

/* For a message that there was no memory for. */
static enum action on_failure_now(struct server *server)
{
    struct setup *setup = server_setup(server);
    enum action action =
        setup != NULL && !may_never_go_open(setup) ? setup->config->on_failure : ACTION_TEMPFAIL;

    setup_drop(&setup);
    return action;
}

enum action session_on_failure(const struct session *session)
{
    const struct message *message = session != NULL ? message_of(session) : NULL;

    if (session == NULL)
        return ACTION_TEMPFAIL;
    if (message == NULL || message->setup == NULL)
        return on_failure_now(session->server);
    /* before the header nobody knows yet who all the recipients are */
    if (message->asked ? message->may_seal || message->may_defuse
                       : may_never_go_open(message->setup))
        return ACTION_TEMPFAIL;
    return message->setup->config->on_failure;
}
