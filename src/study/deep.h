/* The `deep` keys of a study file, resolved: which network, on what input, used how. */
#ifndef HEPAR_STUDY_DEEP_H
#define HEPAR_STUDY_DEEP_H

#include "base/err.h"
#include "nn/crop.h"
#include "nn/crossfit.h"
#include "nn/nets.h"
#include "study/cohort.h"
#include "study/settings.h"

enum { DEEP_NAME_ROOM = 96 };

struct deep {
    bool frozen, crossfit; /* neither: the study has no deep block */
    const struct net_kind *net;
    struct crop_settings crop; /* with the margin that training needs */
    struct crossfit_settings fit; /* of the last fit, on all of train: all networks and epochs; also the sample's settings */
    struct net *start;         /* with the values of `deep.weights`, owned; what frozen features come from and trainings start from. NULL: none */
    size_t pretrain_n;         /* epochs of label-free pre-training; 0: none. Trained networks do it for themselves (fit.pretrain_n). */
    struct net *pretrained;    /* what frozen features then come from (deep_pretrain.h), owned; NULL: from `start` */
    struct history pretraining; /* its learning curve */
    char weights_sha256[65];   /* of its values; "" where there are none */
    char logit[DEEP_NAME_ROOM]; /* the crossfit column: "deep.small3d.logit" */
};

/* ERR_USAGE with the key: an unknown network, a view that is not the network's, no images. ERR_INPUT: weights that do not fit. */
bool deep_read(const struct study_settings *settings, const struct cohort *cohort, struct deep *out, struct err *err);
void deep_free(struct deep *deep); /* a zeroed struct is fine */
static inline bool deep_used(const struct deep *deep)
{
    return deep->frozen || deep->crossfit;
}

#endif
