/* NIfTI-1 and NIfTI-2: .nii, .nii.gz, and .hdr with .img (each plain or gzip).
 *
 * Read: any byte order; types u8 i8 u16 i16 u32 i32 u64 i64 f32 f64; up to 3 axes longer than 1; geometry by sform, else qform, else
 * pixdim. Refused: what is truncated, sheared, without orientation by design (Analyze 7.5), complex or colour.
 * Bytes that lie behind the voxels, two forms that differ and the like are read, and noted. */
#ifndef HEPAR_IO_NIFTI_H
#define HEPAR_IO_NIFTI_H

#include <stdbool.h>

#include "base/err.h"
#include "base/notes.h"
#include "image/volume.h"
#include "io/voxels.h"

/* `content` is the file at `path`, packed or not; it is taken (freed, or kept as voxels) whatever comes out.
 * *form: "sform", "qform", "none". Errors do not name the file. */
bool nifti_read(const char *path, struct content *content, struct volume *volume, const char **form, struct notes *notes, struct err *err);
bool nifti_is(const unsigned char *head, size_t n); /* head: unpacked */

/* Writes NIfTI-1 with sform and qform (code 1, scanner), mm, one channel; gzip when the name ends in .gz. Types: uint8, int16,
 * float32, float64 (others: ERR_BUG). The same volume gives the same bytes. ERR_INPUT for a side above 32767. */
bool nifti_write(const char *path, const struct volume *volume, struct err *err);

#endif
