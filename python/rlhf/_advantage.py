# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
# mypy: disable-error-code="no-any-return"
"""The functions of <rlhf/advantage/>."""
from __future__ import annotations

from ctypes import c_size_t
from math import inf
from typing import Any, Optional, get_args

from . import _batch
from ._arrays import Array, GradientOutput, Output
from ._batch import Executor
from ._c import Gradient, In, Out
from ._call import Arrays, Function, array, arrays, enum, executor, options, struct
from ._enums import (gaps, group_baseline, group_scale, kl_estimator, lone_reward, overlong, scale_about,
                     score_position, std_floor, unscorable)
from ._names import names_checked
from ._options import (discounted_returns_options, gae_backward_options, gae_options, group_advantages_options,
                       shape_rewards_options, shape_scores_options, vtrace_options, whiten_options)
from ._results import group_advantages_result, moments, shape_rewards_result, shape_scores_result

__all__ = ["discounted_returns", "gae", "gae_backward", "group_advantages", "moments_of", "reward_moments",
           "shape_rewards", "shape_scores", "vtrace", "whiten"]


class _discounted_returns_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("rewards", In), ("bootstrap_values", In), ("terminated", In), ("returns", Out)]
    declared = {"rewards": ("[B, T]", "T"), "bootstrap_values": ("[B]", "T"), "terminated": ("[B, T]", "uint8"),
                "returns": ("[B, T]", "T")}


_discounted_returns = Function(
    "discounted_returns", [struct("batch", _batch.batch), arrays(_discounted_returns_arrays),
    options(discounted_returns_options), executor])


@names_checked
def discounted_returns(batch: _batch.batch, *, rewards: Array, returns: Output,
                       bootstrap_values: Optional[Array] = None, terminated: Optional[Array] = None, gamma: float = 1,
                       gaps: gaps = "skip", executor: Optional[Executor] = None) -> dict[str, Any]:
    """The discounted sum of the rewards from each step on.

        Rₜ = rₜ + γ Rₜ₊₁          Rₜ₊₁: the bootstrap value after the last step, 0 after a terminated step

    Arrays:
        rewards: [B, T]
        bootstrap_values: [B], V after the last step; absent: 0, the sequence ended
        terminated: [B, T] uint8, the episode ended at t: nothing follows
        returns: [B, T], out; may be rewards' memory

    Options:
        gamma: γ in [0, 1]
        gaps: what masked steps mean

    More: <rlhf/advantage/discounted_returns.hpp>
    """
    return _discounted_returns(locals())


class _gae_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("rewards", In), ("values", In), ("next_values", In), ("bootstrap_values", In),
                ("lambdas", In), ("terminated", In), ("truncated", In), ("advantages", Out), ("returns", Out)]
    declared = {"rewards": ("[B, T]", "T"), "values": ("[B, T]", "T"), "next_values": ("[B, T]", "T"),
                "bootstrap_values": ("[B]", "T"), "lambdas": ("[B]", "T"), "terminated": ("[B, T]", "uint8"),
                "truncated": ("[B, T]", "uint8"), "advantages": ("[B, T]", "T"), "returns": ("[B, T]", "T")}


_gae = Function(
    "gae", [struct("batch", _batch.batch), arrays(_gae_arrays), options(gae_options), executor])


@names_checked
def gae(batch: _batch.batch, *, rewards: Array, values: Array, next_values: Optional[Array] = None,
        bootstrap_values: Optional[Array] = None, lambdas: Optional[Array] = None, terminated: Optional[Array] = None,
        truncated: Optional[Array] = None, advantages: Output = None, returns: Output = None, gamma: float = 1,
        lambda_: float = 0.95, gaps: gaps = "skip", executor: Optional[Executor] = None) -> dict[str, Any]:
    """Generalised advantage estimation over the steps of a batch, from the last to the first.

        δₜ = rₜ + γ V(sₜ₊₁) − V(sₜ)
        Âₜ = δₜ + γλ Âₜ₊₁
        Rₜ = Âₜ + V(sₜ)

    Arrays:
        rewards: [B, T]
        values: [B, T], V(sₜ)
        next_values: [B, T], V(sₜ₊₁); absent: the value of the next step
        bootstrap_values: [B], V after the last step; absent: 0, the sequence ended
        lambdas: [B], a λ per sequence, in [0, 1], in place of the option lambda_
        terminated: [B, T] uint8, the episode ended at t: V(sₜ₊₁) = 0, Âₜ₊₁ = 0
        truncated: [B, T] uint8, the episode was cut after t: Âₜ₊₁ = 0
        advantages: [B, T], out; may be rewards' memory
        returns: [B, T], out; may be values' memory

    Options:
        gamma: γ in [0, 1]
        lambda_: λ in [0, 1]
        gaps: what masked steps mean

    More: <rlhf/advantage/gae.hpp>
    """
    return _gae(locals())


