/* Between scoring.c and scoremap.c: a case's score as a function of the columns that networks gave of it. */
#ifndef HEPAR_STUDY_SCORING_H
#define HEPAR_STUDY_SCORING_H

#include "nn/crossfit.h"
#include "study/model.h"
#include "study/scoremap.h"

/* A column that the score reads and a network gives. */
struct deep_column {
    char name[128];
    size_t frozen; /* place among the frozen network's columns (nn/frozen.h); SIZE_MAX: the logit of `crossfit` */
    double spread; /* over the training rows */
    double value, slope; /* of the case; d score / d column */
};

struct scoring {
    const struct pipeline *pipeline;
    size_t behind, end;            /* steps behind the networks up to the learner */
    const struct crossfit *nets;   /* NULL: none */
    const struct net *frozen;      /* NULL: none */
    const struct nn_backend *backend;
    struct sample_settings sample; /* all networks' */
    const struct crop *crop;
    struct sample_shape shape;
    size_t site_n;                 /* of an input */
    struct deep_column *column;    /* column_n, owned */
    size_t column_n;
    struct table seen;             /* the case as the steps behind the networks see it: one row */
    double sign;                   /* -1: what lowers the score is asked for */
    bool smooth;                   /* the learner has slopes */
};

/* Columns with their values; not yet slopes. A zeroed struct may be freed. */
bool scoring_begin(const struct model *model, const struct table *inputs, size_t row, struct scoring *out, struct err *err);
void scoring_free(struct scoring *scoring);
/* The learner's scores of the case, would its columns be value[n][column_n]. n is at most OCCLUSION_BATCH. */
bool scoring_score(const struct scoring *scoring, const double *value, size_t n, double *score, struct err *err);
/* The score, the slopes, and whether there are any. */
bool scoring_slopes(struct scoring *scoring, double *score, struct err *err);
/* Where the logit stands among the columns; column_n: nowhere. */
size_t scoring_logit(const struct scoring *scoring);

#endif
