/* hepar extract: features of every case of a table, as PyRadiomics' batch does it, or of one image and mask.
 *
 * All cases are tasks of one par_for(); their rows are taken in order, and every CHUNK of them are written to OUT.partial/
 * (partial.h), from where --resume goes on after a kill. The output is the header and the rows in order, hence the same
 * bytes in every case. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/partial.h"
#include "cmd/shard.h"
#include "io/casecolumns.h"
#include "io/csv.h"
#include "radiomics/extract.h"
#include "study/deep_extract.h"

enum { CHUNK = 16 };

/* --mask-fit; auto: as the parameter file says, strict without one. */
static const char *const mask_fits[] = {"auto", "strict", "snap", "resample", "pyradiomics", NULL};
enum { FIT_AUTO };

struct extract_options {
    const char *params, *output, *shard, *deep;
    struct input_options input;
    int mask_fit;
    int64_t label, label_channel;
    bool resume;
};

/* What a table's run carries along. */
struct job {
    const struct extract_options *settings;
    struct params params;
    struct extract_plan plan;
    struct deep_extract deep; /* zeroed without --deep */
    struct csv cases;
    char *folder;
    struct partial partial;
    size_t begin, n; /* the shard's rows */
    struct chunk *chunk;
    size_t image, mask, label, label_channel, id; /* columns; SIZE_MAX: none */
    struct text rows, notes;
    size_t failed_n;
};

static bool read_params(const struct extract_options *settings, struct params *params, struct err *err)
{
    if (!(settings->params == NULL ? params_default(params, err) : params_read(settings->params, params, err)))
        return false;
    if (settings->mask_fit != FIT_AUTO)
        params->settings.mask_policy = (enum mask_policy)(settings->mask_fit - 1); /* the words stand in its order */
    else if (settings->params == NULL)
        params->settings.mask_policy = MASK_STRICT;
    return params_describe(params, err) && params_check_built(params, err);
}

/* A cell that must be a whole number or empty; a wrong one becomes the case's failure. */
static bool whole_cell(const char *cell, int64_t fallback, int64_t *value)
{
    char *end;
    *value = fallback;
    if (*cell == '\0')
        return true;
    *value = strtoll(cell, &end, 10);
    return *end == '\0' && *value >= 0;
}

/* The case's files and label; a table that names no whole number is the case's failure. */
static bool source_of(const struct job *job, size_t row, struct extract_source *source, struct err *err)
{
    const char *label = job->label == SIZE_MAX ? "" : csv_cell(&job->cases, row, job->label);
    const char *channel = job->label_channel == SIZE_MAX ? "" : csv_cell(&job->cases, row, job->label_channel);
    source->image = case_path(job->folder, csv_cell(&job->cases, row, job->image), err);
    source->mask = case_path(job->folder, csv_cell(&job->cases, row, job->mask), err);
    if (!whole_cell(label, job->settings->label, &source->label) || !whole_cell(channel, job->settings->label_channel, &source->label_channel))
        source->failure = "Label, Label_channel: expected a whole number";
    return source->image != NULL && source->mask != NULL;
}

static void add_note(struct text *notes, const char *id, const char *column, const char *reason)
{
    struct csv_writer writer = csv_writer(notes);
    csv_add_text(&writer, id);
    csv_add_text(&writer, column);
    csv_add_text(&writer, reason);
    csv_end_row(&writer);
}

/* Behind the hand-crafted columns; empty where the case failed. */
static void add_deep(struct job *job, struct csv_writer *writer, size_t i, bool failed)
{
    const double *value = job->deep.n == 0 || failed ? NULL : deep_extract_row(&job->deep, i);
    for (size_t k = 0; k < job->deep.n; k++)
        value == NULL ? csv_add_text(writer, NULL) : csv_add_number(writer, value[k]);
    if (job->deep.n > 0)
        deep_extract_drop(&job->deep, i);
}

