/* `hepar extract --deep`: the features of a frozen net beside the hand-crafted ones, made while a case's image is in memory.
 *
 * Columns are deep.NET.f000, ...; deep.NET.max.f000, ... behind them where all slices are pooled. */
#ifndef HEPAR_STUDY_DEEP_EXTRACT_H
#define HEPAR_STUDY_DEEP_EXTRACT_H

#include "base/text.h"
#include "nn/frozen.h"
#include "nn/input_options.h"
#include "nn/nets.h"
#include "radiomics/extract.h"

struct deep_extract {
    struct net *net;
    struct frozen *frozen;
    struct crop_settings crop;
    struct sample_settings sample;
    size_t n;            /* columns */
    double **row;        /* row_n cases; owned; NULL until made, and where the case failed */
    size_t row_n;
    struct extract_beside beside; /* for the sources of the extraction */
};

/* spec: NET or NET:WEIGHTS (nn/net_open.h). What is to be said of the weights goes to the log. */
bool deep_extract_open(const char *spec, const struct input_options *input, size_t case_n, struct deep_extract *deep, struct err *err);
void deep_extract_close(struct deep_extract *deep); /* a zeroed struct is fine */
/* "deep.small3d.f007" into out[96]; returns it. */
const char *deep_extract_name(const struct deep_extract *deep, size_t column, char out[96]);
/* Values of case i (n of them), NULL when it failed; deep_extract_drop() frees them. */
const double *deep_extract_row(const struct deep_extract *deep, size_t i);
void deep_extract_drop(struct deep_extract *deep, size_t i);
/* What tells these features from others: net, values, input; appended to a key. */
void deep_extract_describe(const struct deep_extract *deep, struct text *out);

#endif
