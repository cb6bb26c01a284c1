# SPDX-License-Identifier: MIT
"""Writes the dumps of a batch beside this file, as users of six trainers would: the arrays that the trainer has, and
the loss and the gradient that its own code computes of them. `about` in each file says package, version, function, seed.

Run with:
    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy safetensors
    for p in verl==0.9.1 openrlhf==0.11.2 liger-kernel==0.8.5; do venv/bin/pip download --no-deps -d wheels $p; done
    for p in skyrl==0.4.0 ms-swift==4.6.0; do
        venv/bin/pip download --no-deps --python-version 3.12 --only-binary=:all: -d wheels $p
    done
    for w in wheels/*.whl; do unzip -qo $w -d packages; done
    venv/bin/pip download --no-deps -d newer trl==1.16.0 && unzip -qo newer/trl-1.16.0*.whl -d packages/newer
    venv/bin/python dumps.py packages

The packages are not installed: tests/golden/rlhf_packages.py takes functions out of their files.
"""

import pathlib
import sys
import types
from collections import defaultdict

import numpy as np
import torch
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "golden"))
from ms_swift import Loss  # noqa: E402
from policy_packages import Config, Trainer, defaults, run_branch  # noqa: E402
from rlhf_packages import take  # noqa: E402


def batch(seed, dtype, sequences=8, steps=24, moved=0.25):
    """log π and log π_old, of the reference and of the sampler, and a mask with a row of each length."""
    torch.manual_seed(seed)
    torch.set_default_dtype(dtype)
    old = -torch.randn(sequences, steps).abs() - 0.05
    new = (old + moved * torch.randn(sequences, steps)).clamp(max=-1e-3)
    ref, sampled = old + 0.3 * torch.randn(sequences, steps), old + 0.2 * torch.randn(sequences, steps)
    lengths = torch.randint(3, steps + 1, (sequences,))
    lengths[0] = steps
    mask = (torch.arange(steps) < lengths[:, None]).to(dtype)
    return new.requires_grad_(True), old, ref, sampled, mask


def arrays(loss, policy, **more):
    """What is dumped: the loss, its gradient, and the arrays by the trainer's names."""
    (gradient,) = torch.autograd.grad(loss, policy)
    more.update(loss=loss, grad=gradient)
    return {k: torch.as_tensor(v).detach().numpy() for k, v in more.items()}


def write(name, save, about, **more):
    save(HERE / name, **more, about=np.array(about))
    print(name, (HERE / name).stat().st_size, "bytes", about)


def trl(root):
    """Rewards instead of advantages; KL in the loss."""
    new, old, ref, _, mask = batch(11, torch.float32)
    path = root / "newer/trl/trainer/grpo_trainer.py"
    rewards = torch.randn(8)
    space = dict(torch=torch, device="cpu", num_generations=4, unscorable_mask=rewards.isnan())
    space.update(vars(take(path.parent / "utils.py", "nanstd")), rewards_per_func=rewards[:, None])
    options = dict(multi_objective_aggregation="sum_then_normalize", scale_rewards="group")
    space.update(self=types.SimpleNamespace(reward_weights=torch.ones(1), **options))
    advantages = run_branch(path, "self.multi_objective_aggregation == 'sum_then_normalize'", "rewards = ", space)
    functions = take(path, "_compute_loss", "get_off_policy_mask", **vars(take(path.parent / "utils.py", "nanmin", "nanmax")))
    config = defaults(path.parent / "grpo_config.py", "GRPOConfig")
    ids = torch.zeros(8, 0)
    inputs = dict(prompt_ids=ids, prompt_mask=ids, completion_ids=mask, completion_mask=mask)
    inputs.update(old_per_token_logps=old, ref_per_token_logps=ref, num_items_in_batch=mask.sum())
    inputs.update(advantages=advantages["advantages"])
    loss = functions._compute_loss(Trainer(functions, **{**config, "beta": 0.04}), new, inputs)
    found = arrays(loss, new, per_token_logps=new, old_per_token_logps=old, ref_per_token_logps=ref)
    found.update(completion_mask=mask.numpy().astype(np.uint8), rewards=rewards.numpy())
    about = "trl 1.16.0, GRPOTrainer._compute_loss and its advantages, GRPOConfig with beta 0.04, seed 11"
    write("trl.npz", np.savez, about, **found, group_ids=np.repeat(np.arange(2), 4))


