/* SPDX-License-Identifier: MIT */
/* Made by tools/interface/write_c.py from the C++ headers. */
#ifndef RLHF_C_LOGITS_H
#define RLHF_C_LOGITS_H

#include <rlhf/c/results.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rlhf_cross_entropy_loss_options {
    size_t size;
    double temperature;     /* in [10⁻⁶, 10⁶]: divides the logits, in value and gradient */
    double label_smoothing; /* ε in [0, 1]: the share of the target's weight that is spread over all entries */
    double z_loss_coef;     /* finite: the factor of lse², which keeps lse near 0 */
    rlhf_aggregation aggregation;
} rlhf_cross_entropy_loss_options;
#define RLHF_CROSS_ENTROPY_LOSS_OPTIONS {sizeof(rlhf_cross_entropy_loss_options), 1, 0, 0, RLHF_AGGREGATION_TOKEN_MEAN}

/* The negative log-likelihood of the targets, with its gradient into the logits. Loss and gradient of a row of
 * logits are computed while the row is in the cache.
 *
 *     x    = z / temperature          lse = log Σ exp(xᵥ)          log pᵥ = xᵥ − lse
 *     l    = −(1 − ε) log p_target − ε Σ log pᵥ / V + z_loss_coef · lse²          ε = label_smoothing
 *     loss = Σ l / denominator                                                    by the aggregation
 *     ∂l/∂zᵥ = ((1 + 2 z_loss_coef · lse) pᵥ − (1 − ε) δᵥ − ε / V) / temperature  δᵥ = 1 at the target, else 0
 *
 * More: <rlhf/logits/cross_entropy_loss.hpp>. d_logits may be NULL. */
rlhf_status rlhf_cross_entropy_loss(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                    const rlhf_logits_gradient* d_logits,
                                    const rlhf_cross_entropy_loss_options* options, const rlhf_executor* run,
                                    rlhf_cross_entropy_loss_result* result, rlhf_error* error);

/* What a sampler kept of the vocabulary when it drew each token: the ids that top-p and top-k let through. Token i
 * has ids[offsets[i]] … ids[offsets[i + 1] − 1]. Tokens are in the order of the batch. With predict_next, step t
 * uses the set of token t + 1, like its target. */
typedef struct rlhf_kept_set {
    size_t size;
    /* int32 or int64, required, one token after the other; the ids of a token are in any order, each once */
    rlhf_in ids;
    rlhf_in offsets; /* [tokens + 1], from 0 to the number of ids; int32 or int64, required */
} rlhf_kept_set;
#define RLHF_KEPT_SET {sizeof(rlhf_kept_set), RLHF_ABSENT, RLHF_ABSENT}

/* The outputs, each of which may be left out, and what log_kept needs. */
typedef struct rlhf_kept_log_probs_arrays {
    size_t size;
    rlhf_in log_sum_exp; /* [B, T] from token_log_probs at the same temperature; for log_kept alone */
    rlhf_out log_probs;  /* [B, T] out, log p of the target among the kept ids, nats */
    rlhf_out entropy;    /* [B, T] out, −Σ p log p over the kept ids, nats */
    rlhf_out log_kept;   /* [B, T] out, log of the kept ids' probability in the whole softmax, nats */
} rlhf_kept_log_probs_arrays;
#define RLHF_KEPT_LOG_PROBS_ARRAYS {sizeof(rlhf_kept_log_probs_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                    RLHF_ABSENT}

/* Shared by forward and backward: pass the same object to both. */
typedef struct rlhf_token_log_probs_options {
    size_t size;
    double temperature; /* in [10⁻⁶, 10⁶]: divides the logits, in value and gradient */
} rlhf_token_log_probs_options;
#define RLHF_TOKEN_LOG_PROBS_OPTIONS {sizeof(rlhf_token_log_probs_options), 1}

/* The log-probability of each target under the distribution that it was drawn from: the softmax over the set that
 * the sampler kept, instead of the whole vocabulary. Its cost grows with the set.
 *
 *     S = the token's kept ids and its target        x = z / temperature        lse = log Σ exp(xᵥ) over S
 *     log p = x − lse        log_probs = log p_target        entropy = −Σ p log p over S
 *     log_kept = lse − log_sum_exp: log Σ over S of the softmax over the whole vocabulary
 *
 * More: <rlhf/logits/kept_log_probs.hpp> */
