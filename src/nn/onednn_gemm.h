/* Matrix products on the calling thread, row-major. In f32: C = op(A) op(B) + beta C, op(A) m x k, op(B) k x n; lda, ldb, ldc are
 * the lengths of the stored rows. */
#ifndef HEPAR_NN_ONEDNN_GEMM_H
#define HEPAR_NN_ONEDNN_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct gemm {
    bool transpose_a, transpose_b;
    size_t m, n, k, lda, ldb, ldc;
    float beta;
};
bool onednn_gemm(const struct gemm *gemm, const float *a, const float *b, float *c, struct err *err);

/* C += A' B for one size, A k x m and B k x n in bf16, C m x n in f32; rows of lda, ldb and n values. */
struct onednn_bf16_product;
/* NULL with *found false where the library has no fast kernel for it. */
struct onednn_bf16_product *onednn_bf16_product_make(size_t m, size_t n, size_t k, size_t lda, size_t ldb, bool *found, struct err *err);
void onednn_bf16_product_free(struct onednn_bf16_product *product); /* NULL is fine */
size_t onednn_bf16_product_scratch(const struct onednn_bf16_product *product);
bool onednn_bf16_product_add(const struct onednn_bf16_product *product, const void *a, const void *b, float *c, void *scratch, struct err *err);

#endif
