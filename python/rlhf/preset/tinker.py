# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What tinker and its cookbook compute by their defaults. The cookbook was read in tinker_cookbook 0.6.1. Policy losses
run on tinker's server; the cookbook's tutorials/202_loss_functions.py, git 9dfcc3a2, describes them.

The server adds losses up without dividing. old_log_probs are the sampler's.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    objective of policy_loss: importance_sampling, cispo
    group_advantages: group_advantages
    objective of preference_loss: dpo
"""
from __future__ import annotations

from math import inf as _inf
from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "importance_sampling", "cispo", "group_advantages", "dpo"]

# ppo [clip_low_threshold, clip_high_threshold], importance_sampling, and cispo, which has no lower bound.
ppo_policy_loss: dict[str, Any] = dict()
importance_sampling = _rlhf.ppo_clip(range=(1, _inf))
cispo = _rlhf.cispo(low=0, high=4)
# rl/data_processing.py, compute_advantages.
group_advantages: dict[str, Any] = dict(scale="none")
# preference/train_dpo.py [dpo_beta].
dpo = _rlhf.dpo(beta=0.1)
