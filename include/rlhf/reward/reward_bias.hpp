// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/results/moments.hpp>

namespace RLHF_NAMESPACE {

/// What is added to a reward model's output so that demonstrations score 0 on average, before reinforcement learning.
///
///     bias = −mean(rewards of the demonstrations that count)
///
/// `rewards` are [B, T] or packed, with one reward per demonstration, at a step that counts. A shift of all rewards
/// changes neither a ranking loss nor a comparison. No counted reward: the bias is 0. Up to 32 rewards at a time are
/// added in double, with rounding if they are doubles; these sums are then added exactly.
///
/// Throws std::invalid_argument for sizes that differ.
///
/// Source: Ouyang et al. 2022, arXiv:2203.02155, §3.5.
template <class T = float, class Arch = native>
[[nodiscard]] double reward_bias(const batch& b, const std::type_identity_t<view<const T>>& rewards,
                                 const executor& run = {}) {
    detail::call c("reward_bias", b);
    const std::array streams{c.in(rewards, "rewards")};
    c.done();
    const auto kernel = []<class V>(const V& r)
                            RLHF_INLINE { return detail::terms<V, 0, detail::moments_statistics>{.statistics = {r}}; };
    const auto t = detail::sweep_tokens<T, Arch>(c, streams, std::array<detail::target<T>, 0>{}, run, kernel);
    return t.tokens > 0 ? -moments(t.values).mean() : 0;
}

} // namespace RLHF_NAMESPACE