rlhf_status rlhf_kept_log_probs(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                const rlhf_kept_set* kept, const rlhf_kept_log_probs_arrays* arrays,
                                const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                rlhf_token_log_probs_result* result, rlhf_error* error);

typedef struct rlhf_kept_log_probs_backward_arrays {
    size_t size;
    rlhf_in d_log_probs; /* [B, T] ∂loss/∂log_probs; absent: 0 */
    rlhf_in d_entropy;   /* [B, T] ∂loss/∂entropy; absent: 0 */
} rlhf_kept_log_probs_backward_arrays;
#define RLHF_KEPT_LOG_PROBS_BACKWARD_ARRAYS {sizeof(rlhf_kept_log_probs_backward_arrays), RLHF_ABSENT, RLHF_ABSENT}

/* The backward pass of kept_log_probs: the gradient into the logits of any loss that depends on log_probs and
 * entropy.
 *
 *     ∂loss/∂zᵥ = (d_log_probs (δᵥ − pᵥ) − d_entropy pᵥ (log pᵥ + entropy)) / temperature in S, else 0
 *     with δᵥ = 1 at the target, else 0
 *
 * More: <rlhf/logits/kept_log_probs.hpp> */
rlhf_status rlhf_kept_log_probs_backward(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                         const rlhf_kept_set* kept, const rlhf_kept_log_probs_backward_arrays* arrays,
                                         const rlhf_logits_gradient* d_logits,
                                         const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                         rlhf_token_log_probs_result* result, rlhf_error* error);

/* The options of every divergence between a policy and a reference. */
typedef struct rlhf_divergence_options {
    size_t size;
    rlhf_divergence divergence;
    double beta;        /* β, for jsd alone, in (0, 1): the reference's weight in the mixture */
    double temperature; /* in [10⁻⁶, 10⁶]: divides the logits, in value and gradient */
    rlhf_aggregation aggregation;
} rlhf_divergence_options;
#define RLHF_DIVERGENCE_OPTIONS {sizeof(rlhf_divergence_options), RLHF_DIVERGENCE_REVERSE_KL, 0.5, 1, \
                                 RLHF_AGGREGATION_TOKEN_MEAN}

/* The divergence between the policy's and a reference's (or teacher's) distribution of each token, over the whole
 * vocabulary, with its gradient into the policy's logits z. The reference's logits w get no gradient.
 *
 *     p = softmax(z / temperature)          q = softmax(w / temperature)          m = β q + (1 − β) p
 *     reverse_kl  D = KL(p ‖ q) = Σ p (log p − log q)  ∂D/∂zᵥ = pᵥ (log pᵥ − log qᵥ − D) / temperature
 *     forward_kl  D = KL(q ‖ p) = Σ q (log q − log p)  ∂D/∂zᵥ = (pᵥ − qᵥ) / temperature
 *     jsd         D = β KL(q ‖ m) + (1 − β) KL(p ‖ m)  ∂D/∂zᵥ = (1 − β) pᵥ (log pᵥ − log mᵥ − KL(p ‖ m)) / temperature
 *     loss = Σ D / denominator                         by the aggregation
 *
 * More: <rlhf/logits/logits_divergence.hpp>. d_logits may be NULL. */
rlhf_status rlhf_logits_divergence(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_logits* reference,
                                   const rlhf_logits_gradient* d_logits, const rlhf_divergence_options* options,
                                   const rlhf_executor* run, rlhf_divergence_sums* result, rlhf_error* error);

/* The outputs; each may be left out. */
typedef struct rlhf_token_log_probs_arrays {
    size_t size;
    rlhf_out log_probs;   /* [B, T] out, log p of the target, nats */
    rlhf_out entropy;     /* [B, T] out, −Σ p log p, nats */
    rlhf_out log_sum_exp; /* [B, T] out, nats; in the backward pass it saves one read of the logits */
    rlhf_out collision;   /* [B, T] out, Σ p² */
} rlhf_token_log_probs_arrays;
#define RLHF_TOKEN_LOG_PROBS_ARRAYS {sizeof(rlhf_token_log_probs_arrays), RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT, \
                                     RLHF_ABSENT}

