# SPDX-License-Identifier: MIT
"""Calls a function of the library: makes each parameter of C from the argument of Python with the same name."""
from __future__ import annotations

import ctypes
import struct as pack
from ctypes import byref, c_double, c_int64
from typing import Any, Callable, Optional

from . import _arrays, _c
from ._c import Gradient, In, Out
from ._names import Outputs
from ._values import Options, Result, choice, number

_pack = pack.Struct("@Pqqqqqq").pack_into  # rlhf_in, rlhf_out


class Call:
    """One call: its arguments, its outputs, and the objects that must live until it is over."""

    def __init__(self, function: str, given: dict[str, Any]) -> None:
        self.function, self.given = function, given
        self.like: Any = None  # outputs are made like this array
        self.dtype = 1  # the dtype of the call, float32 or float64
        self.kept: list[Any] = []
        self.outputs = Outputs()
        self.failure: Optional[BaseException] = None  # an exception of Python code that the library called

    def view(self, array: Any, name: str, write: bool = False) -> _arrays.View:
        v = _arrays.view_of(array, self.function, name)
        if write and not v.writable:
            _arrays.fail(self.function, f"{name} is read-only, expected a writable array")
        self.kept.append(v.owner)
        return v

    def fill(self, to: In, array: Any, name: str, of: str = "T", write: bool = False) -> None:
        """An array of one or two dimensions."""
        per_sequence = isinstance(array, _arrays.per_sequence)
        data, dtype, shape, strides, *_ = self.view(array.array if per_sequence else array, name, write)
        if of == "vocab_shard":
            shape, strides, dtype = self.shards(name, dtype, shape, strides)
        if per_sequence:
            if len(shape) != 1:
                _arrays.fail(self.function, f"{name} per sequence has {len(shape)} dimensions, expected 1")
            shape, strides = (shape[0], 1), (strides[0], 0)
        _pack(to, 0, data, dtype, len(shape), *(*shape, 0, 0)[:2], *(*strides, 0, 0)[:2])
        if self.like is None and of in ("T", "vocab_shard") and not (write or per_sequence):
            self.like, self.dtype = array, 2 if dtype == 2 else 1

    def shards(self, name: str, dtype: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Any, Any, int]:
        """Vocab shards: six numbers per shard, in an array of float64 whose last dimension is 6."""
        if dtype != 2 or not shape or shape[-1] != 6 or strides[-1] != 1 or any(s % 6 for s in strides[:-1]):
            _arrays.fail(self.function, f"{name} is {_arrays.words[dtype]} {list(shape)}, expected float64 [..., 6]")
        return shape[:-1], tuple(s // 6 for s in strides[:-1]), 8

    def made(self, name: str, declared: str, of: str) -> Any:
        """A new array for an output of this shape."""
        given = self.given
        twin = given.get(name[2:]) if name.startswith("d_") else None
        if twin is True:
            twin = self.outputs.get(name[2:])
        if twin is not None:
            shape = tuple(twin.shape)
        elif declared == "[B]":
            shape = (next(iter(given.values())).sequences,)
        elif declared == "[N]":
            shape = tuple(self.like.shape)[-1:]
        else:
            shape = next(iter(given.values())).shape
        dtype = _arrays.dtypes.get(of, self.dtype)
        if of == "vocab_shard":
            shape, dtype = (*shape, 6), 2
        return _arrays.made_like(self.like, shape, dtype, self.function, name)

    def destination(self, to: Any, given: Any, name: str) -> Any:
        """Where a gradient goes, and whether it overwrites or is added."""
        if not isinstance(given, _arrays.add_to):
            return given
        to.mode, to.scale = given.mode, number(c_double, given.scale, self.function, f"{name}.scale")
        return given.buffer

    def output(self, to: Out, given: Any, name: str, declared: str, of: str) -> None:
        if given is True:
            given = self.made(name, declared, of)
        self.outputs[name] = given
        self.fill(to, given, name, of, write=True)


Parameter = Callable[[Call], Any]


def struct(name: str, *kinds: type, optional: bool = False) -> Parameter:
    """A parameter that is an object in Python: a batch, groups, moments, an objective."""

    def argument(call: Call) -> Any:
        value: Any = call.given[name]
        if value is None and optional:
            return None
        if not isinstance(value, kinds):
            expected = " or ".join(f"rlhf.{k.__name__}" for k in kinds)
            raise TypeError(f"rlhf::{call.function}: {name} is a {type(value).__name__}, expected {expected}")
        passed: Any = value.for_call(call) if hasattr(value, "for_call") else value
        return byref(passed)

    return argument


class Arrays(ctypes.Structure):
    """Base of the structs of arrays. `declared` has the shape and the element's type of each."""

    declared: dict[str, tuple[str, str]] = {}


def arrays(kind: type[Arrays]) -> Parameter:
    fields = [(f[0], f[1], *kind.declared[f[0]]) for f in kind._fields_[1:]]
    inputs = [(name, of) for name, type_, _, of in fields if type_ is In]
    outputs = [f for f in fields if f[1] is not In]

    def argument(call: Call) -> Any:
        given, filled = call.given, kind(ctypes.sizeof(kind))
        for name, of in inputs:
            if given[name] is not None:
                call.fill(getattr(filled, name), given[name], name, of)
        for name, type_, shape, of in outputs:
            array, to = given[name], getattr(filled, name)
            if array is None or array is False:
                continue
            if type_ is Gradient:
                array, to = call.destination(to, array, name), to.to
            call.output(to, array, name, shape, of)
        return byref(filled)

    return argument


class Given(Arrays):
    """Base of structs of arrays that the caller makes, such as kept_set."""

    def take(self, given: dict[str, Any], function: str) -> None:
        self.given = given

    def for_call(self, call: Call) -> Given:
        kind = type(self)
        filled = kind.__new__(kind)
        filled.size = ctypes.sizeof(kind)
        for name, type_, *_ in kind._fields_[1:]:
            if type_ is In:
                call.fill(getattr(filled, name), self.given[name], name, kind.declared[name][1])
            else:
                setattr(filled, name, number(type_, self.given[name], call.function, name))
        return filled


def options(kind: type[Options]) -> Parameter:
    def argument(call: Call) -> Any:
        filled = kind.__new__(kind)
        filled._set(call.given, call.function)
        return byref(filled)

    return argument


def array(name: str, of: str = "T", write: bool = False, optional: bool = False) -> Parameter:
    """A parameter that is a single array."""

    def argument(call: Call) -> Any:
        given, to = call.given[name], Out()
        if given is None and optional:
            return None
        if write:
            call.output(to, given, name, "[B, T]", of)
        else:
            call.fill(to, given, name, of)
        return byref(to)

    return argument


def logits(name: str) -> Parameter:
    def argument(call: Call) -> Any:
        to, given = _c.Logits(), call.given[name]
        _fill_logits(call, to, call.view(given, name), name)
        if call.like is None:
            call.like, call.dtype = given, 2 if to.dtype == 2 else 1
        return byref(to)

    return argument


def logits_gradient() -> Parameter:
    def argument(call: Call) -> Any:
        given, to = call.given["d_logits"], _c.LogitsGradient()
        if given is None or given is False:
            return None
        given = call.destination(to, given, "d_logits")
        if given is True:
            own = call.view(call.given["logits"], "logits")
            given = _arrays.made_like(call.given["logits"], own.shape, own.dtype, call.function, "d_logits")
        call.outputs["d_logits"] = given
        _fill_logits(call, to, call.view(given, "d_logits", write=True), "d_logits")
        return byref(to)

    return argument


def _fill_logits(call: Call, to: _c.Logits, v: _arrays.View, name: str) -> None:
    """Logits [B, T, V], or [tokens, V] if the batch is packed or has one sequence."""
    shape, strides = v.shape, v.strides
    if len(shape) not in (2, 3):
        _arrays.fail(call.function, f"{name} has {len(shape)} dimensions, expected [B, T, V] or [tokens, V]")
    if strides[-1] != 1 and shape[-1] > 1:
        _arrays.fail(call.function, f"{name} has a stride of {strides[-1]} between the entries of a row, expected 1")
    to.data, to.dtype, to.vocab, to.steps, to.step_stride = v.data, v.dtype, shape[-1], shape[-2], strides[-2]
    to.sequences, to.sequence_stride = (shape[0], strides[0]) if len(shape) == 3 else (1, 0)


def integer(name: str) -> Parameter:
    return lambda call: number(c_int64, call.given[name], call.function, name)


def enum(name: str, choices: tuple[str, ...]) -> Parameter:
    return lambda call: c_int64(choice(call.given[name], choices, call.function, name))


def executor(call: Call) -> Any:
    """The caller's executor, called by the library. Its exceptions are raised when the call is over."""
    run = call.given["executor"]
    if run is None:
        return None
    if not callable(run):
        raise TypeError(f"rlhf::{call.function}: executor is {run!r}, expected a function (pieces, body)")

    def pieces(_: Any, n: int, body: Any, of_body: Any) -> None:
        try:
            run(n, lambda i: body(of_body, i))
        except BaseException as failure:
            call.failure = failure

    callback = _c.run_pieces(pieces)
    call.kept.append(callback)
    return byref(_c.Executor(ctypes.cast(callback, ctypes.c_void_p)))


class Function:
    """A function of the library. If its result is None, a call returns a dict of the written arrays."""

    def __init__(self, name: str, parameters: list[Parameter], result: Any = None) -> None:
        self.name, self.parameters, self.result = name, parameters, result
        self.function = getattr(_c.library, "rlhf_" + name)

    def __call__(self, given: dict[str, Any]) -> Any:
        call, error = Call(self.name, given), _c.Error()
        arguments = [parameter(call) for parameter in self.parameters]
        result = self.result() if self.result else None
        if result is not None:
            arguments.append(byref(result))
        _c.check(self.function(*arguments, byref(error)), error)
        if call.failure:
            raise call.failure
        for name, made in call.outputs.items():
            if given[name] is True:
                call.outputs[name] = _arrays.finished(made, call.like)
        if isinstance(result, c_double):
            return result.value
        if isinstance(result, Result):
            result.outputs = call.outputs
        return call.outputs if result is None else result


