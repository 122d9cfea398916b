/* Folds and parts of rows; see fold.h. */
#include "table/fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "num/rank.h"

/* What is dealt as one piece: a row, or the rows of a patient. */
struct unit {
    size_t group, first, n, positive_n; /* first: lowest cohort row, the key */
    uint64_t key;
    bool positive;
};

static int compare_units(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* unit_of[row] and the units in the order of their first row position; returns how many. */
static size_t units_make(const struct rows *rows, struct unit *unit, size_t *unit_of, double *group, size_t *index)
{
    size_t n = rows->table->row_n, unit_n = 0;
    for (size_t i = 0; i < n; i++)
        group[i] = (double)(rows->group_n > 0 ? rows->group[i] : rows->table->row[i]);
    sort_index(group, n, index);
    for (size_t k = 0; k < n; k++) {
        size_t i = index[k];
        if (k == 0 || group[i] != group[index[k - 1]])
            unit[unit_n++] = (struct unit){.first = rows->table->row[i]};
        struct unit *last = &unit[unit_n - 1];
        last->n++;
        last->positive_n += rows->outcome->label[i] == 1.0;
        if (rows->table->row[i] < last->first)
            last->first = rows->table->row[i];
        unit_of[i] = unit_n - 1;
    }
    for (size_t u = 0; u < unit_n; u++) {
        unit[u].positive = 2 * unit[u].positive_n >= unit[u].n;
        unit[u].group = u;
    }
    return unit_n;
}

/* The fold with the fewest rows of the class, then the fewest rows, then the lowest number. */
static size_t emptiest(const size_t *of_class, const size_t *all, size_t k)
{
    size_t best = 0;
    for (size_t f = 1; f < k; f++)
        if (of_class[f] < of_class[best] || (of_class[f] == of_class[best] && all[f] < all[best]))
            best = f;
    return best;
}

static bool check_labels(const struct rows *rows, struct err *err)
{
    if (rows->outcome == NULL || rows->outcome->label == NULL)
        return err_set(err, ERR_INPUT, "stratified folds need a label, found %s", rows->outcome == NULL ? "no outcome" : "an endpoint");
    for (size_t i = 0; i < rows->table->row_n; i++)
        if (rows->outcome->label[i] != 0.0 && rows->outcome->label[i] != 1.0)
            return err_set(err, ERR_INPUT, "row %zu has the label %g, expected 0 or 1", rows->table->row[i], rows->outcome->label[i]);
    return true;
}

bool fold_make(const struct rows *rows, size_t k, uint64_t seed, size_t *fold, size_t *made, struct err *err)
{
    size_t n = rows->table->row_n;
    if (k < 2)
        return err_set(err, ERR_USAGE, "%zu folds asked for, expected at least 2", k);
    if (!check_labels(rows, err))
        return false;
    struct unit *unit = mem_zero(n, sizeof *unit, err);
    size_t *unit_of = mem_alloc(2 * n, sizeof *unit_of, err), *unit_fold = unit_of == NULL ? NULL : unit_of + n;
    size_t *index = mem_alloc(n, sizeof *index, err);
    double *group = mem_alloc(n, sizeof *group, err);
    size_t *count = NULL;
    bool done = false;
    if (unit == NULL || unit_of == NULL || index == NULL || group == NULL)
        goto done;
    size_t unit_n = units_make(rows, unit, unit_of, group, index), class_n[2] = {0, 0};
    for (size_t u = 0; u < unit_n; u++)
        class_n[unit[u].positive]++;
    size_t rarer = class_n[0] < class_n[1] ? class_n[0] : class_n[1];
    if (rarer < 2) {
        err_set(err, ERR_INPUT, "%zu rows or groups of label %d, expected at least 2 for folds", rarer, class_n[1] <= class_n[0]);
        goto done;
    }
    *made = k < rarer ? k : rarer;
    if ((count = mem_zero(3 * *made, sizeof *count, err)) == NULL)
        goto done;
    for (size_t u = 0; u < unit_n; u++) {
        struct rng rng = rng_make(seed, "fold.order", unit[u].first, 0);
        unit[u].key = rng_u64(&rng);
    }
    qsort(unit, unit_n, sizeof *unit, compare_units);
    for (int class = 1; class >= 0; class--) /* the rarer-named class first: it fixes where the others fill up */
        for (size_t u = 0; u < unit_n; u++) {
            if (unit[u].positive != (class == 1))
                continue;
            size_t f = emptiest(count + (size_t)class * *made, count + 2 * *made, *made);
            count[(size_t)class * *made + f] += unit[u].n;
            count[2 * *made + f] += unit[u].n;
            unit_fold[unit[u].group] = f;
        }
    for (size_t i = 0; i < n; i++)
        fold[i] = unit_fold[unit_of[i]];
    done = true;
done:
    mem_free(unit);
    mem_free(unit_of);
    mem_free(index);
    mem_free(group);
    mem_free(count);
    return done;
}

size_t fold_positions(const size_t *fold, size_t n, size_t held, bool inside, size_t *position)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if ((fold[i] == held) == inside)
            position[m++] = i;
    return m;
}

static bool take_values(const double *from, const size_t *position, size_t n, double **to, struct err *err)
{
    if (from == NULL)
        return true;
    *to = mem_alloc(n, sizeof **to, err);
    if (*to == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        (*to)[i] = from[position[i]];
    return true;
}

bool rows_take(const struct rows *rows, const size_t *position, size_t n, struct rows_part *out, struct err *err)
{
    *out = (struct rows_part){0};
    if (!table_take_rows(rows->table, position, n, &out->table, err))
        return false;
    if (rows->outcome != NULL) {
        if (!take_values(rows->outcome->label, position, n, &out->label, err) || !take_values(rows->outcome->time, position, n, &out->time, err) ||
            !take_values(rows->outcome->event, position, n, &out->event, err))
            goto failed;
        out->outcome = (struct outcome){out->label, out->time, out->event};
    }
    if (rows->group_n > 0) {
        out->group = mem_alloc(n, sizeof *out->group, err);
        if (out->group == NULL)
            goto failed;
        for (size_t i = 0; i < n; i++)
            out->group[i] = rows->group[position[i]];
    }
    out->rows = (struct rows){&out->table, rows->outcome == NULL ? NULL : &out->outcome, rows->group_n > 0 ? n : 0, out->group};
    return true;
failed:
    rows_part_free(out);
    return false;
}

void rows_part_free(struct rows_part *part)
{
    table_free(&part->table);
    mem_free(part->label);
    mem_free(part->time);
    mem_free(part->event);
    mem_free(part->group);
    *part = (struct rows_part){0};
}
