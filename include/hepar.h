/* hepar's C API: small and stable. Link with `pkg-config --cflags --libs hepar`.
 *
 * Whatever is declared here keeps its meaning within a major version; nothing else of libhepar does, and no
 * other symbol is meant to be called. Handles are opaque; texts are UTF-8. */
#ifndef HEPAR_H
#define HEPAR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0", static. Thread-safe. */
const char *hepar_version(void);

/* ---- Features of one case ----
 *
 *     char error[256];
 *     struct hepar_params *params = hepar_params_read("params.yaml", error, sizeof error);
 *     struct hepar_case *made = params == NULL ? NULL : hepar_extract_case(params, "ct.nii.gz", "tumour.nii.gz", 0, error, sizeof error);
 *     for (size_t i = 0; i < hepar_case_n(made); i++)
 *         printf("%s %.17g\n", hepar_case_name(made, i), hepar_case_value(made, i));
 *     hepar_case_free(made);
 *     hepar_params_free(params);
 *
 * Where a call fails it returns NULL and writes one line into error[0..error_n-1], cut to fit and closed by '\0'; error may
 * be NULL. All calls may be made from several threads at once (each with its own case); nothing is printed. */

struct hepar_params; /* what is computed, and how; never changes once made */
struct hepar_case;   /* the features of one case */

/* A PyRadiomics parameter file. path NULL: PyRadiomics' defaults, and a mask whose grid is the image's to 1e-3 voxel. */
struct hepar_params *hepar_params_read(const char *path, char *error, size_t error_n);
void hepar_params_free(struct hepar_params *params); /* NULL is fine */

/* Reads image and mask (NIfTI or NRRD) and computes. label: the mask value of the region; 0: the parameters' own (1 where
 * they say nothing). The case does not need `params` any longer. */
struct hepar_case *hepar_extract_case(const struct hepar_params *params, const char *image, const char *mask, unsigned long label, char *error, size_t error_n);
void hepar_case_free(struct hepar_case *made); /* NULL is fine */

/* Features, in the order of the program's columns. NULL has none. Texts live as long as the case. */
size_t hepar_case_n(const struct hepar_case *made);
const char *hepar_case_name(const struct hepar_case *made, size_t i);   /* "original_glcm_Contrast"; i < hepar_case_n() */
double hepar_case_value(const struct hepar_case *made, size_t i);       /* NaN where it is undefined */
const char *hepar_case_reason(const struct hepar_case *made, size_t i); /* why it is undefined, or by what convention the value stands; or NULL */

#ifdef __cplusplus
}
#endif

#endif
