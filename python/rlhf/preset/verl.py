# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What verl computes by its defaults. Read in verl 0.9.1; names in brackets are its options.

verl divides the sum of a sequence with n tokens by n + 10⁻⁸, and the clip fractions by the number of tokens + 10⁻⁸.
[clip_ratio_low] and [clip_ratio_high] are 0.2 for every [clip_ratio].

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, ppo_policy_loss_with_kl
    policy_loss: policy_loss, sapo_policy_loss, gspo_policy_loss, gmpo_policy_loss, dro_policy_loss, kl_cov_policy_loss
    objective of policy_loss: cispo, dppo_tv, dppo_kl, sapo, gspo, gmpo, reinforce
    covariance_tokens: clip_cov, kl_cov
    ppo_value_loss: ppo_value_loss
    ppo_advantages: ppo_advantages
    group_advantages: grpo, dr_grpo, rloo, opo, remax, pass_at_k, pass_at_k_without_std
    gdpo_advantages: gdpo_advantages
    shape_scores: shape_scores
    importance_weights: importance_weights, token_importance_weights, icepop, geometric_rejection
    top_k_divergence: top_k_divergence
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "ppo_policy_loss_with_kl", "policy_loss", "cispo", "dppo_tv", "dppo_kl", "sapo",
           "sapo_policy_loss", "gspo", "gspo_policy_loss", "gmpo", "gmpo_policy_loss", "reinforce", "dro_policy_loss",
           "clip_cov", "kl_cov", "kl_cov_policy_loss", "ppo_value_loss", "ppo_advantages", "grpo", "dr_grpo", "rloo",
           "opo", "remax", "pass_at_k", "pass_at_k_without_std", "gdpo_advantages", "shape_scores",
           "importance_weights", "token_importance_weights", "icepop", "geometric_rejection", "top_k_divergence"]

