// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

namespace reference {

/// Two passes: the mean, then squares about it.
struct moments {
    real count = 0, mean = 0, squares = 0; ///< squares = Σ (x − mean)²

    /// Σ (x − mean)² / (count − ddof); 0 where that has no meaning.
    [[nodiscard]] real variance(int ddof = 1) const { return count > ddof ? squares / (count - ddof) : 0; }
};

[[nodiscard]] inline moments moments_of(const batch& b, const array& x) {
    moments m;
    for (const auto& row : b.rows)
        for (const std::size_t e : row)
            if (b.counted(e)) ++m.count, m.mean += x[e];
    if (m.count > 0) m.mean /= m.count;
    for (const auto& row : b.rows)
        for (const std::size_t e : row)
            if (b.counted(e)) m.squares += (x[e] - m.mean) * (x[e] - m.mean);
    return m;
}

/// Where ε enters the divisor.
enum class std_floor {
    inside_root,       ///< √(var + ε)
    after_root,        ///< √var + ε
    variance_at_least, ///< √max(var, ε)
    std_at_least,      ///< max(√var, ε)
};

struct whiten_options {
    bool center = true, scale = true;
    int ddof = 1;
    real epsilon = 1e-8L;
    std_floor floor = std_floor::inside_root;
};

[[nodiscard]] inline real floored_deviation(real variance, const whiten_options& o) {
    switch (o.floor) {
    case std_floor::inside_root:
        return std::sqrt(variance + o.epsilon);
    case std_floor::after_root:
        return std::sqrt(variance) + o.epsilon;
    case std_floor::variance_at_least:
        return std::sqrt(variance > o.epsilon ? variance : o.epsilon);
    case std_floor::std_at_least:
        break;
    }
    return std::sqrt(variance) > o.epsilon ? std::sqrt(variance) : o.epsilon;
}

/// (x − mean) / deviation, with the mean added again unless `center`; 0 where masked.
[[nodiscard]] inline array whiten(const batch& b, const array& x, const moments& m, const whiten_options& o = {}) {
    array y(b.size, 0);
    for (const auto& row : b.rows)
        for (const std::size_t e : row) {
            if (!b.counted(e)) continue;
            const real deviation = o.scale ? floored_deviation(m.variance(o.ddof), o) : 1;
            y[e] = (x[e] - m.mean) / deviation + (o.center ? 0 : m.mean);
        }
    return y;
}

[[nodiscard]] inline array whiten(const batch& b, const array& x, const whiten_options& o = {}) {
    return whiten(b, x, moments_of(b, x), o);
}

} // namespace reference
