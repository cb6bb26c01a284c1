# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
"""The objectives of losses."""
from __future__ import annotations

from ctypes import c_char_p, c_double, c_int64, c_size_t
from math import inf
from typing import Union, get_args

from ._enums import (dppo_value, importance, sequence_ratio)
from ._names import names_checked
from ._values import Objective, Range, ratio_range

__all__ = ["apo_down", "apo_zero", "bco", "cispo", "discopop", "dpo", "dppo_kl", "dppo_tv", "exo", "gmpo", "gspo",
           "ipo", "kto", "nca", "orpo", "ppo_clip", "robust_dpo", "sapo", "simpo", "slic_hinge", "sppo", "topr",
           "vespo", "policy_loss_objective", "preference_loss_objective", "unpaired_loss_objective"]


class apo_down(Objective):
    """Anchored preference optimisation (APO-down), for preferred answers that are worse than the model's own: it lowers
    both c and j, and j more.

        beta: β in [10⁻⁶, 10⁶]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "apo_down")


class apo_zero(Objective):
    """Anchored preference optimisation (APO-zero), for preferred answers that are better than the model's own: it
    raises c and lowers j.

        beta: β in [10⁻⁶, 10⁶]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "apo_zero")


class bco(Objective):
    """Binary classifier optimisation. Each answer is classified as good or bad on its own, so bco is an objective of
    preference_loss and of unpaired_loss. TRL's `bco_pair` has δ = 0; TRL's BCO trainer updates δ before the loss.

        beta: β in [10⁻⁶, 10⁶]
        shift: δ in ±10⁶: a running mean of the rewards β r of all answers, from the caller
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("shift", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1, shift: float = 0) -> None:
        self._set(locals(), "bco")


class cispo(Objective):
    """Options of CISPO: the log-likelihood times the advantage and the bounded ratio ρ, which is a constant to
    gradients.

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

        low: the lower bound of ρ, in [0, high]
        high: the upper bound of ρ, at least 0
        beyond: whether ρ becomes the bound beyond it, or 0
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("low", c_double), ("high", c_double), ("beyond", c_int64)]
    _choices = {"beyond": get_args(importance)}

    @names_checked
    def __init__(self, *, low: float = 0, high: float = 5, beyond: importance = "truncate") -> None:
        self._set(locals(), "cispo")


class discopop(Objective):
    """Discovered preference optimisation, also called the log ratio modulated loss.

        beta: β in [10⁻⁶, 10⁶]
        tau: τ in [10⁻³, 1]: the smaller, the sharper the step from one term to the other
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("tau", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1, tau: float = 0.05) -> None:
        self._set(locals(), "discopop")


class dpo(Objective):
    """Direct preference optimisation, over sums of log π − log π_ref. Without a reference it is the preference term of
    CPO.

        beta: β in [10⁻⁶, 10⁶]
        label_smoothing: ε in [0, ½]: the share of labels that are assumed wrong (cDPO)
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("label_smoothing", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1, label_smoothing: float = 0) -> None:
        self._set(locals(), "dpo")


class dppo_kl(Objective):
    """Options of DPPO with the KL divergence of the two outcomes "this token" and "another one".

        | trainer, paper | range | cap       | value    |
        |---|---|---|---|
        | paper          | 0.05  | unlimited |          |
        | verl, dppo_kl  | 0.2   | 3         | log_prob |

        range: δ₋ and δ₊, at least 0: the most nats below and above π_old
        cap: the largest ρ in the loss, at least 0
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range), ("cap", c_double), ("value", c_int64)]
    _choices = {"value": get_args(dppo_value)}

    @names_checked
    def __init__(self, *, range: Range = 0.05, cap: float = inf, value: dppo_value = "log_prob") -> None:
        self._set(locals(), "dppo_kl")


class dppo_tv(Objective):
    """Options of DPPO with the total variation of the two outcomes "this token" and "another one". A token is stopped
    if π has moved from π_old by more than δ and Â pushes it further.

        | trainer         | range | cap                                           | value    |
        |---|---|---|---|
        | verl, dppo_tv   | 0.2   | 3 (clip_ratio_c; verl's documentation has 20) | log_prob |
        | SkyRL, prime-rl | 0.2   | unlimited                                     | ratio    |

        range: δ₋ and δ₊, at least 0: how far π may be below and above π_old, as a difference of probabilities
        cap: the largest ρ in the loss, at least 0
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range), ("cap", c_double), ("value", c_int64)]
    _choices = {"value": get_args(dppo_value)}

    @names_checked
    def __init__(self, *, range: Range = 0.2, cap: float = inf, value: dppo_value = "log_prob") -> None:
        self._set(locals(), "dppo_tv")


