// SPDX-License-Identifier: MIT
// A trainer of packed sequences: int32 offsets, turns of a tool between turns of the policy, micro-batches of a token
// budget, one denominator for the step, and a thread pool that runs pieces in any order. Checked: the weights' gradient
// and the loss do not depend on the budget, and would if each micro-batch counted itself.
#include "toy_model.hpp"

#include <rlhf/ppo.hpp>

#include <array>
#include <cstdio>

namespace {

struct packed_rollout {
    std::vector<std::int32_t> offsets{0};
    std::vector<int> tokens;
    std::vector<std::uint8_t> trainable; ///< written by the policy: neither a prompt's nor a tool's
    std::vector<float> scores, values, old_log_probs, ref_log_probs, advantages, returns;

    [[nodiscard]] rlhf::batch batch() const {
        return {.offsets = offsets, .predict_next = true, .mask = trainable, .denominator = rlhf::counted_here};
    }
};

/// The gradient of one optimiser step in micro-batches of at most `budget` tokens, added up in the model.
rlhf::ppo_loss_result accumulate(toy_model& model, packed_rollout& p, int budget, bool count_first,
                                 const rlhf::executor& pool) {
    rlhf::batch whole = p.batch();
    rlhf::ppo_advantages(whole,
                         {.log_probs = p.old_log_probs,
                          .ref_log_probs = p.ref_log_probs,
                          .values = p.values,
                          .scores = p.scores,
                          .advantages = p.advantages,
                          .returns = p.returns},
                         {.rewards = {.kl_coef = 0.02}, .gae = {.gaps = rlhf::gaps::skip}}, pool);
    if (count_first) whole.denominator = rlhf::count(whole); // over ranks: the sum of their counts

    const std::size_t all_tokens = p.tokens.size();
    std::vector<float> buffer(all_tokens * static_cast<std::size_t>(model.padded_vocab));
    std::vector<float> new_values(all_tokens), d_values(all_tokens), log_probs(all_tokens), d_log_probs(all_tokens);
    rlhf::ppo_loss_result total;
    for (std::int64_t first = 0, n = 0; first < whole.size(); first += n) {
        n = 1;
        while (first + n < whole.size() && whole.begin(first + n + 1) - whole.begin(first) <= budget) ++n;
        const rlhf::batch micro = whole.part(first, n);
        const auto part = [&](auto& array) { return rlhf::part(array, whole, first, n); };
        const int tokens = static_cast<int>(micro.tokens());
        const rlhf::logits_view z(buffer.data(),
                                  {.steps = tokens, .vocab = model.vocab, .padded_vocab = model.padded_vocab});
        model.forward(part(p.tokens).data(), 1, tokens, buffer.data(), part(new_values).data());
        total += rlhf::ppo_loss(micro, z, part(p.tokens),
                                {.old_log_probs = part(p.old_log_probs),
                                 .advantages = part(p.advantages),
                                 .values = part(new_values),
                                 .old_values = part(p.values),
                                 .returns = part(p.returns),
                                 .log_probs = part(log_probs),
                                 .d_log_probs = part(d_log_probs),
                                 .d_values = part(d_values)},
                                z, {.policy = {.clip_range = {0.2, 0.28}}, .value_coef = 0.5}, pool);
        model.backward(part(p.tokens).data(), 1, tokens, buffer.data(), part(d_values).data());
    }
    return total;
}

packed_rollout roll_out(const toy_model& old) {
    packed_rollout p;
    std::mt19937 random(4);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    for (int s = 0; s < 7; ++s) {
        // a prompt, an answer, a tool's output, an answer
        const std::array<int, 4> turns{2 + below(3), 1 + below(4), 1 + below(3), 1 + below(4)};
        for (std::size_t k = 0; k < turns.size(); ++k)
            for (int i = 0; i < turns[k]; ++i) p.tokens.push_back(below(old.vocab)), p.trainable.push_back(k % 2);
        p.offsets.push_back(static_cast<std::int32_t>(p.tokens.size()));
        p.scores.push_back(static_cast<float>(below(100) - 50) / 25);
    }
    const std::size_t n = p.tokens.size();
    p.values.resize(n), p.old_log_probs.resize(n), p.advantages.resize(n), p.returns.resize(n);
    std::vector<float> buffer(n * static_cast<std::size_t>(old.padded_vocab));
    old.forward(p.tokens.data(), 1, static_cast<int>(n), buffer.data(), p.values.data());
    rlhf::token_log_probs(p.batch(), rlhf::logits_view(buffer.data(), {.steps = n, .vocab = old.vocab}), p.tokens,
                          {.log_probs = p.old_log_probs});
    p.ref_log_probs = p.old_log_probs;
    return p;
}

double worst_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) worst = std::fmax(worst, std::fabs(static_cast<double>(a[i] - b[i])));
    return worst;
}

} // namespace

int main() {
    constexpr int vocab = 9, undivided = 1000;
    toy_model model(vocab, vocab, 2);
    packed_rollout p = roll_out(toy_model(vocab, vocab, 3));
    const auto pool = [](std::size_t n, rlhf::task body) {
        for (std::size_t i = n; i-- > 0;) body(i);
    };
    const auto gradient = [&](int budget, bool count_first, double& loss) {
        model.zero_grad();
        loss = accumulate(model, p, budget, count_first, pool).loss();
        std::printf("budget %4d: loss %.17g\n", budget, loss);
        return model.d_table;
    };
    double loss = 0, other = 0;
    bool good = true;
    const auto once = gradient(undivided, true, loss);
    for (const int budget : {20, 1}) {
        good = worst_difference(gradient(budget, true, other), once) == 0 && good;
        good = other == loss && good;
    }
    const double wrong = worst_difference(gradient(20, false, other), once);
    std::printf("with each micro-batch counting itself the gradient is off by %.2f of at most %.2f\n", wrong,
                worst_difference(once, std::vector<float>(once.size())));
    return good && wrong > 0.1 ? 0 : 1;
}
