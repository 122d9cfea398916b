/* What `hepar net` trains on and applies to: a table of cases with images, masks and outcomes, or arrays in a safetensors file. */
#ifndef HEPAR_CMD_NET_INPUT_H
#define HEPAR_CMD_NET_INPUT_H

#include <stddef.h>

#include "base/err.h"
#include "image/maskfit.h"
#include "io/tablefile.h"
#include "nn/net_file.h"
#include "nn/source.h"
#include "table/step.h"
#include "table/store.h"

/* Which columns (cases) or tensors (arrays) hold the outcome; NULL: none. */
struct net_target {
    const char *label, *time, *event;
    bool needed; /* training: cases without are left out. Else they are read where they are there. */
};

struct net_data {
    struct case_table cases;  /* of a table */
    struct store store;       /* of arrays */
    struct crop *crop;        /* a table's n cases, owned */
    char **failure;           /* n owned texts, NULL where the case can be used; NULL for arrays */
    size_t n;                 /* cases of the file */
    size_t *used, used_n;     /* those that can be used */
    struct source source;     /* of the used_n */
    double *label, *time, *event; /* used_n, NaN where unknown; NULL: not there */
    const struct crop **crop_of;
    struct source_crops crops;
    struct source_array array;
};

/* A table's or arrays' kind, told by its name: "....safetensors" is one of arrays; of a folder, its cohort.csv is taken. */
bool net_data_is_array(const char *path);
/* Fills what is said of the input's kind: phases and masks of a table, or extents of an array; *channel_n: of a net's input. For training. The
 * windows and the like stand in input->crop already, with room for the phases. */
bool net_data_describe(const char *path, unsigned rank, struct net_input *input, size_t *phase_n, size_t *mask_n, size_t *channel_n, struct err *err);
/* What training samples get, by the input's kind. */
struct net_augment {
    struct augment cases;
    struct array_augment array;
};
/* `data` stays where it is, and `augment` (NULL: none) lives as long. A case that fails keeps its reason. ERR_INPUT: no case can be used. */
bool net_data_read(const char *path, unsigned rank, const struct net_input *input, const struct net_target *target, const struct net_augment *augment,
                   const struct mask_choice *choice, struct net_data *data, struct err *err);
void net_data_free(struct net_data *data); /* a zeroed struct is fine */
const char *net_data_id(const struct net_data *data, size_t used, char number[32]);
struct outcome net_data_outcome(const struct net_data *data);

#endif
