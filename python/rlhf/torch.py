# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
# mypy: disable-error-code="no-any-return"
"""Losses for autograd. Each is a tensor, whose backward() needs no second call of the library, because the sweep that
computed the loss also computed its slopes. result(loss) has the statistics of that sweep. Second derivatives raise
an error.
"""
from __future__ import annotations

from math import inf
from typing import Optional, Union

from torch import Tensor

import rlhf as _rlhf

from . import (Executor, kept_set, linear_head, policy_loss_objective, ppo_policy_loss_options, ppo_value_loss_options,
               preference_loss_objective, token_log_probs_options, top_k_reference, unpaired_loss_objective)
from ._autograd import Input, loss, result, through
from ._enums import (aggregation, divergence, gaps, importance, kl_estimator, kl_weight, tie_divisor, top_k_support)
from ._names import names_checked
from ._values import Keywords, Range

__all__ = ["bradley_terry_loss", "cross_entropy_loss", "gae", "kept_log_probs", "linear_head_cross_entropy_loss",
           "linear_head_ppo_loss", "linear_head_token_log_probs", "logits_divergence", "masked_mean",
           "plackett_luce_loss", "policy_loss", "ppo_loss", "ppo_policy_loss", "ppo_value_loss", "preference_loss",
           "preference_nll", "preference_pairs", "ptx_loss", "ranking_loss", "sequence_log_probs", "token_log_probs",
           "top_k_divergence", "unpaired_loss", "result"]



@names_checked
def bradley_terry_loss(batch: _rlhf.batch, *, chosen_rewards: Tensor, rejected_rewards: Tensor,
                       margins: Optional[Input] = None, margin: float = 0, label_smoothing: float = 0,
                       center_coef: float = 0, executor: Optional[Executor] = None) -> Tensor:
    """rlhf.bradley_terry_loss for autograd: backward() gives the slopes of chosen_rewards and rejected_rewards."""
    return loss(_rlhf.bradley_terry_loss, locals(), "chosen_rewards rejected_rewards")


@names_checked
def cross_entropy_loss(batch: _rlhf.batch, logits: Tensor, targets: Tensor, *, temperature: float = 1,
                       label_smoothing: float = 0, z_loss_coef: float = 0, aggregation: aggregation = "token_mean",
                       executor: Optional[Executor] = None) -> Tensor:
    """rlhf.cross_entropy_loss for autograd: backward() gives the slopes of logits."""
    return loss(_rlhf.cross_entropy_loss, locals(), "logits")


@names_checked
def gae(batch: _rlhf.batch, *, rewards: Tensor, values: Tensor, next_values: Optional[Tensor] = None,
        bootstrap_values: Optional[Tensor] = None, lambdas: Optional[Input] = None, terminated: Optional[Input] = None,
        truncated: Optional[Input] = None, gamma: float = 1, lambda_: float = 0.95, gaps: gaps = "skip",
        executor: Optional[Executor] = None) -> tuple[Tensor, Tensor]:
    """advantages and returns of rlhf.gae for autograd: backward() gives the slopes of rewards, values, next_values and
    bootstrap_values.
    """
    found = through(_rlhf.gae, _rlhf.gae_backward, locals(), "rewards values next_values bootstrap_values",
                    "advantages returns", "",
                    "batch next_values lambdas terminated truncated gamma lambda_ gaps executor")
    return found[0], found[1]


@names_checked
def kept_log_probs(batch: _rlhf.batch, logits: Tensor, targets: Tensor, kept: kept_set, *,
                   log_sum_exp: Optional[Input] = None, temperature: float = 1,
                   executor: Optional[Executor] = None) -> tuple[Tensor, Tensor]:
    """log_probs and entropy of rlhf.kept_log_probs for autograd: backward() gives the slopes of logits."""
    found = through(_rlhf.kept_log_probs, _rlhf.kept_log_probs_backward, locals(), "logits", "log_probs entropy", "",
                    "batch logits targets kept temperature executor")
    return found[0], found[1]


@names_checked
def logits_divergence(batch: _rlhf.batch, logits: Tensor, reference: Input, *, divergence: divergence = "reverse_kl",
                      beta: float = 0.5, temperature: float = 1, aggregation: aggregation = "token_mean",
                      executor: Optional[Executor] = None) -> Tensor:
    """rlhf.logits_divergence for autograd: backward() gives the slopes of logits."""
    return loss(_rlhf.logits_divergence, locals(), "logits")


@names_checked
def masked_mean(batch: _rlhf.batch, *, values: Tensor, aggregation: aggregation = "token_mean",
                executor: Optional[Executor] = None) -> Tensor:
    """rlhf.masked_mean for autograd: backward() gives the slopes of values."""
    return loss(_rlhf.masked_mean, locals(), "values")


@names_checked
def plackett_luce_loss(batch: _rlhf.batch, *, rewards: Tensor, ranks: Optional[Input] = None,
                       executor: Optional[Executor] = None) -> Tensor:
    """rlhf.plackett_luce_loss for autograd: backward() gives the slopes of rewards."""
    return loss(_rlhf.plackett_luce_loss, locals(), "rewards")


