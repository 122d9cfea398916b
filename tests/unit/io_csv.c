/* CSV: cells as written, faults with their line, numbers, and writing that reads back. */
#include "tap.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/csv.h"
#include "io/gzip.h"

static void parse(const char *content, struct csv *csv)
{
    struct err err = ERR_INIT;
    assert_done(csv_parse(content, strlen(content), "t.csv", csv, &err), err);
}

static void refuse(const char *content, size_t n, const char *message)
{
    struct csv csv;
    struct err err = ERR_INIT;
    assert_false(csv_parse(content, n, "t.csv", &csv, &err));
    assert_error(err, ERR_INPUT, message);
    assert_null(csv.cell);
}

static void every_line_end_and_mark_gives_the_same_cells(void **state)
{
    (void)state;
    static const char *const forms[] = {"a,b\n1,x\n2,y\n", "a,b\n1,x\n2,y", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y\r", ("\xEF\xBB\xBF" "a,b\n1,x\n2,y\n"),
                                        "a;b\n1;x\n2;y\n", "a\tb\n1\tx\n2\ty\n", "\n\na,b\n\n1,x\n\n2,y\n\n", "\"a\",\"b\"\n\"1\",x\n2,\"y\"\n"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct csv csv;
        parse(forms[i], &csv);
        assert_int_equal(csv.row_n, 2);
        assert_int_equal(csv.column_n, 2);
        assert_string_equal(csv.name[1], "b");
        assert_string_equal(csv_cell(&csv, 0, 1), "x");
        assert_string_equal(csv_cell(&csv, 1, 0), "2");
        csv_free(&csv);
    }
}

static void quotes_keep_delimiters_line_ends_and_quotes(void **state)
{
    (void)state;
    struct csv csv;
    parse("a,b\n\"x,\r\ny\",\"say \"\"so\"\"\"\np\"q, r \n", &csv);
    assert_string_equal(csv_cell(&csv, 0, 0), "x,\r\ny");
    assert_string_equal(csv_cell(&csv, 0, 1), "say \"so\"");
    assert_string_equal(csv_cell(&csv, 1, 0), "p\"q");
    assert_string_equal(csv_cell(&csv, 1, 1), " r ");
    assert_int_equal(csv.line[0], 2);
    assert_int_equal(csv.line[1], 4);
    csv_free(&csv);
}

static void a_fault_names_its_physical_line(void **state)
{
    (void)state;
#define REFUSE(content, message) refuse(content, sizeof content - 1, message)
    REFUSE("", "t.csv: the file is empty, expected a header line");
    REFUSE("\n\r\n", "t.csv: the file is empty, expected a header line");
    REFUSE("a,b\n\"x\ny\",1\n1\n", "t.csv line 4: a row of 1 cells, expected 2 as in the header");
    REFUSE("# made by hand\na,b\n1,2\n", "t.csv line 1: a header of one cell, but 2 cells on line 2: is this the header?");
    REFUSE("a,b\r\n1,2,3\r\n", "t.csv line 2: a row of 3 cells, expected 2 as in the header");
    REFUSE("a,b\n1,\"x\n2,y\n", "t.csv line 2: a quote is opened and not closed before the end of the file");
    REFUSE("a,b\n1,\"x\"y\n", "t.csv line 2: text behind a closing quote, expected a delimiter or the line's end");
    REFUSE("a,b\n1,\0\n", "t.csv line 2: a NUL byte, expected text in UTF-8");
    REFUSE("a,b\n1,2\nx,\xFC\n", "t.csv line 3: byte 0xFC is not UTF-8; save the table as UTF-8");
    REFUSE("\xFF\xFE" "a\0", "t.csv line 1: the text is UTF-16, expected UTF-8");
    REFUSE("PK\3\4zzz", "t.csv line 1: this is a zip archive or a spreadsheet, expected CSV text in UTF-8");
}

static void names_must_stand_and_differ(void **state)
{
    (void)state;
    struct csv csv;
    struct err err = ERR_INIT;
    parse("a,b,a\n", &csv);
    assert_false(csv_check_names(&csv, &err));
    assert_error(err, ERR_INPUT, "t.csv line 1: column a stands twice");
    csv_free(&csv);
    parse("\na, ,c\n", &csv);
    assert_false(csv_check_names(&csv, &err));
    assert_error(err, ERR_INPUT, "t.csv line 2: column 2 has no name");
    csv_free(&csv);
    parse("a,b\n", &csv);
    assert_true(csv_check_names(&csv, &err));
    assert_int_equal(csv.row_n, 0);
    csv_free(&csv);
}

static void a_column_is_found_by_its_name(void **state)
{
    (void)state;
    struct csv csv;
    parse("ID, image ,MASK\n", &csv);
    assert_int_equal(csv_find(&csv, "ID"), 0);
    assert_true(csv_find(&csv, "image") == SIZE_MAX);
    assert_int_equal(csv_find_any_case(&csv, "Image"), 1);
    assert_int_equal(csv_find_any_case(&csv, "Mask"), 2);
    assert_true(csv_find_any_case(&csv, "Label") == SIZE_MAX);
    csv_free(&csv);
}

