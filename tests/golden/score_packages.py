# SPDX-License-Identifier: MIT
"""Writes scores.txt: what RLHF packages make of scores by length, and of scores of answers that were cut."""

import ast
from collections import defaultdict
from types import SimpleNamespace
from typing import Callable, List

import numpy as np
import torch

from cases import HERE, Writer, normal
from rlhf_packages import take

LONGEST, BUFFER, FACTOR = 100, 20, 0.5


def write_scores(root):
    w = Writer(
        HERE / "scores.txt",
        f"torch {torch.__version__.split('+')[0]}; the name of a case begins with its package: verl 0.9.1, "
        "openrlhf 0.11.2, trl 1.16.0, torchrl 0.14.1, rlax 0.1.9, ms-swift 4.6.0, NeMo-RL git 7ea279abf",
    )
    torch.manual_seed(11)
    lengths = torch.tensor([1, 79, 80, 81, 90, 99, 100, 101, 130])
    n, finished = len(lengths), (lengths != 90) & (lengths < LONGEST)
    given = dict(lengths=lengths, finished=finished, max_length=LONGEST, overlong_buffer=BUFFER)

    punish = take(root / "newer/trl/rewards/other_rewards.py", "_SoftOverlongPunishment", Callable=Callable)
    scores = torch.zeros(n)
    shaped = punish._SoftOverlongPunishment(LONGEST, BUFFER)([[1] * k for k in lengths.tolist()])
    w.case("trl_overlong", **given, scores=scores, shaped=shaped)

    scores = normal(n)
    w.case("verl_overlong", **given, scores=scores, shaped=verl_rewards(root, scores, lengths))

    base = root / "openrlhf-0.11.2.data/purelib/openrlhf/trainer/ppo_utils"
    names = ("apply_overlong_penalty", "apply_stop_properly_penalty")
    openrlhf = take(base / "length_penalty.py", *names, List=List)
    for name, stop in (("overlong", 1), ("overlong_and_stop", 0.25), ("overlong_and_fixed", -0.5)):
        e = SimpleNamespace(response_length=lengths, truncated=~finished, rewards=scores.clone())
        openrlhf.apply_overlong_penalty([e], LONGEST, BUFFER, FACTOR)
        openrlhf.apply_stop_properly_penalty([e], stop)
        w.case(f"openrlhf_{name}", **given, scores=scores, shaped=e.rewards)
    write_whitened(w, root)
    write_vtrace(w, root)
    write_growing(w, root, given, lengths)


def write_growing(w, root, given, lengths):
    """Penalties that grow beyond the longest answer: NeMo-RL's and ms-swift's."""
    path = root / "git/RL/nemo_rl/algorithms/reward_functions.py"
    shape = take(path, "apply_reward_shaping", BatchedDataDict=dict).apply_reward_shaping
    cfg = SimpleNamespace(enabled=True, stop_properly_penalty_coef=None, max_response_length=LONGEST)
    cfg.overlong_buffer_length, cfg.overlong_buffer_penalty = BUFFER, FACTOR
    scores = normal(len(lengths))
    batch = {"total_reward": scores.clone(), "response_token_lengths": lengths}
    w.case("nemo_rl_overlong", **given, scores=scores, shaped=shape(batch, cfg)["total_reward"])

    base = type("ORM", (), {"__init__": lambda *_: None})
    of = take(root / "swift/rewards/orm.py", "SoftOverlong", ORM=base, List=List)
    args = SimpleNamespace(soft_max_length=LONGEST, soft_cache_length=BUFFER)
    shaped = of.SoftOverlong(args)([], response_token_ids=[[1] * k for k in lengths.tolist()])
    w.case("ms_swift_overlong", **given, scores=torch.zeros(len(lengths)), shaped=shaped)


