# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""The objectives of losses."""
from __future__ import annotations

from ctypes import c_char_p, c_double, c_int64, c_size_t
from math import inf
from typing import Union, get_args

from ._enums import (dppo_value, importance, sequence_ratio)
from ._values import Objective, Range, ratio_range

__all__ = ["apo_down", "apo_zero", "bco", "cispo", "discopop", "dpo", "dppo_kl", "dppo_tv", "exo", "gmpo", "gspo",
           "ipo", "kto", "nca", "orpo", "ppo_clip", "robust_dpo", "sapo", "simpo", "slic_hinge", "sppo", "topr",
           "vespo", "policy_loss_objective", "preference_loss_objective", "unpaired_loss_objective"]


class apo_down(Objective):
    """Anchored preference optimisation, where the preferred answers are worse than the model's own: both fall, j more.
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "apo_down")


class apo_zero(Objective):
    """Anchored preference optimisation, where the preferred answers are better than the model's own: c rises, j falls.
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "apo_zero")


class bco(Objective):
    """Binary classifier optimisation: each answer is called good or bad on its own, so it is an objective of
    preference_loss and of unpaired_loss. TRL's `bco_pair` has δ = 0; its BCO trainer updates δ before the loss.

        shift: δ: a running mean of the rewards β r of all answers, from the caller
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("shift", c_double)]

    def __init__(self, *, beta: float = 0.1, shift: float = 0) -> None:
        self._set(locals(), "bco")


class cispo(Objective):
    """Options of CISPO: the log-likelihood, weighted by the advantage and by a constant ratio of policies within
    bounds.

        | trainer, paper                             | low   | high   | beyond                  |
        |---|---|---|---|
        | CISPO: MiniMax-M1                          | 0     | tuned  | truncate                |
        | CISPO: ScaleRL, SkyRL, AReaL               | 0     | 5      | truncate (the defaults) |
        | CISPO: verl                                | 0.8   | 1.2    | truncate                |
        | CISPO: slime, NeMo-RL                      | 1 − ε | 1 + ε₊ | truncate                |
        | CISPO: TRL, Liger, ms-swift (epsilon_high) | 0     | ε₊     | truncate                |
        | REINFORCE                                  | 1     | 1      | truncate                |
        | truncated importance sampling: ROLL        | 0     | 1      | truncate                |
        | rollout_is: SkyRL                          | 0.8   | 1.2    | mask                    |

        low: the lower bound of ρ
        high: the upper bound of ρ
        beyond: beyond a bound ρ becomes the bound, or 0
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("low", c_double), ("high", c_double), ("beyond", c_int64)]
    _choices = {"beyond": get_args(importance)}

    def __init__(self, *, low: float = 0, high: float = 5, beyond: importance = "truncate") -> None:
        self._set(locals(), "cispo")


class discopop(Objective):
    """Discovered preference optimisation, also called log ratio modulated loss.

        tau: τ in (0, 1], how soon one part gives way to the other
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("tau", c_double)]

    def __init__(self, *, beta: float = 0.1, tau: float = 0.05) -> None:
        self._set(locals(), "discopop")


class dpo(Objective):
    """Direct preference optimisation: log-probabilities of answers minus a reference's, summed. Without a reference it
    is the preference term of CPO.

        label_smoothing: ε in [0, ½]: the share of labels taken to be wrong (cDPO)
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("label_smoothing", c_double)]

    def __init__(self, *, beta: float = 0.1, label_smoothing: float = 0) -> None:
        self._set(locals(), "dpo")


class dppo_kl(Objective):
    """Options of DPPO with the KL divergence of "this token or another one".

        | trainer, paper | range | cap       | value    |
        |---|---|---|---|
        | paper          | 0.05  | unlimited |          |
        | verl, dppo_kl  | 0.2   | 3         | log_prob |

        range: δ₋ and δ₊: at most so many nats, below and above π_old
        cap: the largest ρ in the loss
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range), ("cap", c_double), ("value", c_int64)]
    _choices = {"value": get_args(dppo_value)}

    def __init__(self, *, range: Range = 0.05, cap: float = inf, value: dppo_value = "log_prob") -> None:
        self._set(locals(), "dppo_kl")


class dppo_tv(Objective):
    """Options of DPPO with the total variation of "this token or another one": the token is stopped where π has moved
    from π_old by more than δ and Â pushes it on.

        | trainer         | range | cap                                           | value    |
        |---|---|---|---|
        | verl, dppo_tv   | 0.2   | 3 (clip_ratio_c; verl's documentation has 20) | log_prob |
        | SkyRL, prime-rl | 0.2   | unlimited                                     | ratio    |

        range: δ₋ and δ₊: at most so much below and above π_old, as a difference of probabilities
        cap: the largest ρ in the loss
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range), ("cap", c_double), ("value", c_int64)]
    _choices = {"value": get_args(dppo_value)}

    def __init__(self, *, range: Range = 0.2, cap: float = inf, value: dppo_value = "log_prob") -> None:
        self._set(locals(), "dppo_tv")


class exo(Objective):
    """Exact preference optimisation of pairs: the reverse KL to labels of which the share ε is wrong. TRL: `exo_pair`.

        label_smoothing: ε in (0, ½]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("label_smoothing", c_double)]

    def __init__(self, *, beta: float = 0.1, label_smoothing: float = 1e-3) -> None:
        self._set(locals(), "exo")


class gmpo(Objective):
    """Options of GMPO: the geometric mean of the ratios of a sequence's tokens, each of which is clipped. The loss of a
    batch is aggregation "sequence_mean_token_mean".

        | trainer, paper | range            |
        |---|---|
        | paper, TRL     | 0.4              |
        | verl, geo_mean | 0.2 (clip_ratio) |

        range: ε₋ and ε₊: log ρ is cut to [−ε₋, ε₊]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range)]

    def __init__(self, *, range: Range = 0.4) -> None:
        self._set(locals(), "gmpo")


