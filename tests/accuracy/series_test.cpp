// SPDX-License-Identifier: MIT

// The coefficients of lane/series.hpp against exp and log in 50 digits: they have the errors that the comments say, not
// more and not less. And the sums of these series against the same polynomials in 50 digits.

#include "accuracy/exact.hpp"
#include "support/catch.hpp"
#include "support/ulp.hpp"

#include <rlhf/lane/series.hpp>

namespace {

namespace elementary = rlhf::lane::elementary;
using accuracy::exact;

/// c₀ + c₁ x + c₂ x² + … with the coefficients that a T holds.
template <class T, class Terms>
exact polynomial(const exact& x) {
    exact sum = 0;
    for (int k = Terms::size; k-- > 0;) sum = sum * x + static_cast<T>(Terms::at(k));
    return sum;
}

struct errors {
    double of_function = 0; ///< relative, of what the series approximates
    double of_sum = 0;      ///< in ULP, of the polynomial as it is added up in T
};

/// The largest errors at many x from `first` to `last`. approximate(x, p) is made of the polynomial p(x) and stands for
/// function(x).
template <class T, class Terms>
errors largest(double first, double last, auto function, auto approximate) {
    errors found;
    for (int i = 0; i <= 4000; ++i) {
        const auto x = static_cast<T>(first + (last - first) * i / 4000);
        if (x == 0) continue;
        const exact p = polynomial<T, Terms>(x), want = function(exact(x)), got = approximate(exact(x), p);
        found.of_function = std::max(found.of_function, static_cast<double>(abs(got / want - 1)));
        const T sum(elementary::series<Terms>(rlhf::lane::number<T>(x)));
        found.of_sum = std::max(found.of_sum, test::ulp_error(sum, static_cast<long double>(p)));
    }
    return found;
}

void is(const errors& e, double of_function) {
    CHECK(e.of_function <= of_function);
    CHECK(e.of_function >= 0.9 * of_function);
    CHECK(e.of_sum <= 2);
}

const double half_log_2 = std::log(2.0) / 2;
const auto from_squares = [](const exact& x, const exact& p) { return exact(x + x * x * p); }; // x + c₂ x² + …
const auto exp_from = [](const exact& x, const exact& p) { return exact(1 + from_squares(x, p)); };
const auto exp_of = [](const exact& x) { return exact(exp(x)); };
const auto log_of = [](const exact& x) { return exact(log(1 + x)); };

} // namespace

TEST_CASE("series: exp has the error that its comment says") {
    is(largest<float, elementary::exp_terms<float>>(-half_log_2, half_log_2, exp_of, exp_from), 9.6e-9);
    is(largest<double, elementary::exp_terms<double>>(-half_log_2, half_log_2, exp_of, exp_from), 8.6e-19);
}

TEST_CASE("series: so has the excess of exp over 1 + r, for floats") {
    const auto excess = [](const exact& x) { return exact(exp(x) - 1 - x); };
    const auto squares = [](const exact& x, const exact& p) { return exact(x * x * p); };
    is(largest<float, elementary::exp_terms<float>>(-half_log_2, half_log_2, excess, squares), 1.3e-7);
    CHECK(elementary::exp_terms<float>::at(0) == 0.5);
    CHECK(elementary::exp_terms<double>::at(0) == 0.5);
}

TEST_CASE("series: log and log1p have the errors that their comments say") {
    const double low = std::sqrt(0.5) - 1, high = std::sqrt(2.0) - 1;
    is(largest<float, elementary::log_terms<float>>(low, high, log_of, from_squares), 4.3e-9);
    is(largest<double, elementary::log_terms<double>>(low, high, log_of, from_squares), 8.3e-18);
    is(largest<float, elementary::log1p_terms<float>>(0, 1, log_of, from_squares), 5.3e-9);
    is(largest<double, elementary::log1p_terms<double>>(0, 1, log_of, from_squares), 9.5e-18);
}
