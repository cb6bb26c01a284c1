# SPDX-License-Identifier: MIT
"""Times what PyTorch, JAX and RLHF packages compute, for the benchmarks of this library to be set beside.

    bench/peers/run.sh OUT.json [--quick] [--only PATTERN]

installs what is needed, sets the environment and calls this file. OUT.json is a list of
{"name": case, "who": peer, "ns": median over rounds of one element's time, "element": what that is, "note": …}.

Every peer of a case gets the same numbers, and must compute the same: what it returns is compared with the first
peer's; a peer that differs or fails is named in a printed line and not timed. Compilation and warm-up are not counted. The
peers of a case take turns (A B C A B C …). Functions of verl, OpenRLHF and TRL are taken out of their files by name, so
that nothing that those files import is needed. README.md has the cases and the precautions.
"""

import argparse
import json
import pathlib

from gae import gae, with_gaps
from packages import CLIP, CORE_ALGOS, OPENRLHF_UTILS, PPO_TRAINER, TRL_ARGS, VERL_FUNCTIONAL
from packages import Config, openrlhf_loss, take, take_lines, trl_masked_mean, verl_functional
from timing import OPENRLHF, RLAX, TORCHRL, TRL, VERL
from timing import Case, jax_step, jnp, normal, np, tail, torch, torch_step


def ppo_policy_loss():
    shape = (1024, 1024)
    case = Case("ppo_policy_loss/f32/1024x1024/dense", 1 << 20, "token")
    old, A, ones = normal(shape, 2), normal(shape, 3), np.ones(shape, np.float32)
    new = old + normal(shape, 1, 0.15)

    def loss(lib, new, old, A):
        log_ratio = new - old
        ratio = lib.exp(log_ratio)
        plain, clipped = -A * ratio, -A * lib.clip(ratio, 1 - CLIP, 1 + CLIP)
        metrics = {"clip_fraction": lib.mean(lib.stop_gradient(clipped > plain))}
        metrics["approx_kl"] = -lib.stop_gradient(log_ratio).mean()
        return {"loss": lib.maximum(plain, clipped).mean(), **metrics}

    case.plain(loss, new, old, A, gradient=True, note="clip fraction, mean log ratio")

    @case.peer(VERL, "a mask of ones; dual clip; two clip fractions, mean log ratio, brought to Python numbers")
    def verl():
        functional = verl_functional()
        parts = take(CORE_ALGOS, "agg_loss", "compute_policy_loss_vanilla", verl_F=functional, AlgoConfig=())
        config = Config(clip_ratio=CLIP, clip_ratio_low=CLIP, clip_ratio_high=CLIP, global_batch_info={})

        def f(new, old, A, mask):
            value, metrics = parts.compute_policy_loss_vanilla(old, new, A, mask, "token-mean", config)
            names = {"clip_fraction": "actor/pg_clipfrac", "approx_kl": "actor/ppo_kl"}
            return {"loss": value, **{name: metrics[key] for name, key in names.items()}}

        return torch_step(f, new, old, A, ones, gradient=True)

    @case.peer(OPENRLHF, "a mask of ones; clip fraction, mean log ratio")
    def openrlhf():
        module = openrlhf_loss("PolicyLoss")(CLIP, CLIP)
        names = ("loss", "clip_fraction", "approx_kl")
        return torch_step(lambda *x: dict(zip(names, module(*x))), new, old, A, ones, gradient=True)

    @case.peer(TRL, "an empty padding mask; clip fraction, mean squared log ratio, mean ratio")
    def trl():
        given = dict(masked_mean=trl_masked_mean())
        names = "mb_logprobs, mb_advantage, padding_mask, micro_batch_inds, args"
        f = take_lines(PPO_TRAINER, "logprobs_diff", "pg_loss", f"new_logprobs, {names}", **given)
        fraction = take_lines(
            PPO_TRAINER, "pg_clipfrac", "pg_clipfrac", "pg_losses, pg_losses2, padding_mask, micro_batch_inds", **given
        )
        padding, every = torch.zeros(shape, dtype=torch.bool), slice(None)

        def call(new, old, A):
            x = f(new, old, A, padding, every, TRL_ARGS)
            with torch.no_grad():
                metrics = fraction(x["pg_losses"], x["pg_losses2"], padding, every)
                square, mean = 0.5 * (x["logprobs_diff"] ** 2).mean(), x["ratio"].mean()
            return {"loss": x["pg_loss"], "clip_fraction": metrics["pg_clipfrac"], "square": square, "mean": mean}

        return torch_step(call, new, old, A, gradient=True)

    @case.peer(RLAX, "clipped_surrogate_pg_loss; no metrics")
    def rlax():
        import rlax

        def f(new, old, A):
            return {"loss": rlax.clipped_surrogate_pg_loss(jnp.exp(new - old).ravel(), A.ravel(), CLIP)}

        return jax_step(f, new, old, A, gradient=True)

    return case


