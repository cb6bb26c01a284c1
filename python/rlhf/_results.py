# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""The results of functions."""
from __future__ import annotations

from ctypes import c_double, c_size_t, c_uint64

from ._values import Result, counts, covariance_cut

__all__ = ["loss_sums", "cross_entropy_loss_result", "token_log_probs_result", "policy_loss_result", "moments",
           "ppo_value_loss_result", "ppo_loss_result", "group_advantages_result", "shape_rewards_result",
           "shape_scores_result", "divergence_sums", "covariance_tokens_result", "importance_weights_result",
           "ptx_loss_result", "top_entropy_result", "gdpo_advantages_result", "ppo_advantages_result",
           "preference_loss_result", "sequence_log_probs_result", "unpaired_loss_result", "preference_nll_result",
           "comparison_sums"]


class loss_sums(Result):
    """What every loss reports: sums, not means. The parts of a step, and the results of several ranks, join by +=,
    exactly and in any order (DESIGN.md, D2).

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double),
                ("state", c_uint64 * 38)]
    own: counts
    loss: float
    mean_loss: float


class cross_entropy_loss_result(Result):
    """Sums over the tokens that count; the parts of a step join by +=.

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
        nonfinite: Tokens, or comparisons, whose loss is NaN or infinite.
        nll: The mean of −log p, without smoothing and z-loss.
        accuracy: The share of tokens whose target has the largest logit, without a tie.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double),
                ("nonfinite", c_double), ("nll", c_double), ("perplexity", c_double), ("accuracy", c_double),
                ("state", c_uint64 * 74)]
    own: counts
    loss: float
    mean_loss: float
    nonfinite: float
    nll: float
    perplexity: float
    accuracy: float


class token_log_probs_result(Result):
    """The result of a call.

        nonfinite: tokens whose log-probability is not a finite number
    """

    _fields_ = [("size", c_size_t), ("tokens", c_double), ("nonfinite", c_double), ("state", c_uint64 * 3)]
    tokens: float
    nonfinite: float


class policy_loss_result(Result):
    """Sums over the tokens that count; the parts of a step join by +=. Statistics that an objective does not have stay
    0.

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
        nonfinite: Tokens, or comparisons, whose loss is NaN or infinite.
        clip_fraction_low: The share of tokens with Â ≠ 0 whose ratio the objective's lower bound replaces or stops.
        For ppo_clip: ρ < 1 − ε₋ and Â < 0. The other objectives document their condition.
        clip_fraction_high: The same for the upper bound. For ppo_clip: ρ > 1 + ε₊ and Â > 0.
        dual_clip_fraction: For ppo_clip with `dual`, the share of tokens with ρ > c and Â < 0.
        approx_kl: mean(log π_old − log π). This, approx_kl_half_square and max_log_ratio use log ratios before
        log_ratio_limit.
        approx_kl_half_square: ½ mean((log π − log π_old)²)
        mean_ratio: mean(ρ). This and effective_sample_size use ratios after log_ratio_limit.
        kl: mean(k): the estimate of KL to the reference, after kl_limit.
        max_log_ratio: max |log ρ|. If it is still 0 after the first update, old_log_probs is the same array as
        log_probs.
        effective_sample_size: (Σρ)² / (n Σρ²), at most 1 up to roundings: the effective share of the tokens if ρ
        weights them.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double),
                ("nonfinite", c_double), ("clip_fraction", c_double), ("clip_fraction_low", c_double),
                ("clip_fraction_high", c_double), ("dual_clip_fraction", c_double), ("approx_kl", c_double),
                ("approx_kl_half_square", c_double), ("mean_ratio", c_double), ("kl", c_double),
                ("max_log_ratio", c_double), ("effective_sample_size", c_double), ("state", c_uint64 * 173)]
    own: counts
    loss: float
    mean_loss: float
    nonfinite: float
    clip_fraction: float
    clip_fraction_low: float
    clip_fraction_high: float
    dual_clip_fraction: float
    approx_kl: float
    approx_kl_half_square: float
    mean_ratio: float
    kl: float
    max_log_ratio: float
    effective_sample_size: float


class moments(Result):
    """Count, mean and variance of numbers. Parts join by +=, exactly and in any order: the state is Σx and Σx² as
    detail::exact_sum, because means and sums of squares about them cannot be merged without rounding (DESIGN.md,
    D3).

        mean: Σx / count; 0 if there are no numbers.
        variance: Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof.
    """

    _fields_ = [("size", c_size_t), ("count", c_double), ("mean", c_double), ("variance", c_double),
                ("state", c_uint64 * 34)]
    count: float
    mean: float
    variance: float


class ppo_value_loss_result(Result):
    """Sums over the tokens that count; the parts of a step join by +=.

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
        nonfinite: Tokens, or comparisons, whose loss is NaN or infinite.
        clip_fraction: The share of tokens whose value moved beyond clip_range and whose clipped value has the larger
        loss. These tokens have no gradient.
        explained_variance: 1 − Var(R − v) / Var(R); 0 where the returns do not vary.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double),
                ("nonfinite", c_double), ("clip_fraction", c_double), ("returns_count", c_double),
                ("returns_mean", c_double), ("returns_variance", c_double), ("residuals_count", c_double),
                ("residuals_mean", c_double), ("residuals_variance", c_double), ("explained_variance", c_double),
                ("state", c_uint64 * 124)]
    own: counts
    loss: float
    mean_loss: float
    nonfinite: float
    clip_fraction: float
    explained_variance: float

    @property
    def returns(self) -> moments:
        return self._part("returns", moments)

    @property
    def residuals(self) -> moments:
        return self._part("residuals", moments)


