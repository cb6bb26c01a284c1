/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_RESULTS_H
#define RLHF_C_RESULTS_H

#include <rlhf/c/objectives.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What every loss reports: sums, not means. The parts of a step, and the results of several ranks, join by merging,
 * exactly and in any order (DESIGN.md, D2).
 *
 * Range: up to 512 tokens are added in registers, in the type of the inputs. Each of these sums, times the weight of
 * its sequence, is rounded to a multiple of 2⁻¹⁹² (1.6 · 10⁻⁵⁸), and counts as infinite from 2¹⁶⁰ (1.5 · 10⁴⁸) on.
 * So the result is right if no term is larger than 10⁴⁵, or 10³⁷ for floats. Doubles below 10⁻⁴² lose digits, and
 * doubles below 10⁻⁶¹ vanish; no float is so small. */
typedef struct rlhf_loss_sums {
    size_t size;
    rlhf_counts own;    /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss;   /* The mean over what was counted here. It may also be joined across steps, for a log. */
    uint64_t state[38]; /* what merging adds up; 0: of no tokens */
} rlhf_loss_sums;
#define RLHF_LOSS_SUMS {sizeof(rlhf_loss_sums), {0, 0}, 0, 0, {0}}
rlhf_status rlhf_merge_loss_sums(rlhf_loss_sums* into, const rlhf_loss_sums* part, rlhf_error* error);

/* Sums over the tokens that count; the parts of a step join by merging. */
typedef struct rlhf_cross_entropy_loss_result {
    size_t size;
    rlhf_counts own;    /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss;   /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nonfinite;   /* Tokens, or comparisons, whose loss is NaN or infinite. */
    double nll;         /* The mean of −log p, without smoothing and z-loss. */
    double perplexity;
    double accuracy;    /* The share of tokens whose target has the largest logit, without a tie. */
    uint64_t state[74]; /* what merging adds up; 0: of no tokens */
} rlhf_cross_entropy_loss_result;
#define RLHF_CROSS_ENTROPY_LOSS_RESULT {sizeof(rlhf_cross_entropy_loss_result), {0, 0}, 0, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_cross_entropy_loss_result(rlhf_cross_entropy_loss_result* into,
                                                 const rlhf_cross_entropy_loss_result* part, rlhf_error* error);

typedef struct rlhf_token_log_probs_result {
    size_t size;
    double tokens;
    double nonfinite;  /* tokens whose log-probability is not a finite number */
    uint64_t state[3]; /* what merging adds up; 0: of no tokens */
} rlhf_token_log_probs_result;
#define RLHF_TOKEN_LOG_PROBS_RESULT {sizeof(rlhf_token_log_probs_result), 0, 0, {0}}
rlhf_status rlhf_merge_token_log_probs_result(rlhf_token_log_probs_result* into,
                                              const rlhf_token_log_probs_result* part, rlhf_error* error);

/* Sums over the tokens that count; the parts of a step join by merging. Statistics that an objective does not have
 * stay 0. */
typedef struct rlhf_policy_loss_result {
    size_t size;
    rlhf_counts own;              /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss; /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nonfinite;             /* Tokens, or comparisons, whose loss is NaN or infinite. */
    double clip_fraction;
    /* The share of tokens with Â ≠ 0 whose ratio the objective's lower bound replaces or stops. For ppo_clip: ρ < 1
     * − ε₋ and Â < 0. The other objectives document their condition. */
    double clip_fraction_low;
    double clip_fraction_high;    /* The same for the upper bound. For ppo_clip: ρ > 1 + ε₊ and Â > 0. */
    double dual_clip_fraction;    /* For ppo_clip with `dual`, the share of tokens with ρ > c and Â < 0. */
    /* mean(log π_old − log π). This, approx_kl_half_square and max_log_ratio use log ratios before log_ratio_limit. */
    double approx_kl;
    double approx_kl_half_square; /* ½ mean((log π − log π_old)²) */
    double mean_ratio;            /* mean(ρ). This and effective_sample_size use ratios after log_ratio_limit. */
    double kl;                    /* mean(k): the estimate of KL to the reference, after kl_limit. */
    /* max |log ρ|. If it is still 0 after the first update, old_log_probs is the same array as log_probs. */
    double max_log_ratio;
    /* (Σρ)² / (n Σρ²), at most 1 up to roundings: the effective share of the tokens if ρ weights them. */
    double effective_sample_size;
    uint64_t state[173];          /* what merging adds up; 0: of no tokens */
} rlhf_policy_loss_result;
#define RLHF_POLICY_LOSS_RESULT {sizeof(rlhf_policy_loss_result), {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_policy_loss_result(rlhf_policy_loss_result* into, const rlhf_policy_loss_result* part,
                                          rlhf_error* error);

