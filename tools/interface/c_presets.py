# SPDX-License-Identifier: MIT
"""Writes rlhf/c/presets.h, the options of trainers and papers as constants of C, and the test that they equal
the constants of C++."""
from __future__ import annotations

from typing import Any

from c_header import guarded
from c_types import C, array_kinds, comment, listed, plain_structs, upper
from model import Field, Preset


def number(x: float) -> str:
    return upper("unlimited") if x == float("inf") else f"{x:.17g}" if float(f"{x:.15g}") != x else f"{x:.15g}"


def plain(c: C, of: str, value: Any) -> str:
    """A number, a word or a range, as C writes it."""
    if of in plain_structs:
        low, high = value if isinstance(value, tuple) else (value, value)
        return f"{{{number(0 if of == 'importance_range' and not isinstance(value, tuple) else low)}, {number(high)}}}"
    return upper(of, value) if of in c.interface.enums else number(value)


def constant(c: C, type_: str, name: str, value: dict[str, Any]) -> str:
    """The definition of a struct of options, behind the definitions of what it points to."""
    before, objective = "", type_ in c.objectives()
    first = f'{{sizeof(rlhf_{type_}), "{type_}"}}' if objective else f"sizeof(rlhf_{type_})"
    values = [first]

    def pointer(f: Field, own: Any) -> str:
        nonlocal before
        inner, of = f"{name}_{f.name}", c.real(f.of) if f.of in c.interface.structs else f.of
        if isinstance(own, dict):
            before += constant(c, of, inner, own)
        else:
            word = "double" if of == "double" else f"rlhf_{of}"
            before += f"static const {word} {inner} = {plain(c, of, own)};\n"
        return f"&{inner}"

    for f in c.interface.structs[type_].fields:
        if f.name not in value:
            values.append(c.default(f))
        elif f.kind == "optional" or isinstance(value[f.name], dict):
            values.append(pointer(f, value[f.name]))
        elif f.kind == "bool":
            values.append(str(int(value[f.name])))
        else:
            values.append(plain(c, c.real(f.of) if f.kind == "struct" else f.of, value[f.name]))
    return before + f"static const rlhf_{type_} {name} = {{\n{listed('    ', values, '};')}"


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


def same(c: C, type_: str) -> str:
    """Are two structs of C++ the same in all fields?"""
    tests = []
    for f in c.interface.structs[type_].fields:
        a, b = f"a.{f.name}", f"b.{f.name}"
        ranges = f.kind == "struct" and c.real(f.of) in plain_structs
        if ranges:
            tests.append(f"same({a}.low, {b}.low) && same({a}.high, {b}.high)")
        elif f.kind == "optional" and f.of in plain_structs:
            tests.append(f"{a}.has_value() == {b}.has_value()")
            tests += [f"(!{a} || same({a}->{m.name}, {b}->{m.name}))" for m in c.interface.structs[f.of].fields]
        else:
            tests.append(f"same({a}, {b})" if f.kind in ("struct", "double") else f"{a} == {b}")
    last = "    return " + " &&\n           ".join(tests) + ";\n"
    return f"bool same(const rlhf::{type_}& a, const rlhf::{type_}& b) {{\n{last}}}\n"


def test(c: C) -> str:
    types: list[str] = []

    def add(type_: str) -> None:
        for f in c.interface.structs[type_].fields:
            of = c.real(f.of) if f.kind == "struct" else ""
            if of and of not in plain_structs and not any(x.kind in array_kinds for x in c.interface.structs[of].fields):
                add(of)
        if type_ not in types:
            types.append(type_)

    objectives, spaces = c.objectives(), dict.fromkeys(p.space for p in c.interface.presets)
    for p in c.interface.presets:
        if p.type != "double":
            add(p.type)
    text = "".join(same(c, t) for t in types) + "\n"
    for space in spaces:
        text += f'TEST_CASE("presets of C: {space}") {{\n'
        for p in c.interface.presets:
            if p.space == space:
                own = full_name(p)
                own = own if p.type == "double" else f"of_c(reader, {'' if p.type in objectives else '&'}{own})"
                text += f"    CHECK(same({own}, rlhf::preset::{space}::{p.name}));\n"
        text += "}\n"
    return text
