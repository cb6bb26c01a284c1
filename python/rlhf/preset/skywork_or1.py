# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""He et al. 2025, arXiv:2505.22312, section 4: the coefficient of the entropy bonus as their scripts have it, git
64e96af, or1_scripts/train. Their code's own defaults are a step of 0.001 and at most 0.5.
"""
from __future__ import annotations

from typing import Any

__all__ = ["entropy_controller"]

entropy_controller: dict[str, Any] = dict(target=0.2, step=0.0001, low=0, high=0.005)
