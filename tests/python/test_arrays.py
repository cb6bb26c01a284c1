# SPDX-License-Identifier: MIT
"""How arrays are read and made, which raise errors, and how results join."""
from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import rlhf

B, T = 6, 40
rng = np.random.default_rng(3)
MASK = rng.random((B, T)) < 0.8
LOG_PROBS, OLD, ADVANTAGES = (rng.normal(-1, 0.5, (B, T)) for _ in range(3))


def batch(mask: Any = MASK, **more: Any) -> rlhf.batch:
    return rlhf.batch(**{"mask": mask, "denominator": rlhf.counted_here, **more})


def loss(b: Any = None, **more: Any) -> rlhf.policy_loss_result:
    given = {"log_probs": LOG_PROBS, "old_log_probs": OLD, "advantages": ADVANTAGES, "d_log_probs": True, **more}
    return rlhf.ppo_policy_loss(batch() if b is None else b, **given)


def numbers(r: rlhf.policy_loss_result) -> tuple[float, ...]:
    return r.loss, r.own.tokens, r.clip_fraction, r.approx_kl, r.effective_sample_size


WHOLE = loss()


def test_the_loss_is_that_of_the_formula() -> None:
    ratio = np.exp(LOG_PROBS - OLD)
    worse = np.maximum(-ratio * ADVANTAGES, -np.clip(ratio, 0.8, 1.2) * ADVANTAGES)
    assert WHOLE.loss == pytest.approx(worse[MASK].mean(), rel=1e-12)
    assert WHOLE.own == rlhf.counts(MASK.sum(), B) == rlhf.count(batch())
    assert not WHOLE["d_log_probs"][~MASK].any()


def test_every_layout_has_the_same_bits() -> None:
    fortran = {name: np.asfortranarray(x).T for name, x in
               {"log_probs": LOG_PROBS, "old_log_probs": OLD, "advantages": ADVANTAGES}.items()}
    columns = loss(batch(np.asfortranarray(MASK).T, layout="time_first"), **fortran)
    wide = np.full((B, T + 3), np.nan)
    wide[:, :T] = LOG_PROBS
    flat = {"log_probs": LOG_PROBS.ravel(), "old_log_probs": OLD.ravel(), "advantages": ADVANTAGES.ravel()}
    packed = loss(batch(MASK.ravel(), offsets=np.arange(0, B * T + 1, T)), **flat)
    for r in (columns, loss(log_probs=wide[:, :T]), packed, loss(batch(MASK.ravel(), sequences=B, steps=T), **flat),
              loss(batch(MASK.astype(np.uint8))), loss(batch(sequences=B))):
        assert numbers(r) == numbers(WHOLE)
        d = r["d_log_probs"]
        assert np.array_equal((d.T if r is columns else d).reshape(B, T), WHOLE["d_log_probs"])


def test_one_element_per_sequence() -> None:
    one = rng.normal(size=B)
    spread = np.repeat(one[:, None], T, 1)
    expected = numbers(loss(advantages=spread))
    assert numbers(loss(advantages=rlhf.per_sequence(one))) == expected
    assert numbers(loss(advantages=np.broadcast_to(one[:, None], (B, T)))) == expected
    with pytest.raises(ValueError, match="advantages has 6 elements, expected 240"):
        loss(advantages=one)


def test_outputs_are_the_callers_or_new_ones_like_the_inputs() -> None:
    own = np.full((B, T), np.nan)
    assert loss(d_log_probs=own)["d_log_probs"] is own and np.array_equal(own, WHOLE["d_log_probs"])
    added = np.ones((B, T))
    loss(d_log_probs=rlhf.add_to(added, 2))
    assert np.array_equal(added, np.where(MASK, 1 + 2 * own, 1))
    weights = np.empty((B, T))
    loss(d_log_probs=rlhf.nll_weights(weights))
    assert np.array_equal(weights, -own)
    assert "d_log_probs" not in loss(d_log_probs=None).outputs
    narrow = {n: x.astype(np.float32) for n, x in
              {"log_probs": LOG_PROBS, "old_log_probs": OLD, "advantages": ADVANTAGES}.items()}
    assert loss(**narrow)["d_log_probs"].dtype == np.float32
    both = rlhf.gae(batch(), rewards=LOG_PROBS, values=OLD, advantages=True, returns=True)
    assert both.keys() == {"advantages", "returns"} and both["returns"].shape == (B, T)


