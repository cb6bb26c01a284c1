# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What OpenRLHF computes by its defaults. Read in OpenRLHF 0.11.2; names in brackets are options of
cli/train_ppo_ray.py.

OpenRLHF divides the sum of a sequence with n tokens by n + 10⁻⁸.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    objective of policy_loss: gspo
    policy_loss: gspo_policy_loss
    ppo_value_loss: ppo_value_loss
    ppo_advantages: ppo_advantages
    group_advantages: group_norm, dr_grpo, rloo
    shape_scores: shape_scores
    importance_weights: tis, icepop, sequence_mask
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "gspo", "gspo_policy_loss", "ppo_value_loss", "ppo_advantages", "group_norm", "dr_grpo",
           "rloo", "shape_scores", "tis", "icepop", "sequence_mask"]

# models/loss.py, PolicyLoss [actor.eps_clip, actor.policy_loss_type ppo]. Unlike the library: log ratios are clamped
# to ±20. There is no dual clip [actor.dual_clip].
ppo_policy_loss: dict[str, Any] = dict(log_ratio_limit=20)
# [actor.policy_loss_type] gspo: PPO's range, no clamp, a mean over sequences.
gspo = _rlhf.gspo(range=0.2)
gspo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# [critic.value_clip].
ppo_value_loss: dict[str, Any] = dict(clip_range=0.5)
# trainer/ppo_utils/experience_maker.py: KL in the reward, k1 clamped to ±10 [algo.kl.init_coef, algo.kl.estimator],
# scores clamped to ±10 [reward.clip_range], time passes at masked tokens, λ is 1 [algo.advantage.lambd]. Advantages
# are whitened over the whole rollout, with ddof 0 and a variance of at least 10⁻⁸.
ppo_advantages: dict[str, Any] = dict(rewards=_rlhf.shape_rewards_options(kl_coef=0.01, kl_limit=10, score_limit=10),
                                      gae=_rlhf.gae_options(lambda_=1, gaps="zero"),
                                      whiten=_rlhf.whiten_options(ddof=0, floor="variance_at_least"))
# [algo.advantage.estimator] group_norm, with ε = 10⁻⁹, dr_grpo and rloo. OpenRLHF rejects groups of one.
group_norm: dict[str, Any] = dict(epsilon=1e-09, lone="refused")
dr_grpo: dict[str, Any] = dict(scale="none", lone="refused")
rloo: dict[str, Any] = dict(baseline="others_mean", scale="none", lone="refused")
# trainer/ppo_utils/length_penalty.py [reward.overlong_buffer_len, overlong_penalty_factor]: the library's defaults.
shape_scores: dict[str, Any] = dict()
# [algo.advantage.is_correction_level, is_correction_mode, is_correction_threshold 0.5 5], with π_old as log_probs:
# token and clip (TIS), token and mask (IcePop), seq and mask. Off by default. The tokens of a kept sequence have their
# own weights, which are not truncated.
tis: dict[str, Any] = dict(range=(0.5, 5))
icepop: dict[str, Any] = dict(range=(0.5, 5), beyond="mask")
sequence_mask: dict[str, Any] = dict(sequence_mean=(0.5, 5))
