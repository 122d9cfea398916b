/* Matrix products; see onednn_gemm.h. */
#include "nn/onednn_gemm.h"

#include <string.h>

#include "base/mem.h"
#include "nn/onednn_primitive.h"

bool onednn_gemm(const struct gemm *gemm, const float *a, const float *b, float *c, struct err *err)
{
    dnnl_status_t status = onednn()->dnnl_sgemm(gemm->transpose_a ? 'T' : 'N', gemm->transpose_b ? 'T' : 'N', (dnnl_dim_t)gemm->m, (dnnl_dim_t)gemm->n,
        (dnnl_dim_t)gemm->k, 1, a, (dnnl_dim_t)gemm->lda, b, (dnnl_dim_t)gemm->ldb, gemm->beta, c, (dnnl_dim_t)gemm->ldc);
    return status == dnnl_success || onednn_fail(status, "matrix product", err);
}

struct onednn_bf16_product {
    struct onednn_primitive primitive;
    dnnl_memory_desc_t a, b, c;
};

static dnnl_status_t describe(struct onednn_bf16_product *product, size_t m, size_t n, size_t k, size_t lda, size_t ldb)
{
    const struct onednn *lib = onednn();
    const dnnl_dims_t a = {(dnnl_dim_t)m, (dnnl_dim_t)k}, b = {(dnnl_dim_t)k, (dnnl_dim_t)n}, c = {(dnnl_dim_t)m, (dnnl_dim_t)n};
    const dnnl_dims_t a_stride = {1, (dnnl_dim_t)lda}, b_stride = {(dnnl_dim_t)ldb, 1}, c_stride = {(dnnl_dim_t)n, 1};
    dnnl_status_t status = lib->dnnl_memory_desc_init_by_strides(&product->a, 2, a, dnnl_bf16, a_stride);
    if (status == dnnl_success)
        status = lib->dnnl_memory_desc_init_by_strides(&product->b, 2, b, dnnl_bf16, b_stride);
    return status == dnnl_success ? lib->dnnl_memory_desc_init_by_strides(&product->c, 2, c, dnnl_f32, c_stride) : status;
}

static dnnl_status_t accumulate(dnnl_primitive_attr_t *attr)
{
    const struct onednn *lib = onednn();
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t status = lib->dnnl_primitive_attr_create(attr);
    if (status == dnnl_success)
        status = lib->dnnl_post_ops_create(&ops);
    if (status == dnnl_success)
        status = lib->dnnl_post_ops_append_sum(ops, 1);
    if (status == dnnl_success)
        status = lib->dnnl_primitive_attr_set_post_ops(*attr, ops);
    if (ops != NULL)
        lib->dnnl_post_ops_destroy(ops);
    return status;
}

struct onednn_bf16_product *onednn_bf16_product_make(size_t m, size_t n, size_t k, size_t lda, size_t ldb, bool *found, struct err *err)
{
    const struct onednn *lib = onednn();
    struct onednn_bf16_product *product = mem_zero(1, sizeof *product, err);
    *found = true;
    if (product == NULL)
        return NULL;
    dnnl_matmul_desc_t matmul;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t status = describe(product, m, n, k, lda, ldb);
    if (status == dnnl_success)
        status = lib->dnnl_matmul_desc_init(&matmul, &product->a, &product->b, NULL, &product->c);
    if (status == dnnl_success)
        status = accumulate(&attr);
    bool done = status == dnnl_success ? onednn_primitive_find(&product->primitive, &matmul, attr, NULL, found, err)
                                       : onednn_fail(status, "matrix product", err);
    if (attr != NULL)
        lib->dnnl_primitive_attr_destroy(attr);
    if (done && *found)
        return product;
    *found = *found || !done;
    onednn_bf16_product_free(product);
    return NULL;
}

void onednn_bf16_product_free(struct onednn_bf16_product *product)
{
    if (product != NULL)
        onednn_primitive_close(&product->primitive);
    mem_free(product);
}

size_t onednn_bf16_product_scratch(const struct onednn_bf16_product *product)
{
    return product->primitive.scratch;
}

bool onednn_bf16_product_add(const struct onednn_bf16_product *product, const void *a, const void *b, float *c, void *scratch, struct err *err)
{
    const struct onednn_place place[3] = {{DNNL_ARG_SRC, &product->a, a}, {DNNL_ARG_WEIGHTS, &product->b, b}, {DNNL_ARG_DST, &product->c, c}};
    return onednn_primitive_run(&product->primitive, place, 3, scratch, err);
}
