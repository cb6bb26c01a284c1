# SPDX-License-Identifier: MIT
"""GRPO for a trainer with torch: copy this."""
from __future__ import annotations

import rlhf
import rlhf.torch
from torch import Tensor


def group_advantages(rewards: Tensor, group_size: int) -> Tensor:
    """Each answer's reward compared with the other rewards of its prompt, [B]; a prompt has group_size answers in a row."""
    found = rlhf.group_advantages(rlhf.groups(size=group_size), rewards=rewards, advantages=True)
    advantages: Tensor = found["advantages"]
    return advantages


def grpo_loss(logits: Tensor, tokens: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor) -> Tensor:
    """The loss of an answer's tokens [B, T], with logits [B, T, V] at the steps that predict them, as a tensor that
    learns. rlhf.torch.result(loss) has its statistics."""
    batch = rlhf.batch(mask=mask, denominator=rlhf.counted_here, predict_next=False)
    log_probs, _ = rlhf.torch.token_log_probs(batch, logits, tokens)
    return rlhf.torch.ppo_policy_loss(batch, log_probs=log_probs, old_log_probs=old_log_probs,
                                      advantages=rlhf.per_sequence(advantages), clip_range=0.2)
