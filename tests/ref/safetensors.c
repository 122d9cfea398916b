/* safetensors DIR: every *.safetensors of the folder against its expected.json: names, shapes, types and values of good files,
 * refusal of the BAD_* ones; and that each good file, written and read again, holds the same. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "checker.h"
#include "io/json.h"
#include "io/safetensors.h"

static double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    double fraction = bits & 1023, sign = bits >> 15 ? -1 : 1;
    if (exponent == 31)
        return fraction == 0 ? sign * INFINITY : NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25));
}

static double value_at(const struct tensor *tensor, size_t i)
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

static void compare_tensor(struct findings *found, const char *name, const struct tensor *tensor, const json_t *expected)
{
    size_t n = tensor_value_n(tensor);
    const json_t *values = json_object_get(expected, "values");
    char key[300];
    compare_shape(found, name, tensor, expected);
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *value = json_array_get(values, i);
        snprintf(key, sizeof key, "%s[%zu]", name, i);
        double wanted = json_is_boolean(value) ? json_is_true(value) : json_is_number(value) ? json_number_value(value) : NAN;
        findings_number_within(found, key, wanted, i < n ? value_at(tensor, i) : NAN, 0, 0);
    }
    if (json_object_get(expected, "sum") == NULL)
        return;
    long double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += value_at(tensor, i);
    snprintf(key, sizeof key, "%s sum", name);
    findings_number_within(found, key, json_number_value(json_object_get(expected, "sum")), (double)sum, 0, 1e-9 * json_number_value(json_object_get(expected, "sum_abs")));
    snprintf(key, sizeof key, "%s first", name);
    findings_number_within(found, key, json_number_value(json_object_get(expected, "first")), value_at(tensor, 0), 0, 0);
    snprintf(key, sizeof key, "%s last", name);
    findings_number_within(found, key, json_number_value(json_object_get(expected, "last")), value_at(tensor, n - 1), 0, 0);
}

/* Views of one storage stand in the .pth files alone: the safetensors file holds the contiguous tensors. */
static bool is_view(const char *name, const json_t *expected)
{
    const json_t *shape = json_object_get(expected, "shape"), *stride = json_object_get(expected, "stride");
    json_int_t step = 1;
    if (stride == NULL)
        return false;
    if (strncmp(name, "same_storage_as_", 16) == 0) /* a second name */
        return true;
    for (size_t d = json_array_size(shape); d > 0; d--) {
        if (json_integer_value(json_array_get(shape, d - 1)) > 1 && json_integer_value(json_array_get(stride, d - 1)) != step)
            return true;
        step *= json_integer_value(json_array_get(shape, d - 1));
    }
    return json_integer_value(json_object_get(expected, "offset")) != 0;
}

static void compare_again(struct findings *found, const struct store *store)
{
    struct text out = TEXT_INIT;
    struct store back = {0};
    struct err err = ERR_INIT;
    bool same = safetensors_format(store, &out, &err) && safetensors_parse("again", out.bytes, out.n, &back, &err) && back.tensor_n == store->tensor_n;
    for (size_t i = 0; same && i < store->tensor_n; i++)
        same = memcmp(back.tensor[i].values, store->tensor[i].values, tensor_value_n(&store->tensor[i]) * tensor_type_size(store->tensor[i].type)) == 0;
    findings_true(found, "written and read again", same, "the same values", same ? "the same values" : err.text);
    store_free(&back);
    text_free(&out);
}

static void check_file(const struct checker *checker, const char *file, const json_t *expected, struct findings *found)
{
    struct store store;
    struct err err = ERR_INIT;
    bool bad = strncmp(file, "BAD_", 4) == 0;
    bool read = safetensors_read(checker_path(checker, file), &store, &err);
    findings_true(found, "verdict", read != bad, bad ? "refused" : "read", read ? "read" : err.text);
    if (!read)
        return;
    char section[128];
    snprintf(section, sizeof section, "%.*s", (int)strcspn(file, "."), file);
    const json_t *tensors = json_object_get(expected, section);
    if (json_object_get(tensors, "tensors") != NULL)
        tensors = json_object_get(tensors, "tensors");
    const char *name;
    json_t *one;
    json_object_foreach((json_t *)tensors, name, one) {
        const struct tensor *tensor = store_find(&store, name);
        if (tensor != NULL)
            compare_tensor(found, name, tensor, one);
        else if (!is_view(name, one))
            findings_true(found, name, false, "a tensor", "none");
    }
    compare_again(found, &store);
    store_free(&store);
}

static int keep_safetensors(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return end != NULL && strcmp(end, ".safetensors") == 0;
}

int main(int argc, char **argv)
{
    struct checker checker;
    struct dirent **files = NULL;
    struct err err = ERR_INIT;
    if (!checker_start(&checker, argc, argv, "safetensors files against expected.json"))
        return 2;
    json_t *expected = json_read(checker_path(&checker, "expected.json"), &err);
    int n = expected == NULL ? -1 : scandir(checker.folder, &files, keep_safetensors, alphasort);
    if (n < 0) {
        fprintf(stderr, "%s: %s\n", argv[0], expected == NULL ? err.text : "the folder cannot be listed");
        json_decref(expected);
        return 2;
    }
    for (int i = 0; i < n; i++) {
        struct findings found = {.checker = &checker, .job = files[i]->d_name};
        if (checker_wants(&checker, files[i]->d_name)) {
            check_file(&checker, files[i]->d_name, expected, &found);
            checker_add(&checker, &found);
        }
        free(files[i]);
    }
    free(files);
    json_decref(expected);
    return checker_end(&checker);
}
