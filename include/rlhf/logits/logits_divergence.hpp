// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/divergence_pass.hpp>
#include <rlhf/logits/divergence.hpp>

namespace rlhf {
using logits_divergence_options = divergence_options;
} // namespace rlhf

namespace RLHF_NAMESPACE {

using logits_divergence_result = divergence_sums;

namespace detail {
/// Binds the reference's logits. They have the policy's shape, perhaps with other strides and padding.
template <class E, class R>
bound_logits<R> bind_reference(call& c, const logits_view<R>& reference, const logits_view<E>& logits) {
    const auto bound = bind_logits(c, reference, "reference");
    if (reference.shape().vocab != logits.shape().vocab)
        fail(c.function(), "reference has a vocabulary of %lld, expected %lld", reference.shape().vocab,
             logits.shape().vocab);
    return bound;
}

/// See logits_divergence.
template <class Arch, class E, class G, class R>
divergence_sums divergence_from_logits(call& c, const stored_logits<E, G>& source, const logits_view<R>& reference,
                                       const divergence_options& o, const executor& run) {
    check_options(c.function(), o);
    const auto w = bind_reference(c, reference, source.z.view);
    constexpr bool in_double = std::same_as<compute_type<E>, double> || std::same_as<compute_type<R>, double>;
    return with_divergence(o.divergence, [&]<divergence How>() {
        const divergence_pass<How, std::conditional_t<in_double, double, float>, Arch> rows(o.temperature, o.beta);
        return sweep_divergences<divergence_stats>(
            c, source, o, run,
            [&](const position& here) { return rows.read(source.at(here), here.of(w), source.vocab()); },
            [&](const position& here, const divergence_stats& row, double scale) {
                rows.write(source.at(here), here.of(w), source.vocab(), row, scale, here.of(source.d),
                           source.d.view.width(), source.add);
            });
    });
}
} // namespace detail

/// The divergence between the policy's and a reference's (or teacher's) distribution of each token, over the whole
/// vocabulary, with its gradient into the policy's logits z. The reference's logits w get no gradient.
///
///     p = softmax(z / temperature)          q = softmax(w / temperature)          m = β q + (1 − β) p
///     reverse_kl  D = KL(p ‖ q) = Σ p (log p − log q)  ∂D/∂zᵥ = pᵥ (log pᵥ − log qᵥ − D) / temperature
///     forward_kl  D = KL(q ‖ p) = Σ q (log q − log p)  ∂D/∂zᵥ = (pᵥ − qᵥ) / temperature
///     jsd         D = β KL(q ‖ m) + (1 − β) KL(p ‖ m)  ∂D/∂zᵥ = (1 − β) pᵥ (log pᵥ − log mᵥ − KL(p ‖ m)) / temperature
///     loss = Σ D / denominator                         by the aggregation
///
/// jsd / β becomes forward_kl for β → 0, and jsd / (1 − β) becomes reverse_kl for β → 1. D is never negative, and 0 for
/// equal logits.
///
/// Both logits are [B, T, V] (packed: [1, tokens, V]) of float, double, bfloat16 or float16, each with its own type,
/// strides and padding; computed in float, or in double if one of them is double. There are no targets: predict_next
/// says whether the mask is given per token (step t predicts token t + 1) or per step.
///
/// d_logits may be the logits themselves (`d_logits = logits`) or another buffer: a logits_view, or write_to or add_to
/// of one. It may have any of these types, but double only if the logits are double. Rows that do not count are not
/// read. Their gradient, and the gradient of the vocabulary's padding, is 0, or left as it is with add_to. Without
/// d_logits only values are computed.
///
/// A logit of −inf is an entry with probability 0; 0 log 0 is 0. p > 0 where q = 0 makes reverse_kl +∞ and the row's
/// gradient 0; q > 0 where p = 0 makes forward_kl +∞, and its gradient stays p − q; jsd is finite. A row of nothing but
/// −inf, in z or w, has D = +∞ and gradient 0; NaN or +inf makes its own row NaN. Tokens whose D is not finite are
/// counted by nonfinite(). No counted token: loss 0, gradients 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, options out of range, a beta without
/// jsd, predict_next not set, layout::time_first, overlapping arrays, a batch that counts more than its denominator.
///
/// Source: jsd: Agarwal et al. 2023, arXiv:2306.13649, section 2; reverse_kl for distillation: Gu et al. 2023,
/// arXiv:2306.08543, section 2.
template <class Arch = native, class E, class R, detail::takes_logits_gradient D>
logits_divergence_result logits_divergence(const batch& b, logits_view<E> logits, logits_view<R> reference,
                                           const D& d_logits, const logits_divergence_options& o = {},
                                           const executor& run = {}) {
    detail::call c("logits_divergence", b);
    const auto source = detail::bind_stored(c, logits, logits_gradient(d_logits));
    return detail::divergence_from_logits<Arch>(c, source, reference, o, run);
}
template <class Arch = native, class E, class R>
logits_divergence_result logits_divergence(const batch& b, logits_view<E> logits, logits_view<R> reference,
                                           const logits_divergence_options& o = {}, const executor& run = {}) {
    detail::call c("logits_divergence", b);
    return detail::divergence_from_logits<Arch>(c, detail::bind_stored(c, logits), reference, o, run);
}

} // namespace RLHF_NAMESPACE
