# SPDX-License-Identifier: MIT
"""Writes what PyTorch and RLHF packages compute to torch.txt and packages.txt beside this file, in double.

Run with:
    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy
    for p in verl==0.9.1 openrlhf==0.11.2 trl==0.23.0; do venv/bin/pip download --no-deps -d wheels $p; done
    for w in wheels/*.whl; do unzip -qo $w -d packages; done
    venv/bin/python generate.py packages

The packages are not installed: the functions named below are taken out of their files by name, so that nothing that
those files import is needed.
"""

import ast
import pathlib
import sys
import types
from typing import Any, Optional, Tuple, Union

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).parent


class Writer:
    """A text file of cases: `case <name>`, then one `<key> <number>…` a line."""

    def __init__(self, path, about):
        self.file = open(path, "w")
        print(f"# Written by generate.py, which says how to run it, with {about}.", file=self.file)

    def case(self, name, **arrays):
        print(f"case {name}", file=self.file)
        for key, value in arrays.items():
            flat = torch.as_tensor(value).detach().double().reshape(-1).tolist()
            print(key, *(repr(x).removesuffix(".0") for x in flat), file=self.file)


def leaf(x):
    return x.detach().clone().requires_grad_(True)


def normal(*shape, deviation=1.0):
    return (torch.randn(*shape) * deviation * 1e4).round() / 1e4  # short decimals keep the files small


MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0]]).double()


def mean_over(mask, x):
    return torch.where(mask > 0, x, 0.0).sum() / mask.sum()


def write_torch():
    w = Writer(HERE / "torch.txt", f"torch {torch.__version__.split('+')[0]}")
    torch.manual_seed(1)

    z, g, h = leaf(normal(4, 6, deviation=3)), normal(4), normal(4)
    targets, temperature = torch.tensor([0, 5, 2, 2]), 0.7
    lp = torch.log_softmax(z / temperature, -1)
    chosen = lp.gather(-1, targets[:, None])[:, 0]
    entropy = torch.distributions.Categorical(logits=z / temperature).entropy()
    (g * chosen + h * entropy).sum().backward()
    w.case(
        "softmax",
        logits=z,
        targets=targets,
        temperature=temperature,
        log_probs=chosen,
        entropy=entropy,
        log_sum_exp=torch.logsumexp(z / temperature, -1),
        sum_squares=lp.exp().square().sum(-1),
        d_log_probs=g,
        d_entropy=h,
        d_logits=z.grad,
    )

    z = normal(3, 5)
    z[0, 1] = z[1, 4] = z[1, 3] = -torch.inf
    z, targets = leaf(z), torch.tensor([0, 2, 3])
    chosen = torch.log_softmax(z, -1).gather(-1, targets[:, None])[:, 0]
    (g[:3] * chosen).sum().backward()
    w.case(
        "softmax_impossible_tokens",
        logits=z,
        targets=targets,
        log_probs=chosen,
        entropy=torch.special.entr(torch.softmax(z, -1)).sum(-1),
        d_log_probs=g[:3],
        d_logits=z.grad,
    )

    for name, smoothing, coef in (("plain", 0.0, 0.0), ("smoothed", 0.1, 0.0), ("z_loss", 0.1, 0.01)):
        z, targets, mask = leaf(normal(6, 5, deviation=2)), torch.randint(0, 5, (6,)), torch.tensor([1, 1, 0, 1, 0, 1])
        ignored = torch.where(mask > 0, targets, -100)
        loss = F.cross_entropy(z, ignored, label_smoothing=smoothing)
        loss = loss + coef * mean_over(mask, torch.logsumexp(z, -1).square())
        loss.backward()
        w.case(
            f"cross_entropy_{name}",
            logits=z,
            targets=targets,
            mask=mask,
            label_smoothing=smoothing,
            z_loss_coef=coef,
            loss=loss,
            d_logits=z.grad,
        )

    old, A = normal(5, 5), normal(5, 5)
    for name, low, high, dual, limit in (
        ("ppo", 0.2, 0.2, torch.inf, torch.inf),
        ("asymmetric", 0.2, 0.28, torch.inf, torch.inf),
        ("dual_clip", 0.2, 0.2, 3.0, torch.inf),
        ("limited", 0.2, 0.2, 2.0, 0.9),
    ):
        lp = leaf(old + normal(5, 5))
        ratio = (lp - old).clamp(-limit, limit).exp()
        losses = torch.maximum(-A * ratio, -A * ratio.clamp(1 - low, 1 + high))
        if dual < torch.inf:
            losses = torch.where(A < 0, torch.minimum(losses, -dual * A), losses)
        loss = mean_over(MASK, losses)
        loss.backward()
        w.case(
            f"clipped_surrogate_{name}",
            log_probs=lp,
            old_log_probs=old,
            advantages=A,
            mask=MASK,
            clip_low=low,
            clip_high=high,
            dual_clip=dual,
            log_ratio_limit=limit,
            loss=loss,
            d_log_probs=lp.grad,
        )

    ref = normal(5, 5)
    for name, estimate in (
        ("k1", lambda x: x),
        ("k2", lambda x: x.square() / 2),
        ("k3", lambda x: torch.expm1(-x) + x),
    ):
        lp = leaf(ref + normal(5, 5))
        loss = mean_over(MASK, estimate(lp - ref))
        loss.backward()
        w.case(f"kl_{name}", log_probs=lp, ref_log_probs=ref, mask=MASK, loss=loss, d_log_probs=lp.grad)

    old, R = normal(5, 5), normal(5, 5)
    for name, clip, delta in (("square", torch.inf, torch.inf), ("clipped", 0.2, torch.inf), ("huber", torch.inf, 0.7)):
        v = leaf(old + normal(5, 5))
        error = (
            (lambda x: x.square() / 2)
            if delta == torch.inf
            else (lambda x: F.huber_loss(x, 0 * x, reduction="none", delta=delta))
        )
        losses = error(v - R)
        if clip < torch.inf:
            losses = torch.maximum(losses, error(old + (v - old).clamp(-clip, clip) - R))
        loss = mean_over(MASK, losses)
        loss.backward()
        explained = 1 - (R - v)[MASK > 0].var(correction=0) / R[MASK > 0].var(correction=0)
        w.case(
            f"value_{name}",
            values=v,
            old_values=old,
            returns=R,
            mask=MASK,
            clip_range=clip,
            huber=delta,
            loss=loss,
            d_values=v.grad,
            explained_variance=explained,
        )

    r, ranks = leaf(normal(5, 5)), torch.tensor(
        [[1, 2, 3, 4, 5], [2, 1, 0, 0, 0], [0, 0, 0, 1, 1], [2, 0, 2, 0, 1], [0, 0, 0, 0, 0]]
    )
    prompts = []
    for s in range(5):
        pairs = [
            F.softplus(r[s, j] - r[s, i])
            for i in range(5)
            for j in range(5)
            if MASK[s, i] and MASK[s, j] and ranks[s, i] < ranks[s, j]
        ]
        if pairs:
            prompts.append(torch.stack(pairs).mean())
    loss = torch.stack(prompts).mean()
    loss.backward()
    w.case("ranking", rewards=r, ranks=ranks, mask=MASK, loss=loss, d_rewards=r.grad)

    r = leaf(normal(3, 6, deviation=2))  # listed best first
    loss = (torch.logcumsumexp(r.flip(-1), -1).flip(-1) - r).sum(-1).mean()
    loss.backward()
    w.case("plackett_luce", rewards=r, loss=loss, d_rewards=r.grad)


