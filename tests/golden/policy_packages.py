# SPDX-License-Identifier: MIT
"""Writes policies.txt: policy losses, importance weights and group advantages of RLHF packages, by their own code and
their own defaults. Each package has data of its own seed, so that a new case leaves the other packages' lines alone."""

import math
import types
from collections import defaultdict

import torch

from cases import HERE, Writer, leaf
from rlhf_packages import defaults, run_branch, take


def dyadic(*shape, deviation=1.0):
    """Multiples of 1/64, which floats have exactly, as are differences between them."""
    return (torch.randn(*shape) * deviation * 64).round() / 64


def policies(lengths, columns, far=22.5):
    """log π, log π_old and a mask: sequences of these lengths. The first stays near π_old, the last token of the
    second goes far up, the one before it far down, and the third, of one token, goes up by half of that."""
    rows = len(lengths)
    old = -dyadic(rows, columns, deviation=1.5).abs() - 1 / 64
    new = (old + dyadic(rows, columns)).clamp(max=-1 / 64)
    new[0] = (old[0] + dyadic(columns, deviation=1 / 16)).clamp(max=-1 / 64)
    end = lengths[1] - 1
    old[1, end], new[1, end] = -0.5 - far, -0.5
    old[1, end - 1], new[1, end - 1] = -0.25, -0.5 - far
    old[2, 0], new[2, 0] = -0.25 - far / 2, -0.25
    mask = (torch.arange(columns) < torch.tensor(lengths)[:, None]).double()
    mask[0, 3:5] = 0  # what a tool said
    return new, old, mask


def write_policies(root):
    w = Writer(
        HERE / "policies.txt",
        f"torch {torch.__version__.split('+')[0]}. A case begins with its package: verl 0.9.1, trl 1.16.0, "
        "openrlhf 0.11.2; later ones are said above their data",
    )
    write_verl(w, root / "verl/trainer/ppo", root / "verl/workers/config/actor.py", 3)
    write_verl_corrections(w, root / "verl/trainer/ppo", 4)
    write_trl(w, root / "newer/trl/trainer", 5)
    write_trl_advantages(w, root / "newer/trl/trainer", 6)
    write_openrlhf(w, root / "openrlhf-0.11.2.data/purelib/openrlhf", 7)
    return w


class Config(dict):
    """A dataclass of defaults, with what a case sets."""

    __getattr__ = dict.__getitem__


def write_verl(w, base, actor, seed):
    w.note(f"verl 0.9.1, trainer/ppo/core_algos.py: compute_policy_loss_<name>, by ActorConfig's defaults; seed {seed}")
    torch.manual_seed(seed)
    lengths = [10, 7, 1, 9, 4, 0]
    new, old, mask = policies(lengths, 10)
    A, weights = dyadic(6, 10), dyadic(6, 10).abs()
    A[1, 5], A[2, 0] = 0.75, -1.25
    w.case("verl_data", log_probs=new, old_log_probs=old, advantages=A, weights=weights, mask=mask)
    helpers = take(base.parents[1] / "utils/torch_functional.py", "masked_sum", "masked_mean")
    core = base / "core_algos.py"
    agg = take(core, "agg_loss", verl_F=helpers).agg_loss
    config = defaults(actor, "ActorConfig")

    def case(name, loss, sign=1, with_weights=False, **options):
        given = dict(verl_F=helpers, agg_loss=agg, ActorConfig=Config, AlgoConfig=types.NoneType, DictConfig=dict)
        f = getattr(take(core, f"compute_policy_loss_{loss}", **given), f"compute_policy_loss_{loss}")
        c, x = Config({**config, **options}, global_batch_info={}), leaf(new)
        given = dict(config=c, rollout_is_weights=weights if with_weights else None)
        value, metrics = f(old, x, sign * A, mask, c.loss_agg_mode, **given)
        value.backward()
        found = dict(loss=value, d_log_probs=x.grad)
        found |= {"clip_fraction": v for k, v in metrics.items() if k == "actor/pg_clipfrac"}
        w.case(f"verl_{name}", **found)

    for loss in ("vanilla", "gspo", "sapo", "cispo", "dppo_tv", "dppo_kl"):
        case(loss, loss)
        case(loss + "_negated", loss, sign=-1)
    case("vanilla_weights", "vanilla", with_weights=True)
    case("gspo_paper", "gspo", clip_ratio_low=3e-4, clip_ratio_high=4e-4, loss_agg_mode="seq-mean-token-mean")
    case("gpg", "gpg")
    case("dro", "dro", policy_loss=types.SimpleNamespace(dro_beta=0.125))
    f = take(core, "compute_policy_loss_geo_mean", verl_F=helpers, ActorConfig=Config, AlgoConfig=types.NoneType)
    for name, sign in (("geo_mean", 1), ("geo_mean_negated", -1)):
        x, one = leaf(new), sign * A[:, :1].expand(6, 10)  # in float, n + 1e-8 is n
        value, _ = f.compute_policy_loss_geo_mean(old, x, one, mask.float(), config=Config(config))
        value.backward()
        w.case(f"verl_{name}", loss=value, d_log_probs=x.grad)


