# SPDX-License-Identifier: MIT
"""Losses of PPO, RLHF, GRPO and DPO with analytic gradients, over arrays of numpy, torch or JAX in the CPU's memory.

Functions take a batch, then arrays and options by their names. Nothing is copied. An output is computed only if it is
named: pass an array to write into, or True for a new array like the inputs. The result has it by its name.

    batch = rlhf.batch(mask=mask, denominator=rlhf.counted_here)
    r = rlhf.ppo_policy_loss(batch, log_probs=log_probs, old_log_probs=old, advantages=advantages, d_log_probs=True)
    r.loss, r.clip_fraction, r["d_log_probs"]

help(rlhf.gae) documents gae. The functions are in the modules rlhf._advantage (gae, group_advantages, whiten and
others), _policy (ppo_policy_loss, policy_loss, ppo_value_loss, importance_weights), _preference (preference_loss),
_reward (ranking_loss), _logits (token_log_probs, cross_entropy_loss) and _recipe (ppo_loss, ppo_advantages). A header
after "More:" is in the repository's folder include.

Options within options are a dict or a class: gae={"lambda_": 0.95} or gae=rlhf.gae_options(lambda_=0.95).

A bad argument raises ValueError with the library's sentence, and nothing is written. import rlhf.torch for the same
losses with autograd, and from rlhf.preset import verl for the options of a trainer.
"""
from ._advantage import *
from ._arrays import *
from ._batch import *
from ._enums import *
from ._head import *
from ._logits import *
from ._objectives import *
from ._options import *
from ._policy import *
from ._preference import *
from ._recipe import *
from ._results import *
from ._reward import *
from ._values import *
from ._version import version as __version__

unlimited = float("inf")  # no bound
no_whitening = whiten_options(center=False, scale=False)  # x stays; masked elements become 0
