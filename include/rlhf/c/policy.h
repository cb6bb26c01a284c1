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
    rlhf_in old_log_probs; /* [B, T] log π_old; for clip_range and anchors */
    rlhf_in advantages;    /* [B, T], or per_sequence [B]; required */
    rlhf_in keys;          /* [B, T] random; absent: the largest covariances are picked */
    rlhf_out weights;      /* [B, T] out: 0 where picked, else 1 */
    rlhf_out anchors;      /* [B, T] out: log π_old where picked, else log π */
} rlhf_covariance_tokens_arrays;
#define RLHF_COVARIANCE_TOKENS_ARRAYS {.size = sizeof(rlhf_covariance_tokens_arrays)}

typedef struct rlhf_covariance_tokens_options {
    size_t size;
    double share;                       /* picks this share of the tokens that count, and at least one token */
    double low;                         /* picks only tokens with cov > low */
    double high;                        /* picks only tokens with cov < high */
    const rlhf_ratio_range* clip_range; /* picks only tokens that this range of rlhf_ppo_clip does not stop */
    const rlhf_covariance_cut* cut;     /* of the whole step; absent: this batch is the whole step */
} rlhf_covariance_tokens_options;
#define RLHF_COVARIANCE_TOKENS_OPTIONS {sizeof(rlhf_covariance_tokens_options), 0.0002, -RLHF_UNLIMITED, \
                                        RLHF_UNLIMITED, NULL, NULL}

/* The tokens whose update takes most from the entropy of the policy, for Clip-Cov and KL-Cov.
 *
 *     cov    = (Â − mean Â)(log π − mean log π)         over the tokens that count
 *     picked : max(1, ⌊share · n⌋) of the candidates, with the smallest keys or, without keys, with the largest
 *              cov; of equal ones the first by sequence and step
 *
 * More: <rlhf/policy/covariance_tokens.hpp> */
rlhf_status rlhf_covariance_tokens(const rlhf_batch* batch, const rlhf_covariance_tokens_arrays* arrays,
                                   const rlhf_covariance_tokens_options* options, const rlhf_executor* run,
                                   rlhf_covariance_tokens_result* result, rlhf_error* error);

typedef struct rlhf_importance_weights_arrays {
    size_t size;
    rlhf_in log_probs;          /* [B, T] required, log π of the policy that learns, nats */
    rlhf_in behavior_log_probs; /* [B, T] required, log μ of the policy that sampled */
    rlhf_in advantages;         /* [B, T], or per_sequence [B]; for drift_limit */
    rlhf_out weights;           /* [B, T] required, out; may be the memory of either log-probs */
    rlhf_out keep;              /* [B, T] uint8, out, a mask: 1 where a token counts and its weight is not 0 */
} rlhf_importance_weights_arrays;
#define RLHF_IMPORTANCE_WEIGHTS_ARRAYS {.size = sizeof(rlhf_importance_weights_arrays)}

typedef struct rlhf_importance_weights_options {
    size_t size;
    rlhf_importance_level level;
    rlhf_importance_range range;            /* bounds of a weight */
    rlhf_importance beyond;                 /* what becomes of a weight beyond its range */
    rlhf_importance_range sequence_mean;    /* drops a sequence whose e^(mean ρ) is beyond */
    rlhf_importance_range sequence_product; /* drops a sequence whose e^(Σ ρ) is beyond */
    rlhf_importance_range every_token;      /* drops a sequence if e^ρ of one of its tokens is beyond */
    rlhf_importance_unit unit;              /* what counts as a sequence in all of these and in `level` */
    double drift_limit;                     /* drops tokens of Â < 0 if mean(−ρ) of their sequence is larger */
    double probability_limit;               /* drops a token if |π − μ| is larger */
    double binary_kl_limit;                 /* drops a token if one of its two binary divergences is larger (KPop) */
    double second_moment_limit;             /* drops the largest |ρ| until the mean ρ² of the rest is less (M2PO) */
    double log_ratio_limit;                 /* drops a token if |ρ| is larger */
} rlhf_importance_weights_options;
#define RLHF_IMPORTANCE_WEIGHTS_OPTIONS {sizeof(rlhf_importance_weights_options), RLHF_IMPORTANCE_LEVEL_TOKEN, \
                                         {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, {0, RLHF_UNLIMITED}, \
                                         {0, RLHF_UNLIMITED}, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_UNIT_SEQUENCE, \
                                         RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, RLHF_UNLIMITED, \
                                         RLHF_UNLIMITED}

