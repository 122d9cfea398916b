/* One primitive of oneDNN; see onednn_primitive.h. */
#include "nn/onednn_primitive.h"

#include <string.h>

bool onednn_fail(dnnl_status_t status, const char *doing, struct err *err)
{
    enum err_kind kind = status == dnnl_out_of_memory || status == dnnl_runtime_error ? ERR_SYSTEM : ERR_BUG;
    return err_set(err, kind, "oneDNN: %s: %s", doing, onednn_status_text(status));
}

static bool finish(struct onednn_primitive *primitive, struct err *err)
{
    const struct onednn *lib = onednn();
    const dnnl_memory_desc_t *scratch = lib->dnnl_primitive_desc_query_md(primitive->desc, dnnl_query_scratchpad_md, 0);
    primitive->scratch = (lib->dnnl_memory_desc_get_size(scratch) + 63) / 64 * 64;
    dnnl_status_t status = lib->dnnl_primitive_create(&primitive->made, primitive->desc);
    return status == dnnl_success || onednn_fail(status, "generating a kernel", err);
}

bool onednn_primitive_find(struct onednn_primitive *primitive, const void *op_desc, dnnl_primitive_attr_t attr, const_dnnl_primitive_desc_t hint,
                           bool *found, struct err *err)
{
    const struct onednn *lib = onednn();
    memset(primitive, 0, sizeof *primitive);
    *found = false;
    dnnl_primitive_attr_t own = NULL;
    dnnl_status_t status = dnnl_success;
    if (attr == NULL) {
        status = lib->dnnl_primitive_attr_create(&own);
        attr = own;
    }
    if (status == dnnl_success)
        status = lib->dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (status == dnnl_success)
        status = lib->dnnl_primitive_desc_create(&primitive->desc, op_desc, attr, lib->engine, hint);
    if (own != NULL)
        lib->dnnl_primitive_attr_destroy(own);
    if (status == dnnl_unimplemented)
        return true;
    if (status != dnnl_success)
        return onednn_fail(status, "choosing a kernel", err);
    lib->dnnl_primitive_desc_query(primitive->desc, dnnl_query_impl_info_str, 0, &primitive->name);
    /* Its products over gathered rows forget a residual that is added behind them, and ours (columns, taps) are as fast. */
    if (strstr(primitive->name, "ref") != NULL || strstr(primitive->name, "gemm") != NULL) {
        onednn_primitive_close(primitive);
        return true;
    }
    *found = finish(primitive, err);
    if (!*found)
        onednn_primitive_close(primitive);
    return *found;
}

bool onednn_reorder_make(struct onednn_primitive *primitive, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to, struct err *err)
{
    const struct onednn *lib = onednn();
    memset(primitive, 0, sizeof *primitive);
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t status = lib->dnnl_primitive_attr_create(&attr);
    if (status == dnnl_success)
        status = lib->dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (status == dnnl_success)
        status = lib->dnnl_reorder_primitive_desc_create(&primitive->desc, from, lib->engine, to, lib->engine, attr);
    if (attr != NULL)
        lib->dnnl_primitive_attr_destroy(attr);
    if (status != dnnl_success)
        return onednn_fail(status, "choosing a reorder", err);
    if (finish(primitive, err))
        return true;
    onednn_primitive_close(primitive);
    return false;
}

void onednn_primitive_close(struct onednn_primitive *primitive)
{
    const struct onednn *lib = onednn();
    if (primitive->made != NULL)
        lib->dnnl_primitive_destroy(primitive->made);
    if (primitive->desc != NULL)
        lib->dnnl_primitive_desc_destroy(primitive->desc);
    memset(primitive, 0, sizeof *primitive);
}

bool onednn_primitive_run(const struct onednn_primitive *primitive, const struct onednn_place *place, size_t n, void *scratch, struct err *err)
{
    const struct onednn *lib = onednn();
    dnnl_exec_arg_t arg[ONEDNN_PLACES + 1];
    dnnl_status_t status = dnnl_success;
    size_t made = 0;
    for (; made < n && status == dnnl_success; made++) {
        arg[made].arg = place[made].arg;
        arg[made].memory = NULL;
        status = lib->dnnl_memory_create(&arg[made].memory, place[made].desc, lib->engine, (void *)place[made].data);
    }
    if (status == dnnl_success && primitive->scratch > 0) {
        arg[made].arg = DNNL_ARG_SCRATCHPAD;
        arg[made].memory = NULL;
        status = lib->dnnl_memory_create(&arg[made].memory, onednn_desc(primitive, dnnl_query_scratchpad_md), lib->engine, scratch);
        made++;
    }
    if (status == dnnl_success)
        status = lib->dnnl_primitive_execute(primitive->made, lib->stream, (int)made, arg);
    for (size_t i = 0; i < made; i++)
        if (arg[i].memory != NULL)
            lib->dnnl_memory_destroy(arg[i].memory);
    return status == dnnl_success || onednn_fail(status, primitive->name == NULL ? "reorder" : primitive->name, err);
}

const dnnl_memory_desc_t *onednn_desc(const struct onednn_primitive *primitive, dnnl_query_t which)
{
    return onednn()->dnnl_primitive_desc_query_md(primitive->desc, which, 0);
}
