// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/softmax_pass.hpp>
#include <rlhf/formula/divergence.hpp>

namespace RLHF_NAMESPACE::detail {

/// The divergence between two rows of logits, and the numbers that its gradient needs.
struct divergence_stats {
    softmax_stats p, q;
    double offset = 0; ///< temperature (lse z − lse w)
    double value = 0;  ///< +∞ if a row holds nothing but −inf
    double pull = 0;   ///< Σ pull; for reverse_kl Σ p (log p − log q)

    [[nodiscard]] bool impossible() const { return p.impossible() || q.impossible(); }
};

/// Reads and writes two rows of logits, z of the policy and w of the reference, with one temperature. C is the type of
/// the computation. softmax_pass computes the softmax of each row. One more pass over both adds up the shares of the
/// entries in the same way: in lanes, eight entries in pairs, then in double. Another pass writes the gradient.
///
/// log p − log q is (z − w − offset) / temperature with offset = temperature (lse z − lse w). The rounding error of z −
/// w is kept, and offset has two parts, so that the result is exact where p and q hardly differ. The rounding error of
/// the softmaxes' sums is one factor for all of p, which drops out of pull − p Σ pull.
template <divergence How, class C, class Arch>
class divergence_pass {
    using rows = row_entries<C, Arch>;
    using L = typename rows::L;
    using D = lanes<double, Arch>;
    using V = typename rows::V;
    static constexpr std::int64_t block = rows::block, group = rows::group;
    static constexpr C infinity = rows::infinity;
    using term = formula::divergence_term<V>;

public:
    divergence_pass(double temperature, double beta)
        : temperature_(temperature), beta_(static_cast<C>(beta)), rest_(static_cast<C>(1 - beta)), exp_(temperature),
          softmax_(temperature) {}

    template <class E, class R>
    [[nodiscard]] divergence_stats read(const E* z, const R* w, std::int64_t vocab) const {
        divergence_stats row{.p = softmax_.template read<softmax_wanted{}>(z, vocab),
                             .q = softmax_.template read<softmax_wanted{}>(w, vocab)};
        if (row.impossible()) {
            row.value = std::numeric_limits<double>::infinity() + row.p.sum + row.q.sum; // NaN stays NaN
            return row;
        }
        row.offset = double((row.p.shift - row.q.shift) + real(temperature_) * (row.p.log_sum - row.q.log_sum));
        sums s;
        const entries here(row, 0, *this);
        const std::int64_t whole = vocab - vocab % group;
        add(z, w, whole / group, here, s);
        if (whole < vocab)
            add(rows::filled(z + whole, vocab - whole).data(), rows::filled(w + whole, vocab - whole).data(), 1, here,
                s);
        // The rounding errors of 1 / Σ e are known, and divided out.
        const double of_p = row.p.sum * here.largest_p * double(here.over_p),
                     of_q = row.q.sum * here.largest_q * double(here.over_q);
        const auto tree = softmax_accumulators<C>::tree;
        row.value = tree(s.value) / (How == divergence::forward_kl ? of_q : of_p), row.pull = tree(s.pull) / of_p;
        return row;
    }

    /// d = scale ∂/∂z, or d += scale ∂/∂z. It is 0 for a row that was not read, for a row of nothing but −inf, for a
    /// row whose reverse_kl is infinite, and for the padding, which ends at width. d may be z.
    template <class E, class R, class G>
    void write(const E* z, const R* w, std::int64_t vocab, const divergence_stats& row, double scale, G* d,
               std::int64_t width, bool add) const {
        const G zero = static_cast<G>(C(0));
        const bool steepest = How == divergence::reverse_kl && std::isinf(row.value);
        if (row.impossible() || steepest) {
            if (!add) std::fill(d, d + width, zero);
            return;
        }
        const bool centred = How == divergence::reverse_kl; // log p − log q − KL is one number
        const entries here(row, centred ? row.pull : 0, *this);
        const C mean = centred ? C(0) : static_cast<C>(row.pull), factor = static_cast<C>(scale / temperature_);
        const std::int64_t whole = vocab - vocab % block, rest = vocab - whole;
        slopes(z, w, whole / block, here, mean, factor, d, add);
        if (rest > 0) {
            typename rows::template room<G, block> result;
            if (add) std::fill(std::copy(d + whole, d + vocab, result.data()), result.data() + block, zero);
            slopes(rows::template filled<block>(z + whole, rest).data(),
                   rows::template filled<block>(w + whole, rest).data(), 1, here, mean, factor, result.data(), add);
            std::copy_n(result.data(), rest, d + whole);
        }
        if (!add) std::fill(d + vocab, d + width, zero);
    }

private:
    /// Turns logits into p, q and log p − log q − centre.
    struct entries {
        softmax_origin<C> origin_p, origin_q;
        double largest_p, largest_q; ///< e of the largest entry
        C over_p, over_q, offset, offset_rest, over_temperature, beta, rest;