class ppo_loss_result(Result):
    """The results of the four functions. The parts of a step join by +=.

        own: counted here
        entropy: its loss() is the mean entropy; 0 if `entropy` is absent
        loss: The loss whose derivative the written gradients are. It adds up over the parts of a step.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("policy_own", counts), ("policy_loss", c_double),
                ("policy_mean_loss", c_double), ("policy_nonfinite", c_double), ("policy_clip_fraction", c_double),
                ("policy_clip_fraction_low", c_double), ("policy_clip_fraction_high", c_double),
                ("policy_dual_clip_fraction", c_double), ("policy_approx_kl", c_double),
                ("policy_approx_kl_half_square", c_double), ("policy_mean_ratio", c_double), ("policy_kl", c_double),
                ("policy_max_log_ratio", c_double), ("policy_effective_sample_size", c_double), ("value_own", counts),
                ("value_loss", c_double), ("value_mean_loss", c_double), ("value_nonfinite", c_double),
                ("value_clip_fraction", c_double), ("value_returns_count", c_double), ("value_returns_mean", c_double),
                ("value_returns_variance", c_double), ("value_residuals_count", c_double),
                ("value_residuals_mean", c_double), ("value_residuals_variance", c_double),
                ("value_explained_variance", c_double), ("entropy_own", counts), ("entropy_loss", c_double),
                ("entropy_mean_loss", c_double), ("value_coef", c_double), ("entropy_coef", c_double),
                ("loss", c_double), ("state", c_uint64 * 337)]
    own: counts
    value_coef: float
    entropy_coef: float
    loss: float

    @property
    def policy(self) -> policy_loss_result:
        return self._part("policy", policy_loss_result)

    @property
    def value(self) -> ppo_value_loss_result:
        return self._part("value", ppo_value_loss_result)

    @property
    def entropy(self) -> loss_sums:
        return self._part("entropy", loss_sums)


class group_advantages_result(Result):
    """Counts; the parts of a step join by +=.

        constant_groups: groups of two or more counted rewards, all of them equal
        unscorable: rewards that are NaN or infinite
    """

    _fields_ = [("size", c_size_t), ("groups", c_double), ("constant_groups", c_double), ("unscorable", c_double),
                ("state", c_uint64 * 4)]
    groups: float
    constant_groups: float
    unscorable: float


class shape_rewards_result(Result):
    """Sums; the parts of a step join by +=, exactly and in any order.

        own: counted here
        dropped_scores: sequences without a counted token: no step gets their scores
        mean_score: The mean of the scores after the limit and the changes for unfinished sequences.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("dropped_scores", c_double), ("kl_per_sequence", c_double),
                ("kl_per_token", c_double), ("mean_score", c_double), ("state", c_uint64 * 36)]
    own: counts
    dropped_scores: float
    kl_per_sequence: float
    kl_per_token: float
    mean_score: float


