-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- sqlite3 -init admin.sql /var/lib/goneaway/goneaway.db
-- A shell for the ledger. What is changed here counts from the next message on; an edit that
-- makes no sense is refused with a sentence that says why.
.bail off
.timeout 5000
.output /dev/null
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;
.output stdout
.headers off
.mode list
.separator "   "
SELECT 'What can be asked (SELECT * FROM …;):';
SELECT '  ' || substr(ask || '                ', 1, 16), what_it_tells FROM about;
SELECT 'What can be changed:';
SELECT '  ' || change, '-- ' || meaning FROM about_changes;
.print 'A table is wider than the screen? .mode line'
.headers on
.nullvalue "-"
.mode box --wordwrap on --wrap 60
