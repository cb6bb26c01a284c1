// SPDX-License-Identifier: MIT
#pragma once

#include "bench.hpp"

#include <rlhf/core/logits.hpp>

#include <cmath>

namespace bench {

/// The logits of a benchmark: rows of a vocabulary, all of which count.
struct logit_rows {
    std::string where, how;
    std::int64_t rows, vocab;
    const char* element = "logit";

    logit_rows(place p, std::int64_t V, double bytes)
        : where(name(p)), how(std::string("V").append(std::to_string(V))),
          rows(std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(working_set(p)) / bytes) / V)),
          vocab(V) {}
    logit_rows(std::int64_t n, std::int64_t V)
        : where(std::to_string(n) + 'x' + std::to_string(V)), rows(n), vocab(V) {}

    /// One row of a small vocabulary.
    static logit_rows one_call(std::int64_t V) {
        logit_rows r(1, V);
        r.where = short_call, r.how = std::string("V").append(std::to_string(V));
        return r;
    }

    [[nodiscard]] logit_rows called(const std::string& part) const {
        logit_rows r = *this;
        r.how += (r.how.empty() ? "" : "/") + part;
        return r;
    }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(rows * vocab); }
    [[nodiscard]] std::span<const std::uint8_t> mask() const { return {}; }
    [[nodiscard]] std::size_t mask_bytes() const { return 0; }
};

/// What the Cases of logits share. Logits are sums of four uniform numbers: nearly normal, few near the largest.
template <class E>
struct on_logits {
    logit_rows at;
    std::size_t tokens = static_cast<std::size_t>(at.rows);
    rlhf::batch batch{.steps = at.rows, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::logits_view<const E> logits{numbers<E>(-4, 4, 1, at.size(), 4).data(), {.steps = at.rows, .vocab = at.vocab}};
    std::vector<std::int32_t> targets;
    std::span<float> log_probs = room<float>(20, tokens), entropy = room<float>(21, tokens);
    std::span<float> d_log_probs = room<float>(22, tokens), d_entropy = room<float>(23, tokens);

    explicit on_logits(const logit_rows& r) : at(r) {
        for (std::int64_t i = 0; i < at.rows; ++i) targets.push_back(static_cast<std::int32_t>(i * 997 % at.vocab));
        std::fill(d_log_probs.begin(), d_log_probs.end(), -0.5F);
        std::fill(d_entropy.begin(), d_entropy.end(), -0.01F);
    }
    /// Room for the gradient.
    [[nodiscard]] rlhf::logits_view<E> d() const {
        return {room<E>(0, at.size()).data(), {.steps = at.rows, .vocab = at.vocab}};
    }
};

/// The loops that one writes first, of one row: the largest, the sums, log p and the entropy.
template <class E>
struct plain_softmax {
    float largest, log_sum = 0, entropy = 0;

    plain_softmax(const E* z, std::size_t V) : largest(static_cast<float>(z[0])) {
        float sum = 0, weighted = 0;
        for (std::size_t v = 0; v < V; ++v) largest = std::max(largest, static_cast<float>(z[v]));
        for (std::size_t v = 0; v < V; ++v) {
            const float x = static_cast<float>(z[v]) - largest, e = std::exp(x);
            sum += e, weighted += e * x;
        }
        log_sum = std::log(sum), entropy = log_sum - weighted / sum;
    }
    [[nodiscard]] float log_prob(E z) const { return static_cast<float>(z) - largest - log_sum; }
};

/// Logits at home in a place: two places have 32,000 per row, DRAM has 128,256.
template <template <class> class Case, class E>
logit_rows fitting_logits(place p) {
    constexpr traffic t = Case<E>::streams;
    return {p, p == place::DRAM ? 128256 : 32000, static_cast<double>((t.inputs + t.outputs) * sizeof(E))};
}

/// The centre (f32, L3), the other places and types, and a short call.
template <template <class> class Case>
void vary_logits(const std::string& function, const std::string& more = "") {
    const auto named = [&](const logit_rows& r) { return more.empty() ? r : r.called(more); };
    const auto at = [&]<class E>(E, place p, std::initializer_list<who> whom) {
        add<Case, E>(function, named(fitting_logits<Case, E>(p)), whom);
    };
    at(float(), place::L3, everybody);
    for (const place p : {place::L2, place::DRAM}) at(float(), p, against_floor);
    for (const place p : {place::L3, place::DRAM}) at(rlhf::bfloat16(), p, against_floor);
    at(double(), place::L3, against_floor);
    add<Case, float>(function, named(logit_rows::one_call(1024)), against_plain);
}

} // namespace bench
