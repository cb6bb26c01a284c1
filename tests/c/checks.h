/* SPDX-License-Identifier: MIT */
/* What the tests of calls share: checks, and one batch. */
#include <rlhf/c/rlhf.h>

#include <stdio.h>
#include <string.h>

static int failures;
#define CHECK(what)                                                                                                    \
    if (!(what)) failures++, printf("%s:%d: %s\n    %s\n", __FILE__, __LINE__, #what, error.text)
#define REFUSED(call, sentence)                                                                                        \
    memset(&error, 0, sizeof error);                                                                                   \
    CHECK((call) == RLHF_BAD_ARGUMENT);                                                                                \
    CHECK(strcmp(error.text, sentence) == 0)

static rlhf_error error;
static const uint8_t mask[8] = {1, 1, 1, 1, 1, 1, 0, 0};
static const float log_probs[8] = {-1.0f, -0.9f, -1.7f, -0.3f, -1.3f, -1.5f, 0, 0};
static const float old_log_probs[8] = {-1.2f, -0.7f, -2.1f, -0.3f, -0.9f, -1.6f, 0, 0};
static const float advantages[8] = {0.8f, 0.5f, 1.1f, -0.2f, -1.4f, 0.6f, 0, 0};
static float d_log_probs[8];

/* Two sequences of four steps, the second one shorter, as in README.md. */
static rlhf_batch two_sequences(void) {
    rlhf_batch b = RLHF_BATCH;
    b.sequences = 2, b.steps = 4;
    b.mask = rlhf_read(mask, RLHF_UINT8, 8);
    b.denominator = RLHF_COUNTED_HERE;
    return b;
}

static rlhf_policy_loss_arrays policy_arrays(int64_t first, int64_t n) {
    rlhf_policy_loss_arrays a = RLHF_POLICY_LOSS_ARRAYS;
    a.log_probs = rlhf_read(log_probs + first, RLHF_FLOAT32, n);
    a.old_log_probs = rlhf_read(old_log_probs + first, RLHF_FLOAT32, n);
    a.advantages = rlhf_read(advantages + first, RLHF_FLOAT32, n);
    a.d_log_probs.to = rlhf_write(d_log_probs + first, RLHF_FLOAT32, n);
    return a;
}