def write_whitened(w, root):
    """Advantages that are whitened over the step: REINFORCE++ in both forms and GDPO, of verl; GDPO of TRL."""
    utils = take(
        root / "verl/utils/torch_functional.py", "masked_sum", "masked_mean", "masked_var", "masked_whiten"
    )
    names = ["reinforce_plus_plus", "reinforce_plus_plus_baseline", "grpo", "gdpo"]
    verl = take(
        root / "verl/trainer/ppo/core_algos.py",
        *(f"compute_{n}_outcome_advantage" for n in names),
        defaultdict=defaultdict,
        AlgoConfig=object,
        verl_F=utils,
    )
    ids, lengths = torch.tensor([4, 4, 7, -1, 4, 7, 7, 4]), torch.tensor([5, 2, 1, 3, 4, 4, 3, 5])
    mask = (torch.arange(5) < lengths[:, None]).double()
    index, rewards = ids.numpy(), normal(8)
    at_end = torch.zeros(8, 5).scatter(1, lengths[:, None] - 1, rewards[:, None])

    per_token = at_end + 0.1 * normal(8, 5) * mask
    A, R = verl.compute_reinforce_plus_plus_outcome_advantage(per_token, mask, SimpleNamespace(gamma=0.9))
    w.case("verl_reinforce_plus_plus", rewards=per_token, mask=mask, gamma=0.9, advantages=A, returns=R)
    A = verl.compute_reinforce_plus_plus_baseline_outcome_advantage(at_end.clone(), mask, index)[0]
    w.case("verl_reinforce_plus_plus_baseline", rewards=rewards, ids=ids, mask=mask, advantages=A[:, 0])

    several, weights = normal(3, 8) * torch.tensor([[1.0], [0.1], [20]]), torch.tensor([1.0, 0.5, 2])
    A = verl.compute_gdpo_outcome_advantage(
        at_end,
        mask,
        index,
        config={"gdpo_reward_keys": [0, 1, 2], "gdpo_reward_weights": weights.tolist()},
        non_tensor_batch={k: several[k].numpy() for k in range(3)},
        batch={"prompts": torch.zeros(8, 1), "attention_mask": torch.cat([torch.ones(8, 1), mask], 1).long()},
    )[0]
    w.case("verl_gdpo", rewards=several, weights=weights, ids=ids, mask=mask, advantages=A[:, 0])

    passk = take(
        root / "verl/trainer/ppo/core_algos.py",
        "compute_grpo_passk_outcome_advantage",
        defaultdict=defaultdict,
        AlgoConfig=object,
    ).compute_grpo_passk_outcome_advantage
    pairs = torch.where(ids < 0, 4, ids)
    for name, by_std in (("passk", False), ("passk_std", True)):
        A = passk(at_end, mask, pairs.numpy(), config={"norm_adv_by_std_in_grpo": by_std})[0]
        w.case(f"verl_{name}", rewards=rewards, ids=pairs, advantages=A[:, 0])

    several[0, 2] = several[1, 5] = several[:, 6] = torch.nan
    w.case("trl_gdpo", rewards=several, weights=weights, advantages=trl_gdpo(root, several, weights))


