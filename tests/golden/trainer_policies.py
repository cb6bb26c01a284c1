# SPDX-License-Identifier: MIT
"""Adds to policies.txt: policy losses and corrections of trainers beyond those in policy_packages.py, by their own code
and their own defaults. Each has data of its own seed. Where the code casts to float, it is run with casts to double."""

import math
import sys
import types

import torch

from areal_policies import write_areal
from cases import leaf
from policy_packages import Config, dyadic, policies
from rlhf_packages import defaults, take

QUIET = types.SimpleNamespace(warning=print, info=print)


def make_data(w, trainer, seed, lengths, far=22.5, per_sequence=False, ref_of_old=True):
    """What all cases of a trainer share: policies, advantages and a mask. The reference is near one of the policies."""
    torch.manual_seed(seed)
    new, old, mask = policies(lengths, 10, far)
    ref, sampled = (old if ref_of_old else new) + dyadic(6, 10, deviation=0.5), old + dyadic(6, 10, deviation=0.75)
    sampled[3] = old[3] - 1 / 4
    sampled[4, :4] = old[4, :4] + torch.tensor([1, -1, 1, -2]) / 256
    A = dyadic(6) if per_sequence else dyadic(6, 10)
    A[A == 0] = 0.5
    far_ref = ref.clone()  # beyond the limits of KL
    far_ref[0, 0], far_ref[1, 0] = new[0, 0] + 4, new[1, 0] + 22
    w.case(
        f"{trainer}_data",
        log_probs=new,
        old_log_probs=old,
        ref_log_probs=ref,
        far_ref_log_probs=far_ref,
        behavior_log_probs=sampled,
        advantages=A,
        mask=mask,
    )
    return types.SimpleNamespace(new=new, old=old, ref=ref, far_ref=far_ref, sampled=sampled, A=A, mask=mask)


def write_trainer_policies(w, root):
    write_skyrl(w, root / "skyrl", 8)
    write_liger(w, root / "liger_kernel/chunked_loss", 9)
    write_torchrl(w, root / "torchrl/objectives", 10)
    write_areal(w, make_data, root, 11)
    write_slime(w, root / "git/slime/slime/utils/ppo_utils.py", 12)
    write_nemo_rl(w, root / "git/RL/nemo_rl/algorithms", 13)
    write_prime_rl(w, root / "git/prime-rl/src/prime_rl/trainer/rl/loss.py", 14)


