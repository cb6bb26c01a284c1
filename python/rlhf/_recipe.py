# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
# mypy: disable-error-code="no-any-return"
"""The functions of <rlhf/recipe/>."""
from __future__ import annotations

from ctypes import c_size_t
from typing import Optional, Union, get_args

from . import _batch
from ._arrays import Array, GradientOutput, Output
from ._batch import Executor
from ._c import Gradient, In, Out
from ._call import Arrays, Function, array, arrays, executor, logits, logits_gradient, options, struct
from ._enums import aggregation
from ._head import head_gradient, linear_head
from ._names import names_checked
from ._objectives import preference_loss_objective
from ._options import (cross_entropy_loss_options, gae_options, gdpo_advantages_options, group_advantages_options,
                       ppo_advantages_options, ppo_loss_options, ppo_policy_loss_options, ppo_value_loss_options,
                       preference_nll_options, shape_rewards_options, token_log_probs_options, whiten_options)
from ._results import (cross_entropy_loss_result, gdpo_advantages_result, ppo_advantages_result, ppo_loss_result,
                       preference_loss_result, preference_nll_result, token_log_probs_result)
from ._values import Keywords

__all__ = ["linear_head_cross_entropy_loss", "gdpo_advantages", "ppo_advantages", "ppo_loss", "linear_head_ppo_loss",
           "preference_nll", "preference_pairs", "linear_head_token_log_probs", "linear_head_token_log_probs_backward"]


_linear_head_cross_entropy_loss = Function(
    "linear_head_cross_entropy_loss", [struct("batch", _batch.batch), struct("linear_head", linear_head),
    array("targets", "index"), head_gradient(optional=True), options(cross_entropy_loss_options), executor],
    cross_entropy_loss_result)


@names_checked
def linear_head_cross_entropy_loss(batch: _batch.batch, linear_head: linear_head, targets: Array, *,
                                   d_hidden: GradientOutput = None, d_weights: GradientOutput = None,
                                   temperature: float = 1, label_smoothing: float = 0, z_loss_coef: float = 0,
                                   aggregation: aggregation = "token_mean",
                                   executor: Optional[Executor] = None) -> cross_entropy_loss_result:
    """cross_entropy_loss from hidden states and weights: the logits are never held as a whole.

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient
        label_smoothing: ε in [0, 1]: the share of the target's weight that is spread over all entries
        z_loss_coef: finite: the factor of lse², which keeps lse near 0

    More: <rlhf/recipe/linear_head.hpp>
    """
    return _linear_head_cross_entropy_loss(locals())


class _gdpo_advantages_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("rewards", In), ("weights", In), ("workspace", Out), ("advantages", Out)]
    declared = {"rewards": ("[R, N]", "T"), "weights": ("[R]", "T"), "workspace": ("[N]", "T"),
                "advantages": ("[N]", "T")}


_gdpo_advantages = Function(
    "gdpo_advantages", [struct("groups", _batch.groups), arrays(_gdpo_advantages_arrays),
    options(gdpo_advantages_options), executor], gdpo_advantages_result)


@names_checked
def gdpo_advantages(groups: _batch.groups, *, rewards: Array, advantages: Output, weights: Optional[Array] = None,
                    workspace: Output = True, group: Union[group_advantages_options, Keywords, None] = None,
                    whiten: Union[whiten_options, Keywords, None] = None,
                    executor: Optional[Executor] = None) -> gdpo_advantages_result:
    """Advantages from several rewards per sequence. Each reward is compared in its group before they are added, so that
    a reward with large numbers does not drown the others.

        Aₖ = group_advantages of reward k          as the option group says
        A  = Σ weightₖ Aₖ, then whitened over the sequences, as the option whiten says

    Arrays:
        rewards: [R, N], a row per reward, a column per sequence
        weights: [R], one factor per reward; absent: 1
        workspace: [N], for the advantages of one reward
        advantages: [N], out

    Options:
        group: a dict or group_advantages_options; for each reward on its own
        whiten: a dict or whiten_options; for the sums, over sequences; rlhf.no_whitening: the caller whitens

    More: <rlhf/recipe/gdpo_advantages.hpp>
    """
    return _gdpo_advantages(locals())


