/* The whole report of a small run folder with invented numbers (tests/cmd/fixtures/report), whole and maimed. */
#include "tap.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/png.h"
#include "report/checklist.h"
#include "report/numbers.h"
#include "report/page.h"
#include "report/report.h"

static struct run whole;

static int read_fixture(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    if (!run_read(TESTS_FOLDER "/cmd/fixtures/report", &whole, &err))
        print_error("%s\n", err.text);
    return whole.metrics == NULL;
}

static int free_fixture(void **state)
{
    (void)state;
    run_free(&whole);
    return 0;
}

/* Figures, checklist and page of a run, as one page; the caller frees. */
static char *draw(const struct run *run)
{
    struct err err = ERR_INIT;
    struct figures figures;
    struct checklist checklist;
    assert_done(figures_draw(run, &figures, &err), err);
    assert_done(checklist_fill(run, &checklist, &err), err);
    struct page page = {.run = run, .figures = &figures, .checklist = &checklist, .out = TEXT_INIT};
    assert_done(page_write(&page, &err), err);
    figures_free(&figures);
    checklist_free(&checklist);
    return page.out.bytes;
}

static void assert_page_has(const struct run *run, const char *part_of_page)
{
    char *page = draw(run);
    if (strstr(page, part_of_page) == NULL)
        fail_msg("the page does not say \"%s\"", part_of_page);
    mem_free(page);
}

static struct run copy_of(const struct run *run)
{
    return (struct run){.folder = run->folder, .lock = run->lock, .metrics = json_deep_copy(run->metrics)};
}

static void the_summary_says_the_numbers(void **state)
{
    (void)state;
    const json_t *external = role_item(&whole, 2);
    struct text expected = TEXT_INIT;
    text_add(&expected, "In role external (20 patients with label, %.0f positive), the AUC was <strong>%.3f (95 %% CI ", number_at(external, "positive"),
             number_at(external, "auc.value"));
    assert_page_has(&whole, expected.bytes);
    text_free(&expected);
    assert_page_has(&whole, "Research use only. Not a medical device.");
}

static void text_of_the_run_is_escaped(void **state)
{
    (void)state;
    struct run run = copy_of(&whole);
    static const char evil[] = "</svg></title></style><script>x()</script><img src=\"//e.org\">\" onload='y'";
    json_object_set_new(json_object_get(run.metrics, "study"), "title", json_string(evil));
    json_object_set_new(json_array_get(json_object_get(run.metrics, "roles"), 1), "role", json_string(evil));
    json_object_set_new(json_object_get(run.metrics, "reporting"), evil, json_string(evil));
    json_array_append_new(json_object_get(run.metrics, "warnings"), json_string(evil));
    json_object_set_new(json_object_get(json_array_get(json_object_get(run.metrics, "roles"), 0), "auc"), "value", json_null());
    json_object_set_new(json_object_get(json_array_get(json_object_get(run.metrics, "roles"), 0), "auc"), "status", json_string(evil));
    char *page = draw(&run);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<img"));
    assert_non_null(strstr(page, "&lt;/svg&gt;&lt;/title&gt;"));
    mem_free(page);
    json_decref(run.metrics);
}

static void leakage_is_marked_loudly(void **state)
{
    (void)state;
    struct run run = copy_of(&whole);
    char *honest = draw(&whole);
    assert_null(strstr(honest, "LEAKAGE ALLOWED:"));
    mem_free(honest);
    json_object_set_new(run.metrics, "allow_leakage", json_true());
    assert_page_has(&run, "<title>LEAKAGE ALLOWED: ");
    assert_page_has(&run, "<body class=\"leaky\">");
    assert_page_has(&run, "locked on data that include the patients it is judged on below");
    struct figures figures;
    struct err figures_err = ERR_INIT;
    assert_done(figures_draw(&run, &figures, &figures_err), figures_err);
    for (size_t i = 0; i < figures.n; i++)
        assert_non_null(strstr(figures.item[i].svg.out.bytes, "LEAKAGE ALLOWED"));
    figures_free(&figures);
    struct checklist checklist;
    struct err err = ERR_INIT;
    assert_done(checklist_fill(&run, &checklist, &err), err);
    assert_int_equal(checklist.answer[1][17].answer, ANSWER_NO); /* METRICS #18, partition */
    checklist_free(&checklist);
    json_decref(run.metrics);
}

