# SPDX-License-Identifier: MIT
"""Writes distillation.txt: divergences over the k entries that a teacher lists, by the code of verl, TRL and NeMo-RL."""

from types import SimpleNamespace

import torch
import torch.distributed.tensor

from cases import HERE, Writer, leaf
from policy_packages import dyadic
from rlhf_packages import defaults, run_branch, take

ROWS, STEPS, VOCAB, K = 3, 5, 12, 4
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 1, 1, 1]]).double()


def write_distillation(root):
    w = Writer(
        HERE / "distillation.txt",
        f"torch {torch.__version__.split('+')[0]}; the name of a case begins with its package: verl 0.9.1, trl 1.16.0, "
        "NeMo-RL git 7ea279abf",
    )
    torch.manual_seed(38)
    write_verl(w, root / "verl")
    write_trl_server(w, root / "newer/trl/experimental/server_distillation/server_distillation_trainer.py")
    write_trl_sdpo(w, root / "newer/trl/experimental/sdpo/loss_utils.py")
    write_nemo_rl(w, root / "git/RL/nemo_rl")


def logits_and_ids():
    """The student's logits, and k ids per token."""
    ids = torch.rand(ROWS, STEPS, VOCAB).argsort(-1)[..., :K]
    return leaf(dyadic(ROWS, STEPS, VOCAB, deviation=2)), ids


def listed(most=-1.0):
    """Log-probabilities of k entries, which floats have exactly. With most = −1 their probabilities sum to less than 1."""
    return most - dyadic(ROWS, STEPS, K).abs() - torch.arange(K) / 2


def case(w, name, z, ids, log_probs, loss, mask=MASK, **more):
    loss.backward()
    w.case(name, logits=z, ids=ids, log_probs=log_probs, mask=mask, loss=loss, d_logits=z.grad, **more)


class Nested:
    """What verl looks for in a nested tensor."""

    is_nested = True

    def __init__(self, x):
        self.x = x

    def values(self):
        return self.x.flatten(0, 1)


def write_verl(w, root):
    """compute_forward_kl_topk of the logits, and the loss of what it gives. Its batch is one row of tokens."""
    base, asked = root / "trainer/distillation", defaults(root / "workers/config/distillation.py", "DistillationLossConfig")
    kl = take(base / "fsdp/losses.py", "kl_divergence", in_double=True).kl_divergence
    of_logits = take(
        base / "fsdp/losses.py",
        "compute_forward_kl_topk",
        kl_divergence=kl,
        get_ulysses_sequence_parallel_world_size=lambda: 1,
    ).compute_forward_kl_topk
    loss_of = take(
        base / "losses.py",
        "compute_forward_kl_topk",
        no_padding_2_padding=lambda x, _: x,
        Metric=lambda *_: None,
        AggregationType=SimpleNamespace(MIN=0, MAX=1),
    ).compute_forward_kl_topk
    sums = take(root / "utils/torch_functional.py", "masked_sum", "masked_mean")
    mean = take(root / "trainer/ppo/core_algos.py", "agg_loss", verl_F=sums).agg_loss
    for name, options in (("default", {}), ("other_limits", dict(log_prob_min_clamp=None, loss_max_clamp=0.5))):
        z, ids = logits_and_ids()
        q = listed()
        with torch.no_grad():
            z[0, 1].scatter_(0, ids[0, 1, :2], -20.0)  # far below the least log-probability
            z[2, 3].scatter_(0, ids[2, 3], 3.0)  # the student lists more than the teacher: less than 0
        q[0, 2, 3] = q[2, 4, 0] = -12
        c = SimpleNamespace(**{**asked, **options})
        config = SimpleNamespace(distillation_loss=c)
        found = of_logits(z.reshape(1, ROWS * STEPS, VOCAB), Nested(q), Nested(ids), config, "thd")
        found = {key: x.reshape(ROWS, STEPS) for key, x in found.items()}
        losses, _ = loss_of(None, config, found, dict(response_mask=MASK))
        space = dict(loss_config=c, distillation_losses=losses)
        run_branch(base / "losses.py", "loss_config.loss_max_clamp is not None", "distillation_losses", space)
        loss = mean(loss_mat=space["distillation_losses"], loss_mask=MASK, loss_agg_mode="token-mean")
        case(w, f"verl_{name}", z, ids, q, loss)


