/* PDF from SVG. */
#include "tap.h"

#include <unistd.h>

#include "report/pdf.h"
#include "report/svg.h"

static void make(struct text *pdf)
{
    struct svg svg;
    struct err err = ERR_INIT;
    svg_begin(&svg, 96, 48, "t");
    svg_text(&svg, 4, 20, (struct lettering){.size = 12}, "AUC 0.837");
    assert_done(svg_end(&svg, &err), err);
    assert_done(pdf_from_svg(svg.out.bytes, svg.out.n, 96, 48, "roc", pdf, &err), err);
    svg_free(&svg);
}

static void the_page_has_the_pictures_size_in_points(void **state)
{
    (void)state;
    struct text pdf = TEXT_INIT;
    make(&pdf);
    assert_true(pdf.n > 1000);
    assert_memory_equal(pdf.bytes, "%PDF-", 5);
    assert_non_null(memmem(pdf.bytes, pdf.n, "/MediaBox [ 0 0 72 36 ]", 23));
    text_free(&pdf);
}

static void the_bytes_do_not_depend_on_the_clock(void **state)
{
    (void)state;
    struct text first = TEXT_INIT, second = TEXT_INIT;
    make(&first);
    sleep(1); /* a date of the clock would have moved on */
    make(&second);
    assert_int_equal(first.n, second.n);
    assert_memory_equal(first.bytes, second.bytes, first.n);
    text_free(&first);
    text_free(&second);
}

static void what_is_no_svg_is_a_bug_of_ours(void **state)
{
    (void)state;
    struct text pdf = TEXT_INIT;
    struct err err = ERR_INIT;
    assert_false(pdf_from_svg("<svg", 4, 10, 10, "t", &pdf, &err));
    assert_error_has(err, ERR_BUG, "PDF: librsvg does not take our SVG: ");
    text_free(&pdf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_has_the_pictures_size_in_points),
        cmocka_unit_test(the_bytes_do_not_depend_on_the_clock),
        cmocka_unit_test(what_is_no_svg_is_a_bug_of_ours),
    };
    return tap_run(tests);
}
