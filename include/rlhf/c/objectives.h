/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_OBJECTIVES_H
#define RLHF_C_OBJECTIVES_H

#include <rlhf/c/enums.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ε₋ and ε₊: the ratio ρ of two policies is clipped to [1 − ε₋, 1 + ε₊]. One number sets both, so that neither keeps
 * a forgotten default. */
typedef struct rlhf_ratio_range {
    double low;
    double high;
} rlhf_ratio_range;

/* Bounds of an importance weight. One number is the upper bound; the lower bound is then 0. */
typedef struct rlhf_importance_range {
    double low;
    double high;
} rlhf_importance_range;

/* What the tokens of a whole step decide together. Its parts need it to pick as the whole step does. */
typedef struct rlhf_covariance_cut {
    double mean_advantage;
    double mean_log_prob;
    /* The key of the last token that is picked or, without keys, its covariance. No token is picked if this is −∞
     * with keys, or ∞ without keys. */
    double last;
} rlhf_covariance_cut;

/* Anchored preference optimisation (APO-down), for preferred answers that are worse than the model's own: it lowers
 * both c and j, and j more. */
typedef struct rlhf_apo_down {
    rlhf_objective objective;
    double beta; /* β in [10⁻⁶, 10⁶] */
} rlhf_apo_down;
#define RLHF_APO_DOWN {{sizeof(rlhf_apo_down), "apo_down"}, 0.1}

/* Anchored preference optimisation (APO-zero), for preferred answers that are better than the model's own: it raises
 * c and lowers j. */
typedef struct rlhf_apo_zero {
    rlhf_objective objective;
    double beta; /* β in [10⁻⁶, 10⁶] */
} rlhf_apo_zero;
#define RLHF_APO_ZERO {{sizeof(rlhf_apo_zero), "apo_zero"}, 0.1}

/* Binary classifier optimisation. Each answer is classified as good or bad on its own, so bco is an objective of
 * preference_loss and of unpaired_loss. TRL's `bco_pair` has δ = 0; TRL's BCO trainer updates δ before the loss. */
typedef struct rlhf_bco {
    rlhf_objective objective;
    double beta;  /* β in [10⁻⁶, 10⁶] */
    double shift; /* δ in ±10⁶: a running mean of the rewards β r of all answers, from the caller */
} rlhf_bco;
#define RLHF_BCO {{sizeof(rlhf_bco), "bco"}, 0.1, 0}

/* Options of CISPO: the log-likelihood times the advantage and the bounded ratio ρ, which is a constant to
 * gradients.
 *
 *     | trainer, paper                             | low   | high   | beyond                  |
 *     |---|---|---|---|
 *     | CISPO: MiniMax-M1                          | 0     | tuned  | truncate                |
 *     | CISPO: ScaleRL, SkyRL, AReaL               | 0     | 5      | truncate (the defaults) |
 *     | CISPO: verl                                | 0.8   | 1.2    | truncate                |
 *     | CISPO: slime, NeMo-RL                      | 1 − ε | 1 + ε₊ | truncate                |
 *     | CISPO: TRL, Liger, ms-swift (epsilon_high) | 0     | ε₊     | truncate                |
 *     | REINFORCE                                  | 1     | 1      | truncate                |
 *     | truncated importance sampling: ROLL        | 0     | 1      | truncate                |
 *     | rollout_is: SkyRL                          | 0.8   | 1.2    | mask                    | */
typedef struct rlhf_cispo {
    rlhf_objective objective;
    double low;             /* the lower bound of ρ, in [0, high] */
    double high;            /* the upper bound of ρ, at least 0 */
    rlhf_importance beyond; /* whether ρ becomes the bound beyond it, or 0 */
} rlhf_cispo;
#define RLHF_CISPO {{sizeof(rlhf_cispo), "cispo"}, 0, 5, RLHF_IMPORTANCE_TRUNCATE}

/* Discovered preference optimisation, also called the log ratio modulated loss. */
typedef struct rlhf_discopop {
    rlhf_objective objective;
    double beta; /* β in [10⁻⁶, 10⁶] */
    double tau;  /* τ in [10⁻³, 1]: the smaller, the sharper the step from one term to the other */
} rlhf_discopop;
#define RLHF_DISCOPOP {{sizeof(rlhf_discopop), "discopop"}, 0.1, 0.05}

/* Direct preference optimisation, over sums of log π − log π_ref. Without a reference it is the preference term of
 * CPO. */
typedef struct rlhf_dpo {
    rlhf_objective objective;
    double beta;            /* β in [10⁻⁶, 10⁶] */
    double label_smoothing; /* ε in [0, ½]: the share of labels that are assumed wrong (cDPO) */
} rlhf_dpo;
#define RLHF_DPO {{sizeof(rlhf_dpo), "dpo"}, 0.1, 0}

