/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Every kind of mistake in goneaway.conf, at its line and with what is allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_fixture.h"

/* The mistake must be the only one, on `line` (the domain stands on line 1), of `key`. */
struct wrong {
    const char *name;
    const char *text; /* behind DOMAIN_LINE */
    int line;
    const char *key;
    const char *part; /* of the sentence */
};

static const struct wrong values[] = {
    {"sealing, and open when in trouble",
        "seal_to = \"/a.pem\";\npolicy = ( { action = \"seal\"; } );\non_failure = \"accept\";", 4,
        "on_failure", "deliver open"},
    {"metrics where the MTA connects",
        "listen = \"local:/run/a.sock\";\nmetrics_listen = \"unix:/run/a.sock\";", 3,
        "metrics_listen", "name another place"},
    {"defusing, and open when in trouble",
        "policy = ( { action = \"defuse\"; } );\non_failure = \"accept\";", 3, "on_failure",
        "write \"tempfail\""},
    {"sealing for a relative path", "seal_to = [ \"a.pem\" ];", 2, "seal_to", "absolute path"},
    {"unknown cipher", "seal_cipher = \"aes-128-cbc\";", 2, "seal_cipher", "did you mean"},
    {"too little to seal", "seal_bytes_max = 65535;", 2, "seal_bytes_max", "from 65536"},
    {"unknown setting", "lisen = \"local:/x\";", 2, "lisen", "did you mean listen?"},
    {"unknown setting, capital", "\n\nListen = \"local:/x\";", 4, "Listen", "did you mean listen?"},
    {"unknown setting, part of a name", "delimiter = \"+\";", 2, "delimiter",
        "did you mean recipient_delimiter?"},
    {"unknown setting, unlike any", "frobnicate = 1;", 2, "frobnicate", "examples/goneaway.conf"},
    {"setting of a domain", "owned_since = \"2019-10-05\";", 2, "owned_since",
        "in an entry of domains"},
    {"setting of a rule", "action = \"tag\";", 2, "action", "in an entry of policy"},
    {"setting twice", "keep_days = 3;\nkeep_days = 4;", 3, NULL, "for the second time"},
    {"number for a string", "database = 5;", 2, "database",
        "a number stands here, but this is a string, as in database = \"/var/"},
    {"list for a string", "database = [ \"/a\" ];", 2, "database", "a list stands here"},
    {"string for a number", "keep_days = \"90\";", 2, "keep_days",
        "a string stands here, but this is a whole number from 1 to 3650, as in keep_days = 90;"},
    {"fraction", "keep_days = 90.5;", 2, "keep_days", "a number with a fraction"},
    {"string for a boolean", "strip_rrvs = \"yes\";", 2, "strip_rrvs",
        "this is true or false without quotes"},
    {"number for a boolean", "strip_rrvs = 1;", 2, "strip_rrvs", "true or false"},
    {"group for a list", "dns_servers = { a = 1; };", 2, "dns_servers", "a group { } stands here"},
    {"number too small", "keep_days = 0;", 2, "keep_days", "from 1 to 3650"},
    {"number too large", "keep_days = 3651;", 2, "keep_days", "from 1 to 3650"},
    {"number negative", "keep_days = -1;", 2, "keep_days", "from 1 to 3650"},
    {"number beyond 32 bits", "keep_days = 4294967297;", 2, "keep_days", "from 1 to 3650"},
    {"number beyond 64 bits", "keep_days = 36893488147419103233;", 2, "keep_days",
        "from 1 to 3650"},
    {"hexadecimal beyond 32 bits", "keep_days = 0x100000001;", 2, "keep_days", "from 1 to 3650"},
    {"long number", "keep_days = 4294967297L;", 2, "keep_days", "from 1 to 3650"},
    {"word", "log_level = \"verbose\";", 2, "log_level",
        "\"verbose\" is none of \"error\", \"warning\", \"notice\", \"info\", \"debug\""},
    {"word nearly", "on_failure = \"tempfial\";", 2, "on_failure", "did you mean \"tempfail\"?"},
    {"word for synchronous", "synchronous = \"off\";", 2, "synchronous", "\"FULL\", \"NORMAL\""},
    {"empty string", "database = \"\";", 2, "database", "\"\" is empty"},
    {"control character", "database = \"/a\\nb\";", 2, "database", "holds a control character"},
    {"no UTF-8", "database = \"/a\\xff\";", 2, "database", "is no UTF-8"},
    {"path not absolute", "key_file = \"key\";", 2, "key_file", "must begin with '/'"},
    {"mode with a digit 8", "socket_mode = \"0680\";", 2, "socket_mode", "such as \"0660\""},
    {"mode too long", "socket_mode = \"10660\";", 2, "socket_mode", "such as \"0660\""},
    {"mode with sticky bit", "socket_mode = \"1660\";", 2, "socket_mode", "such as \"0660\""},
    {"mode without quotes", "socket_mode = 0660;", 2, "socket_mode",
        "as in socket_mode = \"0660\";"},
    {"group with a space", "socket_group = \"post fix\";", 2, "socket_group", "holds a space"},
    {"authserv-id with a space", "authserv_id = \"mx example\";", 2, "authserv_id", "a space"},
    {"authserv-id with a semicolon", "authserv_id = \"mx;a\";", 2, "authserv_id", "RFC 8601"},
    {"trusted id with a line end",
        "authentication = \"both\"; border_removes_forged = true;\n"
        "trusted_authserv_ids = [ \"mx.example.com\", \"a\\r\\nb\" ];",
        3, "trusted_authserv_ids", "control character"},
    {"header without a promise",
        "trusted_authserv_ids = [ \"mx.example.com\" ];\nauthentication = \"header\";", 3,
        "authentication", "border_removes_forged = true;"},
    {"both without a promise",
        "trusted_authserv_ids = [ \"mx.example.com\" ];\nborder_removes_forged = false;\n"
        "authentication = \"both\";",
        4, "authentication", "which anybody can write into a mail"},
    {"header without ids", "border_removes_forged = true;\n\nauthentication = \"header\";", 4,
        "authentication", "needs trusted_authserv_ids"},
    {"name for a name server", "dns_servers = [ \"ns.example.com\" ];", 2, "dns_servers",
        "is no IP address"},
    {"name server with a bad port", "dns_servers = [ \"192.0.2.1@0\" ];", 2, "dns_servers",
        "from 1 to 65535"},
    {"number among strings", "dns_servers = [ \"192.0.2.1\",\n 5 ];", 3, "dns_servers",
        "a number stands here, but this is a list of strings"},
    {"network with host bits", "own_networks = [ \"192.0.2.1/24\" ];", 2, "own_networks",
        "write 192.0.2.0/24"},
    {"network with host bits, IPv6", "own_networks = [ \"2001:db8::1/32\" ];", 2, "own_networks",
        "write 2001:db8::/32"},
    {"network with too long a prefix", "own_networks = [ \"192.0.2.0/33\" ];", 2, "own_networks",
        "is no IP network"},
    {"network with an empty prefix", "own_networks = [ \"192.0.2.0/\" ];", 2, "own_networks",
        "is no IP network"},
    {"network with signs", "own_networks = [ \"192.0.2.0/+4\" ];", 2, "own_networks",
        "is no IP network"},
    {"network of everything", "own_networks = [ \"0.0.0.0/0\" ];", 2, "own_networks",
        "the whole Internet"},
    {"network by name", "own_networks = [ \"localhost\" ];", 2, "own_networks", "is no IP network"},
    {"delimiter that is a letter", "recipient_delimiter = \"x\";", 2, "recipient_delimiter",
        "cannot separate"},
    {"delimiter that is an @", "recipient_delimiter = \"+@\";", 2, "recipient_delimiter",
        "cannot separate"},
    {"reply of class 4", "reply = \"450 4.1.1 {rcpt}: User unknown\";", 2, "reply",
        "must begin with 5"},
    {"reply without status", "reply = \"550 User unknown\";", 2, "reply", "enhanced status code"},
    {"reply that senders ignore", "reply = \"550 5.7.1 Message blocked\";", 2, "reply", "\"block"},
    {"reply that is a number", "reply = 550;", 2, "reply", "an SMTP reply in quotes"},
};

