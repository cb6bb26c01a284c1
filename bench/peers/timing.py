# SPDX-License-Identifier: MIT
"""Cases, their peers and the time that each takes; see peers.py."""

import functools
import os
import statistics
import time
import types

if hasattr(os, "sched_setaffinity"):  # one core, before the libraries count them
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
try:
    import jax
    import jax.numpy as jnp
except ImportError:
    jax = jnp = None

TORCH = f"torch {torch.__version__.split('+')[0]}"
EAGER, COMPILED = f"{TORCH} eager", f"{TORCH} compile"
JAX = f"jax {jax.__version__} jit" if jax else "jax"
VERL, OPENRLHF, TRL, TORCHRL = (
    f"{package} ({EAGER})" for package in ("verl 0.9.1", "OpenRLHF 0.11.2", "TRL 0.23.0", "torchrl 0.14.1")
)
PUFFERLIB, RLAX = "PufferLib 3.0.0 (C++)", f"rlax 0.1.9 ({JAX})"


def numbers(result, counted):
    """As numpy arrays, with 0 where the mask is 0."""
    arrays = {k: np.asarray(x.detach() if hasattr(x, "detach") else x) for k, x in result.items()}
    return {k: np.where(counted, x, 0) if x.shape == np.shape(counted) else x for k, x in arrays.items()}


def difference(result, expected):
    """The first quantity that both have and that differs. Rounding differs by less than 1e-5 of the largest element,
    other mathematics by more than 1e-3."""
    for key in result.keys() & expected.keys():
        if not np.abs(result[key] - expected[key]).max() <= 1e-4 * np.abs(expected[key]).max():
            return key


class Case:
    def __init__(self, name, elements, element, counted=True):
        self.name, self.elements, self.element, self.counted, self.peers = name, elements, element, counted, []

    def peer(self, who, note=""):
        """Of a function that imports and prepares, and returns the call to be timed."""
        return lambda prepare: self.peers.append((who, note, prepare))

    def plain(self, formula, *arrays, gradient=False, note=""):
        """One formula as three peers: torch eager, torch compile, JAX. The gradient is the gradient of the result "loss" with
        respect to the first array."""
        torch_formula = functools.partial(formula, TORCH_WORDS)
        self.peer(EAGER, note)(lambda: torch_step(torch_formula, *arrays, gradient=gradient))
        self.peer(COMPILED, note)(
            lambda: torch_step(torch.compile(torch_formula, dynamic=False), *arrays, gradient=gradient)
        )
        self.peer(JAX, note)(lambda: jax_step(functools.partial(formula, JAX_WORDS), *arrays, gradient=gradient))

    def ready(self):
        """The peers that can be called and agree with the first one."""
        torch._dynamo.reset()
        expected, ready = None, []
        for who, note, prepare in self.peers:
            try:
                call = prepare()
                result = numbers(vectorised(call) if who == COMPILED else call(), self.counted)
                expected = expected or result  # the first peer's
                wrong = difference(result, expected)
                if wrong:
                    raise ArithmeticError(f"its {wrong} differs from {self.peers[0][0]}")
                ready.append((who, note, call))
            except Exception as e:
                print(f"{self.name}: {who} is not timed: {type(e).__name__}: {str(e).strip().splitlines()[:1]}")
        return ready

    def run(self, rounds):
        """A row of the table for each peer, the fastest first."""
        peers = self.ready()
        for _ in range(3):  # until the memory that they pass around is there
            repeats = [max(1, int(0.005 / elapsed(call, 1))) for *_, call in peers]
        times = [[elapsed(call, n) for (*_, call), n in zip(peers, repeats)] for _ in range(rounds)]
        ns = [statistics.median(t) / self.elements * 1e9 for t in zip(*times)]
        return [
            {"name": self.name, "who": who, "ns": t, "element": self.element, "note": note}
            for t, (who, note, _) in sorted(zip(ns, peers), key=lambda row: row[0])
        ]


def elapsed(call, repeats):
    """Seconds of this process on its one core: what else runs there is not counted."""
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats


def vectorised(call):
    """The first call of something compiled; complains if the generated C++ goes element by element."""
    from torch._inductor.utils import run_and_get_code

    with torch._inductor.config.patch(fx_graph_cache=False):
        result, code = run_and_get_code(call)
    loops = [loop for c in code for loop in c.split('extern "C"')[1:]]
    scalar = sum("at::vec::Vectorized" not in loop for loop in loops)
    if scalar or not loops:
        print(f"warning: torch compile: {scalar} of {len(loops)} generated functions are scalar code")
    return result


def torch_step(formula, *arrays, gradient=False):
    arrays = [torch.from_numpy(a) for a in arrays]
    if not gradient:
        return lambda: formula(*arrays)
    leaf = arrays[0].requires_grad_()

    def step():
        result = formula(*arrays)
        return {**result, "gradient": torch.autograd.grad(result["loss"], leaf)[0]}

    return step


def jax_step(formula, *arrays, gradient=False):
    arrays = [jnp.asarray(a) for a in arrays]

    def loss_first(*arrays):
        result = formula(*arrays)
        return result["loss"], result

    def with_gradient(*arrays):
        (_, result), slope = jax.value_and_grad(loss_first, has_aux=True)(*arrays)
        return {**result, "gradient": slope}

    step = jax.jit(with_gradient if gradient else formula)
    return lambda: jax.block_until_ready(step(*arrays))


TORCH_WORDS = types.SimpleNamespace(
    **{name: getattr(torch, name) for name in ("exp", "sqrt", "where", "maximum", "clip")},
    mean=lambda flags: flags.float().mean(),
    stop_gradient=torch.Tensor.detach,
    log_sigmoid=F.logsigmoid,
    log_softmax=F.log_softmax,
    pick=lambda rows, columns: rows.gather(1, columns[:, None])[:, 0],
)
JAX_WORDS = jax and types.SimpleNamespace(
    **{name: getattr(jnp, name) for name in ("exp", "sqrt", "where", "maximum", "clip")},
    mean=jnp.mean,
    stop_gradient=jax.lax.stop_gradient,
    log_sigmoid=jax.nn.log_sigmoid,
    log_softmax=jax.nn.log_softmax,
    pick=lambda rows, columns: jnp.take_along_axis(rows, columns[:, None], 1)[:, 0],
)


# ---- the numbers, the same for all -----------------------------------------------------------------------------------


def normal(shape, seed, deviation=1.0):
    return (np.random.default_rng(seed).standard_normal(shape) * deviation).astype(np.float32)


def tail(rows, steps):
    """The last eighth of each row does not count."""
    return np.broadcast_to(np.arange(steps) < steps - steps // 8, (rows, steps)).copy()
