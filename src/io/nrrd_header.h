/* The NRRD header as fields (inside of io: nrrd.c). Definition: http://teem.sourceforge.net/nrrd/format.html */
#ifndef HEPAR_IO_NRRD_HEADER_H
#define HEPAR_IO_NRRD_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/notes.h"
#include "image/volume.h"

enum nrrd_encoding { NRRD_RAW, NRRD_GZIP, NRRD_ASCII, NRRD_HEX };
enum { NRRD_AXES_MAX = 16 };

struct nrrd_header {
    enum voxel_type type;
    enum nrrd_encoding encoding;
    bool swapped;             /* the file's byte order is not this machine's */
    size_t axis_n, size[NRRD_AXES_MAX];
    struct grid grid;         /* n, spacing, origin, direction (LPS, mm) */
    size_t channel_n;         /* length of a leading axis without place in space; 1 else */
    size_t bytes;             /* of all voxels, unpacked */
    size_t line_skip;
    bool last_bytes;          /* byte skip -1: the data are the last bytes */
    size_t byte_skip;
    size_t data_at;           /* where the attached data begin in the header's file */
    bool directed;            /* by space directions, not by spacings alone */
    bool attached;            /* an empty line closed the header */
    const char *data_file;    /* as written; NULL when attached */
    const char *const *list;  /* data file: LIST */
    size_t list_n;
};

/* Texts live in `arena`. Errors name the line. */
bool nrrd_header_parse(const unsigned char *bytes, size_t n, struct arena *arena, struct nrrd_header *header, struct notes *notes, struct err *err);

/* Whole text as a number; nan and inf are numbers here. */
bool nrrd_number(const char *text, double *value);

#endif
