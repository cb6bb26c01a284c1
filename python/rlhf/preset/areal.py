# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What AReaL computes by its defaults. Read in AReaL 1.0.4, areal/api/cli_args.py, trainer/ppo/actor.py and
utils/functional/functional.py; names in brackets are its options.

Sums are divided by the number of tokens that count before a correction drops some.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss
    objective of policy_loss: gspo, sapo
    policy_loss: policy_loss
    ppo_value_loss: ppo_value_loss
    ppo_advantages: ppo_advantages
    importance_weights: token_mask, token_clamp, sequence_mask, kpop, m2po
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "gspo", "sapo", "policy_loss", "ppo_value_loss", "ppo_advantages", "token_mask",
           "token_clamp", "sequence_mask", "kpop", "m2po"]

# ppo_actor_loss_fn [eps_clip, eps_clip_higher]: as the library, without dual clip [c_clip].
ppo_policy_loss: dict[str, Any] = dict()
# [importance_sampling_level] sequence: PPO's range, and the mean over tokens. AReaL averages the advantages of a
# sequence.
gspo = _rlhf.gspo(range=0.2)
# [use_sapo_loss, sapo_tau_pos, sapo_tau_neg]: a mean over tokens, where the paper has a mean over sequences.
sapo = _rlhf.sapo()
# The options for gspo and sapo.
policy_loss: dict[str, Any] = dict()
# PPOCriticConfig [eps_clip].
ppo_value_loss: dict[str, Any] = dict(clip_range=0.5)
# [discount, gae_lambda] 1, KL in the reward by k1 clamped to ±10 [kl_ctl, kl_estimator], and no whitening [adv_norm].
ppo_advantages: dict[str, Any] = dict(rewards=_rlhf.shape_rewards_options(kl_coef=0.1, kl_limit=10),
                                      gae=_rlhf.gae_options(lambda_=1),
                                      whiten=_rlhf.whiten_options(center=False, scale=False))
# [rejection_sampling]: metric ratio, level token, upper 5, with action mask, the default, or clamp; π_old as
# log_probs. With level sequence all tokens have the weight of the sequence, e^(mean ρ).
token_mask: dict[str, Any] = dict(range=5, beyond="mask")
token_clamp: dict[str, Any] = dict(range=5)
sequence_mask: dict[str, Any] = dict(level="sequence_mean", range=5, beyond="mask")
# KPop [rejection_sampling.metric binary_kl] as in the code of git cbff54d64, whose configuration rejects that name.
# The upper bound is 5, as for ratios, and a token that is kept has the weight e^ρ. With level sequence, a sequence is
# dropped if the sum, mean or maximum [agg] of its tokens' divergences, formula::larger_binary_kl, is above the bound.
# sequence_log_probs over the divergences has the sum and the mean.
kpop: dict[str, Any] = dict(binary_kl_limit=5)
# M2PO [m2_threshold], off by default; the paper, arXiv:2510.01161, has 0.04. AReaL removes the tokens from the mask:
# use `keep`.
m2po: dict[str, Any] = dict(level="none", second_moment_limit=0.04)
