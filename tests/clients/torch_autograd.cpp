// SPDX-License-Identifier: MIT
// A libtorch trainer: PPO with a critic as one node of autograd, on logits of any floating type, a bool mask and int64
// tokens. Checked: gradients against torch's own, and that a wrong dtype or shape is one sentence.
#include <rlhf/ppo.hpp>
#include <rlhf/with/torch.hpp>

#include <cstdio>
#include <cstring>
#include <torch/torch.h>

namespace {

using torch::Tensor;
constexpr std::int64_t sequences = 3, steps = 9, vocab = 11;

struct minibatch {
    Tensor tokens, response_mask, old_log_probs, advantages, old_values, returns;
    rlhf::counts step;
};

struct ppo_node : torch::autograd::Function<ppo_node> {
    static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& logits, const Tensor& values,
                          const minibatch& m, const rlhf::ppo_loss_options& options, rlhf::ppo_loss_result* result) {
        const rlhf::batch batch{.sequences = logits.size(0),
                                .steps = logits.size(1),
                                .predict_next = true,
                                .mask = m.response_mask,
                                .denominator = m.step};
        const Tensor d_logits = torch::empty_like(logits), d_values = torch::empty_like(values);
        const Tensor log_probs = torch::empty_like(values), d_log_probs = torch::empty_like(values);
        *result = rlhf::with_logits(
            [&](auto z, auto d) {
                return rlhf::ppo_loss(batch, z, m.tokens,
                                      {.old_log_probs = m.old_log_probs,
                                       .advantages = m.advantages,
                                       .values = values,
                                       .old_values = m.old_values,
                                       .returns = m.returns,
                                       .log_probs = log_probs,
                                       .d_log_probs = d_log_probs,
                                       .d_values = d_values},
                                      d, options);
            },
            logits, d_logits);
        context->save_for_backward({d_logits, d_values});
        return torch::tensor(result->loss());
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& upstream) {
        const auto saved = context->get_saved_variables();
        const auto times = [&](const Tensor& d) { return d * upstream[0].to(d.dtype()); };
        return {times(saved[0]), times(saved[1]), Tensor(), Tensor(), Tensor()};
    }
};

Tensor log_probs_of(const Tensor& logits, const Tensor& tokens) {
    const Tensor all = logits.to(torch::kFloat).log_softmax(-1).slice(1, 0, steps - 1);
    return all.gather(-1, tokens.slice(1, 1).unsqueeze(-1)).squeeze(-1);
}

minibatch random_minibatch(const Tensor& logits) {
    minibatch m;
    m.tokens = torch::randint(0, vocab, {sequences, steps}, torch::kLong);
    m.response_mask = torch::zeros({sequences, steps}, torch::kBool);
    for (std::int64_t b = 0; b < sequences; ++b) m.response_mask[b].slice(0, 2 + b, 6 + b).fill_(true);
    m.old_log_probs = torch::zeros({sequences, steps});
    m.old_log_probs.slice(1, 0, steps - 1)
        .copy_(log_probs_of(logits, m.tokens) + 0.3 * torch::randn({sequences, steps - 1}));
    m.advantages = torch::randn({sequences, steps + 1}).slice(1, 1); // rows with a stride
    m.old_values = torch::randn({sequences, steps});
    m.returns = torch::randn({sequences, steps});
    m.step = {.tokens = 24, .sequences = 6}; // this minibatch is half of a step
    return m;
}

/// The same loss in torch's operations: policy + ½ value.
Tensor in_torch(const Tensor& logits, const Tensor& values, const minibatch& m) {
    const auto now = [](const Tensor& x) { return x.slice(1, 0, steps - 1); };
    const Tensor mask = m.response_mask.slice(1, 1), a = now(m.advantages);
    const Tensor ratio = (log_probs_of(logits, m.tokens) - now(m.old_log_probs)).exp();
    const Tensor policy = torch::maximum(-a * ratio, -a * ratio.clamp(0.8, 1.2));
    const Tensor old = now(m.old_values), target = now(m.returns), v = now(values);
    const Tensor value = 0.5 * torch::maximum((v - target).pow(2), (old + (v - old).clamp(-0.2, 0.2) - target).pow(2));
    return (policy + 0.5 * value).masked_select(mask).sum() / m.step.tokens;
}

bool gradients_agree(torch::Dtype dtype, double tolerance) {
    const Tensor base = torch::randn({sequences, steps, vocab}).to(dtype);
    const minibatch m = random_minibatch(base);
    const rlhf::ppo_loss_options options{
        .policy = {.clip_range = 0.2}, .value = {.clip_range = 0.2}, .value_coef = 0.5};
    Tensor z = base.clone().requires_grad_(), v = torch::randn({sequences, steps}).requires_grad_();
    Tensor z_torch = base.clone().requires_grad_(), v_torch = v.detach().clone().requires_grad_();
    rlhf::ppo_loss_result result;
    (ppo_node::apply(z, v, m, options, &result) * 2).backward();
    const Tensor theirs = in_torch(z_torch, v_torch, m);
    (theirs * 2).backward();
    const auto worst = [](const Tensor& a, const Tensor& b) {
        return (a.grad().to(torch::kDouble) - b.grad().to(torch::kDouble)).abs().max().item<double>();
    };
    std::printf("%s: loss %.7f, torch %.7f; logits' gradient off by %.1e, values' by %.1e\n", torch::toString(dtype),
                result.loss(), theirs.item<double>(), worst(z, z_torch), worst(v, v_torch));
    return std::fabs(result.loss() - theirs.item<double>()) < 1e-6 && worst(z, z_torch) < tolerance &&
           worst(v, v_torch) < 1e-7;
}

template <class F>
bool refused(const char* sentence, const F& call) {
    const char* says = "nothing";
    try {
        call();
    } catch (const c10::Error& e) {
        says = e.what_without_backtrace();
        if (std::strstr(says, sentence) != nullptr) return true;
    } catch (const std::invalid_argument& e) {
        if (std::strcmp(e.what(), sentence) == 0) return true;
    }
    std::printf("says %s, not %s\n", says, sentence);
    return false;
}

} // namespace

int main() {
    torch::manual_seed(3);
    bool good = gradients_agree(torch::kFloat, 1e-7);
    good = gradients_agree(torch::kDouble, 1e-7) && good;
    good = gradients_agree(torch::kHalf, 2e-4) && good;
    good = gradients_agree(torch::kBFloat16, 1e-3) && good;

    const rlhf::batch batch{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto value_loss = [&](const Tensor& values) {
        rlhf::ppo_value_loss(batch, {.values = values, .returns = torch::zeros({2, 3})});
    };
    const bool errors =
        refused("rlhf: a tensor is BFloat16, expected the call's element type, Float unless it says <double>",
                [&] {
                    value_loss(torch::zeros({2, 3}, torch::kBFloat16));
                }) &&
        refused("rlhf::ppo_value_loss: values is [2, 4], expected [2, 3]",
                [&] {
                    value_loss(torch::zeros({2, 4}));
                }) &&
        refused("rlhf: a tensor's last stride is 2, expected 1; call .contiguous()", [&] {
            value_loss(torch::zeros({3, 2}).t());
        });
    return good && errors ? 0 : 1;
}
