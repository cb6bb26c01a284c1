// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/memory.hpp>
#include <rlhf/engine/lanes/order.hpp>
#include <rlhf/engine/lanes/turns.hpp>
#include <rlhf/lane.hpp>

#include <array>
#include <cstdint>
#include <utility>

namespace RLHF_NAMESPACE::detail {

/// The type of a counter of lanes: the instruction set's own type, or a number.
template <class Words>
struct counter_of {
    using type = std::int64_t;
};
template <class Words>
    requires requires { typename Words::counter; }
struct counter_of<Words> {
    using type = typename Words::counter;
};

/// How a sweep brings elements of T into lanes, and the functions that xsimd lacks or defines differently from version
/// to version. Where an instruction set has a function of its own (words.hpp), that function is used;
/// tests/unit/lanes_*_test.cpp compare it with the plain version.
template <class T, class Arch>
struct lanes;

template <class T>
struct lanes<T, scalar> {
    using type = lane::number<T>;
    using mask = bool;
    static constexpr int width = 1;

    template <class E>
    static type load(const E* p) {
        return static_cast<T>(*p);
    }
    template <bool = false, class E>
    static void store(E* p, type v) {
        *p = static_cast<E>(T(v));
    }
    static type of(T x) { return x; }
    static std::array<type, 2> load_interleaved(const bfloat16* p) { return {load(p), load(p + 1)}; }
    template <bool = false>
    static void store_interleaved(bfloat16* p, type even, type odd) {
        store(p, even), store(p + 1, odd);
    }
    static mask counted(const std::uint8_t* bytes) { return *bytes != 0; }
    static int count(mask m) { return m ? 1 : 0; }
    using counter = std::int64_t;
    static void count_on(counter& n, mask m) { n += m ? 1 : 0; }
    static std::int64_t counted_up(counter n) { return n; }
    template <std::size_t N, std::size_t M, class Counter>
    static void add_counts(const Counter& counter, std::array<std::int64_t, M>& to) {
        for (std::size_t k = 0; k < N; ++k) to[k] += counter(k);
    }
    static type add_where(mask m, type sum, type x) { return m ? sum + x : sum; }
    static T sum_by_halves(type v) { return T(v); }
    template <std::size_t N, std::size_t M>
    static void sums_by_halves(const std::array<type, N>& v, std::array<T, M>& to) {
        for (std::size_t k = 0; k < M; ++k) to[k] = k < N ? T(v[k]) : T(0);
    }
    static T largest(type v) { return T(v); }
    static type fma_where(mask m, type a, type b, type c) { return m ? fma(a, b, c) : c; }
    static constexpr bool has_scale2_or_zero = false;
    static std::array<lane::number<double>, 1> widen(type v) { return {static_cast<double>(T(v))}; }
    static auto widen_stored(type v) { return widen(v); }

    static type load_first(const T* p, std::int64_t n) { return n > 0 ? *p : T(0); }
    static void store_first(T* p, type v, std::int64_t n) {
        if (n > 0) *p = T(v);
    }
    static type load_last(const T* p, std::int64_t n) { return load_first(p, n); }
    static void store_last(T* p, type v, std::int64_t n) { store_first(p, v, n); }
    template <int>
    static type shift_down(type, type next) {
        return next;
    }
    template <int>
    static type shift_up(type, type previous) {
        return previous;
    }
    template <int>
    static type broadcast(type v) {
        return v;
    }
    static mask where(std::uint64_t bits) { return (bits & 1) != 0; }
    static type broadcast(int, type v) { return v; }
    static type compress(std::uint64_t bits, type v, type rest) { return (bits & 1) != 0 ? v : rest; }
    static type expand(std::uint64_t bits, type v) { return (bits & 1) != 0 ? v : type(T(0)); }
};

template <class T, class Arch>
struct lanes : lanes_memory<T, Arch>, lanes_order<T, Arch> {
    using memory = lanes_memory<T, Arch>;
    using typename memory::mask;
    using typename memory::type;
    using wide = simd<double, Arch>;
    using memory::width;
    using typename memory::own;

    /// The number of lanes that are true.
    static int count(const mask& m) {
        if constexpr (requires { own::count(m); }) {
            return own::count(m);
        } else {
            alignas(64) T flags[size];
            select(m, type(T(1)), type(T(0))).store_aligned(flags);
            int n = 0;
            for (const T f : flags) n += f != 0 ? 1 : 0;
            return n;
        }
    }

    /// Counts true lanes of several masks, fewer than 2³¹: count_on() adds a mask, counted_up() returns the number.
    using counter = typename counter_of<own>::type;
    static void count_on(counter& n, const mask& m) {
        if constexpr (requires { own::count_on(n, m); })
            own::count_on(n, m);
        else
            n += count(m);
    }
    static std::int64_t counted_up(const counter& n) {
        if constexpr (requires { own::counted_up(n); })
            return own::counted_up(n);
        else
            return n;
    }

