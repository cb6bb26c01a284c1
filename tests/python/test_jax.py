# SPDX-License-Identifier: MIT
"""JAX's arrays: read where they are, never written, and made of what was computed."""
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

jax = pytest.importorskip("jax")
jnp = jax.numpy

import rlhf  # noqa: E402
from rlhf import _arrays  # noqa: E402

rng = np.random.default_rng(2)
X, OLD, ADVANTAGES = (rng.normal(-1, 0.5, (3, 5)).astype(np.float32) for _ in range(3))


def loss(kind: Any, **more: Any) -> Any:
    batch = rlhf.batch(mask=kind(np.ones((3, 5), bool)), denominator=rlhf.counted_here)
    given = {"log_probs": kind(X), "old_log_probs": kind(OLD), "advantages": kind(ADVANTAGES), "d_log_probs": True}
    return rlhf.ppo_policy_loss(batch, **{**given, **more})


def test_arrays_are_read_where_they_are() -> None:
    x = jnp.asarray(X)
    view = _arrays.view_of(x, "f", "x")
    assert view.data == x.unsafe_buffer_pointer() and view[1:5] == (1, (3, 5), (5, 1), False)
    bf16 = _arrays.view_of(x.astype(jnp.bfloat16), "f", "x")
    assert bf16.dtype == _arrays.dtypes["bfloat16"]


def test_results_are_those_of_numpy() -> None:
    ours, expected = loss(jnp.asarray), loss(np.asarray)
    assert ours.loss == expected.loss and isinstance(ours["d_log_probs"], jax.Array)
    assert np.array_equal(ours["d_log_probs"], expected["d_log_probs"])


def test_arrays_of_jax_are_not_written() -> None:
    out = jnp.full((3, 5), 7.0, jnp.float32)
    with pytest.raises(ValueError, match="d_log_probs is read-only"):
        loss(jnp.asarray, d_log_probs=out)
    assert (out == 7).all()


def test_another_device_is_refused() -> None:
    class OnAGpu:
        def __dlpack_device__(self) -> tuple[int, int]:
            return 2, 0

        def __dlpack__(self, **_: Any) -> Any:
            raise AssertionError("it must not be exported")

    with pytest.raises(ValueError, match="advantages is on a device of DLPack's type 2, expected the CPU"):
        loss(np.asarray, advantages=OnAGpu())
