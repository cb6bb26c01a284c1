// SPDX-License-Identifier: MIT
#pragma once

#include "support/log_probs.hpp"

#include <rlhf/logits/vocab_shards.hpp>

#include <limits>
#include <numeric>

/// Problems of token_log_probs, and the same ones dealt to ranks that each hold a part of the vocabulary.
namespace test::shards {

using rlhf::native, rlhf::vocab_shard;
using widths = std::vector<std::size_t>;

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class E>
struct outputs {
    using T = number<E>;
    std::vector<T> log_probs, entropy, log_sum_exp;
    std::vector<E> d; ///< [tokens, V]
    rlhf::token_log_probs_result forward, backward;
    explicit outputs(std::size_t n, std::size_t V)
        : log_probs(n, T(-77)), entropy(log_probs), log_sum_exp(log_probs), d(n * V, static_cast<E>(7)) {}
};

/// n tokens of a vocabulary of V, and the gradients of a loss.
template <class E>
struct problem {
    using T = number<E>;
    std::size_t n, V;
    std::vector<E> z;
    std::vector<std::int64_t> targets;
    std::vector<T> d_log_probs, d_entropy;
    rlhf::token_log_probs_options options;

    [[nodiscard]] rlhf::batch batch() const { return test::aligned(1, n); }

    template <class Arch = native>
    [[nodiscard]] outputs<E> whole() const {
        outputs<E> o(n, V);
        const rlhf::logits_view<const E> logits(z.data(), {.steps = n, .vocab = V});
        o.forward = rlhf::token_log_probs<T, Arch>(batch(), logits, targets,
                                                   rlhf::token_log_probs_arrays<T>{.log_probs = o.log_probs,
                                                                                   .entropy = o.entropy,
                                                                                   .log_sum_exp = o.log_sum_exp},
                                                   options);
        o.backward = rlhf::token_log_probs_backward<T, Arch>(batch(), logits, targets,
                                                             {.d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                                             test::logits_of(o.d, 1, n, V), options);
        return o;
    }
};

/// A problem dealt to ranks, and what they exchange: every rank's states, [ranks, tokens].
template <class E, class Arch = native>
class ranks {
public:
    using T = number<E>;

    ranks(const problem<E>& p, const widths& w) : p_(p), widths_(w), gathered_(w.size() * p.n) {
        for (std::size_t k = 0, first = 0; k < w.size(); first += w[k++]) {
            first_.push_back(first);
            std::vector<E> z(p.n * w[k]);
            for (std::size_t i = 0; i < p.n; ++i) std::copy_n(p.z.data() + i * p.V + first, w[k], z.data() + i * w[k]);
            rlhf::vocab_shard_sums<Arch>(p.batch(), view(z, k), first, p.targets, of_rank(k), p.options);
            z_.push_back(std::move(z));
        }
    }

    /// Rank k's, or room for what has its place.
    [[nodiscard]] rlhf::view<vocab_shard> of_rank(std::size_t k) {
        return {gathered_.data() + k * p_.n, {.steps = p_.n}};
    }
    [[nodiscard]] const std::vector<vocab_shard>& gathered() const { return gathered_; }
    /// The states as they are gathered when the ranks are numbered otherwise.
    [[nodiscard]] std::vector<vocab_shard> gathered(const widths& order) const {
        std::vector<vocab_shard> all;
        for (const std::size_t k : order)
            all.insert(all.end(), gathered_.begin() + static_cast<std::ptrdiff_t>(k * p_.n),
                       gathered_.begin() + static_cast<std::ptrdiff_t>((k + 1) * p_.n));
        return all;
    }

    [[nodiscard]] std::vector<vocab_shard> combine(const std::vector<vocab_shard>& all, outputs<E>& o) const {
        std::vector<vocab_shard> combined(p_.n);
        o.forward = rlhf::vocab_shard_log_probs<T>(p_.batch(), p_.targets,
                                                   {.shards = all,
                                                    .combined = combined,
                                                    .log_probs = o.log_probs,
                                                    .entropy = o.entropy,
                                                    .log_sum_exp = o.log_sum_exp},
                                                   p_.options);
        return combined;
    }

