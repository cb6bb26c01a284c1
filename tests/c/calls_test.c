/* SPDX-License-Identifier: MIT */
/* The C interface as a program of C99 sees it: numbers, parts that join, executors, and errors. */
#include "checks.h"

#include <stdlib.h>

static void numbers(void) {
    const rlhf_batch b = two_sequences();
    const rlhf_policy_loss_arrays a = policy_arrays(0, 8);
    rlhf_ppo_policy_loss_options o = RLHF_PPO_POLICY_LOSS_OPTIONS;
    rlhf_policy_loss_result r = RLHF_POLICY_LOSS_RESULT;
    o.clip_range.low = o.clip_range.high = 0.2;
    CHECK(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error) == RLHF_OK);
    CHECK(r.own.tokens == 6 && r.own.sequences == 2);
    CHECK(fabs(r.loss - -0.338745) < 1e-6);
    CHECK(d_log_probs[2] == 0 && d_log_probs[6] == 0 && d_log_probs[1] < 0);

    rlhf_ppo_clip clip = RLHF_PPO_CLIP;
    rlhf_policy_loss_result same = RLHF_POLICY_LOSS_RESULT;
    CHECK(rlhf_policy_loss(&b, &a, &clip.objective, NULL, NULL, &same, &error) == RLHF_OK);
    CHECK(same.loss == r.loss);

    rlhf_policy_loss_arrays added = a;
    added.d_log_probs.mode = RLHF_ADD_TO; /* an initialised scale is 1 */
    const float once = d_log_probs[1];
    CHECK(rlhf_ppo_policy_loss(&b, &added, &o, NULL, NULL, &error) == RLHF_OK && d_log_probs[1] == 2 * once);
}

/* A step that is cut into its sequences has the bits of the whole. */
static void parts(void) {
    rlhf_batch whole = two_sequences();
    const rlhf_policy_loss_arrays all = policy_arrays(0, 8);
    rlhf_policy_loss_result r = RLHF_POLICY_LOSS_RESULT, joined = RLHF_POLICY_LOSS_RESULT;
    float d_whole[8];
    int64_t s;
    CHECK(rlhf_ppo_policy_loss(&whole, &all, NULL, NULL, &r, &error) == RLHF_OK);
    memcpy(d_whole, d_log_probs, sizeof d_whole);
    memset(d_log_probs, 0, sizeof d_log_probs);
    CHECK(rlhf_count(&whole, &whole.whole, &error) == RLHF_OK);
    for (s = 0; s < 2; ++s) {
        rlhf_batch part = whole;
        const rlhf_policy_loss_arrays a = policy_arrays(4 * s, 4);
        rlhf_policy_loss_result one = RLHF_POLICY_LOSS_RESULT;
        part.sequences = 1, part.denominator = RLHF_WHOLE_STEP;
        part.mask = rlhf_read(mask + 4 * s, RLHF_UINT8, 4);
        CHECK(rlhf_ppo_policy_loss(&part, &a, NULL, NULL, &one, &error) == RLHF_OK);
        CHECK(rlhf_merge_policy_loss_result(&joined, &one, &error) == RLHF_OK);
    }
    CHECK(joined.loss == r.loss && joined.approx_kl == r.approx_kl && joined.own.tokens == r.own.tokens);
    CHECK(memcmp(d_whole, d_log_probs, sizeof d_whole) == 0);
    joined.state[0] = 7;
    CHECK(rlhf_merge_policy_loss_result(&joined, &r, &error) == RLHF_BAD_ARGUMENT);
    CHECK(strstr(error.text, "the state of into is damaged") != NULL);
}

