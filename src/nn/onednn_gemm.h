/* One matrix product on the calling thread, f32, row-major: C = op(A) op(B) + beta C, op(A) m x k, op(B) k x n; lda, ldb, ldc are
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

#endif
