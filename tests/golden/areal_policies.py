# SPDX-License-Identifier: MIT
"""AReaL's policy losses and its rejection sampling, for trainer_policies.py."""

import types

from cases import leaf
from policy_packages import Config
from rlhf_packages import take


def write_areal(w, make_data, root, seed):
    path, data = root / "areal/utils/functional/functional.py", root / "areal/utils/data.py"
    w.note(
        "areal 1.0.4, utils/functional/functional.py: ppo_actor_loss_fn and sapo_loss_fn, by PPOActorConfig's defaults "
        f"but for the named ones; seed {seed}"
    )
    d = make_data(w, "areal", seed, [10, 7, 1, 9, 4, 0], per_sequence=True)
    mask, A = d.mask > 0, d.A[:, None].expand(6, 10)
    given = dict(RejectionSamplingResult=types.SimpleNamespace)
    given["KLEstimator"] = take(data, "KLEstimator", in_double=True).KLEstimator
    names = ["_compute_sequence_level_ratio_and_advantages", "_check_bounds", "apply_rejection_sampling"]
    areal = take(path, *names, "ppo_actor_loss_fn", "sapo_loss_fn", in_double=True, **given)

    def case(name, loss=areal.ppo_actor_loss_fn, sampled=None, **options):
        x = leaf(d.new)
        if loss is not areal.sapo_loss_fn:
            options = dict(proximal_logprobs=d.old, eps_clip=0.2, **options)
        behavior = d.old if sampled is None else sampled
        value, stat = loss(x, old_logprobs=behavior, advantages=A, loss_mask=mask, **options)
        value.backward()
        w.case(f"areal_{name}", loss=value, d_log_probs=x.grad)

    case("ppo")
    case("dual_clip", c_clip=3.0)
    case("gspo", importance_sampling_level="sequence")
    case("sapo", areal.sapo_loss_fn, tau_pos=1.0, tau_neg=1.05)
    sampling = dict(metric="ratio", agg="mean", upper=5.0, lower=None)
    case("token_mask", sampled=d.sampled, rejection_sampling=Config(sampling, level="token", action="mask"))
    case("token_clamp", sampled=d.sampled, rejection_sampling=Config(sampling, level="token", action="clamp"))
    sampling.update(upper=1.02, lower=0.98)
    case("sequence_mask", sampled=d.sampled, rejection_sampling=Config(sampling, level="sequence", action="mask"))
    newer, names = root / "git/AReaL/areal/utils/functional/functional.py", [*names, "compute_binary_kl_divergence"]
    loss = take(newer, *names, "ppo_actor_loss_fn", in_double=True, **given).ppo_actor_loss_fn
    w.note("AReaL git cbff54d64: the same with the metric binary_kl, which its configuration refuses")
    for name, level, agg, upper in (
        ("kpop", "token", "mean", 0.05),
        ("kpop_mean", "sequence", "mean", 0.05),
        ("kpop_sum", "sequence", "sum", 0.3),
        ("kpop_max", "sequence", "max", 0.3),
    ):
        how = Config(metric="binary_kl", level=level, agg=agg, action="mask", upper=upper, lower=None)
        case(name, loss, d.sampled, rejection_sampling=how)
