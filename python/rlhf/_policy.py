# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
# mypy: disable-error-code="no-any-return"
"""The functions of <rlhf/policy/>."""
from __future__ import annotations

from ctypes import c_size_t
from math import inf
from typing import Optional, get_args

from . import _batch
from ._arrays import Array, GradientOutput, Output
from ._batch import Executor
from ._c import Gradient, In, Out
from ._call import Arrays, Function, arrays, executor, options, struct
from ._enums import aggregation, importance, importance_level, importance_unit, kl_estimator, kl_weight
from ._names import names_checked
from ._objectives import policy_loss_objective
from ._options import (covariance_tokens_options, importance_weights_options, masked_mean_options, policy_loss_options,
                       ppo_policy_loss_options, ppo_value_loss_options, ptx_loss_options, top_entropy_options)
from ._results import (covariance_tokens_result, importance_weights_result, loss_sums, policy_loss_result,
                       ppo_value_loss_result, ptx_loss_result, top_entropy_result)
from ._values import Range, covariance_cut

__all__ = ["covariance_tokens", "importance_weights", "masked_mean", "policy_loss", "ppo_policy_loss",
           "ppo_value_loss", "ptx_loss", "top_entropy"]


class _covariance_tokens_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", In), ("old_log_probs", In), ("advantages", In), ("keys", In),
                ("weights", Out), ("anchors", Out)]
    declared = {"log_probs": ("[B, T]", "T"), "old_log_probs": ("[B, T]", "T"), "advantages": ("[B, T]", "T"),
                "keys": ("[B, T]", "T"), "weights": ("[B, T]", "T"), "anchors": ("[B, T]", "T")}


_covariance_tokens = Function(
    "covariance_tokens", [struct("batch", _batch.batch), arrays(_covariance_tokens_arrays),
    options(covariance_tokens_options), executor], covariance_tokens_result)


@names_checked
def covariance_tokens(batch: _batch.batch, *, log_probs: Array, advantages: Array,
                      old_log_probs: Optional[Array] = None, keys: Optional[Array] = None, weights: Output = None,
                      anchors: Output = None, share: float = 0.0002, low: float = -inf, high: float = inf,
                      clip_range: Optional[Range] = None, cut: Optional[covariance_cut] = None,
                      executor: Optional[Executor] = None) -> covariance_tokens_result:
    """Picks the tokens whose update lowers the entropy of the policy most, for Clip-Cov and KL-Cov.

        cov    = (Â − mean Â)(log π − mean log π)         over the tokens that count
        picked : max(1, ⌊share · n⌋) of the candidates, with the smallest keys or, without keys, with the largest
                 cov; among equal ones the first by sequence and step

    Arrays:
        log_probs: [B, T], log π, nats
        old_log_probs: [B, T], log π_old, nats; for clip_range and anchors
        advantages: [B, T], or per_sequence [B]
        keys: [B, T], random; absent: the largest covariances are picked
        weights: [B, T], out: 0 where picked, else 1
        anchors: [B, T], out: log π_old where picked, else log π

    Options:
        share: in [0, 1]: the share of counted tokens to pick, at least one token
        low: picks only tokens with cov > low
        high: picks only tokens with cov < high
        clip_range: picks only tokens that ppo_clip does not clip
        cut: the cut of the whole step; absent: this batch is the whole step

    More: <rlhf/policy/covariance_tokens.hpp>
    """
    return _covariance_tokens(locals())


class _importance_weights_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", In), ("behavior_log_probs", In), ("advantages", In),
                ("weights", Out), ("keep", Out)]
    declared = {"log_probs": ("[B, T]", "T"), "behavior_log_probs": ("[B, T]", "T"), "advantages": ("[B, T]", "T"),
                "weights": ("[B, T]", "T"), "keep": ("[B, T]", "uint8")}


_importance_weights = Function(
    "importance_weights", [struct("batch", _batch.batch), arrays(_importance_weights_arrays),
    options(importance_weights_options), executor], importance_weights_result)


