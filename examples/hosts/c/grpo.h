/* SPDX-License-Identifier: MIT */
/* I have a trainer in C, such as llm.c, and want GRPO. */
#ifndef GRPO_H
#define GRPO_H

#include <rlhf/c/rlhf.h>

/* Answers to prompts: group_size consecutive answers per prompt. */
typedef struct rollout {
    int64_t sequences, steps, vocab, group_size;
    const int* tokens;                           /* [B, T] */
    const uint8_t* is_answer;                    /* [B, T] */
    const float* old_log_probs;                  /* [B, T] log π_old of the model that answered */
    const float* rewards;                        /* [B] */
    float *advantages, *log_probs, *d_log_probs; /* [B], [B, T], [B, T] for intermediate results */
} rollout;

/* Turns logits [B, T, V] into the gradient of the loss, in place. If it does not return RLHF_OK, error says why in a
 * sentence. */
static inline rlhf_status grpo(const rollout* r, float* logits, rlhf_ppo_loss_result* result, rlhf_error* error) {
    const int64_t n = r->sequences * r->steps;
    rlhf_groups groups = RLHF_GROUPS;
    groups.group_size = r->group_size;
    rlhf_group_advantages_arrays group = RLHF_GROUP_ADVANTAGES_ARRAYS;
    group.rewards = rlhf_read(r->rewards, RLHF_FLOAT32, r->sequences);
    group.advantages = rlhf_write(r->advantages, RLHF_FLOAT32, r->sequences);
    const rlhf_status status = rlhf_group_advantages(&groups, &group, NULL, NULL, NULL, NULL, error);
    if (status != RLHF_OK) return status;

    rlhf_batch batch = RLHF_BATCH;
    batch.sequences = r->sequences, batch.steps = r->steps, batch.predict_next = RLHF_PREDICT_NEXT;
    batch.mask = rlhf_read(r->is_answer, RLHF_UINT8, n), batch.denominator = RLHF_COUNTED_HERE;
    const rlhf_logits z = {logits, RLHF_FLOAT32, r->sequences, r->steps, r->vocab, 0, 0, 0};
    const rlhf_logits_gradient d_z = {
        .data = logits, .dtype = RLHF_FLOAT32, .sequences = r->sequences, .steps = r->steps, .vocab = r->vocab};
    const rlhf_in targets = rlhf_read(r->tokens, RLHF_INT32, n);
    rlhf_ppo_loss_arrays arrays = RLHF_PPO_LOSS_ARRAYS;
    arrays.old_log_probs = rlhf_read(r->old_log_probs, RLHF_FLOAT32, n);
    arrays.advantages = rlhf_read_per_sequence(r->advantages, RLHF_FLOAT32, r->sequences);
    arrays.log_probs = rlhf_write(r->log_probs, RLHF_FLOAT32, n);
    arrays.d_log_probs = rlhf_write(r->d_log_probs, RLHF_FLOAT32, n);
    return rlhf_ppo_loss(&batch, &z, &targets, &arrays, &d_z, NULL, NULL, result, error);
}

#endif
