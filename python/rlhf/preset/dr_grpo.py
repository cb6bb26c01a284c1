# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""Liu et al. 2025, arXiv:2503.20783: no standard deviation, and the sum over all tokens is divided by sequences · (the
longest answer allowed): pass this product as the batch's denominator, counts.tokens.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    group_advantages: group_advantages
"""
from __future__ import annotations

from typing import Any

__all__ = ["ppo_policy_loss", "group_advantages"]

ppo_policy_loss: dict[str, Any] = dict()
group_advantages: dict[str, Any] = dict(scale="none")
