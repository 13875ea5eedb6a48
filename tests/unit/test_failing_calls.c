/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * What is loaded, opened and written, again and again with the first, second, third … of its calls
 * to memory, system or OpenSSL failing, until none is left to fail. Each time it tells an error and
 * leaves nothing behind, or it has done all that it does otherwise: never a part that looks whole.
 */
#define LEDGER_FIXTURE_CATALOGUE
/* The checked forms of calls, which glibc puts in where it knows a size, are not wrapped. */
#undef _FORTIFY_SOURCE

#include "ledger_fixture.h"

#include <fcntl.h>
#include <openssl/rand.h>

#include "../tools/failing_calls.h"
#include "catalogue_import.h"
#include "domain.h"
#include "key.h"
#include "ledger_ask.h"
#include "letters.h"
#include "log.h"
#include "metrics.h"
#include "outfile.h"
#include "report.h"
#include "responder.h"
#include "seal.h"
#include "setup.h"

#include "seal_fixture.h"

#define CALLS_MOST 400000UL /* a loop that gets so far would never end */
#define SAID_MAX 20000

/* One thing that is done. 0, then what came of it stands in said; else a code of err.h. */
typedef int doing(struct fixture *fixture, char *said);

/* small, so that each of its calls can fail */
static const char services[] =
    "categories = ( { name = \"shop\"; risk = 4; }, { name = \"other\"; risk = 2; } );\n"
    "services = ( { id = \"shop.example\"; name = \"The Shop\"; category = \"shop\";\n"
    "domains = [ \"shop.example\", \"mail.shop.example\" ]; contact = { steps = [ \"Write.\" ];\n"
    "url = \"https://shop.example/form\"; source = \"unverified\"; }; } );\n";
static const char own_services[] =
    "services = ( { id = \"our-shop.example\"; name = \"Our Shop\"; category = \"shop\";\n"
    "domains = [ \"our-shop.example\" ]; contact = { steps = [ \"Write.\" ];\n"
    "source = \"unverified\"; }; } );\n";

static void in_directory(const struct fixture *fixture, const char *name, char *out)
{
    snprintf(out, 128, "%s/%s", fixture->directory, name);
}

