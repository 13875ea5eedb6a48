/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * milter - see milter.h for what is promised.
 */
#include "milter.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "answer.h"
#include "err.h"
#include "log.h"
#include "session.h"
#include "signals.h"
#include "socket.h"

/* The largest packet: Postfix sends a header field of up to 102,400 octets in one piece, and
 * libmilter's own limit of 65,535 would break the session off. */
#define PACKET_MAX ((size_t)1048575)
#define BACKLOG 512

/* Steps that we have no use for, and those that need no reply. */
#define STEPS_SKIPPED (SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOUNKNOWN)
#define STEPS_SILENT (SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)

/* Set once by milter_listen before the first callback, and only read from then on. */
static struct server *the_server;
/* smfi_main returns a failure also where it is stopped while it starts; after the end that is no
 * matter. */
static _Atomic bool stopping;
static _Atomic bool failed;

static struct session *session_of(SMFICTX *ctx)
{
    return smfi_getpriv(ctx);
}

/* The session, made now if this is the first that we hear of the connection. NULL: no memory. */
static struct session *session_for(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);

    if (session != NULL)
        return session;
    session = session_new(the_server);
    if (session != NULL && smfi_setpriv(ctx, session) != MI_SUCCESS)
        session_free(&session);
    return session;
}

/* What a step returns that may have been negotiated to go without reply. */
static sfsistat go_on(const struct session *session, unsigned long step)
{
    return session != NULL && (session->steps & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/* NULL where the MTA has none to give yet. */
static const char *queue_id(SMFICTX *ctx)
{
    return smfi_getsymval(ctx, "i");
}

/* Only the macros that are read: the fewer, the less is sent before every step. */
static void choose_macros(SMFICTX *ctx)
{
    if (smfi_setsymlist(ctx, SMFIM_CONNECT, "j") != MI_SUCCESS ||
        smfi_setsymlist(ctx, SMFIM_ENVFROM, "{auth_authen} i") != MI_SUCCESS ||
        smfi_setsymlist(ctx, SMFIM_ENVRCPT, "i") != MI_SUCCESS ||
        smfi_setsymlist(ctx, SMFIM_EOH, "i") != MI_SUCCESS ||
        smfi_setsymlist(ctx, SMFIM_EOM, "i") != MI_SUCCESS)
        log_debug("the list of macros could not be set: the MTA's own counts");
}

static unsigned long wanted_actions(void)
{
    struct server_wants wants = server_wants(the_server);

    return (wants.mark ? SMFIF_ADDHDRS | SMFIF_CHGHDRS : 0) | (wants.replace ? SMFIF_CHGBODY : 0) |
           (wants.quarantine ? SMFIF_QUARANTINE : 0);
}

/* False: the connection is to be closed. */
static bool is_admitted(const struct session *session)
{
    static struct log_limit too_many;

    if (session == NULL || session->admission == SERVER_TAKES)
        return true;
    log_limited(&too_many, 60, "more than connections_max connections: mail is put off");
    return session->admission == SERVER_PUTS_OFF;
}

/* Never asks for what the MTA lacks: that would end the session. */
static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long unused2, unsigned long unused3, unsigned long *our_actions,
    unsigned long *our_steps, unsigned long *our_unused2, unsigned long *our_unused3)
{
    static struct log_limit lacking;
    unsigned long wanted = wanted_actions();
    struct session *session = session_for(ctx);

    (void)unused2;
    (void)unused3;
    if (!is_admitted(session))
        return SMFIS_REJECT;
    if ((wanted & ~actions) != 0)
        log_limited(&lacking, 60,
            "the MTA lacks actions 0x%lx that the configuration uses: mail is "
            "tagged, let through or (what is to be sealed or defused) put off where they are "
            "needed",
            wanted & ~actions);
    /* without memory for a session nobody would know later what is negotiated now: so nothing is */
    *our_actions = actions & (session != NULL ? wanted | SMFIF_SETSYMLIST : SMFIF_SETSYMLIST);
    *our_steps = steps & STEPS_SKIPPED;
    *our_unused2 = *our_unused3 = 0;
    if ((actions & SMFIF_SETSYMLIST) != 0)
        choose_macros(ctx);
    if (session == NULL)
        return SMFIS_CONTINUE;
    *our_steps |= steps & (STEPS_SILENT | SMFIP_HDR_LEADSPC);
    session->steps = *our_steps;
    session->can = (struct abilities){.insert = (*our_actions & SMFIF_ADDHDRS) != 0,
        .change = (*our_actions & SMFIF_CHGHDRS) != 0,
        .replace = (*our_actions & SMFIF_CHGBODY) != 0,
        .quarantine = (*our_actions & SMFIF_QUARANTINE) != 0};
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
    struct session *session = session_for(ctx);

    (void)host;
    if (session == NULL)
        return SMFIS_CONTINUE;
    session_set_client(session, address);
    return go_on(session, SMFIP_NR_CONN);
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    struct session *session = session_of(ctx); /* one made now would not know its client */

    if (session != NULL)
        session_begin(session, arguments[0] != NULL ? arguments[0] : "",
            smfi_getsymval(ctx, "{auth_authen}"));
    return go_on(session, SMFIP_NR_MAIL);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
    struct session *session = session_of(ctx);
    enum session_rcpt rcpt = SESSION_RCPT_TROUBLE;
    const char *path = arguments[0] != NULL ? arguments[0] : "";

    if (session != NULL)
        rcpt = session_add_recipient(
            session, path, arguments[0] != NULL ? (const char *const *)arguments + 1 : NULL);
    return answer_recipient(ctx, session, rcpt, path, queue_id(ctx));
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct session *session = session_of(ctx);

    /* without the step negotiated the MTA took the space behind the colon away itself */
    if (session != NULL)
        session_add_field(session, name, value, (session->steps & SMFIP_HDR_LEADSPC) != 0);
    return go_on(session, SMFIP_NR_HDR);
}

static sfsistat on_end_of_header(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);

    if (session != NULL)
        session_end_header(session);
    return go_on(session, SMFIP_NR_EOH);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t length)
{
    struct session *session = session_of(ctx);

    if (session != NULL)
        session_add_body(session, bytes, length);
    return go_on(session, SMFIP_NR_BODY);
}