/* Options of DPPO with the KL divergence of the two outcomes "this token" and "another one".
 *
 *     | trainer, paper | range | cap       | value    |
 *     |---|---|---|---|
 *     | paper          | 0.05  | unlimited |          |
 *     | verl, dppo_kl  | 0.2   | 3         | log_prob | */
typedef struct rlhf_dppo_kl {
    rlhf_objective objective;
    rlhf_ratio_range range; /* δ₋ and δ₊, at least 0: the most nats below and above π_old */
    double cap;             /* the largest ρ in the loss, at least 0 */
    rlhf_dppo_value value;
} rlhf_dppo_kl;
#define RLHF_DPPO_KL {{sizeof(rlhf_dppo_kl), "dppo_kl"}, {0.05, 0.05}, RLHF_UNLIMITED, RLHF_DPPO_VALUE_LOG_PROB}

/* Options of DPPO with the total variation of the two outcomes "this token" and "another one". A token is stopped if
 * π has moved from π_old by more than δ and Â pushes it further.
 *
 *     | trainer         | range | cap                                           | value    |
 *     |---|---|---|---|
 *     | verl, dppo_tv   | 0.2   | 3 (clip_ratio_c; verl's documentation has 20) | log_prob |
 *     | SkyRL, prime-rl | 0.2   | unlimited                                     | ratio    | */
typedef struct rlhf_dppo_tv {
    rlhf_objective objective;
    /* δ₋ and δ₊, at least 0: how far π may be below and above π_old, as a difference of probabilities */
    rlhf_ratio_range range;
    double cap; /* the largest ρ in the loss, at least 0 */
    rlhf_dppo_value value;
} rlhf_dppo_tv;
#define RLHF_DPPO_TV {{sizeof(rlhf_dppo_tv), "dppo_tv"}, {0.2, 0.2}, RLHF_UNLIMITED, RLHF_DPPO_VALUE_LOG_PROB}

/* Exact preference optimisation of pairs: the reverse KL to labels, the share ε of which is assumed wrong. TRL calls
 * it `exo_pair`. */
typedef struct rlhf_exo {
    rlhf_objective objective;
    double beta;            /* β in [10⁻⁶, 10⁶] */
    double label_smoothing; /* ε in [10⁻⁶, ½] */
} rlhf_exo;
#define RLHF_EXO {{sizeof(rlhf_exo), "exo"}, 0.1, 1e-3}

/* Options of GMPO: the geometric mean of a sequence's token ratios, each of which is clipped. Use it with
 * RLHF_AGGREGATION_SEQUENCE_MEAN_TOKEN_MEAN.
 *
 *     | trainer, paper | range            |
 *     |---|---|
 *     | paper, TRL     | 0.4              |
 *     | verl, geo_mean | 0.2 (clip_ratio) | */
typedef struct rlhf_gmpo {
    rlhf_objective objective;
    rlhf_ratio_range range; /* ε₋ and ε₊, at least 0: log ρ is clipped to [−ε₋, ε₊] */
} rlhf_gmpo;
#define RLHF_GMPO {{sizeof(rlhf_gmpo), "gmpo"}, {0.4, 0.4}}

/* Options of GSPO: the clipped surrogate with a ratio that all tokens of a sequence share. The range has no default:
 * the paper has {3e-4, 4e-4} for the mean; a product needs a range as wide as PPO's. */
typedef struct rlhf_gspo {
    rlhf_objective objective;
    rlhf_ratio_range range;    /* ε₋ in [0, 1] and ε₊ ≥ 0 */
    rlhf_sequence_ratio ratio; /* how the tokens' log ratios become one */
} rlhf_gspo;
#define RLHF_GSPO {{sizeof(rlhf_gspo), "gspo"}, {NAN, NAN}, RLHF_SEQUENCE_RATIO_MEAN}

/* Identity preference optimisation, over log ratios to a reference. The paper sums them over an answer, as do
 * OpenRLHF and TRL's CPO and online trainers; TRL's DPO trainer averages them. */
typedef struct rlhf_ipo {
    rlhf_objective objective;
    double beta; /* β in [10⁻⁶, 10⁶], τ of the paper */
} rlhf_ipo;
#define RLHF_IPO {{sizeof(rlhf_ipo), "ipo"}, 0.1}

/* Kahneman-Tversky optimisation, over single answers that are desirable or not. TRL's `apo_zero_unpaired` is kto
 * with z₀ = 0. For n_D desirable and n_U undesirable answers, TRL advises λ_D n_D / (λ_U n_U) between 1 and 4/3. */
typedef struct rlhf_kto {
    rlhf_objective objective;
    double beta;               /* β in [10⁻⁶, 10⁶] */
    double reference_point;    /* z₀ in [0, 10⁶], nats: from the caller, a constant to gradients */
    double desirable_weight;   /* λ_D in [0, 10⁶] */
    double undesirable_weight; /* λ_U in [0, 10⁶] */
} rlhf_kto;
#define RLHF_KTO {{sizeof(rlhf_kto), "kto"}, 0.1, 0, 1, 1}

