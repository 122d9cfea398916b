/* Keyed random numbers: Philox4x32-10 (Salmon et al., SC 2011; Random123), never a shared stream.
 *
 * A generator is named by (seed, purpose, a, b): the same name gives the same numbers whatever else ran
 * before, on any thread. `purpose` is a constant text ("forest.bootstrap"); a and b say which case, fold,
 * tree or voxel block it is for. */
#ifndef HEPAR_BASE_RNG_H
#define HEPAR_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint32_t key[2], counter[4], out[4];
    unsigned used; /* numbers of out[] already handed on */
};

struct rng rng_make(uint64_t seed, const char *purpose, uint64_t a, uint64_t b);
uint64_t rng_seed(uint64_t seed, const char *purpose, uint64_t a, uint64_t b); /* a seed for a part of the work */
uint32_t rng_u32(struct rng *rng);
uint64_t rng_u64(struct rng *rng);
double rng_uniform(struct rng *rng);            /* [0, 1), 53 bits */
double rng_normal(struct rng *rng);             /* standard normal */
void rng_normal_fill(struct rng *rng, double *out, size_t n); /* n of them, in half the time */
size_t rng_below(struct rng *rng, size_t n);    /* 0..n-1 without bias; n >= 1 */
void rng_shuffle(struct rng *rng, size_t *index, size_t n); /* Fisher-Yates */

#endif
