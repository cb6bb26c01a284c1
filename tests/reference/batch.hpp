// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

/// What the library should compute, written again as plain loops in long double, from the papers and the definitions
/// alone. Nothing here includes the library.
namespace reference {

using real = long double;
using array = std::vector<real>; ///< one number per element of the batch, unless said otherwise

inline constexpr real unlimited = std::numeric_limits<real>::infinity();

struct counts {
    real tokens = 0, sequences = 0;
};

enum class aggregation { token_mean, sequence_mean_token_mean, sequence_mean_token_sum };

/// Sequences as lists of places in flat arrays, in the order of time: padded, time-major and packed alike.
struct batch {
    std::vector<std::vector<std::size_t>> rows;
    std::vector<char> mask;                 ///< by place; empty: everything counts
    std::optional<counts> denominator = {}; ///< of the whole step; absent: what counts here
    std::size_t size = 0;                   ///< of the arrays

    [[nodiscard]] bool counted(std::size_t place) const { return mask.empty() || mask[place] != 0; }
};

template <class T>
[[nodiscard]] array to_real(const std::vector<T>& x) {
    return array(x.begin(), x.end());
}

template <class T = char>
[[nodiscard]] batch padded(std::size_t sequences, std::size_t steps, const std::vector<T>& mask = {}) {
    batch b{.rows = std::vector<std::vector<std::size_t>>(sequences), .mask = {mask.begin(), mask.end()}};
    for (std::size_t s = 0; s < sequences; ++s)
        for (std::size_t t = 0; t < steps; ++t) b.rows[s].push_back(s * steps + t);
    b.size = sequences * steps;
    return b;
}

template <class T = char>
[[nodiscard]] batch time_major(std::size_t sequences, std::size_t steps, const std::vector<T>& mask = {}) {
    batch b{.rows = std::vector<std::vector<std::size_t>>(sequences), .mask = {mask.begin(), mask.end()}};
    for (std::size_t s = 0; s < sequences; ++s)
        for (std::size_t t = 0; t < steps; ++t) b.rows[s].push_back(t * sequences + s);
    b.size = sequences * steps;
    return b;
}

/// `offsets` rise from 0 and are one more than there are sequences.
template <class I, class T = char>
[[nodiscard]] batch packed(const std::vector<I>& offsets, const std::vector<T>& mask = {}) {
    batch b{.rows = std::vector<std::vector<std::size_t>>(offsets.size() - 1), .mask = {mask.begin(), mask.end()}};
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        for (I e = offsets[s]; e < offsets[s + 1]; ++e) b.rows[s].push_back(static_cast<std::size_t>(e));
    b.size = static_cast<std::size_t>(offsets.back());
    return b;
}

/// A mask given by token as one by step, where step t is about token t + 1; a row's last step is about nothing.
[[nodiscard]] inline batch predict_next(batch b) {
    std::vector<char> shifted(b.size, 0);
    for (const auto& row : b.rows)
        for (std::size_t t = 0; t + 1 < row.size(); ++t) shifted[row[t]] = b.counted(row[t + 1]);
    b.mask = std::move(shifted);
    return b;
}

[[nodiscard]] inline real counted_in(const batch& b, const std::vector<std::size_t>& row) {
    real n = 0;
    for (const std::size_t e : row) n += b.counted(e) ? 1 : 0;
    return n;
}

/// Counted tokens, and sequences with at least one.
[[nodiscard]] inline counts count(const batch& b) {
    counts c;
    for (const auto& row : b.rows) {
        const real n = counted_in(b, row);
        c.tokens += n, c.sequences += n > 0 ? 1 : 0;
    }
    return c;
}

/// Factor of each element's loss: the loss of the batch is Σ share · loss. 0 where masked.
[[nodiscard]] inline array shares(const batch& b, aggregation how) {
    const counts c = b.denominator.value_or(count(b));
    array share(b.size, 0);
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            share[e] = how == aggregation::token_mean                ? 1 / c.tokens
                       : how == aggregation::sequence_mean_token_sum ? 1 / c.sequences
                                                                     : 1 / (c.sequences * counted_in(b, row));
        }
    return share;
}

[[nodiscard]] inline real clamped(real x, real low, real high) { return x < low ? low : x > high ? high : x; }
[[nodiscard]] inline real sigmoid(real x) { return 1 / (1 + std::exp(-x)); }
/// log(1 + eˣ) = −log σ(−x).
[[nodiscard]] inline real softplus(real x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

} // namespace reference
