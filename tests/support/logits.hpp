// SPDX-License-Identifier: MIT
#pragma once

#include "contract/contract.hpp"
#include "reference/token_log_probs.hpp"
#include "support/refusal.hpp"

#include <rlhf/core/logits.hpp>

#include <vector>

/// Logits for tests of what takes them.
namespace test {

template <class E>
[[nodiscard]] std::vector<E> random_logits(random& r, std::size_t n, double deviation = 3) {
    std::vector<E> z(n);
    for (E& e : z) e = static_cast<E>(r.normal(0, deviation));
    return z;
}

template <class E>
[[nodiscard]] reference::array widened(const std::vector<E>& z) {
    reference::array x;
    for (const E& e : z) x.push_back(static_cast<long double>(static_cast<double>(e)));
    return x;
}

/// A batch of B sequences of T steps, aligned targets.
[[nodiscard]] inline rlhf::batch aligned(std::size_t B, std::size_t T) {
    return {.sequences = B, .steps = T, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
}

template <class E>
[[nodiscard]] rlhf::logits_view<E> logits_of(std::vector<E>& z, std::size_t B, std::size_t T, std::size_t V,
                                             std::size_t padded = 0) {
    return {z.data(), {.sequences = B, .steps = T, .vocab = V, .padded_vocab = padded}};
}

/// Of the logits of one token that the contract's harness knows by `vocab` inputs.
///
/// Builds [B, T, vocab] logits and [B, T] targets from the streams of a contract call: stream v is column v, and the
/// target of a step is drawn from the bits of its first logit. What the masks hide becomes logits like any other
/// garbage, and a target of −1.
template <class E>
class contract_logits {
public:
    static constexpr std::size_t vocab = 5;

    template <class T>
    explicit contract_logits(const contract::call<T>& c) : b_(c.batch) {
        const bool next = b_.predict_next.value_or(false);
        const std::int64_t tokens = b_.tokens();
        z_.assign(static_cast<std::size_t>(tokens) * padded, static_cast<E>(1e30));
        targets_.assign(static_cast<std::size_t>(tokens), -1);
        const rlhf::detail::call geometry("test", b_);
        for (std::int64_t s = 0; s < b_.size(); ++s)
            for (std::int64_t t = 0; t < b_.length(s); ++t) {
                const std::int64_t token = b_.begin(s) + t;
                for (std::size_t v = 0; v < vocab; ++v)
                    z_[static_cast<std::size_t>(token) * padded + v] = static_cast<E>(element(c.in[v], s, t, token));
                const auto mask = geometry.mask(s);
                if (t >= mask.length || !mask[t]) continue;
                const auto bits =
                    static_cast<std::int64_t>(std::fabs(static_cast<double>(element(c.in[0], s, t, token))) * 1e4);
                targets_[static_cast<std::size_t>(token + (next ? 1 : 0))] = bits % static_cast<std::int64_t>(vocab);
            }
    }

    [[nodiscard]] rlhf::logits_view<E> logits() {
        if (b_.packed()) return {z_.data(), {.steps = b_.tokens(), .vocab = vocab, .padded_vocab = padded}};
        return {z_.data(), {.sequences = b_.sequences, .steps = b_.steps, .vocab = vocab, .padded_vocab = padded}};
    }
    /// Flat, or in the shape of a batch that is part of another.
    [[nodiscard]] const std::vector<std::int64_t>& targets() const { return targets_; }

    /// Column v of the logits, which by now may be a gradient, to a per-token array.
    template <class T>
    void column(std::size_t v, const rlhf::view<T>& to) const {
        for (std::int64_t s = 0; s < b_.size(); ++s)
            for (std::int64_t t = 0; t < b_.length(s); ++t) {
                const std::int64_t token = b_.begin(s) + t;
                element(to, s, t, token) = static_cast<T>(z_[static_cast<std::size_t>(token) * padded + v]);
            }
    }

private:
    static constexpr std::size_t padded = 8;

    template <class T>
    static T& element(const rlhf::view<T>& a, std::int64_t s, std::int64_t t, std::int64_t token) {
        return a.data()[a.rows() == rlhf::view<T>::flat ? token : s * a.stride() + t];
    }

    const rlhf::batch& b_;
    std::vector<E> z_;
    std::vector<std::int64_t> targets_;
};

} // namespace test