@names_checked
def importance_weights(batch: _batch.batch, *, log_probs: Array, behavior_log_probs: Array, weights: Output,
                       advantages: Optional[Array] = None, keep: Output = None, level: importance_level = "token",
                       range: Range = inf, beyond: importance = "truncate", sequence_mean: Range = inf,
                       sequence_product: Range = inf, every_token: Range = inf, unit: importance_unit = "sequence",
                       drift_limit: float = inf, probability_limit: float = inf, binary_kl_limit: float = inf,
                       second_moment_limit: float = inf, log_ratio_limit: float = inf,
                       executor: Optional[Executor] = None) -> importance_weights_result:
    """Importance weights π / μ, with options that drop tokens on which the two policies differ too much. μ is the
    policy that sampled, as the generation engine (vLLM, SGLang) reports it. π is the policy that should have
    sampled; log_probs are usually the old_log_probs of the policy loss.

        ρ = log π − log μ
        w = e^ρ per token, or e^(mean ρ) or e^(Σ ρ) per sequence, truncated to its range (or 0 beyond it)
        w = 0 where the options drop a token or its sequence               formula/importance_weights.hpp

    Arrays:
        log_probs: [B, T], log π of the policy that learns, nats
        behavior_log_probs: [B, T], log μ of the policy that sampled, nats
        advantages: [B, T], or per_sequence [B]; for drift_limit
        weights: [B, T], out; may lie on either array of log-probs
        keep: [B, T] uint8, out, a mask: 1 where a token counts and its weight is not 0

    Options:
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

    More: <rlhf/policy/importance_weights.hpp>
    """
    return _importance_weights(locals())


class _masked_mean_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("values", In), ("d_values", Gradient)]
    declared = {"values": ("[B, T]", "T"), "d_values": ("[B, T]", "T")}


_masked_mean = Function(
    "masked_mean", [struct("batch", _batch.batch), arrays(_masked_mean_arrays), options(masked_mean_options),
    executor], loss_sums)


@names_checked
def masked_mean(batch: _batch.batch, *, values: Array, d_values: GradientOutput = None,
                aggregation: aggregation = "token_mean", executor: Optional[Executor] = None) -> loss_sums:
    """The mean of a per-token quantity over the tokens that count, with its gradient.

        mean          = Σ v / denominator         by the aggregation
        ∂mean/∂v      = 1 / denominator           (1 / (|s| · denominator) with sequence_mean_token_mean)

    Arrays:
        values: [B, T], or per_sequence [B]
        d_values: [B, T], ∂mean/∂values; absent: the value only

    Options:
        aggregation: how the tokens' values become one number

    More: <rlhf/policy/masked_mean.hpp>
    """
    return _masked_mean(locals())


class _policy_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", In), ("old_log_probs", In), ("ref_log_probs", In),
                ("behavior_log_probs", In), ("advantages", In), ("weights", In), ("d_log_probs", Gradient)]
    declared = {"log_probs": ("[B, T]", "T"), "old_log_probs": ("[B, T]", "T"), "ref_log_probs": ("[B, T]", "T"),
                "behavior_log_probs": ("[B, T]", "T"), "advantages": ("[B, T]", "T"), "weights": ("[B, T]", "T"),
                "d_log_probs": ("[B, T]", "T")}


_policy_loss = Function(
    "policy_loss", [struct("batch", _batch.batch), arrays(_policy_loss_arrays),
    struct("objective", *get_args(policy_loss_objective)), options(policy_loss_options), executor], policy_loss_result)