def write_verl_corrections(w, base, seed):
    w.note(
        "verl 0.9.1, trainer/ppo/rollout_corr_helper.py: compute_rollout_correction_weights and "
        f"compute_rollout_rejection_mask; seed {seed}"
    )
    torch.manual_seed(seed)
    new, old, mask = policies([10, 7, 1, 9, 4, 3], 10)
    new[4, :4] = old[4, :4] + torch.tensor([1, -1, 0, 0]) / 64
    new[5, :3] = old[5, :3] + torch.tensor([-1, 0, 0]) / 64
    w.case("verl_correction_data", log_probs=new, behavior_log_probs=old, mask=mask)
    helpers = take(base.parents[1] / "utils/torch_functional.py", "masked_sum", "masked_mean")
    path = base / "rollout_corr_helper.py"
    modes = ["token_k1", "seq_sum_k1", "seq_mean_k1", "seq_max_k2"]
    no_metrics = dict.fromkeys(["compute_is_metrics", "compute_rs_metrics"], lambda **_: {})
    space = dict(
        verl_F=helpers,
        math=math,
        SUPPORTED_ROLLOUT_RS_OPTIONS=set(modes),
        TOKEN_LEVEL_ROLLOUT_RS_OPTIONS={"token_k1"},
        **no_metrics,
    )
    parse = take(path, "SAFETY_BOUND", "_parse_rollout_is_threshold", "_parse_rollout_rs_thresholds")
    space.update(vars(parse))
    verl = take(path, "compute_rollout_correction_weights", "compute_rollout_rejection_mask", **space)
    for name, level, bounds in (
        ("token", "token", 2.0),
        ("sequence", "sequence", 2.0),
        ("token_icepop", "token", "0.5_5.0"),
        ("sequence_icepop", "sequence", "0.5_5.0"),
    ):
        weights, _ = verl.compute_rollout_correction_weights(new - old, mask, level, bounds)
        w.case(f"verl_correction_{name}", weights=weights)
    for mode, bounds in (
        ("token_k1", "0.6_1.4"),
        ("seq_sum_k1", "0.5_2.0"),
        ("seq_mean_k1", "0.999_1.001"),
        ("seq_max_k2", "0.0002"),
    ):
        keep, _ = verl.compute_rollout_rejection_mask(new - old, mask, mode, bounds)
        w.case(f"verl_rejection_{mode}", keep=keep)


