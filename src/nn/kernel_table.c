/* The tables are read from above, Winograd's first; the first row that fits says: our own kernel. Where none fits it is the library's. Measured by bench/nn_kernels
 * on Sapphire Rapids with oneDNN 2.6.3: Winograd's fewer products win where channels fill the tiles' columns and the grid is not all padding; the library
 * computes small grids with many channels, and large dilation, below its best. */
#include "nn/kernel_table.h"

#include <string.h>

#include "nn/winograd.h"

struct winograd_row {
    const char *isa;
    enum kernel_way way;
    size_t source, target; /* channels, at least: that are summed over, and that come out; for weights in and out */
    size_t places;         /* of the window, at least */
    double saving;         /* winograd_saving(), at least */
};

static const struct winograd_row winograd[] = {
    {"avx512_core", WAY_FORWARD, 16, 32, 9, 1.3},
    {"avx512_core", WAY_BACKWARD_INPUT, 16, 32, 9, 1.3},
    {"avx512_core", WAY_BACKWARD_WEIGHTS, 32, 32, 27, 1.4},
    {"avx512_core", WAY_BACKWARD_WEIGHTS, 128, 128, 9, 1.4},
    {"avx2", WAY_FORWARD, 8, 8, 9, 1.3},
    {"avx2", WAY_BACKWARD_INPUT, 8, 8, 9, 1.3},
    {"avx2", WAY_BACKWARD_WEIGHTS, 16, 32, 27, 1.4},
    {"avx2", WAY_BACKWARD_WEIGHTS, 64, 64, 9, 1.4},
};

struct row {
    const char *isa;
    enum kernel_way way;
    size_t channels;   /* at least, in and out */
    size_t rows_max;   /* n z y x of the output */
    size_t places;     /* of the window, at least */
    size_t dilation;   /* along some axis, at least */
};

static const struct row table[] = {
    {"avx512_core", WAY_BACKWARD_WEIGHTS, 32, 4096, 2, 1},
    {"avx512_core", WAY_BACKWARD_WEIGHTS, 256, 512, 1, 1},
    {"avx512_core", WAY_FORWARD, 512, 512, 2, 1},
    {"avx512_core", WAY_BACKWARD_INPUT, 128, 512, 2, 1},
    {"avx2", WAY_BACKWARD_WEIGHTS, 128, 8192, 2, 1},
    {"avx2", WAY_BACKWARD_WEIGHTS, 256, 512, 1, 1},
    {"avx2", WAY_FORWARD, 512, 512, 2, 1},
    {"avx2", WAY_FORWARD, 128, SIZE_MAX, 2, 4},
    {"avx2", WAY_BACKWARD_INPUT, 128, SIZE_MAX, 2, 4},
};

enum kernel kernel_choose(const char *isa, enum nn_number number, enum kernel_way way, const struct nn_conv *conv)
{
    const struct nn_window *w = &conv->window;
    size_t channels = conv->in.c < conv->out.c ? conv->in.c : conv->out.c, rows = conv->out.n * conv->out.z * conv->out.y * conv->out.x;
    size_t places = w->kernel[0] * w->kernel[1] * w->kernel[2], dilation = 1;
    for (size_t axis = 0; axis < 3; axis++)
        if (w->kernel[axis] > 1 && w->dilation[axis] > dilation)
            dilation = w->dilation[axis];
    if (number != NN_F32)
        return KERNEL_LIBRARY;
    if (strcmp(isa, "avx512_core_amx") == 0) /* its own instructions are for bf16 alone */
        isa = "avx512_core";
    bool input = way == WAY_BACKWARD_INPUT, plane = w->kernel[1] == WINOGRAD_WINDOW && w->kernel[2] == WINOGRAD_WINDOW;
    size_t source = input ? conv->out.c : conv->in.c, target = input ? conv->in.c : conv->out.c;
    for (size_t i = 0; plane && i < sizeof winograd / sizeof *winograd; i++) {
        const struct winograd_row *row = &winograd[i];
        if (strcmp(isa, row->isa) == 0 && way == row->way && source >= row->source && target >= row->target && places >= row->places &&
            winograd_saving(conv) >= row->saving)
            return KERNEL_WINOGRAD;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct row *row = &table[i];
        if (strcmp(isa, row->isa) == 0 && way == row->way && channels >= row->channels && rows <= row->rows_max && places >= row->places &&
            dilation >= row->dilation)
            return KERNEL_OWN;
    }
    return KERNEL_LIBRARY;
}
