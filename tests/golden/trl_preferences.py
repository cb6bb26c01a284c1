# SPDX-License-Identifier: MIT
"""Writes preferences.txt: what TRL makes of pairs of answers. Its trainer chooses a loss by one long `if`, which is taken
out of its file and run as it stands; CPO's losses are a method."""

import ast
import math
import pathlib
import types

import torch
import torch.nn.functional as F

from cases import HERE, Writer, leaf, normal
from rlhf_packages import take

PAIRS, STEPS, BETA, SMOOTHING, GAMMA = 4, 6, 0.3, 0.15, 0.7
MASK = torch.tensor(
    [
        [0, 0, 1, 1, 1, 1],
        [0, 1, 1, 0, 0, 0],
        [0, 0, 1, 1, 1, 0],
        [0, 1, 1, 1, 1, 1],
        [0, 0, 1, 0, 0, 0],
        [0, 1, 1, 1, 1, 0],
        [0, 0, 0, 1, 1, 1],
        [0, 1, 1, 0, 0, 0],
    ]
).double()  # the preferred answers, then the others


def dpo_choice(path):
    """The statement `if loss_type == "sigmoid": … elif …` of DPOTrainer, ready to run."""
    for node in ast.walk(ast.parse(pathlib.Path(path).read_text())):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "loss_type == 'sigmoid'":
            return compile(ast.Module([node], []), str(path), "exec")
    raise LookupError("the trainer has no such statement")


def write_preferences(root):
    w = Writer(HERE / "preferences.txt", f"torch {torch.__version__.split('+')[0]} and trl 1.16.0")
    torch.manual_seed(3)
    choice = dpo_choice(root / "trl/trainer/dpo_trainer.py")
    args = types.SimpleNamespace(discopop_tau=0.05)
    trainer = types.SimpleNamespace(beta=BETA, label_smoothing=SMOOTHING, args=args)
    names = "sigmoid hinge ipo exo_pair nca_pair robust bco_pair sppo_hard apo_zero apo_down discopop sigmoid_norm"
    for name in names.split():
        lp, ref = leaf(-normal(2 * PAIRS, STEPS, deviation=3).abs()), -normal(2 * PAIRS, STEPS, deviation=3).abs()
        chosen, rejected = ((lp - ref) * MASK).sum(dim=1).chunk(2, dim=0)
        space = dict(
            torch=torch,
            F=F,
            math=math,
            device="cpu",
            self=trainer,
            loss_type=name,
            completion_mask=MASK,
            chosen_scores=chosen,
            rejected_scores=rejected,
            chosen_logratios=chosen,
            rejected_logratios=rejected,
            delta_score=chosen - rejected,
        )
        exec(choice, space)
        write_case(w, name, lp, ref, space["per_sequence_loss"].mean())

    cpo = take(root / "trl/experimental/cpo/cpo_trainer.py", "cpo_loss")
    for name, smoothing in (("sigmoid", SMOOTHING), ("simpo", 0.0), ("hinge", 0.0), ("ipo", 0.0)):
        lp = leaf(-normal(2 * PAIRS, STEPS, deviation=3).abs())
        trainer = types.SimpleNamespace(
            alpha=0.0,
            beta=BETA,
            label_smoothing=smoothing,
            simpo_gamma=GAMMA,
            loss_type=name,
            accelerator=types.SimpleNamespace(device="cpu"),
        )
        sums = (lp * MASK).sum(dim=1)
        if name in ("simpo", "ipo"):  # average_log_prob of its concatenated_forward
            sums = sums / MASK.sum(dim=1)
        losses, chosen_rewards, rejected_rewards = cpo.cpo_loss(trainer, *sums.chunk(2, dim=0))
        write_case(
            w,
            f"cpo_{name}",
            lp,
            torch.zeros_like(lp),
            losses.mean(),
            chosen_reward=chosen_rewards.mean(),
            rejected_reward=rejected_rewards.mean(),
            accuracy=(chosen_rewards > rejected_rewards).double().mean(),
        )


def write_case(w, name, lp, ref, loss, **more):
    loss.backward()
    w.case(
        name,
        log_probs=lp,
        ref_log_probs=ref,
        mask=MASK,
        beta=BETA,
        label_smoothing=SMOOTHING,
        gamma=GAMMA,
        loss=loss,
        d_log_probs=lp.grad,
        **more,
    )
