# SPDX-License-Identifier: MIT
"""mypy --strict takes a small client and the package, and finds a client's mistakes."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("mypy")
pytest.importorskip("torch")

ROOT = pathlib.Path(__file__).parents[2]
CLIENT = """
import numpy as np
import torch

import rlhf
import rlhf.torch
from rlhf.preset import verl

x = np.zeros((2, 3), np.float32)
batch = rlhf.batch(mask=np.ones((2, 3), bool), denominator=rlhf.counted_here)
r = rlhf.policy_loss(batch, log_probs=x, old_log_probs=x, advantages=x, objective=rlhf.gspo(range=0.2),
                     d_log_probs=rlhf.add_to(x, 0.5), kl_estimator="k2", executor=rlhf.threads(2))
r += r
rlhf.policy_loss(batch, log_probs=x, old_log_probs=x, advantages=x, objective=verl.gspo, **verl.gspo_policy_loss)
tokens: float = r.own.tokens + rlhf.ppo_value_loss(batch, values=x, returns=x).returns.mean
whole: rlhf.counts = rlhf.counts(2, 2) + rlhf.count(batch)
t = torch.zeros(2, 3, requires_grad=True)
loss: torch.Tensor = rlhf.torch.ppo_policy_loss(batch, log_probs=t, old_log_probs=t, advantages=t, clip_range=(0.1, 0.3))
rlhf.ppo_advantages(batch, log_probs=x, ref_log_probs=x, values=x, scores=x[:, 0], advantages=True,
                    gae={"lambda_": 0.9}, whiten=rlhf.no_whitening)
controller = rlhf.adaptive_kl_controller(kl_coef=0.1)
controller.update(1.0, 64)
"""
MISTAKES = """
import rlhf

batch = rlhf.batch(mask=rlhf.all)
rlhf.ptx_loss(batch, log_probs=[1.0])
rlhf.gspo()
rlhf.masked_mean_options(aggregation="mean")
rlhf.whiten(batch).std
"""


def mypy(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "mypy", "--strict", *arguments], capture_output=True, text=True,
                          env={**os.environ, "MYPYPATH": str(ROOT / "python")})


def test_a_client_and_the_package(tmp_path: pathlib.Path) -> None:
    client = tmp_path / "client.py"
    client.write_text(CLIENT)
    cache = f"--cache-dir={tmp_path}"
    for arguments in ((str(client),), ("-p", "rlhf")):
        found = mypy(cache, *arguments)
        assert found.returncode == 0, found.stdout + found.stderr
    client.write_text(MISTAKES)
    lines = {line.split(":")[1] for line in mypy(cache, str(client)).stdout.splitlines() if ": error:" in line}
    assert lines == {"4", "5", "6", "7", "8"}