    /// Adds the numbers of N counters to `to`; counter(k) is the counter of to[k]. The rest of `to` gets any of these
    /// numbers added. M is a multiple of 4.
    template <std::size_t N, std::size_t M, class Counter>
    static RLHF_FORMULA void add_counts(const Counter& counter, std::array<std::int64_t, M>& to) {
        static_assert(N <= M && M % 4 == 0);
        const auto at = [&](std::size_t k) { return counter(k < N ? k : N - 1); };
        if constexpr (requires { own::add_counts(&to[0], at(0), at(0), at(0), at(0)); })
            for (std::size_t k = 0; k < M; k += 4) own::add_counts(&to[k], at(k), at(k + 1), at(k + 2), at(k + 3));
        else
            for (std::size_t k = 0; k < N; ++k) to[k] += counted_up(counter(k));
    }

    /// sum + x where m is true, else sum.
    static type add_where(const mask& m, const type& sum, const type& x) {
        if constexpr (requires { own::add_where(m, sum, x); })
            return own::add_where(m, sum, x);
        else
            return sum + select(m, x, type(T(0)));
    }

    /// fma(a, b, c) where m is true, else c.
    static type fma_where(const mask& m, const type& a, const type& b, const type& c) {
        if constexpr (requires { own::fma_where(m, a, b, c); })
            return own::fma_where(m, a, b, c);
        else
            return select(m, fma(a, b, c), c);
    }

    /// True if the instruction set has its own scale2_or_zero. Otherwise scale2_normal is much shorter.
    static constexpr bool has_scale2_or_zero = requires(const type& v) { own::scale2_or_zero(v, v, v); };

    /// The sum of all lanes: lane k gets lane k + half added, with half from half the lanes down to one.
    static T sum_by_halves(const type& v) {
        if constexpr (requires { own::sum_by_halves(v); })
            return own::sum_by_halves(v);
        else
            return joined(v, [](T a, T b) { return a + b; });
    }
    /// True if the instruction set has a word that sums the lanes of as many registers as a register has lanes.
    static constexpr bool joins_registers = []<std::size_t... K>(std::index_sequence<K...>) {
        return requires(const type& x) { own::sums_by_halves(((void)K, x)...); };
    }
    (std::make_index_sequence<std::size_t(width)>());
    /// Writes the sum of all lanes of each register, in the order of the registers. The rest of `to` holds any of these
    /// sums, or 0. M is a multiple of the lanes of a register.
    template <std::size_t N, std::size_t M>
    static void sums_by_halves(const std::array<type, N>& v, std::array<T, M>& to) {
        static_assert(N <= M && M % size == 0);
        sums_by_halves(v, to, std::make_index_sequence<size>());
    }
    /// The largest of all lanes. No lane may be NaN.
    static T largest(const type& v) {
        if constexpr (requires { own::largest(v); })
            return own::largest(v);
        else
            return joined(v, [](T a, T b) { return a > b ? a : b; });
    }

    /// Floats as doubles, in the same order.
    static std::array<wide, static_cast<std::size_t>(width / wide::size)> widen(const type& v) {
        if constexpr (sizeof(T) == sizeof(double)) {
            return {v};
        } else if constexpr (requires { own::widen(v); }) {
            const auto doubles = own::widen(v);
            return {wide(doubles.first), wide(doubles.last)};
        } else {
            alignas(64) T x[size];
            alignas(64) double y[size];
            v.store_aligned(x);
            for (std::size_t k = 0; k < size; ++k) y[k] = static_cast<double>(x[k]);
            return {wide::load_aligned(y), wide::load_aligned(y + wide::size)};
        }
    }
    /// The same for a register that lies in memory: an instruction that reads and converts needs no shuffle.
    static auto widen_stored(const type& v) {
        const auto* const p = reinterpret_cast<const T*>(&v); // a register's type may alias its elements
        if constexpr (sizeof(T) < sizeof(double) && requires { wide::own::load(p); })
            return std::array{wide(wide::own::load(p)), wide(wide::own::load(p + wide::size))};
        else
            return widen(v);
    }

private:
    using memory::size;
    template <std::size_t N, std::size_t M, std::size_t... K>
    static void sums_by_halves(const std::array<type, N>& v, std::array<T, M>& to, std::index_sequence<K...>) {
        if constexpr (joins_registers)
            for (std::size_t k = 0; k < M; k += size)
                type(own::sums_by_halves(v[k + K < N ? k + K : N - 1]...)).store(&to[k]);
        else
            for (std::size_t k = 0; k < M; ++k) to[k] = k < N ? sum_by_halves(v[k]) : T(0);
    }
    template <class F>
    static T joined(const type& v, F f) {
        std::array<T, size> x;
        v.store(x.data());
        return by_halves(x, f);
    }
};

using lane::mask_of;

/// Long sums are kept in this many lanes, for every width of a register, so that the order of additions is the same on
/// every instruction set.
template <class T>
inline constexpr int sum_lanes = 64 / static_cast<int>(sizeof(T));

} // namespace RLHF_NAMESPACE::detail
