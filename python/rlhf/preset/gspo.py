# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""Zheng et al. 2025, arXiv:2507.18071.

Which function takes which presets:

    objective of policy_loss: objective
    policy_loss: policy_loss
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["objective", "policy_loss"]

objective = _rlhf.gspo(range=(0.0003, 0.0004))
policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
