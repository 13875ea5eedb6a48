-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- The ledger, step 4: mail that the daemon judged is known again in a mailbox, where its envelope
-- may be missing and deliveries have added to it; and what was found there stays apart from what
-- came by the daemon when days are counted.

-- Keyed, like fingerprint, but of nothing that a delivery changes: recipient and Message-ID.
ALTER TABLE message ADD COLUMN twin BLOB
    CONSTRAINT "twin has bounds" CHECK (length(twin) <= 64);
CREATE INDEX message_twin ON message (twin) WHERE twin IS NOT NULL;

-- How many of them a scan found.
ALTER TABLE day_count ADD COLUMN found INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER message_counted;
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
    INSERT INTO day_count (day, domain, kind, action, meant, service_mail, messages, found)
        SELECT substr(NEW.received, 1, 10), domain, NEW.kind, NEW.action, NEW.meant,
            NEW.account_id IS NOT NULL, 1, NEW.origin = 'scan'
        FROM address WHERE id = NEW.address_id
        ON CONFLICT (day, domain, kind, action, meant, service_mail)
            DO UPDATE SET messages = messages + 1, found = found + excluded.found;
END;
