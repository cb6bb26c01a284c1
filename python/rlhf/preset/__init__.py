# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""Options of trainers and papers, a module for each.

A preset is a dict of keywords or an objective. Its module says which function takes it.

    from rlhf.preset import verl
    rlhf.ppo_policy_loss(batch, log_probs=x, old_log_probs=old, advantages=a, **verl.ppo_policy_loss)
    rlhf.policy_loss(batch, ..., objective=verl.gspo, **verl.gspo_policy_loss)

PRESETS.md in the repository compares them.
"""
from . import (areal, cleanrl, dapo, dppo, dr_grpo, grpo, gspo, instructgpt, liger, lm_human_preferences, miles,
               ms_swift, nemo_rl, openrlhf, prime_rl, roll, scalerl, skyrl, skywork_or1, slime, tinker, torchrl, trl,
               unsloth, verl)

__all__ = ["areal", "cleanrl", "dapo", "dppo", "dr_grpo", "grpo", "gspo", "instructgpt", "liger",
           "lm_human_preferences", "miles", "ms_swift", "nemo_rl", "openrlhf", "prime_rl", "roll", "scalerl", "skyrl",
           "skywork_or1", "slime", "tinker", "torchrl", "trl", "unsloth", "verl"]