def take(path, *names, **given):
    """The functions and classes of those names in a file, run in a namespace of their own."""
    space = dict(torch=torch, np=np, nn=nn, F=F, Optional=Optional, Tuple=Tuple, Union=Union, Any=Any, **given)
    for node in ast.parse(pathlib.Path(path).read_text()).body:
        if getattr(node, "name", None) in names:
            node.decorator_list = []
            exec(compile(ast.Module([node], []), str(path), "exec"), space)
    return types.SimpleNamespace(**{n: space[n] for n in names})


def write_packages(root):
    w = Writer(
        HERE / "packages.txt",
        f"torch {torch.__version__.split('+')[0]}; the name of a case begins with its package: "
        "verl 0.9.1, openrlhf 0.11.2, trl 0.23.0",
    )
    torch.manual_seed(2)
    write_verl(w, root)
    write_openrlhf(w, root)
    trl = take(root / "trl/core.py", "masked_mean", "masked_var", "masked_whiten")
    x = normal(5, 5)
    w.case("trl_masked_whiten", values=x, mask=MASK, whitened=trl.masked_whiten(x, MASK))
    w.case("trl_masked_whiten_keep_mean", values=x, mask=MASK, whitened=trl.masked_whiten(x, MASK, shift_mean=False))


def write_verl(w, root):
    F_ = take(
        root / "verl/utils/torch_functional.py",
        "masked_sum",
        "masked_mean",
        "masked_var",
        "masked_whiten",
        "clip_by_value",
    )
    verl = take(
        root / "verl/trainer/ppo/core_algos.py",
        "compute_gae_advantage_return",
        "agg_loss",
        "compute_policy_loss",
        "compute_value_loss",
        "kl_penalty",
        "kl_penalty_forward",
        "AdaptiveKLController",
        verl_F=F_,
    )
    r, v, gamma, lam = normal(5, 5), normal(5, 5), 0.97, 0.9
    A, R = verl.compute_gae_advantage_return(r, v, MASK, gamma, lam)
    w.case("verl_gae", rewards=r, values=v, mask=MASK, gamma=gamma, **{"lambda": lam}, whitened_advantages=A, returns=R)

    old, A, low, high, dual = normal(5, 5), normal(5, 5), 0.2, 0.28, 3.0
    for mode in ("token-mean", "seq-mean-token-mean", "seq-mean-token-sum"):
        lp = leaf(old + normal(5, 5))
        loss, clip_fraction, kl, dual_clip_fraction = verl.compute_policy_loss(
            old, lp, A, MASK, cliprange_low=low, cliprange_high=high, clip_ratio_c=dual, loss_agg_mode=mode
        )
        loss.backward()
        w.case(
            "verl_policy_" + mode.replace("-", "_"),
            log_probs=lp,
            old_log_probs=old,
            advantages=A,
            mask=MASK,
            clip_low=low,
            clip_high=high,
            dual_clip=dual,
            loss=loss,
            d_log_probs=lp.grad,
            clip_fraction=clip_fraction,
            dual_clip_fraction=dual_clip_fraction,
            approx_kl=kl,
        )

        vp, vo, R, clip = leaf(normal(5, 5)), normal(5, 5), normal(5, 5), 0.5
        loss, clip_fraction = verl.compute_value_loss(vp, R, vo, MASK, clip, mode)
        loss.backward()
        w.case(
            "verl_value_" + mode.replace("-", "_"),
            values=vp,
            old_values=vo,
            returns=R,
            mask=MASK,
            clip_range=clip,
            loss=loss,
            d_values=vp.grad,
            clip_fraction=clip_fraction,
        )

    lp, ref = leaf(normal(12, deviation=2)), normal(12, deviation=2)
    for estimator in ("k1", "k2", "k3"):
        lp = leaf(lp)
        k = verl.kl_penalty(lp, ref, estimator)
        k.sum().backward()
        w.case(
            f"verl_kl_{estimator}",
            log_probs=lp,
            ref_log_probs=ref,
            limit=10.0 if estimator == "k3" else torch.inf,
            value=k,
            slope=lp.grad,
        )
    lp = leaf(lp)
    k = verl.kl_penalty(lp, ref, "k1+")
    k.sum().backward()
    w.case("verl_kl_k1_value_k2_gradient", log_probs=lp, ref_log_probs=ref, value=k, slope=lp.grad)

    controller, coefs, kls = verl.AdaptiveKLController(0.2, 6.0, 10000), [], [3.0, 6.5, 9.0, 5.9, 40.0]
    for k in kls:
        controller.update(k, 512)
        coefs.append(controller.value)
    w.case("verl_adaptive_kl", coef=0.2, target=6, horizon=10000, steps=512, kl=kls, coefs=coefs)


