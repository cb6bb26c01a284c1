# SPDX-License-Identifier: MIT
"""The bits of the C++ headers, as tests/bits/hashes.txt has them: on this thread, and by an executor of Python's."""
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scene import HASHES, Hash, Place

import rlhf

if rlhf.available_isas()[-1] == "x86-64":
    pytest.skip("this machine has no fused multiply-add, and so other bits", allow_module_level=True)

PLACES = {"rows": ("rows", 0), "columns": ("columns", 0), "packed": ("packed", 0), "strided": ("rows", 3),
          "strided_columns": ("columns", 5), "special": ("rows", 0, True)}
TYPES = {"f32": np.float32, "f64": np.float64}


def batch(place: Place, scene: str) -> rlhf.batch:
    given: dict[str, Any] = {"mask": place.mask, "denominator": rlhf.counted_here}
    if place.form == "packed":
        given["offsets"] = place.offsets
    if place.form == "columns":
        given["layout"] = "time_first"
    if scene == "strided":  # its denominator is larger than what it counts
        given["denominator"] = rlhf.count(rlhf.batch(**given)) + rlhf.counts(1000, 3)
    return rlhf.batch(**given)


def backwards(pieces: int, body: Any) -> None:
    for i in reversed(range(pieces)):
        body(i)


def add_policy(h: Hash, r: rlhf.policy_loss_result) -> None:
    h.add(r.own.tokens, r.own.sequences, r.loss, r.mean_loss, r.clip_fraction, r.clip_fraction_low,
          r.clip_fraction_high, r.dual_clip_fraction, r.nonfinite, r.approx_kl, r.approx_kl_half_square, r.mean_ratio,
          r.kl, r.max_log_ratio, r.effective_sample_size)


@pytest.fixture(scope="module", params=PLACES)
def scene(request: Any) -> Any:
    return request.param, Place(*PLACES[request.param])


def policy_arrays(place: Place, dtype: Any) -> dict[str, Any]:
    return {"log_probs": place.numbers(dtype, 1, lambda r: r.log_prob()),
            "old_log_probs": place.numbers(dtype, 1, lambda r: r.log_prob() + r.bell()),
            "advantages": place.numbers(dtype, 2, lambda r: r.bell(3))}


@pytest.mark.parametrize("type_", TYPES)
def test_policy_losses_have_the_bits_of_cpp(scene: Any, type_: str) -> None:
    name, place = scene
    arrays, b = policy_arrays(place, TYPES[type_]), batch(place, name)
    for case, call in {"ppo_policy_loss": (rlhf.ppo_policy_loss, {}),
                       "policy_loss/cispo": (rlhf.policy_loss, {"objective": rlhf.cispo()}),
                       "policy_loss/sapo": (rlhf.policy_loss, {"objective": rlhf.sapo()})}.items():
        h = Hash()
        for executor in (None, backwards):
            memory, d = place.output(TYPES[type_])
            r = call[0](b, **arrays, **call[1], d_log_probs=d, executor=executor)
            add_policy(h, r)
            h.array(memory)
        assert h.value() == HASHES[f"{case}/{type_}/{name}/default"]


@pytest.mark.parametrize("isa", rlhf.available_isas())
def test_every_instruction_set_has_the_same_bits(isa: str) -> None:
    before = rlhf.isa()
    if isa == "x86-64":
        pytest.skip("it has no fused multiply-add, and so other bits")
    rlhf.use_isa(isa)
    try:
        place = Place("rows")
        h = Hash()
        for executor in (None, backwards):
            memory, d = place.output(np.float32)
            add_policy(h, rlhf.ppo_policy_loss(batch(place, "rows"), **policy_arrays(place, np.float32), d_log_probs=d,
                                               executor=executor))
            h.array(memory)
        assert rlhf.isa() == isa and h.value() == HASHES["ppo_policy_loss/f32/rows/default"]
    finally:
        rlhf.use_isa(before or "")
