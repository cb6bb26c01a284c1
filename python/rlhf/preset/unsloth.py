# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""What Unsloth's GRPO computes by its defaults. Read in unsloth_zoo 2026.10.9, rl_replacements.py, grpo_compute_loss.
Options and losses are TRL's, except for KL: see preset "trl".

Which function takes which presets:

    ppo_policy_loss: kl_policy_loss
    importance_weights: geometric_truncate
"""
from __future__ import annotations

from typing import Any

__all__ = ["kl_policy_loss", "geometric_truncate"]

# [beta], with TRL's [use_bias_correction_kl]. Unsloth clamps KL times ρ to 10; the library clamps KL alone.
kl_policy_loss: dict[str, Any] = dict(kl_limit=10, kl_weight="ratio")
# [vllm_importance_sampling_mode] geometric_truncate, which TRL does not have.
geometric_truncate: dict[str, Any] = dict(level="sequence_mean", range=3)
