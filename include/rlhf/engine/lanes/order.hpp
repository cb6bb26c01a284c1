// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/bits.hpp>
#include <rlhf/engine/lanes/simd.hpp>

namespace RLHF_NAMESPACE::detail {

/// Moves elements from lane to lane. In an integer the lowest bit stands for the first lane.
template <class T, class Arch>
struct lanes_order {
    using type = simd<T, Arch>;
    using mask = typename type::mask;
    static constexpr int width = type::size;

    /// Lane i gets lane i + N; the last lanes get the first lanes of `next`.
    template <int N>
    static type shift_down(const type& v, const type& next) {
        static_assert(N > 0 && N < width);
        if constexpr (requires { own::template shift_down<N>(v, next); }) {
            return own::template shift_down<N>(v, next);
        } else {
            alignas(64) T x[2 * size];
            v.store_aligned(x), next.store(x + width);
            return type::load(x + N);
        }
    }
    /// Lane i gets lane i − N; the first lanes get the last lanes of `previous`.
    template <int N>
    static type shift_up(const type& v, const type& previous) {
        return shift_down<width - N>(previous, v);
    }

    /// Lane N in every lane.
    template <int N>
    static type broadcast(const type& v) {
        if constexpr (requires { own::template broadcast<N>(v); })
            return own::template broadcast<N>(v);
        else
            return broadcast(N, v);
    }
    /// Lane n in every lane.
    static type broadcast(int n, const type& v) {
        if constexpr (requires { own::broadcast(n, v); }) {
            return own::broadcast(n, v);
        } else {
            alignas(64) T x[size];
            v.store_aligned(x);
            return type(x[n]);
        }
    }

    /// True in the lanes whose bit is set.
    static mask where(std::uint64_t bits) {
        if constexpr (requires { own::where(bits); }) {
            return mask(own::where(bits));
        } else {
            alignas(64) T flags[size];
            for (std::size_t k = 0; k < size; ++k) flags[k] = (bits >> k & 1) != 0 ? T(1) : T(0);
            return type::load_aligned(flags) > type(T(0));
        }
    }

    /// Moves the lanes whose bit is set side by side, beginning with the first lane. The lanes after them come from
    /// `rest`.
    static type compress(std::uint64_t bits, const type& v, const type& rest) {
        if constexpr (requires { own::compress(bits, v, rest); }) {
            return own::compress(bits, v, rest);
        } else {
            alignas(64) T x[size], y[size];
            v.store_aligned(x);
            std::size_t n = 0; // no branch, which a processor could not predict
            for (std::size_t k = 0; k < size; ++k) y[n] = x[k], n += bits >> k & 1;
            return select(where(low_bits(static_cast<std::int64_t>(n))), type::load_aligned(y), rest);
        }
    }
    /// Undoes compress: moves the first lanes to the lanes whose bit is set. The other lanes are 0.
    static type expand(std::uint64_t bits, const type& v) {
        if constexpr (requires { own::expand(bits, v); }) {
            return own::expand(bits, v);
        } else {
            alignas(64) T x[size], y[size];
            v.store_aligned(x);
            std::size_t n = 0;
            for (std::size_t k = 0; k < size; ++k) y[k] = x[n], n += bits >> k & 1;
            return select(where(bits), type::load_aligned(y), type(T(0)));
        }
    }

private:
    static constexpr auto size = static_cast<std::size_t>(width);
    using own = typename type::own;
};

} // namespace RLHF_NAMESPACE::detail