def write_skyrl(w, base, seed):
    w.note(
        "skyrl 0.4.0, backends/skyrl_train/utils/ppo_utils.py: the policy losses, apply_off_policy_correction and "
        f"apply_loss_reduction_to_advantages_minibatch, by AlgorithmConfig's defaults; seed {seed}"
    )
    d = make_data(w, "skyrl", seed, [10, 7, 1, 9, 4, 0])
    sys.modules["loguru"] = types.SimpleNamespace(logger=QUIET)
    utils = base / "backends/skyrl_train/utils"
    given = vars(take(utils / "torch_utils.py", "masked_mean", "safe_exp_delta", in_double=True))
    names = "compute_tis_ratio compute_outlier_token_mask compute_token_mask compute_sequence_mask".split()
    names += ["off_policy_correction_enabled", "compute_off_policy_correction", "apply_off_policy_correction"]
    given.update(vars(take(utils / "off_policy_correction_utils.py", *names, in_double=True, **given)))
    names = "ppo_policy_loss sapo_policy_loss gspo_policy_loss compute_policy_loss_cispo rollout_is_policy_loss".split()
    names += ["dppo_policy_loss", "importance_sampling_loss", "reduce_loss", "apply_loss_reduction_to_advantages_minibatch"]
    skyrl = take(utils / "ppo_utils.py", *names, in_double=True, **given)
    path = base / "train/config/config.py"
    sections = dict(sapo="SAPOConfig", cispo="CISPOConfig", dppo="DPPOConfig")
    sections["off_policy_correction"] = "OffPolicyCorrectionConfig"

    def case(name, loss, reduction="token_mean", sampled=None, correction=None, dppo=None, **options):
        c = Config(defaults(path, "AlgorithmConfig"), loss_reduction=reduction, **options)
        for key, section in sections.items():
            c[key] = Config(defaults(path, section))
        c.off_policy_correction.update(correction or {})
        c.dppo.update(dppo or {})
        A = skyrl.apply_loss_reduction_to_advantages_minibatch(d.A, d.mask, reduction, 6, 512)
        x = leaf(d.new)
        value, metrics = getattr(skyrl, loss)(x, d.old, A, c, d.mask, sampled)
        value.backward()
        clipped = metrics.get("clip_ratio", 0.0)
        w.case(f"skyrl_{name}", loss=value, d_log_probs=x.grad, clip_fraction=clipped)

    case("regular", "ppo_policy_loss", policy_loss_type="regular")
    case("dual_clip", "ppo_policy_loss", policy_loss_type="dual_clip")
    case("sequence_mean", "ppo_policy_loss", "sequence_mean", policy_loss_type="regular")
    case("token_sum_norm", "ppo_policy_loss", "seq_mean_token_sum_norm", policy_loss_type="regular")
    case("sapo", "sapo_policy_loss", "sequence_mean")
    case("cispo", "compute_policy_loss_cispo")
    case("gspo", "gspo_policy_loss")
    case("gspo_sequence_mean", "gspo_policy_loss", "sequence_mean")
    case("importance_sampling", "importance_sampling_loss")
    case("rollout_is", "rollout_is_policy_loss", sampled=d.old)
    case("dppo_tv", "dppo_policy_loss")
    case("dppo_kl", "dppo_policy_loss", dppo=dict(dppo_type="binary_kl", delta_low=0.05, delta_high=0.05))
    for name, correction in dict(
        token_tis=dict(tis_ratio_type="token"),
        sequence_tis=dict(tis_ratio_type="sequence"),
        geometric_mask=dict(sequence_mask_metric="geometric"),
        product_mask=dict(sequence_mask_metric="product"),
        outlier=dict(outlier_token_is_threshold_low=0.2, outlier_token_is_threshold_high=5.0),
        token_mask=dict(token_mask_is_threshold_low=0.5, token_mask_is_threshold_high=2.0),
    ).items():
        case(name, "ppo_policy_loss", sampled=d.sampled, correction=correction, policy_loss_type="regular")


def write_liger(w, base, seed):
    w.note(
        "liger-kernel 0.8.5, chunked_loss/grpo_loss.py: LigerFusedLinearGRPOFunction.ppo_loss_fn on log-probabilities, "
        f"by its defaults but for loss_type and beta = 0; seed {seed}"
    )
    d = make_data(w, "liger", seed, [10, 7, 1, 9, 4, 0], far=2, per_sequence=True)
    parent = take(
        base / "fused_linear_ppo.py", "_compute_dapo_normalizer", of="LigerFusedLinearPPOBase", in_double=True
    )
    path, names = base / "grpo_loss.py", ["k3_loss_fn", "sapo_loss_fn", "clip_coef_fn", "get_gamma_weights"]
    given = dict(vars(take(path, *names, math=math)), LigerFusedLinearPPOBase=parent)
    loss_of = take(path, "ppo_loss_fn", of="LigerFusedLinearGRPOFunction", **given).ppo_loss_fn

    def case(name, **options):
        x = leaf(d.new)
        given = dict(ref_per_token_logps=d.ref, old_per_token_logps=d.old, max_completion_length=512, beta=0.0)
        loss, metrics = loss_of(x, d.mask, d.A, d.mask, **{**given, **options})
        loss.backward()
        found = dict(loss=loss, d_log_probs=x.grad)
        if options.get("importance_sampling_level") != "sequence" and options["loss_type"] not in ("sapo", "cispo"):
            found["clip_fraction"] = metrics[-1]  # of cispo: where A > 0 alone
        w.case(f"liger_{name}", **found)

    for loss in ("grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo"):
        case(loss, loss_type=loss)
    case("gspo", loss_type="grpo", importance_sampling_level="sequence")
    case("luspo_sequence", loss_type="luspo", importance_sampling_level="sequence")
    case("delta", loss_type="dapo", delta=4.0)
    case("kl", loss_type="dapo", beta=0.04)
    case("kl_by_ratio", loss_type="dapo", beta=0.04, use_bias_correction_kl=True)
    case("sampler", loss_type="dapo", vllm_is_ratio=(d.old - d.sampled).exp().clamp(max=2))


