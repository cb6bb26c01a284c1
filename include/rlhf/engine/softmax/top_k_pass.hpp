// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/call/logits_call.hpp>
#include <rlhf/engine/softmax/softmax_pass.hpp>
#include <rlhf/formula/divergence.hpp>

namespace RLHF_NAMESPACE::detail {

inline constexpr std::int64_t most_entries = 1024; ///< per row, because the scratch memory is on the stack

/// A top_k_reference bound to a batch.
struct bound_top_k {
    std::int64_t k, id_stride, log_prob_stride;
    index_view ids;
    const float* log_probs;

    [[nodiscard]] std::int64_t id(std::int64_t token, std::int64_t i) const { return ids[token * id_stride + i]; }
    [[nodiscard]] double log_prob(std::int64_t token, std::int64_t i) const {
        return static_cast<double>(log_probs[token * log_prob_stride + i]);
    }
};

inline bound_top_k bind_top_k(call& c, std::int64_t k, const index_view& ids, const view<const float>& log_probs,
                              std::int64_t vocab) {
    const std::int64_t most = vocab < most_entries ? vocab : most_entries;
    if (k < 1 || k > most) fail(c.function(), "k is %lld, expected 1 to %lld", k, most);
    const auto stride_of = [&](const auto& array, const char* name) {
        if (array.absent() && c.tokens() > 0) fail(c.function(), "%s is missing", name);
        return c.arrays().add(array, name, {c.tokens(), k, "tokens", "k"}, access::read);
    };
    return {k, stride_of(ids, "ids"), stride_of(log_probs, "log_probs"), ids, log_probs.data()};
}

/// Throws if an entry of a step that counts is outside the vocabulary.
inline void check_entries(const call& c, const bound_top_k& top, std::int64_t vocab) {
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const sequence_mask mask = c.mask(s);
        for (std::int64_t t = 0; t < mask.length; ++t) {
            if (!mask[t]) continue;
            for (std::int64_t i = 0; i < top.k; ++i)
                if (const std::int64_t id = top.id(c.batch().begin(s) + t, i); id < 0 || id >= vocab)
                    fail(c.function(), "entry %lld of sequence %lld, step %lld is outside the vocabulary of %lld", id,
                         s, t, vocab);
        }
    }
}

/// How a divergence over k entries is computed, whatever its kind.
struct top_k_rule {
    double temperature, beta;
    top_k_support support;
    double least_log_prob, low, high;
};

/// The softmax of a row and its divergence, with the numbers that the gradient needs.
struct top_k_stats {
    softmax_stats p;         ///< of the row; renormalized: of the entries listed
    double log_sum_of_q = 0; ///< renormalized: log Σ q
    double value = 0;        ///< +∞, or options.high, if all logits of the row are −inf
    double pull = 0;         ///< Σ pull of all classes
    double tail = 0;         ///< the tail's pull divided by its probability
    bool flat = false;       ///< there is a value, and no gradient
};

/// Compares rows of logits z with the k entries that a reference knows, and perhaps a tail for all others: at most
/// k + 1 classes, computed in double. Writes the gradient.
template <divergence How, class C, class Arch>
class top_k_pass {
    /// The least tail that float log-probabilities can tell from 0.
    static constexpr double least_tail = 0x1p-24;
    static constexpr double infinity = std::numeric_limits<double>::infinity();
    using numbers = std::array<C, static_cast<std::size_t>(most_entries)>;

public:
    top_k_pass(const bound_top_k& top, std::int64_t vocab, const top_k_rule& rule)
        : top_(top), vocab_(vocab), rule_(rule), rows_(rule.temperature), references_(1) {}

    template <class E>
    [[nodiscard]] top_k_stats read(const E* z, std::int64_t token) const {
        top_k_stats row = softmax_of(z, token);
        if (!row.flat) add_shares(row, z, token);
        row.flat = row.flat || (How == divergence::reverse_kl && std::isinf(row.value)) || row.value < rule_.low ||
                   row.value > rule_.high;
        if (row.value < rule_.low) row.value = rule_.low;
        if (row.value > rule_.high) row.value = rule_.high;
        return row;
    }

