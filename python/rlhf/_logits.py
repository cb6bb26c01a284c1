# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
# mypy: disable-error-code="no-any-return"
"""The functions of <rlhf/logits/>."""
from __future__ import annotations

from ctypes import c_int64, c_size_t
from math import inf
from typing import Any, Optional

from . import _batch
from ._arrays import Array, GradientOutput, Output
from ._batch import Executor
from ._c import In, Out
from ._call import Arrays, Function, Given, array, arrays, executor, integer, logits, logits_gradient, options, struct
from ._enums import aggregation, divergence, top_k_support
from ._names import names_checked
from ._options import cross_entropy_loss_options, divergence_options, token_log_probs_options, top_k_divergence_options
from ._results import cross_entropy_loss_result, divergence_sums, token_log_probs_result

__all__ = ["cross_entropy_loss", "kept_set", "kept_log_probs", "kept_log_probs_backward", "logits_divergence",
           "token_log_probs", "token_log_probs_backward", "top_k_reference", "top_k_divergence",
           "vocab_shard_backward", "vocab_shard_log_probs", "vocab_shard_sums"]


_cross_entropy_loss = Function(
    "cross_entropy_loss", [struct("batch", _batch.batch), logits("logits"), array("targets", "index"),
    logits_gradient(), options(cross_entropy_loss_options), executor], cross_entropy_loss_result)


@names_checked
def cross_entropy_loss(batch: _batch.batch, logits: Array, targets: Array, *, d_logits: GradientOutput = None,
                       temperature: float = 1, label_smoothing: float = 0, z_loss_coef: float = 0,
                       aggregation: aggregation = "token_mean",
                       executor: Optional[Executor] = None) -> cross_entropy_loss_result:
    """The negative log-likelihood of the targets, with its gradient into the logits. Loss and gradient of a row of
    logits are computed while the row is in the cache.

        x    = z / temperature          lse = log Σ exp(xᵥ)          log pᵥ = xᵥ − lse
        l    = −(1 − ε) log p_target − ε Σ log pᵥ / V + z_loss_coef · lse²          ε = label_smoothing
        loss = Σ l / denominator                                                    by the aggregation
        ∂l/∂zᵥ = ((1 + 2 z_loss_coef · lse) pᵥ − (1 − ε) δᵥ − ε / V) / temperature  δᵥ = 1 at the target, else 0

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient
        label_smoothing: ε in [0, 1]: the share of the target's weight that is spread over all entries
        z_loss_coef: finite: the factor of lse², which keeps lse near 0

    More: <rlhf/logits/cross_entropy_loss.hpp>
    """
    return _cross_entropy_loss(locals())


class kept_set(Given):
    """What a sampler kept of the vocabulary when it drew each token: the ids that top-p and top-k let through. Token i
    has ids[offsets[i]] … ids[offsets[i + 1] − 1]. Tokens are in the order of the batch. With predict_next, step t
    uses the set of token t + 1, like its target.

        ids: int32 or int64, one token after the other; the ids of a token are in any order, each once
        offsets: [tokens + 1] int32 or int64, from 0 to the number of ids
    """

    _fields_ = [("size", c_size_t), ("ids", In), ("offsets", In)]
    declared = {"ids": ("", "index"), "offsets": ("[tokens + 1]", "index")}

    @names_checked
    def __init__(self, *, ids: Array, offsets: Array) -> None:
        self.take(locals(), "kept_set")


class _kept_log_probs_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_sum_exp", In), ("log_probs", Out), ("entropy", Out), ("log_kept", Out)]
    declared = {"log_sum_exp": ("[B, T]", "T"), "log_probs": ("[B, T]", "T"), "entropy": ("[B, T]", "T"),
                "log_kept": ("[B, T]", "T")}


_kept_log_probs = Function(
    "kept_log_probs", [struct("batch", _batch.batch), logits("logits"), array("targets", "index"),
    struct("kept", kept_set), arrays(_kept_log_probs_arrays), options(token_log_probs_options), executor],
    token_log_probs_result)


