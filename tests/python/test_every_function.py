# SPDX-License-Identifier: MIT
"""Every function is called once with all its arrays, and every struct of Python lies in memory as C's does."""
from __future__ import annotations

import ctypes
import inspect
import pathlib
import re
import shutil
import subprocess
import sys
import typing
from typing import Any

import numpy as np
import pytest

import rlhf
from rlhf import _batch, _c, _call, _enums, _head, _values

B, T, V, H = 3, 5, 7, 4
rng = np.random.default_rng(5)
GROUPED = ("group_advantages", "gdpo_advantages")
FUNCTIONS = sorted(name for name, f in vars(rlhf).items() if inspect.isfunction(f) and "batch" in inspect.signature(f).parameters
                   or name in (*GROUPED, "preference_nll", "reward_moments"))


def number(name: str, shape: tuple[int, ...]) -> Any:
    if name in ("log_probs", "old_log_probs", "ref_log_probs", "behavior_log_probs"):
        return -rng.random(shape) - 0.1
    return rng.random(shape)


def array(name: str, declared: str, of: str) -> Any:
    shape = {"[B]": (B,), "[N]": (6,), "[R]": (2,), "[R, N]": (2, 6)}.get(declared, (B, T))
    if of == "vocab_shard":
        return np.ones((B, T, 6) if name != "shards" else (1, B * T, 6))
    if of == "index":
        return rng.integers(1, B, shape) if name != "lengths" else np.ones(shape, np.int64)
    if of == "uint8":
        return np.ones(shape, np.uint8)
    return number(name, shape)


def given(function: Any) -> tuple[dict[str, Any], list[str]]:
    """Arguments for every parameter, and the names of the outputs."""
    structs = {n: t for s in _call.Arrays.__subclasses__() for n, t in s.declared.items()
               if s.__name__ in (f"_{function.__name__}_arrays", f"_{function.__name__.removeprefix('linear_head_')}_arrays",
                                 {"ppo_policy_loss": "_policy_loss_arrays"}.get(function.__name__))}
    hints = typing.get_type_hints(function, vars(sys.modules[function.__module__]))
    found: dict[str, Any] = {}
    outputs = []
    whole = {"mask": np.ones((B, T), bool), "denominator": rlhf.counted_here, "predict_next": False}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in ("batch", "answers", "text"):
            found[name] = rlhf.batch(**whole)
        elif name == "pairs":
            found[name] = rlhf.batch(mask=rlhf.all, steps=B * T, denominator=rlhf.counted_here)
        elif name == "groups":
            found[name] = rlhf.groups(ids=np.array([1, 1, 2, 2, 1, 2]))
        elif name in structs and str(parameter.annotation).endswith("Output"):
            found[name] = True
            outputs.append(name)
        elif name in structs:
            found[name] = array(name, *structs[name])
        elif name in ("d_logits", "d_hidden", "d_weights"):
            found[name] = True
            outputs.append(name)
        elif name in ("logits", "reference") and parameter.annotation == "Array":
            found[name] = rng.normal(size=(B, T, V))
        elif name == "reference":
            found[name] = rlhf.top_k_reference(k=2, ids=np.tile([1, 3], (B * T, 1)),
                                               log_probs=np.full((B * T, 2), -2, np.float32))
        elif name == "kept":
            found[name] = rlhf.kept_set(ids=np.tile([1, 2, 3], B * T), offsets=np.arange(0, 3 * B * T + 1, 3))
        elif name == "linear_head":
            found[name] = rlhf.linear_head(hidden=rng.normal(size=(B * T, H)), weights=rng.normal(size=(V, H)), rows=2)
        elif name in ("targets", "ranks"):
            found[name] = rng.integers(1, 4, (B, T))
        elif name in ("values", "rewards") and parameter.default is inspect.Parameter.empty:
            found[name] = rng.random((B, T) if function.__name__ != "reward_moments" else 6)
        elif name == "first_id":
            found[name] = 0
        elif name == "shards":
            found[name] = True
            outputs.append(name)
        elif name == "objective":
            found[name] = rlhf.dpo() if "preference" in function.__name__ else typing.get_args(hints[name])[0]()
        elif name in ("max_length", "overlong_buffer"):
            found[name] = 4
        else:
            assert parameter.default is not inspect.Parameter.empty, name
    if function.__name__ == "covariance_tokens":
        found["share"] = 0.3
    if function.__name__ == "group_advantages":
        found |= {"baseline": "given", "lengths": None}
    if "chosen" in found:  # pairs are all of a batch's tokens
        found |= {n: x.ravel() for n, x in found.items() if n in structs and structs[n][0] == "[pairs]" and x is not True}
    return found, outputs


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_computes_what_it_is_asked_for(name: str) -> None:
    function = getattr(rlhf, name)
    arguments, outputs = given(function)
    r = function(**arguments)
    own = {o: np.full_like(r[o], np.nan if r[o].dtype.kind == "f" else 113) for o in outputs}
    again = function(**{**arguments, **own})
    for output in outputs:
        assert np.isfinite(r[output]).all() and np.array_equal(r[output], own[output]), output
    if isinstance(r, _values.Result):
        assert repr(r).startswith(type(r).__name__)
        again += r


