/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_POLICY_H
#define RLHF_C_POLICY_H

#include <rlhf/c/results.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rlhf_covariance_tokens_arrays {
    size_t size;
    rlhf_in log_probs;     /* [B, T] required, log π, nats */
    rlhf_in old_log_probs; /* [B, T] log π_old, nats; for clip_range and anchors */
    rlhf_in advantages;    /* [B, T], or per_sequence [B]; required */
    rlhf_in keys;          /* [B, T] random; absent: the largest covariances are picked */
    rlhf_out weights;      /* [B, T] out: 0 where picked, else 1 */
    rlhf_out anchors;      /* [B, T] out: log π_old where picked, else log π */
} rlhf_covariance_tokens_arrays;
#define RLHF_COVARIANCE_TOKENS_ARRAYS {sizeof(rlhf_covariance_tokens_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                       RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_covariance_tokens_options {
    size_t size;
    double share;                       /* in [0, 1]: the share of counted tokens to pick, at least one token */
    double low;                         /* picks only tokens with cov > low */
    double high;                        /* picks only tokens with cov < high */
    const rlhf_ratio_range* clip_range; /* picks only tokens that ppo_clip does not clip */
    const rlhf_covariance_cut* cut;     /* the cut of the whole step; absent: this batch is the whole step */
} rlhf_covariance_tokens_options;
#define RLHF_COVARIANCE_TOKENS_OPTIONS {sizeof(rlhf_covariance_tokens_options), 0.0002, -RLHF_UNLIMITED, \
                                        RLHF_UNLIMITED, NULL, NULL}

/* Picks the tokens whose update lowers the entropy of the policy most, for Clip-Cov and KL-Cov.
 *
 *     cov    = (Â − mean Â)(log π − mean log π)         over the tokens that count
 *     picked : max(1, ⌊share · n⌋) of the candidates, with the smallest keys or, without keys, with the largest
 *              cov; among equal ones the first by sequence and step
 *
 * More: <rlhf/policy/covariance_tokens.hpp> */
rlhf_status rlhf_covariance_tokens(const rlhf_batch* batch, const rlhf_covariance_tokens_arrays* arrays,
                                   const rlhf_covariance_tokens_options* options, const rlhf_executor* run,
                                   rlhf_covariance_tokens_result* result, rlhf_error* error);

