# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""Options and controllers."""
from __future__ import annotations

from ctypes import POINTER, c_double, c_int64, c_size_t
from math import inf
from typing import Optional, Union, get_args

from ._enums import (aggregation, divergence, gaps, group_baseline, group_scale, importance, importance_level,
                     importance_unit, kl_estimator, kl_weight, lone_reward, overlong, scale_about, score_position,
                     std_floor, tie_divisor, top_k_support, unscorable)
from ._names import names_checked
from ._values import (Controller, Keywords, Options, Range, covariance_cut, importance_range,
                      ratio_range)

__all__ = ["cross_entropy_loss_options", "token_log_probs_options", "masked_mean_options", "policy_loss_options",
           "ppo_policy_loss_options", "ppo_value_loss_options", "ppo_loss_options", "discounted_returns_options",
           "gae_options", "gae_backward_options", "group_advantages_options", "shape_rewards_options",
           "shape_scores_options", "vtrace_options", "whiten_options", "divergence_options",
           "top_k_divergence_options", "covariance_tokens_options", "importance_weights_options", "ptx_loss_options",
           "top_entropy_options", "gdpo_advantages_options", "ppo_advantages_options", "sequence_log_probs_options",
           "preference_nll_options", "bradley_terry_loss_options", "ranking_loss_options", "fixed_kl_controller",
           "adaptive_kl_controller", "adaptive_entropy_controller"]


class cross_entropy_loss_options(Options):
    """The options of cross_entropy_loss.

        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient
        label_smoothing: ε in [0, 1]: the share of the target's weight that is spread over all entries
        z_loss_coef: finite: the factor of lse², which keeps lse near 0
    """

    _fields_ = [("size", c_size_t), ("temperature", c_double), ("label_smoothing", c_double),
                ("z_loss_coef", c_double), ("aggregation", c_int64)]
    _choices = {"aggregation": get_args(aggregation)}

    @names_checked
    def __init__(self, *, temperature: float = 1, label_smoothing: float = 0, z_loss_coef: float = 0,
                 aggregation: aggregation = "token_mean") -> None:
        self._set(locals(), "cross_entropy_loss_options")


class token_log_probs_options(Options):
    """Shared by forward and backward: pass the same object to both.

        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient
    """

    _fields_ = [("size", c_size_t), ("temperature", c_double)]

    @names_checked
    def __init__(self, *, temperature: float = 1) -> None:
        self._set(locals(), "token_log_probs_options")


class masked_mean_options(Options):
    """The options of masked_mean.

        aggregation: how the tokens' values become one number
    """

    _fields_ = [("size", c_size_t), ("aggregation", c_int64)]
    _choices = {"aggregation": get_args(aggregation)}

    @names_checked
    def __init__(self, *, aggregation: aggregation = "token_mean") -> None:
        self._set(locals(), "masked_mean_options")


class policy_loss_options(Options):
    """The options that all objectives have in common.

        log_ratio_limit: above 0: clamps log ρ to ±limit; beyond it no gradient flows through ρ
        kl_coef: β of KL in the loss, finite; with KL in the reward leave it 0
        kl_estimator: k, the estimate of each token
        kl_gradient: absent: the gradient of kl_estimator
        kl_limit: above 0: clamps k to ±limit; no gradient beyond it
        kl_weight: multiplies k in the loss, not in kl()
        importance_limit: bounds of the weight exp(old − behavior)
        importance: what happens beyond importance_limit
    """

    _fields_ = [("size", c_size_t), ("log_ratio_limit", c_double), ("kl_coef", c_double), ("kl_estimator", c_int64),
                ("kl_gradient", POINTER(c_int64)), ("kl_limit", c_double), ("kl_weight", c_int64),
                ("importance_limit", importance_range), ("importance", c_int64), ("aggregation", c_int64)]
    _choices = {"kl_estimator": get_args(kl_estimator), "kl_gradient": get_args(kl_estimator),
                "kl_weight": get_args(kl_weight), "importance": get_args(importance),
                "aggregation": get_args(aggregation)}

    @names_checked
    def __init__(self, *, log_ratio_limit: float = inf, kl_coef: float = 0, kl_estimator: kl_estimator = "k3",
                 kl_gradient: Optional[kl_estimator] = None, kl_limit: float = inf, kl_weight: kl_weight = "one",
                 importance_limit: Range = inf, importance: importance = "truncate",
                 aggregation: aggregation = "token_mean") -> None:
        self._set(locals(), "policy_loss_options")


