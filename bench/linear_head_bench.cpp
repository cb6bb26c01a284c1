// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/recipe/linear_head.hpp>

#if __has_include(<Eigen/Core>)
#include <rlhf/with/eigen.hpp>

namespace linear_head_bench {

constexpr std::int64_t hidden_size = 512, chunk = 64;

/// Hidden states to the gradients of a PPO step with an entropy bonus. What bounds it are its three matrix products.
template <class E>
struct linear_head {
    static constexpr bench::traffic streams{.inputs = 0, .outputs = 0};
    static double bytes(const bench::logit_rows& r) {
        return static_cast<double>((r.rows + r.vocab) * hidden_size * 2) * sizeof(E);
    }
    bench::logit_rows at;
    std::size_t tokens = static_cast<std::size_t>(at.rows);
    std::span<const E> hidden = bench::numbers<E>(-1, 1, 1, tokens* hidden_size);
    std::span<const E> weights = bench::numbers<E>(-0.1, 0.1, 2, static_cast<std::size_t>(at.vocab* hidden_size));
    std::span<E> d_hidden = bench::room<E>(0, hidden.size()), d_weights = bench::room<E>(1, weights.size());
    std::span<E> workspace =
        bench::room<E>(2, static_cast<std::size_t>(rlhf::linear_head_workspace(chunk, at.vocab, hidden_size)));
    std::span<E> logits = bench::room<E>(3, at.size());
    std::vector<std::int32_t> targets = std::vector<std::int32_t>(tokens, 11);
    std::vector<float> old_log_probs = std::vector<float>(tokens, -10.F), advantages = std::vector<float>(tokens, 1.F);
    std::vector<float> log_probs = old_log_probs, entropy = old_log_probs, d_log_probs = old_log_probs,
                       d_entropy = old_log_probs;

    explicit linear_head(const bench::logit_rows& r) : at(r) {}

    template <class Arch>
    auto call() {
        const rlhf::batch batch{
            .steps = at.rows, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
        const rlhf::linear_head<E> head{.hidden = hidden,
                                        .weights = weights,
                                        .vocab = at.vocab,
                                        .hidden_size = hidden_size,
                                        .workspace = workspace,
                                        .product = rlhf::eigen_product};
        return rlhf::ppo_loss<float, Arch>(batch, head, targets,
                                           {.old_log_probs = old_log_probs,
                                            .advantages = advantages,
                                            .log_probs = log_probs,
                                            .entropy = entropy,
                                            .d_log_probs = d_log_probs,
                                            .d_entropy = d_entropy},
                                           {.hidden = d_hidden, .weights = d_weights}, {.entropy_coef = 0.01});
    }

    /// All logits by the same product, plain loops, all gradients by the same product.
    void plain() {
        const auto V = static_cast<std::size_t>(at.vocab);
        to_logits(0, at.rows, logits.data());
        for (std::size_t i = 0; i < tokens; ++i) {
            E* const z = logits.data() + i * V;
            const bench::plain_softmax<E> row(z, V);
            const auto target = static_cast<std::size_t>(targets[i]);
            const float ratio = std::exp(row.log_prob(z[target]) - old_log_probs[i]), n = static_cast<float>(tokens);
            const float g = ratio > 1.2F ? 0 : -ratio / n, h = -0.01F / n;
            for (std::size_t v = 0; v < V; ++v) {
                const float log_p = row.log_prob(z[v]), p = std::exp(log_p);
                z[v] = static_cast<E>(-g * p - h * p * (log_p + row.entropy));
            }
            z[target] += g;
        }
        to_gradients(0, at.rows, logits.data());
    }

    /// The products in the same chunks, and nothing else.
    void floor() {
        for (std::int64_t first = 0; first < at.rows; first += chunk) {
            const std::int64_t n = std::min(chunk, at.rows - first);
            to_logits(first, n, workspace.data()), to_gradients(first, n, workspace.data());
        }
    }

private:
    void to_logits(std::int64_t first, std::int64_t n, E* z) {
        rlhf::eigen_product(rlhf::product<E>{.rows = n,
                                             .cols = at.vocab,
                                             .inner = hidden_size,
                                             .a = {hidden.data() + first * hidden_size, hidden_size},
                                             .b = {weights.data(), hidden_size, true},
                                             .c = z,
                                             .c_stride = at.vocab});
    }
    void to_gradients(std::int64_t first, std::int64_t n, const E* z) {
        rlhf::eigen_product(rlhf::product<E>{.rows = at.vocab,
                                             .cols = hidden_size,
                                             .inner = n,
                                             .a = {z, at.vocab, true},
                                             .b = {hidden.data() + first * hidden_size, hidden_size},
                                             .c = d_weights.data(),
                                             .c_stride = hidden_size,
                                             .add = first > 0});
        rlhf::eigen_product(rlhf::product<E>{.rows = n,
                                             .cols = hidden_size,
                                             .inner = at.vocab,
                                             .a = {z, at.vocab},
                                             .b = {weights.data(), hidden_size},
                                             .c = d_hidden.data() + first * hidden_size,
                                             .c_stride = hidden_size});
    }
};

const bool registered = [] {
    using namespace bench;
    add<linear_head, float>("linear_head", logit_rows(128, 32000).called("H512"), {who::rlhf, who::plain, who::floor});
    return true;
}();

} // namespace linear_head_bench
#endif
