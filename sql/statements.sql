-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- Every statement that the program runs. A block begins with its name; parameters are bound in
-- the order of their numbers.

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: savepoint
SAVEPOINT job;

-- name: release
RELEASE job;

-- name: rollback_to
ROLLBACK TO job;

-- name: table_count
SELECT count(*) FROM sqlite_schema;

-- name: get_meta
SELECT value FROM meta WHERE name = ?1;

-- name: set_meta
INSERT INTO meta (name, value) VALUES (?1, ?2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: ping
SELECT count(*) FROM (SELECT 1 FROM meta LIMIT 1);

-- name: find_mailbox
SELECT source, CASE WHEN source IN ('admin', 'minted') THEN since END, keep_since
    FROM mailbox WHERE address = ?1 AND (until IS NULL OR until > ?2);

-- name: find_account
SELECT holder, holder_by, first_seen, rrvs_date FROM account WHERE address = ?1 AND service = ?2;

-- name: find_address
SELECT id FROM address WHERE address = ?1;

-- name: add_address
INSERT INTO address (address, seen, domain, own, first_seen, last_seen)
    VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING id;

-- name: account_state
SELECT id, holder_by, rrvs_date FROM account WHERE address = ?1 AND service = ?2;

-- name: add_service
INSERT INTO service (id, name, category, risk, edited) VALUES (?1, ?2, ?3, ?4, 0)
    ON CONFLICT (id) DO NOTHING;

-- name: add_account
INSERT INTO account (address, service, holder, holder_by, first_seen, last_seen, rrvs_date,
        case_since)
    VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?5) RETURNING id;

-- name: strengthen_account
UPDATE account SET holder = ?2, holder_by = ?3
    WHERE id = ?1 AND ?4 > CASE holder_by WHEN 'none' THEN 0 WHEN 'first-mail' THEN 1
        WHEN 'mailbox' THEN 2 WHEN 'rrvs' THEN 3 ELSE 4 END;

-- name: older_rrvs
UPDATE account SET rrvs_date = ?2 WHERE id = ?1 AND (rrvs_date IS NULL OR rrvs_date > ?2);

-- name: record_message
INSERT INTO message (received, address_id, account_id, own, kind, authenticated, from_domain,
        claimed, action, meant, mode, rule, rrvs, rrvs_date, reply, queue_id, size, subject,
        fingerprint, twin, origin)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
        ?20, ?21)
    ON CONFLICT (fingerprint) DO UPDATE SET deliveries = deliveries + 1,
        action = CASE action WHEN 'tempfail' THEN excluded.action ELSE action END,
        reply = CASE action WHEN 'tempfail' THEN excluded.reply ELSE reply END;

-- 2: a scan counted it; 1: so far only its row in message says so.
-- name: find_scanned
SELECT 2 FROM scanned WHERE fingerprint IN (?2, ?3)
    AND address_id = (SELECT id FROM address WHERE address = ?1)
UNION ALL
SELECT 1 FROM message WHERE fingerprint = ?2
UNION ALL
SELECT 1 FROM message WHERE twin = ?3
LIMIT 1;

-- name: note_scanned
INSERT INTO scanned (address_id, fingerprint) VALUES (?1, coalesce(?3, ?2))
    ON CONFLICT DO NOTHING;

-- name: found_address
UPDATE address SET found = ?2 WHERE id = ?1 AND (found IS NULL OR found < ?2);

-- name: found_account
UPDATE account SET found = ?3,
    case_since = CASE WHEN case_state = 'found' AND case_since > ?2 THEN ?2 ELSE case_since END
    WHERE id = ?1;

-- Whose account it is says the oldest mail of a service kind, in whatever order they are found; of
-- several in one second one that confirms or greets. strengthen_account comes behind it, since
-- whoever changes holder alone is the administrator.
-- name: doubt_account
UPDATE account SET holder_by = 'none'
    WHERE id = ?1 AND holder_by = 'first-mail' AND holder <> ?3 AND EXISTS (
        SELECT 1 FROM (SELECT min(first_seen) AS first FROM account_kind
            WHERE account_id = ?1 AND kind NOT IN ('bulk', 'personal', 'auto', 'other'))
        WHERE first > ?2 OR (first = ?2 AND ?3 = 'stranger'));

