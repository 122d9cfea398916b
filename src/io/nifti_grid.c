/* Where a NIfTI image lies: sform, qform or pixdim alone, turned from RAS to LPS and into mm; see nifti_header.h.
 *
 * sform when its code is above 0, else qform, else pixdim with axes +R +A +S and origin 0. Two forms that differ
 * would put a tumour in two places: sform is taken, and it is said. */
#include "io/nifti_header.h"

#include <math.h>

static const double QUATERN_SLACK = 1e-5; /* b^2 + c^2 + d^2 may exceed 1 by rounding */
static const double FORM_DIFFERENCE = 1e-3;

/* An affine in LPS and mm: position = step * index + origin. */
struct affine {
    double step[3][3], origin[3];
};

static bool unit_factor(const struct nifti_header *h, double *factor, struct notes *notes, struct err *err)
{
    switch (h->units & 7) {
    case 0:
        *factor = 1;
        return notes_add(notes, err, "units unknown", "the unit of length is not stated: taken as mm");
    case 1:
        *factor = 1000;
        return true;
    case 2:
        *factor = 1;
        return true;
    case 3:
        *factor = 0.001;
        return true;
    default:
        return err_set(err, ERR_INPUT, "unit of length has code %d, expected 1 (m), 2 (mm) or 3 (micron)", h->units & 7);
    }
}

/* RAS to LPS: x and y point the other way. */
static double lps(int i, double ras)
{
    return i < 2 ? -ras : ras;
}

static struct affine from_sform(const struct nifti_header *h, double factor)
{
    struct affine a;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            a.step[i][j] = lps(i, h->srow[i][j] * factor);
        a.origin[i] = lps(i, h->srow[i][3] * factor);
    }
    return a;
}

/* "Method 2" of nifti1.h: rotation of the unit quaternion (a, b, c, d), z times qfac. */
static bool from_qform(const struct nifti_header *h, double factor, struct affine *affine, struct err *err)
{
    double b = h->quatern[0], c = h->quatern[1], d = h->quatern[2], a = 0;
    double square = b * b + c * c + d * d;
    if (!isfinite(square))
        return err_set(err, ERR_INPUT, "qform quaternion is not finite");
    if (square > 1 + QUATERN_SLACK)
        return err_set(err, ERR_INPUT, "qform quaternion has b2+c2+d2 = %g, expected at most 1", square);
    if (square > 1) {
        double length = sqrt(square);
        b /= length, c /= length, d /= length;
    } else {
        a = sqrt(1 - square);
    }
    const double r[3][3] = {
        {a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)},
        {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)},
        {2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c},
    };
    double qfac = h->pixdim[0] < 0 ? -1 : 1;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            affine->step[i][j] = lps(i, r[i][j] * fabs(h->pixdim[j + 1]) * factor * (j == 2 ? qfac : 1));
        affine->origin[i] = lps(i, h->qoffset[i] * factor);
    }
    return true;
}

static struct affine from_pixdim(const struct nifti_header *h, double factor)
{
    struct affine a = {0};
    for (int i = 0; i < 3; i++)
        a.step[i][i] = lps(i, fabs(h->pixdim[i + 1]) * factor);
    return a;
}

static bool note_pixdim(const struct nifti_header *h, double factor, const struct grid *grid, struct notes *notes, struct err *err)
{
    for (int j = 0; j < 3; j++) {
        double pixdim = fabs(h->pixdim[j + 1]) * factor;
        if (!(fabs(pixdim - grid->spacing[j]) <= FORM_DIFFERENCE * grid->spacing[j]))
            return notes_add(notes, err, "pixdim differs", "pixdim[%d] says %g mm, the sform %g mm: the sform is taken", j + 1, pixdim,
                             grid->spacing[j]);
    }
    return true;
}

static bool note_forms(const struct nifti_header *h, double factor, const struct affine *sform, struct notes *notes, struct err *err)
{
    struct affine qform;
    struct err why = ERR_INIT;
    if (h->qform_code <= 0)
        return true;
    if (!from_qform(h, factor, &qform, &why))
        return notes_add(notes, err, "sform and qform differ", "the qform is of no use (%s): the sform is taken", why.text);
    double most = 0;
    bool finite = true;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            double difference = fabs(qform.step[i][j] - sform->step[i][j]);
            finite = finite && isfinite(difference);
            most = fmax(most, difference);
        }
        finite = finite && isfinite(qform.origin[i]);
        most = fmax(most, fabs(qform.origin[i] - sform->origin[i]));
    }
    if (finite && most <= FORM_DIFFERENCE)
        return true;
    return notes_add(notes, err, "sform and qform differ", "sform and qform differ by up to %g mm: the sform is taken", most);
}

static bool note_pixdim_signs(const struct nifti_header *h, struct notes *notes, struct err *err)
{
    for (int j = 1; j <= 3; j++)
        if (h->pixdim[j] < 0 &&
            !notes_add(notes, err, "negative pixdim", "pixdim[%d] is %g: its absolute value is taken", j, h->pixdim[j]))
            return false;
    return true;
}

bool nifti_header_grid(const struct nifti_header *h, struct grid *grid, const char **form, struct notes *notes, struct err *err)
{
    double factor;
    struct affine affine;
    if (!unit_factor(h, &factor, notes, err) || !note_pixdim_signs(h, notes, err))
        return false;
    if (h->sform_code > 0) {
        *form = "sform";
        affine = from_sform(h, factor);
    } else if (h->qform_code > 0) {
        *form = "qform";
        if (!from_qform(h, factor, &affine, err))
            return false;
        if (h->pixdim[0] != 1 && h->pixdim[0] != -1 &&
            !notes_add(notes, err, "qfac", "pixdim[0] (qfac) is %g, expected 1 or -1: taken as %d", h->pixdim[0], h->pixdim[0] < 0 ? -1 : 1))
            return false;
    } else {
        *form = "none";
        affine = from_pixdim(h, factor);
        if (!notes_add(notes, err, "no orientation", "neither sform nor qform is set: axes taken as right, anterior, superior, origin 0"))
            return false;
    }
    if (!grid_set_steps(grid, affine.step, err))
        return err_add(err, "%s", h->sform_code > 0 ? "sform" : h->qform_code > 0 ? "qform and pixdim" : "pixdim");
    for (int i = 0; i < 3; i++) {
        if (!isfinite(affine.origin[i]))
            return err_set(err, ERR_INPUT, "%s: origin is not finite", *form);
        grid->origin[i] = affine.origin[i];
    }
    if (h->sform_code <= 0)
        return true;
    return note_pixdim(h, factor, grid, notes, err) && note_forms(h, factor, &affine, notes, err);
}
