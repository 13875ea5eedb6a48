/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The readers of kinds.conf and carriers.conf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "err.h"
#include "kind_rules.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char good_kinds[] =
    "carriers = \"carriers.conf\";\n"
    "settings = { strong = 4.0; medium = 2; weak = 1; subject = 1; repeat = 0.5; hidden = 0.5;\n"
    "  alt = 0.5; early = 500; late = 3000; late_factor = 0.5; condition = 0.5;\n"
    "  after_condition = 0.5; done = 0.5; notice = 1; doubt = 0.5; head = 9000; tail = 100; "
    "language_least = 5;\n"
    "  language_share = 0.5; language_trust = 0.5; together = 0.3; margin = 0; other = 3;\n"
    "  temperature = 1; short_text = 300; long_text = 5000; };\n"
    "rules = (\n"
    "  { name = \"one\"; kind = \"reset\"; all = [ \"password\" ]; any = [ \"reset\" ]; body = 2; "
    "},\n"
    "  { name = \"two\"; weights = { bulk = 1; service = -1; }; with = [ \"machine\" ]; }\n"
    ");\n";

static const char good_carriers[] =
    "headers = ( { mark = \"machine\"; field = \"X-Machine\"; equals = [ \"yes\" ]; } );\n"
    "senders = ( { mark = \"sender\"; words = [ \"robot\" ]; } );\n"
    "links = ( { mark = \"link\"; words = [ \"*reset*\" ]; } );\n"
    "subjects = ( { mark = \"subject\"; words = [ \"Re:\" ]; } );\n"
    "freemail = [ \"mail.example\", \"box.example\" ];\n"
    "money = [ \"EUR\" ];\n";

