/* Frozen features; see frozen_columns.h. */
#include "study/frozen_columns.h"

#include <stdio.h>

#include "base/mem.h"
#include "study/deep.h"

static bool add_columns(const struct net *net, const struct frozen *frozen, const struct crops *crops, const double *value, struct table *table, struct err *err)
{
    size_t n = frozen_n(frozen);
    for (size_t c = 0; c < n; c++) {
        char name[DEEP_NAME_ROOM], end[32];
        snprintf(name, sizeof name, "deep.%s.%s", net->name, frozen_name(frozen, c, end));
        struct column *column = table_add(table, name, COLUMN_NUMBER, err);
        if (column == NULL)
            return false;
        for (size_t row = 0; row < crops->n; row++) {
            column->number[row] = value[row * n + c];
            if (crops->failure[row] != NULL && !table_set_reason(table, column, row, crops->failure[row], err))
                return false;
        }
    }
    return true;
}

bool frozen_columns_add(const struct net *net, const struct crop_settings *crop, const struct sample_settings *sample, const struct crops *crops,
                        struct table *table, struct err *err)
{
    struct frozen *frozen = NULL;
    const struct crop **list = mem_zero(crops->n, sizeof *list, err);
    double *value = NULL;
    bool done = list != NULL && frozen_open(net, nn_backend_default(), crop, sample, &frozen, err) &&
                (value = mem_alloc(crops->n * frozen_n(frozen), sizeof *value, err)) != NULL;
    for (size_t row = 0; done && row < crops->n; row++)
        list[row] = crops->failure[row] == NULL ? &crops->crop[row] : NULL;
    done = done && frozen_of_crops(frozen, list, crops->n, value, err) && add_columns(net, frozen, crops, value, table, err);
    mem_free(list);
    mem_free(value);
    frozen_close(frozen);
    return done || err_add(err, "frozen features");
}