/* Case i of the job, row `row` of the table. */
static void add_row(struct job *job, size_t i, size_t row, const struct extract_row *made)
{
    struct csv_writer writer = csv_writer(&job->rows);
    char number[32];
    snprintf(number, sizeof number, "%zu", row + 1);
    const char *id = job->id == SIZE_MAX ? number : csv_cell(&job->cases, row, job->id);
    for (size_t c = 0; c < job->cases.column_n; c++)
        csv_add_text(&writer, csv_cell(&job->cases, row, c));
    for (size_t c = 0; c < job->plan.n; c++) {
        const struct extract_cell *cell = made->cell == NULL ? NULL : &made->cell[c];
        if (cell == NULL || c < job->plan.diagnostic_n)
            csv_add_text(&writer, cell == NULL ? NULL : cell->text);
        else
            csv_add_number(&writer, cell->number);
        if (cell != NULL && cell->reason != NULL)
            add_note(&job->notes, id, job->plan.name[c], cell->reason);
    }
    add_deep(job, &writer, i, made->cell == NULL);
    csv_end_row(&writer);
    for (size_t k = 0; k < made->remark_n; k++)
        add_note(&job->notes, id, made->remark[k].file, made->remark[k].text);
    if (made->failure != NULL) {
        add_note(&job->notes, id, "", made->failure);
        log_warn("case %s: %s", id, made->failure);
        job->failed_n++;
    }
}

/* ---- chunks ---- */

/* Rows job->begin + k * CHUNK and following. */
struct chunk {
    struct partial_chunk kept;           /* from an earlier run */
    size_t rows_at, notes_at, failed_at; /* where the job stood when the chunk began */
};

static bool keep_chunk(struct job *job, struct chunk *chunk)
{
    const struct partial_chunk *kept = &chunk->kept;
    text_add_bytes(&job->rows, (const char *)kept->bytes + kept->row_at, kept->row_n);
    text_add_bytes(&job->notes, (const char *)kept->bytes + kept->note_at, kept->note_n);
    job->failed_n += kept->failed_n;
    return true;
}

/* Case i of the shard, in order: its row and notes, and with the last of a chunk the chunk's file. */
static bool take_row(void *ctx, size_t i, const struct extract_row *made, struct err *err)
{
    struct job *job = ctx;
    struct chunk *chunk = &job->chunk[i / CHUNK];
    bool first = i % CHUNK == 0, last = i % CHUNK == CHUNK - 1 || i == job->n - 1;
    if (chunk->kept.bytes != NULL)
        return !first || keep_chunk(job, chunk);
    if (first) {
        chunk->rows_at = job->rows.n;
        chunk->notes_at = job->notes.n;
        chunk->failed_at = job->failed_n;
    }
    add_row(job, i, job->begin + i, made);
    if (!last)
        return true;
    return text_ok(&job->rows, err) && text_ok(&job->notes, err) &&
           partial_save(&job->partial, i / CHUNK, job->failed_n - chunk->failed_at, job->rows.bytes + chunk->rows_at, job->rows.n - chunk->rows_at,
                        job->notes.bytes + chunk->notes_at, job->notes.n - chunk->notes_at, err);
}

static bool extract_rows(struct job *job, struct err *err)
{
    size_t chunk_n = (job->n + CHUNK - 1) / CHUNK;
    struct extract_source *source = mem_zero(job->n, sizeof *source, err);
    job->chunk = source == NULL ? NULL : mem_zero(chunk_n, sizeof *job->chunk, err);
    bool ok = job->chunk != NULL;
    for (size_t k = 0; ok && k < chunk_n; k++)
        ok = partial_load(&job->partial, k, &job->chunk[k].kept, err);
    for (size_t i = 0; ok && i < job->n; i++) {
        source[i].beside = job->deep.n > 0 ? &job->deep.beside : NULL;
        source[i].skip = job->chunk[i / CHUNK].kept.bytes != NULL;
        ok = source_of(job, job->begin + i, &source[i], err);
    }
    ok = ok && extract_stream(&job->params, &job->plan, source, job->n, take_row, job, err);
    for (size_t i = 0; source != NULL && i < job->n; i++) {
        mem_free((void *)source[i].image);
        mem_free((void *)source[i].mask);
    }
    for (size_t k = 0; job->chunk != NULL && k < chunk_n; k++)
        mem_free(job->chunk[k].kept.bytes);
    mem_free(job->chunk);
    mem_free(source);
    return ok;
}

