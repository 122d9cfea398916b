// The shim: every function here is noexcept towards C and turns any fault into NaN.
#include "num/dist.h"

#include <cmath>
#include <limits>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>

namespace {

using namespace boost::math::policies;

// No exceptions, no promotion to long double: three times faster, and errors stay at a few units in the 15th digit.
using quiet = policy<domain_error<ignore_error>, pole_error<ignore_error>, overflow_error<ignore_error>,
                     underflow_error<ignore_error>, denorm_error<ignore_error>, rounding_error<ignore_error>,
                     evaluation_error<ignore_error>, indeterminate_result_error<ignore_error>, promote_double<false>,
                     promote_float<false>>;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

template <class F> double guarded(F f) noexcept
{
    try {
        return f();
    } catch (...) {
        return nan_value;
    }
}

bool probability(double p) noexcept { return p >= 0.0 && p <= 1.0; }
bool positive(double x) noexcept { return x > 0.0 && std::isfinite(x); }

double beta_lower(double x, double a, double b) noexcept
{
    return guarded([&] { return boost::math::ibeta(a, b, x, quiet()); });
}

double beta_upper(double x, double a, double b) noexcept
{
    return guarded([&] { return boost::math::ibetac(a, b, x, quiet()); });
}

double gamma_lower(double x, double shape) noexcept
{
    return guarded([&] { return boost::math::gamma_p(shape, x, quiet()); });
}

double gamma_upper(double x, double shape) noexcept
{
    return guarded([&] { return boost::math::gamma_q(shape, x, quiet()); });
}

} // namespace