def write_trl_server(w, path):
    """_compute_server_forward_kl_loss, and the same sums by other β."""
    jsd, tail = (getattr(take(path, n), n) for n in ("_jsd_divergence", "_add_tail_bucket"))
    names = ("_compute_server_forward_kl_loss", "_reduce_divergence_loss")
    of = take(path, *names, of="ServerDistillationTrainer", _jsd_divergence=jsd, _add_tail_bucket=tail)
    labels = torch.where(MASK > 0, 1, -100)
    for name, add_tail in (("tail", True), ("no_tail", False)):
        z, ids = logits_and_ids()
        q = listed()
        trainer = SimpleNamespace(loss_add_tail=add_tail, _reduce_divergence_loss=of._reduce_divergence_loss)
        result = dict(topk_logprobs=q, topk_token_ids=ids)
        case(w, f"trl_server_{name}", z, ids, q, of._compute_server_forward_kl_loss(trainer, result, z.log_softmax(-1), labels))
    for beta in (1.0, 0.25):
        z, ids = logits_and_ids()
        q, valid = listed(), torch.ones(ROWS, STEPS, K).bool()
        p, both = tail(z.log_softmax(-1).gather(-1, ids), valid)
        of_tokens = jsd(p, tail(q, valid)[0], beta, both)
        loss = of._reduce_divergence_loss(of_tokens, completion_mask=labels != -100)
        case(w, f"trl_tail_beta_{beta}", z, ids, q, loss, beta=beta)


def write_trl_sdpo(w, path):
    """compute_topk_self_distillation_loss without a tail. The student's likeliest entries are the ones listed."""
    divergence = take(path, "compute_divergence").compute_divergence
    loss_of = take(path, "compute_topk_self_distillation_loss", compute_divergence=divergence)
    for alpha in (0.0, 1.0, 0.5):
        z, teacher = leaf(dyadic(ROWS, STEPS, VOCAB, deviation=2)), dyadic(ROWS, STEPS, VOCAB, deviation=2)
        ids = z.topk(K, dim=-1).indices
        options = dict(distillation_topk=K, distillation_alpha=alpha, distillation_add_tail=False)
        losses = loss_of.compute_topk_self_distillation_loss(z, teacher, **options)
        q = (teacher - teacher.amax(-1, keepdim=True)).gather(-1, ids)  # but for a number that renormalizing takes away
        case(w, f"trl_sdpo_{alpha}", z, ids, q, (losses * MASK).sum() / MASK.sum(), alpha=alpha)


def write_nemo_rl(w, root):
    """DistillationLossFn of what get_distillation_topk_logprobs_from_logits gives. The last step has no next token."""
    given = take(root / "distributed/model_utils.py", "get_distillation_topk_logprobs_from_logits", in_double=True)
    mean = take(root / "algorithms/utils.py", "masked_mean").masked_mean
    of = take(root / "algorithms/loss/loss_functions.py", "__init__", "__call__", of="DistillationLossFn", masked_mean=mean)
    mask = MASK.clone()
    mask[:, -1] = 0
    shifted = torch.cat([torch.zeros(ROWS, 1), mask[:, :-1]], 1)  # by the token that is predicted
    for name, kind, zero in (
        ("mixed", "mixed", False),
        ("forward", "forward", False),
        ("reverse", "reverse", False),
        ("forward_zero_outside", "forward", True),
    ):
        z, ids = logits_and_ids()
        q = listed(0)
        f = SimpleNamespace()
        vars(of)["__init__"](f, SimpleNamespace(kl_type=kind, mixed_kl_weight=0.25, zero_outside_topk=zero))
        p, teacher, _ = given.get_distillation_topk_logprobs_from_logits(z, q, ids, zero, False)
        data = dict(token_mask=shifted, sample_mask=torch.ones(ROWS), input_ids=ids)
        loss, _ = vars(of)["__call__"](f, p, teacher, None, data, None, mask.sum())
        case(w, f"nemo_rl_{name}", z, ids, q, loss, mask, forward_weight=0.25)
