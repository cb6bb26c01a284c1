/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_ADVANTAGE_H
#define RLHF_C_ADVANTAGE_H

#include <rlhf/c/results.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rlhf_discounted_returns_arrays {
    size_t size;
    rlhf_in rewards;          /* [B, T] required */
    rlhf_in bootstrap_values; /* [B] V after the last step; absent: 0, the sequence ended */
    rlhf_in terminated;       /* [B, T] uint8, the episode ended at t: nothing follows */
    rlhf_out returns;         /* [B, T] required, out; may be rewards' memory */
} rlhf_discounted_returns_arrays;
#define RLHF_DISCOUNTED_RETURNS_ARRAYS {sizeof(rlhf_discounted_returns_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                        RLHF_ABSENT}

typedef struct rlhf_discounted_returns_options {
    size_t size;
    double gamma;   /* γ in [0, 1] */
    rlhf_gaps gaps; /* what masked steps mean */
} rlhf_discounted_returns_options;
#define RLHF_DISCOUNTED_RETURNS_OPTIONS {sizeof(rlhf_discounted_returns_options), 1, RLHF_GAPS_SKIP}

/* The discounted sum of the rewards from each step on.
 *
 *     Rₜ = rₜ + γ Rₜ₊₁          Rₜ₊₁: the bootstrap value after the last step, 0 after a terminated step
 *
 * More: <rlhf/advantage/discounted_returns.hpp> */
rlhf_status rlhf_discounted_returns(const rlhf_batch* batch, const rlhf_discounted_returns_arrays* arrays,
                                    const rlhf_discounted_returns_options* options, const rlhf_executor* run,
                                    rlhf_error* error);

typedef struct rlhf_gae_arrays {
    size_t size;
    rlhf_in rewards;          /* [B, T] required */
    rlhf_in values;           /* [B, T] required, V(sₜ) */
    rlhf_in next_values;      /* [B, T] V(sₜ₊₁); absent: the value of the next step */
    rlhf_in bootstrap_values; /* [B] V after the last step; absent: 0, the sequence ended */
    rlhf_in lambdas;          /* [B] a λ per sequence, in [0, 1], in place of options.lambda */
    rlhf_in terminated;       /* [B, T] uint8, the episode ended at t: V(sₜ₊₁) = 0, Âₜ₊₁ = 0 */
    rlhf_in truncated;        /* [B, T] uint8, the episode was cut after t: Âₜ₊₁ = 0 */
    rlhf_out advantages;      /* [B, T] out; may be rewards' memory */
    rlhf_out returns;         /* [B, T] out; may be values' memory */
} rlhf_gae_arrays;
#define RLHF_GAE_ARRAYS {sizeof(rlhf_gae_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                         RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_gae_options {
    size_t size;
    double gamma;   /* γ in [0, 1] */
    double lambda;  /* λ in [0, 1] */
    rlhf_gaps gaps; /* what masked steps mean */
} rlhf_gae_options;
#define RLHF_GAE_OPTIONS {sizeof(rlhf_gae_options), 1, 0.95, RLHF_GAPS_SKIP}

/* Generalised advantage estimation over the steps of a batch, from the last to the first.
 *
 *     δₜ = rₜ + γ V(sₜ₊₁) − V(sₜ)
 *     Âₜ = δₜ + γλ Âₜ₊₁
 *     Rₜ = Âₜ + V(sₜ)
 *
 * More: <rlhf/advantage/gae.hpp> */
rlhf_status rlhf_gae(const rlhf_batch* batch, const rlhf_gae_arrays* arrays, const rlhf_gae_options* options,
                     const rlhf_executor* run, rlhf_error* error);

