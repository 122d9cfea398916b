/* New cases from a table or by name, what is said of each, and tables that do not fit the model. */
#include "study/predict.h"

#include "base/file.h"
#include "io/json.h"
#include "small_model.h"

static const char *table_path(const char *csv)
{
    struct err err = ERR_INIT;
    const char *path = tap_path("cases.csv");
    assert_done(file_write(path, csv, strlen(csv), &err), err);
    return path;
}

static void predict(const struct small *small, const char *csv, struct newcases *cases, struct predictions *out)
{
    struct err err = ERR_INIT;
    assert_done(newcases_read(&small->model, (const char *[]){table_path(csv)}, 1, NULL, cases, &err), err);
    assert_done(predict_cases(&small->model, cases, out, &err), err);
    assert_done(predictions_explain(out, &err), err);
}

static void what_is_unusual_is_listed_by_name(void **state)
{
    (void)state;
    struct small *small = small_make("ridge", true);
    struct newcases cases;
    struct predictions p;
    struct err err = ERR_INIT;
    struct text text = TEXT_INIT;
    predict(small,
            "t2,ID,sex,a,b,t1,note\n"
            "10,usual,M,10,10,10,x\n"
            "10,\"odd, one\",X,500,NA,-500,x\n"
            "10,word,M,ten,10,10,x\n"
            "10,none,,,,10,x\n",
            &cases, &p);
    assert_int_equal(p.n, 4);
    assert_int_equal(p.failed_n, 2);
    assert_int_equal(p.item[0].outside_n + p.item[0].imputed_n + p.item[0].unseen_n, 0);
    const struct prediction *odd = &p.item[1];
    assert_true(odd->outside_n == 2 && odd->outside[0] == 0 && odd->outside[1] == 3); /* a, t1 */
    assert_true(odd->imputed_n == 1 && odd->imputed[0] == 1);                         /* b */
    assert_true(odd->unseen_n == 1 && odd->unseen[0] == 2);                           /* sex */
    assert_double_near(odd->percentile, 100, 0);
    assert_true(p.item[0].distance < 2 && odd->distance > 100);
    assert_string_equal(p.item[2].failure, "column a: found 'ten', expected a number");
    assert_string_equal(p.item[3].failure, "no clinical value: missing");
    assert_done(predictions_csv(&p, &text, &err), err);
    assert_non_null(strstr(text.bytes, "\"odd, one\","));
    assert_non_null(strstr(text.bytes, ",100,\"a; t1\",\"b is imputed (missing); sex 'X' was not seen in training and is taken as missing\","));
    assert_non_null(strstr(text.bytes, "\nnone,,,,,,no clinical value: missing,\"Research use only; not a medical device.\"\n"));
    text_free(&text);
    predictions_free(&p);
    newcases_free(&cases);
    small_free(small);
}

/* The probability from the pipeline's own parts, by hand, is that of the log-odds told. */
static void contributions_sum_to_the_log_odds_for_every_learner(void **state)
{
    (void)state;
    static const char *const learner[] = {"logistic", "ridge", "lasso", "elastic_net", "svm", "forest"};
    for (size_t k = 0; k < 12; k++) {
        struct small *small = small_make(learner[k / 2], k % 2 == 1);
        struct newcases cases;
        struct predictions p;
        predict(small, "ID,a,b,sex,t1,t2\n1,9,11,M,10,12\n2,,10,F,,9\n3,11,10,Q,12,8\n4,x,10,F,12,8\n", &cases, &p);
        assert_int_equal(p.explanation.scale, EXPLAIN_LOG_ODDS);
        for (size_t row = 0; row < 3; row++) {
            double sum = p.explanation.constant, probability = p.item[row].probability;
            for (size_t c = 0; c < p.explanation.contributions.column_n; c++)
                sum += p.explanation.contributions.column[c].number[row];
            assert_double_near(sum, log(probability / (1 - probability)), 1e-9);
        }
        for (size_t c = 0; c < p.explanation.contributions.column_n; c++)
            assert_true(isnan(p.explanation.contributions.column[c].number[3]));
        predictions_free(&p);
        newcases_free(&cases);
        small_free(small);
    }
}

static void further_tables_add_their_columns_by_id(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct small *small = small_make("ridge", true);
    struct newcases one, two;
    struct predictions p, q;
    predict(small, "ID,a,b,sex,t1,t2\n1,9,11,M,10,12\n2,11,10,F,12,8\n", &one, &p);
    static const char first[] = "ID,a,b,sex\n1,9,11,M\n2,11,10,F\n", more[] = "t2,ID,t1\n8,2,12\n12,1,10\n5,3,5\n";
    const char *const path[] = {tap_path("clinical.csv"), tap_path("radiomics.csv")};
    assert_done(file_write(path[0], first, sizeof first - 1, &err) && file_write(path[1], more, sizeof more - 1, &err), err);
    assert_done(newcases_read(&small->model, path, 2, "ID", &two, &err) && predict_cases(&small->model, &two, &q, &err), err);
    assert_int_equal(q.n, 2);
    for (size_t row = 0; row < 2; row++)
        assert_memory_equal(&p.item[row].probability, &q.item[row].probability, sizeof(double));
    predictions_free(&p);
    predictions_free(&q);
    newcases_free(&one);
    newcases_free(&two);
    small_free(small);
}

