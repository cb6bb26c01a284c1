# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What prime-rl computes by its defaults. Read in git 559b44772, src/prime_rl/trainer/rl/loss.py,
src/prime_rl/orchestrator/algo and prime_rl/configs/trainer.py; names in brackets are its options.

old_log_probs are always the sampler's, and ref_log_probs are the same array: the loss has τ (log π − log π_old)²,
which is kl_estimator "k2" times 2 τ. Sums are divided by the number of tokens of the whole step.

Which function takes which presets:

    objective of policy_loss: dppo_tv, ref_kl
    policy_loss: policy_loss
    importance_weights: ipo_mask
    group_advantages: grpo, max_rl, rae
"""
from __future__ import annotations

from math import inf as _inf
from typing import Any

import rlhf as _rlhf

__all__ = ["dppo_tv", "policy_loss", "ipo_mask", "ref_kl", "grpo", "max_rl", "rae"]

# default_loss_fn [dppo_mask_low, dppo_mask_high, kl_tau]. prime-rl treats Â = 0 like Â < 0, which gives the same loss.
dppo_tv = _rlhf.dppo_tv(range=0.2, value="ratio")
policy_loss: dict[str, Any] = dict(kl_coef=0.002, kl_estimator="k2")
# ipo_loss_fn [ipo_threshold], which is not the preference loss IPO: a token counts only if π is within 0.1 of π_old.
# Multiply the advantages by these weights, so that all tokens have τ (log π − log π_old)²; the loss is dppo_tv with a
# range of 1.
ipo_mask: dict[str, Any] = dict(level="none", probability_limit=0.1)
# ref_kl_loss_fn, distillation as a loss: policy_loss with the objective ref_kl. Advantages are log π_teacher − log π,
# or 0 where π is below π_old by more than 0.2, a constant of prime-rl's code. Compute them before each call from its
# log_probs.
ref_kl = _rlhf.ppo_clip(range=(1, _inf))
# GRPOAlgorithm without [length_penalty]; HierarchicalGRPOAlgorithm is the same over groups of one role. MaxRLAlgorithm
# agrees for rewards that are not negative. RAEAlgorithm takes given baselines: see group_advantages.
grpo: dict[str, Any] = dict(scale="none")
max_rl: dict[str, Any] = dict(scale="group_mean", epsilon=0)
rae: dict[str, Any] = dict(baseline="given", scale="none")
