/* Colours that readers with any colour vision tell apart, also in grey print: Okabe and Ito, Color Universal Design, 2008.
 * What differs in colour differs in dash or mark as well. */
#ifndef HEPAR_REPORT_PALETTE_H
#define HEPAR_REPORT_PALETTE_H

#define BLUE "#0072B2"
#define VERMILION "#D55E00"
#define GREEN "#009E73"
#define PURPLE "#CC79A7"
#define ORANGE "#E69F00"
#define SKY "#56B4E9"
#define INK "#1a1a1a"
#define GREY "#767676"
#define LIGHT "#d9d9d9"
#define PALE "#f2f2f2"

/* Two groups everywhere: low risk and negative are BLUE, high risk and positive VERMILION. */
#define LOW_COLOUR BLUE
#define HIGH_COLOUR VERMILION

enum { SERIES_N = 6 };
static const char *const series_colour[SERIES_N] = {BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY};
static const char *const series_dash[SERIES_N] = {0, "7 3", "2 2", "9 3 2 3", "5 2", "1 3"};

#endif