class ppo_policy_loss_options(Options):
    """The options of ppo_policy_loss.

        clip_range: ε₋ in [0, 1], ε₊ ≥ 0: clips ρ to [1 − ε₋, 1 + ε₊]
        dual_clip: c ≥ 1 + ε₊: at Â < 0 the loss is at most c |Â|
        log_ratio_limit: this and the next options are as in policy_loss_options
    """

    _fields_ = [("size", c_size_t), ("clip_range", ratio_range), ("dual_clip", c_double),
                ("log_ratio_limit", c_double), ("kl_coef", c_double), ("kl_estimator", c_int64),
                ("kl_gradient", POINTER(c_int64)), ("kl_limit", c_double), ("kl_weight", c_int64),
                ("importance_limit", importance_range), ("importance", c_int64), ("aggregation", c_int64)]
    _choices = {"kl_estimator": get_args(kl_estimator), "kl_gradient": get_args(kl_estimator),
                "kl_weight": get_args(kl_weight), "importance": get_args(importance),
                "aggregation": get_args(aggregation)}

    @names_checked
    def __init__(self, *, clip_range: Range = 0.2, dual_clip: float = inf, log_ratio_limit: float = inf,
                 kl_coef: float = 0, kl_estimator: kl_estimator = "k3", kl_gradient: Optional[kl_estimator] = None,
                 kl_limit: float = inf, kl_weight: kl_weight = "one", importance_limit: Range = inf,
                 importance: importance = "truncate", aggregation: aggregation = "token_mean") -> None:
        self._set(locals(), "ppo_policy_loss_options")


class ppo_value_loss_options(Options):
    """The options of ppo_value_loss.

        clip_range: above 0: the clipped value is at most this far from v_old
        huber: δ > 0: beyond it the loss is linear; unlimited: ½ (v − R)²
    """

    _fields_ = [("size", c_size_t), ("clip_range", c_double), ("huber", c_double), ("aggregation", c_int64)]
    _choices = {"aggregation": get_args(aggregation)}

    @names_checked
    def __init__(self, *, clip_range: float = inf, huber: float = inf,
                 aggregation: aggregation = "token_mean") -> None:
        self._set(locals(), "ppo_value_loss_options")


class ppo_loss_options(Options):
    """The options of ppo_loss.

        head: a dict or token_log_probs_options; for token_log_probs
        policy: a dict or ppo_policy_loss_options; for ppo_policy_loss
        value: a dict or ppo_value_loss_options; for ppo_value_loss
        value_coef: finite: the factor of the value loss
        entropy_coef: finite: the factor of the mean entropy, by the policy's aggregation
    """

    _fields_ = [("size", c_size_t), ("head", POINTER(token_log_probs_options)),
                ("policy", POINTER(ppo_policy_loss_options)), ("value", POINTER(ppo_value_loss_options)),
                ("value_coef", c_double), ("entropy_coef", c_double)]

    @names_checked
    def __init__(self, *, head: Union[token_log_probs_options, Keywords, None] = None,
                 policy: Union[ppo_policy_loss_options, Keywords, None] = None,
                 value: Union[ppo_value_loss_options, Keywords, None] = None, value_coef: float = 1,
                 entropy_coef: float = 0) -> None:
        self._set(locals(), "ppo_loss_options")


class discounted_returns_options(Options):
    """The options of discounted_returns.

        gamma: γ in [0, 1]
        gaps: what masked steps mean
    """

    _fields_ = [("size", c_size_t), ("gamma", c_double), ("gaps", c_int64)]
    _choices = {"gaps": get_args(gaps)}

    @names_checked
    def __init__(self, *, gamma: float = 1, gaps: gaps = "skip") -> None:
        self._set(locals(), "discounted_returns_options")


class gae_options(Options):
    """The options of gae.

        gamma: γ in [0, 1]
        lambda_: λ in [0, 1]
        gaps: what masked steps mean
    """

    _fields_ = [("size", c_size_t), ("gamma", c_double), ("lambda_", c_double), ("gaps", c_int64)]
    _choices = {"gaps": get_args(gaps)}

    @names_checked
    def __init__(self, *, gamma: float = 1, lambda_: float = 0.95, gaps: gaps = "skip") -> None:
        self._set(locals(), "gae_options")