class shape_scores_result(Result):
    """Counts; the parts of a step join by +=.

        overlong: sequences longer than max_length − overlong_buffer; 0 without a buffer
        unfinished: sequences whose `finished` is 0
    """

    _fields_ = [("size", c_size_t), ("sequences", c_double), ("overlong", c_double), ("unfinished", c_double),
                ("state", c_uint64 * 4)]
    sequences: float
    overlong: float
    unfinished: float


class divergence_sums(Result):
    """Sums over the tokens that count; the parts of a step join by +=.

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
        nonfinite: Tokens, or comparisons, whose loss is NaN or infinite.
        divergence: The mean of D over the tokens, in nats, under every aggregation.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double),
                ("nonfinite", c_double), ("divergence", c_double), ("state", c_uint64 * 73)]
    own: counts
    loss: float
    mean_loss: float
    nonfinite: float
    divergence: float


class covariance_tokens_result(Result):
    """The parts of a step join by +=.

        own: counted here
        cut: the cut of the options, or the cut of this batch
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("picked", c_double), ("cut", covariance_cut),
                ("state", c_uint64 * 7)]
    own: counts
    picked: float
    cut: covariance_cut


class importance_weights_result(Result):
    """Sums over the tokens that count; the parts of a step join by +=.

        own: counted here
        log_ratio_limit: the option, or the bound that second_moment_limit finds; += keeps the first
        mean_weight: mean(w)
        max_ratio: The largest ratio, before it is truncated to its range.
        effective_sample_size: (Σw)² / (n Σw²), at most 1 up to roundings: the effective share of the tokens.
        approx_kl: mean(log μ − log π): an estimate of KL(μ ‖ π).
        below_fraction: The share of tokens whose ratio is below the range.
        above_fraction: The share of tokens whose ratio is above the range.
        dropped_fraction: The share of tokens whose weight is 0.
        nonfinite: Tokens whose weight is NaN or infinite.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("log_ratio_limit", c_double), ("mean_weight", c_double),
                ("max_ratio", c_double), ("effective_sample_size", c_double), ("approx_kl", c_double),
                ("below_fraction", c_double), ("above_fraction", c_double), ("dropped_fraction", c_double),
                ("nonfinite", c_double), ("state", c_uint64 * 91)]
    own: counts
    log_ratio_limit: float
    mean_weight: float
    max_ratio: float
    effective_sample_size: float
    approx_kl: float
    below_fraction: float
    above_fraction: float
    dropped_fraction: float
    nonfinite: float


class ptx_loss_result(Result):
    """Sums over the tokens that count; the parts of a step join by +=.

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
        nll: The mean of −log p over the tokens, under every aggregation.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double), ("nll", c_double),
                ("perplexity", c_double), ("state", c_uint64 * 72)]
    own: counts
    loss: float
    mean_loss: float
    nll: float
    perplexity: float


class top_entropy_result(Result):
    """Sums over the tokens that count; the parts of a step join by +=.

        own: counted here
        threshold: nats; 0 if there is no token
        nonfinite: Tokens whose entropy is NaN or infinite.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("threshold", c_double), ("kept", c_double),
                ("mean_entropy", c_double), ("mean_kept_entropy", c_double), ("nonfinite", c_double),
                ("state", c_uint64 * 40)]
    own: counts
    threshold: float
    kept: float
    mean_entropy: float
    mean_kept_entropy: float
    nonfinite: float


class gdpo_advantages_result(Result):
    """The parts of a step join by +=, exactly and in any order.

        advantages: moments of the sums, before whitening
        unscorable: sequences without a finite reward
    """

    _fields_ = [("size", c_size_t), ("advantages_count", c_double), ("advantages_mean", c_double),
                ("advantages_variance", c_double), ("unscorable", c_double), ("state", c_uint64 * 35)]
    unscorable: float

    @property
    def advantages(self) -> moments:
        return self._part("advantages", moments)


class ppo_advantages_result(Result):
    """The parts of a step join by +=, exactly and in any order.

        advantages: moments before whitening
    """

    _fields_ = [("size", c_size_t), ("rewards_own", counts), ("rewards_dropped_scores", c_double),
                ("rewards_kl_per_sequence", c_double), ("rewards_kl_per_token", c_double),
                ("rewards_mean_score", c_double), ("advantages_count", c_double), ("advantages_mean", c_double),
                ("advantages_variance", c_double), ("state", c_uint64 * 69)]

    @property
    def rewards(self) -> shape_rewards_result:
        return self._part("rewards", shape_rewards_result)

    @property
    def advantages(self) -> moments:
        return self._part("advantages", moments)


class preference_loss_result(Result):
    """Sums over the pairs that count; the parts of a step join by +=. Its means are over pairs; weights do not change
    them.

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
        nonfinite: Tokens, or comparisons, whose loss is NaN or infinite.
        accuracy: The share of pairs with c > j. Equal log ratios count as wrong.
        mean_margin: The mean of β (c − j).
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double),
                ("nonfinite", c_double), ("comparisons", c_double), ("accuracy", c_double),
                ("mean_chosen_reward", c_double), ("mean_rejected_reward", c_double), ("mean_margin", c_double),
                ("state", c_uint64 * 90)]
    own: counts
    loss: float
    mean_loss: float
    nonfinite: float
    comparisons: float
    accuracy: float
    mean_chosen_reward: float
    mean_rejected_reward: float
    mean_margin: float


