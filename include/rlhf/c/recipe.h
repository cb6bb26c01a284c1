/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_RECIPE_H
#define RLHF_C_RECIPE_H

#include <rlhf/c/advantage.h>
#include <rlhf/c/logits.h>
#include <rlhf/c/policy.h>
#include <rlhf/c/preference.h>
#include <rlhf/c/reward.h>

#ifdef __cplusplus
extern "C" {
#endif

/* cross_entropy_loss from hidden states and weights: the logits are never held as a whole.
 *
 * More: <rlhf/recipe/linear_head.hpp>. gradient may be NULL. */
rlhf_status rlhf_linear_head_cross_entropy_loss(const rlhf_batch* batch, const rlhf_linear_head* head,
                                                const rlhf_in* targets, const rlhf_linear_head_gradient* gradient,
                                                const rlhf_cross_entropy_loss_options* options,
                                                const rlhf_executor* run, rlhf_cross_entropy_loss_result* result,
                                                rlhf_error* error);

typedef struct rlhf_gdpo_advantages_arrays {
    size_t size;
    rlhf_in rewards;     /* [R, N] required, a row per reward, a column per sequence */
    rlhf_in weights;     /* [R] one factor per reward; absent: 1 */
    rlhf_out workspace;  /* [N] required, for the advantages of one reward */
    rlhf_out advantages; /* [N] required, out */
} rlhf_gdpo_advantages_arrays;
#define RLHF_GDPO_ADVANTAGES_ARRAYS {sizeof(rlhf_gdpo_advantages_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                     RLHF_ABSENT}

typedef struct rlhf_gdpo_advantages_options {
    size_t size;
    const rlhf_group_advantages_options* group; /* for each reward on its own */
    const rlhf_whiten_options* whiten; /* for the sums, over sequences; center = scale = 0: the caller whitens */
} rlhf_gdpo_advantages_options;
#define RLHF_GDPO_ADVANTAGES_OPTIONS {sizeof(rlhf_gdpo_advantages_options), NULL, NULL}

/* Advantages from several rewards per sequence. Each reward is compared in its group before they are added, so that
 * a reward with large numbers does not drown the others.
 *
 *     Aₖ = group_advantages of reward k          as options.group says
 *     A  = Σ weightₖ Aₖ, then whitened over the sequences, as options.whiten says
 *
 * More: <rlhf/recipe/gdpo_advantages.hpp> */
rlhf_status rlhf_gdpo_advantages(const rlhf_groups* groups, const rlhf_gdpo_advantages_arrays* arrays,
                                 const rlhf_gdpo_advantages_options* options, const rlhf_executor* run,
                                 rlhf_gdpo_advantages_result* result, rlhf_error* error);

typedef struct rlhf_ppo_advantages_arrays {
    size_t size;
    rlhf_in log_probs;        /* [B, T] required, log π of the policy that sampled, nats */
    rlhf_in ref_log_probs;    /* [B, T] required, log π_ref of the reference, nats */
    rlhf_in values;           /* [B, T] required, V(sₜ) */
    rlhf_in scores;           /* [B] required, one score per sequence */
    rlhf_in finished;         /* [B] uint8, 0: cut before its end of text; absent: all finished */
    rlhf_in bootstrap_values; /* [B] V after the last step; absent: 0 */
    rlhf_out advantages;      /* [B, T] required, out; first holds the rewards */
    rlhf_out returns;         /* [B, T] out; may be values' memory */
} rlhf_ppo_advantages_arrays;
#define RLHF_PPO_ADVANTAGES_ARRAYS {sizeof(rlhf_ppo_advantages_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                    RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_ppo_advantages_options {
    size_t size;
    const rlhf_shape_rewards_options* rewards; /* for shape_rewards */
    const rlhf_gae_options* gae;               /* for gae */
    const rlhf_whiten_options* whiten;         /* center = scale = 0: the caller whitens over ranks and parts */
} rlhf_ppo_advantages_options;
#define RLHF_PPO_ADVANTAGES_OPTIONS {sizeof(rlhf_ppo_advantages_options), NULL, NULL, NULL}

/* Rewards, advantages and returns of a rollout: calls shape_rewards, then gae, then whiten, which changes only the
 * advantages. See these functions for formulas, edge cases and sources.
 *
 * More: <rlhf/recipe/ppo_advantages.hpp> */
rlhf_status rlhf_ppo_advantages(const rlhf_batch* batch, const rlhf_ppo_advantages_arrays* arrays,
                                const rlhf_ppo_advantages_options* options, const rlhf_executor* run,
                                rlhf_ppo_advantages_result* result, rlhf_error* error);

