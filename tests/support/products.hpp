// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/matrix_product.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

/// Matrix products for tests.
namespace test {

/// c, element by element; no element depends on how many rows there are.
inline constexpr auto naive_product = []<class E>(const rlhf::product<E>& p) {
    const auto at = [](const auto& x, std::int64_t i, std::int64_t j) {
        return static_cast<double>(x.transposed ? x.data[j * x.stride + i] : x.data[i * x.stride + j]);
    };
    for (std::int64_t i = 0; i < p.rows; ++i)
        for (std::int64_t j = 0; j < p.cols; ++j) {
            double sum = 0;
            for (std::int64_t k = 0; k < p.inner; ++k) sum += at(p.a, i, k) * at(p.b, k, j);
            E& c = p.c[i * p.c_stride + j];
            c = (p.add ? c : E(0)) + p.factor * static_cast<E>(sum);
        }
};

/// The largest difference of two elements; NaN where one is.
template <class E>
[[nodiscard]] double distance(const std::vector<E>& a, const std::vector<E>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        worst = d <= worst ? worst : d; // NaN counts
    }
    return worst;
}

} // namespace test
