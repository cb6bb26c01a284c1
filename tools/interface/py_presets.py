# SPDX-License-Identifier: MIT
"""Writes rlhf.preset: the options of trainers and papers, a module for each."""
from __future__ import annotations

import re
import textwrap
from math import inf
from typing import Any

from c_types import digits, listed
from model import Preset
from py_types import Py, docstring, joined, keyword, pythonic


def plain(py: Py, of: str, value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(plain(py, of, x) for x in value)})"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, dict):
        return f"_rlhf.{of}({', '.join(given(py, of, value))})"
    return f'"{value}"' if isinstance(value, str) else "_inf" if value == inf else digits(value)


def given(py: Py, type_: str, value: dict[str, Any]) -> list[str]:
    """Options as keywords."""
    fields = {f.name: f for f in py.interface.structs[type_].fields}
    return [f"{keyword(name)}={plain(py, py.c.real(fields[name].of), x)}" for name, x in value.items()]


def preset(py: Py, p: Preset) -> str:
    text = "".join(f"# {line}\n" for line in textwrap.wrap(pythonic(" ".join(p.comment.split())), 117,
                                                            break_on_hyphens=False))
    if p.type == "double":
        return f"{text}{p.name} = {plain(py, '', p.value)}\n"
    values = given(py, p.type, p.value)
    if p.type in py.c.objectives():
        return text + listed(f"{p.name} = _rlhf.{p.type}(", values or [""], ")")
    return text + listed(f"{p.name}: dict[str, Any] = dict(", values or [""], ")")


def taken_by(py: Py, p: Preset) -> str:
    """The function, or the controller, that takes the options of a preset."""
    for call in py.c.calls():
        if p.type in call.whole.objectives:
            return f"objective of {call.name}"
    return p.type.removesuffix("_options")


def uses(py: Py, own: list[Preset]) -> str:
    """Which function takes which presets."""
    takers: dict[str, list[str]] = {}
    for p in own:
        if p.type != "double":
            takers.setdefault(taken_by(py, p), []).append(p.name)
    lines = "\n".join(f"    {taker}: {', '.join(names)}" for taker, names in takers.items())
    return f"\n\nWhich function takes which presets:\n\n{lines}"


def modules(py: Py, made: str) -> dict[str, str]:
    """The modules by their paths below python/rlhf."""
    found = {}
    for space, comment in py.interface.spaces.items():
        own = [p for p in py.interface.presets if p.space == space]
        text = "".join(preset(py, p) for p in own)
        imports = "from math import inf as _inf\n" if re.search(r"\b_inf\b", text) else ""
        imports += "from typing import Any\n" if "dict[str, Any]" in text else ""
        imports += "\nimport rlhf as _rlhf\n" if "_rlhf." in text else ""
        every = listed("__all__ = [", [f'"{p.name}"' for p in own], "]")
        doc = docstring(joined(comment) + uses(py, own), "")
        found[f"preset/{space}.py"] = (f"{made}{doc}from __future__ import annotations\n\n"
                                       f"{imports.strip()}\n\n{every}\n{text}")
    words = ("Options of trainers and papers, a module for each.\n\n"
             "A preset is a dict of keywords or an objective. Its module says which function takes it.\n\n"
             "    from rlhf.preset import verl\n"
             "    rlhf.ppo_policy_loss(batch, log_probs=x, old_log_probs=old, advantages=a, **verl.ppo_policy_loss)\n"
             "    rlhf.policy_loss(batch, ..., objective=verl.gspo, **verl.gspo_policy_loss)\n\n"
             "PRESETS.md in the repository compares them.")
    names = listed("from . import (", sorted(py.interface.spaces), ")")
    found["preset/__init__.py"] = f'{made}{docstring(words, "")}{names}\n' + listed(
        "__all__ = [", [f'"{s}"' for s in sorted(py.interface.spaces)], "]")
    return found