def write_vtrace(w, root):
    """torchrl's function over sequences with ends inside, and rlax's, with numpy instead of JAX, per sequence."""
    torch.manual_seed(12)
    B, T = 3, 6
    r, values, log_pi = normal(B, T), normal(B, T + 1), normal(B, T, deviation=0.5)
    v, log_mu = values[:, :-1], log_pi + normal(B, T, deviation=0.5)
    given = dict(rewards=r, values=v, log_probs=log_pi, behavior_log_probs=log_mu, gamma=0.9)

    terminated, truncated = torch.zeros(B, T).bool(), torch.zeros(B, T).bool()
    terminated[0, 2] = terminated[1, 5] = truncated[1, 1] = truncated[2, 3] = truncated[2, 4] = True
    after = torch.where(truncated, normal(B, T), values[:, 1:])
    f = take(root / "torchrl/objectives/value/functional.py", "vtrace_advantage_estimate").vtrace_advantage_estimate
    for name, rho, c in (("vtrace", 1.0, 1.0), ("vtrace_bounds", 1.5, 0.75)):
        of = (x[..., None] for x in (log_pi, log_mu, v, after, r, terminated | truncated, terminated))
        A, targets = f(0.9, *of, rho_thresh=rho, c_thresh=c)
        flags = dict(next_values=after, terminated=terminated, truncated=truncated)
        w.case(f"torchrl_{name}", **given, **flags, rho_bar=rho, c_bar=c, targets=targets, advantages=A)

    def scan(body, carry, xs, reverse):
        rows = []
        for x in reversed(list(zip(*xs))):
            carry, y = body(carry, x)
            rows.insert(0, y)
        return carry, np.array(rows)

    ignore = lambda *_: None
    space = dict(
        jnp=np,
        jax=SimpleNamespace(lax=SimpleNamespace(scan=scan, select=np.where, stop_gradient=lambda x: x)),
        chex=SimpleNamespace(assert_rank=ignore, assert_type=ignore, assert_equal_shape=ignore),
        VTraceOutput=SimpleNamespace,
    )
    rlax = take(root / "rlax/_src/vtrace.py", "vtrace", "vtrace_td_error_and_advantage", **space)
    rows = [
        rlax.vtrace_td_error_and_advantage(
            *(x.numpy() for x in (v[s], values[s, 1:], r[s], torch.full((T,), 0.9), (log_pi - log_mu)[s].exp())),
            lambda_=0.8,
            clip_rho_threshold=1.25,
            clip_pg_rho_threshold=1.5,
        )
        for s in range(B)
    ]
    targets, A = v + np.array([x.errors for x in rows]), np.array([x.pg_advantage for x in rows])
    bounds = {"lambda": 0.8, "rho_bar": 1.25, "policy_rho_bar": 1.5}
    w.case("rlax_vtrace", **given, bootstrap_values=values[:, -1], **bounds, targets=targets, advantages=A)


def trl_gdpo(root, several, weights, size=4):
    """The branch of TRL's GRPOTrainer that adds up normalised rewards."""
    nanstd = take(root / "newer/trl/trainer/utils.py", "nanstd").nanstd
    tree = ast.parse((root / "newer/trl/trainer/grpo_trainer.py").read_text())
    branch = next(
        node.body
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "== 'normalize_then_sum'" in ast.unparse(node.test)
    )
    by_sequence = several.T.contiguous()
    space = dict(
        torch=torch,
        nanstd=nanstd,
        device="cpu",
        num_generations=size,
        rewards_per_func=by_sequence,
        unscorable_mask=torch.isnan(by_sequence).all(1),
        self=SimpleNamespace(reward_funcs=range(len(weights)), reward_weights=weights),
    )
    exec(compile(ast.Module(branch, []), "grpo_trainer.py", "exec"), space)
    return torch.nan_to_num(space["advantages"], nan=0.0)


def verl_rewards(root, scores, lengths):
    """DAPORewardManager on answers of these lengths, whose scores are there already. It rounds to float."""
    manager = take(
        root / "verl/workers/reward_manager/dapo.py",
        "DAPORewardManager",
        AbstractRewardManager=object,
        DataProto=object,
        default_compute_score=None,
        defaultdict=defaultdict,
    ).DAPORewardManager
    width = int(lengths.max())

    class Data(list):
        batch = {"responses": torch.zeros(len(lengths), width)}

    def item(score, length):
        mask = torch.cat([torch.ones(1), torch.arange(width) < length])
        batch = {"prompts": torch.zeros(1), "responses": torch.zeros(width), "attention_mask": mask.long()}
        return SimpleNamespace(
            batch=batch, non_tensor_batch={"reward_model": {"ground_truth": score}, "source": "", "extra_info": {}}
        )

    tokenizer = SimpleNamespace(decode=lambda *_, **__: "", eos_token="</s>")
    at = manager(
        tokenizer,
        0,
        compute_score=lambda ground_truth, **_: ground_truth,
        reward_fn_key="source",
        max_resp_len=LONGEST,
        overlong_buffer_cfg=SimpleNamespace(enable=True, len=BUFFER, penalty_factor=FACTOR, log=False),
    )
    at._extract_reward_from_rm_scores = lambda *_: None
    return at(Data(item(s, k) for s, k in zip(scores.tolist(), lengths))).double().sum(1)
