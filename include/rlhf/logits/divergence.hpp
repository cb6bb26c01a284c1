// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/logits_sweep.hpp>
#include <rlhf/formula/divergence.hpp>
#include <rlhf/results/loss_result.hpp>

namespace rlhf {

/// The options of every divergence between a policy and a reference.
struct divergence_options {
    rlhf::divergence divergence = rlhf::divergence::reverse_kl;
    double beta = 0.5;      ///< β, for jsd alone, in (0, 1): the reference's weight in the mixture
    double temperature = 1; ///< in [10⁻⁶, 10⁶]: divides the logits, in value and gradient
    rlhf::aggregation aggregation = rlhf::aggregation::token_mean;
};

} // namespace rlhf

namespace RLHF_NAMESPACE {

namespace detail {
template <class Kind>
struct divergence_statistics {
    typename Kind::weighted_sum loss = {};
    typename Kind::sum divergence = {};
    typename Kind::count nonfinite = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) {
        f(s.loss...), f(s.divergence...), f(s.nonfinite...);
    }
};
} // namespace detail

/// Sums over the tokens that count; the parts of a step join by +=.
class divergence_sums : public loss_result<divergence_sums, detail::divergence_statistics> {
public:
    using loss_result::loss_result;

    /// The mean of D over the tokens, in nats, under every aggregation.
    [[nodiscard]] double divergence() const { return per_token(totals_.divergence); }
};

namespace detail {
inline void check_options(const char* f, const divergence_options& o) {
    check_range(f, "temperature", o.temperature, 1e-6, 1e6);
    if (!(o.beta > 0 && o.beta < 1))
        fail(f, "beta is %g, expected between 0 and 1: forward_kl and reverse_kl are its limits", o.beta);
    if (o.divergence != divergence::jsd && o.beta != divergence_options().beta)
        fail(f, "beta is %g, but only divergence = jsd has a beta", o.beta);
}

/// Calls f.operator()<kind>().
template <class F>
auto with_divergence(divergence kind, F&& f) {
    if (kind == divergence::reverse_kl) return f.template operator()<divergence::reverse_kl>();
    if (kind == divergence::forward_kl) return f.template operator()<divergence::forward_kl>();
    return f.template operator()<divergence::jsd>();
}

/// Adds up the divergences of all rows of logits. read(position) returns a Row with the value; write(position, row,
/// scale) writes the gradient. For a row that does not count, read is not called, and write gets Row().
/// logits_divergence and top_k_divergence share this function.
template <class Row, class Source, class Read, class Write>
divergence_sums sweep_divergences(const call& c, const Source& source, const divergence_options& o, const executor& run,
                                  Read&& read, Write&& write) {
    using totals = detail::totals<divergence_statistics>;
    check_scale(c, source, o.temperature);
    const normalization n(c, o.aggregation);
    c.done();
    const double scale = n.divisor > 0 ? source.scale / n.divisor : 0;
    const auto found = source.template sweep<totals>(c, run, [&](const position& here, totals& sums) {
        Row row;
        double weight = 1;
        if (here.counted) {
            weight = 1.0 / divisor_of(n.weight, c.mask(here.sequence));
            row = read(here);
            sums.tokens += 1, sums.loss.add(row.value * weight), sums.divergence.add(row.value);
            sums.nonfinite += std::isfinite(row.value) ? 0 : 1;
        }
        if (source.has_gradient()) write(here, row, scale * weight);
    });
    return {n, found};
}
} // namespace detail

} // namespace RLHF_NAMESPACE
