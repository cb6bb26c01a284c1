# SPDX-License-Identifier: MIT
"""Writes unpaired.txt: what TRL makes of answers that were judged one by one. TRL 0.23 has a method for each loss; in
TRL 1.16 KTO's statements stand in the middle of a longer method, and are taken out of it."""

import ast
import pathlib
import types
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from cases import HERE, Writer, leaf, normal
from rlhf_packages import take

ANSWERS, STEPS, BETA, GOOD, BAD = 6, 5, 0.3, 1.25, 0.75
MASK = torch.tensor(
    [[0, 1, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 1, 1], [0, 1, 1, 1, 1]]
).double()
DESIRABLE = torch.tensor([1, 0, 1, 1, 0, 0]).bool()


def alone(**more):
    """A trainer on one process."""
    accelerator = types.SimpleNamespace(device="cpu", use_distributed=False, gather_for_metrics=lambda x: x)
    return types.SimpleNamespace(beta=BETA, accelerator=accelerator, **more)


def kto_statements(path):
    """From `if self.calculate_KL: kl = …` to `losses = …` of KTOTrainer._compute_loss."""
    for node in ast.walk(ast.parse(pathlib.Path(path).read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "_compute_loss":
            first = next(i for i, s in enumerate(node.body) if ast.unparse(s).startswith("if self.calculate_KL:\n    kl"))
            last = next(i for i, s in enumerate(node.body) if ast.unparse(s).startswith("losses ="))
            return compile(ast.Module(node.body[first : last + 1], []), str(path), "exec")
    raise LookupError("the trainer has no such statements")


def write_unpaired(root):
    w = Writer(HERE / "unpaired.txt", f"torch {torch.__version__.split('+')[0]}, trl 0.23.0 and trl 1.16.0")
    torch.manual_seed(4)
    old = take(root / "trl/trainer/kto_trainer.py", "kto_loss")
    newer = kto_statements(root / "newer/trl/trainer/kto_trainer.py")
    for version in ("0.23", "1.16"):
        for name, shift in (("kto", 0.8), ("kto", -0.8), ("apo_zero_unpaired", 0.8)):
            lp, ref = leaf(-normal(ANSWERS, STEPS, deviation=2).abs()), -normal(ANSWERS, STEPS, deviation=2).abs()
            other_ref = -normal(ANSWERS, deviation=3).abs()
            other = other_ref + normal(ANSWERS) + shift
            trainer = alone(
                calculate_KL=name == "kto", loss_type=name, desirable_weight=GOOD, undesirable_weight=BAD
            )
            sums, ref_sums = (lp * MASK).sum(dim=1), (ref * MASK).sum(dim=1)
            by_kind = [x[kind] for x in (sums, ref_sums) for kind in (DESIRABLE, ~DESIRABLE)]
            if version == "0.23":
                losses, good, bad, kl = old.kto_loss(trainer, by_kind[0], by_kind[1], other, *by_kind[2:], other_ref)
            else:
                names = "chosen_logps rejected_logps ref_chosen_logps ref_rejected_logps".split()
                space = dict(torch=torch, F=F, self=trainer, KL_logps=other, ref_KL_logps=other_ref)
                space.update(zip(names, by_kind))
                exec(newer, space)
                losses, good, bad = (space[n] for n in ("losses", "chosen_rewards", "rejected_rewards"))
                kl = space["kl"]
            case = f"{name}_{version}" + ("_negative" if shift < 0 else "")
            write_case(w, case, lp, ref, losses, good, bad, other=other, other_ref=other_ref, reference_point=kl)

    moments = dataclass(take(root / "trl/trainer/utils.py", "RunningMoments", Accelerator=object).RunningMoments)
    bco = take(root / "trl/trainer/bco_trainer.py", "bco_loss")
    trainer = alone(match_underlying_distribution=False)
    trainer.running = moments(trainer.accelerator)
    for name in ("bco_first", "bco_second"):
        lp, ref = leaf(-normal(ANSWERS, STEPS, deviation=2).abs()), -normal(ANSWERS, STEPS, deviation=2).abs()
        sums, ref_sums = (lp * MASK).sum(dim=1), (ref * MASK).sum(dim=1)
        by_kind = [x[kind] for x in (sums, ref_sums) for kind in (DESIRABLE, ~DESIRABLE)]
        losses, good, bad, delta = bco.bco_loss(trainer, *by_kind, None, None)
        write_case(w, name, lp, ref, losses, good, bad, shift=delta)


def write_case(w, name, lp, ref, losses, good, bad, **more):
    loss = losses.nanmean()
    loss.backward()
    w.case(
        name,
        log_probs=lp,
        ref_log_probs=ref,
        mask=MASK,
        desirable=DESIRABLE,
        beta=BETA,
        desirable_weight=GOOD,
        undesirable_weight=BAD,
        loss=loss,
        d_log_probs=lp.grad,
        desirable_reward=good.mean(),
        undesirable_reward=bad.mean(),
        **more,
    )
