-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- What `goneaway report` asks, in one reading transaction. A block begins with its name;
-- parameters are bound in the order of their numbers, ?1 being how many rows are wanted. The
-- names of the columns are the headings of the tables. A last column named "total" is not shown:
-- it tells how many rows there are without the limit.

-- name: domains
SELECT name AS "Domain", substr(owned_since, 1, 10) AS "Yours since", mode AS "Mode", count(*) OVER () AS total
FROM domain
WHERE configured = 1
ORDER BY name
LIMIT ?1;

-- name: summary
WITH foreign_account AS MATERIALIZED (
    SELECT address, service, risk, reset + code AS taking FROM exposure
), f AS (
    SELECT count(DISTINCT address) AS addresses, count(DISTINCT service) AS services,
        count(*) AS accounts, count(*) FILTER (WHERE risk >= 5) AS high,
        coalesce(sum(taking), 0) AS taking
    FROM foreign_account
), counted AS (
    SELECT coalesce(sum(messages), 0) AS mails, coalesce(sum(found), 0) AS found,
        coalesce(sum(messages) FILTER (WHERE action = 'reject'), 0) AS refused,
        coalesce(sum(messages) FILTER (WHERE meant = 'reject' AND action <> 'reject'), 0) AS spared
    FROM day_count
)
SELECT iif(addresses = 1, 'old address still receives account mail',
        'old addresses still receive account mail') AS "What", addresses AS "How many" FROM f
UNION ALL SELECT iif(services = 1, 'service writes to them', 'services write to them'), services FROM f
UNION ALL SELECT iif(accounts = 1, 'account is not yours', 'accounts are not yours'), accounts FROM f
UNION ALL SELECT 'of these at high or critical risk', high FROM f
UNION ALL SELECT iif(taking = 1, 'reset or code sent to them', 'resets and codes sent to them'), taking FROM f
UNION ALL SELECT iif(mails = 1, 'mail recorded', 'mails recorded'), mails FROM counted
UNION ALL SELECT 'of these found in mailboxes (goneaway scan)', found FROM counted WHERE found > 0
UNION ALL SELECT iif(refused = 1, 'mail refused', 'mails refused'), refused FROM counted
UNION ALL SELECT 'more would be refused in enforce mode', spared FROM counted;

-- name: cases
SELECT case_state AS "Case", count(*) AS "Accounts"
FROM account
WHERE holder <> 'current'
GROUP BY case_state
ORDER BY CASE case_state WHEN 'reopened' THEN 1 WHEN 'found' THEN 2 WHEN 'reported' THEN 3
    WHEN 'answered' THEN 4 ELSE 5 END
LIMIT ?1;

-- name: riskiest
SELECT risk AS "Risk", address AS "Address", name AS "Service",
    holder AS "Holder", messages AS "Mails", reset + code AS "Resets, codes",
    substr(last_seen, 1, 10) AS "Last mail", case_state AS "Case", holder_by AS "Known by",
    substr(why, 1, instr(why, ')')) || CASE WHEN why LIKE '%(3)' THEN ' + 3'
        WHEN why LIKE '%(1)' THEN ' + 1' ELSE '' END AS "Why this risk", count(*) OVER () AS total
FROM exposure
ORDER BY risk DESC, reset + code DESC, messages DESC, address, service
LIMIT ?1;

-- name: alarms
SELECT address AS "Address", day AS "Day", services AS "Services", mails AS "Mails",
    which AS "Which", count(*) OVER () AS total
FROM takeover_alarm
ORDER BY first_mail DESC
LIMIT ?1;

