/* The NIfTI-1 and NIfTI-2 header as fields, in either byte order (inside of io: nifti.c and nifti_write.c).
 * Definition: nifti1.h and nifti2.h of the NIfTI Data Format Working Group. */
#ifndef HEPAR_IO_NIFTI_HEADER_H
#define HEPAR_IO_NIFTI_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "image/volume.h"

enum { NIFTI1_SIZE = 348, NIFTI2_SIZE = 540 };

struct nifti_header {
    int version;      /* 1 or 2 */
    bool swapped;     /* the file's byte order is not this machine's */
    bool pair;        /* voxels lie in a separate .img */
    int64_t dim[8];   /* dim[0]: how many of the others count */
    int datatype, bitpix;
    double pixdim[8]; /* pixdim[0]: qfac */
    double vox_offset;
    uint64_t vox_offset2; /* NIfTI-2: exact, as it need not fit a double */
    double slope, inter;
    int units;
    int qform_code, sform_code;
    double quatern[3], qoffset[3];
    double srow[3][4];
};

/* True when the bytes begin as a NIfTI header does (its size field), whatever follows. */
bool nifti_header_is(const unsigned char *bytes, size_t n);
/* Fields as they stand, after size and magic. ERR_INPUT for what is too short, Analyze 7.5, or no NIfTI. */
bool nifti_header_parse(const unsigned char *bytes, size_t n, struct nifti_header *header, struct err *err);

/* What the voxels are: grid size, type, where they begin, how many bytes they take. */
struct nifti_layout {
    size_t n[3];
    enum voxel_type type;
    size_t offset, bytes; /* their sum does not overflow */
    bool scaled;          /* slope and inter apply */
};
bool nifti_header_layout(const struct nifti_header *header, struct nifti_layout *layout, struct notes *notes, struct err *err);

/* Spacing, origin, direction (LPS, mm); the name of the form used ("sform", "qform", "none") into *form. */
bool nifti_header_grid(const struct nifti_header *header, struct grid *grid, const char **form, struct notes *notes, struct err *err);

#endif
