# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""Shao et al. 2024 (DeepSeekMath), arXiv:2402.03300, eq. 3 and section 4.2: means over sequences, and k3 in the loss
with the coefficient 0.04. ε and the clip range are not reported.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    group_advantages: group_advantages
"""
from __future__ import annotations

from typing import Any

__all__ = ["ppo_policy_loss", "group_advantages"]

ppo_policy_loss: dict[str, Any] = dict(kl_coef=0.04, aggregation="sequence_mean_token_mean")
group_advantages: dict[str, Any] = dict()
