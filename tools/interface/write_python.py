#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what is generated of python/rlhf: `write_python.py`. With --check it writes nothing, and fails where a file is
not what it would write."""
from __future__ import annotations

import re
import textwrap

from c_types import C, Call, array_kinds, by_hand, listed, plain_structs, rooms, summary
from files import main
from py_presets import modules
from py_torch import torch_module
from py_types import Py, choices, docstring, joined, keyword, names_in, pythonic, signature
from model import Result, Struct
from read import root

made = '# SPDX-License-Identifier: MIT\n# Made by tools/interface/write_python.py from the C++ headers.\n'


def module(words: str, imports: str, text: str, pragma: str = "") -> str:
    names = re.findall(r"^(?:class |def |(?=\w+ = ))([a-z]\w*)", text, re.MULTILINE)
    public = listed("__all__ = [", [f'"{n}"' for n in names], "]")
    return (f'{made}{pragma}"""{words}"""\nfrom __future__ import annotations\n\n{imports.rstrip()}\n\n{public}\n\n'
            f"{text.strip()}\n")


def ctypes_fields(pairs: list[tuple[str, str]]) -> str:
    return listed("    _fields_ = [", [f'("{name}", {type_})' for name, type_ in pairs], "]")


def enums(py: Py) -> str:
    text = ""
    for e in py.interface.enums.values():
        if e.name == "layout":
            continue
        text += "".join(f"# {line}\n" for line in textwrap.wrap(pythonic(" ".join(e.comment.split())), 118))
        text += listed(f"{e.name} = Literal[", [f'"{v.name}"' for v in e.values], "]")
    return module("The values of options that are enums.", "from typing import Literal\n\n", text)


def option_class(py: Py, s: Struct, base: str) -> str:
    head = [("size", "c_size_t")] + ([("name", "c_char_p")] if base == "Objective" else [])
    text = f"class {s.name}({base}):\n"
    words = joined(summary(s.comment)) or f"The options of {s.name.removesuffix('_options')}."
    lines = py.remarks(s.fields)
    text += docstring(words + ("\n\n" + "\n".join(lines) if lines else "")) + "\n"
    text += ctypes_fields(head + [(keyword(f.name), py.c_type(f)) for f in s.fields])
    chosen = [f for f in s.fields if f.kind == "enum" or (f.kind == "optional" and f.of in py.interface.enums)]
    if chosen:
        text += listed("    _choices = {", [f'"{f.name}": get_args({f.of})' for f in chosen], "}")
    if base == "Controller":
        text += "".join(f"    {f.name}: {py.hint(f)}\n" for f in s.fields)
    text += "\n" + signature("    def __init__(", ["self", "*"] + py.options(s.fields), ") -> None:")
    text += f'        self._set(locals(), "{s.name}")\n'
    return text


def options(py: Py) -> str:
    text = ""
    updates = {call.whole.parameters[0].of: call for call in py.c.calls() if call.updates}
    other = (*by_hand, *plain_structs, *py.c.objectives(), *updates)
    for s in py.interface.structs.values():
        if not (s.same_as or s.template or s.name in other or any(f.kind in array_kinds for f in s.fields)):
            text += "\n\n" + option_class(py, s, "Options")
    for name, call in updates.items():
        text += "\n\n" + option_class(py, py.interface.structs[name], "Controller")
        parameters = [p.split()[-1] for p in call.parameters()[1:-1]]
        text += "\n" + signature("    def update(", ["self"] + [f"{p}: float" for p in parameters], ") -> None:")
        text += docstring(joined(summary(call.comment)), " " * 8)
        text += f"        self._update_by({', '.join(f'{p}={p}' for p in parameters)})\n"
    imports = ("from ctypes import POINTER, c_double, c_int64, c_size_t\nfrom math import inf\n"
               "from typing import Optional, Union, get_args\n\n" + choices(py, text) +
               "from ._names import names_checked\n"
               "from ._values import (Controller, Keywords, Options, Range, covariance_cut, importance_range,\n"
               "                      ratio_range)\n")
    return module("Options and controllers.", imports, text)


def objectives(py: Py) -> str:
    text, families = "", {}
    for call in py.c.calls():
        if call.whole.objectives:
            families.setdefault(py.family(call), call.whole.objectives)
    for name in sorted({name for names in families.values() for name in names}):
        text += "\n\n" + option_class(py, py.interface.structs[name], "Objective")
    text += "\n"
    for family, names in families.items():
        text += "\n" + listed(f"{family} = Union[", names, "]")
    imports = ("from ctypes import c_char_p, c_double, c_int64, c_size_t\nfrom math import inf\n"
               "from typing import Union, get_args\n\n" + choices(py, text) + "from ._names import names_checked\n"
               "from ._values import Objective, Range, ratio_range\n")
    return module("The objectives of losses.", imports, text)


def result_class(py: Py, r: Result) -> str:
    text = f"class {r.name}(Result):\n"
    words = joined(summary(r.comment)) or "The result of a call."
    remarks = [f"    {g.name}: {' '.join(g.comment.split())}" for g in r.getters if g.comment]
    text += docstring(words + ("\n\n" + "\n".join(remarks) if remarks else "")) + "\n"
    pairs = [("size", "c_size_t")]
    for member, _, _ in py.c.numbers(r):
        type_, name = member.split()
        pairs.append((name, {"double": "c_double"}.get(type_, type_.removeprefix("rlhf_"))))
    text += ctypes_fields(pairs + [("state", f"c_uint64 * {1 + (r.bytes + 7) // 8}")])
    nested = ""
    for g in r.getters:
        if g.type in ("double", "counts", "covariance_cut"):
            text += f"    {g.name}: {'float' if g.type == 'double' else g.type}\n"
        else:
            of = py.c.real(g.type)
            nested += f'\n    @property\n    def {g.name}(self) -> {of}:\n        return self._part("{g.name}", {of})\n'
    return text + nested


def results(py: Py) -> str:
    text = "\n\n".join(result_class(py, r) for r in py.c.results())
    imports = ("from ctypes import c_double, c_size_t, c_uint64\n\n"
               "from ._values import Result, counts, covariance_cut\n")
    return module("The results of functions.", imports, "\n\n" + text)


def arrays_class(py: Py, name: str, base: str = "Arrays") -> str:
    s = py.interface.structs[name]
    kinds = {"in": "In", "index": "In", "out": "Out", "gradient": "Gradient", "int": "c_int64"}
    text = f"class {'_' if base == 'Arrays' else ''}{name}({base}):\n"
    if base != "Arrays":
        text += docstring(joined(summary(s.comment)) + "\n\n" + "\n".join(py.remarks(s.fields))) + "\n"
    text += ctypes_fields([("size", "c_size_t")] + [(f.name, kinds[f.kind]) for f in s.fields])
    listed_fields = [f for f in s.fields if f.kind in array_kinds]
    text += listed("    declared = {", [f'"{f.name}": ("{f.shape}", "{"index" if f.kind == "index" else f.of}")'
                                        for f in listed_fields], "}")
    if base != "Arrays":
        given = [f"{f.name}: int" if f.kind == "int" else py.array(f) for f in s.fields]
        text += "\n" + signature("    def __init__(", ["self", "*"] + given, ") -> None:")
        text += f'        self.take(locals(), "{name}")\n'
    return text


def c_parameter(py: Py, call: Call, p) -> str:
    name = py.argument(p)
    optional = ", optional=True" if p is call.optional or p.kind == "index" and p.default else ""
    if p.kind in ("batch", "groups"):
        return f'struct("{name}", _batch.{p.kind})'
    if p.kind == "moments":
        return f'struct("{name}", moments{optional})'
    if p.kind == "objective":
        return f'struct("objective", *get_args({py.family(call)}))'
    if p.kind == "struct":
        if p.of == "linear_head_gradient":
            return f"head_gradient({'optional=True' if optional else ''})"
        return f'struct("{name}", {p.of})'
    if p.kind == "arrays":
        return f"arrays(_{py.struct_of(p)})"
    if p.kind == "options":
        return f"options({py.struct_of(p)})"
    if p.kind == "enum":
        return f'enum("{name}", get_args({p.of}))'
    simple = {"d_logits": "logits_gradient()", "executor": "executor", "logits": f'logits("{name}")',
              "int": f'integer("{name}")', "index": f'array("{name}", "index"{optional})', "in": f'array("{name}")',
              "out": f'array("{name}", "{p.of}", write=True)'}
    return simple[p.kind]


def function(py: Py, call: Call) -> str:
    result = {"void": "", "double": "c_double"}.get(call.result, call.result)
    returned = {"void": "dict[str, Any]", "double": "float"}.get(call.result, call.result)
    items = [c_parameter(py, call, p) for p in call.whole.parameters]
    items[0], items[-1] = "[" + items[0], items[-1] + "]"
    text = f"_{call.name} = Function(\n"
    text += listed("    ", [f'"{call.name}"'] + items + ([result] if result else []), ")")
    text += "\n\n" + signature(f"def {call.name}(", py.parameters(call), f") -> {returned}:")
    text += docstring(py.documentation(call))
    return text + f"    return _{call.name}(locals())\n"


def imports_of(py: Py, code: str, own: list[str]) -> str:
    """The imports of a module of functions, from what its code names."""
    i = py.interface
    enums = [e for e in i.enums if e in choices(py, code)]
    options = [s.name for s in i.structs.values() if not s.same_as and s.name not in (*by_hand, *plain_structs, *own)]
    sources = {
        "ctypes": ["c_double", "c_int64", "c_size_t"], "math": ["inf"],
        "typing": ["Any", "Optional", "Union", "get_args"],
        "._arrays": ["Array", "GradientOutput", "Output"], "._batch": ["Executor"], "._c": ["Gradient", "In", "Out"],
        "._call": ["Arrays", "Function", "Given", "array", "arrays", "enum", "executor", "integer", "logits",
                   "logits_gradient", "options", "struct"],
        "._enums": enums, "._head": ["head_gradient", "linear_head"], "._names": ["names_checked"],
        "._objectives": [f"{f.name}_objective" for f in i.functions], "._options": options,
        "._results": [r.name for r in i.results.values() if not r.same_as and r.name != "counts"],
        "._values": ["Keywords", "Range", "counts", "covariance_cut"]}
    text = ""
    for source, names in sources.items():
        if source == "._arrays":
            text += "\nfrom . import _batch\n"
        used = names_in(code, names)
        line = f"from {source} import {', '.join(used)}\n"
        text += "" if not used else line if len(line) <= 120 else listed(f"from {source} import (", used, ")")
    return text


def room(py: Py, name: str, calls: list[Call]) -> str:
    text, structs = "", []
    for call in calls:
        for s in call.structs():
            if s not in structs and any(f.kind in array_kinds for f in py.interface.structs[s].fields):
                structs.append(s)
                own = any(p.kind == "struct" and p.of == s for p in call.whole.parameters)
                text += "\n\n" + arrays_class(py, s, "Given" if own else "Arrays")
        text += "\n\n" + function(py, call)
    code = "".join(text.split('"""')[::2])  # without documentation
    return module(f"The functions of <rlhf/{name}/>.", imports_of(py, code, structs), text,
                  '# mypy: disable-error-code="no-any-return"\n')


def generated(c: C) -> dict[str, str]:
    """All generated modules, by their paths below python/rlhf."""
    py = Py(c)
    calls = [call for call in c.calls() if not call.updates]
    found = {"_version.py": f'{made}version = "{c.interface.version}"\n', "_enums.py": enums(py),
             "_options.py": options(py), "_objectives.py": objectives(py), "_results.py": results(py)}
    for name in rooms:
        own = [call for call in calls if call.room == name]
        found[f"_{name}.py"] = room(py, name, own)
    found["torch.py"] = torch_module(py, calls, made)
    return found | modules(py, made)


if __name__ == "__main__":
    main(__doc__, root / "python" / "rlhf", generated)
