# SPDX-License-Identifier: MIT
"""How Python says what model.Interface says: names, types, defaults, documentation."""
from __future__ import annotations

import re
import textwrap

from c_types import C, Call, array_kinds, listed, plain_structs, summary
from model import Field, Parameter


def keyword(name: str) -> str:
    return {"lambda": "lambda_"}.get(name, name)


def signature(head: str, parameters: list[str], end: str) -> str:
    """The first lines of a function, which says what its arguments are when it gets one that it does not have."""
    return f"{head[:len(head) - len(head.lstrip())]}@names_checked\n" + listed(head, parameters, end)


def docstring(text: str, indent: str = "    ") -> str:
    """A docstring of a comment; paragraphs are wrapped, what is indented stays."""
    lines: list[str] = []
    for line in pythonic(text).replace("\\", "\\\\").splitlines():
        if line.startswith("    ") and len(indent + line) <= 120 or not line:
            lines.append(line)
        else:
            lines += textwrap.wrap(line, 117 - len(indent), break_on_hyphens=False,
                                   subsequent_indent="    " if line.startswith("    ") else "")
    one_line = len(lines) == 1 and len(lines[0]) + len(indent) <= 112
    body = f"\n{indent}".join(lines)
    text = f'{indent}"""{body}{"" if one_line else chr(10) + indent}"""\n'
    return "\n".join(line.rstrip() for line in text.split("\n"))


def joined(text: str) -> str:
    """Paragraphs of a comment on one line each; code keeps its lines."""
    found: list[str] = []
    for line in text.splitlines():
        if found and found[-1] and line and not line.startswith("    ") and not found[-1].startswith("    "):
            found[-1] += " " + line
        else:
            found.append(line)
    return "\n".join(found)


def pythonic(text: str) -> str:
    """What a comment names in C++, as Python has it: ppo_clip{.range = {1, 2}}, aggregation::token_mean, options.floor.
    """
    text = re.sub(r"\{\.(\w+) = \{(.*?)\}\}", r"(\1=(\2))", text)
    text = re.sub(r"rlhf::(\w+)", r"rlhf.\1", text).replace("rlhf.formula::", "formula::")
    text = re.sub(r"\b(?!formula|detail)(\w+)::(\w+)", r'\1 "\2"', text)
    return re.sub(r"\boptions\.(\w+)", lambda m: f"the option {keyword(m[1])}", text)


