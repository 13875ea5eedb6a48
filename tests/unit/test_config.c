/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What a configuration says once it is loaded; test_config_mistakes.c has what it may not say.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_fixture.h"
#include "date.h"

static int64_t date(const char *text)
{
    int64_t when = 0;

    assert_int_equal(date_parse_rfc3339(text, strlen(text), &when), 0);
    return when;
}

static void check_defaults(const struct config *config)
{
    assert_string_equal(config->listen, "local:/run/goneaway/milter.sock");
    assert_int_equal(config->socket_mode, 0660);
    assert_null(config->socket_group);
    assert_string_equal(config->database, "/var/lib/goneaway/goneaway.db");
    assert_string_equal(config->key_file, "/var/lib/goneaway/key");
    assert_null(config->data_dir);
    assert_string_equal(config->local_phrases, "/etc/goneaway/phrases");
    assert_string_equal(config->local_services, "/etc/goneaway/services.conf");
    assert_true(strlen(config->authserv_id) > 0);
    assert_int_equal(config->sender.methods, SENDER_BY_DKIM);
    assert_int_equal(config->sender.trusted_count, 0);
    assert_false(config->border_removes_forged);
    assert_int_equal(config->dns_servers.count, 0);
    assert_int_equal(config->dns_timeout_ms, 3000);
    assert_int_equal(config->network_count, 0);
    assert_false(config->learn_senders);
    assert_int_equal(config->rule_count, 0);
    assert_null(config->reply.code);
    assert_string_equal(config->recipient_delimiter, "+");
    assert_int_equal(config->mixed_recipients, CONFIG_MIXED_SPLIT);
    assert_int_equal(config->on_failure, ACTION_TEMPFAIL);
    assert_true(config->strip_rrvs);
    assert_int_equal(config->rrvs_probes_max, 10);
    assert_int_equal(config->mail_limits.header_bytes, 1 << 20);
    assert_int_equal(config->mail_limits.header_fields, 2000);
    assert_int_equal(config->mail_limits.body_bytes, 1 << 20);
    assert_int_equal(config->text_limits.text_bytes, 8 << 10);
    assert_int_equal(config->text_limits.parts, 200);
    assert_int_equal(config->text_limits.depth, 20);
    assert_int_equal(config->recipients_max, 1000);
    assert_int_equal(config->ledger_timeout_ms, 2000);
    assert_int_equal(config->ledger_queue, 10000);
    assert_int_equal(config->connections_max, 4000);
    assert_int_equal(config->keep_subject, REDACT_NOTHING_KEPT);
    assert_int_equal(config->keep_days, 90);
    assert_int_equal(config->keep_accounts_days, 400);
    assert_int_equal(config->quiet_days, 90);
    assert_string_equal(config->synchronous, "FULL");
    assert_int_equal(config->log_target, LOG_TARGET_STDERR);
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    assert_int_equal(config->log_line_max, 2000);
}

static void test_defaults(void **state)
{
    struct config *config = config_default();

    assert_non_null(config);
    assert_null(config->path);
    assert_int_equal(config->domain_count, 0);
    assert_null(config_domain_of(config, "example.com"));
    check_defaults(config);
    config_free(&config);
    assert_null(config);
    config_free(&config);
    check_defaults(fixture_good(*state, DOMAIN_LINE));
}

