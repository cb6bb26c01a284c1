# SPDX-License-Identifier: MIT
import numpy as np
import rlhf

mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)
old_log_probs = np.array([[-1.2, -0.7, -2.1, -0.3], [-0.9, -1.6, 0, 0]], np.float32)
log_probs = np.array([[-1.0, -0.9, -1.7, -0.3], [-1.3, -1.5, 0, 0]], np.float32)
advantages = np.array([[0.8, 0.5, 1.1, -0.2], [-1.4, 0.6, 0, 0]], np.float32)

batch = rlhf.batch(mask=mask, denominator=rlhf.counted_here)
r = rlhf.ppo_policy_loss(batch, log_probs=log_probs, old_log_probs=old_log_probs, advantages=advantages,
                         d_log_probs=True, clip_range=0.2)

print(f"loss {r.loss:.6f}  clip fraction {r.clip_fraction:.3f}")
for row in r["d_log_probs"]:
    print("".join(f" {x:9.6f}" for x in row))