class _ppo_advantages_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", In), ("ref_log_probs", In), ("values", In), ("scores", In),
                ("finished", In), ("bootstrap_values", In), ("advantages", Out), ("returns", Out)]
    declared = {"log_probs": ("[B, T]", "T"), "ref_log_probs": ("[B, T]", "T"), "values": ("[B, T]", "T"),
                "scores": ("[B]", "T"), "finished": ("[B]", "uint8"), "bootstrap_values": ("[B]", "T"),
                "advantages": ("[B, T]", "T"), "returns": ("[B, T]", "T")}


_ppo_advantages = Function(
    "ppo_advantages", [struct("batch", _batch.batch), arrays(_ppo_advantages_arrays), options(ppo_advantages_options),
    executor], ppo_advantages_result)


@names_checked
def ppo_advantages(batch: _batch.batch, *, log_probs: Array, ref_log_probs: Array, values: Array, scores: Array,
                   advantages: Output, finished: Optional[Array] = None, bootstrap_values: Optional[Array] = None,
                   returns: Output = None, rewards: Union[shape_rewards_options, Keywords, None] = None,
                   gae: Union[gae_options, Keywords, None] = None,
                   whiten: Union[whiten_options, Keywords, None] = None,
                   executor: Optional[Executor] = None) -> ppo_advantages_result:
    """Rewards, advantages and returns of a rollout: calls shape_rewards, then gae, then whiten, which changes only the
    advantages. See these functions for formulas, edge cases and sources.

    Arrays:
        log_probs: [B, T], log π of the policy that sampled, nats
        ref_log_probs: [B, T], log π_ref of the reference, nats
        values: [B, T], V(sₜ)
        scores: [B], one score per sequence
        finished: [B] uint8, 0: cut before its end of text; absent: all finished
        bootstrap_values: [B], V after the last step; absent: 0
        advantages: [B, T], out; first holds the rewards
        returns: [B, T], out; may be values' memory

    Options:
        rewards: a dict or shape_rewards_options; for shape_rewards
        gae: a dict or gae_options; for gae
        whiten: a dict or whiten_options; rlhf.no_whitening: the caller whitens over ranks and parts

    More: <rlhf/recipe/ppo_advantages.hpp>
    """
    return _ppo_advantages(locals())


class _ppo_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("old_log_probs", In), ("ref_log_probs", In), ("behavior_log_probs", In),
                ("advantages", In), ("weights", In), ("values", In), ("old_values", In), ("returns", In),
                ("value_weights", In), ("log_probs", Out), ("entropy", Out), ("d_log_probs", Out), ("d_entropy", Out),
                ("d_values", Gradient)]
    declared = {"old_log_probs": ("[B, T]", "T"), "ref_log_probs": ("[B, T]", "T"),
                "behavior_log_probs": ("[B, T]", "T"), "advantages": ("[B, T]", "T"), "weights": ("[B, T]", "T"),
                "values": ("[B, T]", "T"), "old_values": ("[B, T]", "T"), "returns": ("[B, T]", "T"),
                "value_weights": ("[B, T]", "T"), "log_probs": ("[B, T]", "T"), "entropy": ("[B, T]", "T"),
                "d_log_probs": ("[B, T]", "T"), "d_entropy": ("[B, T]", "T"), "d_values": ("[B, T]", "T")}


_ppo_loss = Function(
    "ppo_loss", [struct("batch", _batch.batch), logits("logits"), array("targets", "index"), arrays(_ppo_loss_arrays),
    logits_gradient(), options(ppo_loss_options), executor], ppo_loss_result)


