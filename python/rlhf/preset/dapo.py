# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""Yu et al. 2025, arXiv:2503.14476: a higher upper bound, a mean over all tokens, no KL. Groups without variance are
sampled anew: `keep` says which.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    group_advantages: group_advantages
    shape_scores: shape_scores
"""
from __future__ import annotations

from typing import Any

__all__ = ["ppo_policy_loss", "group_advantages", "shape_scores"]

ppo_policy_loss: dict[str, Any] = dict(clip_range=(0.2, 0.28))
group_advantages: dict[str, Any] = dict()
# Sections 3.4 and 4.1: 16384 tokens without a penalty, and 4096 more in which it grows to 1.
shape_scores: dict[str, Any] = dict(max_length=20480, overlong_buffer=4096)
