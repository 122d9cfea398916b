#include "num/linalg.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"

/* The one place that sets BLAS threads; before main(), so that no task can race it. */
__attribute__((constructor)) static void one_thread(void)
{
    openblas_set_num_threads(1);
}

/* Debian's serial OpenBLAS is built without locks: two threads in it at once would share its work buffers and give wrong
 * numbers now and then. Level 1 (dot, axpy, scal) uses none and needs no lock. */
static pthread_mutex_t blas_lock = PTHREAD_MUTEX_INITIALIZER;
#define ALONE(call) \
    __extension__({ \
        pthread_mutex_lock(&blas_lock); \
        int result_ = (int)(call); \
        pthread_mutex_unlock(&blas_lock); \
        result_; \
    })
#define ALONE_VOID(call) \
    do { \
        pthread_mutex_lock(&blas_lock); \
        call; \
        pthread_mutex_unlock(&blas_lock); \
    } while (0)

static int to_int(size_t n)
{
    return (int)n; /* matrices of this program stay far below 2^31 rows */
}

/* LAPACK wants a leading dimension of at least one. */
static int leading(size_t n)
{
    return n > 0 ? (int)n : 1;
}

static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

double la_dot(size_t n, const double *x, const double *y)
{
    return cblas_ddot(to_int(n), x, 1, y, 1);
}

void la_axpy(size_t n, double a, const double *x, double *y)
{
    cblas_daxpy(to_int(n), a, x, 1, y, 1);
}

void la_scale(size_t n, double a, double *x)
{
    cblas_dscal(to_int(n), a, x, 1);
}

/* Up to here a matrix is small enough that level 1 is as fast as level 2 and 3, and needs no lock. */
static bool is_small(size_t rows, size_t cols)
{
    return rows <= 4096 && cols <= 128;
}

void la_mul(size_t rows, size_t cols, const double *a, const double *x, double *y)
{
    memset(y, 0, rows * sizeof *y);
    if (is_small(rows, cols))
        for (size_t j = 0; j < cols; j++)
            la_axpy(rows, x[j], a + j * rows, y);
    else if (rows > 0 && cols > 0)
        ALONE_VOID(cblas_dgemv(CblasColMajor, CblasNoTrans, to_int(rows), to_int(cols), 1.0, a, leading(rows), x, 1, 0.0, y, 1));
}

void la_mul_t(size_t rows, size_t cols, const double *a, const double *x, double *y)
{
    memset(y, 0, cols * sizeof *y);
    if (is_small(rows, cols))
        for (size_t j = 0; j < cols; j++)
            y[j] = la_dot(rows, a + j * rows, x);
    else if (rows > 0 && cols > 0)
        ALONE_VOID(cblas_dgemv(CblasColMajor, CblasTrans, to_int(rows), to_int(cols), 1.0, a, leading(rows), x, 1, 0.0, y, 1));
}

static void matmul(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, size_t m, size_t k, size_t n, const double *a, size_t a_rows,
                   const double *b, size_t b_rows, double *c)
{
    memset(c, 0, m * n * sizeof *c);
    if (m > 0 && k > 0 && n > 0)
        ALONE_VOID(cblas_dgemm(CblasColMajor, ta, tb, to_int(m), to_int(n), to_int(k), 1.0, a, leading(a_rows), b, leading(b_rows),
                    0.0, c, leading(m)));
}

void la_matmul(size_t m, size_t k, size_t n, const double *a, const double *b, double *c)
{
    matmul(CblasNoTrans, CblasNoTrans, m, k, n, a, m, b, k, c);
}

void la_matmul_tn(size_t m, size_t k, size_t n, const double *a, const double *b, double *c)
{
    matmul(CblasTrans, CblasNoTrans, m, k, n, a, k, b, k, c);
}

void la_matmul_nt(size_t m, size_t k, size_t n, const double *a, const double *b, double *c)
{
    matmul(CblasNoTrans, CblasTrans, m, k, n, a, m, b, n, c);
}