@names_checked
def policy_loss(batch: _batch.batch, *, log_probs: Array, old_log_probs: Array, advantages: Array,
                objective: policy_loss_objective, ref_log_probs: Optional[Array] = None,
                behavior_log_probs: Optional[Array] = None, weights: Optional[Array] = None,
                d_log_probs: GradientOutput = None, log_ratio_limit: float = inf, kl_coef: float = 0,
                kl_estimator: kl_estimator = "k3", kl_gradient: Optional[kl_estimator] = None, kl_limit: float = inf,
                kl_weight: kl_weight = "one", importance_limit: Range = inf, importance: importance = "truncate",
                aggregation: aggregation = "token_mean", executor: Optional[Executor] = None) -> policy_loss_result:
    """A policy loss over the tokens of a batch, with its gradient and statistics from the same sweep. The objective is
    one of rlhf.ppo_clip, cispo, sapo, topr, dppo_tv, dppo_kl, gspo, gmpo and vespo. Each has its formula, options
    and source in a header in formula/; formula/surrogate.hpp explains M and φ. With the last three, ρ is the ratio
    of a whole sequence. Importance sampling without a clip (tinker, SkyRL) is ppo_clip(range=(1, unlimited)).
    REINFORCE and GPG are cispo{1, 1}. Kimi k1.5 and DRO are cispo{1, 1} with KL by k2, old_log_probs as
    ref_log_probs, and kl_coef as their τ or β. LUSPO is gspo with sequence_mean_token_sum.

        x    = log π(a|s) − log π_old(a|s), clamped to ±log_ratio_limit      ρ = eˣ
        l    = objective(ρ, Â, log π, π_old)                                 its slope is −M φ(ρ) Â
        l   += kl_coef · k(log π − log π_ref)                                with ref_log_probs, times its kl_weight
        loss = Σ w l / denominator                                           by the aggregation

    Arrays:
        log_probs: [B, T], log π(aₜ|sₜ), nats
        old_log_probs: [B, T], log π_old at the time of the rollout
        ref_log_probs: [B, T], log π_ref; absent: no KL in loss and result
        behavior_log_probs: [B, T], log μ of the sampler; absent: no importance weight
        advantages: [B, T], or per_sequence [B]; no gradient flows to them
        weights: [B, T], or per_sequence [B]; factor of the loss; absent: 1
        d_log_probs: [B, T], ∂loss/∂log_probs; absent: values only

    Options:
        log_ratio_limit: above 0: clamps log ρ to ±limit; beyond it no gradient flows through ρ
        kl_coef: β of KL in the loss, finite; with KL in the reward leave it 0
        kl_estimator: k, the estimate of each token
        kl_gradient: absent: the gradient of kl_estimator
        kl_limit: above 0: clamps k to ±limit; no gradient beyond it
        kl_weight: multiplies k in the loss, not in kl()
        importance_limit: bounds of the weight exp(old − behavior)
        importance: what happens beyond importance_limit

    More: <rlhf/policy/policy_loss.hpp>
    """
    return _policy_loss(locals())


_ppo_policy_loss = Function(
    "ppo_policy_loss", [struct("batch", _batch.batch), arrays(_policy_loss_arrays), options(ppo_policy_loss_options),
    executor], policy_loss_result)


@names_checked
def ppo_policy_loss(batch: _batch.batch, *, log_probs: Array, old_log_probs: Array, advantages: Array,
                    ref_log_probs: Optional[Array] = None, behavior_log_probs: Optional[Array] = None,
                    weights: Optional[Array] = None, d_log_probs: GradientOutput = None, clip_range: Range = 0.2,
                    dual_clip: float = inf, log_ratio_limit: float = inf, kl_coef: float = 0,
                    kl_estimator: kl_estimator = "k3", kl_gradient: Optional[kl_estimator] = None,
                    kl_limit: float = inf, kl_weight: kl_weight = "one", importance_limit: Range = inf,
                    importance: importance = "truncate", aggregation: aggregation = "token_mean",
                    executor: Optional[Executor] = None) -> policy_loss_result:
    """The clipped surrogate loss of PPO: policy_loss with the objective ppo_clip, its options and the common ones in
    one struct.

        x    = log π(a|s) − log π_old(a|s), clamped to ±log_ratio_limit      ρ = eˣ
        l    = max(−ρ Â, −clip(ρ, 1 − ε₋, 1 + ε₊) Â)                          at Â < 0 at most c |Â|
        l   += kl_coef · k(log π − log π_ref)                                 with ref_log_probs
        loss = Σ w l / denominator                                            by the aggregation

    Arrays:
        log_probs: [B, T], log π(aₜ|sₜ), nats
        old_log_probs: [B, T], log π_old at the time of the rollout
        ref_log_probs: [B, T], log π_ref; absent: no KL in loss and result
        behavior_log_probs: [B, T], log μ of the sampler; absent: no importance weight
        advantages: [B, T], or per_sequence [B]; no gradient flows to them
        weights: [B, T], or per_sequence [B]; factor of the loss; absent: 1
        d_log_probs: [B, T], ∂loss/∂log_probs; absent: values only

    Options:
        clip_range: ε₋ in [0, 1], ε₊ ≥ 0: clips ρ to [1 − ε₋, 1 + ε₊]
        dual_clip: c ≥ 1 + ε₊: at Â < 0 the loss is at most c |Â|
        log_ratio_limit: this and the next options are as in policy_loss_options

    More: <rlhf/policy/ppo_policy_loss.hpp>
    """
    return _ppo_policy_loss(locals())


