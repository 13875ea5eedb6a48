/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The signature check is played by this file: what it would have found stands in the case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"
#include "dkim.h"
#include "err.h"
#include "sender.h"
#include "sender_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the signature check ---- */

struct dkim_check {
    struct dkim_signature signatures[SIGNATURES_MAX];
    size_t count;
};

size_t dkim_signatures(const struct dkim_check *check, const struct dkim_signature **out)
{
    *out = check->signatures;
    return check->count;
}

int dkim_begin(struct dkim *dkim, const struct mail *mail, struct dkim_check **out)
{
    (void)dkim;
    (void)mail;
    *out = NULL;
    return 0;
}

void dkim_feed(struct dkim_check *check, const void *bytes, size_t length)
{
    (void)check;
    (void)bytes;
    (void)length;
}

int dkim_end(struct dkim_check *check)
{
    (void)check;
    return 0;
}

void dkim_check_free(struct dkim_check **check)
{
    *check = NULL;
}

static const char catalogue_text[] =
    "categories = ( { name = \"shop\"; risk = 4; } );\n"
    "services = (\n"
    "  { id = \"amazon.com\"; name = \"Amazon\"; category = \"shop\";\n"
    "    domains = [ \"amazon.co.jp\" ]; contact = { source = \"x\"; }; },\n"
    "  { id = \"desk.example\"; name = \"Desk\"; category = \"shop\"; contact = { source = \"x\"; "
    "}; },\n"
    "  { id = \"part.big.example\"; name = \"Part\"; category = \"shop\";\n"
    "    contact = { source = \"x\"; }; },\n"
    "  { id = \"netflix.com\"; name = \"Netflix\"; category = \"shop\"; contact = { source = "
    "\"x\"; "
    "}; },\n"
    "  { id = \"old.example\"; name = \"Great Old Bank\"; category = \"shop\";\n"
    "    contact = { source = \"x\"; }; },\n"
    "  { id = \"digits.example\"; name = \"A 1-2-3\"; category = \"shop\";\n"
    "    contact = { source = \"x\"; }; },\n"
    "  { id = \"big.example\"; name = \"Big\"; category = \"shop\"; contact = { source = \"x\"; }; "
    "} );\n"
    "carriers = ( { name = \"C\"; domains = [ \"carrier.example\", \"desk.example\" ]; } );\n";

static int load_catalogue(void **state)
{
    char path[64];
    const char *paths[] = {path};
    struct mistakes mistakes = {0};
    struct catalogue *catalogue = NULL;
    FILE *file;

    snprintf(path, sizeof(path), "/tmp/goneaway-sender-%ld", (long)getpid());
    file = fopen(path, "w");
    if (file == NULL || fputs(catalogue_text, file) < 0 || fclose(file) != 0)
        return -1;
    catalogue_load(paths, 1, &mistakes, &catalogue);
    unlink(path);
    mistakes_clear(&mistakes);
    *state = catalogue;
    return catalogue == NULL ? -1 : 0;
}

static int free_catalogue(void **state)
{
    struct catalogue *catalogue = *state;

    catalogue_free(&catalogue);
    return 0;
}

static const char *const trusted[] = {"mx.example.com", "filter", "xn--bcher-kva.example"};

static struct mail *make_mail(const char *header)
{
    static const struct mail_limits limits = {1 << 20, 1000, 1 << 20};
    struct mail *mail = mail_new(&limits, NULL);
    size_t length = strlen(header);
    char *bytes = malloc(length + 1);

    assert_non_null(mail);
    assert_non_null(bytes);
    memcpy(bytes, header, length);
    bytes[length] = '\n';
    assert_int_equal(mail_from_bytes(mail, bytes, length + 1), 0);
    free(bytes);
    return mail;
}

static const struct sender *identify(
    struct mail *mail, unsigned methods, const struct catalogue *catalogue)
{
    struct sender_rules rules = {methods, trusted, COUNT(trusted)};
    struct sender *sender = NULL;

