/* GLCM against its definition (a full matrix a direction, every sum over every cell, MCC through Q) and closed forms. */
#include <float.h>

#include "num/linalg.h"
#include "texture_region.h"

#define LEVELS 24

struct plain {
    double p[LEVELS + 1][LEVELS + 1], total;
};

static void plain_add(struct plain *m, const struct texture *t, int dx, int dy, int dz, double weight)
{
    for_each_voxel(t, x, y, z) {
        int32_t i = texture_at(t, x, y, z), j = texture_at(t, x + dx, y + dy, z + dz);
        if (i == 0 || j == 0)
            continue;
        m->p[i][j] += weight;
        m->total += weight;
        if (t->settings.symmetrical_glcm) {
            m->p[j][i] += weight;
            m->total += weight;
        }
    }
}

static double plain_mcc(const struct plain *m, const double *px, const double *py)
{
    /* Q is similar to the symmetric S = D^-1/2 Q D^1/2, D = diag(px); eps is left out. */
    static double s[LEVELS * LEVELS], value[LEVELS];
    memset(s, 0, sizeof s);
    for (int i = 1; i <= LEVELS; i++)
        for (int j = 1; j <= LEVELS; j++)
            for (int k = 1; k <= LEVELS; k++)
                if (px[i] > 0 && px[j] > 0 && py[k] > 0)
                    s[(i - 1) + (j - 1) * LEVELS] += m->p[i][k] * m->p[j][k] / (sqrt(px[i] * px[j]) * py[k]);
    assert_true(la_eigen_symmetric(LEVELS, s, value));
    return sqrt(fmax(0, value[LEVELS - 2]));
}

static double plain_value(const struct texture *t, struct plain m, const char *name)
{
    double px[LEVELS + 1] = {0}, py[LEVELS + 1] = {0}, ux = 0, uy = 0, sx = 0, sy = 0, sum[2 * LEVELS + 1] = {0}, difference[LEVELS + 1] = {0};
    for (int i = 1; i <= LEVELS; i++)
        for (int j = 1; j <= LEVELS; j++) {
            double p = m.p[i][j] /= m.total;
            px[i] += p;
            py[j] += p;
            ux += p * i;
            uy += p * j;
            sum[i + j] += p;
            difference[abs(i - j)] += p;
        }
    for (int i = 1; i <= LEVELS; i++) {
        sx += px[i] * (i - ux) * (i - ux);
        sy += py[i] * (i - uy) * (i - uy);
    }
    if (strcmp(name, "MCC") == 0)
        return plain_mcc(&m, px, py);
    double Ng = t->region.level_max, value = 0, hx = 0, hy = 0, hxy = 0, hxy1 = 0, hxy2 = 0, da = 0;
    for (int k = 0; k <= LEVELS; k++)
        da += difference[k] * k;
    if (strcmp(name, "SumEntropy") == 0)
        for (int k = 0; k <= 2 * LEVELS; k++)
            value -= sum[k] * log2(sum[k] + DBL_EPSILON);
    else if (strcmp(name, "DifferenceEntropy") == 0)
        for (int k = 0; k <= LEVELS; k++)
            value -= difference[k] * log2(difference[k] + DBL_EPSILON);
    for (int i = 1; i <= LEVELS; i++) {
        hx -= px[i] * log2(px[i] + DBL_EPSILON);
        hy -= py[i] * log2(py[i] + DBL_EPSILON);
        for (int j = 1; j <= LEVELS; j++) {
            double p = m.p[i][j], d = abs(i - j), c = i + j - ux - uy, q = px[i] * py[j];
            hxy -= p * log2(p + DBL_EPSILON);
            hxy1 -= p * log2(q + DBL_EPSILON);
            hxy2 -= q * log2(q + DBL_EPSILON);
            value += strcmp(name, "Autocorrelation") == 0      ? p * i * j
                     : strcmp(name, "ClusterProminence") == 0  ? p * c * c * c * c
                     : strcmp(name, "ClusterShade") == 0       ? p * c * c * c
                     : strcmp(name, "ClusterTendency") == 0    ? p * c * c
                     : strcmp(name, "SumVariance") == 0        ? p * c * c
                     : strcmp(name, "Contrast") == 0           ? p * d * d
                     : strcmp(name, "Correlation") == 0        ? p * (i - ux) * (j - uy) / (sqrt(sx * sy) + DBL_EPSILON)
                     : strcmp(name, "DifferenceAverage") == 0  ? p * d
                     : strcmp(name, "Dissimilarity") == 0      ? p * d
                     : strcmp(name, "DifferenceVariance") == 0 ? p * (d - da) * (d - da)
                     : strcmp(name, "Id") == 0                 ? p / (1 + d)
                     : strcmp(name, "Homogeneity1") == 0       ? p / (1 + d)
                     : strcmp(name, "Idm") == 0                ? p / (1 + d * d)
                     : strcmp(name, "Homogeneity2") == 0       ? p / (1 + d * d)
                     : strcmp(name, "Idn") == 0                ? p / (1 + d / Ng)
                     : strcmp(name, "Idmn") == 0               ? p / (1 + d * d / (Ng * Ng))
                     : strcmp(name, "InverseVariance") == 0    ? (i == j ? 0 : p / (d * d))
                     : strcmp(name, "JointAverage") == 0       ? p * i
                     : strcmp(name, "JointEnergy") == 0        ? p * p
                     : strcmp(name, "SumAverage") == 0         ? p * (i + j)
                     : strcmp(name, "SumSquares") == 0         ? p * (i - ux) * (i - ux)
                                                               : 0;
            if (strcmp(name, "MaximumProbability") == 0)
                value = fmax(value, p);
        }
    }
    if (strcmp(name, "JointEntropy") == 0)
        return hxy;
    if (strcmp(name, "Imc1") == 0)
        return (hxy - hxy1) / fmax(hx, hy);
    if (strcmp(name, "Imc2") == 0)
        return sqrt(fmax(0, 1 - exp(-2 * (hxy2 - hxy))));
    return value;
}

