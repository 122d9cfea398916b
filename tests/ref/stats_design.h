/* Designs of the oracle's model tasks, and the keys that all models share. */
#ifndef HEPAR_TESTS_REF_STATS_DESIGN_H
#define HEPAR_TESTS_REF_STATS_DESIGN_H

#include "stats_case.h"

/* A design: numbers as they are, texts as treatment-coded levels (the first is the reference), incomplete rows out. */
struct design {
    size_t n, p, term_n;
    double *x;           /* n x p */
    size_t *term;        /* [p] */
    const char **name;   /* [p] */
    const char **term_name;
    size_t *row;         /* [n] rows of the table */
};

/* Columns of the first table; usable[i] false leaves row i out beforehand. Owned by the case. */
struct design design_of(struct stats_case *c, const json_t *columns, const bool *usable);
/* A column's values, or a text column's places among its levels, at the rows of the design; NULL stays NULL. */
double *design_taken(struct stats_case *c, const double *column, const struct design *d);
size_t *design_codes(struct stats_case *c, const char *column, const struct design *d, struct case_levels *levels);

void put_names(json_t *to, const char *key, const char *const *name, size_t n);
/* Wald's z, p and limits of each coefficient, under the given keys; the limits exponentiated or not. */
void put_wald(struct stats_case *c, const double *coef, const double *se, size_t p, const char *low_key,
              const char *high_key, bool exponentiated);

#endif