typedef struct rlhf_gae_backward_arrays {
    size_t size;
    rlhf_in d_advantages;             /* [B, T] ∂L/∂advantages; absent: 0 */
    rlhf_in d_returns;                /* [B, T] ∂L/∂returns; absent: 0 */
    rlhf_in next_values;              /* [B, T] as passed to gae(); only their presence matters */
    rlhf_in lambdas;                  /* [B] as passed to gae() */
    rlhf_in terminated;               /* [B, T] uint8, as passed to gae() */
    rlhf_in truncated;                /* [B, T] uint8, as passed to gae() */
    rlhf_gradient d_rewards;          /* [B, T] ∂L/∂rewards */
    rlhf_gradient d_values;           /* [B, T] ∂L/∂values */
    rlhf_gradient d_next_values;      /* [B, T] ∂L/∂next_values */
    rlhf_gradient d_bootstrap_values; /* [B] ∂L/∂bootstrap_values */
} rlhf_gae_backward_arrays;
#define RLHF_GAE_BACKWARD_ARRAYS {sizeof(rlhf_gae_backward_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                  RLHF_ABSENT, RLHF_ABSENT, RLHF_NO_GRADIENT, RLHF_NO_GRADIENT, RLHF_NO_GRADIENT, \
                                  RLHF_NO_GRADIENT}

/* The options that were passed to gae(). */
typedef struct rlhf_gae_backward_options {
    size_t size;
    double gamma;   /* γ in [0, 1] */
    double lambda;  /* λ in [0, 1] */
    rlhf_gaps gaps; /* what masked steps mean */
} rlhf_gae_backward_options;
#define RLHF_GAE_BACKWARD_OPTIONS {sizeof(rlhf_gae_backward_options), 1, 0.95, RLHF_GAPS_SKIP}

/* The backward pass of gae. gae is linear in rewards and values, so its backward pass is the transpose. With g =
 * ∂L/∂advantages + ∂L/∂returns, from the first step to the last:
 *
 *     uₜ         = gₜ + γλ uₜ₋₁
 *     ∂L/∂rₜ     = uₜ
 *     ∂L/∂V(sₜ)  = ∂L/∂Rₜ − uₜ + γ uₜ₋₁
 *
 * More: <rlhf/advantage/gae_backward.hpp> */
rlhf_status rlhf_gae_backward(const rlhf_batch* batch, const rlhf_gae_backward_arrays* arrays,
                              const rlhf_gae_backward_options* options, const rlhf_executor* run, rlhf_error* error);

typedef struct rlhf_group_advantages_arrays {
    size_t size;
    rlhf_in rewards;     /* [N] required, one reward per sequence */
    rlhf_in lengths;     /* [N] int32 or int64, tokens per sequence, for length_weighted_mean */
    rlhf_in baselines;   /* [N] for RLHF_GROUP_BASELINE_GIVEN */
    rlhf_out advantages; /* [N] out; may be the memory of rewards, except with others_std */
    rlhf_out keep;       /* [N] uint8, out; 0: constant group, or NaN or infinite reward */
} rlhf_group_advantages_arrays;
#define RLHF_GROUP_ADVANTAGES_ARRAYS {sizeof(rlhf_group_advantages_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                      RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_group_advantages_options {
    size_t size;
    rlhf_group_baseline baseline; /* what is subtracted from a reward */
    rlhf_group_scale scale;       /* what the difference is divided by */
    int64_t ddof;                 /* ≥ 0; a variance is Σ (r − mean)² / (n − ddof) */
    double epsilon;               /* ε ≥ 0 */
    rlhf_std_floor floor;         /* how ε keeps std from 0, as in whiten_options */
    rlhf_lone_reward lone;        /* the advantage of a sequence alone in its group */
    rlhf_unscorable unscorable;   /* what NaN and infinite rewards do */
} rlhf_group_advantages_options;
#define RLHF_GROUP_ADVANTAGES_OPTIONS {sizeof(rlhf_group_advantages_options), RLHF_GROUP_BASELINE_GROUP_MEAN, \
                                       RLHF_GROUP_SCALE_GROUP_STD, 1, 1e-6, RLHF_STD_FLOOR_AFTER_ROOT, \
                                       RLHF_LONE_REWARD_ZERO, RLHF_UNSCORABLE_SPREAD}

