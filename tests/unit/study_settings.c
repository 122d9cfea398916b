/* The study's settings: every kind of refusal, --set in its forms, and the lock file that reads back. */
#include "study/settings.h"

#include "base/file.h"
#include "base/mem.h"
#include "tap.h"

static const char *write_study(const char *text)
{
    struct err err = ERR_INIT;
    const char *path = tap_path("study.yaml");
    assert_done(file_write(path, text, strlen(text), &err), err);
    return path;
}

/* The study is refused with `line` behind "STUDY:". */
static void refused(const char *study, const char *line)
{
    struct err err = ERR_INIT;
    char expected[1200];
    const char *path = write_study(study);
    assert_null(settings_read(path, NULL, 0, &err));
    snprintf(expected, sizeof expected, "%s:%s", path, line);
    assert_error(err, ERR_USAGE, expected);
}

static void override_refused(const char *override, const char *line)
{
    struct err err = ERR_INIT;
    assert_null(settings_read(write_study("seed: 1\n"), &override, 1, &err));
    assert_error(err, ERR_USAGE, line);
}

static struct study_settings *read_with(const char *study, const char *const *override, size_t n)
{
    struct err err = ERR_INIT;
    struct study_settings *settings = settings_read(write_study(study), override, n, &err);
    if (settings == NULL)
        fail_msg("%s", err.text);
    return settings;
}

/* ---- refusals ---- */

static void a_misspelt_key_names_the_nearest(void **state)
{
    (void)state;
    refused("name: a\nsede: 3\n", "2:1: unknown key 'sede'; did you mean 'seed'?");
    refused("roles:\n  colum: x\n", "2:3: roles: unknown key 'colum'; did you mean 'column'?");
    refused("endpoints:\n  OS: {tiem: a}\n", "2:8: endpoints.OS: unknown key 'tiem'; did you mean 'time'?");
    refused("roles: {split: [{from: a, inot: b}]}\n", "1:27: roles.split[0]: unknown key 'inot'; did you mean 'into'?");
}

static void a_key_like_no_other_is_refused_alone(void **state)
{
    (void)state;
    refused("xyzzyplugh: 3\n", "1:1: unknown key 'xyzzyplugh'");
    refused("'': 3\n", "1:1: unknown key ''");
    refused("'*': 3\n", "1:1: unknown key '*'");
    refused("'roles.column': role\n", "1:1: unknown key 'roles.column'");
}

static void the_deep_block_has_its_own_place(void **state)
{
    (void)state;
    refused("blocks:\n  deep:\n    net: a\n", "2:3: blocks: 'deep' stands beside `blocks`, not in it");
    refused("deep: {use: crosfit}\n", "1:13: deep.use: found 'crosfit', expected one of none|frozen|crossfit|both");
    refused("deep: {input: {sise: 3}}\n", "1:16: deep.input: unknown key 'sise'; did you mean 'size'?");
}

static void a_number_is_checked_against_its_bounds(void **state)
{
    (void)state;
    refused("max_failed: 1.5\n", "1:13: max_failed: found '1.5', expected a number from 0 to 1");
    refused("max_failed: half\n", "1:13: max_failed: found 'half', expected a number from 0 to 1");
    refused("max_failed: .nan\n", "1:13: max_failed: found '.nan', expected a number from 0 to 1");
    refused("max_failed: 1:30\n", "1:13: max_failed: found '1:30', which YAML's versions read differently; write it in plain digits");
    refused("threshold: {minimum_share: 0.6}\n", "1:28: threshold.minimum_share: found '0.6', expected a number from 0 to 0.5");
}

static void a_whole_number_is_whole(void **state)
{
    (void)state;
    refused("seed: 1.5\n", "1:7: seed: found '1.5', expected a whole number from 0 to 9007199254740992");
    refused("seed: -1\n", "1:7: seed: found '-1', expected a whole number from 0 to 9007199254740992");
    refused("seed: 9007199254740993\n", "1:7: seed: found '9007199254740993', expected a whole number from 0 to 9007199254740992");
    refused("seed: 010\n", "1:7: seed: found '010', which YAML's versions read differently; write it in plain digits");
    refused("seed: 1_000\n", "1:7: seed: found '1_000', which YAML's versions read differently; write it in plain digits");
    refused("seed: '7'\n", "1:7: seed: found '7', expected a whole number from 0 to 9007199254740992");
    refused("selection: {univariate_keep: 0}\n", "1:30: selection.univariate_keep: found '0', expected a whole number from 1 to 100000");
}

