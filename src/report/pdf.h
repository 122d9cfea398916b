/* PDF from our own SVG, by librsvg and cairo.
 *
 * Both are opened when the first figure is drawn, not when the program starts: linked plainly they, and the thirty
 * libraries they bring, add about 10 ms to every command. The PDF's date is fixed, so the same SVG gives the same
 * bytes (on one version of the libraries and fonts). */
#ifndef HEPAR_REPORT_PDF_H
#define HEPAR_REPORT_PDF_H

#include "base/err.h"
#include "base/text.h"

/* Appends to `pdf`. ERR_SYSTEM when the libraries are not installed, or fail. Not thread-safe. */
bool pdf_from_svg(const char *svg, size_t n, double width, double height, const char *title, struct text *pdf, struct err *err);

#endif
