// SPDX-License-Identifier: MIT
#pragma once

// Words of detail::lanes in registers against the plain ones, element by element.

#include "support/random.hpp"
#include "support/ulp.hpp"

#include <rlhf/engine/lanes/lanes.hpp>

#include <algorithm>
#include <vector>

namespace test {

using rlhf::bfloat16, rlhf::float16, rlhf::native, rlhf::scalar;
using rlhf::detail::lanes;

template <class T>
using register_of = typename lanes<T, native>::type;
template <class T>
inline constexpr auto width = static_cast<std::size_t>(lanes<T, native>::width);
template <class T>
using limits = std::numeric_limits<T>;

template <class E>
E from_bits(std::uint64_t bits) {
    if constexpr (sizeof(E) == 2) {
        E x;
        x.bits = static_cast<std::uint16_t>(bits);
        return x;
    } else {
        return std::bit_cast<E>(static_cast<bits_of<E>>(bits));
    }
}

/// Same bits; of NaN the payload may become quiet.
template <class T>
bool same(T got, T want) {
    if (!std::isnan(want)) return same_bits(got, want);
    return std::isnan(got) && std::signbit(got) == std::signbit(want);
}

/// Numbers of all magnitudes, NaN and subnormal ones with them, and special values.
template <class T>
std::vector<T> any_numbers(random& r, std::size_t n) {
    std::vector<T> x(special_values<T>.begin(), special_values<T>.end());
    while (x.size() < n) x.push_back(from_bits<T>(r.bits()));
    x.resize((x.size() + width<T> - 1) / width<T> * width<T>);
    return x;
}

/// f(number of the register's first element), register by register; what f returns, stored.
template <class T, class F>
std::vector<T> in_registers(std::size_t n, F f) {
    std::vector<T> out(n);
    for (std::size_t i = 0; i + width<T> <= n; i += width<T>) lanes<T, native>::store(&out[i], f(i));
    return out;
}

/// How many elements differ from f(i), which is the plain version.
template <class T, class F>
std::size_t differences(const std::vector<T>& got, F f) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i) wrong += !same(got[i], T(f(i)));
    return wrong;
}

} // namespace test
