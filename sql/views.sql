-- SPDX-License-Identifier: Apache-2.0
-- Copyright the goneaway authors
--
-- What an administrator reads. The daemon makes these views anew at its start when this file has
-- changed; a view of your own needs another name.

-- Every message with its names in place of numbers; the other views and your own questions.
DROP VIEW IF EXISTS messages;
CREATE VIEW messages AS
SELECT m.id, m.received, a.address, m.own AS own_mailbox, c.service, c.holder, c.holder_by,
    m.kind, m.authenticated, m.from_domain, m.claimed, m.action, m.meant, m.mode, m.rule, m.rrvs,
    m.rrvs_date, m.reply, m.queue_id, m.size, m.subject, m.deliveries
FROM message AS m
JOIN address AS a ON a.id = m.address_id
LEFT JOIN account AS c ON c.id = m.account_id;

DROP VIEW IF EXISTS recent;
CREATE VIEW recent AS
SELECT received, address, service, kind, holder, holder_by, meant, action, reply, rule,
    authenticated, claimed, queue_id, subject
FROM messages
ORDER BY received DESC, id DESC
LIMIT 200;

-- Accounts at our addresses that are not ours, with the kinds of mail they got.
-- risk = that of the service (1 to 5), 3 more for reset or code mail, 1 more for other mail by
-- which an account could be taken over.
DROP VIEW IF EXISTS exposure;
CREATE VIEW exposure AS
SELECT address, service, name, category, holder, holder_by,
    service_risk + CASE WHEN reset + code > 0 THEN 3 WHEN verify + signin + change > 0 THEN 1
        ELSE 0 END AS risk,
    coalesce(category, 'service') || ' (' || service_risk || ')'
        || CASE WHEN reset + code > 0 THEN ' + reset or code mail (3)'
            WHEN verify + signin + change > 0 THEN ' + verify, signin or change mail (1)'
            ELSE '' END AS why,
    messages, reset, code, verify, signin, change, welcome, billing, orders, notice, bulk, other,
    first_seen, last_seen, case_state
FROM (
    SELECT c.address, c.service, coalesce(s.name, c.service) AS name, s.category,
        coalesce(s.risk, 2) AS service_risk, c.holder, c.holder_by, c.messages, c.first_seen,
        c.last_seen, c.case_state,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'reset'), 0) AS reset,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'code'), 0) AS code,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'verify'), 0) AS verify,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'signin'), 0) AS signin,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'change'), 0) AS change,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'welcome'), 0) AS welcome,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'billing'), 0) AS billing,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'order'), 0) AS orders,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'notice'), 0) AS notice,
        coalesce(sum(k.messages) FILTER (WHERE k.kind = 'bulk'), 0) AS bulk,
        coalesce(sum(k.messages) FILTER (WHERE k.kind IN ('personal', 'auto', 'other')), 0)
            AS other
    FROM account AS c
    LEFT JOIN service AS s ON s.id = c.service
    LEFT JOIN account_kind AS k ON k.account_id = c.id
    WHERE c.holder <> 'current'
    GROUP BY c.id
)
ORDER BY risk DESC, reset + code DESC, messages DESC, address, service;

DROP VIEW IF EXISTS old_addresses;
CREATE VIEW old_addresses AS
SELECT e.address, count(*) AS services, max(e.risk) AS highest_risk,
    CASE WHEN max(e.risk) >= 7 THEN 'critical' WHEN max(e.risk) >= 5 THEN 'high'
        WHEN max(e.risk) >= 3 THEN 'medium' ELSE 'low' END AS how_critical,
    sum(e.reset + e.code) AS reset_and_code_mails, sum(e.messages) AS service_mails,
    CASE WHEN a.own = 1 OR m.address IS NOT NULL THEN 'yes' ELSE 'no' END AS in_use_by_us,
    min(e.first_seen) AS first_seen, max(e.last_seen) AS last_seen,
    group_concat(e.service, ', ') AS which
