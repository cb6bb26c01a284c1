// SPDX-License-Identifier: MIT
#include "../logits.hpp"

#include <torch/torch.h>

namespace torch_logits_bench {

using namespace bench;

/// The same logits as tensors: log p of the targets, and the entropy.
struct tensors {
    on_logits<float> own;
    at::Tensor z, targets;

    explicit tensors(const logit_rows& r)
        : own(r), z(torch::from_blob(const_cast<float*>(own.logits.data()), {r.rows, r.vocab})),
          targets(torch::from_blob(own.targets.data(), {r.rows}, at::kInt).to(at::kLong)) {
        at::set_num_threads(1);
    }
    [[nodiscard]] std::pair<at::Tensor, at::Tensor> forward() const {
        const auto log_p = at::log_softmax(z, 1);
        return {log_p.gather(1, targets.unsqueeze(1)).squeeze(1), -(log_p.exp() * log_p).sum(1)};
    }
};

void add_torch(const std::string& item, const logit_rows& r, double bytes, auto call) {
    measure(item + '/' + type_name<float>() + '/' + r.where + (r.how.empty() ? "" : "/" + r.how) + "/torch",
            static_cast<double>(r.size()), bytes, r.element,
            [=] { return [=, t = tensors(r)]() mutable { call(t); }; });
}

/// By autograd, after its own forward pass.
template <class Loss>
auto backward(Loss loss) {
    return [=](tensors& t) {
        t.z.requires_grad_(true), t.z.mutable_grad() = at::Tensor();
        loss(t).backward();
        benchmark::DoNotOptimize(t.z.grad());
    };
}

const bool registered = [] {
    const auto forward = [](tensors& t) {
        const at::NoGradGuard none;
        benchmark::DoNotOptimize(t.forward());
    };
    const auto both = backward([](const tensors& t) {
        const auto [log_probs, entropy] = t.forward();
        return -(log_probs * 0.5F).sum() - 0.01F * entropy.sum();
    });
    const auto cross_entropy = backward([](const tensors& t) { return at::cross_entropy_loss(t.z, t.targets); });
    for (const place p : {place::L3, place::DRAM}) {
        const std::int64_t V = p == place::DRAM ? 128256 : 32000;
        add_torch("token_log_probs", {p, V, 4}, 4, forward);
        add_torch("ppo_loss", {p, V, 8}, 8, both);
        add_torch("cross_entropy_loss", {p, V, 8}, 8, cross_entropy);
    }
    const logit_rows peers(256, 32000);
    add_torch("token_log_probs", peers, 4, forward);
    add_torch("token_log_probs", peers.called("with_backward"), 8, both);
    return true;
}();

} // namespace torch_logits_bench