/* What OUT.partial belongs to: one table, one set of parameters and one shard. */
static bool open_partial(struct job *job, const struct shard *shard, const char *table_hash, struct err *err)
{
    struct text key = TEXT_INIT;
    text_add(&key, "%s\n%zu/%zu\n%s\n", table_hash, shard->i, shard->n, job->params.settings_text);
    text_add(&key, "label %lld %lld\n", (long long)job->settings->label, (long long)job->settings->label_channel);
    for (size_t i = 0; i < job->plan.n; i++)
        text_add(&key, "%s\n", job->plan.name[i]);
    if (job->deep.n > 0)
        deep_extract_describe(&job->deep, &key);
    bool ok = text_ok(&key, err) && partial_open(&job->partial, job->settings->output, &key, job->settings->resume, err);
    text_free(&key);
    return ok;
}

static void add_header(struct job *job)
{
    struct csv_writer writer = csv_writer(&job->rows);
    for (size_t c = 0; c < job->cases.column_n; c++)
        csv_add_text(&writer, job->cases.name[c]);
    for (size_t i = 0; i < job->plan.n; i++)
        csv_add_text(&writer, job->plan.name[i]);
    char name[96];
    for (size_t k = 0; k < job->deep.n; k++)
        csv_add_text(&writer, deep_extract_name(&job->deep, k, name));
    csv_end_row(&writer);
    add_note(&job->notes, "ID", "column", "reason");
}

static bool find_columns(struct job *job, const char *path, struct err *err)
{
    const char *const *name = (const char *const *)job->cases.name;
    job->image = case_find_image(name, job->cases.column_n, "");
    job->mask = case_find_mask(name, job->cases.column_n, "");
    job->label = csv_find_any_case(&job->cases, "Label");
    job->label_channel = csv_find_any_case(&job->cases, "Label_channel");
    job->id = csv_find_any_case(&job->cases, "ID");
    if (job->image == SIZE_MAX || job->mask == SIZE_MAX)
        return err_set(err, ERR_INPUT, "%s line %zu: no column %s, expected Image and Mask", path, job->cases.name_line, job->image == SIZE_MAX ? "Image" : "Mask");
    return true;
}

static bool hash_table(const char *path, char hex[65], struct err *err)
{
    unsigned char *bytes;
    size_t n;
    if (!file_read(path, CSV_BYTE_MAX, &bytes, &n, err))
        return false;
    sha256_hex(bytes, n, hex);
    mem_free(bytes);
    return true;
}

static bool write_outputs(const struct job *job, const struct shard *shard, const char *table_hash, struct err *err)
{
    char *notes = shard_beside(job->settings->output, ".notes.csv", err);
    bool ok = notes != NULL && file_write(job->settings->output, job->rows.bytes, job->rows.n, err) && file_write(notes, job->notes.bytes, job->notes.n, err);
    if (ok && shard->n > 1)
        ok = shard_mark(job->settings->output, shard, table_hash, err);
    mem_free(notes);
    return ok && partial_remove(&job->partial, err);
}

static bool open_deep(struct job *job, struct err *err)
{
    return job->settings->deep == NULL || deep_extract_open(job->settings->deep, &job->settings->input, job->n, &job->deep, err);
}

