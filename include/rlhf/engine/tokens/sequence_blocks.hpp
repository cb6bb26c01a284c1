// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/call/call.hpp>
#include <rlhf/engine/call/sequence_weight.hpp>
#include <rlhf/engine/sums/segment_sums.hpp>

#include <algorithm>

namespace RLHF_NAMESPACE::detail {

/// Tokens whose inputs the kernel reads at the same time; also the length of the copied tail.
template <class T>
inline constexpr int block_tokens = sum_lanes<T>;

/// Where blocks of tokens lie, one behind the other. The mask is never absent, so that the hot loop has one path and an
/// element the same bits with a mask and without: dense rows read the same ones again and again.
template <class T, std::size_t In, std::size_t Out>
struct run_of_blocks {
    std::int64_t blocks = 0;
    std::array<const T*, In> in = {};
    std::array<std::int64_t, In> in_step = {}; ///< from block to block
    std::array<T*, Out> out = {};
    const std::uint8_t* mask = nullptr;
    std::int64_t mask_step = 0;
};

/// The tokens of one sequence, as blocks: where they lie or, if they do not lie side by side in whole blocks, copied.
template <class T, std::size_t In, std::size_t Out>
class sequence_blocks {
public:
    using run = run_of_blocks<T, In, Out>;
    using inputs = std::array<stream<const T>, In>;
    using targets = std::array<target<T>, Out>;

    /// Room for copies.
    template <std::int64_t Tokens>
    struct copies {
        alignas(64) std::array<std::array<T, Tokens>, In> in = {};
        alignas(64) std::array<std::array<T, Tokens>, Out> out = {};
        alignas(64) std::array<std::uint8_t, Tokens> mask = {};
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

    /// In the caller's memory.
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

    /// Copied into blocks that are filled with zeros.
    template <std::int64_t Tokens>
    run copied(copies<Tokens>& c, std::int64_t t, std::int64_t n) const {
        run b;
        b.blocks = (n + block_tokens<T> - 1) / block_tokens<T>;
        for (std::size_t i = 0; i < In; ++i) {
            const bool constant = in_[i].step == 0;
            if (!constant) gather(in_[i].row(s_, begin_), in_[i].step, t, n, c.in[i].data());
            b.in[i] = constant ? constants_[i].data() : c.in[i].data();
            b.in_step[i] = constant ? 0 : block_tokens<T>;
        }
        for (std::size_t i = 0; i < Out; ++i) {
            const target<T>& o = out_[i];
            if (o && o.add) gather(o.to.row(s_, begin_), o.to.step, t, n, c.out[i].data());
            b.out[i] = o ? c.out[i].data() : nullptr;
        }
        for (std::int64_t k = 0; k < n; ++k) c.mask[static_cast<std::size_t>(k)] = mask[t + k] ? 1 : 0;
        b.mask = c.mask.data();
        b.mask_step = block_tokens<T>;
        return b;
    }
    template <std::int64_t Tokens>
    void copy_out(const copies<Tokens>& c, std::int64_t t, std::int64_t n) const {
        for (std::size_t i = 0; i < Out; ++i) {
            if (!out_[i]) continue;
            T* const sink = out_[i].to.row(s_, begin_);
            for (std::int64_t k = 0; k < n; ++k)
                sink[(t + k) * out_[i].to.step] = c.out[i][static_cast<std::size_t>(k)];
        }
    }

private:
    static void gather(const T* row, std::int64_t step, std::int64_t t, std::int64_t n, T* to) {
        for (std::int64_t k = 0; k < n; ++k) to[k] = row[(t + k) * step];
    }

    static constexpr auto ones = [] {
        std::array<std::uint8_t, static_cast<std::size_t>(block_tokens<T>)> bytes{};
        bytes.fill(1);
        return bytes;
    }();

    const inputs& in_;
    const targets& out_;
    std::int64_t s_, begin_;
    alignas(64) std::array<std::array<T, block_tokens<T>>, In> constants_; ///< inputs of one element a sequence
};

} // namespace RLHF_NAMESPACE::detail
