# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What miles computes by its defaults. Read in git 31f1ca961, miles/utils/arguments.py and
miles/backends/training_utils/loss_hub; names in brackets are its options.

miles began as slime. Unlike slime, it clamps log ratios to ±20 and takes a NaN log ratio as 0. It averages over
samples, except with [calculate-per-token-loss].

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, kl_policy_loss
    objective of policy_loss: gspo
    policy_loss: policy_loss
    ppo_value_loss: ppo_value_loss
    gae: gae
    group_advantages: grpo, dr_grpo
    importance_weights: tis, icepop, opsm
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "gspo", "policy_loss", "kl_policy_loss", "ppo_value_loss", "gae", "grpo", "dr_grpo",
           "tis", "icepop", "opsm"]

# [eps-clip]. There is no dual clip [eps-clip-c].
ppo_policy_loss: dict[str, Any] = dict(log_ratio_limit=20, aggregation="sequence_mean_token_mean")
# [advantage-estimator] gspo takes the same range, and the same clamp of the log ratio of a sequence.
gspo = _rlhf.gspo(range=0.2)
policy_loss: dict[str, Any] = dict(log_ratio_limit=20, aggregation="sequence_mean_token_mean")
# With KL in the loss [use-kl-loss, kl-loss-type k1]; low_var_kl is k3, clamped to 10. With [use-unbiased-kl] KL is
# multiplied by ρ, which is not clamped there. Its coefficient [kl-loss-coef] is 0 by default.
kl_policy_loss: dict[str, Any] = dict(log_ratio_limit=20, kl_estimator="k1", aggregation="sequence_mean_token_mean")
# [value-clip]. miles does not halve the squares: weights of 2 do the same.
ppo_value_loss: dict[str, Any] = dict(clip_range=0.2, aggregation="sequence_mean_token_mean")
# [gamma, lambd], over counted tokens only.
gae: dict[str, Any] = dict(lambda_=1)
# [advantage-estimator] grpo and gspo; without the standard deviation with [disable-grpo-std-normalization].
grpo: dict[str, Any] = dict()
dr_grpo: dict[str, Any] = dict(scale="none")
# [use-tis, tis-clip, tis-clip-low], off by default; icepop_function as [custom-tis-function-path].
tis: dict[str, Any] = dict(range=2)
icepop: dict[str, Any] = dict(range=2, beyond="mask")
# [use-opsm, opsm-delta], off by default: the sequence mask of DeepSeek-V3.2, with the current policy as log_probs and
# π_old as behavior_log_probs.
opsm: dict[str, Any] = dict(level="none", drift_limit=0.0001)