static const struct wrong listens[] = {
    {"unknown scheme", "listen = \"tcp:8891@localhost\";", 2, "listen",
        "local:/path, unix:/path, inet:port@host, inet6:port@host"},
    {"no scheme", "listen = \"/run/milter.sock\";", 2, "listen", "none of the four"},
    {"relative path", "listen = \"unix:milter.sock\";", 2, "listen", "begins with '/'"},
    {"no path", "listen = \"local:\";", 2, "listen", "begins with '/'"},
    {"path of 108 octets",
        "listen = \"local:/234567890123456789012345678901234567890123456789012345678901234567890"
        "12345678901234567890123456789012345678\";",
        2, "listen", "more than 107 octets"},
    {"no port", "listen = \"inet:@localhost\";", 2, "listen", "no port from 1 to 65535"},
    {"port 0", "listen = \"inet:0@localhost\";", 2, "listen", "no port from 1 to 65535"},
    {"port 65536", "listen = \"inet:65536@localhost\";", 2, "listen", "no port from 1 to 65535"},
    {"port by name", "listen = \"inet:milter@localhost\";", 2, "listen", "no port from 1 to 65535"},
    {"no host", "listen = \"inet:8891\";", 2, "listen", "open it to all"},
    {"order of Postfix", "listen = \"inet:127.0.0.1:8891\";", 2, "listen", "the port first"},
    {"order of Postfix, name", "listen = \"inet:localhost:8891\";", 2, "listen", "comes first"},
    {"empty host", "listen = \"inet6:8891@\";", 2, "listen", "names no host"},
    {"empty brackets", "listen = \"inet6:8891@[]\";", 2, "listen", "names no host"},
    {"IPv4 in inet6", "listen = \"inet6:8891@127.0.0.1\";", 2, "listen", "no address of its"},
    {"IPv6 in inet", "listen = \"inet:8891@::1\";", 2, "listen", "no address of its"},
    {"address too short", "listen = \"inet:8891@127.0.1\";", 2, "listen", "no address of its"},
    {"host with a slash", "listen = \"inet:8891@a/b\";", 2, "listen", "no name and no address"},
};

