/* The registry; see steps.h. */
#include "ml/steps.h"

#include <string.h>

#include "ml/calibrate.h"
#include "ml/columns.h"
#include "ml/encode.h"
#include "ml/filters.h"
#include "ml/forest.h"
#include "ml/fusion.h"
#include "ml/impute.h"
#include "ml/lasso.h"
#include "ml/logistic.h"
#include "ml/pca.h"
#include "ml/pipeline.h"
#include "ml/svm.h"
#include "ml/zscore.h"

static const struct step_kind *const kinds[] = {
    &calibrate_kind,
    &columns_kind,
    &duplicates_filter_kind,
    &encode_kind,
    &forest_kind,
    &fusion_kind,
    &icc_filter_kind,
    &impute_kind,
    &lasso_kind,
    &lasso_selector_kind,
    &logistic_kind,
    &mannwhitney_filter_kind,
    &pca_kind,
    &pipeline_kind,
    &spearman_filter_kind,
    &svm_kind,
    &variance_filter_kind,
    &zscore_kind,
};
const struct step_registry ml_steps = {kinds, sizeof kinds / sizeof *kinds};

const struct step_kind *ml_step_find(const char *name)
{
    for (size_t i = 0; i < ml_steps.n; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static const struct logistic_settings plain_logistic = {.plain = true};
static const struct lasso_settings half_alpha = {.alpha = 0.5};

const struct learner ml_learners[] = {
    {"logistic", "logistic regression", {&logistic_kind, &plain_logistic}},
    {"ridge", "logistic regression, L2", {&logistic_kind, NULL}},
    {"lasso", "LASSO-logistic", {&lasso_kind, NULL}},
    {"elastic_net", "elastic net", {&lasso_kind, &half_alpha}},
    {"svm", "linear SVM", {&svm_kind, NULL}},
    {"forest", "random forest", {&forest_kind, NULL}},
};
const size_t ml_learner_n = sizeof ml_learners / sizeof *ml_learners;

const struct learner *ml_learner_find(const char *name)
{
    for (size_t i = 0; i < ml_learner_n; i++)
        if (strcmp(ml_learners[i].name, name) == 0)
            return &ml_learners[i];
    return NULL;
}

const struct step ml_default_prefix[] = {
    {&encode_kind, NULL},
    {&impute_kind, NULL},
    {&variance_filter_kind, NULL},
    {&duplicates_filter_kind, NULL},
    {&zscore_kind, NULL},
    {&mannwhitney_filter_kind, NULL},
    {&spearman_filter_kind, NULL},
};
const size_t ml_default_prefix_n = sizeof ml_default_prefix / sizeof *ml_default_prefix;
