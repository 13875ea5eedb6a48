/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Signatures made here and now, checked with keys from a DNS server inside this program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* the library's handle has the tag that ours has */
#define dkim opendkim_handle
#include "../tools/signer.h"
#undef dkim

#include "dkim.h"
#include "dkim_length.h"
#include "dkim_tags.h"
#include "dns.h"
#include "domain.h"
#include "err.h"
#include "mail.h"
#include "mail_fixture.h"
#include "responder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DOMAIN "service.example"
#define BODY "Dear  customer, \r\n\r\n\r\nyour\tcode is not here.  \r\n  \r\nEnd\r\n\r\n \r\n\r\n"
#define HEADER                                                                                     \
    "From: Service <no-reply@" DOMAIN ">\r\nTo: old@example.com\r\nSubject: A  subject\r\n"        \
    "\twhich is  folded\r\nX-Tight:no space\r\nX-Fold:\r\n behind the colon\r\nX-Empty: \r\n"      \
    "Date: Mon, 5 Oct 2020 10:00:00 +0000\r\n"
#define MAIL HEADER "\r\n" BODY

static const struct mail_limits limits = {
    .header_bytes = 1 << 20, .header_fields = 1000, .body_bytes = 100};

enum key { RSA2048, RSA1024, RSA512, ED25519, OTHER_RSA, EC, KEY_COUNT };
static const unsigned key_bits[KEY_COUNT] = {2048, 1024, 512, SIGNER_ED25519, 1024, SIGNER_EC};
static char *keys[KEY_COUNT], *key_records[KEY_COUNT];

static struct responder_record records[] = {
    {"rsa._domainkey." DOMAIN, RESPONDER_TXT, NULL, 300},
    {"rsa1024._domainkey." DOMAIN, RESPONDER_TXT, NULL, 300},
    {"rsa512._domainkey." DOMAIN, RESPONDER_TXT, NULL, 300},
    {"ed._domainkey." DOMAIN, RESPONDER_TXT, NULL, 300},
    {"other._domainkey." DOMAIN, RESPONDER_TXT, NULL, 300},
    {"ec._domainkey." DOMAIN, RESPONDER_TXT, NULL, 300},
    {"revoked._domainkey." DOMAIN, RESPONDER_TXT, "v=DKIM1; p=", 300},
    {"empty._domainkey." DOMAIN, RESPONDER_TXT, "", 300},
    {"nonsense._domainkey." DOMAIN, RESPONDER_TXT, "this is no key", 300},
    {"version._domainkey." DOMAIN, RESPONDER_TXT, "v=DKIM9; p=AAAA", 300},
    {"undecodable._domainkey." DOMAIN, RESPONDER_TXT, "v=DKIM1; p=AAAA", 300},
    {"notmail._domainkey." DOMAIN, RESPONDER_TXT, "v=DKIM1; s=tlsrpt; p=AAAA", 300},
    {"sha1only._domainkey." DOMAIN, RESPONDER_TXT, "v=DKIM1; h=sha1; p=AAAA", 300},
    {"down._domainkey." DOMAIN, RESPONDER_SERVFAIL, NULL, 300},
    {"alias._domainkey." DOMAIN, RESPONDER_ALIAS, "rsa._domainkey." DOMAIN, 300},
    {"long._domainkey." DOMAIN, RESPONDER_TXT, NULL, 300},
    {"rsa._domainkey.com", RESPONDER_TXT, NULL, 300},
    {"rsa._domainkey.other.example", RESPONDER_TXT, NULL, 300},
    {"down._domainkey.other.example", RESPONDER_SERVFAIL, NULL, 300},
    {"rsa._domainkey.not" DOMAIN, RESPONDER_TXT, NULL, 300},
    {"rsa._domainkey.down." DOMAIN, RESPONDER_SERVFAIL, NULL, 300},
};

static struct responder responder;
static struct dns *dns;
static struct dkim *verifier;

static const struct signer_options usual = {.domain = DOMAIN,
    .selector = "rsa",
    .algorithm = DKIM_SIGN_RSASHA256,
    .header = DKIM_CANON_RELAXED,
    .body = DKIM_CANON_RELAXED,
    .covered = -1};

static char *sign_with(struct signer_options options, enum key key, const char *text)
{
    char *done;

    options.key = keys[key];
    done = signer_sign(&options, text);
    assert_non_null(done);
    return done;
}