class sequence_log_probs_result(Result):
    """Counts; the parts of a step join by +=.

        own: counted here
        nonfinite: sequences whose sum is NaN or infinite
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("nonfinite", c_double), ("state", c_uint64 * 4)]
    own: counts
    nonfinite: float


class unpaired_loss_result(Result):
    """Sums over the answers that count; the parts of a step join by +=. Its means are over answers; weights do not
    change them.

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
        nonfinite: Tokens, or comparisons, whose loss is NaN or infinite.
        mean_desirable_reward: The mean of β r over the desirable answers; 0 if there are none.
        mean_undesirable_reward: The same over the other answers.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double),
                ("nonfinite", c_double), ("answers", c_double), ("desirable", c_double),
                ("mean_desirable_reward", c_double), ("mean_undesirable_reward", c_double), ("mean_margin", c_double),
                ("state", c_uint64 * 90)]
    own: counts
    loss: float
    mean_loss: float
    nonfinite: float
    answers: float
    desirable: float
    mean_desirable_reward: float
    mean_undesirable_reward: float
    mean_margin: float


class preference_nll_result(Result):
    """The parts of a step join by +=.

        loss: The preference term, plus α times the negative log-likelihood, if α is not 0.
    """

    _fields_ = [("size", c_size_t), ("preference_own", counts), ("preference_loss", c_double),
                ("preference_mean_loss", c_double), ("preference_nonfinite", c_double),
                ("preference_comparisons", c_double), ("preference_accuracy", c_double),
                ("preference_mean_chosen_reward", c_double), ("preference_mean_rejected_reward", c_double),
                ("preference_mean_margin", c_double), ("nll_own", counts), ("nll_loss", c_double),
                ("nll_mean_loss", c_double), ("nll_nll", c_double), ("nll_perplexity", c_double),
                ("nll_weight", c_double), ("loss", c_double), ("state", c_uint64 * 162)]
    nll_weight: float
    loss: float

    @property
    def preference(self) -> preference_loss_result:
        return self._part("preference", preference_loss_result)

    @property
    def nll(self) -> ptx_loss_result:
        return self._part("nll", ptx_loss_result)


class comparison_sums(Result):
    """What the losses of a reward model report: a loss over comparisons, and how often the model agrees with them.
    own.tokens is the number of comparisons.

        own: counted here
        loss: Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step.
        mean_loss: The mean over what was counted here. It may also be joined across steps, for a log.
        nonfinite: Tokens, or comparisons, whose loss is NaN or infinite.
        accuracy: The share of comparisons with r_chosen > r_rejected. Equal rewards count as wrong.
    """

    _fields_ = [("size", c_size_t), ("own", counts), ("loss", c_double), ("mean_loss", c_double),
                ("nonfinite", c_double), ("comparisons", c_double), ("accuracy", c_double), ("mean_margin", c_double),
                ("state", c_uint64 * 74)]
    own: counts
    loss: float
    mean_loss: float
    nonfinite: float
    comparisons: float
    accuracy: float
    mean_margin: float