    /// Writes as softmax_pass::write does, and 0 for a row whose value is flat.
    template <class E, class D>
    void write(const E* z, std::int64_t token, const top_k_stats& row, double scale, D* d, std::int64_t width,
               bool add) const {
        const auto clear = [&] {
            if (!add) std::fill(d, d + width, static_cast<D>(C(0)));
        };
        if (row.p.impossible() || row.flat) return clear();
        numbers listed; // z may be d
        for (std::int64_t i = 0; i < top_.k; ++i) {
            const entry e(*this, row, z, token, i);
            const double before = add ? double(static_cast<C>(d[top_.id(token, i)])) : 0;
            listed[static_cast<std::size_t>(i)] =
                static_cast<C>(double(before + scale / real(rule_.temperature) * (e.term.pull - e.p * real(row.pull))));
        }
        // All entries that are not listed have one slope, as under log-sum-exp.
        if (rule_.support == top_k_support::renormalized)
            clear();
        else
            rows_.write(z, vocab_, row.p, {.log_sum_exp = row.tail - row.pull, .scale = scale}, top_.id(token, 0), d,
                        width, add);
        for (std::int64_t i = 0; i < top_.k; ++i)
            d[top_.id(token, i)] = static_cast<D>(listed[static_cast<std::size_t>(i)]);
    }

private:
    RLHF_NOINLINE static formula::divergence_term<real> share(real p, real q, real r, double beta, bool truncated) {
        if constexpr (How != divergence::jsd) // its shares are the same
            if (truncated) return formula::truncated_share<How>(p, q, r);
        return formula::divergence_share<How>(p, q, r, real(beta), real(1 - beta));
    }
    RLHF_NOINLINE static formula::divergence_term<real> truncated_share(real log_p, real log_q, double beta,
                                                                        double least) {
        const real a = log_p < least ? real(least) : log_p, b = log_q < least ? real(least) : log_q;
        auto term = share(lane::exp(double(a)), lane::exp(double(b)), a - b, beta, true);
        if (log_p < least) term.pull = 0.0;
        return term;
    }
    struct entry {
        real p, q;
        formula::divergence_term<real> term;

        template <class E>
        entry(const top_k_pass& rows, const top_k_stats& row, const E* z, std::int64_t token, std::int64_t i) {
            const real log_p = row.p.log_prob(static_cast<double>(z[rows.top_.id(token, i)]));
            const real log_q = rows.top_.log_prob(token, i) - real(row.log_sum_of_q);
            p = lane::exp(double(log_p)), q = lane::exp(double(log_q));
            term = rows.rule_.support == top_k_support::truncated
                       ? truncated_share(log_p, log_q, rows.rule_.beta, rows.rule_.least_log_prob)
                       : share(p, q, log_p - log_q, rows.rule_.beta, false);
        }
    };
    /// Adds the divergence of all classes.
    template <class E>
    void add_shares(top_k_stats& row, const E* z, std::int64_t token) const {
        double of_p = 0, of_q = 0;
        for (std::int64_t i = 0; i < top_.k; ++i) {
            const entry e(*this, row, z, token, i);
            row.value += double(e.term.value), row.pull += double(e.term.pull), of_p += double(e.p),
                of_q += double(e.q);
        }
        if (std::isnan(of_p + of_q)) row.value = row.pull = of_p + of_q; // also beside p = 0 or q = 0
        if (row.p.impossible()) {
            row.value = infinity + of_q; // NaN stays NaN
        } else if (rule_.support == top_k_support::tail && top_.k < vocab_) {
            const real p = rest(of_p), q = rest(of_q);
            const auto tail = share(p, q, lane::log(double(p / q)), rule_.beta, false);
            row.value += double(tail.value), row.pull += double(tail.pull), row.tail = double(tail.pull / p);
        }
    }
    template <class E>
    [[nodiscard]] top_k_stats softmax_of(const E* z, std::int64_t token) const {
        if (rule_.support != top_k_support::renormalized)
            return {.p = rows_.template read<softmax_wanted{}>(z, vocab_)};
        numbers listed;
        const auto softmax = [&](const auto& rows, const auto& number) {
            for (std::int64_t i = 0; i < top_.k; ++i) listed[static_cast<std::size_t>(i)] = static_cast<C>(number(i));
            return rows.template read<softmax_wanted{}>(listed.data(), top_.k);
        };
        top_k_stats row{.p = softmax(rows_, [&](std::int64_t i) { return z[top_.id(token, i)]; })};
        const softmax_stats q = softmax(references_, [&](std::int64_t i) { return top_.log_prob(token, i); });
        if (q.impossible()) row.value = infinity + row.p.sum, row.flat = true; // or NaN
        row.log_sum_of_q = q.log_sum_exp();
        return row;
    }
    static double rest(double listed) { return 1 - listed < least_tail ? least_tail : 1 - listed; }

    bound_top_k top_;
    std::int64_t vocab_;
    top_k_rule rule_;
    softmax_pass<C, Arch> rows_, references_;
};

} // namespace RLHF_NAMESPACE::detail
