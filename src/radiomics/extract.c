#include "radiomics/extract.h"

#include <math.h>
#include <string.h>

#include "base/budget.h"
#include "base/inorder.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/text.h"
#include "io/image.h"
#include "radiomics/class.h"
#include "radiomics/diagnostics.h"
#include "radiomics/prepare.h"
#include "radiomics/ranks.h"

static bool add_column(struct extract_plan *plan, const char *class_name, const char *feature, struct err *err)
{
    struct text name = TEXT_INIT;
    if (class_name == NULL)
        text_add(&name, "%s", feature);
    else
        text_add(&name, "original_%s_%s", class_name, feature);
    plan->name[plan->n] = text_ok(&name, err) ? arena_string(&plan->arena, name.bytes, err) : NULL;
    text_free(&name);
    return plan->name[plan->n++] != NULL;
}

static bool is_left_out(const struct params *params, const struct class_choice *choice)
{
    if (choice->kind == &class_shape2d && !params->settings.force_2d)
        return true;
    return !choice->kind->of_mask && !params->original;
}

bool extract_plan_make(const struct params *params, struct extract_plan *plan, struct err *err)
{
    const char *diagnostic[DIAGNOSTICS_MAX];
    size_t room = DIAGNOSTICS_MAX;
    *plan = (struct extract_plan){0};
    for (size_t i = 0; i < params->class_n; i++)
        room += params->class_choice[i].feature_n;
    plan->name = arena_alloc(&plan->arena, room, sizeof *plan->name, err);
    plan->first = arena_alloc(&plan->arena, params->class_n, sizeof *plan->first, err);
    bool ok = plan->name != NULL && plan->first != NULL;
    plan->diagnostic_n = diagnostics_names(&params->settings, diagnostic);
    for (size_t i = 0; ok && i < plan->diagnostic_n; i++)
        ok = add_column(plan, NULL, diagnostic[i], err);
    for (int of_mask = 1; of_mask >= 0; of_mask--)
        for (size_t i = 0; ok && i < params->class_n; i++) {
            const struct class_choice *choice = &params->class_choice[i];
            if (choice->kind->of_mask != (of_mask == 1))
                continue;
            plan->first[i] = is_left_out(params, choice) ? SIZE_MAX : plan->n;
            if (choice->kind == &class_shape2d && !params->settings.force_2d)
                log_warn("featureClass shape2D: left out, since force2D is not set");
            for (size_t f = 0; ok && plan->first[i] != SIZE_MAX && f < choice->feature_n; f++)
                ok = add_column(plan, choice->kind->name, choice->kind->feature[choice->feature[f]].name, err);
        }
    if (!ok)
        extract_plan_free(plan);
    return ok;
}

void extract_plan_free(struct extract_plan *plan)
{
    arena_free(&plan->arena);
    *plan = (struct extract_plan){0};
}

static bool compute_class(const struct class_choice *choice, const struct region *region, const struct settings *settings, struct extract_cell *cell, struct err *err)
{
    struct arena arena = ARENA_INIT;
    size_t n = choice->kind->feature_n;
    struct class_values values = {
        .wanted = choice->wanted,
        .value = arena_alloc(&arena, n, sizeof(double), err),
        .reason = arena_alloc(&arena, n, sizeof(char *), err),
    };
    bool ok = values.value != NULL && values.reason != NULL;
    for (size_t i = 0; ok && i < n; i++)
        values.value[i] = NAN;
    ok = ok && choice->kind->compute(region, settings, &values, &arena, err);
    for (size_t f = 0; ok && f < choice->feature_n; f++) {
        double value = values.value[choice->feature[f]];
        const char *reason = values.reason[choice->feature[f]];
        cell[f] = (struct extract_cell){.number = value, .reason = reason == NULL && !isfinite(value) ? "undefined: a division by zero" : reason};
    }
    arena_free(&arena);
    return ok;
}

/* PyRadiomics leaves shape2D out, without an error, when the box is one voxel wide along this axis of x, y, z. */
static bool skips_shape2d(const struct settings *settings, const struct region *region)
{
    return region->grid.n[settings->force_2d_axis] <= 1;
}

/* The lattice that texture classes share, where one of them is wanted. */
static bool share_ranks(const struct params *params, const struct extract_plan *plan, const struct settings *settings, struct region *region, struct ranks *ranks, struct arena *arena, struct err *err)
{
    for (size_t i = 0; i < params->class_n; i++)
        if (plan->first[i] != SIZE_MAX && params->class_choice[i].kind->of_ranks) {
            region->ranks = ranks;
            return ranks_make(region, settings, ranks, arena, err);
        }
    return true;
}

