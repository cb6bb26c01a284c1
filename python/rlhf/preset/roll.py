# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What ROLL computes by its defaults. Read in git 8eb27cc2, roll/configs/base_config.py, roll/pipeline/rlvr and
roll/utils/functionals.py; names in brackets are its options.

Losses are averaged over sequences [loss_agg_mode seq-mean-token-mean]. seq-mean-token-sum-norm divides the sum of
all tokens by the length of the longest answer, and not by the number of sequences. Log ratios are not clamped.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, dual_clip_policy_loss, kl_policy_loss
    objective of policy_loss: gspo, reinforce, tis, topr, cispo
    policy_loss: policy_loss, kimi_policy_loss
    ppo_value_loss: ppo_value_loss
    ppo_advantages: ppo_advantages
    group_advantages: grpo, batch_norm, dr_grpo
    whiten: running_norm
    importance_weights: is_weight, token_filter, geometric_filter, sequence_filter, segment_filter, difference_filter
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "dual_clip_policy_loss", "kl_policy_loss", "gspo", "policy_loss", "reinforce", "tis",
           "topr", "cispo", "kimi_policy_loss", "ppo_value_loss", "ppo_advantages", "grpo", "batch_norm", "dr_grpo",
           "running_norm", "is_weight", "token_filter", "geometric_filter", "sequence_filter", "segment_filter",
           "difference_filter"]

# ActorWorker.loss_func [pg_clip]. With [dual_clip_loss], off by default, the bound is 1 + 2 pg_clip.
ppo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
dual_clip_policy_loss: dict[str, Any] = dict(dual_clip=1.4, aggregation="sequence_mean_token_mean")
# With KL in the loss [use_kl_loss]: k3, clamped to 10. Its coefficient [kl_loss_coef] is 0 by default.
kl_policy_loss: dict[str, Any] = dict(kl_limit=10, aggregation="sequence_mean_token_mean")
# [importance_sampling] seq.
gspo = _rlhf.gspo(range=0.2)
policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# ActorPGWorker [pg_variant]: vanilla, tis, topr and cispo [cispo_epsilon_low, cispo_epsilon_high]. In ROLL's topr the
# sign of the score decides, in the library the sign of the advantage. With [cispo_use_unified_mask], tokens that PPO
# would clip have no loss: weights of 0 do the same.
reinforce = _rlhf.cispo(low=1, high=1)
tis = _rlhf.cispo(low=0, high=1)
topr = _rlhf.topr()
cispo = _rlhf.cispo(low=0.9, high=1.1)
# [pg_variant] kimi15 is reinforce with KL to π_old [kimi15_tau]: pass log π_old as ref_log_probs.
kimi_policy_loss: dict[str, Any] = dict(kl_coef=0.1, kl_estimator="k2", aggregation="sequence_mean_token_mean")
# CriticWorker.loss_func: without a clip [value_clip], a mean over sequences.
ppo_value_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# compute_advantage [adv_estimator gae, gamma, lambd]. GAE does not look at the mask, and nothing is whitened
# [whiten_advantages]. KL is in the reward only with [add_token_level_kl].
ppo_advantages: dict[str, Any] = dict(rewards=_rlhf.shape_rewards_options(kl_coef=0),
                                      gae=_rlhf.gae_options(lambda_=0.95, gaps="ignore"),
                                      whiten=_rlhf.whiten_options(center=False, scale=False))
# reward_norm [norm_mean_type, norm_std_type]: [adv_estimator] grpo is group, group. The next presets are batch, batch,
# and group without a deviation. running, running is whiten with these options and the moments of all rewards so far.
grpo: dict[str, Any] = dict()
batch_norm: dict[str, Any] = dict(baseline="batch_mean", scale="batch_std")
dr_grpo: dict[str, Any] = dict(scale="none")
running_norm: dict[str, Any] = dict(epsilon=1e-06, floor="after_root")
# [train_infer_correction]: is_weight [upper_bound] per token, and filters [ratio_low, ratio_high, diff_high] with
# [agg_type] token, geometric, sequence and segment, all off by default. A token that a filter drops leaves the mean of
# its sequence: use `keep`. In means over tokens [loss_agg_mode token-mean] ROLL ignores the filters.
is_weight: dict[str, Any] = dict(range=1.2)
token_filter: dict[str, Any] = dict(range=(0.8, 1.2), beyond="mask")
geometric_filter: dict[str, Any] = dict(level="none", sequence_mean=(0.8, 1.2))
sequence_filter: dict[str, Any] = dict(level="none", sequence_product=(0.8, 1.2))
segment_filter: dict[str, Any] = dict(level="none", sequence_mean=(0.8, 1.2), unit="run")
difference_filter: dict[str, Any] = dict(level="none", probability_limit=0.2)