static void a_flag_is_true_or_false(void **state)
{
    (void)state;
    refused("selection: {variance: 1}\n", "1:23: selection.variance: found a whole number '1', expected true or false");
    refused("selection: {variance: maybe}\n", "1:23: selection.variance: found a text 'maybe', expected true or false");
}

static void a_choice_lists_what_there_is(void **state)
{
    (void)state;
    refused("validation: fast\n", "1:13: validation: found 'fast', expected one of quick|standard|full");
    refused("validation: quic\n", "1:13: validation: found 'quic', expected one of quick|standard|full");
    refused("validation: ''\n", "1:13: validation: found '', expected one of quick|standard|full");
    refused("validation: quick|standard\n", "1:13: validation: found 'quick|standard', expected one of quick|standard|full");
    refused("privacy: [no-names]\n", "1:11: privacy[0]: found 'no-names', expected one of no-outcomes|no-images");
}

static void a_text_is_not_empty(void **state)
{
    (void)state;
    refused("name: ''\n", "1:7: name: the text is empty");
}

static void a_value_has_its_keys_shape(void **state)
{
    (void)state;
    refused("seed: [1, 2]\n", "1:7: seed: found a list, expected a single value");
    refused("seed: {a: 1}\n", "1:7: seed: found a map, expected a single value");
    refused("roles: train\n", "1:8: roles: found 'train', expected a map");
    refused("roles: [train]\n", "1:8: roles: found a list, expected a map");
    refused("learners: {a: b}\n", "1:11: learners: found a map, expected a list");
    refused("endpoints: OS\n", "1:12: endpoints: found 'OS', expected a map");
}

static void a_study_is_a_map(void **state)
{
    (void)state;
    refused("- a\n- b\n", " found a list, expected a map of keys");
}

static void broken_yaml_is_refused_where_it_breaks(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    assert_null(settings_read(write_study("name: a\nname: b\n"), NULL, 0, &err));
    assert_error_has(err, ERR_USAGE, "study.yaml:2:1: ");
    err_clear(&err);
    assert_null(settings_read(write_study("name: [a\n"), NULL, 0, &err));
    assert_error_has(err, ERR_USAGE, "study.yaml:");
}

static void an_absent_study_is_named(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    assert_null(settings_read(tap_path("none.yaml"), NULL, 0, &err));
    assert_error_has(err, ERR_INPUT, "none.yaml");
}

/* ---- values ---- */

static void defaults_stand_where_nothing_is_said(void **state)
{
    (void)state;
    struct study_settings *settings = read_with("name: a\nmask_fit:\n", NULL, 0);
    assert_string_equal(settings_text(settings, "validation"), "standard");
    assert_string_equal(settings_where(settings, "validation"), "default");
    assert_string_equal(settings_text(settings, "mask_fit"), "strict"); /* a key with nothing behind it */
    assert_double_near(settings_number(settings, -1, "max_failed"), 0.2, 0);
    assert_true(settings_flag(settings, "selection.variance"));
    assert_null(settings_text(settings, "title"));
    assert_double_near(settings_number(settings, -1, "roles.split[0].share"), -1, 0);
    assert_false(settings_has(settings, "roles"));
    settings_free(settings);
}

static void values_know_where_they_stand(void **state)
{
    (void)state;
    struct study_settings *settings = read_with("name: a\nroles:\n  column: r\n  map: {1: train, 0: external}\nlearners: [lasso, svm]\n", NULL, 0);
    char expected[600], name[256];
    snprintf(expected, sizeof expected, "%s:4:12", tap_path("study.yaml"));
    assert_string_equal(settings_where(settings, "roles.map.1"), expected);
    assert_string_equal(settings_text(settings, "roles.map.%d", 0), "external");
    assert_int_equal(settings_item_n(settings, "learners"), 2);
    assert_string_equal(settings_text(settings, "learners[1]"), "svm");
    assert_true(settings_child(settings, "roles.map", 1, name));
    assert_string_equal(name, "0");
    assert_false(settings_child(settings, "roles.map", 2, name));
    settings_free(settings);
}