static const char everything[] =
    "listen = \"inet:8891@192.0.2.1\";\n"
    "socket_mode = \"600\";\n"
    "socket_group = \"postfix\";\n"
    "database = \"/a/db\";\n"
    "key_file = \"/a/key\";\n"
    "data_dir = \"/a/share\";\n"
    "local_phrases = \"/a/phrases\";\n"
    "local_services = \"/a/services\";\n"
    "authserv_id = \"mx.example.com\";\n"
    "authentication = \"both\";\n"
    "trusted_authserv_ids = [ \"mx.example.com\", \"mx2.example.com\" ];\n"
    "border_removes_forged = true;\n"
    "dns_servers = ( \"192.0.2.53\", \"2001:db8::53@5353\" );\n"
    "dns_timeout_ms = 100;\n"
    "own_networks = [ \"192.0.2.0/25\", \"2001:db8::/33\", \"198.51.100.7\" ];\n"
    "learn_senders = True;\n"
    "reply = \"550 5.1.1 {rcpt}: User unknown, \\\"gone\\\" \\\\ away\";\n"
    "recipient_delimiter = \"+-\";\n"
    "mixed_recipients = \"tag\";\n"
    "on_failure = \"accept\";\n"
    "strip_rrvs = false;\n"
    "rrvs_probes_max = 50;\n"
    "header_bytes_max = 0x10000;\n"
    "header_fields_max = 100;\n"
    "body_bytes_max = 67108864L;\n"
    "text_bytes_max = 1024;\n"
    "mime_parts_max = 10;\n"
    "mime_depth_max = 2;\n"
    "recipients_max = 100;\n"
    "ledger_timeout_ms = 20000;\n"
    "ledger_queue = 16;\n"
    "connections_max = 64;\n"
    "keep_subject = \"words\";\n"
    "keep_days = 1;\n"
    "keep_accounts_days = 30;\n"
    "quiet_days = 7;\n"
    "synchronous = \"NORMAL\";\n"
    "log_target = \"syslog\";\n"
    "log_level = \"debug\";\n"
    "log_line_max = 200;\n"
    "domains = (\n"
    "  { name = \"Example.COM\"; owned_since = \"2019-10-05\"; mode = \"enforce\";\n"
    "    mailboxes = \"me\"; reply = \"550 5.1.6 {rcpt}: gone\"; recipient_delimiter = \"\";\n"
    "    closing_until = \"2020-01-01\";\n"
    "    policy = ( { own = false; action = \"tag\"; } ); },\n"
    "  { name = \"b\xc3\xbc"
    "cher.example\"; owned_since = \"2020-01-01T09:00:00+09:00\";\n"
    "    mode = ( { since = \"2026-06-01\"; mode = \"enforce\"; },\n"
    "             { since = \"2026-01-01T12:00:00Z\"; mode = \"tag\"; categories = [ \"bank\" ]; } "
    ");"
    "\n"
    "    mailboxes = [ \"Sales\", \"u\xcc\x88*\", ]; }\n"
    ");\n"
    "policy = (\n"
    "  { holder = [ \"prior\", \"stranger\" ]; kinds = [ \"critical\", \"bulk\" ]; own = true;\n"
    "    authenticated = false; addresses = [ \"old-*\", \"me@b\xc3\xbc"
    "cher.example\", \"a@*\" ];\n"
    "    services = \"Netflix.com\"; categories = [ \"bank\", \"shop\" ];\n"
    "    domains = [ \"b\xc3\xbc"
    "cher.example\" ]; action = \"tempfail\"; reply = \"450 4.2.0 later\"; },\n"
    "  { action = \"quarantine\"; } );\n";

static void check_everything(const struct config *config)
{
    assert_string_equal(config->listen, "inet:8891@192.0.2.1");
    assert_true(config_listen_is_public(config));
    assert_int_equal(config->socket_mode, 0600);
    assert_string_equal(config->socket_group, "postfix");
    assert_string_equal(config->database, "/a/db");
    assert_string_equal(config->key_file, "/a/key");
    assert_string_equal(config->data_dir, "/a/share");
    assert_string_equal(config->local_phrases, "/a/phrases");
    assert_string_equal(config->local_services, "/a/services");
    assert_string_equal(config->authserv_id, "mx.example.com");
    assert_int_equal(config->sender.methods, SENDER_BY_DKIM | SENDER_BY_HEADER);
    assert_int_equal(config->sender.trusted_count, 2);
    assert_string_equal(config->sender.trusted_ids[1], "mx2.example.com");
    assert_true(config->border_removes_forged);
    assert_int_equal(config->dns_servers.count, 2);
    assert_string_equal(config->dns_servers.items[1], "2001:db8::53@5353");
    assert_int_equal(config->dns_timeout_ms, 100);
    assert_int_equal(config->network_count, 3);
    assert_true(config->learn_senders);
    assert_string_equal(config->reply.code, "550");
    assert_string_equal(config->reply.status, "5.1.1");
    assert_string_equal(config->reply.text, "{rcpt}: User unknown, \"gone\" \\ away");
    assert_string_equal(config->recipient_delimiter, "+-");
    assert_int_equal(config->mixed_recipients, CONFIG_MIXED_TAG);
    assert_int_equal(config->on_failure, ACTION_ACCEPT);
    assert_false(config->strip_rrvs);
    assert_int_equal(config->rrvs_probes_max, 50);
    assert_int_equal(config->mail_limits.header_bytes, 65536);
    assert_int_equal(config->mail_limits.header_fields, 100);
    assert_int_equal(config->mail_limits.body_bytes, 64 << 20);
    assert_int_equal(config->text_limits.text_bytes, 1024);
    assert_int_equal(config->text_limits.parts, 10);
    assert_int_equal(config->text_limits.depth, 2);
    assert_int_equal(config->recipients_max, 100);
    assert_int_equal(config->ledger_timeout_ms, 20000);
    assert_int_equal(config->ledger_queue, 16);
    assert_int_equal(config->connections_max, 64);
    assert_int_equal(config->keep_subject, REDACT_WORDS);
    assert_int_equal(config->keep_days, 1);
    assert_int_equal(config->keep_accounts_days, 30);
    assert_int_equal(config->quiet_days, 7);
    assert_string_equal(config->synchronous, "NORMAL");
    assert_int_equal(config->log_target, LOG_TARGET_SYSLOG);
    assert_int_equal(config->log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config->log_line_max, 200);
}

