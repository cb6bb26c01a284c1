// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <rlhf/recipe/preference_nll.hpp>

#include <cmath>

namespace preference_nll_bench {

using bench::numbers, bench::room;

/// Pairs of the answers 0 and 1, 2 and 3, …; an odd last answer has none.
template <class T>
struct pairs_of_rows {
    bench::rows at;
    std::size_t answers = static_cast<std::size_t>(at.sequences), pairs = answers / 2;
    rlhf::batch batch = at.batch(), compared{.steps = pairs, .mask = rlhf::all, .denominator = rlhf::counted_here};
    std::vector<std::int32_t> chosen = places(0), rejected = places(1);
    std::span<const T> log_probs = numbers<T>(-5, 0, 1, at.size()), ref = numbers<T>(-5, 0, 2, at.size());
    std::span<T> d = room<T>(0, at.size()), sums = room<T>(1, answers), d_sums = room<T>(2, answers);

    explicit pairs_of_rows(const bench::rows& r) : at(r) {}
    [[nodiscard]] std::vector<std::int32_t> places(std::int32_t first) const {
        std::vector<std::int32_t> x(pairs);
        for (std::size_t p = 0; p < pairs; ++p) x[p] = static_cast<std::int32_t>(2 * p) + first;
        return x;
    }
    [[nodiscard]] T sum(const T* of, std::size_t s) const {
        const auto counts = at.counts();
        const auto steps = static_cast<std::size_t>(at.steps);
        T x = 0;
        for (std::size_t i = s * steps; i < (s + 1) * steps; ++i)
            if (counts(i)) x += of[i] - (ref.empty() ? T(0) : ref[i]);
        return x;
    }
};

/// A step of DPO from log-probabilities of tokens to their gradient. Both of its sweeps are in its floor.
template <class T>
struct dpo : pairs_of_rows<T> {
    static constexpr bench::traffic streams{.inputs = 2, .outputs = 1};
    explicit dpo(const bench::rows& r) : pairs_of_rows<T>(r) {}

    template <class Arch>
    auto call() {
        rlhf::sequence_log_probs<T, Arch>(
            this->batch, {.log_probs = this->log_probs, .ref_log_probs = this->ref, .sums = this->sums});
        const auto r = rlhf::preference_pairs<T, Arch>(
            this->compared,
            {.sums = this->sums, .chosen = this->chosen, .rejected = this->rejected, .d_sums = this->d_sums},
            rlhf::dpo{});
        rlhf::sequence_log_probs_backward<T, Arch>(this->batch, {.d_sums = this->d_sums, .d_log_probs = this->d});
        return r;
    }
    auto plain() {
        const auto counts = this->at.counts();
        const auto steps = static_cast<std::size_t>(this->at.steps);
        const T beta = T(0.1), n = static_cast<T>(this->pairs);
        T loss = 0, correct = 0;
        for (std::size_t s = 0; s < this->answers; ++s)
            this->sums[s] = this->sum(this->log_probs.data(), s), this->d_sums[s] = 0;
        for (std::size_t p = 0; p < this->pairs; ++p) {
            const T m = beta * (this->sums[2 * p] - this->sums[2 * p + 1]), e = std::exp(-std::abs(m));
            const T wrong = (m < 0 ? T(1) : e) / (1 + e);
            loss += std::log1p(e) + (m < 0 ? -m : T(0)), correct += m > 0 ? T(1) : T(0);
            this->d_sums[2 * p] = -beta * wrong / n, this->d_sums[2 * p + 1] = beta * wrong / n;
        }
        for (std::size_t i = 0; i < this->at.size(); ++i) this->d[i] = counts(i) ? this->d_sums[i / steps] : T(0);
        return std::array<T, 2>{loss / n, correct / n};
    }
};

/// A step of CPO: no reference, and the likelihood of half of the answers.
template <class T>
struct cpo : pairs_of_rows<T> {
    static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
    explicit cpo(const bench::rows& r) : pairs_of_rows<T>(r) { this->ref = {}; }

    template <class Arch>
    auto call() {
        return rlhf::preference_nll<T, Arch>(this->batch, this->compared, this->batch,
                                             {.log_probs = this->log_probs,
                                              .chosen = this->chosen,
                                              .rejected = this->rejected,
                                              .sums = this->sums,
                                              .d_sums = this->d_sums,
                                              .d_log_probs = this->d},
                                             rlhf::dpo{});
    }
    auto plain() {
        const auto counts = this->at.counts();
        const auto steps = static_cast<std::size_t>(this->at.steps);
        const T beta = T(0.1), n = static_cast<T>(this->pairs);
        T loss = 0, tokens = 0, nll = 0;
        for (std::size_t s = 0; s < this->answers; ++s)
            this->sums[s] = this->sum(this->log_probs.data(), s), this->d_sums[s] = 0;
        for (std::size_t p = 0; p < this->pairs; ++p) {
            const T m = beta * (this->sums[2 * p] - this->sums[2 * p + 1]), e = std::exp(-std::abs(m));
            const T wrong = (m < 0 ? T(1) : e) / (1 + e);
            loss += std::log1p(e) + (m < 0 ? -m : T(0)), nll -= this->sums[2 * p];
            this->d_sums[2 * p] = -beta * wrong / n, this->d_sums[2 * p + 1] = beta * wrong / n;
            for (std::size_t i = 2 * p * steps; i < (2 * p + 1) * steps; ++i) tokens += counts(i) ? T(1) : T(0);
        }
        for (std::size_t i = 0; i < this->at.size(); ++i) {
            const std::size_t s = i / steps;
            this->d[i] = counts(i) ? this->d_sums[s] - (s % 2 == 0 ? 1 / tokens : T(0)) : T(0);
        }
        return std::array<T, 2>{loss / n, nll / tokens};
    }
};

const bool registered = (bench::vary<dpo>("preference_nll", "dpo"), bench::vary<cpo>("preference_nll", "cpo"), true);

} // namespace preference_nll_bench
