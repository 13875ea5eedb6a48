/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * catalogue_import - services out of two open catalogues, as a file of our own format.
 *
 * JustDeleteMe: an array of objects with name, url, domains and email. datenanfragen.de: objects,
 * singly or in an array, with slug, name, web, webform, email, phone and quality. Records meet
 * where they have an organisational domain in common.
 *
 * Invariants
 * 1. A service that the known catalogue has by any of its domains is left out, whole.
 * 2. No domain at which anybody can have an address, no carrier and no public suffix becomes a
 *    service's.
 * 3. What datenanfragen.de says about reaching a service is taken over only where it says, too,
 *    that somebody has verified it; the address of a page only where it is on the service's domain.
 * 4. What is written loads without a mistake.
 * Thread rule: one thread at a time.
 */
#ifndef GONEAWAY_CATALOGUE_IMPORT_H
#define GONEAWAY_CATALOGUE_IMPORT_H

#include "buf.h"
#include "catalogue.h"
#include "json_read.h"
#include "kind.h"

/* How a file that was written begins. */
#define CATALOGUE_IMPORT_MARK "# Made by goneaway catalogue import"

struct catalogue_import;

struct catalogue_import_counts {
    size_t records;  /* all that were read */
    size_t known;    /* of services that are known already */
    size_t unusable; /* without a name or a domain that can be used */
    size_t services; /* that were written */
};

/* known: what is there already; rules: knows the mail providers. Both are kept, not owned. 0 or
 * ERR_NOMEM. */
int catalogue_import_open(const struct catalogue *known, const struct kind_rules *rules,
    struct catalogue_import **out);
void catalogue_import_close(struct catalogue_import **import);

/* Takes the records of one file's text. 0; ERR_SYNTAX or ERR_LIMIT with *mistake filled in, after
 * which nothing of the text was taken; ERR_NOMEM. */
int catalogue_import_add(struct catalogue_import *import, const char *text, size_t length,
    struct json_read_mistake *mistake);

/* Writes the file, sorted, and fills in counts. Once, after all texts. 0 or ERR_NOMEM; the buffer
 * tells whether it was large enough. */
int catalogue_import_write(
    struct catalogue_import *import, struct buf *out, struct catalogue_import_counts *counts);

#endif
