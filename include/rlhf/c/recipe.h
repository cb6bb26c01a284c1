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
    rlhf_in weights;     /* [R] of the rewards; absent: 1 */
    rlhf_out workspace;  /* [N] required, the advantages of one reward */
    rlhf_out advantages; /* [N] required, out */
} rlhf_gdpo_advantages_arrays;
#define RLHF_GDPO_ADVANTAGES_ARRAYS {.size = sizeof(rlhf_gdpo_advantages_arrays)}

typedef struct rlhf_gdpo_advantages_options {
    size_t size;
    const rlhf_group_advantages_options* group; /* of each reward on its own */
    const rlhf_whiten_options* whiten; /* of the sums, over sequences; center = scale = 0 leaves it to the caller */
} rlhf_gdpo_advantages_options;
#define RLHF_GDPO_ADVANTAGES_OPTIONS {sizeof(rlhf_gdpo_advantages_options), NULL, NULL}

/* Advantages from several rewards, of which each is compared in its group before they are added up, so that a reward
 * of large numbers does not drown the others.
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
    rlhf_in log_probs;        /* [B, T] required, of the policy that answered, nats */
    rlhf_in ref_log_probs;    /* [B, T] required, of the reference */
    rlhf_in values;           /* [B, T] required, V(sₜ) */
    rlhf_in scores;           /* [B] required, one per sequence */
    rlhf_in finished;         /* [B] uint8, 0: no end of text; absent: all finished */
    rlhf_in bootstrap_values; /* [B] V after the last step; absent: 0 */
    rlhf_out advantages;      /* [B, T] required, out; holds the rewards on the way */
    rlhf_out returns;         /* [B, T] out; may be values' memory */
} rlhf_ppo_advantages_arrays;
#define RLHF_PPO_ADVANTAGES_ARRAYS {.size = sizeof(rlhf_ppo_advantages_arrays)}

typedef struct rlhf_ppo_advantages_options {
    size_t size;
    const rlhf_shape_rewards_options* rewards; /* NULL: the defaults */
    const rlhf_gae_options* gae;               /* NULL: the defaults */
    /* center = scale = 0 leaves it to the caller: several ranks, or parts of a step */
    const rlhf_whiten_options* whiten;
} rlhf_ppo_advantages_options;
#define RLHF_PPO_ADVANTAGES_OPTIONS {sizeof(rlhf_ppo_advantages_options), NULL, NULL, NULL}

/* Rewards, advantages and returns of a rollout: shape_rewards, then gae, then whiten, which changes the advantages
 * only. See these functions for formulas, edge cases and sources.
 *
 * More: <rlhf/recipe/ppo_advantages.hpp> */
rlhf_status rlhf_ppo_advantages(const rlhf_batch* batch, const rlhf_ppo_advantages_arrays* arrays,
                                const rlhf_ppo_advantages_options* options, const rlhf_executor* run,
                                rlhf_ppo_advantages_result* result, rlhf_error* error);

typedef struct rlhf_ppo_loss_arrays {
    size_t size;
    rlhf_in old_log_probs;      /* [B, T] required, log π_old, of the scored rollout */
    rlhf_in ref_log_probs;      /* [B, T] of the reference; absent: no KL */
    rlhf_in behavior_log_probs; /* [B, T] of the sampler; absent: no importance weight */
    rlhf_in advantages;         /* [B, T], or per_sequence [B]; required */
    rlhf_in weights;            /* [B, T], or per_sequence [B]; factor of the policy loss */
    rlhf_in values;             /* [B, T] V(sₜ) now; absent: no critic */
    rlhf_in old_values;         /* [B, T] at rollout; needed when value.clip_range is finite */
    rlhf_in returns;            /* [B, T]; needed with values */
    rlhf_in value_weights;      /* [B, T], or per_sequence [B]; factor of the value loss */
    rlhf_out log_probs;         /* [B, T] required, out */
    rlhf_out entropy;           /* [B, T] out; needed when entropy_coef is not 0 */
    rlhf_out d_log_probs;       /* [B, T] required, out; ∂loss/∂log_probs */
    rlhf_out d_entropy;         /* [B, T] out; ∂loss/∂entropy, needed with entropy_coef */
    rlhf_gradient d_values;     /* [B, T] value_coef · ∂value loss/∂values */
} rlhf_ppo_loss_arrays;
#define RLHF_PPO_LOSS_ARRAYS {.size = sizeof(rlhf_ppo_loss_arrays)}

