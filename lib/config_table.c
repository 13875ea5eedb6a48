/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_table - see config_table.h. The order is that of conf/goneaway.conf; a row of rules
 * must stand below the domains, which a rule may name.
 */
#include "config_table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_read.h"
#include "probe.h"

/* Where the value is kept, and with LIST where the number of items is. */
#define FIELD(structure, member)                                                                   \
    .offset = offsetof(struct structure, member), .size = sizeof(((struct structure *)0)->member)
#define LIST(structure, member, count)                                                             \
    .offset = offsetof(struct structure, member), .count_offset = offsetof(struct structure, count)
#define RANGE(least, most) .minimum = (least), .maximum = (most)
#define BIT(name) (1u << (name))
#define MIB (1024u * 1024u)

/* clang-format off */

static const struct config_word authentications[] = {
    {"dkim", SENDER_BY_DKIM},
    {"header", SENDER_BY_HEADER},
    {"both", SENDER_BY_DKIM | SENDER_BY_HEADER},
    {NULL, 0}};
static const struct config_word mixed[] = {
    {"split", CONFIG_MIXED_SPLIT}, {"tag", CONFIG_MIXED_TAG}, {NULL, 0}};
static const struct config_word failures[] = {
    {"tempfail", ACTION_TEMPFAIL}, {"accept", ACTION_ACCEPT}, {"reject", ACTION_REJECT},
    {NULL, 0}};
static const struct config_word ciphers[] = {
    {"aes-256-cbc", SEAL_AES_256_CBC}, {"aes-256-gcm", SEAL_AES_256_GCM}, {NULL, 0}};
static const struct config_word subjects[] = {
    {"nothing", REDACT_NOTHING_KEPT}, {"words", REDACT_WORDS}, {NULL, 0}};
static const struct config_word syncs[] = {{"FULL", 0}, {"NORMAL", 0}, {NULL, 0}};
static const struct config_word targets[] = {
    {"stderr", LOG_TARGET_STDERR}, {"syslog", LOG_TARGET_SYSLOG}, {NULL, 0}};
static const struct config_word levels[] = {
    {"error", LOG_LEVEL_ERROR}, {"warning", LOG_LEVEL_WARNING}, {"notice", LOG_LEVEL_NOTICE},
    {"info", LOG_LEVEL_INFO}, {"debug", LOG_LEVEL_DEBUG}, {NULL, 0}};
static const struct config_word modes[] = {
    {"observe", MODE_OBSERVE}, {"tag", MODE_TAG}, {"enforce", MODE_ENFORCE}, {NULL, 0}};
static const struct config_word holders[] = {
    {"prior", BIT(HOLDER_PRIOR)}, {"current", BIT(HOLDER_CURRENT)},
    {"stranger", BIT(HOLDER_STRANGER)}, {"unknown", BIT(HOLDER_UNKNOWN)}, {NULL, 0}};
/* a group of kinds is the bits of its members */
static const struct config_word kinds[] = {
    {"reset", BIT(KIND_RESET)}, {"code", BIT(KIND_CODE)}, {"verify", BIT(KIND_VERIFY)},
    {"signin", BIT(KIND_SIGNIN)}, {"change", BIT(KIND_CHANGE)}, {"welcome", BIT(KIND_WELCOME)},
    {"billing", BIT(KIND_BILLING)}, {"order", BIT(KIND_ORDER)}, {"notice", BIT(KIND_NOTICE)},
    {"bulk", BIT(KIND_BULK)}, {"personal", BIT(KIND_PERSONAL)}, {"auto", BIT(KIND_AUTO)},
    {"other", BIT(KIND_OTHER)},
    {"critical", BIT(KIND_RESET) | BIT(KIND_CODE) | BIT(KIND_VERIFY) | BIT(KIND_SIGNIN) |
        BIT(KIND_CHANGE)},
    {"service", BIT(KIND_RESET) | BIT(KIND_CODE) | BIT(KIND_VERIFY) | BIT(KIND_SIGNIN) |
        BIT(KIND_CHANGE) | BIT(KIND_WELCOME) | BIT(KIND_BILLING) | BIT(KIND_ORDER) |
        BIT(KIND_NOTICE)},
    {NULL, 0}};
