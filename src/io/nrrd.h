/* NRRD: attached or detached; encodings raw, gzip, ascii, hex; every type but block.
 *
 * Geometry in LPS (spaces LPS, RAS, LAS). A leading axis without a place in space gives channels (vector masks). A
 * detached header reads files in its own folder or below, and no others. */
#ifndef HEPAR_IO_NRRD_H
#define HEPAR_IO_NRRD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/notes.h"
#include "image/volume.h"
#include "io/voxels.h"

/* `content` is the file at `path`; it is taken (freed, or kept as voxels) whatever comes out. *form: "space directions" or
 * "spacings". Errors do not name the file. */
bool nrrd_read(const char *path, struct content *content, struct volume *volume, const char **form, struct notes *notes, struct err *err);
bool nrrd_is(const unsigned char *head, size_t n);

/* Writes one attached file, any voxel type, channels as a leading axis; gzip or raw. The same volume gives the same bytes. */
bool nrrd_write(const char *path, const struct volume *volume, bool gzip, struct err *err);

#endif