    [[nodiscard]] outputs<E> run() {
        outputs<E> o(p_.n, p_.V);
        const auto combined = combine(gathered_, o);
        for (std::size_t k = 0; k < widths_.size(); ++k) {
            o.backward = rlhf::vocab_shard_backward<T, Arch>(
                p_.batch(), view(z_[k], k), first_[k], p_.targets,
                {.combined = combined, .d_log_probs = p_.d_log_probs, .d_entropy = p_.d_entropy}, view(z_[k], k),
                p_.options);
            for (std::size_t i = 0; i < p_.n; ++i)
                std::copy_n(z_[k].data() + i * widths_[k], widths_[k], o.d.data() + i * p_.V + first_[k]);
        }
        return o;
    }

private:
    [[nodiscard]] rlhf::logits_view<E> view(std::vector<E>& z, std::size_t k) const {
        return {z.data(), {.steps = p_.n, .vocab = widths_[k]}};
    }

    const problem<E>& p_;
    widths widths_, first_;
    std::vector<std::vector<E>> z_;
    std::vector<vocab_shard> gathered_;
};

/// A row of each kind: random, flat, peaked, of huge numbers, with holes, possible in one shard alone, in no shard, the
/// same everywhere, of zeros of both signs, wide, far from 0, nearly certain of a token; with NaN, with +∞.
template <class E>
problem<E> every_kind(const widths& w, double temperature = 1, std::uint64_t seed = 1) {
    using T = number<E>;
    const std::size_t V = std::accumulate(w.begin(), w.end(), std::size_t(0)), n = 15;
    test::random r(seed + V);
    problem<E> p{n,
                 V,
                 test::random_logits<E>(r, n * V),
                 test::targets<std::int64_t>(r, n, V),
                 test::normals<T>(r, n),
                 test::normals<T>(r, n),
                 {.temperature = temperature}};
    const auto set = [&](std::size_t row, auto&& f) {
        for (std::size_t v = 0; v < V; ++v) {
            E& z = p.z[row * V + v];
            z = static_cast<E>(f(static_cast<double>(z), v));
        }
    };
    const std::size_t alone = r.below(w.size()),
                      first = std::accumulate(w.begin(), w.begin() + static_cast<std::ptrdiff_t>(alone), 0U),
                      drawn = r.below(V);
    set(1, [](double z, std::size_t) { return z * 1e-3; });
    set(2, [&](double z, std::size_t v) { return v == drawn ? 30 : z; });
    set(3, [](double z, std::size_t) { return z * 3333; });
    set(4, [&](double z, std::size_t) { return r.below(3) == 0 ? -inf : z; });
    set(5, [&](double z, std::size_t v) { return v >= first && v < first + w[alone] ? z - 1000 : -inf; });
    set(6, [](double, std::size_t) { return -inf; });
    set(7, [](double, std::size_t) { return 2.5; });
    set(8, [](double, std::size_t v) { return v % 2 == 0 ? 0.0 : -0.0; });
    set(9, [](double z, std::size_t) { return z * 3; });
    set(10, [](double z, std::size_t) { return z - 70; });
    set(11, [&](double z, std::size_t v) { return v == drawn ? 14.3 : z / 3; });
    set(12, [&](double z, std::size_t v) { return v == drawn ? -40 : z - 62; });
    set(13, [&](double z, std::size_t v) { return v == drawn ? not_a_number : z; });
    set(14, [&](double z, std::size_t v) { return v == drawn ? inf : z; });
    p.targets[11] = p.targets[12] = static_cast<std::int64_t>(drawn);
    for (const std::size_t row : widths{0, 2, 3, 5, 10, 11}) p.d_entropy[row] = 0;
    p.d_log_probs[4] = 0, p.d_log_probs[7] = p.d_entropy[7] = 0;
    return p;
}

inline const std::vector<widths>& cuts() {
    static const std::vector<widths> all{{1},
                                         {40},
                                         {1, 1},
                                         {17, 23},
                                         {1, 300, 7},
                                         {1, 1, 1, 1},
                                         {5, 128, 16, 2},
                                         {3, 3, 3, 3, 1},
                                         {9, 1, 64, 200, 31, 2},
                                         {30, 1, 2, 3, 4, 5, 6},
                                         {1, 1, 1, 1, 1, 1, 1, 1},
                                         {16, 130, 1, 1, 700, 8, 33, 2}};
    return all;
}

} // namespace test::shards