class gae_backward_options(Options):
    """The options that were passed to gae().

        gamma: γ in [0, 1]
        lambda_: λ in [0, 1]
        gaps: what masked steps mean
    """

    _fields_ = [("size", c_size_t), ("gamma", c_double), ("lambda_", c_double), ("gaps", c_int64)]
    _choices = {"gaps": get_args(gaps)}

    @names_checked
    def __init__(self, *, gamma: float = 1, lambda_: float = 0.95, gaps: gaps = "skip") -> None:
        self._set(locals(), "gae_backward_options")


class group_advantages_options(Options):
    """The options of group_advantages.

        baseline: what is subtracted from a reward
        scale: what the difference is divided by
        ddof: ≥ 0; a variance is Σ (r − mean)² / (n − ddof)
        epsilon: ε ≥ 0
        floor: how ε keeps std from 0, as in whiten_options
        lone: the advantage of a sequence alone in its group
        unscorable: what NaN and infinite rewards do
    """

    _fields_ = [("size", c_size_t), ("baseline", c_int64), ("scale", c_int64), ("ddof", c_int64),
                ("epsilon", c_double), ("floor", c_int64), ("lone", c_int64), ("unscorable", c_int64)]
    _choices = {"baseline": get_args(group_baseline), "scale": get_args(group_scale), "floor": get_args(std_floor),
                "lone": get_args(lone_reward), "unscorable": get_args(unscorable)}

    @names_checked
    def __init__(self, *, baseline: group_baseline = "group_mean", scale: group_scale = "group_std", ddof: int = 1,
                 epsilon: float = 1e-6, floor: std_floor = "after_root", lone: lone_reward = "zero",
                 unscorable: unscorable = "spread") -> None:
        self._set(locals(), "group_advantages_options")


class shape_rewards_options(Options):
    """The options of shape_rewards.

        kl_coef: β, finite
        kl_estimator: k, the estimate of each token
        kl_limit: above 0: clamps k to ±limit
        score_position: the step that gets the score
        score_limit: above 0: clamps each score to ±limit, before the next options act
        unfinished_penalty: subtracted from the score of an unfinished sequence
        unfinished_score: replaces the score of an unfinished sequence
    """

    _fields_ = [("size", c_size_t), ("kl_coef", c_double), ("kl_estimator", c_int64), ("kl_limit", c_double),
                ("score_position", c_int64), ("score_limit", c_double), ("unfinished_penalty", c_double),
                ("unfinished_score", POINTER(c_double))]
    _choices = {"kl_estimator": get_args(kl_estimator), "score_position": get_args(score_position)}

    @names_checked
    def __init__(self, *, kl_coef: float = 0.02, kl_estimator: kl_estimator = "k1", kl_limit: float = inf,
                 score_position: score_position = "last_counted", score_limit: float = inf,
                 unfinished_penalty: float = 0, unfinished_score: Optional[float] = None) -> None:
        self._set(locals(), "shape_rewards_options")


class shape_scores_options(Options):
    """The options of shape_scores.

        max_length: the most tokens that a response may have; at least overlong_buffer
        overlong_buffer: tokens before max_length in which the penalty grows; 0: no penalty
        overlong_penalty: the penalty of a response with max_length tokens; finite
        overlong: the penalty of a response with more tokens
        unfinished_factor: multiplies the score of an unfinished sequence
        unfinished_penalty: subtracted from the score of an unfinished sequence
        unfinished_score: replaces the score of an unfinished sequence
    """

    _fields_ = [("size", c_size_t), ("max_length", c_int64), ("overlong_buffer", c_int64),
                ("overlong_penalty", c_double), ("overlong", c_int64), ("unfinished_factor", c_double),
                ("unfinished_penalty", c_double), ("unfinished_score", POINTER(c_double))]
    _choices = {"overlong": get_args(overlong)}

    @names_checked
    def __init__(self, *, max_length: int = 0, overlong_buffer: int = 0, overlong_penalty: float = 1,
                 overlong: overlong = "capped", unfinished_factor: float = 1, unfinished_penalty: float = 0,
                 unfinished_score: Optional[float] = None) -> None:
        self._set(locals(), "shape_scores_options")


class vtrace_options(Options):
    """The three bounds are upper bounds of the ratio w = π / μ, at least 0; rlhf.unlimited is no bound.

        gamma: γ in [0, 1]
        lambda_: λ in [0, 1]
        rho_bar: ρ̄, for δ; it decides which policy's value is estimated
        c_bar: c̄, for the trace γλ min(c̄, w); it decides how fast the trace fades
        policy_rho_bar: ρ̄_pg, for the advantages
        gaps: what masked steps mean
    """

    _fields_ = [("size", c_size_t), ("gamma", c_double), ("lambda_", c_double), ("rho_bar", c_double),
                ("c_bar", c_double), ("policy_rho_bar", c_double), ("gaps", c_int64)]
    _choices = {"gaps": get_args(gaps)}

    @names_checked
    def __init__(self, *, gamma: float = 1, lambda_: float = 1, rho_bar: float = 1, c_bar: float = 1,
                 policy_rho_bar: float = 1, gaps: gaps = "skip") -> None:
        self._set(locals(), "vtrace_options")