/* Advantages without a critic: the reward of each sequence is compared with the rewards of the same prompt.
 *
 *     A = (r − baseline) / scale          options.baseline and options.scale choose them
 *     std = √(Σ (r − mean)² / (n − ddof)), with ε as options.floor says; 1 where n ≤ ddof
 *
 * More: <rlhf/advantage/group_advantages.hpp>. moments may be NULL. */
rlhf_status rlhf_group_advantages(const rlhf_groups* groups, const rlhf_group_advantages_arrays* arrays,
                                  const rlhf_moments* moments, const rlhf_group_advantages_options* options,
                                  const rlhf_executor* run, rlhf_group_advantages_result* result, rlhf_error* error);

/* Count, mean and variance of the elements that count. A NaN or infinite element makes the mean NaN or infinite.
 *
 * More: <rlhf/advantage/whiten.hpp> */
rlhf_status rlhf_moments_of(const rlhf_batch* batch, const rlhf_in* values, const rlhf_executor* run,
                            rlhf_moments* result, rlhf_error* error);

/* Count, mean and variance of rewards [N], for group_advantages with the moments of a whole step. Rewards that are
 * not finite make the mean NaN or infinite, or are left out.
 *
 * More: <rlhf/advantage/group_advantages.hpp> */
rlhf_status rlhf_reward_moments(const rlhf_in* rewards, rlhf_unscorable how, const rlhf_executor* run,
                                rlhf_moments* result, rlhf_error* error);

typedef struct rlhf_shape_rewards_arrays {
    size_t size;
    rlhf_in log_probs;     /* [B, T] required, log π of the policy that sampled, nats */
    rlhf_in ref_log_probs; /* [B, T] required, log π_ref of the reference, nats */
    rlhf_in scores;        /* [B] required, one score per sequence */
    rlhf_in finished;      /* [B] uint8, 0: cut before its end of text; absent: all finished */
    rlhf_out rewards;      /* [B, T] out; may lie on log_probs or ref_log_probs */
} rlhf_shape_rewards_arrays;
#define RLHF_SHAPE_REWARDS_ARRAYS {sizeof(rlhf_shape_rewards_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                   RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_shape_rewards_options {
    size_t size;
    double kl_coef;                     /* β, finite */
    rlhf_kl_estimator kl_estimator;     /* k, the estimate of each token */
    double kl_limit;                    /* above 0: clamps k to ±limit */
    rlhf_score_position score_position; /* the step that gets the score */
    double score_limit;                 /* above 0: clamps each score to ±limit, before the next options act */
    double unfinished_penalty;          /* subtracted from the score of an unfinished sequence */
    const double* unfinished_score;     /* replaces the score of an unfinished sequence */
} rlhf_shape_rewards_options;
#define RLHF_SHAPE_REWARDS_OPTIONS {sizeof(rlhf_shape_rewards_options), 0.02, RLHF_KL_ESTIMATOR_K1, RLHF_UNLIMITED, \
                                    RLHF_SCORE_POSITION_LAST_COUNTED, RLHF_UNLIMITED, 0, NULL}

/* The rewards of a response: a KL penalty at every token, and the score at one token.
 *
 *     rₜ = −kl_coef · k(log π − log π_ref)          + score at the step that score_position names
 *
 * More: <rlhf/advantage/shape_rewards.hpp> */
rlhf_status rlhf_shape_rewards(const rlhf_batch* batch, const rlhf_shape_rewards_arrays* arrays,
                               const rlhf_shape_rewards_options* options, const rlhf_executor* run,
                               rlhf_shape_rewards_result* result, rlhf_error* error);

