/* From a file's bytes to a volume's voxels, shared by the image formats. */
#ifndef HEPAR_IO_VOXELS_H
#define HEPAR_IO_VOXELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/notes.h"
#include "image/volume.h"

/* A file's bytes on their way to become voxels. */
struct content {
    unsigned char *bytes; /* owned, from base/mem.h */
    size_t n;
};
void content_free(struct content *content);

/* Replaces the content by what its gzip members from byte `at` on unpack to. `expected` bytes are wanted (0: unknown); 64 MB more
 * are borne with, then it is refused: what lies behind the voxels must not fill the memory. */
bool content_unpack(struct content *content, size_t at, size_t expected, struct notes *notes, struct err *err);

/* The bytes from `offset` on become the voxels of `volume` (grid, type and channel_n are set, voxels NULL), swapped
 * when the byte order is not the machine's. Takes the bytes over without a second copy; the size was checked. */
void voxels_take(struct volume *volume, struct content *content, size_t offset, bool swapped);
/* The same as float64 after stored * slope + inter (each rounded), for one channel. */
bool voxels_scale(struct volume *volume, const struct content *content, size_t offset, bool swapped, double slope, double inter,
                  struct err *err);

/* Notes what a reader of the values should know: voxels that are not finite, integers beyond 2^53. */
bool voxels_note_values(const struct volume *volume, struct notes *notes, struct err *err);

#endif
