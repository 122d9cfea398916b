/* The cases of a table checked one by one, then beside each other; see check.h. */
#include "study/check.h"

#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"

static bool make_sources(struct check *check, const struct check_choice *choice, struct err *err)
{
    const struct case_table *table = &check->table;
    check->n = table->row_n * table->phase_n;
    check->source = mem_zero(check->n, sizeof *check->source, err);
    check->result = mem_zero(check->n, sizeof *check->result, err);
    if (check->source == NULL || check->result == NULL)
        return false;
    for (size_t i = 0; i < check->n; i++) {
        const struct case_row *row = &table->row[i / table->phase_n];
        size_t phase = i % table->phase_n;
        check->source[i] = (struct check_source){
            .image = row->image[phase], .mask = row->mask[phase], .label = row->label == 0 ? choice->label : row->label, .policy = choice->policy,
            .window_centre = choice->window_centre, .window_width = choice->window_width, .picture = choice->picture,
        };
    }
    return true;
}

struct check_task {
    struct check *check;
    struct progress *progress;
};

static bool check_range(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    struct check_task *task = ctx;
    struct check *check = task->check;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        const struct check_source *source = &check->source[i];
        bool done = true;
        if (source->image != NULL && source->mask != NULL)
            done = check_case(source, &check->result[i], err);
        else if (source->image != NULL)
            done = check_add(&check->result[i], err, CHECK_FAILS, "the table names an image without a mask");
        else
            done = check_add(&check->result[i], err, CHECK_REMARK, "the table names no image");
        if (!done)
            return err_add(err, "case %s", check_id(check, i));
        progress_step(task->progress, 1);
    }
    return true;
}

bool check_table(const char *path, const struct check_choice *choice, struct check *check, struct notes *notes, struct err *err)
{
    struct check_task task = {check, NULL};
    *check = (struct check){0};
    bool done = case_table_read(path, &check->table, notes, err) && make_sources(check, choice, err);
    if (done) {
        task.progress = progress_start("checking", check->n);
        done = par_for(check->n, 1, check_range, &task, err);
        progress_end(task.progress);
    }
    done = done && check_cohort(check->source, check->result, check->n, err);
    if (!done)
        check_free(check);
    return done;
}

void check_free(struct check *check)
{
    for (size_t i = 0; check->result != NULL && i < check->n; i++)
        check_result_free(&check->result[i]);
    mem_free(check->result);
    mem_free(check->source);
    case_table_free(&check->table);
    *check = (struct check){0};
}

const char *check_id(const struct check *check, size_t i)
{
    return check->table.row[i / check->table.phase_n].id;
}

const char *check_phase(const struct check *check, size_t i)
{
    return check->table.phase[i % check->table.phase_n];
}

bool check_row_fails(const struct check *check, size_t row)
{
    bool fails = false;
    for (size_t p = 0; p < check->table.phase_n; p++)
        fails = fails || check->result[row * check->table.phase_n + p].fails;
    return fails;
}

static bool row_has_findings(const struct check *check, size_t row)
{
    size_t n = 0;
    for (size_t p = 0; p < check->table.phase_n; p++)
        n += check->result[row * check->table.phase_n + p].finding_n;
    return n > 0;
}

struct check_counts check_count_rows(const struct check *check)
{
    struct check_counts counts = {0, 0};
    for (size_t r = 0; r < check->table.row_n; r++) {
        bool fails = check_row_fails(check, r);
        counts.fails += fails;
        counts.remarks += !fails && row_has_findings(check, r);
    }
    return counts;
}