static const struct config_word actions[] = {
    {"accept", ACTION_ACCEPT}, {"tag", ACTION_TAG}, {"defuse", ACTION_DEFUSE},
    {"seal", ACTION_SEAL}, {"quarantine", ACTION_QUARANTINE},
    {"reject", ACTION_REJECT}, {"discard", ACTION_DISCARD}, {"tempfail", ACTION_TEMPFAIL},
    {NULL, 0}};

static const struct config_row top[] = {
    {.name = "listen", .type = &config_type_string, FIELD(config, listen),
        .check = config_check_listen, .flags = CONFIG_RESTART,
        .standard = "\"local:/run/goneaway/milter.sock\"",
        .help = "where the MTA connects: local:/path, unix:/path, inet:port@host, inet6:port@host"},
    {.name = "socket_mode", .type = &config_type_mode, FIELD(config, socket_mode),
        .flags = CONFIG_RESTART, .standard = "\"0660\"",
        .help = "permissions of a local socket"},
    {.name = "socket_group", .type = &config_type_string, FIELD(config, socket_group),
        .check = config_check_name, .flags = CONFIG_RESTART, .unset = "the daemon's own group",
        .example = "\"postfix\"", .help = "group of a local socket, so that the MTA can connect"},
    {.name = "database", .type = &config_type_string, FIELD(config, database),
        .check = config_check_path, .flags = CONFIG_RESTART,
        .standard = "\"/var/lib/goneaway/goneaway.db\"", .help = "file of the ledger"},
    {.name = "key_file", .type = &config_type_string, FIELD(config, key_file),
        .check = config_check_path, .standard = "\"/var/lib/goneaway/key\"",
        .help = "the machine's secret, made at the first start"},
    {.name = "data_dir", .type = &config_type_string, FIELD(config, data_dir),
        .check = config_check_path, .unset = "share/goneaway beside the program's directory",
        .example = "\"/usr/share/goneaway\"", .help = "directory of the shipped data files"},
    {.name = "local_letters", .type = &config_type_string, FIELD(config, local_letters),
        .check = config_check_path, .standard = "\"/etc/goneaway/letters\"",
        .help = "directory of letters of your own, which need not exist"},
    {.name = "local_phrases", .type = &config_type_string, FIELD(config, local_phrases),
        .check = config_check_path, .standard = "\"/etc/goneaway/phrases\"",
        .help = "directory of phrases of your own, which need not exist"},
    {.name = "local_services", .type = &config_type_string, FIELD(config, local_services),
        .check = config_check_path, .standard = "\"/etc/goneaway/services.conf\"",
        .help = "services of your own, which need not exist: a file, or a directory of *.conf"},

    {.name = "authserv_id", .type = &config_type_string, FIELD(config, authserv_id),
        .check = config_check_authserv_id, .unset = "the name of the host",
        .example = "\"mx.example.com\"", .help = "our name in Authentication-Results"},
    {.name = "authentication", .type = &config_type_word, FIELD(config, sender.methods),
        .words = authentications, .standard = "\"dkim\"",
        .help = "what proves a sender: our own DKIM check, trusted header fields, or both"},
    {.name = "trusted_authserv_ids", .type = &config_type_strings,
        LIST(config, sender.trusted_ids, sender.trusted_count), .check = config_check_authserv_id,
        .standard = "[ ]", .example = "[ \"mx.example.com\" ]", .help = "whose Authentication-Results are believed"},
    {.name = "border_removes_forged", .type = &config_type_boolean,
        FIELD(config, border_removes_forged), .standard = "false",
        .help = "whether the MTA removes what strangers write with these ids"},
    {.name = "scan_trusted_ids", .type = &config_type_strings,
        LIST(config, scan_trusted_ids.items, scan_trusted_ids.count),
        .check = config_check_authserv_id, .standard = "[ ]", .example = "[ \"mx.google.com\" ]",
        .help = "in mail that lies in mailboxes: whose Authentication-Results are believed, and "
                "which machines hand mail on behind them"},
    {.name = "scan_skip_folders", .type = &config_type_strings,
        LIST(config, scan_skip_folders.items, scan_skip_folders.count),
        .standard = "[ \"Sent\", \"Sent Mail\", \"Sent Items\", \"Drafts\", \"Chat\", \"Chats\", \"Outbox\", "
            "\"Gesendet\", \"Entw\303\274rfe\", "
            "\"\351\200\201\344\277\241\346\270\210\343\201\277\", \"\344\270\213\346\233\270\343\201\215\" ]",
        .help = "folders and Gmail labels whose mails did not come in: sent, drafts, chats"},
    {.name = "dns_servers", .type = &config_type_strings,
        LIST(config, dns_servers.items, dns_servers.count), .check = config_check_dns_server,
        .standard = "[ ]", .example = "[ \"192.0.2.53\" ]", .help = "name servers, as address or address@port; none: resolv.conf's"},
    {.name = "dns_timeout_ms", .type = &config_type_integer, FIELD(config, dns_timeout_ms),
        RANGE(100, 20000), .standard = "3000",
        .help = "milliseconds that one question to the DNS may take"},
    {.name = "own_networks", .type = &config_network_type, LIST(config, networks, network_count),
        .standard = "[ ]", .example = "[ \"192.0.2.0/24\" ]", .help = "networks from which your own people send"},
    {.name = "learn_senders", .type = &config_type_boolean, FIELD(config, learn_senders),
        .standard = "false",
        .help = "whether addresses that your own people send from become own mailboxes"},

    {.name = "seal_to", .type = &config_seal_type, LIST(config, seal_to.items, seal_to.count),
        .check = config_check_path, .standard = "[ ]",
        .example = "[ \"/etc/goneaway/seal/keeper.pem\" ]",
        .help = "certificates (PEM) of those who can open what the action seal seals"},
    {.name = "seal_cipher", .type = &config_type_word, FIELD(config, seal_cipher),
        .words = ciphers, .standard = "\"aes-256-cbc\"",
        .help = "aes-256-cbc opens in all mail programs; aes-256-gcm also shows changes"},
    {.name = "seal_bytes_max", .type = &config_type_integer, FIELD(config, seal_bytes_max),
        RANGE(65536, 256 * MIB), .standard = "10485760",
        .help = "octets of the largest mail that is sealed; larger ones are refused"},

    {.name = "domains", .type = &config_domain_type, .flags = CONFIG_REQUIRED,
        .example = "( { name = \"example.com\"; owned_since = \"2019-10-05T00:00:00Z\"; } )",
        .help = "the domains that are yours now"},
    {.name = "policy", .type = &config_policy_type, LIST(config, rules, rule_count),
        .unset = "the built-in rules alone",
        .example = "( { holder = \"prior\"; kinds = [ \"reset\" ]; action = \"reject\"; } )",
        .help = "rules that come before the built-in ones; the first that fits decides"},
    {.name = "reply", .type = &config_type_reply, FIELD(config, reply), .minimum = 5,
        .unset = "550 5.1.1 {rcpt}: User unknown; domain has a new owner, please remove this "
                 "address",
        .example = "\"550 5.1.1 {rcpt}: User unknown\"",
        .help = "SMTP reply of refusals where neither rule nor domain has one"},
    {.name = "recipient_delimiter", .type = &config_type_string,
        FIELD(config, recipient_delimiter), .check = config_check_delimiter,
        .flags = CONFIG_EMPTY, .standard = "\"+\"",
        .help = "characters that separate a subaddress from the mailbox, as in the MTA"},
    {.name = "mixed_recipients", .type = &config_type_word, FIELD(config, mixed_recipients),
        .words = mixed, .standard = "\"split\"",
        .help = "recipients of unlike fate in one message: have the sender split it, or tag only"},
    {.name = "on_failure", .type = &config_type_word, FIELD(config, on_failure),
        .words = failures, .standard = "\"tempfail\"",
        .help = "the answer when we cannot judge or record a mail ourselves"},
    {.name = "strip_rrvs", .type = &config_type_boolean, FIELD(config, strip_rrvs),
        .standard = "true",
        .help = "remove Require-Recipient-Valid-Since on delivery (in tag and enforce mode only)"},
    {.name = "rrvs_probes_max", .type = &config_type_integer, FIELD(config, rrvs_probes_max),
        RANGE(1, PROBE_DATES_MAX), .standard = "10",
        .help = "different RRVS dates that are answered for a reassigned mailbox in a day"},

    {.name = "header_bytes_max", .type = &config_type_integer,
        FIELD(config, mail_limits.header_bytes), RANGE(64 * 1024, 16 * MIB), .standard = "1048576",
        .help = "octets of the header that are read"},
    {.name = "header_fields_max", .type = &config_type_integer,
        FIELD(config, mail_limits.header_fields), RANGE(100, 100000), .standard = "2000",
        .help = "header fields that are read"},
    {.name = "body_bytes_max", .type = &config_type_integer,
        FIELD(config, mail_limits.body_bytes), RANGE(4096, 64 * MIB), .standard = "1048576",
        .help = "octets of the body that are kept in memory while it is judged"},
    {.name = "text_bytes_max", .type = &config_type_integer,
        FIELD(config, text_limits.text_bytes), RANGE(1024, MIB), .standard = "8192",
        .help = "octets of readable text that are looked at"},
    {.name = "mime_parts_max", .type = &config_type_integer, FIELD(config, text_limits.parts),
        RANGE(10, 10000), .standard = "200", .help = "MIME parts that are looked at"},
    {.name = "mime_depth_max", .type = &config_type_integer, FIELD(config, text_limits.depth),
        RANGE(2, 100), .standard = "20", .help = "depth of multiparts in one another"},
    {.name = "recipients_max", .type = &config_type_integer, FIELD(config, recipients_max),
        RANGE(100, 100000), .standard = "1000", .help = "recipients of one message"},
    {.name = "ledger_timeout_ms", .type = &config_type_integer, FIELD(config, ledger_timeout_ms),
        RANGE(100, 20000), .standard = "2000", .flags = CONFIG_RESTART,
        .help = "milliseconds that reading or writing the ledger may take"},
    {.name = "ledger_queue", .type = &config_type_integer, FIELD(config, ledger_queue),
        RANGE(16, 1000000), .standard = "10000", .flags = CONFIG_RESTART,
        .help = "rows that may wait to be written"},
    {.name = "connections_max", .type = &config_type_integer, FIELD(config, connections_max),
        RANGE(0, 100000), .standard = "4000",
        .help = "connections at a time; 0: as many as the limit of open files has room for"},

    {.name = "keep_subject", .type = &config_type_word, FIELD(config, keep_subject),
        .words = subjects, .standard = "\"nothing\"",
        .help = "what of a subject is kept: nothing, or the words of our own vocabulary"},
    {.name = "keep_days", .type = &config_type_integer, FIELD(config, keep_days), RANGE(1, 3650),
        .standard = "90", .help = "days that single messages are kept in the ledger"},
    {.name = "keep_accounts_days", .type = &config_type_integer,
        FIELD(config, keep_accounts_days), RANGE(30, 36500), .standard = "400",
        .help = "days after its last mail that an account is kept"},
    {.name = "quiet_days", .type = &config_type_integer, FIELD(config, quiet_days),
        RANGE(7, 3650), .standard = "90",
        .help = "days without mail after which a service counts as quiet"},
    {.name = "synchronous", .type = &config_type_string, FIELD(config, synchronous),
        .words = syncs, .standard = "\"FULL\"", .flags = CONFIG_RESTART,
        .help = "FULL: a loss of power loses nothing; NORMAL: it may lose the last moments"},

    {.name = "metrics_file", .type = &config_type_string, FIELD(config, metrics_file),
        .check = config_check_metrics_file, .unset = "none is written",
        .example = "\"/var/lib/prometheus/node-exporter/goneaway.prom\"",
        .help = "text file for the textfile collector of Prometheus' node_exporter"},
    {.name = "metrics_listen", .type = &config_type_string, FIELD(config, metrics_listen),
        .check = config_check_metrics_listen, .flags = CONFIG_RESTART, .unset = "no endpoint",
        .example = "\"inet:9725@127.0.0.1\"",
        .help = "where Prometheus reads /metrics by HTTP: a loopback port or a local socket"},
    {.name = "metrics_interval", .type = &config_type_integer, FIELD(config, metrics_interval_s),
        RANGE(1, 3600), .standard = "15",
        .help = "seconds between two versions of the file, and between two counts of accounts"},
    {.name = "metrics_service_accounts", .type = &config_type_integer,
        FIELD(config, metrics_service_accounts), RANGE(2, 1000000), .standard = "10",
        .help = "accounts of others from which on a service is named in the metrics"},

    {.name = "log_target", .type = &config_type_word, FIELD(config, log_target),
        .words = targets, .standard = "\"stderr\"",
        .help = "standard error, which systemd takes to the journal, or syslog"},
    {.name = "log_level", .type = &config_type_word, FIELD(config, log_level), .words = levels,
        .standard = "\"info\"", .help = "the least important lines that are written"},
    {.name = "log_line_max", .type = &config_type_integer, FIELD(config, log_line_max),
        RANGE(LOG_LINE_LEAST, LOG_LINE_MAX), .standard = "2000", .help = "octets of a line of the log"},
};

