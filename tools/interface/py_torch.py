# SPDX-License-Identifier: MIT
"""Writes rlhf.torch: the functions that autograd knows, in one table with their slopes."""
from __future__ import annotations

from c_types import Call, listed
from py_types import Py, choices, docstring, names_in, signature


def learns(py: Py, call: Call) -> list[str]:
    """The inputs that a function has a gradient for."""
    found = [f.name[2:] for f in py.fields(call, "arrays") if f.kind == "gradient"]
    kinds = {p.kind: p for p in call.whole.parameters}
    if "d_logits" in kinds:
        found.insert(0, "logits")
    if any(p.of == "linear_head_gradient" for p in call.whole.parameters):
        found = ["hidden", "weights"] + found
    return found


def slopes(call: Call, learned: list[str]) -> str:
    """What autograd gets, in words."""
    found = [f"linear_head.{n}" if n in of_head(call) else n for n in learned]
    all_but_last = ", ".join(found[:-1])
    return f"for autograd: backward() gives the slopes of {f'{all_but_last} and ' * (len(found) > 1)}{found[-1]}."


def of_head(call: Call) -> set[str]:
    """The inputs that are in the linear head. A function may have weights of its own, of tokens."""
    return {"hidden", "weights"} if any(p.of == "linear_head" for p in call.whole.parameters) else set()


def parameters(py: Py, call: Call, learned: list[str]) -> list[str]:
    """The function's parameters, without outputs, and with tensors for arrays."""
    outputs = {f.name for f in py.fields(call, "arrays") if f.kind in ("out", "gradient")}
    outputs |= {"d_logits", "d_hidden", "d_weights"}
    tensors = {"logits", "targets", *learned} - of_head(call)
    found = []
    for p in py.parameters(call):
        name = p.split(":")[0]
        if name in outputs:
            continue
        tensor = "Tensor" if name in tensors else "Input"
        p = p.replace("_batch.batch", "_rlhf.batch")
        found.append(p.replace(": Array", f": {tensor}").replace("[Array]", f"[{tensor}]"))
    return found


def names(found: list[str]) -> str:
    return f'"{" ".join(found)}"'


def words(call: Call, learned: list[str]) -> str:
    return docstring(f"rlhf.{call.name} {slopes(call, learned)}")


def loss(py: Py, call: Call, learned: list[str]) -> str:
    outs = [f.name for f in py.fields(call, "arrays") if f.kind == "out"]
    outs += ["d_logits"] * ("d_logits: GradientOutput" in py.parameters(call))  # without a default: always needed
    return (signature(f"def {call.name}(", parameters(py, call, learned), ") -> Tensor:") + words(call, learned)
            + listed("    return loss(", [f"_rlhf.{call.name}", "locals()", names(learned)] +
                     ([names(outs)] if outs else []), ")"))


def through(py: Py, call: Call, back: Call) -> str:
    learned = learns(py, back)
    given = [f.name for f in py.fields(back, "arrays") if f.kind in ("in", "index")]
    own = [p.split(":")[0] for p in py.parameters(call)]
    outputs = [n[2:] for n in given if n.startswith("d_")]
    made = {f.name for f in py.fields(call, "arrays") if f.kind == "out"}
    saved = [n for n in given if n in made]
    again = [p.split(":")[0] for p in py.parameters(back)]
    again = [n for n in again if n in own and n not in saved and n != "*"]
    one = len(outputs) == 1
    returned = "Tensor" if one else "tuple[Tensor, Tensor]"
    text = signature(f"def {call.name}(", parameters(py, call, learned), f") -> {returned}:")
    text += docstring(f"{' and '.join(outputs)} of rlhf.{call.name} {slopes(call, learned)}")
    text += listed("    found = through(", [f"_rlhf.{call.name}", f"_rlhf.{back.name}", "locals()", names(learned),
                                            names(outputs), names(saved), names(again)], ")")
    return text + ("    return found[0]\n" if one else "    return found[0], found[1]\n")


def torch_module(py: Py, calls: list[Call], made: str) -> str:
    by_name = {call.name: call for call in calls}
    functions: list[str] = []
    for call in calls:
        back = by_name.get(f"{call.name}_backward")
        result = py.interface.results.get(call.result)
        if back:
            functions.append(through(py, call, back))
        elif result and any(g.name == "loss" for g in result.getters) and (learned := learns(py, call)):
            functions.append(loss(py, call, learned))
    text = "\n\n".join(functions)
    classes = [s.name for s in py.interface.structs.values() if not s.same_as] + ["Executor"]
    classes += [f"{call.name}_objective" for call in calls]
    known = names_in(text, [n for n in classes if n not in by_name])
    known = [n for n in known if n not in ("batch", "groups")]
    imports = ("from math import inf\nfrom typing import Optional, Union\n\nfrom torch import Tensor\n\n"
               "import rlhf as _rlhf\n\n" + listed("from . import (", known, ")") +
               "from ._autograd import Input, loss, result, through\n" + choices(py, text) +
               "from ._names import names_checked\nfrom ._values import Keywords, Range\n")
    doc = docstring("Losses for autograd. Each is a tensor, whose backward() needs no second call of the library, "
                    "because the sweep that computed the loss also computed its slopes. result(loss) has the "
                    "statistics of that sweep. Second derivatives raise an error.", "")
    own = sorted(f.split("(")[0].split("def ")[1] for f in functions)
    every = listed("__all__ = [", [f'"{n}"' for n in own + ["result"]], "]")
    head = f'{made}# mypy: disable-error-code="no-any-return"\n{doc}from __future__ import annotations\n\n'
    return f"{head}{imports}\n{every}\n\n\n{text}"
