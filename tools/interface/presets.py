# SPDX-License-Identifier: MIT
"""Reads the constants of recipe/preset/ from their declarations: the options that each one names, as plain values."""
from __future__ import annotations

import re
from typing import Any, Callable

from clang.cindex import CursorKind

from model import Preset


def number(words: list[str]) -> float:
    """The value of an expression of numbers, such as 1 / 1.001."""
    text = "".join(words)
    if not re.fullmatch(r"[\d.e+*/-]+", text):
        raise SystemExit(f"{text} is not a number that a preset may have")
    return float(eval(text))  # noqa: S307: numbers and operators alone


class Initialiser:
    """What stands between the braces of a constant: {.name = value, …} is a dict, {a, b} a tuple, and an enum's value
    its name."""

    def __init__(self, words: list[str], constant: Callable[[str], Any]) -> None:
        self.words, self.constant = words, constant

    def next(self) -> str:
        return self.words.pop(0)

    def braces(self) -> Any:
        named: dict[str, Any] = {}
        listed: list[Any] = []
        self.next()
        while self.words[0] != "}":
            if self.words[0] == ".":
                name = self.words[1]
                del self.words[:3]  # .name =
                named[name] = self.value()
            else:
                listed.append(self.value())
            if self.words[0] == ",":
                self.next()
        self.next()
        return tuple(listed) if listed else named

    def value(self) -> Any:
        if self.words[0] == "{":
            return self.braces()
        words = []
        while self.words and self.words[0] not in (",", "}"):
            words.append(self.next())
        if len(words) == 3 and words[1] == "::":
            return words[2]
        if words in (["true"], ["false"]):
            return words == ["true"]
        if words[0].isidentifier():
            return float("inf") if words == ["unlimited"] else self.constant(words[0])
        return number(words)


def words_of(cursor) -> list[str]:
    """The tokens of a constant's value: from its braces, or behind its =."""
    words = [t.spelling for t in cursor.get_tokens() if t.kind.name != "COMMENT"]
    first = len(words) - 1 - words[::-1].index(cursor.spelling) if "{" not in words else words.index("{") - 1
    assert words[first] == cursor.spelling, words
    return words[first + (1 if words[first + 1] == "{" else 2):]


def presets(cursor, space: str, constants: dict[str, Any], plain: Callable[[str], str],
            comment_of: Callable[[Any], str]) -> list[Preset]:
    """The constants in the namespace `space` and in the namespaces inside it."""

    def constant(name: str) -> Any:
        return Initialiser(words_of(constants[name]), constant).value()

    found: list[Preset] = []
    for child in cursor.get_children():
        if child.kind == CursorKind.NAMESPACE:
            found += presets(child, child.spelling, constants, plain, comment_of)
        elif child.kind == CursorKind.VAR_DECL:
            value = Initialiser(words_of(child), constant).value()
            found.append(Preset(space, child.spelling, plain(child.type.spelling), comment_of(child), value))
    return found
