# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What Liger-Kernel's fused GRPO loss computes by its defaults. Read in liger-kernel 0.8.5, chunked_loss/grpo_loss.py;
names in brackets are its options. It is TRL's loss, except for KL.

Log ratios are not clamped. A sequence without tokens counts in a mean over sequences.

Which function takes which presets:

    ppo_policy_loss: ppo_policy_loss, kl_policy_loss, grpo_policy_loss
    policy_loss: luspo_policy_loss, policy_loss, gspo_policy_loss, sapo_policy_loss
    objective of policy_loss: cispo, sapo, gspo
"""
from __future__ import annotations

from typing import Any

import rlhf as _rlhf

__all__ = ["ppo_policy_loss", "kl_policy_loss", "grpo_policy_loss", "luspo_policy_loss", "cispo", "policy_loss",
           "sapo", "gspo", "gspo_policy_loss", "sapo_policy_loss"]

# [loss_type] dapo, the default, and bnpo: without ref_log_probs the library's defaults. [delta] is dual_clip.
ppo_policy_loss: dict[str, Any] = dict()
# The same with ref_log_probs: KL is on by default [beta], k3 without a clamp.
kl_policy_loss: dict[str, Any] = dict(kl_coef=0.04)
# [loss_type] grpo.
grpo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
# [loss_type] luspo with [importance_sampling_level] sequence. With ratios per token Liger does not mask the loss, so
# that padding counts: no preset has that.
luspo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_sum")
# [loss_type] cispo has no lower bound, and [epsilon_high] itself is the upper bound: with the default all weights are
# at most 0.2. ScaleRL's upper bound is 5.
cispo = _rlhf.cispo(low=0, high=0.2)
# The options for cispo.
policy_loss: dict[str, Any] = dict()
# [loss_type] sapo and [importance_sampling_level] sequence with grpo: averaged over sequences.
sapo = _rlhf.sapo()
gspo = _rlhf.gspo(range=0.2)
gspo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
sapo_policy_loss: dict[str, Any] = dict(aggregation="sequence_mean_token_mean")