    assert_int_equal(sender_identify(mail, &rules, catalogue, &sender), 0);
    assert_non_null(sender);
    return sender;
}

static bool is_same(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static void check_case(const struct sender_case *test, const struct catalogue *catalogue)
{
    struct mail *mail = make_mail(test->header);
    struct dkim_check check = {.count = 0};
    const struct sender *sender;

    memcpy(check.signatures, test->signatures, sizeof(check.signatures));
    while (check.count < SIGNATURES_MAX && check.signatures[check.count].domain != NULL)
        check.count++;
    mail->dkim = check.count == 0 ? NULL : &check;
    sender = identify(mail, test->methods, catalogue);
    if (!is_same(sender->authenticated, test->authenticated))
        fail_msg("%s%s", test->header, sender->auth);
    if (test->auth != NULL && strcmp(sender->auth, test->auth) != 0)
        fail_msg("%s%s", test->header, sender->auth);
    if (sender->temperror != test->temperror)
        fail_msg("%stemperror %d", test->header, sender->temperror);
    assert_true((strncmp(sender->auth, "none: ", 6) == 0) == (sender->authenticated == NULL));
    for (const char *p = sender->auth; *p != '\0'; p++)
        assert_true(*p >= ' ' && *p < 0x7f);
    /* no catalogue entry: the service is the organisational domain */
    assert_true(is_same(sender->service, sender->authenticated));
    mail->dkim = NULL;
    mail_free(&mail);
}

static void test_header(void **state)
{
    for (size_t i = 0; i < COUNT(header_cases); i++)
        check_case(&header_cases[i], *state);
}

static void test_from(void **state)
{
    for (size_t i = 0; i < COUNT(from_cases); i++)
        check_case(&from_cases[i], *state);
}

static void test_dkim(void **state)
{
    for (size_t i = 0; i < COUNT(dkim_cases); i++)
        check_case(&dkim_cases[i], *state);
}

/* However a header is cut, nothing but From's own domain is ever proven. */
static void test_cut_headers(void **state)
{
    for (size_t i = 0; i < COUNT(header_cases); i += 3) {
        for (size_t length = 0; length < strlen(header_cases[i].header); length++) {
            char *header = strndup(header_cases[i].header, length);
            struct mail *mail = make_mail(header);
            const struct sender *sender = identify(mail, H, *state);

            assert_true(sender->authenticated == NULL ||
                        strcmp(sender->authenticated, "shop.example") == 0);
            mail_free(&mail);
            free(header);
        }
    }
}

static void test_services(void **state)
{
    static const struct {
        const char *from, *pass;
        const char *authenticated, *service, *claimed;
        bool entry;
    } cases[] = {
        {"a@amazon.com", "amazon.com", "amazon.com", "amazon.com", "amazon.com", true},
        {"a@amazon.co.jp", "amazon.co.jp", "amazon.co.jp", "amazon.com", "amazon.com", true},
        {"a@marketplace.amazon.co.jp", "amazon.co.jp", "amazon.co.jp", "amazon.com", "amazon.com",
            true},
        {"a@amazon.co.jp", "bounce.amazon.co.jp", "amazon.co.jp", "amazon.com", "amazon.com", true},
        /* one's proof is no other's, though both are one service */
        {"a@amazon.co.jp", "amazon.com", NULL, NULL, "amazon.com", false},
        {"a@amazon.co.jp", "evil.example", NULL, NULL, "amazon.com", false},
        {"a@amazon.com.evil.example", "evil.example", "evil.example", "evil.example",
            "evil.example", false},
        {"a@news.shop.example", "shop.example", "shop.example", "shop.example", "shop.example",
            false},
        {"a@part.big.example", "big.example", "big.example", "part.big.example", "part.big.example",
            true},
        {"a@x.part.big.example", "part.big.example", "big.example", "part.big.example",
            "part.big.example", true},
        {"a@other.big.example", "part.big.example", "big.example", "big.example", "big.example",
            true},
        /* carriers */
        {"a@shop.example", "carrier.example", NULL, NULL, "shop.example", false},
        {"a@carrier.example", "carrier.example", "carrier.example", NULL, NULL, false},
        {"a@x.carrier.example", "carrier.example", "carrier.example", NULL, NULL, false},
        {"a@desk.example", "desk.example", "desk.example", "desk.example", "desk.example", true},
        {"a@shop.desk.example", "desk.example", "desk.example", NULL, NULL, false},
        {"a@example", "example", NULL, NULL, NULL, false},
        {"nobody", "shop.example", NULL, NULL, NULL, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char header[300];
        struct mail *mail;
        const struct sender *sender;

        snprintf(header, sizeof(header), AR("dkim=pass header.d=%s") "From: %s\n", cases[i].pass,
            cases[i].from);
        mail = make_mail(header);
        sender = identify(mail, H, *state);
        if (!is_same(sender->authenticated, cases[i].authenticated) ||
            !is_same(sender->service, cases[i].service) ||
            !is_same(sender->claimed, cases[i].claimed) ||
            (sender->entry != NULL) != cases[i].entry)
            fail_msg("%s by %s: %s", cases[i].from, cases[i].pass, sender->auth);
        mail_free(&mail);
    }
}

/* Whom an unproven sender wants to be taken for. */
static void test_claims(void **state)
{
    static const struct {
        const char *from, *claimed;
    } cases[] = {
        /* display names */
        {"Netflix <x@cheap-host.example>", "netflix.com"},
        {"\"NETFLIX\" <x@cheap-host.example>", "netflix.com"},
        {"Netflix Support Team <x@cheap-host.example>", "netflix.com"},
        {"\"Netflix, Inc.\" <x@cheap-host.example>", "netflix.com"},
        {"N\xc3\xa9tflix <x@cheap-host.example>", "netflix.com"},
        {"=?utf-8?q?=EF=BC=AEetflix?= <x@cheap-host.example>", "netflix.com"},
        {"Amazon.co.jp <x@cheap-host.example>", "amazon.com"},
        {"Great  Old-Bank alerts <x@cheap-host.example>", "old.example"},
        {"GreatOldBank <x@cheap-host.example>", "old.example"},
        {"great-old-bank@example.net <x@cheap-host.example>", "old.example"},
        /* no names: parts of words, not at the beginning, other words, too short */
        {"Netflixer <x@cheap-host.example>", "cheap-host.example"},
        {"My Netflix <x@cheap-host.example>", "cheap-host.example"},
        {"Great Old <x@cheap-host.example>", "cheap-host.example"},
        {"Great Old Banker <x@cheap-host.example>", "cheap-host.example"},
        {"Desk <x@cheap-host.example>", "cheap-host.example"},
        {"A 1-2-3 <x@cheap-host.example>", "cheap-host.example"},
        {"x@cheap-host.example", "cheap-host.example"},
        {"\"\" <x@cheap-host.example>", "cheap-host.example"},
        {"\"--- \xf0\x9f\x98\x80\" <x@cheap-host.example>", "cheap-host.example"},
        {"\"\xff\xfe\" <x@cheap-host.example>", "cheap-host.example"},
        /* domains */
        {"x@netflix-support.example", "netflix.com"},
        {"x@netflix.login.example", "netflix.com"},
        {"x@login.netflix-help.example", "netflix.com"},
        {"x@netflix.com.evil.example", "netflix.com"},
        {"x@great-old-bank.example", "old.example"},
        {"x@greatoldbank-alerts.example", "old.example"},
        {"x@mynetflix.example", "mynetflix.example"},
        {"x@support-netflix.example", "support-netflix.example"},
        {"x@desk-help.example", "desk-help.example"},
        {"x@netflix", NULL},
        /* which of several */
        {"Netflix <x@amazon.com>", "amazon.com"},
        {"Netflix <x@great-old-bank.example>", "netflix.com"},
        {"Netflix <x@carrier.example>", "netflix.com"},
        {"Somebody <x@carrier.example>", NULL},
        {"Netflix <a@great.example>, B <b@great.example>", "great.example"},
        {"Netflix <a@one.example>, B <b@two.example>", NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int proven = 0; proven < 2; proven++) {
            char header[300];
            struct mail *mail;
            const struct sender *sender;

            snprintf(header, sizeof(header), "From: %s\n", cases[i].from);
            mail = make_mail(header);
            sender = identify(mail, proven ? A : D, *state);
            if (!proven && !is_same(sender->claimed, cases[i].claimed))
                fail_msg("%s%s", header, sender->claimed);
            /* a proven sender is whoever it is, under any name */
            if (sender->authenticated != NULL && !is_same(sender->claimed, sender->service))
                fail_msg("%s%s", header, sender->claimed);
            mail_free(&mail);
        }
    }
}

static void test_names(void **state)
{
    static const struct {
        const char *header, *from, *domain, *display;
    } cases[] = {
        {"From: =?utf-8?q?B=C3=BCcher?= <Info@B\xc3\xbc"
         "cher.example>\n",
            "info@xn--bcher-kva.example", "xn--bcher-kva.example",
            "B\xc3\xbc"
            "cher"},
        {"From: info@shop.example\n", "info@shop.example", "shop.example", ""},
        {"From: A <a@shop.example>, B <b@shop.example>\n", NULL, "shop.example", ""},
        {"From: A <a@shop.example>, B <b@other.example>\n", NULL, NULL, ""},
        {"From: A <a@[192.0.2.1]>\n", "a@[192.0.2.1]", NULL, "A"},
        {"From: A <a@example>\n", "a@example", "example", "A"},
        {"From: A\n", NULL, NULL, ""},
        {"Subject: A\n", NULL, NULL, ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mail *mail = make_mail(cases[i].header);
        const struct sender *sender = identify(mail, B, *state);

        if (!is_same(sender->from, cases[i].from) ||
            !is_same(sender->from_domain, cases[i].domain) ||
            strcmp(sender->from_display, cases[i].display) != 0)
            fail_msg("%s", cases[i].header);
        mail_free(&mail);
    }
}

/* What stands beyond a bound may say the contrary: nothing is proven. */
static void test_bounds(void **state)
{
    static const struct mail_limits two_fields = {1 << 20, 2, 1000};
    struct mail *mail = mail_new(&two_fields, NULL);
    char *value = malloc(8000);
    const struct sender *sender;

    assert_non_null(mail);
    assert_non_null(value);
    assert_int_equal(mail_add_field(mail, "Authentication-Results",
                         "mx.example.com; dkim=pass header.d=shop.example"),
        0);
    assert_int_equal(mail_add_field(mail, "From", "a@shop.example"), 0);
    sender = identify(mail, H, *state);
    assert_string_equal(sender->authenticated, "shop.example");
    assert_int_equal(mail_add_field(mail, "From", "a@other.example"), 0);
    sender = identify(mail, H | A, *state);
    assert_null(sender->authenticated);
    mail_free(&mail);

    /* 60 results, 60 more, and one: only a hundred are read */
    mail = make_mail("");
    strcpy(value, "mx.example.com");
    for (size_t i = 0; i < 60; i++)
        strcat(value, ";x=y");
    assert_int_equal(mail_add_field(mail, "Authentication-Results", value), 0);
    assert_int_equal(mail_add_field(mail, "Authentication-Results",
                         "mx.example.com; dkim=pass header.d=shop.example"),
        0);
    assert_int_equal(mail_add_field(mail, "From", "a@shop.example"), 0);
    sender = identify(mail, H, *state);
    assert_string_equal(sender->authenticated, "shop.example");
    mail_free(&mail);
    mail = make_mail("");
    assert_int_equal(mail_add_field(mail, "Authentication-Results", value), 0);
    assert_int_equal(mail_add_field(mail, "Authentication-Results", value), 0);
    assert_int_equal(mail_add_field(mail, "Authentication-Results",
                         "mx.example.com; dkim=pass header.d=shop.example"),
        0);
    assert_int_equal(mail_add_field(mail, "From", "a@shop.example"), 0);
    sender = identify(mail, H, *state);
    assert_null(sender->authenticated);
    mail_free(&mail);
    free(value);
}

/* What rules of Sendmail would not have seen (test_proof.py tries it) is not believed. */
static void test_beyond_the_border(void **state)
{
    static const struct {
        const char *before, *repeated, *after;
        size_t most; /* so often it is believed, and no more */
    } cases[] = {
        {" x.y=", "z", "", 248},
        {" x.y=\"", "z", "\"", 248},
        {" x.y=\"", "\\\"", "\"", 124},
        {" ", "x.y=z ", "", 142},
        {" x.y=", ".", "", 568},
        {" (", "xxxxxxxxxx \\) () ", ")", 3000},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t more = 0; more < 2; more++) {
            size_t count = cases[i].most + more;
            char *value = calloc(1, 200 + count * strlen(cases[i].repeated));
            struct mail *mail = make_mail(FROM);

            assert_non_null(value);
            strcpy(value, "mx.example.com; dkim=pass header.d=shop.example");
            strcat(value, cases[i].before);
            for (size_t j = 0; j < count; j++)
                strcat(value, cases[i].repeated);
            strcat(value, cases[i].after);
            assert_int_equal(mail_add_field(mail, "Authentication-Results", value), 0);
            if ((identify(mail, H, *state)->authenticated != NULL) !=
                (more == 0 || cases[i].most == 3000))
                fail_msg("%zu times %s", count, cases[i].repeated);
            mail_free(&mail);
            free(value);
        }
    }
}

static void test_nobody_trusted(void **state)
{
    static const struct sender_rules rules = {H, NULL, 0};
    struct mail *mail = make_mail(AR("dkim=pass header.d=shop.example") FROM);
    struct sender *sender;

    assert_int_equal(sender_identify(mail, &rules, *state, &sender), 0);
    assert_null(sender->authenticated);
    assert_string_equal(sender->auth, NO_RESULTS);
    mail_free(&mail);
}

/* Wherever memory fails nothing is claimed to be proven or not. */
static void test_no_memory(void **state)
{
    struct sender_rules rules = {B, trusted, COUNT(trusted)};
    struct dkim_check check = {.signatures = {{"other.example", "s", NULL, "bad", DKIM_FAIL},
                                   {"shop.example", "s", NULL, "no answer", DKIM_TEMPERROR}},
        .count = 2};
    int result = ERR_NOMEM;

    for (unsigned long nth = 1; result != 0; nth++) {
        struct mail *mail =
            make_mail(AR("dmarc=none header.from=shop.example") OTHER("b\xc3\xbc"
                                                                      "cher.example",
                "dkim=pass header.d=shop.example") FROM);
        struct sender *sender;

        mail->dkim = &check;
        arena_fail_at(nth);
        result = sender_identify(mail, &rules, *state, &sender);
        arena_fail_at(0);
        if (result == 0)
            assert_string_equal(sender->authenticated, "shop.example");
        else
            assert_true(result == ERR_NOMEM && sender == NULL);
        assert_true(nth < 100);
        mail->dkim = NULL;
        mail_free(&mail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_from),
        cmocka_unit_test(test_dkim),
        cmocka_unit_test(test_cut_headers),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_beyond_the_border),
        cmocka_unit_test(test_nobody_trusted),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, load_catalogue, free_catalogue);
}
