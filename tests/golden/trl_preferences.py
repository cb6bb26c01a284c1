# SPDX-License-Identifier: MIT
"""Writes preferences.txt: what TRL makes of pairs of answers. Its trainer chooses a loss by one long `if`, which is taken
out of its file and run as it stands; CPO's and ORPO's losses are methods."""

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
    w = Writer(HERE / "preferences.txt", f"torch {torch.__version__.split('+')[0]}, trl 0.23.0 (orpo) and trl 1.16.0")
    torch.manual_seed(3)
    choice = dpo_choice(root / "trl/trainer/dpo_trainer.py")
    args = types.SimpleNamespace(discopop_tau=0.05)
    of_pairs = types.SimpleNamespace(beta=BETA, label_smoothing=SMOOTHING, args=args)
    names = "sigmoid hinge ipo exo_pair nca_pair robust bco_pair sppo_hard apo_zero apo_down discopop sigmoid_norm"
    for name in names.split():
        write_choice(w, choice, of_pairs, name)

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
    for name in ("aot", "aot_unpaired"):
        write_choice(w, choice, of_pairs, name)
    write_with_nll(w, root, cpo)


def write_with_nll(w, root, cpo):
    """`losses.mean() + cpo_alpha * policy_nll_loss` of CPO and `policy_nll_loss - losses.mean()` of ORPO, whose NLL is of
    the prompt as well. ORPO is of TRL 0.23: the newer one computes in float."""
    alpha = 0.6
    text = (MASK.flip(1).cummax(1).values.flip(1) > 0).double()
    text[:, 0] = 0
    orpo = take(root.parent / "trl/trainer/orpo_trainer.py", "odds_ratio_loss")
    for name, weight, tokens in (("cpo_nll", alpha, MASK), ("orpo", 1.0, text)):
        lp = leaf(-normal(2 * PAIRS, STEPS, deviation=3).abs())
        accelerator = types.SimpleNamespace(device="cpu")
        trainer = types.SimpleNamespace(
            alpha=0.0, beta=BETA, label_smoothing=SMOOTHING, loss_type="sigmoid", accelerator=accelerator
        )
        sums = (lp * MASK).sum(dim=1)
        counted = tokens[:PAIRS]
        nll = -(lp[:PAIRS] * counted).sum() / counted.sum()
        if name == "orpo":
            losses = orpo.odds_ratio_loss(trainer, *(sums / MASK.sum(dim=1)).chunk(2, dim=0))[0]
            loss = nll - losses.mean()
        else:
            loss = cpo.cpo_loss(trainer, *sums.chunk(2, dim=0))[0].mean() + alpha * nll
        write_case(w, name, lp, torch.zeros_like(lp), loss, text=tokens, nll_weight=weight)


def write_choice(w, choice, trainer, name):
    lp, ref = leaf(-normal(2 * PAIRS, STEPS, deviation=3).abs()), -normal(2 * PAIRS, STEPS, deviation=3).abs()
    (chosen, rejected), (ref_chosen, ref_rejected) = ((x * MASK).sum(dim=1).chunk(2, dim=0) for x in (lp, ref))
    ratio, other_ratio = ((lp - ref) * MASK).sum(dim=1).chunk(2, dim=0)
    space = dict(
        torch=torch,
        F=F,
        math=math,
        device="cpu",
        self=trainer,
        loss_type=name,
        completion_mask=MASK,
        chosen_logps=chosen,
        rejected_logps=rejected,
        ref_chosen_logps=ref_chosen,
        ref_rejected_logps=ref_rejected,
        chosen_scores=ratio,
        rejected_scores=other_ratio,
        chosen_logratios=ratio,
        rejected_logratios=other_ratio,
        delta_score=ratio - other_ratio,
    )
    exec(choice, space)
    write_case(w, name, lp, ref, space["per_sequence_loss"].mean())


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
