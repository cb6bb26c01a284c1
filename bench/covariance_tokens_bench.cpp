// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/policy/covariance_tokens.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace covariance_tokens_bench {

using bench::numbers, bench::room;

template <class T>
struct covariance_tokens {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 1};
    bench::rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> log_probs = numbers<T>(-3, 0, 1, at.size()), advantages = numbers<T>(-1, 1, 2, at.size());
    std::span<T> weights = room<T>(0, at.size());
    std::vector<std::pair<T, std::size_t>> covariances = {};

    template <class Arch>
    auto call() {
        return rlhf::covariance_tokens<T, Arch>(batch,
                                                {.log_probs = log_probs, .advantages = advantages, .weights = weights});
    }

    /// All covariances with their places, of which as many are sorted as are picked.
    T plain() {
        const auto counts = at.counts();
        T n = 0, mean_p = 0, mean_a = 0;
        for (std::size_t i = 0; i < at.size(); ++i)
            if (counts(i)) n += 1, mean_p += log_probs[i], mean_a += advantages[i];
        covariances.clear(), mean_p /= n, mean_a /= n;
        for (std::size_t i = 0; i < at.size(); ++i) {
            weights[i] = counts(i) ? T(1) : T(0);
            if (counts(i)) covariances.emplace_back((mean_a - advantages[i]) * (log_probs[i] - mean_p), i);
        }
        const auto most = covariances.begin() + std::max(static_cast<std::ptrdiff_t>(T(0.0002) * n), std::ptrdiff_t(1));
        std::nth_element(covariances.begin(), most - 1, covariances.end());
        for (auto c = covariances.begin(); c != most; ++c) weights[c->second] = 0;
        return covariances.front().first;
    }
};

const bool registered = (bench::vary<covariance_tokens>("covariance_tokens"), true);

} // namespace covariance_tokens_bench