@names_checked
def policy_loss(batch: _rlhf.batch, *, log_probs: Tensor, old_log_probs: Input, advantages: Input,
                objective: policy_loss_objective, ref_log_probs: Optional[Input] = None,
                behavior_log_probs: Optional[Input] = None, weights: Optional[Input] = None,
                log_ratio_limit: float = inf, kl_coef: float = 0, kl_estimator: kl_estimator = "k3",
                kl_gradient: Optional[kl_estimator] = None, kl_limit: float = inf, kl_weight: kl_weight = "one",
                importance_limit: Range = inf, importance: importance = "truncate",
                aggregation: aggregation = "token_mean", executor: Optional[Executor] = None) -> Tensor:
    """rlhf.policy_loss for autograd: backward() gives the slopes of log_probs."""
    return loss(_rlhf.policy_loss, locals(), "log_probs")


@names_checked
def ppo_policy_loss(batch: _rlhf.batch, *, log_probs: Tensor, old_log_probs: Input, advantages: Input,
                    ref_log_probs: Optional[Input] = None, behavior_log_probs: Optional[Input] = None,
                    weights: Optional[Input] = None, clip_range: Range = 0.2, dual_clip: float = inf,
                    log_ratio_limit: float = inf, kl_coef: float = 0, kl_estimator: kl_estimator = "k3",
                    kl_gradient: Optional[kl_estimator] = None, kl_limit: float = inf, kl_weight: kl_weight = "one",
                    importance_limit: Range = inf, importance: importance = "truncate",
                    aggregation: aggregation = "token_mean", executor: Optional[Executor] = None) -> Tensor:
    """rlhf.ppo_policy_loss for autograd: backward() gives the slopes of log_probs."""
    return loss(_rlhf.ppo_policy_loss, locals(), "log_probs")


@names_checked
def ppo_value_loss(batch: _rlhf.batch, *, values: Tensor, returns: Input, old_values: Optional[Input] = None,
                   weights: Optional[Input] = None, clip_range: float = inf, huber: float = inf,
                   aggregation: aggregation = "token_mean", executor: Optional[Executor] = None) -> Tensor:
    """rlhf.ppo_value_loss for autograd: backward() gives the slopes of values."""
    return loss(_rlhf.ppo_value_loss, locals(), "values")


@names_checked
def preference_loss(batch: _rlhf.batch, *, chosen: Tensor, rejected: Tensor, objective: preference_loss_objective,
                    margins: Optional[Input] = None, weights: Optional[Input] = None,
                    executor: Optional[Executor] = None) -> Tensor:
    """rlhf.preference_loss for autograd: backward() gives the slopes of chosen and rejected."""
    return loss(_rlhf.preference_loss, locals(), "chosen rejected")


@names_checked
def ptx_loss(batch: _rlhf.batch, *, log_probs: Tensor, aggregation: aggregation = "token_mean",
             executor: Optional[Executor] = None) -> Tensor:
    """rlhf.ptx_loss for autograd: backward() gives the slopes of log_probs."""
    return loss(_rlhf.ptx_loss, locals(), "log_probs")


@names_checked
def ranking_loss(batch: _rlhf.batch, *, rewards: Tensor, ranks: Optional[Input] = None, margin: float = 0,
                 label_smoothing: float = 0, center_coef: float = 0, ties: tie_divisor = "kept_pairs",
                 executor: Optional[Executor] = None) -> Tensor:
    """rlhf.ranking_loss for autograd: backward() gives the slopes of rewards."""
    return loss(_rlhf.ranking_loss, locals(), "rewards")


@names_checked
def sequence_log_probs(batch: _rlhf.batch, *, log_probs: Tensor, ref_log_probs: Optional[Input] = None,
                       average: bool = False, executor: Optional[Executor] = None) -> Tensor:
    """sums of rlhf.sequence_log_probs for autograd: backward() gives the slopes of log_probs."""
    found = through(_rlhf.sequence_log_probs, _rlhf.sequence_log_probs_backward, locals(), "log_probs", "sums", "",
                    "batch average executor")
    return found[0]


@names_checked
def token_log_probs(batch: _rlhf.batch, logits: Tensor, targets: Tensor, *, temperature: float = 1,
                    executor: Optional[Executor] = None) -> tuple[Tensor, Tensor]:
    """log_probs and entropy of rlhf.token_log_probs for autograd: backward() gives the slopes of logits."""
    found = through(_rlhf.token_log_probs, _rlhf.token_log_probs_backward, locals(), "logits", "log_probs entropy",
                    "log_sum_exp", "batch logits targets temperature executor")
    return found[0], found[1]


@names_checked
def top_k_divergence(batch: _rlhf.batch, logits: Tensor, reference: top_k_reference, *,
                     divergence: divergence = "reverse_kl", beta: float = 0.5, temperature: float = 1,
                     aggregation: aggregation = "token_mean", support: top_k_support = "tail",
                     least_log_prob: float = -inf, low: float = -inf, high: float = inf,
                     executor: Optional[Executor] = None) -> Tensor:
    """rlhf.top_k_divergence for autograd: backward() gives the slopes of logits."""
    return loss(_rlhf.top_k_divergence, locals(), "logits")


