# SPDX-License-Identifier: MIT
"""How C says what model.Interface says: names, types, defaults, comments."""
from __future__ import annotations

import itertools
import textwrap

from model import Field, Function, Interface, Parameter, Result

# Structs of doubles alone. They stand inside others by value, and never grow.
plain_structs = ("ratio_range", "importance_range", "covariance_cut", "counts")
# What types.h has by hand.
by_hand = ("batch", "groups", "linear_head", "linear_head_gradient", "vocab_shard", "counts")
array_kinds = ("in", "index", "out", "gradient")
rooms = ("advantage", "logits", "policy", "preference", "reward", "recipe")
# Written by hand, in library.h and glue/by_hand.hpp.
functions_by_hand = ("count", "mask_targets", "group_workspace", "linear_head_workspace", "sort_pairs")


def upper(*words: str) -> str:
    return "_".join(("RLHF",) + words).upper()


def digits(x: float) -> str:
    """A number in the fewest digits that give it back."""
    return f"{x:g}" if float(f"{x:g}") == x else repr(x)


def comment(text: str, indent: str = "") -> str:
    """A block comment of at most 120 columns; code in it, which is indented, stays as it is."""
    assert "*/" not in text and "/*" not in text, text
    lines: list[str] = []
    for code, block in itertools.groupby(text.splitlines(), lambda line: line.startswith("    ") or not line):
        lines += block if code else textwrap.wrap(" ".join(block), 114 - len(indent), break_on_hyphens=False)
    return f"{indent}/* " + "\n".join([lines[0]] + [f"{indent} * {line}".rstrip() for line in lines[1:]]) + " */\n"


def summary(text: str) -> str:
    """The first paragraph of a comment and the formulas behind it."""
    blocks = text.split("\n\n")
    last = 1
    while last < len(blocks) and blocks[last].startswith("    "):
        last += 1
    return "\n\n".join(blocks[:last])


def aside(text: str) -> str:
    """A comment behind a declaration."""
    return f" /* {' '.join(text.split())} */" if text else ""


def listed(head: str, items: list[str], end: str) -> str:
    """Items with commas between them, on as many lines as they need, in line with the first."""
    lines, line = [], head
    for i, item in enumerate(items):
        item += end if i == len(items) - 1 else ","
        if len(line) + len(item) > 119 and line.strip():
            lines.append(line.rstrip())
            line = " " * len(head)
        line += item + " "
    return "\n".join(lines + [line.rstrip()]) + "\n"


def merge_parameters(result: str) -> list[str]:
    return [f"rlhf_{result}* into", f"const rlhf_{result}* part", "rlhf_error* error"]


def declared(members: list[tuple[str, str]], mark: str = ";") -> str:
    """Members with their comments: behind them where there is room, else above."""
    behind = [m for m in members if m[1] and len(m[0]) + len(aside(m[1])) <= 114]
    width = max((len(m[0]) for m in behind), default=0) + 1
    text = ""
    for member, remark in members:
        line = f"    {(member + mark).ljust(width)}{aside(remark)}".rstrip()
        if len(line) > 120:
            line = f"    {member}{mark}{aside(remark)}"
        text += line + "\n" if len(line) <= 120 else comment(remark, "    ") + f"    {member}{mark}\n"
    return text