typedef struct rlhf_shape_scores_arrays {
    size_t size;
    rlhf_in scores;   /* [B] required, one score per sequence */
    rlhf_in lengths;  /* [B] int32 or int64, tokens; absent: the sequence's counted tokens */
    rlhf_in finished; /* [B] uint8, 0: cut before its end of text; absent: all finished */
    rlhf_out shaped;  /* [B] required, out; may be the memory of scores */
} rlhf_shape_scores_arrays;
#define RLHF_SHAPE_SCORES_ARRAYS {sizeof(rlhf_shape_scores_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_shape_scores_options {
    size_t size;
    int64_t max_length;             /* the most tokens that a response may have; at least overlong_buffer */
    int64_t overlong_buffer;        /* tokens before max_length in which the penalty grows; 0: no penalty */
    double overlong_penalty;        /* the penalty of a response with max_length tokens; finite */
    rlhf_overlong overlong;         /* the penalty of a response with more tokens */
    double unfinished_factor;       /* multiplies the score of an unfinished sequence */
    double unfinished_penalty;      /* subtracted from the score of an unfinished sequence */
    const double* unfinished_score; /* replaces the score of an unfinished sequence */
} rlhf_shape_scores_options;
#define RLHF_SHAPE_SCORES_OPTIONS {sizeof(rlhf_shape_scores_options), 0, 0, 1, RLHF_OVERLONG_CAPPED, 1, 0, NULL}

/* Lowers the scores of answers that are too long, or that were cut before their end.
 *
 *     shaped = score − overlong_penalty · max(0, (n − (max_length − overlong_buffer)) / overlong_buffer)
 *              the fraction is at most 1, unless options.overlong is growing
 *     where finished is 0:  unfinished_factor · shaped − unfinished_penalty,  or unfinished_score alone
 *
 * More: <rlhf/advantage/shape_scores.hpp> */
rlhf_status rlhf_shape_scores(const rlhf_batch* batch, const rlhf_shape_scores_arrays* arrays,
                              const rlhf_shape_scores_options* options, rlhf_shape_scores_result* result,
                              rlhf_error* error);

/* A KL coefficient that stays the same. kl_coef is its whole state. */
typedef struct rlhf_fixed_kl_controller {
    size_t size;
    double kl_coef; /* β, finite */
} rlhf_fixed_kl_controller;
#define RLHF_FIXED_KL_CONTROLLER {sizeof(rlhf_fixed_kl_controller), 0.02}

/* The controller after a batch with so many sequences and this mean KL: unchanged.
 *
 * More: <rlhf/advantage/kl_controller.hpp>. The controller is changed in place. */
rlhf_status rlhf_update_fixed_kl_controller(rlhf_fixed_kl_controller* controller, double kl, double sequences,
                                            rlhf_error* error);

/* A KL coefficient that changes so that the KL approaches a target. Its fields are its whole state. */
typedef struct rlhf_adaptive_kl_controller {
    size_t size;
    double kl_coef; /* β, finite; set it to its first value */
    double target;  /* above 0, in nats per sequence or per token, as the KL that is passed to updated() */
    double horizon; /* above 0: sequences over which an error e = 1 would double β */
    double limit;   /* above 0: bound of the relative error e */
} rlhf_adaptive_kl_controller;
#define RLHF_ADAPTIVE_KL_CONTROLLER {sizeof(rlhf_adaptive_kl_controller), 0.2, 6, 10000, 0.2}

/* The controller after a batch of `sequences` sequences with mean KL `kl`.
 *
 *     e = clip(KL / target − 1, ±limit)
 *     β ← β (1 + e · sequences / horizon)
 *
 * More: <rlhf/advantage/kl_controller.hpp>. The controller is changed in place. */
rlhf_status rlhf_update_adaptive_kl_controller(rlhf_adaptive_kl_controller* controller, double kl, double sequences,
                                               rlhf_error* error);

