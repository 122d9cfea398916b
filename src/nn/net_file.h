/* A trained net as a file: its parameters as safetensors that any reader of weights opens, and, in the file's texts, what it takes as input, so
 * that it can be applied to new cases as it was trained.
 *
 * Texts: hepar.net (registry name), hepar.shortcut, hepar.channels, hepar.outputs, hepar.target ("label" or "endpoint"), hepar.input ("cases" or
 * "array"), hepar.mirrors; for cases hepar.phases (a name a line), hepar.masks, hepar.view, hepar.size, hepar.spacing, hepar.window, hepar.blank, hepar.slices,
 * hepar.mask_channel, hepar.amplitude, hepar.centred, hepar.fit; for arrays hepar.offset, hepar.scale, hepar.size. Numbers are the shortest that read back. */
#ifndef HEPAR_NN_NET_FILE_H
#define HEPAR_NN_NET_FILE_H

#include "nn/crop.h"
#include "nn/graph.h"
#include "nn/sample.h"
#include "table/store.h"

struct net_input {
    bool cases;    /* images and masks; else arrays */
    bool endpoint; /* the output is a risk; else the logit of label 1 */
    unsigned mirrors; /* axes of the mirror images over which the output is the mean (mirror.h) */
    struct crop_settings crop;       /* cases; without margin */
    struct sample_settings sample;
    char *phase[CROP_PHASE_MAX];     /* owned; "" for a single one */
    double offset, scale;            /* arrays: (value - offset) / scale */
    size_t z, y, x;
    char *shortcut;                  /* owned; NULL: the net's default */
};

bool net_file_write(const char *path, const struct net *net, const struct net_input *input, struct err *err);
/* ERR_INPUT: not such a file, another net than it says, a text that is missing or odd. The caller frees both. */
bool net_file_read(const char *path, struct net **net, struct net_input *input, struct err *err);
/* What such a file's texts say of the input; *is false, and nothing to free, when they say nothing. */
bool net_file_input(const struct store *store, bool *is, struct net_input *input, struct err *err);
void net_input_free(struct net_input *input); /* a zeroed struct is fine */

#endif
