-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- The ledger, step 1. Every time is UTC text, YYYY-MM-DDTHH:MM:SSZ. Addresses stand in key form
-- (ASCII-folded local part, A-label domain); NOCASE lets an administrator write them in any case.
--
-- A time is one that SQLite writes back unchanged: "+0 days" makes it turn 30 February into the
-- day that it is, and the pattern keeps 'now' away.
-- Enumerations are chains of OR, because IN with a longer list makes SQLite build a temporary
-- table for every row. The name of a CHECK is the sentence that the administrator reads when an edit is refused.
-- Counters (address, account, account_kind, day_count) are kept by a trigger on message and are
-- not taken back when messages are pruned: they outlive the details.

-- What the ledger notes about itself.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Mirror of the configuration; configured = 0: it stood there once.
CREATE TABLE domain (
    name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    owned_since TEXT,
    mode TEXT NOT NULL DEFAULT 'observe',
    configured INTEGER NOT NULL DEFAULT 0,
    note TEXT,
    CONSTRAINT "name must be a domain name of at most 253 characters, in xn-- form where it is not ASCII"
        CHECK (length(name) BETWEEN 1 AND 253 AND name NOT GLOB '*[^-._0-9A-Za-z]*'),
    CONSTRAINT "owned_since must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (owned_since IS NULL OR (owned_since GLOB '[0-9]*Z'
            AND owned_since IS strftime('%Y-%m-%dT%H:%M:%SZ', owned_since, '+0 days'))),
    CONSTRAINT "mode must be observe, tag or enforce"
        CHECK (mode = 'observe' OR mode = 'tag' OR mode = 'enforce'),
    CONSTRAINT "configured must be 0 or 1" CHECK (configured = 0 OR configured = 1)
) STRICT, WITHOUT ROWID;

-- Addresses that the new owner uses, beside those of the configuration.
-- since: reassigned to somebody new at that moment; NULL: ours for as long as the domain is.
-- keep_since: the administrator vouches that nobody else had it since then.
-- until: the row counts no longer from then on (a window in which mail is expected).
CREATE TABLE mailbox (
    address TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    seen TEXT,
    since TEXT,
    keep_since TEXT,
    source TEXT NOT NULL DEFAULT 'admin',
    until TEXT,
    added TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    note TEXT,
    CONSTRAINT "address must be one mailbox like me@example.com"
        CHECK (address LIKE '_%@_%' AND length(address) <= 1300
            AND address NOT GLOB ('*[' || char(1) || '-' || char(31) || char(127) || ']*')),
    CONSTRAINT "address must be one mailbox like me@example.com: no space, no brackets, no dot at the end, the domain in xn-- form where it is not ASCII"
        CHECK (source <> 'admin' OR (address NOT GLOB '*[ <>,;]*' AND address NOT LIKE '%.'
            AND substr(address, instr(address, '@') + 1) NOT GLOB '*[^!-~]*')),
    CONSTRAINT "source must be admin, learned, minted or expected"
        CHECK (source = 'admin' OR source = 'learned' OR source = 'minted' OR source = 'expected'),
    CONSTRAINT "since must be a time in UTC like 2019-10-05T00:00:00Z, or NULL"
        CHECK (since IS NULL OR (since GLOB '[0-9]*Z'
            AND since IS strftime('%Y-%m-%dT%H:%M:%SZ', since, '+0 days'))),
    CONSTRAINT "keep_since must be a time in UTC like 2019-10-05T00:00:00Z, or NULL"
        CHECK (keep_since IS NULL OR (keep_since GLOB '[0-9]*Z'
            AND keep_since IS strftime('%Y-%m-%dT%H:%M:%SZ', keep_since, '+0 days'))),
    CONSTRAINT "until must be a time in UTC like 2019-10-05T00:00:00Z, or NULL"
        CHECK (until IS NULL OR (until GLOB '[0-9]*Z'
            AND until IS strftime('%Y-%m-%dT%H:%M:%SZ', until, '+0 days'))),
    CONSTRAINT "added must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (added GLOB '[0-9]*Z'
            AND added IS strftime('%Y-%m-%dT%H:%M:%SZ', added, '+0 days')),
    CONSTRAINT "an expected mailbox needs until, the time when it is expected no longer"
        CHECK (source <> 'expected' OR until IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- Any recipient at our domains for which mail has come. Deleting one deletes all about it.
CREATE TABLE address (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL COLLATE NOCASE UNIQUE,
    seen TEXT,
    domain TEXT NOT NULL COLLATE NOCASE DEFAULT '',
    own INTEGER NOT NULL DEFAULT 0,
    first_seen TEXT,
    last_seen TEXT,
    messages INTEGER NOT NULL DEFAULT 0,
    note TEXT,
    CONSTRAINT "address must be one mailbox like old@example.com, without space or brackets around it"
        CHECK (address LIKE '_%@%' AND length(address) <= 1300
            AND address NOT GLOB ('*[' || char(1) || '-' || char(31) || char(127) || ']*')),
    CONSTRAINT "seen must have at most 1300 characters" CHECK (length(seen) <= 1300),
    CONSTRAINT "domain must have at most 253 characters" CHECK (length(domain) <= 253),
    CONSTRAINT "own must be 0 or 1" CHECK (own = 0 OR own = 1),
    CONSTRAINT "first_seen must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (first_seen IS NULL OR (first_seen GLOB '[0-9]*Z'
            AND first_seen IS strftime('%Y-%m-%dT%H:%M:%SZ', first_seen, '+0 days'))),
    CONSTRAINT "last_seen must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (last_seen IS NULL OR (last_seen GLOB '[0-9]*Z'
            AND last_seen IS strftime('%Y-%m-%dT%H:%M:%SZ', last_seen, '+0 days')))
) STRICT;