class Trainer:
    """What GRPOTrainer._compute_loss asks of a trainer: one process, one step, a model that is its log-probs."""

    use_vllm = use_liger_kernel = aux_loss_enabled = use_adaptive_entropy = _entropy_bonus_enabled = False
    vllm_importance_sampling_correction = True
    off_policy_mask_threshold, top_entropy_quantile, current_gradient_accumulation_steps = None, 1.0, 1

    def __init__(self, functions, **options):
        self.args = types.SimpleNamespace(**options)
        self.args.steps_per_generation = 1
        vars(self).update(options)
        self.epsilon_low = self.epsilon
        self.epsilon_high = self.epsilon if self.epsilon_high is None else self.epsilon_high
        same = lambda x, reduction=None: x
        self.accelerator = types.SimpleNamespace(num_processes=1, gather=same, reduce=same)
        self._metrics = defaultdict(lambda: defaultdict(list))
        self.model = types.SimpleNamespace(training=True)
        vars(self).update(vars(functions))

    def _get_per_token_logps_and_entropies(self, model, *_, **__):
        return model, torch.zeros_like(model), None


def write_trl(w, base, seed):
    w.note(f"trl 1.16.0, trainer/grpo_trainer.py: GRPOTrainer._compute_loss, by GRPOConfig's defaults; seed {seed}")
    torch.manual_seed(seed)
    new, old, mask = policies([10, 7, 1, 9, 4, 2], 10, far=2)
    new[5] = old[5] - 1
    ref, sampled = old + dyadic(6, 10, deviation=0.5), old + dyadic(6, 10, deviation=0.75)
    sampled[3], A = old[3] - 1 / 4, dyadic(6)
    A[1], A[2], A[5] = -0.75, -1.25, -0.5
    w.case(
        "trl_data",
        log_probs=new,
        old_log_probs=old,
        ref_log_probs=ref,
        behavior_log_probs=sampled,
        advantages=A,
        mask=mask,
    )
    path = base / "grpo_trainer.py"
    nan = take(base / "utils.py", "nanmin", "nanmax")
    trl = take(path, "_compute_loss", "get_off_policy_mask", "get_gamma_weights", math=math, **vars(nan))
    trl.get_gamma_weights = torch.no_grad()(trl.get_gamma_weights)  # its decorator there
    config = defaults(base / "grpo_config.py", "GRPOConfig")

    def case(name, of=trl, **options):
        if options.get("use_vllm"):
            space = dict(torch=torch, math=math, self=types.SimpleNamespace(**{**config, **options}))
            space.update(old_per_token_logps=old, sampling_per_token_logps=sampled)
            space.update(completion_mask=mask, tool_mask=None)
            test = "self.use_vllm and self.vllm_importance_sampling_correction"
            ratio = run_branch(path, test, "mask = completion_mask", space)["vllm_importance_sampling_ratio"]
        x, ids = leaf(new), torch.zeros(6, 0)
        inputs = dict(prompt_ids=ids, prompt_mask=ids, completion_ids=mask, completion_mask=mask, advantages=A)
        inputs.update(old_per_token_logps=old, ref_per_token_logps=ref, num_items_in_batch=mask.sum())
        if options.get("use_vllm"):
            inputs["importance_sampling_ratio"] = ratio
        trainer = Trainer(of, **{**config, **options})
        loss = of._compute_loss(trainer, x, inputs)
        loss.backward()
        found, metrics = dict(loss=loss, d_log_probs=x.grad), trainer._metrics["train"]
        if trainer.importance_sampling_level == "token" and "clip_ratio/region_mean" in metrics:
            found["clip_fraction"] = metrics["clip_ratio/region_mean"][0]  # of a sequence's ratio: per sequence
        w.case(f"trl_{name}", **found)

    for loss in ("grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo"):
        case(loss, loss_type=loss)
    case("gspo", loss_type="grpo", importance_sampling_level="sequence")
    case("luspo_sequence", loss_type="luspo", importance_sampling_level="sequence")
    case("cispo_scalerl", loss_type="cispo", epsilon_high=5.0)
    case("delta", delta=4.0)
    case("kl", beta=0.04, use_bias_correction_kl=False)
    case("kl_by_ratio", beta=0.04)
    case("off_policy_mask", off_policy_mask_threshold=0.5)
    for mode in ("sequence_mask", "sequence_truncate", "token_mask", "token_truncate"):
        case(f"vllm_{mode}", use_vllm=True, vllm_importance_sampling_mode=mode)
    case("vespo", loss_type="vespo")
    experimental = base.parent / "experimental/gmpo"
    gmpo = take(experimental / "gmpo_trainer.py", "_compute_loss", **vars(nan))
    case("gmpo", of=gmpo, **defaults(experimental / "gmpo_config.py", "GMPOConfig"))


