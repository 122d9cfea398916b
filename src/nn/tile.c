/* Weights into panels; see tile.h. */
#include "nn/tile.h"

#include <stdint.h>

void tile_pack(const struct tile_kernel *kernel, const struct tile_piece *piece, float *to)
{
    size_t columns = kernel->column_n;
    if (piece->column_n == columns && columns * piece->stride < INT32_MAX)
        kernel->turn(piece->from, piece->n, piece->step, piece->stride, to, columns);
    else
        for (size_t i = 0; i < piece->n; i++)
            for (size_t j = 0; j < columns; j++)
                to[i * columns + j] = j < piece->column_n ? piece->from[i * piece->step + j * piece->stride] : 0;
    for (size_t i = 0; piece->scale != NULL && i < piece->n; i++)
        for (size_t j = 0; j < piece->column_n; j++)
            to[i * columns + j] *= piece->scale[piece->scale_along ? i : j];
}
