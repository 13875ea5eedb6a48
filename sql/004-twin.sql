-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- The ledger, step 4: mail that the daemon judged is known again in a mailbox, where its envelope
-- may be missing and deliveries have added to it.

-- Keyed, like fingerprint, but of nothing that a delivery changes: recipient and Message-ID.
ALTER TABLE message ADD COLUMN twin BLOB
    CONSTRAINT "twin has bounds" CHECK (length(twin) <= 64);
CREATE INDEX message_twin ON message (twin) WHERE twin IS NOT NULL;
