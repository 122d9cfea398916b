/* The catalogue of features, made from the tables of the feature classes. */
#ifndef HEPAR_CMD_CATALOGUE_H
#define HEPAR_CMD_CATALOGUE_H

#include "base/text.h"

void catalogue_document(struct text *text); /* Markdown: a table a class */

#endif
