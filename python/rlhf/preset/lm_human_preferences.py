# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What OpenAI's lm-human-preferences (Ziegler et al. 2019, arXiv:1909.08593) computes by its defaults. Read in git
cbfd210, lm_human_preferences/train_policy.py and launch.py; names in brackets are its options.

Answers have one length and there is no mask. Rewards, which keep their mean, and then advantages are whitened anew
for each mini-batch in each epoch, with ddof 0.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    ppo_value_loss: ppo_value_loss
    shape_rewards: shape_rewards
    adaptive_kl_controller: kl_controller
    whiten: whiten_rewards, whiten
    gae: gae
"""
from __future__ import annotations

from typing import Any

__all__ = ["ppo_policy_loss", "ppo_value_loss", "value_coef", "shape_rewards", "kl_controller", "whiten_rewards",
           "gae", "whiten"]

# [ppo.cliprange].
ppo_policy_loss: dict[str, Any] = dict(clip_range=0.2)
# [ppo.cliprange_value]. The loss is multiplied by value_coef [ppo.vf_coef].
ppo_value_loss: dict[str, Any] = dict(clip_range=0.2)
value_coef = 0.1
# [rewards.kl_coef], which launch.py sets to 0.15 with a controller whose target is 6 nats per sequence
# [rewards.adaptive_kl]; the score is on the last step.
shape_rewards: dict[str, Any] = dict(kl_coef=0.2, score_position="last_step")
kl_controller: dict[str, Any] = dict(kl_coef=0.15, target=6, horizon=10000)
# [ppo.whiten_rewards], before GAE.
whiten_rewards: dict[str, Any] = dict(center=False, ddof=0)
# [ppo.gamma, ppo.lam]
gae: dict[str, Any] = dict(gamma=1, lambda_=0.95, gaps="ignore")
whiten: dict[str, Any] = dict(ddof=0)