class _gae_backward_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("d_advantages", In), ("d_returns", In), ("next_values", In), ("lambdas", In),
                ("terminated", In), ("truncated", In), ("d_rewards", Gradient), ("d_values", Gradient),
                ("d_next_values", Gradient), ("d_bootstrap_values", Gradient)]
    declared = {"d_advantages": ("[B, T]", "T"), "d_returns": ("[B, T]", "T"), "next_values": ("[B, T]", "T"),
                "lambdas": ("[B]", "T"), "terminated": ("[B, T]", "uint8"), "truncated": ("[B, T]", "uint8"),
                "d_rewards": ("[B, T]", "T"), "d_values": ("[B, T]", "T"), "d_next_values": ("[B, T]", "T"),
                "d_bootstrap_values": ("[B]", "T")}


_gae_backward = Function(
    "gae_backward", [struct("batch", _batch.batch), arrays(_gae_backward_arrays), options(gae_backward_options),
    executor])


@names_checked
def gae_backward(batch: _batch.batch, *, d_advantages: Optional[Array] = None, d_returns: Optional[Array] = None,
                 next_values: Optional[Array] = None, lambdas: Optional[Array] = None,
                 terminated: Optional[Array] = None, truncated: Optional[Array] = None,
                 d_rewards: GradientOutput = None, d_values: GradientOutput = None,
                 d_next_values: GradientOutput = None, d_bootstrap_values: GradientOutput = None, gamma: float = 1,
                 lambda_: float = 0.95, gaps: gaps = "skip", executor: Optional[Executor] = None) -> dict[str, Any]:
    """The backward pass of gae. gae is linear in rewards and values, so its backward pass is the transpose. With g =
    ∂L/∂advantages + ∂L/∂returns, from the first step to the last:

        uₜ         = gₜ + γλ uₜ₋₁
        ∂L/∂rₜ     = uₜ
        ∂L/∂V(sₜ)  = ∂L/∂Rₜ − uₜ + γ uₜ₋₁

    Arrays:
        d_advantages: [B, T], ∂L/∂advantages; absent: 0
        d_returns: [B, T], ∂L/∂returns; absent: 0
        next_values: [B, T], as passed to gae(); only their presence matters
        lambdas: [B], as passed to gae()
        terminated: [B, T] uint8, as passed to gae()
        truncated: [B, T] uint8, as passed to gae()
        d_rewards: [B, T], ∂L/∂rewards
        d_values: [B, T], ∂L/∂values
        d_next_values: [B, T], ∂L/∂next_values
        d_bootstrap_values: [B], ∂L/∂bootstrap_values

    Options:
        gamma: γ in [0, 1]
        lambda_: λ in [0, 1]
        gaps: what masked steps mean

    More: <rlhf/advantage/gae_backward.hpp>
    """
    return _gae_backward(locals())


class _group_advantages_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("rewards", In), ("lengths", In), ("baselines", In), ("advantages", Out),
                ("keep", Out)]
    declared = {"rewards": ("[N]", "T"), "lengths": ("[N]", "index"), "baselines": ("[N]", "T"),
                "advantages": ("[N]", "T"), "keep": ("[N]", "uint8")}


_group_advantages = Function(
    "group_advantages", [struct("groups", _batch.groups), arrays(_group_advantages_arrays),
    struct("moments", moments, optional=True), options(group_advantages_options), executor], group_advantages_result)


@names_checked
def group_advantages(groups: _batch.groups, *, rewards: Array, lengths: Optional[Array] = None,
                     baselines: Optional[Array] = None, advantages: Output = None, keep: Output = None,
                     moments: Optional[moments] = None, baseline: group_baseline = "group_mean",
                     scale: group_scale = "group_std", ddof: int = 1, epsilon: float = 1e-6,
                     floor: std_floor = "after_root", lone: lone_reward = "zero", unscorable: unscorable = "spread",
                     executor: Optional[Executor] = None) -> group_advantages_result:
    """Advantages without a critic: the reward of each sequence is compared with the rewards of the same prompt.

        A = (r − baseline) / scale          the option baseline and the option scale choose them
        std = √(Σ (r − mean)² / (n − ddof)), with ε as the option floor says; 1 where n ≤ ddof

    Arrays:
        rewards: [N], one reward per sequence
        lengths: [N] int32 or int64, tokens per sequence, for length_weighted_mean
        baselines: [N], for group_baseline "given"
        advantages: [N], out; may be the memory of rewards, except with others_std
        keep: [N] uint8, out; 0: constant group, or NaN or infinite reward

    Options:
        baseline: what is subtracted from a reward
        scale: what the difference is divided by
        ddof: ≥ 0; a variance is Σ (r − mean)² / (n − ddof)
        epsilon: ε ≥ 0
        floor: how ε keeps std from 0, as in whiten_options
        lone: the advantage of a sequence alone in its group
        unscorable: what NaN and infinite rewards do

    More: <rlhf/advantage/group_advantages.hpp>
    """
    return _group_advantages(locals())