static void one_class_is_said_and_not_drawn(void **state)
{
    (void)state;
    struct run run = copy_of(&whole);
    json_t *auc = json_object_get(json_array_get(json_object_get(run.metrics, "roles"), 2), "auc");
    json_object_set_new(auc, "value", json_null());
    json_object_set_new(auc, "status", json_string("one_class"));
    assert_page_has(&run, "external: not estimable (one class)");
    assert_page_has(&run, "the AUC is not estimable: one class. ");
    json_decref(run.metrics);
}

static void a_run_of_train_alone_is_drawn(void **state)
{
    (void)state;
    struct run run = copy_of(&whole);
    json_t *roles = json_object_get(run.metrics, "roles");
    while (json_array_size(roles) > 1)
        json_array_remove(roles, 1);
    assert_page_has(&run, "No role but train has labels: this run holds no estimate on patients the model has not seen.");
    assert_page_has(&run, "The study names no endpoints.");
    json_array_clear(roles);
    assert_page_has(&run, "No role has labels, so there is no AUC, calibration or decision curve.");
    json_decref(run.metrics);
}

/* Every value whose key is `key`, wherever it stands, becomes a copy of `other` (or goes, where other is NULL). */
static void replace_all(json_t *value, const char *key, json_t *other)
{
    const char *name;
    json_t *member;
    void *next;
    size_t i;
    if (json_is_array(value))
        json_array_foreach(value, i, member) replace_all(member, key, other);
    else if (json_is_object(value))
        json_object_foreach_safe(value, next, name, member)
        {
            if (strcmp(name, key) != 0)
                replace_all(member, key, other);
            else if (other == NULL)
                json_object_del(value, name);
            else
                json_object_set_new(value, name, json_deep_copy(other));
        }
}

static void collect_keys(const json_t *value, json_t *keys)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_array(value))
        json_array_foreach((json_t *)value, i, member) collect_keys(member, keys);
    else if (json_is_object(value))
        json_object_foreach((json_t *)value, name, member)
        {
            json_object_set_new(keys, name, json_true());
            collect_keys(member, keys);
        }
}

static void no_member_is_needed_and_none_must_have_its_kind(void **state)
{
    (void)state;
    json_t *keys = json_object(), *unused;
    const char *key;
    json_t *others[] = {NULL, json_null(), json_string("a text <&"), json_real(-1e300), json_integer(0), json_array(), json_pack("[n,n,f]", 0.5)};
    collect_keys(whole.metrics, keys);
    assert_true(json_object_size(keys) > 90);
    json_object_foreach(keys, key, unused)
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            struct run run = copy_of(&whole);
            replace_all(run.metrics, key, others[i]);
            char *page = draw(&run);
            if (strstr(page, "</html>") == NULL || strstr(page, "nan") != NULL)
                fail_msg("the page is not whole, or says nan, with \"%s\" replaced (%zu)", key, i);
            mem_free(page);
            json_decref(run.metrics);
        }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        json_decref(others[i]);
    json_decref(keys);
}

/* ---- maps of the score ---- */

/* The fixture in the test's own folder, with two maps there and one that failed. */
static struct run with_maps(void)
{
    struct run run = copy_of(&whole);
    struct err err = ERR_INIT;
    struct text png = TEXT_INIT;
    static const uint8_t palette[256][3] = {{0}};
    uint8_t *pixel = mem_zero(452 * 224, 1, &err);
    run.folder = (char *)tap_folder();
    assert_done(png_format(pixel, 452, 224, palette, &png, &err) && folder_make(tap_path("slices"), &err) &&
                    file_write(tap_path("slices/a~map.png"), png.bytes, png.n, &err) && file_write(tap_path("slices/b~map.png"), png.bytes, png.n, &err), err);
    mem_free(pixel);
    text_free(&png);
    json_object_set_new(run.metrics, "deep", json_pack("{s:[{s:s,s:s,s:f,s:s,s:s,s:f,s:f,s:f,s:s},{s:s,s:s,s:f,s:s,s:b,s:s},{s:s,s:s,s:f,s:s}],s:{s:f,s:f,s:f,s:i},s:{s:f,s:f,s:i}}",
        "maps",
        "id", "<a>", "role", "internal", "probability", 0.75, "shows", "raises", "method", "Grad-CAM", "share", 0.61, "share_even", 0.4, "sanity", -0.125, "picture", "slices/a~map.png",
        "id", "b", "role", "internal", "probability", 0.25, "shows", "lowers", "empty", 1, "picture", "slices/b~map.png",
        "id", "c", "role", "external", "probability", 0.5, "failure", "the image is gone",
        "maps_share", "median", 0.61, "median_even", 0.4, "rim_mm", 5.0, "n", 2, "sanity", "value", -0.125, "limit", 0.3, "n", 1));
    assert_non_null(json_object_get(run.metrics, "deep"));
    return run;
}