struct fill {
    const struct params *params;
    const struct extract_plan *plan;
    const struct settings *settings;
    const struct region *shape, *region;
    struct extract_cell *cell;
};

static bool fill_classes(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    const struct fill *fill = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        const struct class_choice *choice = &fill->params->class_choice[i];
        if (fill->plan->first[i] == SIZE_MAX)
            continue;
        struct extract_cell *to = fill->cell + fill->plan->first[i];
        if (choice->kind == &class_shape2d && skips_shape2d(fill->settings, fill->shape)) {
            for (size_t f = 0; f < choice->feature_n; f++)
                to[f] = (struct extract_cell){.number = NAN, .reason = "the region is one voxel wide"};
            continue;
        }
        if (!compute_class(choice, choice->kind->of_mask ? fill->shape : fill->region, fill->settings, to, err))
            return false;
    }
    return true;
}

/* Classes are tasks: they run beside each other where the case is not a task itself. */
static bool fill(const struct params *params, const struct extract_plan *plan, const struct settings *settings, const struct prepared *prepared, struct extract_cell *cell, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct region shape = region_of_mask(prepared->shape), region;
    struct ranks ranks;
    struct fill fill = {params, plan, settings, &shape, &region, cell};
    bool ok = region_of_image(settings, prepared, &region, &arena, err) && share_ranks(params, plan, settings, &region, &ranks, &arena, err) &&
              par_for(params->class_n, 1, fill_classes, &fill, err);
    arena_free(&arena);
    return ok;
}

/* A guest at the table: whose look() it is, and at which case. */
struct guest {
    const struct extract_beside *beside;
    size_t i;
};

static bool look(const struct guest *guest, const struct volume *image, const struct prepared *prepared, struct notes *notes, struct err *err)
{
    const struct roi *region = prepared->fitted.count > 0 ? &prepared->fitted : &prepared->original;
    return guest->beside == NULL || guest->beside->look(guest->beside->ctx, guest->i, image, region, notes, err);
}

static bool make_case(const struct params *params, const struct extract_plan *plan, const struct volume *image, const struct volume *mask, int64_t label,
                      int64_t label_channel, const struct guest *guest, struct extract_cell *cell, struct notes *notes, struct arena *arena, struct err *err)
{
    struct settings settings = params->settings;
    struct prepared prepared;
    char *diagnostic[DIAGNOSTICS_MAX];
    if (label > 0)
        settings.label = label;
    if (label_channel >= 0)
        settings.label_channel = label_channel;
    bool ok = prepare(&settings, image, mask, &prepared, err) && look(guest, image, &prepared, notes, err) &&
              diagnostics_values(params, &settings, image, mask, &prepared, diagnostic, arena, err);
    for (size_t i = 0; ok && i < plan->diagnostic_n; i++)
        cell[i] = (struct extract_cell){.number = NAN, .text = diagnostic[i]};
    ok = ok && fill(params, plan, &settings, &prepared, cell, err);
    for (size_t i = 0; ok && i < prepared.notes.n; i++)
        ok = notes_add(notes, err, prepared.notes.note[i].topic, "%s", prepared.notes.note[i].line);
    prepared_free(&prepared);
    return ok;
}

bool extract_case(const struct params *params, const struct extract_plan *plan, const struct volume *image, const struct volume *mask, int64_t label, int64_t label_channel, struct extract_cell *cell, struct notes *notes, struct arena *arena, struct err *err)
{
    const struct guest nobody = {NULL, 0};
    return make_case(params, plan, image, mask, label, label_channel, &nobody, cell, notes, arena, err);
}

struct batch {
    const struct params *params;
    const struct extract_plan *plan;
    const struct extract_source *source;
    const bool *done;
    struct extract_row *row;
    struct progress *progress;
    struct inorder *line; /* NULL: rows are kept */
    extract_take *take;
    void *take_ctx;
};

/* Notes on one file become remarks of the row. */
static bool add_remarks(struct extract_row *row, const char *file, const struct notes *notes, struct err *err)
{
    struct extract_remark *all = arena_alloc(&row->arena, row->remark_n + notes->n, sizeof *all, err);
    if (all == NULL)
        return false;
    for (size_t i = 0; i < row->remark_n; i++)
        all[i] = row->remark[i];
    for (size_t i = 0; i < notes->n; i++) {
        const char *text = arena_string(&row->arena, notes->note[i].line, err);
        if (text == NULL)
            return false;
        all[row->remark_n + i] = (struct extract_remark){file, text};
    }
    row->remark = all;
    row->remark_n += notes->n;
    return true;
}

