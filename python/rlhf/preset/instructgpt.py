# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""Ouyang et al. 2022, arXiv:2203.02155, section 3.5 and appendix C.4: KL in the reward with β = 0.02, no discount, clip
range 0.2. λ is from Stiennon et al. 2020; the clip of values and whitening are not reported.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    ppo_advantages: ppo_advantages
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "ppo_advantages", "ptx_coef"]

ppo_policy_loss: dict[str, Any] = dict(clip_range=0.2)
ppo_advantages: dict[str, Any] = dict(rewards=_rlhf.shape_rewards_options(kl_coef=0.02),
                                      gae=_rlhf.gae_options(gamma=1))
# γ, the factor of ptx_loss
ptx_coef = 27.8
