/* SPDX-License-Identifier: MIT */
/* A small language model in plain C, like llm.c. It is fine-tuned on sentences with cross entropy, and then learns by
 * GRPO to write vowels. The losses come from rlhf's C interface; they turn the logits into their gradient in place.
 * grpo.h has the lines for GRPO. The program checks that gradients of weights agree with central differences of a cross
 * entropy that is written here, that rlhf's cross entropy and gradient agree with it, that the loss falls and rewards
 * rise, and that a bad argument is reported as a sentence. */
#include "../text.h"
#include "grpo.h"
#include "transformer.h"

#include <math.h>

enum { sequences = 16, group = 8, steps = 16, prompt_length = 6, positions = sequences * steps };

static int failures = 0;
static void check(int good, const char* what) {
    if (!good) printf("FAILED: %s\n", what);
    failures += !good;
}

static double sum_of_exp(const float* z) {
    double sum = 0;
    for (int v = 0; v < letters; ++v) sum += exp((double)z[v]);
    return sum;
}

/* The mean negative log-likelihood of the next letters, and its gradient if d is not NULL. */
static double plain_cross_entropy(const float* logits, const int* tokens, float* d) {
    double loss = 0;
    const int n = sequences * (steps - 1);
    for (int i = 0; i < positions; ++i) {
        const float* const z = logits + i * letters;
        const int follows = (i + 1) % steps != 0, next = follows ? tokens[i + 1] : 0;
        const double sum = sum_of_exp(z);
        if (follows) loss += (log(sum) - (double)z[next]) / n;
        for (int v = 0; v < letters && d != NULL; ++v)
            d[i * letters + v] = follows ? (float)((exp((double)z[v]) / sum - (v == next)) / n) : 0;
    }
    return loss;
}

static double loss_with(transformer* t, const int* tokens, float* weight, float value) {
    const float before = *weight;
    *weight = value;
    transformer_forward(t, tokens);
    *weight = before;
    return plain_cross_entropy(t->logits, tokens, NULL);
}

static void check_gradients(transformer* t, const int* tokens) {
    transformer_forward(t, tokens);
    plain_cross_entropy(t->logits, tokens, t->logits);
    transformer_backward(t, tokens);
    double worst = 0, largest = 0;
    for (size_t i = 0; i < t->size; i += t->size / 40) {
        float* const w = &t->weights[i];
        double slopes[2];
        for (int k = 0; k < 2; ++k) {
            const float h = (float)(k + 1) / 64;
            slopes[k] = (loss_with(t, tokens, w, *w + h) - loss_with(t, tokens, w, *w - h)) / (2 * (double)h);
        }
        const double slope = (4 * slopes[0] - slopes[1]) / 3; /* cancels the term of h^2 */
        worst = fmax(worst, fabs(slope - (double)t->gradient[i]));
        largest = fmax(largest, fabs(slope));
    }
    printf("gradients of %zu weights: largest %.3f, off central differences by at most %.1e\n", t->size, largest,
           worst);
    /* A loss in float has an error of some 2^-24, which differences divide by 1/64. */
    check(worst < 0x1p-16 && largest > 0.01, "the gradients of weights");
}

/* The cross entropy of rlhf, in place. */
static double cross_entropy(float* logits, const int* tokens) {
    rlhf_batch batch = RLHF_BATCH;
    batch.sequences = sequences, batch.steps = steps, batch.predict_next = RLHF_PREDICT_NEXT;
    batch.every_token = 1, batch.denominator = RLHF_COUNTED_HERE;
    const rlhf_logits z = {logits, RLHF_FLOAT32, sequences, steps, letters, 0, 0, 0};
    const rlhf_logits_gradient d_z = {
        .data = logits, .dtype = RLHF_FLOAT32, .sequences = sequences, .steps = steps, .vocab = letters};
    const rlhf_in targets = rlhf_read(tokens, RLHF_INT32, positions);
    rlhf_cross_entropy_loss_result result = RLHF_CROSS_ENTROPY_LOSS_RESULT;
    rlhf_error error;
    const rlhf_status status = rlhf_cross_entropy_loss(&batch, &z, &targets, &d_z, NULL, NULL, &result, &error);
    if (status != RLHF_OK) fprintf(stderr, "%s\n", error.text), exit(1);
    return result.loss;
}

