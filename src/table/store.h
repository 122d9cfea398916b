/* A store: named tensors and named texts, in the order they were put; how fitted things are saved.
 * io/safetensors.h writes it to a file; numbers that matter are tensors, so none passes through text.
 * Names are paths ("step2.zscore.mean"); a prefix groups what one step wrote. */
#ifndef HEPAR_TABLE_STORE_H
#define HEPAR_TABLE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum tensor_type { TENSOR_F64, TENSOR_F32, TENSOR_F16, TENSOR_BF16, TENSOR_I64, TENSOR_I32, TENSOR_I16, TENSOR_I8, TENSOR_U8, TENSOR_BOOL };

enum { TENSOR_DIM_MAX = 8 };

struct tensor {
    char *name; /* owned */
    enum tensor_type type;
    size_t dim_n, dim[TENSOR_DIM_MAX]; /* dim_n 0: one value */
    void *values; /* owned, row-major (last index fastest) */
};

struct store_text {
    char *name, *value; /* owned */
};

struct store {
    struct tensor *tensor;
    size_t tensor_n, tensor_room;
    struct store_text *text;
    size_t text_n, text_room;
};

size_t tensor_type_size(enum tensor_type type);      /* bytes a value */
const char *tensor_type_name(enum tensor_type type); /* "float64", "int8", ... */
size_t tensor_value_n(const struct tensor *tensor);

/* A zeroed struct store is empty. Values are copied. ERR_BUG when the name stands already. */
bool store_put(struct store *store, const char *name, enum tensor_type type, const size_t *dim, size_t dim_n, const void *values, struct err *err);
bool store_put_f64(struct store *store, const char *name, const double *values, size_t n, struct err *err);
bool store_put_i64(struct store *store, const char *name, const int64_t *values, size_t n, struct err *err);
bool store_put_text(struct store *store, const char *name, const char *value, struct err *err);
const struct tensor *store_find(const struct store *store, const char *name);      /* NULL when absent */
const char *store_find_text(const struct store *store, const char *name);          /* NULL when absent */
/* One-dimensional tensor of the type and, unless n is SIZE_MAX, of that length; ERR_INPUT otherwise. Borrowed;
 * `got` (its length) may be NULL. */
bool store_get_f64(const struct store *store, const char *name, size_t n, const double **values, size_t *got, struct err *err);
bool store_get_i64(const struct store *store, const char *name, size_t n, const int64_t **values, size_t *got, struct err *err);
bool store_get_text(const struct store *store, const char *name, const char **value, struct err *err);
void store_free(struct store *store);

#endif
