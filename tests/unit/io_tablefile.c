/* Case tables and feature tables: what is taken, and what is refused with line, column and cell. */
#include "tap.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/tablefile.h"

static const char *file_of(const char *content)
{
    struct err err = ERR_INIT;
    assert_done(file_write(tap_path("t.csv"), content, strlen(content), &err), err);
    return tap_path("t.csv");
}

static void refuse_cases(const char *content, const char *message)
{
    struct case_table table;
    struct err err = ERR_INIT;
    assert_false(case_table_read(file_of(content), &table, NULL, &err));
    assert_error_has(err, ERR_INPUT, message);
}

static void refuse_features(const char *content, const char *message)
{
    struct table table;
    struct err err = ERR_INIT;
    assert_false(feature_table_read(file_of(content), &table, NULL, &err));
    assert_error_has(err, ERR_INPUT, message);
}

static void a_case_has_paths_beside_its_table(void **state)
{
    (void)state;
    struct case_table table;
    struct err err = ERR_INIT;
    assert_done(case_table_read(file_of("id,IMAGE, mask,Label,age\np1,a.nii,/m/b.nii,2,61\np2,c.nii,d.nii,,\n"), &table, NULL, &err), err);
    assert_true(table.has_id);
    assert_int_equal(table.row_n, 2);
    assert_string_equal(table.row[0].image[0], tap_path("a.nii"));
    assert_string_equal(table.row[0].mask[0], "/m/b.nii");
    assert_int_equal(table.row[0].label, 2);
    assert_int_equal(table.row[1].label, 0);
    assert_int_equal(table.row[1].line, 3);
    assert_string_equal(table.phase[0], "");
    case_table_free(&table);
}

static void phases_have_their_own_images(void **state)
{
    (void)state;
    struct case_table table;
    struct err err = ERR_INIT;
    assert_done(case_table_read(file_of("Image_arterial,Image_portal,Mask,Mask_portal\na,p,m,n\na2,,m2,n2\n"), &table, NULL, &err), err);
    assert_false(table.has_id);
    assert_int_equal(table.phase_n, 2);
    assert_string_equal(table.phase[1], "portal");
    assert_string_equal(table.row[0].id, "1");
    assert_string_equal(table.row[0].mask[0], tap_path("m"));
    assert_string_equal(table.row[0].mask[1], tap_path("n"));
    assert_null(table.row[1].image[1]);
    case_table_free(&table);
}

static void faults_of_a_case_table_are_told(void **state)
{
    (void)state;
    refuse_cases("ID,Mask\np,m\n", "line 1: there is no column Image (or Image_PHASE)");
    refuse_cases("ID,Image\np,m\n", "line 1: there is no column Mask for Image");
    refuse_cases("ID,Image,Mask\n", "line 1: no rows behind the header");
    refuse_cases("ID,Image,Mask\n,a,b\n", "line 2: column ID: an empty ID");
    refuse_cases("ID,Image,Mask\np, ,b\n", "line 2: column Image: an empty cell, expected a file");
    refuse_cases("ID,Image,Mask,Label\np,a,b,1.5\n", "line 2: column Label: found \"1.5\", expected a mask value of 1 or more");
    refuse_cases("ID,Image,Mask,Label\np,a,b,0\n", "line 2: column Label: found \"0\"");
    refuse_cases("ID,Image,Mask\np,a,b\nq,a,b\np,c,d\n", "line 4: ID p stands already on line 2, with the same label");
}

static void one_id_may_have_several_labels(void **state)
{
    (void)state;
    struct case_table table;
    struct err err = ERR_INIT;
    assert_done(case_table_read(file_of("ID,Image,Mask,Label\np,a,b,1\np,a,b,2\n"), &table, NULL, &err), err);
    case_table_free(&table);
}

