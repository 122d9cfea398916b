/* What the fast backend's operations have in common; see fast.h. */
#include "nn/fast.h"

#include "base/mem.h"
#include "base/pool.h"

void *fast_op_new(size_t size, const struct nn_backend *backend, const char *kernel, fast_execute_fn *execute, struct err *err)
{
    struct nn_op *op = mem_zero(1, size, err);
    if (op == NULL)
        return NULL;
    op->kernel = kernel;
    op->half = backend->number == NN_BF16;
    op->worker_n = pool_size();
    op->execute = execute;
    return op;
}

void fast_op_free(struct nn_op *op)
{
    if (op != NULL && op->close != NULL)
        op->close(op);
    mem_free(op);
}

void *fast_worker_scratch(const struct nn_op *op, void *scratch, size_t worker)
{
    return scratch == NULL ? NULL : (char *)scratch + op->shared_scratch + worker * op->worker_scratch; /* NULL: no operation needs any */
}

size_t fast_round(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

bool fast_fits(const struct nn_shape *shape, struct err *err)
{
    size_t n = nn_shape_value_n(shape);
    if (n > PTRDIFF_MAX / 64 || shape->z > INT32_MAX || shape->y > INT32_MAX || shape->x > INT32_MAX || shape->c > INT32_MAX)
        return err_set(err, ERR_INPUT, "layer of %zu x %zu x %zu x %zu x %zu values is too large", shape->n, shape->z, shape->y, shape->x, shape->c);
    return true;
}

struct fast_shards fast_shards(size_t n)
{
    enum { PARTS = 8 };
    size_t size = (n + PARTS - 1) / PARTS;
    return (struct fast_shards){n, size, (n + size - 1) / size};
}
