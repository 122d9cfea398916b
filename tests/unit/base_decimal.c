#include "tap.h"

#include <math.h>

#include "base/rng.h"
#include "base/text.h"

/* The plain twin: the fewest significant digits that printf can show and strtod reads back. At powers of two, whose
 * lower neighbour is closer, printf's nearest decimal can miss what a shorter one hits: 2^-1017 = 7.120236347223045e-307. */
static int twin_digits(double value)
{
    char text[40];
    for (int precision = 1; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        if (strtod(text, NULL) == value)
            return precision;
    }
    return 17;
}

static int count_digits(const char *text)
{
    int n = 0, zeros = 0;
    for (const char *c = text; *c != '\0' && *c != 'e'; c++) {
        if (*c < '0' || *c > '9' || (*c == '0' && n == 0))
            continue;
        zeros = *c == '0' ? zeros + 1 : 0;
        n++;
    }
    return n - zeros;
}

static double any_double(struct rng *rng)
{
    double value;
    do {
        uint64_t bits = rng_u64(rng);
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

static void check(double value)
{
    char text[32];
    double back;
    double_to_text(value, text);
    if (strtod(text, NULL) != value || count_digits(text) > twin_digits(value))
        fail_msg("%.17g was written as %s", value, text);
    if (!double_from_text(text, &back) || back != value)
        fail_msg("%s was read as %.17g", text, back);
}

static void shortest_text_agrees_with_a_plain_search(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, "test.decimal", 0, 0);
    for (int i = 0; i < 30000; i++) {
        check(any_double(&rng));
        check(rng_normal(&rng));
        check(rng_normal(&rng) * 1e6);
        check((double)rng_below(&rng, 1u << 20) / 1000.0);
    }
}

static void powers_and_edges_read_back(void **state)
{
    (void)state;
    for (int e = -1074; e < 1024; e++) {
        check(ldexp(1.0, e));
        check(nextafter(ldexp(1.0, e), INFINITY));
        check(nextafter(ldexp(1.0, e), 0.0));
    }
    for (int k = -323; k < 309; k++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", k);
        check(strtod(text, NULL));
    }
    check(0x1.fffffffffffffp1023);
}

/* Of decimals of the same length the nearest is taken; values from Giulietti's paper and from David Gay's tests. */
static void the_nearest_of_the_shortest_is_taken(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(double_to_text(2e-323, text), "2e-323");
    assert_string_equal(double_to_text(5e-324, text), "5e-324");
    assert_string_equal(double_to_text(9007199254740993.0, text), "9007199254740992");
    assert_string_equal(double_to_text(1.7976931348623157e308, text), "1.7976931348623157e308");
    assert_string_equal(double_to_text(9.5e-322, text), "9.5e-322");
    assert_string_equal(double_to_text(1e23, text), "1e23");
    assert_string_equal(double_to_text(5e-5, text), "5e-5");
    assert_string_equal(double_to_text(0x1p-1017, text), "7.120236347223045e-307");
}

static void layout_is_plain_between_1e_minus_4_and_1e16(void **state)
{
    (void)state;
    const struct {
        double value;
        const char *text;
    } rows[] = {{0.0, "0"}, {-0.0, "-0"}, {3, "3"}, {-12.5, "-12.5"}, {1e15, "1000000000000000"}, {1e16, "1e16"},
                {123456789012345680.0, "1.2345678901234568e17"}, {0.0001, "0.0001"}, {0.00012345, "0.00012345"},
                {0.00001, "1e-5"}, {100, "100"}, {0.1, "0.1"}, {NAN, "nan"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}};
    char text[32];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(double_to_text(rows[i].value, text), rows[i].text);
}

static void decimals_of_any_length_are_read_as_strtod_does(void **state)
{
    (void)state;
    struct rng rng = rng_make(2, "test.decimal", 0, 0);
    for (int i = 0; i < 100000; i++) {
        char text[64];
        int n = 0, digits = 1 + (int)rng_below(&rng, 30), point = (int)rng_below(&rng, (size_t)digits + 1);
        for (int d = 0; d < digits; d++) {
            if (d == point)
                text[n++] = '.';
            text[n++] = (char)('0' + rng_below(&rng, rng_below(&rng, 2) ? 10 : 1));
        }
        snprintf(text + n, sizeof text - (size_t)n, "e%d", (int)rng_below(&rng, 80) - 40);
        double value;
        assert_true(double_from_text(text, &value));
        if (value != strtod(text, NULL))
            fail_msg("%s was read as %.17g", text, value);
    }
}

static void what_is_no_plain_decimal_is_refused(void **state)
{
    (void)state;
    const char *refused[] = {"", "-", "+", ".", "e5", "1e", "1e+", "0x10", "nan", "inf", "-inf", " 1", "1 ", "1,5", "1.2.3",
                             "1e5.5", "--1", "1_000", "1e999", "-1e400", "1d5", "\xc2\xb5"};
    double value = 7;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (double_from_text(refused[i], &value))
            fail_msg("\"%s\" was read as %g", refused[i], value);
    assert_true(value == 7);
    const char *taken[] = {"1", "+1", "1.", ".5", "1E5", "00001", "1e-999", "1e00000000000000001", "-0"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (!double_from_text(taken[i], &value) || value != strtod(taken[i], NULL))
            fail_msg("\"%s\" was not read", taken[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shortest_text_agrees_with_a_plain_search),
        cmocka_unit_test(powers_and_edges_read_back),
        cmocka_unit_test(the_nearest_of_the_shortest_is_taken),
        cmocka_unit_test(layout_is_plain_between_1e_minus_4_and_1e16),
        cmocka_unit_test(decimals_of_any_length_are_read_as_strtod_does),
        cmocka_unit_test(what_is_no_plain_decimal_is_refused),
    };
    return tap_run(tests);
}