static const struct wrong rules[] = {
    {"no list", "policy = { action = \"tag\"; };", 2, "policy", "a list ( ) of groups { }"},
    {"rule that is no group", "policy = ( { own = true; action = \"tag\"; },\n\"tag\" );", 3,
        "policy", "every rule is a group"},
    {"no action", "policy = ( { own = true; } );", 2, "action", "is missing"},
    {"unknown action", "policy = ( { action = \"bounce\"; } );", 2, "action", "is none of"},
    {"sealing for nobody", "policy = ( {\n action = \"seal\"; } );", 3, "action",
        "name it with seal_to"},
    {"unknown condition", "policy = ( { holders = \"prior\"; action = \"tag\"; } );", 2, "holders",
        "did you mean holder?"},
    {"singular of a condition", "policy = ( { service = \"a.example\"; action = \"tag\"; } );", 2,
        "service", "did you mean services?"},
    {"unknown holder", "policy = ( { holder = \"me\"; action = \"tag\"; } );", 2, "holder",
        "\"prior\", \"current\", \"stranger\", \"unknown\""},
    {"unknown kind", "policy = ( { kinds = [ \"reset\", \"rest\" ]; action = \"tag\"; } );", 2,
        "kinds", "did you mean \"reset\"?"},
    {"no kind", "policy = ( { kinds = [ ]; action = \"tag\"; } );", 2, "kinds", "empty list"},
    {"no service", "policy = ( { services = [ ]; action = \"tag\"; } );", 2, "services",
        "empty list"},
    {"service that is a name", "policy = ( { services = \"Netflix\"; action = \"tag\"; } );", 2,
        "services", "is no domain name"},
    {"address with a space", "policy = ( { addresses = \"a b@c.example\"; action = \"tag\"; } );",
        2, "addresses", "is no address and no pattern"},
    {"address without local part",
        "policy = ( { addresses = \"@c.example\"; action = \"tag\"; } );", 2, "addresses",
        "is no address and no pattern"},
    {"address with a bad domain", "policy = ( { addresses = \"a@b..c\"; action = \"tag\"; } );", 2,
        "addresses", "is no domain name"},
    {"own as a string", "policy = ( { own = \"true\"; action = \"tag\"; } );", 2, "own",
        "without quotes"},
    {"domain that is not ours",
        "policy = ( { domains = [ \"example.net\" ]; action = \"tag\"; } );", 2, "domains",
        "none of the domains of this file"},
    {"reply with tag",
        "policy = ( { own = true; action = \"tag\";\n reply = \"550 5.1.1 x y\"; } );", 3, "reply",
        "leave it out"},
    {"reply of class 4 with reject",
        "policy = ( { own = true; action = \"reject\";\n reply = \"450 4.1.1 x y\"; } );", 3,
        "reply", "must begin with 5"},
    {"reply of class 5 with tempfail",
        "policy = ( { own = true; action = \"tempfail\";\n reply = \"550 5.1.1 x y\"; } );", 3,
        "reply", "must begin with 4"},
    {"rule that is never reached",
        "policy = ( { own = true; action = \"tag\"; },\n { action = \"tag\"; },\n"
        " { own = false; action = \"tag\"; } );",
        4, "policy", "never reached: rule 2"},
};