static void check_domains(const struct config *config)
{
    const struct config_domain *one = config_domain_of(config, "example.com");
    const struct config_domain *other = config_domain_of(config, "xn--bcher-kva.example");

    assert_int_equal(config->domain_count, 2);
    assert_ptr_equal(one, &config->domains[0]);
    assert_string_equal(one->name, "example.com");
    assert_int_equal(one->owned_since, date("2019-10-05T23:59:59Z"));
    assert_int_equal(one->closing_until, date("2020-01-01T23:59:59Z"));
    assert_int_equal(one->step_count, 1);
    assert_int_equal(one->steps[0].since, DATE_NONE);
    assert_int_equal(one->steps[0].mode, MODE_ENFORCE);
    assert_int_equal(one->mailboxes.count, 1);
    assert_string_equal(one->mailboxes.items[0], "me");
    assert_string_equal(one->reply.status, "5.1.6");
    assert_string_equal(one->recipient_delimiter, "");
    assert_int_equal(one->rule_count, 1);
    assert_int_equal(one->rules[0].own, POLICY_NO);
    assert_ptr_equal(other, &config->domains[1]);
    assert_int_equal(other->owned_since, date("2020-01-01T00:00:00Z"));
    assert_int_equal(other->closing_until, DATE_NONE);
    assert_int_equal(other->step_count, 3);
    assert_int_equal(other->steps[0].mode, MODE_OBSERVE);
    assert_int_equal(other->steps[1].since, date("2026-01-01T12:00:00Z"));
    assert_int_equal(other->steps[2].since, date("2026-06-01T00:00:00Z"));
    assert_int_equal(other->mailboxes.count, 2);
    assert_string_equal(other->mailboxes.items[1], "\xc3\xbc*"); /* composed */
    assert_null(other->reply.code);
    assert_null(other->recipient_delimiter);
    assert_int_equal(other->rule_count, 0);
    assert_null(config_domain_of(config, "Example.com"));
    assert_null(config_domain_of(config, "a.example.com"));
    assert_null(config_domain_of(config, ""));
}

static void check_rules(const struct config *config)
{
    const struct policy_rule *rule = &config->rules[0];

    assert_int_equal(config->rule_count, 2);
    assert_int_equal(rule->holders, 1u << HOLDER_PRIOR | 1u << HOLDER_STRANGER);
    assert_int_equal(rule->kinds, 1u << KIND_RESET | 1u << KIND_CODE | 1u << KIND_VERIFY |
                                      1u << KIND_SIGNIN | 1u << KIND_CHANGE | 1u << KIND_BULK);
    assert_int_equal(rule->own, POLICY_YES);
    assert_int_equal(rule->authenticated, POLICY_NO);
    assert_int_equal(rule->address_count, 3);
    assert_string_equal(rule->addresses[0], "old-*");
    assert_string_equal(rule->addresses[1], "me@xn--bcher-kva.example");
    assert_string_equal(rule->addresses[2], "a@*");
    assert_int_equal(rule->service_count, 1);
    assert_string_equal(rule->services[0], "netflix.com");
    assert_int_equal(rule->category_count, 2);
    assert_int_equal(rule->domain_count, 1);
    assert_string_equal(rule->domains[0], "xn--bcher-kva.example");
    assert_int_equal(rule->action, ACTION_TEMPFAIL);
    assert_string_equal(rule->reply.text, "later");
    assert_int_equal(config->rules[1].holders, 0);
    assert_int_equal(config->rules[1].kinds, 0);
    assert_int_equal(config->rules[1].own, POLICY_ANY);
    assert_int_equal(config->rules[1].authenticated, POLICY_ANY);
    assert_int_equal(config->rules[1].action, ACTION_QUARANTINE);
}

