/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "err.h"
#include "fold.h"
#include "kind.h"
#include "phrases_set.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct phrases *read_set(const char *tag, const char *text, struct mistakes *mistakes)
{
    struct phrases *set = calloc(1, sizeof(*set));
    int r;

    assert_non_null(set);
    r = phrases_read_text(set, "test.conf", tag, text, strlen(text), mistakes);
    if (r == 0 && mistakes->count == 0)
        r = phrases_build(set);
    if (r != 0 || mistakes->count != 0)
        phrases_free(&set);
    return set;
}

/* A set with one language whose list "password" has the given patterns. */
static struct phrases *set_of(const char *patterns)
{
    struct mistakes mistakes = {0};
    struct phrases *set;
    char text[4000];

    snprintf(text, sizeof(text), "language = \"xx\"; name = \"X\"; words = { password = [ %s ]; };",
        patterns);
    set = read_set("xx", text, &mistakes);
    if (mistakes.count > 0)
        fail_msg("%s", mistakes.lines[0]);
    assert_non_null(set);
    return set;
}

/* The hits in a text, from a heap block of exactly its folded size. */
static size_t find(const struct phrases *set, const char *text, struct phrases_hit *out)
{
    struct arena *arena = arena_new(0);
    struct phrases_finds finds = {.arena = arena};
    struct phrases_choice choice;
    struct phrases_hit *hits;
    struct phrases_string string;
    size_t count;
    char *exact;

    assert_non_null(arena);
    string.folded = fold_text(arena, text, strlen(text), 100000, &string.length);
    exact = malloc(string.length + (string.length == 0));
    assert_non_null(exact);
    memcpy(exact, string.folded, string.length);
    string.folded = exact;
    memset(&choice, 0xff, sizeof(choice));
    assert_int_equal(phrases_scan(set, exact, string.length, 0, &finds), 0);
    assert_int_equal(phrases_expand(set, &finds, &string, &choice, &hits, &count), 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(hits[i].start < hits[i].end && hits[i].end <= string.length);
        if (i == 0 && out != NULL)
            *out = hits[0];
    }
    free(exact);
    arena_free(&arena);
    return count;
}