@names_checked
def ppo_loss(batch: _batch.batch, logits: Array, targets: Array, *, old_log_probs: Array, advantages: Array,
             log_probs: Output, d_log_probs: Output, d_logits: GradientOutput, ref_log_probs: Optional[Array] = None,
             behavior_log_probs: Optional[Array] = None, weights: Optional[Array] = None,
             values: Optional[Array] = None, old_values: Optional[Array] = None, returns: Optional[Array] = None,
             value_weights: Optional[Array] = None, entropy: Output = None, d_entropy: Output = None,
             d_values: GradientOutput = None, head: Union[token_log_probs_options, Keywords, None] = None,
             policy: Union[ppo_policy_loss_options, Keywords, None] = None,
             value: Union[ppo_value_loss_options, Keywords, None] = None, value_coef: float = 1,
             entropy_coef: float = 0, executor: Optional[Executor] = None) -> ppo_loss_result:
    """A minibatch of a PPO step, from logits to their gradient. It is token_log_probs, ppo_policy_loss, ppo_value_loss,
    the entropy bonus by masked_mean, and token_log_probs_backward, with the same bits; see there for formulas, edge
    cases and sources. A row of logits is read, used for its token's slopes, and overwritten by its gradient while it
    is in the cache.

        loss = policy loss + value_coef · value loss − entropy_coef · mean entropy

    Arrays:
        old_log_probs: [B, T], log π_old at the time of the rollout
        ref_log_probs: [B, T], log π_ref; absent: no KL
        behavior_log_probs: [B, T], log μ of the sampler; absent: no importance weight
        advantages: [B, T], or per_sequence [B]
        weights: [B, T], or per_sequence [B]; factor of the policy loss
        values: [B, T], V(sₜ) now; absent: no critic
        old_values: [B, T], v_old at rollout; needed for value.clip_range
        returns: [B, T], R, the targets of the values; needed with values
        value_weights: [B, T], or per_sequence [B]; factor of the value loss
        log_probs: [B, T], out, log π of the targets, nats
        entropy: [B, T], out, nats; needed if entropy_coef is not 0
        d_log_probs: [B, T], out, ∂loss/∂log_probs
        d_entropy: [B, T], out, ∂loss/∂entropy; needed with entropy_coef
        d_values: [B, T], value_coef · ∂value loss/∂values

    Options:
        head: a dict or token_log_probs_options; for token_log_probs
        policy: a dict or ppo_policy_loss_options; for ppo_policy_loss
        value: a dict or ppo_value_loss_options; for ppo_value_loss
        value_coef: finite: the factor of the value loss
        entropy_coef: finite: the factor of the mean entropy, by the policy's aggregation

    More: <rlhf/recipe/ppo_loss.hpp>
    """
    return _ppo_loss(locals())


_linear_head_ppo_loss = Function(
    "linear_head_ppo_loss", [struct("batch", _batch.batch), struct("linear_head", linear_head),
    array("targets", "index"), arrays(_ppo_loss_arrays), head_gradient(), options(ppo_loss_options), executor],
    ppo_loss_result)


@names_checked
def linear_head_ppo_loss(batch: _batch.batch, linear_head: linear_head, targets: Array, *, old_log_probs: Array,
                         advantages: Array, log_probs: Output, d_log_probs: Output,
                         ref_log_probs: Optional[Array] = None, behavior_log_probs: Optional[Array] = None,
                         weights: Optional[Array] = None, values: Optional[Array] = None,
                         old_values: Optional[Array] = None, returns: Optional[Array] = None,
                         value_weights: Optional[Array] = None, entropy: Output = None, d_entropy: Output = None,
                         d_values: GradientOutput = None, d_hidden: GradientOutput = None,
                         d_weights: GradientOutput = None, head: Union[token_log_probs_options, Keywords, None] = None,
                         policy: Union[ppo_policy_loss_options, Keywords, None] = None,
                         value: Union[ppo_value_loss_options, Keywords, None] = None, value_coef: float = 1,
                         entropy_coef: float = 0, executor: Optional[Executor] = None) -> ppo_loss_result:
    """ppo_loss from hidden states and weights: the logits are never held as a whole.

    Arrays:
        old_log_probs: [B, T], log π_old at the time of the rollout
        ref_log_probs: [B, T], log π_ref; absent: no KL
        behavior_log_probs: [B, T], log μ of the sampler; absent: no importance weight
        advantages: [B, T], or per_sequence [B]
        weights: [B, T], or per_sequence [B]; factor of the policy loss
        values: [B, T], V(sₜ) now; absent: no critic
        old_values: [B, T], v_old at rollout; needed for value.clip_range
        returns: [B, T], R, the targets of the values; needed with values
        value_weights: [B, T], or per_sequence [B]; factor of the value loss
        log_probs: [B, T], out, log π of the targets, nats
        entropy: [B, T], out, nats; needed if entropy_coef is not 0
        d_log_probs: [B, T], out, ∂loss/∂log_probs
        d_entropy: [B, T], out, ∂loss/∂entropy; needed with entropy_coef
        d_values: [B, T], value_coef · ∂value loss/∂values

    Options:
        head: a dict or token_log_probs_options; for token_log_probs
        policy: a dict or ppo_policy_loss_options; for ppo_policy_loss
        value: a dict or ppo_value_loss_options; for ppo_value_loss
        value_coef: finite: the factor of the value loss
        entropy_coef: finite: the factor of the mean entropy, by the policy's aggregation

    More: <rlhf/recipe/linear_head.hpp>
    """
    return _linear_head_ppo_loss(locals())