/* The log-probability of each target, and entropy, log-sum-exp and collision of its distribution, in one read of the
 * logits.
 *
 *     x       = z / temperature          lse = log Σ exp(xᵥ)          log pᵥ = xᵥ − lse
 *     log_probs = log p_target           entropy = −Σ pᵥ log pᵥ       collision = Σ pᵥ²
 *
 * More: <rlhf/logits/token_log_probs.hpp> */
rlhf_status rlhf_token_log_probs(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                 const rlhf_token_log_probs_arrays* arrays,
                                 const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                 rlhf_token_log_probs_result* result, rlhf_error* error);

typedef struct rlhf_token_log_probs_backward_arrays {
    size_t size;
    rlhf_in log_sum_exp; /* [B, T] from the forward pass; absent: computed again */
    rlhf_in d_log_probs; /* [B, T] ∂loss/∂log_probs; absent: 0 */
    rlhf_in d_entropy;   /* [B, T] ∂loss/∂entropy; absent: 0 */
} rlhf_token_log_probs_backward_arrays;
#define RLHF_TOKEN_LOG_PROBS_BACKWARD_ARRAYS {sizeof(rlhf_token_log_probs_backward_arrays), RLHF_ABSENT, RLHF_ABSENT, \
                                              RLHF_ABSENT}

/* The backward pass of token_log_probs: the gradient into the logits of any loss that depends on log_probs and
 * entropy.
 *
 *     ∂loss/∂zᵥ = (d_log_probs (δᵥ − pᵥ) − d_entropy pᵥ (log pᵥ + entropy)) / temperature
 *     with δᵥ = 1 at the target, else 0
 *
 * More: <rlhf/logits/token_log_probs.hpp> */
rlhf_status rlhf_token_log_probs_backward(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                                          const rlhf_token_log_probs_backward_arrays* arrays,
                                          const rlhf_logits_gradient* d_logits,
                                          const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                          rlhf_token_log_probs_result* result, rlhf_error* error);

/* The k likeliest entries of a reference for every row of logits: [tokens, k] in the order of the batch, flat or as
 * rows. With predict_next the row of step t is about token t + 1, like the row of the logits. */
typedef struct rlhf_top_k_reference {
    size_t size;
    int64_t k;         /* 1 to 1024, at most the vocabulary */
    rlhf_in ids;       /* int32 or int64, required, entries of the vocabulary, in any order, each once per row */
    rlhf_in log_probs; /* float32, required, log q of these entries, nats, at the loss's temperature */
} rlhf_top_k_reference;
#define RLHF_TOP_K_REFERENCE {sizeof(rlhf_top_k_reference), 0, RLHF_ABSENT, RLHF_ABSENT}

typedef struct rlhf_top_k_divergence_options {
    size_t size;
    rlhf_divergence divergence;
    double beta;           /* for jsd alone, in (0, 1): the reference's weight in the mixture */
    double temperature;    /* divides the logits, in value and gradient */
    rlhf_aggregation aggregation;
    rlhf_top_k_support support;
    double least_log_prob; /* for truncated alone: log p and log q are at least this */
    double low;            /* a token's divergence is at least this */
    double high;           /* and at most this */
} rlhf_top_k_divergence_options;
#define RLHF_TOP_K_DIVERGENCE_OPTIONS {sizeof(rlhf_top_k_divergence_options), RLHF_DIVERGENCE_REVERSE_KL, 0.5, 1, \
                                       RLHF_AGGREGATION_TOKEN_MEAN, RLHF_TOP_K_SUPPORT_TAIL, -RLHF_UNLIMITED, \
                                       -RLHF_UNLIMITED, RLHF_UNLIMITED}

