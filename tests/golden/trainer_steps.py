# SPDX-License-Identifier: MIT
"""Writes steps.txt: advantages, rewards, values, KL estimators and pairs of trainers, by their own code, on data that
all of them share. Where the code casts to float, it is run with casts to double."""

import functools
import sys
import types
from collections import defaultdict

import torch

from cases import HERE, Writer, leaf
from policy_packages import Config, dyadic
from rlhf_packages import run_branch, take

GAMMA, LAMBDA, BETA = 1 - 1 / 32, 1 - 1 / 16, 1 / 4


def make_data(w):
    torch.manual_seed(15)
    lengths = torch.tensor([10, 7, 1, 9, 4, 3])
    mask = (torch.arange(10) < lengths[:, None]).double()
    mask[0, 3:5] = 0  # what a tool said
    d = types.SimpleNamespace(mask=mask, rewards=dyadic(6, 10), values=dyadic(6, 10), scores=dyadic(6, deviation=8))
    moved = dyadic(6, 10, deviation=0.5)
    moved[moved.abs() == 0.5] += 1 / 64  # at the bound of a clip some share the gradient between two values
    d.old_values = d.values + moved
    d.returns = d.values + dyadic(6, 10)
    d.log_probs = -dyadic(6, 10).abs() - 1 / 64
    d.ref_log_probs = d.log_probs + dyadic(6, 10)
    d.ref_log_probs[0, :3] = d.log_probs[0, :3] + torch.tensor([2.75, -12.0, 22.0])  # beyond limits
    d.group_rewards, d.chosen, d.rejected, d.margins = dyadic(20), dyadic(6), dyadic(6), dyadic(6).abs()
    d.group_rewards[4:8] = 0.5
    d.group_sizes = d.group_rewards.abs()  # MaxRL is for rewards that are not negative
    w.case("data", **{"gamma": GAMMA, "lambda": LAMBDA}, **vars(d))
    return d


def write_steps(root):
    w = Writer(HERE / "steps.txt", f"torch {torch.__version__.split('+')[0]}; seed 15")
    d = make_data(w)
    write_verl(w, d, root / "verl")
    write_openrlhf(w, d, root / "openrlhf-0.11.2.data/purelib/openrlhf")
    write_skyrl(w, d, root / "skyrl/backends/skyrl_train/utils")
    w.note("trl 0.23.0, core.py: masked_whiten")
    trl = take(root / "trl/core.py", "masked_mean", "masked_var", "masked_whiten")
    w.case("trl_whiten", whitened=trl.masked_whiten(d.values, d.mask) * d.mask)
    w.case("trl_whiten_keep_mean", whitened=trl.masked_whiten(d.values, d.mask, shift_mean=False) * d.mask)
    write_trl(w, d, root / "newer/trl/trainer")
    w.note("slime git 624b824a8, utils/ppo_utils.py: vanilla_gae")
    A, R = take(root / "git/slime/slime/utils/ppo_utils.py", "vanilla_gae").vanilla_gae(
        d.rewards, d.values, GAMMA, LAMBDA
    )
    w.case("slime_gae", advantages=A * d.mask, returns=R * d.mask)
    write_torchrl(w, d, root / "torchrl/objectives")
    w.note("areal 1.0.4, utils/functional/functional.py: ppo_critic_loss_fn; utils/data.py: KLEstimator")
    areal = take(root / "areal/utils/data.py", "KLEstimator", in_double=True).KLEstimator
    write_kl(w, d, "areal", {k: lambda x, k=k: areal(k)(x, d.ref_log_probs) for k in ("k1", "k2", "k3")})
    critic = take(
        root / "areal/utils/functional/functional.py",
        *("_huber_loss", "_mse_loss", "ppo_critic_loss_fn"),
        in_double=True,
        functools=functools,
    ).ppo_critic_loss_fn
    for kind in ("mse", "huber"):
        write_value(w, d, f"areal_value_{kind}", lambda v: critic(v, d.old_values, d.returns, 0.5, d.mask > 0, kind)[0])
    preference = take(root / "areal/utils/functional/functional.py", "dpo_preference_loss", in_double=True)
    dpo = preference.dpo_preference_loss
    write_pairs(w, d, "areal_dpo", lambda c, j: dpo(c - j, beta=BETA).mean())
    w.note("liger-kernel 0.8.5, chunked_loss/dpo_loss.py: preference_loss_fn")
    path = root / "liger_kernel/chunked_loss/dpo_loss.py"
    liger = take(path, "preference_loss_fn", of="LigerFusedLinearDPOFunction").preference_loss_fn
    write_pairs(w, d, "liger_dpo", lambda c, j: liger(c, j, torch.zeros(12), beta=BETA)[0])
    w.note("NeMo-RL git 7ea279abf, algorithms/utils.py: calculate_kl, by its defaults")
    nemo = take(root / "git/RL/nemo_rl/algorithms/utils.py", "calculate_kl").calculate_kl
    write_kl(w, d, "nemo_rl", {k: lambda x, k=k: nemo(x, d.ref_log_probs, k) for k in ("k1", "k2", "k3")})
    w.note("algorithms/advantage_estimator.py: GRPOAdvantageEstimator, by its defaults")
    base = root / "git/RL/nemo_rl/algorithms"
    of_prompt = take(base / "utils.py", "calculate_baseline_and_std_per_prompt", in_double=True)
    grpo = take(base / "advantage_estimator.py", "GRPOAdvantageEstimator", **vars(of_prompt)).GRPOAdvantageEstimator
    prompts, at_one = torch.arange(20)[:, None] // 4, (torch.arange(20) % 3 == 0).double()
    for name, rewards in (("", d.group_rewards), ("_of_ones", at_one)):
        estimator = grpo(types.SimpleNamespace(use_leave_one_out_baseline=True, normalize_rewards=True), None)
        A = estimator.compute_advantage(prompts, rewards, torch.ones(20, 1))
        w.case(f"nemo_rl_grpo{name}", rewards=rewards, advantages=A)
    return w, d


