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
#include <unistd.h>

#include <cmocka.h>

#include "err.h"
#include "mint.h"

static struct key *make_key(void)
{
    char dir[] = "/tmp/goneaway-mint-XXXXXX", path[64];
    const char *why;
    struct key *key;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/key", dir);
    assert_int_equal(key_load(path, true, &key, &why), 0);
    unlink(path);
    rmdir(dir);
    return key;
}

static bool knows(struct arena *arena, const struct key *key, const char *path)
{
    struct address address;

    assert_int_equal(address_parse_path(arena, path, "+", &address), 0);
    return mint_knows(key, &address);
}

static void labels(void **state)
{
    static const char *const good[] = {
        "shop", "a", "7", "my-shop_2026", "a.b", "0123456789012345678901234567890123456789"};
    static const char *const bad[] = {"", "Shop", "a b", ".a", "a.", "a..b", "-a", "a-", "a@b",
        "a+b", "caf\xc3\xa9", "a\nb", "01234567890123456789012345678901234567890"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!mint_label_is_good(good[i]))
            fail_msg("'%s' is good", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (mint_label_is_good(bad[i]))
            fail_msg("'%s' is no good", bad[i]);
}

static void knows_what_it_wrote(void **state)
{
    struct key *key = make_key(), *other = make_key();
    struct arena *arena = arena_new(0);
    const char *minted, *elsewhere;
    char *changed;

    (void)state;
    assert_int_equal(mint_write(arena, key, "shop", "example.com", &minted), 0);
    assert_int_equal(mint_write(arena, key, "shop", "example.net", &elsewhere), 0);
    assert_int_equal(strlen(minted), strlen("shop.xxxxx@example.com"));
    assert_true(knows(arena, key, minted));
    assert_false(knows(arena, other, minted));
    assert_false(memcmp(minted, elsewhere, strlen("shop.xxxxx")) == 0);
    changed = arena_printf(arena, "SHOP%.6s+tag@EXAMPLE.com", minted + 4);
    assert_true(knows(arena, key, changed)); /* case and subaddress do not count */
    changed = arena_printf(arena, "%.10s@example.net", minted);
    assert_false(knows(arena, key, changed)); /* the check is for one domain */
    for (size_t i = 0; i < strlen("shop.xxxxx"); i++) {
        changed = arena_strdup(arena, minted);
        changed[i] = changed[i] == 'b' ? 'c' : 'b';
        if (knows(arena, key, changed))
            fail_msg("%s", changed);
    }
    key_free(&key);
    key_free(&other);
    arena_free(&arena);
}

static void refuses_what_is_none(void **state)
{
    static const char *const paths[] = {"x@example.com", "xxxxx@example.com", ".xxxxx@example.com",
        "a.xxxx@example.com", "a..xxxxx@example.com", "<>", "postmaster",
        "\"a b.xxxxx\"@example.com"};
    struct key *key = make_key();
    struct arena *arena = arena_new(0);
    const char *out;

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (knows(arena, key, paths[i]))
            fail_msg("%s", paths[i]);
    assert_int_equal(mint_write(arena, key, "no good", "example.com", &out), ERR_SYNTAX);
    assert_null(out);
    key_free(&key);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(knows_what_it_wrote),
        cmocka_unit_test(refuses_what_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
