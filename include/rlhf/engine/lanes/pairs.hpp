// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/arithmetic.hpp>

namespace RLHF_NAMESPACE::detail {

/// Two registers of Arch as one. Each operation is done on both, one after the other. A formula is a long chain of
/// operations, so the processor always has two chains to work on (DESIGN.md, D56).
template <class Arch>
struct pairs {};

template <class M>
struct pair_mask {
    RLHF_MUTABLE M a, b;

    pair_mask() = default;
    RLHF_FORMULA explicit pair_mask(bool all) : a(all), b(all) {}
    RLHF_FORMULA pair_mask(const M& first, const M& second) : a(first), b(second) {}
    RLHF_FORMULA friend pair_mask operator&&(const pair_mask& x, const pair_mask& y) {
        return {x.a && y.a, x.b && y.b};
    }
    RLHF_FORMULA friend pair_mask operator||(const pair_mask& x, const pair_mask& y) {
        return {x.a || y.a, x.b || y.b};
    }
    RLHF_FORMULA friend pair_mask operator!(const pair_mask& x) { return {!x.a, !x.b}; }
};

template <class T, class Arch>
class simd<T, pairs<Arch>> {
    using one = lanes<T, Arch>;
    using V = typename one::type;

public:
    using element = T;
    using mask = pair_mask<typename one::mask>;
    static constexpr int size = 2 * one::width;

    V a, b;

    simd() = default;
    RLHF_FORMULA simd(T x) : a(x), b(x) {}
    RLHF_FORMULA simd(const V& first, const V& second) : a(first), b(second) {}

    static RLHF_FORMULA simd load(const T* p) { return {V::load(p), V::load(p + one::width)}; }
    static RLHF_FORMULA simd load_aligned(const T* p) { return {V::load_aligned(p), V::load_aligned(p + one::width)}; }
    RLHF_FORMULA void store(T* p) const { a.store(p), b.store(p + one::width); }
    RLHF_FORMULA void store_aligned(T* p) const { a.store_aligned(p), b.store_aligned(p + one::width); }

    RLHF_FORMULA friend simd operator+(const simd& x, const simd& y) { return {x.a + y.a, x.b + y.b}; }
    RLHF_FORMULA friend simd operator-(const simd& x, const simd& y) { return {x.a - y.a, x.b - y.b}; }
    RLHF_FORMULA friend simd operator*(const simd& x, const simd& y) { return {x.a * y.a, x.b * y.b}; }
    RLHF_FORMULA friend simd operator/(const simd& x, const simd& y) { return {x.a / y.a, x.b / y.b}; }
    RLHF_FORMULA friend simd operator-(const simd& x) { return {-x.a, -x.b}; }
    RLHF_FORMULA friend mask operator<(const simd& x, const simd& y) { return {x.a < y.a, x.b < y.b}; }
    RLHF_FORMULA friend mask operator<=(const simd& x, const simd& y) { return {x.a <= y.a, x.b <= y.b}; }
    RLHF_FORMULA friend mask operator>(const simd& x, const simd& y) { return {x.a > y.a, x.b > y.b}; }
    RLHF_FORMULA friend mask operator>=(const simd& x, const simd& y) { return {x.a >= y.a, x.b >= y.b}; }
    RLHF_FORMULA friend mask operator==(const simd& x, const simd& y) { return {x.a == y.a, x.b == y.b}; }
    RLHF_FORMULA friend mask operator!=(const simd& x, const simd& y) { return {x.a != y.a, x.b != y.b}; }
    RLHF_FORMULA friend simd select(const mask& m, const simd& yes, const simd& no) {
        return {select(m.a, yes.a, no.a), select(m.b, yes.b, no.b)};
    }
    RLHF_FORMULA friend simd abs(const simd& x) { return {abs(x.a), abs(x.b)}; }
    RLHF_FORMULA friend bool within(const simd& x, T bound) {
        return V::everywhere(abs(x.a) <= V(bound) && abs(x.b) <= V(bound));
    }
    RLHF_FORMULA friend simd sqrt(const simd& x) { return {sqrt(x.a), sqrt(x.b)}; }
    RLHF_FORMULA friend simd round(const simd& x) { return {round(x.a), round(x.b)}; }
    RLHF_FORMULA friend simd larger(const simd& x, const simd& y) { return {larger(x.a, y.a), larger(x.b, y.b)}; }
    RLHF_FORMULA friend simd smaller(const simd& x, const simd& y) { return {smaller(x.a, y.a), smaller(x.b, y.b)}; }
    RLHF_FORMULA friend simd scale2(const simd& x, const simd& n) { return {scale2(x.a, n.a), scale2(x.b, n.b)}; }
    RLHF_FORMULA friend simd scale2_down(const simd& x, const simd& n) {
        return {scale2_down(x.a, n.a), scale2_down(x.b, n.b)};
    }
    RLHF_FORMULA friend simd scale2_normal(const simd& x, const simd& shifted) {
        return {scale2_normal(x.a, shifted.a), scale2_normal(x.b, shifted.b)};
    }
    RLHF_FORMULA friend simd scale2_or_zero(const simd& x, const simd& n) {
        return {scale2_or_zero(x.a, n.a), scale2_or_zero(x.b, n.b)};
    }
    RLHF_FORMULA friend simd fma(const simd& x, const simd& y, const simd& z) {
        return {fma(x.a, y.a, z.a), fma(x.b, y.b, z.b)};
    }
    struct split {
        simd m, n;
    };
    RLHF_FORMULA friend split split2(const simd& x) {
        const auto first = split2(x.a), second = split2(x.b);
        return {{first.m, second.m}, {first.n, second.n}};
    }

