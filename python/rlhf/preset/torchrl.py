# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What torchrl computes by its defaults. Read in torchrl 0.14.1, objectives/llm/grpo.py, objectives/ppo.py and
objectives/value; names in brackets are its options.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, prompt_mean_policy_loss
    objective of policy_loss: cispo
    policy_loss: policy_loss
    ppo_value_loss: ppo_value_loss
    gae: gae
    group_advantages: group_advantages
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "prompt_mean_policy_loss", "cispo", "policy_loss", "ppo_value_loss", "gae",
           "group_advantages"]

# GRPOLoss [clip_epsilon, aggregation token_mean]: the library's defaults. DAPO is the same class with two bounds.
ppo_policy_loss: dict[str, Any] = dict()
# [aggregation] prompt_mean is a mean over sequences.
prompt_mean_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# CISPOLoss differs from CISPO: beyond the bounds it has no gradient. These options have the same gradient; torchrl's
# loss is −φ Â.
cispo = _rlhf.cispo(low=0.8, high=1.2, beyond="mask")
# The options for cispo.
policy_loss: dict[str, Any] = dict()
# ClipPPOLoss [loss_critic_type smooth_l1], without a clip of values [clip_value] and with the factor 1 [critic_coeff].
ppo_value_loss: dict[str, Any] = dict(huber=1)
# GAE has no defaults for γ and λ and does not whiten [average_gae]. There is no mask: each step follows the one before
# it in memory.
gae: dict[str, Any] = dict(gaps="ignore")
# MCAdvantage with a return per trajectory [trajectory_return]: the deviation is at least 10⁻⁶.
group_advantages: dict[str, Any] = dict(floor="std_at_least")
