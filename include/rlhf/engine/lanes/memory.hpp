// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/float16.hpp>
#include <rlhf/engine/lanes/simd.hpp>

#include <array>
#include <concepts>
#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// How elements come from memory into lanes of T, and back.
template <class T, class Arch>
struct lanes_memory {
    using type = simd<T, Arch>;
    using mask = typename type::mask;
    static constexpr int width = type::size;

    static type load(const T* p) { return type::load(p); }
    /// A register of the given numbers, one for each lane.
    template <class... X>
    static type of(X... x) {
        return type::of(x...);
    }

    /// Loads elements of another type, converted to T.
    template <class E>
    static type load(const E* p) {
        if constexpr (requires { own::load(p); }) {
            return own::load(p);
        } else {
            alignas(64) T x[size];
            for (std::size_t k = 0; k < size; ++k) x[k] = static_cast<T>(p[k]);
            return type::load_aligned(x);
        }
    }
    /// Stores lanes, converted to E. PastCache uses non-temporal stores, which need not read the memory first; p must
    /// then be aligned to the number of bytes that are written.
    template <bool PastCache = false, class E>
    static void store(E* p, const type& v) {
        if constexpr (requires { own::template store<PastCache>(p, v); }) {
            own::template store<PastCache>(p, v);
        } else if constexpr (std::same_as<E, T>) {
            v.store(p);
        } else {
            alignas(64) T x[size];
            v.store_aligned(x);
            for (std::size_t k = 0; k < size; ++k) p[k] = static_cast<E>(x[k]);
        }
    }

    /// load_first and store_first: the first n lanes. The other lanes are 0, and their memory is not touched.
    static type load_first(const T* p, std::int64_t n) {
        if constexpr (requires { own::load_first(p, n); }) {
            return own::load_first(p, n);
        } else {
            alignas(64) T x[size] = {};
            for (std::int64_t k = 0; k < n; ++k) x[k] = p[k];
            return type::load_aligned(x);
        }
    }
    static void store_first(T* p, const type& v, std::int64_t n) {
        if constexpr (requires { own::store_first(p, v, n); }) {
            own::store_first(p, v, n);
        } else {
            alignas(64) T x[size];
            v.store_aligned(x);
            for (std::int64_t k = 0; k < n; ++k) p[k] = x[k];
        }
    }

    /// load_last and store_last: the last n lanes, whose memory begins at p. The other lanes are 0, and their memory is
    /// not touched.
    static type load_last(const T* p, std::int64_t n) {
        if constexpr (requires { own::load_last(p, n); }) {
            return own::load_last(p, n);
        } else {
            alignas(64) T x[size] = {};
            for (std::int64_t k = 0; k < n; ++k) x[width - n + k] = p[k];
            return type::load_aligned(x);
        }
    }
    static void store_last(T* p, const type& v, std::int64_t n) {
        if constexpr (requires { own::store_last(p, v, n); }) {
            own::store_last(p, v, n);
        } else {
            alignas(64) T x[size];
            v.store_aligned(x);
            for (std::int64_t k = 0; k < n; ++k) p[k] = x[width - n + k];
        }
    }

    /// Loads 2 · width entries: first the entries at even indices, then the entries at odd ones. This is for bfloat16,
    /// where two entries are the halves of 32 bits.
    static std::array<type, 2> load_interleaved(const bfloat16* p) {
        if constexpr (requires { own::load_interleaved(p); }) {
            const auto pairs = own::load_interleaved(p);
            return {type(pairs.even), type(pairs.odd)};
        } else {
            alignas(64) T even[size], odd[size];
            for (std::size_t k = 0; k < size; ++k)
                even[k] = static_cast<T>(p[2 * k]), odd[k] = static_cast<T>(p[2 * k + 1]);
            return {type::load_aligned(even), type::load_aligned(odd)};
        }
    }
    template <bool PastCache = false>
    static void store_interleaved(bfloat16* p, const type& even, const type& odd) {
        if constexpr (requires { own::template store_interleaved<PastCache>(p, even, odd); }) {
            own::template store_interleaved<PastCache>(p, even, odd);
        } else {
            alignas(64) T x[size], y[size];
            even.store_aligned(x), odd.store_aligned(y);
            for (std::size_t k = 0; k < size; ++k) p[2 * k] = bfloat16(x[k]), p[2 * k + 1] = bfloat16(y[k]);
        }
    }

    /// True in the lanes whose byte is not zero.
    static mask counted(const std::uint8_t* bytes) {
        if constexpr (requires { own::counted(bytes); }) {
            return mask(own::counted(bytes));
        } else {
            alignas(64) T flags[size];
            for (std::size_t k = 0; k < size; ++k) flags[k] = bytes[k] != 0 ? T(1) : T(0);
            return type::load_aligned(flags) > type(T(0));
        }
    }

protected:
    static constexpr auto size = static_cast<std::size_t>(width);
    using own = typename type::own;
};

} // namespace RLHF_NAMESPACE::detail