/* Count, mean and variance of numbers. Parts join by merging, exactly and in any order: the state is Σx and Σx² as
 * detail::exact_sum, because means and sums of squares about them cannot be merged without rounding (DESIGN.md, D3).
 *
 * The mean has the range of loss_sums. The variance needs squares in that range: it is right for numbers up to 10²³,
 * loses digits below 10⁻²¹, and is 0 for numbers below 10⁻³⁰. Its error is at most 10⁻¹⁴ of the mean square, from
 * the rounding of the sums. The variance of equal floats is exactly 0. */
typedef struct rlhf_moments {
    size_t size;
    double count;
    double mean;        /* Σx / count; 0 if there are no numbers. */
    double variance;    /* Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof. */
    uint64_t state[34]; /* what merging adds up; 0: of no tokens */
} rlhf_moments;
#define RLHF_MOMENTS {sizeof(rlhf_moments), 0, 0, 0, {0}}
rlhf_status rlhf_merge_moments(rlhf_moments* into, const rlhf_moments* part, rlhf_error* error);

/* Sums over the tokens that count; the parts of a step join by merging. */
typedef struct rlhf_ppo_value_loss_result {
    size_t size;
    rlhf_counts own;           /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss;          /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nonfinite;          /* Tokens, or comparisons, whose loss is NaN or infinite. */
    /* The share of tokens whose value moved beyond clip_range and whose clipped value has the larger loss. These
     * tokens have no gradient. */
    double clip_fraction;
    double returns_count;
    double returns_mean;       /* Σx / count; 0 if there are no numbers. */
    double returns_variance;   /* Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof. */
    double residuals_count;
    double residuals_mean;     /* Σx / count; 0 if there are no numbers. */
    double residuals_variance; /* Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof. */
    double explained_variance; /* 1 − Var(R − v) / Var(R); 0 where the returns do not vary. */
    uint64_t state[124];       /* what merging adds up; 0: of no tokens */
} rlhf_ppo_value_loss_result;
#define RLHF_PPO_VALUE_LOSS_RESULT {sizeof(rlhf_ppo_value_loss_result), {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_ppo_value_loss_result(rlhf_ppo_value_loss_result* into, const rlhf_ppo_value_loss_result* part,
                                             rlhf_error* error);