static void fine_tune(transformer* t, const int* tokens) {
    transformer_forward(t, tokens);
    float* const plain = malloc(positions * (size_t)letters * sizeof *plain);
    if (plain == NULL) exit(1);
    const double loss = plain_cross_entropy(t->logits, tokens, plain);
    const double first = cross_entropy(t->logits, tokens);
    double worst = 0, last = first;
    for (int i = 0; i < positions * letters; ++i) worst = fmax(worst, fabs((double)t->logits[i] - (double)plain[i]));
    free(plain);
    printf("cross entropy %.6f, by plain loops %.6f; gradients by logits differ by at most %.1e\n", first, loss, worst);
    check(fabs(loss - first) < 1e-6 && worst < 0x1p-22 / (sequences * (steps - 1)), "rlhf's cross entropy");
    for (int step = 0; step < 60; ++step) {
        transformer_forward(t, tokens);
        last = cross_entropy(t->logits, tokens);
        transformer_backward(t, tokens);
        transformer_update(t, 0.01f, 0.01f);
    }
    printf("after 60 steps of AdamW %.4f\n", last);
    check(last < first / 2, "fine-tuning");
}

/* Draws a letter by its probability, and writes the log of the probability. */
static int draw(const float* z, float* log_prob, uint64_t* random) {
    const double sum = sum_of_exp(z), u = uniform(random) * sum;
    double below = 0;
    int v = 0;
    while (v + 1 < letters && (below += exp((double)z[v])) <= u) ++v;
    *log_prob = (float)((double)z[v] - log(sum));
    return v;
}

/* Answers all prompts, letter by letter; old_log_probs[i] becomes the log-probability of the letter after position i.
 * Returns the mean reward: the share of vowels. */
static double answer(transformer* t, int* tokens, float* old_log_probs, float* rewards, uint64_t* random) {
    double mean = 0;
    memset(rewards, 0, sequences * sizeof *rewards);
    for (int step = prompt_length; step < steps; ++step) {
        transformer_forward(t, tokens);
        for (int s = 0; s < sequences; ++s) {
            const int i = s * steps + step;
            tokens[i] = draw(t->logits + (i - 1) * letters, &old_log_probs[i - 1], random);
            rewards[s] += (float)is_vowel(tokens[i]) / (steps - prompt_length);
        }
    }
    for (int s = 0; s < sequences; ++s) mean += (double)rewards[s] / sequences;
    return mean;
}

static void learn_vowels(transformer* t, const int* text) {
    static int tokens[positions];
    static uint8_t is_answer[positions];
    static float old_log_probs[positions], log_probs[positions], d_log_probs[positions];
    static float rewards[sequences], advantages[sequences];
    rollout r = {.sequences = sequences,
                 .steps = steps,
                 .vocab = letters,
                 .group_size = group,
                 .tokens = tokens,
                 .is_answer = is_answer,
                 .old_log_probs = old_log_probs,
                 .rewards = rewards,
                 .advantages = advantages,
                 .log_probs = log_probs,
                 .d_log_probs = d_log_probs};
    uint64_t random = 1;
    double first = 0, last = 0;
    for (int step = 1; step <= 25; ++step) {
        for (int s = 0; s < sequences; ++s)
            for (int i = 0; i < steps; ++i) {
                tokens[s * steps + i] = text[(2 * step + s / group) % sequences * steps + i];
                is_answer[s * steps + i] = i >= prompt_length;
            }
        last = answer(t, tokens, old_log_probs, rewards, &random);
        if (step == 1) first = last;
        for (int epoch = 0; epoch < 2; ++epoch) {
            rlhf_ppo_loss_result result = RLHF_PPO_LOSS_RESULT;
            rlhf_error error;
            transformer_forward(t, tokens);
            if (grpo(&r, t->logits, &result, &error) != RLHF_OK) fprintf(stderr, "%s\n", error.text), exit(1);
            transformer_backward(t, tokens);
            transformer_update(t, 0.003f, 0);
            if (epoch == 1 && step % 8 == 1)
                printf("step %2d  vowels %.2f  ratio %.4f  clip fraction %.3f\n", step, last, result.policy_mean_ratio,
                       result.policy_clip_fraction);
            check(epoch == 1 || result.policy_max_log_ratio < 1e-4, "the ratio is 1 before the first update");
        }
    }
    printf("vowels: %.2f at first, %.2f at last\n", first, last);
    check(last > first + 0.2, "rewards rise");

    rlhf_error error;
    r.group_size = 7;
    check(grpo(&r, t->logits, NULL, &error) == RLHF_BAD_ARGUMENT, "groups of 7 among 16 answers fail");
    printf("groups of 7: %s\n", error.text);
}

int main(void) {
    static int text[positions];
    transformer t;
    const transformer_shape shape = {sequences, steps, letters, 2, 2, 16};
    read_sentences(text, sequences, steps);
    if (!transformer_create(&t, shape, 1)) return 1;
    check_gradients(&t, text);
    fine_tune(&t, text);
    learn_vowels(&t, text);
    transformer_destroy(&t);
    return failures != 0;
}
