/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * judge - the one composition: text, sender, kind, rrvs, holder, policy, each asked once and in
 * this order. It reads the ledger and writes none; it knows no milter.
 * Thread rule: any thread; results live in the arena or mail that is given.
 */
#ifndef GONEAWAY_JUDGE_H
#define GONEAWAY_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger.h"
#include "mail.h"
#include "sender.h"
#include "setup.h"
#include "text.h"

/* A recipient as known before the mail is seen. */
struct judge_recipient {
    const char *path; /* as given */
    struct address address;
    const struct config_domain *domain; /* NULL: not ours, left alone */
    bool untouchable;
    bool role;
    bool own;
    const char *own_by; /* "mailboxes" (configuration), "minted", or the source of its row; NULL */
    struct ledger_mailbox mailbox;
    bool unreadable;   /* the ledger could not tell */
    enum mode mode;    /* of the domain at the time of receipt, without category */
    int64_t parameter; /* RRVS= of the envelope, DATE_NONE */
};

/* What RCPT says: the path as written, its ESMTP parameters (NULL-terminated, or NULL), and when it
 * was said. */
struct judge_rcpt {
    const char *path;
    const char *const *parameters;
    int64_t when;
};

/* Reads a recipient: path and ESMTP parameters ("RRVS=…", others are not ours). ledger NULL:
 * none is asked. A malformed RRVS parameter is ERR_SYNTAX, ERR_BUSY and ERR_LEDGER leave
 * `unreadable` set and everything else filled in. */
int judge_read_recipient(struct arena *arena, const struct setup *setup, struct ledger *ledger,
    const struct judge_rcpt *rcpt, struct judge_recipient *out);

/* May the second be a recipient of the first one's message, or must it come in a transaction of its
 * own? What is never deferred (postmaster, domains that are not ours or observe) may always. */
bool judge_alike(const struct judge_recipient *first, const struct judge_recipient *second);

/* One message for one recipient. */
struct judge_verdict {
    const struct judge_recipient *recipient;
    struct rrvs_verdict rrvs;
    struct ledger_account account; /* as it was before this message */
    struct holder_finding holder;
    struct policy_verdict policy; /* what enforce mode does, and by which rule */
    enum action action;           /* what is carried out for this recipient alone */
    const char *reply;            /* of policy: "550 5.1.1 <…>: …", or NULL */
    enum mode mode;
};

/* What is to be done with the message as a whole. */
struct judge_answer {
    enum action action;
    const char *code;   /* "550" and so on, for reject and tempfail; NULL otherwise */
    const char *status; /* "5.1.1" */
    const char *text;   /* reply text without code and status; '%' never occurs */
    const char *mark;   /* value of X-Goneaway to insert, or NULL */
    const char *rrvs;   /* value of Authentication-Results to insert, or NULL */
    bool remove_marks;  /* forged X-Goneaway fields go */
    bool strip_rrvs;    /* Require-Recipient-Valid-Since goes */
};

struct judgement {
    struct text *text;
    struct sender *sender;
    struct kind_result *kind;
    struct judge_verdict *verdicts; /* one for each recipient at our domains or not, in order */
    size_t count;
    struct judge_answer answer;
    const char *subject; /* as the ledger may keep it, or NULL */
};

/* Judges a mail that has ended for its recipients. In the mail's arena. 0, ERR_NOMEM, ERR_BUSY or
 * ERR_LEDGER (nothing could be judged safely: the caller's one failure function answers). */
int judge_mail(const struct setup *setup, struct ledger *ledger, struct mail *mail,
    const struct judge_recipient *recipients, size_t count, struct judgement **out);

/* What tells the delivery of a mail to a recipient from all others, keyed: hexadecimal, in the
 * mail's arena. Without a Message-ID it takes the whole mail, otherwise its header. setup->key must
 * be there. 0, ERR_NOMEM, ERR_CRYPTO. */
int judge_fingerprint(const struct setup *setup, struct mail *mail,
    const struct judge_recipient *recipient, const char **out);
/* What is the same for that mail and recipient in a mailbox, without envelope and with what
 * deliveries added: Message-ID, or Date, From and Subject. *out NULL where it has neither
 * Message-ID nor Date. It takes the header. As judge_fingerprint. */
int judge_twin(const struct setup *setup, struct mail *mail,
    const struct judge_recipient *recipient, const char **out);

/* The rows for the ledger: those of our own domains; for a mail that lay in a mailbox also without
 * a key, then without fingerprints, which cannot be recorded. *entries in the mail's arena. 0,
 * ERR_NOMEM, ERR_CRYPTO. */
int judge_entries(const struct setup *setup, struct mail *mail, const struct judgement *judgement,
    const char *queue_id, struct ledger_entry **entries, size_t *count);

#endif