_moments_of = Function(
    "moments_of", [struct("batch", _batch.batch), array("values"), executor], moments)


@names_checked
def moments_of(batch: _batch.batch, values: Array, *, executor: Optional[Executor] = None) -> moments:
    """Count, mean and variance of the elements that count. A NaN or infinite element makes the mean NaN or infinite.

    More: <rlhf/advantage/whiten.hpp>
    """
    return _moments_of(locals())


_reward_moments = Function(
    "reward_moments", [array("rewards"), enum("how", get_args(unscorable)), executor], moments)


@names_checked
def reward_moments(rewards: Array, *, how: unscorable = "spread", executor: Optional[Executor] = None) -> moments:
    """Count, mean and variance of rewards [N], for group_advantages with the moments of a whole step. Rewards that are
    not finite make the mean NaN or infinite, or are left out.

    More: <rlhf/advantage/group_advantages.hpp>
    """
    return _reward_moments(locals())


class _shape_rewards_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", In), ("ref_log_probs", In), ("scores", In), ("finished", In),
                ("rewards", Out)]
    declared = {"log_probs": ("[B, T]", "T"), "ref_log_probs": ("[B, T]", "T"), "scores": ("[B]", "T"),
                "finished": ("[B]", "uint8"), "rewards": ("[B, T]", "T")}


_shape_rewards = Function(
    "shape_rewards", [struct("batch", _batch.batch), arrays(_shape_rewards_arrays), options(shape_rewards_options),
    executor], shape_rewards_result)


@names_checked
def shape_rewards(batch: _batch.batch, *, log_probs: Array, ref_log_probs: Array, scores: Array,
                  finished: Optional[Array] = None, rewards: Output = None, kl_coef: float = 0.02,
                  kl_estimator: kl_estimator = "k1", kl_limit: float = inf,
                  score_position: score_position = "last_counted", score_limit: float = inf,
                  unfinished_penalty: float = 0, unfinished_score: Optional[float] = None,
                  executor: Optional[Executor] = None) -> shape_rewards_result:
    """The rewards of a response: a KL penalty at every token, and the score at one token.

        rₜ = −kl_coef · k(log π − log π_ref)          + score at the step that score_position names

    Arrays:
        log_probs: [B, T], log π of the policy that sampled, nats
        ref_log_probs: [B, T], log π_ref of the reference, nats
        scores: [B], one score per sequence
        finished: [B] uint8, 0: cut before its end of text; absent: all finished
        rewards: [B, T], out; may lie on log_probs or ref_log_probs

    Options:
        kl_coef: β, finite
        kl_estimator: k, the estimate of each token
        kl_limit: above 0: clamps k to ±limit
        score_position: the step that gets the score
        score_limit: above 0: clamps each score to ±limit, before the next options act
        unfinished_penalty: subtracted from the score of an unfinished sequence
        unfinished_score: replaces the score of an unfinished sequence

    More: <rlhf/advantage/shape_rewards.hpp>
    """
    return _shape_rewards(locals())


class _shape_scores_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("scores", In), ("lengths", In), ("finished", In), ("shaped", Out)]
    declared = {"scores": ("[B]", "T"), "lengths": ("[B]", "index"), "finished": ("[B]", "uint8"),
                "shaped": ("[B]", "T")}


_shape_scores = Function(
    "shape_scores", [struct("batch", _batch.batch), arrays(_shape_scores_arrays), options(shape_scores_options)],
    shape_scores_result)


@names_checked
def shape_scores(batch: _batch.batch, *, scores: Array, shaped: Output, lengths: Optional[Array] = None,
                 finished: Optional[Array] = None, max_length: int = 0, overlong_buffer: int = 0,
                 overlong_penalty: float = 1, overlong: overlong = "capped", unfinished_factor: float = 1,
                 unfinished_penalty: float = 0, unfinished_score: Optional[float] = None) -> shape_scores_result:
    """Lowers the scores of answers that are too long, or that were cut before their end.

        shaped = score − overlong_penalty · max(0, (n − (max_length − overlong_buffer)) / overlong_buffer)
                 the fraction is at most 1, unless the option overlong is growing
        where finished is 0:  unfinished_factor · shaped − unfinished_penalty,  or unfinished_score alone

    Arrays:
        scores: [B], one score per sequence
        lengths: [B] int32 or int64, tokens; absent: the sequence's counted tokens
        finished: [B] uint8, 0: cut before its end of text; absent: all finished
        shaped: [B], out; may be the memory of scores

    Options:
        max_length: the most tokens that a response may have; at least overlong_buffer
        overlong_buffer: tokens before max_length in which the penalty grows; 0: no penalty
        overlong_penalty: the penalty of a response with max_length tokens; finite
        overlong: the penalty of a response with more tokens
        unfinished_factor: multiplies the score of an unfinished sequence
        unfinished_penalty: subtracted from the score of an unfinished sequence
        unfinished_score: replaces the score of an unfinished sequence

    More: <rlhf/advantage/shape_scores.hpp>
    """
    return _shape_scores(locals())


