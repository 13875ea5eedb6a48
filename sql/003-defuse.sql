-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- The ledger, step 3: the action defuse. SQLite changes no CHECK of a table that is there, so the
-- table is made anew and the rows move. Legacy renaming leaves views and triggers alone, which
-- speak of the table by its name.

PRAGMA legacy_alter_table = ON;

CREATE TABLE message_new (
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
    origin TEXT NOT NULL DEFAULT 'milter',
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
    CONSTRAINT "action must be accept, tag, defuse, seal, quarantine, reject, discard or tempfail"
        CHECK (action = 'accept' OR action = 'tag' OR action = 'defuse' OR action = 'seal' OR action = 'quarantine'
            OR action = 'reject' OR action = 'discard' OR action = 'tempfail'),
    CONSTRAINT "meant must be accept, tag, defuse, seal, quarantine, reject, discard or tempfail"
        CHECK (meant = 'accept' OR meant = 'tag' OR meant = 'defuse' OR meant = 'seal' OR meant = 'quarantine'
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
    CONSTRAINT "origin must be milter or scan" CHECK (origin = 'milter' OR origin = 'scan'),
    CONSTRAINT "size must not be negative" CHECK (size >= 0),
    CONSTRAINT "deliveries must be at least 1" CHECK (deliveries >= 1)
) STRICT;

INSERT INTO message_new (
    id, received, address_id, account_id, own, kind, authenticated, from_domain, claimed,
    action, meant, mode, rule, rrvs, rrvs_date, reply, queue_id, size, subject, fingerprint,
    deliveries, origin)
SELECT
    id, received, address_id, account_id, own, kind, authenticated, from_domain, claimed,
    action, meant, mode, rule, rrvs, rrvs_date, reply, queue_id, size, subject, fingerprint,
    deliveries, origin
FROM message;

DROP TABLE message;
ALTER TABLE message_new RENAME TO message;

CREATE INDEX message_by_time ON message (received);
CREATE INDEX message_by_address ON message (address_id, received);
CREATE INDEX message_by_account ON message (account_id, received) WHERE account_id IS NOT NULL;
CREATE INDEX message_takeover ON message (address_id, received, account_id, kind)
    WHERE kind IN ('reset', 'code') AND account_id IS NOT NULL;
CREATE INDEX message_refused ON message (account_id, received, reply)
    WHERE reply IS NOT NULL AND account_id IS NOT NULL;
CREATE INDEX message_claimed ON message (claimed, received) WHERE claimed IS NOT NULL;

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

PRAGMA legacy_alter_table = OFF;
