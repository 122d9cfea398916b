/* Sets of cohort rows, shared by reference count; see table.h. Sorted arrays: sets are few, long-lived and
 * mostly asked "do you hold this row", so a binary search over a flat array is all that is needed. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "table/table.h"

struct rowset {
    atomic_size_t references;
    size_t n;
    size_t row[]; /* sorted, distinct */
};

static int compare_rows(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static struct rowset *rowset_room(size_t n, struct err *err)
{
    if (n > (SIZE_MAX - sizeof(struct rowset)) / sizeof(size_t)) {
        err_set(err, ERR_SYSTEM, "out of memory: a set of %zu rows overflows", n);
        return NULL;
    }
    struct rowset *set = mem_alloc(sizeof(struct rowset) + n * sizeof(size_t), 1, err);
    if (set == NULL)
        return NULL;
    atomic_init(&set->references, 1);
    set->n = n;
    return set;
}

struct rowset *rowset_make(const size_t *rows, size_t n, struct err *err)
{
    struct rowset *set = rowset_room(n, err);
    if (set == NULL)
        return NULL;
    if (n == 0)
        return set;
    memcpy(set->row, rows, n * sizeof *rows);
    qsort(set->row, n, sizeof *set->row, compare_rows);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (set->row[i] != set->row[kept - 1])
            set->row[kept++] = set->row[i];
    set->n = kept;
    return set;
}

struct rowset *rowset_keep(struct rowset *set)
{
    if (set != NULL)
        atomic_fetch_add(&set->references, 1);
    return set;
}

void rowset_drop(struct rowset *set)
{
    if (set != NULL && atomic_fetch_sub(&set->references, 1) == 1)
        mem_free(set);
}

bool rowset_has(const struct rowset *set, size_t row)
{
    return set != NULL && bsearch(&row, set->row, set->n, sizeof row, compare_rows) != NULL;
}

size_t rowset_n(const struct rowset *set)
{
    return set == NULL ? 0 : set->n;
}

const size_t *rowset_rows(const struct rowset *set)
{
    return set == NULL ? NULL : set->row;
}

static bool contains(const struct rowset *outer, const struct rowset *inner)
{
    if (inner->n > outer->n)
        return false;
    for (size_t i = 0; i < inner->n; i++)
        if (!rowset_has(outer, inner->row[i]))
            return false;
    return true;
}

bool rowset_union(struct rowset *a, struct rowset *b, struct rowset **joined, struct err *err)
{
    /* The usual case is one set seen again: then no new one is made. */
    if (a == NULL || b == NULL || a == b) {
        *joined = rowset_keep(a == NULL ? b : a);
        return true;
    }
    if (contains(a, b) || contains(b, a)) {
        *joined = rowset_keep(a->n >= b->n ? a : b);
        return true;
    }
    struct rowset *set = rowset_room(a->n + b->n, err);
    if (set == NULL)
        return false;
    size_t i = 0, j = 0, n = 0;
    while (i < a->n || j < b->n) {
        if (j == b->n || (i < a->n && a->row[i] < b->row[j]))
            set->row[n++] = a->row[i++];
        else if (i == a->n || b->row[j] < a->row[i])
            set->row[n++] = b->row[j++];
        else {
            set->row[n++] = a->row[i++];
            j++;
        }
    }
    set->n = n;
    *joined = set;
    return true;
}