class _vtrace_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("rewards", In), ("values", In), ("log_probs", In), ("behavior_log_probs", In),
                ("next_values", In), ("bootstrap_values", In), ("terminated", In), ("truncated", In), ("targets", Out),
                ("advantages", Out)]
    declared = {"rewards": ("[B, T]", "T"), "values": ("[B, T]", "T"), "log_probs": ("[B, T]", "T"),
                "behavior_log_probs": ("[B, T]", "T"), "next_values": ("[B, T]", "T"),
                "bootstrap_values": ("[B]", "T"), "terminated": ("[B, T]", "uint8"), "truncated": ("[B, T]", "uint8"),
                "targets": ("[B, T]", "T"), "advantages": ("[B, T]", "T")}


_vtrace = Function(
    "vtrace", [struct("batch", _batch.batch), arrays(_vtrace_arrays), options(vtrace_options), executor])


@names_checked
def vtrace(batch: _batch.batch, *, rewards: Array, values: Array, log_probs: Array, behavior_log_probs: Array,
           next_values: Optional[Array] = None, bootstrap_values: Optional[Array] = None,
           terminated: Optional[Array] = None, truncated: Optional[Array] = None, targets: Output = None,
           advantages: Output = None, gamma: float = 1, lambda_: float = 1, rho_bar: float = 1, c_bar: float = 1,
           policy_rho_bar: float = 1, gaps: gaps = "skip", executor: Optional[Executor] = None) -> dict[str, Any]:
    """V-trace: value targets and advantages of a policy π, from steps that another policy μ took.

        wₜ = e^(log π − log μ)
        δₜ = rₜ + γ V(sₜ₊₁) − V(sₜ)
        Aₜ = min(ρ̄, wₜ) δₜ + γλ min(c̄, wₜ) Aₜ₊₁
        targetₜ = V(sₜ) + Aₜ
        advantageₜ = min(ρ̄_pg, wₜ) (δₜ + γλ Aₜ₊₁)

    Arrays:
        rewards: [B, T]
        values: [B, T], V(sₜ)
        log_probs: [B, T], log π of the policy that learns, nats
        behavior_log_probs: [B, T], log μ of the policy that acted, nats
        next_values: [B, T], V(sₜ₊₁); absent: the value of the next step
        bootstrap_values: [B], V after the last step; absent: 0
        terminated: [B, T] uint8, the episode ended at t: V(sₜ₊₁) = 0, Aₜ₊₁ = 0
        truncated: [B, T] uint8, the episode was cut after t: Aₜ₊₁ = 0
        targets: [B, T], out; may be values' memory
        advantages: [B, T], out; may be rewards' memory

    Options:
        gamma: γ in [0, 1]
        lambda_: λ in [0, 1]
        rho_bar: ρ̄, for δ; it decides which policy's value is estimated
        c_bar: c̄, for the trace γλ min(c̄, w); it decides how fast the trace fades
        policy_rho_bar: ρ̄_pg, for the advantages
        gaps: what masked steps mean

    More: <rlhf/advantage/vtrace.hpp>
    """
    return _vtrace(locals())


_whiten = Function(
    "whiten", [struct("batch", _batch.batch), array("values", "T", write=True),
    struct("moments", moments, optional=True), options(whiten_options), executor], moments)


@names_checked
def whiten(batch: _batch.batch, values: Array, *, moments: Optional[moments] = None, center: bool = True,
           scale: bool = True, about: scale_about = "mean", ddof: int = 1, epsilon: float = 1e-8,
           floor: std_floor = "inside_root", executor: Optional[Executor] = None) -> moments:
    """Whitens in place with the given moments: the moments of a whole step, merged over its parts and ranks.

        y = (x − mean) / std          with center; without: (x − mean) / std + mean, or x / std (the option about)
        std = √(variance + ε)         or as the option floor says

    Options:
        center: subtract the mean; false keeps it
        scale: divide by the standard deviation
        about: with center = false: what scaling leaves in place
        ddof: at least 0: the variance is Σ (x − mean)² / (n − ddof)
        epsilon: ε ≥ 0
        floor: How ε keeps std from 0: inside_root √(var + ε), after_root √var + ε, variance_at_least √max(var, ε),
        std_at_least max(√var, ε).

    More: <rlhf/advantage/whiten.hpp>
    """
    return _whiten(locals())
