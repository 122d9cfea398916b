/* What steps share: the parts of a score; see step.h. */
#include "table/step.h"

#include "base/mem.h"

void parts_free(struct parts *parts)
{
    for (size_t i = 0; parts->name != NULL && i < parts->n; i++)
        mem_free(parts->name[i]);
    mem_free(parts->name);
    mem_free(parts->weight);
    *parts = (struct parts){0};
}

bool parts_init(struct parts *parts, const char *const *name, size_t n, struct err *err)
{
    *parts = (struct parts){.n = n};
    parts->name = mem_zero(n, sizeof *parts->name, err);
    parts->weight = mem_zero(n, sizeof *parts->weight, err);
    if (parts->name == NULL || parts->weight == NULL)
        goto failed;
    for (size_t i = 0; i < n; i++)
        if ((parts->name[i] = mem_string(name[i], err)) == NULL)
            goto failed;
    return true;
failed:
    parts_free(parts);
    return false;
}
