# SPDX-License-Identifier: MIT
"""rlhf.torch against torch's own autograd: 1e-10 in double, 1e-6 in float."""
from __future__ import annotations

import inspect
from typing import Any, Callable

import pytest

torch = pytest.importorskip("torch")
F = torch.nn.functional

import rlhf  # noqa: E402
import rlhf.torch  # noqa: E402

B, T, V = 4, 9, 11
TYPES = {torch.float64: 1e-10, torch.float32: 1e-6}
generator = torch.Generator().manual_seed(1)
MASK = torch.rand(B, T, generator=generator) < 0.8
TARGETS = torch.randint(0, V, (B, T), generator=generator)


def normal(*shape: int) -> Any:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


LOG_PROBS, OLD, REF, ADVANTAGES = -normal(B, T).abs(), -normal(B, T).abs(), -normal(B, T).abs(), normal(B, T)
LOGITS, CHOSEN, REJECTED, RANKS = normal(B, T, V), normal(B), normal(B), torch.randint(1, 4, (B, T), generator=generator)


def batch(mask: Any = MASK, **more: Any) -> rlhf.batch:
    return rlhf.batch(**{"mask": mask, "denominator": rlhf.counted_here, "predict_next": False, **more})


def pairs() -> rlhf.batch:
    return rlhf.batch(mask=rlhf.all, steps=B, denominator=rlhf.counted_here)


def mean(x: Any) -> Any:
    return x[MASK].mean()


def ppo(log_probs: Any, old: Any, ref: Any, A: Any) -> Any:
    ratio, d = (log_probs - old).exp(), log_probs - ref
    clipped = torch.maximum(-ratio * A, -ratio.clamp(0.8, 1.28) * A)
    return mean(clipped + 0.1 * ((-d).exp() - 1 + d))


def gspo(log_probs: Any, old: Any, A: Any) -> Any:
    x = ((log_probs - old) * MASK).sum(1, keepdim=True) / MASK.sum(1, keepdim=True)
    ratio = (log_probs - log_probs.detach() + x.detach()).exp()
    return mean(torch.maximum(-ratio * A, -ratio.clamp(0.9, 1.1) * A))


def value(values: Any, old: Any, returns: Any) -> Any:
    moved = old + (values - old).clamp(-0.2, 0.2)
    return mean(torch.maximum((values - returns) ** 2, (moved - returns) ** 2) / 2)


def cross_entropy(z: Any) -> Any:
    lse = (z / 0.7).logsumexp(-1)
    nll = F.cross_entropy((z / 0.7).flatten(0, 1), TARGETS.flatten(), label_smoothing=0.1, reduction="none")
    return mean(nll.view(B, T) + 0.01 * lse**2)


def reverse_kl(z: Any, w: Any) -> Any:
    p, q = z.log_softmax(-1), w.log_softmax(-1)
    return mean((p.exp() * (p - q)).sum(-1))


def head(h: Any, w: Any) -> Any:
    return mean(F.cross_entropy((h.flatten(0, 1) @ w.T), TARGETS.flatten(), reduction="none").view(B, T))


def ours_head(h: Any, w: Any) -> Any:
    return rlhf.torch.linear_head_cross_entropy_loss(
        batch(), rlhf.linear_head(hidden=h.flatten(0, 1), weights=w, rows=5), TARGETS)


def ranking(rewards: Any) -> Any:
    total = 0
    for r, ranks in zip(rewards, RANKS):
        better = ranks[:, None] < ranks[None, :]
        total = total - F.logsigmoid(r[:, None] - r[None, :])[better].mean()
    return total / B


