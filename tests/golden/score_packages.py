# SPDX-License-Identifier: MIT
"""Writes scores.txt: what RLHF packages make of scores by length, and of scores of answers that were cut."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Callable, List

import torch

from cases import HERE, Writer, normal
from rlhf_packages import take

LONGEST, BUFFER, FACTOR = 100, 20, 0.5


def write_scores(root):
    w = Writer(HERE / "scores.txt", f"torch {torch.__version__.split('+')[0]}; the name of a case begins with its package: verl 0.9.1, openrlhf 0.11.2, trl 1.16.0")
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
