/* The kernels of tile.h with AVX-512: tiles of 8 x 32. */
#ifdef __x86_64__
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
#define VEC __m512
#define LANES 16
#define ROWS 8
#define LOAD(p) _mm512_loadu_ps(p)
#define STORE(p, v) _mm512_storeu_ps((p), (v))
#define ALL(x) _mm512_set1_ps(x)
#define ADD_PRODUCT(a, b, c) _mm512_fmadd_ps((a), (b), (c))
#define GATHER(p, place) _mm512_i32gather_ps(_mm512_loadu_si512(place), (p), 4)
#include "nn/tile.inc"

/* Butterflies: at distance h, rows i and i + h change the lanes that are in the other's half. */
TARGET static void transpose(const float *const *from, size_t first, float *to, size_t to_stride)
{
    __m512 row[LANES];
    for (size_t i = 0; i < LANES; i++)
        row[i] = LOAD(from[i] + first);
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#pragma GCC unroll 4
    for (int h = 8; h > 0; h /= 2) {
        const __m512i distance = _mm512_set1_epi32(h), other = _mm512_set1_epi32(LANES);
        const __mmask16 upper = _mm512_test_epi32_mask(lane, distance);
        const __m512i low = _mm512_mask_add_epi32(lane, upper, lane, _mm512_sub_epi32(other, distance));
        const __m512i high = _mm512_mask_add_epi32(_mm512_add_epi32(lane, distance), upper, lane, other);
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++)
            if ((i & h) == 0) {
                __m512 a = row[i], b = row[i + h];
                row[i] = _mm512_permutex2var_ps(a, low, b);
                row[i + h] = _mm512_permutex2var_ps(a, high, b);
            }
    }
    for (size_t i = 0; i < LANES; i++)
        STORE(to + i * to_stride, row[i]);
}

const struct tile_kernel tile_avx512 = {ROWS, COLUMNS, taps, outer, turn, transpose};
#endif