def write_value(w, d, name, loss):
    v = leaf(d.values)
    value = loss(v)
    value.backward()
    w.case(name, loss=value, d_values=v.grad)


def write_pairs(w, d, name, loss):
    c, j = leaf(d.chosen), leaf(d.rejected)
    value = loss(c, j)
    value.backward()
    w.case(name, loss=value, d_chosen=c.grad, d_rejected=j.grad)


def write_trl(w, d, base):
    w.note("trl 1.16.0, trainer/rloo_trainer.py and reward_trainer.py: the branches that make advantages and the loss")
    grouped = d.group_rewards.view(5, 4)
    space = dict(torch=torch, rewards=d.group_rewards, grouped_rewards=grouped, num_generations=4)
    space.update(grouped_sum=grouped.sum(1, keepdim=True), scorable_counts=torch.full((5, 1), 4))
    found = run_branch(base / "rloo_trainer.py", "num_generations > 1", "baselines", space)
    w.case("trl_rloo", advantages=found["advantages"])

    def reward_loss(c, j):
        space = dict(nn=torch.nn, torch=torch, inputs=dict(margin=d.margins), rewards_chosen=c, rewards_rejected=j)
        space["self"] = types.SimpleNamespace(args=types.SimpleNamespace(center_rewards_coefficient=1 / 64))
        run_branch(base / "reward_trainer.py", "'margin' in inputs", "loss", space)
        test = "self.args.center_rewards_coefficient is not None"
        return run_branch(base / "reward_trainer.py", test, "loss", space)["loss"]

    write_pairs(w, d, "trl_pairs", reward_loss)


def write_kl(w, d, trainer, estimators):
    for name, estimate in estimators.items():
        x = leaf(d.log_probs)
        k = estimate(x)
        (k * d.mask).sum().backward()
        w.case(f"{trainer}_kl_{name}", values=k * d.mask, slopes=x.grad)