@names_checked
def kept_log_probs(batch: _batch.batch, logits: Array, targets: Array, kept: kept_set, *,
                   log_sum_exp: Optional[Array] = None, log_probs: Output = None, entropy: Output = None,
                   log_kept: Output = None, temperature: float = 1,
                   executor: Optional[Executor] = None) -> token_log_probs_result:
    """The log-probability of each target under the distribution that it was drawn from: the softmax over the set that
    the sampler kept, instead of the whole vocabulary. Its cost grows with the set.

        S = the token's kept ids and its target        x = z / temperature        lse = log Σ exp(xᵥ) over S
        log p = x − lse        log_probs = log p_target        entropy = −Σ p log p over S
        log_kept = lse − log_sum_exp: log Σ over S of the softmax over the whole vocabulary

    Arrays:
        log_sum_exp: [B, T], from token_log_probs at the same temperature; for log_kept alone
        log_probs: [B, T], out, log p of the target among the kept ids, nats
        entropy: [B, T], out, −Σ p log p over the kept ids, nats
        log_kept: [B, T], out, log of the kept ids' probability in the whole softmax, nats

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/logits/kept_log_probs.hpp>
    """
    return _kept_log_probs(locals())


class _kept_log_probs_backward_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("d_log_probs", In), ("d_entropy", In)]
    declared = {"d_log_probs": ("[B, T]", "T"), "d_entropy": ("[B, T]", "T")}


_kept_log_probs_backward = Function(
    "kept_log_probs_backward", [struct("batch", _batch.batch), logits("logits"), array("targets", "index"),
    struct("kept", kept_set), arrays(_kept_log_probs_backward_arrays), logits_gradient(),
    options(token_log_probs_options), executor], token_log_probs_result)


@names_checked
def kept_log_probs_backward(batch: _batch.batch, logits: Array, targets: Array, kept: kept_set, *,
                            d_logits: GradientOutput, d_log_probs: Optional[Array] = None,
                            d_entropy: Optional[Array] = None, temperature: float = 1,
                            executor: Optional[Executor] = None) -> token_log_probs_result:
    """The backward pass of kept_log_probs: the gradient into the logits of any loss that depends on log_probs and
    entropy.

        ∂loss/∂zᵥ = (d_log_probs (δᵥ − pᵥ) − d_entropy pᵥ (log pᵥ + entropy)) / temperature in S, else 0
        with δᵥ = 1 at the target, else 0

    Arrays:
        d_log_probs: [B, T], ∂loss/∂log_probs; absent: 0
        d_entropy: [B, T], ∂loss/∂entropy; absent: 0

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/logits/kept_log_probs.hpp>
    """
    return _kept_log_probs_backward(locals())


_logits_divergence = Function(
    "logits_divergence", [struct("batch", _batch.batch), logits("logits"), logits("reference"), logits_gradient(),
    options(divergence_options), executor], divergence_sums)


@names_checked
def logits_divergence(batch: _batch.batch, logits: Array, reference: Array, *, d_logits: GradientOutput = None,
                      divergence: divergence = "reverse_kl", beta: float = 0.5, temperature: float = 1,
                      aggregation: aggregation = "token_mean", executor: Optional[Executor] = None) -> divergence_sums:
    """The divergence between the policy's and a reference's (or teacher's) distribution of each token, over the whole
    vocabulary, with its gradient into the policy's logits z. The reference's logits w get no gradient.

        p = softmax(z / temperature)          q = softmax(w / temperature)          m = β q + (1 − β) p
        reverse_kl  D = KL(p ‖ q) = Σ p (log p − log q)  ∂D/∂zᵥ = pᵥ (log pᵥ − log qᵥ − D) / temperature
        forward_kl  D = KL(q ‖ p) = Σ q (log q − log p)  ∂D/∂zᵥ = (pᵥ − qᵥ) / temperature
        jsd         D = β KL(q ‖ m) + (1 − β) KL(p ‖ m)  ∂D/∂zᵥ = (1 − β) pᵥ (log pᵥ − log mᵥ − KL(p ‖ m)) / temperature
        loss = Σ D / denominator                         by the aggregation

    Options:
        beta: β, for jsd alone, in (0, 1): the reference's weight in the mixture
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/logits/logits_divergence.hpp>
    """
    return _logits_divergence(locals())


class _token_log_probs_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_probs", Out), ("entropy", Out), ("log_sum_exp", Out), ("collision", Out)]
    declared = {"log_probs": ("[B, T]", "T"), "entropy": ("[B, T]", "T"), "log_sum_exp": ("[B, T]", "T"),
                "collision": ("[B, T]", "T")}


_token_log_probs = Function(
    "token_log_probs", [struct("batch", _batch.batch), logits("logits"), array("targets", "index"),
    arrays(_token_log_probs_arrays), options(token_log_probs_options), executor], token_log_probs_result)


