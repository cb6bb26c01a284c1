/* SPDX-License-Identifier: MIT */
/* Arguments of C: pointers, sizes, choices and shapes that no call takes, and unusual shapes that each call takes. */
#include "checks.h"

static rlhf_status policy_loss(const rlhf_batch* b, const rlhf_policy_loss_arrays* a) {
    return rlhf_ppo_policy_loss(b, a, NULL, NULL, NULL, &error);
}

static void structs(void) {
    const rlhf_policy_loss_arrays a = policy_arrays(0, 8);
    const rlhf_batch b = two_sequences();
    rlhf_batch bad = b;
    rlhf_ppo_clip nameless = RLHF_PPO_CLIP;
    REFUSED(policy_loss(NULL, &a), "rlhf::ppo_policy_loss: batch is a null pointer");
    REFUSED(policy_loss(&b, NULL), "rlhf::ppo_policy_loss: arrays is a null pointer");
    bad.size = 1;
    REFUSED(policy_loss(&bad, &a), "rlhf::ppo_policy_loss: batch has a size of 1: initialise it with its macro");
    bad = b, bad.every_token = 1;
    REFUSED(policy_loss(&bad, &a), "rlhf::ppo_policy_loss: batch needs either a mask or every_token = 1");
    nameless.objective.name = NULL;
    CHECK(rlhf_policy_loss(&b, &a, &nameless.objective, NULL, NULL, NULL, &error) == RLHF_BAD_ARGUMENT);
    CHECK(strncmp(error.text, "rlhf::policy_loss: objective is unnamed, expected cispo", 55) == 0);
}

static void choices(void) {
    const rlhf_batch b = two_sequences();
    rlhf_batch bad = b;
    rlhf_policy_loss_arrays a = policy_arrays(0, 8);
    rlhf_ppo_policy_loss_options o = RLHF_PPO_POLICY_LOSS_OPTIONS;
    rlhf_whiten_options ddof = RLHF_WHITEN_OPTIONS;
    float values[8] = {0};
    const rlhf_out to_values = rlhf_write(values, RLHF_FLOAT32, 8);
    o.aggregation = -1;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, NULL, &error),
            "rlhf::ppo_policy_loss: aggregation is -1, expected 0 to 2");
    bad.layout = 2;
    REFUSED(policy_loss(&bad, &a), "rlhf::ppo_policy_loss: batch.layout is 2, expected 0 to 1");
    bad = b, bad.predict_next = 3;
    REFUSED(policy_loss(&bad, &a), "rlhf::ppo_policy_loss: batch.predict_next is 3, expected 0 to 2");
    bad = b, bad.denominator = 3;
    CHECK(policy_loss(&bad, &a) == RLHF_BAD_ARGUMENT && strstr(error.text, "batch.denominator is not set") != NULL);
    a.d_log_probs.mode = 3;
    REFUSED(policy_loss(&b, &a), "rlhf::ppo_policy_loss: the mode of d_log_probs is 3, expected 0 to 2");
    a.d_log_probs.mode = -1;
    REFUSED(policy_loss(&b, &a), "rlhf::ppo_policy_loss: the mode of d_log_probs is -1, expected 0 to 2");
    ddof.ddof = (int64_t)1 << 32;
    REFUSED(rlhf_whiten(&b, &to_values, NULL, &ddof, NULL, NULL, &error),
            "rlhf::whiten: ddof is 4294967296, which does not fit an int");
}

static void arrays(void) {
    const rlhf_batch b = two_sequences();
    rlhf_policy_loss_arrays a = policy_arrays(0, 8);
#define TYPE(number, word)                                                                                             \
    a.log_probs.dtype = number;                                                                                        \
    REFUSED(policy_loss(&b, &a), "rlhf::ppo_policy_loss: log_probs is " word ", expected float32 or float64")
    TYPE(-1, "an unknown type");
    TYPE(RLHF_VOCAB_SHARD, "vocab_shard");
    TYPE(RLHF_VOCAB_SHARD + 1, "an unknown type");
#define SHAPE(n, rows, cols, words)                                                                                    \
    a = policy_arrays(0, 8), a.log_probs.dims = n, a.log_probs.shape[0] = rows, a.log_probs.shape[1] = cols;           \
    a.log_probs.strides[0] = 4, a.log_probs.strides[1] = 1;                                                            \
    REFUSED(policy_loss(&b, &a), "rlhf::ppo_policy_loss: log_probs " words)
    SHAPE(1, -1, 0, "is [-1], expected a size of at least 0");
    SHAPE(2, -2, 4, "is [-2, 4], expected sizes of at least 0");
    SHAPE(2, 2, -4, "is [2, -4], expected sizes of at least 0");
    SHAPE(0, 2, 4, "has 0 dimensions, expected 1 or 2");
    SHAPE(3, 2, 4, "has 3 dimensions, expected 1 or 2");
}