typedef struct rlhf_importance_weights_arrays {
    size_t size;
    rlhf_in log_probs;          /* [B, T] required, log π of the policy that learns, nats */
    rlhf_in behavior_log_probs; /* [B, T] required, log μ of the policy that sampled, nats */
    rlhf_in advantages;         /* [B, T], or per_sequence [B]; for drift_limit */
    rlhf_out weights;           /* [B, T] required, out; may lie on either array of log-probs */
    rlhf_out keep;              /* [B, T] uint8, out, a mask: 1 where a token counts and its weight is not 0 */
} rlhf_importance_weights_arrays;
#define RLHF_IMPORTANCE_WEIGHTS_ARRAYS {sizeof(rlhf_importance_weights_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                        RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_importance_weights_options {
    size_t size;
    rlhf_importance_level level;
    rlhf_importance_range range;            /* bounds of a weight: 0 ≤ low ≤ high */
    rlhf_importance beyond;                 /* what becomes of a weight beyond its range */
    rlhf_importance_range sequence_mean;    /* drops a sequence whose e^(mean ρ) is outside */
    rlhf_importance_range sequence_product; /* drops a sequence whose e^(Σ ρ) is outside */
    rlhf_importance_range every_token;      /* drops a sequence if e^ρ of one of its tokens is outside */
    rlhf_importance_unit unit;              /* what a sequence is, in `level`, these ranges and drift_limit */
    double drift_limit;                     /* ≥ 0: drops tokens with Â < 0 if mean(−ρ) of their sequence is larger */
    double probability_limit;               /* > 0: drops a token if |π − μ| is larger */
    double binary_kl_limit;                 /* > 0: drops a token if one of its two binary KLs is larger (KPop) */
    double second_moment_limit;             /* > 0: drops the largest |ρ| until mean(ρ²) of the rest is less (M2PO) */
    double log_ratio_limit;                 /* ≥ 0: drops a token if |ρ| is larger */
} rlhf_importance_weights_options;
#define RLHF_IMPORTANCE_WEIGHTS_OPTIONS {sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, \
                                         {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, {0, RLHF_UNLIMITED}, \
                                         {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, \
                                         RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, \
                                         RLHF_UNLIMITED}

/* Importance weights π / μ, with options that drop tokens on which the two policies differ too much. μ is the policy
 * that sampled, as the generation engine (vLLM, SGLang) reports it. π is the policy that should have sampled;
 * log_probs are usually the old_log_probs of the policy loss.
 *
 *     ρ = log π − log μ
 *     w = e^ρ per token, or e^(mean ρ) or e^(Σ ρ) per sequence, truncated to its range (or 0 beyond it)
 *     w = 0 where the options drop a token or its sequence               formula/importance_weights.hpp
 *
 * More: <rlhf/policy/importance_weights.hpp> */
rlhf_status rlhf_importance_weights(const rlhf_batch* batch, const rlhf_importance_weights_arrays* arrays,
                                    const rlhf_importance_weights_options* options, const rlhf_executor* run,
                                    rlhf_importance_weights_result* result, rlhf_error* error);

typedef struct rlhf_masked_mean_arrays {
    size_t size;
    rlhf_in values;         /* [B, T], or per_sequence [B]; required */
    rlhf_gradient d_values; /* [B, T] ∂mean/∂values; absent: the value only */
} rlhf_masked_mean_arrays;
#define RLHF_MASKED_MEAN_ARRAYS {sizeof(rlhf_masked_mean_arrays), RLHF_ABSENT, RLHF_NO_GRADIENT}

typedef struct rlhf_masked_mean_options {
    size_t size;
    rlhf_aggregation aggregation; /* how the tokens' values become one number */
} rlhf_masked_mean_options;
#define RLHF_MASKED_MEAN_OPTIONS {sizeof(rlhf_masked_mean_options), RLHF_AGGREGATION_TOKEN_MEAN}

/* The mean of a per-token quantity over the tokens that count, with its gradient.
 *
 *     mean          = Σ v / denominator         by the aggregation
 *     ∂mean/∂v      = 1 / denominator           (1 / (|s| · denominator) with sequence_mean_token_mean)
 *
 * More: <rlhf/policy/masked_mean.hpp> */
rlhf_status rlhf_masked_mean(const rlhf_batch* batch, const rlhf_masked_mean_arrays* arrays,
                             const rlhf_masked_mean_options* options, const rlhf_executor* run, rlhf_loss_sums* result,
                             rlhf_error* error);

typedef struct rlhf_policy_loss_arrays {
    size_t size;
    rlhf_in log_probs;          /* [B, T] required, log π(aₜ|sₜ), nats */
    rlhf_in old_log_probs;      /* [B, T] required, log π_old at the time of the rollout */
    rlhf_in ref_log_probs;      /* [B, T] log π_ref; absent: no KL in loss and result */
    rlhf_in behavior_log_probs; /* [B, T] log μ of the sampler; absent: no importance weight */
    rlhf_in advantages;         /* [B, T], or per_sequence [B]; no gradient flows to them; required */
    rlhf_in weights;            /* [B, T], or per_sequence [B]; factor of the loss; absent: 1 */
    rlhf_gradient d_log_probs;  /* [B, T] ∂loss/∂log_probs; absent: values only */
} rlhf_policy_loss_arrays;
#define RLHF_POLICY_LOSS_ARRAYS {sizeof(rlhf_policy_loss_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                 RLHF_ABSENT, RLHF_ABSENT, RLHF_NO_GRADIENT}

/* The options that all objectives have in common. */
typedef struct rlhf_policy_loss_options {
    size_t size;
    double log_ratio_limit;                 /* above 0: clamps log ρ to ±limit; beyond it no gradient flows through ρ */
    double kl_coef;                         /* β of KL in the loss, finite; with KL in the reward leave it 0 */
    rlhf_kl_estimator kl_estimator;         /* k, the estimate of each token */
    const rlhf_kl_estimator* kl_gradient;   /* absent: the gradient of kl_estimator */
    double kl_limit;                        /* above 0: clamps k to ±limit; no gradient beyond it */
    rlhf_kl_weight kl_weight;               /* multiplies k in the loss, not in kl() */
    rlhf_importance_range importance_limit; /* bounds of the weight exp(old − behavior) */
    rlhf_importance importance;             /* what happens beyond importance_limit */
    rlhf_aggregation aggregation;
} rlhf_policy_loss_options;
#define RLHF_POLICY_LOSS_OPTIONS {sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, \
                                  RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, \
                                  RLHF_AGGREGATION_TOKEN_MEAN}

