# SPDX-License-Identifier: MIT
"""Adds to policies.txt which tokens learn: by their covariance, as verl and SkyRL have it, by their entropy (TRL) and
by their second moment (AReaL). The tokens of Clip-Cov are drawn at random: here the first ones are drawn."""

import types
from unittest.mock import patch

import torch

from cases import leaf
from policy_packages import Config, dyadic, policies
from rlhf_packages import defaults, take


def write_covariances(w, root, seed):
    w.note(
        "verl 0.9.1, trainer/ppo/core_algos.py, and skyrl 0.4.0, backends/skyrl_train/utils/ppo_utils.py: "
        "compute_policy_loss_clip_cov and compute_policy_loss_kl_cov, by their defaults but for shares and bounds; "
        f"seed {seed}"
    )
    torch.manual_seed(seed)
    new, old, mask = policies([10, 7, 1, 9, 7, 0], 10, far=2)  # 32 tokens, by which floats divide without rounding
    A = dyadic(6, 10)
    names = ("compute_policy_loss_clip_cov", "compute_policy_loss_kl_cov")

    def case(name, loss):
        x = leaf(new)
        with patch.object(torch, "randperm", torch.arange):
            value, _ = loss(x)
        value.backward()
        w.case(name, loss=value, d_log_probs=x.grad)

    w.case("verl_cov_data", log_probs=new, old_log_probs=old, advantages=A, mask=mask)
    helpers = take(root / "verl/utils/torch_functional.py", "masked_sum", "masked_mean")
    core, actor = root / "verl/trainer/ppo/core_algos.py", root / "verl/workers/config/actor.py"
    agg = take(core, "agg_loss", verl_F=helpers).agg_loss
    verl = take(core, *names, verl_F=helpers, agg_loss=agg, AlgoConfig=types.NoneType)

    def of_verl(f, **options):
        chosen = Config({**defaults(actor, "PolicyLossConfig"), **options})
        c = Config(defaults(actor, "ActorConfig"), policy_loss=chosen, global_batch_info={})
        return lambda x: f(old, x, A, mask, c.loss_agg_mode, c)

    case("verl_cov_clip", of_verl(verl.compute_policy_loss_clip_cov))
    case("verl_cov_clip_more", of_verl(verl.compute_policy_loss_clip_cov, clip_cov_ratio=0.1))
    case("verl_cov_kl", of_verl(verl.compute_policy_loss_kl_cov))
    case("verl_cov_kl_more", of_verl(verl.compute_policy_loss_kl_cov, kl_cov_ratio=0.2))

    utils, config = root / "skyrl/backends/skyrl_train/utils", root / "skyrl/train/config/config.py"
    masked_mean = take(utils / "torch_utils.py", "masked_mean", in_double=True).masked_mean
    reduce_loss = take(utils / "ppo_utils.py", "reduce_loss", masked_mean=masked_mean).reduce_loss
    reduce = take(utils / "ppo_utils.py", "apply_loss_reduction_to_advantages_minibatch")
    skyrl = take(utils / "ppo_utils.py", *names, in_double=True, masked_mean=masked_mean, reduce_loss=reduce_loss)
    divided = reduce.apply_loss_reduction_to_advantages_minibatch(A, mask, "token_mean", 6, 512)
    w.case("skyrl_cov_data", log_probs=new, old_log_probs=old, advantages=A, mask=mask)

    def of_skyrl(f, **options):
        c = Config(defaults(config, "AlgorithmConfig"), kl_cov=Config(defaults(config, "KLCovConfig")))
        c["clip_cov"] = Config({**defaults(config, "ClipCovConfig"), **options})
        return lambda x: f(x, old, divided, c, mask)

    more = dict(clip_ratio=0.1, clip_cov_lb=1 / 32, clip_cov_ub=5 / 32)
    case("skyrl_cov_clip", of_skyrl(skyrl.compute_policy_loss_clip_cov))
    case("skyrl_cov_clip_more", of_skyrl(skyrl.compute_policy_loss_clip_cov, **more))
    case("skyrl_cov_kl", of_skyrl(skyrl.compute_policy_loss_kl_cov))


def write_masks(w, root, seed):
    w.note(
        "trl 1.16.0, trainer/grpo_trainer.py: get_high_entropy_mask; AReaL 1.0.4, trainer/ppo/actor.py: "
        f"_apply_m2po_masking; seed {seed}"
    )
    torch.manual_seed(seed)
    new, old, mask = policies([10, 7, 1, 9, 7, 0], 10, far=2)
    w.case("mask_data", log_probs=old, behavior_log_probs=new, mask=mask)
    entropy = dyadic(6, 10).abs()
    path = root / "newer/trl/trainer/grpo_trainer.py"
    top = take(path, "get_high_entropy_mask", in_double=True).get_high_entropy_mask
    accelerator = types.SimpleNamespace(pad_across_processes=lambda x, **_: x, gather=lambda x: x)
    for share in (0.2, 0.5):
        keep = top(types.SimpleNamespace(accelerator=accelerator), entropy, mask, 1 - share)
        w.case(f"mask_trl_entropy_{share}", entropy=entropy, keep=keep)
    names = ("_apply_m2po_masking", "_get_m2po_loss_mask")
    for limit in (0.04, 0.5):
        areal = take(root / "areal/trainer/ppo/actor.py", *names, in_double=True)
        w.case(f"mask_areal_m2po_{limit}", keep=areal._apply_m2po_masking(new, old, mask > 0, limit))