static void one_item_needs_no_brackets(void **state)
{
    (void)state;
    struct study_settings *settings = read_with("learners: lasso\n", NULL, 0);
    assert_int_equal(settings_item_n(settings, "learners"), 1);
    assert_string_equal(settings_text(settings, "learners[0]"), "lasso");
    settings_free(settings);
}

static void a_name_with_a_dot_is_quoted_in_its_path(void **state)
{
    (void)state;
    char segment[300], name[256];
    struct study_settings *settings = read_with("endpoints: {o.s: {time: t, event: e}}\nroles: {map: {a b: train, '': none}}\n", NULL, 0);
    assert_string_equal(settings_segment("o.s", segment), "\"o.s\"");
    assert_string_equal(settings_text(settings, "endpoints.%s.time", segment), "t");
    assert_true(settings_child(settings, "endpoints", 0, name));
    assert_string_equal(name, "o.s");
    assert_string_equal(settings_text(settings, "roles.map.%s", settings_segment("a b", segment)), "train");
    assert_string_equal(settings_text(settings, "roles.map.%s", settings_segment("", segment)), "none");
    settings_free(settings);
}

/* ---- --set ---- */

static void set_replaces_what_the_file_says(void **state)
{
    (void)state;
    const char *const override[] = {"seed=7", "roles.map={x: train}", "learners=[svm, forest]", "endpoints.OS.unit=weeks"};
    struct study_settings *settings =
        read_with("seed: 3\nroles: {column: c, map: {1: train, 0: external}}\nlearners: [lasso]\nendpoints: {OS: {time: t, event: e, unit: days}}\n", override, 4);
    assert_int_equal(settings_integer(settings, 0, "seed"), 7);
    assert_string_equal(settings_where(settings, "seed"), "--set");
    assert_null(settings_text(settings, "roles.map.1")); /* all that stood below */
    assert_string_equal(settings_text(settings, "roles.map.x"), "train");
    assert_string_equal(settings_text(settings, "roles.column"), "c"); /* not what stood beside */
    assert_int_equal(settings_item_n(settings, "learners"), 2);
    assert_string_equal(settings_text(settings, "endpoints.OS.unit"), "weeks");
    assert_string_equal(settings_text(settings, "endpoints.OS.time"), "t");
    settings_free(settings);
}

static void set_opens_maps_that_the_file_has_not(void **state)
{
    (void)state;
    const char *const override[] = {"target.label.column=y", "target.label.positive=[1, 2]", "threshold.rule=sensitivity", "endpoints.\"a.b\".time=t"};
    struct study_settings *settings = read_with("name: a\n", override, 4);
    assert_string_equal(settings_text(settings, "target.label.column"), "y");
    assert_string_equal(settings_text(settings, "target.label.positive[1]"), "2");
    assert_string_equal(settings_text(settings, "threshold.rule"), "sensitivity");
    assert_string_equal(settings_text(settings, "endpoints.\"a.b\".time"), "t");
    settings_free(settings);
}

static void the_last_set_wins(void **state)
{
    (void)state;
    const char *const override[] = {"seed=7", "seed=8"};
    struct study_settings *settings = read_with("name: a\n", override, 2);
    assert_int_equal(settings_integer(settings, 0, "seed"), 8);
    settings_free(settings);
}

static void an_emptied_key_takes_its_default(void **state)
{
    (void)state;
    const char *const override[] = {"validation="};
    struct study_settings *settings = read_with("validation: full\n", override, 1);
    assert_string_equal(settings_text(settings, "validation"), "standard");
    settings_free(settings);
}

static void set_is_checked_like_the_file(void **state)
{
    (void)state;
    override_refused("seed", "--set seed: expected KEY=VALUE");
    override_refused("=3", "--set =3: expected KEY=VALUE");
    override_refused("sede=3", "--set: unknown key 'sede'; did you mean 'seed'?");
    override_refused("roles.colum=x", "--set: roles: unknown key 'colum'; did you mean 'column'?");
    override_refused("validation=fast", "--set: validation: found 'fast', expected one of quick|standard|full");
    override_refused("learners[0]=lasso", "--set learners[0]: a list is set as a whole: KEY=[a, b]");
    override_refused("name=a\nseed: 4", "--set name=a?seed: 4: found a line break, expected one line");
}