static void write_changed(
    const char *directory, const char *name, const char *text, const char *from, const char *to)
{
    const char *at = from == NULL ? NULL : strstr(text, from);
    char path[300];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    if (at != NULL)
        fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    else
        fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Loads the two good files with one change in the one that holds `from`. */
static int load_changed(
    const char *from, const char *to, struct mistakes *mistakes, struct kind_rules **rules)
{
    char directory[] = "/tmp/goneaway-kinds-XXXXXX";
    char path[300];
    int r;

    assert_non_null(mkdtemp(directory));
    assert_true(
        from == NULL || strstr(good_kinds, from) != NULL || strstr(good_carriers, from) != NULL);
    write_changed(directory, "kinds.conf", good_kinds, from, to);
    write_changed(directory, "carriers.conf", good_carriers, from, to);
    snprintf(path, sizeof(path), "%s/kinds.conf", directory);
    r = kind_rules_load(path, mistakes, rules);
    unlink(path);
    snprintf(path, sizeof(path), "%s/carriers.conf", directory);
    unlink(path);
    rmdir(directory);
    return r;
}

static void good_files_load(void **state)
{
    struct mistakes mistakes = {0};
    struct kind_rules *rules;

    (void)state;
    assert_int_equal(load_changed(NULL, NULL, &mistakes, &rules), 0);
    assert_int_equal(mistakes.count, 0);
    assert_int_equal(rules->rule_count, 2);
    assert_int_equal(rules->mark_count, MARK_OWN_COUNT + 4);
    assert_true(rules->rules[0].weights[KIND_RESET] == 1 && rules->rules[0].body == 2);
    assert_true(rules->rules[1].weights[KIND_NOTICE] == -1);
    assert_true(rules->rules[1].weights[KIND_BULK] == 1);
    assert_int_equal(rules->rules[1].near, NEAR_MARKS);
    assert_string_equal(rules->freemail[0], "box.example");
    assert_int_equal(rules->money_count, 1);
    assert_string_equal(rules->money[0].text, "eur");
    kind_rules_free(&rules);
    assert_null(rules);
    kind_rules_free(&rules);
}

static void empty_currencies_are_none(void **state)
{
    struct mistakes mistakes = {0};
    struct kind_rules *rules;

    (void)state;
    assert_int_equal(load_changed("\"EUR\"", "\" \", \"EUR\"", &mistakes, &rules), 0);
    assert_int_equal(rules->money_count, 1);
    assert_string_equal(rules->money[0].text, "eur");
    assert_int_equal(rules->money[0].length, 3);
    kind_rules_free(&rules);
}

static void shipped_files_load(void **state)
{
    struct mistakes mistakes = {0};
    struct kind_rules *rules;

    (void)state;
    if (kind_rules_load(SOURCE_DIR "/conf/kinds.conf", &mistakes, &rules) != 0)
        fail_msg("%s", mistakes.count > 0 ? mistakes.lines[0] : "no memory");
    assert_true(rules->rule_count > 50);
    kind_rules_free(&rules);
}

static void tells_every_mistake(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *mistake;
    } cases[] = {
        {"carriers = \"carriers.conf\";", "", "kinds.conf: carriers: is missing"},
        {"carriers = \"carriers.conf\"", "carriers = \"none.conf\"", "none.conf: can't be read"},
        {"carriers = \"carriers.conf\"", "carriers = 1",
            "kinds.conf:1: carriers: must be a string"},
        {"settings = {", "setting = {", "kinds.conf:2: setting: there is no such setting"},
        {"strong = 4.0; ", "", "kinds.conf:2: settings: strong is missing"},
        {"strong = 4.0", "strong = \"4\"", "kinds.conf:2: strong: must be a number"},
        {"strong = 4.0", "strong = 4000", "strong: 4000 is out of bounds: 0 to 100 are allowed"},
        {"temperature = 1", "temperature = 0", "temperature: 0 is out of bounds"},
        {"medium = 2;", "medium = 2; mean = 3;", "kinds.conf:2: mean: there is no such setting"},
        {"name = \"one\"; ", "", "a rule needs a name"},
        {"kind = \"reset\"; ", "", "needs either kind or weights"},
        {"kind = \"reset\"", "kind = \"rest\"", "there is no kind \"rest\""},
        {"{ bulk = 1; service = -1; }", "{ bulk = 1; serve = -1; }",
            "serve: there is no such kind"},
        {"{ bulk = 1; service = -1; }", "{ bulk = \"1\"; }", "bulk: must be a number"},
        {"all = [ \"password\" ]", "all = [ \"pass\" ]", "\"pass\" is no list of words"},
        {"all = [ \"password\" ]", "all = \"password\"", "all: must be an array"},
        {"all = [ \"password\" ]", "al = [ \"password\" ]", "al: there is no such setting"},
        {"any = [ \"reset\" ]", "any = [ 1 ]", "any: \"\" is no list of words"},
        {"any = [ \"reset\" ]", "near = \"page\"", "near is segment, block or mail"},
        {"with = [ \"machine\" ]; ", "", "asks for nothing"},
        {"with = [ \"machine\" ]", "with = [ \"engine\" ]", "there is no mark \"engine\""},
        {"rules = (", "rules = ( 1,", "a rule must be a group"},
        {"  { name = \"two\"", "  ,{ name = \"two\"", "two commas"},
        {"(\n  { name = \"one\"", "[ 1 ]; rule = (\n { name = \"one\"", "rules: must be a list"},
        {"headers = (", "heads = (", "carriers.conf:1: heads: there is no such setting"},
        {"mark = \"sender\"; ", "", "carriers.conf:2: senders: needs a mark"},
        {"field = \"X-Machine\"; ", "", "carriers.conf:1: headers: needs a field"},
        {"\"X-Machine\"",
            "\"X-"
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890\"",
            "carriers.conf:1: headers: has a field with a name that is too long"},
        {"equals = [ \"yes\" ]", "equals = \"yes\"", "carriers.conf:1: equals: must be an array"},
        {"equals = [ \"yes\" ]", "is = [ \"yes\" ]",
            "carriers.conf:1: is: there is no such setting"},
        {"words = [ \"robot\" ]", "words = [ ]", "carriers.conf:2: senders: needs words"},
        {"words = [ \"robot\" ]", "words = [ \"\" ]", "must be a string that is not empty"},
        {"words = [ \"robot\" ]", "words = [ \"robot\", ]", "a comma before ']'"},
        {"\"mail.example\", \"box", "\"mail.example\" \"box", "a comma is missing"},
        {"money = [ \"EUR\" ]", "money = ( 1 )", "carriers.conf:6: money: must be an array"},
        {"links = ( {", "links = ( 7, {", "must be a group { mark"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mistakes mistakes = {0};
        struct kind_rules *rules = (struct kind_rules *)1;
        int r = load_changed(cases[i].from, cases[i].to, &mistakes, &rules);
        bool told = false;

        for (size_t m = 0; m < mistakes.count; m++)
            told = told || strstr(mistakes.lines[m], cases[i].mistake) != NULL;
        if (r != ERR_CONFIG || rules != NULL || !told)
            fail_msg("%s -> %s: %d, %zu mistakes: %s", cases[i].from, cases[i].to, r,
                mistakes.count, mistakes.count > 0 ? mistakes.lines[0] : "none");
        mistakes_clear(&mistakes);
    }
}

static void tells_all_mistakes_in_one_run(void **state)
{
    struct mistakes mistakes = {0};
    struct kind_rules *rules;

    (void)state;
    assert_int_equal(
        load_changed("all = [ \"password\" ]; any = [ \"reset\" ]; body = 2;",
            "all = [ \"pass\", \"word\" ]; bdy = 2; with = [ \"nothing\" ];", &mistakes, &rules),
        ERR_CONFIG);
    assert_int_equal(mistakes.count, 4);
    mistakes_clear(&mistakes);
}

static void file_that_is_not_there_is_told(void **state)
{
    struct mistakes mistakes = {0};
    struct kind_rules *rules;

    (void)state;
    assert_int_equal(kind_rules_load("/nonexistent/kinds.conf", &mistakes, &rules), ERR_CONFIG);
    assert_null(rules);
    assert_int_equal(mistakes.count, 1);
    assert_non_null(strstr(mistakes.lines[0], "/nonexistent/kinds.conf: can't be read"));
    mistakes_clear(&mistakes);
}

static void says_when_memory_is_short(void **state)
{
    int r = ERR_NOMEM;
    unsigned long nth;

    (void)state;
    for (nth = 1; nth < 200 && r != 0; nth++) {
        struct mistakes mistakes = {0};
        struct kind_rules *rules;

        arena_fail_at(nth);
        r = load_changed(NULL, NULL, &mistakes, &rules);
        arena_fail_at(0);
        assert_true(r == 0 || r == ERR_NOMEM);
        assert_true((r == 0) == (rules != NULL));
        kind_rules_free(&rules);
        mistakes_clear(&mistakes);
    }
    assert_int_equal(r, 0);
    assert_true(nth > 10);
}

static void names_lead_to_kinds_and_back(void **state)
{
    enum kind kind;

    (void)state;
    for (int i = 0; i < KIND_COUNT; i++) {
        assert_true(kind_from_name(kind_name((enum kind)i), &kind));
        assert_int_equal(kind, i);
        assert_true(!kind_is_critical(kind) || kind_is_service(kind));
    }
    assert_false(kind_from_name("spam", &kind));
    assert_false(kind_from_name("", &kind));
    assert_true(kind_is_critical(KIND_CHANGE) && !kind_is_critical(KIND_WELCOME));
    assert_true(kind_is_service(KIND_NOTICE) && !kind_is_service(KIND_BULK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_load),
        cmocka_unit_test(empty_currencies_are_none),
        cmocka_unit_test(shipped_files_load),
        cmocka_unit_test(tells_every_mistake),
        cmocka_unit_test(tells_all_mistakes_in_one_run),
        cmocka_unit_test(file_that_is_not_there_is_told),
        cmocka_unit_test(says_when_memory_is_short),
        cmocka_unit_test(names_lead_to_kinds_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
