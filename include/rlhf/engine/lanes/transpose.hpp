// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/simd.hpp>
#include <rlhf/engine/lanes/turns.hpp>

#include <cstdint>
#include <cstring>

namespace RLHF_NAMESPACE::detail {

template <class Words>
concept converts_eight_doubles = requires {
    &Words::store_doubles;
};
template <class Words>
concept transposes = requires {
    &Words::transpose;
};
/// The functions that convert eight numbers of T to doubles in memory, and back: with a register of AVX-512 if there is
/// one. Memory that is loaded as one register must not have been stored as two, because a processor would wait until
/// both are written.
template <class T>
using eight_doubles = std::conditional_t<converts_eight_doubles<words<double, 64>>, words<double, 64>, words<T, 32>>;

/// Reads eight rows of eight elements and writes them as columns of doubles: element k of row g goes to to[8 k + g].
/// Rows begin `apart` elements from one another. `to` is aligned to 64 bytes. Arch is scalar, or anything else for
/// registers.
template <class Arch, class T>
void rows_to_columns(const T* from, std::int64_t apart, double* to) {
    using own = words<T, 32>;
    using doubles = eight_doubles<T>;
    if constexpr (!std::is_same_v<Arch, scalar> && transposes<own>) {
        typename own::V rows[8]; // in registers, because all loops are unrolled
        unrolled<8>([&](std::size_t g) RLHF_INLINE {
            std::memcpy(&rows[g], from + static_cast<std::int64_t>(g) * apart, sizeof rows[g]);
        });
        own::transpose(rows);
        unrolled<8>([&](std::size_t k) RLHF_INLINE { doubles::store_doubles(to + 8 * k, rows[k]); });
    } else {
        for (std::int64_t g = 0; g < 8; ++g)
            for (std::int64_t k = 0; k < 8; ++k) to[8 * k + g] = static_cast<double>(from[g * apart + k]);
    }
}

/// Undoes rows_to_columns for the first n ≤ 8 elements of each row. Nothing else is written.
template <class Arch, class T>
void columns_to_rows(const double* from, T* to, std::int64_t apart, std::int64_t n) {
    using own = words<T, 32>;
    using doubles = eight_doubles<T>;
    if constexpr (!std::is_same_v<Arch, scalar> && transposes<own>) {
        typename own::V rows[8];
        unrolled<8>([&](std::size_t k) RLHF_INLINE { rows[k] = doubles::load_doubles(from + 8 * k); });
        own::transpose(rows);
        if (n == 8)
            return unrolled<8>([&](std::size_t g) RLHF_INLINE {
                std::memcpy(to + static_cast<std::int64_t>(g) * apart, &rows[g], sizeof rows[g]);
            });
        for (std::int64_t g = 0; g < 8; ++g) {
            T row[8];
            std::memcpy(row, &rows[g], sizeof row);
            for (std::int64_t k = 0; k < n; ++k) to[g * apart + k] = row[k];
        }
    } else {
        for (std::int64_t g = 0; g < 8; ++g)
            for (std::int64_t k = 0; k < n; ++k) to[g * apart + k] = static_cast<T>(from[8 * k + g]);
    }
}

/// Reads eight rows of eight numbers and writes them as columns: number k of row g, at from[g · from_apart + k], goes
/// to to[k · to_apart + g]. Arch is scalar, or anything else for registers.
template <class Arch, class T>
void transpose_eight(const T* from, std::int64_t from_apart, T* to, std::int64_t to_apart) {
    using own = words<T, 32>;
    if constexpr (!std::is_same_v<Arch, scalar> && transposes<own>) {
        typename own::V rows[8];
        unrolled<8>([&](std::size_t g) RLHF_INLINE {
            std::memcpy(&rows[g], from + static_cast<std::int64_t>(g) * from_apart, sizeof rows[g]);
        });
        own::transpose(rows);
        unrolled<8>([&](std::size_t k) RLHF_INLINE {
            std::memcpy(to + static_cast<std::int64_t>(k) * to_apart, &rows[k], sizeof rows[k]);
        });
    } else {
        for (std::int64_t g = 0; g < 8; ++g)
            for (std::int64_t k = 0; k < 8; ++k) to[k * to_apart + g] = from[g * from_apart + k];
    }
}

} // namespace RLHF_NAMESPACE::detail
