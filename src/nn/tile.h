/* The inner kernels of our own convolutions (conv_tiles.c, conv_weights.c), for AVX-512 and for AVX2 with FMA: a tile of a few rows by two
 * vectors of columns stays in registers while everything that is summed into it passes by. */
#ifndef HEPAR_NN_TILE_H
#define HEPAR_NN_TILE_H

#include <stdbool.h>
#include <stddef.h>

enum { TILE_ROWS_MAX = 8, TILE_COLUMNS_MAX = 32 };

/* One window place for a tile of rows: where each row's input channels stand (or zeros), and which place it is. */
struct tile_tap {
    const float *row[TILE_ROWS_MAX];
    size_t place;
};

/* n rows one after the other of the left and of the right panel. */
struct tile_run {
    size_t left, right, n;
};

struct tile_kernel {
    size_t row_n, column_n;
    /* sum[row][column] = sum over taps and c of row[c] panel[place][c][column] */
    void (*taps)(const struct tile_tap *tap, size_t tap_n, size_t c_n, const float *panel, float *sum);
    /* sum[row][column] = sum over the rows of all runs of left[r][row] right[r][column] */
    void (*outer)(const struct tile_run *run, size_t run_n, const float *left, const float *right, float *sum);
    /* to[i][column] = from[i * step + column * stride], i < n, column < column_n */
    void (*turn)(const float *from, size_t n, size_t step, size_t stride, float *to, size_t to_stride);
    /* to[j * to_stride + i] = from[i][first + j] for i, j < column_n / 2 */
    void (*transpose)(const float *const *from, size_t first, float *to, size_t to_stride);
};
/* Weights on their way into a panel: value (i, column) stands at from[i * step + column * stride]. */
struct tile_piece {
    const float *from;
    size_t n, step, stride;
    size_t column_n;      /* columns that there are; those behind them become 0 */
    const float *scale;   /* a factor of each column, or of each i; NULL: none */
    bool scale_along;     /* of each i */
};
/* to[n][kernel->column_n]. */
void tile_pack(const struct tile_kernel *kernel, const struct tile_piece *piece, float *to);

/* Chosen by what the library may use here (onednn_isa_name); NULL without AVX2. */
const struct tile_kernel *tile_kernel(void);
extern const struct tile_kernel tile_avx512, tile_avx2;

#endif
