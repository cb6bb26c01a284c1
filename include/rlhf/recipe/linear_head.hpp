// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/head_logits.hpp>
#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/recipe/ppo_loss.hpp>

namespace RLHF_NAMESPACE {

/// Overloads that take hidden states and head weights instead of logits, so that the full [tokens, V] matrix is never
/// stored (DESIGN.md, D17).
///
///     z = hidden · weightsᵀ                                        [tokens, V] = [tokens, H] [H, V]
///     ∂hidden = ∂z · weights        ∂weights = ∂zᵀ · hidden
///
/// Chunk by chunk, the hidden states of tokens that count are gathered into the workspace, multiplied to logits there,
/// turned into their gradient in place, and multiplied back: three products, and each logit is computed once. Results
/// and per-token outputs equal the same function over the logits that the products give, and its documentation holds
/// here, too. Hidden states of tokens that do not count are not read; their gradient is 0, or left as it is with
/// add_to. d_hidden may be hidden itself.
///
/// The caller gives the workspace (linear_head_workspace) and the matrix product (rlhf::eigen_product, a BLAS); nothing
/// is allocated here. The executor runs the rows of a chunk; the product may have threads of its own. A product may
/// round its sums differently for another size of chunks.
///
/// Throws std::invalid_argument before anything is written, as the function does, and when hidden is not [tokens, H],
/// weights is not [V, H], the product is missing, or the workspace is smaller than one row.
template <class T = float, class Arch = native, class E>
token_log_probs_result token_log_probs(const batch& b, const linear_head<E>& head, const index_view& targets,
                                       const token_log_probs_arrays<T>& a, const token_log_probs_options& o = {},
                                       const executor& run = {}) {
    detail::call c("token_log_probs", b);
    const detail::head_logits<E> source(c, head);
    return detail::log_probs_of<T, Arch>(c, source, targets, a, o, run);
}

/// The gradient of any loss of log_probs and entropy into hidden states and weights; computes the logits again.
template <class T = float, class Arch = native, class E>
token_log_probs_result token_log_probs_backward(const batch& b, const linear_head<E>& head, const index_view& targets,
                                                const token_log_probs_backward_arrays<T>& a,
                                                const linear_head_gradient<E>& d, const token_log_probs_options& o = {},
                                                const executor& run = {}) {
    detail::call c("token_log_probs_backward", b);
    const detail::head_logits<E> source(c, head, d);
    return detail::log_probs_backward<T, Arch>(c, source, targets, a, o, run);
}

template <class Arch = native, class E>
cross_entropy_loss_result cross_entropy_loss(const batch& b, const linear_head<E>& head, const index_view& targets,
                                             const linear_head_gradient<E>& d, const cross_entropy_loss_options& o = {},
                                             const executor& run = {}) {
    detail::call c("cross_entropy_loss", b);
    const detail::head_logits<E> source(c, head, d);
    return detail::cross_entropy<Arch>(c, source, targets, o, run);
}
template <class Arch = native, class E>
cross_entropy_loss_result cross_entropy_loss(const batch& b, const linear_head<E>& head, const index_view& targets,
                                             const cross_entropy_loss_options& o = {}, const executor& run = {}) {
    detail::call c("cross_entropy_loss", b);
    const detail::head_logits<E> source(c, head);
    return detail::cross_entropy<Arch>(c, source, targets, o, run);
}

template <class T = float, class Arch = native, class E>
ppo_loss_result ppo_loss(const batch& b, const linear_head<E>& head, const index_view& targets,
                         const ppo_loss_arrays<T>& a, const linear_head_gradient<E>& d, const ppo_loss_options& o = {},
                         const executor& run = {}) {
    detail::call c("ppo_loss", b);
    const detail::head_logits<E> source(c, head, d);
    return detail::ppo_loss<T, Arch>(c, source, targets, a, o, run);
}

} // namespace RLHF_NAMESPACE
