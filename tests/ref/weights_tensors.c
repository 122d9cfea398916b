/* Tensors of a store against a section of expected.json; see weights.h. */
#include "weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    double fraction = bits & 1023, sign = bits >> 15 ? -1 : 1;
    if (exponent == 31)
        return fraction == 0 ? sign * INFINITY : NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25));
}

double weights_value(const struct tensor *tensor, size_t i)
{
    const void *at = (const char *)tensor->values + i * tensor_type_size(tensor->type);
    uint16_t bits = 0;
    uint32_t wide;
    float brain;
    switch (tensor->type) {
    case TENSOR_F64:
        return *(const double *)at;
    case TENSOR_F32:
        return (double)*(const float *)at;
    case TENSOR_F16:
        memcpy(&bits, at, 2);
        return half_value(bits);
    case TENSOR_BF16:
        memcpy(&bits, at, 2);
        wide = (uint32_t)bits << 16;
        memcpy(&brain, &wide, 4);
        return (double)brain;
    case TENSOR_I64:
        return (double)*(const int64_t *)at;
    case TENSOR_I32:
        return *(const int32_t *)at;
    case TENSOR_I16:
        return *(const int16_t *)at;
    case TENSOR_I8:
        return *(const int8_t *)at;
    case TENSOR_U8:
    case TENSOR_BOOL:
        return *(const uint8_t *)at;
    }
    return NAN;
}

static void compare_shape(struct findings *found, const char *name, const struct tensor *tensor, const json_t *expected)
{
    struct text got = TEXT_INIT, wanted = TEXT_INIT;
    const json_t *shape = json_object_get(expected, "shape");
    for (size_t d = 0; d < tensor->dim_n; d++)
        text_add(&got, "%zu ", tensor->dim[d]);
    for (size_t d = 0; d < json_array_size(shape); d++)
        text_add(&wanted, "%lld ", (long long)json_integer_value(json_array_get(shape, d)));
    text_add(&got, "%s", tensor_type_name(tensor->type));
    text_add(&wanted, "%s", json_string_value(json_object_get(expected, "dtype")));
    findings_text(found, name, wanted.bytes, got.bytes);
    text_free(&got);
    text_free(&wanted);
}

void weights_compare(struct findings *found, const char *name, const struct tensor *tensor, const json_t *expected)
{
    size_t n = tensor_value_n(tensor);
    const json_t *values = json_object_get(expected, "values");
    char key[300];
    compare_shape(found, name, tensor, expected);
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *value = json_array_get(values, i);
        snprintf(key, sizeof key, "%s[%zu]", name, i);
        double wanted = json_is_boolean(value) ? json_is_true(value) : json_is_number(value) ? json_number_value(value) : NAN;
        findings_number_within(found, key, wanted, i < n ? weights_value(tensor, i) : NAN, 0, 0);
    }
    if (json_object_get(expected, "sum") == NULL)
        return;
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights_value(tensor, i);
    snprintf(key, sizeof key, "%s sum", name);
    findings_number_within(found, key, json_number_value(json_object_get(expected, "sum")), (double)sum, 0, 1e-9 * json_number_value(json_object_get(expected, "sum_abs")));
    snprintf(key, sizeof key, "%s first", name);
    findings_number_within(found, key, json_number_value(json_object_get(expected, "first")), weights_value(tensor, 0), 0, 0);
    snprintf(key, sizeof key, "%s last", name);
    findings_number_within(found, key, json_number_value(json_object_get(expected, "last")), weights_value(tensor, n - 1), 0, 0);
}

