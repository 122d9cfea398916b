/* The kernels of tile.h with AVX2 and FMA: tiles of 6 x 16. */
#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define VEC __m256
#define LANES 8
#define ROWS 6
#define LOAD(p) _mm256_loadu_ps(p)
#define STORE(p, v) _mm256_storeu_ps((p), (v))
#define ALL(x) _mm256_set1_ps(x)
#define ADD_PRODUCT(a, b, c) _mm256_fmadd_ps((a), (b), (c))
#define GATHER(p, place) _mm256_i32gather_ps((p), _mm256_loadu_si256((const __m256i *)(const void *)(place)), 4)
#include "nn/tile.inc"

TARGET static void transpose(const float *const *from, size_t first, float *to, size_t to_stride)
{
    __m256 row[LANES], pair[LANES];
    for (size_t i = 0; i < LANES; i++)
        row[i] = LOAD(from[i] + first);
    for (size_t i = 0; i < LANES; i += 2) {
        pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    for (size_t i = 0; i < LANES; i += 4) { /* row[i + k]: columns k and k + 4 of four rows */
        row[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
        row[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
        row[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
        row[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
    }
    for (size_t i = 0; i < LANES / 2; i++) {
        STORE(to + i * to_stride, _mm256_permute2f128_ps(row[i], row[i + 4], 0x20));
        STORE(to + (i + 4) * to_stride, _mm256_permute2f128_ps(row[i], row[i + 4], 0x31));
    }
}

const struct tile_kernel tile_avx2 = {ROWS, COLUMNS, taps, outer, turn, transpose};
#endif