static void features_are_numbers_and_words_stay_aside(void **state)
{
    (void)state;
    struct table table;
    struct notes notes = NOTES_INIT;
    struct err err = ERR_INIT;
    assert_done(feature_table_read(file_of("ID,f,diagnostics_n,word,none\np1,1.5,3,x,\nP1,NA,4,,NA\n"), &table, &notes, &err), err);
    assert_double_near(table_find(&table, "f")->number[0], 1.5, 0);
    assert_true(isnan(table_find(&table, "f")->number[1]));
    assert_int_equal(table_find(&table, "diagnostics_n")->kind, COLUMN_TEXT);
    assert_string_equal(table_find(&table, "word")->text[0], "x");
    assert_null(table_find(&table, "word")->text[1]);
    assert_int_equal(table_find(&table, "none")->kind, COLUMN_NUMBER);
    assert_true(notes_has(&notes, "column without values"));
    assert_true(notes_has(&notes, "IDs that differ by case"));
    assert_string_equal(table.id[1], "P1");
    notes_free(&notes);
    table_free(&table);
}

static void faults_of_a_feature_table_are_told(void **state)
{
    (void)state;
    refuse_features("ID,a\np1,12 mm\n", "line 2: column a: found \"12 mm\", expected a number");
    refuse_features("ID,a\np1,1\np2,inf\n", "line 3: column a: found \"inf\", expected a finite number");
    refuse_features("ID,a\np1,TRUE\n", "line 2: column a: found \"TRUE\", expected a number");
    refuse_features("ID,a\np1,1\np2,word\n", "line 3: column a: found \"word\", expected a number");
    refuse_features("ID\np1\n", "line 1: no columns behind the ID");
    refuse_features("ID,a,a\np1,1,2\n", "line 1: column a stands twice");
    refuse_features("ID,a\np1,1\np1,2\n", "line 3: ID p1 stands already on line 2");
    refuse_features("ID,a\n ,1\n", "line 2: column ID: an empty ID");
}

static void a_text_table_keeps_every_cell_as_it_is(void **state)
{
    (void)state;
    struct table table;
    struct err err = ERR_INIT;
    assert_done(text_table_read(file_of("a,key,b\n1.50,k1,NA\n2,k2, x \n"), "key", &table, NULL, &err), err);
    assert_string_equal(table.id[1], "k2");
    assert_string_equal(table_find(&table, "a")->text[0], "1.50");
    assert_null(table_find(&table, "b")->text[0]);
    assert_string_equal(table_find(&table, "b")->text[1], " x ");
    assert_null(table_find(&table, "key"));
    table_free(&table);
    assert_false(text_table_read(file_of("a\n1\n"), "key", &table, NULL, &err));
    assert_error_has(err, ERR_INPUT, "line 1: there is no column key");
}

static void a_written_table_reads_back_and_its_holes_have_reasons(void **state)
{
    (void)state;
    struct table table, back;
    struct err err = ERR_INIT;
    char *const id[] = {"p,1", "p2"};
    assert_true(table_init(&table, 2, NULL, id, &err));
    struct column *f = table_add(&table, "f", COLUMN_NUMBER, &err);
    f->number[0] = 0.1;
    assert_true(table_set_reason(&table, f, 1, "flat region", &err));
    assert_done(table_write_csv(tap_path("f.csv"), &table, &err) && table_write_notes(tap_path("f.notes.csv"), &table, &err), err);
    assert_done(feature_table_read(tap_path("f.csv"), &back, NULL, &err), err);
    assert_string_equal(back.id[0], "p,1");
    assert_double_near(back.column[0].number[0], 0.1, 0);
    assert_true(isnan(back.column[0].number[1]));
    unsigned char *bytes;
    size_t n;
    assert_done(file_read(tap_path("f.notes.csv"), 1000, &bytes, &n, &err), err);
    assert_string_equal((char *)bytes, "ID,column,reason\np2,f,flat region\n");
    mem_free(bytes);
    table_free(&table);
    table_free(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_has_paths_beside_its_table),
        cmocka_unit_test(phases_have_their_own_images),
        cmocka_unit_test(faults_of_a_case_table_are_told),
        cmocka_unit_test(one_id_may_have_several_labels),
        cmocka_unit_test(features_are_numbers_and_words_stay_aside),
        cmocka_unit_test(faults_of_a_feature_table_are_told),
        cmocka_unit_test(a_text_table_keeps_every_cell_as_it_is),
        cmocka_unit_test(a_written_table_reads_back_and_its_holes_have_reasons),
    };
    return tap_run(tests);
}