def write_verl(w, d, base):
    w.note(
        "verl 0.9.1, trainer/ppo/core_algos.py: compute_gae_advantage_return, compute_value_loss, kl_penalty, "
        "compute_reinforce_plus_plus_outcome_advantage and AdaptiveKLController"
    )
    names = ["masked_sum", "masked_mean", "masked_var", "masked_whiten", "clip_by_value"]
    helpers = take(base / "utils/torch_functional.py", *names)
    names = ["compute_gae_advantage_return", "agg_loss", "compute_value_loss", "kl_penalty", "kl_penalty_forward"]
    names += ["AdaptiveKLController", "compute_reinforce_plus_plus_outcome_advantage"]
    verl = take(base / "trainer/ppo/core_algos.py", *names, verl_F=helpers)
    _, R = verl.compute_gae_advantage_return(d.rewards, d.values, d.mask, GAMMA, LAMBDA)
    w.case("verl_gae", returns=R * d.mask)
    _, R = verl.compute_reinforce_plus_plus_outcome_advantage(d.rewards, d.mask, Config(gamma=GAMMA))
    w.case("verl_returns", returns=R)
    for mode in ("token-mean", "seq-mean-token-mean", "seq-mean-token-sum"):
        name = "verl_value_" + mode.replace("-", "_")
        write_value(
            w, d, name, lambda v: verl.compute_value_loss(v, d.returns, d.old_values, d.mask, 0.5, mode)[0]
        )
    kinds = ("k1", "k2", "k3", "abs")
    write_kl(w, d, "verl", {k: lambda x, k=k: verl.kl_penalty(x, d.ref_log_probs, k) for k in kinds})
    controller, coefs, kls = verl.AdaptiveKLController(0.25, 6.0, 10000), [], [3.0, 6.5, 9.0, 5.875, 40.0]
    for k in kls:
        controller.update(k, 512)
        coefs.append(controller.value)
    w.case("verl_kl_controller", coef=0.25, target=6, horizon=10000, steps=512, kl=kls, coefs=coefs)


def write_openrlhf(w, d, base):
    w.note(
        "openrlhf 0.11.2, trainer/ppo_utils/experience_maker.py: get_advantages_and_returns, get_cumulative_returns "
        "and the branch that whitens; models: ValueLoss, PairWiseLoss, compute_approx_kl, compute_reward"
    )
    path = base / "trainer/ppo_utils/experience_maker.py"
    maker = take(path, "get_advantages_and_returns", "get_cumulative_returns")
    A, R = maker.get_advantages_and_returns(None, d.values, d.rewards, d.mask, GAMMA, LAMBDA)
    w.case("openrlhf_gae", advantages=A * d.mask, returns=R * d.mask)
    w.case("openrlhf_returns", returns=maker.get_cumulative_returns(None, d.rewards, d.mask, GAMMA) * d.mask)
    advantage = types.SimpleNamespace(estimator="gae", no_std_norm=False)
    experience = types.SimpleNamespace(advantages=d.values.clone(), action_mask=d.mask)
    args = types.SimpleNamespace(algo=types.SimpleNamespace(advantage=advantage))
    test = "args.algo.advantage.estimator in ['gae', 'reinforce', 'reinforce_baseline']"
    run_branch(path, test, "all_advantages", dict(torch=torch, args=args, experiences=[experience]), in_double=True)
    w.case("openrlhf_whiten", whitened=experience.advantages * d.mask)
    utils = take(base / "models/utils.py", "masked_mean", "compute_reward", "compute_approx_kl", in_double=True)
    kinds = ("k1", "k2", "k3")
    estimate = utils.compute_approx_kl
    write_kl(w, d, "openrlhf", {k: lambda x, k=k: estimate(x, d.ref_log_probs, kl_estimator=k) for k in kinds})
    kl = utils.compute_approx_kl(d.log_probs, d.ref_log_probs)
    rewards = utils.compute_reward(d.scores, 1 / 64, kl, d.mask, (-10, 10))
    w.case("openrlhf_reward", rewards=rewards * d.mask)
    mean = utils.masked_mean
    losses = take(base / "models/loss.py", "aggregate_loss", "ValueLoss", "PairWiseLoss", "DPOLoss", masked_mean=mean)
    loss = losses.ValueLoss(0.5)
    write_value(w, d, "openrlhf_value", lambda v: loss(v, d.old_values, d.returns, d.mask))
    write_pairs(w, d, "openrlhf_pairs", lambda c, j: losses.PairWiseLoss()(c, j, d.margins))
    for name, e in (("dpo", 0.0), ("cdpo", 1 / 8)):
        write_pairs(w, d, f"openrlhf_{name}", lambda c, j: losses.DPOLoss(BETA, e)(c, j, d.margins, -d.margins)[0])


