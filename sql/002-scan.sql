-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- The ledger, step 2: mail that lay in a mailbox before anybody judged it (goneaway scan).

-- How the mail came: by the milter, which could refuse it, or found in a mailbox.
ALTER TABLE message ADD COLUMN origin TEXT NOT NULL DEFAULT 'milter'
    CONSTRAINT "origin must be milter or scan" CHECK (origin = 'milter' OR origin = 'scan');

-- When a scan last found mail of it: what lies back further than it would be kept stays that long
-- after it was found.
ALTER TABLE address ADD COLUMN found TEXT
    CONSTRAINT "found must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (found IS NULL OR (found GLOB '[0-9]*Z'
            AND found IS strftime('%Y-%m-%dT%H:%M:%SZ', found, '+0 days')));
ALTER TABLE account ADD COLUMN found TEXT
    CONSTRAINT "found must be a time in UTC like 2019-10-05T00:00:00Z"
        CHECK (found IS NULL OR (found GLOB '[0-9]*Z'
            AND found IS strftime('%Y-%m-%dT%H:%M:%SZ', found, '+0 days')));

-- What was counted, for a mail counts once however often its mailbox is read: also when the row of
-- message is gone. A keyed fingerprint tells nothing about the mail; it goes with its address.
CREATE TABLE scanned (
    address_id INTEGER NOT NULL REFERENCES address (id) ON DELETE CASCADE,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (address_id, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER scanned_forgotten BEFORE DELETE ON address
BEGIN
    DELETE FROM scanned WHERE address_id = OLD.id;
END;