/* The importance weights between the policy μ that sampled, as the engine of generation (vLLM, SGLang) reports it,
 * and the policy π whose rollout it should have been, and which tokens are not worth learning from. log_probs are
 * usually the old_log_probs of the policy loss.
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
#define RLHF_MASKED_MEAN_ARRAYS {.size = sizeof(rlhf_masked_mean_arrays)}

typedef struct rlhf_masked_mean_options {
    size_t size;
    rlhf_aggregation aggregation;
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
    rlhf_in old_log_probs;      /* [B, T] required, log π_old, of the scored rollout */
    rlhf_in ref_log_probs;      /* [B, T] of the reference; absent: no KL, no KL statistic */
    rlhf_in behavior_log_probs; /* [B, T] of the sampler; absent: no importance weight */
    rlhf_in advantages;         /* [B, T], or per_sequence [B]; constants; required */
    rlhf_in weights;            /* [B, T], or per_sequence [B]; factor of the loss; absent: 1 */
    rlhf_gradient d_log_probs;  /* [B, T] ∂loss/∂log_probs; absent: values only */
} rlhf_policy_loss_arrays;
#define RLHF_POLICY_LOSS_ARRAYS {.size = sizeof(rlhf_policy_loss_arrays)}

/* What all objectives have in common. */
typedef struct rlhf_policy_loss_options {
    size_t size;
    double log_ratio_limit;                 /* clamps log ρ to ±limit; no gradient through ρ beyond */
    double kl_coef;                         /* KL in the loss (not in the reward as well) */
    rlhf_kl_estimator kl_estimator;
    const rlhf_kl_estimator* kl_gradient;   /* absent: the gradient of kl_estimator */
    double kl_limit;                        /* clamps each token's estimate to ±limit; no gradient beyond */
    rlhf_kl_weight kl_weight;               /* multiplies the estimate in the loss, not the statistic */
    rlhf_importance_range importance_limit; /* bounds of the weight exp(old − behavior) */
    rlhf_importance importance;
    rlhf_aggregation aggregation;
} rlhf_policy_loss_options;
#define RLHF_POLICY_LOSS_OPTIONS {sizeof(rlhf_policy_loss_options), RLHF_UNLIMITED, 0, RLHF_KL_ESTIMATOR_K3, NULL, \
                                  RLHF_UNLIMITED, RLHF_KL_WEIGHT_ONE, {0, RLHF_UNLIMITED}, RLHF_IMPORTANCE_TRUNCATE, \
                                  RLHF_AGGREGATION_TOKEN_MEAN}

/* A policy loss over the tokens of a batch, with its gradient and statistics from the same sweep. The objective is
 * one of rlhf_ppo_clip, cispo, sapo, topr, dppo_tv, dppo_kl, gspo, gmpo and vespo, each in a header of its name
 * below formula/ that has its formula, its options and their source. By the last three, ρ is the ratio of a whole
 * sequence. Importance sampling without a clip, of tinker and SkyRL, is ppo_clip{.range = {1, unlimited}}. REINFORCE
 * and GPG are cispo{1, 1}. Kimi k1.5 and DRO add KL by k2 to it, with old_log_probs as ref_log_probs and kl_coef for
 * their τ or β. LUSPO is gspo by sequence_mean_token_sum.
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
    rlhf_ratio_range clip_range;            /* ε₋ and ε₊: ρ is cut to [1 − ε₋, 1 + ε₊]; DAPO has {0.2, 0.28} */
    double dual_clip;                       /* c > 1: at Â < 0 the loss is at most c |Â| */
    double log_ratio_limit;                 /* clamps log ρ to ±limit; no gradient through ρ beyond */
    double kl_coef;                         /* KL in the loss (not in the reward as well) */
    rlhf_kl_estimator kl_estimator;
    const rlhf_kl_estimator* kl_gradient;   /* absent: the gradient of kl_estimator */
    double kl_limit;                        /* clamps each token's estimate to ±limit; no gradient beyond */
    rlhf_kl_weight kl_weight;               /* multiplies the estimate in the loss, not the statistic */
    rlhf_importance_range importance_limit; /* bounds of the weight exp(old − behavior) */
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
    rlhf_in old_values;     /* [B, T] at rollout; needed when clip_range is finite */
    rlhf_in returns;        /* [B, T] required */
    rlhf_in weights;        /* [B, T], or per_sequence [B]; factor of the loss; absent: 1 */
    rlhf_gradient d_values; /* [B, T] ∂loss/∂values */
} rlhf_ppo_value_loss_arrays;
#define RLHF_PPO_VALUE_LOSS_ARRAYS {.size = sizeof(rlhf_ppo_value_loss_arrays)}