static void a_set_that_is_no_yaml_is_refused(void **state)
{
    struct err err = ERR_INIT;
    const char *const override[] = {"learners=[lasso"};
    (void)state;
    assert_null(settings_read(write_study("seed: 1\n"), override, 1, &err));
    assert_error_has(err, ERR_USAGE, "--set");
}

/* ---- the lock ---- */

static const char wide_study[] =
    "name: wide\ntitle: 'quotes \" and: colons #'\norgan: liver\nseed: 42\ncohort:\n  - {file: a.csv, id: TCIA_ID}\n  - {file: b.csv.gz, id: P}\n"
    "patient: who\nmask_fit: snap\nmax_failed: 0.125\nroles:\n  column: 'my role'\n  map: {1: train, 'yes': external, 'x.y': internal, '': none}\n"
    "  split:\n    - {from: train, into: held, share: 0.25, by: stratified, seed: 9}\n    - {from: external, into: far, by: centre, column: c, values: [1, B, 'no']}\n"
    "target:\n  label: {column: 1_mRECIST, positive: [1, 2], negative: ['3', ~], title: 'null'}\n"
    "endpoints:\n  OS: {time: t, event: e, unit: weeks}\n  'a.b': {time: t2, event: e2}\n"
    "blocks:\n  clinical: {columns: [age, {name: Sex, kind: category}]}\n  radiomics: {columns: ['original_*', 'wavelet-?'], icc_threshold: 0.5}\n"
    "score_blocks: [radiomics, clinical+radiomics]\nlearners: lasso\nselection: {variance: no, univariate_p: 1e-2}\nprivacy: no-outcomes\n"
    "reporting: {ethics: 'yes', readers: [A, B], segmentation: {readers: 2}}\n";

static void the_lock_reads_back_to_itself(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct text first = TEXT_INIT, second = TEXT_INIT;
    struct study_settings *settings = read_with(wide_study, NULL, 0);
    assert_done(settings_write_yaml(settings, &first, &err), err);
    struct study_settings *again = read_with(first.bytes, NULL, 0);
    assert_done(settings_write_yaml(again, &second, &err), err);
    assert_string_equal(first.bytes, second.bytes);
    static const char *const paths[] = {
        "title", "seed", "cohort[1].file", "cohort[0].id", "roles.map.yes", "roles.map.\"x.y\"", "roles.map.\"\"", "roles.split[1].values[2]",
        "roles.split[0].share", "target.label.column", "target.label.positive[1]", "target.label.negative[0]", "target.label.title", "endpoints.\"a.b\".event",
        "endpoints.OS.unit", "blocks.clinical.columns[0]", "blocks.clinical.columns[1].name", "blocks.radiomics.columns[1]", "score_blocks[1]", "learners[0]",
        "selection.variance", "selection.univariate_p", "privacy[0]", "reporting.ethics", "reporting.readers[1]", "reporting.segmentation.readers", "validation"};
    for (size_t k = 0; k < sizeof paths / sizeof *paths; k++) {
        const char *a = settings_text(settings, "%s", paths[k]), *b = settings_text(again, "%s", paths[k]);
        if (a == NULL || b == NULL || strcmp(a, b) != 0)
            fail_msg("%s: '%s' was written, '%s' is read", paths[k], a == NULL ? "nothing" : a, b == NULL ? "nothing" : b);
    }
    assert_false(settings_flag(again, "selection.variance"));
    text_free(&first);
    text_free(&second);
    settings_free(settings);
    settings_free(again);
}

static void the_lock_names_no_place(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct text lock = TEXT_INIT;
    const char *const override[] = {"data=/somewhere/else", "cohort=/another/place/c.csv"};
    struct study_settings *settings = read_with("name: a\n", override, 2);
    char *path = settings_file(settings, &err, "cohort");
    assert_string_equal(path, "/another/place/c.csv");
    assert_string_equal(settings_file_name(settings, "cohort"), "c.csv");
    mem_free(path);
    assert_done(settings_write_yaml(settings, &lock, &err), err);
    assert_null(strstr(lock.bytes, "place"));
    assert_null(strstr(lock.bytes, "else"));
    assert_non_null(strstr(lock.bytes, "cohort: \"c.csv\"\n"));
    text_free(&lock);
    settings_free(settings);
}