static size_t count_in(const char *page, const char *what)
{
    size_t n = 0;
    for (; (page = strstr(page, what)) != NULL; page++)
        n++;
    return n;
}

static void maps_of_the_score_are_put_together_with_their_numbers(void **state)
{
    (void)state;
    struct run run = with_maps();
    char *page = draw(&run);
    assert_int_equal(count_in(page, "href=\"data:image/png;base64,iVBORw0KGgo"), 2);
    assert_int_equal(count_in(page, "<image x="), 2);
    assert_non_null(strstr(page, "width=\"242.14\" height=\"120\"")); /* 452 x 224, made 120 high */
    assert_non_null(strstr(page, "0.75: what raises it"));
    assert_non_null(strstr(page, "0.25: what lowers it; nothing"));
    assert_non_null(strstr(page, ">no map<"));
    assert_non_null(strstr(page, "&lt;a&gt;"));
    assert_non_null(strstr(page, "Of a map&#39;s sum, 61 % lies inside the tumour&#39;s mask or within 5 mm of it (median of 2 patients)."));
    assert_non_null(strstr(page, "would have 40 % there."));
    assert_non_null(strstr(page, "correlation with these (mean of five draws) is " MINUS "0.13 in the median of 1 patients; it should be below 0.3, as the maps are to show what was learnt: it is."));
    mem_free(page);
    json_object_set_new(json_object_get(json_object_get(run.metrics, "deep"), "sanity"), "value", json_real(0.3));
    assert_page_has(&run, "IT IS NOT, and the maps must not be read as what was learnt.");
    json_decref(run.metrics);
    assert_page_has(&whole, "The score is not made from images by a network.");
}

/* Not pictures of slices/, or no pictures: the tile says so, and nothing of such a file comes into the page. */
static void a_maps_picture_cannot_be_another_file(void **state)
{
    (void)state;
    static const char *const name[] = {"slices/../secret.png", "/etc/passwd", "secret.png", "slices/..", "slices/text~map.png", "slices/none~map.png"};
    struct run run = with_maps();
    struct err err = ERR_INIT;
    json_t *maps = json_object_get(json_object_get(run.metrics, "deep"), "maps");
    struct text png = TEXT_INIT;
    static const uint8_t palette[256][3] = {{0}};
    assert_done(png_format((const uint8_t[1]){0}, 1, 1, palette, &png, &err) && file_write(tap_path("secret.png"), png.bytes, png.n, &err) &&
                    file_write(tap_path("slices/text~map.png"), "not a picture, and longer than the head of one", 46, &err), err);
    text_free(&png);
    for (size_t k = 0; k < sizeof name / sizeof *name; k++) {
        json_object_set_new(json_array_get(maps, 0), "picture", json_string(name[k]));
        char *page = draw(&run);
        assert_int_equal(count_in(page, "<image x="), 1);
        assert_int_equal(count_in(page, ">no picture<"), 1);
        mem_free(page);
    }
    json_decref(run.metrics);
}

static void maps_need_no_member_either(void **state)
{
    (void)state;
    struct run with = with_maps();
    json_t *keys = json_object(), *unused;
    const char *key;
    json_t *others[] = {NULL, json_null(), json_string("a text <&"), json_real(-1e300), json_array()};
    collect_keys(json_object_get(with.metrics, "deep"), keys);
    assert_true(json_object_size(keys) >= 16);
    json_object_foreach(keys, key, unused)
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            struct run run = copy_of(&with);
            replace_all(json_object_get(run.metrics, "deep"), key, others[i]);
            char *page = draw(&run);
            if (strstr(page, "</html>") == NULL || strstr(page, ">nan") != NULL || strstr(page, " nan") != NULL)
                fail_msg("the page is not whole, or says nan, with \"%s\" replaced (%zu)", key, i);
            mem_free(page);
            json_decref(run.metrics);
        }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        json_decref(others[i]);
    json_decref(keys);
    json_decref(with.metrics);
}

