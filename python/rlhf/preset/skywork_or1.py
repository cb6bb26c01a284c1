# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""He et al. 2025, arXiv:2505.22312, section 4. Read in their code, git 64e96af, verl/trainer/ppo/core_algos.py: PPO's
clip over tokens, and GRPO's advantages, where a group of one keeps its reward. The coefficient of the entropy bonus
is from or1_scripts/train. The code's own defaults are a step of 0.001 and at most 0.5.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    group_advantages: group_advantages
    adaptive_entropy_controller: entropy_controller
"""
from __future__ import annotations

from typing import Any

__all__ = ["ppo_policy_loss", "group_advantages", "entropy_controller"]

ppo_policy_loss: dict[str, Any] = dict()
group_advantages: dict[str, Any] = dict(lone="kept")
entropy_controller: dict[str, Any] = dict(target=0.2, step=0.0001, low=0, high=0.005)