def verl(root):
    """In double: rewards and values per token, a tool's text between answers, weights against the sampler."""
    new, old, _, sampled, mask = batch(12, torch.float64, moved=1.0)
    mask[0, 5:9], sampled = 0, sampled + 0.5 * torch.randn(8, 24)
    rewards, values = torch.randn(8, 24) * mask, torch.randn(8, 24) * mask
    base = root / "verl/trainer/ppo"
    helpers = take(root / "verl/utils/torch_functional.py", "masked_sum", "masked_mean")
    whiten = take(
        root / "verl/utils/torch_functional.py", "masked_var", "masked_whiten", masked_mean=helpers.masked_mean
    )
    vars(helpers).update(vars(whiten))
    core = take(base / "core_algos.py", "agg_loss", "compute_gae_advantage_return", verl_F=helpers)
    advantages, _ = core.compute_gae_advantage_return(rewards, values, mask, gamma=1.0, lam=0.95)
    weights = (old - sampled).exp().clamp(max=2.0)  # what compute_rollout_correction_weights gives per token
    config = Config(defaults(root / "verl/workers/config/actor.py", "ActorConfig"), global_batch_info={})
    given = dict(verl_F=helpers, agg_loss=core.agg_loss, ActorConfig=Config, AlgoConfig=types.NoneType, DictConfig=dict)
    loss_of = take(base / "core_algos.py", "compute_policy_loss_vanilla", **given).compute_policy_loss_vanilla
    loss, _ = loss_of(old, new, advantages, mask, "seq-mean-token-mean", config=config, rollout_is_weights=weights)
    about = "verl 0.9.1, compute_policy_loss_vanilla by ActorConfig, compute_gae_advantage_return, seq-mean-token-mean"
    found = arrays(loss, new, log_prob=new, old_log_prob=old, rollout_log_probs=sampled, response_mask=mask)
    write("verl.npz", np.savez_compressed, about + ", seed 12", **found, token_level_rewards=rewards, values=values)


def openrlhf(root):
    """Advantages of tokens, two bounds of the sampler's ratio, dual clip."""
    new, old, _, _, mask = batch(13, torch.float32, moved=1.0)
    sampled, advantages = old + torch.randn(8, 24), torch.randn(8, 24)
    base = root / "openrlhf-0.11.2.data/purelib/openrlhf/models"
    mean = take(base / "utils.py", "masked_mean").masked_mean
    losses = take(base / "loss.py", "aggregate_loss", "PolicyLoss", masked_mean=mean)
    policy_loss = losses.PolicyLoss(dual_clip=3.0, is_correction_level="token")
    loss, *_ = policy_loss(new, old, advantages, mask, rollout_log_probs=sampled)
    found = arrays(loss, new, action_log_probs=new, old_log_probs=old, rollout_log_probs=sampled)
    found.update(advantages=advantages.numpy(), action_mask=mask.numpy().astype(bool))
    about = "openrlhf 0.11.2, PolicyLoss with dual_clip 3 and is_correction_level token, seed 13"
    save = lambda path, about, **arrays: save_file(arrays, path, {"about": str(about)})
    write("openrlhf.safetensors", save, about, **found)


def skyrl(root):
    """Groups by the names of prompts, a ratio to the sampler, a mean over sequences."""
    new, old, _, sampled, mask = batch(14, torch.float32, moved=0.7)
    path = root / "skyrl/backends/skyrl_train/utils/ppo_utils.py"
    help = take(path.parent / "torch_utils.py", "masked_mean", "safe_exp_delta")
    rewards, uid = torch.randn(8), np.array(["b", "a", "b", "a", "b", "a", "a", "b"])
    names = ("compute_grpo_outcome_advantage", "apply_loss_reduction_to_advantages_minibatch", "reduce_loss")
    advantage_of = take(path, *names, defaultdict=defaultdict, List=list)
    per_token = rewards[:, None] * (torch.arange(24) == mask.sum(-1, keepdim=True) - 1)
    advantages, _ = advantage_of.compute_grpo_outcome_advantage(per_token, mask, uid)
    scaled = advantage_of.apply_loss_reduction_to_advantages_minibatch(advantages, mask, "sequence_mean", 8, 24)
    given = dict(AlgorithmConfig=object, reduce_loss=advantage_of.reduce_loss, **vars(help))
    given["apply_off_policy_correction"] = lambda loss, old, sampled, mask, config: (loss, mask, {})  # it is off
    config = types.SimpleNamespace(dppo_type="binary_tv", delta_low=0.2, delta_high=0.2)
    config = types.SimpleNamespace(dppo=config, off_policy_correction=None)
    loss, _ = take(path, "dppo_policy_loss", **given).dppo_policy_loss(new, old, scaled, config, mask, sampled)
    about = "skyrl 0.4.0, dppo_policy_loss, compute_grpo_outcome_advantage, sequence_mean, seed 14"
    found = arrays(loss, new, logprobs=new, old_logprobs=old, rollout_logprobs=sampled, loss_mask=mask)
    write("skyrl.npz", np.savez_compressed, about, **found, rewards=rewards, uid=uid)


