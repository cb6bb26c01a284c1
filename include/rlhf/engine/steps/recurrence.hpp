// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/gaps.hpp>
#include <rlhf/engine/call/call.hpp>
#include <rlhf/engine/lanes/lanes.hpp>

#include <algorithm>

namespace RLHF_NAMESPACE::detail {

/// An input of a recurrence, and what stands for it beyond the step at which a row's recurrence begins: [B], or 0.
template <class T>
struct scan_input {
    stream<const T> in, edge = {};
};
template <class T, std::size_t In>
using scan_inputs = std::array<scan_input<T>, In>;
template <class T, std::size_t Out>
using row_targets = std::array<target<T>, Out>;

/// Where a row is several episodes.
struct scan_flags {
    stream<const std::uint8_t> terminated = {}, truncated = {};
    bool unread = false; ///< the kernel also asks which masked steps are time
    [[nodiscard]] bool any() const { return terminated || truncated || unread; }
};

template <class T>
void add_or_write(const target<T>& o, T* to, T value) {
    const T scaled = static_cast<T>(o.scale) * value;
    *to = o.add ? *to + scaled : scaled;
}

/// A mask that is ignored covers what the recurrence writes, so for the adjoint, which runs forwards, what it reads.
template <class Kernel>
constexpr bool reads_masked(gaps how) {
    return how == gaps::ignore && !Kernel::forward;
}
template <class Kernel>
constexpr bool writes_masked(gaps how) {
    return how == gaps::ignore && Kernel::forward;
}

/// What a kernel sees of the steps in its lanes; `after` is the step that the recurrence was at before: the next one
/// in time, or the previous one if it runs forwards. `Flagged`: some of the masks below are not empty.
template <class V, std::size_t In, bool Flagged>
struct scan_steps {
    std::array<V, In> here, after; ///< 0 where an input is absent
    mask_of<V> terminated = {}, terminated_after = {};
    mask_of<V> unread = {}, unread_after = {}; ///< masked steps that are time: their inputs are 0
};

/// S = x + f S′ along the steps of every sequence of a call.
///
/// The kernel says what x is, head(steps), and what is written, finish(steps, S, S′), both in lanes of steps; its
/// inputs from `required` on may be absent.
template <class T, class Kernel>
struct recurrence {
    const detail::call& call;
    const scan_inputs<T, Kernel::inputs>& in;
    const row_targets<T, Kernel::outputs>& out;
    const Kernel& kernel;
    gaps how = gaps::skip;
    scan_flags flags = {};
    stream<const T> carry = {}; ///< [B] S before the step at which the recurrence begins; absent: 0
    target<T> last = {};        ///< [B] what flows beyond the step at which it ends
};

} // namespace RLHF_NAMESPACE::detail