        entries(const divergence_stats& row, double centre, const divergence_pass& of)
            : origin_p(of.exp_.origin(static_cast<C>(row.p.shift))),
              origin_q(of.exp_.origin(static_cast<C>(row.q.shift))), largest_p(of.exp_.of_largest(origin_p)),
              largest_q(of.exp_.of_largest(origin_q)), over_p(static_cast<C>(1 / (row.p.sum * largest_p))),
              over_q(static_cast<C>(1 / (row.q.sum * largest_q))),
              over_temperature(static_cast<C>(1 / row.p.temperature)), beta(of.beta_), rest(of.rest_) {
            two_sum all;
            all.add(row.offset), all.add(lane::rounded(row.p.temperature * centre));
            offset = static_cast<C>(all.high), offset_rest = static_cast<C>((all.high - double(offset)) + all.low);
        }
    };
    struct sums {
        using lane_sums = std::array<double, static_cast<std::size_t>(block)>;
        lane_sums value = {}, pull = {};
    };

    RLHF_FORMULA static term share(const V& z, const V& w, const entries& e, const softmax_exp<C, Arch>& exp, V& p) {
        using lane::abs, lane::select;
        const auto of = [&](const V& x, const softmax_origin<C>& origin)
                            RLHF_INLINE { return exp(exp.from_origin(std::array<V, 1>{x}, origin), origin)[0]; };
        p = of(z, e.origin_p) * V(e.over_p);
        const V q = of(w, e.origin_q) * V(e.over_q);
        const V d = z - w, back = d - z, rounding = (z - (d - back)) - (w + back);
        const V first = d - V(e.offset), at_scale = (first + (rounding - V(e.offset_rest))) * V(e.over_temperature);
        const V r = select(abs(d) < V(infinity), at_scale, first);
        return formula::divergence_share<How>(p, q, r, V(e.beta), V(e.rest));
    }

    RLHF_FORMULA static term join(const term& a, const term& b) { return {a.value + b.value, a.pull + b.pull}; }
    RLHF_FORMULA static void widen(const V& v, double* to) {
        for (const auto& x : L::widen(v)) D::store(to, D::load(to) + typename D::type(x)), to += D::width;
    }

    template <class E, class R>
    RLHF_NOINLINE void add(const E* z, const R* w, std::int64_t n_groups, const entries& at, sums& to) const {
        const softmax_exp<C, Arch> exp = exp_;
        const entries e = at;
        for (std::int64_t g = 0; g < n_groups; ++g)
            for (std::size_t r = 0; r < rows::registers; ++r) {
                const std::int64_t column = g * group + static_cast<std::int64_t>(r) * L::width;
                std::array<term, 8> t;
                for (std::size_t k = 0; k < 8; ++k) {
                    const std::int64_t v = column + static_cast<std::int64_t>(k) * block;
                    V p;
                    t[k] = share(L::load(z + v), L::load(w + v), e, exp, p);
                }
                for (std::size_t half = 4; half > 0; half /= 2)
                    for (std::size_t k = 0; k < half; ++k) t[k] = join(t[2 * k], t[2 * k + 1]);
                widen(t[0].value, to.value.data() + r * static_cast<std::size_t>(L::width));
                widen(t[0].pull, to.pull.data() + r * static_cast<std::size_t>(L::width));
            }
    }

    template <class E, class R, class G>
    RLHF_NOINLINE void slopes(const E* z, const R* w, std::int64_t n_blocks, const entries& at, C mean, C factor, G* d,
                              bool add) const {
        const softmax_exp<C, Arch> exp = exp_;
        const entries e = at;
        const V minus_mean(-mean), scale(factor);
        for (std::int64_t v = 0; v < n_blocks * block; v += L::width) {
            V p;
            const V pull = share(L::load(z + v), L::load(w + v), e, exp, p).pull;
            const V s = scale * fma(minus_mean, p, pull);
            L::store(d + v, add ? L::load(d + v) + s : s);
        }
    }

    double temperature_;
    C beta_, rest_;
    softmax_exp<C, Arch> exp_;
    softmax_pass<C, Arch> softmax_;
};

} // namespace RLHF_NAMESPACE::detail
