/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * The table of settings: that it agrees with the other modules' names, and that the shipped file
 * agrees with it.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_fixture.h"
#include "config_table.h"

static char *shipped(void)
{
    char *text = calloc(1, 100000);
    FILE *in = fopen(SOURCE_DIR "/conf/goneaway.conf", "re");

    assert_non_null(in);
    assert_true(fread(text, 1, 99999, in) > 1000);
    fclose(in);
    return text;
}

/* Does the word stand in the text, not as a part of another? */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        if ((at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_')) &&
            !isalnum((unsigned char)at[length]) && at[length] != '_')
            return true;
    return false;
}

static void test_shipped_loads(void **state)
{
    struct mistakes mistakes = {0};
    struct config *config;

    (void)state;
    if (config_load(SOURCE_DIR "/conf/goneaway.conf", &mistakes, &config) != 0)
        fail_msg("%s", mistakes.lines[0]);
    assert_int_equal(config->domain_count, 1);
    assert_int_equal(config_mode_at(&config->domains[0], INT64_MAX, NULL), MODE_OBSERVE);
    config_free(&config);
}

/* Every setting is named, and those that have a default with the right one. */
static void test_shipped_names(void **state)
{
    char *text = shipped();

    (void)state;
    for (int scope = 0; scope < CONFIG_SCOPE_COUNT; scope++) {
        size_t count;
        const struct config_row *rows = config_table_rows((enum config_scope)scope, &count);

        for (size_t i = 0; i < count; i++) {
            char line[300];

            if (!has_word(text, rows[i].name))
                fail_msg("%s is not in conf/goneaway.conf", rows[i].name);
            if (scope != CONFIG_SCOPE_TOP || rows[i].standard == NULL)
                continue;
            snprintf(line, sizeof(line), "\n# %s = %s;\n", rows[i].name, rows[i].standard);
            if (strstr(text, line) == NULL)
                fail_msg("conf/goneaway.conf lacks%s", line);
        }
    }
    free(text);
}

/* What stands behind a '#' at the beginning of a line with a value is right too. */
static void test_shipped_comments(void **state)
{
    struct fixture *fixture = *state;
    char *text = shipped();
    char *out = calloc(1, 100000);
    char *save = NULL;
    size_t taken = 0;

    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char name[64];
        int end = 0;

        if (sscanf(line, "# %63[a-z_] = %*[^;];%n", name, &end) == 1 && line[end] == '\0' &&
            end > 0 && strcmp(name, "border_removes_forged") != 0) {
            sprintf(out + strlen(out), "%s\n", line + 2);
            taken++;
        } else if (line[0] != '#')
            sprintf(out + strlen(out), "%s\n", line);
    }
    assert_true(taken > 30);
    fixture_good(fixture, out);
    free(out);
    free(text);
}

/* The examples of the table are values that may be written. */
static void test_examples(void **state)
{
    struct fixture *fixture = *state;
    size_t count;
    const struct config_row *rows = config_table_rows(CONFIG_SCOPE_TOP, &count);

    for (size_t i = 0; i < count; i++) {
        char text[1024];

        if (rows[i].example == NULL)
            continue;
        snprintf(text, sizeof(text), "%s%s = %s;",
            strcmp(rows[i].name, "domains") == 0 ? "" : DOMAIN_LINE, rows[i].name, rows[i].example);
        fixture_good(fixture, text);
    }
    rows = config_table_rows(CONFIG_SCOPE_RULE, &count);
    for (size_t i = 0; i < count; i++) {
        char text[1024];
        const char *rest = strcmp(rows[i].name, "action") != 0 ? "action = \"reject\";" : "";

        snprintf(text, sizeof(text), "%spolicy = ( { %s = %s; %s } );", DOMAIN_LINE, rows[i].name,
            rows[i].example, rest);
        fixture_good(fixture, text);
    }
}

static const struct config_word *words(enum config_scope scope, const char *name)
{
    const struct config_row *row = config_table_find(scope, name);

    assert_non_null(row);
    assert_non_null(row->words);
    return row->words;
}

