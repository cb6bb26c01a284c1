// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/batch.hpp>
#include <rlhf/engine/call/sequence_mask.hpp>
#include <rlhf/core/gradient.hpp>

#include <array>

namespace RLHF_NAMESPACE::detail {

/// An array bound to a batch: token t of sequence s, which begins at token `begin`, is row(s, begin)[t * step].
template <class T>
struct stream {
    T* data = nullptr;
    std::int64_t row_stride = 0;
    std::int64_t step = 1; ///< 0: one element a sequence

    explicit operator bool() const { return data != nullptr; }
    [[nodiscard]] T* row(std::int64_t s, std::int64_t begin) const { return data + s * row_stride + begin * step; }
};

/// An output with what is done to it: overwritten or added to, times a factor (1 for what is no gradient).
template <class T>
struct target {
    stream<T> to;
    double scale = 1;
    bool add = false;
    explicit operator bool() const { return static_cast<bool>(to); }
};

/// One public call while its arguments are checked, and then its geometry: every array is bound here, by name, and
/// nothing is written before done().
class call {
public:
    call(const char* function, const batch& b) : function_(function), batch_(b), packed_(b.packed()) {
        if (packed_) {
            check_offsets();
        } else if (b.sequences < 0 || b.steps < 0) {
            fail(function_, "batch is [%lld, %lld]", ll(b.sequences), ll(b.steps));
        }
        size_ = b.size(), tokens_ = b.tokens();
        if (!b.mask.all()) mask_ = in(static_cast<const view<const std::uint8_t>&>(b.mask), "batch.mask");
        if (mask_.step == 0) fail(function_, "batch.mask is one byte a token, not one a sequence");
    }

    [[nodiscard]] const char* function() const { return function_; }
    [[nodiscard]] const rlhf::batch& batch() const { return batch_; }
    [[nodiscard]] std::int64_t size() const { return size_; }
    [[nodiscard]] std::int64_t tokens() const { return tokens_; }
    [[nodiscard]] std::int64_t begin(std::int64_t s) const { return packed_ ? batch_.begin(s) : 0; }
    [[nodiscard]] std::int64_t length(std::int64_t s) const { return batch_.length(s); }
    [[nodiscard]] std::int64_t longest() const {
        if (!packed_) return batch_.steps;
        std::int64_t n = 0;
        for (std::int64_t s = 0; s < size_; ++s) n = length(s) > n ? length(s) : n;
        return n;
    }
    [[nodiscard]] sequence_mask mask(std::int64_t s) const {
        const bool shifted = batch_.predict_next.value_or(false);
        sequence_mask m{.length = shifted && length(s) > 0 ? length(s) - 1 : length(s)};
        if (mask_) m.step = mask_.step, m.bytes = mask_.row(s, begin(s)) + (shifted ? m.step : 0);
        return m;
    }

    /// A required input of one element a token (or, by per_sequence, a sequence).
    template <class T>
    stream<const T> in(const view<const T>& v, const char* name) {
        if (v.absent() && tokens_ > 0) fail(function_, "%s is missing", name);
        return optional(v, name);
    }
    template <class T>
    stream<const T> optional(const view<const T>& v, const char* name) {
        return bind(v, name, false);
    }
    /// Any output may lie exactly on the input it is computed from, if `in_place_of` names that memory.
    template <class T>
    target<T> out(const view<T>& v, const char* name, const void* in_place_of = nullptr) {
        return {bind(v, name, true, in_place_of), 1, false};
    }
    template <class T>
    target<T> out(const gradient<T>& g, const char* name) {
        check_finite<T>(function_, name, g.scale);
        return {bind(g.to, name, true), g.scale, g.add};
    }
    /// One element a sequence, [B].
    template <class T>
    stream<T> per_sequence(const view<T>& v, const char* name, bool output = false) {
        if (v.absent()) return {};
        const std::int64_t n = v.rows() >= 0 ? v.rows() * v.cols() : v.cols();
        if (n != size_) fail(function_, "%s has %lld elements, expected %lld (one a sequence)", name, ll(n), ll(size_));
        const std::int64_t stride = v.rows() >= 0 && v.cols() == 1 ? v.stride() : 1;
        remember(name, v.data(), size_, 1, stride, output, nullptr);
        return {v.data(), stride, 0};
    }

    /// The last word of every argument check.
    void done() const {
        for (int i = 0; i < used_; ++i)
            for (int j = 0; j < used_; ++j)
                if (i != j && memory_[at(i)].output && overlap(memory_[at(i)], memory_[at(j)]))
                    fail(function_, "%s overlaps %s", memory_[at(i)].name, memory_[at(j)].name);
    }

