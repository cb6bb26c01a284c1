# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""The values of options that are enums."""
from __future__ import annotations

from typing import Literal

__all__ = ["aggregation", "importance", "dppo_value", "sequence_ratio", "kl_estimator", "kl_weight", "gaps",
           "std_floor", "group_baseline", "group_scale", "lone_reward", "unscorable", "score_position", "overlong",
           "scale_about", "divergence", "top_k_support", "importance_level", "importance_unit", "tie_divisor"]


# How per-token losses become one number, and which count of the denominator divides it.
aggregation = Literal["token_mean", "sequence_mean_token_mean", "sequence_mean_token_sum"]
# What happens to an importance weight or a ratio beyond its bounds.
importance = Literal["truncate", "mask"]
# The value that a DPPO loss reports. The slope is the derivative of that value.
dppo_value = Literal["log_prob", "ratio"]
# How the log ratios of a sequence's tokens become the log ratio of the sequence.
sequence_ratio = Literal["mean", "product"]
# Estimators of KL(π ‖ π_ref) from one sampled token, with d = log π − log π_ref.
kl_estimator = Literal["k1", "k2", "k3", "abs"]
# The factor of the estimate in a loss. ρ = π / π_old, and π_old sampled the tokens.
kl_weight = Literal["one", "ratio", "constant_ratio", "own_ratio"]
# What masked steps inside a sequence mean to a recurrence over its steps.
gaps = Literal["skip", "zero", "ignore"]
# How ε keeps the standard deviation from 0.
std_floor = Literal["inside_root", "after_root", "variance_at_least", "std_at_least"]
# What is subtracted from a reward. A group is the rewards of one prompt's responses.
group_baseline = Literal["none", "group_mean", "others_mean", "length_weighted_mean", "batch_mean", "given",
                         "second_best"]
# What the reward minus its baseline is divided by.
group_scale = Literal["none", "group_std", "batch_std", "group_mean", "others_std"]
# The advantage in a group of one, if its baseline or scale is taken from the group.
lone_reward = Literal["zero", "kept", "refused"]
# What happens to a reward that is NaN or infinite, for example because no judge could score the response.
unscorable = Literal["spread", "left_out"]
# The step of a sequence that gets its score.
score_position = Literal["last_counted", "after_last_counted", "last_step"]
# The penalty of a response that is longer than max_length.
overlong = Literal["capped", "growing"]
# The point that scaling leaves in place if the mean is kept.
scale_about = Literal["mean", "zero"]
# How the distance of the policy's distribution p from the reference's distribution q is measured.
divergence = Literal["reverse_kl", "forward_kl", "jsd"]
# What becomes of the entries that a reference of k entries does not list.
top_k_support = Literal["tail", "truncated", "renormalized"]
# Which tokens share one ratio π / μ. π is the policy that learns, μ the policy that sampled.
importance_level = Literal["token", "sequence_mean", "sequence_product", "none"]
# What one sequence is, in the options of importance weights that act on sequences.
importance_unit = Literal["sequence", "run"]
# What the sum over the pairs of a prompt is divided by if some pairs are tied, because these are dropped.
tie_divisor = Literal["kept_pairs", "all_pairs"]