static void roles_that_share_a_file_name_get_numbers(void **state)
{
    (void)state;
    struct run run = copy_of(&whole);
    struct figures figures;
    struct err err = ERR_INIT;
    json_object_set_new(json_array_get(json_object_get(run.metrics, "roles"), 1), "role", json_string("a b/.."));
    json_object_set_new(json_array_get(json_object_get(run.metrics, "roles"), 2), "role", json_string("A_b___"));
    assert_done(figures_draw(&run, &figures, &err), err);
    size_t found = 0;
    for (size_t i = 0; i < figures.n; i++)
        found += strcmp(figures.item[i].name.bytes, "waterfall_a_b___") == 0 || strcmp(figures.item[i].name.bytes, "waterfall_A_b____2") == 0;
    assert_int_equal(found, 2);
    figures_free(&figures);
    json_decref(run.metrics);
}

static void authors_answer_what_the_run_cannot(void **state)
{
    (void)state;
    struct run run = copy_of(&whole);
    struct checklist checklist;
    struct err err = ERR_INIT;
    json_t *reporting = json_object_get(run.metrics, "reporting");
    assert_done(checklist_fill(&run, &checklist, &err), err);
    double before = checklist.score.percent;
    assert_int_equal(checklist.answer[1][2].answer, ANSWER_OPEN); /* METRICS #3, weight 0.0919 */
    assert_string_equal(checklist.answer[1][2].evidence.bytes, "not given: reporting.reference_standard");
    checklist_free(&checklist);
    json_object_set_new(reporting, "reference_standard", json_string("Pathology"));
    json_object_set_new(reporting, "acquisition_standard", json_string("none"));
    json_object_set_new(reporting, "registration", json_string("none"));
    assert_done(checklist_fill(&run, &checklist, &err), err);
    assert_int_equal(checklist.answer[1][2].answer, ANSWER_YES);
    assert_string_equal(checklist.answer[1][2].by, "authors");
    assert_double_near(checklist.score.percent - before, 100 * 919.0 / checklist.score.applicable, 1e-9);
    assert_int_equal(checklist.answer[1][4].answer, ANSWER_NO);   /* METRICS judges: none is a no */
    assert_int_equal(checklist.answer[2][35].answer, ANSWER_YES); /* TRIPOD+AI 18d asks for a statement */
    assert_string_equal(checklist_tripod.item[35].id, "18d");
    checklist_free(&checklist);
    json_decref(run.metrics);
}

static void an_automatic_mask_brings_its_item_in(void **state)
{
    (void)state;
    struct run run = copy_of(&whole);
    struct checklist checklist;
    struct err err = ERR_INIT;
    assert_done(checklist_fill(&run, &checklist, &err), err);
    assert_int_equal(checklist.answer[1][8].answer, ANSWER_NOT_APPLICABLE);
    checklist_free(&checklist);
    json_object_set_new(json_object_get(run.metrics, "reporting"), "segmentation.method", json_string("automatic"));
    assert_done(checklist_fill(&run, &checklist, &err), err);
    assert_int_equal(checklist.answer[1][8].answer, ANSWER_OPEN);
    checklist_free(&checklist);
    json_decref(run.metrics);
}

static void keys_of_the_items_are_known_and_others_are_not(void **state)
{
    (void)state;
    assert_true(checklist_knows_key("segmentation.readers"));
    assert_true(checklist_knows_key("subgroups")); /* asked for, not needed */
    assert_false(checklist_knows_key("segmentation"));
    assert_false(checklist_knows_key("?subgroups"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_summary_says_the_numbers),
        cmocka_unit_test(text_of_the_run_is_escaped),
        cmocka_unit_test(leakage_is_marked_loudly),
        cmocka_unit_test(one_class_is_said_and_not_drawn),
        cmocka_unit_test(a_run_of_train_alone_is_drawn),
        cmocka_unit_test(no_member_is_needed_and_none_must_have_its_kind),
        cmocka_unit_test(maps_of_the_score_are_put_together_with_their_numbers),
        cmocka_unit_test(a_maps_picture_cannot_be_another_file),
        cmocka_unit_test(maps_need_no_member_either),
        cmocka_unit_test(roles_that_share_a_file_name_get_numbers),
        cmocka_unit_test(authors_answer_what_the_run_cannot),
        cmocka_unit_test(an_automatic_mask_brings_its_item_in),
        cmocka_unit_test(keys_of_the_items_are_known_and_others_are_not),
    };
    return tap_run_with(tests, read_fixture, free_fixture);
}
