/* Predictions as CSV, as text and as JSON; see predict.h. All of them say what they are not: a medical device. */
#include "study/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv.h"
#include "io/json.h"

enum { SHOWN_MAX = 12 }; /* contributions shown to people; the files hold all */

/* Text of a model or a table on its way to the screen: it can't move the cursor or begin a line of its own. */
static void add_plain(struct text *out, const char *text)
{
    for (; *text != '\0'; text++)
        text_add_char(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static const char *group_name(const struct prediction *item)
{
    return item->high ? "high" : "low";
}

/* What a reader must know beside the numbers, on one line. */
static void add_notes(const struct predictions *p, size_t row, struct text *out)
{
    const struct prediction *item = &p->item[row];
    const struct table *inputs = &p->cases->table;
    const char *between = "";
    for (size_t k = 0; k < item->imputed_n; k++, between = "; ") {
        const struct column *column = &inputs->column[item->imputed[k]];
        const char *reason = column->reason == NULL ? NULL : column->reason[row];
        text_add(out, "%s", between);
        add_plain(out, column->name);
        text_add(out, " is imputed (%s)", reason == NULL ? "missing" : reason);
    }
    for (size_t k = 0; k < item->unseen_n; k++, between = "; ") {
        const struct column *column = &inputs->column[item->unseen[k]];
        text_add(out, "%s", between);
        add_plain(out, column->name);
        text_add(out, " '");
        add_plain(out, column->text[row]);
        text_add(out, "' was not seen in training and is taken as missing");
    }
    if (p->model->leaky)
        text_add(out, "%sthe model was made with --allow-leakage", between);
}

static void add_outside(const struct predictions *p, const struct prediction *item, struct text *out)
{
    for (size_t k = 0; k < item->outside_n; k++) {
        text_add(out, "%s", k > 0 ? "; " : "");
        add_plain(out, p->model->input[item->outside[k]].name);
    }
}

static const char *id_of(const struct predictions *p, size_t row)
{
    return p->cases->table.id == NULL ? NULL : p->cases->table.id[row];
}

bool predictions_csv(const struct predictions *p, struct text *out, struct err *err)
{
    static const char *const head[] = {"ID", "probability", "group", "distance", "percentile", "outside", "notes", "notice"};
    struct csv_writer csv = csv_writer(out);
    struct text cell = TEXT_INIT;
    for (size_t k = 0; k < sizeof head / sizeof *head; k++)
        csv_add_text(&csv, head[k]);
    csv_end_row(&csv);
    for (size_t row = 0; row < p->n; row++) {
        const struct prediction *item = &p->item[row];
        csv_add_text(&csv, id_of(p, row));
        if (item->failure != NULL) {
            for (size_t k = 0; k < 5; k++)
                csv_add_text(&csv, NULL);
            csv_add_text(&csv, item->failure);
        } else {
            csv_add_number(&csv, item->probability);
            csv_add_text(&csv, group_name(item));
            csv_add_number(&csv, item->distance);
            csv_add_number(&csv, item->percentile);
            cell.n = 0;
            add_outside(p, item, &cell);
            csv_add_text(&csv, cell.n == 0 ? NULL : cell.bytes);
            cell.n = 0;
            add_notes(p, row, &cell);
            csv_add_text(&csv, cell.n == 0 ? NULL : cell.bytes);
        }
        csv_add_text(&csv, MODEL_NOTICE);
        csv_end_row(&csv);
    }
    bool done = text_ok(&cell, err) && text_ok(out, err);
    text_free(&cell);
    return done;
}

static const char *scale_title(enum explain_scale scale)
{
    return scale == EXPLAIN_LOG_ODDS ? "log-odds" : "score";
}

static bool importances_csv(const struct explanation *of, struct text *out, struct err *err)
{
    struct csv_writer csv = csv_writer(out);
    csv_add_text(&csv, "column");
    csv_add_text(&csv, "importance");
    csv_end_row(&csv);
    for (size_t c = 0; c < of->parts.n; c++) {
        csv_add_text(&csv, of->parts.name[c]);
        csv_add_number(&csv, of->parts.weight[c]);
        csv_end_row(&csv);
    }
    return text_ok(out, err);
}

bool predictions_contributions_csv(const struct predictions *p, struct text *out, struct err *err)
{
    const struct explanation *of = &p->explanation;
    const struct table *table = &of->contributions;
    struct csv_writer csv = csv_writer(out);
    if (of->scale == EXPLAIN_IMPORTANCE)
        return importances_csv(of, out, err);
    csv_add_text(&csv, "ID");
    csv_add_text(&csv, "constant");
    for (size_t c = 0; c < table->column_n; c++)
        csv_add_text(&csv, table->column[c].name);
    csv_add_text(&csv, scale_title(of->scale));
    csv_end_row(&csv);
    for (size_t row = 0; row < p->n; row++) {
        bool failed = p->item[row].failure != NULL;
        double total = failed ? NAN : of->constant;
        csv_add_text(&csv, id_of(p, row));
        csv_add_number(&csv, total);
        for (size_t c = 0; c < table->column_n; c++) {
            csv_add_number(&csv, table->column[c].number[row]);
            total += table->column[c].number[row];
        }
        csv_add_number(&csv, total);
        csv_end_row(&csv);
    }
    return text_ok(out, err);
}

/* ---- one case ---- */

/* A part's weight in this case, and its place. */
struct weighed {
    double value;
    size_t part;
};

static int by_size(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;
    double p = fabs(x->value), q = fabs(y->value);
    return p != q ? (p < q) - (p > q) : (x->part > y->part) - (x->part < y->part);
}

/* Parts that add something, the largest first; *n of them, owned by the caller. */
static struct weighed *weigh_parts(const struct explanation *of, size_t *n, struct err *err)
{
    struct weighed *list = mem_alloc(of->parts.n, sizeof *list, err);
    *n = 0;
    for (size_t k = 0; list != NULL && k < of->parts.n; k++) {
        double value = of->scale == EXPLAIN_IMPORTANCE ? of->parts.weight[k] : of->contributions.column[k].number[0];
        if (of->parts.weight[k] != 0)
            list[(*n)++] = (struct weighed){value, k};
    }
    if (*n > 0)
        qsort(list, *n, sizeof *list, by_size);
    return list;
}

static const struct model_input *input_of_part(const struct model *model, const char *part, size_t *place)
{
    for (*place = 0; *place < model->input_n; ++*place)
        if (model_part_is_of(&model->input[*place], part))
            return &model->input[*place];
    return NULL;
}

/* The case's own value behind a part: "12.5", "T2", or "missing". */
static void add_value(const struct predictions *p, size_t i, struct text *out)
{
    const struct column *column = &p->cases->table.column[i];
    if (column->kind == COLUMN_TEXT)
        add_plain(out, column->text[0] == NULL ? "missing" : column->text[0]);
    else if (isnan(column->number[0]))
        text_add(out, "missing");
    else
        text_add(out, "%.6g", column->number[0]);
}

static void add_contributions(const struct predictions *p, const struct weighed *list, size_t n, struct text *out)
{
    const struct explanation *of = &p->explanation;
    size_t shown = n < SHOWN_MAX ? n : SHOWN_MAX;
    if (of->scale == EXPLAIN_IMPORTANCE)
        text_add(out, "\nimportance of columns in the model as a whole (not of this case)\n");
    else
        text_add(out, "\nwhat adds to the %s; the constant is %.4f\n", of->scale == EXPLAIN_LOG_ODDS ? "log-odds of the probability" : "learner's score", of->constant);
    for (size_t k = 0; k < shown; k++) {
        size_t i;
        const char *part = of->parts.name[list[k].part];
        text_add(out, of->scale == EXPLAIN_IMPORTANCE ? "  %8.4f  " : "  %+8.4f  ", list[k].value);
        add_plain(out, part);
        if (input_of_part(p->model, part, &i) != NULL) {
            text_add(out, " (");
            add_value(p, i, out);
            text_add(out, ")");
        }
        text_add_char(out, '\n');
    }
    if (n > shown)
        text_add(out, "  and %zu smaller ones\n", n - shown);
}

/* Clinical values that were given and change nothing. */
static void add_unused(const struct predictions *p, struct text *out)
{
    size_t n = 0;
    for (size_t i = 0; i < p->model->input_n; i++) {
        const struct model_input *input = &p->model->input[i];
        const struct column *column = &p->cases->table.column[i];
        if (input->from_images || input->in_score || (input->is_text ? column->text[0] == NULL : isnan(column->number[0])))
            continue;
        text_add(out, n++ == 0 ? "not used      the score does not depend on " : ", ");
        add_plain(out, input->name);
    }
    if (n > 0)
        text_add_char(out, '\n');
}

bool prediction_text(const struct predictions *p, const char *sha256, struct text *out, struct err *err)
{
    const struct model *model = p->model;
    const struct prediction *item = &p->item[0];
    size_t n, score_n = 0;
    struct weighed *list = weigh_parts(&p->explanation, &n, err);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < model->input_n; i++)
        score_n += model->input[i].in_score && !model->input[i].is_text;
    const char *const title[] = {model->score_name, " of study ", model->name, ": ", model->block, " with ", model->learner};
    for (size_t k = 0; k < sizeof title / sizeof *title; k++)
        add_plain(out, title[k]);
    text_add(out, ", model %.12s\n", sha256);
    text_add(out, "probability   %.4f (of ", item->probability);
    add_plain(out, model->positive);
    text_add(out, ")\n");
    text_add(out, "risk group    %s (high at or above %.4f)\n", group_name(item), model->threshold);
    text_add(out, "distance      %.2f standard deviations from the training data; %.0f %% of the training cases lie nearer\n", item->distance, item->percentile);
    text_add(out, "outside       %zu of %zu numbers in the score lie outside the training range\n", item->outside_n, score_n);
    for (size_t k = 0; k < item->outside_n; k++) {
        const struct model_input *input = &model->input[item->outside[k]];
        text_add(out, "              ");
        add_plain(out, input->name);
        text_add(out, ": %.6g, trained on %.6g to %.6g\n", p->cases->table.column[item->outside[k]].number[0], input->low, input->high);
    }
    if (item->imputed_n + item->unseen_n > 0 || model->leaky) {
        text_add(out, "notes         ");
        add_notes(p, 0, out);
        text_add_char(out, '\n');
    }
    add_unused(p, out);
    add_contributions(p, list, n, out);
    text_add(out, "\n%s\n", MODEL_NOTICE);
    mem_free(list);
    return text_ok(out, err);
}

static void put(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    json_put_text(json, value);
}

static void put_number(struct json_writer *json, const char *key, double value)
{
    json_key(json, key);
    json_put_number(json, value);
}

static void put_model(const struct model *model, const char *sha256, struct json_writer *json)
{
    json_key(json, "model");
    json_begin_object(json, JSON_TALL);
    put(json, "sha256", sha256);
    put(json, "study", model->name);
    put(json, "score", model->score_name);
    put(json, "block", model->block);
    put(json, "learner", model->learner);
    put(json, "positive", model->positive);
    put_number(json, "threshold", model->threshold);
    json_key(json, "allow_leakage");
    json_put_bool(json, model->leaky);
    json_end(json);
}

/* What is unusual about the inputs: three lists. */
static void put_inputs(const struct predictions *p, struct json_writer *json)
{
    const struct prediction *item = &p->item[0];
    const struct table *inputs = &p->cases->table;
    json_key(json, "outside");
    json_begin_array(json, JSON_TALL);
    for (size_t k = 0; k < item->outside_n; k++) {
        const struct model_input *input = &p->model->input[item->outside[k]];
        json_begin_object(json, JSON_WIDE);
        put(json, "column", input->name);
        put_number(json, "value", inputs->column[item->outside[k]].number[0]);
        put_number(json, "low", input->low);
        put_number(json, "high", input->high);
        json_end(json);
    }
    json_end(json);
    json_key(json, "imputed");
    json_begin_array(json, JSON_TALL);
    for (size_t k = 0; k < item->imputed_n; k++) {
        const struct column *column = &inputs->column[item->imputed[k]];
        json_begin_object(json, JSON_WIDE);
        put(json, "column", column->name);
        put(json, "reason", column->reason == NULL ? NULL : column->reason[0]);
        json_end(json);
    }
    json_end(json);
    json_key(json, "unseen");
    json_begin_array(json, JSON_TALL);
    for (size_t k = 0; k < item->unseen_n; k++) {
        json_begin_object(json, JSON_WIDE);
        put(json, "column", inputs->column[item->unseen[k]].name);
        put(json, "level", inputs->column[item->unseen[k]].text[0]);
        json_end(json);
    }
    json_end(json);
}

static void put_contributions(const struct predictions *p, const struct weighed *list, size_t n, struct json_writer *json)
{
    const struct explanation *of = &p->explanation;
    bool importance = of->scale == EXPLAIN_IMPORTANCE;
    json_key(json, importance ? "importances" : "contributions");
    json_begin_object(json, JSON_TALL);
    if (!importance) {
        put(json, "scale", of->scale == EXPLAIN_LOG_ODDS ? "log-odds of the probability" : "the learner's score");
        put_number(json, "constant", of->constant);
    }
    json_key(json, "columns");
    json_begin_array(json, JSON_TALL);
    for (size_t k = 0; k < n; k++) {
        json_begin_object(json, JSON_WIDE);
        put(json, "column", of->parts.name[list[k].part]);
        put_number(json, importance ? "importance" : "contribution", list[k].value);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

bool prediction_json(const struct predictions *p, const char *sha256, struct text *out, struct err *err)
{
    const struct prediction *item = &p->item[0];
    struct json_writer json = json_writer(out);
    size_t n;
    struct weighed *list = weigh_parts(&p->explanation, &n, err);
    if (list == NULL)
        return false;
    json_begin_object(&json, JSON_TALL);
    put(&json, "hepar", HEPAR_VERSION);
    put(&json, "notice", MODEL_NOTICE);
    put_model(p->model, sha256, &json);
    put_number(&json, "probability", item->probability);
    put(&json, "group", group_name(item));
    put_number(&json, "distance", item->distance);
    put_number(&json, "percentile", item->percentile);
    put_inputs(p, &json);
    put_contributions(p, list, n, &json);
    json_end(&json);
    text_add_char(out, '\n');
    mem_free(list);
    return text_ok(out, err);
}