class whiten_options(Options):
    """The options of whiten.

        center: subtract the mean; false keeps it
        scale: divide by the standard deviation
        about: with center = false: what scaling leaves in place
        ddof: at least 0: the variance is Σ (x − mean)² / (n − ddof)
        epsilon: ε ≥ 0
        floor: How ε keeps std from 0: inside_root √(var + ε), after_root √var + ε, variance_at_least √max(var, ε),
        std_at_least max(√var, ε).
    """

    _fields_ = [("size", c_size_t), ("center", c_int64), ("scale", c_int64), ("about", c_int64), ("ddof", c_int64),
                ("epsilon", c_double), ("floor", c_int64)]
    _choices = {"about": get_args(scale_about), "floor": get_args(std_floor)}

    @names_checked
    def __init__(self, *, center: bool = True, scale: bool = True, about: scale_about = "mean", ddof: int = 1,
                 epsilon: float = 1e-8, floor: std_floor = "inside_root") -> None:
        self._set(locals(), "whiten_options")


class divergence_options(Options):
    """The options of every divergence between a policy and a reference.

        beta: β, for jsd alone, in (0, 1): the reference's weight in the mixture
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient
    """

    _fields_ = [("size", c_size_t), ("divergence", c_int64), ("beta", c_double), ("temperature", c_double),
                ("aggregation", c_int64)]
    _choices = {"divergence": get_args(divergence), "aggregation": get_args(aggregation)}

    @names_checked
    def __init__(self, *, divergence: divergence = "reverse_kl", beta: float = 0.5, temperature: float = 1,
                 aggregation: aggregation = "token_mean") -> None:
        self._set(locals(), "divergence_options")


class top_k_divergence_options(Options):
    """The options of top_k_divergence.

        beta: for jsd alone, in (0, 1): the reference's weight in the mixture
        temperature: divides the logits, in value and gradient
        least_log_prob: for truncated alone: log p and log q are at least this
        low: a token's divergence is at least this
        high: and at most this
    """

    _fields_ = [("size", c_size_t), ("divergence", c_int64), ("beta", c_double), ("temperature", c_double),
                ("aggregation", c_int64), ("support", c_int64), ("least_log_prob", c_double), ("low", c_double),
                ("high", c_double)]
    _choices = {"divergence": get_args(divergence), "aggregation": get_args(aggregation),
                "support": get_args(top_k_support)}

    @names_checked
    def __init__(self, *, divergence: divergence = "reverse_kl", beta: float = 0.5, temperature: float = 1,
                 aggregation: aggregation = "token_mean", support: top_k_support = "tail",
                 least_log_prob: float = -inf, low: float = -inf, high: float = inf) -> None:
        self._set(locals(), "top_k_divergence_options")


class covariance_tokens_options(Options):
    """The options of covariance_tokens.

        share: in [0, 1]: the share of counted tokens to pick, at least one token
        low: picks only tokens with cov > low
        high: picks only tokens with cov < high
        clip_range: picks only tokens that ppo_clip does not clip
        cut: the cut of the whole step; absent: this batch is the whole step
    """

    _fields_ = [("size", c_size_t), ("share", c_double), ("low", c_double), ("high", c_double),
                ("clip_range", POINTER(ratio_range)), ("cut", POINTER(covariance_cut))]

    @names_checked
    def __init__(self, *, share: float = 0.0002, low: float = -inf, high: float = inf,
                 clip_range: Optional[Range] = None, cut: Optional[covariance_cut] = None) -> None:
        self._set(locals(), "covariance_tokens_options")