class _preference_nll_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", In), ("ref_log_probs", In), ("chosen", In), ("rejected", In),
                ("margins", In), ("weights", In), ("sums", Out), ("d_sums", Out), ("d_log_probs", Gradient)]
    declared = {"log_probs": ("[B, T]", "T"), "ref_log_probs": ("[B, T]", "T"), "chosen": ("[pairs]", "index"),
                "rejected": ("[pairs]", "index"), "margins": ("[pairs]", "T"), "weights": ("[pairs]", "T"),
                "sums": ("[B]", "T"), "d_sums": ("[B]", "T"), "d_log_probs": ("[B, T]", "T")}


_preference_nll = Function(
    "preference_nll", [struct("answers", _batch.batch), struct("pairs", _batch.batch), struct("text", _batch.batch),
    arrays(_preference_nll_arrays), struct("objective", *get_args(preference_loss_objective)),
    options(preference_nll_options), executor], preference_nll_result)


@names_checked
def preference_nll(answers: _batch.batch, pairs: _batch.batch, text: _batch.batch, *, log_probs: Array, chosen: Array,
                   rejected: Array, sums: Output, d_sums: Output, objective: preference_loss_objective,
                   ref_log_probs: Optional[Array] = None, margins: Optional[Array] = None,
                   weights: Optional[Array] = None, d_log_probs: GradientOutput = None, nll_weight: float = 1,
                   average: bool = False, executor: Optional[Executor] = None) -> preference_nll_result:
    """A preference loss over pairs of a batch's answers, plus the negative log-likelihood of the preferred answers:
    CPO, ORPO, and DPO with an SFT term (TRL's loss type `sft`).

        loss = Σ w objective(c, j) / pairs.denominator − α Σ_pairs Σₜ log π(chosen answer) / text.denominator
        ∂loss/∂log π of a token = ∂(preference term)/∂log π − α · (pairs that prefer its sequence) / text.denominator

        CPO     dpo, without ref_log_probs, α = 1; text: the answers again
        ORPO    orpo, with `average`, α = 1; text: in TRL prompts count as well

    Arrays:
        log_probs: [B, T], log π of the targets, nats
        ref_log_probs: [B, T], log π_ref of the targets, nats; absent: 0
        chosen: [pairs] int32 or int64, index of the preferred sequence, from 0 on
        rejected: [pairs] int32 or int64, index of the other sequence
        margins: [pairs], as in preference_loss
        weights: [pairs], factor of the preference term alone
        sums: [B], out, the sums of sequence_log_probs
        d_sums: [B], out, ∂(preference term)/∂sums
        d_log_probs: [B, T], ∂loss/∂log_probs

    Options:
        nll_weight: α, finite: the factor of the preferred answers' negative log-likelihood
        average: true: compares averages of log-probabilities, as orpo and simpo need

    More: <rlhf/recipe/preference_nll.hpp>
    """
    return _preference_nll(locals())


class _preference_pairs_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("sums", In), ("chosen", In), ("rejected", In), ("margins", In), ("weights", In),
                ("d_sums", Gradient)]
    declared = {"sums": ("[B]", "T"), "chosen": ("[pairs]", "index"), "rejected": ("[pairs]", "index"),
                "margins": ("[pairs]", "T"), "weights": ("[pairs]", "T"), "d_sums": ("[B]", "T")}