def write_skyrl(w, d, utils):
    w.note(
        "skyrl 0.4.0, backends/skyrl_train/utils/ppo_utils.py: compute_gae_advantage_return, masked_whiten, "
        "ppo_critic_loss, compute_approx_kl and compute_{grpo,rloo,reinforce_plus_plus}_outcome_advantage, maxrl"
    )
    sys.modules.setdefault("loguru", types.SimpleNamespace(logger=types.SimpleNamespace(warning=print)))
    names = ["compute_gae_advantage_return", "masked_var", "masked_whiten", "ppo_critic_loss", "compute_approx_kl"]
    names += [f"compute_{n}_outcome_advantage" for n in ("grpo", "rloo", "reinforce_plus_plus")]
    given = vars(take(utils / "torch_utils.py", "masked_mean"))
    skyrl = take(utils / "ppo_utils.py", *names, "compute_maxrl_advantage", defaultdict=defaultdict, **given)
    A, R = skyrl.compute_gae_advantage_return(d.rewards, d.values, d.mask, GAMMA, LAMBDA)
    w.case("skyrl_gae", whitened=A * d.mask, returns=R * d.mask)
    w.case("skyrl_whiten", whitened=skyrl.masked_whiten(d.values, d.mask) * d.mask)
    A, R = skyrl.compute_reinforce_plus_plus_outcome_advantage(d.rewards, d.mask, GAMMA)
    w.case("skyrl_returns", whitened=A, returns=R * d.mask)
    c = Config(value_clip=0.2)
    write_value(w, d, "skyrl_value", lambda v: skyrl.ppo_critic_loss(v, d.old_values, d.returns, c, d.mask)[0])
    kinds = ("k1", "k2", "k3", "abs")
    estimate = skyrl.compute_approx_kl
    write_kl(w, d, "skyrl", {k: lambda x, k=k: estimate(x, d.ref_log_probs, None, k) for k in kinds})
    index, ones = (torch.arange(20) // 4).numpy(), torch.ones(20, 1)
    for name in ("grpo", "rloo"):
        f = getattr(skyrl, f"compute_{name}_outcome_advantage")
        w.case(f"skyrl_{name}", advantages=f(d.group_rewards[:, None].clone(), ones, index=index)[0])
    A, _ = skyrl.compute_maxrl_advantage(d.group_sizes[:, None].clone(), ones, index=index)
    w.case("skyrl_maxrl", advantages=A)


def write_torchrl(w, d, base):
    w.note("torchrl 0.14.1, objectives/value/functional.py: generalized_advantage_estimate; utils.py: distance_loss")
    given = dict(SHAPE_ERR="")
    gae = take(base / "value/functional.py", "generalized_advantage_estimate", **given).generalized_advantage_estimate
    done = torch.zeros(6, 10, dtype=torch.bool)
    done[:, 9], done[1, 4], done[3, 6] = True, True, True
    terminated = done.clone()
    terminated[3, 6] = terminated[4, 9] = False
    next_values = torch.cat([d.values[:, 1:], d.old_values[:, :1]], 1)
    each = [x[..., None] for x in (d.values, next_values, d.rewards, done, terminated)]
    A, R = gae(GAMMA, LAMBDA, *each)
    given = dict(next_values=next_values, terminated=terminated, truncated=done & ~terminated)
    w.case("torchrl_gae", **given, advantages=A, returns=R)
    distance = take(base / "utils.py", "distance_loss").distance_loss
    write_value(w, d, "torchrl_value", lambda v: distance(v, d.returns, "smooth_l1").mean())
