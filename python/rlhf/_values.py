# SPDX-License-Identifier: MIT
"""Arguments and results that are not arrays: bases of options, objectives, controllers and results, and ranges."""
from __future__ import annotations

import ctypes
import functools
from collections.abc import Mapping
from ctypes import byref, c_char_p, c_double, c_int64, c_size_t
from typing import Any, Optional, TypeVar, Union

from . import _c
from ._arrays import fail
from ._names import Outputs, expected, names_checked

__all__ = ["Range", "available_isas", "counts", "covariance_cut", "isa", "use_isa"]

R = TypeVar("R", bound="Result")


class counts(ctypes.Structure):
    """Counted tokens, and sequences with at least one of them. They add up over the parts of a step."""

    _fields_ = [("tokens", c_double), ("sequences", c_double)]
    tokens: float
    sequences: float

    @names_checked
    def __init__(self, tokens: float = 0, sequences: float = 0) -> None:
        super().__init__(tokens, sequences)

    def __add__(self, other: counts) -> counts:
        return counts(self.tokens + other.tokens, self.sequences + other.sequences)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, counts) and bytes(self) == bytes(other)

    def __repr__(self) -> str:
        return f"counts(tokens={self.tokens:g}, sequences={self.sequences:g})"


class covariance_cut(ctypes.Structure):
    """The cut that covariance_tokens found for a whole step. Its parts need it to pick as the whole step does."""

    _fields_ = [("mean_advantage", c_double), ("mean_log_prob", c_double), ("last", c_double)]
    mean_advantage: float
    mean_log_prob: float
    last: float


class _bounds(ctypes.Structure):
    _fields_ = [("low", c_double), ("high", c_double)]
    low: float
    high: float

    def __repr__(self) -> str:
        return repr((self.low, self.high))


class ratio_range(_bounds):
    """How far a ratio may be below and above 1. A single number sets both."""

    @staticmethod
    def of_one(both: float) -> ratio_range:
        return ratio_range(both, both)


class importance_range(_bounds):
    """The smallest and the largest weight. A single number is the largest; the smallest is then 0."""

    @staticmethod
    def of_one(high: float) -> importance_range:
        return importance_range(0, high)


Range = Union[float, tuple[float, float]]
Keywords = Mapping[str, Any]  # options of a function inside another one's


class Options(ctypes.Structure):
    """Base of options, whose fields are keywords. `_choices` has the values of their enums."""

    _choices: dict[str, tuple[str, ...]] = {}
    _first = 1  # fields before the first option
    _numbers: list[tuple[str, Any]]  # options that are set directly, and their types
    _others: list[tuple[str, Any]]

    def __init_subclass__(cls) -> None:
        fields: Any = getattr(cls, "_fields_", [])[cls._first:]
        plain = {n: kind for n, kind in fields if n not in cls._choices and kind in (c_double, c_int64)}
        cls._numbers = [*plain.items()]
        cls._others = [(n, kind) for n, kind in fields if n not in plain]

    def _set(self, given: dict[str, Any], function: str) -> None:
        self.size = ctypes.sizeof(self)
        for name, kind in self._numbers:
            try:
                setattr(self, name, given[name])
            except TypeError:
                setattr(self, name, number(kind, given[name], function, name))
        for name, kind in self._others:
            value, pointer = given[name], issubclass(kind, ctypes._Pointer)
            if pointer and value is None:
                continue
            if name in self._choices:
                value = choice(value, self._choices[name], function, name)
            value = _converted(kind._type_ if pointer else kind, value, function, name)
            setattr(self, name, ctypes.pointer(value) if pointer else value)

    def _keywords(self) -> dict[str, Any]:
        """The keywords that make the same options."""
        fields: Any = self._fields_[self._first:]
        found = {}
        for name, kind in fields:
            value = getattr(self, name)
            if issubclass(kind, ctypes._Pointer):
                value = value.contents if value else None
            value = getattr(value, "value", value)
            if name in self._choices and value is not None:
                value = self._choices[name][value]
            found[name] = value
        return found

    def __repr__(self) -> str:
        """The call that makes the same options."""
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in self._keywords().items())})"

    def __reduce__(self) -> Any:
        """Options can be pickled and copied, which ctypes does not do with pointers."""
        return functools.partial(type(self), **self._keywords()), ()


