// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/logits_sweep.hpp>
#include <rlhf/results/normalization.hpp>

namespace rlhf {

struct cross_entropy_loss_options {
    double temperature = 1;     ///< divides the logits, in value and gradient
    double label_smoothing = 0; ///< ε in [0, 1]: so much of the target's weight is spread evenly over the vocabulary
    double z_loss_coef = 0;     ///< of lse², which holds the log-sum-exp near 0
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean;
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

/// Sums over the tokens that count; the parts of a step join by +=.
class cross_entropy_loss_result : public loss_sums {
    using totals = detail::totals<2, 0, 2, 0, 0>;

public:
    cross_entropy_loss_result() = default;
    cross_entropy_loss_result(const loss_sums& loss, const totals& t) : loss_sums(loss), totals_(t) {}

    [[nodiscard]] double nll() const {
        return per_token(totals_.sums[1]);
    } ///< mean −log p, without smoothing and z-loss
    [[nodiscard]] double perplexity() const { return std::exp(nll()); }
    /// The share of tokens whose target has the largest logit, alone.
    [[nodiscard]] double accuracy() const { return per_token(static_cast<double>(totals_.counts[0])); }
    [[nodiscard]] double nonfinite() const {
        return static_cast<double>(totals_.counts[1]);
    } ///< tokens with such a loss

    cross_entropy_loss_result& operator+=(const cross_entropy_loss_result& o) {
        loss_sums::operator+=(o);
        totals_ += o.totals_;
        return *this;
    }

private:
    totals totals_;
};

namespace detail {
template <class C>
void check_options(const char* f, const cross_entropy_loss_options& o) {
    check_range(f, "temperature", o.temperature, 1e-6, 1e6);
    check_range(f, "label_smoothing", o.label_smoothing, 0, 1);
    check_finite<C>(f, "z_loss_coef", o.z_loss_coef);
}

/// One token's loss from the softmax of its row, and how it moves with it.
struct cross_entropy_term {
    double nll, loss;
    logit_slopes slope;

    cross_entropy_term(const softmax_stats& row, double target, std::int64_t vocab, const cross_entropy_loss_options& o)
        : nll(-row.log_prob(target)),
          loss(nll), slope{.log_prob = o.label_smoothing - 1, .mean_log_prob = -o.label_smoothing} {
        const double lse = row.log_sum_exp();
        if (o.label_smoothing != 0) { // not 0 · inf
            const double mean_log_prob = row.logits / (static_cast<double>(vocab) * o.temperature) - lse;
            loss = (1 - o.label_smoothing) * nll - o.label_smoothing * mean_log_prob;
        }
        if (o.z_loss_coef != 0) {
            loss += o.z_loss_coef * lse * lse;
            slope.log_sum_exp = 2 * o.z_loss_coef * lse;
        }
    }
};

/// See cross_entropy_loss. Source: stored_logits, or what else has rows of logits.
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

    using totals = detail::totals<2, 0, 2, 0, 0>;
    const softmax_pass<compute_type<E>, Arch> rows(o.temperature);
    const double scale = n.divisor > 0 ? source.scale / n.divisor : 0;
    const auto sweep = [&]<softmax_wanted Want>() {
        const auto row = [&](const position& here, totals& found) {
            softmax_stats softmax;
            logit_slopes slope;
            const std::int64_t target = here.counted ? here.of(ids) : 0;
            if (here.counted) {
                const E* const z = source.at(here);
                const double weight = 1.0 / divisor_of(n.weight, c.mask(here.sequence));
                softmax = rows.template read<Want>(z, source.vocab());
                const auto at_target = static_cast<double>(z[target]);
                const cross_entropy_term term(softmax, at_target, source.vocab(), o);
                found.tokens += 1, found.sums[0].add(term.loss * weight), found.sums[1].add(term.nll);
                found.counts[0] += at_target == softmax.shift && softmax.ties == 1 ? 1 : 0;
                found.counts[1] += std::isfinite(term.loss) ? 0 : 1;
                slope = term.slope, slope.scale = scale * weight;
            }
            if (source.has_gradient()) source.write(rows, here, softmax, slope, target);
        };
        const auto found = source.template sweep<totals>(c, run, row);
        return cross_entropy_loss_result(n.sums(found.sums[0]), found);
    };
    if (o.label_smoothing != 0) return sweep.template operator()<softmax_wanted{.logits = true}>();
    return sweep.template operator()<softmax_wanted{}>();
}
} // namespace detail

/// Logits to negative log-likelihood and its gradient into the logits, each row while it is in the cache.
///
///     x    = z / temperature          lse = log Σ exp(xᵥ)          log pᵥ = xᵥ − lse
///     l    = −(1 − ε) log p_target − ε Σ log pᵥ / V + z_loss_coef · lse²          ε = label_smoothing
///     loss = Σ l / denominator                                                    by the aggregation
///     ∂l/∂zᵥ = ((1 + 2 z_loss_coef · lse) pᵥ − (1 − ε) δᵥ − ε / V) / temperature  δᵥ = 1 at the target, else 0
///
/// Logits are [B, T, V] (packed: [1, tokens, V]) of float, double, bfloat16 or float16, computed in float, double ones
/// in double. Targets are int32 or int64, [B, T]: with predict_next the tokens themselves (step t is about token t +
/// 1), without it the token that step t is about.
///
/// d_logits may be the logits themselves (`d_logits = logits`) or another buffer, of any of these types but double only
/// of double logits: a logits_view, or write_to or add_to of one. Rows that do not count are neither read nor given a
/// gradient: 0, or left as it is with add_to; the padding of the vocabulary too. Without d_logits only values are
/// computed.
///
/// A logit of −inf is a token with p = 0, which label smoothing makes infinitely bad. A row of −inf alone has loss +∞
/// and gradient 0; NaN or +inf makes its own row NaN. Tokens whose loss is not finite are counted by nonfinite(). No
/// counted token: loss 0, gradients 0.
///
/// Throws std::invalid_argument before anything is written: sizes that differ, a target of a row that counts outside
/// [0, V), options out of range, predict_next not said, layout::time_first, overlapping arrays, a batch that counts
/// more than its denominator.
///
/// Source: smoothing: Szegedy et al. 2016, arXiv:1512.00567, section 7; z-loss: Chowdhery et al. 2022,
/// arXiv:2204.02311, section 5; as InstructGPT's ptx term see ptx_loss.
template <class Arch = native, class E, class D>
    requires std::constructible_from < logits_gradient<typename D::element_type>,
const D& > cross_entropy_loss_result cross_entropy_loss(const batch& b, logits_view<E> logits,
                                                        const index_view& targets, const D& d_logits,
                                                        const cross_entropy_loss_options& o = {},
                                                        const executor& run = {}) {
    detail::call c("cross_entropy_loss", b);
    const auto source = detail::bind_stored(c, logits, logits_gradient<typename D::element_type>(d_logits));
    return detail::cross_entropy<Arch>(c, source, targets, o, run);
}
template <class Arch = native, class E>
cross_entropy_loss_result cross_entropy_loss(const batch& b, logits_view<E> logits, const index_view& targets,
                                             const cross_entropy_loss_options& o = {}, const executor& run = {}) {
    detail::call c("cross_entropy_loss", b);
    return detail::cross_entropy<Arch>(c, detail::bind_stored(c, logits), targets, o, run);
}

} // namespace RLHF_NAMESPACE
