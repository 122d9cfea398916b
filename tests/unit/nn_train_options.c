/* A training's options: their defaults are the trainer's, and what can't be is refused by its option's name. */
#include "nn/train_options.h"

#include "tap.h"

struct settings {
    struct train_options train;
};
static const struct opt rows[] = {TRAIN_OPT_ROWS(offsetof(struct settings, train))};

static struct settings settings;

static bool take(int argc, char *const *argv, bool endpoint, struct trainer_settings *trainer, struct augment *augment, struct err *err)
{
    const struct opt_table table = {rows, sizeof rows / sizeof rows[0], &settings};
    struct operands operands = {0};
    memset(&settings, 0, sizeof settings);
    bool done = opt_parse(&table, 1, argc, argv, &operands, err) && train_options_settle(&settings.train, endpoint, trainer, err) && train_options_augment(&settings.train, augment, err);
    opt_free(&table, 1, &operands);
    return done;
}

static void without_options_the_trainers_defaults_stand(void **state)
{
    (void)state;
    struct trainer_settings trainer;
    struct augment augment;
    struct err err = ERR_INIT;
    assert_done(take(0, NULL, false, &trainer, &augment, &err), err);
    assert_int_equal(trainer.epoch_n, TRAINER_DEFAULT.epoch_n);
    assert_int_equal(trainer.batch_n, TRAINER_DEFAULT.batch_n);
    assert_memory_equal(&trainer.optimiser, &TRAINER_DEFAULT.optimiser, sizeof trainer.optimiser);
    assert_int_equal(trainer.schedule.kind, TRAINER_DEFAULT.schedule.kind);
    assert_double_near(trainer.schedule.lr, TRAINER_DEFAULT.schedule.lr, 0);
    assert_double_near(trainer.schedule.warmup, TRAINER_DEFAULT.schedule.warmup, 0);
    assert_int_equal(trainer.schedule.by_epoch, TRAINER_DEFAULT.schedule.by_epoch);
    assert_int_equal(trainer.loss.kind, TRAINER_DEFAULT.loss.kind);
    assert_double_near(trainer.loss.focal_gamma, TRAINER_DEFAULT.loss.focal_gamma, 0);
    assert_double_near(trainer.loss.focal_alpha, TRAINER_DEFAULT.loss.focal_alpha, 0);
    assert_double_near(trainer.ema_decay, TRAINER_DEFAULT.ema_decay, 0);
    assert_int_equal(trainer.keep_best, TRAINER_DEFAULT.keep_best);
    assert_int_equal(trainer.patience, TRAINER_DEFAULT.patience);
    assert_int_equal(trainer.augment, TRAINER_DEFAULT.augment);
    assert_int_equal(trainer.drop_rest, TRAINER_DEFAULT.drop_rest);
    assert_memory_equal(&augment, &AUGMENT_DEFAULT, sizeof augment);
}

static void words_reach_their_settings(void **state)
{
    (void)state;
    char *const argv[] = {"--optimiser", "sgd", "--schedule", "cosine-epoch", "--loss", "focal", "--focal-alpha", "0.3", "--patience", "7", "--last-batch", "drop",
                          "--augment", "flips", "--augment-by", "rotate=0.5", "--decay", "all"};
    struct trainer_settings trainer;
    struct augment augment;
    struct err err = ERR_INIT;
    assert_done(take(sizeof argv / sizeof argv[0], argv, false, &trainer, &augment, &err), err);
    assert_int_equal(trainer.optimiser.kind, OPTIMISER_SGD);
    assert_true(trainer.optimiser.decay_all);
    assert_true(trainer.schedule.by_epoch);
    assert_int_equal(trainer.loss.kind, LOSS_FOCAL);
    assert_double_near(trainer.loss.focal_alpha, 0.3, 0);
    assert_int_equal(trainer.patience, 7);
    assert_true(trainer.keep_best); /* patience keeps the best */
    assert_true(trainer.drop_rest);
    assert_double_near(augment.flip_x, 0.5, 0);
    assert_double_near(augment.rotate, 0.5, 0);
}

static void an_endpoint_takes_the_cox_loss_and_a_label_does_not(void **state)
{
    (void)state;
    char *const cox[] = {"--loss", "cox"}, *const binary[] = {"--loss", "binary"};
    struct trainer_settings trainer;
    struct augment augment;
    struct err err = ERR_INIT;
    assert_done(take(0, NULL, true, &trainer, &augment, &err), err);
    assert_int_equal(trainer.loss.kind, LOSS_COX);
    assert_done(take(2, cox, true, &trainer, &augment, &err), err);
    assert_false(take(2, cox, false, &trainer, &augment, &err));
    assert_error(err, ERR_USAGE, "option --loss: cox is for an endpoint, found a label");
    assert_false(take(2, binary, true, &trainer, &augment, &err));
    assert_error(err, ERR_USAGE, "option --loss: binary is for a label, found an endpoint");
}

static void strengths_that_are_none_are_refused(void **state)
{
    (void)state;
    char *const unknown[] = {"--augment-by", "rotat=1"}, *const word[] = {"--augment-by", "rotate=much"}, *const far[] = {"--augment-by", "rotate=3"};
    struct trainer_settings trainer;
    struct augment augment;
    struct err err = ERR_INIT;
    assert_false(take(2, unknown, false, &trainer, &augment, &err));
    assert_error(err, ERR_USAGE, "option --augment-by: no strength 'rotat'; did you mean 'rotate'?");
    assert_false(take(2, word, false, &trainer, &augment, &err));
    assert_error(err, ERR_USAGE, "option --augment-by rotate: found \"much\", expected a number from 0 to 1");
    assert_false(take(2, far, false, &trainer, &augment, &err));
    assert_error(err, ERR_USAGE, "option --augment-by rotate: found \"3\", expected a number from 0 to 1");
}

static void arrays_have_strengths_of_their_own(void **state)
{
    (void)state;
    char *const argv[] = {"--augment", "flips", "--augment-by", "turn=0.25"}, *const other[] = {"--augment-by", "rotate=0.5"};
    struct trainer_settings trainer;
    struct augment augment;
    struct array_augment array;
    struct err err = ERR_INIT;
    const struct opt_table table = {rows, sizeof rows / sizeof rows[0], &settings};
    struct operands operands = {0};
    memset(&settings, 0, sizeof settings);
    assert_done(opt_parse(&table, 1, 4, argv, &operands, &err), err);
    assert_done(train_options_array_augment(&settings.train, &array, &err), err);
    assert_double_near(array.flip_z, 0.5, 0);
    assert_double_near(array.turn, 0.25, 0);
    assert_double_near(array.shift, 0, 0);
    opt_free(&table, 1, &operands);
    assert_done(take(2, other, false, &trainer, &augment, &err), err);
    memset(&settings, 0, sizeof settings);
    assert_done(opt_parse(&table, 1, 2, other, &operands, &err), err);
    assert_false(train_options_array_augment(&settings.train, &array, &err));
    assert_error_has(err, ERR_USAGE, "option --augment-by: no strength 'rotate'");
    opt_free(&table, 1, &operands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_the_trainers_defaults_stand),
        cmocka_unit_test(words_reach_their_settings),
        cmocka_unit_test(an_endpoint_takes_the_cox_loss_and_a_label_does_not),
        cmocka_unit_test(arrays_have_strengths_of_their_own),
        cmocka_unit_test(strengths_that_are_none_are_refused),
    };
    return tap_run(tests);
}