static uint64_t nanoseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    uint64_t began = nanoseconds_now();
    struct session *session = session_of(ctx);
    struct judgement *judgement = NULL;
    const char *id = queue_id(ctx);
    int error = ERR_NOMEM;
    sfsistat answer;

    if (session != NULL)
        error = session_judge(session, id, &judgement);
    answer = error != 0 ? answer_failure(ctx, session, error, id)
                        : answer_message(ctx, session, judgement, id);
    metrics_count_answer(server_metrics(the_server),
        answer_action(answer, error == 0 ? judgement : NULL), nanoseconds_now() - began);
    if (session != NULL)
        session_end(session);
    return answer;
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);

    if (session != NULL)
        session_end(session);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);

    session_free(&session);
    smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

/* What to do where the socket cannot be made. */
static const char *way_out(const char *listen, int error)
{
    bool tcp = strncasecmp(listen, "inet", 4) == 0;

    switch (error) {
    case EADDRINUSE:
        return ": is goneawayd running already? else choose another port";
    case ENOENT:
        return ": make the directory of the socket, owned by the user that goneawayd runs as";
    case EROFS:
        return ": name the directory in ReadWritePaths= of the unit (systemctl edit goneawayd)";
    case EACCES:
        return tcp ? ": choose a port above 1023"
                   : ": the directory of the socket must belong to the user that goneawayd runs as";
    default:
        return "";
    }
}

bool milter_listen(struct server *server, const char *listen)
{
    struct smfiDesc callbacks = {
        .xxfi_name = "goneaway",
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_NONE, /* on_negotiate asks */
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };

    the_server = server;
    errno = 0;
    if (smfi_register(callbacks) != MI_SUCCESS) {
        log_error("libmilter is of another version than the one goneawayd was built with");
        return false;
    }
    smfi_setmaxdatasize(PACKET_MAX);
    if (smfi_setconn((char *)listen) != MI_SUCCESS || smfi_setbacklog(BACKLOG) != MI_SUCCESS ||
        smfi_opensocket(false) != MI_SUCCESS) {
        log_error("cannot listen on %s: %s%s", listen,
            errno != 0 ? strerror(errno) : "see the system's log for what libmilter says",
            way_out(listen, errno));
        return false;
    }
    if (socket_path(listen) == NULL)
        socket_write_at_once();
    return true;
}

static void *serve(void *cookie)
{
    (void)cookie;
    if (smfi_main() != MI_SUCCESS && !atomic_load(&stopping)) {
        log_error("libmilter ended with a failure: see the system's log for what it says");
        atomic_store(&failed, true);
    }
    signals_end();
    return NULL;
}

bool milter_start(void)
{
    pthread_t thread;

    errno = pthread_create(&thread, NULL, serve, NULL);
    if (errno != 0) {
        log_error_sys("cannot start the thread that serves");
        atomic_store(&failed, true);
        return false;
    }
    pthread_detach(thread);
    return true;
}

bool milter_stop(void)
{
    atomic_store(&stopping, true);
    return !atomic_load(&failed);
}

void milter_libraries(FILE *out)
{
    unsigned major, minor, patch;

    if (smfi_version(&major, &minor, &patch) == MI_SUCCESS)
        fprintf(out, "libmilter %u.%u.%u\n", major, minor, patch);
}