-- Organisations that write to account holders. edited = 1: the administrator's word, which the
-- catalogue does not change; mirrored counts what the catalogue changed.
CREATE TABLE service (
    id TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    category TEXT,
    risk INTEGER NOT NULL DEFAULT 2,
    homepage TEXT,
    note TEXT,
    edited INTEGER NOT NULL DEFAULT 1,
    mirrored INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT "id must be the main domain of the service, like netflix.com"
        CHECK (length(id) BETWEEN 1 AND 253 AND id NOT GLOB '*[^-._0-9A-Za-z]*'),
    CONSTRAINT "name must have at most 200 characters" CHECK (length(name) <= 200),
    CONSTRAINT "category must have at most 40 characters" CHECK (length(category) <= 40),
    CONSTRAINT "risk must be 1 (little to lose) to 5 (bank and payment)" CHECK (risk BETWEEN 1 AND 5),
    CONSTRAINT "homepage must begin with https:// or http://"
        CHECK (homepage IS NULL OR homepage LIKE 'https://_%' OR homepage LIKE 'http://_%'),
    CONSTRAINT "edited must be 0 or 1" CHECK (edited = 0 OR edited = 1)
) STRICT, WITHOUT ROWID;

CREATE TABLE service_domain (
    domain TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    service TEXT NOT NULL COLLATE NOCASE REFERENCES service (id) ON DELETE CASCADE ON UPDATE CASCADE,
    edited INTEGER NOT NULL DEFAULT 1,
    mirrored INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT "domain must be a domain name, in xn-- form where it is not ASCII"
        CHECK (length(domain) BETWEEN 1 AND 253 AND domain NOT GLOB '*[^-._0-9A-Za-z]*'),
    CONSTRAINT "edited must be 0 or 1" CHECK (edited = 0 OR edited = 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX service_domain_by_service ON service_domain (service);

-- How somebody who is no member reaches the service. steps: one a line.
CREATE TABLE contact (
    service TEXT NOT NULL COLLATE NOCASE PRIMARY KEY
        REFERENCES service (id) ON DELETE CASCADE ON UPDATE CASCADE,
    steps TEXT,
    url TEXT,
    phone TEXT,
    privacy TEXT,
    languages TEXT,
    checked TEXT,
    source TEXT,
    edited INTEGER NOT NULL DEFAULT 1,
    mirrored INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT "checked must be a day like 2026-05-31"
        CHECK (checked IS NULL OR (checked GLOB '[0-9]*'
            AND checked IS strftime('%Y-%m-%d', checked, '+0 days'))),
    CONSTRAINT "url must begin with https://, http:// or mailto:"
        CHECK (url IS NULL OR url LIKE 'https://_%' OR url LIKE 'http://_%' OR url LIKE 'mailto:_%'),
    CONSTRAINT "edited must be 0 or 1" CHECK (edited = 0 OR edited = 1)
) STRICT, WITHOUT ROWID;

-- The pair of an address and a service: whose account it is, and how far the service has been
-- brought to stop.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL COLLATE NOCASE
        REFERENCES address (address) ON DELETE CASCADE ON UPDATE CASCADE,
    service TEXT NOT NULL COLLATE NOCASE REFERENCES service (id) ON UPDATE CASCADE,
    holder TEXT NOT NULL DEFAULT 'unknown',
    holder_by TEXT NOT NULL DEFAULT 'none',
    first_seen TEXT,
    last_seen TEXT,
    messages INTEGER NOT NULL DEFAULT 0,
    rrvs_date TEXT,
    refused INTEGER NOT NULL DEFAULT 0,
    first_refused TEXT,
    case_state TEXT NOT NULL DEFAULT 'found',
    case_since TEXT,
    reported_at TEXT,
    note TEXT,
    UNIQUE (address, service),
    CONSTRAINT "holder must be prior, current, stranger or unknown"
        CHECK (holder = 'prior' OR holder = 'current' OR holder = 'stranger' OR holder = 'unknown'),
    CONSTRAINT "holder_by must be none, first-mail, mailbox, rrvs or admin"
        CHECK (holder_by = 'none' OR holder_by = 'first-mail' OR holder_by = 'mailbox'
            OR holder_by = 'rrvs' OR holder_by = 'admin'),
    CONSTRAINT "case_state must be found, reported, answered, quiet or reopened"
        CHECK (case_state = 'found' OR case_state = 'reported' OR case_state = 'answered'
            OR case_state = 'quiet' OR case_state = 'reopened'),
    CONSTRAINT "first_seen must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (first_seen IS NULL OR (first_seen GLOB '[0-9]*Z'
            AND first_seen IS strftime('%Y-%m-%dT%H:%M:%SZ', first_seen, '+0 days'))),
    CONSTRAINT "last_seen must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (last_seen IS NULL OR (last_seen GLOB '[0-9]*Z'
            AND last_seen IS strftime('%Y-%m-%dT%H:%M:%SZ', last_seen, '+0 days'))),
    CONSTRAINT "rrvs_date must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (rrvs_date IS NULL OR (rrvs_date GLOB '[0-9]*Z'
            AND rrvs_date IS strftime('%Y-%m-%dT%H:%M:%SZ', rrvs_date, '+0 days'))),
    CONSTRAINT "first_refused must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (first_refused IS NULL OR (first_refused GLOB '[0-9]*Z'
            AND first_refused IS strftime('%Y-%m-%dT%H:%M:%SZ', first_refused, '+0 days'))),
    CONSTRAINT "case_since must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (case_since IS NULL OR (case_since GLOB '[0-9]*Z'
            AND case_since IS strftime('%Y-%m-%dT%H:%M:%SZ', case_since, '+0 days'))),
    CONSTRAINT "reported_at must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (reported_at IS NULL OR (reported_at GLOB '[0-9]*Z'
            AND reported_at IS strftime('%Y-%m-%dT%H:%M:%SZ', reported_at, '+0 days'))),
    CONSTRAINT "note must have at most 4000 characters" CHECK (length(note) <= 4000)
) STRICT;
CREATE INDEX account_by_service ON account (service);