def write_trl_advantages(w, base, seed):
    w.note(f"trl 1.16.0, trainer/grpo_trainer.py: the branch that makes advantages of rewards; seed {seed}")
    torch.manual_seed(seed)
    rewards = dyadic(20)
    rewards[4:8], rewards[13], rewards[16:20] = 0.5, torch.nan, torch.nan
    nan = take(base / "utils.py", "nanstd")
    w.case("trl_rewards", rewards=rewards)
    for scale in ("group", "batch", "none"):
        options = dict(multi_objective_aggregation="sum_then_normalize", scale_rewards=scale)
        space = dict(torch=torch, device="cpu", num_generations=4, unscorable_mask=rewards.isnan(), **vars(nan))
        space.update(
            self=types.SimpleNamespace(reward_weights=torch.ones(1), **options), rewards_per_func=rewards[:, None]
        )
        test = "self.multi_objective_aggregation == 'sum_then_normalize'"
        found = run_branch(base / "grpo_trainer.py", test, "rewards = ", space)["advantages"]
        w.case(f"trl_advantages_{scale}", advantages=found.nan_to_num(nan=0.0))  # as the line after the branch does


def write_openrlhf(w, base, seed):
    w.note(f"openrlhf 0.11.2, models/loss.py: PolicyLoss, by its defaults but for the named ones; seed {seed}")
    torch.manual_seed(seed)
    new, old, mask = policies([10, 7, 1, 9, 4, 0], 10)
    sampled, A = -dyadic(6, 10).abs() - 1 / 64, dyadic(6, 1).expand(6, 10).clone()
    sampled[3:5] = (old[3:5] + dyadic(2, 10, deviation=1 / 4)).clamp(max=-1 / 64)
    w.case("openrlhf_data", log_probs=new, old_log_probs=old, behavior_log_probs=sampled, advantages=A, mask=mask)
    mean = take(base / "models/utils.py", "masked_mean").masked_mean
    losses = take(base / "models/loss.py", "aggregate_loss", "PolicyLoss", masked_mean=mean)
    for name, options in {
        "ppo": {},
        "sequence_mean": dict(token_level_loss=False),
        "dual_clip": dict(dual_clip=3.0),
        "gspo": dict(policy_loss_type="gspo"),
        "tis": dict(is_correction_level="token", is_correction_mode="clip"),
        "icepop": dict(is_correction_level="token"),
        "sequence_mask": dict(is_correction_level="seq"),
        "tv": dict(is_correction_level="token", is_correction_gating="tv", is_correction_threshold=(0.0, 0.2)),
    }.items():
        x = leaf(new)
        loss, clip_fraction, *_ = losses.PolicyLoss(**options)(x, old, A, mask, rollout_log_probs=sampled)
        loss.backward()
        w.case(f"openrlhf_{name}", loss=loss, d_log_probs=x.grad, clip_fraction=clip_fraction)

    w.note("openrlhf 0.11.2, trainer/ppo_utils/experience_maker.py: the branch that makes advantages of rewards")
    rewards = dyadic(5, 4)
    w.case("openrlhf_rewards", rewards=rewards)
    for estimator in ("rloo", "dr_grpo", "group_norm"):
        args = types.SimpleNamespace(
            algo=types.SimpleNamespace(advantage=types.SimpleNamespace(estimator=estimator)),
            rollout=types.SimpleNamespace(n_samples_per_prompt=4),
        )
        space = dict(args=args, rewards=rewards)
        path, test = base / "trainer/ppo_utils/experience_maker.py", "args.algo.advantage.estimator == 'rloo'"
        w.case(f"openrlhf_{estimator}", advantages=run_branch(path, test, "baseline = ", space)["rewards"])

