// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/call/call.hpp>
#include <rlhf/engine/call/sequence_weight.hpp>
#include <rlhf/engine/sums/segment_sums.hpp>

#include <algorithm>
#include <optional>
#include <span>

namespace RLHF_NAMESPACE::detail {

/// The tokens of a block, whose inputs the kernel reads at the same time. A copied tail has this length, too.
template <class T>
inline constexpr int block_tokens = sum_lanes<T>;

/// The most inputs and outputs of a sweep. The sweep knows their number at run time, the kernel at compile time.
inline constexpr std::size_t most_inputs = 6, most_outputs = 2;

/// Pointers to the first of some tokens, which lie side by side. The mask is never absent: without a mask the same
/// block of ones is read again and again. So the hot loop has one path, and an element has the same bits with and
/// without a mask (DESIGN.md, D1).
template <class T>
struct token_places {
    token_places() {} // NOLINT: clearing unused members would cost a copied tail time
    std::array<const T*, most_inputs> in;
    std::array<std::int64_t, most_inputs> in_step; ///< from token to token: 1, or 0 for one block that is re-read
    std::array<T*, most_outputs> out;              ///< null: not wanted
    const std::uint8_t* mask;
    std::int64_t mask_step; ///< 1 or 0
};

/// Whole blocks of tokens, from token `first` on.
template <class T>
struct block_range {
    const token_places<T>* of;
    std::int64_t first, blocks;
};

/// Copies n tokens side by side, and fills up with zeros to `size`. It stores registers where it can: a processor waits
/// for a register that is read after its parts were stored. It is a function of its own, so that it is compiled once
/// and not for every sweep (DESIGN.md, D26).
template <class T>
RLHF_NOINLINE void copy_filled(const T* from, std::int64_t step, std::int64_t n, T* to, std::int64_t size) {
    using L = lanes<T, native>;
    if (step == 1) {
        for (std::int64_t k = 0; k < size; k += L::width)
            L::store(to + k, k + L::width <= n ? L::load(from + k) : L::load_first(from + k, k < n ? n - k : 0));
    } else {
        for (std::int64_t k = 0; k < n; ++k) to[k] = from[k * step];
        std::fill(to + n, to + size, T(0));
    }
}
/// Copies n tokens that lie side by side in whole registers.
template <class T>
RLHF_NOINLINE void copy_tokens(const T* from, std::int64_t n, T* to, std::int64_t step) {
    using L = lanes<T, native>;
    std::int64_t k = 0;
    for (; step == 1 && k + L::width <= n; k += L::width) L::store(to + k, L::load(from + k));
    if (step == 1 && k < n)
        L::store_first(to + k, L::load(from + k), n - k);
    else
        for (; k < n; ++k) to[k * step] = from[k];
}
/// Writes 1 where a token counts, else 0, and 0 from n to `size`.
RLHF_NOINLINE inline void copy_mask(const sequence_mask& mask, std::int64_t t, std::int64_t n, std::uint8_t* to,
                                    std::int64_t size) {
    for (std::int64_t k = 0; k < size; ++k) to[k] = k < n && mask[t + k] ? 1 : 0;
}
/// Writes +0 to n tokens.
template <class T>
RLHF_NOINLINE void clear_tokens(T* to, std::int64_t step, std::int64_t n) {
    if (step == 1)
        std::fill(to, to + n, T(0));
    else
        for (std::int64_t k = 0; k < n; ++k) to[k * step] = T(0);
}

/// How the arrays of a sweep lie.
struct token_layout {
    bool strided;   ///< the tokens of some array do not lie side by side
    bool alike;     ///< all arrays lie like an array without gaps, so that a token has the same place in each
    bool constants; ///< some input has one element per sequence
};

/// The tokens of one sequence, as blocks: in the caller's memory, or copied if they do not lie side by side in whole
/// blocks. Per-sequence inputs are broadcast into one block that is re-read, which avoids a branch (DESIGN.md, D19). It
/// is reused from sequence to sequence, because its preparation takes as long as a short sequence.
template <class T>
class sequence_blocks {
public:
    using inputs = std::span<const stream<const T>>;
    using targets = std::span<const target<T>>;

