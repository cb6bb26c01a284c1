// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/steps/scan.hpp>

namespace RLHF_NAMESPACE::detail {

/// Memory for data that a sequence's arrays do not hold as whole registers: inputs with one element per sequence, and
/// the last steps.
template <class T, class Arch, class Kernel>
class scan_tail {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using L = group_lanes<T, Arch>;
    using scan = step_scan<T, Arch, Kernel>;
    using arrays = typename scan::arrays;
    static constexpr std::int64_t width = L::width;

public:
    static constexpr std::int64_t steps = 64; ///< that it has room for

    /// Array k of a sequence, or the k-th flags. If it has one element per sequence, this fills a register.
    template <class E>
    typename arrays::template source<const E> source(const stream<const E>& all, std::int64_t s, std::int64_t begin,
                                                     std::size_t k) {
        if (!all) return {nullptr, 1};
        const E* from = all.row(s, begin);
        return {all.step != 0 ? from : filled(from, k), all.step};
    }

    /// Scans up to `steps` steps in copies of their arrays. Steps from `length` on do not count.
    RLHF_NOINLINE void operator()(const scan& sum, const arrays& row, const scan_range& part, std::int64_t length,
                                  typename scan::state& state) {
        const std::int64_t n = part.steps, whole = (n + width - 1) / width * width;
        at_ = Kernel::forward ? 0 : whole - n; // they begin, or end, with a whole register
        arrays here;
        const auto copy = [&](auto from, auto& room) {
            if (from.data != nullptr) from = {bring(from.at(part.first), from.step, n, room), 1};
            return from;
        };
        for (std::size_t k = 0; k < In; ++k) here.in[k] = copy(row.in[k], in_[k]);
        for (std::size_t o = 0; o < Out; ++o) {
            here.out[o] = {row.out[o].data != nullptr ? out_[o].data() : nullptr, row.out[o].add};
            if (row.out[o].data != nullptr && row.out[o].add) bring(row.out[o].data + part.first, 1, n, out_[o]);
        }
        here.terminated = copy(row.terminated, terminated_), here.truncated = copy(row.truncated, truncated_);
        const std::uint8_t one = 1, *mask = nullptr;
        if (part.mask != nullptr)
            mask = bring(part.mask, 1, (std::min)(n, length), mask_);
        else if (length < n)
            mask = bring(&one, 0, length, mask_);
        sum(here, {0, whole, mask}, state);
        for (std::size_t o = 0; o < Out; ++o)
            if (row.out[o].data != nullptr) take(out_[o], row.out[o].data + part.first, n);
    }

private:
    template <class X, std::int64_t N>
    using array = std::array<X, static_cast<std::size_t>(N)>;

    const T* filled(const T* from, std::size_t k) { return same_[k].fill(*from), same_[k].data(); }
    const std::uint8_t* filled(const std::uint8_t* from, std::size_t k) {
        return same_flags_[k].fill(*from), same_flags_[k].data();
    }

    /// Copies steps to their place in the tile, between zeros. It stores whole registers, as the scan loads them,
    /// because a processor would wait for a register that is loaded after its parts were stored.
    const T* bring(const T* from, std::int64_t step, std::int64_t n, array<T, steps>& room) {
        const std::int64_t part = n % width, rest = n - part, more = Kernel::forward ? 0 : part;
        for (std::int64_t t = 0; t < rest; t += width)
            L::store(room.data() + at_ + more + t, L::load(from + (more + t) * step));
        if (part == 0) return room.data();
        if (Kernel::forward)
            L::store(room.data() + rest, L::load_first(from + rest * step, part));
        else
            L::store(room.data(), L::load_last(from, part));
        return room.data();
    }
    void take(const array<T, steps>& room, T* to, std::int64_t n) const {
        const std::int64_t part = n % width, rest = n - part, more = Kernel::forward ? 0 : part;
        for (std::int64_t t = 0; t < rest; t += width) L::store(to + more + t, L::load(room.data() + at_ + more + t));
        if (part == 0) return;
        if (Kernel::forward)
            L::store_first(to + rest, L::load(room.data() + rest), part);
        else
            L::store_last(to, L::load(room.data()), part);
    }
    const std::uint8_t* bring(const std::uint8_t* from, std::int64_t step, std::int64_t n,
                              array<std::uint8_t, steps>& room) {
        room.fill(0);
        for (std::int64_t t = 0; t < n; ++t) room[static_cast<std::size_t>(at_ + t)] = from[t * step];
        return room.data();
    }

    std::int64_t at_ = 0; ///< the place of the first step
    alignas(64) std::array<array<T, steps>, In> in_;
    alignas(64) std::array<array<T, steps>, Out> out_;
    alignas(64) std::array<array<T, width>, In> same_;
    std::array<array<std::uint8_t, width>, 2> same_flags_;
    array<std::uint8_t, steps> mask_, terminated_, truncated_;
};

} // namespace RLHF_NAMESPACE::detail