def write_torchrl(w, base, seed):
    w.note(
        "torchrl 0.14.1, objectives/llm/grpo.py: _compute_policy_objective of GRPOLoss and CISPOLoss, "
        f"_aggregate_loss_value and _kl_to_ref, by clip_epsilon 0.2; seed {seed}"
    )
    d = make_data(w, "torchrl", seed, [10, 7, 1, 9, 4, 2])
    path, loss = base / "llm/grpo.py", types.SimpleNamespace(aggregation="token_mean", reduction="mean")
    reduce = take(base / "common.py", "_reduce_loss", "_expand_loss_mask")
    loss._expand_loss_mask = reduce._expand_loss_mask
    loss._reduce_loss = lambda *a, **given: reduce._reduce_loss(loss, *a, **given)
    loss._clip_bounds = (torch.tensor(-0.2).log1p(), torch.tensor(0.2).log1p())

    def expand_as_right(x, like):
        return x[(...,) + (None,) * (like.ndim - x.ndim)].expand_as(like)

    llm = take(path, "_aggregate_loss_value", "_kl_to_ref", of="GRPOLoss", expand_as_right=expand_as_right)

    def case(name, objective, aggregation="token_mean"):
        loss.aggregation, x = aggregation, leaf(d.new)
        f = take(path, "_compute_policy_objective", of=objective)._compute_policy_objective
        values, _ = f(loss, torch.where(d.mask > 0, x - d.old, 0.0)[..., None], d.A[..., None])
        value = llm._aggregate_loss_value(loss, values, d.mask > 0).sum()
        value.backward()
        w.case(f"torchrl_{name}", loss=value, d_log_probs=x.grad)

    case("grpo", "GRPOLoss")
    case("grpo_prompt_mean", "GRPOLoss", "prompt_mean")
    case("cispo", "CISPOLoss")
    x = leaf(d.new)
    value, _ = llm._kl_to_ref(loss, {"_cur_log_prob": x}, ref_log_prob=d.ref, coeff=0.1, mask=d.mask > 0)
    value.backward()
    w.case("torchrl_kl", loss=value, d_log_probs=x.grad)


def write_slime(w, path, seed):
    w.note(
        "slime git 624b824a8, utils/ppo_utils.py: compute_policy_loss, compute_cispo_loss, compute_gspo_kl, "
        f"compute_approx_kl and compute_opsm_mask, averaged over samples, by the defaults of its arguments; seed {seed}"
    )
    d = make_data(w, "slime", seed, [10, 7, 1, 9, 4, 2], far=2, per_sequence=True)
    names = ["compute_policy_loss", "compute_cispo_loss", "compute_gspo_kl", "compute_approx_kl", "compute_opsm_mask"]
    slime = take(path, *names, in_double=True)
    A = d.A[:, None].expand(6, 10)

    def case(name, token_losses):
        x = leaf(d.new)
        losses, clipped = token_losses(x)
        value = ((losses * d.mask).sum(-1) / d.mask.sum(-1)).mean()
        value.backward()
        w.case(f"slime_{name}", loss=value, d_log_probs=x.grad)

    def gspo(x):
        kl = slime.compute_gspo_kl(list(x), list(d.old), list(x), list(d.mask)).reshape(6, 10)
        return slime.compute_policy_loss(kl, A, 0.2, 0.2)

    case("ppo", lambda x: slime.compute_policy_loss(d.old - x, A, 0.2, 0.2))
    case("dual_clip", lambda x: slime.compute_policy_loss(d.old - x, A, 0.2, 0.2, 3.0))
    case("cispo", lambda x: slime.compute_cispo_loss(d.old - x, x, A, 0.2, 0.2))
    case("gspo", gspo)
    for name in ("k1", "k2", "k3", "low_var_kl"):
        case(f"kl_{name}", lambda x: (0.1 * slime.compute_approx_kl(x, d.ref, name), None))
    case("kl_by_ratio", lambda x: (0.1 * slime.compute_approx_kl(x, d.ref, "k3", (x - d.old).exp()), None))
    keep, _ = slime.compute_opsm_mask(Config(opsm_delta=1e-4), list(d.new), list(d.old), list(A), list(d.mask))
    w.case("slime_opsm", keep=keep)


