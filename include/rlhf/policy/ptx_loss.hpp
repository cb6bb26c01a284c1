// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/policy/mean_sweep.hpp>
#include <rlhf/results/loss_result.hpp>

namespace rlhf {

struct ptx_loss_options {
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean; ///< how the tokens' values become one number
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

template <class T>
struct ptx_loss_arrays {
    view<const T> log_probs = detail::required<T>(); ///< [B, T] log p of the text's own tokens, nats
    gradient<T> d_log_probs = {};                    ///< [B, T] ∂loss/∂log_probs; absent: the value only
};

/// Sums over the tokens that count; the parts of a step join by +=.
class ptx_loss_result : public loss_result<ptx_loss_result, formula::mean_statistics> {
public:
    using loss_result::loss_result;

    /// The mean of −log p over the tokens, under every aggregation.
    [[nodiscard]] double nll() const { return per_token(totals_.value); }
    [[nodiscard]] double perplexity() const { return lane::exp(nll()); }
};

/// The negative log-likelihood of pretraining or demonstration text: InstructGPT's ptx term, and supervised
/// fine-tuning.
///
///     loss             = −Σ log p / denominator        by the aggregation
///     ∂loss/∂log p     = −1 / denominator
///
/// The text is a batch of its own, with its own mask and its own denominator: in PPO-ptx the two losses are means over
/// different tokens, and their gradients are added in the model's parameters. Pass the coefficient γ with the
/// gradient's buffer,
///
///     ppo_policy_loss(rollout, {…, .d_log_probs = d});                       // ∇PPO, then the model's backward pass
///     ptx_loss(text, {.log_probs = lp, .d_log_probs = write_to(d, γ)});      // γ ∇ptx, then a second backward pass
///
/// or, straight from the logits, pass `write_to(logits, γ)` to cross_entropy_loss. The returned value is not multiplied
/// by γ: training minimises ppo.loss() + γ · ptx.loss().
///
/// Other sums of losses over different tokens work the same way: each loss has its own mask and denominator, and its
/// gradient is added by add_to. The likelihood of right answers beside PPO (VAPO, arXiv:2504.05118, eq. 10) is ptx_loss
/// over the answers with a reward above 0, times μ; NeMo-RL divides it by the tokens of the micro-batch.
/// examples/three_losses.cpp has prime-rl's sum of policy gradient, cross-entropy and distillation.
///
/// Masked tokens may hold anything; their gradient is +0, or left as it is with add_to. If log p = −∞, the loss is +∞.
/// No counted token: loss 0, gradients 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, a gradient that overlaps log_probs, a
/// batch that counts more than its denominator.
///
/// Source: Ouyang et al. 2022, arXiv:2203.02155, eq. 2, last term (there γ = 27.8, appendix C.4).
template <class T = float, class Arch = native>
ptx_loss_result ptx_loss(const batch& b, const ptx_loss_arrays<T>& a, const ptx_loss_options& o = {},
                         const executor& run = {}) {
    detail::call c("ptx_loss", b);
    const auto [n, sweep] =
        detail::mean_sweep<T, Arch>(c, a.log_probs, "log_probs", a.d_log_probs, "d_log_probs", T(-1), o.aggregation);
    return ptx_loss_result(n, sweep, run);
}

} // namespace RLHF_NAMESPACE
