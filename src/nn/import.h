/* Filling a net from a weights file: which tensor of the file each parameter takes, and what is done to it.
 *
 * Names. A parameter takes the tensor of its name. A prefix that all of a net's tensors have in the file ("module." of a net saved from
 * several graphics cards, "encoder." of one that was part of another) is found by itself and dropped. torchvision's old
 * names of DenseNets ("norm.1" for "norm1") are known. `num_batches_tracked` of normalisations is passed over in silence.
 * Shapes. Equal, or made so in these ways alone, each said in the result:
 *   2-D to 3-D   weights o x i x y x x repeated along z and divided by kz (Carreira and Zisserman, CVPR 2017): a volume that is the
 *                same in every slice gives what the 2-D net gave;
 *   channels     of the convolution that reads the input: the mean over the file's channels in each channel, or the file's channels over and over
 *                ("tile"), times file channels / net channels: an image put into all channels gives what it gave (for tile: where the net's
 *                count is a multiple of the file's);
 *   head         the last linear layer, when it has another number of outputs: it stays as it was.
 * Numbers: float64, float16 and bfloat16 become float32.
 * Refused, as ERR_INPUT that counts and names: a file without all of a net's tensors (but the head's), unless `partial`; other
 * shapes; whole numbers as weights; weights that are not finite. */
#ifndef HEPAR_NN_IMPORT_H
#define HEPAR_NN_IMPORT_H

#include "nn/graph.h"
#include "table/store.h"

enum import_channels { IMPORT_MEAN, IMPORT_TILE };

struct import_settings {
    enum import_channels channels;
    bool partial; /* parameters that the file lacks stay as they were */
};

struct import_result {
    char *prefix;             /* dropped from the file's names; "" */
    const char **missing;     /* the net's names that got nothing; point into the net */
    size_t missing_n;
    const char **unexpected;  /* the file's names that gave nothing; point into the store */
    size_t unexpected_n;
    size_t taken_n;           /* parameters filled */
    size_t inflated_n;        /* of these from 2-D to 3-D */
    size_t file_channel_n, net_channel_n; /* of the input; unequal: adapted */
    bool head_kept;           /* the head stayed as it was for its number of outputs: its names are among `missing` and `unexpected` */
};

/* The net's values are written over only when all is well. result is filled (import_result_free()) also then alone. */
bool net_import(struct net *net, const struct store *store, const struct import_settings *settings, struct import_result *result, struct err *err);
void import_result_free(struct import_result *result);

/* All parameters as float32 tensors of their names, for safetensors_write(). */
bool net_export(const struct net *net, struct store *store, struct err *err);

#endif