def test_nothing_is_copied() -> None:
    values = LOG_PROBS.copy()
    address = values.__array_interface__["data"][0]
    rlhf.whiten(batch(), values)
    assert values.__array_interface__["data"][0] == address and abs(values[MASK].mean()) < 1e-12


def frozen() -> Any:
    a = np.zeros((B, T))
    a.flags.writeable = False
    return a


REFUSED = {
    "old_log_probs is float32, but log_probs is float64": {"old_log_probs": OLD.astype(np.float32)},
    "log_probs is int64, expected float32 or float64": {"log_probs": np.zeros((B, T), np.int64)},
    "log_probs has the dtype complex128": {"log_probs": LOG_PROBS + 0j},
    "log_probs has the dtype >f8": {"log_probs": LOG_PROBS.astype(">f8")},
    "advantages has a stride of 6 between the elements of a row": {"advantages": np.asfortranarray(ADVANTAGES)},
    "advantages has a stride of 2": {"advantages": np.zeros((B, 2 * T))[:, ::2]},
    r"advantages is \[6, 39\], expected \[6, 40\]": {"advantages": ADVANTAGES[:, :-1]},
    "advantages has 3 dimensions": {"advantages": ADVANTAGES[None]},
    "strides of .* bytes": {"advantages": np.zeros((B, T), "f8,u1")["f0"]},
    "advantages is a MaskedArray, whose mask would be ignored": {"advantages": np.ma.masked_array(ADVANTAGES, ~MASK)},
    "d_log_probs is read-only": {"d_log_probs": frozen()},
    "d_log_probs overlaps log_probs": {"d_log_probs": LOG_PROBS},
    "clip_range": {"clip_range": -0.2},
    "aggregation is None, expected token_mean": {"aggregation": None},
    "aggregation is 'mean', expected token_mean, sequence_mean_token_mean or sequence_mean_token_sum":
        {"aggregation": "mean"},
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_wrong_is_said_and_nothing_written(sentence: str) -> None:
    d = np.full((B, T), 7.0)
    with pytest.raises(ValueError, match=f"rlhf::ppo_policy_loss: .*{sentence}"):
        loss(**{"d_log_probs": d, **REFUSED[sentence]})
    assert (d == 7).all()


def test_wrong_kinds_of_arguments() -> None:
    with pytest.raises(TypeError, match="log_probs is a list, expected an array of numpy, torch or JAX"):
        loss(log_probs=LOG_PROBS.tolist())
    with pytest.raises(TypeError, match="batch is a ndarray, expected rlhf.batch"):
        loss(MASK)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="objective is a gspo, expected .*rlhf.dpo"):
        rlhf.preference_loss(batch(rlhf.all, steps=2), chosen=np.zeros(2), rejected=np.zeros(2),
                             objective=rlhf.gspo(range=0.2))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="denominator"):
        rlhf.batch(mask=MASK)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="rlhf::ppo_policy_loss: executor is 3, expected a function"):
        loss(executor=3)
    for offsets in (np.zeros(0, int), np.zeros((2, 3), int)):
        with pytest.raises(ValueError, match=r"rlhf::batch: offsets is \[.*\], expected B \+ 1 numbers"):
            batch(MASK.ravel(), offsets=offsets)
    with pytest.raises(ValueError, match="rlhf::batch: predict_next is 'no', expected None, True or False"):
        batch(predict_next="no")
    for dtype, word in {np.int64: "int64", np.float32: "float32"}.items():
        with pytest.raises(ValueError, match=f"rlhf::batch: mask is {word}, expected bool or uint8"):
            batch(MASK.astype(dtype))
    with pytest.raises(TypeError, match="cut is a float, expected rlhf.covariance_cut"):
        rlhf.covariance_tokens_options(cut=0.5)  # type: ignore[arg-type]
    between_shards = np.lib.stride_tricks.as_strided(np.zeros(40), (2, 3, 6), (8 * 19, 8 * 6, 8))
    with pytest.raises(ValueError, match=r"shards is float64 \[2, 3, 6\], expected float64 \[..., 6\]"):
        rlhf.vocab_shard_log_probs(batch(np.ones(3, bool), predict_next=False), np.zeros(3, np.int64),
                                   shards=between_shards, log_probs=True)
    with pytest.raises(RuntimeError, match="rlhf: .* is x86-64-v9, expected one of"):
        rlhf.use_isa("x86-64-v9")


