# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What CleanRL's PPO computes by its defaults. Read in git fe8d8a03, cleanrl/ppo.py; names in brackets are its options.
Environments are the sequences; there is no mask, no reference and no KL.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    ppo_value_loss: ppo_value_loss
    gae: gae
    whiten: whiten
"""
from __future__ import annotations

from typing import Any

__all__ = ["ppo_policy_loss", "ppo_value_loss", "value_coef", "entropy_coef", "gae", "whiten"]

# [clip_coef].
ppo_policy_loss: dict[str, Any] = dict(clip_range=0.2)
# [clip_vloss], with the bound of the policy's clip. The loss is multiplied by value_coef [vf_coef]. The bonus is
# entropy_coef [ent_coef] times the mean entropy.
ppo_value_loss: dict[str, Any] = dict(clip_range=0.2)
value_coef = 0.5
entropy_coef = 0.01
# [gamma, gae_lambda]; an episode's end is `terminated`, also if the episode was cut. [norm_adv] whitens each
# mini-batch anew in each epoch, with ddof 1: whiten the mini-batch's part.
gae: dict[str, Any] = dict(gamma=0.99, lambda_=0.95)
whiten: dict[str, Any] = dict(floor="after_root")
