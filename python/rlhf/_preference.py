# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
# mypy: disable-error-code="no-any-return"
"""The functions of <rlhf/preference/>."""
from __future__ import annotations

from ctypes import c_size_t
from typing import Any, Optional, get_args

from . import _batch
from ._arrays import Array, GradientOutput, Output
from ._batch import Executor
from ._c import Gradient, In, Out
from ._call import Arrays, Function, arrays, executor, options, struct
from ._names import names_checked
from ._objectives import preference_loss_objective, unpaired_loss_objective
from ._options import sequence_log_probs_options
from ._results import preference_loss_result, sequence_log_probs_result, unpaired_loss_result

__all__ = ["preference_loss", "sequence_log_probs", "sequence_log_probs_backward", "unpaired_loss"]


class _preference_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("chosen", In), ("rejected", In), ("margins", In), ("weights", In),
                ("d_chosen", Gradient), ("d_rejected", Gradient)]
    declared = {"chosen": ("[pairs]", "T"), "rejected": ("[pairs]", "T"), "margins": ("[pairs]", "T"),
                "weights": ("[pairs]", "T"), "d_chosen": ("[pairs]", "T"), "d_rejected": ("[pairs]", "T")}


_preference_loss = Function(
    "preference_loss", [struct("batch", _batch.batch), arrays(_preference_loss_arrays),
    struct("objective", *get_args(preference_loss_objective)), executor], preference_loss_result)


@names_checked
def preference_loss(batch: _batch.batch, *, chosen: Array, rejected: Array, objective: preference_loss_objective,
                    margins: Optional[Array] = None, weights: Optional[Array] = None, d_chosen: GradientOutput = None,
                    d_rejected: GradientOutput = None, executor: Optional[Executor] = None) -> preference_loss_result:
    """A loss over pairs of answers, one of which is preferred, with its gradient. Each objective has its formula,
    options and source in a header:

        formula/dpo.hpp          dpo (with label smoothing: cDPO), robust_dpo, simpo
        formula/ipo.hpp          ipo
        formula/slic_hinge.hpp   slic_hinge
        formula/exo.hpp          exo
        formula/discopop.hpp     discopop
        formula/nca.hpp          nca, bco
        formula/apo.hpp          apo_zero, apo_down
        formula/sppo.hpp         sppo
        formula/orpo.hpp         orpo

        loss = Σ w objective(c, j) / denominator.tokens

    Arrays:
        chosen: [pairs], c, log ratio of the preferred answer
        rejected: [pairs], j, log ratio of the other answer
        margins: [pairs], subtracted from β (c − j); absent: 0
        weights: [pairs], factor of the loss; absent: 1
        d_chosen: [pairs], ∂loss/∂chosen
        d_rejected: [pairs], ∂loss/∂rejected

    More: <rlhf/preference/preference_loss.hpp>
    """
    return _preference_loss(locals())


class _sequence_log_probs_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", In), ("ref_log_probs", In), ("sums", Out)]
    declared = {"log_probs": ("[B, T]", "T"), "ref_log_probs": ("[B, T]", "T"), "sums": ("[B]", "T")}


_sequence_log_probs = Function(
    "sequence_log_probs", [struct("batch", _batch.batch), arrays(_sequence_log_probs_arrays),
    options(sequence_log_probs_options), executor], sequence_log_probs_result)


@names_checked
def sequence_log_probs(batch: _batch.batch, *, log_probs: Array, sums: Output, ref_log_probs: Optional[Array] = None,
                       average: bool = False, executor: Optional[Executor] = None) -> sequence_log_probs_result:
    """The log-probability of each sequence, or its log ratio to a reference: what losses over pairs of answers compare.

        sums[s] = Σₜ (log π − log π_ref)           over the tokens of s that count
        sums[s] = Σₜ (log π − log π_ref) / |s|     if the option average; |s| is the number of these tokens

    Arrays:
        log_probs: [B, T], log π of the targets, nats
        ref_log_probs: [B, T], log π_ref of the targets, nats; absent: 0
        sums: [B], out, nats

    Options:
        average: divide by the number of counted tokens, as SimPO, ORPO and TRL's IPO do

    More: <rlhf/preference/sequence_log_probs.hpp>
    """
    return _sequence_log_probs(locals())


class _sequence_log_probs_backward_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("d_sums", In), ("d_log_probs", Gradient)]
    declared = {"d_sums": ("[B]", "T"), "d_log_probs": ("[B, T]", "T")}


_sequence_log_probs_backward = Function(
    "sequence_log_probs_backward", [struct("batch", _batch.batch), arrays(_sequence_log_probs_backward_arrays),
    options(sequence_log_probs_options), executor])


@names_checked
def sequence_log_probs_backward(batch: _batch.batch, *, d_sums: Array, d_log_probs: GradientOutput = None,
                                average: bool = False, executor: Optional[Executor] = None) -> dict[str, Any]:
    """The backward pass of sequence_log_probs: every counted token of a sequence gets the slope of the sequence's sum.

        ∂loss/∂log π = d_sums[s]           or d_sums[s] / |s| if the option average

    Arrays:
        d_sums: [B], ∂loss/∂sums
        d_log_probs: [B, T], ∂loss/∂log_probs

    Options:
        average: divide by the number of counted tokens, as SimPO, ORPO and TRL's IPO do

    More: <rlhf/preference/sequence_log_probs.hpp>
    """
    return _sequence_log_probs_backward(locals())


class _unpaired_loss_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_ratios", In), ("desirable", In), ("weights", In), ("d_log_ratios", Gradient)]
    declared = {"log_ratios": ("[answers]", "T"), "desirable": ("[answers]", "uint8"), "weights": ("[answers]", "T"),
                "d_log_ratios": ("[answers]", "T")}


_unpaired_loss = Function(
    "unpaired_loss", [struct("batch", _batch.batch), arrays(_unpaired_loss_arrays),
    struct("objective", *get_args(unpaired_loss_objective))], unpaired_loss_result)


@names_checked
def unpaired_loss(batch: _batch.batch, *, log_ratios: Array, desirable: Array, objective: unpaired_loss_objective,
                  weights: Optional[Array] = None, d_log_ratios: GradientOutput = None) -> unpaired_loss_result:
    """A loss over answers that were judged one by one, as desirable or not, with its gradient. Each objective has its
    formula, options and source in a header:

        formula/kto.hpp          kto
        formula/nca.hpp          bco

        loss = Σ w objective(r, desirable) / denominator.tokens

    Arrays:
        log_ratios: [answers], r: see sequence_log_probs
        desirable: [answers] uint8, 0 for a bad answer, else 1
        weights: [answers], factor of the loss; absent: 1
        d_log_ratios: [answers], ∂loss/∂r

    More: <rlhf/preference/unpaired_loss.hpp>
    """
    return _unpaired_loss(locals())