static bool extract_table(struct call *call, struct job *job, struct err *err)
{
    const char *path = call->operand[0];
    struct shard shard = {1, 1};
    char table_hash[65];
    if (job->settings->output == NULL)
        return err_set(err, ERR_USAGE, "option --output: not given; features of a table go to a file");
    if (job->settings->shard != NULL && !shard_parse(job->settings->shard, &shard, err))
        return false;
    if (!csv_read(path, &job->cases, NULL, err) || !find_columns(job, path, err) || !hash_table(path, table_hash, err))
        return false;
    job->folder = path_folder(path, err);
    job->begin = job->cases.row_n * (shard.i - 1) / shard.n;
    job->n = job->cases.row_n * shard.i / shard.n - job->begin;
    if (job->folder == NULL || !open_deep(job, err) || !open_partial(job, &shard, table_hash, err))
        return false;
    add_header(job);
    if (!extract_rows(job, err))
        return false;
    call->failed_n = job->failed_n;
    return text_ok(&job->rows, err) && text_ok(&job->notes, err) && write_outputs(job, &shard, table_hash, err);
}

/* One case on the screen: a line a column; what is to be said goes to the log. */
static bool show_case(const struct job *job, const struct extract_row *made, struct err *err)
{
    struct text text = TEXT_INIT;
    struct csv_writer writer = csv_writer(&text);
    for (size_t i = 0; i < job->plan.n; i++) {
        const struct extract_cell *cell = &made->cell[i];
        csv_add_text(&writer, job->plan.name[i]);
        if (i < job->plan.diagnostic_n)
            csv_add_text(&writer, cell->text);
        else
            csv_add_number(&writer, cell->number);
        csv_end_row(&writer);
        if (cell->reason != NULL)
            log_note("%s: %s", job->plan.name[i], cell->reason);
    }
    const double *deep = job->deep.n == 0 ? NULL : deep_extract_row(&job->deep, 0);
    char name[96];
    for (size_t k = 0; k < job->deep.n; k++) {
        csv_add_text(&writer, deep_extract_name(&job->deep, k, name));
        csv_add_number(&writer, deep[k]);
        csv_end_row(&writer);
    }
    bool ok = text_ok(&text, err) && stdout_write(text.bytes, text.n, err);
    text_free(&text);
    return ok;
}

/* With --output: a table of one row, and its notes beside it. */
static bool write_case(struct job *job, const struct extract_row *made, struct err *err)
{
    add_header(job);
    add_row(job, 0, 0, made);
    char *notes = shard_beside(job->settings->output, ".notes.csv", err);
    bool ok = notes != NULL && text_ok(&job->rows, err) && text_ok(&job->notes, err) &&
              file_write(job->settings->output, job->rows.bytes, job->rows.n, err) && file_write(notes, job->notes.bytes, job->notes.n, err);
    mem_free(notes);
    return ok;
}

static bool extract_one(struct call *call, struct job *job, struct err *err)
{
    struct extract_source source = {.image = call->operand[0], .mask = call->operand[1], .label = job->settings->label, .label_channel = job->settings->label_channel};
    struct extract_row made = {0};
    job->id = SIZE_MAX;
    job->n = 1;
    bool ok = open_deep(job, err);
    source.beside = job->deep.n > 0 ? &job->deep.beside : NULL;
    ok = ok && extract_batch(&job->params, &job->plan, &source, 1, NULL, &made, err);
    for (size_t i = 0; ok && i < made.remark_n; i++)
        log_note("%s: %s", made.remark[i].file, made.remark[i].text);
    if (ok && made.failure != NULL)
        ok = err_set(err, ERR_INPUT, "%s", made.failure);
    ok = ok && (job->settings->output != NULL ? write_case(job, &made, err) : show_case(job, &made, err));
    extract_rows_free(&made, 1);
    return ok;
}

static bool run(struct call *call, struct err *err)
{
    struct job job = {.settings = call->settings};
    bool ok = read_params(job.settings, &job.params, err) && extract_plan_make(&job.params, &job.plan, err);
    if (ok)
        ok = call->operand_n == 2 ? extract_one(call, &job, err) : extract_table(call, &job, err);
    deep_extract_close(&job.deep);
    extract_plan_free(&job.plan);
    params_free(&job.params);
    csv_free(&job.cases);
    mem_free(job.folder);
    partial_free(&job.partial);
    text_free(&job.rows);
    text_free(&job.notes);
    return ok;
}

