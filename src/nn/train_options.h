/* A training's settings as a user says them: the one table behind `hepar net train`; the study file's `deep` keys bear the same names.
 *
 *     struct settings { ...; struct train_options train; };
 *     static const struct opt rows[] = {..., TRAIN_OPT_ROWS(offsetof(struct settings, train))};
 *
 * What is not given keeps TRAINER_DEFAULT's value (a test compares). */
#ifndef HEPAR_NN_TRAIN_OPTIONS_H
#define HEPAR_NN_TRAIN_OPTIONS_H

#include <stdint.h>

#include "base/opt.h"
#include "nn/augment.h"
#include "nn/source.h"
#include "nn/trainer.h"

struct train_options {
    int64_t epochs, batch, patience, pretrain;
    double lr, warmup, weight_decay, momentum, average, focal_gamma, focal_alpha;
    int optimiser, schedule, loss, decay, keep, rest, augment, mirror;
    struct opt_pairs augment_by;
};

extern const char *const train_optimisers[]; /* optimiser_names */
extern const char *const train_schedules[];  /* "cosine", "cosine-epoch", "constant" */
extern const char *const train_losses[];     /* "auto" (balanced, or cox for an endpoint), then loss_names without "classes" */
extern const char *const train_decays[];     /* "weights", "all" */
extern const char *const train_keeps[];      /* "last", "best" */
extern const char *const train_rests[];      /* "keep", "drop" */
extern const char *const train_augments[];   /* "default", "flips", "none" */
extern const char *const train_mirrors[];    /* "yes", "no" */

#define TRAIN_OPT_ROWS(place) \
    {"epochs", 0, OPT_INTEGER, "N", "times that training goes over the cases", (place) + offsetof(struct train_options, epochs), .initial = "30", .least = 1, .most = 100000}, \
    {"batch", 0, OPT_INTEGER, "N", "cases that are followed by one step", (place) + offsetof(struct train_options, batch), .initial = "16", .least = 2, .most = 65536}, \
    {"optimiser", 0, OPT_CHOICE, NULL, "adamw, adam (weight decay in the gradient), or sgd with momentum", (place) + offsetof(struct train_options, optimiser), train_optimisers, .initial = "adamw"}, \
    {"lr", 0, OPT_NUMBER, "RATE", "highest learning rate", (place) + offsetof(struct train_options, lr), .initial = "0.003", .least = 1e-12, .most = 100}, \
    {"schedule", 0, OPT_CHOICE, NULL, "learning rate behind the warm-up: half a cosine by steps, the same by epochs, or constant", (place) + offsetof(struct train_options, schedule), train_schedules, .initial = "cosine"}, \
    {"warmup", 0, OPT_NUMBER, "EPOCHS", "epochs in which the learning rate rises", (place) + offsetof(struct train_options, warmup), .initial = "3", .least = 0, .most = 100000}, \
    {"weight-decay", 0, OPT_NUMBER, "W", "weight decay", (place) + offsetof(struct train_options, weight_decay), .initial = "0.01", .least = 0, .most = 100}, \
    {"decay", 0, OPT_CHOICE, NULL, "what weight decay is for: weights, or all parameters (biases and normalisations too)", (place) + offsetof(struct train_options, decay), train_decays, .initial = "weights"}, \
    {"momentum", 0, OPT_NUMBER, "M", "momentum of sgd", (place) + offsetof(struct train_options, momentum), .initial = "0.9", .least = 0, .most = 0.9999}, \
    {"loss", 0, OPT_CHOICE, NULL, "binary (cross-entropy), balanced (both classes count alike), focal, cox; auto: balanced, cox for an endpoint", (place) + offsetof(struct train_options, loss), train_losses, .initial = "auto"}, \
    {"focal-gamma", 0, OPT_NUMBER, "G", "focal loss: how much less an easy case counts", (place) + offsetof(struct train_options, focal_gamma), .initial = "2", .least = 0, .most = 20}, \
    {"focal-alpha", 0, OPT_NUMBER, "A", "focal loss: weight of positives, negatives 1 - A; unset: 1 both", (place) + offsetof(struct train_options, focal_alpha), .least = 0, .most = 1}, \
    {"average", 0, OPT_NUMBER, "D", "decay of a moving average of the weights that is kept in their place, e.g. 0.99; 0: none", (place) + offsetof(struct train_options, average), .initial = "0", .least = 0, .most = 0.999999}, \
    {"keep", 0, OPT_CHOICE, NULL, "weights of the last epoch, or of the best one by the loss on held-out cases", (place) + offsetof(struct train_options, keep), train_keeps, .initial = "last"}, \
    {"patience", 0, OPT_INTEGER, "N", "stop when the loss on held-out cases has not fallen for N epochs, and keep the best; 0: never", (place) + offsetof(struct train_options, patience), .initial = "0", .least = 0, .most = 100000}, \
    {"last-batch", 0, OPT_CHOICE, NULL, "a smaller last batch of an epoch: keep or drop it", (place) + offsetof(struct train_options, rest), train_rests, .initial = "keep"}, \
    {"pretrain", 0, OPT_INTEGER, "EPOCHS", "epochs in which the network first learns to fill in hidden parts of the training cases, without labels; 0: none", (place) + offsetof(struct train_options, pretrain), .initial = "0", .least = 0, .most = 100000}, \
    {"augment", 0, OPT_CHOICE, NULL, "random changes of training cases: default, flips alone, or none", (place) + offsetof(struct train_options, augment), train_augments, .initial = "default"}, \
    {"augment-by", 0, OPT_PAIRS, "WHAT=N", "one of their strengths or probabilities, e.g. rotate_degrees=20 (arrays: flip_x, flip_y, flip_z, turn, shift, gain, offset); may be given again", (place) + offsetof(struct train_options, augment_by)}, \
    {"mirror", 0, OPT_CHOICE, NULL, "whether a case's output is the mean over the case and its mirror images, along the axes along which training flips", (place) + offsetof(struct train_options, mirror), train_mirrors, .initial = "yes"}

/* All but `pretrain` and `mirror`, which are the caller's care (pretrain_before(), mirror_axes()). `endpoint`: the outcome is one. ERR_USAGE names the option and what is expected. */
bool train_options_settle(const struct train_options *options, bool endpoint, struct trainer_settings *trainer, struct err *err);
/* What --augment and --augment-by make of cases, and of arrays, which have strengths of their own. */
bool train_options_augment(const struct train_options *options, struct augment *augment, struct err *err);
bool train_options_array_augment(const struct train_options *options, struct array_augment *augment, struct err *err);

#endif