/* A policy loss over the tokens of a batch, with its gradient and statistics from the same sweep. The objective is
 * one of rlhf_ppo_clip, cispo, sapo, topr, dppo_tv, dppo_kl, gspo, gmpo and vespo. Each has its formula, options and
 * source in a header in formula/; formula/surrogate.hpp explains M and φ. With the last three, ρ is the ratio of a
 * whole sequence. Importance sampling without a clip (tinker, SkyRL) is ppo_clip{.range = {1, unlimited}}. REINFORCE
 * and GPG are cispo{1, 1}. Kimi k1.5 and DRO are cispo{1, 1} with KL by k2, old_log_probs as ref_log_probs, and
 * kl_coef as their τ or β. LUSPO is gspo with sequence_mean_token_sum.
 *
 *     x    = log π(a|s) − log π_old(a|s), clamped to ±log_ratio_limit      ρ = eˣ
 *     l    = objective(ρ, Â, log π, π_old)                                 its slope is −M φ(ρ) Â
 *     l   += kl_coef · k(log π − log π_ref)                                with ref_log_probs, times its kl_weight
 *     loss = Σ w l / denominator                                           by the aggregation
 *
 * More: <rlhf/policy/policy_loss.hpp>
 *
 * Objectives: rlhf_cispo, rlhf_ppo_clip, rlhf_dppo_tv, rlhf_dppo_kl, rlhf_gmpo, rlhf_gspo, rlhf_sapo, rlhf_topr,
 * rlhf_vespo */
rlhf_status rlhf_policy_loss(const rlhf_batch* batch, const rlhf_policy_loss_arrays* arrays,
                             const rlhf_objective* objective, const rlhf_policy_loss_options* options,
                             const rlhf_executor* run, rlhf_policy_loss_result* result, rlhf_error* error);

typedef struct rlhf_ppo_policy_loss_options {
    size_t size;
    rlhf_ratio_range clip_range;          /* ε₋ in [0, 1], ε₊ ≥ 0: clips ρ to [1 − ε₋, 1 + ε₊] */
    double dual_clip;                     /* c ≥ 1 + ε₊: at Â < 0 the loss is at most c |Â| */
    double log_ratio_limit;               /* this and the next options are as in policy_loss_options */
    double kl_coef;
    rlhf_kl_estimator kl_estimator;
    const rlhf_kl_estimator* kl_gradient; /* NULL: absent */
    double kl_limit;
    rlhf_kl_weight kl_weight;
    rlhf_importance_range importance_limit;
    rlhf_importance importance;
    rlhf_aggregation aggregation;
} rlhf_ppo_policy_loss_options;
#define RLHF_PPO_POLICY_LOSS_OPTIONS {sizeof(rlhf_ppo_policy_loss_options), {0.2, 0.2}, RLHF_UNLIMITED, RLHF_UNLIMITED, \
                                      0, RLHF_KL_ESTIMATOR_K3, NULL, RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, \
                                      {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, RLHF_AGGREGATION_TOKEN_MEAN}