class gspo(Objective):
    """Options of GSPO, the clipped surrogate of a ratio that the tokens of a sequence share. The range has no default:
    the paper's is {3e-4, 4e-4}, for the mean; a product is cut as wide as PPO's.
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range), ("ratio", c_int64)]
    _choices = {"ratio": get_args(sequence_ratio)}

    def __init__(self, *, range: Range, ratio: sequence_ratio = "mean") -> None:
        self._set(locals(), "gspo")


class ipo(Objective):
    """Identity preference optimisation: log ratios to a reference. The paper sums them over an answer, as OpenRLHF and
    TRL's CPO and online trainers do; TRL's DPO trainer takes averages.

        beta: τ of the paper
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "ipo")


class kto(Objective):
    """Kahneman-Tversky optimisation: answers that are desirable or not, without partners. TRL's `apo_zero_unpaired` has
    z₀ = 0. For n_D answers of one kind and n_U of the other, TRL advises λ_D n_D / (λ_U n_U) between 1 and 4/3.

        reference_point: z₀ ≥ 0, a divergence in nats: from the caller, and a constant to gradients
        desirable_weight: λ_D
        undesirable_weight: λ_U
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("reference_point", c_double),
                ("desirable_weight", c_double), ("undesirable_weight", c_double)]

    def __init__(self, *, beta: float = 0.1, reference_point: float = 0, desirable_weight: float = 1,
                 undesirable_weight: float = 1) -> None:
        self._set(locals(), "kto")


class nca(Objective):
    """Noise contrastive alignment of pairs, so that the preferred answer does not become less likely. TRL: `nca_pair`.
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "nca")


class orpo(Objective):
    """The odds ratio term of ORPO: average log-probabilities, and no reference. Its other term is ptx_loss on the
    preferred answers.

        beta: λ of the paper, a factor of the loss
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "orpo")


class ppo_clip(Objective):
    """Options of the clipped surrogate, the objective of PPO, GRPO and DAPO. With range = {1, unlimited} nothing is
    clipped: the loss is −ρ Â, the importance_sampling of tinker and SkyRL.

        dual: c > 1: at Â < 0 the loss is at most c |Â|
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range), ("dual", c_double)]

    def __init__(self, *, range: Range = 0.2, dual: float = inf) -> None:
        self._set(locals(), "ppo_clip")


class robust_dpo(Objective):
    """DPO with an unbiased loss for labels of which the share ε is wrong. It is not bounded below.

        label_smoothing: ε in [0, ½)
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("label_smoothing", c_double)]

    def __init__(self, *, beta: float = 0.1, label_smoothing: float = 0.1) -> None:
        self._set(locals(), "robust_dpo")


class sapo(Objective):
    """Options of SAPO: a soft gate instead of a clip. The larger τ, the narrower the gate.

        tau_positive: τ at Â > 0; from 10⁻⁶ to 64
        tau_negative: τ elsewhere; from 10⁻⁶ to 64
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("tau_positive", c_double), ("tau_negative", c_double)]

    def __init__(self, *, tau_positive: float = 1, tau_negative: float = 1.05) -> None:
        self._set(locals(), "sapo")


class simpo(Objective):
    """SimPO: average log-probabilities, and no reference.

        gamma: γ, the margin that every pair should have
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("gamma", c_double)]

    def __init__(self, *, beta: float = 2, gamma: float = 1) -> None:
        self._set(locals(), "simpo")


class slic_hinge(Objective):
    """The hinge loss of SLiC, which TRL calls `hinge`. SLiC itself has no reference: its margin δ is 1 / β."""

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "slic_hinge")


class sppo(Objective):
    """Self-play preference optimisation with hard labels: the preferred answer always wins. TRL calls it `sppo_hard`.

        beta: 1 / η of the paper
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "sppo")


class topr(Objective):
    """Options of TOPR: what was good is learned whatever the ratio, what was bad by a ratio of at most 1.

        positive: w₊, the weight at Â > 0; from 0 to 10⁶
        negative: w₋, the weight elsewhere; from 0 to 10⁶
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("positive", c_double), ("negative", c_double)]

    def __init__(self, *, positive: float = 1, negative: float = 1) -> None:
        self._set(locals(), "topr")


class vespo(Objective):
    """Options of VESPO: a sequence learns by a soft function of its ratio, which is 1 at ratio 1. The defaults are
    TRL's. k holds back ratios below 1, λ ratios above 1. k is from 10⁻⁶ to 64, λ from 10⁻⁴ to 64.

        k_positive: k where Â ≥ 0
        lambda_positive: λ where Â ≥ 0
        k_negative: k where Â < 0
        lambda_negative: λ where Â < 0
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("k_positive", c_double), ("lambda_positive", c_double),
                ("k_negative", c_double), ("lambda_negative", c_double)]

    def __init__(self, *, k_positive: float = 2, lambda_positive: float = 3, k_negative: float = 3,
                 lambda_negative: float = 2) -> None:
        self._set(locals(), "vespo")


policy_loss_objective = Union[cispo, ppo_clip, dppo_tv, dppo_kl, gmpo, gspo, sapo, topr, vespo]

preference_loss_objective = Union[apo_zero, apo_down, discopop, dpo, robust_dpo, simpo, exo, ipo, nca, bco, orpo,
                                  slic_hinge, sppo]

unpaired_loss_objective = Union[kto, bco]