/* An executor that goes through the pieces from the last to the first. */
static void backwards(void* self, size_t pieces, void (*body)(void* of_body, size_t i), void* of_body) {
    ++*(int*)self;
    while (pieces-- > 0) body(of_body, pieces);
}
static void executors(void) {
    enum { n = 1 << 16 };
    int calls = 0;
    const rlhf_executor run = {backwards, &calls};
    double *const numbers_ = malloc(3 * n * sizeof(double)), *const a = numbers_ + n, *const b = a + n;
    rlhf_batch batch = RLHF_BATCH;
    rlhf_moments one = RLHF_MOMENTS, other = RLHF_MOMENTS;
    rlhf_out to_a, to_b;
    int i;
    if (numbers_ == NULL) exit(1);
    for (i = 0; i < n; ++i) a[i] = b[i] = 1.0 / (1 + i % 997);
    batch.sequences = 64, batch.steps = n / 64, batch.every_token = 1, batch.denominator = RLHF_COUNTED_HERE;
    to_a = rlhf_write_rows(a, RLHF_FLOAT64, 64, n / 64, n / 64), to_b = rlhf_write(b, RLHF_FLOAT64, n);
    CHECK(rlhf_whiten(&batch, &to_a, NULL, NULL, NULL, &one, &error) == RLHF_OK);
    CHECK(rlhf_whiten(&batch, &to_b, NULL, NULL, &run, &other, &error) == RLHF_OK);
    CHECK(calls > 0 && one.mean == other.mean && one.variance == other.variance);
    CHECK(memcmp(a, b, n * sizeof(double)) == 0);
    free(numbers_);
}

/* One batch as rows, as a run of packed sequences, with the steps first, and weights per sequence or per token. */
static void shapes(void) {
    static const double values[6] = {1, 2, 3, 4, 5, 6}, returns[6] = {1.5, 1, 4, 4, 3, 8};
    static const double weights[2] = {0.5, 2}, per_token[6] = {0.5, 0.5, 0.5, 2, 2, 2};
    static const double turned[6] = {1, 4, 2, 5, 3, 6}, turned_returns[6] = {1.5, 4, 1, 3, 4, 8};
    static const double apart[8] = {1, 2, 3, -9, 4, 5, 6, -9};
    static const int32_t offsets[3] = {0, 3, 6};
    rlhf_batch b = RLHF_BATCH, packed, time_first;
    rlhf_ppo_value_loss_arrays a = RLHF_PPO_VALUE_LOSS_ARRAYS, other;
    rlhf_ppo_value_loss_result r = RLHF_PPO_VALUE_LOSS_RESULT, same = RLHF_PPO_VALUE_LOSS_RESULT;
    double d[6], d_same[6], column[4] = {0.5, -9, 2, -9};
    b.sequences = 2, b.steps = 3, b.every_token = 1, b.denominator = RLHF_COUNTED_HERE;
    a.values = rlhf_read(values, RLHF_FLOAT64, 6), a.returns = rlhf_read(returns, RLHF_FLOAT64, 6);
    a.weights = rlhf_read(per_token, RLHF_FLOAT64, 6), a.d_values = rlhf_write_to(rlhf_write(d, RLHF_FLOAT64, 6), 0.5);
    CHECK(rlhf_ppo_value_loss(&b, &a, NULL, NULL, &r, &error) == RLHF_OK);
    CHECK(r.loss > 0 && d[0] == 0.5 * 0.5 * (values[0] - returns[0]) / 6);

#define SAME(batch)                                                                                                    \
    memset(d_same, 0, sizeof d_same);                                                                                  \
    other.d_values = rlhf_write_to(rlhf_write(d_same, RLHF_FLOAT64, 6), 0.5);                                          \
    CHECK(rlhf_ppo_value_loss(&batch, &other, NULL, NULL, &same, &error) == RLHF_OK && same.loss == r.loss)
    other = a, other.weights = rlhf_read_per_sequence(weights, RLHF_FLOAT64, 2);
    SAME(b);
    CHECK(memcmp(d, d_same, sizeof d) == 0);
    other.weights = rlhf_read_per_sequence(column, RLHF_FLOAT64, 2), other.weights.strides[0] = 2;
    SAME(b);
    other.values = rlhf_read_rows(apart, RLHF_FLOAT64, 2, 3, 4);
    SAME(b);
    other = a, packed = b, packed.offsets = rlhf_read(offsets, RLHF_INT32, 3);
    SAME(packed);
    CHECK(memcmp(d, d_same, sizeof d) == 0);
    other.values = rlhf_read(turned, RLHF_FLOAT64, 6), other.returns = rlhf_read(turned_returns, RLHF_FLOAT64, 6);
    other.weights = rlhf_read_per_sequence(weights, RLHF_FLOAT64, 2);
    time_first = b, time_first.layout = RLHF_TIME_FIRST;
    SAME(time_first);
    CHECK(d_same[1] == d[3] && d_same[2] == d[1]);
}

