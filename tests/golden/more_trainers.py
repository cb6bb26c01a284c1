# SPDX-License-Identifier: MIT
"""Adds to policies.txt, steps.txt and one_trainer.txt what Unsloth, Skywork-OR1, tinker-cookbook and prime-rl compute.
tinker's policy losses run on a server, and are not there to be run."""

import asyncio
import math
import types
from collections import defaultdict

import numpy as np
import torch

from cases import leaf
from policy_packages import Config, dyadic
from rlhf_packages import take
from trainer_steps import BETA, GAMMA, LAMBDA, write_kl, write_pairs, write_value


def write_unsloth(w, make_data, root, seed):
    w.note(
        "unsloth_zoo 2026.10.9, rl_replacements.py: grpo_compute_loss, by the defaults of its arguments but for the named "
        f"ones, with what it takes from trl 1.16.0; seed {seed}"
    )
    d = make_data(w, "unsloth", seed, [10, 7, 1, 9, 4, 2], far=2, per_sequence=True, ref_of_old=False)
    of_trl = take(root / "newer/trl/trainer/grpo_trainer.py", "get_gamma_weights", "get_off_policy_mask", math=math)
    of_trl.get_gamma_weights = torch.no_grad()(of_trl.get_gamma_weights)  # its decorator there
    path = root / "unsloth_zoo/rl_replacements.py"
    loss_of = take(path, "grpo_compute_loss", in_double=True, math=math).grpo_compute_loss

    def case(name, loss_type="dapo", beta=0.0, sampled=None, ref=d.ref, **options):
        x = leaf(d.new)
        options = dict(num_items_in_batch=d.mask.sum(), max_completion_length=512, **vars(of_trl), **options)
        options.update(use_vllm=sampled is not None, vllm_importance_sampling_correction=True)
        loss, *_ = loss_of(ref, x, d.old, sampled, d.mask, d.mask, beta, d.A, loss_type=loss_type, **options)
        loss.backward()
        w.case(f"unsloth_{name}", loss=loss, d_log_probs=x.grad)

    for loss in ("grpo", "bnpo", "dr_grpo", "dapo", "sapo", "luspo", "vespo"):
        case(loss, loss)
    case("cispo", "cispo", epsilon_high=5.0)
    case("gspo", "grpo", importance_sampling_level="sequence")
    case("luspo_sequence", "luspo", importance_sampling_level="sequence")
    case("delta", delta=4.0)
    case("kl", beta=0.04)
    case("kl_limited", beta=0.04, ref=d.far_ref)
    case("kl_by_ratio", beta=0.04, use_bias_correction_kl=True)
    case("off_policy_mask", off_policy_mask_threshold=1 / 16)
    for mode in ("sequence_mask", "sequence_truncate", "token_mask", "token_truncate", "geometric_truncate"):
        case(mode, sampled=d.sampled, vllm_importance_sampling_mode=mode)


def write_skywork(w, make_data, root, seed):
    w.note(
        "Skywork-OR1 git 64e96af, verl/trainer/ppo/core_algos.py: compute_policy_loss, by the clip_ratio of its "
        f"configuration, and kl_penalty; seed {seed}"
    )
    d = make_data(w, "skywork", seed, [10, 7, 1, 9, 4, 0], ref_of_old=False)
    helpers = take(root / "git/Skywork-OR1/verl/utils/torch_functional.py", "masked_mean")
    names = ("compute_policy_loss", "kl_penalty")
    f = take(root / "git/Skywork-OR1/verl/trainer/ppo/core_algos.py", *names, verl_F=helpers)

    def case(name, loss_of, **found):
        x = leaf(d.new)
        loss = loss_of(x)
        loss.backward()
        w.case(f"skywork_{name}", loss=loss, d_log_probs=x.grad, **found)

    _, clipped, _ = f.compute_policy_loss(d.old, d.new, d.A, d.mask, 0.2)
    case("ppo", lambda x: f.compute_policy_loss(d.old, x, d.A, d.mask, 0.2)[0], clip_fraction=clipped)
    for name, ref in (("kl", d.ref), ("kl_limited", d.far_ref)):
        case(name, lambda x: 0.125 * helpers.masked_mean(f.kl_penalty(x, ref, "low_var_kl"), d.mask))


