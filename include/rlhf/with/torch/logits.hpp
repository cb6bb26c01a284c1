// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/logits/kept_log_probs.hpp>
#include <rlhf/logits/logits_divergence.hpp>
#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/logits/top_k_divergence.hpp>
#include <rlhf/with/torch/node.hpp>

/// Functions of logits as nodes of autograd: see with/torch/node.hpp. Logits are [B, T, V], or [tokens, V] for a packed
/// batch; per-token tensors are [B, T] or [tokens].
namespace RLHF_NAMESPACE {

namespace torch {
/// The outputs of token_log_probs beside log_probs.
struct token_outputs {
    bool entropy = false;
    bool collision = false;
};

/// The outputs of token_log_probs. An output that is not computed is an undefined tensor.
struct token_log_probs_of {
    at::Tensor log_probs, entropy;     ///< with a gradient
    at::Tensor log_sum_exp, collision; ///< constants
    token_log_probs_result result;
};
} // namespace torch

namespace detail {
/// The sizes of a tensor with one number per row of logits.
[[nodiscard]] inline at::IntArrayRef row_sizes(const at::Tensor& logits) {
    return logits.sizes().slice(0, static_cast<std::size_t>(logits.dim()) - 1);
}
/// A tensor with one number per row of logits, or an undefined one.
[[nodiscard]] inline at::Tensor per_row(const at::Tensor& logits, bool wanted = true) {
    if (!wanted || !logits.defined() || logits.dim() < 1) return {};
    return at::empty(row_sizes(logits), at::TensorOptions(per_token_type(logits)));
}

/// Calls f.operator()<T>(views of the logits). T is the type of the per-token numbers.
template <class F, class... Tensors>
auto with_logits_of_type(F&& f, const Tensors&... logits) {
    return with_torch_errors([&] {
        return with_logits(
            [&]<class E>(logits_view<E> z, auto... more) {
                return f.template operator()<std::conditional_t<std::same_as<E, double>, double, float>>(z, more...);
            },
            logits...);
    });
}

/// Makes log_probs, and entropy if it was computed, parts of the graph of the learned tensors. Backward takes (saved,
/// d_log_probs, d_entropy); the gradients are contiguous, or undefined for 0.
template <class Backward>
void record_log_probs(const char* function, const tensors& learned, at::Tensor& log_probs, at::Tensor& entropy,
                      const tensors& saved, const Backward& backward) {
    tensors outputs{log_probs};
    if (entropy.defined()) outputs.push_back(entropy);
    const auto back = [backward](const tensors& kept, tensors slopes) {
        slopes.resize(2);
        for (at::Tensor& each : slopes)
            if (each.defined()) each = each.contiguous();
        return backward(kept, slopes[0], slopes[1]);
    };
    const tensors out = record(learned, {.function = function, .outputs = outputs, .saved = saved, .backward = back});
    log_probs = out[0];
    if (entropy.defined()) entropy = out[1];
}
} // namespace detail

namespace torch {
/// rlhf::token_log_probs with the gradient of logits. The backward pass reads logits and targets again; the caller's
/// mask need not live that long.
inline token_log_probs_of token_log_probs(const batch& b, const at::Tensor& logits, const at::Tensor& targets,
                                          const token_outputs& wanted = {}, const token_log_probs_options& o = {}) {
    token_log_probs_of x{.log_probs = detail::per_row(logits),
                         .entropy = detail::per_row(logits, wanted.entropy),
                         .log_sum_exp = detail::per_row(logits),
                         .collision = detail::per_row(logits, wanted.collision),
                         .result = {}};
    x.result = detail::with_logits_of_type(
        [&]<class T>(auto z) {
            return rlhf::token_log_probs<T>(b, z, targets,
                                            {.log_probs = x.log_probs,
                                             .entropy = x.entropy,
                                             .log_sum_exp = x.log_sum_exp,
                                             .collision = x.collision},
                                            o, detail::torch_threads);
        },
        logits);
    const auto back = [kept = detail::kept_batch(b), o](const detail::tensors& saved, const at::Tensor& d_log_probs,
                                                        const at::Tensor& d_entropy) {
        const at::Tensor d = at::empty_like(saved[0], at::MemoryFormat::Contiguous);
        detail::with_logits_of_type(
            [&]<class T>(auto z, auto dz) {
                return rlhf::token_log_probs_backward<T>(
                    kept.get(), z, saved[1],
                    {.log_sum_exp = saved[2], .d_log_probs = d_log_probs, .d_entropy = d_entropy}, dz, o,
                    detail::torch_threads);
            },
            saved[0], d);
        return detail::tensors{d};
    };
    detail::record_log_probs("token_log_probs", {logits}, x.log_probs, x.entropy, {logits, targets, x.log_sum_exp},
                             back);
    return x;
}

/// The tensors of a kept_set.
struct kept_set_tensors {
    at::Tensor ids, offsets;
};

struct kept_log_probs_of {
    at::Tensor log_probs, entropy; ///< with a gradient
    kept_log_probs_result result;
};

/// rlhf::kept_log_probs with the gradient of logits.
inline kept_log_probs_of kept_log_probs(const batch& b, const at::Tensor& logits, const at::Tensor& targets,
                                        const kept_set_tensors& kept, const kept_log_probs_options& o = {}) {
    kept_log_probs_of x{.log_probs = detail::per_row(logits), .entropy = detail::per_row(logits), .result = {}};
    x.result = detail::with_logits_of_type(
        [&]<class T>(auto z) {
            return rlhf::kept_log_probs<T>(b, z, targets, {.ids = kept.ids, .offsets = kept.offsets},
                                           {.log_probs = x.log_probs, .entropy = x.entropy}, o, detail::torch_threads);
        },
        logits);
    const auto back = [whole = detail::kept_batch(b), o](const detail::tensors& saved, const at::Tensor& d_log_probs,
                                                         const at::Tensor& d_entropy) {
        const at::Tensor d = at::empty_like(saved[0], at::MemoryFormat::Contiguous);
        detail::with_logits_of_type(
            [&]<class T>(auto z, auto dz) {
                return rlhf::kept_log_probs_backward<T>(
                    whole.get(), z, saved[1], {.ids = saved[2], .offsets = saved[3]},
                    {.d_log_probs = d_log_probs, .d_entropy = d_entropy}, dz, o, detail::torch_threads);
            },
            saved[0], d);
        return detail::tensors{d};
    };
    detail::record_log_probs("kept_log_probs", {logits}, x.log_probs, x.entropy,
                             {logits, targets, kept.ids, kept.offsets}, back);
    return x;
}

/// rlhf::cross_entropy_loss with the gradient of logits.
inline loss_of<cross_entropy_loss_result> cross_entropy_loss(const batch& b, const at::Tensor& logits,
                                                             const at::Tensor& targets,
                                                             const cross_entropy_loss_options& o = {}) {
    return detail::record_loss("cross_entropy_loss", {logits}, [&](const detail::tensors& d) {
        return detail::with_logits_and(logits, d[0], [&](auto z, auto... dz) {
            return rlhf::cross_entropy_loss(b, z, targets, dz..., o, detail::torch_threads);
        });
    });
}

/// rlhf::logits_divergence with the gradient of logits. The reference's logits may have another element type.
inline loss_of<logits_divergence_result> logits_divergence(const batch& b, const at::Tensor& logits,
                                                           const at::Tensor& reference,
                                                           const logits_divergence_options& o = {}) {
    return detail::record_loss("logits_divergence", {logits}, [&](const detail::tensors& d) {
        return with_logits(
            [&](auto w) {
                return detail::with_logits_and(logits, d[0], [&](auto z, auto... dz) {
                    return rlhf::logits_divergence(b, z, w, dz..., o, detail::torch_threads);
                });
            },
            reference);
    });
}

/// The tensors of a top_k_reference, [B, T, k] or [tokens, k].
struct top_k_tensors {
    at::Tensor ids, log_probs;
};

/// rlhf::top_k_divergence with the gradient of logits.
inline loss_of<top_k_divergence_result> top_k_divergence(const batch& b, const at::Tensor& logits,
                                                         const top_k_tensors& reference,
                                                         const top_k_divergence_options& o = {}) {
    const auto rows = [](const at::Tensor& t) { return t.defined() && t.dim() == 3 ? t.flatten(0, 1) : t; };
    const at::Tensor ids = rows(reference.ids), log_probs = rows(reference.log_probs);
    return detail::record_loss("top_k_divergence", {logits}, [&](const detail::tensors& d) {
        const top_k_reference top{
            .k = ids.defined() && ids.dim() == 2 ? ids.size(1) : 0, .ids = ids, .log_probs = log_probs};
        return detail::with_logits_and(logits, d[0], [&](auto z, auto... dz) {
            return rlhf::top_k_divergence(b, z, top, dz..., o, detail::torch_threads);
        });
    });
}
} // namespace torch

} // namespace RLHF_NAMESPACE
