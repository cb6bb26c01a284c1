// SPDX-License-Identifier: MIT
#pragma once

#include "reference/batch.hpp"
#include "support/catch.hpp"
#include "support/differences.hpp"
#include "support/random.hpp"

#include <functional>
#include <utility>

/// What the tests of the references' gradients share.
namespace test {

using reference::array, reference::real;

/// In long double a step of 10⁻⁵ leaves an error near 10⁻¹⁰.
inline real worst_difference(const std::function<real(const array&)>& value, array at, const array& gradient) {
    return worst_difference(at, gradient, [&] { return value(at); });
}

inline constexpr real tolerance = 2e-9L;
inline constexpr std::size_t sequences = 6, steps = 7, elements = sequences * steps;

inline reference::batch some_batch(test::random& r, test::mask_kind kind) {
    reference::batch b = reference::padded(sequences, steps, test::mask(r, kind, sequences, steps));
    if (r.below(2) == 0) b.denominator = reference::counts{.tokens = 60, .sequences = 9};
    return b;
}

inline array some(test::random& r, std::size_t n, double deviation = 1) {
    return reference::to_real(test::normals<double>(r, n, 0, deviation));
}

inline const auto kinds = std::vector<test::mask_kind>(test::mask_kinds.begin(), test::mask_kinds.end());
inline constexpr reference::aggregation aggregations[] = {reference::aggregation::token_mean,
                                                          reference::aggregation::sequence_mean_token_mean,
                                                          reference::aggregation::sequence_mean_token_sum};

} // namespace test