static void test_everything(void **state)
{
    struct config *config = fixture_good(*state, everything);

    check_everything(config);
    check_domains(config);
    check_rules(config);
    assert_int_equal(config->domains[0].line, 42);
    assert_int_equal(config->domains[1].line, 46);
    assert_string_equal(config->domains[0].rules[0].name, "policy rule 1 (test.conf:45)");
    assert_string_equal(config->rules[0].name, "policy rule 1 (test.conf:52)");
    assert_string_equal(config->rules[1].name, "policy rule 2 (test.conf:56)");
}

static char *print(const struct config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    config_print(config, out);
    fclose(out);
    return text;
}

static void count_change(void *cookie, const char *setting, bool needs_restart)
{
    char *text = cookie;

    sprintf(text + strlen(text), "%s%s ", setting, needs_restart ? "!" : "");
}

/* What -T prints is a configuration that says the same. */
static void test_print(void **state)
{
    struct fixture *fixture = *state;
    char *once = print(fixture_good(fixture, everything));
    struct config *before = fixture->config;
    char changes[4096] = "";
    char *twice;

    fixture->config = NULL;
    twice = print(fixture_good(fixture, once));
    assert_string_equal(once, twice);
    check_everything(fixture->config);
    check_domains(fixture->config);
    check_rules(fixture->config);
    assert_int_equal(config_tell_changes(before, fixture->config, count_change, changes), 0);
    assert_string_equal(changes, "");
    config_free(&before);
    free(once);
    free(twice);
}

static const struct {
    const char *name;
    const char *after; /* DOMAIN_LINE alone is before */
    const char *wanted;
} changes[] = {
    {"none", DOMAIN_LINE, ""},
    {"a default written out", DOMAIN_LINE "keep_days = 90; own_networks = [ ];", ""},
    {"one that a reload takes", DOMAIN_LINE "keep_days = 91;", "keep_days "},
    {"one that needs a restart", DOMAIN_LINE "listen = \"unix:/a\";", "listen! "},
    {"one that was not set", DOMAIN_LINE "socket_group = \"mail\";", "socket_group! "},
    {"policy", DOMAIN_LINE "policy = ( { action = \"tag\"; } );", "policy "},
    {"a domain more",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; },"
        "{ name = \"example.net\"; owned_since = \"2019-10-05\"; } );",
        "domains.example.net "},
    {"another domain", "domains = ( { name = \"example.net\"; owned_since = \"2019-10-05\"; } );",
        "domains.example.com domains.example.net "},
    {"mode and date of a domain",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-06\"; mode = \"tag\"; } );",
        "domains.example.com.owned_since domains.example.com.mode "},
    {"steps of a domain",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = ( { since = "
        "\"2026-01-01\"; mode = \"tag\"; } ); } );",
        "domains.example.com.mode "},
    {"everything", everything,
        "listen! socket_mode! socket_group! database! key_file data_dir local_phrases "
        "local_services authserv_id authentication trusted_authserv_ids border_removes_forged "
        "dns_servers dns_timeout_ms own_networks learn_senders policy reply recipient_delimiter "
        "mixed_recipients on_failure strip_rrvs rrvs_probes_max header_bytes_max header_fields_max "
        "body_bytes_max text_bytes_max mime_parts_max mime_depth_max recipients_max "
        "ledger_timeout_ms! ledger_queue! connections_max keep_subject keep_days "
        "keep_accounts_days quiet_days synchronous! log_target log_level "
        "log_line_max "
        "domains.example.com.mode domains.example.com.mailboxes domains.example.com.policy "
        "domains.example.com.reply domains.example.com.recipient_delimiter "
        "domains.example.com.closing_until domains.xn--bcher-kva.example "},
};

static void test_changes(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char got[4096] = "";
        struct config *before = fixture_good(fixture, DOMAIN_LINE);
        size_t count;
        size_t spaces = 0;

        fixture->config = NULL;
        fixture_good(fixture, changes[i].after);
        count = config_tell_changes(before, fixture->config, count_change, got);
        if (strcmp(got, changes[i].wanted) != 0)
            fail_msg("%s: %s", changes[i].name, got);
        for (const char *c = got; *c != '\0'; c++)
            spaces += *c == ' ';
        assert_int_equal(count, spaces);
        config_free(&before);
    }
}

