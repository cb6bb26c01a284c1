// SPDX-License-Identifier: MIT
// A plain C++ trainer with a hand-written model: one PPO-ptx step from its parts. Checked: the gradient of the whole
// objective by every parameter, against central differences of an objective written without the library.
#include "toy_model.hpp"

#include <rlhf/ppo.hpp>

#include <algorithm>
#include <cstdio>

struct configuration {
    int epochs = 4, minibatches = 2;
    double value_coef = 0.1, ptx_coef = 27.8, entropy_coef = 0.01;
    float learning_rate = 1e-3f;
};

struct report {
    rlhf::shape_rewards_result rewards;
    rlhf::ppo_policy_loss_result policy;
    rlhf::ppo_value_loss_result value;
    rlhf::ptx_loss_result ptx;
};

/// The trainer and its buffers: [B, S] as the rollouts, and logits of as many rows.
struct trainer {
    trainer(toy_model& m, const toy_rollout& r, const toy_rollout& t, const configuration& c)
        : model(m), roll(r), text(t), config(c), n(r.tokens.size()) {}

    report step(const toy_model& reference, bool only_first_gradient) {
        score(reference);
        report out = advantages();
        const int rows = roll.sequences / config.minibatches;
        for (int epoch = 0; epoch < config.epochs; ++epoch)
            for (int first = 0; first < roll.sequences; first += rows) {
                model.zero_grad();
                ppo_gradient(first, rows, out);
                ptx_gradient(out);
                if (only_first_gradient) return out;
                model.update(config.learning_rate);
            }
        return out;
    }

private:
    /// The responses under both models. Step t chooses token t + 1.
    void score(const toy_model& reference) {
        reference.forward(roll.tokens.data(), roll.sequences, roll.steps, buffer.data(), nullptr);
        rlhf::token_log_probs(rollout, logits(roll.sequences), roll.tokens, {.log_probs = ref_log_probs});
        model.forward(roll.tokens.data(), roll.sequences, roll.steps, buffer.data(), values.data());
        rlhf::token_log_probs(rollout, logits(roll.sequences), roll.tokens, {.log_probs = old_log_probs});
    }

    report advantages() {
        report out;
        out.rewards = rlhf::shape_rewards(
            rollout,
            {.log_probs = old_log_probs, .ref_log_probs = ref_log_probs, .scores = roll.scores, .rewards = advantage},
            {.kl_coef = 0.02});
        rlhf::gae(rollout, {.rewards = advantage, .values = values, .advantages = advantage, .returns = returns},
                  {.gamma = 1, .lambda = 0.95});
        rlhf::whiten(rollout, advantage);
        return out;
    }

    void ppo_gradient(int first, int rows, report& out) {
        const rlhf::batch mini = rollout.part(first, rows);
        const auto part = [&](auto& array) { return rlhf::part(array, rollout, first, rows); };
        const auto tokens = part(roll.tokens);
        const auto z = logits(rows);
        model.forward(tokens.data(), rows, roll.steps, buffer.data(), part(new_values).data());
        rlhf::token_log_probs(mini, z, tokens, {.log_probs = part(log_probs), .entropy = part(entropy)});
        out.policy = rlhf::ppo_policy_loss(mini,
                                           {.log_probs = part(log_probs),
                                            .old_log_probs = part(old_log_probs),
                                            .advantages = part(advantage),
                                            .d_log_probs = part(d_log_probs)},
                                           {.clip_range = 0.2});
        out.value = rlhf::ppo_value_loss(mini,
                                         {.values = part(new_values),
                                          .old_values = part(values),
                                          .returns = part(returns),
                                          .d_values = rlhf::write_to(part(d_values), config.value_coef)},
                                         {.clip_range = 0.2});
        rlhf::masked_mean(mini,
                          {.values = part(entropy), .d_values = rlhf::write_to(part(d_entropy), -config.entropy_coef)});
        rlhf::token_log_probs_backward(mini, z, tokens,
                                       {.d_log_probs = part(d_log_probs), .d_entropy = part(d_entropy)}, z); // in place
        model.backward(tokens.data(), rows, roll.steps, buffer.data(), part(d_values).data());
    }

    /// The same buffers, but a batch of its own and so its own denominator; the model adds the gradients up.
    void ptx_gradient(report& out) {
        const rlhf::batch batch{.sequences = text.sequences,
                                .steps = text.steps,
                                .predict_next = true,
                                .mask = rlhf::all,
                                .denominator = rlhf::counted_here};
        const auto rows = [&](auto& array) {
            return rlhf::view(array.data(), {.sequences = text.sequences, .steps = text.steps});
        };
        const auto z = logits(text.sequences);
        model.forward(text.tokens.data(), text.sequences, text.steps, buffer.data(), nullptr);
        rlhf::token_log_probs(batch, z, text.tokens, {.log_probs = rows(log_probs)});
        out.ptx = rlhf::ptx_loss(
            batch, {.log_probs = rows(log_probs), .d_log_probs = rlhf::write_to(rows(d_log_probs), config.ptx_coef)});
        rlhf::token_log_probs_backward(batch, z, text.tokens, {.d_log_probs = rows(d_log_probs)}, z);
        model.backward(text.tokens.data(), text.sequences, text.steps, buffer.data(), nullptr);
    }

    [[nodiscard]] rlhf::logits_view<float> logits(int rows) {
        return {buffer.data(),
                {.sequences = rows, .steps = roll.steps, .vocab = model.vocab, .padded_vocab = model.padded_vocab}};
    }