# trainer/ppo/core_algos.py, compute_policy_loss_vanilla. Unlike in the library's defaults, the dual clip is always on
# [clip_ratio_c], and log ratios are clamped to ±20.
ppo_policy_loss: dict[str, Any] = dict(dual_clip=3, log_ratio_limit=20)
# With KL in the loss [use_kl_loss, kl_loss_coef, kl_loss_type low_var_kl], which is clamped to 10.
ppo_policy_loss_with_kl: dict[str, Any] = dict(dual_clip=3, log_ratio_limit=20, kl_coef=0.001, kl_limit=10)
# [policy_loss.loss_mode] sapo, cispo, dppo_tv, dppo_kl and gspo: an objective each, with these options. The ranges are
# PPO's [clip_ratio_low, clip_ratio_high], also where papers have others. The cap of DPPO is the dual clip's
# [clip_ratio_c], not the default 20 of verl's function.
policy_loss: dict[str, Any] = dict(log_ratio_limit=20)
cispo = _rlhf.cispo(low=0.8, high=1.2)
dppo_tv = _rlhf.dppo_tv(range=0.2, cap=3)
dppo_kl = _rlhf.dppo_kl(range=0.2, cap=3)
# [tau_pos, tau_neg]; the function averages over sequences for every [loss_agg_mode].
sapo = _rlhf.sapo()
sapo_policy_loss: dict[str, Any] = dict(log_ratio_limit=20, aggregation="sequence_mean_token_mean")
# The log ratio of a sequence is clamped above, at 10. [loss_agg_mode] stays token-mean unless it is set to
# seq-mean-token-mean, as the function's documentation advises.
gspo = _rlhf.gspo(range=0.2)
gspo_policy_loss: dict[str, Any] = dict(log_ratio_limit=10)
# [policy_loss.loss_mode] geo_mean is GMPO with one advantage per sequence, averaged over all sequences, also sequences
# without tokens. gpg is REINFORCE. dro adds KL to π_old: kl_coef is [dro_beta], which has no default, and
# ref_log_probs are old_log_probs. None of them clamps log ratios.
gmpo = _rlhf.gmpo(range=0.2)
gmpo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
reinforce = _rlhf.cispo(low=1, high=1)
dro_policy_loss: dict[str, Any] = dict(kl_estimator="k2")
# clip_cov and kl_cov [policy_loss.clip_cov_ratio, clip_cov_lb, clip_cov_ub, kl_cov_ratio, ppo_kl_coef]:
# covariance_tokens picks the tokens. clip_cov has PPO's clip, kl_cov has none. Neither clamps log ratios.
clip_cov: dict[str, Any] = dict(share=0.0002, low=1, high=5, clip_range=0.2)
kl_cov: dict[str, Any] = dict(share=0.0002)
kl_cov_policy_loss: dict[str, Any] = dict(kl_coef=0.1, kl_estimator="abs")
# workers/config/critic.py [cliprange_value].
ppo_value_loss: dict[str, Any] = dict(clip_range=0.5)
# compute_gae_advantage_return: [gamma, lam] 1, whitened with ddof 1. There is no KL in the reward; with
# [use_kl_in_reward] it is k1 times 0.001 [kl_ctrl.kl_coef].
ppo_advantages: dict[str, Any] = dict(rewards=_rlhf.shape_rewards_options(kl_coef=0), gae=_rlhf.gae_options(lambda_=1))
# [adv_estimator] grpo, with or without the standard deviation [norm_adv_by_std_in_grpo]; rloo, opo and remax. A group
# of one keeps its reward; grpo divides it by 1 + 10⁻⁶.
grpo: dict[str, Any] = dict(lone="kept")
dr_grpo: dict[str, Any] = dict(scale="none", lone="kept")
rloo: dict[str, Any] = dict(baseline="others_mean", scale="none", lone="kept")
opo: dict[str, Any] = dict(baseline="length_weighted_mean", scale="none", lone="kept")
remax: dict[str, Any] = dict(baseline="given", scale="none")
# grpo_passk, with or without the standard deviation [norm_adv_by_std_in_grpo]. verl rejects groups of one.
pass_at_k: dict[str, Any] = dict(baseline="second_best", lone="refused")
pass_at_k_without_std: dict[str, Any] = dict(baseline="second_best", scale="none", lone="refused")
# [adv_estimator] gdpo. The sums are whitened over the tokens of the answers, which the caller does: see
# tests/golden/scores_test.cpp.
gdpo_advantages: dict[str, Any] = dict(group=_rlhf.group_advantages_options(lone="kept"),
                                       whiten=_rlhf.whiten_options(center=False, scale=False))
# workers/reward_manager/dapo.py [overlong_buffer_cfg: len, penalty_factor]: an answer longer than max_length costs
# more than the factor.
shape_scores: dict[str, Any] = dict(overlong="growing")
# trainer/config/algorithm.py, RolloutCorrectionConfig [rollout_is, rollout_is_threshold], with π_old as log_probs: its
# defaults, decoupled_token_is and decoupled_token_icepop. Log ratios are clamped to ±20.
importance_weights: dict[str, Any] = dict(level="sequence_product", range=2)
token_importance_weights: dict[str, Any] = dict(range=2)
icepop: dict[str, Any] = dict(range=(0.5, 5), beyond="mask")
# decoupled_geo_rs [rollout_rs seq_mean_k1, rollout_rs_threshold 0.999_1.001]. verl's bounds are for π_rollout / π_old,
# the inverse of e^ρ. verl removes the tokens from the mask: use `keep`.
geometric_rejection: dict[str, Any] = dict(level="none", sequence_mean=(0.9990009990009991, 1.001001001001001))
# trainer/distillation, [distillation_loss.loss_mode] forward_kl_topk, as a loss [use_policy_gradient off]:
# [log_prob_min_clamp, loss_max_clamp]. A token's divergence below 0 is 0.
top_k_divergence: dict[str, Any] = dict(divergence="forward_kl", support="truncated", least_log_prob=-10, low=0,
                                        high=10)
