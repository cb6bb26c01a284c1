# SPDX-License-Identifier: MIT
"""Sentences about names that are slightly wrong: of arguments, of values, of arrays in a result."""
from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Iterable
from typing import Any, Callable, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def _either(names: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def expected(name: Any, known: Iterable[Any]) -> str:
    """The end of a sentence about a wrong name: the right ones, and which of them may be meant."""
    names, given = [str(n) for n in known], str(name).lower()
    meant = [n for n in names if given and n.startswith(given)] or difflib.get_close_matches(given, names, 1)
    return f"expected {_either(names)}" + (f": did you mean {_either(meant)}?" if meant else "")


def names_checked(function: F) -> F:
    """The function, which lists its arguments when it is given one that it does not have."""

    @functools.wraps(function)
    def call(*arguments: Any, **given: Any) -> Any:
        try:
            return function(*arguments, **given)
        except TypeError:
            known = [name for name in inspect.signature(function).parameters if name != "self"]
            for name in given:
                if name not in known:
                    own = function.__qualname__.removesuffix(".__init__")
                    raise TypeError(f"rlhf::{own}: there is no argument {name}, {expected(name, known)}") from None
            raise

    return call  # type: ignore[return-value]


class Outputs(dict[str, Any]):
    """The arrays that a call wrote, by their names."""

    def __missing__(self, name: str) -> Any:
        if self:
            raise KeyError(f"rlhf: the call wrote no array {name}, {expected(name, self)}")
        raise KeyError(f"rlhf: the call wrote no array: name {name} in the call, {name}=True")
