// SPDX-License-Identifier: MIT
// The step of a_llmc through the two conveniences, ppo_advantages for the rollout and ppo_loss for a minibatch, and
// through cross_entropy_loss for the text. Checked: ppo_loss and its parts give the same bits; cross_entropy_loss keeps
// in double what its parts round to float on the way, so there the gradients agree to a few roundings.
#include "toy_model.hpp"

#include <rlhf/ppo.hpp>

#include <cstdio>

namespace {

constexpr int sequences = 4, rows = 2, steps = 12, texts = 3, vocab = 7, padded_vocab = 8;
constexpr double ptx_coef = 27.8;
const rlhf::ppo_loss_options options{
    .policy = {.clip_range = 0.2}, .value = {.clip_range = 0.2}, .value_coef = 0.1, .entropy_coef = 0.01};

const toy_rollout roll(sequences, steps, vocab, 5), text(texts, steps, vocab, 9);
const rlhf::batch rollout{.sequences = sequences,
                          .steps = steps,
                          .predict_next = true,
                          .mask = roll.is_response,
                          .denominator = rlhf::counted_here};
const rlhf::batch text_batch{
    .sequences = texts, .steps = steps, .predict_next = true, .mask = rlhf::all, .denominator = rlhf::counted_here};

std::vector<float> buffer(sequences* steps* padded_vocab);

rlhf::logits_view<float> logits(int n) {
    return {buffer.data(), {.sequences = n, .steps = steps, .vocab = vocab, .padded_vocab = padded_vocab}};
}

struct tokens {
    std::vector<float> old_log_probs = std::vector<float>(sequences * steps), values = old_log_probs,
                       advantages = old_log_probs, returns = old_log_probs, new_values = old_log_probs,
                       log_probs = old_log_probs, entropy = old_log_probs, d_log_probs = old_log_probs,
                       d_entropy = old_log_probs, d_values = old_log_probs;
};

tokens rolled_out(const toy_model& model, const toy_model& reference) {
    tokens x;
    std::vector<float> ref_log_probs(sequences * steps);
    reference.forward(roll.tokens.data(), sequences, steps, buffer.data(), nullptr);
    rlhf::token_log_probs(rollout, logits(sequences), roll.tokens, {.log_probs = ref_log_probs}, options.head);
    model.forward(roll.tokens.data(), sequences, steps, buffer.data(), x.values.data());
    rlhf::token_log_probs(rollout, logits(sequences), roll.tokens, {.log_probs = x.old_log_probs}, options.head);
    rlhf::ppo_advantages(rollout, {.log_probs = x.old_log_probs,
                                   .ref_log_probs = ref_log_probs,
                                   .values = x.values,
                                   .scores = roll.scores,
                                   .advantages = x.advantages,
                                   .returns = x.returns});
    return x;
}

rlhf::ppo_loss_result ppo_by_convenience(toy_model& model, tokens x) {
    const auto part = [&](auto& array) { return rlhf::part(array, rollout, 0, rows); };
    model.forward(roll.tokens.data(), rows, steps, buffer.data(), x.new_values.data());
    const auto r = rlhf::ppo_loss(rollout.part(0, rows), logits(rows), part(roll.tokens),
                                  {.old_log_probs = part(x.old_log_probs),
                                   .advantages = part(x.advantages),
                                   .values = part(x.new_values),
                                   .old_values = part(x.values),
                                   .returns = part(x.returns),
                                   .log_probs = part(x.log_probs),
                                   .entropy = part(x.entropy),
                                   .d_log_probs = part(x.d_log_probs),
                                   .d_entropy = part(x.d_entropy),
                                   .d_values = part(x.d_values)},
                                  logits(rows), options);
    model.backward(roll.tokens.data(), rows, steps, buffer.data(), x.d_values.data());
    return r;
}

rlhf::ppo_loss_result ppo_by_parts(toy_model& model, tokens x) {
    const auto part = [&](auto& array) { return rlhf::part(array, rollout, 0, rows); };
    const rlhf::batch mini = rollout.part(0, rows);
    const auto ids = part(roll.tokens);
    rlhf::ppo_loss_result r;
    r.value_coef = options.value_coef, r.entropy_coef = options.entropy_coef;
    model.forward(roll.tokens.data(), rows, steps, buffer.data(), x.new_values.data());
    rlhf::token_log_probs(mini, logits(rows), ids, {.log_probs = part(x.log_probs), .entropy = part(x.entropy)});
    r.policy = rlhf::ppo_policy_loss(mini,
                                     {.log_probs = part(x.log_probs),
                                      .old_log_probs = part(x.old_log_probs),
                                      .advantages = part(x.advantages),
                                      .d_log_probs = part(x.d_log_probs)},
                                     options.policy);
    r.value = rlhf::ppo_value_loss(mini,
                                   {.values = part(x.new_values),
                                    .old_values = part(x.values),
                                    .returns = part(x.returns),
                                    .d_values = rlhf::write_to(part(x.d_values), options.value_coef)},
                                   options.value);
    r.entropy = rlhf::masked_mean(
        mini, {.values = part(x.entropy), .d_values = rlhf::write_to(part(x.d_entropy), -options.entropy_coef)});
    rlhf::token_log_probs_backward(mini, logits(rows), ids,
                                   {.d_log_probs = part(x.d_log_probs), .d_entropy = part(x.d_entropy)}, logits(rows));
    model.backward(roll.tokens.data(), rows, steps, buffer.data(), x.d_values.data());
    return r;
}

double ptx_by_convenience(toy_model& model) {
    model.forward(text.tokens.data(), texts, steps, buffer.data(), nullptr);
    const auto z = logits(texts);
    const auto r = rlhf::cross_entropy_loss(text_batch, z, text.tokens, rlhf::write_to(z, ptx_coef));
    model.backward(text.tokens.data(), texts, steps, buffer.data(), nullptr);
    return r.loss();
}

double ptx_by_parts(toy_model& model) {
    std::vector<float> log_probs(texts * steps), d_log_probs(texts * steps);
    const auto z = logits(texts);
    model.forward(text.tokens.data(), texts, steps, buffer.data(), nullptr);
    rlhf::token_log_probs(text_batch, z, text.tokens, {.log_probs = log_probs});
    const auto r =
        rlhf::ptx_loss(text_batch, {.log_probs = log_probs, .d_log_probs = rlhf::write_to(d_log_probs, ptx_coef)});
    rlhf::token_log_probs_backward(text_batch, z, text.tokens, {.d_log_probs = d_log_probs}, z);
    model.backward(text.tokens.data(), texts, steps, buffer.data(), nullptr);
    return r.loss();
}

} // namespace

int main() {
    const toy_model reference(vocab, padded_vocab, 1), start(vocab, padded_vocab, 2);
    const tokens x = rolled_out(start, reference);
    toy_model a = start, b = start;
    const auto ppo = ppo_by_convenience(a, x), parts = ppo_by_parts(b, x);
    const bool same = a.d_table == b.d_table && a.d_values == b.d_values && ppo.loss() == parts.loss();

    const double ptx = ptx_by_convenience(a), ptx_parts = ptx_by_parts(b);
    double worst = 0;
    for (std::size_t i = 0; i < a.d_table.size(); ++i)
        worst = std::fmax(worst, std::fabs(static_cast<double>(a.d_table[i] - b.d_table[i])));
    std::printf("policy %.4f, value %.4f, ptx %.4f, all %.4f; %s, with ptx the gradients differ by %.1e\n",
                ppo.policy.loss(), ppo.value.loss(), ptx, ppo.loss() + ptx_coef * ptx,
                same ? "same bits" : "other bits", worst);
    return same && std::fabs(ptx - ptx_parts) < 1e-6 && worst < 5e-6 ? 0 : 1;
}