static void test_modes(void **state)
{
    static const char text[] =
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = (\n"
        "{ since = \"2026-03-01\"; mode = \"enforce\"; },\n"
        "{ since = \"2026-01-01\"; mode = \"tag\"; categories = [ \"bank\", \"shop\" ]; },\n"
        "{ since = \"2026-03-01\"; mode = \"observe\"; categories = \"forum\"; },\n"
        "{ since = \"2026-06-01T12:00:00+02:00\"; mode = \"tag\"; } ); } );\n";
    static const struct {
        const char *when;
        const char *category;
        enum mode wanted;
    } cases[] = {
        {"2019-01-01T00:00:00Z", NULL, MODE_OBSERVE},
        {"2025-12-31T23:59:59Z", "bank", MODE_OBSERVE},
        {"2026-01-01T00:00:00Z", "bank", MODE_TAG},
        {"2026-01-01T00:00:00Z", "Shop", MODE_TAG},
        {"2026-01-01T00:00:00Z", "forum", MODE_OBSERVE},
        {"2026-01-01T00:00:00Z", "ban", MODE_OBSERVE},
        {"2026-01-01T00:00:00Z", NULL, MODE_OBSERVE},
        {"2026-02-28T23:59:59Z", "bank", MODE_TAG},
        {"2026-03-01T00:00:00Z", "bank", MODE_ENFORCE},
        {"2026-03-01T00:00:00Z", NULL, MODE_ENFORCE},
        {"2026-03-01T00:00:00Z", "forum", MODE_OBSERVE},
        {"2026-06-01T09:59:59Z", "shop", MODE_ENFORCE},
        {"2026-06-01T10:00:00Z", "shop", MODE_TAG},
        {"2026-06-01T10:00:00Z", "forum", MODE_TAG},
        {"9999-12-31T23:59:59Z", NULL, MODE_TAG},
    };
    const struct config_domain *domain = &fixture_good(*state, text)->domains[0];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (config_mode_at(domain, date(cases[i].when), cases[i].category) != cases[i].wanted)
            fail_msg("%s %s", cases[i].when, cases[i].category ? cases[i].category : "-");
    assert_int_equal(config_mode_at(domain, DATE_NONE, NULL), MODE_OBSERVE);
}

static void test_networks(void **state)
{
    static const char text[] =
        DOMAIN_LINE "own_networks = [ \"192.0.2.128/25\", \"198.51.100.7\", \"10.0.0.0/7\",\n"
                    "\"2001:db8:8000::/33\", \"2001:db8:1::1\", \"::ffff:203.0.113.0/120\",\n"
                    "\"fe80::/10\" ];";
    static const struct {
        const char *address;
        bool wanted;
    } cases[] = {
        {"192.0.2.128", true},
        {"192.0.2.255", true},
        {"192.0.2.127", false},
        {"192.0.3.128", false},
        {"198.51.100.7", true},
        {"198.51.100.6", false},
        {"11.255.255.255", true},
        {"12.0.0.0", false},
        {"::ffff:192.0.2.200", true},
        {"::ffff:c000:2c8", true},
        {"::ffff:192.0.2.1", false},
        {"::192.0.2.200", false},
        {"2001:db8:8000::", true},
        {"2001:db8:ffff::1", true},
        {"2001:db8:7fff::1", false},
        {"2001:db8:1::1", true},
        {"2001:db8:1::2", false},
        {"IPv6:2001:db8:1::1", true},
        {"ipv6:2001:db8:1::1", true},
        {"203.0.113.77", true},
        {"203.0.114.77", false},
        {"fe80::1%eth0", true},
        {"fe80::1", true},
        {"", false},
        {"localhost", false},
        {"192.0.2.128/32", false},
        {"192.0.2.0200", false},
        {"[2001:db8:1::1]", false},
        {"IPv6:", false},
        {"0000000000000000000000000000000000000000000000000000000000000000000000:1", false},
    };
    struct config *config = fixture_good(*state, text);
    struct config *none = config_default();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (config_is_own_network(config, cases[i].address) != cases[i].wanted)
            fail_msg("%s", cases[i].address);
        assert_false(config_is_own_network(none, cases[i].address));
    }
    assert_false(config_is_own_network(config, NULL));
    /* loopback is nobody's but where it is asked for: a relay may stand in front */
    assert_false(config_is_own_network(none, "127.0.0.1"));
    config_free(&none);
}

