/* Writing NIfTI-1; see nifti.h. sform and qform say the same place, so that readers of either agree; the qform is
 * left out (code 0) where the axes are not exactly at right angles, as a quaternion could not say it. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/gzip.h"
#include "io/nifti.h"
#include "io/nifti_header.h"

enum { VOXELS_AT = 352 };

static void put16(unsigned char *head, size_t at, int value)
{
    head[at] = (unsigned char)value;
    head[at + 1] = (unsigned char)(value >> 8);
}

static void put_float(unsigned char *head, size_t at, double value)
{
    float number = (float)value;
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    for (size_t i = 0; i < 4; i++)
        head[at + i] = (unsigned char)(bits >> 8 * i);
}

/* The unit quaternion of a rotation (Shepperd 1978: the largest of the four first), with a >= 0. */
static void quaternion(const double r[3][3], double q[4])
{
    double square[4] = {1 + r[0][0] + r[1][1] + r[2][2], 1 + r[0][0] - r[1][1] - r[2][2], 1 - r[0][0] + r[1][1] - r[2][2],
                        1 - r[0][0] - r[1][1] + r[2][2]};
    int most = 0;
    for (int i = 1; i < 4; i++)
        if (square[i] > square[most])
            most = i;
    double s = 2 * sqrt(fmax(square[most], 0));
    const double by_a[4] = {s / 4, (r[2][1] - r[1][2]) / s, (r[0][2] - r[2][0]) / s, (r[1][0] - r[0][1]) / s};
    const double by_b[4] = {(r[2][1] - r[1][2]) / s, s / 4, (r[0][1] + r[1][0]) / s, (r[0][2] + r[2][0]) / s};
    const double by_c[4] = {(r[0][2] - r[2][0]) / s, (r[0][1] + r[1][0]) / s, s / 4, (r[1][2] + r[2][1]) / s};
    const double by_d[4] = {(r[1][0] - r[0][1]) / s, (r[0][2] + r[2][0]) / s, (r[1][2] + r[2][1]) / s, s / 4};
    const double *const by[4] = {by_a, by_b, by_c, by_d};
    for (int i = 0; i < 4; i++)
        q[i] = by[most][0] < 0 ? -by[most][i] : by[most][i];
}

static void put_geometry(unsigned char *head, const struct grid *grid)
{
    double ras[3][3], rotation[3][3], worst = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            rotation[i][j] = ras[i][j] = i < 2 ? -grid->direction[i][j] : grid->direction[i][j];
    double determinant = ras[0][0] * (ras[1][1] * ras[2][2] - ras[1][2] * ras[2][1]) - ras[0][1] * (ras[1][0] * ras[2][2] - ras[1][2] * ras[2][0]) +
                         ras[0][2] * (ras[1][0] * ras[2][1] - ras[1][1] * ras[2][0]);
    double qfac = determinant < 0 ? -1 : 1, q[4];
    for (int i = 0; i < 3; i++)
        rotation[i][2] *= qfac;
    for (int j = 0; j < 3; j++) {
        int k = (j + 1) % 3;
        worst = fmax(worst, fabs(ras[0][j] * ras[0][k] + ras[1][j] * ras[1][k] + ras[2][j] * ras[2][k]));
    }
    quaternion(rotation, q);
    put_float(head, 76, qfac);
    put16(head, 252, worst < 1e-6);
    put16(head, 254, 1);
    for (size_t i = 0; i < 3; i++) {
        double origin = i < 2 ? -grid->origin[i] : grid->origin[i];
        put_float(head, 80 + 4 * i, grid->spacing[i]);
        put_float(head, 256 + 4 * i, q[i + 1]);
        put_float(head, 268 + 4 * i, origin);
        for (size_t j = 0; j < 3; j++)
            put_float(head, 280 + 16 * i + 4 * j, ras[i][j] * grid->spacing[j]);
        put_float(head, 280 + 16 * i + 12, origin);
    }
}

static bool put_header(unsigned char head[VOXELS_AT], const struct volume *volume, struct err *err)
{
    static const struct {
        enum voxel_type type;
        int code;
    } CODES[] = {{VOXEL_U8, 2}, {VOXEL_I16, 4}, {VOXEL_F32, 16}, {VOXEL_F64, 64}};
    memset(head, 0, VOXELS_AT);
    put16(head, 0, NIFTI1_SIZE);
    put16(head, 40, 3);
    for (size_t i = 0; i < 7; i++)
        put16(head, 42 + 2 * i, 1);
    for (size_t i = 0; i < 3; i++) {
        if (volume->grid.n[i] > INT16_MAX)
            return err_set(err, ERR_INPUT, "NIfTI-1 holds up to 32767 voxels a side, the image has %zu", volume->grid.n[i]);
        put16(head, 42 + 2 * i, (int)volume->grid.n[i]);
    }
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++)
        if (CODES[i].type == volume->type)
            put16(head, 70, CODES[i].code);
    if ((head[70] | head[71]) == 0 || volume->channel_n != 1)
        return err_set(err, ERR_BUG, "NIfTI is written as uint8, int16, float32 or float64 of one channel, not as %s of %zu", voxel_type_name(volume->type),
                       volume->channel_n);
    put16(head, 72, (int)(8 * voxel_type_size(volume->type)));
    put_float(head, 108, VOXELS_AT);
    put_float(head, 112, 1);
    head[123] = 2; /* mm */
    put_geometry(head, &volume->grid);
    memcpy(head + 344, "n+1", 4);
    return true;
}

bool nifti_write(const char *path, const struct volume *volume, struct err *err)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "voxels are written as they lie in memory, the header as little-endian");
    size_t voxel_bytes = grid_voxel_n(&volume->grid) * voxel_type_size(volume->type), n = VOXELS_AT + voxel_bytes, packed_n;
    unsigned char *bytes = mem_alloc(n, 1, err), *packed = NULL;
    if (bytes == NULL)
        return err_add(err, "writing %s", path);
    bool done = put_header(bytes, volume, err);
    if (done) {
        memcpy(bytes + VOXELS_AT, volume->voxels, voxel_bytes);
        size_t length = strlen(path);
        if (length >= 3 && strcasecmp(path + length - 3, ".gz") == 0)
            done = gzip_pack(bytes, n, 6, &packed, &packed_n, err) && file_write(path, packed, packed_n, err);
        else
            done = file_write(path, bytes, n, err);
    }
    mem_free(packed);
    mem_free(bytes);
    return done || err_add(err, "writing %s", path);
}
