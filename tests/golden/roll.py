# SPDX-License-Identifier: MIT
"""Adds to policies.txt, steps.txt and one_trainer.txt what ROLL computes, by its workers' own loss functions."""

import types

import torch

from cases import leaf
from policy_packages import Config
from rlhf_packages import defaults, take
from trainer_steps import BETA, GAMMA, LAMBDA, write_kl, write_pairs, write_value

MEANS = ("agg_loss", "masked_mean", "masked_sum")
QUIET = types.SimpleNamespace(info=lambda _: None, warning=print)


def as_it_runs(f):
    """By torch's usual default type, so that n + 1e-8 of a whole number n is n, as it is where ROLL runs."""

    def run(*args, **given):
        torch.set_default_dtype(torch.float32)
        try:
            return f(*args, **given)
        finally:
            torch.set_default_dtype(torch.float64)

    return run


def padded(x):
    """Its masks have a first token more, which has no prediction."""
    return torch.cat([torch.zeros_like(x[:, :1]), x], 1)


def worker(cls, functions, config, **actor):
    """An object with the methods of its workers, whose model is its log-probabilities."""
    made = types.SimpleNamespace(pipeline_config=config, logger=QUIET, _pg_config_cache={})
    for flag in ("pg_variant", "topr_sample", "cispo_config", "kimi15_config"):
        setattr(made, f"_{flag}_logged", True)
    config.actor_train = types.SimpleNamespace(**actor)
    made.strategy = types.SimpleNamespace(op_compute_entropy=lambda logits, attention_mask: torch.zeros_like(logits))
    made.strategy.op_compute_log_probs = lambda logits, input_ids, attention_mask: logits * attention_mask[:, 1:]
    made.get_old_log_probs_with_cache = lambda data, _: data.batch["old_log_probs"]
    for name, f in vars(functions).items():
        setattr(made, name, types.MethodType(f, made))
    return getattr(made, cls)


def write_roll(w, make_data, root, seed):
    w.note(
        "ROLL git 8eb27cc2, pipeline/rlvr/actor_worker.py and actor_pg_worker.py: loss_func, by the defaults of PPOConfig "
        f"and RLVRConfig but for the named ones, and utils/train_infer_corrections.py; seed {seed}"
    )
    d = make_data(w, "roll", seed, [10, 7, 1, 9, 4, 0], per_sequence=True, ref_of_old=False)
    roll = root / "git/ROLL/roll"
    given = vars(take(roll / "utils/functionals.py", *MEANS, "compute_approx_kl"))
    given.update(vars(take(roll / "pipeline/agentic/utils.py", "compute_segment_masked_mean")))
    names = ["_compute_all_granularity", "compute_train_infer_correction"]
    path = roll / "utils/train_infer_corrections.py"
    given.update(compute_train_infer_correction=take(path, *names, **given).compute_train_infer_correction)
    plain = take(roll / "pipeline/rlvr/actor_worker.py", "loss_func", "compute_sample_weights", **given)
    names = ["loss_func", "_get_or_cache_config", "_get_pg_metrics"]
    names += [f"_compute_{name}_loss" for name in "vanilla_pg ppo tis topr cispo kimi15".split()]
    gradient = take(roll / "pipeline/rlvr/actor_pg_worker.py", *names, **given)
    gradient.compute_sample_weights = plain.compute_sample_weights
    ppo, rlvr = roll / "configs/base_config.py", roll / "pipeline/rlvr/rlvr_config.py"
    mask = d.mask.long()

    def case(name, functions=plain, ref=d.ref, weight=None, filters=(), actor=None, **options):
        c = Config({**defaults(ppo, "PPOConfig"), **defaults(rlvr, "RLVRConfig"), **options})
        is_weight = Config(defaults(ppo, "TrainInferISWeightConfig"), enabled=weight is not None, weight_type=weight)
        filters = [Config({**defaults(ppo, "TrainInferFilterConfig"), **f}, enabled=True) for f in filters]
        c["train_infer_correction"] = Config(is_weight=is_weight, filters=filters)
        x = leaf(d.new)
        batch = dict(response_mask=padded(mask), ref_log_probs=ref * mask, old_log_probs=d.old * mask, scores=d.A)
        batch.update(advantages=d.A[:, None] * mask, infer_logprobs=d.sampled * mask, input_ids=None)
        counts = dict(batch_num_tokens=dict(response_mask=int(mask.sum())), global_valid_samples=dict(response_mask=5))
        config = types.SimpleNamespace(**c)
        data = types.SimpleNamespace(batch=batch, meta_info=counts, non_tensor_batch={})
        loss, _ = as_it_runs(worker("loss_func", functions, config, **(actor or {})))(data, x)
        loss.backward()
        w.case(f"roll_{name}", loss=loss, d_log_probs=x.grad)

    case("ppo")
    for mode in ("token-mean", "seq-mean-token-sum", "seq-mean-token-sum-norm"):
        case(mode.replace("-", "_"), loss_agg_mode=mode)
    case("dual_clip", dual_clip_loss=True)
    case("gspo", importance_sampling="seq")
    case("kl", use_kl_loss=True, kl_loss_coef=0.01)
    case("kl_limited", ref=d.far_ref, use_kl_loss=True, kl_loss_coef=0.01)
    for kind in ("token", "geometric", "sequence", "segment"):
        case(f"weights_{kind}", weight=kind)
    for kind in ("token", "geometric", "sequence", "segment"):
        case(f"filter_{kind}", filters=[dict(agg_type=kind)])
    case("filter_difference", filters=[dict(ratio_enabled=False, diff_enabled=True)])
    case("filter_of_token_mean", filters=[dict(agg_type="geometric")], loss_agg_mode="token-mean")
    for variant in ("vanilla", "tis", "topr", "cispo", "kimi15"):
        case(variant, gradient, actor=dict(pg_variant=variant))
    case("cispo_masked", gradient, actor=dict(pg_variant="cispo", cispo_use_unified_mask=True))