typedef struct rlhf_ppo_value_loss_options {
    size_t size;
    double clip_range; /* c: |v − v_old| beyond which the clipped value may be the worse one */
    double huber;      /* δ; unlimited: ½ (v − R)² */
    rlhf_aggregation aggregation;
} rlhf_ppo_value_loss_options;
#define RLHF_PPO_VALUE_LOSS_OPTIONS {sizeof(rlhf_ppo_value_loss_options), RLHF_UNLIMITED, RLHF_UNLIMITED, \
                                     RLHF_AGGREGATION_TOKEN_MEAN}

/* The value loss of PPO over the tokens of a batch, with its gradient and the explained variance.
 *
 *     h(e) = ½ e², beyond ±huber continued by its tangent
 *     l    = max(h(v − R), h(v_old + clip(v − v_old, ±clip_range) − R))      clip_range unlimited: h(v − R)
 *     loss = Σ w l / denominator                                             by the aggregation
 *     ∂l/∂v = h′(v − R), or 0 where the clipped value is the worse one
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
#define RLHF_PTX_LOSS_ARRAYS {.size = sizeof(rlhf_ptx_loss_arrays)}

typedef struct rlhf_ptx_loss_options {
    size_t size;
    rlhf_aggregation aggregation;
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
#define RLHF_TOP_ENTROPY_ARRAYS {.size = sizeof(rlhf_top_entropy_arrays)}

typedef struct rlhf_top_entropy_options {
    size_t size;
    double share;            /* of the tokens that count, in [0, 1]; 0 keeps the highest alone, 1 all */
    const double* threshold; /* nats, of the whole step; absent: this batch is the whole step */
} rlhf_top_entropy_options;
#define RLHF_TOP_ENTROPY_OPTIONS {sizeof(rlhf_top_entropy_options), 0.2, NULL}

/* The tokens of high entropy, "forking tokens": a mask or weights for a policy loss of these tokens alone.
 *
 *     threshold = quantile 1 − share of the entropies of the tokens that count
 *     w         = 1 where H ≥ threshold, else 0
 *
 * More: <rlhf/policy/top_entropy.hpp> */
rlhf_status rlhf_top_entropy(const rlhf_batch* batch, const rlhf_top_entropy_arrays* arrays,
                             const rlhf_top_entropy_options* options, const rlhf_executor* run,
                             rlhf_top_entropy_result* result, rlhf_error* error);

/* A coefficient of the entropy bonus that acts while the entropy is at or below a target, and grows as long as it
 * is. Its numbers are its whole state. */
typedef struct rlhf_adaptive_entropy_controller {
    size_t size;
    double entropy_coef; /* c; set it to its first value */
    double target;       /* nats per token */
    double step;         /* by which c changes */
    double low;          /* bounds of c */
    double high;         /* bounds of c */
    /* Was the entropy of the last step at or below the target? Before the first step: Skywork-OR1 has true, TRL
     * false. */
    int64_t active;
} rlhf_adaptive_entropy_controller;
#define RLHF_ADAPTIVE_ENTROPY_CONTROLLER {sizeof(rlhf_adaptive_entropy_controller), 0, 0.2, 0.005, 0, 1, 1}

/* The controller after an optimiser step whose tokens had this mean entropy, in nats. The mean is over the tokens
 * that get the bonus, of all parts and ranks. Where these are the tokens that top_entropy keeps, it reports their
 * mean.
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
