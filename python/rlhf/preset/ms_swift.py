# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What ms-swift's GRPOTrainer computes by its defaults. Read in ms-swift 4.6.0, rlhf_trainers/grpo_trainer.py,
args_mixin.py, rl_core/advantage.py and arguments/rlhf_args.py; names in brackets are its options.

Log ratios are not clamped. A sequence without tokens counts in a mean over sequences.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, kl_policy_loss, dapo_policy_loss
    objective of policy_loss: cispo, sapo, gspo
    policy_loss: policy_loss, sapo_policy_loss, gspo_policy_loss
    discounted_returns: fipo_future
    top_entropy: top_entropy
    group_advantages: grpo, grpo_batch_std, dr_grpo, rloo
    shape_scores: shape_scores
    importance_weights: token_truncate, token_mask, sequence_truncate, sequence_mask
"""
from __future__ import annotations

from math import inf as _inf
from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "kl_policy_loss", "dapo_policy_loss", "cispo", "policy_loss", "sapo", "sapo_policy_loss",
           "gspo", "gspo_policy_loss", "fipo_future", "real_temperature", "top_entropy", "grpo", "grpo_batch_std",
           "dr_grpo", "rloo", "shape_scores", "token_truncate", "token_mask", "sequence_truncate", "sequence_mask"]

# [loss_type] grpo, the default. [delta] is dual_clip. KL is on by default [beta], k3 clamped to 10: with ref_log_probs
# use kl_policy_loss.
ppo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
kl_policy_loss: dict[str, Any] = dict(kl_coef=0.04, kl_limit=10, aggregation="sequence_mean_token_mean")
# [loss_type] dapo and bnpo. dapo's denominator is the whole step's, bnpo's is a micro-batch's.
dapo_policy_loss: dict[str, Any] = dict()
# [loss_type] cispo, a mean over tokens, has no lower bound, and [epsilon_high] itself is the upper bound: with its
# default, which is [epsilon]'s, all weights are at most 0.2. ScaleRL's upper bound is 5.
cispo = _rlhf.cispo(low=0, high=0.2)
# The options for cispo.
policy_loss: dict[str, Any] = dict()
# [loss_type] sapo [tau_pos, tau_neg], averaged over sequences.
sapo = _rlhf.sapo()
sapo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# [importance_sampling_level] sequence, or sequence_token, which has the same gradient. The range is PPO's [epsilon].
gspo = _rlhf.gspo(range=0.2)
gspo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# [loss_type] fipo: dapo_policy_loss with the advantages Â u; policy_loss says what u and F are. These options compute
# F: γ is 2^(−1/32) [fipo_decay_rate 32]. u is clipped to [1, 1.2] [fipo_clip_range, fipo_clip_high_only], and then to
# [0.8, 1] where Â < 0 and ρ > 4 [fipo_safety_threshold]. Tokens whose ρ is above [delta] add nothing to F.
fipo_future: dict[str, Any] = dict(gamma=0.9785720620877001, gaps="zero")
# [loss_type] real [real_tau]: see policy_loss.
real_temperature = 0.5
# [top_entropy_quantile] keeps all tokens by default. The quantile is taken over a micro-batch of one rank.
top_entropy: dict[str, Any] = dict(share=1)
# [advantage_estimator] grpo with [scale_rewards] group, batch and none; rloo, whose [scale_rewards] is none. ε is
# 10⁻⁴. A missing reward is 0.
grpo: dict[str, Any] = dict(epsilon=0.0001)
grpo_batch_std: dict[str, Any] = dict(scale="batch_std", epsilon=0.0001)
dr_grpo: dict[str, Any] = dict(scale="none")
rloo: dict[str, Any] = dict(baseline="others_mean", scale="none")
# rewards/orm.py, SoftOverlong [soft_max_length, soft_cache_length]: the penalty of an answer longer than max_length is
# more than 1.
shape_scores: dict[str, Any] = dict(overlong="growing")
# [rollout_importance_sampling_mode] token_truncate, token_mask, sequence_truncate and sequence_mask, off by default,
# with [rollout_importance_sampling_threshold] 2 and π_old as log_probs. A sequence's ratio is the geometric mean of
# its tokens' ratios. In sequences that sequence_mask keeps, each token has its own weight.
token_truncate: dict[str, Any] = dict(range=2)
token_mask: dict[str, Any] = dict(range=2, beyond="mask")
sequence_truncate: dict[str, Any] = dict(level="sequence_mean", range=2)
sequence_mask: dict[str, Any] = dict(range=_inf, sequence_mean=2)