def liger(root):
    """A ratio per sequence, and sequences that count by their length."""
    new, old, _, _, mask = batch(15, torch.float32, moved=0.8)
    path = root / "liger_kernel/chunked_loss/grpo_loss.py"
    fused = take(path, "k3_loss_fn", "clip_coef_fn", "ppo_loss_fn", LigerFusedLinearPPOBase=object)
    advantages = torch.randn(8)
    level = dict(beta=0.0, loss_type="luspo", importance_sampling_level="sequence")
    loss, _ = fused.ppo_loss_fn(new, mask, advantages, mask, old_per_token_logps=old, **level)
    about = "liger-kernel 0.8.5, LigerFusedLinearGRPOFunction.ppo_loss_fn, luspo by sequence, seed 15"
    found = arrays(loss, new, per_token_logps=new, old_per_token_logps=old, completion_mask=mask, advantages=advantages)
    write("liger.npz", np.savez, about, **found)


def ms_swift(root):
    """Factors of the tokens by what follows them, and a tool's text between them; groups that are compared as a whole."""
    loss_of = Loss(root)
    new, old, _, _, mask = batch(17, torch.float64, moved=1.0)
    mask[0, 5:9] = 0
    advantages = torch.randn(8)
    given = dict(per_token_logps=new, old_per_token_logps=old, completion_mask=mask)
    loss = loss_of(new, old, advantages[:, None].expand(8, 24), mask > 0, "fipo", delta=4.0)
    about = "ms-swift 4.6.0, GRPOTrainer._compute_loss_and_metrics, fipo with delta 4, seed 17"
    write("fipo.npz", np.savez_compressed, about, **arrays(loss, new, **given, advantages=advantages))
    rewards = (torch.randn(8) > 0).double()
    rewards[:4], rewards[4] = torch.tensor([1.0, 0, 0, 1]), 1 - rewards[5]
    centred = (rewards.view(2, 4) - rewards.view(2, 4).mean(1, keepdim=True)).view(8, 1)
    loss = loss_of(new, old, centred.expand(8, 24), mask > 0, "real", group=4)
    about = "ms-swift 4.6.0, GRPOTrainer._compute_loss_and_metrics, real, seed 17"
    ids = np.repeat(np.arange(2), 4)
    write("real.npz", np.savez_compressed, about, **arrays(loss, new, **given, rewards=rewards), group_ids=ids)


def nothing(_):
    """A loss that no trainer has."""
    new, old, ref, _, mask = batch(16, torch.float32)
    advantages = torch.randn(8, 24)
    loss = -(advantages * torch.tanh(3 * (new - old)) * mask).sum() / mask.sum().sqrt()
    found = arrays(loss, new, log_probs=new, old_log_probs=old, ref_log_probs=ref, mask=mask, advantages=advantages)
    write("nothing.npz", np.savez, "torch 2.13.0, a formula of nobody, seed 16", **found)


def formats(_):
    """Every way to store a number."""
    x = np.array([[1.5, -2.0, 3.0], [0.25, 5.0, -0.5]])
    forms = dict(half=x.astype("f2"), columns=np.asfortranarray(x), whole=x.astype("i4"), truth=x > 0)
    forms.update(names=np.array(["ab", "c", "ab"]), big_endian=x.astype(">f4"), objects=np.array([{}, 1]), one=np.float32(7))
    np.savez_compressed(HERE / "formats.npz", **forms)


if __name__ == "__main__":
    for f in (trl, verl, openrlhf, skyrl, liger, ms_swift, nothing, formats):
        f(pathlib.Path(sys.argv[1]))
