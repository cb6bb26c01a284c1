// SPDX-License-Identifier: MIT
// Compares one combination with the dump, and finds its coefficients.
#include "search.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diff {

double largest(const std::vector<double>& x) {
    double most = 0;
    for (const double e : x) most = std::max(most, std::fabs(e));
    return most;
}
double product(const std::vector<double>& x, const std::vector<double>& y) {
    return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

outcome compare(const space& s, const combination& c) {
    const data& d = s.batch;
    const evaluation e = s.evaluate(c);
    outcome o{.what = c, .loss = e.loss, .gradient_fits = true, .loss_fits = true};
    if (!d.gradient.empty()) {
        double error = 0, scaled_error = 0;
        const double scale = std::max(largest(d.gradient), 1e-300), own = product(e.gradient, e.gradient);
        const double multiple = own > 0 ? product(e.gradient, d.gradient) / own : 0;
        for (std::size_t t = 0; t < e.gradient.size(); ++t) {
            error = std::max(error, std::fabs(e.gradient[t] - d.gradient[t]));
            scaled_error = std::max(scaled_error, std::fabs(multiple * e.gradient[t] - d.gradient[t]));
        }
        o.gradient_error = error / scale;
        o.gradient_fits = o.gradient_error <= d.tolerance;
        if (scaled_error <= d.tolerance * scale && std::fabs(multiple - 1) > 1e-3) o.factor = multiple;
    }
    if (d.loss) {
        const double error = std::fabs(e.loss - *d.loss);
        o.loss_error = error / std::max(std::fabs(*d.loss), 1e-300);
        o.loss_fits = error <= d.tolerance * std::max(e.size, std::fabs(*d.loss)) + d.loss_digits;
    }
    return o;
}

namespace {

/// The coefficient with the fewest digits that still fits.
outcome with_short_coefficient(const space& s, const outcome& o) {
    if (!o.what.kl || !o.gradient_fits || s.batch.gradient.empty()) return o;
    for (int digits = 1; digits < 7; ++digits) {
        combination c = o.what;
        const double power = std::pow(10, digits - 1 - std::floor(std::log10(c.kl_coef)));
        c.kl_coef = std::round(c.kl_coef * power) / power;
        const outcome rounded = compare(s, c);
        if (rounded.gradient_fits && rounded.loss_fits == o.loss_fits) return rounded;
    }
    return o;
}

/// Adds the coefficient of an entropy bonus that makes the loss fit, if there is one. The bonus does not change the
/// gradient.
outcome with_entropy(const space& s, const outcome& o) {
    if (s.batch.entropy.empty() || s.batch.gradient.empty() || !o.gradient_fits || o.loss_fits) return o;
    for (const double coef : s.numbers.entropy_coefs) {
        combination c = o.what;
        c.entropy_coef = coef;
        if (const outcome with = compare(s, c); with.loss_fits) return with;
    }
    return o;
}

} // namespace

outcome refined(const space& s, const outcome& o) { return with_entropy(s, with_short_coefficient(s, o)); }

} // namespace diff