static bool extract_source(struct batch *batch, size_t i, struct err *err)
{
    const struct extract_source *source = &batch->source[i];
    struct extract_row *row = &batch->row[i];
    struct volume image = {0}, mask = {0};
    struct notes of_image = NOTES_INIT, of_mask = NOTES_INIT;
    struct extract_cell *cell = arena_alloc(&row->arena, batch->plan->n, sizeof *cell, err);
    const struct guest guest = {source->beside, i};
    bool ok = cell != NULL && image_read(source->image, &image, &of_image, err) && image_read_mask(source->mask, &mask, &of_mask, err) &&
              make_case(batch->params, batch->plan, &image, &mask, source->label, source->label_channel, &guest, cell, &of_mask, &row->arena, err);
    struct err ignored = ERR_INIT; /* of a case that failed, the failure is what is told */
    ok = add_remarks(row, "Image", &of_image, ok ? err : &ignored) && add_remarks(row, "Mask", &of_mask, ok ? err : &ignored) && ok;
    volume_free(&image);
    volume_free(&mask);
    notes_free(&of_image);
    notes_free(&of_mask);
    row->cell = ok ? cell : NULL;
    return ok;
}

/* One case to its row; false is what ends the run. */
static bool make_row(struct batch *batch, size_t i, struct err *err)
{
    struct err failure = ERR_INIT;
    const struct extract_source *source = &batch->source[i];
    if (source->skip || (batch->done != NULL && batch->done[i]))
        return true;
    if (source->failure != NULL)
        err_set(&failure, ERR_INPUT, "%s", source->failure);
    if (source->failure == NULL) {
        uint64_t need = image_memory(source->image) + image_memory(source->mask) + (source->beside == NULL ? 0 : source->beside->bytes);
        budget_take(need, source->image);
        bool ok = extract_source(batch, i, &failure);
        budget_give(need);
        if (ok)
            return true;
    }
    if (failure.kind == ERR_STOPPED || failure.kind == ERR_BUG)
        return err_set(err, failure.kind, "%s", failure.text);
    batch->row[i].failure = arena_string(&batch->row[i].arena, failure.text, err);
    return batch->row[i].failure != NULL;
}

static bool run(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    struct batch *batch = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        if (!make_row(batch, i, err) || (batch->line != NULL && !inorder_ready(batch->line, i, err)))
            return false;
        progress_step(batch->progress, 1);
    }
    return true;
}

/* A single case is not a task, so that its classes are. */
static bool run_all(struct batch *batch, size_t n, struct err *err)
{
    batch->progress = progress_start("extract", n);
    bool ok = n == 1 ? run(batch, 0, 1, 0, err) : par_for(n, 1, run, batch, err);
    progress_end(batch->progress);
    return ok;
}

bool extract_batch(const struct params *params, const struct extract_plan *plan, const struct extract_source *source, size_t n, const bool *done, struct extract_row *row, struct err *err)
{
    struct batch batch = {.params = params, .plan = plan, .source = source, .done = done, .row = row};
    return run_all(&batch, n, err);
}

static bool hand_over(void *ctx, size_t i, struct err *err)
{
    struct batch *batch = ctx;
    bool ok = batch->take(batch->take_ctx, i, &batch->row[i], err);
    extract_rows_free(&batch->row[i], 1);
    return ok;
}

bool extract_stream(const struct params *params, const struct extract_plan *plan, const struct extract_source *source, size_t n, extract_take *take, void *ctx, struct err *err)
{
    struct batch batch = {.params = params, .plan = plan, .source = source, .take = take, .take_ctx = ctx};
    batch.row = mem_zero(n, sizeof *batch.row, err);
    batch.line = batch.row == NULL ? NULL : inorder_start(n, hand_over, &batch, err);
    bool ok = batch.line != NULL && run_all(&batch, n, err);
    if (batch.row != NULL)
        extract_rows_free(batch.row, n); /* those that were not handed over */
    inorder_end(batch.line);
    mem_free(batch.row);
    return ok;
}

void extract_rows_free(struct extract_row *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        arena_free(&row[i].arena);
}
