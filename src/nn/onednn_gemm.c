#include "nn/onednn_gemm.h"

#include <string.h>

#include "nn/onednn_primitive.h"

bool onednn_gemm(const struct gemm *gemm, const float *a, const float *b, float *c, struct err *err)
{
    dnnl_status_t status = onednn()->dnnl_sgemm(gemm->transpose_a ? 'T' : 'N', gemm->transpose_b ? 'T' : 'N', (dnnl_dim_t)gemm->m, (dnnl_dim_t)gemm->n,
        (dnnl_dim_t)gemm->k, 1, a, (dnnl_dim_t)gemm->lda, b, (dnnl_dim_t)gemm->ldb, gemm->beta, c, (dnnl_dim_t)gemm->ldc);
    return status == dnnl_success || onednn_fail(status, "matrix product", err);
}