def others(parameter: inspect.Parameter) -> list[Any]:
    """Other values of an option than its default."""
    hint = str(parameter.annotation)
    if hint in vars(_enums):
        return list(typing.get_args(vars(_enums)[hint]))
    words = {"bool": [not parameter.default], "int": [0, 1], "float": [0, 1, np.inf], "Range": [0, np.inf]}
    inner = re.sub(r"Optional\[(\w+)\]", r"\1", hint)
    return words.get(inner, [rlhf.no_whitening] if "[whiten_options" in hint else [])


def untouched(x: Any) -> Any:
    """Content that no call writes: a NaN that no arithmetic makes, or an integer that is no answer."""
    bits = {"f8": 0x7FF8DEAD0000BEEF, "f4": 0x7FC0DEAD}
    kind = x.dtype.str[1:]
    return np.full(x.shape, bits[kind], f"u{kind[1]}").view(x.dtype) if kind in bits else np.full_like(x, 113)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_output_that_is_named_is_written_whatever_the_options_are(name: str) -> None:
    function = getattr(rlhf, name)
    arguments, outputs = given(function)
    r = function(**arguments)
    fresh = {o: untouched(r[o]) for o in outputs if o != "workspace"}
    for option, parameter in inspect.signature(function).parameters.items():
        for value in others(parameter):
            own = {o: x.copy() for o, x in fresh.items()}
            try:
                function(**{**arguments, **own, option: value})
                refused = False
            except ValueError:
                refused = True
            for output, x in own.items():
                same = x.view(f"u{x.itemsize}") == fresh[output].view(f"u{x.itemsize}")
                assert same.all() if refused else not same.any(), (option, value, output)


def test_documentation_has_no_options_or_enums_of_cpp() -> None:
    for name, thing in vars(rlhf).items():
        text = inspect.getdoc(thing) or ""
        assert not re.search(r"\{\.|\boptions\.|(?<!formula)(?<!detail)::", text), name


def structs(base: type) -> list[Any]:
    return [s for kind in base.__subclasses__() for s in [kind, *structs(kind)] if getattr(s, "_fields_", None)]


def test_structs_lie_in_memory_as_those_of_c(tmp_path: pathlib.Path) -> None:
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("there is no C compiler")
    names = {_c.In: "in", _c.Out: "out", _c.Gradient: "gradient", _c.Logits: "logits", _c.Error: "error",
             _c.LogitsGradient: "logits_gradient", _c.Executor: "executor", _head._Head: "linear_head",
             _head._HeadGradient: "linear_head_gradient", _head.product: "product", _batch.batch: "batch",
             _batch.groups: "groups", _values.counts: "counts", _values.covariance_cut: "covariance_cut",
             _values.ratio_range: "ratio_range", _values.importance_range: "importance_range"}
    bases = (_values.Options, _values.Result, _call.Arrays)
    names |= {s: s.__name__.lstrip("_") for base in bases for s in structs(base)}
    lines, expected = [], []
    for struct, name in names.items():
        lines.append(f'printf("{name} %zu\\n", sizeof(rlhf_{name}));')
        expected.append(f"{name} {ctypes.sizeof(struct)}")
        if issubclass(struct, _values.Objective):
            lines.append(f'printf("{name} %zu\\n", sizeof(((rlhf_{name} *)0)->objective));')
            expected.append(f"{name} 16")
        inherited = [f for base in struct.__mro__[1:] for f in vars(base).get("_fields_", [])]
        for field, *_ in inherited + struct._fields_[struct._first if issubclass(struct, _values.Objective) else 0:]:
            in_c = field.rstrip("_")  # lambda is a word of Python
            lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof(rlhf_{name}, {in_c}), '
                         f"sizeof(((rlhf_{name} *)0)->{in_c}));")
            place = getattr(struct, field)
            expected.append(f"{name}.{field} {place.offset} {place.size}")
    source = tmp_path / "layout.c"
    source.write_text("#include <rlhf/c/rlhf.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n"
                      + "\n".join(lines) + "\nreturn 0;\n}\n")
    include = pathlib.Path(__file__).parents[2] / "include"
    subprocess.run([compiler, "-std=c99", f"-I{include}", str(source), "-o", str(tmp_path / "layout")], check=True)
    found = subprocess.run([str(tmp_path / "layout")], check=True, capture_output=True, text=True).stdout.splitlines()
    assert found == expected