static void numbers_are_plain_decimals_or_missing(void **state)
{
    (void)state;
    static const struct {
        const char *cell;
        enum csv_value kind;
        double value;
    } cases[] = {
        {"1.5", CSV_NUMBER, 1.5},       {" -2e3\t", CSV_NUMBER, -2000},  {".5", CSV_NUMBER, 0.5},         {"5.", CSV_NUMBER, 5},
        {"1e-400", CSV_NUMBER, 0},      {"", CSV_MISSING, NAN},          {"  ", CSV_MISSING, NAN},        {"n/a", CSV_MISSING, NAN},
        {"NaN", CSV_MISSING, NAN},      {"#N/A", CSV_MISSING, NAN},      {".", CSV_MISSING, NAN},         {"None", CSV_MISSING, NAN},
        {"inf", CSV_NOT_FINITE, NAN},   {"-Infinity", CSV_NOT_FINITE, NAN}, {"0x10", CSV_NO_NUMBER, NAN}, {"1_000", CSV_NO_NUMBER, NAN},
        {"1,5", CSV_NO_NUMBER, NAN},    {"12 mm", CSV_NO_NUMBER, NAN},   {"TRUE", CSV_NO_NUMBER, NAN},    {"nan(1)", CSV_NO_NUMBER, NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 7;
        if (csv_number(cases[i].cell, &value) != cases[i].kind)
            fail_msg("\"%s\" is of the wrong kind", cases[i].cell);
        assert_double_near(value, cases[i].value, 0);
    }
}

static void a_cell_that_is_no_number_is_named(void **state)
{
    (void)state;
    struct csv csv;
    struct err err = ERR_INIT;
    double value;
    parse("id,size\np1,3\np2,12 mm\np3,inf\n", &csv);
    assert_true(csv_get_number(&csv, 0, 1, &value, &err));
    assert_false(csv_get_number(&csv, 1, 1, &value, &err));
    assert_error(err, ERR_INPUT, "t.csv line 3: column size: found \"12 mm\", expected a number");
    assert_false(csv_get_number(&csv, 2, 1, &value, &err));
    assert_error(err, ERR_INPUT, "t.csv line 4: column size: found \"inf\", expected a finite number");
    csv_free(&csv);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const char *const cells[] = {"", "plain", "a,b", "say \"so\"", "two\r\nlines", " blank ", "x;y", "Größe"};
    enum { N = sizeof cells / sizeof *cells };
    struct text out = TEXT_INIT;
    struct csv_writer writer = csv_writer(&out);
    for (size_t i = 0; i < N; i++)
        csv_add_text(&writer, cells[i]);
    csv_end_row(&writer);
    for (size_t i = 0; i < N; i++)
        csv_add_number(&writer, i == 0 ? NAN : 0.1 * (double)i);
    csv_end_row(&writer);
    struct csv csv;
    parse(out.bytes, &csv);
    assert_int_equal(csv.column_n, N);
    for (size_t i = 0; i < N; i++) {
        double value;
        assert_string_equal(csv.name[i], cells[i]);
        csv_number(csv_cell(&csv, 0, i), &value);
        assert_double_near(value, i == 0 ? NAN : 0.1 * (double)i, 0);
    }
    csv_free(&csv);
    text_free(&out);
}

static void a_single_empty_cell_is_not_lost(void **state)
{
    (void)state;
    struct text out = TEXT_INIT;
    struct csv_writer writer = csv_writer(&out);
    csv_add_text(&writer, "a");
    csv_end_row(&writer);
    csv_add_text(&writer, NULL);
    csv_end_row(&writer);
    assert_string_equal(out.bytes, "a\n\"\"\n");
    struct csv csv;
    parse(out.bytes, &csv);
    assert_int_equal(csv.row_n, 1);
    csv_free(&csv);
    text_free(&out);
}

static void a_gzipped_file_is_read_as_well(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    unsigned char *packed;
    size_t n;
    assert_done(gzip_pack("a,b\n1,2\n", 8, 6, &packed, &n, &err), err);
    assert_done(file_write(tap_path("t.csv.gz"), packed, n, &err), err);
    mem_free(packed);
    struct csv csv;
    assert_done(csv_read(tap_path("t.csv.gz"), &csv, NULL, &err), err);
    assert_string_equal(csv_cell(&csv, 0, 1), "2");
    csv_free(&csv);
    assert_false(csv_read(tap_path("absent.csv"), &csv, NULL, &err));
    assert_error_has(err, ERR_INPUT, "absent.csv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_end_and_mark_gives_the_same_cells),
        cmocka_unit_test(quotes_keep_delimiters_line_ends_and_quotes),
        cmocka_unit_test(a_fault_names_its_physical_line),
        cmocka_unit_test(names_must_stand_and_differ),
        cmocka_unit_test(a_column_is_found_by_its_name),
        cmocka_unit_test(numbers_are_plain_decimals_or_missing),
        cmocka_unit_test(a_cell_that_is_no_number_is_named),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(a_single_empty_cell_is_not_lost),
        cmocka_unit_test(a_gzipped_file_is_read_as_well),
    };
    return tap_run(tests);
}
