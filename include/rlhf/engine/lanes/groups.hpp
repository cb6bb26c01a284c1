// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/lanes/arithmetic.hpp>
#include <rlhf/engine/lanes/turns.hpp>

namespace RLHF_NAMESPACE::detail {

/// The steps of a group, which a recurrence sums in itself (DESIGN.md, D20): as many as a register of AVX2 has lanes,
/// on every instruction set.
template <class T>
inline constexpr int group_of = 32 / static_cast<int>(sizeof(T));

/// Takes the place of Arch if its registers are narrower than a group: several registers act as one.
template <class Arch>
struct several {};
template <class T, class Arch>
using group_arch = std::conditional_t<(lanes<T, Arch>::width < group_of<T>), several<Arch>, Arch>;

/// N registers or masks as one.
template <class E, std::size_t N>
struct parts_of {
    std::array<E, N> part;

    /// Makes the parts f(0), f(1), … The compiler may call f: inlining it everywhere would make too much code at -O0
    /// (DESIGN.md, D26).
    template <class F>
    static RLHF_FORMULA parts_of of(F&& f) {
        parts_of x;
        by_turns<N>([&](std::size_t k) { x.part[k] = f(k); });
        return x;
    }
    RLHF_FORMULA friend parts_of operator&&(const parts_of& a, const parts_of& b) {
        return of([&](std::size_t k) { return a.part[k] && b.part[k]; });
    }
    RLHF_FORMULA friend parts_of operator||(const parts_of& a, const parts_of& b) {
        return of([&](std::size_t k) { return a.part[k] || b.part[k]; });
    }
    RLHF_FORMULA friend parts_of operator!(const parts_of& a) {
        return of([&](std::size_t k) { return !a.part[k]; });
    }
};

template <class T, class Arch>
class simd<T, several<Arch>> {
    using one = lanes<T, Arch>;
    static constexpr std::size_t width = static_cast<std::size_t>(one::width), parts = group_of<T> / width;
    using all = parts_of<typename one::type, parts>;

public:
    using element = T;
    using mask = parts_of<typename one::mask, parts>;
    static constexpr int size = group_of<T>;

    simd() = default;
    RLHF_FORMULA simd(T x) { v_.part.fill(typename one::type(x)); }
    RLHF_FORMULA simd(const all& v) : v_(v) {}

    static RLHF_FORMULA simd load(const T* p) {
        return all::of([&](std::size_t k) { return one::load(p + k * width); });
    }
    static RLHF_FORMULA simd load_aligned(const T* p) { return load(p); }
    RLHF_FORMULA void store(T* p) const {
        by_turns<parts>([&](std::size_t k) { one::store(p + k * width, v_.part[k]); });
    }
    RLHF_FORMULA void store_aligned(T* p) const { store(p); }

    RLHF_FORMULA friend simd operator+(const simd& a, const simd& b) {
        return all::of([&](std::size_t k) { return a.v_.part[k] + b.v_.part[k]; });
    }
    RLHF_FORMULA friend simd operator-(const simd& a, const simd& b) {
        return all::of([&](std::size_t k) { return a.v_.part[k] - b.v_.part[k]; });
    }
    RLHF_FORMULA friend simd operator*(const simd& a, const simd& b) {
        return all::of([&](std::size_t k) { return a.v_.part[k] * b.v_.part[k]; });
    }
    RLHF_FORMULA friend mask operator<(const simd& a, const simd& b) {
        return mask::of([&](std::size_t k) { return a.v_.part[k] < b.v_.part[k]; });
    }
    RLHF_FORMULA friend mask operator>(const simd& a, const simd& b) { return b < a; }
    RLHF_FORMULA friend mask operator==(const simd& a, const simd& b) {
        return mask::of([&](std::size_t k) { return a.v_.part[k] == b.v_.part[k]; });
    }
    RLHF_FORMULA friend simd select(const mask& m, const simd& yes, const simd& no) {
        using lane::select;
        return all::of([&](std::size_t k) { return select(m.part[k], yes.v_.part[k], no.v_.part[k]); });
    }
    RLHF_FORMULA friend simd fma(const simd& a, const simd& b, const simd& c) {
        return all::of([&](std::size_t k) { return fma(a.v_.part[k], b.v_.part[k], c.v_.part[k]); });
    }

    /// The functions of lanes_order that work part by part.
    struct own {
        template <int N>
        static RLHF_FORMULA simd shift_down(const simd& v, const simd& next) {
            constexpr int within = N % one::width;
            const auto at = [&](std::size_t k) { return k < parts ? v.v_.part[k] : next.v_.part[k - parts]; };
            return all::of([&](std::size_t k) {
                if constexpr (within == 0)
                    return at(k + N / width);
                else
                    return one::template shift_down<within>(at(k + N / width), at(k + N / width + 1));
            });
        }
        template <int N>
        static RLHF_FORMULA simd broadcast(const simd& v) {
            const auto x = one::template broadcast<N % one::width>(v.v_.part[N / width]);
            return all::of([&](std::size_t) { return x; });
        }
        static RLHF_FORMULA mask where(std::uint64_t bits) {
            return mask::of([&](std::size_t k) { return one::where(bits >> k * width); });
        }
    };

private:
    all v_;
};

/// Lanes of consecutive steps: one group, or two if a register has room for them.
template <class T, class Arch>
struct group_lanes : lanes<T, group_arch<T, Arch>> {
private:
    using all = lanes<T, group_arch<T, Arch>>;
    using own = typename all::type::own;

public:
    using typename all::type;
    static constexpr int group = group_of<T>, groups = all::width / group;
    static_assert(groups == 1 || groups == 2);

    /// Lane i gets lane i + N of its group, or 0.
    template <int N>
    static RLHF_FORMULA type down_in_groups(const type& v) {
        if constexpr (groups == 1)
            return all::template shift_down<N>(v, type(T(0)));
        else
            return own::template down_in_halves<N>(v);
    }
    /// Lane i gets lane i − N of its group, or 0.
    template <int N>
    static RLHF_FORMULA type up_in_groups(const type& v) {
        if constexpr (groups == 1)
            return all::template shift_up<N>(v, type(T(0)));
        else
            return own::template up_in_halves<N>(v);
    }
    /// The steps that are left of a register, side by side in its first lanes: first steps of the first group, then
    /// steps of the second. spread() moves them to the first lanes of their group; other lanes are 0. gathered() moves
    /// them back; other lanes come from `rest`.
    struct packing {
        std::array<int, std::size_t(groups)> n; ///< steps of each group
        std::uint64_t lanes;                    ///< their lanes after spread(), as bits

        RLHF_FORMULA packing(std::uint64_t left, int of_all) : n{of_all}, lanes(low_bits(of_all)) {
            if constexpr (groups == 1) return;
            n.front() = std::popcount(left & low_bits(group)), n.back() = of_all - n.front();
            lanes = spread(lanes);
        }
        [[nodiscard]] RLHF_FORMULA std::uint64_t spread(std::uint64_t bits) const {
            return groups == 1 ? bits : (bits & low_bits(n.front())) | bits >> n.front() << group;
        }
        [[nodiscard]] RLHF_FORMULA type spread(const type& v) const {
            if constexpr (groups == 1)
                return select(all::where(lanes), v, type(T(0)));
            else
                return all::expand(lanes, v);
        }
        [[nodiscard]] RLHF_FORMULA type gathered(const type& v, const type& rest) const {
            if constexpr (groups == 1)
                return select(all::where(lanes), v, rest);
            else
                return all::compress(lanes, v, rest);
        }
    };
};

} // namespace RLHF_NAMESPACE::detail
