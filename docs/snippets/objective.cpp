// SPDX-License-Identifier: MIT
#include "tasks.hpp"

// --8<-- [start:options]
/// Options of SPO (Xie et al. 2024, arXiv:2401.16025): a parabola about ρ = 1 instead of PPO's clip.
struct spo {
    double range = 0.2; ///< ε: where the gradient of a good token ends
};
// --8<-- [end:options]

// --8<-- [start:formula]
namespace rlhf::formula {

/// One token of SPO.
///
///     loss = −ρ Â + |Â| / (2 ε) · (ρ − 1)²
///     ∂loss/∂logp = (−Â + |Â| / ε · (ρ − 1)) ρ
template <class T>
struct spo_token {
    T one_by_range; ///< 1 / ε

    static constexpr bool learns_by_ratio() { return true; }

    template <class V>
    surrogate<V> operator()(const sampled_token<V>& t) const {
        using lane::abs, lane::exp;
        const V ratio = exp(t.log_ratio), moved = ratio - V(1), pull = abs(t.advantage) * V(one_by_range) * moved;
        return {V(T(0.5)) * pull * moved - ratio * t.advantage, (pull - t.advantage) * ratio, ratio};
    }
};

/// How the options become the formula, and what they may be.
template <>
struct objective<::spo> {
    template <class T>
    static spo_token<T> whole(const ::spo& o) {
        return {T(1 / o.range)};
    }
    static void bounds(const ::spo& o, auto&& within) { within("range", o.range, 1e-6, 1.0); }
};

} // namespace rlhf::formula
// --8<-- [end:formula]

void own_objective() {
    task_data my;
    auto& [log_probs, old_log_probs, ref_log_probs, advantages, values, returns, scores, d_log_probs, d_values, weights,
           tokens, mask, logits_buffer, batch] = my;
    // --8<-- [start:call]
    const auto r = rlhf::policy_loss(batch,
                                     {.log_probs = log_probs,
                                      .old_log_probs = old_log_probs,
                                      .ref_log_probs = ref_log_probs,
                                      .advantages = advantages,
                                      .d_log_probs = d_log_probs},
                                     spo{.range = 0.3}, {.kl_coef = 0.01});
    std::printf("SPO: loss %.4f, KL %.4f, mean ratio %.4f\n", r.loss(), r.kl(), r.mean_ratio());
    // --8<-- [end:call]
}
