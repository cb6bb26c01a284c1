// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/recipe/linear_head.hpp>
#include <rlhf/recipe/ppo_loss.hpp>
#include <rlhf/with/torch/logits.hpp>

#include <ATen/ops/from_blob.h>

/// ppo_loss, and functions of a linear head instead of logits, as nodes of autograd: see with/torch/node.hpp.
namespace RLHF_NAMESPACE {

/// A matrix_product by torch.
inline constexpr auto torch_product = []<class E>(const product<E>& p) {
    const auto stored = [](const typename product<E>::matrix& x, std::int64_t rows, std::int64_t cols) {
        const at::Tensor t =
            at::from_blob(const_cast<E*>(x.data), {x.transposed ? cols : rows, x.transposed ? rows : cols},
                          {x.stride, 1}, at::dtype<E>());
        return x.transposed ? t.t() : t;
    };
    at::Tensor c = at::from_blob(p.c, {p.rows, p.cols}, {p.c_stride, 1}, at::dtype<E>());
    c.addmm_(stored(p.a, p.rows, p.inner), stored(p.b, p.inner, p.cols), p.add ? 1 : 0, p.factor);
};

namespace torch {
/// The tensors of ppo_loss_arrays, without the buffers. advantages and weights may be [B, 1].
struct ppo_loss_tensors {
    at::Tensor old_log_probs;
    at::Tensor ref_log_probs = {}, behavior_log_probs = {};
    at::Tensor advantages;
    at::Tensor weights = {};
    at::Tensor values = {}, old_values = {}, returns = {}, value_weights = {};
};

/// The last layer of a language model: logits are hidden · weightsᵀ. It has no bias.
struct linear_head_tensors {
    at::Tensor hidden;  ///< [B, T, H] or [tokens, H]
    at::Tensor weights; ///< [V, H]
};
} // namespace torch

namespace detail {
/// The arrays of ppo_loss, with buffers for its intermediate results.
template <class T>
struct ppo_buffers {
    at::Tensor log_probs, d_log_probs, entropy, d_entropy;

