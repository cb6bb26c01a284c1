# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What TRL's GRPOTrainer computes by its defaults. Read in TRL 1.16.0, trainer/grpo_trainer.py, _compute_loss, and
grpo_config.py; names in brackets are its options.

Log ratios are not clamped. KL in the loss is off [beta]. If it is on, it is multiplied by ρ
[use_bias_correction_kl]: use kl_policy_loss. A sequence without tokens counts in a mean over sequences.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, kl_policy_loss, grpo_policy_loss, luspo_policy_loss
    policy_loss: gspo_luspo_policy_loss, gmpo_policy_loss, vespo_policy_loss, policy_loss, gspo_policy_loss,
    sapo_policy_loss
    objective of policy_loss: cispo, sapo, gspo, gmpo, vespo
    group_advantages: grpo, grpo_batch_std, dr_grpo, rloo
    gdpo_advantages: gdpo_advantages
    adaptive_entropy_controller: entropy_controller
    top_entropy: top_entropy
    shape_scores: shape_scores
    objective of unpaired_loss: kto
    objective of preference_loss: bco
    importance_weights: importance_weights
    top_k_divergence: sdpo_top_k_divergence, sdft_top_k_divergence, server_top_k_divergence
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "kl_policy_loss", "grpo_policy_loss", "luspo_policy_loss", "gspo_luspo_policy_loss",
           "cispo", "sapo", "gspo", "gmpo", "gmpo_policy_loss", "vespo", "vespo_policy_loss", "policy_loss",
           "gspo_policy_loss", "sapo_policy_loss", "grpo", "grpo_batch_std", "dr_grpo", "rloo", "gdpo_advantages",
           "entropy_controller", "top_entropy", "shape_scores", "kto", "bco", "importance_weights",
           "sdpo_top_k_divergence", "sdft_top_k_divergence", "server_top_k_divergence"]

# [loss_type] dapo, the default, and bnpo: the library's defaults. dapo's denominator is the whole step's, bnpo's is a
# micro-batch's. [delta] is dual_clip if it is at least 1 + ε₊.
ppo_policy_loss: dict[str, Any] = dict()
# The same with ref_log_probs, where [beta] is kl_coef.
kl_policy_loss: dict[str, Any] = dict(kl_weight="ratio")
# [loss_type] grpo.
grpo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# [loss_type] luspo: with ρ per token, or per sequence [importance_sampling_level], as TRL advises.
luspo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_sum")
gspo_luspo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_sum")
# [loss_type] cispo has no lower bound, and [epsilon_high] itself is the upper bound: with its default, which is
# [epsilon]'s, all weights are at most 0.2. ScaleRL's upper bound is 5.
cispo = _rlhf.cispo(low=0, high=0.2)
# [loss_type] sapo [sapo_temperature_pos, sapo_temperature_neg], averaged over sequences.
sapo = _rlhf.sapo()
# [importance_sampling_level] sequence, with [loss_type] grpo. The range is PPO's [epsilon].
gspo = _rlhf.gspo(range=0.2)
# experimental/gmpo: GMPOTrainer.
gmpo = _rlhf.gmpo()
gmpo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# [loss_type] vespo, a mean over tokens. Importance weights of the tokens, truncated or masked, multiply the ratio of
# the sequence and not the loss: pass log π_old − log w as old_log_probs.
vespo = _rlhf.vespo()
vespo_policy_loss: dict[str, Any] = dict(log_ratio_limit=18.420680743952367)
# The options for cispo.
policy_loss: dict[str, Any] = dict()
gspo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
sapo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# [scale_rewards] group, batch and none. Unlike in the library's defaults, ε is 10⁻⁴, and an answer that no reward
# function could judge does not count and has the advantage 0. [scale_rewards] batch still subtracts the mean of the
# group.
grpo: dict[str, Any] = dict(epsilon=0.0001, unscorable="left_out")
grpo_batch_std: dict[str, Any] = dict(scale="batch_std", epsilon=0.0001, unscorable="left_out")
dr_grpo: dict[str, Any] = dict(scale="none", unscorable="left_out")
# rloo_trainer.py. [normalize_advantages], off by default, whitens them with ε = 10⁻⁴ after the root.
rloo: dict[str, Any] = dict(baseline="others_mean", scale="none", unscorable="left_out")
# [multi_objective_aggregation] normalize_then_sum.
gdpo_advantages: dict[str, Any] = dict(group=_rlhf.group_advantages_options(epsilon=0.0001, unscorable="left_out"),
                                       whiten=_rlhf.whiten_options(epsilon=0.0001, floor="after_root"))
# [use_adaptive_entropy]: [entropy_coef, entropy_target, entropy_coef_delta, entropy_coef_min, entropy_coef_max]. There
# is no bonus in the first step.
entropy_controller: dict[str, Any] = dict(active=False)
# [top_entropy_quantile] keeps all tokens by default. The quantile is taken over a micro-batch of all ranks.
top_entropy: dict[str, Any] = dict(share=1)
# rewards/other_rewards.py, get_soft_overlong_punishment [max_completion_len, soft_punish_cache]: the library's
# defaults.
shape_scores: dict[str, Any] = dict()
# kto_trainer.py [beta, desirable_weight, undesirable_weight]. TRL's z₀ comes from a micro-batch of all ranks.
kto = _rlhf.kto(beta=0.1)
# bco_trainer.py [beta] of TRL 0.23.0: δ is the mean of all answers so far.
bco = _rlhf.bco(beta=0.1)
# [vllm_importance_sampling_mode] sequence_mask with [vllm_importance_sampling_clip_max]: the product over the whole
# sequence, and 0 above 3, with π_old as log_probs.
importance_weights: dict[str, Any] = dict(level="sequence_product", range=3, beyond="mask")
# experimental/sdpo and sdft [distillation_alpha, distillation_add_tail], over the student's likeliest entries
# [distillation_topk]; server_distillation by [beta] 0, over the teacher's [loss_top_k, loss_add_tail].
sdpo_top_k_divergence: dict[str, Any] = dict(support="renormalized")
sdft_top_k_divergence: dict[str, Any] = dict(divergence="jsd", support="renormalized")
server_top_k_divergence: dict[str, Any] = dict(divergence="forward_kl")