NO_NUMBERS = {
    "ppo_policy_loss: clip_range is (0.2, 0.3, 0.4), expected a number or (low, high)":
        lambda: loss(clip_range=(0.2, 0.3, 0.4)),
    "ppo_policy_loss: clip_range is (0.2,), expected a number or (low, high)": lambda: loss(clip_range=(0.2,)),
    "ppo_policy_loss: clip_range is 'a', expected a number or (low, high)": lambda: loss(clip_range="a"),
    "ppo_policy_loss: kl_coef is 'a', expected a number": lambda: loss(kl_coef="a"),
    "ppo_policy_loss: dual_clip is [3], expected a number": lambda: loss(dual_clip=[3]),
    "ppo_policy_loss: d_log_probs.scale is 'a', expected a number":
        lambda: loss(d_log_probs=rlhf.add_to(np.ones((B, T)), "a")),  # type: ignore[arg-type]
    "gae: lambda_ is 'a', expected a number":
        lambda: rlhf.gae(batch(), rewards=OLD, values=OLD, lambda_="a"),  # type: ignore[arg-type]
    "ppo_policy_loss: clip_range is None, expected a number or (low, high)": lambda: loss(clip_range=None),
    "gspo: range is 'a', expected a number or (low, high)": lambda: rlhf.gspo(range="a"),  # type: ignore[arg-type]
    "update_adaptive_kl_controller: kl is 'a', expected a number":
        lambda: rlhf.adaptive_kl_controller(kl_coef=0.1).update("a", 1),  # type: ignore[arg-type]
    "batch: steps is 2.5, expected an integer": lambda: batch(sequences=1, steps=2.5),
    "groups: size is 'a', expected an integer": lambda: rlhf.groups(size="a"),  # type: ignore[arg-type]
    "top_k_divergence: k is 'a', expected an integer":
        lambda: rlhf.top_k_divergence(batch(predict_next=False), np.zeros((B, T, 3)), rlhf.top_k_reference(
            k="a", ids=np.zeros((B * T, 1), int), log_probs=OLD.reshape(-1, 1))),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("sentence", NO_NUMBERS)
def test_what_is_no_number_is_said(sentence: str) -> None:
    with pytest.raises(TypeError) as found:
        NO_NUMBERS[sentence]()
    assert str(found.value) == f"rlhf::{sentence}"


def test_a_batch_says_its_shape_and_denominator() -> None:
    assert repr(batch()) == "batch(shape=(6, 40), denominator=rlhf.counted_here)"
    assert repr(batch(denominator=rlhf.counts(9, 2))) == (
        "batch(shape=(6, 40), denominator=counts(tokens=9, sequences=2))")


def test_parts_of_a_step_join_to_the_bits_of_the_whole() -> None:
    whole = rlhf.count(batch())
    sum_ = rlhf.policy_loss_result()
    parts = []
    for part in (slice(0, 1), slice(1, 4), slice(4, B)):
        r = loss(batch(MASK[part], denominator=whole), log_probs=LOG_PROBS[part], old_log_probs=OLD[part],
                 advantages=ADVANTAGES[part])
        r = pickle.loads(pickle.dumps(r))
        assert np.array_equal(r["d_log_probs"], WHOLE["d_log_probs"][part])
        sum_ += r
        parts.append(r)
    assert numbers(sum_) == numbers(WHOLE) and sum_.own == whole
    before = numbers(parts[0])
    both = parts[0] + parts[1]
    assert numbers(both + parts[2]) == numbers(WHOLE) and numbers(parts[0]) == before and not both.outputs
    with pytest.raises(TypeError, match="a moments cannot be added to a policy_loss_result"):
        sum_ += rlhf.moments_of(batch(), LOG_PROBS)
    value = rlhf.ppo_value_loss(batch(), values=LOG_PROBS, returns=OLD)
    assert value.returns.mean == pytest.approx(OLD[MASK].mean(), rel=1e-12)
    with pytest.raises(ValueError, match="this moments is a part of a ppo_value_loss_result"):
        value.returns += rlhf.moments_of(batch(), OLD)  # type: ignore[misc]


@pytest.mark.parametrize("made", [
    rlhf.gae_options(lambda_=0.9, gaps="zero"), rlhf.gspo(range=0.2), rlhf.adaptive_kl_controller(kl_coef=0.3),
    rlhf.ppo_policy_loss_options(clip_range=(0.1, 0.3), kl_gradient="k2"),
    rlhf.ppo_advantages_options(gae=rlhf.gae_options(gamma=0.9), whiten=rlhf.no_whitening)], ids=repr)
def test_options_are_pickled_and_copied(made: Any) -> None:
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert type(again) is type(made) and repr(again) == repr(made) and again is not made
    for word in (rlhf.all, rlhf.counted_here):
        assert pickle.loads(pickle.dumps(word)) is copy.deepcopy(word) is word
    assert rlhf.gae_options(lambda_=0.9).lambda_ == 0.9


def test_a_vocabulary_of_one_entry_may_have_any_stride() -> None:
    b = rlhf.batch(mask=np.ones((B, T), bool), denominator=rlhf.counted_here, predict_next=False)
    z = np.moveaxis(rng.normal(size=(1, B, 2 * T)), 0, -1)[:, ::2]
    assert z.__array_interface__["strides"][-1] > z.itemsize
    r = rlhf.token_log_probs(b, z, np.zeros((B, T), np.int64), log_probs=True)
    assert (r["log_probs"] == 0).all()


def test_counts_are_equal_if_both_are() -> None:
    assert rlhf.counts(3, 2) == rlhf.counts(1, 1) + rlhf.counts(2, 1)
    assert rlhf.counts(3, 2) != rlhf.counts(2, 2) and rlhf.counts(3, 2) != rlhf.counts(3, 1)


def test_16_bits() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    z, targets = rng.normal(size=(2, 3, 7)), rng.integers(0, 7, (2, 3))
    b = rlhf.batch(mask=np.ones((2, 3), bool), denominator=rlhf.counted_here, predict_next=False)
    for dtype in (np.float16, ml_dtypes.bfloat16):
        narrow = z.astype(dtype)
        r = rlhf.cross_entropy_loss(b, narrow, targets, d_logits=True)
        wide = rlhf.cross_entropy_loss(b, narrow.astype(np.float32), targets, d_logits=True)
        assert r.loss == pytest.approx(wide.loss, rel=1e-6) and r["d_logits"].dtype == dtype
        rounding = float(ml_dtypes.finfo(dtype).eps)
        np.testing.assert_allclose(r["d_logits"].astype(float), wide["d_logits"].astype(float), rtol=rounding)