/* A struct that is 8 bytes longer than the one that the library knows. */
#define TOO_NEW(call, name, known)                                                                                     \
    snprintf(sentence, sizeof sentence,                                                                                \
             "rlhf::ppo_policy_loss: %s has a size of %d, but this library knows no more than %d: it is older than "   \
             "its caller, or the struct was not initialised",                                                          \
             name, (int)(known) + 8, (int)(known));                                                                    \
    REFUSED(call, sentence)

static void refusals(void) {
    char sentence[200];
    const rlhf_batch b = two_sequences();
    rlhf_batch bad = b;
    rlhf_policy_loss_arrays a = policy_arrays(0, 8);
    rlhf_ppo_policy_loss_options o = RLHF_PPO_POLICY_LOSS_OPTIONS;
    rlhf_policy_loss_result r = RLHF_POLICY_LOSS_RESULT;
    rlhf_dpo dpo = RLHF_DPO;
    const rlhf_executor nobody = {NULL, NULL};
    float before[8];
    int i;
    for (i = 0; i < 8; ++i) d_log_probs[i] = before[i] = (float)i;

    a.advantages.dtype = RLHF_FLOAT64;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error),
            "rlhf::ppo_policy_loss: advantages is float64, but log_probs is float32");
    a.advantages.dtype = RLHF_INT32;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error),
            "rlhf::ppo_policy_loss: advantages is int32, expected float32 or float64");
    a = policy_arrays(0, 8), a.advantages.shape[0] = 7;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error),
            "rlhf::ppo_policy_loss: advantages has 7 elements, expected 8");
    a = policy_arrays(0, 8), a.advantages.strides[0] = 2;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error),
            "rlhf::ppo_policy_loss: advantages has a stride of 2 between its elements, expected 1");
    a = policy_arrays(0, 8), a.advantages = rlhf_read_rows(advantages, RLHF_FLOAT32, 2, 4, 1);
    a.advantages.strides[1] = 2;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error),
            "rlhf::ppo_policy_loss: advantages has a stride of 2 between the elements of a row, expected 1");
    a = policy_arrays(0, 8), memset(&a.old_log_probs, 0, sizeof a.old_log_probs);
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error), "rlhf::ppo_policy_loss: old_log_probs is missing");
    a = policy_arrays(0, 8), a.d_log_probs.to.data = (void*)log_probs;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error),
            "rlhf::ppo_policy_loss: d_log_probs overlaps log_probs");
    a = policy_arrays(0, 8), o.size = sizeof o + 8;
    TOO_NEW(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error), "options", sizeof o);
    o.size = 0;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error),
            "rlhf::ppo_policy_loss: options has a size of 0: initialise it with its macro");
    o.size = sizeof o, o.aggregation = 3;
    REFUSED(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error),
            "rlhf::ppo_policy_loss: aggregation is 3, expected 0 to 2");
    bad.denominator = 0;
    REFUSED(
        rlhf_ppo_policy_loss(&bad, &a, NULL, NULL, &r, &error),
        "rlhf::ppo_policy_loss: batch.denominator is not set: RLHF_COUNTED_HERE, or RLHF_WHOLE_STEP with batch.whole");
    bad = b, memset(&bad.mask, 0, sizeof bad.mask);
    REFUSED(rlhf_ppo_policy_loss(&bad, &a, NULL, NULL, &r, &error),
            "rlhf::ppo_policy_loss: batch needs either a mask or every_token = 1");
    REFUSED(rlhf_ppo_policy_loss(&b, &a, NULL, &nobody, &r, &error),
            "rlhf::ppo_policy_loss: executor.run is a null pointer, expected a function that runs pieces");
    r.size += 8;
    TOO_NEW(rlhf_ppo_policy_loss(&b, &a, NULL, NULL, &r, &error), "result", sizeof r);
    REFUSED(
        rlhf_policy_loss(&b, &a, &dpo.objective, NULL, NULL, NULL, &error),
        "rlhf::policy_loss: objective is dpo, expected cispo, ppo_clip, dppo_tv, dppo_kl, gmpo, gspo, sapo, topr or "
        "vespo");
    CHECK(memcmp(before, d_log_probs, sizeof before) == 0 && r.loss == 0);
    CHECK(rlhf_policy_loss(&b, &a, &dpo.objective, NULL, NULL, NULL, NULL) == RLHF_BAD_ARGUMENT);
}

