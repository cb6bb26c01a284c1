# SPDX-License-Identifier: MIT
"""Writes the dumps of a batch beside this file, as users of five trainers would: the arrays that the trainer has, and
the loss and the gradient that its own code computes of them. `about` in each file says package, version, function, seed.

Run with:
    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy safetensors
    for p in verl==0.9.1 openrlhf==0.11.2 liger-kernel==0.8.5; do venv/bin/pip download --no-deps -d wheels $p; done
    venv/bin/pip download --no-deps --python-version 3.12 --only-binary=:all: -d wheels skyrl==0.4.0
    for w in wheels/*.whl; do unzip -qo $w -d packages; done
    venv/bin/pip download --no-deps -d newer trl==1.16.0 && unzip -qo newer/trl-1.16.0*.whl -d packages/newer
    venv/bin/python dumps.py packages

The packages are not installed: tests/golden/rlhf_packages.py takes functions out of their files.
"""

import math
import pathlib
import sys
import types
from collections import defaultdict

import numpy as np
import torch
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "golden"))
from policy_packages import Config, Trainer, defaults, run_branch  # noqa: E402
from rlhf_packages import take  # noqa: E402


def batch(seed, dtype, sequences=8, steps=24, moved=0.25):
    """log π and log π_old, of the reference and of the sampler, and a mask with a row of each length."""
    torch.manual_seed(seed)
    torch.set_default_dtype(dtype)
    old = -torch.randn(sequences, steps).abs() - 0.05
    new = (old + moved * torch.randn(sequences, steps)).clamp(max=-1e-3)
    ref, sampled = old + 0.3 * torch.randn(sequences, steps), old + 0.2 * torch.randn(sequences, steps)
    lengths = torch.randint(3, steps + 1, (sequences,))
    lengths[0] = steps
    mask = (torch.arange(steps) < lengths[:, None]).to(dtype)
    return new.requires_grad_(True), old, ref, sampled, mask


def arrays(loss, log_probs, **more):
    """What is dumped: the loss, its gradient, and the arrays by the trainer's names."""
    (gradient,) = torch.autograd.grad(loss, log_probs)
    more.update(loss=loss, grad=gradient)
    return {k: torch.as_tensor(v).detach().numpy() for k, v in more.items()}


def write(name, save, about, **more):
    save(HERE / name, **more, about=np.array(about))
    print(name, (HERE / name).stat().st_size, "bytes", about)


def trl(root):
    """Rewards instead of advantages; KL in the loss."""
    new, old, ref, _, mask = batch(11, torch.float32)
    path = root / "newer/trl/trainer/grpo_trainer.py"
    rewards = torch.randn(8)
    space = dict(torch=torch, device="cpu", num_generations=4, unscorable_mask=rewards.isnan())
    space.update(vars(take(path.parent / "utils.py", "nanstd")), rewards_per_func=rewards[:, None])
    options = dict(multi_objective_aggregation="sum_then_normalize", scale_rewards="group")
    space.update(self=types.SimpleNamespace(reward_weights=torch.ones(1), **options))
    advantages = run_branch(path, "self.multi_objective_aggregation == 'sum_then_normalize'", "rewards = ", space)
    functions = take(path, "_compute_loss", "get_off_policy_mask", **vars(take(path.parent / "utils.py", "nanmin", "nanmax")))
    config = defaults(path.parent / "grpo_config.py", "GRPOConfig")
    ids = torch.zeros(8, 0)
    inputs = dict(prompt_ids=ids, prompt_mask=ids, completion_ids=mask, completion_mask=mask)
    inputs.update(old_per_token_logps=old, ref_per_token_logps=ref, num_items_in_batch=mask.sum())
    inputs.update(advantages=advantages["advantages"])
    loss = functions._compute_loss(Trainer(functions, **{**config, "beta": 0.04}), new, inputs)
    found = arrays(loss, new, per_token_logps=new, old_per_token_logps=old, ref_per_token_logps=ref)
    found.update(completion_mask=mask.numpy().astype(np.uint8), rewards=rewards.numpy())
    found.update(group_ids=np.repeat(np.arange(2), 4))
    about = "trl 1.16.0, GRPOTrainer._compute_loss and its advantages, GRPOConfig with beta 0.04, seed 11"
    write("trl.npz", np.savez, about, **found)


if __name__ == "__main__":
    packages = pathlib.Path(sys.argv[1])
    for f in (trl,):
        f(packages)
