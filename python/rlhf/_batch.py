# SPDX-License-Identifier: MIT
"""Batches, groups and executors."""
from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_int64, c_size_t
from typing import Any, Callable, Literal, Optional, Union

from ._arrays import Array, dtypes, fail, words
from ._c import In, Out
from ._call import Call, Function, array, integer, struct
from ._names import names_checked
from ._values import choice, counts, number

__all__ = ["Executor", "all", "batch", "count", "counted_here", "groups", "mask_targets", "sort_pairs", "threads"]


class _Constant:
    """A constant with a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"rlhf.{self.name}"

    def __reduce__(self) -> str:
        """It stays the same object when it is pickled or copied."""
        return self.name


all = _Constant("all")  # a mask: every token counts
counted_here = _Constant("counted_here")  # divide by this batch's own counts: the batch is the whole step


class batch(ctypes.Structure):
    """Describes the tokens of a call: where their sequences lie, which tokens count, and what their sum is divided by.

    mask            one byte or bool per token, not 0: it counts; or rlhf.all
    denominator     rlhf.counted_here, or the counts of the whole step: rlhf.count(), or a sum of counts
    sequences, steps    B and T; absent: the mask's shape. With steps alone, arrays are [T].
    offsets         packed: B + 1 offsets that do not fall, int32 or int64; arrays are [tokens]
    layout          "batch_first": arrays are [B, T]; "time_first": [T, B]
    predict_next    True: step t predicts token t + 1; mask and targets are given per token and shifted here.
                    False: they are aligned with the steps already. Functions over logits or targets need it.
    """

    _fields_ = [("size", c_size_t), ("sequences", c_int64), ("steps", c_int64), ("offsets", In), ("layout", c_int64),
                ("predict_next", c_int64), ("mask", In), ("every_token", c_int64), ("denominator", c_int64),
                ("whole", counts)]
    shape: tuple[int, ...]  # the shape of an array with one element per token

    @names_checked
    def __init__(self, *, mask: Union[Array, _Constant], denominator: Union[counts, _Constant],
                 sequences: Optional[int] = None, steps: Optional[int] = None, offsets: Optional[Array] = None,
                 layout: Literal["batch_first", "time_first"] = "batch_first",
                 predict_next: Optional[bool] = None) -> None:
        super().__init__(ctypes.sizeof(batch))
        call = Call("batch", {})
        self.kept = call.kept, mask, offsets
        self.layout = choice(layout, ("batch_first", "time_first"), "batch", "layout")
        self.predict_next = choice(predict_next, (None, True, False), "batch", "predict_next")
        for name, n in {"sequences": sequences, "steps": steps}.items():
            if n is not None:
                number(c_int64, n, "batch", name)
        self.every_token = mask is all
        seen: tuple[int, ...] = ()
        if mask is not all:
            call.fill(self.mask, mask, "mask")
            if self.mask.dtype != dtypes["bool"]:
                fail("batch", f"mask is {words[self.mask.dtype]}, expected bool or uint8")
            seen = tuple(mask.shape)  # type: ignore[union-attr]
        if denominator is not counted_here:
            if not isinstance(denominator, counts):
                raise TypeError(f"rlhf::batch: denominator is {denominator!r}, expected rlhf.counted_here or counts")
            self.whole = denominator
        self.denominator = 1 if denominator is counted_here else 2
        if offsets is not None:
            call.fill(self.offsets, offsets, "offsets")
            places: Any = offsets
            if self.offsets.dims != 1 or self.offsets.shape[0] == 0:
                fail("batch", f"offsets is {list(places.shape)}, expected B + 1 numbers")
            self.sequences, self.shape = len(places) - 1, (int(places[-1]) - int(places[0]),)
            return
        if steps is None:
            if not seen:
                raise TypeError("rlhf::batch: steps is missing, and there is no mask to take it from")
            if len(seen) == 2:
                rows, steps = seen if layout == "batch_first" else seen[::-1]
                sequences = rows if sequences is None else sequences
            else:
                steps = seen[0] if sequences is None else seen[0] // max(sequences, 1)
        self.sequences, self.steps = 1 if sequences is None else sequences, steps
        self.shape = (steps,) if sequences is None else (
            (sequences, steps) if layout == "batch_first" else (steps, sequences))

    def __repr__(self) -> str:
        denominator = counted_here if self.denominator == 1 else self.whole
        return f"batch(shape={self.shape}, denominator={denominator})"


class groups(ctypes.Structure):
    """Which of N sequences answer the same prompt: `size` consecutive sequences, or sequences with the same id."""

    _fields_ = [("size", c_size_t), ("group_size", c_int64), ("ids", In), ("workspace", Out)]

    @names_checked
    def __init__(self, *, size: int = 0, ids: Optional[Array] = None) -> None:
        super().__init__(ctypes.sizeof(groups), number(c_int64, size, "groups", "size"))
        call = Call("groups", {})
        self.kept = call.kept, ids
        if ids is not None:
            call.fill(self.ids, ids, "ids")

    def for_call(self, call: Call) -> groups:
        """The groups of a call, with the call's own workspace."""
        if not self.ids.dims:
            return self
        own, n = groups.from_buffer_copy(self), 2 * int(self.ids.shape[0])
        workspace = (c_int64 * n)()
        call.kept.append(workspace)
        own.workspace.data, own.workspace.dtype, own.workspace.dims = ctypes.addressof(workspace), 6, 1
        own.workspace.shape, own.workspace.strides = (n, 0), (1, 0)
        return own


# Runs body(i) for every i < pieces, on any threads, and returns when all are done: executor(pieces, body).
Executor = Callable[[int, Callable[[int], None]], Any]


@names_checked
def threads(count: int) -> Executor:
    """An executor with `count` threads. The library runs without Python's lock; every output bit is the same."""
    pool = ThreadPoolExecutor(count)

    def run(pieces: int, body: Callable[[int], None]) -> None:
        def some(first: int) -> None:
            for i in range(first, pieces, count):
                body(i)

        for done in [pool.submit(some, first) for first in range(min(count, pieces))]:
            done.result()

    return run


_count = Function("count", [struct("batch", batch)], counts)
_mask_targets = Function("mask_targets", [array("targets"), array("mask", "uint8", write=True),
                                          integer("ignore_index")])
_sort_pairs = Function("sort_pairs", [array("sums"), array("chosen", "int64", write=True),
                                      array("rejected", "int64", write=True)])


@names_checked
def count(batch: batch) -> counts:
    """Counts the tokens and sequences that the mask of a batch lets through: the denominator of a step cut into parts.
    """
    result: counts = _count(locals())
    return result


@names_checked
def mask_targets(targets: Array, mask: Array, *, ignore_index: int = -100) -> None:
    """mask[i] = 0 where targets[i] is ignore_index, else 1."""
    _mask_targets(locals())


@names_checked
def sort_pairs(sums: Array, chosen: Array, rejected: Array) -> None:
    """Sorts the indices of both sides of pairs by their sums, for the loss AOT. chosen and rejected change in place."""
    _sort_pairs(locals())
