/* Where each buffer stands in the one block of memory.
 *
 * First, results move into an input that nobody reads later, where the operation allows it. Then buffers are placed from the largest to the smallest, each
 * at the lowest offset where no buffer that is alive at the same time stands (greedy by size, first fit: Pisarchyk and Lee 2020,
 * "Efficient memory management for deep neural net inference"). */
#include <stdlib.h>

#include "nn/engine_plan.h"

static struct buffer *root(struct plan *plan, size_t buffer)
{
    struct buffer *at = &plan->buffer[buffer];
    while (at->same_as != NONE)
        at = &plan->buffer[at->same_as];
    return at;
}

static void live_at(struct plan *plan, size_t buffer, size_t step)
{
    struct buffer *at = &plan->buffer[buffer];
    if (at->first == NONE || step < at->first)
        at->first = step;
    if (at->last == NONE || step > at->last)
        at->last = step;
}

static void live_in_step(struct plan *plan, size_t index)
{
    const struct step *step = &plan->step[index];
    for (size_t i = 0; i < sizeof step->in / sizeof *step->in; i++)
        if (step->in[i].place == PLACE_BUFFER)
            live_at(plan, step->in[i].at, index);
    for (size_t i = 0; i < sizeof step->out / sizeof *step->out; i++)
        if (step->out[i].place == PLACE_BUFFER)
            live_at(plan, step->out[i].at, index);
    if (step->scratch != NONE)
        live_at(plan, step->scratch, index);
}

static void find_lifetimes(struct plan *plan)
{
    for (size_t i = 0; i < plan->step_n; i++)
        live_in_step(plan, i);
    for (size_t i = 0; i < plan->load_n; i++) /* what loading packs is there from the start */
        plan->buffer[plan->load[i].out[0].at].first = 0;
    for (size_t i = 0; i < plan->buffer_n; i++) {
        struct buffer *buffer = &plan->buffer[i];
        if (buffer->first == NONE) /* written from outside, before the first step */
            buffer->first = buffer->last = 0;
        if (buffer->pinned)
            buffer->last = NONE;
    }
}

static void work_in_place(struct plan *plan)
{
    for (size_t index = 0; index < plan->step_n; index++) {
        const struct step *step = &plan->step[index];
        for (unsigned i = 0; i < step->in_place_n; i++) {
            size_t out = step->out[step->in_place[i].out].at;
            struct buffer *to = root(plan, out), *from = root(plan, step->in[step->in_place[i].in].at);
            if (to == from || from->last != index || to->first != index || from->bytes != to->bytes)
                continue;
            from->last = to->last;
            to->same_as = (size_t)(from - plan->buffer);
            break;
        }
    }
}


static int larger_first(const void *a, const void *b)
{
    const struct buffer *p = *(struct buffer *const *)a, *q = *(struct buffer *const *)b;
    if (p->bytes != q->bytes)
        return p->bytes > q->bytes ? -1 : 1;
    return p < q ? -1 : p > q;
}

static int lower_first(const void *a, const void *b)
{
    const struct buffer *p = *(struct buffer *const *)a, *q = *(struct buffer *const *)b;
    if (p->offset != q->offset)
        return p->offset < q->offset ? -1 : 1;
    return p < q ? -1 : p > q;
}

static bool meet(const struct buffer *a, const struct buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static size_t rounded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* The lowest offset at which `buffer` fits between placed[n], which stand by offset. */
static size_t lowest_fit(const struct buffer *buffer, struct buffer *const *placed, size_t n)
{
    size_t offset = 0;
    for (size_t i = 0; i < n; i++) {
        if (!meet(buffer, placed[i]))
            continue;
        if (placed[i]->offset >= offset && placed[i]->offset - offset >= rounded(buffer->bytes))
            break;
        size_t behind = placed[i]->offset + rounded(placed[i]->bytes);
        if (behind > offset)
            offset = behind;
    }
    return offset;
}

static void insert(struct buffer **placed, size_t n, struct buffer *buffer)
{
    size_t at = n;
    while (at > 0 && lower_first(&placed[at - 1], &buffer) > 0) {
        placed[at] = placed[at - 1];
        at--;
    }
    placed[at] = buffer;
}

static void place_all(struct plan *plan, struct buffer **order, struct buffer **placed)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->buffer_n; i++)
        if (plan->buffer[i].same_as == NONE)
            order[n++] = &plan->buffer[i];
    qsort(order, n, sizeof *order, larger_first);
    for (size_t i = 0; i < n; i++) {
        size_t end;
        order[i]->offset = lowest_fit(order[i], placed, i);
        if (__builtin_add_overflow(order[i]->offset, rounded(order[i]->bytes), &end) || end > SIZE_MAX / 4) {
            err_set(&plan->err, ERR_INPUT, "the values of all layers are too large for any memory");
            return;
        }
        if (end > plan->bytes)
            plan->bytes = end;
        insert(placed, i, order[i]);
    }
    for (size_t i = 0; i < plan->buffer_n; i++)
        plan->buffer[i].offset = root(plan, i)->offset;
}

void plan_layout(struct plan *plan)
{
    if (plan_failed(plan))
        return;
    struct buffer **order = mem_alloc(plan->buffer_n, sizeof *order, &plan->err), **placed = mem_alloc(plan->buffer_n, sizeof *placed, &plan->err);
    if (order != NULL && placed != NULL) {
        find_lifetimes(plan);
        work_in_place(plan);
        place_all(plan, order, placed);
    }
    mem_free(order);
    mem_free(placed);
}