class C:
    """The names and types of one interface in C."""

    def __init__(self, interface: Interface):
        self.interface = interface

    def real(self, name: str) -> str:
        """The struct or result behind an alias; other names are their own."""
        found = self.interface.structs.get(name) or self.interface.results.get(name)
        return found.same_as or name if found else name

    def results(self) -> list[Result]:
        """The results that are generated, without aliases."""
        return [r for r in self.interface.results.values() if not r.same_as and r.name not in by_hand]

    def objectives(self) -> list[str]:
        """The names of all objectives."""
        return sorted({name for f in self.interface.functions for name in f.objectives})

    def initialiser(self, head: str, name: str, values: list[str], end: str) -> str:
        """The values of options, or of an objective, behind what both begin with: a size, and an objective's name."""
        first = f'{{sizeof(rlhf_{name}), "{name}"}}' if name in self.objectives() else f"sizeof(rlhf_{name})"
        return listed(head, [first] + values, end)

    def default(self, field: Field) -> str:
        d = field.default
        if field.kind in array_kinds:
            return upper("no_gradient" if field.kind == "gradient" else "absent")
        if field.kind == "optional" or (field.kind == "struct" and self.real(field.of) not in plain_structs):
            return "NULL"
        if field.kind == "enum":
            return upper(*d.split("::"))
        if field.kind == "bool":
            return "1" if d == "true" else "0"
        number = d.replace("unlimited", upper("unlimited"))
        if field.kind == "struct":
            number = number or "NAN"
            return f"{{0, {number}}}" if field.of == "importance_range" else f"{{{number}, {number}}}"
        return number or "0"

    def member(self, field: Field) -> tuple[str, str]:
        """A field of options, arrays or an objective: its declaration and its comment."""
        name, remark = field.name, field.comment
        if field.kind in array_kinds:
            type_ = {"index": "in"}.get(field.kind, field.kind)
            word = {"uint8": "uint8", "float": "float32"}.get(field.of, "")
            word = "int32 or int64" if field.kind == "index" else word
            if field.required:
                word = f"{word}, required" if word else "required"
            shape = field.shape
            rest = remark[len(shape):].strip() if shape else remark
            if rest.startswith((",", ";")):  # [B, T], or per_sequence [B]
                return f"rlhf_{type_} {name}", f"{shape}{rest}" + (f"; {word}" if word else "")
            words = [w for w in (shape, f"{word}," if word and rest else word, rest) if w]
            return f"rlhf_{type_} {name}", " ".join(words)
        if field.kind == "optional":
            type_ = "double" if field.of == "double" else f"rlhf_{field.of}"
            return f"const {type_}* {name}", remark or "NULL: absent"
        if field.kind == "enum":
            return f"rlhf_{field.of} {name}", remark
        if field.kind == "struct":
            of = self.real(field.of)
            if of in plain_structs:
                return f"rlhf_{of} {name}", remark
            return f"const rlhf_{of}* {name}", remark or "NULL: the defaults"
        return ("double " if field.kind == "double" else "int64_t ") + name, remark

    def numbers(self, result: Result, prefix: str = "", path: str = "r") -> list[tuple[str, str, str]]:
        """What a result has in C: declaration, comment, and the C++ expression that gives it."""
        found = []
        for g in result.getters:
            value = f"{path}.{g.name}" + ("" if g.field else "()")
            if g.type in ("counts", "covariance_cut"):
                found.append((f"rlhf_{g.type} {prefix}{g.name}", g.comment, f"to_c({value})"))
            elif g.type == "double":
                found.append((f"double {prefix}{g.name}", g.comment, value))
            else:
                nested = self.interface.results[g.type]
                found += self.numbers(nested, f"{prefix}{g.name}_", value)
        return found

    # Functions. The overloads of a name that differ in what may be left out are one function of C.

    def calls(self) -> list["Call"]:
        groups: dict[str, list[Function]] = {}
        for f in self.interface.functions:
            if f.name in functions_by_hand:
                continue
            first = next((p for p in f.parameters if p.kind == "struct"), None)
            name = f.name
            if first and first.of == "linear_head":
                name = f"linear_head_{f.name}"
            elif f.name == "updated":
                name = f"update_{f.parameters[0].of}"
            groups.setdefault(name, []).append(f)
        return [Call(self, name, overloads) for name, overloads in groups.items()]


class Call:
    """A function of C, and the overloads of C++ behind it."""

    def __init__(self, c: C, name: str, overloads: list[Function]):
        self.c, self.name = c, name
        self.whole = max(overloads, key=lambda f: len(f.parameters))
        least = min(overloads, key=lambda f: len(f.parameters))
        kept = {p.name for p in least.parameters}
        self.optional = next((p for p in self.whole.parameters if p.name not in kept), None)
        self.room = self.whole.header.split("/")[0]
        self.comment = overloads[0].comment
        if name.startswith("linear_head_"):
            self.comment = f"{overloads[0].name} from hidden states and weights: the logits are never held as a whole."
        result = next((f.result for f in overloads if f.result != "void"), "void")
        self.result = c.real(result)
        self.updates = self.whole.name == "updated"

    def parameter(self, p: Parameter) -> str:
        c_name = {"b": "batch", "g": "groups", "a": "arrays", "o": "options", "c": "controller",
                  "d": "gradient", "m": "moments"}.get(p.name, p.name)
        types = {"batch": "rlhf_batch", "groups": "rlhf_groups", "executor": "rlhf_executor", "logits": "rlhf_logits",
                 "index": "rlhf_in", "in": "rlhf_in", "out": "rlhf_out", "d_logits": "rlhf_logits_gradient",
                 "objective": "rlhf_objective", "moments": "rlhf_moments"}
        if p.kind in types:
            return f"const {types[p.kind]}* {c_name}"
        if p.kind in ("arrays", "options", "struct"):
            return f"const rlhf_{self.c.real(p.of)}* {c_name}"
        if p.kind == "enum":
            return f"rlhf_{p.of} {c_name}"
        return ("double " if p.kind == "double" else "int64_t ") + (c_name or "unused")

    def parameters(self) -> list[str]:
        given = [self.parameter(p) for p in self.whole.parameters]
        if self.updates:
            other = ["double kl", "double sequences"] if len(given) == 3 else ["double entropy"]
            given = [given[0].removeprefix("const ")] + other
        if self.result == "double":
            given.append("double* result")
        elif self.result != "void" and not self.updates:
            given.append(f"rlhf_{self.result}* result")
        return given + ["rlhf_error* error"]

    def structs(self) -> list[str]:
        """The structs that its declaration needs, those inside others first."""
        found: list[str] = []

        def add(name: str) -> None:
            name = self.c.real(name)
            for field in self.c.interface.structs[name].fields:
                if field.of in self.c.interface.structs:
                    add(field.of)
            if name not in found:
                found.append(name)

        for p in self.whole.parameters:
            if p.kind in ("arrays", "options", "struct") and p.of not in by_hand:
                add(p.of)
        return found


def signature(call: Call, end: str, prefix: str = "rlhf_status rlhf_") -> str:
    return listed(f"{prefix}{call.name}(", call.parameters(), ")" + end)
