# SPDX-License-Identifier: MIT
"""Calls from several threads, and executors."""
from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import rlhf


def test_threads_of_the_caller_and_of_an_executor() -> None:
    n = 1 << 14
    b = rlhf.batch(mask=rlhf.all, sequences=32, steps=n, denominator=rlhf.counted_here)
    rng = np.random.default_rng(4)
    x, y, a = (rng.normal(-1, 0.5, (32, n)) for _ in range(3))
    given = {"log_probs": x, "old_log_probs": y, "advantages": a, "d_log_probs": True}
    one = rlhf.ppo_policy_loss(b, **given)
    many = rlhf.ppo_policy_loss(b, **given, executor=rlhf.threads(3))
    assert one.loss == many.loss and one.clip_fraction == many.clip_fraction and np.array_equal(one["d_log_probs"], many["d_log_probs"])
    found: list[Any] = []
    workers = [threading.Thread(target=lambda: found.append(rlhf.ppo_policy_loss(b, **given))) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert [r.loss for r in found] == [one.loss] * 4


def test_the_lock_of_python_is_free_during_a_call() -> None:
    """The executor's pieces wait for a thread that could not run if the call held the lock."""
    seen, go = threading.Event(), threading.Event()

    def other() -> None:
        seen.wait()
        go.set()

    def run(pieces: int, body: Any) -> None:
        seen.set()
        assert go.wait(30)
        for i in range(pieces):
            body(i)

    thread = threading.Thread(target=other)
    thread.start()
    n = 1 << 14
    b = rlhf.batch(mask=rlhf.all, sequences=8, steps=n, denominator=rlhf.counted_here)
    rlhf.moments_of(b, np.zeros((8, n)), executor=run)
    thread.join()
    assert seen.is_set() and go.is_set()


@pytest.mark.parametrize("kind", [ZeroDivisionError, KeyboardInterrupt])
def test_what_an_executor_raises_is_raised(kind: type[BaseException]) -> None:
    n = 1 << 14
    b = rlhf.batch(mask=rlhf.all, sequences=8, steps=n, denominator=rlhf.counted_here)

    def run(pieces: int, body: Any) -> None:
        raise kind

    with pytest.raises(kind):
        rlhf.moments_of(b, np.zeros((8, n)), executor=run)
