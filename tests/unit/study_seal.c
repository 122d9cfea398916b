/* The seals: nothing of another role before the lock, and a line for every look. */
#include "study/seal.h"

#include <math.h>
#include <stdint.h>

#include "tap.h"

static const char *const roles[] = {"train", "external", "train", NULL, "rfa"};
static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
enum { N = 5 };

/* Labels 1 0 0 1 -, one endpoint: times 10..14, events 1 0 1 0 1. */
static struct seal *closed(void)
{
    struct err err = ERR_INIT;
    struct outcomes outcomes;
    assert_done(outcomes_init(&outcomes, N, true, 1, &err), err);
    for (size_t row = 0; row < N; row++) {
        if (row < 4)
            outcomes.label[row] = row == 0 || row == 3;
        outcomes.time[0][row] = 10 + (double)row;
        outcomes.event[0][row] = row % 2 == 0;
    }
    struct seal *seal = seal_close(&outcomes, N, &err);
    assert_non_null(seal);
    assert_null(outcomes.label); /* taken over */
    return seal;
}

static void outcomes_start_unknown(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct outcomes outcomes;
    assert_done(outcomes_init(&outcomes, 2, true, 1, &err), err);
    assert_true(isnan(outcomes.label[1]) && isnan(outcomes.time[0][0]) && isnan(outcomes.event[0][1]));
    outcomes_free(&outcomes);
    assert_done(outcomes_init(&outcomes, 2, false, 0, &err), err);
    assert_null(outcomes.label);
    outcomes_free(&outcomes);
}

static void train_alone_is_open_from_the_start(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct outcomes train;
    struct seal *seal = closed();
    assert_false(seal_train(seal, &train, &err));
    assert_error(err, ERR_BUG, "outcomes are asked for before the roles are final");
    assert_done(seal_set_roles(seal, roles, &err), err);
    assert_done(seal_train(seal, &train, &err), err);
    assert_double_near(train.label[0], 1, 0);
    assert_double_near(train.label[2], 0, 0);
    assert_double_near(train.time[0][2], 12, 0);
    static const size_t shut[] = {1, 3, 4};
    for (size_t k = 0; k < 3; k++)
        assert_true(isnan(train.label[shut[k]]) && isnan(train.time[0][shut[k]]) && isnan(train.event[0][shut[k]]));
    outcomes_free(&train);
    seal_free(seal);
}

static void other_roles_are_shut_until_the_lock(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct outcomes role;
    struct seal *seal = closed();
    assert_done(seal_set_roles(seal, roles, &err), err);
    assert_false(seal_open(seal, "external", &role, &err));
    assert_error(err, ERR_BUG, "outcomes of role external are asked for before the model is locked");
    assert_done(seal_lock(seal, hash, &err), err);
    assert_done(seal_open(seal, "external", &role, &err), err);
    assert_double_near(role.label[1], 0, 0);
    assert_double_near(role.event[0][1], 0, 0);
    assert_true(isnan(role.label[0]) && isnan(role.label[3]));
    outcomes_free(&role);
    seal_free(seal);
}

static void every_look_leaves_a_line_in_order(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct outcomes role;
    size_t n;
    int classes[2];
    struct seal *seal = closed();
    assert_done(seal_strata(seal, "train", (const size_t[]){0, 4}, 2, classes, &err), err);
    assert_int_equal(classes[0], 1);
    assert_int_equal(classes[1], 2); /* not known */
    assert_done(seal_set_roles(seal, roles, &err), err);
    assert_done(seal_lock(seal, hash, &err), err);
    assert_done(seal_open(seal, "rfa", &role, &err), err);
    outcomes_free(&role);
    const struct seal_entry *log = seal_log(seal, &n);
    assert_int_equal(n, 3);
    assert_string_equal(log[0].what, "read by a stratified split");
    assert_string_equal(log[1].what, "locked");
    assert_string_equal(log[1].detail, hash);
    assert_string_equal(log[2].what, "opened");
    assert_string_equal(log[2].role, "rfa");
    assert_string_equal(log[2].detail, hash); /* by which model */
    seal_free(seal);
}

static void a_lock_is_final(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct seal *seal = closed();
    assert_false(seal_lock(seal, hash, &err)); /* no roles yet */
    assert_error(err, ERR_BUG, "a lock without roles, twice, or without a hash");
    assert_done(seal_set_roles(seal, roles, &err), err);
    assert_false(seal_lock(seal, "short", &err));
    assert_done(seal_lock(seal, hash, &err), err);
    assert_false(seal_lock(seal, hash, &err));
    seal_free(seal);
}

static void roles_are_final(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    int class;
    struct seal *seal = closed();
    assert_done(seal_set_roles(seal, roles, &err), err);
    assert_false(seal_set_roles(seal, roles, &err));
    assert_error(err, ERR_BUG, "the roles are set twice");
    assert_false(seal_strata(seal, "train", (const size_t[]){0}, 1, &class, &err));
    assert_error(err, ERR_BUG, "a stratified split after the roles are final");
    seal_free(seal);
}

static void whether_a_value_is_there_is_no_secret(void **state)
{
    (void)state;
    struct seal *seal = closed();
    assert_true(seal_known(seal, SIZE_MAX, 1));
    assert_false(seal_known(seal, SIZE_MAX, 4));
    assert_true(seal_known(seal, 0, 4));
    seal_free(seal);
}

static void a_broken_seal_is_on_record(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct outcomes all;
    size_t n;
    struct seal *seal = closed();
    assert_done(seal_set_roles(seal, roles, &err), err);
    assert_done(seal_break(seal, &all, &err), err);
    assert_double_near(all.label[1], 0, 0);
    assert_double_near(all.time[0][4], 14, 0);
    const struct seal_entry *log = seal_log(seal, &n);
    assert_int_equal(n, 1);
    assert_string_equal(log[0].what, "broken");
    assert_string_equal(log[0].detail, "--allow-leakage: outcomes of all roles were seen before the model was fitted");
    outcomes_free(&all);
    seal_free(seal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_start_unknown),
        cmocka_unit_test(train_alone_is_open_from_the_start),
        cmocka_unit_test(other_roles_are_shut_until_the_lock),
        cmocka_unit_test(every_look_leaves_a_line_in_order),
        cmocka_unit_test(a_lock_is_final),
        cmocka_unit_test(roles_are_final),
        cmocka_unit_test(whether_a_value_is_there_is_no_secret),
        cmocka_unit_test(a_broken_seal_is_on_record),
    };
    return tap_run(tests);
}
