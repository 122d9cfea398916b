/* The locked model: what scores a case that was never seen, and what must be known to trust the score.
 * It is data: a store of tensors and texts (doc/model-file.md), written as a safetensors file whose hash is checked. */
#ifndef HEPAR_STUDY_MODEL_H
#define HEPAR_STUDY_MODEL_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "ml/pipeline.h"
#include "nn/graph.h"
#include "nn/sample.h"
#include "table/table.h"

/* A column that the pipeline reads, as it comes in. */
struct model_input {
    char *name, *block;
    bool is_text;        /* levels, not numbers */
    bool from_images;    /* extracted with the model's own parameters */
    bool from_net;       /* a feature of the model's own frozen network */
    bool in_score;       /* the fitted score depends on it */
    double mean, sd, low, high; /* of the training rows; NaN for texts, and where no row has a value */
    char **level;        /* level_n distinct texts of the training rows, in byte order; texts only */
    size_t level_n;
};

#define MODEL_FORMAT "hepar model 1"
#define MODEL_NOTICE "Research use only; not a medical device."

struct model {
    struct pipeline *pipeline; /* gives PROBABILITY_COLUMN */
    char *version;       /* of hepar */
    char *name;          /* the study's */
    char *block, *learner, *score_name;
    char *positive;      /* what a probability of 1 says */
    char *settings_sha256; /* of every setting and the parameter file; the inputs are not in it */
    bool leaky;
    double threshold;    /* high risk at or above */
    struct model_input *input;
    size_t input_n;
    size_t phase_n;
    char **phase;        /* names of the image phases it was made from; "" for a single unnamed one */
    char *params;        /* PyRadiomics parameter file, word for word; NULL: the defaults */
    char *mask_fit;      /* how masks had to fit */
    size_t mask_label;
    bool has_crop;         /* it holds networks, and this is what they see of a case: the column CROPS_COLUMN */
    struct crop_settings crop;
    struct net *frozen;    /* owned; gives the inputs that come from a network; NULL where there are none */
    struct sample_settings frozen_sample;
    double distance[101]; /* percentiles 0..100 of the training rows' distance (model_distance()) */
};

void model_free(struct model *model); /* a zeroed struct is fine */
/* ERR_INPUT for a file that is no model, was altered (its hash), or needs steps that are not built in. */
bool model_read(const char *path, struct model *model, char sha256[65], struct err *err);
bool model_write(const struct model *model, const char *path, char sha256[65], struct err *err);
/* The same without a file: what it holds. The store is empty before, the model need not be initialised. */
bool model_to_store(const struct model *model, struct store *store, struct err *err);
bool model_from_store(const struct store *store, struct model *model, struct err *err);

/* Takes inputs' ranges and distances from the training rows; `inputs` holds the named input columns. */
bool model_learn_ranges(struct model *model, const struct table *inputs, const size_t *train_row, size_t train_n, struct err *err);
/* Root mean square, over the numbers in the score, of (x - mean) / sd: how far a row lies from the training data.
 * *outside: how many of them lie outside [low, high]; NaN cells are left out. */
double model_distance(const struct model *model, const struct table *inputs, size_t row, size_t *outside);
bool model_is_outside(const struct model_input *input, double x); /* of the training rows' range; NaN is not */
/* Share of training rows (0-100) that lie nearer. */
double model_distance_percentile(const struct model *model, double distance);

/* Whether a part of the score (struct parts) is made of that input: "afp", "sex=M", "clinical: afp". */
bool model_part_is_of(const struct model_input *input, const char *part);
/* The JSON text `hepar` of the file: the whole pipeline for people to read. Numbers that matter are named by their tensor. */
bool model_describe(const struct model *model, struct text *out, struct err *err);

#endif