    /// The functions of lanes that work register by register.
    struct own {
        static RLHF_FORMULA mask where(std::uint64_t bits) {
            return {one::where(bits), one::where(bits >> one::width)};
        }
        static RLHF_FORMULA mask counted(const std::uint8_t* bytes) {
            return {one::counted(bytes), one::counted(bytes + one::width)};
        }
        using counter = typename one::counter; // one for both: a sum has few registers
        static RLHF_FORMULA void count_on(counter& n, const mask& m) { one::count_on(n, m.a), one::count_on(n, m.b); }
        static RLHF_FORMULA std::int64_t counted_up(const counter& n) { return one::counted_up(n); }
        static RLHF_FORMULA void add_counts(std::int64_t* to, const auto&... n) requires requires {
            one::own::add_counts(to, n...);
        }
        { one::own::add_counts(to, n...); }
        template <class E>
        static RLHF_FORMULA simd load(const E* p) requires requires {
            one::own::load(p);
        }
        { return {V(one::own::load(p)), V(one::own::load(p + one::width))}; }
        static RLHF_FORMULA T largest(const simd& x) { return one::largest(larger(x.b, x.a)); }
        static RLHF_FORMULA T sum_by_halves(const simd& x) { return one::sum_by_halves(x.a + x.b); }
        template <class... X>
        static RLHF_FORMULA simd sums_by_halves(const X&... x) requires(one::joins_registers && sizeof...(X) == size) {
            const std::array<V, std::size_t(size)> v{(x.a + x.b)...};
            return [&]<std::size_t... K>(std::index_sequence<K...>) RLHF_INLINE {
                return simd(V(one::own::sums_by_halves(v[K]...)), V(one::own::sums_by_halves(v[K + one::width]...)));
            }
            (std::make_index_sequence<one::width>());
        }
        struct doubles {
            simd<double, pairs<Arch>> first, last;
        };
        static RLHF_FORMULA doubles widen(const simd& x) requires(sizeof(T) < sizeof(double)) {
            const auto first = one::widen(x.a), second = one::widen(x.b);
            return {{first[0], first[1]}, {second[0], second[1]}};
        }
    };
};

/// The registers of a sweep over tokens: a pair if a pair has as many lanes as a sum (sum_lanes), else one.
template <class T, class Arch>
using token_arch = std::conditional_t<2 * lanes<T, Arch>::width == sum_lanes<T>, pairs<Arch>, Arch>;

} // namespace RLHF_NAMESPACE::detail
