# SPDX-License-Identifier: MIT
"""Adds to policies.txt and steps.txt what miles computes, by its own loss functions, averaged over samples."""

import types

import torch

from cases import leaf
from policy_packages import Config
from rlhf_packages import take
from trainer_steps import GAMMA, LAMBDA, write_kl, write_value

HUB = "git/miles/miles/backends/training_utils"
ONE_PROCESS = types.SimpleNamespace(cp=types.SimpleNamespace(size=1, rank=0))


def whole(x, *_, **__):
    return x


def loss_hub(root, of_model):
    """Its losses over a model that gives what is handed to it."""
    given = dict(get_parallel_state=lambda: ONE_PROCESS, all_gather_with_cp=whole, slice_loss_masks_for_local_cp=whole)
    names = ["_LOG_RATIO_EXP_CLAMP", "_safe_clamp_log_ratio", "_safe_exp_neg_ppo_kl", "compute_ess_ratio_contribution"]
    names += ["compute_approx_kl", "compute_opsm_mask", "compute_gspo_kl", "compute_policy_loss"]
    path = root / HUB / "loss_hub"
    functions = take(path / "math_utils.py", *names, in_double=True, **given)
    given.update(vars(functions))
    names = ["get_sum_of_sample_mean", "get_local_response_loss_masks"]
    given.update(vars(take(root / HUB / "cp_utils.py", *names, **given)))
    given.update(vars(take(path / "corrections.py", "vanilla_tis_function", "icepop_function")))
    given.update(load_function=given.get, get_log_probs_and_entropy=of_model, get_values=of_model)
    losses = take(path / "losses.py", "policy_loss_function", "value_loss_function", in_double=True, **given)
    return types.SimpleNamespace(**vars(losses), **given)


def mean_of_samples(hub, loss, args, lengths, masks, x, **batch):
    rows = dict(response_lengths=lengths, total_lengths=lengths, loss_masks=masks, unconcat_tokens=None, **batch)
    reduce = hub.get_sum_of_sample_mean(lengths, lengths, masks)
    value, metrics = getattr(hub, loss)(args, rows, x, reduce)
    return value / len(masks), metrics


def write_miles(w, make_data, root, seed):
    w.note(
        "miles git 31f1ca961, backends/training_utils/loss_hub/losses.py: policy_loss_function, by the defaults of its "
        f"arguments but for the named ones; seed {seed}"
    )
    d = make_data(w, "miles", seed, [10, 7, 1, 9, 4, 2], far=45, per_sequence=True, ref_of_old=False)
    hub = loss_hub(root, lambda x, **_: dict(log_probs=list(x), entropy=list(x)))
    masks, A, lengths = list(d.mask), list(d.A[:, None].expand(6, 10)), [10] * 6
    unset = "use_rollout_logprobs skip_actor_forward_only observe_training_entropy use_opsm get_mismatch_metrics use_tis"
    unset += " calculate_per_token_loss use_kl_loss use_unbiased_kl"
    common = dict.fromkeys(unset.split(), False)
    common.update(dict.fromkeys(["custom_tis_function_path", "custom_pg_loss_reducer_function_path", "eps_clip_c"]))
    common.update(entropy_coef=0, advantage_estimator="grpo", qkv_format="thd", eps_clip=0.2, eps_clip_high=0.2)
    common.update(kl_loss_coef=0.1, opsm_delta=1e-4, tis_clip=2.0, tis_clip_low=0)

    def case(name, ref=d.ref, A=A, **options):
        x = leaf(d.new)
        args = types.SimpleNamespace(**{**common, **options})
        rows = dict(advantages=A, log_probs=list(d.old), ref_log_probs=list(ref), rollout_log_probs=list(d.sampled))
        loss, metrics = mean_of_samples(hub, "policy_loss_function", args, lengths, masks, x, **rows)
        loss.backward()
        w.case(f"miles_{name}", loss=loss, d_log_probs=x.grad)

    case("ppo")
    case("dual_clip", eps_clip_c=3.0)
    case("gspo", advantage_estimator="gspo")
    for kind in ("k1", "k2", "k3", "low_var_kl"):
        case(f"kl_{kind}", use_kl_loss=True, kl_loss_type=kind)
    case("kl_limited", ref=d.far_ref, use_kl_loss=True, kl_loss_type="low_var_kl")
    case("kl_by_ratio", A=[0 * a for a in A], use_kl_loss=True, kl_loss_type="k3", use_unbiased_kl=True)
    case("tis", use_tis=True)
    case("icepop", use_tis=True, custom_tis_function_path="icepop_function", tis_clip_low=0.5)
    case("opsm", use_opsm=True)


def write_miles_steps(w, d, root):
    w.note(
        "miles git 31f1ca961, loss_hub/math_utils.py: get_advantages_and_returns_batch, get_reinforce_plus_plus_returns, "
        "compute_approx_kl; utils/distributed_utils.py: distributed_masked_whiten; losses.py: value_loss_function; "
        "ray/rollout/train_data_conversion.py: _normalize_rewards_by_rollout"
    )
    hub = loss_hub(root, lambda x, **_: dict(values=list(x)))
    names = ["get_advantages_and_returns_batch", "chunked_gae", "get_reinforce_plus_plus_returns"]
    state = dict(get_parallel_state=lambda: ONE_PROCESS)
    f = take(root / HUB / "loss_hub/math_utils.py", *names, **state)
    masks, lengths, rows = list(d.mask), [10] * 6, [x.clone() for x in d.rewards]
    A, R = f.get_advantages_and_returns_batch(
        lengths, lengths, list(d.values), rows, [0.0] * 6, "thd", None, masks, GAMMA, LAMBDA
    )
    w.case("miles_gae", advantages=torch.stack(A), returns=torch.stack(R))
    R = f.get_reinforce_plus_plus_returns(torch.zeros(6), list(-d.rewards), masks, lengths, lengths, 1.0, GAMMA)
    w.case("miles_returns", returns=torch.stack(R) * d.mask)
    group = types.SimpleNamespace(create=lambda _: types.SimpleNamespace(all_reduce=whole))
    sums = types.SimpleNamespace(ReduceOp=types.SimpleNamespace(SUM=0))
    path = root / "git/miles/miles/utils/distributed_utils.py"
    whiten = take(path, "distributed_masked_whiten", in_double=True, GeneralPGUtil=group, dist=sums)
    w.case("miles_whiten", whitened=whiten.distributed_masked_whiten(d.values, d.mask) * d.mask)
    kinds = dict(k1="k1", k2="k2", k3="low_var_kl")
    write_kl(w, d, "miles", {k: lambda x, n=n: hub.compute_approx_kl(x, d.ref_log_probs, n) for k, n in kinds.items()})

    def value(v):
        batch = dict(values=list(d.old_values), returns=list(d.returns))
        return mean_of_samples(hub, "value_loss_function", Config(value_clip=0.2), lengths, masks, v, **batch)[0]

    write_value(w, d, "miles_value", value)
    samples = [types.SimpleNamespace(rollout_id=i, group_index=i // 4) for i in range(20)]
    path = root / "git/miles/miles/ray/rollout/train_data_conversion.py"
    groups = take(path, "_reward_group_segments", "_normalize_rewards_by_rollout", in_double=True)
    for name, by_std in (("grpo", True), ("dr_grpo", False)):
        args = types.SimpleNamespace(advantage_estimator="grpo", grpo_std_normalization=by_std)
        A = groups._normalize_rewards_by_rollout(args, samples, d.group_rewards.tolist(), None)
        w.case(f"miles_{name}", advantages=A)