/* Noise contrastive alignment of pairs, which keeps the preferred answer from becoming less likely. TRL calls it
 * `nca_pair`. */
typedef struct rlhf_nca {
    rlhf_objective objective;
    double beta; /* β in [10⁻⁶, 10⁶] */
} rlhf_nca;
#define RLHF_NCA {{sizeof(rlhf_nca), "nca"}, 0.1}

/* The odds ratio term of ORPO, over averages of log π, without a reference. ORPO's other term is ptx_loss on the
 * preferred answers. */
typedef struct rlhf_orpo {
    rlhf_objective objective;
    double beta; /* β in [10⁻⁶, 10⁶], λ of the paper: a factor of the loss */
} rlhf_orpo;
#define RLHF_ORPO {{sizeof(rlhf_orpo), "orpo"}, 0.1}

/* Options of the clipped surrogate, the objective of PPO, GRPO and DAPO. With range = {1, unlimited} nothing is
 * clipped: the loss is −ρ Â, which tinker and SkyRL call importance_sampling. */
typedef struct rlhf_ppo_clip {
    rlhf_objective objective;
    rlhf_ratio_range range; /* ε₋ in [0, 1] and ε₊ ≥ 0 */
    double dual;            /* c ≥ 1 + ε₊: at Â < 0 the loss is at most c |Â| */
} rlhf_ppo_clip;
#define RLHF_PPO_CLIP {{sizeof(rlhf_ppo_clip), "ppo_clip"}, {0.2, 0.2}, RLHF_UNLIMITED}

/* DPO with a loss that stays unbiased if the share ε of the labels is wrong. It is not bounded below. */
typedef struct rlhf_robust_dpo {
    rlhf_objective objective;
    double beta;            /* β in [10⁻⁶, 10⁶] */
    double label_smoothing; /* ε in [0, ½) */
} rlhf_robust_dpo;
#define RLHF_ROBUST_DPO {{sizeof(rlhf_robust_dpo), "robust_dpo"}, 0.1, 0.1}

/* Options of SAPO: a soft gate instead of a clip. The larger τ, the narrower the gate. */
typedef struct rlhf_sapo {
    rlhf_objective objective;
    double tau_positive; /* τ at Â > 0, in [10⁻⁶, 64] */
    double tau_negative; /* τ at Â ≤ 0, in [10⁻⁶, 64] */
} rlhf_sapo;
#define RLHF_SAPO {{sizeof(rlhf_sapo), "sapo"}, 1, 1.05}

/* SimPO, over averages of log π, without a reference. */
typedef struct rlhf_simpo {
    rlhf_objective objective;
    double beta;  /* β in [10⁻⁶, 10⁶] */
    double gamma; /* γ in [0, 10⁶]: the margin that every pair should have */
} rlhf_simpo;
#define RLHF_SIMPO {{sizeof(rlhf_simpo), "simpo"}, 2, 1}

/* The hinge loss of SLiC, which TRL calls `hinge`. SLiC's paper has no reference, and its margin δ is 1 / β. */
typedef struct rlhf_slic_hinge {
    rlhf_objective objective;
    double beta; /* β in [10⁻⁶, 10⁶] */
} rlhf_slic_hinge;
#define RLHF_SLIC_HINGE {{sizeof(rlhf_slic_hinge), "slic_hinge"}, 0.1}

/* Self-play preference optimisation with hard labels: the preferred answer always wins. TRL calls it `sppo_hard`. */
typedef struct rlhf_sppo {
    rlhf_objective objective;
    double beta; /* β in [10⁻⁶, 10⁶], 1 / η of the paper */
} rlhf_sppo;
#define RLHF_SPPO {{sizeof(rlhf_sppo), "sppo"}, 0.1}

/* Options of TOPR: good answers are learned without a ratio, bad answers with the ratio truncated to 1. */
typedef struct rlhf_topr {
    rlhf_objective objective;
    double positive; /* w₊, the weight at Â > 0, in [0, 10⁶] */
    double negative; /* w₋, the weight at Â ≤ 0, in [0, 10⁶] */
} rlhf_topr;
#define RLHF_TOPR {{sizeof(rlhf_topr), "topr"}, 1, 1}

/* Options of VESPO: a sequence is weighted by a soft function of its ratio, which is 1 at ratio 1. The defaults are
 * TRL's. k damps ratios below 1, λ damps ratios above 1. k is in [10⁻⁶, 64], λ in [10⁻⁴, 64]. */
typedef struct rlhf_vespo {
    rlhf_objective objective;
    double k_positive;      /* k where Â ≥ 0 */
    double lambda_positive; /* λ where Â ≥ 0 */
    double k_negative;      /* k where Â < 0 */
    double lambda_negative; /* λ where Â < 0 */
} rlhf_vespo;
#define RLHF_VESPO {{sizeof(rlhf_vespo), "vespo"}, 2, 3, 3, 2}

#ifdef __cplusplus
}
#endif

#endif