class Objective(Options):
    """Base of objectives."""

    _first = 2

    def _set(self, given: dict[str, Any], function: str) -> None:
        super()._set(given, function)
        self.name = type(self).__name__.encode()


def choice(value: Any, choices: tuple[Any, ...], function: str, name: str) -> int:
    """The number of an enum's value."""
    if value not in choices:
        fail(function, f"{name} is {value!r}, {expected(value, choices)}")
    return choices.index(value)


def number(kind: Any, value: Any, function: str, name: str) -> Any:
    """A number or a range of two numbers, as in C."""
    try:
        if not issubclass(kind, ctypes.Structure):
            return kind(value)
        if not isinstance(value, (tuple, list)):
            return kind.of_one(value)
        low, high = value
        return kind(low, high)
    except (TypeError, ValueError):
        wanted = {c_double: "a number", c_int64: "an integer"}.get(kind, "a number or (low, high)")
        raise TypeError(f"rlhf::{function}: {name} is {value!r}, expected {wanted}") from None


def _converted(kind: Any, value: Any, function: str, name: str) -> Any:
    """A number, a range or options, in the form of a field."""
    if isinstance(value, kind):
        return value
    if issubclass(kind, Options) and isinstance(value, Mapping):
        return kind(**value)
    if issubclass(kind, (Options, covariance_cut)):
        wanted = f"{'a dict or ' if issubclass(kind, Options) else ''}rlhf.{kind.__name__}"
        raise TypeError(f"rlhf::{function}: {name} is a {type(value).__name__}, expected {wanted}")
    return number(kind, value, function, name)


class Controller(Options):
    """Base of controllers. Their fields are their whole state, and may be read and set."""

    def _update_by(self, **numbers: float) -> None:
        error, function = _c.Error(), f"update_{type(self).__name__}"
        given = [number(c_double, x, function, name) for name, x in numbers.items()]
        _c.check(getattr(_c.library, f"rlhf_{function}")(byref(self), *given, byref(error)), error)


class Result(ctypes.Structure):
    """Base of results: numbers, and the written arrays as result["name"]. The parts of a step join by + or +=. Results
    can be pickled; ranks that exchange bytes can use bytes(result)."""

    _part_of = ""

    def __init__(self) -> None:
        """The result of no tokens."""
        super().__init__(ctypes.sizeof(self))
        self.outputs = Outputs()

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]

    def __iadd__(self: R, part: R) -> R:
        """Adds a part to this result, whose arrays stay."""
        name = type(self).__name__
        if not isinstance(part, type(self)):
            raise TypeError(f"rlhf: a {type(part).__name__} cannot be added to a {name}")
        for r in (self, part):
            if r._part_of:
                raise ValueError(f"rlhf: this {name} is a part of a {r._part_of}: add up the whole results")
        error = _c.Error()
        _c.check(getattr(_c.library, f"rlhf_merge_{name}")(byref(self), byref(part), byref(error)), error)
        return self

    def __add__(self: R, part: R) -> R:
        """A new result of both parts, without arrays."""
        both = type(self)()
        both += self
        both += part
        return both

    def __repr__(self) -> str:
        numbers = [f[0] for f in self._fields_[1:] if f[0] != "state"]
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in numbers)})"

    def _part(self, name: str, kind: type[R]) -> R:
        """The numbers of a result inside this one."""
        found = kind()
        for field, *_ in kind._fields_[1:]:
            if field != "state":
                setattr(found, field, getattr(self, f"{name}_{field}"))
        found._part_of = type(self).__name__
        return found


def use_isa(name: str) -> None:
    """Uses another instruction set, for all threads. available_isas() has the names."""
    error = _c.Error()
    _c.check(_c.library.rlhf_use_isa(c_char_p(name.encode()), byref(error)), error)


def isa() -> Optional[str]:
    """The instruction set in use: the best one of this machine, or the one that the environment variable RLHF_ISA names.
    """
    name = _c.library.rlhf_isa()
    return name.decode() if name else None


def available_isas() -> list[str]:
    """The instruction sets that the library was compiled for and this machine has. The best one is last."""
    found: list[str] = []
    while name := _c.library.rlhf_available_isa(c_size_t(len(found))):
        found.append(name.decode())
    return found