static struct mail *take_in(struct dkim *dkim, const char *text, size_t length)
{
    return mail_fixture(&limits, dkim, text, length);
}

static void check_one(const char *name, const char *text, enum dkim_status status, const char *why)
{
    struct mail *mail = take_in(verifier, text, strlen(text));
    const struct dkim_signature *list = NULL;

    if (mail->dkim == NULL)
        fail_msg("%s: no signature", name);
    assert_int_equal(dkim_signatures(mail->dkim, &list), 1);
    if (list[0].status != status || (why == NULL) != (list[0].why == NULL) ||
        (why != NULL && strcmp(why, list[0].why) != 0))
        fail_msg("%s: %d, %s", name, list[0].status, list[0].why);
    mail_free(&mail);
}

static void signs_and_verifies(void **state)
{
    static const struct {
        const char *selector;
        enum key key;
        dkim_alg_t algorithm;
        enum dkim_status status;
        const char *why;
    } cases[] = {
        {"rsa", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PASS, NULL},
        {"RSA", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PASS, NULL},
        {"alias", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PASS, NULL},
        {"rsa1024", RSA1024, DKIM_SIGN_RSASHA256, DKIM_PASS, NULL},
        {"ed", ED25519, DKIM_SIGN_ED25519SHA256, DKIM_PASS, NULL},
        {"rsa512", RSA512, DKIM_SIGN_RSASHA256, DKIM_PERMERROR,
            "the RSA key has less than 1024 bits"},
        {"rsa", RSA2048, DKIM_SIGN_RSASHA1, DKIM_PERMERROR, "rsa-sha1 proves nothing"},
        {"other", RSA2048, DKIM_SIGN_RSASHA256, DKIM_FAIL, "it does not fit header and key"},
        {"ed", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key cannot be read"},
        {"ec", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key cannot be read"},
        {"ec", ED25519, DKIM_SIGN_ED25519SHA256, DKIM_PERMERROR, "the key cannot be read"},
        {"rsa", ED25519, DKIM_SIGN_ED25519SHA256, DKIM_PERMERROR, "the key cannot be read"},
        {"missing", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "there is no key"},
        {"revoked", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key was revoked"},
        {"empty", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key record is malformed"},
        {"nonsense", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key record is malformed"},
        {"version", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key record is malformed"},
        {"undecodable", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key cannot be read"},
        {"notmail", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key is not for mail"},
        {"sha1only", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR,
            "the key is for another algorithm"},
        {"long", RSA2048, DKIM_SIGN_RSASHA256, DKIM_PERMERROR, "the key record is too long"},
        {"down", RSA2048, DKIM_SIGN_RSASHA256, DKIM_TEMPERROR, "no answer from the DNS"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int canon = 0; canon < 4; canon++) {
            struct signer_options options = usual;
            char *text;

            options.selector = cases[i].selector;
            options.algorithm = cases[i].algorithm;
            options.header = (canon & 1) != 0 ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED;
            options.body = (canon & 2) != 0 ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED;
            text = sign_with(options, cases[i].key, MAIL);
            check_one(cases[i].selector, text, cases[i].status, cases[i].why);
            free(text);
        }
}

/* Replaces the first `from` behind the signature by `to`. */
static char *replaced(const char *text, const char *from, const char *to)
{
    const char *place = strstr(strstr(text, "\r\nFrom:"), from);
    char *copy = NULL;

    assert_non_null(place);
    assert_true(
        asprintf(&copy, "%.*s%s%s", (int)(place - text), text, to, place + strlen(from)) > 0);
    return copy;
}

static void notices_every_change(void **state)
{
    static const struct {
        const char *name, *from, *to;
        enum dkim_status relaxed, simple;
        const char *why;
    } cases[] = {
        {"body word", "your", "my", DKIM_FAIL, DKIM_FAIL, "the body was changed"},
        {"body appended", "End\r\n", "End\r\nmore\r\n", DKIM_FAIL, DKIM_FAIL,
            "the body was changed"},
        {"body space", "Dear  ", "Dear ", DKIM_PASS, DKIM_FAIL, "the body was changed"},
        {"empty line", "\r\n \r\n\r\n", "\r\n \r\n\r\n\r\n\r\n", DKIM_PASS, DKIM_PASS, NULL},
        {"From", "no-reply@", "no-reply2@", DKIM_FAIL, DKIM_FAIL, "it does not fit header and key"},
        {"second From below", "To:", "From: somebody@example.net\r\nTo:", DKIM_FAIL, DKIM_FAIL,
            "it does not fit header and key"},
        {"Subject", "A  subject", "Another subject", DKIM_FAIL, DKIM_FAIL,
            "it does not fit header and key"},
        {"header space", "A  subject", "A subject", DKIM_PASS, DKIM_FAIL,
            "it does not fit header and key"},
        {"space behind the colon", "X-Tight:", "X-Tight: ", DKIM_PASS, DKIM_FAIL,
            "it does not fit header and key"},
        {"no space behind the colon", "Date: ", "Date:", DKIM_PASS, DKIM_FAIL,
            "it does not fit header and key"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int simple = 0; simple < 2; simple++) {
            struct signer_options options = usual;
            enum dkim_status status = simple ? cases[i].simple : cases[i].relaxed;
            char *text, *changed;

            options.header = options.body = simple ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED;
            options.selector = "rsa1024";
            text = sign_with(options, RSA1024, MAIL);
            changed = replaced(text, cases[i].from, cases[i].to);
            check_one(cases[i].name, changed, status, status == DKIM_PASS ? NULL : cases[i].why);
            free(changed);
            free(text);
        }
}

static void each_signature_is_judged(void **state)
{
    static const struct {
        const char *name;
        const char *first, *second; /* selectors, the second on top */
        enum dkim_status first_status, second_status;
    } cases[] = {
        {"both good", "rsa1024", "ed", DKIM_PASS, DKIM_PASS},
        {"broken on top", "rsa1024", "missing", DKIM_PASS, DKIM_PERMERROR},
        {"broken below", "missing", "rsa1024", DKIM_PERMERROR, DKIM_PASS},
        {"temperror on top", "rsa1024", "down", DKIM_PASS, DKIM_TEMPERROR},
        {"temperror below", "down", "rsa1024", DKIM_TEMPERROR, DKIM_PASS},
        {"same key twice", "rsa1024", "rsa1024", DKIM_PASS, DKIM_PASS},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct signer_options options = usual;
        const struct dkim_signature *list = NULL;
        struct mail *mail;
        char *once, *twice;

        options.selector = cases[i].first;
        once = sign_with(options, RSA1024, MAIL);
        options.selector = cases[i].second;
        options.algorithm =
            strcmp(cases[i].second, "ed") == 0 ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256;
        twice = sign_with(options, strcmp(cases[i].second, "ed") == 0 ? ED25519 : RSA1024, once);
        mail = take_in(verifier, twice, strlen(twice));
        assert_non_null(mail->dkim);
        assert_int_equal(dkim_signatures(mail->dkim, &list), 2);
        if (list[0].status != cases[i].second_status || list[1].status != cases[i].first_status)
            fail_msg("%s: %d %s, %d %s", cases[i].name, list[0].status, list[0].why, list[1].status,
                list[1].why);
        assert_string_equal(list[0].selector, cases[i].second);
        assert_string_equal(list[1].selector, cases[i].first);
        mail_free(&mail);
        free(twice);
        free(once);
    }
}

static void a_tail_beyond_l_is_refused(void **state)
{
    (void)state;
    for (int simple = 0; simple < 2; simple++) {
        struct signer_options options = usual;
        char *text, *longer;

        options.selector = "rsa1024";
        options.body = simple ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED;
        options.partial = true;
        text = sign_with(options, RSA1024, MAIL);
        assert_non_null(strstr(text, " l="));
        check_one("l= without tail", text, DKIM_PASS, NULL);
        assert_true(asprintf(&longer, "%s\r\n\r\n", text) > 0);
        check_one("only empty lines more", longer, DKIM_PASS, NULL);
        free(longer);
        assert_true(asprintf(&longer, "%sx", text) > 0);
        check_one("l= with tail", longer, DKIM_FAIL, "l= leaves a tail of the body unsigned");
        free(longer);
        longer = replaced(text, "End\r\n", "");
        check_one("l= beyond the body", longer, DKIM_FAIL, "l= is longer than the body");
        free(longer);
        free(text);
        options.covered = 5;
        text = sign_with(options, RSA1024, MAIL);
        check_one("l= covers a part", text, DKIM_FAIL, "l= leaves a tail of the body unsigned");
        free(text);
    }
}

static void dates_of_signatures_count(void **state)
{
    static const struct {
        const char *name;
        int64_t made; /* seconds from now */
        uint64_t lives;
        enum dkim_status status;
        const char *why;
    } cases[] = {
        {"lives", 0, 1000000, DKIM_PASS, NULL},
        {"has expired", -100000, 1000, DKIM_FAIL, "it has expired"},
        {"is old", -100000000, 0, DKIM_PASS, NULL},
        {"is to come", 100000, 0, DKIM_FAIL, "it is dated in the future"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct signer_options options = usual;
        char *text;

        options.selector = "rsa1024";
        options.made = (uint64_t)(time(NULL) + cases[i].made);
        options.lives = cases[i].lives;
        text = sign_with(options, RSA1024, MAIL);
        check_one(cases[i].name, text, cases[i].status, cases[i].why);
        free(text);
    }
}

static void names_are_read(void **state)
{
    struct signer_options options = usual;
    const struct dkim_signature *list = NULL;
    struct mail *mail;
    char *text;

    (void)state;
    options.selector = "rsa1024";
    options.domain = "Service.EXAMPLE";
    options.identity = "news@mail.service.example";
    text = sign_with(options, RSA1024, MAIL);
    mail = take_in(verifier, text, strlen(text));
    assert_non_null(mail->dkim);
    assert_int_equal(dkim_signatures(mail->dkim, &list), 1);
    assert_int_equal(list[0].status, DKIM_PASS);
    assert_string_equal(list[0].domain, DOMAIN);
    assert_string_equal(list[0].selector, "rsa1024");
    assert_string_equal(list[0].identity, "news@mail.service.example");
    mail_free(&mail);
    free(text);
    text = sign_with(usual, RSA2048, MAIL);
    mail = take_in(verifier, text, strlen(text));
    assert_int_equal(dkim_signatures(mail->dkim, &list), 1);
    assert_null(list[0].identity);
    mail_free(&mail);
    free(text);
}

static void public_suffixes_sign_nothing(void **state)
{
    struct signer_options options = usual;
    char *text;

    (void)state;
    options.domain = "com";
    text = sign_with(options, RSA2048, MAIL);
    check_one("com", text, DKIM_PERMERROR, "d= is a public suffix");
    free(text);
}

/* What another organisation signed proves nothing of the sender: its key is not asked for. */
static void only_aligned_signatures_are_checked(void **state)
{
#define REST "\r\nTo: old@example.com\r\n\r\nbody\r\n"
    static const char unaligned[] = "d= is of another organisation than From";
    static const char no_answer[] = "no answer from the DNS";
    static const struct {
        const char *name, *domain, *selector, *header;
        enum dkim_status status;
        const char *why;
    } cases[] = {
        {"other", "other.example", "down", "From: a@" DOMAIN REST, DKIM_UNALIGNED, unaligned},
        {"good", "other.example", "rsa", "From: a@" DOMAIN REST, DKIM_UNALIGNED, unaligned},
        {"longer", "not" DOMAIN, "rsa", "From: a@" DOMAIN REST, DKIM_UNALIGNED, unaligned},
        {"suffix", "other.example", "rsa", "From: a@example" REST, DKIM_UNALIGNED, unaligned},
        {"same", DOMAIN, "rsa", "From: a@" DOMAIN REST, DKIM_PASS, NULL},
        {"any case", DOMAIN, "rsa", "From: A <a@Service.EXAMPLE>" REST, DKIM_PASS, NULL},
        {"above", DOMAIN, "rsa", "From: a@mail." DOMAIN REST, DKIM_PASS, NULL},
        {"below", "down." DOMAIN, "rsa", "From: a@" DOMAIN REST, DKIM_TEMPERROR, no_answer},
        /* where From's domain is not told for sure, all are */
        {"two senders", "other.example", "rsa", "From: a@" DOMAIN ", b@other.example" REST,
            DKIM_PASS, NULL},
        {"two fields", "other.example", "rsa", "From: a@" DOMAIN "\r\nFrom: b@other.example" REST,
            DKIM_PASS, NULL},
        {"literal", "other.example", "rsa", "From: a@[192.0.2.1]" REST, DKIM_PASS, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct signer_options options = usual;
        char *text;

        options.domain = cases[i].domain;
        options.selector = cases[i].selector;
        text = sign_with(options, RSA2048, cases[i].header);
        check_one(cases[i].name, text, cases[i].status, cases[i].why);
        free(text);
    }
#undef REST
}

/* Fields written by hand, under which the usual header and body stand. */
static void malformed_signatures_are_told(void **state)
{
#define TAGS " v=1; a=rsa-sha256; c=relaxed/relaxed; bh=AAAA; b=AAAA;"
#define NAMES " d=" DOMAIN "; s=rsa;"
    static const struct {
        const char *field, *why;
    } cases[] = {
        {"", "it is malformed"},
        {" ", "it is malformed"},
        {" nonsense", "it is malformed"},
        {" v=1", "it is malformed"},
        {" v=1; a=; b=; d=; h=; s=; bh=", "it is malformed"},
        {TAGS NAMES, "it is malformed"},
        {TAGS NAMES " h=", "it is malformed"},
        {TAGS NAMES " h=:", "From is not signed"},
        {TAGS NAMES " h=to:subject", "From is not signed"},
        {TAGS NAMES " h=from; i=@other.example", "i= is not within d="},
        {TAGS NAMES " h=from; i=nobody", "i= is not within d="},
        {TAGS NAMES " h=from; i=a=", "it is malformed"},
        {TAGS NAMES " h=from; i=a=4", "it is malformed"},
        {TAGS NAMES " h=from; i=a=4g@" DOMAIN, "it is malformed"},
        {TAGS NAMES " h=from; h=from", "it is malformed"},
        {TAGS NAMES " h=from; S=other", "it is malformed"},
        {TAGS NAMES " h=from; l=-1", "it is malformed"},
        {TAGS NAMES " h=from; l=x", "it is malformed"},
        {TAGS NAMES " h=from; t=x", "it is malformed"},
        {TAGS NAMES " h=from; x=-1", "it is malformed"},
        {TAGS NAMES " h=from; t=9; x=8", "it has expired"},
        {TAGS NAMES " h=from; n=\x01", "it is malformed"},
        {TAGS NAMES " h=from; n=\xc3\xa4", "it is malformed"},
        {TAGS NAMES " h=from;; n=x", "it is malformed"},
        {TAGS NAMES " h=from; 1=x", "it is malformed"},
        {TAGS NAMES " h=from:from:to:subject:date:dkim-signature:x:y:z:a:b:c:d:e:f", NULL},
        {TAGS " d=" DOMAIN "; h=from; s=a b", NULL},
        {TAGS " d=" DOMAIN "; h=from; s=a\\.b", "it is malformed"},
        {TAGS " d=" DOMAIN "; h=from; s=a/b", "it is malformed"},
        {TAGS " s=rsa; h=from; d=a_b..example", "it is malformed"},
        {TAGS " s=rsa; h=from; d=localhost", "d= is a public suffix"},
        {" v=2; a=rsa-sha256; bh=AAAA; b=AAAA; h=from;" NAMES, "it is malformed"},
        {" v=1; a=rsa-md5; bh=AAAA; b=AAAA; h=from;" NAMES, "its algorithm is unknown"},
        {" v=1; a=rsa-sha256; c=strange; bh=AAAA; b=AAAA; h=from;" NAMES, "it is malformed"},
        {" v=1; a=rsa-sha256; c=simple/strange; bh=AAAA; b=AAAA; h=from;" NAMES, "it is malformed"},
        {" v=1; a=rsa-sha256; bh=AAAA; b=; h=from;" NAMES, "it is malformed"},
        {" v=1; a=rsa-sha256; bh=; b=AAAA; h=from;" NAMES, "it is malformed"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct dkim_signature *list = NULL;
        struct mail *mail;
        char *text = NULL;

        assert_true(asprintf(&text, "DKIM-Signature:%s\r\n" MAIL, cases[i].field) > 0);
        mail = take_in(verifier, text, strlen(text));
        assert_non_null(mail->dkim);
        assert_int_equal(dkim_signatures(mail->dkim, &list), 1);
        assert_non_null(list[0].domain);
        assert_non_null(list[0].selector);
        if (list[0].status == DKIM_PASS || list[0].why == NULL ||
            (cases[i].why != NULL && strcmp(list[0].why, cases[i].why) != 0))
            fail_msg("\"%s\": %d, %s", cases[i].field, list[0].status, list[0].why);
        mail_free(&mail);
        free(text);
    }
}

/* A list that names every field there is and more has room. */
static void long_lists_of_names_have_room(void **state)
{
    (void)state;
    for (int fields = 1; fields < 12; fields++) {
        char text[2000] = "DKIM-Signature: v=1; a=rsa-sha256; d=" DOMAIN
                          "; s=rsa; bh=AAAA; b=AAAA; h=from:dkim-signature";
        struct mail *mail;

        for (int i = 0; i < fields; i++)
            strcat(text, ":x");
        strcat(text, ":none:none:none\r\nFrom: a@" DOMAIN "\r\n");
        for (int i = 0; i < fields; i++)
            strcat(text, "X: y\r\n");
        strcat(text, "\r\nbody\r\n");
        mail = take_in(verifier, text, strlen(text));
        assert_non_null(mail->dkim);
        mail_free(&mail);
    }
}

static void many_signatures_have_a_bound(void **state)
{
    static const char field[] = "DKIM-Signature:" TAGS NAMES " h=from\r\n";
    const size_t fields = 100, size = fields * (sizeof(field) - 1);
    const struct dkim_signature *list = NULL;
    char *text = malloc(size + sizeof(MAIL));
    struct mail *mail;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < fields; i++)
        memcpy(text + i * (sizeof(field) - 1), field, sizeof(field) - 1);
    memcpy(text + size, MAIL, sizeof(MAIL));
    mail = take_in(verifier, text, strlen(text));
    assert_non_null(mail->dkim);
    assert_int_equal(dkim_signatures(mail->dkim, &list), 20);
    assert_int_equal(list[19].status, DKIM_FAIL);
    mail_free(&mail);
    free(text);
}

static void unsigned_mail_needs_no_check(void **state)
{
    struct mail *mail = take_in(verifier, MAIL, strlen(MAIL));

    (void)state;
    assert_null(mail->dkim);
    mail_free(&mail);
}

static void from_must_be_readable(void **state)
{
    static const char *const headers[] = {"", "From: \r\n", "From: nobody\r\n", "From: <>\r\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        char *text = NULL;

        assert_true(asprintf(&text, "DKIM-Signature:" TAGS NAMES " h=from\r\n%s\r\nbody\r\n",
                        headers[i]) > 0);
        check_one(headers[i], text, DKIM_PERMERROR, "From cannot be read");
        free(text);
    }
}

static void without_dns_all_is_temporary(void **state)
{
    struct dkim *lonely = NULL;
    const struct dkim_signature *list = NULL;
    char *text = sign_with(usual, RSA2048, MAIL);
    struct mail *mail;

    (void)state;
    assert_int_equal(dkim_open(NULL, &lonely), 0);
    mail = take_in(lonely, text, strlen(text));
    assert_non_null(mail->dkim);
    assert_int_equal(dkim_signatures(mail->dkim, &list), 1);
    assert_int_equal(list[0].status, DKIM_TEMPERROR);
    assert_string_equal(list[0].why, "the network was not asked");
    mail_free(&mail);
    dkim_drop(&lonely);
    assert_null(lonely);
    dkim_drop(&lonely);
    free(text);
}

/* However the body is cut into pieces, and where a mail ends early. */
static void any_cut_of_the_body_will_do(void **state)
{
    struct signer_options options = usual;
    char *text;
    const char *body;

    (void)state;
    for (int canon = 0; canon < 2; canon++) {
        options.selector = "rsa1024";
        options.body = canon != 0 ? DKIM_CANON_SIMPLE : DKIM_CANON_RELAXED;
        options.partial = true;
        text = sign_with(options, RSA1024, MAIL);
        body = strstr(text, "\r\n\r\n") + 4;
        for (size_t piece = 1; piece < 30; piece++) {
            struct mail *mail = take_in(NULL, text, (size_t)(body - text));
            const struct dkim_signature *list = NULL;
            struct dkim_check *check = NULL;

            assert_int_equal(dkim_begin(verifier, mail, &check), 0);
            for (size_t at = 0; at < strlen(body); at += piece)
                dkim_feed(check, body + at, strlen(body) - at < piece ? strlen(body) - at : piece);
            assert_int_equal(dkim_end(check), 0);
            assert_int_equal(dkim_signatures(check, &list), 1);
            if (list[0].status != DKIM_PASS)
                fail_msg("pieces of %zu: %s", piece, list[0].why);
            dkim_check_free(&check);
            assert_null(check);
            mail_free(&mail);
        }
        free(text);
    }
}

static void a_check_may_end_early(void **state)
{
    char *text = sign_with(usual, RSA2048, MAIL);
    struct mail *mail = take_in(NULL, text, strlen(text));
    struct dkim_check *check = NULL;

    (void)state;
    dkim_check_free(&check);
    assert_int_equal(dkim_begin(verifier, mail, &check), 0);
    dkim_check_free(&check);
    assert_int_equal(dkim_begin(verifier, mail, &check), 0);
    dkim_feed(check, "x", 1);
    dkim_check_free(&check);
    mail_free(&mail);
    free(text);
}

static void no_memory_is_told(void **state)
{
    char *text = sign_with(usual, RSA2048, MAIL);
    struct mail *mail = take_in(NULL, text, strlen(text));

    (void)state;
    for (unsigned long nth = 1; nth < 4; nth++) {
        struct dkim_check *check = NULL;
        int rc;

        arena_fail_at(nth);
        rc = dkim_begin(verifier, mail, &check);
        arena_fail_at(0);
        if (rc != 0) {
            assert_int_equal(rc, ERR_NOMEM);
            assert_null(check);
        }
        assert_true(rc != 0 || nth > 2);
        dkim_check_free(&check);
    }
    mail_free(&mail);
    free(text);
}

static void *verify_many(void *argument)
{
    for (int i = 0; i < 20; i++) {
        const struct dkim_signature *list = NULL;
        struct mail *mail = mail_new(&limits, verifier);
        bool passed = mail != NULL && mail_from_bytes(mail, argument, strlen(argument)) == 0 &&
                      mail->dkim != NULL && dkim_signatures(mail->dkim, &list) == 1 &&
                      list[0].status == DKIM_PASS;

        mail_free(&mail);
        if (!passed)
            return NULL;
    }
    return argument;
}

static void threads_share_one(void **state)
{
    char *text = sign_with(usual, RSA2048, MAIL);
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_many, text), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *result = NULL;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, text);
    }
    free(text);
}

static void lengths_are_those_of_the_canonical_forms(void **state)
{
    static const struct {
        const char *body;
        uint64_t simple, relaxed;
    } cases[] = {
        {"", 2, 0}, {"\r\n", 2, 0}, {"\r\n\r\n\r\n", 2, 0}, {" \r\n", 3, 0}, {" \t \r\n\r\n", 5, 0},
        {"a", 3, 3}, {"a\r\n", 3, 3}, {"a\r\n\r\n", 3, 3}, {"a\r\n\r\nb\r\n", 8, 8},
        {"\r\na\r\n", 5, 5}, {" a \r\n", 5, 4}, {"a  b\t\tc\r\n", 9, 7}, {"a\r\n \r\n", 6, 3},
        {"a\r\n \r\nb", 9, 8}, {"a\rb\r\n", 5, 5}, {"a\nb\r\n", 5, 5}, {"a\r\r\n", 4, 4},
        {"a\r", 4, 4}, {" C \r\nD \t E\r\n\r\n\r\n", 5 + 7, 4 + 5}, /* RFC 6376 §3.4.5 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t piece = 1; piece < 4; piece++) {
            struct dkim_length length = {0};
            size_t size = strlen(cases[i].body);

            for (size_t at = 0; at < size; at += piece)
                dkim_length_add(&length, cases[i].body + at, size - at < piece ? size - at : piece);
            dkim_length_end(&length);
            if (length.simple != cases[i].simple || length.relaxed != cases[i].relaxed)
                fail_msg("\"%s\": %llu, %llu", cases[i].body, (unsigned long long)length.simple,
                    (unsigned long long)length.relaxed);
        }
}

static void set_record(const char *name, const char *text)
{
    for (size_t i = 0; i < COUNT(records); i++)
        if (strcmp(records[i].name, name) == 0)
            records[i].text = text;
}

static int make_keys(void)
{
    static const char *const names[KEY_COUNT] = {"rsa._domainkey." DOMAIN,
        "rsa1024._domainkey." DOMAIN, "rsa512._domainkey." DOMAIN, "ed._domainkey." DOMAIN,
        "other._domainkey." DOMAIN, "ec._domainkey." DOMAIN};

    for (size_t i = 0; i < KEY_COUNT; i++) {
        keys[i] = signer_new_key(key_bits[i]);
        key_records[i] = keys[i] == NULL ? NULL : signer_record(keys[i]);
        if (key_records[i] == NULL)
            return -1;
        set_record(names[i], key_records[i]);
    }
    set_record("rsa._domainkey.com", key_records[RSA2048]);
    set_record("rsa._domainkey.other.example", key_records[RSA2048]);
    set_record("rsa._domainkey.not" DOMAIN, key_records[RSA2048]);
    return 0;
}

static void tag_lists_are_read(void **state)
{
    static const char *const good[] = {"a=b", " a = b ", "a=", "a=b;", "a=b; ", "a=b;c=d",
        "a=b;\r\n\tc=d\r\n\te", "a_1=x", "a==", "i=a=40b", "i=a=4\n 0b", "b=A A\n =;i="};
    static const char *const bad[] = {"", " ", ";", "a", "=b", "a=b;;", "a=b;;c=d", ";a=b", "a b=c",
        "1a=b", "_a=b", "a-b=c", "a=b;a=c", "a=b;A=c", "a=\x7f", "a=\xc3\xa4", "a=\x01", "\xc3=a",
        "a=b;c", "i==", "i=a=4", "i=a=4 ;b=0", "i=a=4x", "I=="};
    char many[5 * (DKIM_TAGS_MAX + 1) + 1] = "";

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        if (!dkim_tags_are_valid(good[i], strlen(good[i])))
            fail_msg("\"%s\" is refused", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (dkim_tags_are_valid(bad[i], strlen(bad[i])))
            fail_msg("\"%s\" is taken", bad[i]);
    assert_false(dkim_tags_are_valid("a=b\0c", 5));
    for (int i = 0; i <= DKIM_TAGS_MAX; i++) {
        assert_int_equal(dkim_tags_are_valid(many, strlen(many)), i > 0);
        snprintf(many + strlen(many), sizeof(many) - strlen(many), "a%02d=;", i);
    }
    assert_false(dkim_tags_are_valid(many, strlen(many)));
}

static int start(void **state)
{
    static char longest[2000];
    const char *servers[] = {responder.server};

    (void)state;
    memset(longest, 'A', sizeof(longest) - 1);
    memcpy(longest, "v=DKIM1; p=", 11);
    set_record("long._domainkey." DOMAIN, longest);
    if (make_keys() != 0)
        return -1;
    if (domain_open() != 0 || responder_start(&responder, records, COUNT(records)) != 0)
        return -1;
    return dns_open(servers, 1, 20000, &dns) == 0 && dkim_open(dns, &verifier) == 0 ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    dkim_drop(&verifier);
    dns_close(&dns);
    responder_stop(&responder);
    domain_close();
    for (size_t i = 0; i < KEY_COUNT; i++) {
        free(keys[i]);
        free(key_records[i]);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_and_verifies),
        cmocka_unit_test(notices_every_change),
        cmocka_unit_test(each_signature_is_judged),
        cmocka_unit_test(a_tail_beyond_l_is_refused),
        cmocka_unit_test(dates_of_signatures_count),
        cmocka_unit_test(names_are_read),
        cmocka_unit_test(public_suffixes_sign_nothing),
        cmocka_unit_test(only_aligned_signatures_are_checked),
        cmocka_unit_test(malformed_signatures_are_told),
        cmocka_unit_test(long_lists_of_names_have_room),
        cmocka_unit_test(many_signatures_have_a_bound),
        cmocka_unit_test(unsigned_mail_needs_no_check),
        cmocka_unit_test(from_must_be_readable),
        cmocka_unit_test(without_dns_all_is_temporary),
        cmocka_unit_test(any_cut_of_the_body_will_do),
        cmocka_unit_test(a_check_may_end_early),
        cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(threads_share_one),
        cmocka_unit_test(tag_lists_are_read),
        cmocka_unit_test(lengths_are_those_of_the_canonical_forms),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