static void matches_as_described(void **state)
{
    static const struct {
        const char *pattern;
        const char *text;
        size_t hits;
    } cases[] = {
        /* whole words */
        {"\"log in\"", "please log in now", 1},
        {"\"log in\"", "Log In", 1},
        {"\"log in\"", "log into it", 0},
        {"\"log in\"", "blog in", 0},
        {"\"log in\"", "log", 0},
        {"\"log in\"", "log i", 0},
        {"\"log in\"", "log  in", 1},
        {"\"code\"", "code, code: (code) \"code\"", 4},
        {"\"code\"", "barcode codes code2 decode", 0},
        {"\"e-mail\"", "your e\xe2\x80\x91mail", 1},
        {"\"l'adresse\"",
            "l\xe2\x80\x99"
            "adresse",
            1},
        /* '*' ends a word */
        {"\"passwor*\"", "password passwords passwor", 3},
        {"\"passwor*\"", "mypassword passwo", 0},
        {"\"nov* heslo\"", "nové heslo a nového heslo", 2},
        {"\"nov* heslo\"", "nov heslo", 1},
        {"\"nov* heslo\"", "nové hesla", 0},
        {"\"nov* hesl*\"", "nové hesla", 1},
        {"\"a* b* c*\"", "ax bx cx", 1},
        {"\"a* b* c*\"", "ax bx dx", 0},
        /* a leading '*' */
        {"\"*passwort*\"", "Benutzerpasswortes", 1},
        {"\"*passwort*\"", "passwort", 1},
        {"\"*passwort\"", "benutzerpasswort", 1},
        {"\"*passwort\"", "benutzerpassworte", 0},
        {"\"*passwort*\"", "passwor", 0},
        {"\"*pas*\"", "compas", 1},
        {"\"*pas*\"", "compass", 1},
        {"\"*pas\"", "compas", 1},
        {"\"*pas ... code\"", "compas code", 1},
        {"\"*pas*\"", "compa", 0},
        /* words of fewer and more than three letters */
        {"\"to\", \"too*\", \"tool box\"", "to toot tot tool box", 4},
        {"\"to\", \"too*\", \"tool box\"", "to", 1},
        {"\"t* box\", \"to*\"", "tea box toe box", 3},
        {"\"to1\", \"to-do\"", "to1 to-do to2", 2},
        {"\"aaa\", \"zzz\"", "aaa zzz aza zaz", 2},
        /* "..." */
        {"\"reset ... password\"", "reset your password", 1},
        {"\"reset ... password\"", "reset password", 1},
        {"\"reset ... password\"", "password reset", 0},
        {"\"reset ... password\"", "reset a b c d e f password", 1},
        {"\"reset ... password\"", "reset a b c d e f g password", 0},
        {"\"reset ... password\"", "reset x reset a b c d e f password", 1},
        {"\"a1 ... b1 ... c1\"", "a1 x b1 y c1", 1},
        {"\"a1 ... b1 ... c1\"", "a1 x c1 y b1", 0},
        {"\"set* ... new pass*\"", "setting a new password", 1},
        {"\"パスワード ... 再設定\"", "パスワードの再設定", 1},
        {"\"パスワード ... 再設定\"",
            "パスワードああああああああああああああああああああああああ再設定", 1},
        {"\"パスワード ... 再設定\"",
            "パスワードあああああああああああああああああああああああああ再設定", 0},
        /* scripts without spaces */
        {"\"パスワード\"", "新しいパスワードを設定", 1},
        {"\"パスワード\"", "ﾊﾟｽﾜｰﾄﾞ", 1},
        {"\"密码\"", "您的密码已重置", 1},
        {"\"รหัสผ่าน\"", "ตั้งรหัสผ่านใหม่", 1},
        {"\"code\"", "認証codeです", 1},
        /* Arabic and Hebrew: up to three letters before the word */
        {"\"كلمة المرور\"", "كلمة المرور", 1},
        {"\"كلمة المرور\"", "وبكلمة المرور", 1},
        {"\"كلمة المرور\"", "وووبكلمة المرور", 0},
        {"\"הסיסמה\"", "שהסיסמה", 1},
        {"\"סיסמה\"", "סיסמהות", 0},
        /* Cyrillic, Greek, Hangul */
        {"\"подтвер*\"", "Подтвердите адрес", 1},
        {"\"κωδικ*\"", "ΚΩΔΙΚΌΣ", 1},
        {"\"비밀번호*\"", "비밀번호를 변경", 1},
        {"\"비밀번호*\"", "새비밀번호", 0},
        /* octets that are no text, stars in the text */
        {"\"code*\"", "code\xff\xfe code", 2},
        {"\"code*\"", "co*de", 0},
        {"\"ab* cd\"", "ab* cd", 0},
        {"\"code\"", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct phrases *set = set_of(cases[i].pattern);
        size_t hits = find(set, cases[i].text, NULL);

        phrases_free(&set);
        if (hits != cases[i].hits)
            fail_msg("%s in \"%s\": %zu hits, %zu wanted", cases[i].pattern, cases[i].text, hits,
                cases[i].hits);
    }
}

/* From one child of a node to so many that they have a table. */
static void finds_each_of_many_children(void **state)
{
    (void)state;
    for (int count = 1; count <= 26; count++) {
        char patterns[400] = "\"no\"";
        struct phrases *set;

        for (int i = 0; i < count; i++)
            snprintf(patterns + strlen(patterns), 20, ", \"1%c\"", 'a' + i);
        set = set_of(patterns);
        for (int i = 0; i < 26; i++) {
            const char text[] = {'1', (char)('a' + i), '\0'};

            assert_int_equal(find(set, text, NULL), i < count);
        }
        phrases_free(&set);
    }
}

static const char two_lists[] =
    "language = \"en\"; name = \"English\";\n"
    "words = { reset = [ \"reset*\" ]; password = [ \"password\", \"reset*\" ]; };\n"
    "phrases = { change = { medium = [ \"password reset done\" ]; strong = [ \"was ... reset\" ]; "
    "};"
    " };\n";

static void tells_list_kind_strength_and_place(void **state)
{
    struct mistakes mistakes = {0};
    struct phrases *set = read_set("en", two_lists, &mistakes);
    struct phrases_hit hit;

    (void)state;
    assert_non_null(set);
    assert_int_equal(phrases_language_count(set), 1);
    assert_string_equal(phrases_language(set, 0), "en");
    assert_int_equal(find(set, "a Password", &hit), 1);
    assert_int_equal(hit.idea, IDEA_PASSWORD);
    assert_int_equal(hit.start, 2);
    assert_int_equal(hit.end, 10);
    assert_int_equal(hit.language, 0);
    assert_string_equal(phrases_pattern_text(set, hit.pattern), "password");
    assert_int_equal(find(set, "reset", &hit), 2);
    assert_int_equal(find(set, "password reset done", &hit), 4);
    assert_int_equal(find(set, "was ret", &hit), 0);
    assert_int_equal(find(set, "was it reset", &hit), 3);
    phrases_free(&set);
    assert_null(set);
    phrases_free(&set);
}

/* However they share octets, each keeps its own text, and is found by it. */
static void patterns_that_end_alike_stay_apart(void **state)
{
    static const char *const texts[] = {
        "word", "your password", "*password", "password", "new password", "pass ... word", "sword"};
    struct phrases *set = set_of("\"word\", \"your password\", \"*password\", \"password\", "
                                 "\"new password\", \"pass ... word\", \"sword\"");
    size_t apart = 0;

    (void)state;
    assert_int_equal(set->pattern_count, COUNT(texts));
    for (uint32_t i = 0; i < COUNT(texts); i++) {
        assert_string_equal(phrases_pattern_text(set, i), texts[i]);
        apart += strlen(texts[i]) + 1;
    }
    assert_true(set->pool_length < apart);
    assert_int_equal(find(set, "word", NULL), 1);
    assert_int_equal(find(set, "sword", NULL), 1);
    assert_int_equal(find(set, "my password", NULL), 2); /* and inside of any word */
    assert_int_equal(find(set, "your password", NULL), 3);
    assert_int_equal(find(set, "a pass and a word", NULL), 2);
    phrases_free(&set);
}

/* What is found again is what would have been found. */
static void finds_again_what_was_found(void **state)
{
    static const char *const texts[] = {"no word", "your password", "nothing here"};
    struct phrases *set = set_of("\"your password\", \"word\", \"password\"");
    struct arena *arena = arena_new(0);
    struct phrases_finds anew = {.arena = arena};
    struct phrases_finds again = {.arena = arena};
    size_t first[COUNT(texts)];

    (void)state;
    for (uint32_t segment = 0; segment < 2 * COUNT(texts); segment++) {
        uint32_t i = segment % COUNT(texts);

        assert_int_equal(phrases_scan(set, texts[i], strlen(texts[i]), segment, &anew), 0);
        if (segment >= COUNT(texts)) {
            assert_int_equal(phrases_scan_again(&again, first[i], i, segment), 0);
            continue;
        }
        first[i] = again.count;
        assert_int_equal(phrases_scan(set, texts[i], strlen(texts[i]), segment, &again), 0);
    }
    assert_int_equal(anew.count, 6);
    assert_int_equal(again.count, anew.count);
    assert_memory_equal(again.items, anew.items, anew.count * sizeof(*anew.items));
    while (again.count < PHRASES_FINDS_MAX)
        assert_int_equal(phrases_scan_again(&again, first[1], 1, 7), 0);
    assert_int_equal(phrases_scan_again(&again, first[1], 1, 7), 0);
    assert_int_equal(again.count, PHRASES_FINDS_MAX);
    arena_free(&arena);
    phrases_free(&set);
}

static void joins_parts_within_one_string_only(void **state)
{
    struct phrases *set = set_of("\"reset ... password\"");
    struct arena *arena = arena_new(0);
    struct phrases_finds finds = {.arena = arena};
    struct phrases_string strings[] = {{"reset it", 8}, {"password", 8}};
    struct phrases_choice choice = {{1}};
    struct phrases_choice none = {{2}};
    struct phrases_hit *hits;
    size_t count;

    (void)state;
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(phrases_scan(set, strings[i].folded, strings[i].length, i, &finds), 0);
    assert_int_equal(finds.count, 2);
    assert_int_equal(phrases_expand(set, &finds, strings, &choice, &hits, &count), 0);
    assert_int_equal(count, 0);
    finds.count = 0;
    strings[0] = (struct phrases_string){"reset my password", 17};
    assert_int_equal(phrases_scan(set, strings[0].folded, 17, 0, &finds), 0);
    assert_int_equal(phrases_expand(set, &finds, strings, &choice, &hits, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(hits[0].start, 0);
    assert_int_equal(hits[0].end, 17);
    assert_int_equal(phrases_expand(set, &finds, strings, &none, &hits, &count), 0);
    assert_int_equal(count, 0);
    arena_free(&arena);
    phrases_free(&set);
}

static void knows_its_words_and_no_others(void **state)
{
    struct phrases *set =
        set_of("\"log in\", \"confirm*\", \"an* b\", \"*passwort*\", \"new ... pin\","
               " \"パスワード\"");
    static const struct {
        const char *word;
        bool known;
    } cases[] = {
        {"log", true},
        {"in", true},
        {"lo", false},
        {"logs", false},
        {"confirm", true},
        {"confirmation", true},
        {"confir", false},
        {"an", true},
        {"anna", false},
        {"b", true},
        {"passwort", true},
        {"passworten", true},
        {"benutzerpasswort", false},
        {"new", true},
        {"pin", true},
        {"pins", false},
        {"パスワード", true},
        {"パス", false},
        {"", false},
        {"123456", false},
        {"...", false},
        {"*", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if ((phrases_known_part(set, cases[i].word, strlen(cases[i].word)) > 0) != cases[i].known)
            fail_msg("\"%s\" is %s", cases[i].word, cases[i].known ? "not known" : "known");
    phrases_free(&set);
}

static void finds_the_language(void **state)
{
    static const char *const texts[] = {
        "language = \"aa\"; name = \"A\"; words = { common = [ \"the\", \"and\" ];"
        " code = [ \"code\" ]; };",
        "language = \"bb\"; name = \"B\"; words = { common = [ \"der\", \"und\" ];"
        " code = [ \"code\" ]; };",
    };
    static const char *const tags[] = {"aa", "bb"};
    struct phrases *set = calloc(1, sizeof(*set));
    struct mistakes mistakes = {0};
    struct arena *arena = arena_new(0);
    struct phrases_finds finds = {.arena = arena};
    double scores[2] = {0};

    (void)state;
    assert_non_null(set);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            phrases_read_text(set, "t", tags[i], texts[i], strlen(texts[i]), &mistakes), 0);
    assert_int_equal(phrases_build(set), 0);
    assert_int_equal(phrases_scan(set, "code und code der", 17, 0, &finds), 0);
    phrases_score_languages(set, &finds, scores);
    assert_true(scores[1] > scores[0]);
    assert_true(scores[0] > 0);
    arena_free(&arena);
    phrases_free(&set);
}

/* Text without end or sense costs no more than its length times the longest pattern. */
static void survives_hostile_text(void **state)
{
    struct phrases *set = set_of(
        "\"a*\", \"a* a*\", \"a* a* a* a*\", \"*aaa*\", \"aa ... a* a\", \"aa ... aa ... aa\"");
    size_t length = 200000;
    char *text = malloc(length);
    struct arena *arena = arena_new(0);
    struct phrases_finds finds = {.arena = arena};
    struct phrases_choice choice = {{1}};
    struct phrases_string string = {text, length};
    struct phrases_hit *hits;
    size_t count;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', length);
    assert_int_equal(phrases_scan(set, text, length, 0, &finds), 0);
    for (size_t i = 1; i < length; i += 2)
        text[i] = ' ';
    assert_int_equal(phrases_scan(set, text, length, 0, &finds), 0);
    memset(text, 0xf0, length);
    assert_int_equal(phrases_scan(set, text, length, 0, &finds), 0);
    assert_true(finds.count <= PHRASES_FINDS_MAX);
    assert_int_equal(phrases_expand(set, &finds, &string, &choice, &hits, &count), 0);
    assert_true(count >= finds.count / 2);
    arena_free(&arena);
    phrases_free(&set);
    free(text);
}

static void says_when_memory_is_short(void **state)
{
    struct phrases *set = set_of("\"code\", \"the ... code\"");
    unsigned long nth;
    int r = ERR_NOMEM;

    (void)state;
    for (nth = 1; nth < 20 && r != 0; nth++) {
        struct arena *arena = arena_new(0);
        struct phrases_finds finds = {.arena = arena};
        struct phrases_string string = {"the code", 8};
        struct phrases_choice choice = {{1}};
        struct phrases_hit *hits;
        size_t count;

        arena_fail_at(nth);
        r = phrases_scan(set, string.folded, string.length, 0, &finds);
        if (r == 0)
            r = phrases_expand(set, &finds, &string, &choice, &hits, &count);
        arena_fail_at(0);
        assert_true(r == 0 || r == ERR_NOMEM);
        if (r == 0)
            assert_int_equal(count, 2);
        arena_free(&arena);
    }
    assert_int_equal(r, 0);
    assert_true(nth > 3);
    phrases_free(&set);
}

#define HEAD "language = \"de\"; name = \"Deutsch\";\n"

static void tells_every_mistake(void **state)
{
    static const struct {
        const char *text;
        const char *mistake; /* the beginning of the line, or part of it behind a '~' */
    } cases[] = {
        {"language = \"de\"; name = \"D\"; words = { code = [ \"code\", ]; };",
            "test.conf:1: a comma before ']'"},
        {HEAD "words = { code = [ \"code\" \"pin\" ]; };", "test.conf:2: a comma is missing"},
        {HEAD "words = { code = [ \"code\" ]; }; }", "test.conf:2: syntax error"},
        {HEAD "words = { code = [ \"code ]; };", "~ error"},
        {HEAD "words = { code = [ \"code\" ]; code = [ \"pin\" ]; };", "~twice"},
        {"name = \"Deutsch\";", "test.conf: language: is missing"},
        {"language = \"de\";", "test.conf: name: is missing"},
        {"language = \"fr\"; name = \"F\";", "test.conf:1: language: \"fr\" is not what"},
        {"language = \"d\"; name = \"F\";", "test.conf:1: language: \"d\" is no language tag"},
        {"language = \"de_AT\"; name = \"F\";", "~is no language tag"},
        {"language = 7; name = \"F\";", "test.conf:1: language: must be a string"},
        {"language = \"de\"; name = 1;", "test.conf:1: name: must be a string"},
        {HEAD "word = { };", "test.conf:2: word: there is no such setting"},
        {HEAD "words = [ \"code\" ];", "test.conf:2: words: must be a group"},
        {HEAD "words = {\n pasword = [ \"x1\" ]; };",
            "test.conf:3: pasword: there is no such list"},
        {HEAD "words = { code = \"code\"; };", "test.conf:2: code: must be an array"},
        {HEAD "words = { code = ( \"code\" ); };", "test.conf:2: code: must be an array"},
        {HEAD "words = { code = [ 1 ]; };", "test.conf:2: code: must be a string"},
        {HEAD "words = { code = [ \"x\" ]; };", "~must have 2 to 80 characters"},
        {HEAD "words = { code = [ \"\" ]; };", "~must have 2 to 80 characters"},
        {HEAD "words = { code = [ \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" ]; };",
            "~must have 2 to 80 characters"},
        {HEAD "words = { code = [ \"co*de\" ]; };", "~'*' may only end a word"},
        {HEAD "words = { code = [ \"new *code\" ]; };", "~'*' may stand alone nowhere"},
        {HEAD "words = { code = [ \"new * code\" ]; };", "~'*' may stand alone nowhere"},
        {HEAD "words = { code = [ \"code**\" ]; };", "~'*' may only end a word"},
        {HEAD "words = { code = [ \"*co*\" ]; };", "~too short for a leading '*'"},
        {HEAD "words = { code = [ \"*co* one\" ]; };", "~too short for a leading '*'"},
        {HEAD "words = { code = [ \"... code\" ]; };", "~needs words before and behind"},
        {HEAD "words = { code = [ \"code ...\" ]; };", "~needs words before and behind"},
        {HEAD "words = { code = [ \"aa ... ... bb\" ]; };", "~needs words before and behind"},
        {HEAD "words = { code = [ \"aa ... b\" ]; };", "~a part of a single letter"},
        {HEAD "words = { code = [ \"a1 ... a2 ... a3 ... a4 ... a5 ... a6 ... a7\" ]; };",
            "~more than six parts"},
        {HEAD "words = { code = [ \"code\",\n\"Códe\" ]; };",
            "test.conf:3: code: \"Códe\" stands here already (case"},
        {HEAD "phrases = { resett = { strong = [ \"x1\" ]; }; };",
            "test.conf:2: resett: there is no such kind"},
        {HEAD "phrases = { other = { strong = [ \"x1\" ]; }; };",
            "test.conf:2: other: there is no such kind"},
        {HEAD "phrases = { reset = [ \"x1\" ]; };", "test.conf:2: reset: must be a group"},
        {HEAD "phrases = { reset = { stark = [ \"x1\" ]; }; };",
            "test.conf:2: stark: there is no such strength"},
        {HEAD "phrases = { reset = { weak = [ \"x1\" ]; strong = [ \"x1\" ]; }; };",
            "test.conf:2: strong: \"x1\" stands here already"},
        {HEAD "phrases = { reset = { strong = \"x1\"; }; };",
            "test.conf:2: strong: must be an array"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mistakes mistakes = {0};
        struct phrases *set = read_set("de", cases[i].text, &mistakes);
        const char *wanted = cases[i].mistake;
        const char *line = mistakes.count > 0 ? mistakes.lines[0] : "(none)";
        bool told = wanted[0] == '~' ? strstr(line, wanted + 1) != NULL
                                     : strncmp(line, wanted, strlen(wanted)) == 0;

        if (set != NULL || mistakes.count != 1 || !told)
            fail_msg(
                "%s\n%zu mistakes: %s\nwanted: %s", cases[i].text, mistakes.count, line, wanted);
        mistakes_clear(&mistakes);
    }
}

static void tells_when_there_are_too_many(void **state)
{
    struct phrases *set = calloc(1, sizeof(*set));
    struct mistakes mistakes = {0};
    const char *text = HEAD "words = { code = [ \"ab\",\n\"cd\" ]; };";

    (void)state;
    assert_non_null(set);
    set->pool = calloc(1, POOL_MAX);
    assert_non_null(set->pool);
    set->pool_length = POOL_MAX - 3; /* room for one of two letters */
    assert_int_equal(phrases_read_text(set, "test.conf", "de", text, strlen(text), &mistakes), 0);
    assert_int_equal(set->pattern_count, 1);
    assert_int_equal(set->pool_length, POOL_MAX);
    assert_int_equal(mistakes.count, 1);
    assert_string_equal(mistakes.lines[0], "test.conf:3: code: is one too many: the patterns of "
                                           "all languages together may have 16 MB");
    mistakes_clear(&mistakes);
    phrases_free(&set);
}

static void tells_all_mistakes_of_a_file_in_one_run(void **state)
{
    struct mistakes mistakes = {0};

    (void)state;
    assert_null(read_set("de",
        "language = \"fr\"; nam = \"\";\nwords = { cod = [ ]; code = [ \"x\", \"*\" ]; };\n"
        "phrases = { reset = { sure = [ ]; }; none = { }; };",
        &mistakes));
    assert_int_equal(mistakes.count, 8);
    mistakes_clear(&mistakes);
}

/* A directory for one test, and what is in it. */
static void write_file(const char *directory, const char *name, const char *text)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_directory(const char *directory, const char *const *names, size_t count)
{
    char path[300];

    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(directory), 0);
}

static void later_directories_replace_files(void **state)
{
    char first[] = "/tmp/goneaway-phrases-XXXXXX";
    char second[] = "/tmp/goneaway-phrases-XXXXXX";
    static const char *const names[] = {"de.conf", "fr.conf", "notes.txt", ".hidden.conf"};
    char missing[] = "/tmp/goneaway-phrases-XXXXXX";
    const char *directories[] = {first, second, missing};
    struct mistakes mistakes = {0};
    struct phrases *set;

    (void)state;
    assert_non_null(mkdtemp(first));
    assert_non_null(mkdtemp(second));
    assert_non_null(mkdtemp(missing));
    assert_int_equal(rmdir(missing), 0);
    write_file(first, "de.conf", HEAD "words = { code = [ \"alt\" ]; };");
    write_file(
        first, "fr.conf", "language = \"fr\"; name = \"F\"; words = { code = [ \"code\" ]; };");
    write_file(first, "notes.txt", "no language");
    write_file(first, ".hidden.conf", "no language");
    write_file(second, "de.conf", HEAD "words = { code = [ \"neu\" ]; };");
    assert_int_equal(phrases_load(directories, 3, &mistakes, &set), 0);
    assert_int_equal(mistakes.count, 0);
    assert_int_equal(phrases_language_count(set), 2);
    assert_string_equal(phrases_language(set, 0), "de");
    assert_string_equal(phrases_language(set, 1), "fr");
    assert_int_equal(phrases_pattern_count(set), 2);
    assert_int_equal(find(set, "neu", NULL), 1);
    assert_int_equal(find(set, "alt", NULL), 0);
    phrases_free(&set);
    remove_directory(first, names, COUNT(names));
    remove_directory(second, names, 1);
}

static void needs_the_first_directory(void **state)
{
    char empty[] = "/tmp/goneaway-phrases-XXXXXX";
    const char *directories[] = {"/nonexistent/goneaway"};
    struct mistakes mistakes = {0};
    struct phrases *set;

    (void)state;
    assert_int_equal(phrases_load(directories, 1, &mistakes, &set), ERR_CONFIG);
    assert_null(set);
    assert_int_equal(mistakes.count, 1);
    mistakes_clear(&mistakes);
    assert_non_null(mkdtemp(empty));
    directories[0] = empty;
    assert_int_equal(phrases_load(directories, 1, &mistakes, &set), ERR_CONFIG);
    assert_int_equal(mistakes.count, 1);
    assert_non_null(strstr(mistakes.lines[0], "holds no language"));
    mistakes_clear(&mistakes);
    remove_directory(empty, NULL, 0);
}

static void file_that_cannot_be_read_is_told(void **state)
{
    char directory[] = "/tmp/goneaway-phrases-XXXXXX";
    static const char *const names[] = {"de.conf", "fr.conf", "it.conf"};
    const char *directories[] = {directory};
    struct mistakes mistakes = {0};
    struct phrases *set;
    char path[300];
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/de.conf", directory);
    assert_int_equal(symlink("/nonexistent/de.conf", path), 0);
    write_file(directory, "fr.conf", "");
    snprintf(path, sizeof(path), "%s/it.conf", directory);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite("a\0b", 1, 3, file), 3);
    fclose(file);
    assert_int_equal(phrases_load(directories, 1, &mistakes, &set), ERR_CONFIG);
    assert_null(set);
    assert_int_equal(mistakes.count, 4);
    assert_non_null(strstr(mistakes.lines[0], "de.conf: can't be read"));
    assert_non_null(strstr(mistakes.lines[1], "fr.conf: language: is missing"));
    assert_non_null(strstr(mistakes.lines[2], "fr.conf: name: is missing"));
    assert_non_null(strstr(mistakes.lines[3], "it.conf: holds a NUL"));
    mistakes_clear(&mistakes);
    remove_directory(directory, names, COUNT(names));
}

/* What we ship loads without a mistake, and every idea and kind is used by the first languages. */
static void shipped_languages_load(void **state)
{
    const char *directories[] = {SOURCE_DIR "/conf/phrases"};
    struct mistakes mistakes = {0};
    struct phrases *set;

    (void)state;
    if (phrases_load(directories, 1, &mistakes, &set) != 0)
        fail_msg("%s (and %zu more)", mistakes.count > 0 ? mistakes.lines[0] : "no memory",
            mistakes.count > 0 ? mistakes.count - 1 : 0);
    assert_true(phrases_language_count(set) >= 2);
    for (size_t i = 0; i < phrases_language_count(set); i++) {
        bool seen[LIST_COUNT] = {false};
        size_t kinds = 0;
        size_t to = i + 1 < phrases_language_count(set) ? set->languages[i + 1].first_pattern
                                                        : set->pattern_count;

        for (size_t p = set->languages[i].first_pattern; p < to; p++)
            seen[set->patterns[p].list] = true;
        for (size_t list = IDEA_COUNT; list < LIST_COUNT; list++)
            kinds += seen[list];
        if (!seen[IDEA_COMMON] || !seen[IDEA_PASSWORD] || kinds == 0)
            fail_msg("%s lacks common words, password or phrases", phrases_language(set, i));
    }
    phrases_free(&set);
}

static void names_lead_to_ideas_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < IDEA_COUNT; i++)
        assert_int_equal(phrases_idea_from_name(phrases_idea_name((enum phrases_idea)i)), i);
    assert_int_equal(phrases_idea_from_name("passwords"), -1);
    assert_int_equal(phrases_idea_from_name(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_as_described),
        cmocka_unit_test(finds_each_of_many_children),
        cmocka_unit_test(tells_list_kind_strength_and_place),
        cmocka_unit_test(patterns_that_end_alike_stay_apart),
        cmocka_unit_test(finds_again_what_was_found),
        cmocka_unit_test(joins_parts_within_one_string_only),
        cmocka_unit_test(knows_its_words_and_no_others),
        cmocka_unit_test(finds_the_language),
        cmocka_unit_test(survives_hostile_text),
        cmocka_unit_test(says_when_memory_is_short),
        cmocka_unit_test(tells_every_mistake),
        cmocka_unit_test(tells_when_there_are_too_many),
        cmocka_unit_test(tells_all_mistakes_of_a_file_in_one_run),
        cmocka_unit_test(later_directories_replace_files),
        cmocka_unit_test(needs_the_first_directory),
        cmocka_unit_test(file_that_cannot_be_read_is_told),
        cmocka_unit_test(shipped_languages_load),
        cmocka_unit_test(names_lead_to_ideas_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
