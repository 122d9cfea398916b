/* The SVG writer. */
#include "tap.h"

#include <math.h>

#include "report/svg.h"

static void a_text_is_escaped(void **state)
{
    (void)state;
    struct text out = TEXT_INIT;
    add_escaped(&out, "a<b> & \"c\" 'd'\x01\x7F\xC3\xA9");
    assert_string_equal(out.bytes, "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;  \xC3\xA9");
    text_free(&out);
}

static void a_role_name_cannot_end_the_picture(void **state)
{
    (void)state;
    struct svg svg;
    struct err err = ERR_INIT;
    svg_begin(&svg, 10, 10, "</title><script>alert(1)</script>");
    svg_text(&svg, 1, 2, (struct lettering){.size = 11}, "</text></svg><script>");
    assert_done(svg_end(&svg, &err), err);
    assert_null(strstr(svg.out.bytes, "<script"));
    assert_ptr_equal(strstr(svg.out.bytes, "</svg>"), svg.out.bytes + svg.out.n - 7);
    svg_free(&svg);
}

static void coordinates_have_two_decimals_and_no_negative_zero(void **state)
{
    (void)state;
    struct text out = TEXT_INIT;
    svg_add_number(&out, 1.0 / 3);
    text_add_char(&out, ' ');
    svg_add_number(&out, -0.001);
    text_add_char(&out, ' ');
    svg_add_number(&out, NAN);
    text_add_char(&out, ' ');
    svg_add_number(&out, -12.345678);
    assert_string_equal(out.bytes, "0.33 0 0 -12.35");
    text_free(&out);
}

static void a_line_is_written_as_svg_has_it(void **state)
{
    (void)state;
    struct svg svg;
    svg_begin(&svg, 10, 20, "t");
    size_t before = svg.out.n;
    svg_line(&svg, 0, 1, 2, 3.5, (struct pen){.stroke = "#000000", .width = 2, .dash = "4 3"});
    assert_string_equal(svg.out.bytes + before,
                        "<line x1=\"0\" y1=\"1\" x2=\"2\" y2=\"3.5\" fill=\"none\" stroke=\"#000000\" stroke-width=\"2\" stroke-dasharray=\"4 3\"/>\n");
    svg_free(&svg);
}

/* From the font's table: I 295, W 989 thousandths of the em. */
static void text_widths_are_the_fonts(void **state)
{
    (void)state;
    assert_double_near(svg_text_width("IW", 10, false), 12.84, 1e-9);
    assert_double_near(svg_text_width("", 10, false), 0, 0);
    assert_true(svg_text_width("W", 10, true) > svg_text_width("W", 10, false));
    assert_double_near(svg_text_width("\xE2\x80\xA6", 10, false), 8.38, 1e-9); /* one sign, not three */
}

static void a_long_name_loses_its_middle(void **state)
{
    (void)state;
    char out[64];
    const char *name = "arterial.original_glszm_SmallAreaLowGrayLevelEmphasis";
    svg_text_fit(name, 11, 150, out, sizeof out);
    assert_true(svg_text_width(out, 11, false) <= 150);
    assert_non_null(strstr(out, "\xE2\x80\xA6"));
    assert_int_equal(strncmp(out, "arter", 5), 0);
    assert_string_equal(out + strlen(out) - 5, "hasis");
    svg_text_fit("short", 11, 150, out, sizeof out);
    assert_string_equal(out, "short");
    svg_text_fit("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 11, 1e6, out, 10); /* room for 9 bytes: no sign is cut in two */
    for (const char *c = out; *c != '\0'; c += (unsigned char)*c == 0xC3 ? 2 : 3)
        assert_true((unsigned char)*c == 0xC3 || (unsigned char)*c == 0xE2);
}

static void lines_break_behind_words(void **state)
{
    (void)state;
    assert_int_equal(svg_text_break("image and mask", 10, svg_text_width("image and", 10, false) + 1), 9);
    assert_int_equal(svg_text_break("unbreakable", 10, 1), 1); /* at least one character */
    assert_int_equal(svg_text_break("whole", 10, 500), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_escaped),
        cmocka_unit_test(a_role_name_cannot_end_the_picture),
        cmocka_unit_test(coordinates_have_two_decimals_and_no_negative_zero),
        cmocka_unit_test(a_line_is_written_as_svg_has_it),
        cmocka_unit_test(text_widths_are_the_fonts),
        cmocka_unit_test(a_long_name_loses_its_middle),
        cmocka_unit_test(lines_break_behind_words),
    };
    return tap_run(tests);
}