static double plain_feature(const struct texture *t, const char *name)
{
    double sum = 0, used = 0;
    static struct plain whole;
    memset(&whole, 0, sizeof whole);
    for_each_step(dx, dy, dz) {
        if (!texture_near(t, dx, dy, dz) || !texture_forward(dx, dy, dz))
            continue;
        if (t->settings.weighting != WEIGHT_EACH_ANGLE) {
            double mm = texture_step_mm(t, dx, dy, dz);
            plain_add(&whole, t, dx, dy, dz, t->settings.weighting == WEIGHT_EQUAL ? 1 : exp(-mm * mm));
            continue;
        }
        static struct plain one;
        memset(&one, 0, sizeof one);
        plain_add(&one, t, dx, dy, dz, 1);
        if (one.total > 0) {
            sum += plain_value(t, one, name);
            used++;
        }
    }
    return t->settings.weighting == WEIGHT_EACH_ANGLE ? sum / used : plain_value(t, whole, name);
}

static void compare(struct texture *t)
{
    texture_compute(t, &class_glcm);
    for (size_t f = 0; f < class_glcm.feature_n; f++) {
        const char *name = class_glcm.feature[f].name;
        double expected = plain_feature(t, name);
        if (strcmp(name, "MCC") == 0 || strcmp(name, "Imc2") == 0) /* roots: what is zero is so to 1e-8 */
            assert_true(fabs(t->value[f] - expected) < 2e-7);
        else
            assert_same(name, t->value[f], expected);
    }
    test_free(t);
}

static void random_regions_equal_the_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        compare(texture_random(seed, 9, 8, 7, 8, 3));
        compare(texture_random(seed, 11, 10, 1, 5, 2));
        compare(texture_random(seed, 3, 2, 9, 24, 1));
    }
}

static void settings_equal_the_definition(void **state)
{
    (void)state;
    texture_each_setting(compare, 6);
    static const enum weighting norms[] = {WEIGHT_EUCLIDEAN, WEIGHT_MANHATTAN, WEIGHT_INFINITY, WEIGHT_EQUAL};
    for (size_t k = 0; k < 4; k++) {
        for (int symmetrical = 0; symmetrical < 2; symmetrical++) {
            struct texture *t = texture_random(20 + k, 7, 8, 6, 10, 2);
            t->settings.weighting = norms[k];
            t->settings.symmetrical_glcm = symmetrical;
            compare(t);
        }
    }
    struct texture *t = texture_random(30, 8, 8, 8, 9, 2);
    t->settings.symmetrical_glcm = false;
    compare(t);
}

static void a_flat_region_has_correlation_one(void **state)
{
    (void)state;
    struct texture *t = texture_given(3, 2, 1, (const int32_t[]){4, 4, 4, 4, 0, 4});
    texture_compute(t, &class_glcm);
    assert_true(texture_value(t, &class_glcm, "Correlation") == 1);
    assert_string_equal(texture_reason(t, &class_glcm, "Correlation"), "flat region: 1 by convention");
    assert_true(texture_value(t, &class_glcm, "MCC") == 1);
    assert_true(texture_value(t, &class_glcm, "Imc1") == 0 && texture_value(t, &class_glcm, "Imc2") == 0);
    assert_true(texture_value(t, &class_glcm, "JointEnergy") == 1 && texture_value(t, &class_glcm, "Autocorrelation") == 16);
    test_free(t);
}

static void one_voxel_has_no_value_and_says_why(void **state)
{
    (void)state;
    struct texture *t = texture_given(1, 1, 1, (const int32_t[]){3});
    texture_compute(t, &class_glcm);
    assert_true(isnan(texture_value(t, &class_glcm, "Contrast")));
    assert_string_equal(texture_reason(t, &class_glcm, "Contrast"), "no pair of voxels in any direction");
    test_free(t);
}

/* Two levels that alternate along x: p(1,2) = p(2,1) = 1/2. */
static void a_chequered_line_is_perfectly_anticorrelated(void **state)
{
    (void)state;
    struct texture *t = texture_given(6, 1, 1, (const int32_t[]){1, 2, 1, 2, 1, 2});
    texture_compute(t, &class_glcm);
    assert_same("Correlation", texture_value(t, &class_glcm, "Correlation"), -1);
    assert_same("Contrast", texture_value(t, &class_glcm, "Contrast"), 1);
    assert_same("JointEntropy", texture_value(t, &class_glcm, "JointEntropy"), 1);
    assert_same("MCC", texture_value(t, &class_glcm, "MCC"), 1);
    assert_same("Imc1", texture_value(t, &class_glcm, "Imc1"), -1);
    test_free(t);
}

static void too_many_levels_are_named(void **state)
{
    (void)state;
    struct texture *t = texture_given(2, 1, 1, (const int32_t[]){1, 5000000});
    texture_compute(t, &class_glcm);
    assert_true(isnan(texture_value(t, &class_glcm, "Contrast")));
    assert_string_equal(texture_reason(t, &class_glcm, "Contrast"), "more than 4,194,304 grey levels");
    test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_regions_equal_the_definition),
        cmocka_unit_test(settings_equal_the_definition),
        cmocka_unit_test(a_flat_region_has_correlation_one),
        cmocka_unit_test(one_voxel_has_no_value_and_says_why),
        cmocka_unit_test(a_chequered_line_is_perfectly_anticorrelated),
        cmocka_unit_test(too_many_levels_are_named),
    };
    return tap_run(tests);
}