    toy_model& model;
    const toy_rollout &roll, &text;
    configuration config;
    std::size_t n;
    std::vector<float> buffer = std::vector<float>(n * static_cast<std::size_t>(model.padded_vocab));
    std::vector<float> values = std::vector<float>(n), new_values = values, log_probs = values, old_log_probs = values,
                       ref_log_probs = values, entropy = values, advantage = values, returns = values,
                       d_log_probs = values, d_entropy = values, d_values = values;
    const rlhf::batch rollout{.sequences = roll.sequences,
                              .steps = roll.steps,
                              .predict_next = true,
                              .mask = roll.is_response,
                              .denominator = rlhf::counted_here};
};

/// The objective of the first minibatch as a function of the parameters, naively and in double.
struct objective {
    const toy_model &old, &reference;
    const toy_rollout &roll, &text;
    configuration config;
    std::vector<double> advantage = std::vector<double>(roll.tokens.size()), returns = advantage;

    objective(const toy_model& o, const toy_model& ref, const toy_rollout& r, const toy_rollout& t,
              const configuration& c)
        : old(o), reference(ref), roll(r), text(t), config(c) {
        double n = 0, sum = 0, squares = 0;
        for (int b = 0; b < roll.sequences; ++b) {
            double carry = 0, next = 0, score = roll.scores[static_cast<std::size_t>(b)];
            for (std::size_t i = begin(b + 1) - 1; i-- > begin(b);) {
                if (roll.is_response[i + 1] == 0) continue;
                const int x = roll.tokens[i], y = roll.tokens[i + 1];
                const double reward = score - 0.02 * (old.log_prob(x, y) - reference.log_prob(x, y)), v = value(old, x);
                carry = reward + next - v + 0.95 * carry, next = v, score = 0;
                advantage[i] = carry, returns[i] = carry + v;
                n += 1, sum += carry, squares += carry * carry;
            }
        }
        const double mean = sum / n, deviation = std::sqrt((squares - sum * sum / n) / (n - 1) + 1e-8);
        for (auto& a : advantage) a = (a - mean) / deviation;
    }

    double operator()(const toy_model& m) const {
        double policy = 0, value_loss = 0, entropy = 0, n = 0, ptx = 0, words = 0;
        for (int b = 0; b < roll.sequences / config.minibatches; ++b)
            for (std::size_t i = begin(b); i + 1 < begin(b + 1); ++i) {
                if (roll.is_response[i + 1] == 0) continue;
                const int x = roll.tokens[i], y = roll.tokens[i + 1];
                const double ratio = std::exp(m.log_prob(x, y) - old.log_prob(x, y)), error = value(m, x) - returns[i];
                policy += std::fmax(-ratio * advantage[i], -std::clamp(ratio, 0.8, 1.2) * advantage[i]);
                value_loss += 0.5 * error * error; // at the first gradient nothing is clipped
                for (int v = 0; v < m.vocab; ++v) entropy -= std::exp(m.log_prob(x, v)) * m.log_prob(x, v);
                n += 1;
            }
        for (int b = 0; b < text.sequences; ++b)
            for (std::size_t i = begin(b); i + 1 < begin(b + 1); ++i)
                ptx -= m.log_prob(text.tokens[i], text.tokens[i + 1]), words += 1;
        const double ppo = (policy + config.value_coef * value_loss - config.entropy_coef * entropy) / n;
        return ppo + config.ptx_coef * ptx / words;
    }

private:
    [[nodiscard]] std::size_t begin(int b) const { return static_cast<std::size_t>(b * roll.steps); }
    static double value(const toy_model& m, int token) { return m.values[static_cast<std::size_t>(token)]; }
};

/// The largest difference between a gradient and the objective's central differences by the same parameters.
double worst_difference(const objective& f, std::vector<float> toy_model::*parameters,
                        const std::vector<float>& gradient) {
    double worst = 0;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        toy_model up = f.old, down = f.old;
        float &high = (up.*parameters)[i], &low = (down.*parameters)[i];
        high += 1e-3f, low -= 1e-3f;
        const double step = static_cast<double>(high) - static_cast<double>(low);
        worst = std::fmax(worst, std::fabs((f(up) - f(down)) / step - static_cast<double>(gradient[i])));
    }
    return worst;
}

int main() {
    const int vocab = 7, padded_vocab = 8, steps = 12;
    const toy_rollout roll(4, steps, vocab, 5), text(3, steps, vocab, 9);
    const toy_model reference(vocab, padded_vocab, 1), old(vocab, padded_vocab, 2);
    const configuration config;
    const objective f(old, reference, roll, text, config);

    toy_model model = old;
    const report first = trainer(model, roll, text, config).step(reference, true);
    const double worst = std::fmax(worst_difference(f, &toy_model::table, model.d_table),
                                   worst_difference(f, &toy_model::values, model.d_values));
    std::printf("KL %.4f per sequence, policy %.4f, value %.4f, ptx %.4f; gradient off by %.1e\n",
                first.rewards.kl_per_sequence(), first.policy.loss(), first.value.loss(), first.ptx.loss(), worst);

    model = old;
    const report last = trainer(model, roll, text, config).step(reference, false);
    std::printf("after 8 updates ptx %.4f, max |log ratio| %.3f\n", last.ptx.loss(), last.policy.max_log_ratio());
    return worst < 5e-6 && last.ptx.loss() < first.ptx.loss() ? 0 : 1;
}