/* The words of the table are the names that the modules print. */
static void test_words(void **state)
{
    unsigned kinds = 0;
    unsigned holders = 0;
    unsigned actions = 0;
    enum kind kind;
    enum holder holder;

    (void)state;
    for (const struct config_word *w = words(CONFIG_SCOPE_RULE, "kinds"); w->name != NULL; w++)
        if (kind_from_name(w->name, &kind)) {
            assert_int_equal(w->value, 1u << kind);
            kinds |= w->value;
        } else {
            for (int i = 0; i < KIND_COUNT; i++)
                assert_int_equal((w->value & 1u << i) != 0, strcmp(w->name, "critical") == 0
                                                                ? kind_is_critical((enum kind)i)
                                                                : kind_is_service((enum kind)i));
        }
    assert_int_equal(kinds, (1u << KIND_COUNT) - 1);
    for (const struct config_word *w = words(CONFIG_SCOPE_RULE, "holder"); w->name != NULL; w++) {
        assert_true(holder_from_name(w->name, &holder));
        assert_int_equal(w->value, 1u << holder);
        holders |= w->value;
    }
    assert_int_equal(holders, (1u << HOLDER_COUNT) - 1);
    for (const struct config_word *w = words(CONFIG_SCOPE_RULE, "action"); w->name != NULL; w++) {
        assert_in_range(w->value, 0, ACTION_COUNT - 1);
        assert_string_equal(policy_action_name((enum action)w->value), w->name);
        actions |= 1u << w->value;
    }
    assert_int_equal(actions, (1u << ACTION_COUNT) - 1);
    for (const struct config_word *w = words(CONFIG_SCOPE_DOMAIN, "mode"); w->name != NULL; w++) {
        assert_in_range(w->value, MODE_OBSERVE, MODE_ENFORCE);
        assert_string_equal(policy_mode_name((enum mode)w->value), w->name);
    }
}

/* Six columns, one line a setting, no name twice. */
static void test_print(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    size_t lines = 0;
    size_t wanted = 0;
    char *save = NULL;

    (void)state;
    config_print_settings(out);
    fclose(out);
    for (int scope = 0; scope < CONFIG_SCOPE_COUNT; scope++) {
        size_t count;

        config_table_rows((enum config_scope)scope, &count);
        wanted += count;
    }
    assert_non_null(strstr(text, "keep_days\tinteger\t1..3650\t90\t"));
    assert_non_null(strstr(text, "\ndomains.mode.since\tdate\t-\t(required)\t"));
    assert_non_null(strstr(text, "\npolicy.own\tboolean\ttrue|false\teither\t"));
    for (char *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        size_t tabs = 0;

        for (const char *c = line; *c != '\0'; c++)
            tabs += *c == '\t';
        assert_int_equal(tabs, 5);
        assert_null(strstr(line, "(null)"));
        lines++;
    }
    assert_int_equal(lines, wanted);
    free(text);
}

static void test_nearest(void **state)
{
    static const struct {
        const char *wanted;
        const char *near; /* of "listen", "database", "recipient_delimiter" */
    } cases[] = {
        {"listen", "listen"},
        {"LISTEN", "listen"},
        {"lisen", "listen"},
        {"listne", "listen"},
        {"li", NULL},
        {"", NULL},
        {"data", "database"},
        {"databases", "database"},
        {"dtbs", NULL},
        {"delimiter", "recipient_delimiter"},
        {"recipient_delimeter", "recipient_delimiter"},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config_nearest nearest = {0};

        config_table_offer(&nearest, cases[i].wanted, "recipient_delimiter");
        config_table_offer(&nearest, cases[i].wanted, "listen");
        config_table_offer(&nearest, cases[i].wanted, "database");
        if (nearest.name == NULL || cases[i].near == NULL)
            assert_true(nearest.name == cases[i].near);
        else
            assert_string_equal(nearest.name, cases[i].near);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_shipped_loads), TEST(test_shipped_names),
        TEST(test_shipped_comments), TEST(test_examples), TEST(test_words), TEST(test_print),
        TEST(test_nearest)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