static void test_listen(void **state)
{
    static const struct {
        const char *listen;
        bool is_public;
    } cases[] = {
        {"local:/run/goneaway/milter.sock", false},
        {"unix:/run/a@b", false},
        {"UNIX:/run/inet:8891@192.0.2.1", false},
        {"inet:8891@localhost", false},
        {"inet:8891@127.0.0.1", false},
        {"inet:1@127.255.0.1", false},
        {"inet:65535@192.0.2.1", true},
        {"inet:8891@0.0.0.0", true},
        {"inet:8891@mx.example.com", true},
        {"inet:8891@127.example.com", true},
        {"inet6:8891@::1", false},
        {"inet6:8891@[::1]", false},
        {"inet6:8891@::", true},
        {"inet6:8891@[2001:db8::1]", true},
        {"inet6:8891@localhost", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        struct config *config;

        snprintf(text, sizeof(text), "%slisten = \"%s\";", DOMAIN_LINE, cases[i].listen);
        config = fixture_good(*state, text);
        assert_string_equal(config->listen, cases[i].listen);
        if (config_listen_is_public(config) != cases[i].is_public)
            fail_msg("%s", cases[i].listen);
    }
}

/* A domain may have been bought today, and a date alone is the end of the day. */
static void test_today(void **state)
{
    char text[256];
    char today[DATE_TEXT_SIZE];

    date_format((int64_t)time(NULL), today);
    today[10] = '\0';
    snprintf(text, sizeof(text), "domains = ( { name = \"example.com\"; owned_since = \"%s\"; } );",
        today);
    fixture_good(*state, text);
}

static void test_many_domains(void **state)
{
    const int count = 10000;
    char *text = malloc((size_t)count * 120);
    size_t length = (size_t)sprintf(text, "domains = (\n");
    struct config *config;
    char name[64];

    for (int i = 0; i < count; i++)
        length += (size_t)sprintf(text + length,
            "{ name = \"d%d.example.com\"; owned_since = \"2019-10-05\"; mailboxes = [ \"m%d\" ]; }"
            ",\n",
            i, i);
    sprintf(text + length, ");\n");
    config = fixture_good(*state, text);
    assert_int_equal(config->domain_count, count);
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "d%d.example.com", i);
        assert_ptr_equal(config_domain_of(config, name), &config->domains[i]);
        assert_int_equal(config->domains[i].line, i + 2);
    }
    assert_null(config_domain_of(config, "d10000.example.com"));
    free(text);
}

/* Without memory at any one place: no configuration, no crash, no leak. */
static void test_no_memory(void **state)
{
    struct fixture *fixture = *state;
    unsigned long nth = 0;
    struct config *config;
    int rc;

    fixture_write(fixture, "test.conf", everything, strlen(everything));
    do {
        arena_fail_at(++nth);
        rc = fixture_reload(fixture);
        arena_fail_at(0);
        assert_true(rc == 0 || rc == ERR_NOMEM);
    } while (rc == ERR_NOMEM);
    assert_true(nth > 50);
    nth = 0;
    do {
        arena_fail_at(++nth);
        config = config_default();
        arena_fail_at(0);
    } while (config == NULL);
    assert_true(nth > 10);
    config_free(&config);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_defaults), TEST(test_everything), TEST(test_print),
        TEST(test_changes), TEST(test_modes), TEST(test_networks), TEST(test_listen),
        TEST(test_today), TEST(test_many_domains), TEST(test_no_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
