/* Learning curves; see history.h. */
#include "nn/history.h"

#include <math.h>

#include "base/mem.h"

bool history_add(struct history *history, const struct epoch *epoch, struct err *err)
{
    if (history->n == history->room) {
        struct epoch *grown = mem_grow(history->epoch, history->n, history->room + 64, sizeof *grown, err);
        if (grown == NULL)
            return false;
        history->epoch = grown;
        history->room += 64;
    }
    history->epoch[history->n++] = *epoch;
    return true;
}

void history_free(struct history *history)
{
    mem_free(history->epoch);
    *history = (struct history){0};
}

static void add_cell(struct text *out, double value)
{
    text_add_char(out, ',');
    if (!isnan(value))
        text_add_double(out, value);
}

void history_csv(const struct history *history, struct text *out)
{
    text_add(out, "epoch,lr,loss,held_loss,held_auc\n");
    for (size_t e = 0; e < history->n; e++) {
        const struct epoch *epoch = &history->epoch[e];
        text_add(out, "%zu", e + 1);
        add_cell(out, epoch->lr);
        add_cell(out, epoch->loss);
        add_cell(out, epoch->held_loss);
        add_cell(out, epoch->held_auc);
        text_add_char(out, '\n');
    }
}