def write_openrlhf(w, root):
    base = root / "openrlhf-0.11.2.data/purelib/openrlhf"
    utils = take(base / "models/utils.py", "masked_mean", "compute_reward")
    losses = take(
        base / "models/loss.py",
        "aggregate_loss",
        "PolicyLoss",
        "ValueLoss",
        "PairWiseLoss",
        masked_mean=utils.masked_mean,
    )
    tree = ast.parse((base / "trainer/ppo_utils/experience_maker.py").read_text())
    function = next(n for n in ast.walk(tree) if getattr(n, "name", None) == "get_advantages_and_returns")
    function.decorator_list = []
    space = dict(torch=torch, Tuple=Tuple)
    exec(compile(ast.Module([function], []), "experience_maker.py", "exec"), space)

    r, v, gamma, lam = normal(5, 5), normal(5, 5), 0.97, 0.9
    A, R = space["get_advantages_and_returns"](None, v, r, MASK, gamma, lam)
    w.case("openrlhf_gae", rewards=r, values=v, mask=MASK, gamma=gamma, **{"lambda": lam}, advantages=A, returns=R)

    mask, k, scores = MASK[:4], normal(4, 5), normal(4, deviation=8)
    w.case(
        "openrlhf_reward",
        kl=k,
        scores=scores,
        mask=mask,
        kl_coef=0.05,
        score_limit=5,
        rewards=utils.compute_reward(scores, 0.05, k, mask, (-5, 5)),
    )

    old, behavior, A = normal(5, 5), normal(5, 5), normal(5, 5)
    for mode, clamp in (("mask", "mask"), ("truncate", "clip")):
        lp = leaf(old + normal(5, 5))
        policy = losses.PolicyLoss(
            0.2,
            0.2,
            dual_clip=3.0,
            is_correction_level="token",
            is_correction_mode=clamp,
            is_correction_threshold=[0.5, 2.0],
        )
        loss, clip_fraction, kl, _, _ = policy(lp, old, A, MASK, rollout_log_probs=behavior)
        loss.backward()
        w.case(
            f"openrlhf_importance_{mode}",
            log_probs=lp,
            old_log_probs=old,
            behavior_log_probs=behavior,
            advantages=A,
            mask=MASK,
            dual_clip=3,
            importance_low=0.5,
            importance_high=2,
            loss=loss,
            d_log_probs=lp.grad,
            clip_fraction=clip_fraction,
            approx_kl=kl,
        )

    c, j, m = leaf(normal(6)), leaf(normal(6)), normal(6).abs()
    loss = losses.PairWiseLoss()(c, j, m)
    loss.backward()
    w.case("openrlhf_pairwise", chosen=c, rejected=j, margins=m, loss=loss, d_chosen=c.grad, d_rejected=j.grad)


if __name__ == "__main__":
    write_torch()
    if len(sys.argv) > 1:
        write_packages(pathlib.Path(sys.argv[1]))