class importance_weights_options(Options):
    """The options of importance_weights.

        range: bounds of a weight: 0 ≤ low ≤ high
        beyond: what becomes of a weight beyond its range
        sequence_mean: drops a sequence whose e^(mean ρ) is outside
        sequence_product: drops a sequence whose e^(Σ ρ) is outside
        every_token: drops a sequence if e^ρ of one of its tokens is outside
        unit: what a sequence is, in `level`, these ranges and drift_limit
        drift_limit: ≥ 0: drops tokens with Â < 0 if mean(−ρ) of their sequence is larger
        probability_limit: > 0: drops a token if |π − μ| is larger
        binary_kl_limit: > 0: drops a token if one of its two binary KLs is larger (KPop)
        second_moment_limit: > 0: drops the largest |ρ| until mean(ρ²) of the rest is less (M2PO)
        log_ratio_limit: ≥ 0: drops a token if |ρ| is larger
    """

    _fields_ = [("size", c_size_t), ("level", c_int64), ("range", importance_range), ("beyond", c_int64),
                ("sequence_mean", importance_range), ("sequence_product", importance_range),
                ("every_token", importance_range), ("unit", c_int64), ("drift_limit", c_double),
                ("probability_limit", c_double), ("binary_kl_limit", c_double), ("second_moment_limit", c_double),
                ("log_ratio_limit", c_double)]
    _choices = {"level": get_args(importance_level), "beyond": get_args(importance), "unit": get_args(importance_unit)}

    @names_checked
    def __init__(self, *, level: importance_level = "token", range: Range = inf, beyond: importance = "truncate",
                 sequence_mean: Range = inf, sequence_product: Range = inf, every_token: Range = inf,
                 unit: importance_unit = "sequence", drift_limit: float = inf, probability_limit: float = inf,
                 binary_kl_limit: float = inf, second_moment_limit: float = inf, log_ratio_limit: float = inf) -> None:
        self._set(locals(), "importance_weights_options")


class ptx_loss_options(Options):
    """The options of ptx_loss.

        aggregation: how the tokens' values become one number
    """

    _fields_ = [("size", c_size_t), ("aggregation", c_int64)]
    _choices = {"aggregation": get_args(aggregation)}

    @names_checked
    def __init__(self, *, aggregation: aggregation = "token_mean") -> None:
        self._set(locals(), "ptx_loss_options")


class top_entropy_options(Options):
    """The options of top_entropy.

        share: in [0, 1]: keeps this share of the counted tokens, at least one
        threshold: nats, for the whole step; absent: this batch is the whole step
    """

    _fields_ = [("size", c_size_t), ("share", c_double), ("threshold", POINTER(c_double))]

    @names_checked
    def __init__(self, *, share: float = 0.2, threshold: Optional[float] = None) -> None:
        self._set(locals(), "top_entropy_options")


class gdpo_advantages_options(Options):
    """The options of gdpo_advantages.

        group: a dict or group_advantages_options; for each reward on its own
        whiten: a dict or whiten_options; for the sums, over sequences; rlhf.no_whitening: the caller whitens
    """

    _fields_ = [("size", c_size_t), ("group", POINTER(group_advantages_options)), ("whiten", POINTER(whiten_options))]

    @names_checked
    def __init__(self, *, group: Union[group_advantages_options, Keywords, None] = None,
                 whiten: Union[whiten_options, Keywords, None] = None) -> None:
        self._set(locals(), "gdpo_advantages_options")


class ppo_advantages_options(Options):
    """The options of ppo_advantages.

        rewards: a dict or shape_rewards_options; for shape_rewards
        gae: a dict or gae_options; for gae
        whiten: a dict or whiten_options; rlhf.no_whitening: the caller whitens over ranks and parts
    """

    _fields_ = [("size", c_size_t), ("rewards", POINTER(shape_rewards_options)), ("gae", POINTER(gae_options)),
                ("whiten", POINTER(whiten_options))]

    @names_checked
    def __init__(self, *, rewards: Union[shape_rewards_options, Keywords, None] = None,
                 gae: Union[gae_options, Keywords, None] = None,
                 whiten: Union[whiten_options, Keywords, None] = None) -> None:
        self._set(locals(), "ppo_advantages_options")


class sequence_log_probs_options(Options):
    """Shared by forward and backward: pass the same object to both.

        average: divide by the number of counted tokens, as SimPO, ORPO and TRL's IPO do
    """

    _fields_ = [("size", c_size_t), ("average", c_int64)]

    @names_checked
    def __init__(self, *, average: bool = False) -> None:
        self._set(locals(), "sequence_log_probs_options")


class preference_nll_options(Options):
    """The options of preference_nll.

        nll_weight: α, finite: the factor of the preferred answers' negative log-likelihood
        average: true: compares averages of log-probabilities, as orpo and simpo need
    """

    _fields_ = [("size", c_size_t), ("nll_weight", c_double), ("average", c_int64)]

    @names_checked
    def __init__(self, *, nll_weight: float = 1, average: bool = False) -> None:
        self._set(locals(), "preference_nll_options")