    /// Room for copies of a segment's tokens.
    struct copies {
        static constexpr auto size = static_cast<std::size_t>(segment_tokens);
        alignas(64) std::array<std::array<T, size>, most_inputs> in;
        alignas(64) std::array<std::array<T, size>, most_outputs> out;
        alignas(64) std::array<std::uint8_t, size> mask;
        token_places<T> places;
    };

    sequence_mask mask = {};
    std::array<T, most_outputs> scale = {};  ///< factors of the outputs
    std::array<bool, most_outputs> add = {}; ///< true: the output is added to
    double weight = 1;                       ///< the weight of the sequence's losses

    sequence_blocks(const call& c, inputs in, targets out, sequence_weight by, token_layout layout)
        : call_(c), in_(in), out_(out), by_(by), layout_(layout) {
        for (std::size_t i = 0; i < in.size(); ++i) {
            places_.in[i] = in[i].step == 0 ? constants_[i].data() : in[i].data;
            places_.in_step[i] = in[i].step == 0 ? 0 : 1;
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
            places_.out[i] = out[i].to.data;
            scale[i] = static_cast<T>(out[i].scale), add[i] = out[i].add;
        }
        const auto masks = c.masks();
        places_.mask = masks ? masks.data : ones.data(), places_.mask_step = masks ? 1 : 0;
    }
    sequence_blocks(const sequence_blocks&) = delete; // it points into itself

    /// Goes to a sequence. Nothing else may be called before. Where all arrays lie alike, only the place of the
    /// sequence changes.
    void go_to(std::int64_t s) {
        s_ = s, first_ = call_.place(s), mask.length = call_.countable(s);
        if (!layout_.alike)
            find_places();
        else if (places_.mask_step != 0)
            mask.bytes = places_.mask + first_;
        if (layout_.constants) fill_constants();
        if (by_ != sequence_weight::one) divide(divisor_of(by_, mask));
    }

    /// Writes +0 to the tokens from … to − 1, where nothing counts.
    void clear(std::int64_t from, std::int64_t to) const {
        if (from == to) return;
        for (std::size_t i = 0; i < out_.size(); ++i)
            if (out_[i] && !out_[i].add) clear_tokens(out(i, from), out_[i].to.step, to - from);
    }
    /// The length of the sequence, including tokens that cannot count.
    [[nodiscard]] std::int64_t length() const { return call_.length(s_); }

    /// The n tokens from t on, in whole blocks, in the caller's memory.
    [[nodiscard]] block_range<T> direct(std::int64_t t, std::int64_t n) const {
        return {&places_, first_ + t, n / block_tokens<T>};
    }

    /// The n tokens from t on, copied into blocks that are filled up with zeros.
    [[nodiscard]] RLHF_NOINLINE block_range<T> copied(copies& c, std::int64_t t, std::int64_t n) const {
        const std::int64_t blocks = (n + block_tokens<T> - 1) / block_tokens<T>, size = blocks * block_tokens<T>;
        for (std::size_t i = 0; i < in_.size(); ++i) {
            const std::int64_t step = in_[i].step;
            if (step != 0) copy_filled(places_.in[i] + (first_ + t) * step, step, n, c.in[i].data(), size);
            c.places.in[i] = step != 0 ? c.in[i].data() : places_.in[i];
            c.places.in_step[i] = places_.in_step[i];
        }
        for (std::size_t i = 0; i < out_.size(); ++i) {
            const target<T>& o = out_[i];
            if (o && o.add) copy_filled<T>(out(i, t), o.to.step, n, c.out[i].data(), size);
            c.places.out[i] = o ? c.out[i].data() : nullptr;
        }
        if (mask.bytes != nullptr) copy_mask(mask, t, n, c.mask.data(), size);
        c.places.mask = mask.bytes != nullptr ? c.mask.data() : ones.data() + (segment_tokens - n);
        c.places.mask_step = 1;
        return {&c.places, 0, blocks};
    }
    RLHF_NOINLINE void copy_out(const copies& c, std::int64_t t, std::int64_t n) const {
        for (std::size_t i = 0; i < out_.size(); ++i) {
            if (out_[i]) copy_tokens<T>(c.out[i].data(), n, out(i, t), out_[i].to.step);
        }
    }

private:
    /// Divides weights by the number of counted tokens. It is not inlined, because a division is slow and rare.
    RLHF_NOINLINE void divide(double divisor) {
        weight = 1 / divisor;
        for (std::size_t i = 0; i < out_.size(); ++i) scale[i] = static_cast<T>(out_[i].scale / divisor);
    }
    /// Token t of an output.
    [[nodiscard]] T* out(std::size_t i, std::int64_t t) const {
        return places_.out[i] + (first_ + t) * out_[i].to.step;
    }
    RLHF_NOINLINE void fill_constants() {
        for (std::size_t i = 0; i < in_.size(); ++i)
            if (in_[i].step == 0) constants_[i].fill(*in_[i].row(s_, call_.begin(s_)));
    }
    /// Finds where the sequence begins in each array.
    RLHF_NOINLINE void find_places() {
        const std::int64_t begin = call_.begin(s_);
        for (std::size_t i = 0; i < in_.size(); ++i)
            if (in_[i].step != 0) places_.in[i] = in_[i].row(s_, begin);
        for (std::size_t i = 0; i < out_.size(); ++i)
            if (out_[i]) places_.out[i] = out_[i].to.row(s_, begin);
        first_ = 0, mask = call_.mask(s_);
        if (mask.bytes != nullptr) places_.mask = mask.bytes;
    }
    /// The mask where there is none: of a segment, and zeros behind its end.
    static constexpr auto ones = [] {
        std::array<std::uint8_t, static_cast<std::size_t>(segment_tokens + block_tokens<T>)> bytes{};
        std::fill_n(bytes.begin(), segment_tokens, std::uint8_t(1));
        return bytes;
    }();