    /// Registers memory that is bound elsewhere (logits), for done().
    template <class T>
    void remember(const char* name, const T* data, std::int64_t rows, std::int64_t cols, std::int64_t stride,
                  bool output, const void* in_place_of = nullptr) {
        if (rows * cols == 0) return;
        if (data == nullptr) fail(function_, "%s is a null pointer to %lld elements", name, ll(rows * cols));
        if (used_ == static_cast<int>(memory_.size())) fail(function_, "too many arrays");
        const auto size = static_cast<std::int64_t>(sizeof(T));
        memory_[at(used_++)] = {
            name, reinterpret_cast<const char*>(data), rows, cols * size, stride * size, output, in_place_of};
    }

private:
    struct region {
        const char* name = nullptr;
        const char* begin = nullptr;
        std::int64_t rows = 0, bytes = 0, stride = 0;
        bool output = false;
        const void* in_place_of = nullptr;
        [[nodiscard]] const char* end() const { return begin + (rows - 1) * stride + bytes; }
    };

    static long long ll(std::int64_t n) { return static_cast<long long>(n); }
    static std::size_t at(int i) { return static_cast<std::size_t>(i); }

    template <class T>
    stream<T> bind(const view<T>& v, const char* name, bool output, const void* in_place_of = nullptr) {
        if (v.absent()) return {};
        using V = view<T>;
        if (v.rows() == V::a_sequence) {
            if (output) fail(function_, "%s is an output, one element a token", name);
            if (v.cols() != size_)
                fail(function_, "%s has %lld elements, expected %lld (one a sequence)", name, ll(v.cols()), ll(size_));
            remember(name, v.data(), size_, 1, v.stride(), output, in_place_of);
            return {v.data(), v.stride(), 0};
        }
        const bool time = batch_.layout == layout::time_first && !packed_;
        if (v.rows() == V::flat) {
            if (v.cols() != tokens_)
                fail(function_, "%s has %lld elements, expected %lld", name, ll(v.cols()), ll(tokens_));
            remember(name, v.data(), 1, tokens_, tokens_, output, in_place_of);
            if (packed_) return {v.data(), 0, 1};
            return time ? stream<T>{v.data(), 1, batch_.sequences} : stream<T>{v.data(), batch_.steps, 1};
        }
        if (packed_) fail(function_, "%s has rows, but the batch is packed: give [tokens]", name);
        const std::int64_t rows = time ? batch_.steps : batch_.sequences, cols = time ? batch_.sequences : batch_.steps;
        if (v.rows() != rows || v.cols() != cols)
            fail(function_, "%s is [%lld, %lld], expected [%lld, %lld]", name, ll(v.rows()), ll(v.cols()), ll(rows),
                 ll(cols));
        if (v.stride() < cols)
            fail(function_, "%s has a stride of %lld, shorter than its row of %lld", name, ll(v.stride()), ll(cols));
        remember(name, v.data(), rows, cols, v.stride(), output, in_place_of);
        return time ? stream<T>{v.data(), 1, v.stride()} : stream<T>{v.data(), v.stride(), 1};
    }

    void check_offsets() const {
        const auto& o = batch_.offsets;
        if (o.data() == nullptr) fail(function_, "batch.offsets is a null pointer to %lld elements", ll(o.cols()));
        if (o.rows() > 1) fail(function_, "batch.offsets has rows, expected one run of B + 1 integers");
        if (o.cols() < 1) fail(function_, "batch.offsets is empty, expected B + 1 integers");
        if (batch_.layout == layout::time_first) fail(function_, "a packed batch has no layout::time_first");
        if (o[0] != 0 && !o.is_part()) fail(function_, "batch.offsets start at %lld, expected 0", ll(o[0]));
        for (std::int64_t s = 0; s + 1 < o.cols(); ++s)
            if (o[s + 1] < o[s])
                fail(function_, "batch.offsets fall from %lld to %lld at sequence %lld", ll(o[s]), ll(o[s + 1]), ll(s));
    }

    [[nodiscard]] static bool overlap(const region& out, const region& other) {
        if (out.begin >= other.end() || other.begin >= out.end()) return false;
        const bool same_place =
            out.begin == other.begin && out.bytes == other.bytes && (out.stride == other.stride || out.rows == 1);
        if (same_place && (out.in_place_of == other.begin || other.in_place_of == out.begin) &&
            out.output != other.output)
            return false;
        if (out.stride != other.stride || out.rows == 1) return true;
        // Rows of one table side by side: they meet only if their columns do.
        const std::int64_t apart = (out.begin - other.begin) % out.stride,
                           distance = apart < 0 ? apart + out.stride : apart;
        return distance < other.bytes || out.stride - distance < out.bytes;
    }

    const char* function_;
    const rlhf::batch& batch_;
    bool packed_;
    std::int64_t size_ = 0, tokens_ = 0;
    stream<const std::uint8_t> mask_;
    std::array<region, 24> memory_ = {};
    int used_ = 0;
};

} // namespace RLHF_NAMESPACE::detail
