/* A fast backend beside its plain twin in f64: both get the same random numbers (rounded to what the fast one can hold), run one
 * operation, and the results are compared in norm; the fast one must give the same bytes for 1, 2 and 4 threads. */
#ifndef HEPAR_TESTS_UNIT_NN_TWIN_H
#define HEPAR_TESTS_UNIT_NN_TWIN_H

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "nn/backend.h"
#include "tap.h"

struct twin {
    const struct nn_backend *fast, *exact;
    double tolerance; /* of the norm of the difference, relative */
    struct rng rng;
    const char *kernel; /* of the last operation */
};

struct twin_array {
    size_t n;
    bool parameter;  /* f32 whatever the activations are */
    void *fast;
    double *exact;
};

static inline struct twin twin_make(enum nn_number number, double tolerance)
{
    struct err err = ERR_INIT;
    struct twin twin = {nn_backend_onednn(number, &err), nn_backend_plain(NN_F64), tolerance, rng_make(1, "test", 0, 0), NULL};
    if (twin.fast == NULL && number == NN_BF16)
        tap_skip("this machine, or DNNL_MAX_CPU_ISA, has no AMX");
    assert_done(twin.fast != NULL, err);
    return twin;
}

static inline size_t twin_size(const struct twin *twin, const struct twin_array *array)
{
    return array->n * (array->parameter ? 4 : nn_number_size(twin->fast->number));
}

/* Normal numbers about `mean`. */
static inline struct twin_array twin_array(struct twin *twin, size_t n, bool parameter, double mean, double spread)
{
    struct twin_array array = {n, parameter, mem_alloc(n, 4, NULL), mem_alloc(n, sizeof(double), NULL)};
    float *value = mem_alloc(n, sizeof *value, NULL);
    for (size_t i = 0; i < n; i++)
        value[i] = (float)(mean + spread * rng_normal(&twin->rng));
    if (parameter) {
        memcpy(array.fast, value, n * sizeof *value);
        for (size_t i = 0; i < n; i++)
            array.exact[i] = (double)value[i];
    } else {
        twin->fast->from_f32(twin->fast, value, array.fast, n);
        twin->fast->to_f64(twin->fast, array.fast, array.exact, n);
    }
    mem_free(value);
    return array;
}

static inline void twin_free(struct twin_array *array, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mem_free(array[i].fast);
        mem_free(array[i].exact);
    }
}

struct twin_run {
    struct nn_op *(*make)(const struct nn_backend *, const void *spec, struct err *);
    const void *spec;
    struct twin_array *in[7], *out[4]; /* the same array in both: in place */
    bool packs;                        /* in[1] are weights to be packed */
    const float *scale;                /* of the packing, scale_n */
    size_t scale_n;
    size_t inner_n[4];                 /* bytes of an output that the backends do not share (a workspace); not compared */
    uint64_t seed;
};

static inline void *twin_once(const struct nn_backend *backend, const struct twin_run *run, bool fast, const char **kernel)
{
    struct err err = ERR_INIT;
    struct nn_op *op = run->make(backend, run->spec, &err);
    assert_done(op != NULL, err);
    struct nn_args args = {.seed = run->seed};
    for (size_t i = 0; i < 7; i++)
        args.in[i] = run->in[i] == NULL ? NULL : fast ? run->in[i]->fast : run->in[i]->exact;
    for (size_t i = 0; i < 4; i++)
        args.out[i] = run->out[i] == NULL ? NULL : fast ? run->out[i]->fast : run->out[i]->exact;
    void *packed = NULL, *scratch = mem_alloc(backend->scratch_n(op) + 64, 1, &err);
    memset(scratch, 0xff, backend->scratch_n(op)); /* NaN: nobody may count on zeros */
    if (run->packs) {
        double *scale = mem_alloc(run->scale_n, sizeof *scale, &err);
        for (size_t i = 0; i < run->scale_n; i++)
            scale[i] = (double)run->scale[i];
        packed = mem_alloc(backend->packed_n(op) + 64, 1, &err);
        assert_done(backend->pack(op, args.in[1], run->scale == NULL ? NULL : fast ? (const void *)run->scale : scale, packed, &err), err);
        mem_free(scale);
        args.in[1] = packed;
    }
    assert_done(backend->execute(op, &args, scratch, &err), err);
    if (kernel != NULL)
        *kernel = backend->kernel_name(op);
    assert_null(strstr(backend->kernel_name(op), "ref")); /* the library's reference loops are never used */
    backend->op_free(op);
    mem_free(scratch);
    mem_free(packed);
    return NULL;
}

static inline double twin_difference(const struct twin *twin, const struct twin_array *array)
{
    double *got = mem_alloc(array->n, sizeof *got, NULL), difference = 0, size = 0;
    if (array->parameter)
        for (size_t i = 0; i < array->n; i++)
            got[i] = (double)((float *)array->fast)[i];
    else
        twin->fast->to_f64(twin->fast, array->fast, got, array->n);
    for (size_t i = 0; i < array->n; i++) {
        difference += (got[i] - array->exact[i]) * (got[i] - array->exact[i]);
        size += array->exact[i] * array->exact[i];
    }
    mem_free(got);
    return size == 0 ? sqrt(difference) : sqrt(difference / size);
}

/* Runs both and compares every output. `what` names the case in a failure. */
static inline void twin_run(struct twin *twin, const struct twin_run *run, const char *what)
{
    static const size_t THREADS[3] = {1, 2, 4};
    struct err err = ERR_INIT;
    void *before[4] = {0}, *first[4] = {0};
    twin_once(twin->exact, run, false, NULL);
    for (size_t i = 0; i < 4; i++)
        if (run->out[i] != NULL) {
            before[i] = mem_alloc(twin_size(twin, run->out[i]), 1, &err);
            first[i] = mem_alloc(twin_size(twin, run->out[i]), 1, &err);
            memcpy(before[i], run->out[i]->fast, twin_size(twin, run->out[i]));
        }
    for (size_t t = 0; t < 3; t++) {
        assert_done(pool_start(THREADS[t], &err), err);
        for (size_t i = 0; i < 4; i++)
            if (before[i] != NULL)
                memcpy(run->out[i]->fast, before[i], twin_size(twin, run->out[i]));
        twin_once(twin->fast, run, true, &twin->kernel);
        pool_stop();
        for (size_t i = 0; i < 4; i++)
            if (before[i] != NULL && t == 0)
                memcpy(first[i], run->out[i]->fast, twin_size(twin, run->out[i]));
            else if (before[i] != NULL && memcmp(first[i], run->out[i]->fast, twin_size(twin, run->out[i])) != 0)
                fail_msg("%s, %s: output %zu has other bytes with %zu threads", what, twin->kernel, i, THREADS[t]);
    }
    for (size_t i = 0; i < 4; i++) {
        mem_free(before[i]);
        mem_free(first[i]);
        if (run->out[i] == NULL || run->inner_n[i] > 0)
            continue;
        double difference = twin_difference(twin, run->out[i]);
        if (!(difference <= twin->tolerance))
            fail_msg("%s, %s: output %zu differs by %g of its norm", what, twin->kernel, i, difference);
    }
}

static inline size_t twin_below(struct twin *twin, size_t n)
{
    return rng_below(&twin->rng, n);
}

#endif
