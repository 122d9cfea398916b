/* The recipe is frozen: its constants have one hash, and doc/phantom.md shows them. */
#include "sim/recipe.h"

#include "base/text.h"
#include "tap.h"

static void version_1_has_this_hash(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char hex[65];
    assert_done(recipe_hash(&recipe_default, hex, &err), err);
    /* Changing a constant makes another cohort: raise RECIPE_VERSION, say so in doc/phantom.md, and tune nothing on the old one. */
    assert_string_equal(RECIPE_VERSION, "1");
    assert_string_equal(hex, "a10129657a4c84e8a6ad93a2b3904d8410cf319985094fbe077bc1964515c0ee");
}

static void a_changed_constant_changes_the_hash(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct recipe changed = recipe_default;
    char before[65], constant[65], centre[65];
    changed.rho_rim += 0.01;
    assert_done(recipe_hash(&recipe_default, before, &err) && recipe_hash(&changed, constant, &err), err);
    assert_string_not_equal(before, constant);
    changed = recipe_default;
    changed.centre[2].noise += 0.5;
    assert_done(recipe_hash(&changed, centre, &err), err);
    assert_string_not_equal(before, centre);
}

static void the_text_has_a_line_a_constant(void **state)
{
    (void)state;
    struct text text = TEXT_INIT;
    recipe_text(&recipe_default, &text);
    assert_non_null(strstr(text.bytes, "version 1\nlabel_intercept -0.6\nlabel_slope 2.6\n"));
    assert_non_null(strstr(text.bytes, "\ncentre A 1.3 1.6 3 4 11 0.15 0.7 0.95 0 2\n"));
    text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1_has_this_hash),
        cmocka_unit_test(a_changed_constant_changes_the_hash),
        cmocka_unit_test(the_text_has_a_line_a_constant),
    };
    return tap_run(tests);
}
