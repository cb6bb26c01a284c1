/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_REWARD_H
#define RLHF_C_REWARD_H

#include <rlhf/c/results.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Pairs are the steps of the batch: `batch.steps = pairs`. */
typedef struct rlhf_bradley_terry_loss_arrays {
    size_t size;
    rlhf_in chosen_rewards;           /* [pairs] required */
    rlhf_in rejected_rewards;         /* [pairs] required */
    rlhf_in margins;                  /* [pairs]; absent: 0 */
    rlhf_gradient d_chosen_rewards;   /* [pairs] ∂loss/∂chosen_rewards */
    rlhf_gradient d_rejected_rewards; /* [pairs] ∂loss/∂rejected_rewards */
} rlhf_bradley_terry_loss_arrays;
#define RLHF_BRADLEY_TERRY_LOSS_ARRAYS {sizeof(rlhf_bradley_terry_loss_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                        RLHF_NO_GRADIENT, RLHF_NO_GRADIENT}

typedef struct rlhf_bradley_terry_loss_options {
    size_t size;
    double margin;          /* finite; `margins` are added to it */
    double label_smoothing; /* ε in [0, ½]: the share of labels that are assumed wrong */
    double center_coef;     /* at least 0; pulls rewards towards 0 */
} rlhf_bradley_terry_loss_options;
#define RLHF_BRADLEY_TERRY_LOSS_OPTIONS {sizeof(rlhf_bradley_terry_loss_options), 0, 0, 0}

/* The Bradley-Terry loss over pairs of rewards, with its gradient.
 *
 *     m    = r_c − r_r − margin
 *     l    = −(1 − ε) log σ(m) − ε log σ(−m) + center_coef · (r_c + r_r)²
 *     loss = Σ l / denominator.tokens
 *
 * More: <rlhf/reward/bradley_terry_loss.hpp> */
rlhf_status rlhf_bradley_terry_loss(const rlhf_batch* batch, const rlhf_bradley_terry_loss_arrays* arrays,
                                    const rlhf_bradley_terry_loss_options* options, const rlhf_executor* run,
                                    rlhf_comparison_sums* result, rlhf_error* error);

/* Counts the pairs that are not tied (.tokens), and the prompts with such a pair (.sequences). This is the
 * denominator of a whole step.
 *
 * More: <rlhf/reward/ranking_loss.hpp> */
rlhf_status rlhf_count_pairs(const rlhf_batch* batch, const rlhf_in* ranks, rlhf_counts* result, rlhf_error* error);

/* Counts the prompts in which two responses are not tied (.sequences), and the responses of these prompts (.tokens).
 * This is the denominator of a whole step.
 *
 * More: <rlhf/reward/plackett_luce_loss.hpp> */
rlhf_status rlhf_count_rankings(const rlhf_batch* batch, const rlhf_in* ranks, rlhf_counts* result, rlhf_error* error);

/* The batch has prompts as sequences, and responses as steps. K may differ between prompts, by offsets or by the
 * mask. */
typedef struct rlhf_plackett_luce_loss_arrays {
    size_t size;
    rlhf_in rewards;         /* [prompts, K] required, one reward per response */
    rlhf_in ranks;           /* [prompts, K] int32 or int64, 1 = best, equal = tie; absent: listed best first */
    rlhf_gradient d_rewards; /* [prompts, K] ∂loss/∂rewards */
} rlhf_plackett_luce_loss_arrays;
#define RLHF_PLACKETT_LUCE_LOSS_ARRAYS {sizeof(rlhf_plackett_luce_loss_arrays), RLHF_ABSENT, RLHF_ABSENT, \
                                        RLHF_NO_GRADIENT}

/* The Plackett-Luce likelihood of a whole ranking: the best response is chosen from all, the second from the rest, …
 *
 *     l(prompt) = Σₖ (log Σ_{j: rankⱼ ≥ rankₖ} e^{rⱼ} − rₖ)
 *     loss      = Σ l / denominator.sequences
 *     ∂l/∂rⱼ    = −1 + Σ_{k: rankₖ ≤ rankⱼ} e^{rⱼ} / Σ_{i: rankᵢ ≥ rankₖ} e^{rᵢ}
 *
 * More: <rlhf/reward/plackett_luce_loss.hpp> */
rlhf_status rlhf_plackett_luce_loss(const rlhf_batch* batch, const rlhf_plackett_luce_loss_arrays* arrays,
                                    const rlhf_executor* run, rlhf_loss_sums* result, rlhf_error* error);

/* The batch has prompts as sequences, and responses as steps. K may differ between prompts, by offsets or by the
 * mask. */
typedef struct rlhf_ranking_loss_arrays {
    size_t size;
    rlhf_in rewards;         /* [prompts, K] required, one reward per response */
    rlhf_in ranks;           /* [prompts, K] int32 or int64, 1 = best, equal = tie; absent: listed best first */
    rlhf_gradient d_rewards; /* [prompts, K] ∂loss/∂rewards */
} rlhf_ranking_loss_arrays;
#define RLHF_RANKING_LOSS_ARRAYS {sizeof(rlhf_ranking_loss_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_NO_GRADIENT}

typedef struct rlhf_ranking_loss_options {
    size_t size;
    double margin;          /* finite; how much better the preferred response of a pair should be */
    double label_smoothing; /* ε in [0, ½]: the share of labels that are assumed wrong */
    double center_coef;     /* κ ≥ 0: adds κ times the mean of (rᵢ + rⱼ)² over the pairs */
    rlhf_tie_divisor ties;
} rlhf_ranking_loss_options;
#define RLHF_RANKING_LOSS_OPTIONS {sizeof(rlhf_ranking_loss_options), 0, 0, 0, RLHF_TIE_DIVISOR_KEPT_PAIRS}

/* The loss of InstructGPT's reward model. All pairs of a prompt's K ranked responses are one element of the batch,
 * and each pair has the weight 1 / C(K, 2). Every response is scored once.
 *
 *     l(prompt) = 1 / C(K, 2) · Σ_{i ≻ j} −log σ(rᵢ − rⱼ − margin)
 *     loss      = Σ l / denominator.sequences
 *     ∂l/∂rₖ    = 1 / C(K, 2) · (Σ_{i ≻ k} σ(rₖ − rᵢ) − Σ_{k ≻ j} σ(rⱼ − rₖ))
 *
 * More: <rlhf/reward/ranking_loss.hpp> */
rlhf_status rlhf_ranking_loss(const rlhf_batch* batch, const rlhf_ranking_loss_arrays* arrays,
                              const rlhf_ranking_loss_options* options, const rlhf_executor* run,
                              rlhf_comparison_sums* result, rlhf_error* error);

/* What is added to a reward model's output so that demonstrations score 0 on average, before reinforcement learning.
 *
 *     bias = −mean(rewards of the demonstrations that count)
 *
 * More: <rlhf/reward/reward_bias.hpp> */
rlhf_status rlhf_reward_bias(const rlhf_batch* batch, const rlhf_in* rewards, const rlhf_executor* run, double* result,
                             rlhf_error* error);

#ifdef __cplusplus
}
#endif

#endif
