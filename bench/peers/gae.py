# SPDX-License-Identifier: MIT
"""Generalised advantage estimation; see peers.py."""

import functools
import types

from packages import CORE_ALGOS, GAMMA, LAMBDA, PACKAGES, PPO_TRAINER, TRL_ARGS, take, take_lines
from timing import COMPILED, EAGER, JAX, OPENRLHF, PUFFERLIB, RLAX, TORCHRL, TRL, VERL
from timing import Case, jax, jnp, jax_step, normal, np, torch, torch_step


def with_gaps(rows, steps):
    """Runs of some hundred tokens that count, some dozens apart, as this project's own benchmarks have them."""
    rng, mask = np.random.default_rng(9), np.zeros(rows * steps, bool)
    at = 0
    while at < mask.size:
        run = rng.integers(32, 256)
        mask[at : at + run] = True
        at += run + rng.integers(8, 96)
    return mask.reshape(rows, steps)


def gae(rows, steps, mask=None):
    case = Case(
        f"gae/f32/{rows}x{steps}/{'dense' if mask is None else 'gaps'}",
        rows * steps,
        "token",
        True if mask is None else mask,
    )
    rewards, values = normal((rows, steps), 1), normal((rows, steps), 2)
    ones = np.ones((rows, steps), np.float32)
    r, v = torch.from_numpy(rewards), torch.from_numpy(values)

    def torch_gae(r, v, mask=None):
        advantages, carry, next_value = [], torch.zeros(rows), torch.zeros(rows)
        for t in reversed(range(steps)):
            advantage = r[:, t] + GAMMA * next_value - v[:, t] + GAMMA * LAMBDA * carry
            carry = advantage if mask is None else torch.where(mask[:, t], advantage, carry)
            next_value = v[:, t] if mask is None else torch.where(mask[:, t], v[:, t], next_value)
            advantages.append(carry)
        advantages = torch.stack(advantages[::-1], 1)
        return {"advantages": advantages, "returns": advantages + v}

    def jax_gae(r, v, mask):
        def back(state, now):
            carry, next_value = state
            r, v, counts = now
            advantage = r + GAMMA * next_value - v + GAMMA * LAMBDA * carry
            state = jnp.where(counts, advantage, carry), jnp.where(counts, v, next_value)
            return state, state[0]

        start = jnp.zeros(rows), jnp.zeros(rows)
        advantages = jax.lax.scan(back, start, (r.T, v.T, mask.T), reverse=True)[1].T
        return {"advantages": advantages, "returns": advantages + v}

    inputs = (rewards, values) if mask is None else (rewards, values, mask)
    case.peer(EAGER)(lambda: torch_step(torch_gae, *inputs))
    if steps <= 128:
        case.peer(COMPILED)(lambda: torch_step(torch.compile(torch_gae, dynamic=False), *inputs))
    case.peer(JAX, "scan over time")(lambda: jax_step(jax_gae, rewards, values, ones > 0 if mask is None else mask))

    @case.peer(VERL, "without the whitening inside")
    def verl():
        given = types.SimpleNamespace(masked_whiten=lambda advantages, mask: advantages)
        f = take(CORE_ALGOS, "compute_gae_advantage_return", verl_F=given).compute_gae_advantage_return
        counts = torch.from_numpy(ones if mask is None else mask.astype(np.float32))
        return lambda: dict(zip(("advantages", "returns"), f(r, v, counts, GAMMA, LAMBDA)))

    if mask is not None:
        return case  # the others know no gaps

    @case.peer(TRL)
    def trl():
        f = take_lines(PPO_TRAINER, "lastgaelam", "returns", "rewards, values, responses, args")
        return lambda: f(r, v, r, TRL_ARGS)

    @case.peer(OPENRLHF)
    def openrlhf():
        f = take("openrlhf/trainer/ppo_utils/experience_maker.py", "get_advantages_and_returns", Tuple=tuple)
        return lambda: dict(
            zip(("advantages", "returns"), f.get_advantages_and_returns(None, v, r, None, GAMMA, LAMBDA))
        )

    def torchrl(name):
        import torchrl.objectives.value.functional as functional

        f = getattr(functional, name)
        columns = [x[..., None].contiguous() for x in (v, torch.cat([v[:, 1:], torch.zeros(rows, 1)], 1), r)]
        done = torch.zeros(rows, steps, 1, dtype=torch.bool)
        return lambda: {
            k: x[..., 0] for k, x in zip(("advantages", "returns"), f(GAMMA, LAMBDA, *columns, done, done))
        }

    for name in ("generalized_advantage_estimate", "vec_generalized_advantage_estimate"):
        case.peer(TORCHRL, name)(functools.partial(torchrl, name))

    @case.peer(RLAX, "vmap of truncated_generalized_advantage_estimation")
    def rlax():
        import rlax

        def f(r, v):
            one = functools.partial(rlax.truncated_generalized_advantage_estimation, lambda_=LAMBDA)
            later = jnp.pad(v, ((0, 0), (0, 1)))
            advantages = jax.vmap(lambda r, v: one(r_t=r, discount_t=jnp.full(steps, GAMMA), values=v))(r, later)
            return {"advantages": advantages, "returns": advantages + v}

        return jax_step(f, rewards, values)

    @case.peer(PUFFERLIB, "one more column, since a reward there belongs to the step before; its own build's -O3")
    def pufferlib():
        from torch.utils.cpp_extension import load

        build = PACKAGES / "pufferlib"
        build.mkdir(exist_ok=True)
        source = str(PACKAGES / "pufferlib.cpp")
        load("_C", [source], extra_cflags=["-O3"], build_directory=str(build), is_python_module=False)
        first, last = torch.nn.functional.pad(r, (1, 0)), torch.nn.functional.pad(v, (0, 1))
        done, ratio = torch.zeros_like(first), torch.ones_like(first)

        def call():
            advantages = torch.zeros_like(first)
            torch.ops.pufferlib.compute_puff_advantage(last, first, done, ratio, advantages, GAMMA, LAMBDA, 1.0, 1.0)
            return {"advantages": advantages[:, :-1], "returns": (advantages + last)[:, :-1]}

        return call

    return case
