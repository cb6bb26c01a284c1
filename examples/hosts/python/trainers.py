# SPDX-License-Identifier: MIT
"""The policy losses of TRL and verl, by their own code, where these packages are. Only the functions are taken out of
their files, so that nothing else of them has to be installed or imported."""
from __future__ import annotations

import ast
import importlib.util
import math
import pathlib
import types
from collections import defaultdict
from typing import Any, Callable, Optional

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # of log_probs, old_log_probs, advantages [B], mask


def take(path: pathlib.Path, *names: str, **space: Any) -> dict[str, Any]:
    """The functions with these names from a file, executed in their own namespace."""
    space |= dict(torch=torch, math=math, Any=Any, Optional=Optional)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name in names:
            node.decorator_list = []
            node.returns = None
            for a in [*node.args.args, *node.args.kwonlyargs]:
                a.annotation = None
            exec(compile(ast.Module([node], []), str(path), "exec"), space)
    missing = [n for n in names if n not in space]
    if missing:
        raise LookupError(f"{path} has no {', '.join(missing)}")
    return {n: space[n] for n in names}


def folder(package: str) -> Optional[pathlib.Path]:
    """The folder of a package, without importing it."""
    found = importlib.util.find_spec(package)
    return pathlib.Path(found.origin).parent if found and found.origin else None


def trl(root: pathlib.Path) -> Loss:
    """GRPOTrainer._compute_loss with loss_type "dapo": GRPO with a mean over tokens."""
    helpers = take(root / "trainer/utils.py", "nanmin", "nanmax")
    compute = take(root / "trainer/grpo_trainer.py", "_compute_loss", **helpers)["_compute_loss"]

    def loss(log_probs: Tensor, old: Tensor, advantages: Tensor, mask: Tensor) -> Tensor:
        same = lambda x, reduction=None: x
        trainer = types.SimpleNamespace(
            epsilon_low=0.2, epsilon_high=0.2, beta=0.0, loss_type="dapo", importance_sampling_level="token",
            off_policy_mask_threshold=None, top_entropy_quantile=1.0, use_vllm=False, use_liger_kernel=False,
            aux_loss_enabled=False, use_adaptive_entropy=False, _entropy_bonus_enabled=False,
            vllm_importance_sampling_correction=False, current_gradient_accumulation_steps=1,
            args=types.SimpleNamespace(delta=None, steps_per_generation=1), model=types.SimpleNamespace(training=True),
            accelerator=types.SimpleNamespace(num_processes=1, gather=same, reduce=same),
            _metrics=defaultdict(lambda: defaultdict(list)),
            _get_per_token_logps_and_entropies=lambda model, *_, **__: (model, torch.zeros_like(model), None))
        empty = torch.zeros(len(mask), 0)
        found: Tensor = compute(trainer, log_probs, dict(
            prompt_ids=empty, prompt_mask=empty, completion_ids=mask, completion_mask=mask, advantages=advantages,
            old_per_token_logps=old, num_items_in_batch=mask.sum()))
        return found

    return loss


def verl(root: pathlib.Path) -> Loss:
    """compute_policy_loss_vanilla with loss_agg_mode "token-mean"."""
    helpers = types.SimpleNamespace(**take(root / "utils/torch_functional.py", "masked_sum", "masked_mean"))
    core = root / "trainer/ppo/core_algos.py"
    agg = take(core, "agg_loss", verl_F=helpers)["agg_loss"]

    class Config(dict[str, Any]):
        __getattr__ = dict.__getitem__

    compute = take(core, "compute_policy_loss_vanilla", verl_F=helpers, agg_loss=agg, ActorConfig=Config,
                   AlgoConfig=types.NoneType, DictConfig=dict)["compute_policy_loss_vanilla"]
    config = Config(clip_ratio=0.2, clip_ratio_low=0.2, clip_ratio_high=0.2, clip_ratio_c=math.inf,
                    loss_agg_mode="token-mean", global_batch_info={})

    def loss(log_probs: Tensor, old: Tensor, advantages: Tensor, mask: Tensor) -> Tensor:
        spread = advantages[:, None].expand_as(mask)
        found: Tensor = compute(old, log_probs, spread, mask, "token-mean", config=config)[0]
        return found

    return loss


def installed() -> dict[str, Optional[Loss]]:
    """The losses by their packages' names, or None if a package is missing."""
    folders = {"trl": folder("trl"), "verl": folder("verl")}
    makers = {"trl": trl, "verl": verl}
    return {name: makers[name](root) if root else None for name, root in folders.items()}