static void a_file_is_sought_from_where_it_is_named(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static const char study[] = "data: tables\ncohort:\n  - file: sub/a.csv\n  - file: /top/b.csv\nextraction: p.yaml\nblocks: {radiomics: {icc: i.csv}}\n";
    static const char *const typed[] = {"data=from/here", "extraction=q/p.yaml"};
    static const struct { const char *key, *plain, *typed, *name, *typed_name; } row[] = {
        {"cohort[0].file", "tables/sub/a.csv", "from/here/sub/a.csv", "sub/a.csv", "sub/a.csv"},
        {"cohort[1].file", "/top/b.csv", "/top/b.csv", "b.csv", "b.csv"},
        {"blocks.radiomics.icc", "tables/i.csv", "from/here/i.csv", "i.csv", "i.csv"},
        {"extraction", "p.yaml", "q/p.yaml", "p.yaml", "p.yaml"},
    };
    for (int with = 0; with < 2; with++) {
        struct study_settings *settings = read_with(study, typed, with ? 2 : 0);
        for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
            char expected[600];
            const char *wanted = with ? row[k].typed : row[k].plain;
            if (!with && wanted[0] != '/')
                snprintf(expected, sizeof expected, "%s/%s", tap_folder(), wanted);
            else
                snprintf(expected, sizeof expected, "%s", wanted);
            char *path = settings_file(settings, &err, "%s", row[k].key);
            assert_string_equal(path, expected);
            mem_free(path);
            assert_string_equal(settings_file_name(settings, "%s", row[k].key), with ? row[k].typed_name : row[k].name);
        }
        settings_free(settings);
    }
}

static void the_same_settings_in_another_order_lock_alike(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct text one = TEXT_INIT, other = TEXT_INIT;
    struct study_settings *a = read_with("name: a\nseed: 2\nvalidation: full\n", NULL, 0);
    assert_done(settings_write_yaml(a, &one, &err), err);
    settings_free(a);
    const char *const override[] = {"validation=full", "seed=2"};
    struct study_settings *b = read_with("name: a\n", override, 2);
    assert_done(settings_write_yaml(b, &other, &err), err);
    settings_free(b);
    assert_string_equal(one.bytes, other.bytes);
    text_free(&one);
    text_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misspelt_key_names_the_nearest),
        cmocka_unit_test(a_key_like_no_other_is_refused_alone),
        cmocka_unit_test(the_deep_block_has_its_own_place),
        cmocka_unit_test(a_number_is_checked_against_its_bounds),
        cmocka_unit_test(a_whole_number_is_whole),
        cmocka_unit_test(a_flag_is_true_or_false),
        cmocka_unit_test(a_choice_lists_what_there_is),
        cmocka_unit_test(a_text_is_not_empty),
        cmocka_unit_test(a_value_has_its_keys_shape),
        cmocka_unit_test(a_study_is_a_map),
        cmocka_unit_test(broken_yaml_is_refused_where_it_breaks),
        cmocka_unit_test(an_absent_study_is_named),
        cmocka_unit_test(defaults_stand_where_nothing_is_said),
        cmocka_unit_test(values_know_where_they_stand),
        cmocka_unit_test(one_item_needs_no_brackets),
        cmocka_unit_test(a_name_with_a_dot_is_quoted_in_its_path),
        cmocka_unit_test(set_replaces_what_the_file_says),
        cmocka_unit_test(set_opens_maps_that_the_file_has_not),
        cmocka_unit_test(the_last_set_wins),
        cmocka_unit_test(an_emptied_key_takes_its_default),
        cmocka_unit_test(set_is_checked_like_the_file),
        cmocka_unit_test(a_set_that_is_no_yaml_is_refused),
        cmocka_unit_test(the_lock_reads_back_to_itself),
        cmocka_unit_test(the_lock_names_no_place),
        cmocka_unit_test(a_file_is_sought_from_where_it_is_named),
        cmocka_unit_test(the_same_settings_in_another_order_lock_alike),
    };
    return tap_run(tests);
}