/* The clipped surrogate loss of PPO: policy_loss with the objective ppo_clip, its options and the common ones in one
 * struct.
 *
 *     x    = log π(a|s) − log π_old(a|s), clamped to ±log_ratio_limit      ρ = eˣ
 *     l    = max(−ρ Â, −clip(ρ, 1 − ε₋, 1 + ε₊) Â)                          at Â < 0 at most c |Â|
 *     l   += kl_coef · k(log π − log π_ref)                                 with ref_log_probs
 *     loss = Σ w l / denominator                                            by the aggregation
 *
 * More: <rlhf/policy/ppo_policy_loss.hpp> */
rlhf_status rlhf_ppo_policy_loss(const rlhf_batch* batch, const rlhf_policy_loss_arrays* arrays,
                                 const rlhf_ppo_policy_loss_options* options, const rlhf_executor* run,
                                 rlhf_policy_loss_result* result, rlhf_error* error);

typedef struct rlhf_ppo_value_loss_arrays {
    size_t size;
    rlhf_in values;         /* [B, T] required, V(sₜ) now */
    rlhf_in old_values;     /* [B, T] v_old at rollout; needed if clip_range is finite */
    rlhf_in returns;        /* [B, T] required, R, the targets of the values */
    rlhf_in weights;        /* [B, T], or per_sequence [B]; factor of the loss; absent: 1 */
    rlhf_gradient d_values; /* [B, T] ∂loss/∂values */
} rlhf_ppo_value_loss_arrays;
#define RLHF_PPO_VALUE_LOSS_ARRAYS {sizeof(rlhf_ppo_value_loss_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                    RLHF_ABSENT, RLHF_NO_GRADIENT}

typedef struct rlhf_ppo_value_loss_options {
    size_t size;
    double clip_range; /* above 0: the clipped value is at most this far from v_old */
    double huber;      /* δ > 0: beyond it the loss is linear; unlimited: ½ (v − R)² */
    rlhf_aggregation aggregation;
} rlhf_ppo_value_loss_options;
#define RLHF_PPO_VALUE_LOSS_OPTIONS {sizeof(rlhf_ppo_value_loss_options), RLHF_UNLIMITED, RLHF_UNLIMITED, \
                                     RLHF_AGGREGATION_TOKEN_MEAN}

/* The value loss of PPO over the tokens of a batch, with its gradient and the explained variance.
 *
 *     h(e) = ½ e², beyond ±huber continued by its tangent
 *     l    = max(h(v − R), h(v_old + clip(v − v_old, ±clip_range) − R))      clip_range unlimited: h(v − R)
 *     loss = Σ w l / denominator                                             by the aggregation
 *     ∂l/∂v = h′(v − R), or 0 where the clipped value has the larger loss
 *
 * More: <rlhf/policy/ppo_value_loss.hpp> */
rlhf_status rlhf_ppo_value_loss(const rlhf_batch* batch, const rlhf_ppo_value_loss_arrays* arrays,
                                const rlhf_ppo_value_loss_options* options, const rlhf_executor* run,
                                rlhf_ppo_value_loss_result* result, rlhf_error* error);

typedef struct rlhf_ptx_loss_arrays {
    size_t size;
    rlhf_in log_probs;         /* [B, T] required, log p of the text's own tokens, nats */
    rlhf_gradient d_log_probs; /* [B, T] ∂loss/∂log_probs; absent: the value only */
} rlhf_ptx_loss_arrays;
#define RLHF_PTX_LOSS_ARRAYS {sizeof(rlhf_ptx_loss_arrays), RLHF_ABSENT, RLHF_NO_GRADIENT}

