// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/call/call.hpp>
#include <rlhf/engine/call/sequence_weight.hpp>
#include <rlhf/engine/sums/segment_sums.hpp>

#include <algorithm>

namespace RLHF_NAMESPACE::detail {

/// Tokens whose inputs the kernel reads at the same time; also the length of a copied tail.
template <class T>
inline constexpr int block_tokens = sum_lanes<T>;

/// Where consecutive blocks of tokens lie. The mask is never absent, so that the hot loop has one path and an element
/// has the same bits with a mask and without: without a mask the same block of ones is read again and again (DESIGN.md,
/// D1).
template <class T, std::size_t In, std::size_t Out>
struct run_of_blocks {
    std::int64_t blocks = 0;
    std::array<const T*, In> in = {};
    std::array<std::int64_t, In> in_step = {}; ///< from block to block
    std::array<T*, Out> out = {};
    const std::uint8_t* mask = nullptr;
    std::int64_t mask_step = 0;
};

/// Copies n tokens. It is a function of its own, so that it is compiled once and not for every sweep (DESIGN.md, D26).
template <class T>
RLHF_NOINLINE void copy_tokens(const T* from, std::int64_t from_step, std::int64_t n, T* to, std::int64_t to_step) {
    for (std::int64_t k = 0; k < n; ++k) to[k * to_step] = from[k * from_step];
}
/// Writes 1 where a token counts, else 0.
RLHF_NOINLINE inline void copy_mask(const sequence_mask& mask, std::int64_t t, std::int64_t n, std::uint8_t* to) {
    for (std::int64_t k = 0; k < n; ++k) to[k] = mask[t + k] ? 1 : 0;
}
/// The range from the first token that counts to one past the last.
struct counted_range {
    std::int64_t first = 0, last = 0;
};
RLHF_NOINLINE inline counted_range counted_tokens(const sequence_mask& mask) {
    const std::int64_t first = (std::min)(first_counted(mask), mask.length);
    return {first, (std::max)(past_last_counted(mask), first)};
}
/// How many of the n tokens from t on count.
RLHF_NOINLINE inline std::int64_t count_tokens(const sequence_mask& mask, std::int64_t t, std::int64_t n) {
    return count_counted(mask.from(t, n));
}
/// Writes +0 to n tokens.
template <class T>
RLHF_NOINLINE void clear_tokens(T* to, std::int64_t step, std::int64_t n) {
    if (step == 1)
        std::fill(to, to + n, T(0));
    else
        for (std::int64_t k = 0; k < n; ++k) to[k * step] = T(0);
}

/// The tokens of one sequence, as blocks: in the caller's memory, or copied if they do not lie side by side in whole
/// blocks. Per-sequence inputs are broadcast into one block that is re-read, which avoids a branch (DESIGN.md, D19).
template <class T, std::size_t In, std::size_t Out>
class sequence_blocks {
public:
    using run = run_of_blocks<T, In, Out>;
    using inputs = std::array<stream<const T>, In>;
    using targets = std::array<target<T>, Out>;

    /// Room for copies.
    template <std::int64_t Tokens>
    struct copies {
        static constexpr auto size = static_cast<std::size_t>(Tokens);
        alignas(64) std::array<std::array<T, size>, In> in = {};
        alignas(64) std::array<std::array<T, size>, Out> out = {};
        alignas(64) std::array<std::uint8_t, size> mask = {};
    };

    sequence_mask mask;
    std::array<T, Out> scale; ///< of the outputs
    double weight;            ///< of the sequence's losses

    sequence_blocks(const call& c, const inputs& in, const targets& out, std::int64_t s, sequence_weight by)
        : mask(c.mask(s)), in_(in), out_(out), s_(s), begin_(c.begin(s)) {
        const double divisor = divisor_of(by, mask);
        weight = 1.0 / divisor;
        for (std::size_t i = 0; i < Out; ++i) scale[i] = static_cast<T>(out[i].scale / divisor);
        for (std::size_t i = 0; i < In; ++i)
            if (in[i].step == 0) constants_[i].fill(*in[i].row(s, begin_));
    }

    /// The n tokens from t on as blocks in the caller's memory.
    [[nodiscard]] run direct(std::int64_t t, std::int64_t n) const {
        run b;
        b.blocks = n / block_tokens<T>;
        for (std::size_t i = 0; i < In; ++i) {
            const bool constant = in_[i].step == 0;
            b.in[i] = constant ? constants_[i].data() : in_[i].row(s_, begin_) + t;
            b.in_step[i] = constant ? 0 : block_tokens<T>;
        }
        for (std::size_t i = 0; i < Out; ++i) b.out[i] = out_[i] ? out_[i].to.row(s_, begin_) + t : nullptr;
        b.mask = mask.bytes != nullptr ? mask.bytes + t : ones.data();
        b.mask_step = mask.bytes != nullptr ? block_tokens<T> : 0;
        return b;
    }

    /// The n tokens from t on, copied into blocks that are filled up with zeros.
    template <std::int64_t Tokens>
    run copied(copies<Tokens>& c, std::int64_t t, std::int64_t n) const {
        run b;
        b.blocks = (n + block_tokens<T> - 1) / block_tokens<T>;
        for (std::size_t i = 0; i < In; ++i) {
            const bool constant = in_[i].step == 0;
            if (!constant) copy_tokens(at(in_[i], t), in_[i].step, n, c.in[i].data(), 1);
            b.in[i] = constant ? constants_[i].data() : c.in[i].data();
            b.in_step[i] = constant ? 0 : block_tokens<T>;
        }
        for (std::size_t i = 0; i < Out; ++i) {
            const target<T>& o = out_[i];
            if (o && o.add) copy_tokens<T>(at(o.to, t), o.to.step, n, c.out[i].data(), 1);
            b.out[i] = o ? c.out[i].data() : nullptr;
        }
        copy_mask(mask, t, n, c.mask.data());
        b.mask = c.mask.data();
        b.mask_step = block_tokens<T>;
        return b;
    }
    template <std::int64_t Tokens>
    void copy_out(const copies<Tokens>& c, std::int64_t t, std::int64_t n) const {
        for (std::size_t i = 0; i < Out; ++i)
            if (out_[i]) copy_tokens<T>(c.out[i].data(), 1, n, at(out_[i].to, t), out_[i].to.step);
    }

private:
    template <class E>
    [[nodiscard]] E* at(const stream<E>& of, std::int64_t t) const {
        return of.row(s_, begin_) + t * of.step;
    }

    static constexpr auto ones = [] {
        std::array<std::uint8_t, static_cast<std::size_t>(block_tokens<T>)> bytes{};
        bytes.fill(1);
        return bytes;
    }();

    const inputs& in_;
    const targets& out_;
    std::int64_t s_, begin_;
    alignas(64) std::array<std::array<T, block_tokens<T>>, In> constants_; ///< blocks of per-sequence inputs
};

} // namespace RLHF_NAMESPACE::detail
