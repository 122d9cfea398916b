/* Divisions of a role: shares, label classes, patients together, by time, by centre, and what is refused. */
#include "study/split.h"

#include "study_files.h"

#define TOP "cohort: cohort.csv\ntarget: {label: y}\nroles:\n  default: train\n  split:\n    - "

/* n cases: y = 1 for every third, centre A, B, C in turn, year = 2000 + row; two rows a patient when `pairs`. */
static const char *cases(size_t n, bool pairs)
{
    static char table[20000];
    size_t at = (size_t)snprintf(table, sizeof table, "ID,who,y,centre,year\n");
    for (size_t k = 0; k < n; k++)
        at += (size_t)snprintf(table + at, sizeof table - at, "c%03zu,p%zu,%d,%c,%zu\n", k, pairs ? k / 2 : k, k % 3 == 0, (int)("ABC"[k % 3]), 2000 + k);
    return table;
}

static struct study_settings *divided(const char *split, const char *rest, const char *table, struct cohort *cohort)
{
    char study[900];
    snprintf(study, sizeof study, "%s" TOP "%s\n", rest, split);
    return cohort_of(study, table, cohort);
}

static size_t positives(const struct cohort *cohort, const char *role)
{
    size_t n = 0;
    for (size_t row = 0; row < cohort->n; row++)
        n += row % 3 == 0 && strcmp(cohort->role_of[row], role) == 0;
    return n;
}

static void a_share_is_rounded_to_cases(void **state)
{
    (void)state;
    static const struct { const char *share; size_t n, taken; } row[] = {{"0.25", 60, 15}, {"0.3", 7, 2}, {"0.5", 5, 3}, {"0.01", 60, 1}};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct cohort cohort;
        char split[200];
        snprintf(split, sizeof split, "{from: train, into: held, share: %s}", row[k].share);
        struct study_settings *settings = divided(split, "", cases(row[k].n, false), &cohort);
        assert_int_equal(count_role(&cohort, "held"), row[k].taken);
        assert_int_equal(count_role(&cohort, "train"), row[k].n - row[k].taken);
        cohort_free(&cohort);
        settings_free(settings);
    }
}