static void write_text(const struct fixture *fixture, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    in_directory(fixture, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* How many files there are whose names begin so. */
static int count_files(const struct fixture *fixture, const char *begin)
{
    DIR *directory = opendir(fixture->directory);
    const struct dirent *entry;
    int count = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL)
        count += strncmp(entry->d_name, begin, strlen(begin)) == 0;
    closedir(directory);
    return count;
}

/* ---- what is done ---- */

static int load_key(struct fixture *fixture, char *said)
{
    char path[128];
    const char *why;
    struct key *key;
    unsigned char digest[KEY_DIGEST_SIZE];
    int r;

    in_directory(fixture, "made", path);
    r = key_load(path, true, &key, &why);
    assert_int_equal(why == NULL, r == 0);
    assert_int_equal(key != NULL, r == 0);
    if (r == 0)
        r = key_digest(key, "purpose", "data", 4, digest);
    key_free(&key);
    failing_end();
    /* the key or nothing; never a part of it, never a file beside it */
    assert_true(count_files(fixture, "made.") == 0);
    assert_true(count_files(fixture, "made") == 1 || r != 0);
    unlink(path);
    snprintf(said, SAID_MAX, "a key");
    return r;
}

/* One that is there stays as it is. */
static int read_key(struct fixture *fixture, char *said)
{
    char path[128];
    const char *why;
    struct key *key;
    unsigned char digest[KEY_DIGEST_SIZE];
    int r;

    in_directory(fixture, "key", path);
    r = key_load(path, true, &key, &why);
    assert_int_equal(why == NULL, r == 0);
    if (r == 0)
        r = key_digest(key, "purpose", "data", 4, digest);
    for (size_t i = 0; r == 0 && i < sizeof(digest); i++)
        snprintf(said + 2 * i, 3, "%02x", digest[i]);
    key_free(&key);
    return r;
}

static int load_setup(struct fixture *fixture, char *said)
{
    char path[128];
    const struct setup_options options = {.path = path, .network = true, .create_key = true};
    struct mistakes mistakes = {0};
    struct setup *setup;
    int r;

    in_directory(fixture, "goneaway.conf", path);
    r = setup_load(&options, &mistakes, &setup);
    assert_int_equal(setup != NULL, r == 0);
    if (r == 0)
        snprintf(said, SAID_MAX,
            "%zu domains, %zu services, %zu languages, %zu patterns, %d%d%d%d%d",
            setup->config->domain_count, catalogue_count(setup->catalogue),
            phrases_language_count(setup->phrases), phrases_pattern_count(setup->phrases),
            setup->kind_rules != NULL, setup->dns != NULL, setup->dkim != NULL, setup->key != NULL,
            setup->seal != NULL);
    if (r == ERR_CONFIG)
        snprintf(said, SAID_MAX, "%s", mistakes.count > 0 ? mistakes.lines[0] : "no sentence");
    setup_drop(&setup);
    mistakes_clear(&mistakes);
    return r;
}

static int write_letter(struct fixture *fixture, char *said)
{
    static const char *const places[] = {SOURCE_DIR "/conf/letters"};
    static const char *const texts[] = {"old@example.com", "older@example.com"};
    static const char *const ours[] = {"example.com"}, *const since[] = {"2019-10-05"};
    static const struct letters_case about = {.service = "The Shop",
        .service_id = "shop.example",
        .languages = "",
        .addresses = texts,
        .address_count = 2,
        .domains = ours,
        .since = since,
        .domain_count = 1};
    struct mistakes mistakes = {0};
    struct letters *letters = NULL;
    struct letters_text letter;
    struct arena *arena = arena_new(0);
    int r = arena == NULL ? ERR_NOMEM : letters_load(places, 1, &mistakes, &letters);

    (void)fixture;
    if (r == 0)
        r = letters_write(letters, arena, &about, &letter);
    if (r == 0)
        snprintf(said, SAID_MAX, "%zu %s\n%s\n%s", letters_count(letters), letter.language,
            letter.subject, letter.body);
    letters_free(&letters);
    arena_free(&arena);
    mistakes_clear(&mistakes);
    return r;
}

static int import_services(struct fixture *fixture, char *said)
{
    static const char text[] =
        "[{\"name\":\"A Shop\",\"url\":\"https://a-shop.example/delete\",\"difficulty\":\"easy\","
        "\"notes\":\"n\",\"email\":\"privacy@a-shop.example\",\"domains\":[\"a-shop.example\","
        "\"mail.a-shop.example\"]},{\"name\":\"Another\",\"difficulty\":\"hard\",\"url\":\"\","
        "\"domains\":[\"another.example\"]}]";
    char path[128];
    const char *const paths[] = {path};
    struct mistakes mistakes = {0};
    struct catalogue *known = NULL;
    struct kind_rules *rules = NULL;
    struct catalogue_import *import = NULL;
    struct catalogue_import_counts counts;
    struct json_read_mistake mistake;
    struct buf out;
    int r;

    in_directory(fixture, "services.conf", path);
    r = catalogue_load(paths, 1, &mistakes, &known);
    buf_init(&out, SAID_MAX - 100);
    if (r == 0)
        r = kind_rules_load(SOURCE_DIR "/conf/kinds.conf", &mistakes, &rules);
    if (r == 0)
        r = catalogue_import_open(known, rules, &import);
    if (r == 0)
        r = catalogue_import_add(import, text, strlen(text), &mistake);
    if (r == 0)
        r = catalogue_import_write(import, &out, &counts);
    if (r == 0)
        r = buf_failed(&out);
    if (r == 0)
        snprintf(said, SAID_MAX, "%zu %s", counts.services, buf_text(&out));
    buf_free(&out);
    catalogue_import_close(&import);
    kind_rules_free(&rules);
    catalogue_free(&known);
    mistakes_clear(&mistakes);
    return r;
}

static int gather_report(struct fixture *fixture, char *said)
{
    const struct report_options options = {.database = fixture->path, .timeout_ms = 5000};
    struct report *report = NULL;
    char *why = NULL;
    int r = report_gather(&options, &report, &why);

    assert_int_equal(report != NULL, r == 0);
    if (r == 0)
        snprintf(said, SAID_MAX, "%zu %zu %zu %s", report->tables[REPORT_SUMMARY].rows,
            report->tables[REPORT_RISKIEST].rows, report->service_count, report->services[0].id);
    report_free(&report);
    free(why);
    return r;
}

static int seal_a_mail(struct fixture *fixture, char *said)
{
    char path[128];
    const char *const paths[] = {path};
    const struct seal_options options = {
        .paths = paths, .count = 1, .now = FIXTURE_NOW, .file = "test", .line = 1};
    struct mistakes mistakes = {0};
    struct seal *seal = NULL;
    struct seal_envelope envelope = {0};
    struct seal_original *original;
    int r;

    in_directory(fixture, "keeper.pem", path);
    r = seal_open(&options, &mistakes, &seal);
    assert_int_equal(seal != NULL, r == 0);
    original = seal_original_new(1 << 20);
    if (r == 0 && original == NULL)
        r = ERR_NOMEM;
    if (r == 0)
        r = seal_original_add_field(original, "Subject", " words", true);
    if (r == 0)
        r = seal_original_end_header(original);
    if (r == 0)
        r = seal_original_add_body(original, "body\r\n", 6);
    if (r == 0)
        r = seal_message(seal, original, FIXTURE_NOW, &envelope);
    if (r == 0)
        snprintf(said, SAID_MAX, "sealed %d, of %zu", envelope.length > 500,
            seal_original_length(original));
    seal_envelope_free(&envelope);
    seal_original_free(&original);
    seal_close(&seal);
    mistakes_clear(&mistakes);
    return r;
}

static int write_file(struct fixture *fixture, char *said)
{
    char path[128];
    struct outfile file;
    char *why = NULL;
    int r;

    in_directory(fixture, "page", path);
    r = outfile_open(&file, path, &why);
    if (r == 0) {
        assert_true(fputs("page", file.stream) >= 0);
        r = outfile_commit(&file, &why);
    }
    assert_true(r == 0 ? why == NULL : why != NULL || r == ERR_NOMEM);
    free(why);
    outfile_discard(&file);
    failing_end();
    assert_int_equal(count_files(fixture, ".goneaway"), 0);
    assert_int_equal(access(path, F_OK) == 0, r == 0);
    unlink(path);
    snprintf(said, SAID_MAX, "a file");
    return r;
}

static int use_ledger(struct fixture *fixture, char *said)
{
    static const struct ledger_domain ours = {"example.com", 1570233600, "tag"};
    struct ledger_options options = {
        .path = fixture->path, .timeout_ms = 5000, .queue = 10, .synchronous = "NORMAL"};
    struct ledger_entry entry = sample("cc");
    struct ledger_account account;
    struct ledger *ledger = NULL;
    char *why = NULL;
    int r = ledger_open(&options, &ledger, &why);

    assert_int_equal(ledger != NULL, r == 0);
    assert_true(r != 0 || why == NULL);
    free(why);
    if (r == 0)
        r = ledger_mirror(ledger, &ours, 1, NULL);
    if (r == 0)
        r = ledger_record(ledger, &entry, 1);
    if (r == 0)
        r = ledger_find_account(ledger, entry.address, entry.service, &account);
    if (r == 0)
        snprintf(said, SAID_MAX, "%d %d", account.known, (int)account.holder);
    ledger_close(&ledger);
    return r;
}

static struct responder responder;
static const struct responder_record records[] = {
    {"plain.example", RESPONDER_TXT, "v=DKIM1; p=abc", 300},
    {"truncated.example", RESPONDER_TRUNCATED, "v=DKIM1; p=long", 300},
};

/* No trouble of ours is ever an answer: neither another text nor that there is none. */
static int ask(const char *name, char *said)
{
    const char *const servers[] = {responder.server};
    enum dns_answer answer;
    struct dns *dns;
    int r = dns_open(servers, 1, 2000, &dns);

    if (r != 0)
        return r;
    answer = dns_txt(dns, name, said, SAID_MAX);
    dns_close(&dns);
    assert_true(answer != DNS_ABSENT);
    return answer == DNS_FOUND ? 0 : ERR_DNS;
}

static int ask_udp(struct fixture *fixture, char *said)
{
    (void)fixture;
    return ask("plain.example", said);
}

static int ask_tcp(struct fixture *fixture, char *said)
{
    (void)fixture;
    return ask("truncated.example", said);
}

/* ---- with failures ---- */

static const struct operation {
    const char *name;
    doing *run;
    unsigned stride; /* beyond the first hundred, which are many and much alike */
} operations[] = {
    {"make a key", load_key, 1},
    {"read a key", read_key, 1},
    {"load everything", load_setup, 97},
    {"write a letter", write_letter, 97},
    {"import services", import_services, 97},
    {"gather a report", gather_report, 7},
    {"seal a mail", seal_a_mail, 1},
    {"write a file", write_file, 1},
    {"use the ledger", use_ledger, 1},
    {"ask by UDP", ask_udp, 1},
    {"ask by TCP", ask_tcp, 1},
};

/* Returns how many calls failed. */
static unsigned long fail_each(struct fixture *fixture, const struct operation *operation,
    enum failing_kind kind, int error, const char *right)
{
    static char said[SAID_MAX];
    unsigned long count = 0;

    for (unsigned long nth = 1;; nth += nth < 100 ? 1 : operation->stride) {
        bool met;
        int r;

        assert_true(nth < CALLS_MOST);
        said[0] = '\0';
        failing_at(kind, nth, error);
        r = operation->run(fixture, said);
        met = failing_end();
        if (r == 0 && strcmp(said, right) != 0)
            fail_msg("%s, call %lu of kind %d: %s\nnot %s", operation->name, nth, (int)kind, said,
                right);
        if (!met && r != 0)
            fail_msg("%s fails by itself: %s", operation->name, err_text(r));
        if (!met)
            return count;
        count++;
    }
}

static void test_each_call_fails(void **state)
{
    static const struct {
        enum failing_kind kind;
        int error;
    } ways[] = {{FAILING_MEMORY, ENOMEM}, {FAILING_SYSTEM, EIO}, {FAILING_SYSTEM, EMFILE},
        {FAILING_SYSTEM, ENOSPC}, {FAILING_SYSTEM, EROFS}, {FAILING_CRYPTO, 0}};
    static char right[SAID_MAX];

    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        unsigned long failed = 0;
        int r = operations[i].run(*state, right);

        if (r != 0)
            fail_msg("%s: %s: %s", operations[i].name, err_text(r), right);
        for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
            failed += fail_each(*state, &operations[i], ways[way].kind, ways[way].error, right);
        print_message("%s: calls that failed: %lu\n", operations[i].name, failed);
        assert_true(failed > 0);
    }
}