-- name: count_accounts
SELECT holder, count(*) FROM account GROUP BY holder;

-- name: learn_mailbox
INSERT INTO mailbox (address, seen, source, since, added)
    VALUES (?1, ?2, ?3, CASE WHEN ?3 <> 'learned' THEN ?4 END,
        coalesce(?4, strftime('%Y-%m-%dT%H:%M:%SZ', 'now')))
    ON CONFLICT (address) DO UPDATE SET source = excluded.source, since = excluded.since,
        seen = excluded.seen, until = NULL
    WHERE source = 'expected';

-- name: expect_mailbox
INSERT INTO mailbox (address, seen, source, until) VALUES (?1, ?2, 'expected', ?3)
    ON CONFLICT (address) DO UPDATE SET until = max(until, excluded.until)
    WHERE source = 'expected';

-- name: count_others
SELECT count(*) FROM account WHERE address = ?1 AND holder <> 'current';

-- name: summary_by_state
SELECT holder, case_state, count(*) FROM account GROUP BY 1, 2 ORDER BY 1, 2;

-- name: summary_by_service
SELECT service, count(*) FROM account WHERE holder <> 'current'
    GROUP BY service HAVING count(*) >= ?1 ORDER BY 2 DESC, 1 LIMIT ?2;

-- name: prune_messages
DELETE FROM message
    WHERE id IN (SELECT id FROM message WHERE received < ?1 ORDER BY received LIMIT ?2);

-- name: account_range
SELECT max(id) FROM (SELECT id FROM account WHERE id > ?1 ORDER BY id LIMIT ?2);

-- name: prune_accounts
DELETE FROM account
    WHERE id > ?1 AND id <= ?2 AND last_seen < ?3 AND coalesce(found, '') < ?3
        AND holder <> 'current' AND holder_by <> 'admin';

-- name: quiet_cases
UPDATE account SET case_state = 'quiet', case_since = ?4
    WHERE id > ?1 AND id <= ?2 AND case_state <> 'quiet' AND holder <> 'current'
        AND (first_refused IS NOT NULL OR reported_at IS NOT NULL
            OR case_state IN ('reported', 'answered'))
        AND max(coalesce(last_seen, ''), coalesce(reported_at, ''),
            CASE WHEN case_state = 'found' THEN '' ELSE coalesce(case_since, '') END) < ?3;

-- name: address_range
SELECT max(id) FROM (SELECT id FROM address WHERE id > ?1 ORDER BY id LIMIT ?2);

-- name: prune_addresses
DELETE FROM address
    WHERE id > ?1 AND id <= ?2 AND last_seen < ?3 AND coalesce(found, '') < ?3
        AND own = 0 AND note IS NULL
        AND NOT EXISTS (SELECT 1 FROM account WHERE account.address = address.address)
        AND NOT EXISTS (SELECT 1 FROM message WHERE message.address_id = address.id)
        AND NOT EXISTS (SELECT 1 FROM mailbox WHERE mailbox.address = address.address);

-- name: newest
SELECT max(day) || 'T23:59:59Z' FROM day_count;

-- name: prune_days
DELETE FROM day_count
    WHERE day IN (SELECT DISTINCT day FROM day_count WHERE day < substr(?1, 1, 10) ORDER BY day
        LIMIT 10);

-- name: prune_windows
DELETE FROM mailbox WHERE source = 'expected' AND until < ?1;

-- name: forget_count
SELECT count(*),
    coalesce(sum((SELECT count(*) FROM account AS c WHERE c.address = a.address)), 0),
    coalesce(sum((SELECT count(*) FROM message AS m WHERE m.address_id = a.id)), 0),
    (SELECT count(*) FROM mailbox WHERE (mailbox.address = ?1 || ?2 OR (substr(mailbox.address, 1, length(?1)) = ?1
            AND instr(?3, substr(mailbox.address, length(?1) + 1, 1)) > 0
            AND substr(mailbox.address, -length(?2)) = ?2
            AND length(mailbox.address) > length(?1) + length(?2))))
    FROM address AS a
    WHERE (a.address = ?1 || ?2 OR (substr(a.address, 1, length(?1)) = ?1
            AND instr(?3, substr(a.address, length(?1) + 1, 1)) > 0
            AND substr(a.address, -length(?2)) = ?2
            AND length(a.address) > length(?1) + length(?2)));

