# SPDX-License-Identifier: MIT
"""GRPO for a trainer with numpy: copy this."""
from __future__ import annotations

from typing import Any

import rlhf


def grpo(logits: Any, tokens: Any, is_answer: Any, old_log_probs: Any, rewards: Any, group_size: int
         ) -> rlhf.ppo_loss_result:
    """Turns logits [B, T, V] into the gradient of the loss, in place. tokens, is_answer and old_log_probs are [B, T].
    The logits and old_log_probs of step t are about token t + 1. rewards are [B]; group_size answers in a row share a
    prompt."""
    found = rlhf.group_advantages(rlhf.groups(size=group_size), rewards=rewards, advantages=True)
    batch = rlhf.batch(mask=is_answer, denominator=rlhf.counted_here, predict_next=True)
    return rlhf.ppo_loss(batch, logits, tokens, old_log_probs=old_log_probs,
                         advantages=rlhf.per_sequence(found["advantages"]), log_probs=True, d_log_probs=True,
                         d_logits=logits)