/* The results of the four functions. The parts of a step join by merging. */
typedef struct rlhf_ppo_loss_result {
    size_t size;
    rlhf_counts own;                     /* counted here */
    rlhf_counts policy_own;              /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double policy_loss;
    double policy_mean_loss; /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double policy_nonfinite;             /* Tokens, or comparisons, whose loss is NaN or infinite. */
    double policy_clip_fraction;
    /* The share of tokens with Â ≠ 0 whose ratio the objective's lower bound replaces or stops. For ppo_clip: ρ < 1
     * − ε₋ and Â < 0. The other objectives document their condition. */
    double policy_clip_fraction_low;
    double policy_clip_fraction_high;    /* The same for the upper bound. For ppo_clip: ρ > 1 + ε₊ and Â > 0. */
    double policy_dual_clip_fraction;    /* For ppo_clip with `dual`, the share of tokens with ρ > c and Â < 0. */
    /* mean(log π_old − log π). This, approx_kl_half_square and max_log_ratio use log ratios before log_ratio_limit. */
    double policy_approx_kl;
    double policy_approx_kl_half_square; /* ½ mean((log π − log π_old)²) */
    double policy_mean_ratio;            /* mean(ρ). This and effective_sample_size use ratios after log_ratio_limit. */
    double policy_kl;                    /* mean(k): the estimate of KL to the reference, after kl_limit. */
    /* max |log ρ|. If it is still 0 after the first update, old_log_probs is the same array as log_probs. */
    double policy_max_log_ratio;
    /* (Σρ)² / (n Σρ²), at most 1 up to roundings: the effective share of the tokens if ρ weights them. */
    double policy_effective_sample_size;
    rlhf_counts value_own;               /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double value_loss;
    double value_mean_loss; /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double value_nonfinite;              /* Tokens, or comparisons, whose loss is NaN or infinite. */
    /* The share of tokens whose value moved beyond clip_range and whose clipped value has the larger loss. These
     * tokens have no gradient. */
    double value_clip_fraction;
    double value_returns_count;
    double value_returns_mean;           /* Σx / count; 0 if there are no numbers. */
    double value_returns_variance;       /* Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof. */
    double value_residuals_count;
    double value_residuals_mean;         /* Σx / count; 0 if there are no numbers. */
    double value_residuals_variance;     /* Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof. */
    double value_explained_variance;     /* 1 − Var(R − v) / Var(R); 0 where the returns do not vary. */
    rlhf_counts entropy_own;             /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double entropy_loss;
    double entropy_mean_loss; /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double value_coef;
    double entropy_coef;
    double loss; /* The loss whose derivative the written gradients are. It adds up over the parts of a step. */
    uint64_t state[337];                 /* what merging adds up; 0: of no tokens */
} rlhf_ppo_loss_result;
#define RLHF_PPO_LOSS_RESULT {sizeof(rlhf_ppo_loss_result), {0, 0}, {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
                              {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0, 0}, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_ppo_loss_result(rlhf_ppo_loss_result* into, const rlhf_ppo_loss_result* part,
                                       rlhf_error* error);

/* Counts; the parts of a step join by merging. */
typedef struct rlhf_group_advantages_result {
    size_t size;
    double groups;
    double constant_groups; /* groups of two or more counted rewards, all of them equal */
    double unscorable;      /* rewards that are NaN or infinite */
    uint64_t state[4];      /* what merging adds up; 0: of no tokens */
} rlhf_group_advantages_result;
#define RLHF_GROUP_ADVANTAGES_RESULT {sizeof(rlhf_group_advantages_result), 0, 0, 0, {0}}
rlhf_status rlhf_merge_group_advantages_result(rlhf_group_advantages_result* into,
                                               const rlhf_group_advantages_result* part, rlhf_error* error);

/* Sums; the parts of a step join by merging, exactly and in any order. */
typedef struct rlhf_shape_rewards_result {
    size_t size;
    rlhf_counts own;       /* counted here */
    double dropped_scores; /* sequences without a counted token: no step gets their scores */
    double kl_per_sequence;
    double kl_per_token;
    double mean_score;     /* The mean of the scores after the limit and the changes for unfinished sequences. */
    uint64_t state[36];    /* what merging adds up; 0: of no tokens */
} rlhf_shape_rewards_result;
#define RLHF_SHAPE_REWARDS_RESULT {sizeof(rlhf_shape_rewards_result), {0, 0}, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_shape_rewards_result(rlhf_shape_rewards_result* into, const rlhf_shape_rewards_result* part,
                                            rlhf_error* error);

