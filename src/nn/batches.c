/* Batches; see batches.h. */
#include "nn/batches.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"

size_t batches_step_n(size_t n, size_t batch_n, bool drop_rest)
{
    size_t whole = n / batch_n, rest = n % batch_n;
    return whole == 0 ? 1 : whole + (rest > 1 && !drop_rest);
}

static size_t batch_end(size_t n, size_t batch_n, bool drop_rest, size_t step)
{
    size_t step_n = batches_step_n(n, batch_n, drop_rest), end = (step + 1) * batch_n;
    if (step + 1 < step_n)
        return end;
    return drop_rest && end <= n ? end : n; /* the last: what is left, or one more */
}

size_t batches_largest(size_t n, size_t batch_n, bool drop_rest)
{
    size_t step_n = batches_step_n(n, batch_n, drop_rest), last = batch_end(n, batch_n, drop_rest, step_n - 1) - (step_n - 1) * batch_n;
    return step_n > 1 && batch_n > last ? batch_n : last;
}

bool batches_init(struct batches *batches, size_t n, size_t batch_n, bool drop_rest, struct err *err)
{
    *batches = (struct batches){.n = n, .step_n = batches_step_n(n, batch_n, drop_rest)};
    batches->order = mem_alloc(n, sizeof *batches->order, err);
    batches->begin = mem_alloc(batches->step_n + 1, sizeof *batches->begin, err);
    if (batches->order == NULL || batches->begin == NULL) {
        batches_free(batches);
        return false;
    }
    batches->begin[0] = 0;
    for (size_t s = 0; s < batches->step_n; s++)
        batches->begin[s + 1] = batch_end(n, batch_n, drop_rest, s);
    return true;
}

void batches_free(struct batches *batches)
{
    mem_free(batches->order);
    mem_free(batches->begin);
    *batches = (struct batches){0};
}

struct card {
    uint64_t rank;
    size_t key, place;
    bool event;
};

/* Events before the others, each kind in its random order. */
static int compare_cards(const void *a, const void *b)
{
    const struct card *x = a, *y = b;
    if (x->event != y->event)
        return x->event ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

bool batches_deal(struct batches *batches, const size_t *key, const double *event, uint64_t seed, size_t epoch, struct err *err)
{
    size_t n = batches->n, event_n = 0;
    struct card *card = mem_alloc(n, sizeof *card, err);
    if (card == NULL)
        return false;
    uint64_t epoch_seed = rng_seed(seed, "train.order", epoch, 0);
    for (size_t i = 0; i < n; i++) {
        struct rng rng = rng_make(epoch_seed, "train.order", key[i], 0);
        card[i] = (struct card){rng_u64(&rng), key[i], i, event != NULL && event[i] == 1.0};
        event_n += card[i].event;
    }
    qsort(card, n, sizeof *card, compare_cards);
    /* Of the first t places, t event_n / n hold events. */
    for (size_t t = 0, dealt = 0; t < n; t++) {
        bool takes_event = (t + 1) * event_n >= (dealt + 1) * n;
        batches->order[t] = takes_event ? card[dealt++].place : card[event_n + t - dealt].place;
    }
    mem_free(card);
    return true;
}