static void mirror_lower(size_t n, double *a)
{
    for (size_t j = 0; j < n; j++)
        for (size_t i = j + 1; i < n; i++)
            a[j + i * n] = a[i + j * n];
}

void la_gram(size_t rows, size_t cols, const double *a, double *g)
{
    memset(g, 0, cols * cols * sizeof *g);
    if (rows == 0 || cols == 0)
        return;
    if (is_small(rows, cols)) {
        for (size_t j = 0; j < cols; j++)
            for (size_t i = 0; i <= j; i++)
                g[i + j * cols] = g[j + i * cols] = la_dot(rows, a + i * rows, a + j * rows);
        return;
    }
    ALONE_VOID(cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, to_int(cols), to_int(rows), 1.0, a, leading(rows), 0.0, g,
                leading(cols)));
    mirror_lower(cols, g);
}

bool la_cholesky(size_t n, double *a)
{
    if (n == 0)
        return true;
    if (!all_finite(a, n * n))
        return false;
    return ALONE(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', to_int(n), a, leading(n))) == 0;
}

void la_cholesky_solve(size_t n, const double *l, size_t columns, double *b)
{
    if (n > 0 && columns > 0)
        ALONE(LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', to_int(n), to_int(columns), l, leading(n), b, leading(n)));
}

void la_cholesky_inverse(size_t n, const double *l, double *inverse)
{
    if (n == 0)
        return;
    memcpy(inverse, l, n * n * sizeof *l);
    ALONE(LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', to_int(n), inverse, leading(n)));
    mirror_lower(n, inverse);
}

double la_cholesky_logdet(size_t n, const double *l)
{
    double total = 0.0;
    for (size_t i = 0; i < n; i++)
        total += log(l[i + i * n]);
    return 2.0 * total;
}

bool la_eigen_symmetric(size_t n, double *a, double *value)
{
    if (n == 0)
        return true;
    if (!all_finite(a, n * n))
        return false;
    return ALONE(LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', to_int(n), a, leading(n), value)) == 0;
}

bool la_least_squares(size_t rows, size_t cols, double *a, const double *y, double tolerance, double *coef,
                      size_t *rank)
{
    *rank = 0;
    if (cols == 0)
        return true;
    if (rows == 0) {
        memset(coef, 0, cols * sizeof *coef);
        return true;
    }
    if (!all_finite(a, rows * cols) || !all_finite(y, rows))
        return false;
    bool done = false;
    size_t longer = rows > cols ? rows : cols;
    double *b = mem_zero(longer, sizeof *b, NULL);
    lapack_int *pivot = mem_zero(cols, sizeof *pivot, NULL);
    if (!b || !pivot)
        goto done;
    memcpy(b, y, rows * sizeof *b);
    lapack_int found = 0;
    if (ALONE(LAPACKE_dgelsy(LAPACK_COL_MAJOR, to_int(rows), to_int(cols), 1, a, leading(rows), b, leading(longer), pivot,
                       tolerance, &found)) != 0)
        goto done;
    memcpy(coef, b, cols * sizeof *coef);
    *rank = (size_t)found;
    done = true;
done:
    mem_free(b);
    mem_free(pivot);
    return done;
}

enum { SOLVE_FEW = 2048 };

bool la_solve(size_t n, double *a, size_t columns, double *b)
{
    if (n == 0)
        return true;
    if (!all_finite(a, n * n))
        return false;
    /* Few unknowns need no memory, so that "false" says singular and nothing else. */
    lapack_int few[SOLVE_FEW], *many = n > SOLVE_FEW ? mem_alloc(n, sizeof *many, NULL) : NULL;
    if (n > SOLVE_FEW && !many)
        return false;
    lapack_int fault = ALONE(
        LAPACKE_dgesv_work(LAPACK_COL_MAJOR, to_int(n), to_int(columns), a, leading(n), many ? many : few, b, leading(n)));
    mem_free(many);
    return fault == 0;
}