/* Counts; the parts of a step join by merging. */
typedef struct rlhf_shape_scores_result {
    size_t size;
    double sequences;
    double overlong;   /* sequences longer than max_length − overlong_buffer; 0 without a buffer */
    double unfinished; /* sequences whose `finished` is 0 */
    uint64_t state[4]; /* what merging adds up; 0: of no tokens */
} rlhf_shape_scores_result;
#define RLHF_SHAPE_SCORES_RESULT {sizeof(rlhf_shape_scores_result), 0, 0, 0, {0}}
rlhf_status rlhf_merge_shape_scores_result(rlhf_shape_scores_result* into, const rlhf_shape_scores_result* part,
                                           rlhf_error* error);

/* Sums over the tokens that count; the parts of a step join by merging. */
typedef struct rlhf_divergence_sums {
    size_t size;
    rlhf_counts own;    /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss;   /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nonfinite;   /* Tokens, or comparisons, whose loss is NaN or infinite. */
    double divergence;  /* The mean of D over the tokens, in nats, under every aggregation. */
    uint64_t state[73]; /* what merging adds up; 0: of no tokens */
} rlhf_divergence_sums;
#define RLHF_DIVERGENCE_SUMS {sizeof(rlhf_divergence_sums), {0, 0}, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_divergence_sums(rlhf_divergence_sums* into, const rlhf_divergence_sums* part,
                                       rlhf_error* error);

/* The parts of a step join by merging. */
typedef struct rlhf_covariance_tokens_result {
    size_t size;
    rlhf_counts own;         /* counted here */
    double picked;
    rlhf_covariance_cut cut; /* the cut of the options, or the cut of this batch */
    uint64_t state[7];       /* what merging adds up; 0: of no tokens */
} rlhf_covariance_tokens_result;
#define RLHF_COVARIANCE_TOKENS_RESULT {sizeof(rlhf_covariance_tokens_result), {0, 0}, 0, {0, 0, 0}, {0}}
rlhf_status rlhf_merge_covariance_tokens_result(rlhf_covariance_tokens_result* into,
                                                const rlhf_covariance_tokens_result* part, rlhf_error* error);

/* Sums over the tokens that count; the parts of a step join by merging. */
typedef struct rlhf_importance_weights_result {
    size_t size;
    rlhf_counts own;              /* counted here */
    double log_ratio_limit;       /* the option, or the bound that second_moment_limit finds; += keeps the first */
    double mean_weight;           /* mean(w) */
    double max_ratio;             /* The largest ratio, before it is truncated to its range. */
    double effective_sample_size; /* (Σw)² / (n Σw²), at most 1 up to roundings: the effective share of the tokens. */
    double approx_kl;             /* mean(log μ − log π): an estimate of KL(μ ‖ π). */
    double below_fraction;        /* The share of tokens whose ratio is below the range. */
    double above_fraction;        /* The share of tokens whose ratio is above the range. */
    double dropped_fraction;      /* The share of tokens whose weight is 0. */
    double nonfinite;             /* Tokens whose weight is NaN or infinite. */
    uint64_t state[91];           /* what merging adds up; 0: of no tokens */
} rlhf_importance_weights_result;
#define RLHF_IMPORTANCE_WEIGHTS_RESULT {sizeof(rlhf_importance_weights_result), {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_importance_weights_result(rlhf_importance_weights_result* into,
                                                 const rlhf_importance_weights_result* part, rlhf_error* error);

/* Sums over the tokens that count; the parts of a step join by merging. */
typedef struct rlhf_ptx_loss_result {
    size_t size;
    rlhf_counts own;    /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss;   /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nll;         /* The mean of −log p over the tokens, under every aggregation. */
    double perplexity;
    uint64_t state[72]; /* what merging adds up; 0: of no tokens */
} rlhf_ptx_loss_result;
#define RLHF_PTX_LOSS_RESULT {sizeof(rlhf_ptx_loss_result), {0, 0}, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_ptx_loss_result(rlhf_ptx_loss_result* into, const rlhf_ptx_loss_result* part,
                                       rlhf_error* error);