-- name: forget_addresses
DELETE FROM address
    WHERE (address = ?1 || ?2 OR (substr(address, 1, length(?1)) = ?1
            AND instr(?3, substr(address, length(?1) + 1, 1)) > 0
            AND substr(address, -length(?2)) = ?2
            AND length(address) > length(?1) + length(?2)));

-- name: forget_mailboxes
DELETE FROM mailbox
    WHERE (address = ?1 || ?2 OR (substr(address, 1, length(?1)) = ?1
            AND instr(?3, substr(address, length(?1) + 1, 1)) > 0
            AND substr(address, -length(?2)) = ?2
            AND length(address) > length(?1) + length(?2)));

-- name: mirror_begin
CREATE TEMP TABLE IF NOT EXISTS mirror_seen (
    what TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (what, name)
) WITHOUT ROWID;

-- name: mirror_empty
DELETE FROM temp.mirror_seen;

-- name: mirror_seen
INSERT INTO temp.mirror_seen (what, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING;

-- name: mirror_domain
INSERT INTO domain (name, owned_since, mode, configured) VALUES (?1, ?2, ?3, 1)
    ON CONFLICT (name) DO UPDATE SET owned_since = excluded.owned_since, mode = excluded.mode,
        configured = 1
    WHERE owned_since IS NOT excluded.owned_since OR mode <> excluded.mode OR configured <> 1;

-- name: mirror_forget_domains
UPDATE domain SET configured = 0
    WHERE configured = 1
        AND name NOT IN (SELECT name FROM temp.mirror_seen WHERE what = 'domain');

-- name: mirror_service
INSERT INTO service (id, name, category, risk, homepage, edited) VALUES (?1, ?2, ?3, ?4, ?5, 0)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, category = excluded.category,
        risk = excluded.risk, homepage = excluded.homepage, mirrored = mirrored + 1
    WHERE edited = 0 AND (name <> excluded.name OR category IS NOT excluded.category
        OR risk <> excluded.risk OR homepage IS NOT excluded.homepage);

-- name: mirror_service_domain
INSERT INTO service_domain (domain, service, edited) VALUES (?1, ?2, 0)
    ON CONFLICT (domain) DO UPDATE SET service = excluded.service, mirrored = mirrored + 1
    WHERE edited = 0 AND service <> excluded.service;

-- name: mirror_contact
INSERT INTO contact (service, steps, url, phone, privacy, languages, checked, source, edited)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)
    ON CONFLICT (service) DO UPDATE SET steps = excluded.steps, url = excluded.url,
        phone = excluded.phone, privacy = excluded.privacy, languages = excluded.languages,
        checked = excluded.checked, source = excluded.source, mirrored = mirrored + 1
    WHERE edited = 0 AND (steps IS NOT excluded.steps OR url IS NOT excluded.url
        OR phone IS NOT excluded.phone OR privacy IS NOT excluded.privacy
        OR languages IS NOT excluded.languages OR checked IS NOT excluded.checked
        OR source IS NOT excluded.source);

-- name: mirror_forget_senders
DELETE FROM service_domain
    WHERE edited = 0 AND domain NOT IN (SELECT name FROM temp.mirror_seen WHERE what = 'sender');

-- name: mirror_forget_contacts
DELETE FROM contact
    WHERE edited = 0 AND service NOT IN (SELECT name FROM temp.mirror_seen WHERE what = 'contact');

-- name: mirror_forget_services
DELETE FROM service
    WHERE edited = 0 AND id NOT IN (SELECT name FROM temp.mirror_seen WHERE what = 'service')
        AND NOT EXISTS (SELECT 1 FROM account WHERE account.service = service.id)
        AND NOT EXISTS (SELECT 1 FROM service_domain WHERE service_domain.service = service.id)
        AND NOT EXISTS (SELECT 1 FROM contact WHERE contact.service = service.id);