static void a_stratified_division_keeps_the_classes_shares(void **state)
{
    (void)state;
    struct cohort cohort;
    size_t log_n;
    struct study_settings *settings = divided("{from: train, into: held, share: 0.25, by: stratified, seed: 3}", "", cases(60, false), &cohort);
    assert_int_equal(positives(&cohort, "held"), 5);  /* of 20 */
    assert_int_equal(count_role(&cohort, "held"), 15);
    const struct seal_entry *log = seal_log(cohort.seal, &log_n);
    assert_int_equal(log_n, 1);
    assert_string_equal(log[0].what, "read by a stratified split");
    assert_string_equal(log[0].role, "train");
    assert_string_equal(cohort.split_note[0], "15 of 60 patients of train became held, by stratified, seed 3; the labels of all of them were read for it");
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_random_division_reads_no_label(void **state)
{
    (void)state;
    struct cohort cohort, other;
    size_t log_n;
    static const char split[] = "{from: train, into: held, share: 0.25, seed: 3}";
    struct study_settings *settings = divided(split, "", cases(60, false), &cohort);
    seal_log(cohort.seal, &log_n);
    assert_int_equal(log_n, 0);
    assert_string_equal(cohort.split_note[0], "15 of 60 patients of train became held, by random, seed 3");
    char flipped[20000];
    strcpy(flipped, cases(60, false));
    for (char *c = flipped; (c = strstr(c, ",1,")) != NULL;)
        c[1] = '0';
    struct study_settings *again = divided(split, "", flipped, &other);
    for (size_t row = 0; row < 60; row++)
        assert_string_equal(cohort.role_of[row], other.role_of[row]);
    cohort_free(&cohort);
    cohort_free(&other);
    settings_free(settings);
    settings_free(again);
}

static void the_seed_decides(void **state)
{
    (void)state;
    struct cohort one, same, other;
    struct study_settings *a = divided("{from: train, into: held, share: 0.5, seed: 3}", "", cases(60, false), &one);
    struct study_settings *b = divided("{from: train, into: held, share: 0.5, seed: 3}", "", cases(60, false), &same);
    struct study_settings *c = divided("{from: train, into: held, share: 0.5, seed: 4}", "", cases(60, false), &other);
    size_t differ = 0;
    for (size_t row = 0; row < 60; row++) {
        assert_string_equal(one.role_of[row], same.role_of[row]);
        differ += strcmp(one.role_of[row], other.role_of[row]) != 0;
    }
    assert_true(differ > 10);
    cohort_free(&one);
    cohort_free(&same);
    cohort_free(&other);
    settings_free(a);
    settings_free(b);
    settings_free(c);
}

static void cases_of_a_patient_stay_together(void **state)
{
    (void)state;
    static const char *const by[] = {"random", "stratified", "time, column: year"};
    for (size_t k = 0; k < 3; k++) {
        struct cohort cohort;
        char split[200];
        snprintf(split, sizeof split, "{from: train, into: held, share: 0.25, by: %s}", by[k]);
        struct study_settings *settings = divided(split, "patient: who\n", cases(80, true), &cohort);
        assert_int_equal(count_role(&cohort, "held"), 20);
        for (size_t row = 0; row < 80; row += 2)
            assert_string_equal(cohort.role_of[row], cohort.role_of[row + 1]);
        cohort_free(&cohort);
        settings_free(settings);
    }
}

static void a_patients_class_is_its_largest_label(void **state)
{
    (void)state;
    struct cohort cohort;
    static char table[4000];
    size_t at = (size_t)snprintf(table, sizeof table, "ID,who,y\n");
    for (size_t p = 0; p < 20; p++) /* the first row never says it */
        at += (size_t)snprintf(table + at, sizeof table - at, "a%zu,p%zu,0\nb%zu,p%zu,%d\n", p, p, p, p, p < 8);
    struct study_settings *settings = divided("{from: train, into: held, share: 0.5, by: stratified}", "patient: who\n", table, &cohort);
    size_t positive = 0;
    for (size_t p = 0; p < 8; p++)
        positive += strcmp(cohort.role_of[2 * p], "held") == 0;
    assert_int_equal(positive, 4);
    cohort_free(&cohort);
    settings_free(settings);
}

static void the_latest_go_by_time(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = divided("{from: train, into: late, share: 0.2, by: time, column: year}", "", cases(50, false), &cohort);
    for (size_t row = 0; row < 50; row++)
        assert_string_equal(cohort.role_of[row], row < 40 ? "train" : "late");
    cohort_free(&cohort);
    settings_free(settings);
}

static void whole_centres_go(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = divided("{from: train, into: far, by: centre, column: centre, values: [B, C]}", "", cases(30, false), &cohort);
    for (size_t row = 0; row < 30; row++)
        assert_string_equal(cohort.role_of[row], row % 3 == 0 ? "train" : "far");
    cohort_free(&cohort);
    settings_free(settings);
}

static void divisions_follow_one_another(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = divided("{from: train, into: far, by: centre, column: centre, values: C}\n    - {from: train, into: held, share: 0.25}", "",
                                              cases(60, false), &cohort);
    assert_int_equal(count_role(&cohort, "far"), 20);
    assert_int_equal(count_role(&cohort, "held"), 10);
    assert_int_equal(count_role(&cohort, "train"), 30);
    assert_int_equal(cohort.split_n, 2);
    cohort_free(&cohort);
    settings_free(settings);
}

static void refused(const char *split, enum err_kind kind, const char *tail)
{
    char study[900], expected[900];
    snprintf(study, sizeof study, TOP "%s\n", split);
    snprintf(expected, sizeof expected, "roles.split[0]: %s", tail);
    cohort_refused(study, cases(30, false), kind, expected);
}

static void what_a_division_lacks_is_said(void **state)
{
    (void)state;
    cohort_refused(TOP "{from: train, share: 0.5}\n", cases(30, false), ERR_USAGE, "study file: roles.split[0] needs `from` and `into`");
    cohort_refused(TOP "{from: train, into: held}\n", cases(30, false), ERR_USAGE, "%/study.yaml:6:14: a division by random needs `share`");
    refused("{from: train, into: held, share: 0.2, by: time}", ERR_USAGE, "%/study.yaml:6:14: a division by time needs `column`");
    refused("{from: train, into: held, by: centre, column: centre}", ERR_USAGE, "%/study.yaml:6:14: a division by centre needs `values`");
    refused("{from: elsewhere, into: held, share: 0.2}", ERR_USAGE, "%/study.yaml:6:14: no case has role 'elsewhere'");
}

static void a_division_needs_two_parts(void **state)
{
    (void)state;
    refused("{from: train, into: held, share: 0.001}", ERR_USAGE, "%/study.yaml:6:14: the division puts 0 of 30 patients into 'held'; both parts need some");
    refused("{from: train, into: held, share: 1}", ERR_USAGE, "%/study.yaml:6:14: the division puts 30 of 30 patients into 'held'; both parts need some");
    refused("{from: train, into: held, by: centre, column: centre, values: [D]}", ERR_USAGE,
            "%/study.yaml:6:14: the division puts 0 of 30 patients into 'held'; both parts need some");
}

static void a_division_cannot_follow_an_outcome(void **state)
{
    (void)state;
    refused("{from: train, into: held, by: centre, column: y, values: [1]}", ERR_USAGE, "%/study.yaml:6:53: 'y' is an outcome; roles cannot depend on it");
}

static void a_division_needs_its_column(void **state)
{
    (void)state;
    refused("{from: train, into: held, share: 0.5, by: time, column: yeer}", ERR_USAGE, "%/study.yaml:6:63: column: no column 'yeer' in the cohort; did you mean 'year'?");
    refused("{from: train, into: held, share: 0.5, by: time, column: centre}", ERR_INPUT, "case c000: column centre: found 'A', expected a number to split by time");
}

static void a_divided_role_needs_a_good_name(void **state)
{
    (void)state;
    refused("{from: train, into: 'a b', share: 0.5}", ERR_USAGE, "role 'a b': a role's name is 1-32 letters, digits, '_' or '-'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_rounded_to_cases),
        cmocka_unit_test(a_stratified_division_keeps_the_classes_shares),
        cmocka_unit_test(a_random_division_reads_no_label),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(cases_of_a_patient_stay_together),
        cmocka_unit_test(a_patients_class_is_its_largest_label),
        cmocka_unit_test(the_latest_go_by_time),
        cmocka_unit_test(whole_centres_go),
        cmocka_unit_test(divisions_follow_one_another),
        cmocka_unit_test(what_a_division_lacks_is_said),
        cmocka_unit_test(a_division_needs_two_parts),
        cmocka_unit_test(a_division_cannot_follow_an_outcome),
        cmocka_unit_test(a_division_needs_its_column),
        cmocka_unit_test(a_divided_role_needs_a_good_name),
    };
    return tap_run(tests);
}
