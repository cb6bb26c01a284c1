// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/batch.hpp>
#include <rlhf/core/check_arrays.hpp>
#include <rlhf/core/gradient.hpp>
#include <rlhf/engine/call/sequence_mask.hpp>

#include <algorithm>

namespace RLHF_NAMESPACE::detail {

/// Where the tokens of an array lie: the strides between sequences and between steps.
struct places {
    std::int64_t row_stride = 0, step = 1;
};

/// An array bound to a batch: token t of sequence s is row(s, begin)[t * step]. `begin` is the first token of s in a
/// packed batch, and 0 otherwise.
template <class T>
struct stream {
    T* data = nullptr;
    std::int64_t row_stride = 0;
    std::int64_t step = 1; ///< 0: all tokens of a sequence are one element

    explicit operator bool() const { return data != nullptr; }
    [[nodiscard]] T* row(std::int64_t s, std::int64_t begin) const { return data + s * row_stride + begin * step; }
};

/// An output, the factor of the numbers that it gets, and whether they are added. The factor is 1 for outputs that are
/// not gradients.
template <class T>
struct target {
    stream<T> to;
    double scale = 1;
    bool add = false;
    explicit operator bool() const { return static_cast<bool>(to); }
};

/// One public call. It binds and checks every array by name, and knows the geometry of the batch. Nothing is written
/// before done().
class call {
public:
    call(const char* function, const batch& b)
        : function_(function), batch_(b), packed_(b.packed()), by_steps_(!packed_ && b.layout == layout::time_first),
          shift_(b.predict_next.value_or(false) ? 1 : 0), arrays_(function) {
        if (packed_) {
            check_offsets();
            size_ = b.offsets.cols() - 1, tokens_ = b.tokens(), flat_stride_ = 0, flat_step_ = 1;
            arrays_.add_run(b.offsets.data(), b.offsets.element_size(), "batch.offsets", b.offsets.cols(),
                            access::read);
        } else {
            check_sizes(function_, b);
            size_ = b.sequences, tokens_ = b.sequences * b.steps;
            flat_stride_ = by_steps_ ? 1 : b.steps.n, flat_step_ = by_steps_ ? size_ : 1;
        }
        usual_tokens_ = tokens_ > 0 && tokens_ < too_many / 64 ? tokens_ : -1;
        if (b.mask.rows() == view<const std::uint8_t>::per_sequence)
            fail(function_, "batch.mask needs one byte per token, not one per sequence");
        if (!b.mask.all()) mask_ = in(static_cast<const view<const std::uint8_t>&>(b.mask), "batch.mask");
    }

    [[nodiscard]] const char* function() const { return function_; }
    [[nodiscard]] const rlhf::batch& batch() const { return batch_; }
    [[nodiscard]] std::int64_t size() const { return size_; }
    [[nodiscard]] std::int64_t tokens() const { return tokens_; }
    [[nodiscard]] std::int64_t begin(std::int64_t s) const { return packed_ ? batch_.begin(s) : 0; }
    [[nodiscard]] std::int64_t length(std::int64_t s) const { return packed_ ? batch_.length(s) : batch_.steps.n; }
    [[nodiscard]] std::int64_t longest() const {
        if (!packed_) return batch_.steps;
        std::int64_t n = 0;
        for (std::int64_t s = 0; s < size_; ++s) n = length(s) > n ? length(s) : n;
        return n;
    }
    /// The tokens of a sequence that can count.
    [[nodiscard]] std::int64_t countable(std::int64_t s) const { return std::max<std::int64_t>(length(s) - shift_, 0); }
    [[nodiscard]] sequence_mask mask(std::int64_t s) const {
        sequence_mask m{.length = countable(s)};
        if (const auto all = masks()) m.step = all.step, m.bytes = all.row(s, begin(s));
        return m;
    }
    /// The mask of all sequences. It has no data if all tokens count.
    [[nodiscard]] stream<const std::uint8_t> masks() const {
        return {mask_ ? mask_.data + shift_ * mask_.step : nullptr, mask_.row_stride, mask_.step};
    }
    /// From token to token of the mask.
    [[nodiscard]] std::int64_t mask_step() const { return mask_ ? mask_.step : 1; }
    /// Of arrays without gaps: where a sequence begins, and the stride between sequences.
    [[nodiscard]] std::int64_t place(std::int64_t s) const { return packed_ ? batch_.begin(s) : s * batch_.steps.n; }
    [[nodiscard]] std::int64_t row_stride() const { return packed_ ? 0 : batch_.steps.n; }

