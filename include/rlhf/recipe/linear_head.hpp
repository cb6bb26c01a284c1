// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/head_logits.hpp>
#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/recipe/ppo_loss.hpp>

namespace RLHF_NAMESPACE {

/// Overloads of token_log_probs, cross_entropy_loss and ppo_loss that take hidden states and head weights instead of
/// logits. The full [tokens, V] matrix of logits is never stored (DESIGN.md, D17).
///
///     z = hidden · weightsᵀ                                        [tokens, V] = [tokens, H] [H, V]
///     ∂hidden = ∂z · weights        ∂weights = ∂zᵀ · hidden
///
/// The hidden states of counted tokens are gathered into the workspace, a chunk at a time. There they are multiplied to
/// logits, the logits become their gradient in place, and the gradient is multiplied back: three products, and each
/// logit is computed once. Results and per-token outputs equal those that the overload for logits has for the same
/// logits; its documentation holds here, too. Hidden states of tokens that do not count are not read; their gradient is
/// 0, or left as it is with add_to. d_hidden may be hidden itself.
///
/// The caller provides the workspace (linear_head_workspace) and the matrix product (rlhf::eigen_product, or a BLAS);
/// nothing is allocated here. The executor runs the rows of a chunk; the product may have threads of its own. A product
/// may round its sums differently for chunks of another size.
///
/// Throws std::invalid_argument before anything is written: for what the overload for logits throws, for hidden that is
/// not [tokens, H], weights that are not [V, H], a missing product, and a workspace smaller than one row.
template <class T = float, class Arch = native, class E>
token_log_probs_result token_log_probs(const batch& b, const linear_head<E>& head, const index_view& targets,
                                       const token_log_probs_arrays<T>& a, const token_log_probs_options& o = {},
                                       const executor& run = {}) {
    detail::call c("token_log_probs", b);
    const detail::head_logits<E> source(c, head);
    return detail::log_probs_of<T, Arch>(c, source, targets, a, o, run);
}

/// The backward pass: the gradient into hidden states and weights of any loss that depends on log_probs and entropy. It
/// computes the logits again.
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