def write_nemo_rl(w, base, seed):
    w.note(
        "NeMo-RL git 7ea279abf, algorithms/loss/loss_functions.py: ClippedPGLossFn, by ClippedPGLossConfig's defaults "
        f"but for the named ones and reference_policy_kl_penalty = 0; seed {seed}"
    )
    d = make_data(w, "nemo_rl", seed, [10, 7, 1, 9, 4, 2], far=2, ref_of_old=False)
    given = vars(take(base / "utils.py", "masked_mean", "calculate_kl"))
    enums = types.SimpleNamespace(LOGPROB=0, TOKEN_LEVEL=1, SEQUENCE_LEVEL=2, TOKENS=3, SEQUENCES=4, NONE=5)
    given.update(LossFunction=object, LossInputType=enums, LossType=enums, MetricNormalizer=enums, Tensor=torch.Tensor)
    path = base / "loss/loss_functions.py"
    nemo = take(path, "ClippedPGLossFn", in_double=True, **given)

    def padded(x):  # it drops the first token, which has no prediction
        return torch.cat([torch.zeros(6, 1), x], 1)

    def case(name, **options):
        c = Config(defaults(path, "ClippedPGLossConfig"), **{"reference_policy_kl_penalty": 0, **options})
        x = leaf(d.new)
        data = dict(token_mask=padded(d.mask), sample_mask=torch.ones(6), advantages=padded(d.A))
        data.update(prev_logprobs=padded(d.old), generation_logprobs=padded(d.sampled))
        data.update(reference_policy_logprobs=padded(d.ref), rewards=d.A.sum(-1))
        loss, _ = nemo.ClippedPGLossFn(c)(x, data, torch.tensor(6.0), d.mask.sum())
        loss.backward()
        w.case(f"nemo_rl_{name}", loss=loss, d_log_probs=x.grad)

    case("ppo")
    case("dual_clip", ratio_clip_c=3.0)
    case("sequence_mean", token_level_loss=False)
    case("cispo", use_cispo=True)
    case("gspo", sequence_level_importance_ratios=True, token_level_loss=False)
    case("positive_nll", positive_example_nll_weight=0.5)
    case("kl", reference_policy_kl_penalty=0.01)
    d.ref = d.far_ref
    case("kl_limited", reference_policy_kl_penalty=0.01)
    is_on = dict(use_importance_sampling_correction=True)
    case("weights", **is_on)
    for name, kind, low, high in (("tis", "tis", None, 2.0), ("icepop", "icepop", 0.5, 5.0)):
        bounds = dict(truncated_importance_sampling_ratio_min=low, truncated_importance_sampling_ratio=high)
        case(name, truncated_importance_sampling_type=kind, **bounds, **is_on)
    bounds = dict(truncated_importance_sampling_ratio_min=0.999, truncated_importance_sampling_ratio=1.002)
    case("sequence_mask", truncated_importance_sampling_type="seq-mask-tis", **bounds, **is_on)


def write_prime_rl(w, path, seed):
    w.note(
        "prime-rl git 559b44772, trainer/rl/loss.py: default_loss_fn, ipo_loss_fn and ref_kl_loss_fn, by the defaults "
        f"of DefaultLossConfig and IPOLossConfig, divided by the number of tokens; seed {seed}"
    )
    d = make_data(w, "prime_rl", seed, [10, 7, 1, 9, 4, 0])
    given = vars(take(path, "_safe_mean", "compute_importance_ratio_and_mismatch_kl"))
    prime = take(path, "default_loss_fn", "ipo_loss_fn", "ref_kl_loss_fn", LossOutputs=types.SimpleNamespace, **given)

    def case(name, loss, **config):
        x, mask = leaf(d.new), d.mask > 0
        inputs = Config(inference_logprobs=d.old, ref_logprobs=d.ref, advantages=d.A, loss_mask=mask, loss_weights=None)
        more = [Config(config, adv_tau=1.0, kl_tau=1e-3)] if config else []
        value = loss(Config(inputs, trainer_logprobs=x), *more).loss / mask.sum()
        value.backward()
        w.case(f"prime_rl_{name}", loss=value, d_log_probs=x.grad)

    case("default", prime.default_loss_fn, dppo_mask_low=0.2, dppo_mask_high=0.2)
    case("ipo", prime.ipo_loss_fn, ipo_threshold=0.1)
    case("ref_kl", prime.ref_kl_loss_fn)
