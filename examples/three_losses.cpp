// SPDX-License-Identifier: MIT

// One step on a batch whose tokens learn from three losses: policy gradient, cross-entropy and distillation. Each loss
// has its own mask and count, so that no loss dilutes another:
//
//     L = Σ rl / N_rl + Σ ce / N_ce + Σ ref_kl / N_kl
//
// PPO-ptx is the same with two losses, and so is PPO with the likelihood of right answers (VAPO, arXiv:2504.05118, eq.
// 10).

#include <rlhf/ppo.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace {

constexpr std::size_t B = 4, T = 6, N = B * T;
using numbers = std::vector<double>;
using bytes = std::vector<std::uint8_t>;

/// The data of a step. Sequences 0 and 1 are answers with advantages, and 0 is right. Sequence 2 is a demonstration,
/// and 3 is distilled from a teacher. The first two tokens of each are the prompt, and sequence 1 is one token shorter.
struct step {
    numbers log_probs = numbers(N), sampler = numbers(N), teacher = numbers(N), advantages = numbers(N);
    bytes rl = bytes(N), ce = bytes(N), kl = bytes(N), right = bytes(N);

    step() {
        for (std::size_t i = 0; i < N; ++i) {
            const std::size_t s = i / T, t = i % T;
            log_probs[i] = -0.4 - 0.1 * static_cast<double>(i % 7);
            sampler[i] = log_probs[i] + 0.05 * static_cast<double>(i % 3) - 0.04;
            teacher[i] = log_probs[i] - 0.3 + 0.2 * static_cast<double>(i % 4);
            advantages[i] = s == 0 ? 1 : s == 1 ? -0.5 : 0;
            const bool counts = t > 1 && !(s == 1 && t == 5);
            rl[i] = counts && s < 2, ce[i] = counts && s == 2, kl[i] = counts && s == 3, right[i] = counts && s == 0;
        }
    }
    /// The same sequences with another mask and the count of the whole step. If a step is cut into parts or sharded
    /// across ranks, each part has this denominator.
    static rlhf::batch batch(const bytes& mask) {
        rlhf::batch b{.sequences = B, .steps = T, .mask = mask, .denominator = rlhf::counted_here};
        b.denominator = rlhf::count(b);
        return b;
    }
};

/// The loss of rows first … last − 1, whose gradient is added to d. `likelihood` is the weight of right answers.
double loss(const step& x, std::size_t first, std::size_t last, double likelihood, numbers& d) {
    const auto cut = [&](auto& array, const rlhf::batch& b) { return rlhf::part(array, b, first, last - first); };
    const rlhf::batch rl = step::batch(x.rl), ce = step::batch(x.ce), kl = step::batch(x.kl),
                      right = step::batch(x.right);
    const rlhf::policy_loss_options drift{.kl_coef = 2e-3, .kl_estimator = rlhf::kl_estimator::k2}; // τ d², τ = 10⁻³

    // rl: DPPO against the sampler, with a squared log ratio.
    const auto policy = rlhf::policy_loss<double>(rl.part(first, last - first),
                                                  {.log_probs = cut(x.log_probs, rl),
                                                   .old_log_probs = cut(x.sampler, rl),
                                                   .ref_log_probs = cut(x.sampler, rl),
                                                   .advantages = cut(x.advantages, rl),
                                                   .d_log_probs = rlhf::add_to(cut(d, rl))},
                                                  rlhf::dppo_tv{.value = rlhf::dppo_value::ratio}, drift);
    // ce: the likelihood of the demonstration. Below it the likelihood of right answers, whose tokens also have the
    // loss rl.
    const auto text = rlhf::ptx_loss<double>(
        ce.part(first, last - first), {.log_probs = cut(x.log_probs, ce), .d_log_probs = rlhf::add_to(cut(d, ce))});
    const auto good = rlhf::ptx_loss<double>(
        right.part(first, last - first),
        {.log_probs = cut(x.log_probs, right), .d_log_probs = rlhf::add_to(cut(d, right), likelihood)});
    // ref_kl: the log ratio to the teacher as a constant advantage, or 0 where π fell by more than 0.2.
    numbers pull(N);
    for (std::size_t i = 0; i < N; ++i) pull[i] = x.kl[i] != 0 ? x.teacher[i] - x.log_probs[i] : 0;
    const auto distilled = rlhf::policy_loss<double>(
        kl.part(first, last - first),
        {.log_probs = cut(x.log_probs, kl),
         .old_log_probs = cut(x.sampler, kl),
         .ref_log_probs = cut(x.sampler, kl),
         .advantages = cut(pull, kl),
         .d_log_probs = rlhf::add_to(cut(d, kl))},
        rlhf::dppo_tv{.range = {0.2, rlhf::unlimited}, .value = rlhf::dppo_value::ratio}, drift);
    return policy.loss() + text.loss() + likelihood * good.loss() + distilled.loss();
}

} // namespace

int main() {
    const step x;
    numbers d(N), parts(N);
    const double whole = loss(x, 0, B, 0.1, d);
    double sum = 0;
    for (std::size_t s = 0; s < B; ++s) sum += loss(x, s, s + 1, 0.1, parts);
    std::printf("loss %.6f, in four parts %.6f, the gradients are %s\n", whole, sum,
                d == parts ? "equal" : "not equal");
    for (std::size_t i = 0; i < N; ++i) std::printf(i % T == T - 1 ? "%9.5f\n" : "%9.5f", d[i]);

    // By hand: each of the demonstration's four tokens has −1/4, each token of the wrong answer r/2 · 1/7 + 2 τ d / 7.
    const std::size_t i = T + 2;
    const double log_ratio = x.log_probs[i] - x.sampler[i];
    const double want = (0.5 * std::exp(log_ratio) + 2e-3 * log_ratio) / 7;
    const bool right = d[2 * T + 3] == -0.25 && d[T + 5] == 0 && std::fabs(d[i] - want) < 1e-12;
    return right && d == parts && std::fabs(whole - sum) < 1e-12 ? 0 : 1;
}
