#include "radiomics/axes.h"

#include <assert.h>
#include <math.h>

__extension__ typedef __int128 int128;

void axes_add(struct axes *axes, int64_t x, int64_t y, int64_t z)
{
    const int64_t at[3] = {x, y, z};
    axes->n++;
    for (int i = 0; i < 3; i++) {
        axes->sum[i] += at[i];
        for (int j = i; j < 3; j++)
            axes->product[i][j] += at[i] * at[j];
    }
}

/* One Jacobi rotation that zeroes a[p][q] (Golub, Van Loan, Matrix Computations, 8.5). */
static void rotate(double a[3][3], int p, int q)
{
    if (a[p][q] == 0)
        return;
    double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    double apq = a[p][q];
    a[p][p] -= t * apq;
    a[q][q] += t * apq;
    a[p][q] = a[q][p] = 0;
    int r = 3 - p - q;
    double arp = a[r][p], arq = a[r][q];
    a[r][p] = a[p][r] = c * arp - s * arq;
    a[r][q] = a[q][r] = s * arp + c * arq;
}

static void sort3(double *value, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && value[j] < value[j - 1]; j--) {
            double swap = value[j];
            value[j] = value[j - 1];
            value[j - 1] = swap;
        }
}

void axes_eigenvalues(const struct axes *axes, const double *spacing, size_t dim, double value[3])
{
    double a[3][3] = {{0}};
    double n = (double)axes->n;
    assert(axes->n >= 1 && dim >= 2 && dim <= 3);
    for (size_t i = 0; i < dim; i++)
        for (size_t j = i; j < dim; j++) {
            int128 scaled = (int128)axes->n * axes->product[i][j] - (int128)axes->sum[i] * axes->sum[j];
            a[i][j] = a[j][i] = (double)scaled / n / n * spacing[i] * spacing[j];
        }
    for (int sweep = 0; sweep < 12; sweep++) { /* converges quadratically: 5 or 6 are enough for 3 x 3 */
        rotate(a, 0, 1);
        rotate(a, 0, 2);
        rotate(a, 1, 2);
    }
    for (size_t i = 0; i < dim; i++)
        value[i] = a[i][i] < 0 && a[i][i] > -1e-10 ? 0 : a[i][i]; /* PyRadiomics' own bound for rounding */
    sort3(value, dim);
}