def write_skywork_steps(w, d, root):
    w.note("Skywork-OR1 git 64e96af, verl/trainer/ppo/core_algos.py, and masked_whiten of verl/utils/torch_functional.py")
    base = root / "git/Skywork-OR1/verl"
    names = ("masked_mean", "masked_var", "masked_whiten", "clip_by_value")
    helpers = take(base / "utils/torch_functional.py", *names)
    names = ["compute_gae_advantage_return", "compute_value_loss", "kl_penalty"]
    names += [f"compute_{n}_outcome_advantage" for n in ("grpo", "reinforce_plus_plus", "remax")]
    f = take(base / "trainer/ppo/core_algos.py", *names, verl_F=helpers, defaultdict=defaultdict)
    A, R = f.compute_gae_advantage_return(d.rewards, d.values, d.mask, GAMMA, LAMBDA)
    w.case("skywork_gae", whitened=A * d.mask, returns=R * d.mask)
    w.case("skywork_whiten", whitened=helpers.masked_whiten(d.values, d.mask) * d.mask)
    A, R = f.compute_reinforce_plus_plus_outcome_advantage(d.rewards, d.mask, GAMMA)
    w.case("skywork_returns", whitened=A, returns=R * d.mask)
    write_value(
        w, d, "skywork_value", lambda v: f.compute_value_loss(v, d.returns, d.old_values, d.mask, 0.5)[0]
    )
    kinds = dict(k1="kl", k2="mse", k3="low_var_kl", abs="abs")
    write_kl(w, d, "skywork", {k: lambda x, n=n: f.kl_penalty(x, d.ref_log_probs, n) for k, n in kinds.items()})
    index, ones = (torch.arange(20) // 4).numpy(), torch.ones(20, 1)
    A, _ = f.compute_grpo_outcome_advantage(d.group_rewards[:, None].clone(), ones, index)
    w.case("skywork_grpo", advantages=A)
    A, _ = f.compute_remax_outcome_advantage(d.group_rewards[:, None], d.group_sizes, ones)
    w.case("skywork_remax", advantages=A)


def write_tinker_steps(w, d, root):
    w.note("tinker_cookbook 0.6.1, rl/data_processing.py: compute_advantages; preference/train_dpo.py: compute_dpo_loss")
    base = root / "tinker_cookbook"
    of_groups = take(base / "rl/data_processing.py", "compute_advantages").compute_advantages
    groups = [types.SimpleNamespace(get_total_rewards=g.tolist) for g in d.group_rewards.view(5, 4)]
    w.case("tinker_centered", advantages=torch.cat(of_groups(groups)))
    dpo = take(base / "preference/train_dpo.py", "compute_dpo_loss").compute_dpo_loss
    ref = (list(d.margins), list(-d.margins))
    write_pairs(w, d, "tinker_dpo", lambda c, j: dpo(list(c), list(j), *ref, BETA)[0])


def write_tinker_kl(w, d, root):
    """incorporate_kl_penalty: centred KL to the base model, added to advantages of 0, also summed over what follows."""
    w.note("tinker_cookbook 0.6.1, rl/metrics.py: incorporate_kl_penalty, on data of steps.txt")
    names = ("incorporate_kl_penalty", "discounted_future_sum_vectorized")
    array = lambda x: types.SimpleNamespace(to_torch=lambda: x)

    async def scores(*_):
        return [[0.0, *row] for row in d.ref_log_probs.tolist()], None

    given = dict(safezip=zip, _full_sequence_inputs=lambda _: None, score_sequences=scores)
    given["tinker"] = types.SimpleNamespace(TensorData=types.SimpleNamespace(from_torch=array))
    f = take(root / "tinker_cookbook/rl/metrics.py", *names, in_double=True, **given)
    found = {}
    for name, discount in (("advantages", 0.0), ("discounted", GAMMA)):
        columns = zip(d.log_probs, d.mask)
        data = [dict(logprobs=array(p), mask=array(m), advantages=array(torch.zeros(10))) for p, m in columns]
        data = [types.SimpleNamespace(loss_fn_inputs=row) for row in data]
        asyncio.run(f.incorporate_kl_penalty(data, None, 0.5, discount))
        found[name] = torch.stack([row.loss_fn_inputs["advantages"].to_torch() for row in data])
    given = dict(log_probs=d.log_probs, base_log_probs=d.ref_log_probs, mask=d.mask)
    w.case("tinker_kl", **given, coef=0.5, gamma=GAMMA, **found)


class PrimeAlgorithm:
    """What prime-rl's algorithms of advantages ask for: traces of episodes, of which some do not learn."""

    def __init__(self, root, file, name, **config):
        base = root / "git/prime-rl/src/prime_rl/orchestrator/algo"
        parent = type("Algorithm", (), {"__init__": lambda *_: None})
        given = dict(Algorithm=parent, defaultdict=defaultdict, assign_advantages=self.assign)
        given["iter_trainable_traces"] = take(base / "base.py", "iter_trainable_traces").iter_trainable_traces
        cls = getattr(take(base / file, name, in_double=True, **given), name)
        self.of = cls(types.SimpleNamespace(**config), None)

    def assign(self, trace, advantage):
        trace.advantage = float(advantage)

    def advantages(self, *groups):
        """Of groups of episodes: lists of (reward, agent), or of (reward, agent, why it does not learn)."""
        traces = []
        for group in groups:
            episodes = []
            for i, episode in enumerate(group):
                made = [self.trace(*of) for of in episode]
                episodes.append(types.SimpleNamespace(id=i, traces=made))
                traces += made
            asyncio.run(self.of.score_group(episodes))
        return [getattr(t, "advantage", 0.0) for t in traces]

    @staticmethod
    def trace(reward, agent, why=""):
        nodes = [types.SimpleNamespace(mask=[why != "said nothing"])]
        agent = types.SimpleNamespace(name=agent, trainable=why != "frozen")
        return types.SimpleNamespace(reward=reward, agent=agent, has_error=why == "error", nodes=nodes)


def write_prime_rl_steps(w, d, root):
    w.note("prime-rl git 559b44772, orchestrator/algo: GRPOAlgorithm and MaxRLAlgorithm")
    for name, file, cls, rewards in (
        ("grpo", "grpo.py", "GRPOAlgorithm", d.group_rewards),
        ("max_rl", "max_rl.py", "MaxRLAlgorithm", d.group_sizes),
    ):
        of = PrimeAlgorithm(root, file, cls, length_penalty=None)
        groups = [[[(r, "solver")] for r in group] for group in rewards.view(5, 4).tolist()]
        w.case(f"prime_rl_{name}", advantages=of.advantages(*groups))


def write_prime_rl_roles(w, root, seed):
    """RAE by several decays, agents and groups, with traces that do not learn; GRPO of solvers and proposers."""
    w.note(f"prime-rl git 559b44772, orchestrator/algo: RAEAlgorithm and HierarchicalGRPOAlgorithm; seed {seed}")
    torch.manual_seed(seed)
    rewards, agents = dyadic(24), torch.randint(0, 3, (24,))
    why = ["", "", "", "error", "", "frozen", "", "said nothing", "", "", "", ""] * 2
    for name, decay, of in (("half", 0.5, agents), ("none", 0.0, agents), ("one_agent", 0.95, 0 * agents)):
        rae = PrimeAlgorithm(root, "rae.py", "RAEAlgorithm", decay=decay)
        traces = [[one] for one in zip(rewards.tolist(), of.tolist(), why)]
        groups = traces[:1], traces[1:8], traces[8:]
        learns = torch.tensor([not x for x in why])
        A = rae.advantages(*groups)
        w.case(f"prime_rl_rae_{name}", rewards=rewards, agents=of, learns=learns, decay=decay, advantages=A)
    of = PrimeAlgorithm(root, "hierarchical_grpo.py", "HierarchicalGRPOAlgorithm", episode_agents=["solver"])
    rewards = dyadic(16)
    episodes = [[("proposer", 1), ("solver", 3)], [("proposer", 1), ("solver", 2)], [("proposer", 1), ("solver", 1)]]
    group, ids, at = [], [], 0
    for i, roles in enumerate(episodes):
        group.append([])
        for role, times in roles:
            for _ in range(times):
                group[-1].append((rewards[at].item(), role))
                ids.append(0 if role == "proposer" else 1 + i)
                at += 1
    w.case("prime_rl_roles", rewards=rewards[:at], ids=ids, advantages=of.advantages(group))


def write_prime_rl_sum(w, root, seed):
    """Its sum of three losses over the tokens of each, divided by counts of their own."""
    w.note(f"prime-rl git 559b44772, trainer/rl/loss.py: compute_loss over default_loss_fn and its two others; seed {seed}")
    torch.manual_seed(seed)
    path = root / "git/prime-rl/src/prime_rl/trainer/rl/loss.py"
    names = ["_safe_mean", "compute_importance_ratio_and_mismatch_kl", "default_loss_fn", "ce_loss_fn", "ref_kl_loss_fn"]
    given = dict(LossInputs=types.SimpleNamespace, LossOutputs=types.SimpleNamespace)
    prime = take(path, *names, "compute_loss", **given)
    new = -dyadic(6, 10).abs() - 1 / 64
    old, ref, A = (new + dyadic(6, 10, deviation=0.25) for _ in range(2)), None, dyadic(6, 10)
    old, ref = old
    lengths = torch.tensor([10, 7, 1, 9, 4, 0])
    there = torch.arange(10) < lengths[:, None]
    kind = torch.randint(0, 4, (6, 10)) * there  # 1: said by the policy, 2: a tool's, 3: judged by a teacher
    rl, ce, ref_kl = ((kind == k) * dyadic(6, 10).abs().clamp(min=0.25) for k in (1, 2, 3))
    config = Config(adv_tau=1.0, kl_tau=1e-3, dppo_mask_low=0.2, dppo_mask_high=0.2)
    x = leaf(new)
    counts = [int((z > 0).sum()) for z in (rl, ce, ref_kl)]
    rows = [list(z) for z in (x, old, ref, A, kind == 1, rl, ce, ref_kl)]
    loss, _ = prime.compute_loss(*rows, lambda inputs: prime.default_loss_fn(inputs, config), *counts)
    loss.backward()
    data = dict(log_probs=new, old_log_probs=old, ref_log_probs=ref, advantages=A, mask=there)
    w.case("prime_rl_sum_data", **data, rl_weights=rl, ce_weights=ce, ref_kl_weights=ref_kl)
    w.case("prime_rl_sum_of_three", loss=loss, d_log_probs=x.grad)