typedef struct rlhf_ppo_loss_arrays {
    size_t size;
    rlhf_in old_log_probs;      /* [B, T] required, log π_old at the time of the rollout */
    rlhf_in ref_log_probs;      /* [B, T] log π_ref; absent: no KL */
    rlhf_in behavior_log_probs; /* [B, T] log μ of the sampler; absent: no importance weight */
    rlhf_in advantages;         /* [B, T], or per_sequence [B]; required */
    rlhf_in weights;            /* [B, T], or per_sequence [B]; factor of the policy loss */
    rlhf_in values;             /* [B, T] V(sₜ) now; absent: no critic */
    rlhf_in old_values;         /* [B, T] v_old at rollout; needed for value.clip_range */
    rlhf_in returns;            /* [B, T] R, the targets of the values; needed with values */
    rlhf_in value_weights;      /* [B, T], or per_sequence [B]; factor of the value loss */
    rlhf_out log_probs;         /* [B, T] required, out, log π of the targets, nats */
    rlhf_out entropy;           /* [B, T] out, nats; needed if entropy_coef is not 0 */
    rlhf_out d_log_probs;       /* [B, T] required, out, ∂loss/∂log_probs */
    rlhf_out d_entropy;         /* [B, T] out, ∂loss/∂entropy; needed with entropy_coef */
    rlhf_gradient d_values;     /* [B, T] value_coef · ∂value loss/∂values */
} rlhf_ppo_loss_arrays;
#define RLHF_PPO_LOSS_ARRAYS {sizeof(rlhf_ppo_loss_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                              RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                              RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_NO_GRADIENT}

typedef struct rlhf_ppo_loss_options {
    size_t size;
    const rlhf_token_log_probs_options* head;   /* for token_log_probs */
    const rlhf_ppo_policy_loss_options* policy; /* for ppo_policy_loss */
    const rlhf_ppo_value_loss_options* value;   /* for ppo_value_loss */
    double value_coef;                          /* finite: the factor of the value loss */
    double entropy_coef; /* finite: the factor of the mean entropy, by the policy's aggregation */
} rlhf_ppo_loss_options;
#define RLHF_PPO_LOSS_OPTIONS {sizeof(rlhf_ppo_loss_options), NULL, NULL, NULL, 1, 0}

/* A minibatch of a PPO step, from logits to their gradient. It is token_log_probs, ppo_policy_loss, ppo_value_loss,
 * the entropy bonus by masked_mean, and token_log_probs_backward, with the same bits; see there for formulas, edge
 * cases and sources. A row of logits is read, used for its token's slopes, and overwritten by its gradient while it
 * is in the cache.
 *
 *     loss = policy loss + value_coef · value loss − entropy_coef · mean entropy
 *
 * More: <rlhf/recipe/ppo_loss.hpp> */
rlhf_status rlhf_ppo_loss(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                          const rlhf_ppo_loss_arrays* arrays, const rlhf_logits_gradient* d_logits,
                          const rlhf_ppo_loss_options* options, const rlhf_executor* run, rlhf_ppo_loss_result* result,
                          rlhf_error* error);

/* ppo_loss from hidden states and weights: the logits are never held as a whole.
 *
 * More: <rlhf/recipe/linear_head.hpp> */
rlhf_status rlhf_linear_head_ppo_loss(const rlhf_batch* batch, const rlhf_linear_head* head, const rlhf_in* targets,
                                      const rlhf_ppo_loss_arrays* arrays, const rlhf_linear_head_gradient* gradient,
                                      const rlhf_ppo_loss_options* options, const rlhf_executor* run,
                                      rlhf_ppo_loss_result* result, rlhf_error* error);

typedef struct rlhf_preference_nll_arrays {
    size_t size;
    rlhf_in log_probs;         /* [B, T] required, log π of the targets, nats */
    rlhf_in ref_log_probs;     /* [B, T] log π_ref of the targets, nats; absent: 0 */
    rlhf_in chosen;            /* [pairs] int32 or int64, required, index of the preferred sequence, from 0 on */
    rlhf_in rejected;          /* [pairs] int32 or int64, required, index of the other sequence */
    rlhf_in margins;           /* [pairs] as in preference_loss */
    rlhf_in weights;           /* [pairs] factor of the preference term alone */
    rlhf_out sums;             /* [B] required, out, the sums of sequence_log_probs */
    rlhf_out d_sums;           /* [B] required, out, ∂(preference term)/∂sums */
    rlhf_gradient d_log_probs; /* [B, T] ∂loss/∂log_probs */
} rlhf_preference_nll_arrays;
#define RLHF_PREFERENCE_NLL_ARRAYS {sizeof(rlhf_preference_nll_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                    RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, RLHF_NO_GRADIENT}

typedef struct rlhf_preference_nll_options {
    size_t size;
    double nll_weight; /* α, finite: the factor of the preferred answers' negative log-likelihood */
    int64_t average;   /* true: compares averages of log-probabilities, as orpo and simpo need */
} rlhf_preference_nll_options;
#define RLHF_PREFERENCE_NLL_OPTIONS {sizeof(rlhf_preference_nll_options), 1, 0}