typedef struct rlhf_ptx_loss_options {
    size_t size;
    rlhf_aggregation aggregation; /* how the tokens' values become one number */
} rlhf_ptx_loss_options;
#define RLHF_PTX_LOSS_OPTIONS {sizeof(rlhf_ptx_loss_options), RLHF_AGGREGATION_TOKEN_MEAN}

/* The negative log-likelihood of pretraining or demonstration text: InstructGPT's ptx term, and supervised
 * fine-tuning.
 *
 *     loss             = −Σ log p / denominator        by the aggregation
 *     ∂loss/∂log p     = −1 / denominator
 *
 * More: <rlhf/policy/ptx_loss.hpp> */
rlhf_status rlhf_ptx_loss(const rlhf_batch* batch, const rlhf_ptx_loss_arrays* arrays,
                          const rlhf_ptx_loss_options* options, const rlhf_executor* run, rlhf_ptx_loss_result* result,
                          rlhf_error* error);

typedef struct rlhf_top_entropy_arrays {
    size_t size;
    rlhf_in entropy;  /* [B, T] required, nats */
    rlhf_out weights; /* [B, T] out: 1 where kept, else 0; may be the memory of entropy */
    rlhf_out keep;    /* [B, T] uint8, out, a mask: 1 where a token counts and is kept */
} rlhf_top_entropy_arrays;
#define RLHF_TOP_ENTROPY_ARRAYS {sizeof(rlhf_top_entropy_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_top_entropy_options {
    size_t size;
    double share;            /* in [0, 1]: keeps this share of the counted tokens, at least one */
    const double* threshold; /* nats, for the whole step; absent: this batch is the whole step */
} rlhf_top_entropy_options;
#define RLHF_TOP_ENTROPY_OPTIONS {sizeof(rlhf_top_entropy_options), 0.2, NULL}

/* Finds the tokens with high entropy ("forking tokens"): a mask or weights for a policy loss over these tokens
 * alone.
 *
 *     threshold = the quantile 1 − share of the counted tokens' entropies
 *     w         = 1 where H ≥ threshold, else 0
 *
 * More: <rlhf/policy/top_entropy.hpp> */
rlhf_status rlhf_top_entropy(const rlhf_batch* batch, const rlhf_top_entropy_arrays* arrays,
                             const rlhf_top_entropy_options* options, const rlhf_executor* run,
                             rlhf_top_entropy_result* result, rlhf_error* error);

/* A coefficient of the entropy bonus. While the entropy is at or below a target, it grows and is used; above the
 * target it shrinks and is not used. Its fields are its whole state. */
typedef struct rlhf_adaptive_entropy_controller {
    size_t size;
    double entropy_coef; /* c; set it to its first value */
    double target;       /* nats per token */
    double step;         /* above 0: c changes by it */
    double low;          /* bounds of c */
    double high;         /* bounds of c */
    /* True if the entropy of the last step was at or below the target. Skywork-OR1 begins with true, TRL with false. */
    int64_t active;
} rlhf_adaptive_entropy_controller;
#define RLHF_ADAPTIVE_ENTROPY_CONTROLLER {sizeof(rlhf_adaptive_entropy_controller), 0, 0.2, 0.005, 0, 1, 1}

/* The controller after an optimiser step with the mean entropy H, in nats. The mean is over the tokens of all parts
 * and ranks that get the bonus. If these are the tokens that top_entropy keeps, H is its mean_kept_entropy().
 *
 *     active ← H ≤ target
 *     c      ← clip(c ± step, [low, high])            + if active, else −
 *
 * More: <rlhf/policy/entropy_controller.hpp>. The controller is changed in place. */
rlhf_status rlhf_update_adaptive_entropy_controller(rlhf_adaptive_entropy_controller* controller, double entropy,
                                                    rlhf_error* error);

#ifdef __cplusplus
}
#endif

#endif
