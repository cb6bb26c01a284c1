# SPDX-License-Identifier: MIT
"""The inputs and the hash of tests/bits/scene.hpp and bits.hpp, so that Python's calls are compared with the same bits."""
from __future__ import annotations

import pathlib
from typing import Any, Callable

import numpy as np

LENGTHS = [600, 0, 1, 33, 512, 5, 64, 17, 100, 31, 16, 513, 2, 77, 8, 300, 15, 40, 9]
HASHES = dict(line.split() for line in (pathlib.Path(__file__).parents[1] / "bits/hashes.txt").open())
WORD = (1 << 64) - 1


class Random:
    """SplitMix64, for an array of seeds."""

    def __init__(self, seed: Any) -> None:
        self.state = np.asarray(seed, np.uint64)

    def bits(self) -> Any:
        with np.errstate(over="ignore"):
            self.state = self.state + np.uint64(0x9E3779B97F4A7C15)
            z = self.state
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))

    def below(self, n: int) -> Any:
        return self.bits() % np.uint64(n)

    def around(self, limit: int = 1) -> Any:
        return (self.bits().view(np.int64) >> 15) * limit

    def bell(self, limit: int = 1) -> Any:
        total = self.around(limit) + self.around(limit) + self.around(limit)
        return np.where(total < 0, -(-total // 3), total // 3)  # C++ divides towards 0

    def log_prob(self) -> Any:
        return -((self.bits() >> np.uint64(40)) * (self.bits() >> np.uint64(40))).view(np.int64) * 6


class Place:
    """A scene in memory: form is rows, columns or packed; a stride is elements behind each row."""

    def __init__(self, form: str, stride: int = 0, special: bool = False) -> None:
        self.form, self.stride, self.special, self.steps = form, stride, special, max(LENGTHS)
        self.offsets = np.cumsum([0] + LENGTHS).astype(np.int32)
        long = [LENGTHS[q] if form == "packed" else self.steps for q in range(len(LENGTHS))]
        self.q = np.repeat(np.arange(len(LENGTHS)), long)
        self.t = np.concatenate([np.arange(n) for n in long])
        self.counts = np.zeros((len(LENGTHS), self.steps), bool)
        for q, length in enumerate(LENGTHS):
            r, inside = Random([77 + q]), True
            for t in range(length):
                if r.below(24 if inside else 6)[0] == 0:
                    inside = not inside
                self.counts[q, t] = inside and not (q % 5 == 4 and 20 <= t < 150)
        self.mask = self.placed(self.counts[self.q, self.t].astype(np.uint8))

    def memory(self, dtype: Any) -> Any:
        """The whole memory of an array, and the array in it."""
        if self.form == "packed":
            whole = np.zeros(self.offsets[-1], dtype)
            return whole, whole
        shape = (len(LENGTHS), self.steps) if self.form == "rows" else (self.steps, len(LENGTHS))
        first, row = bool(self.stride), shape[1] + self.stride
        whole = np.zeros(first + shape[0] * row, dtype)
        return whole, whole[first:].reshape(shape[0], row)[:, : shape[1]]

    def placed(self, values: Any) -> Any:
        array = self.memory(values.dtype)[1]
        if self.form == "packed":
            array[:] = values
        elif self.form == "rows":
            array[self.q, self.t] = values
        else:
            array[self.t, self.q] = values
        return array

    def numbers(self, dtype: Any, seed: int, draw: Callable[[Random], Any]) -> Any:
        r = Random((np.uint64(seed << 40) ^ (self.q.astype(np.uint64) << np.uint64(24))) ^ self.t.astype(np.uint64))
        x = (draw(r) * 2.0**-48).astype(dtype)
        values = np.array([0, -0.0, 700, -700, np.finfo(dtype).smallest_subnormal, np.inf, -np.inf, np.nan], dtype)
        if self.special:
            chosen = r.below(40) == 0
        else:
            hidden = ~self.counts[self.q, self.t]
            drawn = Random(r.state[hidden])
            chosen = hidden.copy()
            chosen[hidden] = drawn.below(3) != 0
            r.state[hidden] = drawn.state
        return self.placed(np.where(chosen, values[Random(r.state).below(8)], x))

    def output(self, dtype: Any) -> Any:
        whole, array = self.memory(dtype)
        whole[:] = np.trunc(Random(np.arange(len(whole))).around() / 1024) * 2.0**-48  # C++ divides towards 0
        return whole, array


class Hash:
    def __init__(self) -> None:
        self.state = 0x243F6A8885A308D3

    def word(self, w: int) -> None:
        self.state = ((self.state ^ w) * 0x9E3779B97F4A7C15) & WORD
        self.state ^= self.state >> 29

    def add(self, *values: float) -> None:
        self.words(np.array(values, np.float64))

    def words(self, array: Any) -> None:
        kind, infinity = (np.uint64, 0x7FF0000000000000) if array.dtype == np.float64 else (np.uint32, 0x7F800000)
        for w in np.where(np.isnan(array), kind(infinity | 1), array.view(kind)).tolist():
            self.word(w)

    def array(self, array: Any) -> None:
        self.word(len(array))
        self.words(array)

    def value(self) -> str:
        return f"{self.state ^ self.state >> 32:016x}"
