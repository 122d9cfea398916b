/* The lines of an NRRD header: which field has which text, and where it stands (inside of io). */
#ifndef HEPAR_IO_NRRD_FIELDS_H
#define HEPAR_IO_NRRD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

enum nrrd_field {
    NRRD_TYPE,
    NRRD_DIMENSION,
    NRRD_SIZES,
    NRRD_ENCODING,
    NRRD_ENDIAN,
    NRRD_SPACE,
    NRRD_SPACE_DIMENSION,
    NRRD_SPACE_UNITS,
    NRRD_SPACE_ORIGIN,
    NRRD_SPACE_DIRECTIONS,
    NRRD_SPACINGS,
    NRRD_AXIS_MINS,
    NRRD_UNITS,
    NRRD_KINDS,
    NRRD_DATA_FILE,
    NRRD_LINE_SKIP,
    NRRD_BYTE_SKIP,
    NRRD_OTHER, /* the first of those that are known and not used here */
    NRRD_FIELD_N = NRRD_OTHER + 16,
};

struct nrrd_fields {
    const char *text[NRRD_FIELD_N]; /* NULL: absent */
    size_t line[NRRD_FIELD_N];
    size_t end;    /* bytes of the header, with the empty line */
    bool attached; /* an empty line closed it */
    const char **list; /* the lines behind "data file: LIST" */
    size_t list_n;
};

bool nrrd_fields_read(const unsigned char *bytes, size_t n, struct arena *arena, struct nrrd_fields *fields, struct err *err);
const char *nrrd_field_name(enum nrrd_field field);

#endif
