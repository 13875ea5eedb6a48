/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * mbox - the mails of an mbox file, one after the other, as they stream past: mboxo, mboxrd, and
 * what other programs made of them.
 *
 * A mail begins at a line "From ". Writers quote such lines in bodies (">From "), but not all of
 * them, and some forget the empty line in front. So a line begins a mail where
 * 1. its date can be read, and an empty line stands in front of it or a header field behind it;
 * 2. its date cannot be read, an empty line stands in front and a header field that every mail
 *    program writes stands behind it.
 * Where a mail has Content-Length (mboxcl, mboxcl2: Dovecot, Mutt) and the next mail, or the end,
 * stands just there, that counts, and lines "From " in its body begin nothing; of mails up to a
 * megabyte.
 * A stream whose first line does not begin "From " is one mail, whatever stands in it: a mail must
 * not be able to bring another one along in its body.
 *
 * Invariants
 * 1. Memory is bounded: a window of a megabyte and one mail, of which `most` octets are kept.
 * 2. Every octet of the stream belongs to one mail, or to what stands between mails.
 * Thread rule: one thread at a time for a reader.
 */
#ifndef GONEAWAY_MBOX_H
#define GONEAWAY_MBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mbox;

/* As read(2). */
typedef ssize_t mbox_source(void *cookie, void *bytes, size_t room);

struct mbox_mail {
    char *bytes; /* without the line "From ", quoted as it came; the caller's to free */
    size_t length;
    uint64_t offset; /* of its first octet in the stream, the line "From " where it has one */
    uint64_t end;    /* and behind its last one */
    int64_t date;    /* of the line "From ", DATE_NONE where it has none */
    bool boxed;      /* it came from an mbox, and mbox_unquote is due */
    bool signs;      /* of such a one: lines begin with '>', so mbox_unquote may find work */
    bool cut;        /* it is longer than what is kept */
};

/* A reader of what `source` gives, of each mail at most `most` octets. 0 or ERR_NOMEM. */
int mbox_open(mbox_source *source, void *cookie, size_t most, struct mbox **out);
/* From now on the stream is one mail, whatever it begins with: a file of a Maildir. */
void mbox_single(struct mbox *mbox);
void mbox_close(struct mbox **mbox);
/* The next mail. 1, 0 at the end, ERR_SYSTEM (errno as source left it), ERR_NOMEM. */
int mbox_next(struct mbox *mbox, struct mbox_mail *out);

/* Takes one '>' off the lines of the body that begin with ">From ", ">>From " and so on, and such
 * lines out of the header, in place. Returns the new length. */
size_t mbox_unquote(char *bytes, size_t length);

/* The date of a line "From SENDER Mon Jan  1 00:00:00 2024", also without seconds and with a zone
 * before or behind the year; no zone is UTC. 0 or ERR_SYNTAX. */
int mbox_date(const char *line, size_t length, int64_t *out);

#endif