typedef struct rlhf_vtrace_arrays {
    size_t size;
    rlhf_in rewards;            /* [B, T] required */
    rlhf_in values;             /* [B, T] required, V(sₜ) */
    rlhf_in log_probs;          /* [B, T] required, log π of the policy that learns, nats */
    rlhf_in behavior_log_probs; /* [B, T] required, log μ of the policy that acted, nats */
    rlhf_in next_values;        /* [B, T] V(sₜ₊₁); absent: the value of the next step */
    rlhf_in bootstrap_values;   /* [B] V after the last step; absent: 0 */
    rlhf_in terminated;         /* [B, T] uint8, the episode ended at t: V(sₜ₊₁) = 0, Aₜ₊₁ = 0 */
    rlhf_in truncated;          /* [B, T] uint8, the episode was cut after t: Aₜ₊₁ = 0 */
    rlhf_out targets;           /* [B, T] out; may be values' memory */
    rlhf_out advantages;        /* [B, T] out; may be rewards' memory */
} rlhf_vtrace_arrays;
#define RLHF_VTRACE_ARRAYS {sizeof(rlhf_vtrace_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                            RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT}

/* The three bounds are upper bounds of the ratio w = π / μ, at least 0; RLHF_UNLIMITED is no bound. */
typedef struct rlhf_vtrace_options {
    size_t size;
    double gamma;          /* γ in [0, 1] */
    double lambda;         /* λ in [0, 1] */
    double rho_bar;        /* ρ̄, for δ; it decides which policy's value is estimated */
    double c_bar;          /* c̄, for the trace γλ min(c̄, w); it decides how fast the trace fades */
    double policy_rho_bar; /* ρ̄_pg, for the advantages */
    rlhf_gaps gaps;        /* what masked steps mean */
} rlhf_vtrace_options;
#define RLHF_VTRACE_OPTIONS {sizeof(rlhf_vtrace_options), 1, 1, 1, 1, 1, RLHF_GAPS_SKIP}

/* V-trace: value targets and advantages of a policy π, from steps that another policy μ took.
 *
 *     wₜ = e^(log π − log μ)
 *     δₜ = rₜ + γ V(sₜ₊₁) − V(sₜ)
 *     Aₜ = min(ρ̄, wₜ) δₜ + γλ min(c̄, wₜ) Aₜ₊₁
 *     targetₜ = V(sₜ) + Aₜ
 *     advantageₜ = min(ρ̄_pg, wₜ) (δₜ + γλ Aₜ₊₁)
 *
 * More: <rlhf/advantage/vtrace.hpp> */
rlhf_status rlhf_vtrace(const rlhf_batch* batch, const rlhf_vtrace_arrays* arrays, const rlhf_vtrace_options* options,
                        const rlhf_executor* run, rlhf_error* error);

typedef struct rlhf_whiten_options {
    size_t size;
    int64_t center;         /* subtract the mean; false keeps it */
    int64_t scale;          /* divide by the standard deviation */
    rlhf_scale_about about; /* with center = false: what scaling leaves in place */
    int64_t ddof;           /* at least 0: the variance is Σ (x − mean)² / (n − ddof) */
    double epsilon;         /* ε ≥ 0 */
    /* How ε keeps std from 0: inside_root √(var + ε), after_root √var + ε, variance_at_least √max(var, ε),
     * std_at_least max(√var, ε). */
    rlhf_std_floor floor;
} rlhf_whiten_options;
#define RLHF_WHITEN_OPTIONS {sizeof(rlhf_whiten_options), 1, 1, RLHF_SCALE_ABOUT_MEAN, 1, 1e-8, \
                             RLHF_STD_FLOOR_INSIDE_ROOT}

/* Whitens in place with the given moments: the moments of a whole step, merged over its parts and ranks.
 *
 *     y = (x − mean) / std          with center; without: (x − mean) / std + mean, or x / std (options.about)
 *     std = √(variance + ε)         or as options.floor says
 *
 * More: <rlhf/advantage/whiten.hpp>. moments may be NULL. */
rlhf_status rlhf_whiten(const rlhf_batch* batch, const rlhf_out* values, const rlhf_moments* moments,
                        const rlhf_whiten_options* options, const rlhf_executor* run, rlhf_moments* result,
                        rlhf_error* error);

#ifdef __cplusplus
}
#endif

#endif
