/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_PREFERENCE_H
#define RLHF_C_PREFERENCE_H

#include <rlhf/c/results.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Pairs are the steps of the batch: `batch.steps = pairs`. */
typedef struct rlhf_preference_loss_arrays {
    size_t size;
    rlhf_in chosen;           /* [pairs] required, c, log ratio of the preferred answer */
    rlhf_in rejected;         /* [pairs] required, j, log ratio of the other answer */
    rlhf_in margins;          /* [pairs] subtracted from β (c − j); absent: 0 */
    rlhf_in weights;          /* [pairs] factor of the loss; absent: 1 */
    rlhf_gradient d_chosen;   /* [pairs] ∂loss/∂chosen */
    rlhf_gradient d_rejected; /* [pairs] ∂loss/∂rejected */
} rlhf_preference_loss_arrays;
#define RLHF_PREFERENCE_LOSS_ARRAYS {sizeof(rlhf_preference_loss_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                     RLHF_ABSENT, RLHF_NO_GRADIENT, RLHF_NO_GRADIENT}

/* A loss over pairs of answers, one of which is preferred, with its gradient. Each objective has its formula,
 * options and source in a header:
 *
 *     formula/dpo.hpp          dpo (with label smoothing: cDPO), robust_dpo, simpo
 *     formula/ipo.hpp          ipo
 *     formula/slic_hinge.hpp   slic_hinge
 *     formula/exo.hpp          exo
 *     formula/discopop.hpp     discopop
 *     formula/nca.hpp          nca, bco
 *     formula/apo.hpp          apo_zero, apo_down
 *     formula/sppo.hpp         sppo
 *     formula/orpo.hpp         orpo
 *
 *     loss = Σ w objective(c, j) / denominator.tokens
 *
 * More: <rlhf/preference/preference_loss.hpp>
 *
 * Objectives: rlhf_apo_zero, rlhf_apo_down, rlhf_discopop, rlhf_dpo, rlhf_robust_dpo, rlhf_simpo, rlhf_exo,
 * rlhf_ipo, rlhf_nca, rlhf_bco, rlhf_orpo, rlhf_slic_hinge, rlhf_sppo */
rlhf_status rlhf_preference_loss(const rlhf_batch* batch, const rlhf_preference_loss_arrays* arrays,
                                 const rlhf_objective* objective, const rlhf_executor* run,
                                 rlhf_preference_loss_result* result, rlhf_error* error);

typedef struct rlhf_sequence_log_probs_arrays {
    size_t size;
    rlhf_in log_probs;     /* [B, T] required, log π of the targets, nats */
    rlhf_in ref_log_probs; /* [B, T] log π_ref of the targets, nats; absent: 0 */
    rlhf_out sums;         /* [B] required, out, nats */
} rlhf_sequence_log_probs_arrays;
#define RLHF_SEQUENCE_LOG_PROBS_ARRAYS {sizeof(rlhf_sequence_log_probs_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT}

/* Shared by forward and backward: pass the same object to both. */
typedef struct rlhf_sequence_log_probs_options {
    size_t size;
    int64_t average; /* divide by the number of counted tokens, as SimPO, ORPO and TRL's IPO do */
} rlhf_sequence_log_probs_options;
#define RLHF_SEQUENCE_LOG_PROBS_OPTIONS {sizeof(rlhf_sequence_log_probs_options), 0}

/* The log-probability of each sequence, or its log ratio to a reference: what losses over pairs of answers compare.
 *
 *     sums[s] = Σₜ (log π − log π_ref)           over the tokens of s that count
 *     sums[s] = Σₜ (log π − log π_ref) / |s|     if options.average; |s| is the number of these tokens
 *
 * More: <rlhf/preference/sequence_log_probs.hpp> */
rlhf_status rlhf_sequence_log_probs(const rlhf_batch* batch, const rlhf_sequence_log_probs_arrays* arrays,
                                    const rlhf_sequence_log_probs_options* options, const rlhf_executor* run,
                                    rlhf_sequence_log_probs_result* result, rlhf_error* error);

typedef struct rlhf_sequence_log_probs_backward_arrays {
    size_t size;
    rlhf_in d_sums;            /* [B] required, ∂loss/∂sums */
    rlhf_gradient d_log_probs; /* [B, T] ∂loss/∂log_probs */
} rlhf_sequence_log_probs_backward_arrays;
#define RLHF_SEQUENCE_LOG_PROBS_BACKWARD_ARRAYS {sizeof(rlhf_sequence_log_probs_backward_arrays), RLHF_ABSENT, \
                                                 RLHF_NO_GRADIENT}

/* The backward pass of sequence_log_probs: every counted token of a sequence gets the slope of the sequence's sum.
 *
 *     ∂loss/∂log π = d_sums[s]           or d_sums[s] / |s| if options.average
 *
 * More: <rlhf/preference/sequence_log_probs.hpp> */
rlhf_status rlhf_sequence_log_probs_backward(const rlhf_batch* batch,
                                             const rlhf_sequence_log_probs_backward_arrays* arrays,
                                             const rlhf_sequence_log_probs_options* options, const rlhf_executor* run,
                                             rlhf_error* error);

/* Answers are the steps of the batch: `batch.steps = answers`. */
typedef struct rlhf_unpaired_loss_arrays {
    size_t size;
    rlhf_in log_ratios;         /* [answers] required, r: see sequence_log_probs */
    rlhf_in desirable;          /* [answers] uint8, required, 0 for a bad answer, else 1 */
    rlhf_in weights;            /* [answers] factor of the loss; absent: 1 */
    rlhf_gradient d_log_ratios; /* [answers] ∂loss/∂r */
} rlhf_unpaired_loss_arrays;
#define RLHF_UNPAIRED_LOSS_ARRAYS {sizeof(rlhf_unpaired_loss_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                   RLHF_NO_GRADIENT}

/* A loss over answers that were judged one by one, as desirable or not, with its gradient. Each objective has its
 * formula, options and source in a header:
 *
 *     formula/kto.hpp          kto
 *     formula/nca.hpp          bco
 *
 *     loss = Σ w objective(r, desirable) / denominator.tokens
 *
 * More: <rlhf/preference/unpaired_loss.hpp>
 *
 * Objectives: rlhf_kto, rlhf_bco */
rlhf_status rlhf_unpaired_loss(const rlhf_batch* batch, const rlhf_unpaired_loss_arrays* arrays,
                               const rlhf_objective* objective, rlhf_unpaired_loss_result* result, rlhf_error* error);

#ifdef __cplusplus
}
#endif

#endif
