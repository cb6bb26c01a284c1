// SPDX-License-Identifier: MIT
#pragma once

#include "accuracy/exact.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

/// A row's softmax with more digits than a float or a double has.
namespace accuracy {

using real = long double;

inline constexpr real inf = std::numeric_limits<real>::infinity();

/// What is known of a row's softmax, rounded to long double.
struct truth {
    std::vector<real> log_p, p, not_p; ///< not_p: 1 − p, with all its digits
    real log_sum_exp = 0, entropy = 0, collision = 0;
};

/// A sum in parts of 512, so that long double loses nothing that matters.
template <class Real>
struct sum_in_parts {
    Real whole = 0, part = 0;
    int n = 0;
    void add(const Real& x) {
        part += x;
        if (++n % 512 == 0) whole += part, part = 0;
    }
    [[nodiscard]] Real value() const { return whole + part; }
};

[[nodiscard]] inline real log_1p(real x) { return std::log1p(x); }
[[nodiscard]] inline exact log_1p(const exact& x) { return log(1 + x); }

/// log Σ exp(x), log p = x − log Σ exp(x), −Σ p log p, Σ p², with x = z / temperature.
template <class Real>
truth truth_of(const std::vector<double>& z, double temperature) {
    using std::exp, std::log;
    const double largest = *std::max_element(z.begin(), z.end());
    std::vector<Real> x, e;
    sum_in_parts<Real> smaller, entropy, squares;
    int ties = 0;
    for (const double value : z) {
        const bool possible = value > -std::numeric_limits<double>::infinity();
        x.push_back(possible ? Real((Real(value) - Real(largest)) / Real(temperature)) : Real(0));
        e.push_back(possible ? Real(exp(x.back())) : Real(0));
        ties += value == largest ? 1 : 0;
        smaller.add(value == largest ? Real(0) : e.back());
    }
    const Real others = smaller.value(), sum = ties + others, log_sum = log(Real(ties)) + log_1p(Real(others / ties));
    truth t;
    for (std::size_t v = 0; v < z.size(); ++v) {
        const Real p = e[v] / sum, log_p = x[v] - log_sum;
        entropy.add(-p * log_p), squares.add(p * p);
        t.p.push_back(static_cast<real>(p));
        t.not_p.push_back(static_cast<real>(Real((z[v] == largest ? Real(ties - 1) + others : sum - e[v]) / sum)));
        t.log_p.push_back(std::isinf(z[v]) ? -inf : static_cast<real>(log_p));
    }
    t.log_sum_exp = static_cast<real>(Real(Real(largest) / Real(temperature) + log_sum));
    t.entropy = static_cast<real>(entropy.value()), t.collision = static_cast<real>(squares.value());
    return t;
}

} // namespace accuracy