/* A signal on the way is no failure of what can be taken up again. */
static void test_a_signal_is_no_failure(void **state)
{
    static char right[SAID_MAX];
    const struct operation read_again = {"read a key", read_key, 1};
    struct fixture *fixture = *state;
    char path[128];
    unsigned char bytes[32];
    int fd;

    assert_int_equal(read_key(fixture, right), 0);
    assert_true(fail_each(fixture, &read_again, FAILING_SYSTEM, EINTR, right) < 10);
    in_directory(fixture, "key", path);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    failing_at(FAILING_SYSTEM, 1, EINTR);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), -1);
    assert_true(failing_end());
    assert_int_equal(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
    close(fd);
}

static int make_place(void **state)
{
    static const struct fixture_certificate usual = {0};
    static const char *const shipped[] = {"kinds.conf", "carriers.conf", "phrases/haw.conf"};
    struct ledger_entry entry = sample("aa");
    struct fixture *fixture;
    char text[2000], path[128];
    EVP_PKEY *key;
    X509 *x509;
    int fd;

    if (make_ledger(state) != 0)
        return -1;
    fixture = *state;
    record(fixture, &entry);
    entry.fingerprint = "ab";
    record(fixture, &entry);
    ledger_close(&fixture->ledger);
    key = fixture_key(&usual);
    x509 = fixture_make(&usual, key);
    in_directory(fixture, "keeper.pem", path);
    fixture_write_pem(path, x509, NULL, NULL);
    X509_free(x509);
    EVP_PKEY_free(key);
    in_directory(fixture, "key", path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "0123456789abcdef0123456789abcdef", 32), 32);
    close(fd);
    snprintf(text, sizeof(text),
        "database = \"%s\"; key_file = \"%s/key\"; data_dir = \"%s\";\n"
        "local_services = \"%s/own.conf\"; local_phrases = \"%s/none\";\n"
        "dns_servers = [ \"%s\" ]; authserv_id = \"mx.example.com\";\n"
        "domains = ( { name = \"example.com\"; owned_since = \"2019-10-05\"; mode = \"tag\";\n"
        "    mailboxes = [ \"me\", \"me+*\" ]; policy = ( { kinds = [ \"reset\" ];\n"
        "    action = \"reject\"; } ); },\n"
        "  { name = \"example.org\"; owned_since = \"2019-10-05T00:00:00Z\"; } );\n",
        fixture->path, fixture->directory, fixture->directory, fixture->directory,
        fixture->directory, responder.server);
    write_text(fixture, "goneaway.conf", text);
    write_text(fixture, "services.conf", services);
    write_text(fixture, "own.conf", own_services);
    in_directory(fixture, "phrases", path);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++) {
        in_directory(fixture, shipped[i], path);
        snprintf(text, sizeof(text), SOURCE_DIR "/conf/%s", shipped[i]);
        assert_int_equal(symlink(text, path), 0);
    }
    return 0;
}

static int remove_place(void **state)
{
    char path[128];

    in_directory(*state, "phrases/haw.conf", path);
    unlink(path);
    return remove_all(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_call_fails, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_a_signal_is_no_failure, make_place, remove_place),
    };
    int failed;

    log_open("test_failing_calls", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    umask(0027);
    if (domain_open() != 0 || responder_start(&responder, records, 2) != 0)
        return 1;
    failed = cmocka_run_group_tests_name("failing_calls", tests, NULL, NULL);
    responder_stop(&responder);
    domain_close();
    return failed;
}
