// SPDX-License-Identifier: MIT
// Losses as one would write them in torch's operations, on random data in double, and how they are compared.
#pragma once

#include <rlhf/core/batch.hpp>
#include <rlhf/formula/divergence.hpp>
#include <rlhf/with/torch.hpp>

#include <ATen/ATen.h>
#include <cstdio>
#include <string>
#include <vector>

namespace naive {

using at::Tensor;
using tensors = std::vector<Tensor>;
inline constexpr std::int64_t B = 4, T = 7, V = 11;

template <class... Size>
Tensor normal(Size... n) {
    return at::randn({n...}, at::kDouble);
}
template <class... Size>
Tensor positive(Size... n) {
    return at::rand({n...}, at::kDouble) + 0.5;
}
inline Tensor log_probs() { return -at::rand({B, T}, at::kDouble) - 0.1; }

/// Sequences of 7, 5, 4 and 2 tokens.
inline const Tensor bytes = at::arange(T).unsqueeze(0) < at::tensor({7, 5, 4, 2}).unsqueeze(1);
inline const Tensor mask = bytes.to(at::kDouble);

inline rlhf::batch tokens() { return {.sequences = B, .steps = T, .mask = bytes, .denominator = rlhf::counted_here}; }
/// The same with logits that predict the token of their own step.
inline rlhf::batch aligned() {
    rlhf::batch b = tokens();
    b.predict_next = false;
    return b;
}
inline rlhf::batch all(std::int64_t sequences, std::int64_t steps) {
    return {.sequences = sequences, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};
}

inline Tensor token_mean(const Tensor& l) { return (mask * l).sum() / mask.sum(); }
inline Tensor mean_of_sequence(const Tensor& l) { return (mask * l).sum(1, true) / mask.sum(1, true); }
inline Tensor sequence_mean(const Tensor& l) { return mean_of_sequence(l).mean(); }

inline Tensor clipped(const Tensor& ratio, const Tensor& a, double range) {
    return at::maximum(-ratio * a, -ratio.clamp(1 - range, 1 + range) * a);
}
inline Tensor value(const Tensor& v, const Tensor& old, const Tensor& target, double range) {
    return 0.5 * at::maximum((v - target).pow(2), (old + (v - old).clamp(-range, range) - target).pow(2));
}
inline Tensor at_targets(const Tensor& l, const Tensor& targets) {
    return l.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
}
inline Tensor entropy_of(const Tensor& l) { return -(l.exp() * l).sum(-1); }
inline Tensor cross_entropy(const Tensor& z, const Tensor& targets) {
    const Tensor l = z.log_softmax(-1);
    return -0.9 * at_targets(l, targets) - 0.1 * l.mean(-1) + 0.01 * z.logsumexp(-1).pow(2);
}
inline Tensor divergence(rlhf::divergence kind, const Tensor& p, const Tensor& q) {
    const auto kl = [](const Tensor& a, const Tensor& b) { return (a.exp() * (a - b)).sum(-1); };
    if (kind == rlhf::divergence::reverse_kl) return kl(p, q);
    if (kind == rlhf::divergence::forward_kl) return kl(q, p);
    const Tensor m = (0.5 * (p.exp() + q.exp())).log();
    return 0.5 * (kl(p, m) + kl(q, m));
}

struct kept {
    Tensor ids, offsets, outside;
};
/// For each token four ids that are kept, the target among them, and what is outside.
inline kept kept_sets(const Tensor& targets) {
    const Tensor four = (targets.unsqueeze(-1) + at::tensor({0, 2, 3, 7})) % V;
    const Tensor outside = at::ones({B, T, V}, at::kBool).scatter(-1, four, false);
    return {four.flatten(), at::arange(B * T + 1) * 4, outside};
}

inline bool good = true;

/// Runs both on copies of the learned tensors, and compares three times the losses and the gradients.
template <class Ours, class Theirs>
void compare(const std::string& name, const tensors& learned, const Ours& f, const Theirs& g,
             double tolerance = 1e-13) {
    const auto run = [&](const auto& loss_of, double& loss) {
        tensors x;
        for (const Tensor& each : learned) x.push_back(each.detach().clone().requires_grad_());
        const Tensor l = loss_of(x);
        loss = l.template item<double>();
        (3 * l).backward();
        for (Tensor& each : x) each = each.grad();
        return x;
    };
    double a = 0, b = 0, worst = 0;
    const tensors da = run(f, a), db = run(g, b);
    bool right = std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
    for (std::size_t i = 0; i < da.size(); ++i) {
        const Tensor wanted = db[i].to(at::kDouble), off = (da[i].to(at::kDouble) - wanted).abs().max();
        const double relative = (off / wanted.abs().max()).item<double>();
        right = right && relative <= tolerance; // not for NaN, which it is without a gradient
        worst = std::max(worst, relative);
    }
    std::printf("%-44s loss %12.9f off by %.1e, gradients by %.1e%s\n", name.c_str(), a, std::abs(a - b), worst,
                right ? "" : "   WRONG");
    good = good && right;
}

} // namespace naive
