// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/recipe/sort_pairs.hpp>

#include <algorithm>

namespace sort_pairs_bench {

using bench::numbers;

/// Both sides of as many pairs as a row has steps, in no order before each call.
template <class T>
struct sort_pairs {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 0};
    bench::rows at;
    std::span<const T> sums = numbers<T>(-5, 0, 1, 2 * at.size());
    std::vector<std::int32_t> chosen = places(0), rejected = places(1), left, right;

    explicit sort_pairs(const bench::rows& r) : at(r) {}
    [[nodiscard]] std::vector<std::int32_t> places(std::int32_t first) const {
        std::vector<std::int32_t> x(at.size());
        for (std::size_t p = 0; p < x.size(); ++p) x[p] = static_cast<std::int32_t>(2 * p) + first;
        return x;
    }

    template <class Arch>
    void call() {
        left = chosen, right = rejected;
        rlhf::sort_pairs<T>(rlhf::view<const T>(sums), std::span(left), std::span(right));
    }
    /// By the sums alone; equal ones in any order.
    void plain() {
        left = chosen, right = rejected;
        const auto before = [&](std::int32_t a, std::int32_t b) {
            return sums[static_cast<std::size_t>(a)] < sums[static_cast<std::size_t>(b)];
        };
        std::sort(left.begin(), left.end(), before), std::sort(right.begin(), right.end(), before);
    }
};

const bool registered = [] {
    using namespace bench;
    auto pairs = rows{1, 65536, counted::dense};
    pairs.element = "pair";
    add<sort_pairs, float>("sort_pairs", pairs, against_plain);
    add<sort_pairs, float>("sort_pairs", rows::one_call(64), against_plain);
    return true;
}();

} // namespace sort_pairs_bench