class bradley_terry_loss_options(Options):
    """The options of bradley_terry_loss.

        margin: finite; `margins` are added to it
        label_smoothing: ε in [0, ½]: the share of labels that are assumed wrong
        center_coef: at least 0; pulls rewards towards 0
    """

    _fields_ = [("size", c_size_t), ("margin", c_double), ("label_smoothing", c_double), ("center_coef", c_double)]

    @names_checked
    def __init__(self, *, margin: float = 0, label_smoothing: float = 0, center_coef: float = 0) -> None:
        self._set(locals(), "bradley_terry_loss_options")


class ranking_loss_options(Options):
    """The options of ranking_loss.

        margin: finite; how much better the preferred response of a pair should be
        label_smoothing: ε in [0, ½]: the share of labels that are assumed wrong
        center_coef: κ ≥ 0: adds κ times the mean of (rᵢ + rⱼ)² over the pairs
    """

    _fields_ = [("size", c_size_t), ("margin", c_double), ("label_smoothing", c_double), ("center_coef", c_double),
                ("ties", c_int64)]
    _choices = {"ties": get_args(tie_divisor)}

    @names_checked
    def __init__(self, *, margin: float = 0, label_smoothing: float = 0, center_coef: float = 0,
                 ties: tie_divisor = "kept_pairs") -> None:
        self._set(locals(), "ranking_loss_options")


class fixed_kl_controller(Controller):
    """A KL coefficient that stays the same. kl_coef is its whole state.

        kl_coef: β, finite
    """

    _fields_ = [("size", c_size_t), ("kl_coef", c_double)]
    kl_coef: float

    @names_checked
    def __init__(self, *, kl_coef: float = 0.02) -> None:
        self._set(locals(), "fixed_kl_controller")

    @names_checked
    def update(self, kl: float, sequences: float) -> None:
        """The controller after a batch with so many sequences and this mean KL: unchanged."""
        self._update_by(kl=kl, sequences=sequences)


class adaptive_kl_controller(Controller):
    """A KL coefficient that changes so that the KL approaches a target. Its fields are its whole state.

        kl_coef: β, finite; set it to its first value
        target: above 0, in nats per sequence or per token, as the KL that is passed to updated()
        horizon: above 0: sequences over which an error e = 1 would double β
        limit: above 0: bound of the relative error e
    """

    _fields_ = [("size", c_size_t), ("kl_coef", c_double), ("target", c_double), ("horizon", c_double),
                ("limit", c_double)]
    kl_coef: float
    target: float
    horizon: float
    limit: float

    @names_checked
    def __init__(self, *, kl_coef: float = 0.2, target: float = 6, horizon: float = 10000, limit: float = 0.2) -> None:
        self._set(locals(), "adaptive_kl_controller")

    @names_checked
    def update(self, kl: float, sequences: float) -> None:
        """The controller after a batch of `sequences` sequences with mean KL `kl`.

            e = clip(KL / target − 1, ±limit)
            β ← β (1 + e · sequences / horizon)
        """
        self._update_by(kl=kl, sequences=sequences)


class adaptive_entropy_controller(Controller):
    """A coefficient of the entropy bonus. While the entropy is at or below a target, it grows and is used; above the
    target it shrinks and is not used. Its fields are its whole state.

        entropy_coef: c; set it to its first value
        target: nats per token
        step: above 0: c changes by it
        low: bounds of c
        high: bounds of c
        active: True if the entropy of the last step was at or below the target. Skywork-OR1 begins with true, TRL
        with false.
    """

    _fields_ = [("size", c_size_t), ("entropy_coef", c_double), ("target", c_double), ("step", c_double),
                ("low", c_double), ("high", c_double), ("active", c_int64)]
    entropy_coef: float
    target: float
    step: float
    low: float
    high: float
    active: bool

    @names_checked
    def __init__(self, *, entropy_coef: float = 0, target: float = 0.2, step: float = 0.005, low: float = 0,
                 high: float = 1, active: bool = True) -> None:
        self._set(locals(), "adaptive_entropy_controller")

    @names_checked
    def update(self, entropy: float) -> None:
        """The controller after an optimiser step with the mean entropy H, in nats. The mean is over the tokens of all
        parts and ranks that get the bonus. If these are the tokens that top_entropy keeps, H is its
        mean_kept_entropy().

            active ← H ≤ target
            c      ← clip(c ± step, [low, high])            + if active, else −
        """
        self._update_by(entropy=entropy)
