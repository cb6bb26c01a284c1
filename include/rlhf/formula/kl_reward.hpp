// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/formula/kl.hpp>

namespace RLHF_NAMESPACE::formula {

template <class Kind>
struct kl_reward_statistics {
    typename Kind::sum kl = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.kl...); }
};

/// The KL part of one token's reward: writes −coef · k(log π − log π_ref). A coefficient of 0 writes 0, so that 0 · ∞
/// cannot arise.
template <class T>
struct kl_reward_rule {
    T coef, limit;
    kl_estimator estimator;

    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 1, kl_reward_statistics> operator()(V log_prob, V ref_log_prob) const {
        const V k = kl(log_prob - ref_log_prob, estimator, estimator, V(limit)).value;
        return {.writes = {coef == T(0) ? V(T(0)) : V(-coef) * k}, .statistics = {.kl = k}};
    }
};

} // namespace RLHF_NAMESPACE::formula
