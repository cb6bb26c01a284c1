// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/advantage/shape_scores.hpp>

#include <algorithm>

namespace shape_scores_bench {

using bench::numbers, bench::room;

/// One element per sequence: a row is a sequence of one token, whose length is given.
template <class T>
struct shape_scores {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 1};
    bench::rows at;
    std::span<const T> scores = numbers<T>(-1, 1, 1, at.size());
    std::vector<std::int32_t> lengths;
    std::span<T> shaped = room<T>(0, at.size());

    explicit shape_scores(const bench::rows& r) : at(r) {
        for (std::size_t i = 0; i < r.size(); ++i)
            lengths.push_back(static_cast<std::int32_t>(i * 2654435761U % 20480));
    }

    template <class Arch>
    auto call() {
        return rlhf::shape_scores<T>(at.batch(), {.scores = scores, .lengths = lengths, .shaped = shaped},
                                     {.max_length = 20480, .overlong_buffer = 4096});
    }
    void plain() {
        for (std::size_t s = 0; s < at.size(); ++s) {
            const T over = static_cast<T>(lengths[s] - 16384) / T(4096);
            shaped[s] = scores[s] - std::clamp(over, T(0), T(1));
        }
    }
};

const bool registered = [] {
    using namespace bench;
    auto each = rows{65536, 1, counted::dense};
    each.element = "sequence";
    add<shape_scores, float>("shape_scores", each, {who::rlhf, who::plain, who::floor});
    return true;
}();

} // namespace shape_scores_bench
