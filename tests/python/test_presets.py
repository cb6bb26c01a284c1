# SPDX-License-Identifier: MIT
"""Python's presets equal C's, which tests/c/equal_presets.cpp compares with the constants of C++."""
from __future__ import annotations

import ctypes
import importlib
import inspect
import pathlib
import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

import rlhf
import rlhf.preset
from rlhf import _values

INCLUDE = pathlib.Path(__file__).parents[2] / "include"
HEADER = (INCLUDE / "rlhf/c/presets.h").read_text()
TYPES = {name: type_ for type_, name in re.findall(r"^static const (?:rlhf_)?(\w+) rlhf_preset_(\w+) = ", HEADER,
                                                   re.MULTILINE)}
PRESETS = {f"{space}_{name}": getattr(importlib.import_module(f"rlhf.preset.{space}"), name)
           for space in rlhf.preset.__all__ for name in getattr(rlhf.preset, space).__all__}


def as_struct(name: str) -> Any:
    value = PRESETS[name]
    return getattr(rlhf, TYPES[name])(**value) if isinstance(value, dict) else value


def numbers(value: Any) -> list[float]:
    """All numbers of a struct, behind each pointer whether it is there."""
    if not isinstance(value, ctypes.Structure):
        return [float(getattr(value, "value", value))]
    found: list[float] = []
    for field, kind in value._fields_:
        own = getattr(value, field)
        if issubclass(kind, ctypes._Pointer):
            found += [1, *numbers(own.contents)] if own else [0]
        elif kind is not ctypes.c_char_p:
            found += numbers(own)
    return found


def prints(kind: Any, value: str) -> str:
    """Statements of C that print the same of a struct."""
    if not issubclass(kind, ctypes.Structure):
        return f"put({value});"
    text = ""
    for field, of in kind._fields_:
        in_objective = field == "size" and issubclass(kind, _values.Objective)
        own = f"{value}.{'objective.' * in_objective}{field.rstrip('_')}"
        if issubclass(of, ctypes._Pointer):
            text += f"if ({own}) {{ put(1); {prints(of._type_, f'(*{own})')} }} else put(0);\n"
        elif of is not ctypes.c_char_p:
            text += prints(of, own)
    return text


def printed_by_c(tmp_path: pathlib.Path, statements: dict[str, str]) -> dict[str, list[float]]:
    """The numbers that each of these statements prints."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("there is no C compiler")
    body = "".join(f'{{ {statement} puts(""); }}\n' for statement in statements.values())
    source = tmp_path / "presets.c"
    source.write_text("#include <rlhf/c/presets.h>\n#include <stdio.h>\n"
                      'static void put(double x) { printf("%.17g ", x); }\n'
                      f"int main(void) {{\n{body}return 0;\n}}\n")
    subprocess.run([compiler, "-std=c99", f"-I{INCLUDE}", str(source), "-o", str(tmp_path / "presets")], check=True)
    lines = subprocess.run([str(tmp_path / "presets")], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: [float(x) for x in line.split()] for name, line in zip(statements, lines)}


def test_presets_are_those_of_c(tmp_path: pathlib.Path) -> None:
    found = printed_by_c(tmp_path, {n: prints(type(as_struct(n)), f"rlhf_preset_{n}") for n in PRESETS})
    assert found == {name: numbers(as_struct(name)) for name in PRESETS} and len(found) > 150


def test_defaults_are_those_of_c(tmp_path: pathlib.Path) -> None:
    def has_defaults(thing: Any) -> bool:
        if not (isinstance(thing, type) and issubclass(thing, _values.Options) and hasattr(thing, "_fields_")):
            return False
        arguments = list(inspect.signature(thing.__init__).parameters.values())[1:]
        return all(a.default is not a.empty for a in arguments)

    kinds = {name: thing for name, thing in vars(rlhf).items() if has_defaults(thing)}
    found = printed_by_c(tmp_path, {name: f"const rlhf_{name} x = RLHF_{name.upper()}; {prints(kind, 'x')}"
                                    for name, kind in kinds.items()})
    assert found == {name: numbers(kind()) for name, kind in kinds.items()} and len(found) > 40


def test_every_preset_of_c_is_there() -> None:
    nested = set(re.findall(r"&rlhf_preset_(\w+)", HEADER))
    assert set(PRESETS) == set(TYPES) - nested


@pytest.mark.parametrize("name", [n for n in PRESETS if TYPES[n].endswith("_options")])
def test_a_preset_is_keywords_of_its_function(name: str) -> None:
    function = getattr(rlhf, TYPES[name].removesuffix("_options"))
    assert set(PRESETS[name]) <= set(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_written_as_the_call_that_makes_it(name: str) -> None:
    again = eval(repr(as_struct(name)), {**vars(rlhf), "inf": np.inf})
    assert numbers(again) == numbers(as_struct(name))


def test_a_module_says_which_function_takes_a_preset() -> None:
    from rlhf.preset import verl

    assert repr(verl.gspo) == "gspo(range=(0.2, 0.2), ratio='mean')"
    assert "\n    objective of policy_loss: cispo, dppo_tv, dppo_kl, sapo, gspo, gmpo, reinforce\n" in verl.__doc__
    assert "\n    group_advantages: grpo, dr_grpo, rloo, opo, remax, " in verl.__doc__


def test_a_call_with_presets() -> None:
    from rlhf.preset import verl

    x = np.array([[-0.5, -1.5, -2.5]])
    arrays = {"log_probs": x, "old_log_probs": x - 1.5, "advantages": np.array([[1.0, -1.0, -2.0]])}
    batch = rlhf.batch(mask=rlhf.all, sequences=1, steps=3, denominator=rlhf.counted_here)
    dual = rlhf.ppo_policy_loss(batch, **arrays, **verl.ppo_policy_loss)
    assert dual.loss == rlhf.ppo_policy_loss(batch, **arrays, dual_clip=3).loss
    assert dual.loss != rlhf.ppo_policy_loss(batch, **arrays).loss
    sequences = rlhf.policy_loss(batch, **arrays, objective=verl.gspo, **verl.gspo_policy_loss)
    assert sequences.loss == rlhf.policy_loss(batch, **arrays, objective=rlhf.gspo(range=0.2)).loss
