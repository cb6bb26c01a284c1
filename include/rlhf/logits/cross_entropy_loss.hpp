// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/logits_sweep.hpp>
#include <rlhf/formula/cross_entropy_loss.hpp>
#include <rlhf/results/loss_result.hpp>

namespace rlhf {

struct cross_entropy_loss_options {
    double temperature = 1;     ///< in [10⁻⁶, 10⁶]: divides the logits, in value and gradient
    double label_smoothing = 0; ///< ε in [0, 1]: the share of the target's weight that is spread over all entries
    double z_loss_coef = 0;     ///< finite: the factor of lse², which keeps lse near 0
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean;
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

namespace detail {
template <class Kind>
struct cross_entropy_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::sum nll = {};
    typename Kind::count correct = {}, nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.loss...), f(s.nll...), f(s.correct...), f(s.nonfinite...);
    }
};
} // namespace detail

/// Sums over the tokens that count; the parts of a step join by +=.
class cross_entropy_loss_result : public loss_result<cross_entropy_loss_result, detail::cross_entropy_statistics> {
public:
    using loss_result::loss_result;

    /// The mean of −log p, without smoothing and z-loss.
    [[nodiscard]] double nll() const { return per_token(totals_.nll); }
    [[nodiscard]] double perplexity() const { return lane::exp(nll()); }
    /// The share of tokens whose target has the largest logit, without a tie.
    [[nodiscard]] double accuracy() const { return per_token(totals_.correct); }
};

namespace detail {
template <class C>
void check_options(const char* f, const cross_entropy_loss_options& o) {
    check_range(f, "temperature", o.temperature, 1e-6, 1e6);
    check_range(f, "label_smoothing", o.label_smoothing, 0, 1);
    check_finite<C>(f, "z_loss_coef", o.z_loss_coef);
}

/// See cross_entropy_loss. Source: stored_logits or head_logits.
template <class Arch, class Source>
cross_entropy_loss_result cross_entropy(call& c, const Source& source, const index_view& targets,
                                        const cross_entropy_loss_options& o, const executor& run) {
    using E = typename Source::element_type;
    check_options<compute_type<E>>(c.function(), o);
    check_scale(c, source, o.temperature);
    const auto ids = bind_targets(c, targets);
    const normalization n(c, o.aggregation);
    c.done();
    check_targets(c, ids, source.vocab());

    using totals = detail::totals<cross_entropy_statistics>;
    const softmax_pass<compute_type<E>, Arch> rows(o.temperature);
    const double scale = n.divisor > 0 ? source.scale / n.divisor : 0;
    const auto found = source.template sweep<totals>(c, run, [&](const position& here, totals& sums) {
        softmax_stats softmax;
        logit_slopes slope;
        const std::int64_t target = here.counted ? here.of(ids) : 0;
        if (here.counted) {
            const E* const z = source.at(here);
            const double weight = 1.0 / divisor_of(n.weight, c.mask(here.sequence));
            softmax = o.label_smoothing != 0 ? rows.template read<softmax_wanted{.logits = true}>(z, source.vocab())
                                             : rows.template read<softmax_wanted{}>(z, source.vocab());
            const double at_target = static_cast<double>(z[target]), lse = softmax.log_sum_exp();
            const double mean = softmax.logits / (static_cast<double>(source.vocab()) * o.temperature) - lse;
            const auto term =
                formula::cross_entropy<real>(softmax.log_prob(at_target), mean, lse, o.label_smoothing, o.z_loss_coef);
            sums.tokens += 1, sums.loss.add(double(term.loss * weight)), sums.nll.add(double(term.nll));
            sums.correct += at_target == softmax.shift && softmax.ties == 1 ? 1 : 0;
            sums.nonfinite += lane::nonfinite(term.loss) ? 1 : 0;
            slope = {.log_prob = double(term.by_log_prob),
                     .log_sum_exp = double(term.by_log_sum_exp),
                     .mean_log_prob = double(term.by_mean_log_prob),
                     .scale = scale * weight};
        }
        if (source.has_gradient()) source.write(rows, here, softmax, slope, target);
    });
    return cross_entropy_loss_result(n, found);
}
} // namespace detail

/// The negative log-likelihood of the targets, with its gradient into the logits. Loss and gradient of a row of logits
/// are computed while the row is in the cache.
///
///     x    = z / temperature          lse = log Σ exp(xᵥ)          log pᵥ = xᵥ − lse
///     l    = −(1 − ε) log p_target − ε Σ log pᵥ / V + z_loss_coef · lse²          ε = label_smoothing
///     loss = Σ l / denominator                                                    by the aggregation
///     ∂l/∂zᵥ = ((1 + 2 z_loss_coef · lse) pᵥ − (1 − ε) δᵥ − ε / V) / temperature  δᵥ = 1 at the target, else 0
///
/// Logits are [B, T, V] (packed: [1, tokens, V]) of float, double, bfloat16 or float16, computed in float, or in double
/// if they are double. Targets are int32 or int64, [B, T]. With predict_next they are the tokens themselves (step t
/// predicts token t + 1); without it, target t is the token that step t predicts.
///
/// d_logits may be the logits themselves (`d_logits = logits`) or another buffer: a logits_view, or write_to or add_to
/// of one. It may have any of these types, but double only if the logits are double. Rows that do not count are not
/// read. Their gradient, and the gradient of the vocabulary's padding, is 0, or left as it is with add_to. Without
/// d_logits only values are computed.
///
/// A logit of −inf is an entry with p = 0, for which label smoothing gives an infinite loss. A row of nothing but −inf
/// has loss +∞ and gradient 0; NaN or +inf makes its own row NaN. Tokens whose loss is not finite are counted by
/// nonfinite(). No counted token: loss 0, gradients 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, a target outside [0, V) in a row that
/// counts, options out of range, predict_next not set, layout::time_first, overlapping arrays, a batch that counts more
/// than its denominator.
///
/// Source: formula::cross_entropy. For InstructGPT's ptx term see ptx_loss.
template <class Arch = native, class E, detail::takes_logits_gradient D>
cross_entropy_loss_result cross_entropy_loss(const batch& b, logits_view<E> logits, const index_view& targets,
                                             const D& d_logits, const cross_entropy_loss_options& o = {},
                                             const executor& run = {}) {
    detail::call c("cross_entropy_loss", b);
    const auto source = detail::bind_stored(c, logits, logits_gradient(d_logits));
    return detail::cross_entropy<Arch>(c, source, targets, o, run);
}
template <class Arch = native, class E>
cross_entropy_loss_result cross_entropy_loss(const batch& b, logits_view<E> logits, const index_view& targets,
                                             const cross_entropy_loss_options& o = {}, const executor& run = {}) {
    detail::call c("cross_entropy_loss", b);
    return detail::cross_entropy<Arch>(c, detail::bind_stored(c, logits), targets, o, run);
}

} // namespace RLHF_NAMESPACE
