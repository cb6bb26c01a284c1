# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
# mypy: disable-error-code="no-any-return"
"""The functions of <rlhf/reward/>."""
from __future__ import annotations

from ctypes import c_double, c_size_t
from typing import Optional

from . import _batch
from ._arrays import Array, GradientOutput
from ._batch import Executor
from ._c import Gradient, In
from ._call import Arrays, Function, array, arrays, executor, options, struct
from ._enums import tie_divisor
from ._names import names_checked
from ._options import bradley_terry_loss_options, ranking_loss_options
from ._results import comparison_sums, loss_sums
from ._values import counts

__all__ = ["bradley_terry_loss", "count_pairs", "count_rankings", "plackett_luce_loss", "ranking_loss", "reward_bias"]


class _bradley_terry_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("chosen_rewards", In), ("rejected_rewards", In), ("margins", In),
                ("d_chosen_rewards", Gradient), ("d_rejected_rewards", Gradient)]
    declared = {"chosen_rewards": ("[pairs]", "T"), "rejected_rewards": ("[pairs]", "T"), "margins": ("[pairs]", "T"),
                "d_chosen_rewards": ("[pairs]", "T"), "d_rejected_rewards": ("[pairs]", "T")}


_bradley_terry_loss = Function(
    "bradley_terry_loss", [struct("batch", _batch.batch), arrays(_bradley_terry_loss_arrays),
    options(bradley_terry_loss_options), executor], comparison_sums)


@names_checked
def bradley_terry_loss(batch: _batch.batch, *, chosen_rewards: Array, rejected_rewards: Array,
                       margins: Optional[Array] = None, d_chosen_rewards: GradientOutput = None,
                       d_rejected_rewards: GradientOutput = None, margin: float = 0, label_smoothing: float = 0,
                       center_coef: float = 0, executor: Optional[Executor] = None) -> comparison_sums:
    """The Bradley-Terry loss over pairs of rewards, with its gradient.

        m    = r_c − r_r − margin
        l    = −(1 − ε) log σ(m) − ε log σ(−m) + center_coef · (r_c + r_r)²
        loss = Σ l / denominator.tokens

    Arrays:
        chosen_rewards: [pairs]
        rejected_rewards: [pairs]
        margins: [pairs], absent: 0
        d_chosen_rewards: [pairs], ∂loss/∂chosen_rewards
        d_rejected_rewards: [pairs], ∂loss/∂rejected_rewards

    Options:
        margin: finite; `margins` are added to it
        label_smoothing: ε in [0, ½]: the share of labels that are assumed wrong
        center_coef: at least 0; pulls rewards towards 0

    More: <rlhf/reward/bradley_terry_loss.hpp>
    """
    return _bradley_terry_loss(locals())


_count_pairs = Function(
    "count_pairs", [struct("batch", _batch.batch), array("ranks", "index", optional=True)], counts)


@names_checked
def count_pairs(batch: _batch.batch, ranks: Optional[Array] = None) -> counts:
    """Counts the pairs that are not tied (.tokens), and the prompts with such a pair (.sequences). This is the
    denominator of a whole step.

    More: <rlhf/reward/ranking_loss.hpp>
    """
    return _count_pairs(locals())


_count_rankings = Function(
    "count_rankings", [struct("batch", _batch.batch), array("ranks", "index", optional=True)], counts)


@names_checked
def count_rankings(batch: _batch.batch, ranks: Optional[Array] = None) -> counts:
    """Counts the prompts in which two responses are not tied (.sequences), and the responses of these prompts
    (.tokens). This is the denominator of a whole step.

    More: <rlhf/reward/plackett_luce_loss.hpp>
    """
    return _count_rankings(locals())


class _plackett_luce_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("rewards", In), ("ranks", In), ("d_rewards", Gradient)]
    declared = {"rewards": ("[prompts, K]", "T"), "ranks": ("[prompts, K]", "index"),
                "d_rewards": ("[prompts, K]", "T")}


_plackett_luce_loss = Function(
    "plackett_luce_loss", [struct("batch", _batch.batch), arrays(_plackett_luce_loss_arrays), executor], loss_sums)


@names_checked
def plackett_luce_loss(batch: _batch.batch, *, rewards: Array, ranks: Optional[Array] = None,
                       d_rewards: GradientOutput = None, executor: Optional[Executor] = None) -> loss_sums:
    """The Plackett-Luce likelihood of a whole ranking: the best response is chosen from all, the second from the rest,
    …

        l(prompt) = Σₖ (log Σ_{j: rankⱼ ≥ rankₖ} e^{rⱼ} − rₖ)
        loss      = Σ l / denominator.sequences
        ∂l/∂rⱼ    = −1 + Σ_{k: rankₖ ≤ rankⱼ} e^{rⱼ} / Σ_{i: rankᵢ ≥ rankₖ} e^{rᵢ}

    Arrays:
        rewards: [prompts, K], one reward per response
        ranks: [prompts, K] int32 or int64, 1 = best, equal = tie; absent: listed best first
        d_rewards: [prompts, K], ∂loss/∂rewards

    More: <rlhf/reward/plackett_luce_loss.hpp>
    """
    return _plackett_luce_loss(locals())


class _ranking_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("rewards", In), ("ranks", In), ("d_rewards", Gradient)]
    declared = {"rewards": ("[prompts, K]", "T"), "ranks": ("[prompts, K]", "index"),
                "d_rewards": ("[prompts, K]", "T")}


_ranking_loss = Function(
    "ranking_loss", [struct("batch", _batch.batch), arrays(_ranking_loss_arrays), options(ranking_loss_options),
    executor], comparison_sums)


@names_checked
def ranking_loss(batch: _batch.batch, *, rewards: Array, ranks: Optional[Array] = None,
                 d_rewards: GradientOutput = None, margin: float = 0, label_smoothing: float = 0,
                 center_coef: float = 0, ties: tie_divisor = "kept_pairs",
                 executor: Optional[Executor] = None) -> comparison_sums:
    """The loss of InstructGPT's reward model. All pairs of a prompt's K ranked responses are one element of the batch,
    and each pair has the weight 1 / C(K, 2). Every response is scored once.

        l(prompt) = 1 / C(K, 2) · Σ_{i ≻ j} −log σ(rᵢ − rⱼ − margin)
        loss      = Σ l / denominator.sequences
        ∂l/∂rₖ    = 1 / C(K, 2) · (Σ_{i ≻ k} σ(rₖ − rᵢ) − Σ_{k ≻ j} σ(rⱼ − rₖ))

    Arrays:
        rewards: [prompts, K], one reward per response
        ranks: [prompts, K] int32 or int64, 1 = best, equal = tie; absent: listed best first
        d_rewards: [prompts, K], ∂loss/∂rewards

    Options:
        margin: finite; how much better the preferred response of a pair should be
        label_smoothing: ε in [0, ½]: the share of labels that are assumed wrong
        center_coef: κ ≥ 0: adds κ times the mean of (rᵢ + rⱼ)² over the pairs

    More: <rlhf/reward/ranking_loss.hpp>
    """
    return _ranking_loss(locals())


_reward_bias = Function(
    "reward_bias", [struct("batch", _batch.batch), array("rewards"), executor], c_double)


@names_checked
def reward_bias(batch: _batch.batch, rewards: Array, *, executor: Optional[Executor] = None) -> float:
    """What is added to a reward model's output so that demonstrations score 0 on average, before reinforcement
    learning.

        bias = −mean(rewards of the demonstrations that count)

    More: <rlhf/reward/reward_bias.hpp>
    """
    return _reward_bias(locals())