/* What functions of logits need, said in the words of C. */
static void refusals_of_logits(void) {
    static const float ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const int32_t ids[8] = {0};
    rlhf_batch b = two_sequences();
    const rlhf_logits logits = {ones, RLHF_FLOAT32, 2, 4, 1, 0, 0, 0};
    const rlhf_in targets = rlhf_read(ids, RLHF_INT32, 8);
    rlhf_linear_head head = RLHF_LINEAR_HEAD;
    rlhf_token_log_probs_arrays a = RLHF_TOKEN_LOG_PROBS_ARRAYS;
    REFUSED(rlhf_token_log_probs(&b, &logits, &targets, &a, NULL, NULL, NULL, &error),
            "rlhf::token_log_probs: batch.predict_next is not set: say whether step t predicts token t + 1, "
            "or targets are aligned with the steps");
    b.predict_next = RLHF_PREDICT_THIS;
    CHECK(rlhf_token_log_probs(&b, &logits, &targets, &a, NULL, NULL, NULL, &error) == RLHF_OK);
    head.hidden = rlhf_read_rows(ones, RLHF_FLOAT32, 8, 1, 1), head.weights = rlhf_read(ones, RLHF_FLOAT32, 1);
    REFUSED(rlhf_linear_head_token_log_probs(&b, &head, &targets, &a, NULL, NULL, NULL, &error),
            "rlhf::token_log_probs: head.multiply is a null pointer, expected a function that multiplies matrices");
}

/* A struct of a caller that is older than the library: what it does not have is the default. */
static void older_callers(void) {
    const rlhf_batch b = two_sequences();
    const rlhf_policy_loss_arrays a = policy_arrays(0, 8);
    rlhf_ppo_policy_loss_options o = RLHF_PPO_POLICY_LOSS_OPTIONS;
    rlhf_policy_loss_result r = RLHF_POLICY_LOSS_RESULT, old = RLHF_POLICY_LOSS_RESULT;
    o.clip_range.low = o.clip_range.high = 0.1;
    CHECK(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &r, &error) == RLHF_OK);
    o.size = offsetof(rlhf_ppo_policy_loss_options, dual_clip);
    memset((char*)&o + o.size, 0xff, sizeof o - o.size);
    old.size = offsetof(rlhf_policy_loss_result, nonfinite), old.nonfinite = 77;
    CHECK(rlhf_ppo_policy_loss(&b, &a, &o, NULL, &old, &error) == RLHF_OK);
    CHECK(old.loss == r.loss && old.mean_loss == r.mean_loss && old.nonfinite == 77);
}

/* All instruction sets of the library that this machine has, by name. */
static void instruction_sets(void) {
    const rlhf_batch b = two_sequences();
    const rlhf_policy_loss_arrays a = policy_arrays(0, 8);
    const char *const wanted = getenv("RLHF_ISA"), *isa;
    size_t i;
    CHECK(rlhf_isa() != NULL && rlhf_available_isa(0) != NULL);
    if (wanted != NULL && *wanted != '\0') CHECK(strcmp(rlhf_isa(), wanted) == 0);
    for (i = 0; (isa = rlhf_available_isa(i)) != NULL; ++i) {
        rlhf_policy_loss_result r = RLHF_POLICY_LOSS_RESULT;
        CHECK(rlhf_use_isa(isa, &error) == RLHF_OK && strcmp(rlhf_isa(), isa) == 0);
        CHECK(rlhf_ppo_policy_loss(&b, &a, NULL, NULL, &r, &error) == RLHF_OK);
        printf("%s: loss %.17g\n", isa, r.loss);
    }
    CHECK(rlhf_use_isa("x86-64-v9", &error) == RLHF_NO_SUCH_ISA);
    CHECK(strncmp(error.text, "rlhf: the name is x86-64-v9, expected one of ", 45) == 0);
}

int main(void) {
    if (rlhf_isa() == NULL) { /* every call says why, and writes nothing */
        rlhf_batch b = two_sequences();
        CHECK(rlhf_count(&b, &b.whole, &error) == RLHF_NO_SUCH_ISA && b.whole.tokens == 0);
        printf("skipped: %s\n", error.text);
        return failures == 0 ? 77 : 1;
    }
    numbers();
    parts();
    shapes();
    executors();
    refusals();
    refusals_of_logits();
    older_callers();
    instruction_sets();
    printf("rlhf %s, %d failures\n", rlhf_version(), failures);
    return failures != 0;
}
