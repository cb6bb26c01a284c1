// SPDX-License-Identifier: MIT
// The last layer without storing its logits: from hidden states and weights to the PPO loss and the gradients of both.
// Only a few rows of logits at a time are in the caller's workspace. The result is compared with the same step over all
// logits.
//
//     linear_head [tokens hidden_size vocab rows]
#include <rlhf/recipe/linear_head.hpp>
#include <rlhf/with/eigen.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#if defined(RLHF_EXAMPLE_CBLAS)
#include <cblas.h>
#endif

namespace {

using floats = std::vector<float>;

#if defined(RLHF_EXAMPLE_CBLAS)
constexpr const char* multiplied_by = "CBLAS";
void multiply(const rlhf::product<float>& p) {
    const auto how = [](const auto& x) { return x.transposed ? CblasTrans : CblasNoTrans; };
    const auto n = [](std::int64_t i) { return static_cast<int>(i); };
    cblas_sgemm(CblasRowMajor, how(p.a), how(p.b), n(p.rows), n(p.cols), n(p.inner), p.factor, p.a.data, n(p.a.stride),
                p.b.data, n(p.b.stride), p.add ? 1.0F : 0.0F, p.c, n(p.c_stride));
}
#else
constexpr const char* multiplied_by = "Eigen";
void multiply(const rlhf::product<float>& p) { rlhf::eigen_product(p); }
#endif

floats normals(std::mt19937& random, std::int64_t n, float deviation) {
    std::normal_distribution<float> normal(0, deviation);
    floats x(static_cast<std::size_t>(n));
    for (float& e : x) e = normal(random);
    return x;
}

double largest_difference(const floats& a, const floats& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        largest = d > largest ? d : largest;
    }
    return largest;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int i, std::int64_t otherwise) { return argc > i ? std::atoll(argv[i]) : otherwise; };
    const std::int64_t N = argument(1, 96), H = argument(2, 64), V = argument(3, 5000), rows = argument(4, 32);
    std::mt19937 random(1);
    const floats hidden = normals(random, N * H, 1), weights = normals(random, V * H, 0.1F);
    const floats old_log_probs = normals(random, N, 0.1F), advantages = normals(random, N, 1);
    std::vector<std::int32_t> targets;
    for (std::int64_t i = 0; i < N; ++i) targets.push_back(static_cast<std::int32_t>(i * 7919 % V));
    floats log_probs(targets.size()), entropy(log_probs), d_log_probs(log_probs), d_entropy(log_probs);
    const rlhf::batch batch{.steps = N, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::ppo_loss_arrays<float> arrays{.old_log_probs = old_log_probs,
                                              .advantages = advantages,
                                              .log_probs = log_probs,
                                              .entropy = entropy,
                                              .d_log_probs = d_log_probs,
                                              .d_entropy = d_entropy};
    const rlhf::ppo_loss_options options{.entropy_coef = 0.01};
    const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
    floats d_hidden(hidden.size()), d_weights(weights.size());

    floats workspace(size(rlhf::linear_head_workspace(rows, V, H)));
    auto start = std::chrono::steady_clock::now();
    const auto r = rlhf::ppo_loss(batch,
                                  rlhf::linear_head<float>{.hidden = hidden,
                                                           .weights = weights,
                                                           .vocab = V,
                                                           .hidden_size = H,
                                                           .workspace = workspace,
                                                           .product = multiply},
                                  targets, arrays, {.hidden = d_hidden, .weights = d_weights}, options);
    std::printf("%lld tokens, hidden size %lld, vocabulary %lld, products by %s\n", static_cast<long long>(N),
                static_cast<long long>(H), static_cast<long long>(V), multiplied_by);
    std::printf("in chunks of %lld rows  %7.2f s  workspace %9.1f MiB  loss %.9f\n", static_cast<long long>(rows),
                seconds_since(start), static_cast<double>(workspace.size() * sizeof(float)) / (1 << 20), r.loss());
    if (argc > 5) return 0; // only this half, to look at its memory

    start = std::chrono::steady_clock::now();
    floats logits(size(N * V)), whole_d_hidden(hidden.size()), whole_d_weights(weights.size());
    multiply({.rows = N,
              .cols = V,
              .inner = H,
              .a = {hidden.data(), H},
              .b = {weights.data(), H, true},
              .c = logits.data(),
              .c_stride = V});
    const rlhf::logits_view<float> z(logits.data(), {.steps = N, .vocab = V});
    const auto s = rlhf::ppo_loss(batch, z, targets, arrays, z, options); // the gradient replaces the logits
    multiply({.rows = V,
              .cols = H,
              .inner = N,
              .a = {logits.data(), V, true},
              .b = {hidden.data(), H},
              .c = whole_d_weights.data(),
              .c_stride = H});
    multiply({.rows = N,
              .cols = H,
              .inner = V,
              .a = {logits.data(), V},
              .b = {weights.data(), H},
              .c = whole_d_hidden.data(),
              .c_stride = H});
    std::printf("all logits at once    %7.2f s  logits    %9.1f MiB  loss %.9f\n", seconds_since(start),
                static_cast<double>(logits.size() * sizeof(float)) / (1 << 20), s.loss());

    const double apart = largest_difference(d_hidden, whole_d_hidden),
                 more = largest_difference(d_weights, whole_d_weights);
    std::printf("gradients differ by at most %.1e (hidden), %.1e (weights)\n", apart, more);
    return std::fabs(r.loss() - s.loss()) < 1e-6 && apart < 1e-5 && more < 1e-5 ? 0 : 1;
}
