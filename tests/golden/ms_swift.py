# SPDX-License-Identifier: MIT
"""Adds to policies.txt and scores.txt what ms-swift computes. The statements of its loss stand in the middle of a
longer method, and are taken out of it."""

import ast
import types
from pathlib import Path

import torch

from cases import leaf
from rlhf_packages import cast_to_double, take
from trainer_policies import make_data
from policy_packages import dyadic

EPSILON, BETA = 0.2, 0.04  # as rlhf_args.py sets them for GRPO


def loss_statements(path):
    """From `entropy_mask = None` to the mean over tokens or sequences, of GRPOTrainer._compute_loss_and_metrics."""
    for node in ast.walk(ast.parse(Path(path).read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "_compute_loss_and_metrics":
            cast_to_double(node)
            lines = [ast.unparse(s) for s in node.body]
            first = lines.index("entropy_mask = None")
            last = next(i for i, s in enumerate(lines) if s.startswith("if self.loss_type in ['grpo', 'sapo']"))
            return compile(ast.Module(node.body[first : last + 1], []), str(path), "exec")
    raise LookupError("the trainer has no such statements")


class Loss:
    """Its loss of log-probabilities, by the defaults of its arguments but for the named ones and beta = 0."""

    def __init__(self, root):
        path = root / "swift/rlhf_trainers/grpo_trainer.py"
        self.statements = loss_statements(path)
        methods = "_compute_sequence_level_ratios _apply_rollout_importance_sampling _compute_off_policy_sequence_mask"
        methods = [*methods.split(), "_get_rollout_is_correction", "_compute_fipo_influence"]
        self.methods = take(path, *methods, in_double=True)

    def __call__(
        self,
        x,
        old,
        A,
        mask,
        loss_type,
        *,
        mode=None,
        level="token",
        beta=0.0,
        delta=None,
        quantile=1.0,
        drift=None,
        ref=None,
        clip=0.2,
        sampled=None,
        entropy=None,
        group=2,
    ):
        trainer = types.SimpleNamespace(
            args=types.SimpleNamespace(log_entropy=False, top_entropy_quantile=quantile, delta=delta),
            accelerator=types.SimpleNamespace(num_processes=1),
            **dict(compute_entropy=quantile < 1, top_entropy_quantile=quantile, overlong_filter=False, beta=beta),
            **dict(kl_in_reward=False, rollout_importance_sampling_mode=mode, log_rollout_offpolicy_metrics=False),
            **dict(rollout_importance_sampling_threshold=2.0, disable_rollout_importance_sampling=False),
            **dict(importance_sampling_level=level, _has_teacher=False, off_policy_sequence_mask_delta=drift),
            **dict(loss_type=loss_type, epsilon_low=EPSILON, epsilon_high=EPSILON, tau_pos=1.0, tau_neg=1.05),
            **dict(fipo_gamma=2 ** (-1 / 32), fipo_clip_range=clip, fipo_clip_high_only=True),
            **dict(fipo_safety_threshold=4.0, real_tau=0.5, num_generations=group, max_completion_length=512),
            _compute_rollout_offpolicy_metrics=lambda *_: {},
            _compute_is_correction_metrics=lambda *_: {},
            _undo_gradient_accumulation_scaling=lambda loss: loss,
        )
        for method, f in vars(self.methods).items():
            setattr(trainer, method, types.MethodType(f, trainer))
        batch = types.SimpleNamespace(
            advantages=A, old_per_token_logps=old, num_items_in_batch=mask.sum(), ref_per_token_logps=ref
        )
        batch.rollout_per_token_logps = sampled
        space = dict(torch=torch, self=trainer, grpo_batch=batch, per_token_logps=x, completion_mask=mask)
        space.update(entropies=entropy, truncated_mask=None, gather_object=lambda x: x)
        space.update(WINDOW_NORMALIZED_LOSS_TYPES=["cispo", "dapo", "fipo"])
        exec(self.statements, space)
        return space["loss"]


def write_ms_swift(w, root, seed):
    w.note(
        "ms-swift 4.6.0, rlhf_trainers/grpo_trainer.py: the statements of GRPOTrainer's loss, by the defaults of its "
        f"arguments but for the named ones and beta = 0; rl_core/advantage.py: compute_advantages; seed {seed}"
    )
    d = make_data(w, "ms_swift", seed, [10, 7, 1, 9, 4, 0], far=2, per_sequence=True, ref_of_old=False)
    loss_of = Loss(root)
    mask, A = d.mask > 0, d.A[:, None].expand(6, 10)
    entropy = dyadic(6, 10).abs()

    def case(name, loss_type="grpo", **options):
        x = leaf(d.new)
        sampled = d.sampled if "mode" in options else None
        loss = loss_of(x, d.old, A, mask, loss_type, sampled=sampled, entropy=entropy, **options)
        loss.backward()
        w.case(f"ms_swift_{name}", loss=loss, d_log_probs=x.grad)

    for loss_type in ("grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo"):
        case(loss_type, loss_type)
    case("gspo", level="sequence")
    case("gspo_token", level="sequence_token")
    case("delta", delta=4.0)
    case("kl", beta=BETA, ref=d.ref)
    case("kl_limited", beta=BETA, ref=d.far_ref)
    case("drift", drift=0.5)
    w.case("ms_swift_entropy", entropy=entropy)
    case("top_entropy", "dapo", quantile=0.2)
    case("fipo", "fipo")
    case("fipo_delta", "fipo", delta=4.0)
    case("fipo_free", "fipo", clip=None)
    case("real", "real")
    for mode in ("token_truncate", "token_mask", "sequence_truncate", "sequence_mask"):
        case(mode, mode=mode)

    advantages = take(
        root / "swift/rl_core/advantage.py",
        "compute_advantages",
        nanstd=take(root / "swift/utils/torch_utils.py", "nanstd").nanstd,
    ).compute_advantages
    rewards = dyadic(20, 1)
    w.case("ms_swift_rewards", rewards=rewards)
    for estimator, scale in (("grpo", "group"), ("grpo", "batch"), ("grpo", "none"), ("rloo", "none")):
        found, _ = advantages(rewards, torch.ones(1), 4, estimator, scale)
        w.case(f"ms_swift_advantages_{estimator}_{scale}", advantages=found)
