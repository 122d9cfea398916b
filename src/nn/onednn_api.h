/* oneDNN's C API, version 2, loaded when a network is first computed: linked plainly it costs every command 10 ms and 40 MB.
 *
 * Only onednn*.c include this. The library runs one thread inside a call (spreading is ours, pool.h); its scratch memory comes from us,
 * so that one primitive may run on several threads at once. */
#ifndef HEPAR_NN_ONEDNN_API_H
#define HEPAR_NN_ONEDNN_API_H

#include <dnnl.h>

#include "base/err.h"

/* Every function we call, with the type that its header gives it. */
#define ONEDNN_CALLS(ROW) \
    ROW(dnnl_dilated_convolution_backward_data_desc_init) \
    ROW(dnnl_dilated_convolution_backward_weights_desc_init) \
    ROW(dnnl_dilated_convolution_forward_desc_init) \
    ROW(dnnl_engine_create) \
    ROW(dnnl_get_effective_cpu_isa) \
    ROW(dnnl_matmul_desc_init) \
    ROW(dnnl_memory_create) \
    ROW(dnnl_memory_desc_get_size) \
    ROW(dnnl_memory_desc_init_by_strides) \
    ROW(dnnl_memory_desc_init_by_tag) \
    ROW(dnnl_memory_desc_init_submemory) \
    ROW(dnnl_memory_destroy) \
    ROW(dnnl_post_ops_append_eltwise) \
    ROW(dnnl_post_ops_append_sum) \
    ROW(dnnl_post_ops_create) \
    ROW(dnnl_post_ops_destroy) \
    ROW(dnnl_primitive_attr_create) \
    ROW(dnnl_primitive_attr_destroy) \
    ROW(dnnl_primitive_attr_set_post_ops) \
    ROW(dnnl_primitive_attr_set_scratchpad_mode) \
    ROW(dnnl_primitive_create) \
    ROW(dnnl_primitive_desc_create) \
    ROW(dnnl_primitive_desc_destroy) \
    ROW(dnnl_primitive_desc_query) \
    ROW(dnnl_primitive_desc_query_md) \
    ROW(dnnl_primitive_destroy) \
    ROW(dnnl_primitive_execute) \
    ROW(dnnl_reorder_primitive_desc_create) \
    ROW(dnnl_sgemm) \
    ROW(dnnl_stream_create) \
    ROW(dnnl_version)

#define ONEDNN_MEMBER(name) __typeof__(&name) name;
struct onednn {
    ONEDNN_CALLS(ONEDNN_MEMBER)
    void (*set_threads)(int); /* OpenMP's, per calling thread */
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_cpu_isa_t isa;       /* what it may use here: the machine's, or DNNL_MAX_CPU_ISA's */
    char name[64];            /* "oneDNN 2.6.3 avx512_core" */
};

/* Loads it on the first call; NULL with ERR_SYSTEM when it is missing or of another version. */
const struct onednn *onednn_load(struct err *err);
/* The loaded library, for a thread that is about to call it: sees to it that the call stays on this thread. */
const struct onednn *onednn(void);
const char *onednn_status_text(dnnl_status_t status);
/* The best family of instructions: "avx512_core_amx", "avx512_core", "avx2", "sse41". */
const char *onednn_isa_name(dnnl_cpu_isa_t isa);

#endif