class exo(Objective):
    """Exact preference optimisation of pairs: the reverse KL to labels, the share ε of which is assumed wrong. TRL
    calls it `exo_pair`.

        beta: β in [10⁻⁶, 10⁶]
        label_smoothing: ε in [10⁻⁶, ½]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("label_smoothing", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1, label_smoothing: float = 1e-3) -> None:
        self._set(locals(), "exo")


class gmpo(Objective):
    """Options of GMPO: the geometric mean of a sequence's token ratios, each of which is clipped. Use it with
    aggregation "sequence_mean_token_mean".

        | trainer, paper | range            |
        |---|---|
        | paper, TRL     | 0.4              |
        | verl, geo_mean | 0.2 (clip_ratio) |

        range: ε₋ and ε₊, at least 0: log ρ is clipped to [−ε₋, ε₊]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range)]

    @names_checked
    def __init__(self, *, range: Range = 0.4) -> None:
        self._set(locals(), "gmpo")


class gspo(Objective):
    """Options of GSPO: the clipped surrogate with a ratio that all tokens of a sequence share. The range has no
    default: the paper has {3e-4, 4e-4} for the mean; a product needs a range as wide as PPO's.

        range: ε₋ in [0, 1] and ε₊ ≥ 0
        ratio: how the tokens' log ratios become one
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range), ("ratio", c_int64)]
    _choices = {"ratio": get_args(sequence_ratio)}

    @names_checked
    def __init__(self, *, range: Range, ratio: sequence_ratio = "mean") -> None:
        self._set(locals(), "gspo")


class ipo(Objective):
    """Identity preference optimisation, over log ratios to a reference. The paper sums them over an answer, as do
    OpenRLHF and TRL's CPO and online trainers; TRL's DPO trainer averages them.

        beta: β in [10⁻⁶, 10⁶], τ of the paper
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "ipo")


class kto(Objective):
    """Kahneman-Tversky optimisation, over single answers that are desirable or not. TRL's `apo_zero_unpaired` is kto
    with z₀ = 0. For n_D desirable and n_U undesirable answers, TRL advises λ_D n_D / (λ_U n_U) between 1 and 4/3.

        beta: β in [10⁻⁶, 10⁶]
        reference_point: z₀ in [0, 10⁶], nats: from the caller, a constant to gradients
        desirable_weight: λ_D in [0, 10⁶]
        undesirable_weight: λ_U in [0, 10⁶]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("reference_point", c_double),
                ("desirable_weight", c_double), ("undesirable_weight", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1, reference_point: float = 0, desirable_weight: float = 1,
                 undesirable_weight: float = 1) -> None:
        self._set(locals(), "kto")


class nca(Objective):
    """Noise contrastive alignment of pairs, which keeps the preferred answer from becoming less likely. TRL calls it
    `nca_pair`.

        beta: β in [10⁻⁶, 10⁶]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "nca")


