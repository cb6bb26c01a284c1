# SPDX-License-Identifier: MIT
"""Writes rlax.txt: λ-returns and truncated GAE of rlax, by JAX in double."""

import types

import jax
import jax.numpy as jnp
import torch

from cases import HERE, Writer, normal
from rlhf_packages import take


def write_rlax(root):
    jax.config.update("jax_enable_x64", True)
    about = "lambda_returns and truncated_generalized_advantage_estimation"
    w = Writer(HERE / "rlax.txt", f"jax {jax.__version__}, rlax 0.1.9, _src/multistep.py: {about}")
    torch.manual_seed(18)
    checks = dict.fromkeys(["assert_rank", "assert_type", "assert_equal_shape"], lambda *_: None)
    names = ("lambda_returns", "truncated_generalized_advantage_estimation")
    rlax = take(root / "rlax/_src/multistep.py", *names, jax=jax, jnp=jnp, chex=types.SimpleNamespace(**checks))
    rewards, values, gamma = normal(4, 6), normal(4, 7), 0.9
    terminated = torch.zeros(4, 6)
    terminated[1, 2] = terminated[2, 5] = terminated[3, 0] = terminated[3, 3] = 1
    lambdas = torch.tensor([0.95, 0.5, 1, 0])
    returns, advantages = [], []
    for s in range(4):
        r, v = (jnp.asarray(x[s].numpy()) for x in (rewards, values))
        discounts = jnp.asarray((gamma * (1 - terminated[s])).numpy())
        returns.append(rlax.lambda_returns(r, discounts, v[1:], float(lambdas[s])).tolist())
        found = rlax.truncated_generalized_advantage_estimation(r, discounts, float(lambdas[s]), v)
        advantages.append(found.tolist())
    w.case(
        "gae",
        rewards=rewards,
        values=values[:, :6],
        bootstrap_values=values[:, 6],
        terminated=terminated,
        lambdas=lambdas,
        gamma=gamma,
        returns=torch.tensor(returns),
        advantages=torch.tensor(advantages),
    )
