# SPDX-License-Identifier: MIT
"""Every function of rlhf.torch against differences in double, whichever of its inputs learn."""
from __future__ import annotations

import itertools
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import rlhf  # noqa: E402
import rlhf.torch as ours  # noqa: E402

B, T, V, H, K = 3, 7, 6, 4, 3
generator = torch.Generator().manual_seed(0)
MASK = torch.rand(B, T, generator=generator) < 0.7
TARGETS = torch.randint(0, V, (B, T), generator=generator)
IDS = torch.stack([torch.randperm(V, generator=generator)[:K] for _ in range(B * T)])
PAIRS = {"chosen": torch.tensor([0, 1]), "rejected": torch.tensor([2, 2]), "objective": rlhf.dpo(beta=0.3)}


def normal(*shape: int) -> Any:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


LOG_PROBS, OLD, REF, ADVANTAGES = (-normal(B, T).abs() for _ in range(4))
OTHER, HIDDEN, WEIGHTS = normal(B, T, V), normal(B * T, H), normal(V, H)
EVERY = rlhf.batch(mask=rlhf.all, sequences=B, steps=T, denominator=rlhf.counted_here)
TOKENS = rlhf.batch(mask=MASK, denominator=rlhf.counted_here, predict_next=False)
KEPT = rlhf.kept_set(ids=IDS.flatten(), offsets=torch.arange(0, K * B * T + 1, K))
TOP = rlhf.top_k_reference(k=K, ids=IDS, log_probs=torch.full((B * T, K), -1.5))
ROLLOUT = {"old_log_probs": OLD, "advantages": ADVANTAGES, "weights": REF.abs()}
CRITIC = {"returns": REF, "entropy_coef": 0.1, "value_coef": 0.5}


def pairs(n: int) -> rlhf.batch:
    return rlhf.batch(mask=rlhf.all, steps=n, denominator=rlhf.counted_here)


def head(hidden: Any, weights: Any) -> rlhf.linear_head:
    return rlhf.linear_head(hidden=hidden, weights=weights, rows=4)


def row() -> Any:
    return normal(B, T)


# Each function, and its inputs that learn.
CASES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "bradley_terry_loss": (lambda c, r: ours.bradley_terry_loss(
        pairs(B), chosen_rewards=c, rejected_rewards=r, label_smoothing=0.1, center_coef=0.01), (normal(B), normal(B))),
    "cross_entropy_loss": (lambda z: ours.cross_entropy_loss(TOKENS, z, TARGETS, label_smoothing=0.1), (OTHER,)),
    "gae": (lambda r, v, n, b: ours.gae(TOKENS, rewards=r, values=v, next_values=n, bootstrap_values=b, gamma=0.9),
            (row(), row(), row(), normal(B))),
    "kept_log_probs": (lambda z: ours.kept_log_probs(TOKENS, z, TARGETS, KEPT, temperature=0.7), (OTHER,)),
    "linear_head_cross_entropy_loss": (
        lambda h, w: ours.linear_head_cross_entropy_loss(TOKENS, head(h, w), TARGETS), (HIDDEN, WEIGHTS)),
    "linear_head_ppo_loss": (lambda h, w, v: ours.linear_head_ppo_loss(
        TOKENS, head(h, w), TARGETS, values=v, **ROLLOUT, **CRITIC), (HIDDEN, WEIGHTS, row())),
    "linear_head_token_log_probs": (
        lambda h, w: ours.linear_head_token_log_probs(TOKENS, head(h, w), TARGETS), (HIDDEN, WEIGHTS)),
    "logits_divergence": (lambda z: ours.logits_divergence(TOKENS, z, OTHER, divergence="jsd"), (OTHER / 2,)),
    "masked_mean": (lambda x: ours.masked_mean(TOKENS, values=x, aggregation="sequence_mean_token_mean"), (row(),)),
    "plackett_luce_loss": (lambda r: ours.plackett_luce_loss(EVERY, rewards=r), (row(),)),
    "policy_loss": (lambda x: ours.policy_loss(TOKENS, log_probs=x, objective=rlhf.sapo(), **ROLLOUT), (LOG_PROBS,)),
    "ppo_loss": (lambda z, v: ours.ppo_loss(TOKENS, z, TARGETS, values=v, **ROLLOUT, **CRITIC), (OTHER, row())),
    "ppo_policy_loss": (
        lambda x: ours.ppo_policy_loss(TOKENS, log_probs=x, ref_log_probs=REF, kl_coef=0.1, **ROLLOUT), (LOG_PROBS,)),
    "ppo_value_loss": (lambda v: ours.ppo_value_loss(TOKENS, values=v, old_values=OLD, returns=REF, clip_range=0.2),
                       (LOG_PROBS,)),
    "preference_loss": (
        lambda c, r: ours.preference_loss(pairs(B), chosen=c, rejected=r, objective=rlhf.ipo()), (normal(B), normal(B))),
    "preference_nll": (lambda x: ours.preference_nll(TOKENS, pairs(2), TOKENS, log_probs=x, **PAIRS), (LOG_PROBS,)),
    "preference_pairs": (lambda s: ours.preference_pairs(pairs(2), sums=s, **PAIRS), (normal(B),)),
    "ptx_loss": (lambda x: ours.ptx_loss(TOKENS, log_probs=x), (LOG_PROBS,)),
    "ranking_loss": (lambda r: ours.ranking_loss(EVERY, rewards=r, center_coef=0.1), (row(),)),
    "sequence_log_probs": (lambda x: ours.sequence_log_probs(TOKENS, log_probs=x, average=True), (LOG_PROBS,)),
    "token_log_probs": (lambda z: ours.token_log_probs(TOKENS, z, TARGETS, temperature=0.7), (OTHER,)),
    "top_k_divergence": (lambda z: ours.top_k_divergence(TOKENS, z, TOP, divergence="forward_kl"), (OTHER,)),
    "unpaired_loss": (lambda r: ours.unpaired_loss(
        pairs(B), log_ratios=r, desirable=torch.tensor([1, 0, 1]).bool(), objective=rlhf.kto()), (normal(B),)),
}


def test_every_function_has_a_case() -> None:
    assert {*CASES, "result"} == {*ours.__all__}


def counted(found: Any) -> Any:
    """Outputs per token are not written where the mask is 0, except by gae."""
    if not isinstance(found, tuple):
        return found
    return tuple(torch.where(MASK, x, 0) for x in found)


@pytest.mark.parametrize("name", CASES)
def test_slopes_of_each_choice_of_inputs(name: str) -> None:
    function, inputs = CASES[name]
    for learn in itertools.product((False, True), repeat=len(inputs)):
        given = [x.clone().requires_grad_(need) for x, need in zip(inputs, learn)]
        if any(learn):
            # Differences of a step of 10⁻⁵ are off by some 10⁻¹⁰, and round by 10⁻¹⁶ / 10⁻⁵.
            assert torch.autograd.gradcheck(lambda *x: counted(function(*x)), given, eps=1e-5, atol=1e-8, rtol=1e-6)
        else:
            found = function(*given)
            assert not any(x.requires_grad for x in (found if isinstance(found, tuple) else (found,)))
