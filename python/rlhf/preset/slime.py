# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What slime computes by its defaults. Read in git 624b824a8, slime/utils/arguments.py and ppo_utils.py; names in
brackets are its options.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    objective of policy_loss: cispo, gspo
    policy_loss: policy_loss
    ppo_value_loss: ppo_value_loss
    group_advantages: grpo
    importance_weights: tis, opsm
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "cispo", "gspo", "policy_loss", "ppo_value_loss", "grpo", "tis", "opsm"]

# compute_policy_loss [eps-clip]: log ratios are not clamped, and there is no dual clip [eps-clip-c]. Unlike the
# library's default, slime averages over sequences, except with [calculate-per-token-loss].
ppo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# compute_cispo_loss and GSPO take the same range. The paper's CISPO has no lower bound: [eps-clip] 1.
cispo = _rlhf.cispo(low=0.8, high=1.2)
gspo = _rlhf.gspo(range=0.2)
policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# [value-clip].
ppo_value_loss: dict[str, Any] = dict(clip_range=0.2)
# slime/ray/rollout.py [advantage-estimator grpo, gspo, cispo]: the library's defaults.
grpo: dict[str, Any] = dict()
# [use-tis, tis-clip, tis-clip-low], off by default.
tis: dict[str, Any] = dict(range=2)
# [use-opsm, opsm-delta], off by default: the sequence mask of DeepSeek-V3.2, with the current policy as log_probs and
# π_old as behavior_log_probs.
opsm: dict[str, Any] = dict(level="none", drift_limit=0.0001)