@names_checked
def token_log_probs(batch: _batch.batch, logits: Array, targets: Array, *, log_probs: Output = None,
                    entropy: Output = None, log_sum_exp: Output = None, collision: Output = None,
                    temperature: float = 1, executor: Optional[Executor] = None) -> token_log_probs_result:
    """The log-probability of each target, and entropy, log-sum-exp and collision of its distribution, in one read of
    the logits.

        x       = z / temperature          lse = log Σ exp(xᵥ)          log pᵥ = xᵥ − lse
        log_probs = log p_target           entropy = −Σ pᵥ log pᵥ       collision = Σ pᵥ²

    Arrays:
        log_probs: [B, T], out, log p of the target, nats
        entropy: [B, T], out, −Σ p log p, nats
        log_sum_exp: [B, T], out, nats; in the backward pass it saves one read of the logits
        collision: [B, T], out, Σ p²

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/logits/token_log_probs.hpp>
    """
    return _token_log_probs(locals())


class _token_log_probs_backward_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("log_sum_exp", In), ("d_log_probs", In), ("d_entropy", In)]
    declared = {"log_sum_exp": ("[B, T]", "T"), "d_log_probs": ("[B, T]", "T"), "d_entropy": ("[B, T]", "T")}


_token_log_probs_backward = Function(
    "token_log_probs_backward", [struct("batch", _batch.batch), logits("logits"), array("targets", "index"),
    arrays(_token_log_probs_backward_arrays), logits_gradient(), options(token_log_probs_options), executor],
    token_log_probs_result)


@names_checked
def token_log_probs_backward(batch: _batch.batch, logits: Array, targets: Array, *, d_logits: GradientOutput,
                             log_sum_exp: Optional[Array] = None, d_log_probs: Optional[Array] = None,
                             d_entropy: Optional[Array] = None, temperature: float = 1,
                             executor: Optional[Executor] = None) -> token_log_probs_result:
    """The backward pass of token_log_probs: the gradient into the logits of any loss that depends on log_probs and
    entropy.

        ∂loss/∂zᵥ = (d_log_probs (δᵥ − pᵥ) − d_entropy pᵥ (log pᵥ + entropy)) / temperature
        with δᵥ = 1 at the target, else 0

    Arrays:
        log_sum_exp: [B, T], from the forward pass; absent: computed again
        d_log_probs: [B, T], ∂loss/∂log_probs; absent: 0
        d_entropy: [B, T], ∂loss/∂entropy; absent: 0

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/logits/token_log_probs.hpp>
    """
    return _token_log_probs_backward(locals())


class top_k_reference(Given):
    """The k likeliest entries of a reference for every row of logits: [tokens, k] in the order of the batch, flat or as
    rows. With predict_next the row of step t is about token t + 1, like the row of the logits.

        k: 1 to 1024, at most the vocabulary
        ids: int32 or int64, entries of the vocabulary, in any order, each once per row
        log_probs: float32, log q of these entries, nats, at the loss's temperature
    """

    _fields_ = [("size", c_size_t), ("k", c_int64), ("ids", In), ("log_probs", In)]
    declared = {"ids": ("", "index"), "log_probs": ("", "float")}

    @names_checked
    def __init__(self, *, k: int, ids: Array, log_probs: Array) -> None:
        self.take(locals(), "top_k_reference")


_top_k_divergence = Function(
    "top_k_divergence", [struct("batch", _batch.batch), logits("logits"), struct("reference", top_k_reference),
    logits_gradient(), options(top_k_divergence_options), executor], divergence_sums)


@names_checked
def top_k_divergence(batch: _batch.batch, logits: Array, reference: top_k_reference, *,
                     d_logits: GradientOutput = None, divergence: divergence = "reverse_kl", beta: float = 0.5,
                     temperature: float = 1, aggregation: aggregation = "token_mean", support: top_k_support = "tail",
                     least_log_prob: float = -inf, low: float = -inf, high: float = inf,
                     executor: Optional[Executor] = None) -> divergence_sums:
    """The divergence between the policy's distribution of each token and a reference (or teacher) that sends only its k
    likeliest entries, with its gradient into all of the policy's logits z.

        p = softmax(z / temperature)          q = exp(log_probs)
        p_tail = 1 − Σ p          q_tail = 1 − Σ q          Σ over the listed entries
        D = KL(p ‖ q), KL(q ‖ p) or β KL(q ‖ m) + (1 − β) KL(p ‖ m)          over the classes
        loss = Σ D / denominator          by the aggregation
        ∂D/∂zᵥ = pᵥ (g_c − Σ p g) / temperature          g = ∂D/∂p by class, c the class of v

    Options:
        beta: for jsd alone, in (0, 1): the reference's weight in the mixture
        temperature: divides the logits, in value and gradient
        least_log_prob: for truncated alone: log p and log q are at least this
        low: a token's divergence is at least this
        high: and at most this

    More: <rlhf/logits/top_k_divergence.hpp>
    """
    return _top_k_divergence(locals())


