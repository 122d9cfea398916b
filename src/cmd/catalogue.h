/* The catalogues of features and of networks, made from their tables. */
#ifndef HEPAR_CMD_CATALOGUE_H
#define HEPAR_CMD_CATALOGUE_H

#include "base/text.h"

void catalogue_document(struct text *text); /* Markdown: a table a class */
void catalogue_networks(struct text *text); /* Markdown: one table */

#endif