class _ppo_value_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("values", In), ("old_values", In), ("returns", In), ("weights", In),
                ("d_values", Gradient)]
    declared = {"values": ("[B, T]", "T"), "old_values": ("[B, T]", "T"), "returns": ("[B, T]", "T"),
                "weights": ("[B, T]", "T"), "d_values": ("[B, T]", "T")}


_ppo_value_loss = Function(
    "ppo_value_loss", [struct("batch", _batch.batch), arrays(_ppo_value_loss_arrays), options(ppo_value_loss_options),
    executor], ppo_value_loss_result)


@names_checked
def ppo_value_loss(batch: _batch.batch, *, values: Array, returns: Array, old_values: Optional[Array] = None,
                   weights: Optional[Array] = None, d_values: GradientOutput = None, clip_range: float = inf,
                   huber: float = inf, aggregation: aggregation = "token_mean",
                   executor: Optional[Executor] = None) -> ppo_value_loss_result:
    """The value loss of PPO over the tokens of a batch, with its gradient and the explained variance.

        h(e) = ½ e², beyond ±huber continued by its tangent
        l    = max(h(v − R), h(v_old + clip(v − v_old, ±clip_range) − R))      clip_range unlimited: h(v − R)
        loss = Σ w l / denominator                                             by the aggregation
        ∂l/∂v = h′(v − R), or 0 where the clipped value has the larger loss

    Arrays:
        values: [B, T], V(sₜ) now
        old_values: [B, T], v_old at rollout; needed if clip_range is finite
        returns: [B, T], R, the targets of the values
        weights: [B, T], or per_sequence [B]; factor of the loss; absent: 1
        d_values: [B, T], ∂loss/∂values

    Options:
        clip_range: above 0: the clipped value is at most this far from v_old
        huber: δ > 0: beyond it the loss is linear; unlimited: ½ (v − R)²

    More: <rlhf/policy/ppo_value_loss.hpp>
    """
    return _ppo_value_loss(locals())


class _ptx_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", In), ("d_log_probs", Gradient)]
    declared = {"log_probs": ("[B, T]", "T"), "d_log_probs": ("[B, T]", "T")}


_ptx_loss = Function(
    "ptx_loss", [struct("batch", _batch.batch), arrays(_ptx_loss_arrays), options(ptx_loss_options), executor],
    ptx_loss_result)


@names_checked
def ptx_loss(batch: _batch.batch, *, log_probs: Array, d_log_probs: GradientOutput = None,
             aggregation: aggregation = "token_mean", executor: Optional[Executor] = None) -> ptx_loss_result:
    """The negative log-likelihood of pretraining or demonstration text: InstructGPT's ptx term, and supervised
    fine-tuning.

        loss             = −Σ log p / denominator        by the aggregation
        ∂loss/∂log p     = −1 / denominator

    Arrays:
        log_probs: [B, T], log p of the text's own tokens, nats
        d_log_probs: [B, T], ∂loss/∂log_probs; absent: the value only

    Options:
        aggregation: how the tokens' values become one number

    More: <rlhf/policy/ptx_loss.hpp>
    """
    return _ptx_loss(locals())


class _top_entropy_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("entropy", In), ("weights", Out), ("keep", Out)]
    declared = {"entropy": ("[B, T]", "T"), "weights": ("[B, T]", "T"), "keep": ("[B, T]", "uint8")}


_top_entropy = Function(
    "top_entropy", [struct("batch", _batch.batch), arrays(_top_entropy_arrays), options(top_entropy_options),
    executor], top_entropy_result)


@names_checked
def top_entropy(batch: _batch.batch, *, entropy: Array, weights: Output = None, keep: Output = None,
                share: float = 0.2, threshold: Optional[float] = None,
                executor: Optional[Executor] = None) -> top_entropy_result:
    """Finds the tokens with high entropy ("forking tokens"): a mask or weights for a policy loss over these tokens
    alone.

        threshold = the quantile 1 − share of the counted tokens' entropies
        w         = 1 where H ≥ threshold, else 0

    Arrays:
        entropy: [B, T], nats
        weights: [B, T], out: 1 where kept, else 0; may be the memory of entropy
        keep: [B, T] uint8, out, a mask: 1 where a token counts and is kept

    Options:
        share: in [0, 1]: keeps this share of the counted tokens, at least one
        threshold: nats, for the whole step; absent: this batch is the whole step

    More: <rlhf/policy/top_entropy.hpp>
    """
    return _top_entropy(locals())
