# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""CISPO with the bounds of ScaleRL, arXiv:2510.13786. MiniMax-M1, arXiv:2506.13585, has no lower bound either; it tunes
the upper bound and does not report it.

Which function takes which presets:

    objective of policy_loss: objective
"""
from __future__ import annotations

import rlhf as _rlhf

__all__ = ["objective"]

objective = _rlhf.cispo(low=0, high=5)