/* A preference loss over pairs of a batch's answers, plus the negative log-likelihood of the preferred answers: CPO,
 * ORPO, and DPO with an SFT term (TRL's loss type `sft`).
 *
 *     loss = Σ w objective(c, j) / pairs.denominator − α Σ_pairs Σₜ log π(chosen answer) / text.denominator
 *     ∂loss/∂log π of a token = ∂(preference term)/∂log π − α · (pairs that prefer its sequence) / text.denominator
 *
 *     CPO     dpo, without ref_log_probs, α = 1; text: the answers again
 *     ORPO    orpo, with `average`, α = 1; text: in TRL prompts count as well
 *
 * More: <rlhf/recipe/preference_nll.hpp>
 *
 * Objectives: rlhf_apo_zero, rlhf_apo_down, rlhf_discopop, rlhf_dpo, rlhf_robust_dpo, rlhf_simpo, rlhf_exo,
 * rlhf_ipo, rlhf_nca, rlhf_bco, rlhf_orpo, rlhf_slic_hinge, rlhf_sppo */
rlhf_status rlhf_preference_nll(const rlhf_batch* answers, const rlhf_batch* pairs, const rlhf_batch* text,
                                const rlhf_preference_nll_arrays* arrays, const rlhf_objective* objective,
                                const rlhf_preference_nll_options* options, const rlhf_executor* run,
                                rlhf_preference_nll_result* result, rlhf_error* error);

/* Pairs are the steps of the batch: `batch.steps = pairs`. A sequence may be in many of them. */
typedef struct rlhf_preference_pairs_arrays {
    size_t size;
    rlhf_in sums;         /* [B] required, one per sequence, from sequence_log_probs */
    rlhf_in chosen;       /* [pairs] int32 or int64, required, index of the preferred sequence, from 0 on */
    rlhf_in rejected;     /* [pairs] int32 or int64, required, index of the other sequence */
    rlhf_in margins;      /* [pairs] as in preference_loss */
    rlhf_in weights;      /* [pairs] factor of the loss; absent: 1 */
    rlhf_gradient d_sums; /* [B] ∂loss/∂sums */
} rlhf_preference_pairs_arrays;
#define RLHF_PREFERENCE_PAIRS_ARRAYS {sizeof(rlhf_preference_pairs_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                      RLHF_ABSENT, RLHF_ABSENT, RLHF_NO_GRADIENT}

/* preference_loss over pairs of the sequences of one batch, given by their indices. K ranked answers to a prompt
 * give up to K (K − 1) / 2 pairs, and each answer is scored once.
 *
 *     c = sums[chosen[p]],  j = sums[rejected[p]]                                 objective and loss: preference_loss
 *     ∂loss/∂sums[s] = Σ ∂loss/∂c over pairs with chosen[p] = s + Σ ∂loss/∂j over pairs with rejected[p] = s
 *
 * More: <rlhf/recipe/preference_pairs.hpp>
 *
 * Objectives: rlhf_apo_zero, rlhf_apo_down, rlhf_discopop, rlhf_dpo, rlhf_robust_dpo, rlhf_simpo, rlhf_exo,
 * rlhf_ipo, rlhf_nca, rlhf_bco, rlhf_orpo, rlhf_slic_hinge, rlhf_sppo */
rlhf_status rlhf_preference_pairs(const rlhf_batch* batch, const rlhf_preference_pairs_arrays* arrays,
                                  const rlhf_objective* objective, rlhf_preference_loss_result* result,
                                  rlhf_error* error);

/* token_log_probs from hidden states and weights: the logits are never held as a whole.
 *
 * More: <rlhf/recipe/linear_head.hpp> */
rlhf_status rlhf_linear_head_token_log_probs(const rlhf_batch* batch, const rlhf_linear_head* head,
                                             const rlhf_in* targets, const rlhf_token_log_probs_arrays* arrays,
                                             const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                             rlhf_token_log_probs_result* result, rlhf_error* error);

/* token_log_probs_backward from hidden states and weights: the logits are never held as a whole.
 *
 * More: <rlhf/recipe/linear_head.hpp> */
rlhf_status rlhf_linear_head_token_log_probs_backward(const rlhf_batch* batch, const rlhf_linear_head* head,
                                                      const rlhf_in* targets,
                                                      const rlhf_token_log_probs_backward_arrays* arrays,
                                                      const rlhf_linear_head_gradient* gradient,
                                                      const rlhf_token_log_probs_options* options,
                                                      const rlhf_executor* run, rlhf_token_log_probs_result* result,
                                                      rlhf_error* error);

#ifdef __cplusplus
}
#endif

#endif
