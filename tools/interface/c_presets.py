# SPDX-License-Identifier: MIT
"""Writes rlhf/c/presets.h, the options of trainers and papers as constants of C, and the test that they equal
the constants of C++."""
from __future__ import annotations

from math import inf
from typing import Any

from c_header import guarded
from c_types import C, comment, digits, listed, plain_structs, upper
from model import Preset


def number(x: float) -> str:
    return upper("unlimited") if x == inf else digits(x)


def plain(c: C, of: str, value: Any) -> str:
    """A number, a word or a range, as C writes it."""
    if of in plain_structs:
        low, high = value if isinstance(value, tuple) else (0 if of == "importance_range" else value, value)
        return f"{{{number(low)}, {number(high)}}}"
    return upper(of, value) if of in c.interface.enums else number(value)


def constant(c: C, type_: str, name: str, value: dict[str, Any]) -> str:
    """The definition of a struct of options, behind the definitions of what it points to."""
    before, values = "", []
    for f in c.interface.structs[type_].fields:
        own, of, inner = value.get(f.name), c.real(f.of), f"{name}_{f.name}"
        if own is None:
            values.append(c.default(f))
        elif isinstance(own, dict):
            before += constant(c, of, inner, own)
            values.append(f"&{inner}")
        elif f.kind == "optional":
            word = "double" if of == "double" else f"rlhf_{of}"
            before += f"static const {word} {inner} = {plain(c, of, own)};\n"
            values.append(f"&{inner}")
        else:
            values.append(plain(c, of, own))
    return before + f"static const rlhf_{type_} {name} = {{\n" + c.initialiser("    ", type_, values, "};")


def full_name(p: Preset) -> str:
    return f"rlhf_preset_{p.space}_{p.name}"


def header(c: C) -> str:
    text, space = "", ""
    for p in c.interface.presets:
        if p.space != space:
            space = p.space
            text += ("\n" if text else "") + comment(c.interface.spaces[space])
        text += comment(p.comment) if p.comment else ""
        if p.type == "double":
            text += f"static const double {full_name(p)} = {number(p.value)};\n"
        else:
            text += constant(c, p.type, full_name(p), p.value)
    words = comment("The options of trainers and papers. What is not said here is the library's default.\n\n"
                    "More: <rlhf/recipe/preset/>")
    return guarded("presets", ["rlhf"], words + "\n" + text)


def test(c: C) -> str:
    """The members of each type, and a comparison of each preset."""
    types: dict[str, None] = {}

    def add(type_: str) -> None:
        types[type_] = None
        for f in c.interface.structs[type_].fields:
            if c.real(f.of) in c.interface.structs:
                add(c.real(f.of))

    for p in c.interface.presets:
        if p.type != "double":
            add(p.type)
    text = "namespace presets {\n\n"
    for type_ in types:
        text += listed("RLHF_MEMBERS(", [type_] + [f"o.{f.name}" for f in c.interface.structs[type_].fields], ")")
    for space in dict.fromkeys(p.space for p in c.interface.presets):
        checks = [f"    RLHF_CHECK_PRESET({space}, {p.name});\n" for p in c.interface.presets if p.space == space]
        text += f'\nTEST_CASE("presets of C: {space}") {{\n{"".join(checks)}}}\n'
    return text + "\n} // namespace presets\n"