static const struct config_row domain[] = {
    {.name = "name", .type = &config_type_string, FIELD(config_domain, name),
        .check = config_check_domain, .flags = CONFIG_REQUIRED, .example = "\"example.com\"",
        .help = "the domain, without subdomains; each of those is an entry of its own"},
    {.name = "owned_since", .type = &config_type_date, FIELD(config_domain, owned_since),
        .flags = CONFIG_REQUIRED, .example = "\"2019-10-05T00:00:00Z\"",
        .help = "when it became yours, UTC; a date alone means the end of that day"},
    {.name = "mode", .type = &config_domain_mode_type, .words = modes,
        .standard = "\"observe\"",
        .help = "how far verdicts are carried out, or a list of steps"},
    {.name = "mailboxes", .type = &config_type_strings,
        LIST(config_domain, mailboxes.items, mailboxes.count), .check = config_check_mailbox,
        .standard = "[ ]", .example = "[ \"me\", \"sales\", \"me+*\" ]", .help = "local parts that you use, '*' for any characters"},
    {.name = "policy", .type = &config_policy_type, LIST(config_domain, rules, rule_count),
        .unset = "the general rules alone",
        .example = "( { kinds = [ \"bulk\" ]; action = \"tag\"; } )",
        .help = "rules of this domain, which come before the general ones"},
    {.name = "reply", .type = &config_type_reply, FIELD(config_domain, reply), .minimum = 5,
        .unset = "the general one", .example = "\"550 5.1.1 {rcpt}: User unknown\"",
        .help = "SMTP reply of refusals for this domain"},
    {.name = "recipient_delimiter", .type = &config_type_string,
        FIELD(config_domain, recipient_delimiter), .check = config_check_delimiter,
        .flags = CONFIG_EMPTY, .unset = "the general one", .example = "\"-\"",
        .help = "characters that separate a subaddress at this domain"},
    {.name = "closing_until", .type = &config_type_date, FIELD(config_domain, closing_until),
        .unset = "no closing period", .example = "\"2026-12-31\"",
        .help = "until then mail for every address that is not yours is refused"},
};