static void check(struct fixture *fixture, const char *before, const struct wrong *wrong)
{
    char text[2048];
    char place[512];
    int rc;

    snprintf(text, sizeof(text), "%s%s\n", before, wrong->text);
    rc = fixture_load(fixture, text);
    if (rc != ERR_CONFIG)
        fail_msg("%s: %s", wrong->name, err_text(rc));
    if (fixture->mistakes.count != 1)
        fail_msg("%s: also %s", wrong->name, fixture->mistakes.lines[1]);
    snprintf(place, sizeof(place), "%s:%d: %s%s", fixture->path, wrong->line,
        wrong->key != NULL ? wrong->key : "", wrong->key != NULL ? ": " : "");
    if (wrong->line == 0)
        snprintf(place, sizeof(place), "%s: ", fixture->path);
    if (strncmp(fixture->mistakes.lines[0], place, strlen(place)) != 0 ||
        strstr(fixture->mistakes.lines[0] + strlen(place), wrong->part) == NULL)
        fail_msg("%s: %s", wrong->name, fixture->mistakes.lines[0]);
}

static void test_values(void **state)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        check(*state, DOMAIN_LINE, &values[i]);
}

static void test_listen(void **state)
{
    for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++)
        check(*state, DOMAIN_LINE, &listens[i]);
}

static void test_rules(void **state)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        check(*state, DOMAIN_LINE, &rules[i]);
}

/* The same rules in a domain, where the domain's own lines come first. */
static void test_domain_rules(void **state)
{
    static const char before[] = "domains = ( { name = \"example.com\"; owned_since = "
                                 "\"2019-10-05\";\n";

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct wrong wrong = rules[i];
        char text[1024];

        if (strcmp(wrong.name, "domain that is not ours") == 0) {
            wrong.part = "does not belong in a rule of a domain";
        }
        snprintf(text, sizeof(text), "%s } );", wrong.text);
        wrong.text = text;
        check(*state, before, &wrong);
    }
}