_preference_pairs = Function(
    "preference_pairs", [struct("batch", _batch.batch), arrays(_preference_pairs_arrays),
    struct("objective", *get_args(preference_loss_objective))], preference_loss_result)


@names_checked
def preference_pairs(batch: _batch.batch, *, sums: Array, chosen: Array, rejected: Array,
                     objective: preference_loss_objective, margins: Optional[Array] = None,
                     weights: Optional[Array] = None, d_sums: GradientOutput = None) -> preference_loss_result:
    """preference_loss over pairs of the sequences of one batch, given by their indices. K ranked answers to a prompt
    give up to K (K − 1) / 2 pairs, and each answer is scored once.

        c = sums[chosen[p]],  j = sums[rejected[p]]                                 objective and loss: preference_loss
        ∂loss/∂sums[s] = Σ ∂loss/∂c over pairs with chosen[p] = s + Σ ∂loss/∂j over pairs with rejected[p] = s

    Arrays:
        sums: [B], one per sequence, from sequence_log_probs
        chosen: [pairs] int32 or int64, index of the preferred sequence, from 0 on
        rejected: [pairs] int32 or int64, index of the other sequence
        margins: [pairs], as in preference_loss
        weights: [pairs], factor of the loss; absent: 1
        d_sums: [B], ∂loss/∂sums

    More: <rlhf/recipe/preference_pairs.hpp>
    """
    return _preference_pairs(locals())


class _token_log_probs_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", Out), ("entropy", Out), ("log_sum_exp", Out), ("collision", Out)]
    declared = {"log_probs": ("[B, T]", "T"), "entropy": ("[B, T]", "T"), "log_sum_exp": ("[B, T]", "T"),
                "collision": ("[B, T]", "T")}


_linear_head_token_log_probs = Function(
    "linear_head_token_log_probs", [struct("batch", _batch.batch), struct("linear_head", linear_head),
    array("targets", "index"), arrays(_token_log_probs_arrays), options(token_log_probs_options), executor],
    token_log_probs_result)


@names_checked
def linear_head_token_log_probs(batch: _batch.batch, linear_head: linear_head, targets: Array, *,
                                log_probs: Output = None, entropy: Output = None, log_sum_exp: Output = None,
                                collision: Output = None, temperature: float = 1,
                                executor: Optional[Executor] = None) -> token_log_probs_result:
    """token_log_probs from hidden states and weights: the logits are never held as a whole.

    Arrays:
        log_probs: [B, T], out, log p of the target, nats
        entropy: [B, T], out, −Σ p log p, nats
        log_sum_exp: [B, T], out, nats; in the backward pass it saves one read of the logits
        collision: [B, T], out, Σ p²

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/recipe/linear_head.hpp>
    """
    return _linear_head_token_log_probs(locals())


class _token_log_probs_backward_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_sum_exp", In), ("d_log_probs", In), ("d_entropy", In)]
    declared = {"log_sum_exp": ("[B, T]", "T"), "d_log_probs": ("[B, T]", "T"), "d_entropy": ("[B, T]", "T")}


_linear_head_token_log_probs_backward = Function(
    "linear_head_token_log_probs_backward", [struct("batch", _batch.batch), struct("linear_head", linear_head),
    array("targets", "index"), arrays(_token_log_probs_backward_arrays), head_gradient(),
    options(token_log_probs_options), executor], token_log_probs_result)


@names_checked
def linear_head_token_log_probs_backward(batch: _batch.batch, linear_head: linear_head, targets: Array, *,
                                         log_sum_exp: Optional[Array] = None, d_log_probs: Optional[Array] = None,
                                         d_entropy: Optional[Array] = None, d_hidden: GradientOutput = None,
                                         d_weights: GradientOutput = None, temperature: float = 1,
                                         executor: Optional[Executor] = None) -> token_log_probs_result:
    """token_log_probs_backward from hidden states and weights: the logits are never held as a whole.

    Arrays:
        log_sum_exp: [B, T], from the forward pass; absent: computed again
        d_log_probs: [B, T], ∂loss/∂log_probs; absent: 0
        d_entropy: [B, T], ∂loss/∂entropy; absent: 0

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/recipe/linear_head.hpp>
    """
    return _linear_head_token_log_probs_backward(locals())
