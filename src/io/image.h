/* Image files of every format, told by content; io/image.c holds the table of formats. */
#ifndef HEPAR_IO_IMAGE_H
#define HEPAR_IO_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "image/volume.h"

/* How a file said what it is; borrowed literals. */
struct image_origin {
    const char *format; /* "NIfTI", "NRRD" */
    const char *form;   /* where the geometry comes from: "sform", "qform", "none", "space directions", "spacings" */
};

/* One voxel, one number: ERR_INPUT for channels. Notes gain what was odd; errors name the file. The caller
 * frees the volume with volume_free(). */
bool image_read(const char *path, struct volume *volume, struct notes *notes, struct err *err);
/* The same, for masks: several channels may be there. */
bool image_read_mask(const char *path, struct volume *volume, struct notes *notes, struct err *err);
/* About how many bytes reading the file takes at its height, from its size, or what gzip's last field says of it: content,
 * and voxels that may be doubles. 0 when the file cannot be looked into (reading it will say why). Files beside a
 * detached header are not counted. */
uint64_t image_memory(const char *path);
/* As image_read(), with what is known of the file (also when it is refused, as far as it was told). */
bool image_read_origin(const char *path, struct volume *volume, struct image_origin *origin, struct notes *notes, struct err *err);

#endif