def write_roll_steps(w, d, root):
    w.note(
        "ROLL git 8eb27cc2, utils/functionals.py: compute_gae_advantage_return, compute_reinforce_return, reward_norm, "
        "compute_approx_kl; pipeline/base_worker.py: CriticWorker.loss_func; pipeline/dpo/actor_worker.py: loss_fn; "
        "utils/kl_controller.py"
    )
    roll = root / "git/ROLL/roll"
    names = ["compute_gae_advantage_return", "compute_reinforce_return", "reward_norm", "compute_approx_kl"]
    f = take(roll / "utils/functionals.py", *names, *MEANS)
    A, R = f.compute_gae_advantage_return(d.rewards, d.values, GAMMA, LAMBDA)
    w.case("roll_gae", advantages=A * d.mask, returns=R * d.mask)
    A, _ = f.compute_reinforce_return(d.rewards, GAMMA, 1)
    w.case("roll_returns", returns=A * d.mask)
    kinds = dict(k1="kl", k2="mse", k3="k3", abs="abs")
    write_kl(
        w, d, "roll", {k: lambda x, n=n: f.compute_approx_kl(x, d.ref_log_probs, None, n) for k, n in kinds.items()}
    )
    for name, mean, std in (("grpo", "group", "group"), ("batch", "batch", "batch"), ("mean", "group", None)):
        w.case(f"roll_{name}", advantages=f.reward_norm(d.group_rewards, 4, {}, mean, std))
    critic = take(
        *(roll / "pipeline/base_worker.py", "loss_func", "forward_func_values"),
        of="CriticWorker",
        masked_mean=f.masked_mean,
        DataProto=None,
    )
    for name, clip in (("value", None), ("value_clipped", 0.2)):
        loss_of = worker("loss_func", critic, types.SimpleNamespace(value_clip=clip))
        batch = dict(response_mask=padded(d.mask.long()), values=d.old_values, returns=d.returns)
        data = types.SimpleNamespace(batch=batch)
        values = lambda v: torch.cat([v, torch.zeros(6, 1)], 1)[..., None]
        write_value(w, d, f"roll_{name}", as_it_runs(lambda v: loss_of(data=data, output_tensor=values(v))[0]))
    pairs = take(roll / "pipeline/dpo/actor_worker.py", "loss_fn").loss_fn
    for name, options in (("dpo", {}), ("cdpo", dict(label_smoothing=1 / 8)), ("ipo", dict(ipo=True))):
        write_pairs(w, d, f"roll_{name}", lambda c, j: pairs(c, j, d.margins, -d.margins, beta=BETA, **options)[0])


def write_roll_running(w, root, rewards):
    """Rewards against the mean and the deviation of all so far, these included, in two steps."""
    w.note("ROLL git 8eb27cc2, utils/functionals.py: reward_norm by running, running")
    given = vars(take(root / "git/ROLL/roll/utils/functionals.py", "RunningMoments", "reward_norm", in_double=True))
    running = dict(domain=given["RunningMoments"]())
    found = [given["reward_norm"](part, -1, running, "running", "running") for part in (rewards[:8], rewards[8:])]
    w.case("roll_running", rewards=rewards, advantages=torch.cat(found))
