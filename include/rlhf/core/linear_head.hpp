// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/gradient.hpp>
#include <rlhf/core/matrix_product.hpp>

namespace RLHF_NAMESPACE {

/// The last layer of a language model, instead of its logits. E: float or double. Matrices are flat arrays, Eigen
/// matrices (row-major), or rlhf::view(pointer, {.sequences = rows, .steps = columns, .stride = …}).
template <class E>
struct linear_head {
    view<const E> hidden = detail::required<E>();  ///< [tokens, H], tokens in the batch's order
    view<const E> weights = detail::required<E>(); ///< [V, H]
    extent vocab;
    extent hidden_size;
    view<E> workspace = detail::required_output<E>(); ///< at least linear_head_workspace(1, V, H) elements
    matrix_product<E> product;                        ///< e.g. rlhf::eigen_product
};

/// Where the gradients into hidden states and weights go.
template <class E>
struct linear_head_gradient {
    gradient<E> hidden = {};  ///< [tokens, H]; absent: not computed
    gradient<E> weights = {}; ///< [V, H]; absent: not computed
};

/// The number of elements of a workspace for `rows` rows of logits at a time: rows · (vocab + hidden_size). With fewer
/// rows the weights are read more often; more than 512 rows are not used.
[[nodiscard]] constexpr std::int64_t linear_head_workspace(extent rows, extent vocab, extent hidden_size) {
    return rows * (vocab + hidden_size);
}

} // namespace RLHF_NAMESPACE