class _vocab_shard_backward_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("combined", In), ("d_log_probs", In), ("d_entropy", In)]
    declared = {"combined": ("[B, T]", "vocab_shard"), "d_log_probs": ("[B, T]", "T"), "d_entropy": ("[B, T]", "T")}


_vocab_shard_backward = Function(
    "vocab_shard_backward", [struct("batch", _batch.batch), logits("logits"), integer("first_id"),
    array("targets", "index"), arrays(_vocab_shard_backward_arrays), logits_gradient(),
    options(token_log_probs_options), executor], token_log_probs_result)


@names_checked
def vocab_shard_backward(batch: _batch.batch, logits: Array, first_id: int, targets: Array, *, combined: Array,
                         d_logits: GradientOutput, d_log_probs: Optional[Array] = None,
                         d_entropy: Optional[Array] = None, temperature: float = 1,
                         executor: Optional[Executor] = None) -> token_log_probs_result:
    """The gradient of any loss of log_probs and entropy into a rank's own logits, as token_log_probs_backward writes
    it: δ is 1 at the target on the rank that holds it. Ranks exchange nothing. See vocab_shard_sums.

    Arrays:
        combined: [B, T], from the forward pass
        d_log_probs: [B, T], ∂loss/∂log_probs; absent: 0
        d_entropy: [B, T], ∂loss/∂entropy; absent: 0

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/logits/vocab_shards.hpp>
    """
    return _vocab_shard_backward(locals())


class _vocab_shard_log_probs_arrays(Arrays):
    _fields_ = [("size", c_size_t), ("shards", In), ("combined", Out), ("log_probs", Out), ("entropy", Out),
                ("log_sum_exp", Out)]
    declared = {"shards": ("[ranks, B · T]", "vocab_shard"), "combined": ("[B, T]", "vocab_shard"),
                "log_probs": ("[B, T]", "T"), "entropy": ("[B, T]", "T"), "log_sum_exp": ("[B, T]", "T")}


_vocab_shard_log_probs = Function(
    "vocab_shard_log_probs", [struct("batch", _batch.batch), array("targets", "index"),
    arrays(_vocab_shard_log_probs_arrays), options(token_log_probs_options), executor], token_log_probs_result)


@names_checked
def vocab_shard_log_probs(batch: _batch.batch, targets: Array, *, shards: Array, combined: Output = None,
                          log_probs: Output = None, entropy: Output = None, log_sum_exp: Output = None,
                          temperature: float = 1, executor: Optional[Executor] = None) -> token_log_probs_result:
    """Joins the sums of all ranks into log_probs, entropy and log_sum_exp, as token_log_probs writes them. See
    vocab_shard_sums.

    Arrays:
        shards: [ranks, B · T], the ranks in any order
        combined: [B, T], out, for the backward pass
        log_probs: [B, T], out, log p of the target, nats
        entropy: [B, T], out, −Σ p log p, nats
        log_sum_exp: [B, T], out

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/logits/vocab_shards.hpp>
    """
    return _vocab_shard_log_probs(locals())


_vocab_shard_sums = Function(
    "vocab_shard_sums", [struct("batch", _batch.batch), logits("logits"), integer("first_id"),
    array("targets", "index"), array("shards", "vocab_shard", write=True), options(token_log_probs_options), executor])


@names_checked
def vocab_shard_sums(batch: _batch.batch, logits: Array, first_id: int, targets: Array, shards: Output, *,
                     temperature: float = 1, executor: Optional[Executor] = None) -> dict[str, Any]:
    """Log-probabilities under tensor parallelism, where each rank holds the logits of a part of the vocabulary. This
    call computes the rank's own sums.

    Options:
        temperature: in [10⁻⁶, 10⁶]: divides the logits, in value and gradient

    More: <rlhf/logits/vocab_shards.hpp>
    """
    return _vocab_shard_sums(locals())
