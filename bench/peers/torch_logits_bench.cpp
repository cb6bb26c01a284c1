// SPDX-License-Identifier: MIT
#include "../logits.hpp"

#include <torch/torch.h>

namespace {

struct tensors {
    at::Tensor z, targets;

    explicit tensors(bench::logits<float>& s)
        : z(torch::from_blob(s.z.data(), {s.rows, s.vocab})),
          targets(torch::from_blob(s.targets.data(), {s.rows}, at::kInt).to(at::kLong)) {
        at::set_num_threads(1);
    }
    /// log p of the targets, and the entropy.
    [[nodiscard]] std::pair<at::Tensor, at::Tensor> forward() const {
        const auto log_p = at::log_softmax(z, 1);
        return {log_p.gather(1, targets.unsqueeze(1)).squeeze(1), -(log_p.exp() * log_p).sum(1)};
    }
};

void torch_log_probs(benchmark::State& state) {
    bench::logits<float> s(state);
    const tensors t(s);
    const at::NoGradGuard none;
    for (auto _ : state) benchmark::DoNotOptimize(t.forward());
    bench::count(state, s.size());
}

/// Forward and, by autograd, backward.
void torch_step(benchmark::State& state) {
    bench::logits<float> s(state);
    tensors t(s);
    t.z.requires_grad_(true);
    for (auto _ : state) {
        t.z.mutable_grad() = at::Tensor();
        const auto [log_probs, entropy] = t.forward();
        (-(log_probs * 0.5F).sum() - 0.01F * entropy.sum()).backward();
        benchmark::DoNotOptimize(t.z.grad());
    }
    bench::count(state, s.size());
}

/// The same without an entropy: torch's own fused loss.
void torch_cross_entropy(benchmark::State& state) {
    bench::logits<float> s(state);
    tensors t(s);
    t.z.requires_grad_(true);
    for (auto _ : state) {
        t.z.mutable_grad() = at::Tensor();
        at::cross_entropy_loss(t.z, t.targets).backward();
        benchmark::DoNotOptimize(t.z.grad());
    }
    bench::count(state, s.size());
}
BENCHMARK(torch_log_probs)->Apply(bench::logits_sizes);
BENCHMARK(torch_step)->Apply(bench::logits_sizes);
BENCHMARK(torch_cross_entropy)->Apply(bench::logits_sizes);

} // namespace
