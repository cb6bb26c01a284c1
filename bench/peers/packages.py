# SPDX-License-Identifier: MIT
"""Functions of verl, OpenRLHF and TRL, taken out of their files by name: nothing that those files import is needed."""

import __future__

import ast
import functools
import os
import pathlib
import sys
import types

import torch
import torch.nn.functional as F

PACKAGES = pathlib.Path(sys.prefix) / "packages"  # where run.sh unpacks them
CORE_ALGOS, VERL_FUNCTIONAL = "verl/trainer/ppo/core_algos.py", "verl/utils/torch_functional.py"
OPENRLHF_LOSS, OPENRLHF_UTILS = "openrlhf/models/loss.py", "openrlhf/models/utils.py"
PPO_TRAINER = "trl/trainer/ppo_trainer.py"
GAMMA, LAMBDA, CLIP = 0.99, 0.95, 0.2
TRL_ARGS = types.SimpleNamespace(gamma=GAMMA, lam=LAMBDA, cliprange=CLIP, cliprange_value=CLIP, kl_estimator="k3")


def parse(file):
    path = next(PACKAGES.rglob(file), None)
    if path is None:
        raise FileNotFoundError(f"{file} is in none of the packages")
    return ast.parse(path.read_text())


def execute(nodes, **given):
    space = dict(torch=torch, nn=torch.nn, F=F, os=os, **given)
    flags = __future__.annotations.compiler_flag  # the names in annotations need not be there
    exec(compile(ast.fix_missing_locations(ast.Module(nodes, [])), "peer", "exec", flags), space)
    return types.SimpleNamespace(**space)


def take(file, *names, **given):
    """The functions, methods and classes of those names."""
    nodes = [n for n in ast.walk(parse(file)) if getattr(n, "name", None) in names]
    for node in nodes:
        node.decorator_list = []
    return execute(nodes, **given)


def take_lines(file, first, last, parameters, **given):
    """The statements from the assignment to the name `first` to that to `last`, as a function of the parameters that
    returns all its variables: for what stands in the middle of a trainer's loop."""
    for block in (b for n in ast.walk(parse(file)) if isinstance(b := getattr(n, "body", None), list)):
        assigned = [getattr(getattr(s, "targets", [None])[0], "id", None) for s in block]
        if first in assigned and last in assigned:
            lines = block[assigned.index(first) : assigned.index(last) + 1]
            function = ast.parse(f"def lines({parameters}): return locals()").body[0]
            function.body = lines + function.body
            return execute([function], **given).lines
    raise LookupError(f"{file} has no block from {first} to {last}")


@functools.cache
def verl_functional():
    return take(VERL_FUNCTIONAL, "masked_sum", "masked_mean", "masked_var", "masked_whiten", "clip_by_value")


def trl_masked_mean():
    return take("trl/core.py", "masked_mean").masked_mean


def openrlhf_loss(name):
    masked_mean = take(OPENRLHF_UTILS, "masked_mean").masked_mean
    return getattr(take(OPENRLHF_LOSS, "aggregate_loss", name, masked_mean=masked_mean, Tuple=tuple), name)


class Config(dict):
    """verl's configuration, as far as its policy loss asks."""

    __getattr__ = dict.__getitem__
