/* slices/ID.png of the run folder: the largest slice of a case's tumour in each phase, side by side, with the mask's outline. */
#ifndef HEPAR_STUDY_SLICES_H
#define HEPAR_STUDY_SLICES_H

#include "base/err.h"
#include "radiomics/params.h"
#include "study/cohort.h"

/* For every case that is used, into folder/slices; a picture that is there already is kept. A case that can't be drawn is left out,
 * which is said. Masks fit, and have the label, as the parameters say. */
bool slices_write(const struct cohort *cohort, const struct params *params, const char *folder, struct err *err);

/* The name of a case's file: "ID" and the ending; bytes of the ID that are no letter, digit, '-', '_' or '.' (nor a '.' in front) become "~XX", and
 * a name that would be too long ends in a hash of the ID. Different IDs have different names. `out` holds SLICES_NAME_ROOM bytes. */
enum { SLICES_NAME_ROOM = 256 };
void slices_name(const char *id, const char *ending, char out[SLICES_NAME_ROOM]); /* ending: ".png", 10 bytes at most */

#endif