/* Whole files: a domain is what is wrong. */
static const struct wrong domains[] = {
    {"no domains", "keep_days = 5;", 0, "domains", "is missing"},
    {"empty file", "", 0, "domains", "is missing"},
    {"nothing but a comment", "# nothing", 0, "domains", "is missing"},
    {"empty list", "\ndomains = ( );", 2, "domains", "is empty"},
    {"no list", "domains = \"example.com\";", 1, "domains", "a list ( ) of groups { }"},
    {"group without a list", "domains = { name = \"example.com\"; };", 1, "domains",
        "a group { } stands here"},
    {"names alone", "domains = ( \"example.com\" );", 1, "domains", "every entry is a group"},
    {"no name", "domains = (\n{ owned_since = \"2019-10-05\"; } );", 2, "name", "is missing"},
    {"no date", "domains = (\n\n{ name = \"example.com\"; } );", 3, "owned_since",
        "is missing: when it became yours"},
    {"date without quotes", "domains = ( { name = \"example.com\"; owned_since = 2019; } );", 1,
        "owned_since", "a date in quotes"},
    {"30 February", "domains = ( { name = \"example.com\"; owned_since = \"2019-02-30\"; } );", 1,
        "owned_since", "\"2019-02-30\" is no date; write"},
    {"date in another order",
        "domains = ( { name = \"example.com\"; owned_since = \"05.10.2019\"; } );", 1,
        "owned_since", "is no date"},
    {"date without offset",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05T00:00:00\"; } );", 1,
        "owned_since", "is no date"},
    {"date in the future",
        "domains = ( { name = \"example.com\";\n owned_since = \"2999-10-05T00:00:00Z\"; } );", 2,
        "owned_since", "in the future"},
    {"name that is an address",
        "domains = ( { name = \"me@example.com\"; owned_since = \"2019-10-05\"; } );", 1, "name",
        "write only what stands behind its '@'"},
    {"name without a dot", "domains = ( { name = \"com\"; owned_since = \"2019-10-05\"; } );", 1,
        "name", "is no domain name"},
    {"name that is a pattern",
        "domains = ( { name = \"*.example.com\"; owned_since = \"2019-10-05\"; } );", 1, "name",
        "is no domain name"},
    {"name that is an IP address",
        "domains = ( { name = \"192.0.2.1\"; owned_since = \"2019-10-05\"; } );", 1, "name",
        "is no domain name"},
    {"name with a label of 64 letters",
        "domains = ( { name = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        ".example\"; owned_since = \"2019-10-05\"; } );",
        1, "name", "is no domain name"},
    {"domain twice",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; },\n"
        "{ name = \"example.net\"; owned_since = \"2019-10-05\"; },\n"
        "{ name = \"Example.COM\"; owned_since = \"2019-10-05\"; } );",
        3, "name", "test.conf:1 already"},
    {"domain twice, in two scripts",
        "domains = ( { name = \"b\xc3\xbc"
        "cher.example\"; owned_since = \"2019-10-05\"; },\n"
        "{ name = \"xn--bcher-kva.example\"; owned_since = \"2019-10-05\"; } );",
        2, "name", "test.conf:1 already"},
    {"unknown setting",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mailbox = \"me\"; } "
        ");",
        1, "mailbox", "did you mean mailboxes?"},
    {"setting of the top level",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; listen = \"x\"; } );",
        1, "listen", "at the top level of the file"},
    {"mailbox that is an address",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\";\nmailboxes = [ "
        "\"me@example.com\" ]; } );",
        2, "mailboxes", "before its '@', \"me\""},
    {"mailbox with a space",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\";\nmailboxes = [ "
        "\"me you\" ]; } );",
        2, "mailboxes", "holds a space"},
    {"mailbox that is empty",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\";\nmailboxes = [ "
        "\"\" ]; } );",
        2, "mailboxes", "is empty"},
    {"mailboxes without a comma",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\";\nmailboxes = [ "
        "\"me\"\n \"sales\" ]; } );",
        3, NULL, "a comma is missing before the string"},
    {"unknown mode",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = \"enforec\"; "
        "} );",
        1, "mode", "did you mean \"enforce\"?"},
    {"mode that is a boolean",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = true; } );", 1,
        "mode", "\"enforce\""},
    {"no step",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = ( ); "
        "} );",
        1, "mode", "is an empty list"},
    {"step that is no group",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = ( \"tag\" ); "
        "} );",
        1, "mode", "every step is a group"},
    {"step without a date",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = (\n{ mode = "
        "\"tag\"; } ); } );",
        2, "since", "is missing"},
    {"step without a mode",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = (\n{ since = "
        "\"2026-01-01\"; } ); } );",
        2, "mode", "is missing"},
    {"step with a bad date",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = (\n{ since = "
        "\"2026-13-01\"; mode = \"tag\"; } ); } );",
        2, "since", "for the beginning of that day UTC"},
    {"step with an unknown setting",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = (\n{ since = "
        "\"2026-01-01\"; mode = \"tag\"; category = \"bank\"; } ); } );",
        2, "category", "did you mean categories?"},
    {"steps that contradict each other",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = (\n"
        "{ since = \"2026-01-01\"; mode = \"tag\"; },\n"
        "{ since = \"2026-01-01T00:00:00Z\"; mode = \"enforce\"; } ); } );",
        3, "since", "another step for the same mail"},
    {"steps that contradict each other for a category",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = (\n"
        "{ since = \"2026-01-01\"; mode = \"tag\"; categories = [ \"shop\", \"bank\" ]; },\n"
        "{ since = \"2026-01-01\"; mode = \"enforce\"; categories = \"Bank\"; } ); } );",
        3, "since", "another step for the same mail"},
    {"closing until no date",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; closing_until = "
        "\"soon\"; } );",
        1, "closing_until", "for the end of that day UTC"},
    {"reply of class 4",
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; reply = \"450 4.1.1 "
        "x y\"; } );",
        1, "reply", "must begin with 5"},
};

static void test_domains(void **state)
{
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
        check(*state, "", &domains[i]);
}

static const struct wrong syntax[] = {
    {"no value", "keep_days = ;", 2, NULL, "cannot be read here or just before"},
    {"no equals sign", "keep_days 90;", 2, NULL, "a '=' behind a name"},
    {"no quotes", "log_level = info;", 2, NULL, "quotes around a value"},
    {"quote not closed", "database = \"/var/lib;\nkeep_days = 90;\nkey_file = \"/x\";", 2, NULL,
        "not closed on its line"},
    {"quote not closed at the end", "database = \"/var", 2, NULL, "not closed on its line"},
    {"comment not closed", "/* all the\nrest", 2, NULL, "close it with */"},
    {"bracket not closed", "own_networks = [ \"192.0.2.0/24\";\nkeep_days = 5;", 2, NULL,
        "the '[' that opens here is never closed"},
    {"wrong bracket closes", "policy = (\n { own = true; action = \"tag\"; ] );", 3, NULL,
        "']' stands here, but the '{' of "},
    {"bracket too many", "keep_days = 5; }", 2, NULL, "'}' closes nothing"},
    {"comma missing between groups",
        "policy = ( { own = true; action = \"tag\"; }\n { action = \"tag\"; } );", 3, NULL,
        "a comma is missing between two entries"},
    {"brackets too deep", "a = ((((((((((((((((((((((((((((((((((", 2, NULL, "too deep"},
    {"NUL in a string", "database = \"/var/\\x00lib\";", 2, NULL, "holds \\x00"},
    {"included file that is missing", "keep_days = 5;\n@include \"missing.conf\"\n", 3, "@include",
        "missing.conf cannot be read: No such file"},
    {"included name not closed", "@include \"missing.conf\n", 2, NULL, "not closed by a quote"},
};

static void test_syntax(void **state)
{
    for (size_t i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
        check(*state, DOMAIN_LINE, &syntax[i]);
}

/* All of them in one run, in the order of the file. */
static void test_many(void **state)
{
    static const char text[] = "listen = \"tcp:1@localhost\";\n"
                               "keep_days = 0;\n"
                               "lisen = 1;\n"
                               "policy = ( { holder = \"prio\";\n"
                               "    action = \"tag\"; reply = \"550 5.1.1 x y\";\n"
                               "    services = [ 1, \"a b\" ]; },\n"
                               "  { kinds = \"rest\"; } );\n"
                               "strip_rrvs = \"no\";\n"
                               "authentication = \"header\";\n"
                               "domains = (\n"
                               "  { name = \"example.com\"; mailboxes = [ \"a@b\", 5 ]; },\n"
                               "  { name = \"..\"; owned_since = \"x\"; mode = \"x\"; }\n"
                               ");\n";
    static const char *const wanted[] = {"1: listen: ", "2: keep_days: ", "3: lisen: ",
        "4: holder: ", "5: reply: ", "6: services: ", "6: services: ", "7: action: ", "7: kinds: ",
        "8: strip_rrvs: ", "9: authentication: ", "9: authentication: ", "11: mailboxes: ",
        "11: mailboxes: ", "11: owned_since: ", "12: mode: ", "12: name: ", "12: owned_since: "};
    struct fixture *fixture = *state;

    assert_int_equal(fixture_load(fixture, text), ERR_CONFIG);
    for (size_t i = 0; i < fixture->mistakes.count; i++) {
        const char *line = fixture->mistakes.lines[i] + strlen(fixture->path) + 1;

        assert_true(i < sizeof(wanted) / sizeof(wanted[0]));
        if (strncmp(line, wanted[i], strlen(wanted[i])) != 0)
            fail_msg("%s instead of %s", fixture->mistakes.lines[i], wanted[i]);
    }
    assert_int_equal(fixture->mistakes.count, sizeof(wanted) / sizeof(wanted[0]));
}

/* More mistakes than are kept: all are counted, nothing is written past the end. */
static void test_too_many(void **state)
{
    struct fixture *fixture = *state;
    char *text = malloc(100000);
    int length = snprintf(text, 100, "%s", DOMAIN_LINE);

    for (int i = 0; i < 1000; i++)
        length += snprintf(text + length, 50, "unknown%d = 1;\n", i);
    assert_int_equal(fixture_load(fixture, text), ERR_CONFIG);
    assert_int_equal(fixture->mistakes.count, 1000);
    free(text);
}

/* What was in the collector before stays where it is and is no mistake of this file. */
static void test_collector(void **state)
{
    struct fixture *fixture = *state;
    struct mistakes mistakes = {0};
    struct config *config;

    fixture_write(fixture, "test.conf", DOMAIN_LINE, strlen(DOMAIN_LINE));
    mistakes_add(&mistakes, "zzz", 1, NULL, "earlier");
    assert_int_equal(config_load(fixture->path, &mistakes, &config), 0);
    assert_int_equal(mistakes.count, 1);
    config_free(&config);
    fixture_write(fixture, "test.conf", "x = 1;", 6);
    assert_int_equal(config_load(fixture->path, &mistakes, &config), ERR_CONFIG);
    assert_null(config);
    assert_int_equal(mistakes.count, 3);
    assert_string_equal(mistakes.lines[0], "zzz:1: earlier");
    mistakes_clear(&mistakes);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_values), TEST(test_listen), TEST(test_rules),
        TEST(test_domain_rules), TEST(test_domains), TEST(test_syntax), TEST(test_many),
        TEST(test_too_many), TEST(test_collector)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
