# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What SkyRL computes by its defaults. Read in git a9564572e, skyrl/train/config/config.py and
skyrl/backends/skyrl_train/utils/ppo_utils.py; names in brackets are its options.

SkyRL averages by scaling the advantages [loss_reduction token_mean]; KL is averaged separately.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, dual_clip_policy_loss
    policy_loss: policy_loss, importance_sampling_policy_loss, gspo_policy_loss, kl_cov_policy_loss
    objective of policy_loss: cispo, rollout_is, importance_sampling, sapo, gspo, dppo_tv
    covariance_tokens: clip_cov, kl_cov
    ppo_value_loss: ppo_value_loss
    ppo_advantages: ppo_advantages
    group_advantages: grpo, rloo, maxrl
    importance_weights: token_tis, sequence_tis, geometric_mask, product_mask
"""
from __future__ import annotations

from math import inf as _inf
from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "dual_clip_policy_loss", "policy_loss", "cispo", "rollout_is", "importance_sampling",
           "importance_sampling_policy_loss", "sapo", "gspo", "gspo_policy_loss", "dppo_tv", "clip_cov", "kl_cov",
           "kl_cov_policy_loss", "ppo_value_loss", "ppo_advantages", "grpo", "rloo", "maxrl", "token_tis",
           "sequence_tis", "geometric_mask", "product_mask"]

# [policy_loss_type] regular: unlike the library, log ratios are clamped to ±20. dual_clip adds [clip_ratio_c].
ppo_policy_loss: dict[str, Any] = dict(log_ratio_limit=20)
dual_clip_policy_loss: dict[str, Any] = dict(dual_clip=3, log_ratio_limit=20)
# [policy_loss_type] cispo: [cispo_eps_clip_low, cispo_eps_clip_high] are distances from 1; the bounds are ScaleRL's.
policy_loss: dict[str, Any] = dict(log_ratio_limit=20)
cispo = _rlhf.cispo(low=0, high=5)
# [policy_loss_type] rollout_is: tokens beyond PPO's range have no loss. old_log_probs are the sampler's.
rollout_is = _rlhf.cispo(low=0.8, high=1.2, beyond="mask")
# [policy_loss_type] importance_sampling, as in tinker: no clip, and no limit of log ratios.
importance_sampling = _rlhf.ppo_clip(range=(1, _inf))
importance_sampling_policy_loss: dict[str, Any] = dict()
# [policy_loss_type] sapo [tau_pos, tau_neg]; [loss_reduction] sequence_mean is advised.
sapo = _rlhf.sapo()
# [policy_loss_type] gspo: PPO's range, the log ratio of a sequence clamped above, at 10.
gspo = _rlhf.gspo(range=0.2)
gspo_policy_loss: dict[str, Any] = dict(log_ratio_limit=10)
# [policy_loss_type] dppo [dppo_type binary_tv]: old_log_probs are the sampler's, if there are any.
dppo_tv = _rlhf.dppo_tv(range=0.2, value="ratio")
# [policy_loss_type] clip_cov and kl_cov [clip_cov, kl_cov]. SkyRL first divides the advantages by the number of tokens
# n, but not KL. For the same numbers, multiply low, high and kl_coef by n. Clip-Cov then picks hardly any token.
clip_cov: dict[str, Any] = dict(share=0.0002, low=1, high=5, clip_range=0.2)
kl_cov: dict[str, Any] = dict(share=0.2)
kl_cov_policy_loss: dict[str, Any] = dict(kl_coef=1, kl_estimator="abs")
# ppo_critic_loss [value_clip]: a mean over sequences for every [loss_reduction], in which sequences without tokens
# count.
ppo_value_loss: dict[str, Any] = dict(clip_range=0.2, aggregation="sequence_mean_token_mean")
# [advantage_estimator] gae [gamma, lambd] 1: SkyRL does not look at the mask, and whitens with ddof 1. KL in the
# reward is off [use_kl_in_reward]. reinforce++ starts anew after each gap of the mask: set `terminated` on the step
# before the gap.
ppo_advantages: dict[str, Any] = dict(rewards=_rlhf.shape_rewards_options(kl_coef=0),
                                      gae=_rlhf.gae_options(lambda_=1, gaps="ignore"))
# [advantage_estimator] grpo, with the standard deviation [grpo_norm_by_std], rloo and maxrl. A group of one keeps its
# reward, except in rloo. maxrl divides by the mean + 10⁻⁶, which may be negative or 0; the library divides by the
# absolute mean.
grpo: dict[str, Any] = dict(lone="kept")
rloo: dict[str, Any] = dict(baseline="others_mean", scale="none")
maxrl: dict[str, Any] = dict(scale="group_mean", lone="kept")
# [off_policy_correction], off by default: [tis_ratio_type] token and sequence, [sequence_mask_metric] geometric and
# product.
token_tis: dict[str, Any] = dict(range=2)
sequence_tis: dict[str, Any] = dict(level="sequence_product", range=5)
geometric_mask: dict[str, Any] = dict(level="none", sequence_mean=(0.99, 1.01))
product_mask: dict[str, Any] = dict(level="none", sequence_product=(0.5, 2))