static const struct config_row step[] = {
    {.name = "since", .type = &config_type_start,
        FIELD(config_step, since), .flags = CONFIG_REQUIRED, .example = "\"2026-01-01\"",
        .help = "when the step begins, UTC; a date alone means the beginning of that day"},
    {.name = "mode", .type = &config_type_word,
        FIELD(config_step, mode), .words = modes, .flags = CONFIG_REQUIRED, .example = "\"tag\"",
        .help = "the mode from then on"},
    {.name = "categories", .type = &config_type_strings,
        LIST(config_step, categories.items, categories.count), .check = config_check_name,
        .flags = CONFIG_FILLED, .unset = "all mail", .example = "[ \"bank\" ]",
        .help = "categories of services that it counts for"},
};

static const struct config_row rule[] = {
    {.name = "holder", .type = &config_type_words, FIELD(policy_rule, holders), .words = holders,
        .unset = "any", .example = "\"prior\"", .help = "whose account it is"},
    {.name = "kinds", .type = &config_type_words, FIELD(policy_rule, kinds), .words = kinds,
        .unset = "any", .example = "[ \"reset\", \"code\" ]",
        .help = "what the mail is; critical and service stand for groups of kinds"},
    {.name = "own", .type = &config_type_want, FIELD(policy_rule, own), .unset = "either",
        .example = "true", .help = "whether the recipient is an own mailbox"},
    {.name = "authenticated", .type = &config_type_want, FIELD(policy_rule, authenticated),
        .unset = "either", .example = "true", .help = "whether the sender is proven"},
    {.name = "addresses", .type = &config_type_strings,
        LIST(policy_rule, addresses, address_count), .check = config_check_pattern,
        .flags = CONFIG_FILLED, .unset = "any", .example = "[ \"old-*\" ]",
        .help = "recipients: local parts or addresses, '*' for any characters"},
    {.name = "services", .type = &config_type_strings, LIST(policy_rule, services, service_count),
        .check = config_check_domain, .flags = CONFIG_FILLED, .unset = "any",
        .example = "[ \"netflix.com\" ]", .help = "services, by their main domain"},
    {.name = "categories", .type = &config_type_strings,
        LIST(policy_rule, categories, category_count), .check = config_check_name,
        .flags = CONFIG_FILLED, .unset = "any", .example = "[ \"bank\" ]",
        .help = "categories of services"},
    {.name = "domains", .type = &config_type_strings, LIST(policy_rule, domains, domain_count),
        .check = config_check_domain, .flags = CONFIG_FILLED, .unset = "any",
        .example = "[ \"example.com\" ]",
        .help = "domains of yours (in general rules only)"},
    {.name = "action", .type = &config_type_word, FIELD(policy_rule, action), .words = actions,
        .flags = CONFIG_REQUIRED, .example = "\"reject\"", .help = "what enforce mode does"},
    {.name = "reply", .type = &config_type_reply, FIELD(policy_rule, reply),
        .unset = "the domain's, or the general one",
        .example = "\"550 5.1.1 {rcpt}: User unknown\"",
        .help = "SMTP reply of the actions reject (5xx) and tempfail (4xx)"},
};

