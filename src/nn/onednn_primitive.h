/* One primitive of oneDNN: made, run, given back. Descriptions of arrays (dnnl_memory_desc_t) belong to the primitive. */
#ifndef HEPAR_NN_ONEDNN_PRIMITIVE_H
#define HEPAR_NN_ONEDNN_PRIMITIVE_H

#include <stddef.h>

#include "nn/onednn_api.h"

struct onednn_primitive {
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t made;
    size_t scratch;   /* bytes that a run needs */
    const char *name; /* of the implementation */
};

/* found: false when the library has nothing better than its reference loops ("ref") or gathered products ("gemm"); then nothing is made. `hint`: the forward
 * primitive's desc for a backward one. attr may be NULL, and is changed (scratch memory comes from the caller). */
bool onednn_primitive_find(struct onednn_primitive *primitive, const void *op_desc, dnnl_primitive_attr_t attr, const_dnnl_primitive_desc_t hint,
                           bool *found, struct err *err);
bool onednn_reorder_make(struct onednn_primitive *primitive, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to, struct err *err);
void onednn_primitive_close(struct onednn_primitive *primitive); /* all-zero is fine */

struct onednn_place {
    int arg; /* DNNL_ARG_SRC, ... */
    const dnnl_memory_desc_t *desc;
    const void *data;
};
enum { ONEDNN_PLACES = 8 };
bool onednn_primitive_run(const struct onednn_primitive *primitive, const struct onednn_place *place, size_t n, void *scratch, struct err *err);
const dnnl_memory_desc_t *onednn_desc(const struct onednn_primitive *primitive, dnnl_query_t which);
bool onednn_fail(dnnl_status_t status, const char *doing, struct err *err); /* sets err, false */

#endif