/* Sums over the tokens that count; the parts of a step join by merging. */
typedef struct rlhf_top_entropy_result {
    size_t size;
    rlhf_counts own;    /* counted here */
    double threshold;   /* nats; 0 if there is no token */
    double kept;
    double mean_entropy;
    double mean_kept_entropy;
    double nonfinite;   /* Tokens whose entropy is NaN or infinite. */
    uint64_t state[40]; /* what merging adds up; 0: of no tokens */
} rlhf_top_entropy_result;
#define RLHF_TOP_ENTROPY_RESULT {sizeof(rlhf_top_entropy_result), {0, 0}, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_top_entropy_result(rlhf_top_entropy_result* into, const rlhf_top_entropy_result* part,
                                          rlhf_error* error);

/* The parts of a step join by merging, exactly and in any order. */
typedef struct rlhf_gdpo_advantages_result {
    size_t size;
    double advantages_count;
    double advantages_mean;     /* Σx / count; 0 if there are no numbers. */
    double advantages_variance; /* Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof. */
    double unscorable;          /* sequences without a finite reward */
    uint64_t state[35];         /* what merging adds up; 0: of no tokens */
} rlhf_gdpo_advantages_result;
#define RLHF_GDPO_ADVANTAGES_RESULT {sizeof(rlhf_gdpo_advantages_result), 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_gdpo_advantages_result(rlhf_gdpo_advantages_result* into,
                                              const rlhf_gdpo_advantages_result* part, rlhf_error* error);

/* The parts of a step join by merging, exactly and in any order. */
typedef struct rlhf_ppo_advantages_result {
    size_t size;
    rlhf_counts rewards_own;       /* counted here */
    double rewards_dropped_scores; /* sequences without a counted token: no step gets their scores */
    double rewards_kl_per_sequence;
    double rewards_kl_per_token;
    double rewards_mean_score; /* The mean of the scores after the limit and the changes for unfinished sequences. */
    double advantages_count;
    double advantages_mean;        /* Σx / count; 0 if there are no numbers. */
    double advantages_variance;    /* Σ (x − mean)² / (count − ddof); 0 if count ≤ ddof. */
    uint64_t state[69];            /* what merging adds up; 0: of no tokens */
} rlhf_ppo_advantages_result;
#define RLHF_PPO_ADVANTAGES_RESULT {sizeof(rlhf_ppo_advantages_result), {0, 0}, 0, 0, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_ppo_advantages_result(rlhf_ppo_advantages_result* into, const rlhf_ppo_advantages_result* part,
                                             rlhf_error* error);

/* Sums over the pairs that count; the parts of a step join by merging. Its means are over pairs; weights do not
 * change them. */
typedef struct rlhf_preference_loss_result {
    size_t size;
    rlhf_counts own;    /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss;   /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nonfinite;   /* Tokens, or comparisons, whose loss is NaN or infinite. */
    double comparisons;
    double accuracy;    /* The share of pairs with c > j. Equal log ratios count as wrong. */
    double mean_chosen_reward;
    double mean_rejected_reward;
    double mean_margin; /* The mean of β (c − j). */
    uint64_t state[90]; /* what merging adds up; 0: of no tokens */
} rlhf_preference_loss_result;
#define RLHF_PREFERENCE_LOSS_RESULT {sizeof(rlhf_preference_loss_result), {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_preference_loss_result(rlhf_preference_loss_result* into,
                                              const rlhf_preference_loss_result* part, rlhf_error* error);