    /// A required input with one element per token, or with one per sequence if it is given by per_sequence.
    template <class T>
    stream<const T> in(const view<const T>& v, const char* name) {
        if (v.absent() && tokens() > 0) fail(function_, "%s is missing", name);
        return optional(v, name);
    }
    template <class T>
    stream<const T> optional(const view<const T>& v, const char* name) {
        return bind(v, name, access::read);
    }
    /// An output. It may lie exactly on the input that it is computed from, if `in_place_of` names that memory.
    template <class T>
    target<T> out(const view<T>& v, const char* name, const void* in_place_of = nullptr) {
        return {bind(v, name, access::write, in_place_of), 1, false};
    }
    template <class T>
    target<T> out(const gradient<T>& g, const char* name) {
        check_finite<T>(function_, name, g.scale);
        return {bind(g.to, name, access::write), g.scale, g.add};
    }
    /// An array with one element per sequence, [B].
    template <class T>
    stream<T> per_sequence(const view<T>& v, const char* name, access how = access::read,
                           const void* in_place_of = nullptr) {
        return v.absent() ? stream<T>() : bind_per_sequence(v, name, how, in_place_of);
    }
    /// Checks and adds integers with one element per sequence, [B]. Returns the stride from one to the next.
    RLHF_NOINLINE std::int64_t per_sequence(const index_view& v, const char* name) {
        using ints = view<const int>; // of which only the shape is looked at
        const ints each = shape_per_sequence(ints::with(nullptr, v.rows(), v.cols(), v.stride()), name);
        return arrays_.add(v.data(), v.element_size(), name, size_, 1, each.stride(), access::read);
    }
    /// Checks and adds an array (a view or an index_view) with one element per token, flat or in the shape of the
    /// batch. Returns where its tokens lie.
    template <class V>
    places tokens_of(const V& v, const char* name, access how = access::read, const void* in_place_of = nullptr) {
        if (v.rows() >= 0 && packed_) fail(function_, "%s has rows, but the batch is packed: pass [tokens]", name);
        table shape = by_steps_ ? table{batch_.steps, size_} : packed_ ? table{1, tokens_} : table{size_, batch_.steps};
        shape.remedy = remedy(batch_);
        const std::int64_t stride = arrays_.add(v, name, shape, how, in_place_of);
        return by_steps_ ? places{1, stride} : places{packed_ ? 0 : stride, 1};
    }
    /// The arrays of this call, to add arrays that have another shape than the batch.
    [[nodiscard]] detail::arrays& arrays() { return arrays_; }

    /// Called when all arrays are bound: throws if an output overlaps another array.
    void done() const { arrays_.check_overlaps(); }

private:
    template <class T>
    stream<T> bind(const view<T>& v, const char* name, access how, const void* in_place_of = nullptr) {
        static_assert(sizeof(T) <= 64, "usual_tokens_ elements fit into memory");
        if (v.data() != nullptr && v.rows() == view<T>::flat && v.cols() == usual_tokens_) {
            arrays_.add_bytes(v.data(), usual_tokens_ * std::int64_t(sizeof(T)), name, how, in_place_of);
            return {v.data(), flat_stride_, flat_step_};
        }
        if (v.absent()) return {};
        return bind_rows(v, name, how, in_place_of);
    }
    template <class T>
    RLHF_NOINLINE stream<T> bind_rows(const view<T>& v, const char* name, access how, const void* in_place_of) {
        if (v.rows() == view<T>::per_sequence) {
            if (how == access::write) fail(function_, "%s is an output and needs one element per token", name);
            return bind_per_sequence(v, name, how);
        }
        const places p = tokens_of(v, name, how, in_place_of);
        return {v.data(), p.row_stride, p.step};
    }

    template <class T>
    RLHF_NOINLINE stream<T> bind_per_sequence(const view<T>& v, const char* name, access how,
                                              const void* in_place_of = nullptr) {
        const view<T> each = shape_per_sequence(v, name);
        return {v.data(), arrays_.add(v.data(), v.element_size(), name, size_, 1, each.stride(), how, in_place_of), 0};
    }
    template <class T>
    view<T> shape_per_sequence(const view<T>& v, const char* name) const {
        const view<T> each = one_per_sequence(v, function_, name);
        if (each.cols() != size_)
            fail(function_, "%s has %lld elements, expected %lld (one per sequence)", name, each.cols(), size_);
        return each;
    }

    RLHF_NOINLINE void check_offsets() const {
        const auto& o = batch_.offsets;
        if (o.data() == nullptr) fail(function_, "batch.offsets is a null pointer to %lld elements", o.cols());
        if (o.rows() != o.flat && o.rows() != 1)
            fail(function_, "batch.offsets has several rows, expected B + 1 integers");
        if (o.cols() < 1) fail(function_, "batch.offsets is empty, expected B + 1 integers");
        if (batch_.layout == layout::time_first) fail(function_, "batch.layout is time_first, but the batch is packed");
        if (o[0] != 0 && !o.is_part()) fail(function_, "batch.offsets start at %lld, expected 0", o[0]);
        for (std::int64_t s = 0; s + 1 < o.cols(); ++s)
            if (o[s + 1] < o[s])
                fail(function_, "batch.offsets fall from %lld to %lld at sequence %lld", o[s], o[s + 1], s);
    }

    const char* function_;
    const rlhf::batch& batch_;
    bool packed_, by_steps_;
    std::int64_t shift_; ///< of the mask: 1 if step t counts as token t + 1 does
    /// flat: of a flat array. These two are not neighbours, or compilers read both as one register, which waits for two
    /// stores (DESIGN.md, D32).
    std::int64_t flat_stride_, size_, flat_step_, tokens_;
    std::int64_t usual_tokens_; ///< a flat array of this size needs no other check; −1: every array needs all checks
    stream<const std::uint8_t> mask_;
    detail::arrays arrays_;
};

} // namespace RLHF_NAMESPACE::detail
