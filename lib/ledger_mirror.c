/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include "ledger_mirror.h"

#include "buf.h"
#include "err.h"
#include "log.h"

#define STEPS_MAX ((size_t)20000)

/* Steps the query to its end. A row that breaks a rule of the schema is left out with a line in
 * the log, so that one odd entry of a catalogue does not keep all others away. */
static int finish(struct ledger_query *query, const char *what, const char *name)
{
    int r = ledger_db_step(query);

    ledger_db_end(query);
    if (r == ERR_LEDGER && (query->db->fault.code & 0xff) == SQLITE_CONSTRAINT) {
        log_warning("ledger: %s %s is left out: %s", what, name, query->db->fault.text);
        return 0;
    }
    return r < 0 ? r : 0;
}

static int note_seen(struct ledger_db *db, const char *what, const char *name)
{
    struct ledger_query query;

    ledger_db_begin(&query, db, LEDGER_MIRROR_SEEN);
    ledger_db_text(&query, what);
    ledger_db_text(&query, name);
    return finish(&query, what, name);
}

static int write_domain(struct ledger_db *db, const struct ledger_domain *domain)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_MIRROR_DOMAIN);
    ledger_db_text(&query, domain->name);
    ledger_db_time(&query, domain->owned_since);
    ledger_db_text(&query, domain->mode);
    r = finish(&query, "domain", domain->name);
    return r != 0 ? r : note_seen(db, "domain", domain->name);
}

static int write_sender(struct ledger_db *db, const char *domain, const char *service)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_MIRROR_SERVICE_DOMAIN);
    ledger_db_text(&query, domain);
    ledger_db_text(&query, service);
    r = finish(&query, "domain of a service", domain);
    return r != 0 ? r : note_seen(db, "sender", domain);
}

static int write_contact(struct ledger_db *db, const struct catalogue_service *service)
{
    const struct catalogue_contact *contact = &service->contact;
    struct ledger_query query;
    struct buf steps;
    int r;

    if (contact->step_count == 0 && contact->url == NULL && contact->privacy == NULL &&
        contact->phone == NULL)
        return 0;
    buf_init(&steps, STEPS_MAX);
    for (size_t i = 0; i < contact->step_count; i++)
        buf_printf(&steps, "%s%zu. %s", i > 0 ? "\n" : "", i + 1, contact->steps[i]);
    r = buf_failed(&steps) == ERR_NOMEM ? ERR_NOMEM : 0;
    if (r == 0) {
        ledger_db_begin(&query, db, LEDGER_MIRROR_CONTACT);
        ledger_db_text(&query, service->id);
        ledger_db_text(&query, contact->step_count > 0 ? buf_text(&steps) : NULL);
        ledger_db_text(&query, contact->url);
        ledger_db_text(&query, contact->phone);
        ledger_db_text(&query, contact->privacy);
        ledger_db_text(&query, contact->languages);
        ledger_db_text(&query, contact->checked);
        ledger_db_text(&query, contact->source);
        r = finish(&query, "contact of", service->id);
    }
    buf_free(&steps);
    return r != 0 ? r : note_seen(db, "contact", service->id);
}

static int write_service(struct ledger_db *db, const struct catalogue_service *service)
{
    struct ledger_query query;
    int r;

    ledger_db_begin(&query, db, LEDGER_MIRROR_SERVICE);
    ledger_db_text(&query, service->id);
    ledger_db_text(&query, service->name);
    ledger_db_text(&query, service->category);
    ledger_db_int(&query, service->risk);
    ledger_db_text(&query, service->homepage);
    r = finish(&query, "service", service->id);
    if (r == 0)
        r = note_seen(db, "service", service->id);
    for (size_t i = 0; r == 0 && i < service->domain_count; i++)
        r = write_sender(db, service->domains[i], service->id);
    return r != 0 ? r : write_contact(db, service);
}

static int write_catalogue(struct ledger_db *db, const struct catalogue *catalogue)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < catalogue_count(catalogue); i++)
        r = write_service(db, catalogue_at(catalogue, i));
    if (r == 0)
        r = ledger_db_run(db, LEDGER_MIRROR_FORGET_SENDERS);
    if (r == 0)
        r = ledger_db_run(db, LEDGER_MIRROR_FORGET_CONTACTS);
    return r != 0 ? r : ledger_db_run(db, LEDGER_MIRROR_FORGET_SERVICES);
}

int ledger_mirror_write(struct ledger_db *db, const struct ledger_domain *domains, size_t count,
    const struct catalogue *catalogue)
{
    int r = ledger_db_run(db, LEDGER_MIRROR_BEGIN);

    if (r == 0)
        r = ledger_db_run(db, LEDGER_MIRROR_EMPTY);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = write_domain(db, &domains[i]);
    if (r == 0)
        r = ledger_db_run(db, LEDGER_MIRROR_FORGET_DOMAINS);
    if (r == 0 && catalogue != NULL)
        r = write_catalogue(db, catalogue);
    return r;
}
