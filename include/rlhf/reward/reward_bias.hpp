// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/tokens/token_sweep.hpp>
#include <rlhf/results/moments.hpp>

namespace RLHF_NAMESPACE {

/// What is added to a reward model's output so that demonstrations score 0 on average, before reinforcement learning.
///
///     bias = −mean(rewards of the demonstrations that count)
///
/// `rewards` is [B, T] or packed, one a demonstration: the steps that count. The ranking losses do not see a shift of
/// all rewards, so this changes no comparison. No counted reward: 0. Up to 32 rewards at a time
/// add in double, which rounds sums of doubles; what is joined then, is joined exactly.
///
/// Throws std::invalid_argument on sizes that differ.
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