    const call& call_;
    inputs in_;
    targets out_;
    sequence_weight by_;
    token_layout layout_;
    std::int64_t s_ = 0;
    token_places<T> places_; ///< of the batch if all arrays lie alike, else of this sequence
    std::int64_t first_ = 0; ///< the sequence's first token, counted from there
    alignas(64) std::array<std::array<T, block_tokens<T>>, most_inputs> constants_; ///< blocks of per-sequence inputs
};

/// The arrays of a sweep over tokens. It copies the streams and borrows the call.
template <class T>
class token_arrays {
public:
    template <std::size_t In, std::size_t Out>
    token_arrays(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                 sequence_weight weight)
        : call_(c), inputs_(In), outputs_(Out), weight_(weight) {
        static_assert(In <= most_inputs && Out <= most_outputs);
        std::copy(in.begin(), in.end(), in_.begin()), std::copy(out.begin(), out.end(), out_.begin());
        bool strided = c.mask_step() != 1, constants = false;
        std::int64_t differences = 0; // without a branch: a short call has no time to lose
        const auto lies = [&, stride = c.row_stride()](const auto& array) {
            strided |= array.step > 1, constants |= array.step == 0;
            differences |= array.step == 0 ? 0 : array.row_stride ^ stride;
        };
        for (const auto& i : in) lies(i);
        for (const auto& o : out)
            if (o) lies(o.to);
        if (const auto masks = c.masks()) lies(masks);
        layout_ = {.strided = strided, .alike = !strided && differences == 0, .constants = constants};
    }

    /// True if the tokens of some array do not lie side by side.
    [[nodiscard]] bool strided() const { return layout_.strided; }
    /// True if an output lies on an input.
    [[nodiscard]] bool in_place() const {
        bool found = false;
        for (std::size_t o = 0; o < outputs_; ++o)
            for (std::size_t i = 0; i < inputs_; ++i) found |= out_[o].to.data == in_[i].data;
        return found;
    }
    [[nodiscard]] sequence_blocks<T> blocks() const {
        return {call_, {in_.data(), inputs_}, {out_.data(), outputs_}, weight_, layout_};
    }
    void emplace_blocks(std::optional<sequence_blocks<T>>& to) const {
        to.emplace(call_, typename sequence_blocks<T>::inputs(in_.data(), inputs_),
                   typename sequence_blocks<T>::targets(out_.data(), outputs_), weight_, layout_);
    }

private:
    const call& call_;
    std::size_t inputs_, outputs_;
    std::array<stream<const T>, most_inputs> in_;
    std::array<target<T>, most_outputs> out_;
    sequence_weight weight_;
    token_layout layout_;
};

} // namespace RLHF_NAMESPACE::detail
