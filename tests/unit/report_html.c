/* HTML pieces. */
#include "tap.h"

#include <math.h>

#include "report/html.h"

static void what_is_added_is_escaped(void **state)
{
    (void)state;
    struct text out = TEXT_INIT;
    html_paragraph(&out, "%s & %d", "<b onclick=\"x\">", 3);
    assert_string_equal(out.bytes, "<p>&lt;b onclick=&quot;x&quot;&gt; &amp; 3</p>\n");
    text_free(&out);
}

static void a_table_aligns_its_columns(void **state)
{
    (void)state;
    static const char *const header[] = {"Role", "n", "AUC", "P", NULL};
    struct text out = TEXT_INIT;
    struct html_table table = html_table_begin(&out, "A <caption>", "lrrr", header);
    html_row_begin(&table, "winner");
    html_cell(&table, "in<side");
    html_cell_fixed(&table, 46, 0);
    html_cell_interval(&table, 0.835, 0.714, NAN, 3);
    html_cell_p(&table, 0.0001);
    html_row_end(&table);
    html_table_end(&table);
    assert_string_equal(out.bytes,
                        "<div class=\"wide\"><table>\n<caption>A &lt;caption&gt;</caption>\n<thead><tr><th scope=\"col\" class=\"l\">Role</th>"
                        "<th scope=\"col\">n</th><th scope=\"col\">AUC</th><th scope=\"col\">P</th></tr></thead>\n<tbody>\n"
                        "<tr class=\"winner\"><td class=\"l\">in&lt;side</td><td class=\"n\">46</td><td class=\"n\">0.835 (0.714 to \xE2\x80\x93)</td>"
                        "<td class=\"n\">&lt; 0.001</td></tr>\n</tbody></table></div>\n");
    text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_escaped),
        cmocka_unit_test(a_table_aligns_its_columns),
    };
    return tap_run(tests);
}
