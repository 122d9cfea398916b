/* Householder reflections to bidiagonal form, then implicit QR steps with a shift, in LINPACK's order of operations.
 * Matrices are held by columns here: x[j][i] is row i of column j, so that a column is a vector. */
#include "num/svd3.h"

#include <math.h>
#include <string.h>

enum { N = 3, STEPS_MAX = 1000 };

struct state {
    double s[N], e[N]; /* diagonal, and superdiagonal (e[i] right of s[i]) */
    double u[N][N], v[N][N];
};

static double norm(size_t n, const double *x)
{
    double scale = 0, sum = 1;
    if (n == 1)
        return fabs(x[0]);
    for (size_t i = 0; i < n; i++) {
        double a = fabs(x[i]);
        if (a == 0)
            continue;
        if (scale < a) {
            sum = 1 + sum * ((scale / a) * (scale / a));
            scale = a;
        } else
            sum += (a / scale) * (a / scale);
    }
    return scale * sqrt(sum);
}

static double dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static void add_scaled(size_t n, double a, const double *x, double *y)
{
    for (size_t i = 0; a != 0 && i < n; i++)
        y[i] += a * x[i];
}

static void scale_by(size_t n, double a, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

/* Makes x the vector of a Householder reflection (x[0] = 1 + |its cosine|); returns the entry it leaves. */
static double reflector(size_t n, double *x)
{
    double length = norm(n, x);
    if (length == 0)
        return -length;
    if (x[0] != 0)
        length = copysign(length, x[0]);
    scale_by(n, 1 / length, x);
    x[0] += 1;
    return -length;
}

static void reflect(size_t n, const double *h, double *x)
{
    add_scaled(n, -dot(n, h, x) / h[0], h, x);
}

/* Givens rotation that turns (*a, b) into (*a, 0). */
static void rotation(double *a, double b, double *c, double *s)
{
    double larger = fabs(*a) > fabs(b) ? *a : b, scale = fabs(*a) + fabs(b);
    *c = 1;
    *s = 0;
    if (scale == 0) {
        *a = 0;
        return;
    }
    double p = *a / scale, q = b / scale, r = scale * sqrt(p * p + q * q);
    r = copysign(1, larger) * r;
    *c = *a / r;
    *s = b / r;
    *a = r;
}

static void rotate(double *x, double *y, double c, double s)
{
    for (int i = 0; i < N; i++) {
        double t = c * x[i] + s * y[i];
        y[i] = c * y[i] - s * x[i];
        x[i] = t;
    }
}

static void make_bidiagonal(double x[N][N], struct state *k)
{
    for (size_t l = 0; l < N - 1; l++) {
        size_t n = N - l;
        k->s[l] = reflector(n, &x[l][l]);
        for (size_t j = l + 1; j < N; j++) {
            if (k->s[l] != 0)
                reflect(n, &x[l][l], &x[j][l]);
            k->e[j] = x[j][l];
        }
        memcpy(&k->u[l][l], &x[l][l], n * sizeof(double));
        if (l > 0)
            continue; /* a row of two is bidiagonal already */
        k->e[0] = reflector(N - 1, &k->e[1]);
        double work[N] = {0};
        if (k->e[0] != 0) {
            for (size_t j = 1; j < N; j++)
                add_scaled(N - 1, k->e[j], &x[j][1], &work[1]);
            for (size_t j = 1; j < N; j++)
                add_scaled(N - 1, -k->e[j] / k->e[1], &work[1], &x[j][1]);
        }
        memcpy(&k->v[0][1], &k->e[1], (N - 1) * sizeof(double));
    }
    k->s[N - 1] = x[N - 1][N - 1];
    k->e[1] = x[N - 1][1];
    k->e[N - 1] = 0;
}

static void unit(double *x, size_t at)
{
    for (size_t i = 0; i < N; i++)
        x[i] = i == at;
}

/* The reflections multiplied out, from the last to the first. */
static void make_vectors(struct state *k)
{
    unit(k->u[N - 1], N - 1);
    for (size_t l = N - 1; l-- > 0;) {
        if (k->s[l] == 0) {
            unit(k->u[l], l);
            continue;
        }
        for (size_t j = l + 1; j < N; j++)
            reflect(N - l, &k->u[l][l], &k->u[j][l]);
        scale_by(N - l, -1, &k->u[l][l]);
        k->u[l][l] += 1;
        for (size_t i = 0; i < l; i++)
            k->u[l][i] = 0;
    }
    unit(k->v[2], 2);
    unit(k->v[1], 1);
    for (size_t j = 1; k->e[0] != 0 && j < N; j++)
        reflect(N - 1, &k->v[0][1], &k->v[j][1]);
    unit(k->v[0], 0);
}

static double largest(const struct state *k, int l, int m)
{
    return fmax(fmax(fmax(fmax(fabs(k->s[m]), fabs(k->s[m - 1])), fabs(k->e[m - 1])), fabs(k->s[l])), fabs(k->e[l]));
}

static void qr_step(struct state *k, int l, int m)
{
    double *s = k->s, *e = k->e, scale = largest(k, l, m), cs, sn, shift = 0;
    double sm = s[m] / scale, smm1 = s[m - 1] / scale, emm1 = e[m - 1] / scale, sl = s[l] / scale, el = e[l] / scale;
    double b = ((smm1 + sm) * (smm1 - sm) + emm1 * emm1) / 2, c = (sm * emm1) * (sm * emm1);
    if (b != 0 || c != 0) {
        shift = sqrt(b * b + c);
        shift = c / (b + (b < 0 ? -shift : shift));
    }
    double f = (sl + sm) * (sl - sm) + shift, g = sl * el;
    for (int i = l; i < m; i++) {
        rotation(&f, g, &cs, &sn);
        if (i != l)
            e[i - 1] = f;
        f = cs * s[i] + sn * e[i];
        e[i] = cs * e[i] - sn * s[i];
        g = sn * s[i + 1];
        s[i + 1] = cs * s[i + 1];
        rotate(k->v[i], k->v[i + 1], cs, sn);
        rotation(&f, g, &cs, &sn);
        s[i] = f;
        f = cs * e[i] + sn * s[i + 1];
        s[i + 1] = -sn * e[i] + cs * s[i + 1];
        g = sn * e[i + 1];
        e[i + 1] = cs * e[i + 1];
        rotate(k->u[i], k->u[i + 1], cs, sn);
    }
    e[m - 1] = f;
}

/* s[m] is negligible: its superdiagonal is rotated away upwards. */
static void deflate(struct state *k, int l, int m)
{
    double f = k->e[m - 1], cs, sn;
    k->e[m - 1] = 0;
    for (int i = m - 1; i >= l; i--) {
        rotation(&k->s[i], f, &cs, &sn);
        if (i != l) {
            f = -sn * k->e[i - 1];
            k->e[i - 1] = cs * k->e[i - 1];
        }
        rotate(k->v[i], k->v[m], cs, sn);
    }
}

/* s[l - 1] is negligible: the matrix splits there. */
static void split(struct state *k, int l, int m)
{
    double f = k->e[l - 1], cs, sn;
    k->e[l - 1] = 0;
    for (int i = l; i <= m; i++) {
        rotation(&k->s[i], f, &cs, &sn);
        f = -sn * k->e[i];
        k->e[i] = cs * k->e[i];
        rotate(k->u[i], k->u[l - 1], cs, sn);
    }
}

static void swap_columns(double *a, double *b)
{
    for (int i = 0; i < N; i++) {
        double t = a[i];
        a[i] = b[i];
        b[i] = t;
    }
}

/* s[l] has converged: positive, and moved to its place among those behind it. */
static void put_in_order(struct state *k, int l)
{
    if (k->s[l] < 0) {
        k->s[l] = -k->s[l];
        scale_by(N, -1, k->v[l]);
    }
    for (; l < N - 1 && k->s[l] < k->s[l + 1]; l++) {
        double t = k->s[l];
        k->s[l] = k->s[l + 1];
        k->s[l + 1] = t;
        swap_columns(k->v[l], k->v[l + 1]);
        swap_columns(k->u[l], k->u[l + 1]);
    }
}

/* The first row of the lowest block of s[..m] that a zero of e does not divide. */
static int block_start(struct state *k, int m)
{
    for (int l = m - 1; l >= 0; l--) {
        double test = fabs(k->s[l]) + fabs(k->s[l + 1]);
        if (test + fabs(k->e[l]) == test) {
            k->e[l] = 0;
            return l + 1;
        }
    }
    return 0;
}

/* The last row of l..m with a negligible s, which becomes 0; l - 1 when there is none. */
static int negligible(struct state *k, int l, int m)
{
    for (int i = m; i >= l; i--) {
        double test = (i != m ? fabs(k->e[i]) : 0) + (i != l ? fabs(k->e[i - 1]) : 0);
        if (test + fabs(k->s[i]) == test) {
            k->s[i] = 0;
            return i;
        }
    }
    return l - 1;
}

static bool iterate(struct state *k)
{
    for (int m = N - 1, steps = 0; m >= 0;) {
        int l = block_start(k, m);
        if (l == m) {
            put_in_order(k, l);
            m--;
            steps = 0;
            continue;
        }
        if (steps++ == STEPS_MAX)
            return false;
        int zero = negligible(k, l, m);
        if (zero < l)
            qr_step(k, l, m);
        else if (zero == m)
            deflate(k, l, m);
        else
            split(k, zero + 1, m);
    }
    return true;
}

bool svd3(const double m[3][3], double u[3][3], double s[3], double v[3][3])
{
    struct state k = {0};
    double x[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            if (!isfinite(m[i][j]))
                return false;
            x[j][i] = m[i][j];
        }
    make_bidiagonal(x, &k);
    make_vectors(&k);
    if (!iterate(&k))
        return false;
    for (int i = 0; i < N; i++) {
        s[i] = k.s[i];
        for (int j = 0; j < N; j++) {
            u[i][j] = k.u[j][i];
            v[i][j] = k.v[j][i];
        }
    }
    return true;
}

void svd3_inverse(const double m[3][3], double inverse[3][3])
{
    double u[N][N], s[N], v[N][N], scaled[N][N];
    bool good = svd3(m, u, s, v);
    for (int i = 0; good && i < N; i++)
        for (int j = 0; j < N; j++)
            scaled[i][j] = s[j] == 0 ? 0 : v[i][j] * (1 / s[j]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            inverse[i][j] = good ? 0 : NAN;
            for (int l = 0; good && l < N; l++)
                inverse[i][j] += scaled[i][l] * u[j][l];
        }
}
