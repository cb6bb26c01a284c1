# SPDX-License-Identifier: MIT
"""Writes what PyTorch, rlax and trainers compute to torch.txt, packages.txt, policies.txt, preferences.txt, unpaired.txt,
scores.txt, steps.txt, one_trainer.txt, rlax.txt and distillation.txt beside this file, in double.

Run with:
    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy jax
    for p in verl==0.9.1 openrlhf==0.11.2 trl==0.23.0; do venv/bin/pip download --no-deps -d wheels $p; done
    for w in wheels/*.whl; do unzip -qo $w -d packages; done
    venv/bin/pip download --no-deps -d newer trl==1.16.0 && unzip -qo newer/trl-1.16.0*.whl -d packages/newer
    for p in skyrl==0.4.0 liger-kernel==0.8.5 torchrl==0.14.1 areal==1.0.4 ms-swift==4.6.0 rlax==0.1.9 \\
            unsloth_zoo==2026.10.9 tinker_cookbook==0.6.1; do
        venv/bin/pip download --no-deps --python-version 3.12 --only-binary=:all: -d more $p
    done
    for w in more/*.whl; do unzip -qo $w -d packages; done
    for p in NVIDIA-NeMo/RL:7ea279abf THUDM/slime:624b824a8 PrimeIntellect-ai/prime-rl:559b44772 \\
        areal-project/AReaL:cbff54d64 alibaba/ROLL:8eb27cc2 SkyworkAI/Skywork-OR1:64e96af radixark/miles:31f1ca961; do
        git clone -q https://github.com/${p%:*} packages/git/$(basename ${p%:*}) && \\
            git -C packages/git/$(basename ${p%:*}) checkout -q ${p#*:}
    done
    venv/bin/python generate.py packages

The packages are not installed: the modules beside this one take what they name out of their files, so that nothing that
those files import is needed.
"""

import pathlib
import sys

import torch
import torch.nn.functional as F

import more_trainers as more
from cases import HERE, MASK, Writer, leaf, mean_over, normal
from distillation import write_distillation
from miles import write_miles, write_miles_steps
from ms_swift import write_ms_swift
from one_trainer import write_one_trainer
from policy_packages import dyadic, write_policies
from rlax_returns import write_rlax
from rlhf_packages import write_packages
from roll import write_roll, write_roll_running, write_roll_steps
from token_choices import write_covariances, write_masks
from trainer_policies import make_data, write_trainer_policies
from trainer_steps import write_steps
from score_packages import write_scores
from trl_preferences import write_preferences
from trl_unpaired import write_unpaired


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


if __name__ == "__main__":
    write_torch()
    if len(sys.argv) > 1:
        root = pathlib.Path(sys.argv[1])
        write_packages(root)
        policies = write_policies(root)
        write_trainer_policies(policies, root)
        write_ms_swift(policies, root, 15)
        write_covariances(policies, root, 16)
        write_masks(policies, root, 17)
        write_roll(policies, make_data, root, 37)
        write_miles(policies, make_data, root, 21)
        more.write_unsloth(policies, make_data, root, 27)
        more.write_skywork(policies, make_data, root, 23)
        more.write_prime_rl_sum(policies, root, 24)
        write_preferences(root / "newer")
        steps, data = write_steps(root)
        for write in (write_roll_steps, write_miles_steps, more.write_skywork_steps, more.write_tinker_steps):
            write(steps, data, root)
        more.write_prime_rl_steps(steps, data, root)
        write_scores(root)
        write_unpaired(root)
        single = write_one_trainer(root)
        more.write_prime_rl_roles(single, root, 25)
        more.write_tinker_kl(single, data, root)
        write_roll_running(single, root, dyadic(20))
        write_rlax(root)
        write_distillation(root)
