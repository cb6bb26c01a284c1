# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What NeMo-RL computes by the defaults of its GRPO example. Read in git 7ea279abf, examples/configs/grpo_math_1B.yaml
and nemo_rl/algorithms/loss/loss_functions.py; names in brackets are its options.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, kl_policy_loss
    objective of policy_loss: cispo, gspo
    policy_loss: gspo_policy_loss, policy_loss
    group_advantages: grpo
    importance_weights: icepop, sequence_mask
    shape_scores: shape_scores
    top_k_divergence: forward_top_k_divergence, reverse_top_k_divergence
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "kl_policy_loss", "cispo", "gspo", "gspo_policy_loss", "policy_loss", "grpo", "icepop",
           "sequence_mask", "shape_scores", "forward_top_k_divergence", "reverse_top_k_divergence"]

# [ratio_clip_min, ratio_clip_max, token_level_loss], without dual clip [ratio_clip_c].
ppo_policy_loss: dict[str, Any] = dict()
# The same with ref_log_probs [reference_policy_kl_penalty]: KL in the loss also has the gradient of the sampling, and
# is clamped to 10 [kl_output_clamp_value]. Where it is clamped, NeMo-RL's KL has no gradient at all; the library keeps
# the gradient of the sampling.
kl_policy_loss: dict[str, Any] = dict(kl_coef=0.01, kl_limit=10, kl_weight="own_ratio")
# [use_cispo]: the same range.
cispo = _rlhf.cispo(low=0.8, high=1.2)
# [sequence_level_importance_ratios], with [token_level_loss] off, as NeMo-RL's documentation advises.
gspo = _rlhf.gspo(range=0.2)
gspo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# The options for cispo.
policy_loss: dict[str, Any] = dict()
# algorithms/advantage_estimator.py, GRPOAdvantageEstimator [use_leave_one_out_baseline, normalize_rewards]: a reward
# is compared with the mean and the standard deviation of the others. NeMo-RL computes the deviation by E[x²] − E[x]².
grpo: dict[str, Any] = dict(baseline="others_mean", scale="others_std")
# [truncated_importance_sampling_type] icepop and seq-mask-tis with the bounds that its source names; off by default.
icepop: dict[str, Any] = dict(range=(0.5, 5), beyond="mask")
sequence_mask: dict[str, Any] = dict(sequence_mean=(0.999, 1.002))
# algorithms/reward_functions.py [overlong_buffer_length, overlong_buffer_penalty, max_response_length]: an answer
# longer than max_length costs more than overlong_penalty.
shape_scores: dict[str, Any] = dict(overlong="growing")
# examples/configs/distillation_math.yaml, DistillationLossFn [kl_type mixed, mixed_kl_weight 0.5, zero_outside_topk]:
# half of each, one written and one added to it.
forward_top_k_divergence: dict[str, Any] = dict(divergence="forward_kl", support="renormalized")
reverse_top_k_divergence: dict[str, Any] = dict(support="renormalized")
