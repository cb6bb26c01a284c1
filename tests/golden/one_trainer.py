# SPDX-License-Identifier: MIT
"""Writes one_trainer.txt: what a single trainer ships, and the library expresses by several of its functions."""

import types
from collections import defaultdict
from unittest.mock import patch

import numpy as np
import torch

from cases import HERE, Writer, leaf
from policy_packages import dyadic, policies
from rlhf_packages import take


def write_one_trainer(root):
    w = Writer(
        HERE / "one_trainer.txt",
        f"torch {torch.__version__.split('+')[0]}: trl 1.16.0, ROLL git 8eb27cc2, Skywork-OR1 git 64e96af; seed 18",
    )
    torch.manual_seed(18)
    write_iw_opd(w, root / "newer/trl/experimental/iw_opd/iw_opd_trainer.py")
    write_gigpo(w, root / "git/ROLL/roll/pipeline/agentic/utils.py")
    write_entropy_controller(w, root / "git/Skywork-OR1/verl/trainer/ppo/core_algos.py")
    return w


def write_iw_opd(w, path):
    """TRL's IWOPDTrainer._compute_iw_opd_loss by its default, with log-probabilities instead of logits."""
    f = take(path, "_compute_iw_opd_loss")._compute_iw_opd_loss
    new, sampled, mask = policies([10, 7, 1, 9, 4, 0], 10, far=2)
    teacher = sampled + dyadic(6, 10)
    metrics = defaultdict(lambda: defaultdict(list))
    model = types.SimpleNamespace(training=True)
    trainer = types.SimpleNamespace(temperature=1, iw_opd_gamma=0.5, iw_opd_epsilon=1e-8, model=model, _metrics=metrics)
    x = leaf(new)
    labels = torch.where(mask > 0, 0, -100)
    with patch.object(torch.nn.functional, "log_softmax", lambda x, dim: x):
        loss = f(trainer, x[..., None], torch.zeros(6, 10).long(), labels, teacher, sampled)
    loss.backward()
    data = dict(log_probs=new, behavior_log_probs=sampled, teacher_log_probs=teacher, mask=mask)
    w.case("trl_iw_opd", **data, gamma=0.5, loss=loss, d_log_probs=x.grad)


class Columns(dict):
    @property
    def batch_size(self):
        return [len(next(iter(self.values())))]

    device = "cpu"


class Rows:
    """ROLL's DataProto, as far as its advantages need it."""

    def __init__(self, batch, non_tensor_batch=None):
        self.batch, self.non_tensor_batch, self.meta_info = Columns(batch), non_tensor_batch or {}, {}

    from_dict = classmethod(lambda cls, columns: cls(columns))

    def __len__(self):
        return self.batch.batch_size[0]

    def select(self, rows):
        return Rows(
            {k: v[rows] for k, v in self.batch.items()}, {k: v[rows.numpy()] for k, v in self.non_tensor_batch.items()}
        )

    def group_by(self, keys):
        ids = self.non_tensor_batch[keys]
        return {i: self.select(torch.from_numpy(np.flatnonzero(ids == i))) for i in dict.fromkeys(ids.tolist())}

    @staticmethod
    def concat(parts):
        batch = {k: torch.cat([p.batch[k] for p in parts]) for k in parts[0].batch}
        other = {k: np.concatenate([p.non_tensor_batch[k] for p in parts]) for k in parts[0].non_tensor_batch}
        return Rows(batch, other)

    def reorder(self, indices):
        self.__dict__.update(self.select(indices).__dict__)

    def pop(self, key):
        return self.batch.pop(key)


def write_gigpo(w, path):
    """ROLL's GiGPO: returns of the steps, then advantages among answers to a prompt and among steps from one state. A
    row is a step of a trajectory."""
    by_group = dict(norm_mean_type="group", norm_std_type="group", method="mean_std")
    given = dict(DataProto=Rows, RewardNormalizationConfig=lambda **o: types.SimpleNamespace(**{**by_group, **o}))
    names = "compute_discounted_returns agentic_reward_norm build_state_group compute_response_level_rewards".split()
    given["compute_clip_fraction"] = None
    space = {}
    for name in names:  # each calls the ones before it
        space[name] = getattr(take(path, name, in_double=True, Dict=dict, Tensor=torch.Tensor, **given, **space), name)
    steps, prompts = [3, 4, 2, 3, 1, 3], [5, 5, 5, 2, 2, 2]  # of a trajectory
    trajectories = np.repeat(np.arange(6), steps)
    columns = dict(
        traj_id=trajectories,
        traj_group_id=np.repeat(prompts, steps),
        step=np.concatenate([np.arange(n) for n in steps]),
        step_scores=dyadic(16).numpy(),
        episode_scores=np.repeat(dyadic(6).numpy(), steps),
        state_hash=np.array([0, 1, 2, 0, 1, 1, 3, 0, 2, 4, 5, 6, 4, 4, 5, 5]),
    )
    rows = space[names[0]](Rows({"of": torch.arange(16)}, columns), "gigpo", 0.75)
    config = types.SimpleNamespace(
        adv_estimator="gigpo",
        reward_normalization=types.SimpleNamespace(grouping="traj_group_id", **by_group),
        episode_reward_weight=1.0,
        step_reward_weight=0.5,
        reward_clip=None,
    )
    rows, _ = space[names[3]](rows, config)
    given = {k: columns[k].astype(float) for k in ("step_scores", "episode_scores")}
    ids = dict(trajectories=columns["traj_id"], prompts=columns["traj_group_id"], states=columns["state_hash"])
    found = dict(returns=rows.batch["step_rewards"], advantages=rows.batch["response_level_rewards"])
    w.case("roll_gigpo", **given, **ids, gamma=0.75, step_weight=0.5, **found)


def write_entropy_controller(w, path):
    """Skywork-OR1's EntController by its training scripts, such as or1_scripts/train/7b_16k.sh."""
    controller = take(path, "EntController").EntController(0.0, 0.005, 0, 0.0001, 0.2, True)
    entropies, coefs = [0.5, 0.19, 0.1, 0.15, 0.3, 0.12, 0.25, 0.25, 0.25, 0.1], []
    for entropy in entropies:
        controller.update(entropy)
        coefs.append(controller.value * controller.entropy_loss_enabled)
    w.case("skywork_or1_entropy", entropy=entropies, coefs=coefs)