-- How many mails of each kind an account got.
CREATE TABLE account_kind (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    messages INTEGER NOT NULL DEFAULT 0,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    PRIMARY KEY (account_id, kind)
) STRICT, WITHOUT ROWID;

-- One row for each message and recipient. reply: code and status that the sender was given.
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    received TEXT NOT NULL,
    address_id INTEGER NOT NULL REFERENCES address (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    own INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL,
    authenticated TEXT,
    from_domain TEXT,
    claimed TEXT,
    action TEXT NOT NULL,
    meant TEXT NOT NULL,
    mode TEXT NOT NULL,
    rule TEXT,
    rrvs TEXT NOT NULL DEFAULT 'none',
    rrvs_date TEXT,
    reply TEXT,
    queue_id TEXT,
    size INTEGER NOT NULL DEFAULT 0,
    subject TEXT,
    fingerprint BLOB UNIQUE,
    deliveries INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT "received must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (received GLOB '[0-9]*Z'
            AND received IS strftime('%Y-%m-%dT%H:%M:%SZ', received, '+0 days')),
    CONSTRAINT "rrvs_date must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (rrvs_date IS NULL OR (rrvs_date GLOB '[0-9]*Z'
            AND rrvs_date IS strftime('%Y-%m-%dT%H:%M:%SZ', rrvs_date, '+0 days'))),
    CONSTRAINT "own must be 0 or 1" CHECK (own = 0 OR own = 1),
    CONSTRAINT "kind must be one of goneaway's kinds of mail"
        CHECK (kind = 'reset' OR kind = 'code' OR kind = 'verify' OR kind = 'signin'
            OR kind = 'change' OR kind = 'welcome' OR kind = 'billing' OR kind = 'order'
            OR kind = 'notice' OR kind = 'bulk' OR kind = 'personal' OR kind = 'auto'
            OR kind = 'other'),
    CONSTRAINT "action must be accept, tag, seal, quarantine, reject, discard or tempfail"
        CHECK (action = 'accept' OR action = 'tag' OR action = 'seal' OR action = 'quarantine'
            OR action = 'reject' OR action = 'discard' OR action = 'tempfail'),
    CONSTRAINT "meant must be accept, tag, seal, quarantine, reject, discard or tempfail"
        CHECK (meant = 'accept' OR meant = 'tag' OR meant = 'seal' OR meant = 'quarantine'
            OR meant = 'reject' OR meant = 'discard' OR meant = 'tempfail'),
    CONSTRAINT "mode must be observe, tag or enforce"
        CHECK (mode = 'observe' OR mode = 'tag' OR mode = 'enforce'),
    CONSTRAINT "rrvs must be pass, fail, unknown, temperror, permerror, none or ignored"
        CHECK (rrvs = 'pass' OR rrvs = 'fail' OR rrvs = 'unknown' OR rrvs = 'temperror'
            OR rrvs = 'permerror' OR rrvs = 'none' OR rrvs = 'ignored'),
    CONSTRAINT "texts of a message have bounds"
        CHECK (length(authenticated) <= 253 AND length(from_domain) <= 253
            AND length(claimed) <= 253 AND length(rule) <= 300 AND length(reply) <= 40
            AND length(queue_id) <= 255 AND length(subject) <= 1000
            AND length(fingerprint) <= 64),
    CONSTRAINT "size must not be negative" CHECK (size >= 0),
    CONSTRAINT "deliveries must be at least 1" CHECK (deliveries >= 1)
) STRICT;
CREATE INDEX message_by_time ON message (received);
CREATE INDEX message_by_address ON message (address_id, received);
CREATE INDEX message_by_account ON message (account_id, received) WHERE account_id IS NOT NULL;
CREATE INDEX message_takeover ON message (address_id, received, account_id, kind)
    WHERE kind IN ('reset', 'code') AND account_id IS NOT NULL;