class orpo(Objective):
    """The odds ratio term of ORPO, over averages of log π, without a reference. ORPO's other term is ptx_loss on the
    preferred answers.

        beta: β in [10⁻⁶, 10⁶], λ of the paper: a factor of the loss
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "orpo")


class ppo_clip(Objective):
    """Options of the clipped surrogate, the objective of PPO, GRPO and DAPO. With range = {1, unlimited} nothing is
    clipped: the loss is −ρ Â, which tinker and SkyRL call importance_sampling.

        range: ε₋ in [0, 1] and ε₊ ≥ 0
        dual: c ≥ 1 + ε₊: at Â < 0 the loss is at most c |Â|
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("range", ratio_range), ("dual", c_double)]

    @names_checked
    def __init__(self, *, range: Range = 0.2, dual: float = inf) -> None:
        self._set(locals(), "ppo_clip")


class robust_dpo(Objective):
    """DPO with a loss that stays unbiased if the share ε of the labels is wrong. It is not bounded below.

        beta: β in [10⁻⁶, 10⁶]
        label_smoothing: ε in [0, ½)
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("label_smoothing", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1, label_smoothing: float = 0.1) -> None:
        self._set(locals(), "robust_dpo")


class sapo(Objective):
    """Options of SAPO: a soft gate instead of a clip. The larger τ, the narrower the gate.

        tau_positive: τ at Â > 0, in [10⁻⁶, 64]
        tau_negative: τ at Â ≤ 0, in [10⁻⁶, 64]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("tau_positive", c_double), ("tau_negative", c_double)]

    @names_checked
    def __init__(self, *, tau_positive: float = 1, tau_negative: float = 1.05) -> None:
        self._set(locals(), "sapo")


class simpo(Objective):
    """SimPO, over averages of log π, without a reference.

        beta: β in [10⁻⁶, 10⁶]
        gamma: γ in [0, 10⁶]: the margin that every pair should have
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double), ("gamma", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 2, gamma: float = 1) -> None:
        self._set(locals(), "simpo")


class slic_hinge(Objective):
    """The hinge loss of SLiC, which TRL calls `hinge`. SLiC's paper has no reference, and its margin δ is 1 / β.

        beta: β in [10⁻⁶, 10⁶]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "slic_hinge")


class sppo(Objective):
    """Self-play preference optimisation with hard labels: the preferred answer always wins. TRL calls it `sppo_hard`.

        beta: β in [10⁻⁶, 10⁶], 1 / η of the paper
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("beta", c_double)]

    @names_checked
    def __init__(self, *, beta: float = 0.1) -> None:
        self._set(locals(), "sppo")


class topr(Objective):
    """Options of TOPR: good answers are learned without a ratio, bad answers with the ratio truncated to 1.

        positive: w₊, the weight at Â > 0, in [0, 10⁶]
        negative: w₋, the weight at Â ≤ 0, in [0, 10⁶]
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("positive", c_double), ("negative", c_double)]

    @names_checked
    def __init__(self, *, positive: float = 1, negative: float = 1) -> None:
        self._set(locals(), "topr")


class vespo(Objective):
    """Options of VESPO: a sequence is weighted by a soft function of its ratio, which is 1 at ratio 1. The defaults are
    TRL's. k damps ratios below 1, λ damps ratios above 1. k is in [10⁻⁶, 64], λ in [10⁻⁴, 64].

        k_positive: k where Â ≥ 0
        lambda_positive: λ where Â ≥ 0
        k_negative: k where Â < 0
        lambda_negative: λ where Â < 0
    """

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("k_positive", c_double), ("lambda_positive", c_double),
                ("k_negative", c_double), ("lambda_negative", c_double)]

    @names_checked
    def __init__(self, *, k_positive: float = 2, lambda_positive: float = 3, k_negative: float = 3,
                 lambda_negative: float = 2) -> None:
        self._set(locals(), "vespo")


policy_loss_objective = Union[cispo, ppo_clip, dppo_tv, dppo_kl, gmpo, gspo, sapo, topr, vespo]

preference_loss_objective = Union[apo_zero, apo_down, discopop, dpo, robust_dpo, simpo, exo, ipo, nca, bco, orpo,
                                  slic_hinge, sppo]

unpaired_loss_objective = Union[kto, bco]
