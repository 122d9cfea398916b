/* The cohort: joined tables, duplicates, patients, phases, roles. */
#include "study/cohort.h"

#include <stdint.h>

#include "study_files.h"

#define LABEL "target: {label: y}\n"
#define PLAIN "cohort: cohort.csv\nroles: {column: role}\n" LABEL

/* ---- tables ---- */

static void tables_are_joined_by_id(void **state)
{
    (void)state;
    struct cohort cohort;
    write_text("labs.csv", "patient,afp\nC,3\nZ,9\nA,1\n");
    struct study_settings *settings = cohort_of("cohort:\n  - {file: cohort.csv, id: who}\n  - {file: labs.csv, id: patient}\nroles: {default: train}\n" LABEL,
                                                "who,y\nA,0\nB,1\nC,1\n", &cohort);
    assert_int_equal(cohort.n, 3); /* Z is no case */
    const struct column *afp = table_find(&cohort.table, "afp");
    assert_non_null(afp);
    assert_string_equal(afp->text[0], "1");
    assert_null(afp->text[1]); /* B has no row there */
    assert_string_equal(afp->text[2], "3");
    assert_string_equal(cohort.table.id[2], "C");
    assert_int_equal(cohort.file_n, 2);
    assert_string_equal(cohort.file[1].name, "labs.csv");
    cohort_free(&cohort);
    settings_free(settings);
}

static void outcome_columns_leave_the_table(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = cohort_of(PLAIN, "ID,role,y,age\nA,train,0,5\nB,train,1,6\n", &cohort);
    assert_null(table_find(&cohort.table, "y"));
    assert_non_null(table_find(&cohort.table, "age"));
    assert_true(cohort_is_outcome(&cohort, "y"));
    assert_false(cohort_is_outcome(&cohort, "age"));
    cohort_free(&cohort);
    settings_free(settings);
}

