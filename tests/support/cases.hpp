// SPDX-License-Identifier: MIT
#pragma once

#include "reference/batch.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/refusal.hpp"
#include "support/ulp.hpp"

#include <rlhf/results/count.hpp>

#include <vector>

/// What the tests of losses share: one batch for the library and for its references, error bounds, refusals.
namespace test {

/// A batch [sequences, steps] with bytes as mask.
struct rectangle {
    std::size_t sequences, steps;
    std::vector<std::uint8_t> mask;

    [[nodiscard]] std::size_t size() const { return sequences * steps; }
    [[nodiscard]] rlhf::batch batch(rlhf::denominator d = rlhf::counted_here) const {
        return {.sequences = sequences, .steps = steps, .mask = mask, .denominator = d};
    }
    [[nodiscard]] reference::batch reference() const { return reference::padded(sequences, steps, mask); }
};

/// One prompt with K responses.
[[nodiscard]] inline rlhf::batch one_prompt(std::size_t K) {
    return {.steps = K, .mask = rlhf::all, .denominator = rlhf::counted_here};
}

/// Of mixed masks: sequences that are full, empty, of one token, with gaps; longer than a segment of sums.
[[nodiscard]] inline rectangle mixed_rectangle(random& r, std::size_t steps = 600) {
    rectangle b{.sequences = 0, .steps = steps, .mask = {}};
    for (const mask_kind kind : mask_kinds) {
        const auto m = test::mask(r, kind, 3, steps);
        b.mask.insert(b.mask.end(), m.begin(), m.end());
        b.sequences += 3;
    }
    return b;
}

/// Roundings that a sum of a segment adds to each of its terms, in epsilons: 512 tokens in 16 lanes of float or 8 of
/// double are 32 or 64 terms, each half an epsilon off.
template <class T>
inline constexpr double summing = sizeof(T) == 4 ? 16 : 32;

/// Largest |got − want| in epsilons of the scale; where the scale is 0, got must be +0.
template <class T>
[[nodiscard]] double worst_error(const std::vector<T>& got, const reference::array& want,
                                 const reference::array& scale) {
    if (got.size() != want.size() || got.size() != scale.size()) return INFINITY;
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const auto error = std::fabs(static_cast<long double>(got[i]) - want[i]);
        if (scale[i] == 0 && same_bits(got[i], T(0))) continue;
        const auto units = static_cast<double>(error / (scale[i] * std::numeric_limits<T>::epsilon()));
        if (!(units <= worst)) worst = units; // NaN is the worst
    }
    return worst;
}

/// |got − want| in epsilons of T at the scale.
template <class T>
[[nodiscard]] double error(double got, long double want, long double scale) {
    if (static_cast<long double>(got) == want) return 0;
    return static_cast<double>(std::fabs(static_cast<long double>(got) - want) /
                               (scale * std::numeric_limits<T>::epsilon()));
}

/// All pairs of elements.
template <class A, class F>
void for_pairs(const A& a, F&& f) {
    for (const auto x : a)
        for (const auto y : a) f(x, y);
}

} // namespace test