extern "C" {

double normal_cdf(double x) { return 0.5 * std::erfc(-x * 0.707106781186547524400844362105); }
double normal_sf(double x) { return 0.5 * std::erfc(x * 0.707106781186547524400844362105); }

double normal_quantile(double p)
{
    if (!probability(p))
        return nan_value;
    if (p == 0.0 || p == 1.0)
        return p == 0.0 ? -infinity : infinity;
    return guarded([&] { return -1.41421356237309504880168872421 * boost::math::erfc_inv(2.0 * p, quiet()); });
}

double beta_cdf(double x, double a, double b)
{
    if (std::isnan(x) || !positive(a) || !positive(b))
        return nan_value;
    return x <= 0.0 ? 0.0 : x >= 1.0 ? 1.0 : beta_lower(x, a, b);
}

double beta_sf(double x, double a, double b)
{
    if (std::isnan(x) || !positive(a) || !positive(b))
        return nan_value;
    return x <= 0.0 ? 1.0 : x >= 1.0 ? 0.0 : beta_upper(x, a, b);
}

double beta_quantile(double p, double a, double b)
{
    if (!probability(p) || !positive(a) || !positive(b))
        return nan_value;
    if (p == 0.0 || p == 1.0)
        return p;
    return guarded([&] { return boost::math::ibeta_inv(a, b, p, quiet()); });
}

double gamma_cdf(double x, double shape)
{
    if (std::isnan(x) || !positive(shape))
        return nan_value;
    return x <= 0.0 ? 0.0 : std::isinf(x) ? 1.0 : gamma_lower(x, shape);
}

double gamma_sf(double x, double shape)
{
    if (std::isnan(x) || !positive(shape))
        return nan_value;
    return x <= 0.0 ? 1.0 : std::isinf(x) ? 0.0 : gamma_upper(x, shape);
}

double gamma_quantile(double p, double shape)
{
    if (!probability(p) || !positive(shape))
        return nan_value;
    if (p == 0.0 || p == 1.0)
        return p == 0.0 ? 0.0 : infinity;
    return guarded([&] { return boost::math::gamma_p_inv(shape, p, quiet()); });
}

double chi2_cdf(double x, double df) { return gamma_cdf(0.5 * x, 0.5 * df); }
double chi2_sf(double x, double df) { return gamma_sf(0.5 * x, 0.5 * df); }
double chi2_quantile(double p, double df) { return 2.0 * gamma_quantile(p, 0.5 * df); }

// P(T > |x|): half of I_{df/(df+x^2)}(df/2, 1/2); the complement where x is small, so that no digits cancel.
static double t_upper_tail(double x, double df)
{
    if (std::isinf(x))
        return 0.0;
    double square = x * x;
    if (std::isinf(square))
        return 0.0;
    return df > square ? 0.5 * beta_upper(square / (df + square), 0.5, 0.5 * df)
                       : 0.5 * beta_lower(df / (df + square), 0.5 * df, 0.5);
}

double t_sf(double x, double df)
{
    if (std::isnan(x) || !(df > 0.0))
        return nan_value;
    if (std::isinf(df))
        return normal_sf(x);
    double tail = t_upper_tail(std::fabs(x), df);
    return x >= 0.0 ? tail : 1.0 - tail;
}

double t_cdf(double x, double df) { return t_sf(-x, df); }

double t_quantile(double p, double df)
{
    if (!probability(p) || !(df > 0.0))
        return nan_value;
    if (std::isinf(df))
        return normal_quantile(p);
    if (p == 0.0 || p == 1.0)
        return p == 0.0 ? -infinity : infinity;
    if (p == 0.5)
        return 0.0;
    double tail = p < 0.5 ? p : 1.0 - p;
    double y = 0.0, x = guarded([&] { return boost::math::ibeta_inv(0.5 * df, 0.5, 2.0 * tail, &y, quiet()); });
    double t = std::sqrt(df * y / x);
    return p < 0.5 ? -t : t;
}

double f_cdf(double x, double df1, double df2)
{
    if (std::isnan(x) || !positive(df1) || !positive(df2))
        return nan_value;
    if (x <= 0.0)
        return 0.0;
    if (std::isinf(x))
        return 1.0;
    double scaled = df1 * x;
    return scaled > df2 ? beta_sf(df2 / (df2 + scaled), 0.5 * df2, 0.5 * df1)
                        : beta_cdf(scaled / (df2 + scaled), 0.5 * df1, 0.5 * df2);
}

double f_sf(double x, double df1, double df2)
{
    if (std::isnan(x) || !positive(df1) || !positive(df2))
        return nan_value;
    if (x <= 0.0)
        return 1.0;
    if (std::isinf(x))
        return 0.0;
    double scaled = df1 * x;
    return scaled > df2 ? beta_cdf(df2 / (df2 + scaled), 0.5 * df2, 0.5 * df1)
                        : beta_sf(scaled / (df2 + scaled), 0.5 * df1, 0.5 * df2);
}

double f_quantile(double p, double df1, double df2)
{
    if (!probability(p) || !positive(df1) || !positive(df2))
        return nan_value;
    if (p == 0.0 || p == 1.0)
        return p == 0.0 ? 0.0 : infinity;
    double y = 0.0, x = guarded([&] { return boost::math::ibeta_inv(0.5 * df1, 0.5 * df2, p, &y, quiet()); });
    return df2 * x / (df1 * y);
}

double binomial_pmf(double k, double n, double p)
{
    if (std::isnan(k) || !(n >= 0.0) || !probability(p))
        return nan_value;
    if (k < 0.0 || k > n || k != std::floor(k))
        return 0.0;
    if (p == 0.0)
        return k == 0.0 ? 1.0 : 0.0;
    if (p == 1.0)
        return k == n ? 1.0 : 0.0;
    return guarded([&] { return boost::math::ibeta_derivative(k + 1.0, n - k + 1.0, p, quiet()) / (n + 1.0); });
}

double binomial_cdf(double k, double n, double p)
{
    if (std::isnan(k) || !(n >= 0.0) || !probability(p))
        return nan_value;
    k = std::floor(k);
    return k < 0.0 ? 0.0 : k >= n ? 1.0 : beta_sf(p, k + 1.0, n - k);
}

double binomial_sf(double k, double n, double p)
{
    if (std::isnan(k) || !(n >= 0.0) || !probability(p))
        return nan_value;
    k = std::floor(k);
    return k < 0.0 ? 1.0 : k >= n ? 0.0 : beta_cdf(p, k + 1.0, n - k);
}

double log_gamma(double x)
{
    if (!(x > 0.0))
        return nan_value;
    return std::isinf(x) ? x : guarded([&] { return boost::math::lgamma(x, quiet()); });
}

double log_choose(double n, double k)
{
    if (!(n >= 0.0) || !(k >= 0.0) || k > n)
        return nan_value;
    return log_gamma(n + 1.0) - log_gamma(k + 1.0) - log_gamma(n - k + 1.0);
}

double normal_two_sided(double z) { return 2.0 * normal_sf(std::fabs(z)); }
double t_two_sided(double t, double df) { return std::fmin(1.0, 2.0 * t_sf(std::fabs(t), df)); }

} // extern "C"