static void rows_without_ids_are_numbered(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = cohort_of(PLAIN, "role,y\ntrain,0\ntrain,1\n", &cohort);
    assert_string_equal(cohort.table.id[0], "1");
    assert_string_equal(cohort.table.id[1], "2");
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_duplicate_id_is_refused_with_both_lines(void **state)
{
    (void)state;
    cohort_refused(PLAIN, "ID,role,y\nA,train,0\nB,train,1\nA,train,1\n", ERR_INPUT, "%/cohort.csv line 4: ID 'A' stands already in line 2");
}

static void an_empty_id_is_refused(void **state)
{
    (void)state;
    cohort_refused(PLAIN, "ID,role,y\nA,train,0\n,train,1\n", ERR_INPUT, "%/cohort.csv line 3: the ID is empty");
}

static void a_named_id_column_must_be_there(void **state)
{
    (void)state;
    cohort_refused("cohort: cohort.csv\nid: patient\nroles: {column: role}\n" LABEL, "ID,role,y\nA,train,0\n", ERR_USAGE, "%/cohort.csv: no column 'patient' for the case IDs");
}

static void a_joined_table_must_have_its_ids(void **state)
{
    (void)state;
    write_text("labs.csv", "patient,afp\nA,1\n");
    cohort_refused("cohort: [{file: cohort.csv}, {file: labs.csv}]\nroles: {column: role}\n" LABEL, "ID,role,y\nA,train,0\n", ERR_USAGE, "%/labs.csv: no column 'ID' for the case IDs");
}

static void a_column_of_two_tables_is_refused(void **state)
{
    (void)state;
    write_text("labs.csv", "ID,role\nA,1\n");
    struct err err = ERR_INIT;
    struct cohort cohort;
    write_text("cohort.csv", "ID,role,y\nA,train,0\n");
    struct study_settings *settings = settings_of("cohort: [{file: cohort.csv}, {file: labs.csv}]\nroles: {column: role}\n" LABEL);
    assert_false(cohort_read(settings, &cohort, &err));
    assert_error_has(err, ERR_INPUT, "labs.csv");
    assert_error_has(err, ERR_INPUT, "column role stands twice");
    settings_free(settings);
}

static void a_table_without_rows_is_refused(void **state)
{
    (void)state;
    cohort_refused(PLAIN, "ID,role,y\n", ERR_INPUT, "%/cohort.csv: the cohort table has no rows");
}

static void a_study_without_tables_is_refused(void **state)
{
    (void)state;
    cohort_refused("roles: {column: role}\n" LABEL, "ID\nA\n", ERR_USAGE, "study file: `cohort` is missing: the table with a row a case");
    cohort_refused("cohort: [{id: ID}]\nroles: {column: role}\n" LABEL, "ID\nA\n", ERR_USAGE, "study file: cohort[0] needs `file`");
}

static void an_absent_table_is_named(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort cohort;
    struct study_settings *settings = settings_of("cohort: nowhere.csv\nroles: {column: role}\n" LABEL);
    assert_false(cohort_read(settings, &cohort, &err));
    assert_error_has(err, ERR_INPUT, "nowhere.csv");
    settings_free(settings);
}

/* ---- roles ---- */

static void values_are_mapped_to_roles(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = cohort_of("cohort: cohort.csv\nroles: {column: set, map: {1: train, 2: internal}}\n" LABEL,
                                                "ID,set,y\nA,far,0\nB,2,1\nC,1,1\nD,,0\nE,1,0\n", &cohort);
    assert_int_equal(cohort.role_n, 3);
    assert_string_equal(cohort.role[0].name, "train"); /* first, whatever the table's order */
    assert_string_equal(cohort.role[1].name, "far");   /* not named in the map: its own name */
    assert_string_equal(cohort.role[2].name, "internal");
    assert_null(cohort.role_of[3]);
    assert_string_equal(cohort.why_not[3], "no role in the role column");
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_role_without_labels_is_a_survival_role(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = cohort_of(PLAIN "endpoints: {OS: {time: t, event: e}}\n", "ID,role,y,t,e\nA,train,0,1,1\nB,rfa,,2,0\nC,external,1,3,1\n", &cohort);
    assert_int_equal(cohort.role[0].kind, ROLE_TRAIN);
    assert_int_equal(cohort.role[1].kind, ROLE_SURVIVAL);
    assert_int_equal(cohort.role[2].kind, ROLE_TEST);
    cohort_free(&cohort);
    settings_free(settings);
}

static void someone_must_be_trained_on(void **state)
{
    (void)state;
    cohort_refused(PLAIN, "ID,role,y\nA,external,0\n", ERR_USAGE, "no case has the role 'train'; see `roles` of the study file");
}

static void roles_must_come_from_somewhere(void **state)
{
    (void)state;
    cohort_refused("cohort: cohort.csv\n" LABEL, "ID,role,y\nA,train,0\n", ERR_USAGE, "study file: `roles` needs `column` (what each case is for) or `default`");
}

static void a_misspelt_role_column_names_the_nearest(void **state)
{
    (void)state;
    cohort_refused("cohort: cohort.csv\nroles: {column: rolle}\n" LABEL, "ID,role,y\nA,train,0\n", ERR_USAGE,
                   "%/study.yaml:2:17: roles.column: no column 'rolle' in the cohort; did you mean 'role'?");
}

static void roles_cannot_follow_an_outcome(void **state)
{
    (void)state;
    cohort_refused("cohort: cohort.csv\nroles: {column: y}\n" LABEL, "ID,role,y\nA,train,0\n", ERR_USAGE,
                   "%/study.yaml:2:17: 'y' is an outcome; roles cannot depend on it");
}

static void an_odd_role_name_is_refused(void **state)
{
    (void)state;
    cohort_refused(PLAIN, "ID,role,y\nA,../up,0\n", ERR_USAGE, "case A: role '../up': a role's name is 1-32 letters, digits, '_' or '-'; name it in roles.map");
}

/* ---- patients ---- */

static void rows_of_one_patient_share_a_group(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = cohort_of(PLAIN "patient: who\n", "ID,role,who,y\nA,train,p,0\nB,train,q,1\nC,train,p,0\nD,train,,1\nE,train,,1\n", &cohort);
    static const size_t expected[] = {0, 1, 0, 3, 4}; /* a case without a name is its own patient */
    assert_memory_equal(cohort.group, expected, sizeof expected);
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_patient_has_one_role(void **state)
{
    (void)state;
    cohort_refused(PLAIN "patient: who\n", "ID,role,who,y\nA,train,p,0\nB,train,q,1\nC,external,p,0\n", ERR_INPUT,
                   "cases A and C are of one patient and have roles train and external; a patient has one role");
}

static void a_patients_first_case_without_a_role_hides_no_other(void **state)
{
    (void)state;
    cohort_refused(PLAIN "patient: who\n", "ID,role,who,y\nA,,p,0\nB,train,p,1\nC,external,p,0\n", ERR_INPUT,
                   "cases B and C are of one patient and have roles train and external; a patient has one role");
}

/* ---- phases ---- */

static void phases_come_from_the_columns(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = cohort_of(PLAIN, "ID,role,image_Arterial,Image_portal,mask_portal,Mask,y\nA,train,a,b,c,d,0\nB,train,a,b,c,d,1\n", &cohort);
    assert_int_equal(cohort.phase_n, 2);
    assert_string_equal(cohort.phase[0].name, "Arterial");
    assert_string_equal(cohort.phase[0].mask_column, "Mask");
    assert_string_equal(cohort.phase[1].mask_column, "mask_portal");
    cohort_free(&cohort);
    settings_free(settings);
}

static void phases_may_be_named(void **state)
{
    (void)state;
    struct cohort cohort;
    struct study_settings *settings = cohort_of(PLAIN "phases: {late: {image: ct, mask: seg}}\n", "ID,role,ct,seg,Image,y\nA,train,a,b,c,0\n", &cohort);
    assert_int_equal(cohort.phase_n, 1);
    assert_string_equal(cohort.phase[0].image_column, "ct");
    assert_string_equal(cohort.phase[0].mask_column, "seg");
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_phase_needs_image_and_mask(void **state)
{
    (void)state;
    cohort_refused(PLAIN "phases: {late: {mask: seg}}\n", "ID,role,ct,seg,y\nA,train,a,b,0\n", ERR_USAGE, "%/study.yaml:4:23: phases.late needs `image`");
    cohort_refused(PLAIN "phases: {late: {image: ctt}}\n", "ID,role,ct,seg,y\nA,train,a,b,0\n", ERR_USAGE,
                   "%/study.yaml:4:24: phases.late.image: no column 'ctt' in the cohort; did you mean 'ct'?");
    cohort_refused(PLAIN "phases: {late: {image: ct, mask: sek}}\n", "ID,role,ct,seg,y\nA,train,a,b,0\n", ERR_USAGE,
                   "%/study.yaml:4:34: phases.late.mask: no column 'sek' in the cohort; did you mean 'seg'?");
    cohort_refused(PLAIN, "ID,role,Image_late,y\nA,train,a,0\n", ERR_USAGE, "phase 'late': the cohort has no column 'Mask_late' and no column 'Mask'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_joined_by_id),
        cmocka_unit_test(outcome_columns_leave_the_table),
        cmocka_unit_test(rows_without_ids_are_numbered),
        cmocka_unit_test(a_duplicate_id_is_refused_with_both_lines),
        cmocka_unit_test(an_empty_id_is_refused),
        cmocka_unit_test(a_named_id_column_must_be_there),
        cmocka_unit_test(a_joined_table_must_have_its_ids),
        cmocka_unit_test(a_column_of_two_tables_is_refused),
        cmocka_unit_test(a_table_without_rows_is_refused),
        cmocka_unit_test(a_study_without_tables_is_refused),
        cmocka_unit_test(an_absent_table_is_named),
        cmocka_unit_test(values_are_mapped_to_roles),
        cmocka_unit_test(a_role_without_labels_is_a_survival_role),
        cmocka_unit_test(someone_must_be_trained_on),
        cmocka_unit_test(roles_must_come_from_somewhere),
        cmocka_unit_test(a_misspelt_role_column_names_the_nearest),
        cmocka_unit_test(roles_cannot_follow_an_outcome),
        cmocka_unit_test(an_odd_role_name_is_refused),
        cmocka_unit_test(rows_of_one_patient_share_a_group),
        cmocka_unit_test(a_patient_has_one_role),
        cmocka_unit_test(a_patients_first_case_without_a_role_hides_no_other),
        cmocka_unit_test(phases_come_from_the_columns),
        cmocka_unit_test(phases_may_be_named),
        cmocka_unit_test(a_phase_needs_image_and_mask),
    };
    return tap_run(tests);
}