class Py:
    """The names and types of one interface in Python."""

    def __init__(self, c: C):
        self.c, self.interface = c, c.interface

    def choices(self, enum: str) -> list[str]:
        return [v.name for v in self.interface.enums[enum].values]

    # Options

    def c_type(self, field: Field) -> str:
        """A field of options in ctypes."""
        if field.kind in ("enum", "bool", "int"):
            return "c_int64"
        if field.kind == "double":
            return "c_double"
        of = self.c.real(field.of)
        if field.kind == "optional":
            inner = {"double": "c_double"}.get(of, "c_int64")
            return f"POINTER({of if of in plain_structs else inner})"
        return of if of in plain_structs else f"POINTER({of})"

    def nested(self, field: Field) -> bool:
        """Has this option the options of another function?"""
        return field.kind == "struct" and self.c.real(field.of) not in plain_structs

    def hint(self, field: Field) -> str:
        """The type of an option."""
        if field.kind in ("enum", "bool", "int"):
            return {"bool": "bool", "int": "int"}.get(field.kind, field.of)
        if field.kind == "double":
            return "float"
        of = self.c.real(field.of)
        word = "Range" if of.endswith("range") else {"double": "float"}.get(of, of)
        if self.nested(field):
            return f"Union[{word}, Keywords, None]"
        return f"Optional[{word}]" if field.kind == "optional" else word

    def default(self, field: Field) -> str | None:
        """The default of an option; None where it has to be said."""
        d = field.default
        if self.hint(field).startswith(("Optional", "Union")):
            return "None"
        if field.kind == "enum":
            return f'"{d.split("::")[1]}"'
        if field.kind == "bool":
            return d.capitalize()
        if not d:
            return None if field.kind == "struct" else "0"
        return d.replace("unlimited", "inf")

    def option(self, field: Field) -> str:
        default = self.default(field)
        return f"{keyword(field.name)}: {self.hint(field)}" + (f" = {default}" if default is not None else "")

    def options(self, fields: list[Field]) -> list[str]:
        """Parameters for options; options without a default come first."""
        return [self.option(f) for f in sorted(fields, key=lambda f: self.default(f) is not None)]

    # Arrays

    def array(self, field: Field) -> str:
        if field.kind in ("in", "index"):
            return f"{field.name}: Array" if field.required else f"{field.name}: Optional[Array] = None"
        if field.name == "workspace":
            return f"{field.name}: Output = True"
        word = "GradientOutput" if field.kind == "gradient" else "Output"
        return f"{field.name}: {word}" + ("" if field.required else " = None")

    def remark(self, field: Field) -> str:
        """A line of documentation."""
        comment = field.comment[len(field.shape):].strip(" ,;") if field.shape else field.comment
        if self.nested(field):
            comment = f"a dict or {self.c.real(field.of)}; {comment}".strip("; ")
        words = [field.shape, {"uint8": "uint8", "float": "float32"}.get(field.of, "")]
        if field.kind == "index":
            words.append("int32 or int64")
        text = " ".join(w for w in words if w)
        text = " ".join((f"{text}, {comment}".strip(", ") if field.kind in array_kinds else comment).split())
        return f"    {keyword(field.name)}: {text}" if text else ""

    def remarks(self, fields: list[Field]) -> list[str]:
        return [r for r in map(self.remark, fields) if r]

    # Functions

    def struct_of(self, p: Parameter) -> str:
        return self.c.real(p.of)

    def fields(self, call: Call, kind: str) -> list[Field]:
        return [f for p in call.whole.parameters if p.kind == kind for f in self.interface.structs[p.of].fields]

    def family(self, call: Call) -> str:
        """The name of all objectives of a function."""
        found = next(f for f in self.interface.functions if f.objectives == call.whole.objectives)
        return f"{found.name}_objective"

    def argument(self, p: Parameter) -> str:
        """The name of a parameter that has a place of its own."""
        return {"b": "batch", "g": "groups", "m": "moments", "head": "linear_head"}.get(p.name, p.name)

    def parameters(self, call: Call) -> list[str]:
        """The parameters of Python: what has a place of its own, then keywords."""
        positional, keywords = [], []
        for p in call.whole.parameters:
            name = self.argument(p)
            types = {"batch": "batch", "groups": "groups", "logits": "Array", "index": "Array", "in": "Array",
                     "out": "Array"}
            if p.kind in types:
                optional = p.kind == "index" and p.default
                type_ = "Output" if p.of == "vocab_shard" else types[p.kind]
                if type_ in ("batch", "groups"):
                    type_ = f"_batch.{type_}"
                positional.append(f"{name}: Optional[{type_}] = None" if optional else f"{name}: {type_}")
            elif p.kind == "struct" and p.of == "linear_head_gradient":
                keywords += ["d_hidden: GradientOutput = None", "d_weights: GradientOutput = None"]
            elif p.kind == "struct":
                positional.append(f"{self.argument(p)}: {p.of}")
            elif p.kind == "int":
                positional.append(f"{name}: int")
        given = [self.array(f) for f in self.fields(call, "arrays")]
        for p in call.whole.parameters:
            if p.kind == "moments":
                keywords.append("moments: Optional[moments] = None")
            elif p.kind == "d_logits":
                given.append("d_logits: GradientOutput" + (" = None" if call.optional else ""))
            elif p.kind == "objective":
                given.append(f"objective: {self.family(call)}")
            elif p.kind == "enum":
                keywords.append(f'{p.name}: {p.of} = "{p.default.split("::")[1]}"')
        keywords = given + keywords + self.options(self.fields(call, "options"))
        if any(p.kind == "executor" for p in call.whole.parameters):
            keywords.append("executor: Optional[Executor] = None")
        keywords.sort(key=lambda k: " = " in k)
        names = [k.split(":")[0] for k in positional + keywords]
        assert len(names) == len(set(names)), (call.name, names)
        return positional + (["*"] + keywords if keywords else [])

    def documentation(self, call: Call) -> str:
        text = joined(summary(call.comment))
        arrays, options = self.fields(call, "arrays"), self.fields(call, "options")
        for title, lines in (("Arrays", self.remarks(arrays)), ("Options", self.remarks(options))):
            if lines:
                text += f"\n\n{title}:\n" + "\n".join(lines)
        return text + f"\n\nMore: <rlhf/{call.whole.header}>"


def choices(py: Py, text: str) -> str:
    """The import of the enums that a text names."""
    used = [e for e in py.interface.enums if e != "layout" and (f"get_args({e})" in text or f": {e}" in text
                                                                or f"[{e}]" in text)]
    return listed("from ._enums import (", sorted(used), ")") if used else ""


def names_in(text: str, names: list[str]) -> list[str]:
    """The names that a text has as words."""
    words = set(re.findall(r"\w+", text))
    return sorted(n for n in names if n in words)
