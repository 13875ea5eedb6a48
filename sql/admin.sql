-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- sqlite3 -init admin.sql /var/lib/goneaway/goneaway.db
-- A shell for the ledger. What is changed here counts from the next message on; an edit that
-- makes no sense is refused with a sentence that says why.
.timeout 5000
.headers on
.mode box --wordwrap on --wrap 80
.nullvalue "-"
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;
SELECT ask AS "SELECT * FROM …;", what_it_tells AS "tells" FROM about;
.print "UPDATE account SET holder = 'current' WHERE address = '…' AND service = '…';   it is our account"
.print "UPDATE account SET case_state = 'reported' WHERE address = '…' AND service = '…';"
.print "INSERT INTO mailbox (address) VALUES ('me@…');                                  we use this address"
.print "DELETE FROM address WHERE address = '…';                                        forget all about it"
.print ".schema account  .tables  .quit"