FROM exposure AS e
LEFT JOIN address AS a ON a.address = e.address
LEFT JOIN mailbox AS m ON m.address = e.address
    AND (m.until IS NULL OR m.until > strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
GROUP BY e.address
ORDER BY highest_risk DESC, reset_and_code_mails DESC, services DESC, e.address;

-- What to report next, riskiest first, with the way for those who are no members.
DROP VIEW IF EXISTS todo;
CREATE VIEW todo AS
SELECT e.risk, e.service, e.name, e.address, e.holder, e.case_state, e.last_seen, e.why,
    coalesce(t.steps, 'No route is known: look for a privacy address or a form for people without '
        || 'an account' || coalesce(', beginning at ' || s.homepage, '') || '.') AS what_to_do,
    t.url, t.privacy, t.phone, t.languages, t.checked, t.source
FROM exposure AS e
LEFT JOIN service AS s ON s.id = e.service
LEFT JOIN contact AS t ON t.service = e.service
WHERE e.case_state IN ('found', 'reopened') AND e.holder IN ('prior', 'stranger')
ORDER BY e.risk DESC, e.case_state = 'reopened' DESC, e.reset + e.code DESC, e.last_seen DESC;

DROP VIEW IF EXISTS still_writing;
CREATE VIEW still_writing AS
SELECT service, name, address, case_state, first_refused, reported_at,
    (SELECT count(*) FROM message AS m
        WHERE m.account_id = told.id AND m.received > told.told_at) AS mails_since,
    last_seen AS last_mail,
    CAST(julianday(last_seen) - julianday(told_at) AS INTEGER) AS days_it_went_on,
    (SELECT reply FROM message AS m
        WHERE m.account_id = told.id AND m.reply IS NOT NULL AND m.account_id IS NOT NULL
        ORDER BY m.received DESC LIMIT 1) AS last_reply
FROM (
    SELECT c.id, c.service, coalesce(s.name, c.service) AS name, c.address, c.case_state,
        c.first_refused, c.reported_at, c.last_seen,
        min(coalesce(c.first_refused, c.reported_at), coalesce(c.reported_at, c.first_refused))
            AS told_at
    FROM account AS c
    LEFT JOIN service AS s ON s.id = c.service
    WHERE c.holder <> 'current' AND c.case_state <> 'quiet'
        AND (c.first_refused IS NOT NULL OR c.reported_at IS NOT NULL)
) AS told
WHERE last_seen > told_at
ORDER BY mails_since DESC, last_mail DESC;

-- Mail in the week before and the week after an account was first refused, by what it was told.
DROP VIEW IF EXISTS reply_effect;
CREATE VIEW reply_effect AS
SELECT service, reply, count(*) AS accounts, min(refused_at) AS first_refusal,
    sum(before) AS mails_week_before, sum(after) AS mails_week_after,
    sum(after = 0 AND over) AS accounts_silent_since,
    CASE WHEN min(over) THEN 'yes' ELSE 'no' END AS week_is_over
FROM (
    SELECT c.service, r.reply, c.first_refused AS refused_at,
        (SELECT count(*) FROM message AS m WHERE m.account_id = c.id
            AND m.received >= strftime('%Y-%m-%dT%H:%M:%SZ', c.first_refused, '-7 days')
            AND m.received < c.first_refused
            -- what lay in a mailbox tells of the time before the daemon saw the account's mail
            AND (m.origin = 'milter' OR m.received < (SELECT min(received) FROM message AS s
                WHERE s.account_id = c.id AND s.origin = 'milter'))) AS before,
        (SELECT count(*) FROM message AS m WHERE m.account_id = c.id
            AND m.received > c.first_refused
            AND m.received <= strftime('%Y-%m-%dT%H:%M:%SZ', c.first_refused, '+7 days')) AS after,
        c.first_refused < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days') AS over
    FROM account AS c
    JOIN message AS r ON r.account_id = c.id AND r.account_id IS NOT NULL
        AND r.received = c.first_refused AND r.reply IS NOT NULL AND r.reply GLOB '5*'
    WHERE c.first_refused IS NOT NULL
    GROUP BY c.id
)
GROUP BY service, reply
ORDER BY accounts DESC, service, reply;

DROP VIEW IF EXISTS timeline;
CREATE VIEW timeline AS
SELECT day, sum(messages) AS mails,
    coalesce(sum(messages) FILTER (WHERE service_mail), 0) AS service_mails,
    coalesce(sum(messages) FILTER (WHERE kind IN ('reset', 'code')), 0) AS reset_and_code,
    coalesce(sum(messages) FILTER (WHERE action = 'accept'), 0) AS accepted,
    coalesce(sum(messages) FILTER (WHERE action = 'tag'), 0) AS tagged,
    coalesce(sum(messages) FILTER (WHERE action = 'seal'), 0) AS sealed,
    coalesce(sum(messages) FILTER (WHERE action = 'defuse'), 0) AS defused,
    coalesce(sum(messages) FILTER (WHERE action = 'reject'), 0) AS refused,
    coalesce(sum(messages) FILTER (WHERE action IN ('quarantine', 'discard', 'tempfail')), 0)
        AS otherwise,
    coalesce(sum(messages) FILTER (WHERE meant = 'reject'), 0) AS refused_in_enforce_mode,
    sum(found) AS found_by_scan
FROM day_count
GROUP BY day
ORDER BY day DESC;

-- Whom mail of service kinds claimed to come from without proof. Other mail that is not proven,
-- a friend's, imitates nobody.
DROP VIEW IF EXISTS impersonation;
CREATE VIEW impersonation AS
SELECT m.claimed AS service, coalesce(s.name, m.claimed) AS name, count(*) AS mails,
    count(DISTINCT m.address_id) AS addresses,
    sum(m.kind IN ('reset', 'code', 'verify', 'signin', 'change')) AS critical_looking,
    min(m.received) AS first_seen, max(m.received) AS last_seen
FROM message AS m
LEFT JOIN service AS s ON s.id = m.claimed
WHERE m.claimed IS NOT NULL AND m.authenticated IS NULL
    AND m.kind IN ('reset', 'code', 'verify', 'signin', 'change', 'welcome', 'billing', 'order',
        'notice')
GROUP BY m.claimed
ORDER BY mails DESC, m.claimed;

-- What enforce mode would have done in the last 30 days and was not done.
DROP VIEW IF EXISTS forecast;
CREATE VIEW forecast AS
SELECT m.meant AS in_enforce_mode, m.rule, c.service, c.holder, m.kind,
    CASE m.own WHEN 1 THEN 'yes' ELSE 'no' END AS own_mailbox, count(*) AS mails,
    count(DISTINCT m.address_id) AS addresses, max(m.received) AS last_mail
FROM message AS m
LEFT JOIN account AS c ON c.id = m.account_id
WHERE m.received >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days')
    AND m.meant IN ('reject', 'quarantine', 'discard', 'seal', 'defuse')
    AND m.action <> m.meant
GROUP BY m.meant, m.rule, c.service, c.holder, m.kind, m.own
ORDER BY m.own DESC, mails DESC;

-- Reset and code mail of several services to one address within a day: somebody may be taking
-- accounts over. The last 90 days. Mail of one service within an hour counts as one beginning, so
-- that a flood of it costs nothing.
DROP VIEW IF EXISTS takeover_alarm;
CREATE VIEW takeover_alarm AS
WITH hourly AS (
    SELECT m.address_id, c.service, min(m.received) AS began, max(m.received) AS ended,
        count(*) AS mails
    FROM message AS m
    JOIN account AS c ON c.id = m.account_id
    WHERE m.kind IN ('reset', 'code') AND m.account_id IS NOT NULL AND c.holder <> 'current'
        AND m.received >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-90 days')
    GROUP BY m.address_id, c.service, substr(m.received, 1, 13)
), within_a_day AS (
    SELECT h.address_id, h.began, max(n.ended) AS ended, sum(n.mails) AS mails,
        count(DISTINCT n.service) AS services, group_concat(DISTINCT n.service) AS which
    FROM hourly AS h
    JOIN hourly AS n ON n.address_id = h.address_id AND n.began >= h.began
        AND n.began < strftime('%Y-%m-%dT%H:%M:%SZ', h.began, '+1 day')
    GROUP BY h.address_id, h.service, h.began
    HAVING count(DISTINCT n.service) > 1
)
SELECT a.address, substr(w.began, 1, 10) AS day, w.services, w.mails, w.began AS first_mail,
    w.ended AS last_mail, w.which
FROM (
    SELECT *, row_number() OVER (PARTITION BY address_id, substr(began, 1, 10)
        ORDER BY services DESC, mails DESC, began) AS place
    FROM within_a_day
) AS w
JOIN address AS a ON a.id = w.address_id
WHERE w.place = 1
ORDER BY first_mail DESC;

-- What sql/admin.sql prints.
DROP VIEW IF EXISTS about;
CREATE VIEW about (ask, what_it_tells) AS VALUES
    ('old_addresses', 'old addresses that receive service mail: from how many services, how critical'),
    ('exposure', 'every account that is not ours: its kinds of mail and its risk, riskiest first'),
    ('todo', 'what to report next, riskiest first, with the way for people without an account'),
    ('still_writing', 'services that wrote after they were refused or reported'),
    ('reply_effect', 'mail in the week before and after the first refusal, by service and reply'),
    ('takeover_alarm', 'reset and code mail of several services to one address within a day'),
    ('impersonation', 'services that service mail without proof claimed to come from'),
    ('forecast', 'what enforce mode would have done in the last 30 days'),
    ('timeline', 'how much came each day, and what was done with it'),
    ('recent', 'the last 200 messages'),
    ('messages', 'all messages, for questions of your own');

DROP VIEW IF EXISTS about_changes;
CREATE VIEW about_changes (change, meaning) AS VALUES
    ('INSERT INTO mailbox (address) VALUES (''me@…'');', 'we use this address'),
    ('DELETE FROM mailbox WHERE address = ''me@…'';', 'no longer'),
    ('UPDATE account SET holder = ''current'' WHERE address = ''…'' AND service = ''…'';',
        'the account is ours'),
    ('UPDATE account SET case_state = ''reported'', note = ''…'' WHERE address = ''…'' AND service = ''…'';',
        'the service was told'),
    ('DELETE FROM address WHERE address = ''…'';', 'forget all about an address');