CREATE INDEX message_refused ON message (account_id, received, reply)
    WHERE reply IS NOT NULL AND account_id IS NOT NULL;
CREATE INDEX message_claimed ON message (claimed, received) WHERE claimed IS NOT NULL;

-- What came each day; kept when messages are pruned.
CREATE TABLE day_count (
    day TEXT NOT NULL,
    domain TEXT NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    meant TEXT NOT NULL,
    service_mail INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (day, domain, kind, action, meant, service_mail)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER message_counted AFTER INSERT ON message
BEGIN
    UPDATE address SET messages = messages + 1, own = NEW.own,
            first_seen = min(coalesce(first_seen, NEW.received), NEW.received),
            last_seen = max(coalesce(last_seen, NEW.received), NEW.received)
        WHERE id = NEW.address_id;
    UPDATE account SET messages = messages + 1,
            first_seen = min(coalesce(first_seen, NEW.received), NEW.received),
            last_seen = max(coalesce(last_seen, NEW.received), NEW.received),
            refused = refused + (NEW.reply IS NOT NULL AND NEW.reply GLOB '5*'),
            first_refused = CASE WHEN NEW.reply GLOB '5*'
                THEN min(coalesce(first_refused, NEW.received), NEW.received)
                ELSE first_refused END
        WHERE id = NEW.account_id;
    -- a case that was quiet is open again when mail comes after it fell quiet
    UPDATE account SET case_state = 'reopened', case_since = NEW.received
        WHERE id = NEW.account_id AND case_state = 'quiet'
            AND NEW.received >= coalesce(case_since, '');
    INSERT INTO account_kind (account_id, kind, messages, first_seen, last_seen)
        SELECT NEW.account_id, NEW.kind, 1, NEW.received, NEW.received
        WHERE NEW.account_id IS NOT NULL
        ON CONFLICT (account_id, kind) DO UPDATE SET messages = messages + 1,
            first_seen = min(first_seen, excluded.first_seen),
            last_seen = max(last_seen, excluded.last_seen);
    INSERT INTO day_count (day, domain, kind, action, meant, service_mail, messages)
        SELECT substr(NEW.received, 1, 10), domain, NEW.kind, NEW.action, NEW.meant,
            NEW.account_id IS NOT NULL, 1
        FROM address WHERE id = NEW.address_id
        ON CONFLICT (day, domain, kind, action, meant, service_mail)
            DO UPDATE SET messages = messages + 1;
END;

-- The administrator's hand.

CREATE TRIGGER mailbox_ours BEFORE INSERT ON mailbox
WHEN NEW.source = 'admin' AND NEW.address LIKE '_%@_%' AND NEW.address NOT GLOB '*[ <>,;]*'
    AND EXISTS (SELECT 1 FROM domain)
    AND NOT EXISTS (SELECT 1 FROM domain WHERE NEW.address LIKE '%@' || name)
BEGIN
    SELECT RAISE(ABORT, 'address must be at one of our domains: SELECT name FROM domain tells which');
END;

CREATE TRIGGER mailbox_folded AFTER INSERT ON mailbox
WHEN NEW.address <> lower(NEW.address) COLLATE BINARY
BEGIN
    UPDATE mailbox SET seen = coalesce(seen, address), address = lower(address)
        WHERE address = NEW.address;
END;

CREATE TRIGGER mailbox_folded_again AFTER UPDATE OF address ON mailbox
WHEN NEW.address <> lower(NEW.address) COLLATE BINARY
BEGIN
    UPDATE mailbox SET address = lower(address) WHERE address = NEW.address;
END;

-- Deletions reach all that belongs to the row, also in a shell where foreign keys are off.

CREATE TRIGGER address_forgotten BEFORE DELETE ON address
BEGIN
    DELETE FROM message WHERE address_id = OLD.id;
    DELETE FROM account WHERE address = OLD.address;
END;

CREATE TRIGGER account_forgotten BEFORE DELETE ON account
BEGIN
    DELETE FROM account_kind WHERE account_id = OLD.id;
    UPDATE message SET account_id = NULL WHERE account_id = OLD.id;
END;

CREATE TRIGGER service_forgotten BEFORE DELETE ON service
BEGIN
    SELECT RAISE(ABORT, 'this service has accounts: delete those from account first')
        WHERE EXISTS (SELECT 1 FROM account WHERE service = OLD.id);
    DELETE FROM service_domain WHERE service = OLD.id;
    DELETE FROM contact WHERE service = OLD.id;
END;

CREATE TRIGGER address_renamed BEFORE UPDATE OF id, address ON address
WHEN NEW.address <> OLD.address OR NEW.id <> OLD.id
BEGIN
    SELECT RAISE(ABORT, 'an address keeps its name: add another one, or delete this one');
END;

CREATE TRIGGER account_renamed BEFORE UPDATE OF id, address, service ON account
WHEN NEW.address <> OLD.address OR NEW.service <> OLD.service OR NEW.id <> OLD.id
BEGIN
    SELECT RAISE(ABORT, 'an account keeps its address and service: add another one, or delete this one');
END;

CREATE TRIGGER service_renamed BEFORE UPDATE OF id ON service
WHEN NEW.id <> OLD.id
BEGIN
    SELECT RAISE(ABORT, 'a service keeps its id: change its name, or add another one');
END;

CREATE TRIGGER address_named AFTER INSERT ON address
WHEN NEW.domain = '' OR NEW.address <> lower(NEW.address) COLLATE BINARY
BEGIN
    UPDATE address SET address = lower(address),
            domain = CASE domain WHEN '' THEN lower(substr(address, instr(address, '@') + 1))
                ELSE domain END
        WHERE id = NEW.id;
END;

CREATE TRIGGER service_named AFTER INSERT ON service
WHEN NEW.name = '' OR NEW.id <> lower(NEW.id) COLLATE BINARY
BEGIN
    UPDATE service SET id = lower(id), mirrored = mirrored + 1,
            name = CASE name WHEN '' THEN lower(id) ELSE name END
        WHERE id = NEW.id;
END;

CREATE TRIGGER service_by_hand AFTER UPDATE OF name, category, risk, homepage ON service
WHEN NEW.mirrored = OLD.mirrored AND NEW.edited = OLD.edited
BEGIN
    UPDATE service SET edited = 1 WHERE id = NEW.id;
END;

CREATE TRIGGER service_domain_known BEFORE INSERT ON service_domain
WHEN NOT EXISTS (SELECT 1 FROM service WHERE id = NEW.service)
BEGIN
    SELECT RAISE(ABORT, 'no such service: INSERT INTO service (id) first');
END;

CREATE TRIGGER service_domain_by_hand AFTER UPDATE OF service, domain ON service_domain
WHEN NEW.mirrored = OLD.mirrored AND NEW.edited = OLD.edited
BEGIN
    UPDATE service_domain SET edited = 1 WHERE domain = NEW.domain;
END;

CREATE TRIGGER contact_known BEFORE INSERT ON contact
WHEN NOT EXISTS (SELECT 1 FROM service WHERE id = NEW.service)
BEGIN
    SELECT RAISE(ABORT, 'no such service: INSERT INTO service (id) first');
END;

CREATE TRIGGER contact_by_hand
AFTER UPDATE OF steps, url, phone, privacy, languages, checked, source ON contact
WHEN NEW.mirrored = OLD.mirrored AND NEW.edited = OLD.edited
BEGIN
    UPDATE contact SET edited = 1 WHERE service = NEW.service;
END;

CREATE TRIGGER account_known BEFORE INSERT ON account
WHEN NOT EXISTS (SELECT 1 FROM service WHERE id = NEW.service)
BEGIN
    SELECT RAISE(ABORT, 'no such service: INSERT INTO service (id) first');
END;

CREATE TRIGGER account_address BEFORE INSERT ON account
WHEN NOT EXISTS (SELECT 1 FROM address WHERE address = NEW.address)
BEGIN
    INSERT INTO address (address) VALUES (NEW.address);
END;

CREATE TRIGGER account_folded AFTER INSERT ON account
WHEN NEW.address <> lower(NEW.address) COLLATE BINARY
    OR NEW.service <> lower(NEW.service) COLLATE BINARY
BEGIN
    UPDATE account SET address = lower(address), service = lower(service) WHERE id = NEW.id;
END;

-- The daemon always names holder_by together with holder, and changes both; so who changes
-- holder alone is the administrator, whose word inference never overwrites.
CREATE TRIGGER account_by_hand AFTER UPDATE OF holder ON account
WHEN NEW.holder_by = OLD.holder_by AND NEW.holder_by <> 'admin'
BEGIN
    UPDATE account SET holder_by = 'admin' WHERE id = NEW.id;
END;

CREATE TRIGGER account_added_by_hand AFTER INSERT ON account
WHEN NEW.holder_by = 'none' AND NEW.holder <> 'unknown'
BEGIN
    UPDATE account SET holder_by = 'admin' WHERE id = NEW.id;
END;

CREATE TRIGGER account_case AFTER UPDATE OF case_state ON account
WHEN NEW.case_state <> OLD.case_state
BEGIN
    UPDATE account SET
            case_since = CASE WHEN NEW.case_since IS OLD.case_since
                THEN strftime('%Y-%m-%dT%H:%M:%SZ', 'now') ELSE NEW.case_since END,
            reported_at = CASE WHEN NEW.case_state = 'reported' AND NEW.reported_at IS OLD.reported_at
                THEN strftime('%Y-%m-%dT%H:%M:%SZ', 'now') ELSE NEW.reported_at END
        WHERE id = NEW.id;
END;
