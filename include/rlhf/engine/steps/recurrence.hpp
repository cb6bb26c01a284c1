// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/gaps.hpp>
#include <rlhf/engine/call/call.hpp>
#include <rlhf/engine/lanes/lanes.hpp>

#include <algorithm>

namespace RLHF_NAMESPACE::detail {

/// The flags that cut a sequence into several episodes.
struct scan_flags {
    stream<const std::uint8_t> terminated = {}, truncated = {};
    bool unread = false; ///< true: the kernel also needs to know which masked steps advance time
    [[nodiscard]] bool any() const { return terminated || truncated || unread; }
};

template <class T>
void add_or_write(const target<T>& o, T* to, T value) {
    const lane::number<T> scaled = static_cast<T>(o.scale) * lane::number<T>(value);
    *to = T(o.add ? *to + scaled : scaled);
}

/// With gaps::ignore the mask only hides the outputs of the recurrence. The adjoint of a recurrence, which runs
/// forwards, reads where the recurrence writes; for it the mask only hides its inputs.
template <class Kernel>
constexpr bool reads_masked(gaps how) {
    return how == gaps::ignore && !Kernel::forward;
}
template <class Kernel>
constexpr bool writes_masked(gaps how) {
    return how == gaps::ignore && Kernel::forward;
}

/// The steps in a kernel's lanes. `after` is the step that the recurrence came from: the next one in time, or the
/// previous one if it runs forwards. `Flagged`: some of the masks below are not empty.
template <class V, std::size_t In, bool Flagged>
struct scan_steps {
    std::array<V, In> here, after; ///< 0 if an input is absent
    std::array<bool, In> given;    ///< false: the input is absent
    mask_of<V> terminated = {}, terminated_after = {};
    mask_of<V> unread = {}, unread_after = {}; ///< masked steps that advance time: their inputs are 0
};

template <class T>
inline constexpr stream<const T> absent = {};
template <class T>
inline constexpr target<T> unwanted = {};

/// The arrays of a recurrence with one element per sequence, [B]. It borrows them.
template <class T>
struct scan_edges {
    const stream<const T>& edge = absent<T>;    ///< the input of reads_after() before the recurrence begins; absent: 0
    const stream<const T>& carry = absent<T>;   ///< S before the recurrence begins; absent: 0
    const target<T>& last = unwanted<T>;        ///< the part that flows beyond the step at which the recurrence ends
    const stream<const T>& lambdas = absent<T>; ///< f = γλ with a λ per sequence; absent: the kernel's factor
    double gamma = 1;                           ///< γ of these factors
};

/// The recurrence S = x + f S′ along the steps of all sequences (DESIGN.md, D20). It borrows its arrays (D32).
///
/// The kernel computes x by head(steps), and the outputs by finish(steps, S, S′), both in lanes of steps. Its inputs
/// from `required` on may be absent.
template <class T, class Kernel>
struct recurrence {
    const detail::call& call;
    const std::array<stream<const T>, Kernel::inputs>& in;
    const std::array<target<T>, Kernel::outputs>& out;
    const Kernel& kernel;
    gaps how;
    const scan_flags& flags;
    scan_edges<T> each;

    [[nodiscard]] T factor(std::int64_t s) const {
        return each.lambdas ? static_cast<T>(each.gamma * static_cast<double>(*each.lambdas.row(s, 0))) : kernel.factor;
    }
};

/// Binds one λ per sequence, in [0, 1].
template <class T>
stream<const T> bind_lambdas(call& c, const view<const T>& v) {
    const auto lambdas = c.per_sequence(v, "lambdas");
    for (std::int64_t s = 0; s < c.size() && lambdas; ++s) {
        const auto x = static_cast<double>(*lambdas.row(s, 0));
        if (!(x >= 0 && x <= 1)) fail(c.function(), "lambdas has %g at sequence %lld, expected [0, 1]", x, s);
    }
    return lambdas;
}

/// The arrays of a sequence in memory.
template <class T, std::size_t In, std::size_t Out>
struct scan_arrays {
    template <class E>
    struct source {
        E* data;
        std::int64_t step; ///< 0: one element, which fills a register in memory
        [[nodiscard]] E* at(std::int64_t t) const { return data + t * step; }
    };
    struct sink {
        T* data; ///< null: not wanted
        bool add;
    };
    std::array<source<const T>, In> in;
    std::array<sink, Out> out;
    source<const std::uint8_t> terminated, truncated; ///< null: no step has the flag

    /// True if only the first `required` inputs are given, and every output is given and overwritten.
    [[nodiscard]] bool usual(std::size_t required) const {
        bool yes = true;
        for (std::size_t k = required; k < In; ++k) yes = yes && in[k].data == nullptr;
        for (const sink& to : out) yes = yes && to.data != nullptr && !to.add;
        return yes;
    }
};

/// Consecutive steps of a sequence.
struct scan_range {
    std::int64_t first = 0, steps = 0;
    const std::uint8_t* mask = nullptr; ///< one byte per step; null: all count
};

} // namespace RLHF_NAMESPACE::detail