typedef struct rlhf_ppo_loss_options {
    size_t size;
    const rlhf_token_log_probs_options* head;   /* NULL: the defaults */
    const rlhf_ppo_policy_loss_options* policy; /* NULL: the defaults */
    const rlhf_ppo_value_loss_options* value;   /* NULL: the defaults */
    double value_coef;
    double entropy_coef;                        /* factor of the mean entropy, by the policy's aggregation */
} rlhf_ppo_loss_options;
#define RLHF_PPO_LOSS_OPTIONS {sizeof(rlhf_ppo_loss_options), NULL, NULL, NULL, 1, 0}

/* The minibatch half of a PPO step, from logits to their gradient: token_log_probs, ppo_policy_loss, ppo_value_loss,
 * the entropy bonus by masked_mean, and token_log_probs_backward, with the same bits as these functions; see there
 * for formulas, edge cases and sources. A row of logits is read, turned into its token's slopes and overwritten by
 * its gradient while it is in the cache.
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
    rlhf_in ref_log_probs;     /* [B, T] of the reference; absent: 0 */
    rlhf_in chosen;            /* [pairs] int32 or int64, which sequence is preferred, from 0 on */
    rlhf_in rejected;          /* [pairs] int32 or int64, to which */
    rlhf_in margins;           /* [pairs] as in preference_loss */
    rlhf_in weights;           /* [pairs] of the preference term alone */
    rlhf_out sums;             /* [B] required, out: as sequence_log_probs makes them */
    rlhf_out d_sums;           /* [B] required, out: ∂preference/∂sums */
    rlhf_gradient d_log_probs; /* [B, T] ∂loss/∂log_probs */
} rlhf_preference_nll_arrays;
#define RLHF_PREFERENCE_NLL_ARRAYS {.size = sizeof(rlhf_preference_nll_arrays)}

typedef struct rlhf_preference_nll_options {
    size_t size;
    double nll_weight; /* α: of the negative log-likelihood of the preferred answers */
    int64_t average;   /* compare averages of log-probabilities, as orpo and simpo do */
} rlhf_preference_nll_options;
#define RLHF_PREFERENCE_NLL_OPTIONS {sizeof(rlhf_preference_nll_options), 1, 0}

/* A preference loss over pairs of a batch's answers, and the negative log-likelihood of the preferred ones beside
 * it: CPO, ORPO, and DPO with an SFT term (TRL's `sft` among its loss types).
 *
 *     loss = Σ w objective(c, j) / pairs.denominator − α Σ_pairs Σₜ log π(chosen answer) / text.denominator
 *     ∂loss/∂log π of a token = ∂(preference term)/∂log π − α · (pairs that prefer its sequence) / text.denominator
 *
 *     CPO     dpo, without ref_log_probs, α = 1; text: the answers again
 *     ORPO    orpo, with `average`, α = 1; text: as TRL has it, prompts count as well
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
    rlhf_in sums;         /* [B] required, of all sequences, from sequence_log_probs */
    rlhf_in chosen;       /* [pairs] int32 or int64, which of them is preferred, from 0 on */
    rlhf_in rejected;     /* [pairs] int32 or int64, to which */
    rlhf_in margins;      /* [pairs] as in preference_loss */
    rlhf_in weights;      /* [pairs] */
    rlhf_gradient d_sums; /* [B] ∂loss/∂sums */
} rlhf_preference_pairs_arrays;
#define RLHF_PREFERENCE_PAIRS_ARRAYS {.size = sizeof(rlhf_preference_pairs_arrays)}

/* preference_loss over pairs of the sequences of one batch, by their places: K ranked answers to a prompt give up to
 * K (K − 1) / 2 pairs, and each answer is scored once.
 *
 *     c = sums[chosen[p]],  j = sums[rejected[p]]                                 objective and loss: preference_loss
 *     ∂loss/∂sums[s] = Σ ∂loss/∂c over the pairs with chosen[p] = s + Σ ∂loss/∂j over those with rejected[p] = s
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