def ppo_value_loss():
    shape = (1024, 1024)
    case = Case("ppo_value_loss/f32/1024x1024/dense/clipped", 1 << 20, "token")
    old, returns, ones = normal(shape, 2), normal(shape, 3), np.ones(shape, np.float32)
    values = old + normal(shape, 1, 0.3)

    def loss(lib, values, old, returns):
        plain, clipped = (values - returns) ** 2, (lib.clip(values, old - CLIP, old + CLIP) - returns) ** 2
        fraction = lib.mean(lib.stop_gradient(clipped > plain))
        return {"loss": 0.5 * lib.maximum(plain, clipped).mean(), "clip_fraction": fraction}

    case.plain(loss, values, old, returns, gradient=True, note="clip fraction")

    @case.peer(VERL, "a mask of ones; clip fraction")
    def verl():
        f = take(CORE_ALGOS, "agg_loss", "compute_value_loss", verl_F=verl_functional()).compute_value_loss

        def call(values, old, returns, mask):
            return dict(zip(("loss", "clip_fraction"), f(values, returns, old, mask, CLIP)))

        return torch_step(call, values, old, returns, ones, gradient=True)

    @case.peer(OPENRLHF, "a mask of ones; no metrics")
    def openrlhf():
        module = openrlhf_loss("ValueLoss")(CLIP)
        return torch_step(lambda *x: {"loss": module(*x)}, values, old, returns, ones, gradient=True)

    @case.peer(TRL, "an empty padding mask; clip fraction")
    def trl():
        names = "vpred, mb_values, mb_return, padding_mask_p1, micro_batch_inds, args"
        f = take_lines(PPO_TRAINER, "vpredclipped", "vf_clipfrac", names, masked_mean=trl_masked_mean())
        padding = torch.zeros(shape, dtype=torch.bool)

        def call(values, old, returns):
            x = f(values, old, returns, padding, slice(None), TRL_ARGS)
            return {"loss": x["vf_loss"], "clip_fraction": x["vf_clipfrac"]}

        return torch_step(call, values, old, returns, gradient=True)

    @case.peer(TORCHRL, "distance_loss, _clip_value_loss and a mean; a clip fraction of its own kind")
    def torchrl():
        from torchrl.objectives.utils import _clip_value_loss, distance_loss

        clip = torch.tensor(CLIP)

        def call(values, old, returns):
            plain = distance_loss(returns, values, loss_function="l2")
            losses, fraction = _clip_value_loss(old, values, clip, returns, plain, "l2")
            return {"loss": 0.5 * losses.mean(), "its_fraction": fraction}

        return torch_step(call, values, old, returns, gradient=True)

    return case


def kl(gradient):
    case = Case(f"kl/f32/1024x1024/dense/{'k3_with_backward' if gradient else 'k3'}", 1 << 20, "token")
    new = normal((1024, 1024), 1, 0.5)
    ref = new + normal((1024, 1024), 2, 0.3)

    def with_loss(estimate):
        return {"estimate": estimate, "loss": estimate.sum()} if gradient else {"estimate": estimate}

    def k3(lib, new, ref):
        return with_loss(lib.exp(ref - new) - 1 - (ref - new))

    case.plain(k3, new, ref, gradient=gradient)

    @case.peer(VERL, "limited to ±10")
    def verl():
        f = take(CORE_ALGOS, "kl_penalty", "kl_penalty_forward").kl_penalty
        return torch_step(lambda new, ref: with_loss(f(new, ref, "k3")), new, ref, gradient=gradient)

    @case.peer(OPENRLHF, "limited to ±10")
    def openrlhf():
        f = take(OPENRLHF_UTILS, "compute_approx_kl").compute_approx_kl
        return torch_step(lambda new, ref: with_loss(f(new, ref, kl_estimator="k3")), new, ref, gradient=gradient)

    @case.peer(TRL)
    def trl():
        f = take_lines(PPO_TRAINER, "logr", "kl", "logprobs, ref_logprobs, args")
        return torch_step(lambda new, ref: with_loss(f(new, ref, TRL_ARGS)["kl"]), new, ref, gradient=gradient)

    return case


