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

/// The softmax of a row and its divergence, with the numbers that the gradient needs.
struct top_k_stats {
    softmax_stats p;
    double value = 0; ///< +∞ where the row of logits holds nothing but −inf
    double pull = 0;  ///< Σ pull of all classes
    double tail = 0;  ///< the tail's pull divided by its probability
};

/// Compares rows of logits z with the k entries that a reference knows, and a tail for all others: k + 1 classes,
/// computed in double. Writes the gradient.
template <divergence How, class C, class Arch>
class top_k_pass {
    /// The least tail that float log-probabilities can tell from 0.
    static constexpr double least_tail = 0x1p-24;

public:
    top_k_pass(const bound_top_k& top, std::int64_t vocab, double temperature, double beta)
        : top_(top), vocab_(vocab), temperature_(temperature), beta_(beta), rows_(temperature) {}

    template <class E>
    [[nodiscard]] top_k_stats read(const E* z, std::int64_t token) const {
        top_k_stats row{.p = rows_.template read<softmax_wanted{}>(z, vocab_)};
        double of_p = 0, of_q = 0;
        for (std::int64_t i = 0; i < top_.k; ++i) {
            const entry e(*this, row.p, z, token, i);
            row.value += double(e.term.value), row.pull += double(e.term.pull), of_p += double(e.p),
                of_q += double(e.q);
        }
        if (row.p.impossible()) {
            row.value = std::numeric_limits<double>::infinity() + of_q; // NaN stays NaN
        } else if (top_.k < vocab_) {
            const real p = rest(of_p), q = rest(of_q);
            const auto tail = share(p, q, lane::log(double(p / q)), beta_);
            row.value += double(tail.value), row.pull += double(tail.pull), row.tail = double(tail.pull / p);
        }
        return row;
    }

    /// Writes as softmax_pass::write does, and 0 for a row whose reverse_kl is infinite.
    template <class E, class D>
    void write(const E* z, std::int64_t token, const top_k_stats& row, double scale, D* d, std::int64_t width,
               bool add) const {
        const bool steepest = How == divergence::reverse_kl && std::isinf(row.value);
        if (row.p.impossible() || steepest) {
            rows_.write(z, vocab_, softmax_stats(), logit_slopes(), 0, d, width, add);
            return;
        }
        std::array<C, static_cast<std::size_t>(most_entries)> listed; // z may be d
        for (std::int64_t i = 0; i < top_.k; ++i) {
            const entry e(*this, row.p, z, token, i);
            const double before = add ? double(static_cast<C>(d[top_.id(token, i)])) : 0;
            listed[static_cast<std::size_t>(i)] =
                static_cast<C>(double(before + scale / real(temperature_) * (e.term.pull - e.p * real(row.pull))));
        }
        // All entries of the tail have one slope, as under log-sum-exp.
        rows_.write(z, vocab_, row.p, {.log_sum_exp = row.tail - row.pull, .scale = scale}, top_.id(token, 0), d, width,
                    add);
        for (std::int64_t i = 0; i < top_.k; ++i)
            d[top_.id(token, i)] = static_cast<D>(listed[static_cast<std::size_t>(i)]);
    }

private:
    RLHF_NOINLINE static formula::divergence_term<real> share(real p, real q, real r, double beta) {
        return formula::divergence_share<How>(p, q, r, real(beta), real(1 - beta));
    }
    struct entry {
        real p, q;
        formula::divergence_term<real> term;

        template <class E>
        entry(const top_k_pass& rows, const softmax_stats& row, const E* z, std::int64_t token, std::int64_t i) {
            const real log_p = row.log_prob(static_cast<double>(z[rows.top_.id(token, i)]));
            const real log_q = rows.top_.log_prob(token, i);
            p = lane::exp(double(log_p)), q = lane::exp(double(log_q));
            term = share(p, q, log_p - log_q, rows.beta_);
        }
    };
    static double rest(double listed) { return 1 - listed < least_tail ? least_tail : 1 - listed; }

    bound_top_k top_;
    std::int64_t vocab_;
    double temperature_, beta_;
    softmax_pass<C, Arch> rows_;
};

} // namespace RLHF_NAMESPACE::detail