/* The stride of a dimension of one element is never used: numpy and others write any number there. */
static void strides_of_one_element(void) {
    rlhf_batch b = RLHF_BATCH;
    rlhf_policy_loss_arrays a = policy_arrays(0, 2);
    rlhf_policy_loss_result r = RLHF_POLICY_LOSS_RESULT, same = RLHF_POLICY_LOSS_RESULT;
    b.sequences = 2, b.steps = 1, b.every_token = 1, b.denominator = RLHF_COUNTED_HERE;
    CHECK(rlhf_ppo_policy_loss(&b, &a, NULL, NULL, &r, &error) == RLHF_OK);
    a.log_probs = rlhf_read_rows(log_probs, RLHF_FLOAT32, 2, 1, 1), a.log_probs.strides[1] = 5;
    CHECK(rlhf_ppo_policy_loss(&b, &a, NULL, NULL, &same, &error) == RLHF_OK && same.loss == r.loss && r.loss != 0);
    b.sequences = 1, a = policy_arrays(0, 1);
    CHECK(rlhf_ppo_policy_loss(&b, &a, NULL, NULL, &r, &error) == RLHF_OK);
    a.log_probs.strides[0] = 7;
    CHECK(rlhf_ppo_policy_loss(&b, &a, NULL, NULL, &same, &error) == RLHF_OK && same.loss == r.loss);
}

/* Two sequences of two rows of two logits: side by side, with a column of padding, and with gaps between rows and
 * between sequences. What lies between them is NaN. */
static void logits(void) {
    enum { sequences = 2, steps = 2, vocab = 2, step = 4, sequence = 11 };
    static const float dense[8] = {0.5f, -1, 2, 0.25f, -3, 1, 0, 0.75f}, other[8] = {1, 0, -1, 2, 0.5f, 0.5f, 3, -2};
    float padded[12], apart[2 * sequence], other_apart[2 * sequence], d[8], d_apart[2 * sequence];
    const rlhf_logits z = {dense, RLHF_FLOAT32, sequences, steps, vocab, 0, 0, 0},
                      z_padded = {padded, RLHF_FLOAT32, sequences, steps, vocab, 3, 0, 0},
                      z_apart = {apart, RLHF_FLOAT32, sequences, steps, vocab, 0, step, sequence},
                      q = {other, RLHF_FLOAT32, sequences, steps, vocab, 0, 0, 0},
                      q_apart = {other_apart, RLHF_FLOAT32, sequences, steps, vocab, 0, step, sequence};
    const rlhf_logits_gradient to_d = {d, RLHF_FLOAT32, sequences, steps, vocab, 0, 0, 0, RLHF_OVERWRITE, 1},
                               to_d_apart = {d_apart, RLHF_FLOAT32, sequences, steps,          vocab,
                                             0,       step,         sequence,  RLHF_OVERWRITE, 1};
    rlhf_batch b = RLHF_BATCH;
    rlhf_divergence_sums r = RLHF_DIVERGENCE_SUMS, same = RLHF_DIVERGENCE_SUMS;
    int s, t, v;
    for (v = 0; v < 12; ++v) padded[v] = (float)NAN;
    for (v = 0; v < 2 * sequence; ++v) apart[v] = other_apart[v] = (float)NAN;
    for (s = 0; s < sequences; ++s)
        for (t = 0; t < steps; ++t)
            for (v = 0; v < vocab; ++v) {
                const int at = (s * steps + t) * vocab + v;
                padded[(s * steps + t) * 3 + v] = apart[s * sequence + t * step + v] = dense[at];
                other_apart[s * sequence + t * step + v] = other[at];
            }
    b.sequences = sequences, b.steps = steps, b.every_token = 1, b.denominator = RLHF_COUNTED_HERE;
    b.predict_next = RLHF_PREDICT_THIS;
    CHECK(rlhf_logits_divergence(&b, &z, &q, &to_d, NULL, NULL, &r, &error) == RLHF_OK && r.loss > 0);
    CHECK(rlhf_logits_divergence(&b, &z_padded, &q, NULL, NULL, NULL, &same, &error) == RLHF_OK);
    CHECK(same.loss == r.loss);
    CHECK(rlhf_logits_divergence(&b, &z_apart, &q_apart, &to_d_apart, NULL, NULL, &same, &error) == RLHF_OK);
    CHECK(same.loss == r.loss);
    for (s = 0; s < sequences; ++s)
        for (t = 0; t < steps; ++t)
            CHECK(memcmp(d + (s * steps + t) * vocab, d_apart + s * sequence + t * step, vocab * sizeof(float)) == 0);
}

int main(void) {
    structs();
    choices();
    arrays();
    strides_of_one_element();
    logits();
    printf("%d failures\n", failures);
    return failures != 0;
}