static void a_case_is_scored_alike_in_any_company(void **state)
{
    (void)state;
    struct small *small = small_make("forest", true);
    struct newcases many, one;
    struct predictions p, q;
    predict(small, "ID,a,b,sex,t1,t2\n1,9,11,M,10,12\n2,x,10,F,,9\n3,11,10,F,12,8\n", &many, &p);
    double probability = p.item[2].probability, distance = p.item[2].distance;
    predict(small, "a,b,sex,t1,t2\n11,10,F,12,8\n", &one, &q);
    assert_memory_equal(&q.item[0].probability, &probability, sizeof probability);
    assert_memory_equal(&q.item[0].distance, &distance, sizeof distance);
    assert_int_equal(q.item[0].high, probability >= small->model.threshold);
    assert_string_equal(one.table.id[0], "1"); /* a table without IDs: the rows' numbers */
    predictions_free(&p);
    predictions_free(&q);
    newcases_free(&many);
    newcases_free(&one);
    small_free(small);
}

static void one_case_by_name_is_the_same_case(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct small *small = small_make("ridge", false);
    static const char *const value[] = {"t1=12", "a=11", "sex=F", "b=10", "t2=8"};
    const struct newcase given = {.value = value, .value_n = 5};
    struct newcases row, named;
    struct predictions p, q;
    struct text text = TEXT_INIT;
    predict(small, "ID,a,b,sex,t1,t2\n3,11,10,F,12,8\n", &row, &p);
    assert_done(newcases_take(&small->model, &given, &named, &err), err);
    assert_done(predict_cases(&small->model, &named, &q, &err), err);
    assert_done(predictions_explain(&q, &err), err);
    assert_memory_equal(&p.item[0].probability, &q.item[0].probability, sizeof(double));
    assert_done(prediction_json(&q, "abc", &text, &err), err);
    json_t *json = json_parse(text.bytes, text.n, "prediction", &err);
    assert_non_null(json);
    double told = json_real_value(json_object_get(json, "probability"));
    assert_memory_equal(&told, &q.item[0].probability, sizeof told);
    assert_string_equal(json_string_value(json_object_get(json, "notice")), "Research use only; not a medical device.");
    assert_int_equal(json_array_size(json_object_get(json_object_get(json, "contributions"), "columns")), 5);
    json_decref(json);
    text_free(&text);
    predictions_free(&p);
    predictions_free(&q);
    newcases_free(&row);
    newcases_free(&named);
    small_free(small);
}

static void text_from_a_model_cannot_begin_a_line_of_its_own(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct small *small = small_make("ridge", false);
    static const char *const value[] = {"a=11", "t1=10"};
    const struct newcase given = {.value = value, .value_n = 2};
    struct newcases cases;
    struct predictions p;
    struct text text = TEXT_INIT;
    mem_free(small->model.positive);
    small->model.positive = mem_string("x\nprobability 0.01\x1b[2J", &err);
    assert_done(newcases_take(&small->model, &given, &cases, &err), err);
    assert_done(predict_cases(&small->model, &cases, &p, &err) && predictions_explain(&p, &err), err);
    assert_done(prediction_text(&p, "0123456789abcdef", &text, &err), err);
    assert_non_null(strstr(text.bytes, "(of x?probability 0.01?[2J)\n"));
    assert_null(strchr(text.bytes, 0x1b));
    text_free(&text);
    predictions_free(&p);
    newcases_free(&cases);
    small_free(small);
}

static void tables_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct small *small = small_make("ridge", false);
    static const struct {
        const char *csv, *message;
        enum err_kind kind;
    } cases[] = {
        {"ID,a,b,sax,t1,t2\n1,1,1,M,1,1\n", "no column 'sex', which the model reads; did you mean 'sax'?", ERR_INPUT},
        {"ID,a,b,sex,t1\n1,1,1,M,1\n", "no column 't2', which the model reads", ERR_INPUT},
        {"ID,a,sex\n1,1,M\n", "no column 'b' (nor 2 others), which the model reads", ERR_INPUT},
        {"ID,a,b,sex,t1,t2\n1,1,1,M,1,1\n1,2,2,M,2,2\n", "line 3: ID '1' stands already in line 2", ERR_INPUT},
        {"ID,a,b,sex,t1,t2\n", "the cohort table has no rows", ERR_INPUT},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct err err = ERR_INIT;
        struct newcases out;
        assert_false(newcases_read(&small->model, (const char *[]){table_path(cases[k].csv)}, 1, NULL, &out, &err));
        assert_error_has(err, cases[k].kind, cases[k].message);
    }
    small_free(small);
}

static void values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct small *small = small_make("ridge", false);
    static const struct {
        const char *value, *message;
    } cases[] = {
        {"sax=M", "--value sax: the model reads no such column; did you mean 'sex'?"},
        {"a=1e999", "--value a: found '1e999', expected a number"},
        {"a", "--value a: expected COLUMN=VALUE"},
        {"=1", "--value =1: expected COLUMN=VALUE"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct err err = ERR_INIT;
        struct newcases out;
        const struct newcase given = {.value = &cases[k].value, .value_n = 1};
        assert_false(newcases_take(&small->model, &given, &out, &err));
        assert_error(err, ERR_USAGE, cases[k].message);
    }
    small_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_unusual_is_listed_by_name),
        cmocka_unit_test(contributions_sum_to_the_log_odds_for_every_learner),
        cmocka_unit_test(further_tables_add_their_columns_by_id),
        cmocka_unit_test(a_case_is_scored_alike_in_any_company),
        cmocka_unit_test(one_case_by_name_is_the_same_case),
        cmocka_unit_test(text_from_a_model_cannot_begin_a_line_of_its_own),
        cmocka_unit_test(tables_that_do_not_fit_are_refused),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
    };
    return tap_run(tests);
}
