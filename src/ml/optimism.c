/* .632+ and optimism; see optimism.h. */
#include "ml/optimism.h"

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "ml/pipeline.h"
#include "stats/roc.h"
#include "table/fold.h"

struct job {
    const struct crossval_plan *plan;
    const struct rows *rows;
    const size_t *sample;
    size_t candidate;
    uint64_t seed;
    double *oob, *optimism; /* NaN: not used */
};

static bool score_rows(const struct pipeline *pipeline, const struct table *table, double *score, struct err *err)
{
    struct table out;
    if (!pipeline_apply(pipeline, table, &out, err))
        return false;
    const struct column *column = table_find(&out, SCORE_COLUMN);
    for (size_t r = 0; column != NULL && r < out.row_n; r++)
        score[r] = column->number[r];
    table_free(&out);
    return column != NULL || err_set(err, ERR_BUG, "the candidate gives no score");
}

/* AUC of the scores at the listed positions. */
static double auc_at(const double *score, const double *label, const size_t *position, size_t m, double *room, size_t *scratch)
{
    for (size_t i = 0; i < m; i++) {
        room[i] = score[position[i]];
        room[m + i] = label[position[i]];
    }
    return roc_auc_value(room, room + m, m, scratch);
}

static bool two_classes(const double *label, const size_t *position, size_t m)
{
    size_t positive_n = 0;
    for (size_t i = 0; i < m; i++)
        positive_n += label[position[i]] == 1.0;
    return positive_n > 1 && m - positive_n > 1;
}

static bool one_sample(const struct job *job, size_t s, struct err *err)
{
    size_t n = job->rows->table->row_n, out_n = 0, *out = mem_zero(3 * n, sizeof *out, err);
    const size_t *drawn = job->sample + s * n;
    const double *label = job->rows->outcome->label;
    double *score = mem_alloc(3 * n, sizeof *score, err);
    struct rows_part train = {0};
    struct pipeline *pipeline = NULL;
    bool done = false;
    if (out == NULL || score == NULL)
        goto done;
    size_t *scratch = out + n, *times = out + 2 * n;
    for (size_t i = 0; i < n; i++)
        times[drawn[i]]++;
    for (size_t i = 0; i < n; i++)
        if (times[i] == 0)
            out[out_n++] = i;
    job->oob[s] = job->optimism[s] = NAN;
    if (!two_classes(label, drawn, n)) {
        done = true;
        goto done;
    }
    if (!rows_take(job->rows, drawn, n, &train, err) ||
        !candidate_fit(job->plan, job->candidate, &train.rows, rng_seed(job->seed, "optimism.sample", s, 0), &pipeline, err) ||
        !score_rows(pipeline, job->rows->table, score, err)) {
        err_add(err, "bootstrap sample %zu", s + 1);
        goto done;
    }
    job->oob[s] = auc_at(score, label, out, out_n, score + n, scratch);
    job->optimism[s] = auc_at(score, label, drawn, n, score + n, scratch) - roc_auc_value(score, label, n, scratch);
    done = true;
done:
    mem_free(out);
    mem_free(score);
    rows_part_free(&train);
    pipeline_free(pipeline);
    return done;
}

static bool samples(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    for (size_t s = begin; s < end; s++)
        if (!one_sample(ctx, s, err))
            return false;
    return true;
}

static bool apparent_auc(const struct job *job, double *auc, struct err *err)
{
    size_t n = job->rows->table->row_n, *scratch = mem_alloc(n, sizeof *scratch, err);
    double *score = mem_alloc(n, sizeof *score, err);
    struct pipeline *pipeline = NULL;
    bool done = scratch != NULL && score != NULL && candidate_fit(job->plan, job->candidate, job->rows, job->seed, &pipeline, err) &&
                score_rows(pipeline, job->rows->table, score, err);
    if (done)
        *auc = roc_auc_value(score, job->rows->outcome->label, n, scratch);
    pipeline_free(pipeline);
    mem_free(scratch);
    mem_free(score);
    return done;
}

static void combine(struct optimism *out, const double *optimism)
{
    double sum = 0.0, lift = 0.0;
    for (size_t s = 0; s < out->sample_n; s++)
        if (isfinite(out->oob[s])) {
            sum += out->oob[s];
            lift += optimism[s];
            out->used_n++;
        }
    double used = (double)out->used_n, app = out->apparent, oob = sum / used;
    out->oob_mean = oob;
    out->auc_632 = 0.368 * app + 0.632 * oob;
    out->R = oob <= 0.5 ? 1.0 : oob >= app ? 0.0 : (app - oob) / (app - 0.5);
    out->w = 0.632 / (1.0 - 0.368 * out->R);
    out->auc_632plus = (1.0 - out->w) * app + out->w * fmax(oob, 0.5);
    out->optimism = lift / used;
    out->corrected = app - out->optimism;
}

bool optimism_run_given(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, const size_t *sample, size_t sample_n,
                        uint64_t seed, struct optimism *out, struct err *err)
{
    struct job job = {plan, rows, sample, candidate, seed, NULL, NULL};
    *out = (struct optimism){.sample_n = sample_n};
    out->oob = job.oob = mem_zero(sample_n, sizeof *job.oob, err);
    job.optimism = mem_zero(sample_n, sizeof *job.optimism, err);
    bool done = job.oob != NULL && job.optimism != NULL && par_for(sample_n, 1, samples, &job, err) && apparent_auc(&job, &out->apparent, err);
    if (done)
        combine(out, job.optimism);
    mem_free(job.optimism);
    if (!done)
        optimism_free(out);
    return done;
}

bool optimism_run(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, size_t sample_n, uint64_t seed,
                  struct optimism *out, struct err *err)
{
    size_t n = rows->table->row_n, *sample = mem_alloc(sample_n * n, sizeof *sample, err);
    if (sample == NULL)
        return false;
    for (size_t s = 0; s < sample_n; s++) {
        struct rng rng = rng_make(seed, "optimism.draw", s, 0);
        for (size_t i = 0; i < n; i++)
            sample[s * n + i] = rng_below(&rng, n);
    }
    bool done = optimism_run_given(plan, candidate, rows, sample, sample_n, seed, out, err);
    mem_free(sample);
    return done;
}

void optimism_free(struct optimism *optimism)
{
    mem_free(optimism->oob);
    *optimism = (struct optimism){0};
}
