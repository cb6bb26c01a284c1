/* SPDX-License-Identifier: MIT */
#include <rlhf/c/rlhf.h>

#include <stdio.h>

int main(void) {
    const uint8_t mask[8] = {1, 1, 1, 1, /**/ 1, 1, 0, 0};
    const float old_log_probs[8] = {-1.2f, -0.7f, -2.1f, -0.3f, /**/ -0.9f, -1.6f, 0, 0};
    const float log_probs[8] = {-1.0f, -0.9f, -1.7f, -0.3f, /**/ -1.3f, -1.5f, 0, 0};
    const float advantages[8] = {0.8f, 0.5f, 1.1f, -0.2f, /**/ -1.4f, 0.6f, 0, 0};
    float d_log_probs[8];

    rlhf_batch batch = RLHF_BATCH;
    batch.sequences = 2, batch.steps = 4;
    batch.mask = rlhf_read(mask, RLHF_UINT8, 8);
    batch.denominator = RLHF_COUNTED_HERE;

    rlhf_policy_loss_arrays arrays = RLHF_POLICY_LOSS_ARRAYS;
    arrays.log_probs = rlhf_read(log_probs, RLHF_FLOAT32, 8);
    arrays.old_log_probs = rlhf_read(old_log_probs, RLHF_FLOAT32, 8);
    arrays.advantages = rlhf_read(advantages, RLHF_FLOAT32, 8);
    arrays.d_log_probs.to = rlhf_write(d_log_probs, RLHF_FLOAT32, 8);

    rlhf_ppo_policy_loss_options options = RLHF_PPO_POLICY_LOSS_OPTIONS;
    options.clip_range.low = options.clip_range.high = 0.2;

    rlhf_policy_loss_result r = RLHF_POLICY_LOSS_RESULT;
    rlhf_error error;
    if (rlhf_ppo_policy_loss(&batch, &arrays, &options, NULL, &r, &error) != RLHF_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    printf("loss %.6f  clip fraction %.3f\n", r.loss, r.clip_fraction);
    for (int s = 0; s < 2; ++s) {
        for (int t = 0; t < 4; ++t) printf(" %9.6f", d_log_probs[4 * s + t]);
        printf("\n");
    }
    return 0;
}