def whiten():
    mask = tail(1024, 1024)
    case = Case("whiten/f32/1024x1024/tail", mask.size, "token", mask)
    x, counts = normal(mask.shape, 1, 2) + 1, mask.astype(np.float32)

    def plain(lib, x, mask):
        n = mask.sum()
        mean = (x * mask).sum() / n
        variance = ((x - mean) ** 2 * mask).sum() / (n - 1)
        return {"whitened": (x - mean) / lib.sqrt(variance + 1e-8)}

    case.plain(plain, x, counts)

    @case.peer(VERL)
    def verl():
        f = verl_functional().masked_whiten
        return torch_step(lambda x, mask: {"whitened": f(x, mask)}, x, counts)

    @case.peer(TRL)
    def trl():
        f = take("trl/core.py", "masked_mean", "masked_var", "masked_whiten").masked_whiten
        return torch_step(lambda x, mask: {"whitened": f(x, mask)}, x, mask)

    return case


def ranking_loss():
    prompts, K = 4096, 9
    i, j = np.triu_indices(K, 1)
    case = Case(f"ranking_loss/f32/{prompts}x{K}/K{K}", prompts * len(i), "pair")
    rewards = normal((prompts, K), 1)

    def pairs(lib, r, i, j):
        return {"loss": -lib.log_sigmoid(r[:, i] - r[:, j]).mean()}

    def square(lib, r, upper):
        return {"loss": -(lib.log_sigmoid(r[:, :, None] - r[:, None, :]) * upper).sum() / case.elements}

    case.plain(pairs, rewards, i, j, gradient=True, note="-mean log_sigmoid(r[:, i] - r[:, j]) over the 36 pairs i < j")
    upper = np.triu(np.ones((K, K), np.float32), 1)
    case.plain(square, rewards, upper, gradient=True, note="log_sigmoid of all 9 x 9 differences, times a mask")

    @case.peer(OPENRLHF, "PairWiseLoss(r[:, i], r[:, j]), as the 36 pairs i < j; TRL's RewardTrainer has the same line")
    def openrlhf():
        module = openrlhf_loss("PairWiseLoss")()
        return torch_step(lambda r, i, j: {"loss": module(r[:, i], r[:, j])}, rewards, i, j, gradient=True)

    return case


def token_log_probs(gradient):
    rows, vocab = 256, 32000
    case = Case(f"token_log_probs/f32/{rows}x{vocab}{'/with_backward' if gradient else ''}", rows * vocab, "logit")
    logits, targets = normal((rows, vocab), 1, 3), np.random.default_rng(2).integers(0, vocab, rows)
    weights, entropy_weights = normal(rows, 3), normal(rows, 4)
    inputs = (logits, targets, weights, entropy_weights)

    def results(chosen, entropy, weights, entropy_weights):
        loss = {"loss": (weights * chosen + entropy_weights * entropy).sum()} if gradient else {}
        return {"log_probs": chosen, "entropy": entropy, **loss}

    def plain(lib, z, targets, *w):
        log_p = lib.log_softmax(z, -1)
        return results(lib.pick(log_p, targets), -(lib.exp(log_p) * log_p).sum(-1), *w)

    case.plain(plain, *inputs, gradient=gradient)

    def package(log_probs, entropy):
        return torch_step(lambda z, t, *w: results(log_probs(z, t), entropy(z), *w), *inputs, gradient=gradient)

    @case.peer(VERL, "logprobs_from_logits_v2, entropy_from_logits")
    def verl():
        f = take(VERL_FUNCTIONAL, "logprobs_from_logits_v2", "entropy_from_logits")
        return package(f.logprobs_from_logits_v2, f.entropy_from_logits)

    @case.peer(OPENRLHF, "log_probs_from_logits, compute_entropy")
    def openrlhf():
        f = take(OPENRLHF_UTILS, "_logsumexp_by_chunk", "log_probs_from_logits", "compute_entropy")
        return package(f.log_probs_from_logits, f.compute_entropy)

    @case.peer(TRL, "selective_log_softmax, entropy_from_logits")
    def trl():
        f = take("trl/trainer/utils.py", "selective_log_softmax", "entropy_from_logits")
        return package(f.selective_log_softmax, f.entropy_from_logits)

    return case


CASES = (
    lambda: gae(512, 1024),
    lambda: gae(512, 1024, with_gaps(512, 1024)),
    lambda: gae(4096, 128),
    ppo_policy_loss,
    ppo_value_loss,
    lambda: kl(False),
    lambda: kl(True),
    whiten,
    ranking_loss,
    lambda: token_log_probs(False),
    lambda: token_log_probs(True),
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="5 rounds instead of 15")
    parser.add_argument("--only", default="", help="the cases whose name contains this")
    arguments = parser.parse_args()

    table = []
    for make in CASES:
        case = make()
        if arguments.only in case.name:
            rows = case.run(5 if arguments.quick else 15)
            for row in rows:
                time = f"{row['ns']:9.3f} ns/{row['element']:6}"
                print(f"{row['name']:44} {time} {row['who']}  {row['note']}", flush=True)
            table += rows
    arguments.out.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n")