/* The divergence between the policy's distribution of each token and a reference (or teacher) that sends only its k
 * likeliest entries, with its gradient into all of the policy's logits z.
 *
 *     p = softmax(z / temperature)          q = exp(log_probs)
 *     p_tail = 1 − Σ p          q_tail = 1 − Σ q          Σ over the listed entries
 *     D = KL(p ‖ q), KL(q ‖ p) or β KL(q ‖ m) + (1 − β) KL(p ‖ m)          over the classes
 *     loss = Σ D / denominator          by the aggregation
 *     ∂D/∂zᵥ = pᵥ (g_c − Σ p g) / temperature          g = ∂D/∂p by class, c the class of v
 *
 * More: <rlhf/logits/top_k_divergence.hpp>. d_logits may be NULL. */
rlhf_status rlhf_top_k_divergence(const rlhf_batch* batch, const rlhf_logits* logits,
                                  const rlhf_top_k_reference* reference, const rlhf_logits_gradient* d_logits,
                                  const rlhf_top_k_divergence_options* options, const rlhf_executor* run,
                                  rlhf_divergence_sums* result, rlhf_error* error);

typedef struct rlhf_vocab_shard_backward_arrays {
    size_t size;
    rlhf_in combined;    /* [B, T] required, from the forward pass */
    rlhf_in d_log_probs; /* [B, T] ∂loss/∂log_probs; absent: 0 */
    rlhf_in d_entropy;   /* [B, T] ∂loss/∂entropy; absent: 0 */
} rlhf_vocab_shard_backward_arrays;
#define RLHF_VOCAB_SHARD_BACKWARD_ARRAYS {sizeof(rlhf_vocab_shard_backward_arrays), RLHF_ABSENT, RLHF_ABSENT, \
                                          RLHF_ABSENT}

/* The gradient of any loss of log_probs and entropy into a rank's own logits, as token_log_probs_backward writes it:
 * δ is 1 at the target on the rank that holds it. Ranks exchange nothing. See vocab_shard_sums.
 *
 * More: <rlhf/logits/vocab_shards.hpp> */
rlhf_status rlhf_vocab_shard_backward(const rlhf_batch* batch, const rlhf_logits* logits, int64_t first_id,
                                      const rlhf_in* targets, const rlhf_vocab_shard_backward_arrays* arrays,
                                      const rlhf_logits_gradient* d_logits,
                                      const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                      rlhf_token_log_probs_result* result, rlhf_error* error);

/* The arrays of all ranks, and the outputs, each of which may be left out. */
typedef struct rlhf_vocab_shard_log_probs_arrays {
    size_t size;
    rlhf_in shards;       /* [ranks, B · T], the ranks in any order; required */
    rlhf_out combined;    /* [B, T] out, for the backward pass */
    rlhf_out log_probs;   /* [B, T] out, log p of the target, nats */
    rlhf_out entropy;     /* [B, T] out, −Σ p log p, nats */
    rlhf_out log_sum_exp; /* [B, T] out */
} rlhf_vocab_shard_log_probs_arrays;
#define RLHF_VOCAB_SHARD_LOG_PROBS_ARRAYS {sizeof(rlhf_vocab_shard_log_probs_arrays), RLHF_ABSENT, RLHF_ABSENT, \
                                           RLHF_ABSENT, RLHF_ABSENT, RLHF_ABSENT}

/* Joins the sums of all ranks into log_probs, entropy and log_sum_exp, as token_log_probs writes them. See
 * vocab_shard_sums.
 *
 * More: <rlhf/logits/vocab_shards.hpp> */
rlhf_status rlhf_vocab_shard_log_probs(const rlhf_batch* batch, const rlhf_in* targets,
                                       const rlhf_vocab_shard_log_probs_arrays* arrays,
                                       const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                       rlhf_token_log_probs_result* result, rlhf_error* error);

/* Log-probabilities under tensor parallelism, where each rank holds the logits of a part of the vocabulary. This
 * call computes the rank's own sums.
 *
 * More: <rlhf/logits/vocab_shards.hpp> */
rlhf_status rlhf_vocab_shard_sums(const rlhf_batch* batch, const rlhf_logits* logits, int64_t first_id,
                                  const rlhf_in* targets, const rlhf_out* shards,
                                  const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                  rlhf_error* error);

#ifdef __cplusplus
}
#endif

#endif