@names_checked
def unpaired_loss(batch: _rlhf.batch, *, log_ratios: Tensor, desirable: Input, objective: unpaired_loss_objective,
                  weights: Optional[Input] = None) -> Tensor:
    """rlhf.unpaired_loss for autograd: backward() gives the slopes of log_ratios."""
    return loss(_rlhf.unpaired_loss, locals(), "log_ratios")


@names_checked
def linear_head_cross_entropy_loss(batch: _rlhf.batch, linear_head: linear_head, targets: Tensor, *,
                                   temperature: float = 1, label_smoothing: float = 0, z_loss_coef: float = 0,
                                   aggregation: aggregation = "token_mean",
                                   executor: Optional[Executor] = None) -> Tensor:
    """rlhf.linear_head_cross_entropy_loss for autograd: backward() gives the slopes of linear_head.hidden and
    linear_head.weights.
    """
    return loss(_rlhf.linear_head_cross_entropy_loss, locals(), "hidden weights")


@names_checked
def ppo_loss(batch: _rlhf.batch, logits: Tensor, targets: Tensor, *, old_log_probs: Input, advantages: Input,
             ref_log_probs: Optional[Input] = None, behavior_log_probs: Optional[Input] = None,
             weights: Optional[Input] = None, values: Optional[Tensor] = None, old_values: Optional[Input] = None,
             returns: Optional[Input] = None, value_weights: Optional[Input] = None,
             head: Union[token_log_probs_options, Keywords, None] = None,
             policy: Union[ppo_policy_loss_options, Keywords, None] = None,
             value: Union[ppo_value_loss_options, Keywords, None] = None, value_coef: float = 1,
             entropy_coef: float = 0, executor: Optional[Executor] = None) -> Tensor:
    """rlhf.ppo_loss for autograd: backward() gives the slopes of logits and values."""
    return loss(_rlhf.ppo_loss, locals(), "logits values", "log_probs entropy d_log_probs d_entropy d_logits")


@names_checked
def linear_head_ppo_loss(batch: _rlhf.batch, linear_head: linear_head, targets: Tensor, *, old_log_probs: Input,
                         advantages: Input, ref_log_probs: Optional[Input] = None,
                         behavior_log_probs: Optional[Input] = None, weights: Optional[Input] = None,
                         values: Optional[Tensor] = None, old_values: Optional[Input] = None,
                         returns: Optional[Input] = None, value_weights: Optional[Input] = None,
                         head: Union[token_log_probs_options, Keywords, None] = None,
                         policy: Union[ppo_policy_loss_options, Keywords, None] = None,
                         value: Union[ppo_value_loss_options, Keywords, None] = None, value_coef: float = 1,
                         entropy_coef: float = 0, executor: Optional[Executor] = None) -> Tensor:
    """rlhf.linear_head_ppo_loss for autograd: backward() gives the slopes of linear_head.hidden, linear_head.weights
    and values.
    """
    return loss(_rlhf.linear_head_ppo_loss, locals(), "hidden weights values",
                "log_probs entropy d_log_probs d_entropy")


@names_checked
def preference_nll(answers: _rlhf.batch, pairs: _rlhf.batch, text: _rlhf.batch, *, log_probs: Tensor, chosen: Input,
                   rejected: Input, objective: preference_loss_objective, ref_log_probs: Optional[Input] = None,
                   margins: Optional[Input] = None, weights: Optional[Input] = None, nll_weight: float = 1,
                   average: bool = False, executor: Optional[Executor] = None) -> Tensor:
    """rlhf.preference_nll for autograd: backward() gives the slopes of log_probs."""
    return loss(_rlhf.preference_nll, locals(), "log_probs", "sums d_sums")


@names_checked
def preference_pairs(batch: _rlhf.batch, *, sums: Tensor, chosen: Input, rejected: Input,
                     objective: preference_loss_objective, margins: Optional[Input] = None,
                     weights: Optional[Input] = None) -> Tensor:
    """rlhf.preference_pairs for autograd: backward() gives the slopes of sums."""
    return loss(_rlhf.preference_pairs, locals(), "sums")


@names_checked
def linear_head_token_log_probs(batch: _rlhf.batch, linear_head: linear_head, targets: Tensor, *,
                                temperature: float = 1, executor: Optional[Executor] = None) -> tuple[Tensor, Tensor]:
    """log_probs and entropy of rlhf.linear_head_token_log_probs for autograd: backward() gives the slopes of
    linear_head.hidden and linear_head.weights.
    """
    found = through(_rlhf.linear_head_token_log_probs, _rlhf.linear_head_token_log_probs_backward, locals(),
                    "hidden weights", "log_probs entropy", "log_sum_exp",
                    "batch linear_head targets temperature executor")
    return found[0], found[1]
