/* Keyed random numbers by Philox4x32-10; see rng.h.
 *
 * The name (seed, purpose, a, b) is longer than key and counter together, so Philox itself, a good mixing
 * function, folds it: one block under a fixed key mixes the seed with a hash of the purpose, a second block,
 * keyed by the first, mixes a and b. Its 128 bits become the key and the upper half of the counter; the lower
 * half counts blocks. */
#include "base/rng.h"

#include <Random123/philox.h>
#include <math.h>

struct block {
    uint32_t word[4];
};

static struct block philox(const uint32_t key[2], uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3)
{
    philox4x32_key_t k = {{key[0], key[1]}};
    philox4x32_ctr_t c = {{c0, c1, c2, c3}};
    philox4x32_ctr_t out = philox4x32(c, k);
    return (struct block){{out.v[0], out.v[1], out.v[2], out.v[3]}};
}

static uint32_t low(uint64_t x)
{
    return (uint32_t)x;
}

static uint32_t high(uint64_t x)
{
    return (uint32_t)(x >> 32);
}

/* FNV-1a, 64 bits; purposes are few constant texts, Philox does the mixing. */
static uint64_t purpose_hash(const char *purpose)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *c = purpose; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    return hash;
}

static struct block fold_name(uint64_t seed, const char *purpose, uint64_t a, uint64_t b)
{
    static const uint32_t root[2] = {0x68657061u, 0x72726e67u}; /* "hepa", "rrng" */
    uint64_t hash = purpose_hash(purpose);
    struct block first = philox(root, low(seed), high(seed), low(hash), high(hash));
    struct block second = philox(first.word, low(a), high(a), low(b), high(b));
    second.word[2] ^= first.word[2];
    second.word[3] ^= first.word[3];
    return second;
}

struct rng rng_make(uint64_t seed, const char *purpose, uint64_t a, uint64_t b)
{
    struct block name = fold_name(seed, purpose, a, b);
    return (struct rng){.key = {name.word[0], name.word[1]}, .counter = {0, 0, name.word[2], name.word[3]}, .used = 4};
}

uint64_t rng_seed(uint64_t seed, const char *purpose, uint64_t a, uint64_t b)
{
    struct block name = fold_name(seed, purpose, a, b);
    struct block block = philox(name.word, UINT32_MAX, UINT32_MAX, name.word[2], name.word[3]);
    return (uint64_t)block.word[1] << 32 | block.word[0];
}

static void next_block(struct rng *rng)
{
    struct block block = philox(rng->key, rng->counter[0], rng->counter[1], rng->counter[2], rng->counter[3]);
    for (int i = 0; i < 4; i++)
        rng->out[i] = block.word[i];
    rng->used = 0;
    if (++rng->counter[0] == 0)
        rng->counter[1]++;
}

uint32_t rng_u32(struct rng *rng)
{
    if (rng->used == 4)
        next_block(rng);
    return rng->out[rng->used++];
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t lower = rng_u32(rng);
    return (uint64_t)rng_u32(rng) << 32 | lower;
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_u64(rng) >> 11) * 0x1p-53;
}

/* Box and Muller (1958): two independent normals from two uniforms; 1 - u keeps the logarithm finite. */
static void normal_pair(struct rng *rng, double *first, double *second)
{
    double radius = sqrt(-2.0 * log(1.0 - rng_uniform(rng)));
    double angle = 2.0 * M_PI * rng_uniform(rng);
    *first = radius * cos(angle);
    *second = radius * sin(angle);
}

double rng_normal(struct rng *rng)
{
    double first, second;
    normal_pair(rng, &first, &second);
    return first;
}

void rng_normal_fill(struct rng *rng, double *out, size_t n)
{
    double unused;
    for (size_t i = 0; i < n; i += 2)
        normal_pair(rng, &out[i], i + 1 < n ? &out[i + 1] : &unused);
}

/* Lemire (2019), "Fast random integer generation in an interval": multiply, and draw again in the biased rest. */
size_t rng_below(struct rng *rng, size_t n)
{
    unsigned __int128 product = (unsigned __int128)rng_u64(rng) * n;
    if ((uint64_t)product < n) {
        uint64_t least = (uint64_t)(-(uint64_t)n) % n;
        while ((uint64_t)product < least)
            product = (unsigned __int128)rng_u64(rng) * n;
    }
    return (size_t)(product >> 64);
}

void rng_shuffle(struct rng *rng, size_t *index, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(rng, i);
        size_t kept = index[i - 1];
        index[i - 1] = index[j];
        index[j] = kept;
    }
}
