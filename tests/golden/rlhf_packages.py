# SPDX-License-Identifier: MIT
"""Writes packages.txt: what RLHF packages compute. The functions are taken out of their files by name."""

import __future__

import ast
import pathlib
import types
from collections import defaultdict
from typing import Any, Optional, Tuple, Union

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from cases import HERE, MASK, Writer, leaf, normal


def cast_to_double(code):
    """What the code casts to float, x.float() or torch.float32, is cast to double."""
    for part in ast.walk(code):
        if isinstance(part, ast.Attribute):
            part.attr = dict(float32="float64", float="double").get(part.attr, part.attr)


def take(path, *names, of=None, in_double=False, **given):
    """The functions, methods, classes and constants of those names in a file, or in a class of it, run in their own
    namespace."""
    space = dict(torch=torch, np=np, nn=nn, F=F, Optional=Optional, Tuple=Tuple, Union=Union, Any=Any, **given)
    tree = ast.parse(pathlib.Path(path).read_text())
    if of is not None:
        (tree,) = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == of]
    for node in ast.walk(tree):
        named = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name in names
        if named or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in names):
            node.decorator_list = []
            if in_double:
                cast_to_double(node)
            code = compile(
                ast.Module([node], []), str(path), "exec", __future__.annotations.compiler_flag, dont_inherit=True
            )
            exec(code, space)
    return types.SimpleNamespace(**{n: space[n] for n in names})


def defaults(path, name):
    """The fields of a dataclass whose defaults are constants, with those."""
    (found,) = [n for n in ast.walk(ast.parse(pathlib.Path(path).read_text())) if getattr(n, "name", 0) == name]
    fields = {}
    for line in found.body:
        if isinstance(line, ast.AnnAssign) and line.value is not None:
            value = line.value
            if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "field":
                value = next((k.value for k in value.keywords if k.arg == "default"), value)
            try:
                fields[line.target.id] = ast.literal_eval(value)
            except ValueError:
                pass  # made by a call
    return fields


def run_branch(path, test, has, space, in_double=False):
    """Runs the if statement of a file whose test is that text and whose body has the other one, in a namespace."""
    for node in ast.walk(ast.parse(pathlib.Path(path).read_text())):
        if isinstance(node, ast.If) and ast.unparse(node.test) == test and has in ast.unparse(node.body[0]):
            if in_double:
                cast_to_double(node)
            exec(compile(ast.Module([node], []), str(path), "exec"), space)
            return space
    raise LookupError(test)


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
    write_verl_groups(w, root)


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
    for estimator in ("k1", "k2", "k3", "abs"):
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


def write_verl_groups(w, root):
    """verl/trainer/ppo/core_algos.py: compute_{grpo,rloo,opo,remax}_outcome_advantage. Ragged groups, one of them of one
    sequence, another one constant."""
    names = [f"compute_{n}_outcome_advantage" for n in ("grpo", "rloo", "opo", "remax")]
    verl = take(
        root / "verl/trainer/ppo/core_algos.py", *names, defaultdict=defaultdict, AlgoConfig=object, verl_F=None
    )
    ids = torch.tensor([4, 4, 7, -1, 4, 7, 2, 2, 7, 4, 2, 7])
    lengths = torch.tensor([5, 2, 1, 3, 4, 4, 1, 2, 3, 5, 2, 1])
    mask = (torch.arange(5) < lengths[:, None]).double()
    rewards, baselines = normal(12), normal(12)
    rewards[ids == 2] = 0.3
    at_end = torch.zeros(12, 5).scatter(1, lengths[:, None] - 1, rewards[:, None])
    given = dict(rewards=rewards, ids=ids, lengths=lengths)

    def advantages(name, **more):
        return getattr(verl, f"compute_{name}_outcome_advantage")(at_end.clone(), response_mask=mask, **more)[0][:, 0]

    index = ids.numpy()
    w.case("verl_grpo", **given, epsilon=1e-6, advantages=advantages("grpo", index=index))
    w.case("verl_dr_grpo", **given, advantages=advantages("grpo", index=index, norm_adv_by_std_in_grpo=False))
    w.case("verl_rloo", **given, advantages=advantages("rloo", index=index))
    w.case("verl_opo", **given, advantages=advantages("opo", index=index))
    w.case("verl_remax", **given, baselines=baselines, advantages=advantages("remax", reward_baselines=baselines))


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
    maker = take(base / "trainer/ppo_utils/experience_maker.py", "get_advantages_and_returns")

    r, v, gamma, lam = normal(5, 5), normal(5, 5), 0.97, 0.9
    A, R = maker.get_advantages_and_returns(None, v, r, MASK, gamma, lam)
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