# Each loss: ours, torch's, and the inputs that learn.
LOSSES: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]] = {
    "ppo_policy_loss": (
        lambda x, old, ref, A: rlhf.torch.ppo_policy_loss(
            batch(), log_probs=x, old_log_probs=old, ref_log_probs=ref, advantages=A, clip_range=(0.2, 0.28),
            kl_coef=0.1), ppo, (LOG_PROBS, OLD, REF, ADVANTAGES)),
    "policy_loss": (
        lambda x, old, A: rlhf.torch.policy_loss(
            batch(), log_probs=x, old_log_probs=old, advantages=A, objective=rlhf.gspo(range=0.1)),
        gspo, (LOG_PROBS, OLD, ADVANTAGES)),
    "ppo_value_loss": (
        lambda v, old, r: rlhf.torch.ppo_value_loss(batch(), values=v, old_values=old, returns=r, clip_range=0.2),
        value, (LOG_PROBS, OLD, REF)),
    "ptx_loss": (lambda x: rlhf.torch.ptx_loss(batch(), log_probs=x), lambda x: -mean(x), (LOG_PROBS,)),
    "masked_mean": (lambda x: rlhf.torch.masked_mean(batch(), values=x), mean, (LOG_PROBS,)),
    "cross_entropy_loss": (
        lambda z: rlhf.torch.cross_entropy_loss(batch(), z, TARGETS, temperature=0.7, label_smoothing=0.1,
                                                z_loss_coef=0.01), cross_entropy, (LOGITS,)),
    "logits_divergence": (lambda z, w: rlhf.torch.logits_divergence(batch(), z, w), reverse_kl, (LOGITS, LOGITS * 0.5)),
    "preference_loss": (
        lambda c, j: rlhf.torch.preference_loss(pairs(), chosen=c, rejected=j, objective=rlhf.dpo(beta=0.3)),
        lambda c, j: -F.logsigmoid(0.3 * (c - j)).mean(), (CHOSEN, REJECTED)),
    "unpaired_loss": (
        lambda r: rlhf.torch.unpaired_loss(pairs(), log_ratios=r, desirable=torch.tensor([1, 0, 1, 0]).bool(),
                                           objective=rlhf.kto(beta=0.3)),
        lambda r: (1 - torch.sigmoid(0.3 * torch.tensor([1, -1, 1, -1]).double() * r)).mean(), (CHOSEN,)),
    "bradley_terry_loss": (
        lambda c, j: rlhf.torch.bradley_terry_loss(pairs(), chosen_rewards=c, rejected_rewards=j, center_coef=0.01),
        lambda c, j: (-F.logsigmoid(c - j) + 0.01 * (c + j) ** 2).mean(), (CHOSEN, REJECTED)),
    "ranking_loss": (lambda r: rlhf.torch.ranking_loss(batch(torch.ones(B, T).bool()), rewards=r, ranks=RANKS),
                     ranking, (LOG_PROBS,)),
    "linear_head_cross_entropy_loss": (ours_head, head, (normal(B, T, 6), normal(V, 6))),
}


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_slopes(name: str, dtype: Any) -> None:
    ours, theirs, inputs = LOSSES[name]
    learning = 2 if name in ("preference_loss", "bradley_terry_loss", "linear_head_cross_entropy_loss") else 1
    given = [x.to(dtype) for x in inputs]
    a = [x.clone().requires_grad_(i < learning) for i, x in enumerate(given)]
    b = [x.double().requires_grad_(i < learning) for i, x in enumerate(given)]
    loss, expected = ours(*a), theirs(*b)
    assert loss.dtype == dtype and loss.shape == ()
    slopes = torch.autograd.grad(3 * loss, a[:learning])
    wanted = torch.autograd.grad(3 * expected, b[:learning])
    tolerance = TYPES[dtype]
    assert loss.item() == pytest.approx(expected.item(), rel=tolerance, abs=tolerance)
    for x, y in zip(slopes, wanted):
        torch.testing.assert_close(x.double(), y, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_what_has_a_backward_pass_of_its_own(dtype: Any) -> None:
    tolerance = TYPES[dtype]

    def close(ours: Any, theirs: Any) -> None:
        torch.testing.assert_close(ours.double(), theirs, rtol=tolerance, atol=tolerance)

    weights, z = normal(B, T) * MASK, LOGITS.to(dtype).requires_grad_()
    log_probs, entropy = rlhf.torch.token_log_probs(batch(), z, TARGETS, temperature=0.7)
    slope, = torch.autograd.grad((weights.to(dtype) * (log_probs + 0.2 * entropy)).sum(), z)
    wide = z.detach().double().requires_grad_()
    p = (wide / 0.7).log_softmax(-1)
    q, h = p.gather(-1, TARGETS[..., None])[..., 0], -(p.exp() * p).sum(-1)
    close(log_probs[MASK], q[MASK]), close(entropy[MASK], h[MASK])
    close(slope, torch.autograd.grad((weights * (q + 0.2 * h)).sum(), wide)[0])
    x = LOG_PROBS.to(dtype).requires_grad_()
    sums = rlhf.torch.sequence_log_probs(batch(), log_probs=x, ref_log_probs=REF.to(dtype))
    close(sums, ((x.double() - REF.to(dtype)) * MASK).sum(1))
    close(torch.autograd.grad(sums[1], x)[0], torch.zeros(B, T).double().index_fill(0, torch.tensor([1]), 1) * MASK)
    r, v = LOG_PROBS.to(dtype).requires_grad_(), OLD.to(dtype).requires_grad_()
    whole = torch.ones(B, T).bool()
    advantages, returns = rlhf.torch.gae(batch(whole), rewards=r, values=v, gamma=0.9, lambda_=0.8)
    ours = torch.autograd.grad((weights.to(dtype) * (advantages + returns)).sum(), (r, v))
    r2, v2, carried = (x.detach().double().requires_grad_() for x in (r, v, v[:, 0])), None, 0
    wide_r, wide_v, _ = r2
    steps = []
    for t in reversed(range(T)):
        following = wide_v[:, t + 1] if t + 1 < T else 0
        carried = wide_r[:, t] + 0.9 * following - wide_v[:, t] + 0.72 * carried
        steps.insert(0, carried)
    expected = torch.stack(steps, 1)
    close(advantages, expected), close(returns, expected + wide_v)
    for a, b in zip(ours, torch.autograd.grad((weights * (2 * expected + wide_v)).sum(), (wide_r, wide_v))):
        close(a, b)


def test_bfloat16_logits() -> None:
    z = LOGITS.to(torch.bfloat16).requires_grad_()
    log_probs, _ = rlhf.torch.token_log_probs(batch(), z, TARGETS)
    slope, = torch.autograd.grad(log_probs.sum(), z)
    wide = z.detach().double().requires_grad_()
    q = wide.log_softmax(-1).gather(-1, TARGETS[..., None])[..., 0]
    assert log_probs.dtype == torch.float32 and slope.dtype == torch.bfloat16
    torch.testing.assert_close(log_probs[MASK].double(), q[MASK], rtol=1e-6, atol=1e-6)
    expected, = torch.autograd.grad(q[MASK].sum(), wide)
    torch.testing.assert_close(slope.double(), expected, rtol=2**-8, atol=1e-7)  # half a unit of bfloat16


def policy(**more: Any) -> Any:
    given = {"log_probs": LOG_PROBS.clone().requires_grad_(), "old_log_probs": OLD, "advantages": ADVANTAGES, **more}
    return rlhf.torch.ppo_policy_loss(batch(), **given)


@pytest.mark.filterwarnings("ignore:Using backward")
def test_statistics_and_second_derivatives() -> None:
    loss = policy()
    assert rlhf.torch.result(loss).clip_fraction > 0 and rlhf.torch.result(loss).loss == loss.item()
    with pytest.raises(ValueError, match="was not returned by a loss of rlhf.torch"):
        rlhf.torch.result(2 * loss)
    with pytest.raises(RuntimeError, match="no second derivatives"):
        loss.backward(create_graph=True)
    with torch.no_grad():
        assert not policy().requires_grad
    with pytest.raises(TypeError, match="values is per_sequence, through which no gradient flows"):
        rlhf.torch.masked_mean(batch(), values=rlhf.per_sequence(CHOSEN))  # type: ignore[arg-type]


def test_torch_compile_breaks_its_graph_at_calls() -> None:
    def step(x: Any) -> Any:
        batch_ = rlhf.batch(mask=MASK, denominator=rlhf.counted_here)
        advantages = rlhf.gae(batch_, rewards=REF, values=OLD, gamma=0.9, advantages=True)["advantages"]
        loss = rlhf.torch.policy_loss(batch_, log_probs=2 * x, old_log_probs=OLD, advantages=advantages,
                                      objective=rlhf.gspo(range=0.2))
        return 3 * loss, rlhf.torch.result(loss).approx_kl

    inputs = [LOG_PROBS.detach().clone().requires_grad_() for _ in range(2)]
    (eager, kl), (compiled, same_kl) = step(inputs[0]), torch.compile(step, backend="eager")(inputs[1])
    assert torch.equal(eager, compiled) and kl == same_kl
    eager.backward(), compiled.backward()
    assert torch.equal(inputs[0].grad, inputs[1].grad)


def test_what_backward_needs_stays_as_it_was() -> None:
    targets, z = TARGETS.clone(), LOGITS.clone().requires_grad_()
    log_probs, _ = rlhf.torch.token_log_probs(batch(), z, targets)
    once, = torch.autograd.grad(log_probs.sum(), z, retain_graph=True)
    assert torch.equal(once, torch.autograd.grad(log_probs.sum(), z, retain_graph=True)[0])
    targets.fill_(0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        log_probs.sum().backward()


def test_memory_is_shared() -> None:
    """Pointers of torch's own memory go to the library, by its accessors and by DLPack."""
    from rlhf import _arrays

    x = torch.zeros(3, 8)[:, 2:6]
    own, by_dlpack = _arrays.view_of(x, "f", "x"), _arrays._dlpack(x, "f", "x")
    assert own[:5] == by_dlpack[:5] == (x.data_ptr(), 1, (3, 4), (8, 1), True)
    d = torch.full((B, T), 7.0, dtype=torch.float64)
    rlhf.ppo_policy_loss(batch(), log_probs=LOG_PROBS, old_log_probs=OLD, advantages=ADVANTAGES, d_log_probs=d)
    assert (d[~MASK] == 0).all() and d[MASK].abs().sum() > 0


@pytest.mark.parametrize("sentence, given", [
    ("advantages is on meta, expected cpu", {"advantages": torch.empty(B, T, device="meta")}),
    ("advantages is float32, but log_probs is float64", {"advantages": ADVANTAGES.float()}),
    ("advantages is torch.complex64, torch.strided", {"advantages": ADVANTAGES.to(torch.complex64)}),
    ("advantages has a stride of 4 between the elements of a row", {"advantages": ADVANTAGES.T.contiguous().T}),
    (r"advantages is \[3, 9\], expected \[4, 9\]", {"advantages": ADVANTAGES[1:]}),
    (r"advantages is the negative of its memory.*resolve_neg\(\)", {"advantages": (ADVANTAGES * 1j).conj().imag}),
    (r"advantages is nested.*to_padded_tensor\(\)", {"advantages": torch.nested.nested_tensor(list(ADVANTAGES))}),
])
def test_what_is_wrong_is_said(sentence: str, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"rlhf::ppo_policy_loss: {sentence}"):
        policy(**given)


@pytest.mark.parametrize("name", [n for n in rlhf.torch.__all__ if n != "result"])
def test_a_misspelt_argument_is_answered_by_the_right_ones(name: str) -> None:
    function = getattr(rlhf.torch, name)
    last = list(inspect.signature(function).parameters)[-1]
    with pytest.raises(TypeError, match=f"^rlhf::{name}: there is no argument {last}_, expected .*: did you mean {last}"):
        function(**{f"{last}_": 1})