/* Counts; the parts of a step join by merging. */
typedef struct rlhf_sequence_log_probs_result {
    size_t size;
    rlhf_counts own;   /* counted here */
    double nonfinite;  /* sequences whose sum is NaN or infinite */
    uint64_t state[4]; /* what merging adds up; 0: of no tokens */
} rlhf_sequence_log_probs_result;
#define RLHF_SEQUENCE_LOG_PROBS_RESULT {sizeof(rlhf_sequence_log_probs_result), {0, 0}, 0, {0}}
rlhf_status rlhf_merge_sequence_log_probs_result(rlhf_sequence_log_probs_result* into,
                                                 const rlhf_sequence_log_probs_result* part, rlhf_error* error);

/* Sums over the answers that count; the parts of a step join by merging. Its means are over answers; weights do not
 * change them. */
typedef struct rlhf_unpaired_loss_result {
    size_t size;
    rlhf_counts own;                /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss; /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nonfinite;               /* Tokens, or comparisons, whose loss is NaN or infinite. */
    double answers;
    double desirable;
    double mean_desirable_reward;   /* The mean of β r over the desirable answers; 0 if there are none. */
    double mean_undesirable_reward; /* The same over the other answers. */
    double mean_margin;
    uint64_t state[90];             /* what merging adds up; 0: of no tokens */
} rlhf_unpaired_loss_result;
#define RLHF_UNPAIRED_LOSS_RESULT {sizeof(rlhf_unpaired_loss_result), {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_unpaired_loss_result(rlhf_unpaired_loss_result* into, const rlhf_unpaired_loss_result* part,
                                            rlhf_error* error);

/* The parts of a step join by merging. */
typedef struct rlhf_preference_nll_result {
    size_t size;
    rlhf_counts preference_own;    /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double preference_loss;
    /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double preference_mean_loss;
    double preference_nonfinite;   /* Tokens, or comparisons, whose loss is NaN or infinite. */
    double preference_comparisons;
    double preference_accuracy;    /* The share of pairs with c > j. Equal log ratios count as wrong. */
    double preference_mean_chosen_reward;
    double preference_mean_rejected_reward;
    double preference_mean_margin; /* The mean of β (c − j). */
    rlhf_counts nll_own;           /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double nll_loss;
    double nll_mean_loss; /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nll_nll;                /* The mean of −log p over the tokens, under every aggregation. */
    double nll_perplexity;
    double nll_weight;
    double loss;                   /* The preference term, plus α times the negative log-likelihood, if α is not 0. */
    uint64_t state[162];           /* what merging adds up; 0: of no tokens */
} rlhf_preference_nll_result;
#define RLHF_PREFERENCE_NLL_RESULT {sizeof(rlhf_preference_nll_result), {0, 0}, 0, 0, 0, 0, 0, 0, 0, 0, {0, 0}, 0, 0, \
                                    0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_preference_nll_result(rlhf_preference_nll_result* into, const rlhf_preference_nll_result* part,
                                             rlhf_error* error);

/* What the losses of a reward model report: a loss over comparisons, and how often the model agrees with them.
 * own.tokens is the number of comparisons. */
typedef struct rlhf_comparison_sums {
    size_t size;
    rlhf_counts own;    /* counted here */
    /* Σ w l / denominator: the written gradients are its derivative. It adds up over the parts of a step. */
    double loss;
    double mean_loss;   /* The mean over what was counted here. It may also be joined across steps, for a log. */
    double nonfinite;   /* Tokens, or comparisons, whose loss is NaN or infinite. */
    double comparisons;
    double accuracy;    /* The share of comparisons with r_chosen > r_rejected. Equal rewards count as wrong. */
    double mean_margin;
    uint64_t state[74]; /* what merging adds up; 0: of no tokens */
} rlhf_comparison_sums;
#define RLHF_COMPARISON_SUMS {sizeof(rlhf_comparison_sums), {0, 0}, 0, 0, 0, 0, 0, 0, {0}}
rlhf_status rlhf_merge_comparison_sums(rlhf_comparison_sums* into, const rlhf_comparison_sums* part,
                                       rlhf_error* error);

#ifdef __cplusplus
}
#endif

#endif