-- The addresses and services to show; a service is shown for the addresses that are.
-- name: matrix
WITH cell AS MATERIALIZED (
    SELECT address, service, name, risk, messages, reset + code AS taking FROM exposure
), line AS MATERIALIZED (
    SELECT address, max(risk) AS risk, count(*) AS services, count(*) OVER () AS total,
        row_number() OVER (ORDER BY max(risk) DESC, sum(taking) DESC, count(*) DESC, address)
            AS place
    FROM cell GROUP BY address ORDER BY place LIMIT ?1
), shown AS MATERIALIZED (
    SELECT address, service, name, risk, messages FROM cell
    WHERE address IN (SELECT address FROM line)
), pillar AS MATERIALIZED (
    SELECT service, name, row_number() OVER (ORDER BY count(*) DESC, max(risk) DESC, service)
        AS place
    FROM shown GROUP BY service ORDER BY place LIMIT ?2
)
SELECT line.place AS row, pillar.place AS "column", line.address, line.services, pillar.service,
    pillar.name, shown.risk, shown.messages, (SELECT count(DISTINCT service) FROM cell) AS columns,
    line.total
FROM line
CROSS JOIN pillar
LEFT JOIN shown ON shown.address = line.address AND shown.service = pillar.service
ORDER BY line.place, pillar.place;

-- By day, week or month, so that at most ?1 of them reach back to the first mail, or as far as
-- they go; those without mail are there too.
-- name: timeline
WITH RECURSIVE ends AS (
    SELECT min(day) AS first, max(day) AS last, julianday(max(day)) - julianday(min(day)) AS days
    FROM day_count
), unit AS (
    SELECT CASE WHEN days < ?1 THEN 'day' WHEN days < 7 * (?1 - 1) THEN 'week' ELSE 'month' END AS name,
        first, last
    FROM ends WHERE first IS NOT NULL
), bucket AS (
    SELECT CASE unit.name WHEN 'day' THEN day WHEN 'week' THEN date(day, 'weekday 0', '-6 days')
            ELSE date(day, 'start of month') END AS start,
        sum(messages) AS mails, sum(CASE WHEN action = 'reject' THEN messages ELSE 0 END) AS refused,
        sum(CASE WHEN meant = 'reject' AND action <> 'reject' THEN messages - found ELSE 0 END) AS spared,
        sum(found) AS found
    FROM day_count, unit
    GROUP BY start
), series (start, step) AS (
    SELECT max(start), 1 FROM bucket WHERE start IS NOT NULL HAVING max(start) IS NOT NULL
    UNION ALL
    SELECT date(series.start, CASE unit.name WHEN 'day' THEN '-1 day' WHEN 'week' THEN '-7 days'
            ELSE '-1 month' END), step + 1
    FROM series, unit
    WHERE step < ?1 AND series.start > (SELECT min(start) FROM bucket)
)
SELECT series.start AS "From", coalesce(mails, 0) AS "Mails", coalesce(refused, 0) AS "Refused",
    coalesce(spared, 0) AS "Would be refused", coalesce(found, 0) AS "Found by scan",
    (SELECT name FROM unit) AS "By",
    (SELECT substr(min(first_refused), 1, 10) FROM account) AS "First refusal"
FROM series LEFT JOIN bucket ON bucket.start = series.start
ORDER BY series.start;

-- Weeks before and after the first refusal of each account. A week counts for an account when
-- all of it lies between the oldest mail in the ledger and now; so the weeks can be compared.
-- name: around
WITH RECURSIVE span AS (
    SELECT CAST(strftime('%s', min(received)) AS INTEGER) AS first,
        CAST(strftime('%s', 'now') AS INTEGER) AS now
    FROM message
), week (number) AS (
    SELECT -4 UNION ALL SELECT number + 1 FROM week WHERE number < 7
), told AS MATERIALIZED (
    SELECT id, CAST(strftime('%s', first_refused) AS INTEGER) AS at FROM account
    WHERE first_refused IS NOT NULL AND holder <> 'current'
), seen AS (
    SELECT number, count(*) AS accounts FROM week, told, span
    WHERE at + number * 604800 >= first AND at + (number + 1) * 604800 <= now
    GROUP BY number
), mail AS (
    SELECT (CAST(strftime('%s', m.received) AS INTEGER) - at + 2419200) / 604800 - 4 AS number,
        count(*) AS mails, sum(m.origin = 'scan') AS found
    FROM told CROSS JOIN span CROSS JOIN message AS m
    WHERE m.account_id = told.id AND m.account_id IS NOT NULL
        AND m.received >= strftime('%Y-%m-%dT%H:%M:%SZ', at - 2419200, 'unixepoch')
        AND m.received < strftime('%Y-%m-%dT%H:%M:%SZ', at + 4838400, 'unixepoch')
        AND at + ((CAST(strftime('%s', m.received) AS INTEGER) - at + 2419200) / 604800 - 4) * 604800
            >= first
        AND at + ((CAST(strftime('%s', m.received) AS INTEGER) - at + 2419200) / 604800 - 3) * 604800
            <= now
    GROUP BY 1
)
SELECT CASE WHEN seen.number < 0 THEN (-seen.number) || ' before'
        ELSE (seen.number + 1) || ' after' END AS "Week",
    seen.accounts AS "Accounts", coalesce(mails, 0) AS "Mails",
    printf('%.2f', coalesce(mails, 0) * 1.0 / seen.accounts) AS "Mails an account",
    coalesce(found, 0) AS "Found by scan"