/* clang-format on */

static const struct {
    const struct config_row *rows;
    size_t count;
    const char *prefix;
} scopes[CONFIG_SCOPE_COUNT] = {
    [CONFIG_SCOPE_TOP] = {top, sizeof(top) / sizeof(top[0]), ""},
    [CONFIG_SCOPE_DOMAIN] = {domain, sizeof(domain) / sizeof(domain[0]), "domains."},
    [CONFIG_SCOPE_STEP] = {step, sizeof(step) / sizeof(step[0]), "domains.mode."},
    [CONFIG_SCOPE_RULE] = {rule, sizeof(rule) / sizeof(rule[0]), "policy."},
};

const struct config_row *config_table_rows(enum config_scope scope, size_t *count)
{
    *count = scopes[scope].count;
    return scopes[scope].rows;
}

const char *config_table_prefix(enum config_scope scope)
{
    return scopes[scope].prefix;
}

const struct config_row *config_table_find(enum config_scope scope, const char *name)
{
    for (size_t i = 0; i < scopes[scope].count; i++)
        if (strcmp(scopes[scope].rows[i].name, name) == 0)
            return &scopes[scope].rows[i];
    return NULL;
}

char *config_table_standards(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool failed;

    if (out == NULL)
        return NULL;
    for (int scope = 0; scope < CONFIG_SCOPE_COUNT; scope++) {
        fprintf(out, "scope%d = {\n", scope);
        for (size_t i = 0; i < scopes[scope].count; i++)
            if (scopes[scope].rows[i].standard != NULL)
                fprintf(
                    out, "%s = %s;\n", scopes[scope].rows[i].name, scopes[scope].rows[i].standard);
        fputs("};\n", out);
    }
    failed = ferror(out) != 0;
    if (fclose(out) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}

#define DISTANCE_MAX_LENGTH 40

/* Letters to add, drop or change to make one name of the other, in any case (Levenshtein). */
static size_t distance(const char *one, const char *other)
{
    size_t row[DISTANCE_MAX_LENGTH + 1];
    size_t width = strlen(other);

    if (width > DISTANCE_MAX_LENGTH || strlen(one) > DISTANCE_MAX_LENGTH)
        return DISTANCE_MAX_LENGTH;
    for (size_t k = 0; k <= width; k++)
        row[k] = k;
    for (size_t i = 0; one[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t k = 0; k < width; k++) {
            size_t changed = diagonal + (strncasecmp(one + i, other + k, 1) != 0);

            diagonal = row[k + 1];
            if (row[k] + 1 < changed)
                changed = row[k] + 1;
            if (diagonal + 1 < changed)
                changed = diagonal + 1;
            row[k + 1] = changed;
        }
    }
    return row[width];
}

void config_table_offer(struct config_nearest *nearest, const char *wanted, const char *name)
{
    size_t away = distance(wanted, name);
    size_t length = strlen(name);

    /* a third of the letters may be wrong; part of a long name counts as near, but less so */
    if (away * 3 > length) {
        if (strlen(wanted) < 4 || strcasestr(name, wanted) == NULL)
            return;
        away = length / 3 + 1;
    }
    if (nearest->name == NULL || away < nearest->distance)
        *nearest = (struct config_nearest){name, away};
}
