// SPDX-License-Identifier: MIT
// The functions of with/torch/autograd.hpp where something is wrong, absent, or not wanted.
#include "naive.hpp"

#include <rlhf/compiled.hpp>
#include <rlhf/with/torch/autograd.hpp>

#include <cstdio>
#include <cstring>
#include <torch/csrc/autograd/autograd.h>

namespace ours = rlhf::torch;
using namespace naive;

namespace {

void check(const char* what, bool holds) {
    if (!holds) std::printf("does not hold: %s\n", what);
    good = good && holds;
}

template <class F>
void refused(const char* sentence, const F& call) {
    std::string says = "nothing";
    try {
        call();
    } catch (const c10::Error& e) { says = e.what_without_backtrace(); }
    if (says != sentence) std::printf("says   %s\nnot    %s\n", says.c_str(), sentence);
    good = good && says == sentence;
}

Tensor learned(const Tensor& t) { return t.detach().clone().requires_grad_(); }

/// Passes no gradient on.
struct dead_end : ::torch::autograd::Function<dead_end> {
    static Tensor forward(::torch::autograd::AutogradContext*, const Tensor& x) { return x * 1; }
    static tensors backward(::torch::autograd::AutogradContext*, const tensors&) { return {Tensor()}; }
};

void errors() {
    const Tensor lp = learned(log_probs()), old = log_probs(), a = normal(B, T), z = normal(B, T, V);
    const Tensor ids = at::zeros({B, T}, at::kLong);
    const auto ptx = [&](const Tensor& x) { return ours::ptx_loss(tokens(), x); };
    refused("rlhf: a tensor is on meta, expected cpu", [&] { ptx(lp.to(at::kMeta)); });
    refused("rlhf: logits are on meta, expected cpu",
            [&] { ours::cross_entropy_loss(aligned(), z.to(at::kMeta), ids); });
    refused("rlhf::ptx_loss: a tensor is BFloat16, expected Float or Double", [&] { ptx(lp.to(at::kBFloat16)); });
    refused("rlhf: logits are Int, expected Float, Double, BFloat16 or Half",
            [&] { ours::token_log_probs(aligned(), z.to(at::kInt), ids); });
    refused("rlhf: logits are missing", [&] { ours::token_log_probs(aligned(), Tensor(), ids); });
    refused("rlhf: a tensor is Float, expected the call's element type, Double", [&] {
        ours::ppo_policy_loss(tokens(), {.log_probs = lp, .old_log_probs = old.to(at::kFloat), .advantages = a});
    });
    refused("rlhf: a tensor is Double, expected Int or Long", [&] { ours::token_log_probs(aligned(), z, a); });
    refused("rlhf: a tensor's last stride is 4, expected 1; call .contiguous()", [&] { ptx(normal(T, B).t()); });
    refused("rlhf: the last stride of logits is 4, expected 1; call .contiguous()", [&] {
        ours::cross_entropy_loss(aligned(), normal(T, V, B).permute({2, 0, 1}), ids);
    });
    refused("rlhf::ptx_loss: log_probs is [4, 6], expected [4, 7]", [&] { ptx(normal(B, T - 1)); });
    refused("rlhf::ptx_loss: log_probs is missing", [&] { ptx({}); });
    refused("rlhf::sequence_log_probs: log_probs is missing", [&] { ours::sequence_log_probs(tokens(), {}); });
    refused("rlhf::ppo_policy_loss: advantages is missing",
            [&] { ours::ppo_policy_loss(tokens(), {.log_probs = lp, .old_log_probs = old, .advantages = {}}); });
    refused("rlhf::ppo_policy_loss: clip_range.low is 2, expected [0, 1]", [&] {
        ours::ppo_policy_loss(tokens(), {.log_probs = lp, .old_log_probs = old, .advantages = a}, {.clip_range = 2});
    });
    refused("rlhf::ppo_loss: a linear head needs hidden [B, T, H] or [tokens, H], and weights [V, H]", [&] {
        ours::ppo_loss(aligned(), {z, {}}, ids, {.old_log_probs = old, .advantages = a});
    });
    refused("rlhf::sequence_log_probs: batch is [-1, 3], expected sizes of at least 0", [&] {
        ours::sequence_log_probs({.sequences = -1, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                 {lp});
    });
    refused("rlhf: logits and their gradient differ in dtype",
            [&] { rlhf::with_logits([](auto...) {}, z, z.to(at::kFloat)); });
    const auto at_ids = [&](const Tensor& t) { return ours::token_log_probs(aligned(), z, t).log_probs; };
    check("tokens are Int or Long", at::equal(at_ids(ids), at_ids(ids.to(at::kInt))));
    check("no gradient is left behind", !lp.grad().defined());
}

void gradients_once() {
    const Tensor lp = learned(log_probs());
    const auto loss = [&] { return ours::ptx_loss(tokens(), lp).loss; };
    const auto d = ::torch::autograd::grad({loss()}, {lp}, {}, true, true)[0];
    check("the first derivative may be asked for with create_graph", d.sum().item<double>() < 0);
    refused("rlhf::torch::ptx_loss has no second derivative: its gradient is a constant",
            [&] { (d.sum() + lp.pow(2).sum()).backward(); });

    const Tensor kept = loss();
    kept.backward({}, true);
    const Tensor first = lp.grad().clone();
    (void)lp.mutable_grad().mul_(2); // is no memory of the graph's
    kept.backward({}, true);
    check("a graph that is retained gives its gradient again", at::equal(lp.grad(), 3 * first));
}

void what_is_not_wanted() {
    const Tensor lp = log_probs(), z = normal(B, T, V), ids = at::zeros({B, T}, at::kLong), a = normal(B, T);
    const auto loss = [&](const Tensor& x) { return ours::ptx_loss(tokens(), x).loss; };
    const Tensor with = loss(learned(lp)), without = loss(lp);
    check("without requires_grad there is the value alone", !without.requires_grad() && at::equal(with, without));
    {
        const at::NoGradGuard off;
        check("nor is there more with gradients off", !loss(learned(lp)).requires_grad());
        check("nor of logits", !ours::token_log_probs(aligned(), learned(z), ids).log_probs.requires_grad());
    }
    // Of two inputs, one learns.
    const Tensor c = learned(normal(5)), j = normal(5);
    ours::bradley_terry_loss(all(1, 5), {c, j}).loss.backward();
    check("the other input gets none", c.grad().defined() && !j.grad().defined());
    const Tensor v = learned(a);
    const ours::ppo_loss_tensors x{.old_log_probs = lp, .advantages = a, .values = v, .returns = lp};
    ours::ppo_loss(aligned(), z, ids, x).loss.backward();
    check("a critic learns beside a policy that does not", v.grad().abs().sum().item<double>() > 0);
    const Tensor y = learned(z);
    ours::ppo_loss(aligned(), y, ids, {.old_log_probs = lp, .advantages = a}).loss.backward();
    const Tensor dead = learned(lp), alive = learned(lp);
    (dead_end::apply(loss(dead)) + loss(alive)).backward();
    check("no slope is no gradient", !dead.grad().defined() && alive.grad().defined());
    check("there need be no critic", y.grad().abs().sum().item<double>() > 0);
    check("a loss that no token counts in is 0",
          ours::ptx_loss({.steps = 0, .mask = rlhf::all, .denominator = rlhf::counted_here}, learned(at::zeros({0})))
                  .loss.item<double>() == 0);
}

/// A backward pass comes when the mask of the batch may be gone, and its logits may be changed.
void lifetimes() {
    const Tensor z = learned(normal(B, T, V)), ids = at::randint(V, {B, T}, at::kLong);
    const auto gradient = [&](bool destroy, bool packed) {
        Tensor own = bytes.clone(), offsets = at::tensor({0, 7, 14, 21, 28});
        const Tensor logits = packed ? z.flatten(0, 1) : z, targets = packed ? ids.flatten() : ids;
        if (packed) own = own.flatten();
        const rlhf::batch whole{
            .sequences = B, .steps = T, .predict_next = true, .mask = own, .denominator = rlhf::counted_here};
        const rlhf::batch runs{
            .offsets = offsets, .predict_next = true, .mask = own, .denominator = rlhf::counted_here};
        const auto p = ours::token_log_probs(packed ? runs : whole, logits, targets, {.entropy = true});
        const auto s = ours::sequence_log_probs(packed ? runs : whole, {p.log_probs});
        if (destroy) own.zero_(), offsets.zero_();
        return ::torch::autograd::grad({s.sums.sum() + p.entropy.sum()}, {z})[0];
    };
    const Tensor rows = gradient(false, false);
    check("a batch may be gone in the backward pass", at::equal(rows, gradient(true, false)));
    check("packed, too", at::equal(rows, gradient(true, true)));
    const Tensor inner = z * 1, late = ours::token_log_probs(aligned(), inner, ids).log_probs;
    inner.mul_(2);
    bool noticed = false;
    try {
        late.sum().backward();
    } catch (const c10::Error& e) { noticed = std::strstr(e.what(), "modified by an inplace operation") != nullptr; }
    check("logits that were changed in between are noticed", noticed);
}

/// Views of tensors: [B, 1] and what expand() makes of it, rows with a stride.
void shapes() {
    const Tensor old = log_probs(), a = normal(B, 1), lp = log_probs();
    const auto gradient = [&](const Tensor& advantages, const Tensor& x) {
        const Tensor y = x.requires_grad() ? x : learned(x);
        const auto l =
            ours::ppo_policy_loss(tokens(), {.log_probs = y, .old_log_probs = old, .advantages = advantages});
        return ::torch::autograd::grad({l.loss}, {y})[0];
    };
    const Tensor wanted = gradient(a.expand({B, T}).contiguous(), lp);
    check("[B, 1] is one per sequence", at::equal(wanted, gradient(a, lp)));
    check("so is what expand() makes of it", at::equal(wanted, gradient(a.expand({B, T}), lp)));
    const Tensor strided = at::zeros({B, T + 3}, at::kDouble).slice(1, 0, T).copy_(lp).requires_grad_();
    check("rows may have a stride", at::equal(wanted, gradient(a, strided)));

    // [T, B] of one sequence has a single column, too.
    const rlhf::batch steps{.sequences = 1,
                            .steps = T,
                            .layout = rlhf::layout::time_first,
                            .mask = rlhf::all,
                            .denominator = rlhf::counted_here};
    const Tensor x = learned(log_probs().slice(0, 0, 1).t().contiguous()), each = normal(T, 1);
    ours::ppo_policy_loss(steps, {.log_probs = x, .old_log_probs = x.detach(), .advantages = each}).loss.backward();
    check("a column of steps is not one of sequences", at::allclose(x.grad(), -each / T));
}

void threads() {
    const Tensor x = learned(-at::rand({64, 4096})), old = -at::rand({64, 4096}), a = at::randn({64, 1});
    const auto on = [&](int count) {
        at::set_num_threads(count);
        const Tensor loss =
            ours::ppo_policy_loss(all(64, 4096), {.log_probs = x, .old_log_probs = old, .advantages = a}).loss;
        return std::pair(loss.detach(), ::torch::autograd::grad({loss}, {x})[0]);
    };
    const auto [loss, d] = on(1);
    const auto [loss_of_four, d_of_four] = on(4);
    check("threads do not change a bit", at::equal(loss, loss_of_four) && at::equal(d, d_of_four));
}

} // namespace

int main() {
    at::manual_seed(5);
    errors(), gradients_once(), what_is_not_wanted(), lifetimes(), shapes(), threads();
    if (good) std::printf("errors, modes, lifetimes, shapes and threads are as documented\n");
    return good ? 0 : 1;
}