FROM seen LEFT JOIN mail USING (number)
ORDER BY seen.number
LIMIT ?1;

-- name: effect
SELECT service AS "Service", reply AS "Reply", accounts AS "Accounts",
    substr(first_refusal, 1, 10) AS "First refused", mails_week_before AS "Week before",
    mails_week_after AS "Week after", accounts_silent_since AS "Fell silent",
    week_is_over AS "Week over", count(*) OVER () AS total
FROM reply_effect
ORDER BY accounts DESC, service, reply
LIMIT ?1;

-- name: still
SELECT name AS "Service", address AS "Address", case_state AS "Case", mails_since AS "Mails since",
    substr(last_mail, 1, 10) AS "Last mail", days_it_went_on AS "For days",
    last_reply AS "Last reply", count(*) OVER () AS total
FROM still_writing
ORDER BY mails_since DESC, last_mail DESC
LIMIT ?1;

-- name: forecast
SELECT in_enforce_mode AS "In enforce mode", coalesce(service, '–') AS "Service",
    coalesce(holder, '–') AS "Whose account", kind AS "Kind", own_mailbox AS "Own mailbox",
    mails AS "Mails", addresses AS "Addresses", rule AS "Rule", count(*) OVER () AS total
FROM forecast
ORDER BY own_mailbox DESC, mails DESC
LIMIT ?1;

-- name: imitated
SELECT name AS "Service", mails AS "Mails", addresses AS "Addresses",
    critical_looking AS "Critical-looking", substr(first_seen, 1, 10) AS "First",
    substr(last_seen, 1, 10) AS "Last", count(*) OVER () AS total
FROM impersonation
ORDER BY critical_looking DESC, mails DESC
LIMIT ?1;

-- name: next
SELECT max(e.risk) AS risk, e.service, e.name, count(*) AS accounts, s.homepage, t.steps, t.url,
    t.privacy, t.phone, t.languages, t.checked, t.source, count(*) OVER () AS total
FROM exposure AS e
LEFT JOIN service AS s ON s.id = e.service
LEFT JOIN contact AS t ON t.service = e.service
WHERE e.case_state IN ('found', 'reopened') AND e.holder IN ('prior', 'stranger')
GROUP BY e.service
ORDER BY max(e.risk) DESC, count(*) DESC, e.service
LIMIT ?1;

-- name: one_service
SELECT 0 AS risk, s.id AS service, s.name, 0 AS accounts, s.homepage, t.steps, t.url, t.privacy,
    t.phone, t.languages, t.checked, t.source, 1 AS total
FROM service AS s
LEFT JOIN contact AS t ON t.service = s.id
WHERE s.id = ?2
LIMIT ?1;

-- The addresses that a letter names.
-- name: addresses
SELECT c.address, coalesce(nullif(a.domain, ''), substr(c.address, instr(c.address, '@') + 1)) AS domain,
    substr(d.owned_since, 1, 10) AS since, count(*) OVER () AS total
FROM account AS c
LEFT JOIN address AS a ON a.address = c.address
LEFT JOIN domain AS d ON d.name = a.domain
WHERE c.service = ?2 AND c.case_state IN ('found', 'reopened') AND c.holder IN ('prior', 'stranger')
ORDER BY c.messages DESC, c.address
LIMIT ?1;
