# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""DPPO with the binary KL divergence, arXiv:2602.04879, eq. 14.

Which function takes which presets:

    objective of policy_loss: objective
"""
from __future__ import annotations

import rlhf as _rlhf

__all__ = ["objective"]

objective = _rlhf.dppo_kl(range=0.05)
