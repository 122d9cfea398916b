/* Loops over channels-last rows, for f32 and bf16 (kept as 16 bits, computed in f32), compiled for AVX-512, AVX2 and the baseline.
 *
 * A loop is written once as an INLINE body whose `half` says what the values are, and called with a constant from two VECTOR functions;
 * the compiler then makes a clone for each instruction set, chosen when the program starts. No fused multiply-add and no reordering of
 * sums: every clone gives the same bytes. */
#ifndef HEPAR_NN_ROWS_H
#define HEPAR_NN_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "nn/backend.h"

#ifdef __has_feature /* how clang says what gcc says by macros */
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* The names of VECTOR functions differ over all files, also of static ones: clang 14 makes a global symbol NAME.resolver of each. */
#if defined(__x86_64__) && !SANITIZED
#define VECTOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define VECTOR
#endif
#define INLINE static inline __attribute__((always_inline))

/* In front of a loop whose turns do not depend on each other, also where input and output are the same array. */
#if defined(__clang__) && SANITIZED
#define INDEPENDENT
#elif defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

INLINE float bf16_to_f32(uint16_t bits)
{
    uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* To the nearest, ties to even; NaN stays NaN. */
INLINE uint16_t f32_to_bf16(float value)
{
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    uint32_t rounded = (word + 0x7fffu + (word >> 16 & 1u)) >> 16;
    uint32_t quiet = word >> 16 | 0x40u;
    return (uint16_t)((word & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
}

INLINE float value_get(const void *array, size_t at, bool half)
{
    return half ? bf16_to_f32(((const uint16_t *)array)[at]) : ((const float *)array)[at];
}

INLINE void value_put(void *array, size_t at, bool half, float value)
{
    if (half)
        ((uint16_t *)array)[at] = f32_to_bf16(value);
    else
        ((float *)array)[at] = value;
}

INLINE const void *value_at(const void *array, size_t at, bool half)
{
    return (const char *)array + at * (half ? 2 : 4);
}

INLINE void *value_to(void *array, size_t at, bool half)
{
    return (char *)array + at * (half ? 2 : 4);
}

/* An activation as limits: it cuts to low..high, and is flat at and beyond them. */
struct act_limits {
    float low, high;
};
static inline struct act_limits act_limits(enum nn_act act)
{
    const float infinity = __builtin_inff();
    return (struct act_limits){act == NN_ACT_NONE ? -infinity : 0, act == NN_ACT_RELU6 ? 6 : infinity};
}

INLINE float act_cut(float value, struct act_limits limits)
{
    value = value < limits.low ? limits.low : value;
    return value > limits.high ? limits.high : value;
}

INLINE float act_gradient(float y, float dy, struct act_limits limits)
{
    return ((y > limits.low) & (y < limits.high)) ? dy : 0;
}

/* The window places along an axis that lie inside for output `out`: k in [first, end), input index = start + k * dilation. */
struct window_span {
    ptrdiff_t start;
    size_t first, end;
};
static inline struct window_span window_span(const struct nn_window *window, size_t axis, size_t out, size_t in_n)
{
    ptrdiff_t start = (ptrdiff_t)(out * window->stride[axis]) - (ptrdiff_t)window->pad[axis], dilation = (ptrdiff_t)window->dilation[axis];
    ptrdiff_t kernel = (ptrdiff_t)window->kernel[axis], n = (ptrdiff_t)in_n;
    ptrdiff_t first = start >= 0 ? 0 : (-start + dilation - 1) / dilation, end = start >= n ? 0 : (n - start + dilation - 1) / dilation;
    end = end > kernel ? kernel : end;
    first = first > end ? end : first;
    return (struct window_span){start, (size_t)first, (size_t)end};
}

/* bf16 to f32. */
void rows_widen(const uint16_t *restrict from, float *restrict to, size_t n);

#endif