    ppo_buffers(at::IntArrayRef shape, bool bonus) {
        const auto buffer = [&] { return at::empty(shape, at::dtype<T>()); };
        log_probs = buffer(), d_log_probs = buffer();
        if (bonus) entropy = buffer(), d_entropy = buffer();
    }
    [[nodiscard]] ppo_loss_arrays<T> with(const batch& b, const torch::ppo_loss_tensors& x,
                                          const at::Tensor& d_values) const {
        return {.old_log_probs = x.old_log_probs,
                .ref_log_probs = x.ref_log_probs,
                .behavior_log_probs = x.behavior_log_probs,
                .advantages = or_per_sequence<T>(b, x.advantages),
                .weights = or_per_sequence<T>(b, x.weights),
                .values = x.values,
                .old_values = x.old_values,
                .returns = x.returns,
                .value_weights = or_per_sequence<T>(b, x.value_weights),
                .log_probs = log_probs,
                .entropy = entropy,
                .d_log_probs = d_log_probs,
                .d_entropy = d_entropy,
                .d_values = d_values};
    }
};

/// Hidden states as [tokens, H].
[[nodiscard]] inline at::Tensor rows_of(const at::Tensor& hidden) {
    return hidden.defined() && hidden.dim() == 3 ? hidden.flatten(0, 1) : hidden;
}

/// Calls f(linear_head<E>, linear_head_gradient<E>) with a workspace for up to 512 rows of logits.
template <class F>
auto with_head(const char* function, const torch::linear_head_tensors& x, const at::Tensor& d_hidden,
               const at::Tensor& d_weights, F&& f) {
    return with_element_type(function, x.hidden, [&]<class E>(std::type_identity<E>) {
        const at::Tensor hidden = rows_of(x.hidden), d = rows_of(d_hidden);
        TORCH_CHECK(hidden.defined() && hidden.dim() == 2 && x.weights.defined() && x.weights.dim() == 2,
                    "rlhf::", function, ": a linear head needs hidden [B, T, H] or [tokens, H], and weights [V, H]");
        const std::int64_t vocab = x.weights.size(0), size = x.weights.size(1),
                           rows = (std::min)(hidden.size(0) + 1, std::int64_t(512));
        const at::Tensor workspace = numbers<E>(linear_head_workspace(rows, vocab, size));
        const linear_head<E> head{.hidden = hidden,
                                  .weights = x.weights,
                                  .vocab = vocab,
                                  .hidden_size = size,
                                  .workspace = workspace,
                                  .product = torch_product};
        return f(head, linear_head_gradient<E>{.hidden = d, .weights = d_weights});
    });
}
} // namespace detail

namespace torch {
/// rlhf::ppo_loss with the gradients of logits and values.
inline loss_of<ppo_loss_result> ppo_loss(const batch& b, const at::Tensor& logits, const at::Tensor& targets,
                                         const ppo_loss_tensors& x, const ppo_loss_options& o = {}) {
    return detail::record_loss("ppo_loss", {logits, x.values}, [&](const detail::tensors& d) {
        // The function always writes the gradient of the logits.
        const at::Tensor d_logits =
            d[0].defined() || !logits.defined() ? d[0] : at::empty_like(logits, at::MemoryFormat::Contiguous);
        return detail::with_logits_of_type(
            [&]<class T>(auto z, auto dz) {
                const detail::ppo_buffers<T> buffers(detail::row_sizes(logits), o.entropy_coef != 0);
                return rlhf::ppo_loss<T>(b, z, targets, buffers.with(b, x, d[1]), dz, o, detail::torch_threads);
            },
            logits, d_logits);
    });
}

/// The same with the gradients of hidden states, weights and values; the logits are never stored.
inline loss_of<ppo_loss_result> ppo_loss(const batch& b, const linear_head_tensors& head, const at::Tensor& targets,
                                         const ppo_loss_tensors& x, const ppo_loss_options& o = {}) {
    return detail::record_loss("ppo_loss", {head.hidden, head.weights, x.values}, [&](const detail::tensors& d) {
        return detail::with_head("ppo_loss", head, d[0], d[1], [&]<class T>(const linear_head<T>& h, const auto& dh) {
            const detail::ppo_buffers<T> buffers(detail::row_sizes(head.hidden), o.entropy_coef != 0);
            return rlhf::ppo_loss<T>(b, h, targets, buffers.with(b, x, d[2]), dh, o, detail::torch_threads);
        });
    });
}

/// cross_entropy_loss with the gradients of hidden states and weights; the logits are never stored.
inline loss_of<cross_entropy_loss_result> cross_entropy_loss(const batch& b, const linear_head_tensors& head,
                                                             const at::Tensor& targets,
                                                             const cross_entropy_loss_options& o = {}) {
    constexpr const char* name = "cross_entropy_loss";
    return detail::record_loss(name, {head.hidden, head.weights}, [&](const detail::tensors& d) {
        return detail::with_head(name, head, d[0], d[1], [&](const auto& h, const auto& dh) {
            return rlhf::cross_entropy_loss(b, h, targets, dh, o, detail::torch_threads);
        });
    });
}

/// token_log_probs with the gradients of hidden states and weights; the backward pass computes the logits again.
inline token_log_probs_of token_log_probs(const batch& b, const linear_head_tensors& head, const at::Tensor& targets,
                                          const token_outputs& wanted = {}, const token_log_probs_options& o = {}) {
    constexpr const char* name = "token_log_probs";
    const at::Tensor& hidden = head.hidden;
    token_log_probs_of x{.log_probs = detail::per_row(hidden),
                         .entropy = detail::per_row(hidden, wanted.entropy),
                         .log_sum_exp = detail::per_row(hidden),
                         .collision = detail::per_row(hidden, wanted.collision),
                         .result = {}};
    x.result = detail::with_torch_errors([&] {
        return detail::with_head(name, head, {}, {}, [&]<class T>(const linear_head<T>& h, const auto&) {
            return rlhf::token_log_probs<T>(b, h, targets,
                                            {.log_probs = x.log_probs,
                                             .entropy = x.entropy,
                                             .log_sum_exp = x.log_sum_exp,
                                             .collision = x.collision},
                                            o, detail::torch_threads);
        });
    });
    const auto back = [kept = detail::kept_batch(b), o](const detail::tensors& saved, const at::Tensor& d_log_probs,
                                                        const at::Tensor& d_entropy) {
        const linear_head_tensors again{saved[0], saved[1]};
        const detail::tensors d{at::empty_like(saved[0], at::MemoryFormat::Contiguous),
                                at::empty_like(saved[1], at::MemoryFormat::Contiguous)};
        detail::with_head(name, again, d[0], d[1], [&]<class T>(const linear_head<T>& h, const auto& dh) {
            return rlhf::token_log_probs_backward<T>(
                kept.get(), h, saved[2], {.log_sum_exp = saved[3], .d_log_probs = d_log_probs, .d_entropy = d_entropy},
                dh, o, detail::torch_threads);
        });
        return d;
    };
    detail::record_log_probs(name, {hidden, head.weights}, x.log_probs, x.entropy,
                             {hidden, head.weights, targets, x.log_sum_exp}, back);
    return x;
}
} // namespace torch

} // namespace RLHF_NAMESPACE