static const struct opt opts[] = {
    {"params", 'p', OPT_TEXT, "FILE", "PyRadiomics parameter file; unset: PyRadiomics' defaults", offsetof(struct extract_options, params)},
    OPT_OUTPUT("FILE", "where the features go (CSV); reasons go beside it, in *.notes.csv", offsetof(struct extract_options, output)),
    {"label", 0, OPT_INTEGER, "N", "mask value of the region, where the table has no column Label; 0: the parameter file's", offsetof(struct extract_options, label), .initial = "0", .least = 0, .most = 4294967295.0},
    {"label-channel", 0, OPT_INTEGER, "N", "channel of a vector mask; -1: the parameter file's", offsetof(struct extract_options, label_channel), .initial = "-1", .least = -1, .most = 65535},
    {"mask-fit", 0, OPT_CHOICE, NULL, "how mask and image grids must agree; auto: as the parameter file says, strict without one", offsetof(struct extract_options, mask_fit), mask_fits, .initial = "auto"},
    {"deep", 0, OPT_TEXT, "NET[:WEIGHTS]", "also the features of this network, with weights from a file (.safetensors, .pth)", offsetof(struct extract_options, deep)},
    INPUT_OPT_ROWS(offsetof(struct extract_options, input)),
    {"shard", 0, OPT_TEXT, "I/N", "do part I of N of the table; 'hepar merge' joins the parts", offsetof(struct extract_options, shard)},
    {"resume", 0, OPT_FLAG, NULL, "go on from FILE.partial, where a stopped run left it", offsetof(struct extract_options, resume)},
};
static const char *const usage[] = {"COHORT -o FILE", "IMAGE MASK", NULL};
static const struct manual_example examples[] = {
    {"hepar extract cohort.csv -p params.yaml -o features.csv", "Features of every case of a table."},
    {"hepar extract ct.nii.gz tumour.nii.gz", "One case, to the screen."},
    {"hepar extract cohort.csv -o features.csv --deep resnet18_3d:medicalnet.pth --input-size 48 --input-mask no", "Deep features beside the hand-crafted ones."},
    {"hepar extract cohort.csv -o part3.csv --shard 3/7", "A seventh of the table, on one of seven machines."},
};

const struct command command_extract = {
    .page = {.name = "extract", .group = GROUP_EXTRACT, .summary = "radiomics features of a table of cases, or of one image and mask", .usage = usage,
             .description = "COHORT is a CSV with the columns Image and Mask (paths relative to it), and perhaps ID, Label, Label_channel; its columns come "
                            "first in the output, then PyRadiomics' columns under PyRadiomics' names. A case that fails keeps its row, empty, with its "
                            "reason in the notes, and the exit code is 1.\n\n"
                            "The parameter file is PyRadiomics' own. Image types other than Original are not built yet and are refused by name.\n\n"
                            "--mask-fit: strict asks for equal sizes and corners within 1e-3 voxel; snap takes axes in another order or direction and "
                            "whole shifts, within 0.1 voxel; resample takes the nearest mask voxel; pyradiomics follows geometryTolerance and "
                            "correctMask of the parameter file. What is done to a mask, and what a file's reader repaired, stands in the notes.\n\n"
                            "--deep: the network (doc/networks.md) sees a box around the tumour, resampled and windowed as the --input options say; what comes out before its "
                            "classifier are the columns deep.NET.f000 and following, and with --input-view 2d-all their means over the slices, then their maxima, "
                            "deep.NET.max.f000. Weights of 'hepar net train' bring their input with them, where no --input option is given. Without WEIGHTS its values are random ones of a fixed seed, which is said.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 1,
    .operand_most = 2,
    .settings_size = sizeof(struct extract_options),
    .run = run,
};
